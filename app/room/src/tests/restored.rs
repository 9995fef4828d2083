//! A seat restored from a backup: it reads, is brought in, and takes the place of whatever is left of it elsewhere.

use std::collections::BTreeMap;

use record::Role;

use super::{Table, note};
use crate::commit::Duty;
use crate::store::{Row, backup, check};
use crate::{Alarm, Error, Input, Standing};

fn backup_of(table: &Table, who: usize) -> BTreeMap<Row, Vec<u8>> {
    backup(&table.stores[&who]).expect("a room")
}

/// Nobody hears or moves this room any more.
fn dies(table: &mut Table, who: usize) {
    table.does(who, Input::Disconnected);
    table.puppets.insert(who);
}

const DAY_MS: crate::Millis = 24 * 60 * 60 * 1000;

/// Knocks that went over the wire.
fn knocks_in(table: &Table) -> Vec<Vec<u8>> {
    table.wire.iter().map(|(_, message)| message.clone()).filter(|message| message[1] == 7).collect()
}

fn commits(table: &mut Table, who: usize) {
    let now = table.now;
    table.rooms[who].stage_commit(&Duty::default(), vec![], now).expect("stages");
    table.does(who, Input::Disconnected);
    table.does(who, Input::Connected);
    table.settle();
}

#[test]
fn backup_holds_the_record_and_nothing_mls_could_go_on_with() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.does(1, Input::Write(note("kept")));
    table.settle();
    let (store, kept) = (table.stores[&1].clone(), backup_of(&table, 1));
    let room = &table.rooms[1];
    let secrets = room.op_keys.values().map(|key| key.bytes().to_vec());
    let images = room.images.all().map(|(_, image, _)| image.encode());
    let secrets: Vec<Vec<u8>> = secrets.chain(images).collect();
    let holds = |rows: &BTreeMap<Row, Vec<u8>>, secret: &[u8]| {
        rows.values().any(|row| row.windows(secret.len()).any(|window| window == secret))
    };
    assert!(secrets.len() > 1);
    for secret in &secrets {
        assert!(holds(&store, secret));
        assert!(!holds(&kept, secret));
    }
    assert!(kept.len() < store.len());
}

#[test]
fn restored_seat_reads_says_nothing_and_is_brought_in() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.does(1, Input::Write(note("before the backup")));
    table.settle();
    let kept = backup_of(&table, 1);
    table.does(1, Input::Write(note("after the backup")));
    table.settle();
    dies(&mut table, 1);
    table.does(0, Input::Write(note("while it was gone")));
    table.settle();

    table.sides = [(3, 1)].into();
    let back = table.restores(1, &kept);
    assert_eq!(table.rooms[back].standing(), Standing::Restored);
    assert_eq!(table.notes(back), ["before the backup"]);
    assert_eq!(table.rooms[back].number(), None);
    let said = table.rooms[back].handle(Input::Write(note("not now")), table.now).1;
    assert_eq!(said, Err(Error::NotNow));
    table.passes(120_000);
    assert_eq!(table.rooms[back].standing(), Standing::Restored, "alone it goes nowhere");

    table.meets();
    table.comes_level(30_000);
    assert_eq!(table.rooms[back].standing(), Standing::Seated);
    for who in [0, 2] {
        let rejoined = Alarm::Rejoined(table.rooms[back].me());
        assert!(table.rooms[who].alarms().any(|alarm| *alarm == rejoined), "room {who} is told");
    }
    table.does(back, Input::Write(note("back")));
    table.goes_on();
    let all = ["before the backup", "after the backup", "while it was gone", "back"];
    for who in [0, 2, back] {
        assert_eq!(table.notes(who)[..4], all, "room {who}");
    }
    assert!(!table.rooms[0].alarms().any(|alarm| matches!(alarm, Alarm::TwoVersions(_) | Alarm::TwoBeacons(_))));
}

/// The seat signs as before, on the number it left off at: the others would see two versions.
#[test]
fn restored_seat_whose_later_notes_nobody_else_holds_parts_from_nobody() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let kept = backup_of(&table, 1);
    table.settle();
    for round in 0..3 {
        table.does(1, Input::Write(note(&format!("round {round}"))));
    }
    table.settle();
    dies(&mut table, 1);
    let back = table.restores(1, &kept);
    table.comes_level(30_000);
    table.does(back, Input::Write(note("and on")));
    table.goes_on();
    assert_eq!(table.notes(0)[..4], ["round 0", "round 1", "round 2", "and on"]);
    assert!(!table.rooms[0].alarms().any(|alarm| matches!(alarm, Alarm::TwoVersions(_))));
}

