//! Commits against the rules are refused by everybody, and the room goes on.

use record::{Body, LinkId, Role};

use super::attacks::thief::{Deed, Thief};
use super::{Table, add, forged, key, misbehaved, note};
use crate::commit::Duty;
use crate::frame::{Commit, Signed};
use crate::{Alarm, Input, KeyPackage, KeyPackageSecrets, Suite};

fn newcomer(n: u8) -> KeyPackage {
    let secrets = KeyPackageSecrets::new(&key(n).0, Suite::Classical).expect("makes");
    KeyPackage::parse(secrets.bytes(), Suite::Classical).expect("own key package")
}

/// Stages a commit in a client that asks nobody whether it may, and returns its frame.
fn staged(table: &mut Table, who: usize, adds: &[KeyPackage], cited: Vec<record::Op>) -> Vec<u8> {
    let cited = cited.iter().map(|op| op.encode().into()).collect();
    let room = &mut table.rooms[who];
    room.stage_commit(&Duty::adding(adds), cited, super::NOW).expect("MLS does not mind");
    room.own_commits[&room.tip].commit.encode()
}

/// Signs an altered copy of a seat's staged commit.
fn altered(table: &mut Table, who: usize, alter: impl FnOnce(&mut Commit)) -> Vec<u8> {
    let room = &table.rooms[who];
    let mut commit = room.own_commits[&room.tip].commit.body.clone();
    alter(&mut commit);
    Signed::sign(commit, &room.key).encode()
}

/// Every room but one refuses; the one that staged it dislikes its own frame just as much.
fn refused_by_all(table: &mut Table, message: &[u8]) {
    assert!(misbehaved(&table.broadcasts(message)));
}

#[test]
fn observer_adds_somebody_and_nobody_follows() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    let message = staged(&mut table, 2, &[newcomer(9)], vec![]);
    refused_by_all(&mut table, &message);
    table.goes_on();
    assert_eq!(table.rooms[0].roster().len(), 3);
}

#[test]
fn intent_of_a_head_admits_nobody() {
    let mut table = Table::of(&[Role::Head]);
    let (newcomer, link) = (newcomer(9), LinkId([7; 16]));
    let invite = record::Invite { link, party: None, role: Role::Head, expires_at: 0 };
    let invite = forged(&table.rooms[1], Body::Invite(invite), &key(2).0);
    let intent = forged(&table.rooms[1], Body::Add(add(&newcomer, link, Role::Head)), &key(2).0);
    let message = staged(&mut table, 1, &[newcomer], vec![invite, intent]);
    refused_by_all(&mut table, &message);
    table.goes_on();
}

#[test]
fn intent_for_one_key_package_admits_no_other() {
    let mut table = Table::of(&[Role::Head]);
    let control: Vec<record::Op> = table.rooms[0].record.control().cloned().collect();
    let message = staged(&mut table, 1, &[newcomer(9)], control);
    refused_by_all(&mut table, &message);
    table.goes_on();
}

#[test]
fn intent_for_a_seat_admits_no_other_key_package_of_that_seat() {
    for named in [true, false] {
        let mut table = Table::of(&[Role::Head]);
        let (link, role) = (LinkId([7; 16]), Role::Head);
        table.does(0, Input::Write(Body::Invite(record::Invite { link, party: None, role, expires_at: 0 })));
        let invite = table.rooms[0].ops().last().expect("written").clone();
        let (intended, other) = (newcomer(9), newcomer(9));
        let intent = forged(&table.rooms[0], Body::Add(add(&intended, link, role)), &key(1).0);
        let added = if named { intended } else { other };
        let message = staged(&mut table, 1, &[added], vec![invite, intent]);
        if named {
            assert!(table.broadcasts(&message).iter().all(Result::is_ok));
        } else {
            refused_by_all(&mut table, &message);
        }
    }
}

#[test]
fn commit_that_hides_what_it_adds_is_refused_when_it_is_followed() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let tip = table.rooms[0].tip;
    let deed = Deed { adds: vec![newcomer(9)], ..Deed::default() };
    let message = Thief::of(&table.rooms[0]).lies(tip, &deed, |commit| commit.adds.clear()).encode();
    for who in [1, 2] {
        // The frame looks like a rotation; MLS shows what it is.
        table.gives(who, &message).expect("statically in order");
    }
    for who in [1, 2] {
        assert_eq!(table.rooms[who].group.as_ref().expect("a group").seats().expect("readable").len(), 3);
    }
    assert_eq!(table.rooms[1].state(), table.rooms[2].state());
}

#[test]
fn commit_that_lies_about_its_state_is_refused_when_it_is_followed() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let honest = staged(&mut table, 0, &[], vec![]);
    let message = altered(&mut table, 0, |commit| commit.new_state.0[0] ^= 1);
    for who in [1, 2] {
        table.gives(who, &message).expect("statically in order");
    }
    table.broadcasts(&honest);
    table.goes_on();
}

#[test]
fn commit_by_no_seat_of_its_parent_is_refused() {
    let mut table = Table::of(&[Role::Head]);
    staged(&mut table, 1, &[], vec![]);
    let mut commit = table.rooms[1].own_commits[&table.rooms[1].tip].commit.body.clone();
    commit.author = key(9).1;
    let message = Signed::sign(commit, &key(9).0).encode();
    refused_by_all(&mut table, &message);
    table.goes_on();
}

