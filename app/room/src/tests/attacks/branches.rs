//! Pulling the room apart.

use record::{Body, Role};

use super::super::{Table, note};
use super::thief::{Deed, Thief};
use crate::mls::hostile::without_path_keys;
use crate::{Input, Millis, Standing};

/// Somebody removed hopes to win by going on where it still had its seat, on and on.
#[test]
fn removed_seat_that_commits_on_the_state_before_its_removal_pulls_nobody_there() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Adviser]);
    let gone = table.rooms[2].me();
    let mut removed = Thief::of(&table.rooms[2]);
    let fork = table.rooms[2].tip;
    table.puppets.insert(2);
    // The adviser sleeps while the head is removed.
    table.parts(&[3]);
    table.does(0, Input::Remove(gone));
    table.settle();
    let winner = table.rooms[0].state();
    assert_eq!(table.rooms[1].state(), winner);
    let mut at = fork;
    let mut said = Vec::new();
    for _ in 0..12 {
        let commit = removed.rotates(at);
        at = commit.body.new_state;
        said.push(commit.encode());
    }
    said.push(removed.beacon(at, table.rooms[2].record.vector()));
    // The sleeper hears of nothing else and follows: it cannot know.
    for message in &said {
        table.hears(message);
    }
    assert_eq!(table.rooms[0].state(), winner);
    assert_eq!(table.rooms[1].state(), winner);
    table.meets();
    for message in &said {
        table.hears(message);
    }
    table.comes_level(60_000);
    table.goes_on();
    assert!(!table.rooms[3].roster().contains_key(&gone));
}

/// Those removed are more than those who stay, and go on together where they still had their seats.
#[test]
fn removed_seats_that_are_the_majority_pull_nobody_back() {
    let mut table = Table::of(&[Role::Head, Role::Adviser, Role::Adviser, Role::Adviser]);
    table.settle();
    let mut removed = [2, 3, 4].map(|who| Thief::of(&table.rooms[who]));
    let fork = table.rooms[0].tip;
    table.puppets.extend([2, 3, 4]);
    for thief in &removed {
        table.does(0, Input::Remove(thief.key.public()));
    }
    table.settle();
    assert_eq!(table.rooms[0].roster().len(), 2);
    let together = removed[0].rotates(fork);
    table.hears(&together.encode());
    for thief in &mut removed {
        let message = thief.beacon(together.body.new_state, table.rooms[2].record.vector());
        table.hears(&message);
    }
    table.goes_on();
    for who in table.honest() {
        assert_eq!(table.rooms[who].roster().len(), 2, "room {who}");
        let counts = table.rooms[who].counts();
        assert_eq!((counts.reorgs, counts.stranded), (0, 0), "room {who} is drawn to the others");
    }
}

/// One of five stands on both branches and rotates on the one that lost, for ever: the others are to be dragged to and fro.
#[test]
fn rotations_on_the_branch_that_lost_drag_nobody_back() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head, Role::Head]);
    let fork = table.rooms[0].tip;
    let mut thief = Thief::of(&table.rooms[4]);
    table.puppets.insert(4);
    let (mut left, mut right) = (Thief::of(&table.rooms[0]), Thief::of(&table.rooms[2]));
    let (left, right) = (left.rotates(fork), right.rotates(fork));
    thief.follows(&left.body);
    thief.follows(&right.body);
    // Two on each side, the hostile one on both.
    for (commit, seats) in [(&left, [1, 3]), (&right, [1, 3])] {
        let seats = if commit.id() == left.id() { [1, 1] } else { [seats[1], seats[1]] };
        table.gives(seats[0], &commit.encode()).expect("valid");
    }
    let beacons = [&left, &right].map(|commit| thief.beacon(commit.body.new_state, table.rooms[4].record.vector()));
    let before: u64 = table.honest().iter().map(|who| table.rooms[*who].counts().reorgs).sum();
    table.hears(&left.encode());
    table.hears(&right.encode());
    let mut lost: Vec<_> = vec![left.body.new_state, right.body.new_state];
    for round in 0..200 {
        for beacon in &beacons {
            table.hears(beacon);
        }
        let target = table.rooms[0].choice().target();
        let at = lost.iter().rev().find(|state| !table.rooms[0].graph.is_at_or_below(&target, state)).copied();
        if let Some(at) = at {
            let commit = thief.rotates(at);
            lost.push(commit.body.new_state);
            table.hears(&commit.encode());
            let beacon = thief.beacon(commit.body.new_state, table.rooms[4].record.vector());
            table.hears(&beacon);
        }
        table.passes(500 + 250 * (round % 4));
    }
    let walks: u64 = table.honest().iter().map(|who| table.rooms[*who].counts().reorgs).sum::<u64>() - before;
    table.comes_level(30_000);
    table.goes_on();
    // One for the rival commits themselves, and the hostile seat may draw each once more.
    assert!(walks <= 2 * 4, "{walks} walks of four seats in 200 rounds");
}

