//! Commits that are not what they seem.

use record::{Body, LinkId, Role};

use super::super::{Table, add, key, misbehaved, note};
use super::thief::{Deed, Thief};
use crate::frame::{Commit, Frame, Signed};
use crate::mls::hostile::{Change, self_update};
use crate::{Input, KeyPackage, KeyPackageSecrets, Standing, Suite};

/// Two commits in a row by the first seat, seen by nobody but a seat that reframes the second.
fn two_and_the_second_reframed(table: &mut Table, thief: &mut Thief) -> [Vec<u8>; 3] {
    let mut honest = Thief::of(&table.rooms[0]);
    let first = honest.rotates(table.rooms[0].tip);
    let second = honest.rotates(first.body.new_state);
    thief.follows(&first.body);
    // Ground until it comes first wherever ids are sorted.
    let mut reframed = thief.reframes(&second.body, |_| {});
    while reframed.id() > second.id() {
        reframed = thief.reframes(&second.body, |_| {});
    }
    table.puppets.insert(0);
    [first.encode(), second.encode(), reframed.encode()]
}

/// A hostile seat hopes that its own frame around honest MLS bytes makes others refuse the honest frame.
#[test]
fn reframed_honest_commit_heard_first_does_not_shut_the_honest_one_out() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    let mut thief = Thief::of(&table.rooms[3]);
    table.puppets.insert(3);
    let [first, second, reframed] = two_and_the_second_reframed(&mut table, &mut thief);
    table.hears(&first);
    table.hears(&reframed);
    table.hears(&second);
    let led_to = Frame::decode(table.rooms[1].id, &second);
    let Ok(Frame::Commit(commit)) = led_to else { panic!("a commit") };
    for who in [1, 2] {
        assert_eq!(table.rooms[who].state(), commit.body.new_state, "room {who}");
    }
    table.goes_on();
}

/// The same, when both frames wait for the commit before them: whichever is judged first must not decide.
#[test]
fn reframed_honest_commit_that_waits_with_the_honest_one_does_not_shut_it_out() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    let mut thief = Thief::of(&table.rooms[3]);
    table.puppets.insert(3);
    let [first, second, reframed] = two_and_the_second_reframed(&mut table, &mut thief);
    for message in [&reframed, &second, &first] {
        table.gives(1, message).ok();
    }
    for message in [&first, &second] {
        table.gives(2, message).expect("honest");
    }
    table.comes_level(30_000);
    table.goes_on();
}

/// The same, while the victim waits before it leaves its own branch: nothing of the other one is followed yet.
#[test]
fn reframed_honest_commit_heard_before_a_walk_does_not_shut_the_honest_one_out() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head, Role::Head]);
    let mut thief = Thief::of(&table.rooms[4]);
    let fork = table.rooms[0].tip;
    let mut zero = Thief::of(&table.rooms[0]);
    table.puppets.extend([0, 4]);
    let lonely = zero.rotates(fork);
    table.gives(1, &lonely.encode()).expect("a commit");
    let first = zero.rotates(fork);
    thief.follows(&first.body);
    let second = zero.rotates(first.body.new_state);
    let reframed = thief.reframes(&second.body, |_| {});
    for who in [2, 3] {
        table.gives(who, &first.encode()).expect("honest");
        table.gives(who, &second.encode()).expect("honest");
    }
    for message in [first.encode(), reframed.encode(), second.encode()] {
        table.gives(1, &message).ok();
    }
    assert_eq!(table.rooms[1].state(), lonely.body.new_state, "it has not walked yet");
    // Where the others stand is heard at the next meeting.
    table.meets();
    table.comes_level(60_000);
    table.goes_on();
}

/// The same, after frames without number that claim to lead to states long known have filled what is kept of such claims.
#[test]
fn reframed_honest_commit_shuts_nobody_out_although_false_claims_abound() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    let mut thief = Thief::of(&table.rooms[3]);
    let mut honest = Thief::of(&table.rooms[0]);
    let known = honest.rotates(table.rooms[0].tip);
    table.puppets.extend([0, 3]);
    table.hears(&known.encode());
    let next = both_follow(&mut thief, &known.body, &mut honest);
    for _ in 0..5_000 {
        let claim = thief.reframes(&known.body, |commit| commit.parent = known.body.parent);
        table.hears(&claim.encode());
    }
    for who in [1, 2] {
        for (what, length, bound) in table.rooms[who].sizes() {
            assert!(length <= bound, "{what}: {length} of {bound}");
        }
    }
    // Judged before the honest frame, and not followed yet: it waits for its parent.
    let second = honest.rotates(next.new_state);
    let reframed = thief.reframes(&second.body, |_| {});
    let parent = Signed::sign(next, &honest.key);
    for message in [reframed.encode(), second.encode(), parent.encode()] {
        table.gives(1, &message).ok();
    }
    for message in [parent.encode(), second.encode()] {
        table.gives(2, &message).expect("honest");
    }
    table.comes_level(60_000);
    assert_eq!(table.rooms[1].state(), second.body.new_state);
    table.goes_on();
}

