//! Taking seats away.

use record::Role;

use super::{Table, note};
use crate::{Input, Standing};

#[test]
fn removed_seat_is_out_at_once_and_reads_nothing_more() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Adviser]);
    table.settle();
    let (gone, topic) = (table.rooms[2].me(), table.rooms[0].topic());
    table.does(0, Input::Remove(gone));
    table.settle();
    assert_eq!(table.rooms[2].standing(), Standing::Removed);
    assert_ne!(table.rooms[0].topic(), topic, "another era, another channel");
    assert!(!table.rooms[0].roster().contains_key(&gone));
    table.does(0, Input::Write(note("without you")));
    table.settle();
    assert!(!table.notes(2).contains(&"without you".into()));
    for who in [1, 3] {
        assert_eq!(table.rooms[who].state(), table.rooms[0].state());
        assert_eq!(table.notes(who), ["without you"]);
    }
}

#[test]
fn seat_that_leaves_is_taken_out_by_the_others() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    let gone = table.rooms[1].me();
    table.does(1, Input::Remove(gone));
    table.settle();
    assert_eq!(table.rooms[1].standing(), Standing::Removed);
    assert_eq!(table.rooms[0].roster().len(), 2);
    assert_eq!(table.rooms[2].state(), table.rooms[0].state());
}

#[test]
fn who_slept_through_its_removal_is_told_so_and_nothing_else() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let gone = table.rooms[2].me();
    table.parts(&[2]);
    table.does(0, Input::Remove(gone));
    table.does(2, Input::Write(note("I am still here")));
    table.settle();
    table.does(0, Input::Write(note("without you")));
    table.settle();
    table.meets();
    assert_eq!(table.rooms[2].standing(), Standing::Removed);
    assert!(!table.notes(2).contains(&"without you".into()));
    assert_eq!(table.notes(0), ["without you"], "what was said after the removal is void");
    let now = table.rooms[0].state();
    assert!(!table.rooms[2].graph.knows_state(&now), "it is told of commits it has no part in");
}

#[test]
fn sleeper_finds_the_room_after_a_removal() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Adviser]);
    let gone = table.rooms[2].me();
    table.parts(&[3]);
    table.does(0, Input::Remove(gone));
    table.settle();
    table.does(0, Input::Write(note("while you slept")));
    table.does(3, Input::Write(note("in my sleep")));
    table.settle();
    table.meets();
    table.settle();
    assert_eq!(table.rooms[3].state(), table.rooms[0].state());
    for who in [0, 1, 3] {
        let notes = table.notes(who);
        assert!(notes.contains(&"in my sleep".into()), "room {who}: {notes:?}");
        assert!(notes.contains(&"while you slept".into()), "room {who}: {notes:?}");
    }
}

#[test]
fn removal_by_nobody_who_may_changes_nothing() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let (convener, other) = (table.rooms[0].me(), table.rooms[2].me());
    assert!(table.rooms[1].handle(Input::Remove(other), table.now).1.is_err());
    // The one key of two.
    table.does(1, Input::Remove(convener));
    table.settle();
    table.goes_on();
    assert_eq!(table.rooms[0].roster().len(), 3);
}

#[test]
fn convener_whom_two_heads_take_away_reads_nothing_more() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let convener = table.rooms[0].me();
    for head in [1, 2] {
        table.does(head, Input::Remove(convener));
        table.settle();
    }
    assert_eq!(table.rooms[0].standing(), Standing::Removed);
    table.does(1, Input::Write(note("among ourselves")));
    table.settle();
    assert_eq!(table.rooms[1].roster().len(), 2);
    assert!(table.notes(2).contains(&"among ourselves".into()));
    assert!(!table.notes(0).contains(&"among ourselves".into()));
}

/// The heads hear of the convener's word only after they took it away, and the convener of theirs after it removed one.
#[test]
fn who_take_each_other_away_unheard_of_each_other_end_at_one_table() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let (convener, head) = (table.rooms[0].me(), table.rooms[1].me());
    table.parts(&[0]);
    table.does(0, Input::Remove(head));
    for who in [1, 2] {
        table.does(who, Input::Remove(convener));
        table.settle();
    }
    assert_eq!(table.rooms[2].roster().len(), 2);
    table.meets();
    table.passes(120_000);
    for who in [0, 2] {
        let removed = table.rooms[who].table.removed.keys().collect::<Vec<_>>();
        assert_eq!(removed, [&head], "room {who}: of two that need each other the convener's stands");
        assert_eq!(table.rooms[who].state(), table.rooms[0].state());
        assert_eq!(table.rooms[who].roster().len(), 2);
    }
    assert_eq!(table.rooms[1].standing(), Standing::Removed);
}

/// Who ordered a removal goes back to an older copy, and only the removed seat has been told of it.
#[test]
fn removal_that_only_the_removed_seat_was_told_of_is_heard_from_it() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    let gone = table.rooms[1].me();
    let before = table.stores[&0].clone();
    table.sides = [(1, 1), (2, 2)].into();
    // Which is not told to the removed seat: the removal does not follow on anything it holds.
    table.does(0, Input::Write(note("without you")));
    table.does(0, Input::Remove(gone));
    table.settle();
    table.sides = [(2, 2)].into();
    for input in [Input::Disconnected, Input::Connected] {
        table.does(1, input);
    }
    table.settle();
    assert_eq!(table.rooms[1].standing(), Standing::Removed);
    table.reopens(0, &before);
    assert!(table.rooms[0].table.removed.is_empty());
    table.meets();
    table.passes(120_000);
    for who in [0, 2] {
        assert!(table.rooms[who].table.removed.contains_key(&gone), "room {who} takes it for seated");
    }
}