/// One of five tells one half that it stands here and the other half that it stands there, always anew: where support is
/// equal each half is to follow it, past the other.
#[test]
fn seat_that_tells_each_half_another_place_keeps_nobody_walking() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head, Role::Head]);
    let fork = table.rooms[0].tip;
    let vector = table.rooms[0].record.vector().clone();
    let mut thief = Thief::of(&table.rooms[4]);
    table.puppets.insert(4);
    let [left, right] = [thief.rotates(fork), thief.rotates(fork)];
    let halves = [([0, 1], &left), ([2, 3], &right)];
    table.parts(&[2, 3]);
    for (half, commit) in halves {
        table.hear(&half, &commit.encode());
    }
    table.meets();
    let before: u64 = table.honest().iter().map(|who| table.rooms[*who].counts().reorgs).sum();
    let commits = [left.encode(), right.encode()];
    for _ in 0..200 {
        // To each seat another place than the one it stands on.
        for who in table.honest() {
            let on_left = table.rooms[who].graph.is_at_or_below(&table.rooms[who].tip, &left.body.new_state);
            let at = if on_left { right.body.new_state } else { left.body.new_state };
            let beacon = thief.beacon(at, &vector);
            table.hear(&[who], &beacon);
            for commit in &commits {
                table.hear(&[who], commit);
            }
        }
        table.passes(500);
    }
    let walks: u64 = table.honest().iter().map(|who| table.rooms[*who].counts().reorgs).sum::<u64>() - before;
    table.comes_level(30_000);
    table.goes_on();
    assert!(walks <= 2 * 4, "{walks} walks of four seats in 100 s");
}

/// A stolen key of a head: in private all are removed, then it is shown.
#[test]
fn head_that_removes_everybody_in_private_removes_nobody() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Observer]);
    let mut thief = Thief::of(&table.rooms[1]);
    let fork = table.rooms[1].tip;
    let all: Vec<_> = [0, 2, 3].iter().map(|who| table.rooms[*who].me()).collect();
    let cited = thief.orders_removals(&table.rooms[1], &all);
    let private = thief.commits(fork, &Deed { removes: all.into_iter().collect(), cited, ..Deed::default() });
    let deeper = thief.rotates(private.body.new_state);
    table.does(0, Input::Write(note("meanwhile")));
    table.seats(9, Role::Head);
    table.puppets.insert(1);
    for message in
        [private.encode(), deeper.encode(), thief.beacon(deeper.body.new_state, table.rooms[1].record.vector())]
    {
        table.hears(&message);
    }
    table.comes_level(30_000);
    table.goes_on();
    for who in table.honest() {
        assert_eq!(table.rooms[who].standing(), Standing::Seated, "room {who}");
        assert_eq!(table.rooms[who].roster().len(), 5);
        assert!(table.notes(who).contains(&"meanwhile".into()) || who == 4);
    }
}

/// A stolen key of the convener, with all its power: what it does in private is to be slipped under everybody unseen.
///
/// The convener may remove everybody, so the removal holds once it is shown. But all are told that the convener is in two
/// places, nobody comes to sit with the thief or goes on speaking, and what was said before is still there.
#[test]
fn convener_that_removes_everybody_in_private_is_seen_by_all_and_reads_nothing_more() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Observer]);
    table.does(0, Input::Write(note("by the convener")));
    table.does(1, Input::Write(note("by a head")));
    table.settle();
    let mut thief = Thief::of(&table.rooms[0]);
    let fork = table.rooms[0].tip;
    let all: Vec<_> = [1, 2, 3].iter().map(|who| table.rooms[*who].me()).collect();
    let cited = thief.orders_removals(&table.rooms[0], &all);
    let private = thief.commits(fork, &Deed { removes: all.into_iter().collect(), cited, ..Deed::default() });
    let deeper = thief.rotates(private.body.new_state);
    table.does(0, Input::Write(note("meanwhile")));
    table.settle();
    let vector = table.rooms[0].record.vector().clone();
    for message in [private.encode(), deeper.encode(), thief.beacon(deeper.body.new_state, &vector)] {
        table.hears(&message);
    }
    for _ in 0..6 {
        table.settle();
    }
    for who in 0..4 {
        assert!(table.rooms[who].alarms().count() > 0, "room {who} is not told");
        assert_ne!(table.rooms[who].state(), deeper.body.new_state, "room {who} sits with the thief");
        for text in ["by the convener", "by a head", "meanwhile"] {
            assert!(table.notes(who).contains(&text.into()), "room {who} lost a note: {:?}", table.notes(who));
        }
    }
    for who in 1..4 {
        assert_eq!(table.rooms[who].standing(), Standing::Removed, "room {who} knows");
        let said = table.rooms[who].handle(Input::Write(note("is anybody there?")), table.now);
        assert!(said.1.is_err(), "room {who} goes on speaking");
    }
}

