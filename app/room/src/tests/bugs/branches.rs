//! Choosing between branches, and finding each other again.

use record::Role;

use super::super::attacks::thief::Thief;
use super::super::{Table, Tell, note, sealed};
use crate::frame::{CommitIds, Frame, Given, Hello, Signed};
use crate::{Input, Room, Standing};

/// Two routes to the same frames (live, in answers, in a hello, from the store) came to different branches.
#[test]
fn same_frames_by_whatever_route_lead_to_the_same_choice() {
    let table = Table::of(&[Role::Head, Role::Head, Role::Head, Role::Head, Role::Observer, Role::Observer]);
    let fork = table.rooms[0].tip;
    let vector = table.rooms[0].record.vector().clone();
    let mut others: Vec<Thief> = table.rooms.iter().map(Thief::of).collect();
    let left = others[0].rotates(fork);
    let right = others[1].rotates(fork);
    others[2].follows(&left.body);
    let (deep, shallow) = (others[2].rotates(left.body.new_state), others[0].rotates(left.body.new_state));
    let mut frames: Vec<Vec<u8>> = [&left, &right, &deep, &shallow].map(|commit| commit.encode()).into();
    for (who, at) in [(3, &deep), (4, &deep), (5, &deep), (5, &right)] {
        frames.push(others[who].beacon(at.body.new_state, &vector));
    }
    let (key, store, topic) = (table.rooms[6].key.clone(), table.stores[&6].clone(), table.rooms[6].topic());
    let topic = topic.expect("a channel");
    let mut turn = 1u64;
    for route in 0..40 {
        let mut room = Room::open(key.clone(), &store, [route; 32]).expect("opens");
        let mut rows = store.clone();
        room.tell(Input::Connected, table.now).expect("connects");
        let (mut left_over, mut offered_again) = (frames.clone(), false);
        let mut now = table.now;
        while !left_over.is_empty() || !offered_again {
            if left_over.is_empty() {
                // What waited for its parent when the room was closed is offered again.
                (left_over, offered_again) = (frames.clone(), true);
            }
            turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let frame = left_over.remove((turn >> 33) as usize % left_over.len());
            now += 200;
            let effects = match (turn >> 20) % 4 {
                0 => answered(&mut room, &frame, topic, now),
                1 => told_in_a_hello(&mut room, &others[3], &frame, topic, now),
                _ => room.handle(Input::Message(topic, &frame), now).0,
            };
            for effect in effects {
                if let crate::Effect::Persist(batch) = effect {
                    rows.extend(batch.puts);
                    for row in batch.deletes {
                        rows.remove(&row);
                    }
                }
            }
            if (turn >> 40).is_multiple_of(3) && !offered_again {
                room = Room::open(key.clone(), &rows, [route; 32]).expect("opens");
                room.tell(Input::Connected, now).expect("connects");
            }
        }
        assert_eq!(room.choice().target(), deep.body.new_state, "route {route}");
        for _ in 0..20 {
            now += 250;
            room.tell(Input::Timer, now).expect("timers");
        }
        assert_eq!(room.state(), deep.body.new_state, "route {route}");
    }
}

/// As it would come in an answer.
fn answered(room: &mut Room, frame: &[u8], topic: wire::Topic, now: u64) -> Vec<crate::Effect> {
    let Ok(frame) = Frame::decode(room.id, frame) else { return Vec::new() };
    let given = match frame {
        Frame::Beacon(beacon, _) => beacon.encode(),
        Frame::Commit(commit) => commit.encode(),
        Frame::Op(_) | Frame::Hello(_) | Frame::Want(_) | Frame::Answer(_) | Frame::Knock(..) => return Vec::new(),
        Frame::Welcome(_) | Frame::Tell(_) => return Vec::new(),
    };
    let page = vec![Given::Frame(given.into())];
    let key = crate::mls::OneTimeKey::derive(room.suite(), &[7; 32]).expect("a key");
    let (hash, plain) = ([8; 32], minicbor::to_vec(page).expect("encodes"));
    let sealed = crate::mls::seal_to(room.suite(), key.public(), &hash, &plain).expect("seals");
    room.pacing.asked([hash; 2], key, false);
    let answer = crate::frame::Answer { want: hash, more: false, sealed }.encode();
    room.handle(Input::Message(topic, &answer), now).0
}

/// A beacon handed on by somebody else; a commit is offered by it as it is.
fn told_in_a_hello(room: &mut Room, by: &Thief, frame: &[u8], topic: wire::Topic, now: u64) -> Vec<crate::Effect> {
    let Ok(Frame::Beacon(beacon, _)) = Frame::decode(room.id, frame) else {
        return room.handle(Input::Message(topic, frame), now).0;
    };
    let hello = Hello {
        room: room.id,
        author: by.key.public(),
        root: room.graph.root(),
        tip: room.tip,
        newest: CommitIds::default(),
        one_time: vec![0; 32].into(),
        stands: vec![beacon.bytes()],
        vector: record::Vector::default(),
        insists: false,
    };
    room.handle(Input::Message(topic, &Signed::sign(hello, &by.key).encode()), now).0
}

