//! What seats tell each other and nobody keeps.

use record::{AuthorKey, Role, RoomId};

use super::{Table, Tell as _, key, misbehaved, note};
use crate::frame::{Answer, Given, Signed, Tell};
use crate::mls::{OneTimeKey, seal_to};
use crate::{Effect, Error, Input, SeatKey, Standing, TELL_BYTES};

/// A tell as its author would sign it.
fn signed(room: RoomId, by: &SeatKey, session: u8, number: u64, bytes: &[u8]) -> Vec<u8> {
    let tell = Tell { room, author: by.public(), session: [session; 16], number, bytes: bytes.to_vec().into() };
    Signed::sign(tell, by).encode()
}

/// What one room was told.
fn told(table: &Table, who: usize) -> Vec<(AuthorKey, &[u8])> {
    table.told.iter().filter(|(room, ..)| *room == who).map(|(_, from, bytes)| (*from, &bytes[..])).collect()
}

/// The tells that went over the wire.
fn on_the_wire(table: &Table) -> Vec<Vec<u8>> {
    table.wire.iter().map(|(_, message)| message.clone()).filter(|message| message[1] == 9).collect()
}

#[test]
fn tell_comes_to_all_others_and_is_kept_by_nobody() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    table.settle();
    let stores = table.stores.clone();
    let before = table.rooms[0].heard(&key(2).1);
    table.does(1, Input::Tell(b"one".to_vec()));
    table.does(2, Input::Tell(b"two".to_vec()));
    table.does(1, Input::Tell(vec![7; TELL_BYTES]));
    let (head, observer) = (key(2).1, key(3).1);
    let all: [(AuthorKey, &[u8]); 3] = [(head, b"one"), (observer, b"two"), (head, &[7; TELL_BYTES])];
    assert_eq!(told(&table, 0), all);
    assert_eq!(told(&table, 1), all[1..2]);
    assert_eq!(told(&table, 2), [all[0], all[2]]);
    assert!(table.stores == stores, "nothing is written");
    // Anybody on the channel can play an old one again: it does not show that its author is here.
    assert_eq!(table.rooms[0].heard(&head), before);
    table.goes_on();
}

#[test]
fn tell_that_is_played_again_is_not_heard_again() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    for text in ["one", "two", "three"] {
        table.does(1, Input::Tell(text.into()));
    }
    let frames = on_the_wire(&table);
    assert_eq!(frames.len(), 3);
    table.does(2, Input::Tell(b"from another".to_vec()));
    for frame in &frames {
        assert!(table.broadcasts(frame).iter().all(Result::is_ok), "anybody can play it again");
        table.hears(frame);
    }
    let texts = |who| told(&table, who).into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>();
    assert_eq!(texts(0), [&b"one"[..], b"two", b"three", b"from another"]);
    assert_eq!(texts(2), [&b"one"[..], b"two", b"three"]);
}

#[test]
fn tell_that_comes_late_is_not_heard() {
    let mut table = Table::of(&[Role::Head]);
    let (room, head) = (table.rooms[0].id, key(2).0);
    for number in [0, 1, 5, 4, 5, 6, u64::MAX, 7] {
        table.hear(&[0], &signed(room, &head, 1, number, &number.to_be_bytes()));
    }
    let numbers: Vec<_> = told(&table, 0).into_iter().map(|(_, bytes)| bytes.to_vec()).collect();
    assert_eq!(numbers, [1, 5, 6, u64::MAX].map(|number| number.to_be_bytes().to_vec()));
}

#[test]
fn seat_opened_anew_begins_a_session_that_is_heard() {
    let mut table = Table::of(&[Role::Head]);
    table.does(1, Input::Tell(b"one".to_vec()));
    let store = table.stores[&1].clone();
    table.reopens(1, &store);
    table.does(1, Input::Tell(b"two".to_vec()));
    let before = on_the_wire(&table)[0].clone();
    table.hears(&before);
    let texts: Vec<_> = told(&table, 0).into_iter().map(|(_, bytes)| bytes).collect();
    assert_eq!(texts, [b"one", b"two"]);
}

#[test]
fn sessions_are_remembered_up_to_a_bound() {
    let mut table = Table::of(&[Role::Head]);
    let (room, head) = (table.rooms[0].id, key(2).0);
    let tell = |session: u8, number: u64| signed(room, &head, session, number, &[session]);
    for session in 0..8 {
        table.hear(&[0], &tell(session, 1));
    }
    // A replay does not count: the first session stays the one heard longest ago.
    table.hear(&[0], &tell(0, 1));
    table.hear(&[0], &tell(8, 1));
    assert_eq!(told(&table, 0).len(), 9);
    for session in 1..9 {
        table.hear(&[0], &tell(session, 1));
    }
    assert_eq!(told(&table, 0).len(), 9, "none of these has made room");
    for session in 0..50 {
        table.hear(&[0], &tell(session, 2));
    }
    for (what, length, bound) in table.rooms[0].sizes() {
        assert!(length <= bound, "{what}: {length} of {bound}");
    }
}

