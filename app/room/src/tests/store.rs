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
