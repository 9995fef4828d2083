//! More commits than anybody keeps, and beacons without end.

use record::{Role, StateId, Vector};

use super::super::{NOW, Table, Tell, note};
use super::beacon;
use super::thief::Thief;
use crate::frame::Frame;
use crate::{Effect, Input, Standing, bounds};

/// A convener and three heads, the last of which is hostile: it shows each side a commit of its own on one state, and nobody
/// hears the other side.
fn parted() -> (Table, Thief, [StateId; 2]) {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    table.settle();
    let fork = table.rooms[0].tip;
    let mut thief = Thief::of(&table.rooms[3]);
    table.puppets.insert(3);
    let [left, right] = [thief.rotates(fork), thief.rotates(fork)];
    table.parts(&[2]);
    table.hear(&[0, 1], &left.encode());
    table.hear(&[2], &right.encode());
    table.passes(5_000);
    assert_ne!(table.rooms[0].state(), table.rooms[2].state());
    (table, thief, [left.body.new_state, right.body.new_state])
}

/// Rotates so often from a state on, one commit after the other, before some.
fn rotates_on(table: &mut Table, thief: &mut Thief, mut at: StateId, times: usize, before: &[usize]) {
    for _ in 0..times {
        let commit = thief.rotates(at);
        at = commit.body.new_state;
        for who in before {
            table.gives(*who, &commit.encode()).ok();
        }
    }
}

fn comes_together(table: &mut Table) {
    table.meets();
    table.comes_level(300_000);
    table.goes_on();
    for who in table.honest() {
        assert_eq!(table.rooms[who].standing(), Standing::Seated, "room {who}");
        for (name, length, bound) in table.rooms[who].sizes() {
            assert!(length <= bound, "{length} of {bound} {name}");
        }
    }
}

/// A third branch from the same state, longer than what anybody keeps, shown to all: neither side may forget where they parted.
#[test]
fn branch_longer_than_all_that_is_kept_does_not_part_the_room() {
    let (mut table, mut thief, [left, _]) = parted();
    let fork = table.rooms[0].graph.commit_to(&left).expect("known").body.parent;
    rotates_on(&mut table, &mut thief, fork, bounds::COMMITS + 20, &[0, 1, 2]);
    assert!(
        [0, 1, 2].iter().all(|who| table.rooms[*who].graph.node(&fork).is_some()),
        "somebody forgot where they parted"
    );
    comes_together(&mut table);
}

/// Each side is led on so far that it forgets where they parted. Those who are fewer are brought in anew by the others.
#[test]
fn sides_led_so_far_apart_that_no_way_joins_them_come_together() {
    let (mut table, mut thief, [left, right]) = parted();
    rotates_on(&mut table, &mut thief, left, bounds::WAY + 20, &[0, 1]);
    rotates_on(&mut table, &mut thief, right, bounds::WAY + 20, &[2]);
    let roots = [0, 2].map(|who| table.rooms[who].graph.root());
    assert!(!table.rooms[0].graph.knows_state(&roots[1]) && !table.rooms[2].graph.knows_state(&roots[0]));
    table.does(2, Input::Write(note("said apart")));
    comes_together(&mut table);
    assert_eq!([0, 1, 2].map(|who| table.rooms[who].counts().swapped), [0, 0, 1]);
    // What was said where nobody else came to is read by all who had a seat there.
    for who in [0, 1, 2] {
        assert!(table.notes(who).contains(&"said apart".into()), "room {who}");
    }
    let store = table.stores[&2].clone();
    table.reopens(2, &store);
    table.goes_on();
}

/// Who was just brought in begins where the others are. What it alone hears next it hands on all the same.
#[test]
fn seat_that_was_brought_in_hands_on_what_comes_next() {
    let (mut table, mut thief, [left, right]) = parted();
    rotates_on(&mut table, &mut thief, left, bounds::WAY + 20, &[0, 1]);
    rotates_on(&mut table, &mut thief, right, bounds::WAY + 20, &[2]);
    table.meets();
    while table.rooms[2].counts().swapped == 0 {
        table.passes(250);
    }
    table.parts(&[2]);
    assert_eq!(table.rooms[2].graph.root(), table.rooms[0].tip);
    thief.follows_all(&table.rooms[0]);
    let next = thief.rotates(table.rooms[0].tip);
    table.hear(&[2], &next.encode());
    table.passes(2_000);
    assert_eq!(table.rooms[2].state(), next.body.new_state);
    table.meets();
    table.comes_level(60_000);
    let knows = table.rooms[0].graph.knows_state(&next.body.new_state);
    assert!(knows, "it was not handed on");
}