#[test]
fn removed_seat_tells_nobody() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    let (room, (gone_key, gone)) = (table.rooms[0].id, key(3));
    let frame = signed(room, &gone_key, 1, 1, b"still here");
    // Its removal is known, its leaf still in the tree.
    let mut effects = table.rooms[0].tell(Input::Remove(gone), table.now).expect("may");
    assert!(table.rooms[0].roster().contains_key(&gone));
    assert!(matches!(table.gives(0, &frame), Err(Error::PeerMisbehaved(_))));
    effects.extend(table.rooms[0].tell(Input::Timer, table.now).expect("fine"));
    table.pass(effects);
    table.settle();
    assert!(!table.rooms[0].roster().contains_key(&gone));
    assert!(misbehaved(&[table.gives(0, &frame).map(drop), table.gives(1, &frame).map(drop)]));
    assert_eq!(table.rooms[2].standing(), Standing::Removed);
    assert_eq!(table.rooms[2].handle(Input::Tell(b"me too".to_vec()), table.now).1, Err(Error::NotNow));
    table.hear(&[0, 1], &frame);
    assert!(table.told.is_empty());
}

#[test]
fn stranger_tells_nobody() {
    let mut table = Table::of(&[Role::Head]);
    let (room, stranger) = (table.rooms[0].id, key(66).0);
    assert!(misbehaved(&table.broadcasts(&signed(room, &stranger, 1, 1, b"let me in"))));
    assert!(misbehaved(&table.broadcasts(&signed(RoomId([9; 32]), &key(2).0, 1, 1, b"another room"))));
    // In the name of a seat, signed with another key.
    let mut frame = signed(room, &stranger, 1, 1, b"as the head");
    let at = frame.windows(32).position(|bytes| bytes == stranger.public().0).expect("its author");
    frame[at..at + 32].copy_from_slice(&key(2).1.0);
    assert!(misbehaved(&table.broadcasts(&frame)));
    table.goes_on();
}

#[test]
fn tell_that_is_too_long_is_refused() {
    let mut table = Table::of(&[Role::Head]);
    let long = vec![0; TELL_BYTES + 1];
    assert_eq!(table.rooms[1].handle(Input::Tell(long.clone()), table.now).1, Err(Error::NotNow));
    let frame = signed(table.rooms[0].id, &key(2).0, 1, 1, &long);
    assert!(matches!(table.gives(0, &frame), Err(Error::PeerMisbehaved(_))));
}

#[test]
fn nobody_tells_without_a_connection_or_from_a_backup() {
    let mut table = Table::of(&[Role::Head]);
    table.does(0, Input::Write(note("a note")));
    let backup = crate::backup(&table.stores[&1]).expect("a room");
    table.does(1, Input::Disconnected);
    let (effects, done) = table.rooms[1].handle(Input::Tell(b"nobody hears it".to_vec()), table.now);
    assert_eq!(done, Err(Error::NotNow));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Send(..))));
    // Nobody is there to bring it in.
    table.does(0, Input::Disconnected);
    let restored = table.restores(1, &backup);
    assert_eq!(table.rooms[restored].standing(), Standing::Restored);
    assert_eq!(table.rooms[restored].handle(Input::Tell(b"nor this".to_vec()), table.now).1, Err(Error::NotNow));
}

#[test]
fn tell_in_an_answer_is_refused() {
    let mut table = Table::of(&[Role::Head]);
    let frame = signed(table.rooms[0].id, &key(2).0, 1, 1, b"handed on");
    let page = minicbor::to_vec(vec![Given::Frame(frame.into())]).expect("encodes");
    let room = &mut table.rooms[0];
    let (one_time, want) = (OneTimeKey::derive(room.suite(), &[7; 32]).expect("a key"), [8; 32]);
    let sealed = seal_to(room.suite(), one_time.public(), &want, &page).expect("seals");
    room.pacing.asked([want; 2], one_time, false);
    let answer = Answer { want, more: false, sealed }.encode();
    assert_eq!(table.gives(0, &answer).map(drop), Err(Error::PeerMisbehaved("an answer with another frame")));
}