/// The next honest commit, which the hostile seat follows too.
fn both_follow(thief: &mut Thief, known: &Commit, honest: &mut Thief) -> Commit {
    thief.follows(known);
    let next = honest.rotates(known.new_state).body;
    thief.follows(&next);
    next
}

/// A hostile seat hopes that wrong hints (whom the commit adds and removes) change what others make of it.
#[test]
fn honest_commit_reframed_with_wrong_hints_is_refused_and_the_honest_one_counts() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Adviser]);
    let gone = table.rooms[3].me();
    let mut thief = Thief::of(&table.rooms[2]);
    table.puppets.extend([2, 3]);
    let mut convener = Thief::of(&table.rooms[0]);
    let cited = convener.orders_removals(&table.rooms[0], &[gone]);
    let tip = table.rooms[0].tip;
    let honest = convener.commits(tip, &Deed { removes: [gone].into(), cited, ..Deed::default() });
    let (kept, other) = (table.rooms[1].me(), key(9).1);
    let hides = thief.reframes(&honest.body, |commit| {
        commit.removes.clear();
        commit.cited.clear();
    });
    let turns = thief.reframes(&honest.body, |commit| commit.removes = vec![kept]);
    let invents = thief.reframes(&honest.body, |commit| commit.removes = vec![other]);
    table.puppets.insert(0);
    for message in [&hides, &turns, &invents] {
        table.hears(&message.encode());
    }
    assert_eq!(table.rooms[1].state(), tip, "nothing was followed");
    table.hears(&honest.encode());
    assert_eq!(table.rooms[1].state(), honest.body.new_state);
    assert!(!table.rooms[1].roster().contains_key(&gone));
}

/// A hostile seat renames itself, or changes its key, in the path of a commit: who signed what would be unsure.
#[test]
fn self_update_with_another_credential_is_followed_by_nobody() {
    for change in [Change::Credential, Change::Key, Change::Capabilities] {
        let mut table = Table::of(&[Role::Head, Role::Head]);
        let mut thief = Thief::of(&table.rooms[2]);
        let tip = table.rooms[2].tip;
        let image = table.rooms[2].group.as_ref().expect("a group").image().expect("an image");
        let mut commit = thief.rotates(tip).body;
        let (mls, new_state) = self_update(table.rooms[2].id, &image, &thief.key, change, &commit.claims());
        (commit.mls, commit.new_state) = (mls.into(), new_state);
        table.puppets.insert(2);
        table.hears(&Signed::sign(commit, &thief.key).encode());
        for who in [0, 1] {
            assert_eq!(table.rooms[who].state(), tip, "room {who} followed {change:?}");
        }
        table.goes_on();
    }
}

/// Somebody removed hopes that the intent that once admitted it, cited once more, brings it back.
#[test]
fn old_add_replayed_after_a_remove_admits_nobody() {
    let mut table = Table::of(&[Role::Head, Role::Adviser]);
    let gone = table.rooms[2].me();
    let secrets = KeyPackageSecrets::new(&table.rooms[2].key, Suite::Classical).expect("makes");
    let again = KeyPackage::parse(secrets.bytes(), Suite::Classical).expect("parses");
    let mut removed = Thief::of(&table.rooms[2]);
    let old = table.rooms[0].table().seat(&gone).expect("a seat").by;
    let old = table.rooms[0].record.control_op(&old).expect("held").clone();
    table.does(0, Input::Remove(gone));
    table.settle();
    assert_eq!(table.rooms[2].standing(), Standing::Removed);
    table.puppets.insert(2);
    let knock = removed.knocks(again.hash());
    // An accomplice with a seat cites the old Add, with the old key package's name and with a new knock.
    let mut accomplice = Thief::of(&table.rooms[1]);
    let tip = table.rooms[0].tip;
    for knocks in [vec![], vec![knock.bytes()]] {
        let deed = Deed { adds: vec![again.clone()], knocks, cited: vec![old.clone()], ..Deed::default() };
        assert!(misbehaved(&table.broadcasts(&accomplice.commits(tip, &deed).encode())));
    }
    // The knock alone is nobody's either; and a new intent for the old key does not seat it.
    table.hears(&knock.encode_whole(secrets.bytes()));
    let (link, role) = (LinkId([40; 16]), Role::Adviser);
    table.does(0, Input::Write(Body::Invite(record::Invite { link, party: None, role, expires_at: 0 })));
    let mut convener = Thief::of(&table.rooms[0]);
    let anew = convener.orders_add(&table.rooms[0], add(&again, link, role));
    let deed = Deed { adds: vec![again.clone()], cited: vec![anew], ..Deed::default() };
    assert!(misbehaved(&table.broadcasts(&convener.commits(tip, &deed).encode())));
    table.goes_on();
    assert!(!table.rooms[0].roster().contains_key(&gone));
    assert!(!table.rooms[0].table().is_seated(&gone));
    table.does(0, Input::Write(note("without you")));
    table.settle();
    assert!(!table.notes(2).contains(&"without you".into()));
}
