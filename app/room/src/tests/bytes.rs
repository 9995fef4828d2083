//! Bytes from outside are parsed or refused; nothing panics.

use bytes::Bytes;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use record::Role;

use super::{Table, Tell, key};
use crate::{
    Assembler, BUCKETS, Channel, Effect, Error, FrameError, Input, KeyPackage, KeyPackageSecrets, MESSAGE_BYTES, Room,
    SeatKey, Suite,
};

fn channel(byte: u8) -> Channel {
    Channel::new(&zeroize::Zeroizing::new([byte; 64]))
}

/// One honest frame of each signed kind but Want and Knock, and an op.
fn honest(table: &mut Table) -> Vec<Vec<u8>> {
    let room = &mut table.rooms[1];
    room.send_hello(super::NOW).expect("says hello");
    room.send_beacon();
    let mut effects = room.tell(Input::Write(super::note("a note")), super::NOW).expect("may write");
    effects.extend(room.tell(Input::Tell(b"not kept".to_vec()), super::NOW).expect("may tell"));
    room.stage_commit(&crate::commit::Duty::default(), vec![], super::NOW).expect("stages");
    effects.extend(room.tell(Input::Timer, super::NOW).expect("fine"));
    let frames = effects.into_iter().filter_map(|effect| match effect {
        Effect::Send(_, message) => Some(message),
        Effect::Persist(_)
        | Effect::Attend(_)
        | Effect::Leave(_)
        | Effect::Wake(_)
        | Effect::Welcome { .. }
        | Effect::Told { .. }
        | Effect::Show(_) => None,
    });
    frames.collect()
}

#[test]
fn truncated_frames_are_refused() {
    let mut table = Table::of(&[Role::Head]);
    let frames = honest(&mut table);
    assert!(frames.len() >= 5);
    for frame in frames {
        for length in 0..frame.len() {
            assert!(matches!(table.gives(0, &frame[..length]), Err(Error::PeerMisbehaved(_))));
        }
        assert!(matches!(table.gives(0, &[&frame[..], &[0]].concat()), Err(Error::PeerMisbehaved(_))));
    }
    table.goes_on();
}

#[test]
fn bent_frames_change_nothing() {
    let mut table = Table::of(&[Role::Head]);
    let state = table.rooms[0].state();
    for frame in honest(&mut table) {
        for position in (0..frame.len() * 8).step_by(7) {
            let mut bent = frame.clone();
            bent[position / 8] ^= 1 << (position % 8);
            // A bent op may name a state that is not known: it is kept aside, unread.
            table.gives(0, &bent).ok();
        }
    }
    assert_eq!(table.rooms[0].state(), state);
    assert_eq!(table.notes(0).len(), 0);
    table.goes_on();
}

#[test]
fn entries_from_elsewhere_let_nobody_in() {
    let (seat, _) = key(9);
    let enter = |entry: &[u8]| {
        let secrets = KeyPackageSecrets::new(&seat, Suite::Classical).expect("makes");
        Room::enter(seat.clone(), secrets, key(1).1, entry, [0; 32]).err()
    };
    assert!(matches!(enter(&[]), Some(Error::PeerMisbehaved(_))));
    assert!(matches!(enter(&[0x82, 0x41, 0, 0x41, 0]), Some(Error::PeerMisbehaved(_))));
}

#[test]
fn key_packages_of_another_suite_are_refused() {
    let secrets = KeyPackageSecrets::new(&key(9).0, Suite::Classical).expect("makes");
    assert!(KeyPackage::parse(secrets.bytes(), Suite::Hybrid).is_err());
    let bytes = secrets.bytes();
    for length in 0..bytes.len() {
        assert!(KeyPackage::parse(&bytes[..length], Suite::Classical).is_err());
    }
    for position in 0..bytes.len() {
        let mut bent = bytes.to_vec();
        bent[position] ^= 1;
        assert!(KeyPackage::parse(&bent, Suite::Classical).is_err(), "byte {position}");
    }
}

#[test]
fn payload_opens_on_its_own_channel_only() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let payload = channel(1).seal(b"message", &mut rng).expect("short").remove(0);
    assert!(channel(1).open(&payload).is_some());
    assert!(channel(2).open(&payload).is_none());
    for position in 0..payload.len() {
        let mut bent = payload.to_vec();
        bent[position] ^= 0x80;
        assert!(channel(1).open(&bent).is_none());
    }
    assert!(channel(1).open(&payload[..BUCKETS[0] - 1]).is_none());
}

#[test]
fn message_longer_than_a_channel_carries_is_not_sealed() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    assert!(channel(1).seal(&vec![0; MESSAGE_BYTES + 1], &mut rng).is_none());
    assert_eq!(channel(1).seal(&vec![0; MESSAGE_BYTES], &mut rng).map(|parts| parts.len()), Some(64));
}

#[test]
fn parts_that_never_end_do_not_pile_up() {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (channel, mut assembler) = (channel(1), Assembler::default());
    for _ in 0..200 {
        let payloads = channel.seal(&vec![0; 200_000], &mut rng).expect("fits");
        for payload in &payloads[1..] {
            assert!(assembler.take(channel.open(payload).expect("own")).is_none());
        }
    }
    assert!(assembler.bytes() <= 2 * MESSAGE_BYTES);
}

#[test]
fn seat_keys_sign_and_say_nothing_of_themselves() {
    let key = SeatKey::from_seed(&[5; 32]);
    assert_eq!(format!("{:?}", key.public()), "AuthorKey");
    assert_eq!(format!("{:?}", FrameError::Malformed), "Malformed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn messages_of_any_length_survive_in_any_order(length in 0usize..300_000, turn in any::<usize>()) {
        let message: Vec<u8> = (0..length).map(|n| n as u8).collect();
        let mut rng = ChaCha20Rng::seed_from_u64(length as u64);
        let mut payloads: Vec<Bytes> = channel(1).seal(&message, &mut rng).expect("fits");
        prop_assert!(payloads.iter().all(|payload| BUCKETS.contains(&payload.len())));
        let count = payloads.len();
        payloads.rotate_left(turn % count);
        let mut assembler = Assembler::default();
        let whole = payloads.iter().filter_map(|payload| assembler.take(channel(1).open(payload)?)).collect::<Vec<_>>();
        prop_assert_eq!(whole, vec![message]);
    }
}

proptest! {
    #[test]
    fn random_messages_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        thread_local!(static TABLE: std::cell::RefCell<Table> = Table::of(&[]).into());
        TABLE.with_borrow_mut(|table| {
            prop_assert!(matches!(table.gives(0, &bytes), Err(Error::PeerMisbehaved(_))));
            Ok(())
        })?;
    }
}