#[test]
fn removal_without_a_rule_for_it_is_refused() {
    let mut table = Table::of(&[Role::Head]);
    staged(&mut table, 1, &[], vec![]);
    let convener = table.rooms[0].me();
    let message = altered(&mut table, 1, |commit| commit.removes.push(convener));
    refused_by_all(&mut table, &message);
    table.goes_on();
}

#[test]
fn thousand_invalid_commits_do_not_stop_the_room() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    staged(&mut table, 2, &[newcomer(9)], vec![]);
    for n in 0..1_000 {
        let message = altered(&mut table, 2, |commit| commit.counter = n);
        refused_by_all(&mut table, &message);
    }
    let author = table.rooms[2].me();
    for room in &table.rooms[..2] {
        assert_eq!(room.alarms().collect::<Vec<_>>(), [&Alarm::Overstepped(author)]);
    }
    table.seats(5, Role::Head);
    table.goes_on();
    assert_eq!(table.rooms.len(), 4);
}

#[test]
fn commit_is_merged_on_its_echo_and_not_before() {
    let mut table = Table::of(&[Role::Head]);
    let before = table.rooms[0].state();
    let message = staged(&mut table, 0, &[], vec![]);
    assert_eq!(table.rooms[0].state(), before);
    assert!(table.broadcasts(&message).iter().all(Result::is_ok));
    assert_ne!(table.rooms[0].state(), before);
    table.goes_on();
}

/// Two commits of one seat on one state, as its copied profile would make them.
fn rivals(table: &mut Table) -> [Vec<u8>; 2] {
    let image = table.rooms[0].group.as_ref().expect("a group").image().expect("readable");
    [(); 2].map(|()| {
        table.rooms[0].live().expect("a group").restore(&image).expect("own image");
        table.rooms[0].own_commits.clear();
        staged(table, 0, &[], vec![])
    })
}

#[test]
fn rival_commits_end_on_one_state_whatever_comes_first() {
    for first in [0, 1] {
        let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
        let rivals = rivals(&mut table);
        let mut said = Vec::new();
        for (who, first) in [(1, first), (2, 1 - first), (3, first)] {
            for message in [&rivals[first], &rivals[1 - first]] {
                said.extend(table.gives(who, message).expect("valid"));
            }
        }
        // And the beacons of where each came to stand.
        table.pass(said);
        table.settle();
        let state = table.rooms[1].state();
        assert!(table.rooms[2..].iter().all(|room| room.state() == state));
    }
}

#[test]
fn notes_written_on_the_losing_branch_are_read_by_all() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let rivals = rivals(&mut table);
    for who in [1, 2] {
        table.gives(who, &rivals[who - 1]).expect("valid");
        table.does(who, Input::Write(note(&format!("on branch {who}"))));
    }
    for message in &rivals {
        table.broadcasts(message);
    }
    table.settle();
    assert_eq!(table.rooms[1].state(), table.rooms[2].state());
    for who in [1, 2] {
        let notes = table.notes(who);
        assert!(
            notes.contains(&"on branch 1".into()) && notes.contains(&"on branch 2".into()),
            "room {who}: {notes:?}"
        );
    }
}

#[test]
fn any_seat_may_rotate() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    let before = table.rooms[0].state();
    let message = staged(&mut table, 2, &[], vec![]);
    assert!(table.broadcasts(&message).iter().all(Result::is_ok));
    assert!(table.rooms.iter().all(|room| room.state() != before && room.state() == table.rooms[0].state()));
    table.goes_on();
}

/// Two frames around one MLS commit, each with other intents: whoever sees the one would judge what comes later otherwise than
/// whoever sees the other.
#[test]
fn two_frames_for_one_state_do_not_part_those_who_hear_either() {
    for first in [0, 1] {
        let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
        table.settle();
        table.does(
            0,
            Input::Write(Body::Invite(record::Invite {
                link: LinkId([7; 16]),
                party: None,
                role: Role::Head,
                expires_at: 0,
            })),
        );
        let invite = table.rooms[0].ops().last().expect("written").clone();
        let tip = table.rooms[3].tip;
        table.puppets.insert(3);
        let mut thief = Thief::of(&table.rooms[3]);
        let honest = thief.commits(tip, &Deed { cited: vec![invite], ..Deed::default() });
        let other = thief.again(&honest.body, |commit| commit.cited.clear());
        let frames = [honest.encode(), other.encode()];
        table.hear(&[1], &frames[first]);
        table.hear(&[0, 2], &frames[1 - first]);
        for frame in &frames {
            table.hears(frame);
        }
        table.passes(10_000);
        assert_eq!(table.rooms[1].state(), honest.body.new_state);
        let knows: Vec<[u8; 32]> = [0, 1, 2].map(|who| table.rooms[who].knows(&honest.body.new_state)).to_vec();
        assert!(knows.iter().all(|known| *known == knows[0]), "{first}: they know different things of one state");
        table.goes_on();
    }
}
