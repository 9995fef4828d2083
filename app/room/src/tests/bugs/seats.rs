//! Who is in, who is out, and who may say so.

use record::{Body, Invite, LinkId, Role};

use super::super::attacks::thief::{Deed, Thief};
use super::super::{Crash, NOW, Table, Tell, add, key, misbehaved, note};
use crate::frame::{Commit, Signed, Want};
use crate::{Effect, Error, Input, KeyPackage, KeyPackageSecrets, Millis, Room, SeatKey, Standing, Suite};

fn key_package(n: u8) -> (KeyPackageSecrets, KeyPackage) {
    let secrets = KeyPackageSecrets::new(&key(n).0, Suite::Classical).expect("makes");
    let public = KeyPackage::parse(secrets.bytes(), Suite::Classical).expect("parses");
    (secrets, public)
}

fn messages(effects: &[Effect]) -> Vec<Vec<u8>> {
    let sent = |effect: &Effect| match effect {
        Effect::Send(_, message) => Some(message.clone()),
        Effect::Persist(_) | Effect::Attend(_) | Effect::Leave(_) => None,
        Effect::Wake(_) | Effect::Welcome { .. } | Effect::Told { .. } | Effect::Show(_) => None,
    };
    effects.iter().filter_map(sent).collect()
}

/// A member removed and added again tried the snapshots of the era it had been removed from.
#[test]
fn person_removed_and_admitted_anew_gets_nothing_of_the_time_between() {
    let mut table = Table::of(&[Role::Head, Role::Adviser]);
    let (gone, old) = (table.rooms[2].me(), table.rooms[0].topic());
    table.does(0, Input::Remove(gone));
    table.settle();
    let effects = table.rooms[0].tell(Input::Write(note("between")), table.now).expect("may");
    let between = messages(&effects);
    table.pass(effects);
    table.settle();
    table.seats(9, Role::Adviser);
    let back = &table.rooms[3];
    assert_eq!(back.channels().count(), 2, "the present era, and the one on which sleepers ask");
    assert_ne!(back.topic(), old);
    assert_eq!(back.standing(), Standing::Seated);
    for message in &between {
        table.gives(3, message).ok();
    }
    table.settle();
    assert!(table.notes(3).is_empty() && table.notes(2).is_empty());
    // The old key asks, on the channel it still has; nobody answers it as one of theirs.
    let room = &table.rooms[2];
    let one_time = crate::mls::OneTimeKey::derive(Suite::Classical, &[1; 32]).expect("a key").public().to_vec();
    let (id, author, vector) = (room.id, room.me(), record::Vector::default());
    let want = Want {
        room: id,
        author,
        one_time: one_time.into(),
        insists: true,
        vector,
        only_these: false,
        apart: false,
        gaps: Vec::new(),
    };
    let want = Signed::sign(want, &room.key).encode();
    let topic = old.expect("a channel");
    for who in [0, 1, 3] {
        let asked = table.rooms[who].handle(Input::Message(topic, &want), table.now).1;
        assert!(asked.is_err(), "room {who}");
    }
    table.puppets.insert(2);
    table.goes_on();
}

/// Two writers of one profile: the later one put its intent in the place of one that was published.
#[test]
fn intent_written_beside_a_published_one_replaces_nothing() {
    for published_first in [true, false] {
        let mut table = Table::of(&[Role::Head, Role::Adviser]);
        let gone = table.rooms[2].me();
        let store = table.stores[&0].clone();
        let mut copy = Room::open(table.rooms[0].key.clone(), &store, [9; 32]).expect("opens");
        copy.tell(Input::Connected, table.now).expect("connects");
        let link = LinkId([50; 16]);
        let invite = Body::Invite(Invite { link, party: None, role: Role::Head, expires_at: 0 });
        let beside = copy.tell(Input::Write(invite), table.now).expect("may");
        let published = table.rooms[0].tell(Input::Remove(gone), table.now).expect("may");
        let ops = |effects: &[Effect]| messages(effects).into_iter().filter(|m| m[1] == 2).collect::<Vec<_>>();
        let (published, beside) = (ops(&published), ops(&beside));
        assert!(published.len() == 1 && beside.len() == 1);
        table.puppets.insert(2);
        for message in if published_first { [&published[0], &beside[0]] } else { [&beside[0], &published[0]] } {
            table.hears(message);
        }
        table.settle();
        table.comes_level(30_000);
        for who in [0, 1] {
            let room = &table.rooms[who];
            assert!(!room.roster().contains_key(&gone), "room {who}, published first: {published_first}");
            assert!(!room.table().is_seated(&gone), "room {who}, published first: {published_first}");
            assert!(room.table().links.keys().any(|(_, id)| *id == link), "room {who}");
            assert!(room.alarms().count() > 0, "room {who} is not told that the convener runs twice");
        }
        table.goes_on();
    }
}