/// The choice read the log, which is shared only within one state: each branch waited for what the other knew.
#[test]
fn what_only_one_side_has_in_its_log_does_not_change_its_choice() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head, Role::Head, Role::Head]);
    let fork = table.rooms[0].tip;
    let vector = table.rooms[0].record.vector().clone();
    let mut others: Vec<Thief> = table.rooms.iter().map(Thief::of).collect();
    let (minor, major) = (others[0].rotates(fork), others[1].rotates(fork));
    let seats: Vec<_> = [1, 4, 5].iter().map(|who| table.rooms[*who].me()).collect();
    let orders = others[0].orders_removals(&table.rooms[0], &seats);
    let orders: Vec<Vec<u8>> = orders.iter().map(|op| sealed(&mut table, 0, op)).collect();
    table.puppets.extend([0, 1, 4, 5]);
    // One of the two has heard that those on the greater branch are removed, as an op; no commit says so.
    for message in &orders {
        table.gives(2, message).expect("by the convener");
    }
    assert!(seats.iter().all(|seat| !table.rooms[2].table().is_seated(seat)));
    assert!(seats.iter().all(|seat| table.rooms[3].table().is_seated(seat)));
    let beacons: Vec<Vec<u8>> = [4, 5].iter().map(|who| others[*who].beacon(major.body.new_state, &vector)).collect();
    for who in [2, 3] {
        for message in beacons.iter().chain([&minor.encode(), &major.encode()]) {
            table.gives(who, message).ok();
        }
        assert_eq!(table.rooms[who].choice().target(), major.body.new_state, "room {who}");
    }
}

/// Hello was said only on the newest era: two sides that had each removed somebody never met again.
#[test]
fn two_sides_that_each_went_to_an_era_of_their_own_meet_again() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head, Role::Adviser, Role::Adviser]);
    table.parts(&[2, 3, 5]);
    let (left, right) = (table.rooms[4].me(), table.rooms[5].me());
    table.does(0, Input::Remove(left));
    table.does(5, Input::Remove(right));
    table.settle();
    table.puppets.extend([4, 5]);
    let topics = [0, 2].map(|who| table.rooms[who].topic());
    assert_ne!(topics[0], topics[1]);
    for who in [0, 1, 2, 3] {
        table.does(who, Input::Write(note(&format!("by {who}"))));
        assert_eq!(table.rooms[who].roster().len(), 5);
    }
    table.settle();
    table.meets();
    table.comes_level(120_000);
    table.settle();
    for who in 0..4 {
        assert_eq!(table.rooms[who].roster().len(), 4, "both are out");
        for by in 0..4 {
            assert!(table.notes(who).contains(&format!("by {by}")), "room {who}: {:?}", table.notes(who));
        }
    }
    table.goes_on();
}

/// A removal proved void, and the one it had removed never heard of it.
#[test]
fn seat_removed_by_a_void_removal_learns_of_it_and_comes_back() {
    let mut table = Table::of(&[Role::Head]);
    let head = table.rooms[1].me();
    let party = table.rooms[0].table().seat(&head).expect("seated").party;
    table.seats_in(3, Role::Adviser, Some(party));
    table.seats(4, Role::Head);
    table.seats(5, Role::Head);
    let adviser = table.rooms[2].me();
    // On one side the head removes its adviser; on the other the convener has removed the head before.
    table.parts(&[1, 2, 3]);
    table.does(1, Input::Remove(adviser));
    table.does(0, Input::Remove(head));
    table.settle();
    assert_eq!(table.rooms[2].standing(), Standing::Removed);
    table.puppets.insert(1);
    table.meets();
    for _ in 0..12 {
        table.settle();
    }
    assert_ne!(table.rooms[2].standing(), Standing::Removed, "it learns that the removal is void");
    table.comes_level(60_000);
    assert!(table.rooms[0].roster().contains_key(&adviser) && !table.rooms[0].roster().contains_key(&head));
    table.goes_on();
}

fn ten_come_back(removes_one: bool) -> usize {
    let roles = [Role::Head, Role::Head, Role::Head, Role::Adviser, Role::Adviser, Role::Adviser];
    let mut table = Table::of(&[&roles[..], &[Role::Observer; 5]].concat());
    table.settle();
    for who in 1..=11 {
        table.does(who, Input::Disconnected);
        table.puppets.insert(who);
    }
    for n in 0..40 {
        table.does(0, Input::Write(note(&format!("note {n}"))));
        table.passes(250);
    }
    if removes_one {
        let gone = table.rooms[11].me();
        table.does(0, Input::Remove(gone));
    }
    table.settle();
    table.puppets = [11].into();
    let before = table.wire.len();
    for who in 1..=10 {
        table.does(who, Input::Connected);
    }
    table.comes_level(30_000);
    table.passes(2_000);
    for who in 1..=10 {
        assert_eq!(table.notes(who).len(), 40, "room {who}");
    }
    table.wire.len() - before
}

/// Everybody asked everybody, and everybody answered.
#[test]
fn ten_seats_that_come_back_at_once_make_no_storm() {
    // Each says hello, stands somewhere, asks, is answered, and says so: five each, and some for who holds more.
    let frames = ten_come_back(false);
    assert!(frames <= 60, "{frames} frames");
}

/// The same when the room went to another era meanwhile: each also asks the way there, and says that it came.
#[test]
fn ten_seats_that_come_back_to_another_era_make_no_storm() {
    let frames = ten_come_back(true);
    assert!(frames <= 100, "{frames} frames");
}