fn out_of_the_tree(table: &Table, gone: &record::AuthorKey) -> bool {
    table
        .honest()
        .iter()
        .all(|who| table.rooms[*who].standing() == Standing::Removed || !table.rooms[*who].roster().contains_key(gone))
}

/// Whoever is first in the order is there and never commits: somebody who left would be read to for ever.
#[test]
fn first_in_the_order_that_never_commits_starves_no_intent() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Adviser]);
    let mut idle = Thief::of(&table.rooms[0]);
    table.puppets.insert(0);
    let gone = table.rooms[3].me();
    table.does(3, Input::Remove(gone));
    let start = table.now;
    while !out_of_the_tree(&table, &gone) {
        let beacon = idle.beacon(table.rooms[1].tip, table.rooms[1].record.vector());
        table.hears(&beacon);
        table.passes(250);
        assert!(table.now - start <= 10_000, "still in the tree after {} ms", table.now - start);
    }
    table.puppets.insert(3);
    table.goes_on();
}

/// The same, but it commits all the time: rotations, never what is due. Each new state starts the waiting anew.
#[test]
fn first_in_the_order_that_only_rotates_starves_no_intent() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Adviser]);
    let mut hostile = Thief::of(&table.rooms[0]);
    table.puppets.insert(0);
    let gone = table.rooms[3].me();
    table.does(3, Input::Remove(gone));
    let start = table.now;
    while !out_of_the_tree(&table, &gone) {
        hostile.follows_all(&table.rooms[1]);
        let commit = hostile.rotates(table.rooms[1].tip);
        table.hears(&commit.encode());
        let beacon = hostile.beacon(commit.body.new_state, table.rooms[1].record.vector());
        table.hears(&beacon);
        table.passes(1_000);
        assert!(table.now - start <= 60_000, "still in the tree after {} ms", table.now - start);
    }
    table.puppets.insert(3);
    table.goes_on();
}

/// A committer seals a wrong secret to one member, who is to be left behind while all others go on.
#[test]
fn seat_whose_path_secret_does_not_open_knocks_and_is_swapped_in() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    let victim = &mut table.rooms[3];
    let damaged = without_path_keys(&victim.group.as_ref().expect("a group").image().expect("image"));
    victim.live().expect("a group").restore(&damaged).expect("opens");
    let (tip, now) = (victim.tip, table.now);
    victim.images.keep(victim.group.as_ref().expect("a group"), tip, now).expect("keeps");
    table.does(3, Input::Write(note("while I still can")));
    let commit = Thief::of(&table.rooms[0]).rotates(tip);
    table.puppets.insert(0);
    table.hears(&commit.encode());
    assert_eq!(table.rooms[3].state(), tip, "it cannot follow");
    assert_eq!(table.rooms[1].state(), commit.body.new_state);
    let took = table.comes_level(30_000);
    assert_eq!(table.rooms[3].counts().swapped, 1, "after {took} ms");
    table.goes_on();
    assert!(table.notes(1).contains(&"while I still can".into()));
}

/// The same while nobody else stands there: a commit only one seat cannot read must not be chosen by its author alone.
#[test]
fn commit_that_nobody_can_read_moves_nobody() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    let mut thief = Thief::of(&table.rooms[3]);
    let tip = table.rooms[3].tip;
    table.puppets.insert(3);
    for n in 0..20u8 {
        let mut commit = thief.rotates(tip).body;
        let place = commit.mls.len() / 2 + usize::from(n);
        commit.mls[place] ^= 1;
        table.hears(&crate::frame::Signed::sign(commit.clone(), &thief.key).encode());
        let beacon = thief.beacon(commit.new_state, table.rooms[3].record.vector());
        table.hears(&beacon);
        // After each: of many by one author only the best by lot are kept.
        for who in table.honest() {
            assert_eq!(table.rooms[who].state(), tip, "room {who} after {n}");
            assert_eq!(table.rooms[who].standing(), Standing::Seated, "room {who} after {n}");
        }
    }
    let said: Millis = table.now;
    table.does(0, Input::Write(Body::Note(record::Note::new(said, "at once"))));
    table.goes_on();
}
