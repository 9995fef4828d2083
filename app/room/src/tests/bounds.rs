//! What nobody can use yet is kept, and not without a bound.

use record::{KeyPackageHash, Role, StateId};
use sha2::{Digest, Sha256};

use super::{Table, key, note};
use crate::commit::Duty;
use crate::frame::{Knock, SealedOp, Signed};
use crate::{Input, Millis, SeatKey, bounds};

fn numbered(n: u32) -> [u8; 32] {
    Sha256::digest(n.to_be_bytes()).into()
}

fn small(table: &Table) {
    for room in &table.rooms {
        for (what, length, bound) in room.sizes() {
            assert!(length <= bound, "{what}: {length} of {bound}");
        }
    }
}

#[test]
fn ops_of_states_nobody_knows_do_not_pile_up() {
    let mut table = Table::of(&[Role::Head]);
    for n in 0..80 {
        let sealed = SealedOp { state: StateId(numbered(n)), sealed: vec![0; bounds::EARLY_BYTES / 40] };
        table.hears(&sealed.encode());
        small(&table);
    }
    table.goes_on();
}

#[test]
fn commits_on_states_nobody_knows_do_not_pile_up() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.puppets.insert(2);
    let room = &mut table.rooms[2];
    room.stage_commit(&Duty::default(), vec![], super::NOW).expect("stages");
    let commit = room.own_commits[&room.tip].commit.body.clone();
    // Many small ones, and fewer that are long.
    for (count, length) in [(bounds::ORPHANS as u32 + 50, 1_000), (80, bounds::ORPHAN_BYTES / 80)] {
        for n in 0..count {
            let mut orphan = commit.clone();
            orphan.parent = StateId(numbered(n));
            orphan.mls = vec![0; length].into();
            table.hears(&Signed::sign(orphan, &key(3).0).encode());
        }
        small(&table);
    }
    table.goes_on();
}

#[test]
fn knocks_of_strangers_and_of_endless_length_are_not_held() {
    let mut table = Table::of(&[Role::Head]);
    let (room, tip) = (table.rooms[0].id, table.rooms[0].tip);
    let knock = |key: &SeatKey, bytes: &[u8]| {
        let key_package = KeyPackageHash(Sha256::digest(bytes).into());
        let knock = Knock { room, author: key.public(), counter: 1_000, tip, key_package };
        Signed::sign(knock, key).encode_whole(bytes)
    };
    for n in 0..20 {
        table.hears(&knock(&SeatKey::from_seed(&numbered(n)), &[1; 100]));
    }
    table.hears(&knock(&key(2).0, &vec![1; bounds::KEY_PACKAGE_BYTES + 1]));
    assert!(table.rooms.iter().all(|room| room.knocks.is_empty()));
    table.does(0, Input::Write(note("nobody came")));
    table.goes_on();
}

#[test]
fn keys_and_images_of_states_long_left_are_gone() {
    const DAY: Millis = 24 * 60 * 60 * 1000;
    let mut table = Table::of(&[Role::Head]);
    table.settle();
    let old = table.rooms[1].tip;
    let (room, now) = (&mut table.rooms[0], table.now);
    room.stage_commit(&Duty::default(), vec![], now).expect("stages");
    let commit = room.own_commits[&old].commit.encode();
    table.hears(&commit);
    let held = |table: &Table| {
        let room = &table.rooms[1];
        let stored = table.stores[&1].keys().any(|row| row.0[0] == 1 && row.0[1..] == old.0);
        assert_eq!(stored, room.images.get(&old).is_some());
        (stored, room.op_keys.contains_key(&old))
    };
    assert_ne!(table.rooms[1].tip, old);
    assert_eq!(held(&table), (true, true));
    for (days, left) in [(1, (false, true)), (7, (false, false))] {
        table.now += days * DAY;
        table.does(1, Input::Timer);
        assert_eq!(held(&table), left, "{days} days later");
    }
}