/// A member met its own removal and took it for an error: it was stuck, or tore the connection down.
#[test]
fn own_removal_is_an_outcome_and_not_an_error() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    let gone = table.rooms[2].me();
    table.parts(&[2]);
    table.does(2, Input::Write(note("nobody hears this")));
    table.rooms[2].stage_commit(&crate::commit::Duty::default(), vec![], NOW).expect("stages");
    let from = table.wire.len();
    table.does(0, Input::Remove(gone));
    table.settle();
    let heard = table.wire[from..].to_vec();
    for (topic, message) in &heard {
        let done = table.rooms[2].handle(Input::Message(*topic, message), table.now).1;
        assert!(!matches!(done, Err(Error::Bug(_))), "{done:?}");
    }
    assert_eq!(table.rooms[2].standing(), Standing::Removed);
    for input in [Input::Timer, Input::Gap, Input::Disconnected, Input::Connected, Input::Timer] {
        assert_eq!(table.rooms[2].handle(input, table.now + 60_000).1, Ok(()));
    }
    let refused = table.rooms[2].handle(Input::Write(note("may I?")), table.now).1;
    assert_eq!(refused, Err(Error::NotNow));
    table.puppets.insert(2);
    table.goes_on();
}

/// Receivers checked signatures and not rights: a commit by somebody who may not was accepted by all.
#[test]
fn commit_without_the_right_to_it_is_refused_by_every_receiver() {
    let mut table = Table::of(&[Role::Head, Role::Adviser, Role::Observer]);
    let tip = table.rooms[0].tip;
    let convener = table.rooms[0].me();
    let (_, stranger) = key_package(40);
    let (link, role) = (LinkId([40; 16]), Role::Head);
    for who in [1, 2, 3] {
        let mut hostile = Thief::of(&table.rooms[who]);
        let order = hostile.orders_removals(&table.rooms[who], &[convener]);
        let admits = hostile.orders_add(&table.rooms[who], add(&stranger, link, role));
        let neighbour = table.rooms[1 + who % 3].me();
        let against = hostile.orders_removals(&table.rooms[who], &[neighbour]);
        let deeds = [
            Deed { removes: [convener].into(), ..Deed::default() },
            Deed { removes: [convener].into(), cited: order, ..Deed::default() },
            Deed { removes: [neighbour].into(), cited: against, ..Deed::default() },
            Deed { adds: vec![stranger.clone()], ..Deed::default() },
            Deed { adds: vec![stranger.clone()], cited: vec![admits], ..Deed::default() },
        ];
        for (n, deed) in deeds.iter().enumerate() {
            let commit = hostile.commits(tip, deed).encode();
            assert!(misbehaved(&table.broadcasts(&commit)), "deed {n} of room {who}");
        }
    }
    assert!(table.rooms.iter().all(|room| room.state() == tip));
    table.goes_on();
}

/// Bytes of one kind of bad commit after the other: refused at sight, found out when followed, not to be read at all.
fn bad_commit(observer: &mut Thief, sample: &mut Commit, n: u64) -> Vec<u8> {
    let mut bad = sample.clone();
    bad.counter = 10_000 + n;
    match n % 3 {
        0 => bad.removes = vec![bad.author],
        1 => bad.new_state.0[..8].copy_from_slice(&n.to_be_bytes()),
        _ => {
            let place = bad.mls.len() / 2;
            bad.mls[place] ^= 1 + n as u8 % 255;
            bad.new_state.0[..8].copy_from_slice(&n.to_be_bytes());
        }
    }
    Signed::sign(bad, &observer.key).encode()
}

/// An observer was first on every state, each time with commits that could not be followed: nothing moved any more.
#[test]
fn thousand_bad_commits_first_on_every_state_do_not_hold_a_join_and_a_note_up() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    let mut observer = Thief::of(&table.rooms[2]);
    table.puppets.insert(2);
    let floods = |table: &mut Table, observer: &mut Thief, from: u64| {
        observer.follows_all(&table.rooms[0]);
        let mut sample = observer.rotates(table.rooms[0].tip).body;
        for n in 0..1_000 {
            let message = bad_commit(observer, &mut sample, from + n);
            table.hears(&message);
        }
    };
    floods(&mut table, &mut observer, 0);
    let start: Millis = table.now;
    let (secrets, public) = key_package(9);
    let (link, role) = (LinkId([9; 16]), Role::Head);
    table.does(0, Input::Write(Body::Invite(Invite { link, party: None, role, expires_at: 0 })));
    table.does(0, Input::Admit(add(&public, link, role), Box::new(public.clone())));
    let step = |table: &mut Table| {
        table.now += 50;
        for who in table.honest() {
            table.does(who, Input::Timer);
        }
        assert!(table.now - start <= 2_000, "held up for {} ms", table.now - start);
    };
    while !table.entries.contains_key(&public.seat()) {
        step(&mut table);
    }
    floods(&mut table, &mut observer, 1_000);
    let entry = table.entries[&public.seat()].clone();
    let mut newcomer =
        Room::enter(SeatKey::from_seed(&[9; 32]), secrets, table.rooms[0].me(), &entry, [9; 32]).expect("enters");
    let effects = newcomer.tell(Input::Connected, table.now).expect("connects");
    table.rooms.push(newcomer);
    table.pass(effects);
    table.does(3, Input::Write(note("I am in")));
    while ![0, 1].iter().all(|who| table.notes(*who).contains(&"I am in".into())) {
        step(&mut table);
    }
    while !table.honest().iter().all(|who| table.rooms[*who].state() == table.rooms[0].state()) {
        step(&mut table);
    }
    for who in [0, 1, 3] {
        for (what, length, bound) in table.rooms[who].sizes() {
            assert!(length <= bound, "{what}: {length} of {bound}");
        }
    }
    table.goes_on();
}

