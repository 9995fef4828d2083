//! What is stored is enough to go on from.

use record::Role;

use super::{Table, note};
use crate::{Input, Standing};

#[test]
fn room_reopened_from_its_store_goes_on() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    for who in 0..3 {
        table.does(0, Input::Write(note("before")));
        let before = (table.rooms[who].state(), table.notes(who), table.rooms[who].roster());
        let store = table.stores[&who].clone();
        table.reopens(who, &store);
        assert_eq!((table.rooms[who].state(), table.notes(who), table.rooms[who].roster()), before);
        table.goes_on();
    }
}

#[test]
fn older_copy_is_noticed_and_brought_up() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let old = table.stores[&1].clone();
    table.does(1, Input::Write(note("said and forgotten")));
    table.goes_on();
    table.reopens(1, &old);
    for _ in 0..8 {
        table.settle();
    }
    assert!(table.notes(1).contains(&"said and forgotten".into()));
    assert!(table.rooms[1].alarms().any(|alarm| *alarm == crate::Alarm::Restored));
    table.goes_on();
}

#[test]
fn room_reopened_with_a_commit_on_its_way_makes_no_second_one() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    table.parts(&[1]);
    let gone = table.rooms[2].me();
    table.does(1, Input::Disconnected);
    let now = table.now;
    table.rooms[1].stage_commit(&crate::commit::Duty::default(), vec![], now).expect("stages");
    table.does(1, Input::Timer);
    let tip = table.rooms[1].tip;
    let staged = table.rooms[1].own_commits[&tip].commit.encode();
    let store = table.stores[&1].clone();
    table.does(0, Input::Remove(gone));
    table.settle();
    table.reopens(1, &store);
    assert_eq!(table.rooms[1].own_commits[&tip].commit.encode(), staged);
    assert_eq!(table.rooms[1].counts().commits, 0, "the same bytes again");
    table.parts(&[]);
    table.meets();
    for _ in 0..8 {
        table.settle();
    }
    assert_eq!(table.rooms[1].standing(), Standing::Seated);
    assert_eq!(table.rooms[1].state(), table.rooms[0].state());
}

/// A hostile seat can bring as many about as are kept, and the talk must open again all the same.
#[test]
fn room_with_as_many_unreadable_commits_as_are_kept_opens_again() {
    let mut table = Table::of(&[Role::Head]);
    table.settle();
    let ids = (0..crate::bounds::UNREADABLE as u64).map(|n| {
        let mut id = [7; 32];
        id[..8].copy_from_slice(&n.to_be_bytes());
        crate::CommitId(id)
    });
    table.rooms[1].unreadable.extend(ids);
    // Before they are looked through.
    table.rooms[1].persist();
    let effects = std::mem::take(&mut table.rooms[1].effects);
    table.stores(1, &effects);
    let store = table.stores[&1].clone();
    let key = table.rooms[1].key.clone();
    let opened = crate::Room::open(key, &store, [77; 32]).expect("opens");
    assert_eq!(opened.unreadable.len(), crate::bounds::UNREADABLE);
}