/// The same, and one side has taken the hostile member away meanwhile, or both somebody: neither listens where the other speaks.
#[test]
fn sides_led_far_apart_with_a_channel_each_come_together() {
    for both in [false, true] {
        let mut table = Table::of(&[Role::Head, Role::Head, Role::Head, Role::Head]);
        table.settle();
        let fork = table.rooms[0].tip;
        let mut thief = Thief::of(&table.rooms[3]);
        table.puppets.insert(3);
        let [left, right] = [thief.rotates(fork), thief.rotates(fork)];
        table.parts(&[2, 4]);
        table.hear(&[0, 1], &left.encode());
        table.hear(&[2, 4], &right.encode());
        table.passes(5_000);
        rotates_on(&mut table, &mut thief, left.body.new_state, bounds::WAY + 20, &[0, 1]);
        rotates_on(&mut table, &mut thief, right.body.new_state, bounds::WAY + 20, &[2, 4]);
        let (gone, leaver) = (table.rooms[3].me(), table.rooms[4].me());
        table.does(0, Input::Remove(gone));
        if both {
            table.does(4, Input::Remove(leaver));
        }
        table.passes(10_000);
        table.puppets.insert(4);
        comes_together(&mut table);
        assert!(!table.rooms[2].roster().contains_key(&gone), "both {both}");
    }
}

/// A commit that was dropped because there were too many of its author is not one from before, also not after a restart.
#[test]
fn commit_dropped_for_the_crowd_can_come_again_after_a_restart() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    table.settle();
    let fork = table.rooms[0].tip;
    let mut thief = Thief::of(&table.rooms[3]);
    table.puppets.insert(3);
    let mut commits = [thief.rotates(fork), thief.rotates(fork), thief.rotates(fork)];
    commits.sort_by_key(crate::frame::Signed::id);
    table.parts(&[2]);
    table.hear(&[0, 1], &commits[2].encode());
    for commit in &commits {
        table.hear(&[2], &commit.encode());
    }
    table.passes(5_000);
    assert_ne!(table.rooms[0].state(), table.rooms[2].state());
    let store = table.stores[&2].clone();
    table.reopens(2, &store);
    comes_together(&mut table);
}

/// One side is shown the way of the other while it is too long already to go there and too short to be forgotten.
#[test]
fn side_that_knows_where_the_others_went_and_cannot_follow_is_brought_there() {
    let (mut table, mut thief, [left, right]) = parted();
    rotates_on(&mut table, &mut thief, right, bounds::WAY + 20, &[0, 1, 2]);
    rotates_on(&mut table, &mut thief, left, bounds::REPLAYED + 20, &[0, 1]);
    comes_together(&mut table);
}

/// Two who never held the same, because of gaps that nobody filled, answered each other's beacons for ever.
#[test]
fn difference_that_never_goes_is_told_a_few_times() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let (mut now, mut told) = (NOW + 1_000_000, 0);
    for counter in 1_000..1_020 {
        let message = beacon(&table, 2, counter, Vector::default());
        let mut effects = table.rooms[1].hears(&message, now).expect("a beacon");
        now += 1_500;
        effects.extend(table.rooms[1].tell(Input::Timer, now).expect("timers"));
        let is_beacon = |effect: &&Effect| match effect {
            Effect::Send(_, message) => matches!(Frame::decode(table.rooms[1].id, message), Ok(Frame::Beacon(..))),
            Effect::Persist(_) | Effect::Attend(_) | Effect::Leave(_) => false,
            Effect::Wake(_) | Effect::Welcome { .. } | Effect::Told { .. } | Effect::Show(_) => false,
        };
        told += effects.iter().filter(is_beacon).count();
    }
    assert!((3..=6).contains(&told), "{told} beacons in half a minute");
}