/// Of each author two commits are kept on a state, and it hears of two of its own that it cannot follow.
#[test]
fn seat_that_forgot_its_commits_twice_makes_another_there() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    let (store, at) = (table.stores[&0].clone(), table.rooms[0].state());
    let others = [1, 2].map(|who| table.rooms[who].me());
    table.parts(&[0]);
    let mut forgotten = Vec::new();
    for gone in others {
        table.does(0, Input::Remove(gone));
        table.passes(30_000);
        forgotten.extend(table.rooms[0].graph.commits_on(&at).map(|(_, commit)| commit.encode()));
        table.reopens(0, &store);
    }
    assert_eq!(forgotten.len(), 2);
    // With what they rest on.
    for message in &forgotten {
        table.gives(0, message).expect("its own");
    }
    table.passes(120_000);
    assert_eq!(table.rooms[0].roster().len(), 1);
}

#[test]
fn copy_still_open_elsewhere_stops_for_the_restored_one() {
    for opened_from_a_store in [false, true] {
        let mut table = Table::of(&[Role::Head, Role::Head]);
        table.settle();
        if opened_from_a_store {
            let store = table.stores[&1].clone();
            table.reopens(1, &store);
            table.settle();
        }
        let kept = backup_of(&table, 1);
        let back = table.restores(1, &kept);
        table.passes(30_000);
        assert_eq!(table.rooms[back].standing(), Standing::Seated);
        assert_eq!(table.rooms[1].standing(), Standing::OpenedElsewhere);
        table.puppets.insert(1);
        table.goes_on();
    }
}

#[test]
fn copy_that_comes_back_later_stops_for_the_restored_one() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    let (store, kept) = (table.stores[&1].clone(), backup_of(&table, 1));
    dies(&mut table, 1);
    let back = table.restores(1, &kept);
    table.comes_level(30_000);
    commits(&mut table, 2);
    table.puppets.clear();
    table.reopens(1, &store);
    table.passes(60_000);
    assert_eq!(table.rooms[1].standing(), Standing::OpenedElsewhere);
    assert_eq!(table.rooms[back].standing(), Standing::Seated);
    table.puppets.insert(1);
    table.goes_on();
}

#[test]
fn the_same_backup_serves_again() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    let kept = backup_of(&table, 1);
    dies(&mut table, 1);
    let first = table.restores(1, &kept);
    table.comes_level(30_000);
    table.does(first, Input::Write(note("by the first")));
    table.goes_on();
    dies(&mut table, first);
    let second = table.restores(1, &kept);
    table.comes_level(120_000);
    assert_eq!(table.rooms[second].standing(), Standing::Seated);
    assert!(table.notes(second).contains(&"by the first".to_owned()));
    table.goes_on();
}

#[test]
fn of_two_restored_at_once_one_remains() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    let kept = backup_of(&table, 1);
    dies(&mut table, 1);
    table.sides = [(3, 1), (4, 2)].into();
    let (first, second) = (table.restores(1, &kept), table.restores(1, &kept));
    table.meets();
    table.passes(180_000);
    let standing = [first, second].map(|who| table.rooms[who].standing());
    assert!(standing.contains(&Standing::Seated), "{standing:?}");
    assert!(standing.contains(&Standing::OpenedElsewhere), "{standing:?}");
    let stopped = if standing[0] == Standing::OpenedElsewhere { first } else { second };
    table.puppets.insert(stopped);
    table.goes_on();
}

#[test]
fn restored_seat_waits_through_reloads() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    let kept = backup_of(&table, 1);
    dies(&mut table, 1);
    table.sides = [(3, 1)].into();
    let back = table.restores(1, &kept);
    table.settle();
    let store = table.stores[&back].clone();
    table.reopens(back, &store);
    assert_eq!(table.rooms[back].standing(), Standing::Restored);
    table.meets();
    table.comes_level(30_000);
    let store = table.stores[&back].clone();
    table.reopens(back, &store);
    assert_eq!(table.rooms[back].standing(), Standing::Seated);
    table.goes_on();
}

#[test]
fn room_that_went_far_since_the_backup_takes_the_seat_in() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    let kept = backup_of(&table, 1);
    for round in 0..crate::bounds::WAY_KEPT + 20 {
        commits(&mut table, [0, 2][round % 2]);
    }
    assert!(table.rooms[0].graph.node(&table.rooms[1].graph.root()).is_some());
    dies(&mut table, 1);
    for round in 0..20 {
        commits(&mut table, [0, 2][round % 2]);
    }
    let back = table.restores(1, &kept);
    table.comes_level(30_000);
    assert_eq!(table.rooms[back].standing(), Standing::Seated);
    table.goes_on();
}

