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

/// Most went on together and are gone for good; two are left, each on a branch of its own. Each brought the other to its own.
#[test]
fn two_who_are_left_meet_on_one_of_their_branches() {
    let mut table = Table::of(&[Role::Head; 4]);
    table.settle();
    table.sides = [(1, 1), (2, 2), (3, 2), (4, 2)].into();
    let mut gone = Vec::new();
    for who in 0..5 {
        let now = table.now;
        table.rooms[who].stage_commit(&Duty::default(), vec![], now).expect("stages");
        table.does(who, Input::Disconnected);
        table.does(who, Input::Connected);
        table.settle();
        let room = &table.rooms[who];
        gone.extend((who > 1).then(|| room.graph.commit_to(&room.tip).expect("held").encode()));
    }
    table.puppets.extend([2, 3, 4]);
    for who in [0, 1] {
        // The images of the states left are too old.
        let later = table.now + 2 * 24 * 60 * 60 * 1000;
        table.rooms[who].expire(later);
    }
    for commit in gone {
        table.hears(&commit);
    }
    assert_ne!(table.rooms[0].state(), table.rooms[1].state());
    table.meets();
    table.comes_level(60_000);
    for who in [0, 1] {
        assert_ne!(table.rooms[who].choice().target(), table.rooms[who].tip, "the others' branch is better still");
        assert_eq!(table.rooms[who].standing(), Standing::Seated, "room {who}");
    }
    table.passes(60_000);
    table.goes_on();
    let swaps: u64 = [0, 1].iter().map(|who| table.rooms[*who].counts().swapped).sum();
    assert_eq!(swaps, 1, "to and fro");
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