/// While a lost member was brought back, somebody slipped another Add into the same commit.
#[test]
fn add_slipped_into_a_swap_is_refused_and_the_swap_happens_all_the_same() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    let mut lost = Thief::of(&table.rooms[2]);
    let (secrets, asks) = key_package(3);
    assert_eq!(asks.seat(), table.rooms[2].me());
    let (_, stranger) = key_package(40);
    let tip = table.rooms[0].tip;
    let knock = lost.knocks(asks.hash());
    let mut hostile = Thief::of(&table.rooms[3]);
    table.puppets.extend([2, 3]);
    let admits = hostile.orders_add(&table.rooms[3], add(&stranger, LinkId([40; 16]), Role::Head));
    for cited in [vec![], vec![admits]] {
        let adds = vec![asks.clone(), stranger.clone()];
        let deed = Deed { adds, knocks: vec![knock.bytes()], cited, ..Deed::default() };
        assert!(misbehaved(&table.broadcasts(&hostile.commits(tip, &deed).encode())));
    }
    table.hears(&knock.encode_whole(secrets.bytes()));
    table.passes(3_000);
    let swaps: u64 = [0, 1].iter().map(|who| table.rooms[*who].counts().swaps).sum();
    assert_eq!(swaps, 1);
    assert!(!table.rooms[0].roster().contains_key(&stranger.seat()));
    table.goes_on();
}

/// The counters of a seat that went back to an older copy are behind what was heard of it: it was taken to stand where it had.
#[test]
fn knock_of_an_older_copy_is_answered_at_once() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    let mut older = Thief::of(&table.rooms[2]);
    let (secrets, asks) = key_package(3);
    table.puppets.insert(2);
    for room in &mut table.rooms[..2] {
        let presence = room.presence.get_mut(&asks.seat()).expect("heard");
        assert_eq!(presence.tip, Some(room.tip));
        presence.counter += 10_000;
    }
    let knock = older.knocks(asks.hash());
    table.hears(&knock.encode_whole(secrets.bytes()));
    table.passes(3_000);
    let swaps: u64 = [0, 1].iter().map(|who| table.rooms[*who].counts().swaps).sum();
    assert_eq!(swaps, 1);
}

/// The Welcome was lost on the way; the member was in the tree and could not come in, for ever.
#[test]
fn lost_welcome_is_given_again_without_another_commit() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let victim = &mut table.rooms[2];
    let damaged =
        crate::mls::hostile::without_path_keys(&victim.group.as_ref().expect("a group").image().expect("image"));
    victim.live().expect("a group").restore(&damaged).expect("opens");
    let (tip, now) = (victim.tip, table.now);
    victim.images.keep(victim.group.as_ref().expect("a group"), tip, now).expect("keeps");
    let commit = Thief::of(&table.rooms[0]).rotates(tip);
    table.puppets.insert(0);
    table.losses = vec![(2, 8), (2, 8)];
    table.hears(&commit.encode());
    table.comes_level(40_000);
    assert!(table.losses.is_empty(), "two were lost");
    let counts = table.rooms[1].counts();
    assert_eq!((counts.swaps, table.rooms[2].counts().swapped), (1, 1));
    assert!(counts.welcomes_again >= 2);
    table.goes_on();
}

/// The inviter died between storing that it had welcomed and doing so: the newcomer was in the tree, and knocked in vain.
#[test]
fn newcomer_is_welcomed_although_the_inviter_dies_at_any_write() {
    for stored in [false, true] {
        for batches in 0..8 {
            let mut table = Table::of(&[Role::Head]);
            let (secrets, public) = key_package(9);
            let (link, role) = (LinkId([9; 16]), Role::Head);
            table.does(0, Input::Write(Body::Invite(Invite { link, party: None, role, expires_at: 0 })));
            table.settle();
            table.crash = Some(Crash { who: 0, batches, stored });
            table.does(0, Input::Admit(add(&public, link, role), Box::new(public.clone())));
            table.settle();
            if table.rooms[0].table().seat(&public.seat()).is_none() {
                // Nothing of it was stored: the person at the door is admitted once more.
                assert!(batches == 0 && !stored);
                table.does(0, Input::Admit(add(&public, link, role), Box::new(public.clone())));
                table.settle();
            }
            assert!(table.rooms[0].roster().contains_key(&public.seat()), "in the tree, {batches} {stored}");
            assert!(table.entries.contains_key(&public.seat()), "no welcome after {batches} writes, stored: {stored}");
            table.enters(9, secrets);
            table.goes_on();
        }
    }
}