#[test]
fn seat_removed_since_the_backup_is_told_and_not_brought_in() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    let kept = backup_of(&table, 1);
    let me = table.rooms[1].me();
    dies(&mut table, 1);
    table.does(0, Input::Remove(me));
    table.settle();
    let back = table.restores(1, &kept);
    table.passes(180_000);
    assert_eq!(table.rooms[back].standing(), Standing::Removed);
    assert!(!table.rooms[0].roster().contains_key(&me));
}

/// The one who removed went before anybody heard of it: what its backup holds of that is given to who asks.
#[test]
fn removal_that_only_the_backup_knows_of_is_told() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    let removed = table.rooms[2].me();
    table.parts(&[0]);
    table.does(0, Input::Remove(removed));
    table.passes(10_000);
    let kept = backup_of(&table, 0);
    dies(&mut table, 0);
    table.meets();
    let back = table.restores(0, &kept);
    table.passes(60_000);
    assert_eq!(table.rooms[2].standing(), Standing::Removed);
    assert_eq!(table.rooms[back].standing(), Standing::Seated);
    assert!(!table.rooms[1].roster().contains_key(&removed));
}

/// A member plays the knock of the restored seat again, long after: nothing comes of it.
#[test]
fn knock_of_a_restored_seat_played_again_moves_nobody() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    let kept = backup_of(&table, 1);
    dies(&mut table, 1);
    table.wire.clear();
    let back = table.restores(1, &kept);
    table.comes_level(30_000);
    let knocks = knocks_in(&table);
    table.goes_on();
    let (state, swaps) = (table.rooms[0].state(), table.rooms[back].counts().swapped);
    assert!(!knocks.is_empty());
    for knock in &knocks {
        table.hears(knock);
        table.passes(10_000);
    }
    assert_eq!(table.rooms[back].standing(), Standing::Seated);
    assert_eq!((table.rooms[0].state(), table.rooms[back].counts().swapped), (state, swaps));
    let store = table.stores[&back].clone();
    table.reopens(back, &store);
    for knock in &knocks {
        table.hears(knock);
    }
    assert_eq!(table.rooms[back].standing(), Standing::Seated, "it remembers that it asked");
    table.goes_on();
}

/// The knock that once brought a copy in, played again to the next copy from the same backup, which knows nothing of it.
#[test]
fn knock_of_an_earlier_copy_played_again_does_not_stop_the_next() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    let kept = backup_of(&table, 1);
    dies(&mut table, 1);
    table.wire.clear();
    let first = table.restores(1, &kept);
    table.comes_level(30_000);
    let knocks = knocks_in(&table);
    dies(&mut table, first);
    let second = table.restores(1, &kept);
    table.comes_level(120_000);
    assert!(!knocks.is_empty());
    for knock in &knocks {
        table.hears(knock);
        table.passes(5_000);
    }
    assert_eq!(table.rooms[second].standing(), Standing::Seated);
    table.goes_on();
}

/// Whoever has the seat's key can sign any number: the honest copy must not follow to where no number is left.
#[test]
fn counter_near_the_end_by_a_thief_of_the_key_is_not_gone_on_from() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    table.rooms[1].own_counter_heard(crate::frame::COUNTERS - 1, true);
    table.does(1, Input::Write(note("still here")));
    for _ in 0..100 {
        table.rooms[1].next_counter();
    }
    table.does(1, Input::Disconnected);
    table.does(1, Input::Connected);
    let store = table.stores[&1].clone();
    table.reopens(1, &store);
    assert!(table.rooms[1].counter < crate::frame::COUNTERS - (1 << 39));
}

#[test]
fn rows_that_no_backup_has_are_refused() {
    let mut table = Table::of(&[Role::Head]);
    table.now += 3 * DAY_MS;
    commits(&mut table, 0);
    table.does(1, Input::Write(note("kept")));
    table.settle();
    let (store, kept, made) = (table.stores[&1].clone(), backup_of(&table, 1), table.now);
    check(&kept, made).expect("a backup");
    assert!(check(&store, made).is_err(), "a store that could go on by itself");
    let image = store.iter().find(|(row, _)| row.0[0] == 1).expect("an image");
    let mut with_image = kept.clone();
    with_image.insert(image.0.clone(), image.1.clone());
    assert!(check(&with_image, made).is_err());
    assert!(check(&kept, made - 2 * DAY_MS).is_err(), "from the future");
    let (row, op) = kept.iter().find(|(row, _)| row.0[0] == 2).expect("an op");
    let mut forged = op.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let mut with_forged = kept.clone();
    with_forged.insert(row.clone(), forged);
    assert!(check(&with_forged, made).is_err());
}
