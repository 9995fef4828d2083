//! Branches, seats that cannot follow, and coming back.

use record::Role;

use super::{NOW, Table, note};
use crate::commit::Duty;
use crate::{Input, Standing};

/// Each side commits on its own, several times.
fn drift(table: &mut Table, rounds: usize) {
    for _ in 0..rounds {
        for who in [0, 2] {
            let now = table.now;
            table.rooms[who].stage_commit(&Duty::default(), vec![], now).expect("stages");
            table.does(who, Input::Disconnected);
            table.does(who, Input::Connected);
        }
        table.settle();
    }
}

#[test]
fn two_sides_that_went_on_alone_become_one_again() {
    for rounds in 1..4 {
        let mut table = Table::of(&[Role::Head, Role::Head, Role::Adviser]);
        table.settle();
        table.parts(&[2, 3]);
        drift(&mut table, rounds);
        assert_ne!(table.rooms[0].state(), table.rooms[2].state());
        for who in 0..4 {
            table.does(who, Input::Write(note(&format!("by {who}"))));
        }
        table.settle();
        table.meets();
        for _ in 0..12 {
            table.settle();
        }
        let state = table.rooms[0].state();
        for who in 0..4 {
            assert_eq!(table.rooms[who].standing(), Standing::Seated, "room {who} after {rounds}");
            assert_eq!(table.rooms[who].state(), state, "room {who} after {rounds}");
        }
        table.goes_on();
    }
}

#[test]
fn seat_without_an_image_on_the_way_is_swapped_in() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.parts(&[2]);
    let tip = table.rooms[2].tip;
    // A commit of its own came back, and its image is gone.
    table.rooms[2].stage_commit(&Duty::default(), vec![], NOW).expect("stages");
    let commit = table.rooms[2].own_commits[&tip].commit.encode();
    table.parts(&[]);
    table.rooms[2].own_commits.clear();
    let image = table.rooms[1].images.get(&tip).is_some();
    assert!(image);
    table.broadcasts(&commit);
    table.settle();
    table.goes_on();
    assert_eq!(table.rooms[2].counts().swapped, 1);
    assert!(table.rooms[0].alarms().count() > 0, "the others are told");
}

/// What it would have knocked for is there: its page would wake at once, again and again.
#[test]
fn seat_that_finds_the_way_by_itself_comes_to_rest() {
    let mut table = Table::of(&[Role::Head]);
    table.settle();
    let now = table.now;
    table.rooms[1].strand(now);
    // Looks at every timer.
    table.settle();
    assert_eq!(table.rooms[1].stranded, None);
}
