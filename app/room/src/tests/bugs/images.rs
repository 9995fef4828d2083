//! Restarts, images, and own commits on their way.

use record::{Role, StateId};

use super::super::attacks::thief::Thief;
use super::super::{Crash, NOW, Table, Tell, note};
use crate::commit::Duty;
use crate::frame::{Commit, Signed};
use crate::walk::Images;
use crate::{Alarm, Effect, Error, Input, Row, Standing};

fn image_row(state: &StateId) -> Row {
    Row([&[1], &state.0[..]].concat())
}

/// After a restart the own commit could not be materialised, so two committers swapped branches for ever.
#[test]
fn two_committers_that_restart_end_on_one_branch() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    table.sides = [(1, 1), (2, 2)].into();
    for who in [1, 2] {
        table.does(who, Input::Disconnected);
        table.rooms[who].stage_commit(&Duty::default(), vec![], NOW).expect("stages");
        table.does(who, Input::Timer);
        let store = table.stores[&who].clone();
        table.reopens(who, &store);
    }
    assert_ne!(table.rooms[1].state(), table.rooms[2].state(), "each merged its own");
    table.meets();
    table.comes_level(60_000);
    for who in [1, 2] {
        let store = table.stores[&who].clone();
        table.reopens(who, &store);
    }
    table.comes_level(60_000);
    let state = table.rooms[0].state();
    for _ in 0..6 {
        table.settle();
    }
    for room in &table.rooms {
        assert_eq!((room.state(), room.counts().reorgs, room.counts().swapped), (state, 0, 0), "quiet");
    }
    table.goes_on();
}

/// The same, when the way back leads through the own commit: only its image with the pending commit can make that state.
#[test]
fn own_commit_is_walked_back_to_after_a_restart_from_where_it_was_staged() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head, Role::Head, Role::Head]);
    let fork = table.rooms[1].tip;
    let mut others: Vec<Thief> = table.rooms.iter().map(Thief::of).collect();
    let rival = others[2].rotates(fork);
    let vector = table.rooms[1].record.vector().clone();
    table.puppets.extend([0, 2, 3, 4, 5]);
    table.rooms[1].stage_commit(&Duty::default(), vec![], NOW).expect("stages");
    table.does(1, Input::Timer);
    let own = table.rooms[1].own_commits[&fork].commit.clone();
    table.hears(&own.encode());
    assert_eq!(table.rooms[1].state(), own.body.new_state);
    // The others stand elsewhere, so it goes there.
    for message in [rival.encode(), others[3].beacon(rival.body.new_state, &vector)] {
        table.hears(&message);
    }
    table.passes(3_000);
    assert_eq!(table.rooms[1].state(), rival.body.new_state);
    // It restarts; of what it kept only the image from before the commit is left, and the one it stands on.
    let mut store = table.stores[&1].clone();
    assert!(store.remove(&image_row(&own.body.new_state)).is_some());
    table.reopens(1, &store);
    // Then its own branch wins after all.
    for who in [0, 4, 5] {
        table.hears(&others[who].beacon(own.body.new_state, &vector));
    }
    table.passes(3_000);
    assert_eq!(table.rooms[1].state(), own.body.new_state);
    assert_eq!(table.rooms[1].standing(), Standing::Seated);
    assert_eq!(table.rooms[1].counts().stranded, 0);
}

/// No image was left from before the fork, so the seat silently stayed on the branch that had lost.
#[test]
fn seat_whose_anchor_is_gone_says_so_and_is_brought_in() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    let mut thief = Thief::of(&table.rooms[2]);
    let fork = table.rooms[2].tip;
    table.puppets.insert(2);
    let [lost, winner] = [thief.rotates(fork), thief.rotates(fork)];
    table.gives(3, &lost.encode()).expect("valid");
    table.rooms[3].images = Images::of(table.rooms[3].group.as_ref().expect("a group"), table.now).expect("an image");
    table.parts(&[3]);
    table.hear(&[0, 1], &winner.encode());
    // Its Welcome is lost once, so that it is seen to say so.
    table.losses = vec![(3, 8)];
    table.meets();
    assert_eq!(table.rooms[3].counts().stranded, 1);
    table.comes_level(60_000);
    assert_eq!(table.rooms[3].counts().swapped, 1);
    table.goes_on();
}

/// What a death does to one seat, at any write of what follows here; returns whether it died.
fn story_with_a_death(crash: Crash) -> bool {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Adviser]);
    let gone = table.rooms[3].me();
    table.crash = Some(crash);
    table.does(0, Input::Write(note("one")));
    table.does(1, Input::Write(note("two")));
    table.passes(1_000);
    table.does(3, Input::Remove(gone));
    table.puppets.insert(3);
    table.passes(6_000);
    let tip = table.rooms[2].tip;
    let rival = Thief::of(&table.rooms[2]).rotates(tip);
    table.puppets.insert(2);
    table.rooms[crash.who].stage_commit(&Duty::default(), vec![], table.now).ok();
    table.does(crash.who, Input::Timer);
    table.hears(&rival.encode());
    table.passes(6_000);
    table.does(0, Input::Write(note("three")));
    table.does(1, Input::Write(note("four")));
    let died = table.crash.is_none();
    table.comes_level(60_000);
    table.goes_on();
    for who in [0, 1] {
        let lies = |alarm: &&Alarm| {
            matches!(alarm, Alarm::TwoVersions(_) | Alarm::TwoBeacons(_) | Alarm::TwoCommits(_) | Alarm::Restored)
        };
        assert!(table.rooms[who].alarms().find(lies).is_none(), "room {who} takes {crash:?} for a lie");
        let notes = table.notes(who);
        for text in ["one", "two", "three", "four"] {
            let times = notes.iter().filter(|note| *note == text).count();
            // What was never stored was never sent either.
            assert!(times == 1 || times == 0 && died && !crash.stored, "{text:?} {times} times after {crash:?}");
        }
    }
    died
}

/// A merge was written in several parts; a death between two of them left a group without its next state.
#[test]
fn death_at_any_write_leaves_a_seat_that_goes_on() {
    for who in [0, 1] {
        for stored in [false, true] {
            let deaths =
                (0..).take_while(|batches| story_with_a_death(Crash { who, batches: *batches, stored })).count();
            assert!(deaths > 10, "{deaths} writes");
        }
    }
}

/// A seat that stood on two branches of one epoch, and the frames of both.
fn stood_on_both(table: &mut Table, who: usize, notes: [&str; 2]) -> [Signed<Commit>; 2] {
    let fork = table.rooms[who].tip;
    let mut thief = Thief::of(&table.rooms[0]);
    table.puppets.extend((0..table.rooms.len()).filter(|other| *other != who));
    let rivals = [thief.rotates(fork), thief.rotates(fork)];
    let better = |table: &Table| table.rooms[who].choice().ranked(fork).first().map(|best| best.state);
    table.hears(&rivals[0].encode());
    let first = table.rooms[who].state();
    table.does(who, Input::Write(note(notes[0])));
    table.hears(&rivals[1].encode());
    let vector = table.rooms[who].record.vector().clone();
    for other in [1, 2] {
        let beacon = Thief::of(&table.rooms[other]).beacon(rivals[1].body.new_state, &vector);
        table.hears(&beacon);
    }
    assert_eq!(better(table), Some(rivals[1].body.new_state));
    table.passes(3_000);
    assert_eq!((first, table.rooms[who].state()), (rivals[0].body.new_state, rivals[1].body.new_state));
    table.does(who, Input::Write(note(notes[1])));
    rivals
}

/// Snapshots were kept by epoch: the one of the rival branch took the place of the first, and there was no way back.
#[test]
fn images_of_two_branches_of_one_epoch_are_both_kept() {
    let mut table = Table::of(&[Role::Head; 6]);
    let rivals = stood_on_both(&mut table, 3, ["on one", "on the other"]);
    for rival in &rivals {
        let image = table.rooms[3].images.get(&rival.body.new_state).expect("kept").clone();
        let group = crate::mls::Group::from_image(table.rooms[3].id, &image).expect("opens");
        assert_eq!(group.state(), rival.body.new_state);
        assert!(table.stores[&3].contains_key(&image_row(&rival.body.new_state)), "stored too");
    }
    let vector = table.rooms[3].record.vector().clone();
    for other in [4, 5, 6] {
        let beacon = Thief::of(&table.rooms[other]).beacon(rivals[0].body.new_state, &vector);
        table.hears(&beacon);
    }
    table.passes(3_000);
    assert_eq!(table.rooms[3].state(), rivals[0].body.new_state);
    assert_eq!(table.rooms[3].counts().stranded, 0);
}

/// Going back to a snapshot took notes with it, or brought deleted ones back: it held more than MLS.
#[test]
fn going_back_to_an_older_image_neither_brings_notes_back_nor_takes_them_away() {
    let mut table = Table::of(&[Role::Head; 6]);
    table.does(3, Input::Write(note("before")));
    let rivals = stood_on_both(&mut table, 3, ["on one", "on the other"]);
    let vector = table.rooms[3].record.vector().clone();
    for other in [4, 5, 6] {
        let beacon = Thief::of(&table.rooms[other]).beacon(rivals[0].body.new_state, &vector);
        table.hears(&beacon);
    }
    table.passes(3_000);
    assert_eq!(table.rooms[3].state(), rivals[0].body.new_state);
    assert_eq!(table.notes(3), ["before", "on one", "on the other"]);
    let store = table.stores[&3].clone();
    table.reopens(3, &store);
    assert_eq!(table.notes(3), ["before", "on one", "on the other"]);
}

/// What the seat itself had said on the branch that lost, and nobody had heard yet, was gone after the reorganisation.
#[test]
fn own_note_nobody_heard_before_a_walk_is_read_by_all_after_it() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    let fork = table.rooms[0].tip;
    let mut thief = Thief::of(&table.rooms[2]);
    table.puppets.insert(2);
    let [lost, won] = [thief.rotates(fork), thief.rotates(fork)];
    table.gives(3, &lost.encode()).expect("valid");
    for who in [0, 1] {
        table.gives(who, &won.encode()).expect("valid");
    }
    // Not even its own echo comes.
    for text in ["said into the void", "and again"] {
        table.rooms[3].tell(Input::Write(note(text)), table.now).expect("may");
    }
    assert_eq!(table.rooms[3].unsent().count(), 2);
    table.meets();
    table.comes_level(60_000);
    for who in [0, 1, 3] {
        assert_eq!(table.notes(who), ["said into the void", "and again"], "room {who}");
    }
    assert_eq!(table.rooms[3].unsent().count(), 0);
    table.goes_on();
}

/// No echo came in time, so the committer took its commit back; the others had applied it.
#[test]
fn commit_whose_echo_is_late_is_never_taken_back() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let tip = table.rooms[1].tip;
    table.rooms[1].stage_commit(&Duty::default(), vec![], table.now).expect("stages");
    let staged = table.rooms[1].own_commits[&tip].commit.clone();
    let mut said = Vec::new();
    for _ in 0..120 {
        table.now += 500;
        let effects = table.rooms[1].tell(Input::Timer, table.now).expect("timers");
        for effect in &effects {
            if let Effect::Persist(batch) = effect {
                table.stores.entry(1).or_default().extend(batch.puts.iter().cloned());
            }
        }
        said.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Send(_, message) if message[1] == 1 => Some(message),
            Effect::Send(..) | Effect::Persist(_) | Effect::Attend(_) | Effect::Leave(_) => None,
            Effect::Wake(_) | Effect::Welcome { .. } | Effect::Told { .. } | Effect::Show(_) => None,
        }));
    }
    assert!(said.len() > 3 && said.iter().all(|message| *message == staged.encode()), "the same bytes");
    for who in [0, 2] {
        table.gives(who, &said[0]).expect("valid");
        assert_eq!(table.rooms[who].state(), staged.body.new_state);
    }
    let store = table.stores[&1].clone();
    table.rooms[1] = crate::Room::open(table.rooms[1].key.clone(), &store, [5; 32]).expect("opens");
    assert_eq!(table.rooms[1].own_commits[&tip].commit.encode(), staged.encode());
    table.meets();
    table.comes_level(10_000);
    assert_eq!(table.rooms[1].state(), staged.body.new_state);
    let counts = table.rooms[1].counts();
    assert_eq!((counts.reorgs, counts.stranded, counts.swapped), (0, 0, 0));
    table.goes_on();
}

/// A Welcome played again made a state anew that was held already, and the commit pending there was forgotten.
#[test]
fn replayed_welcome_does_not_replace_a_state_that_is_held() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let victim = &mut table.rooms[2];
    let damaged =
        crate::mls::hostile::without_path_keys(&victim.group.as_ref().expect("a group").image().expect("image"));
    victim.live().expect("a group").restore(&damaged).expect("opens");
    let (tip, now) = (victim.tip, table.now);
    victim.images.keep(victim.group.as_ref().expect("a group"), tip, now).expect("keeps");
    let commit = Thief::of(&table.rooms[0]).rotates(tip);
    table.rooms[0].hears(&commit.encode(), now).ok();
    table.puppets.insert(0);
    table.losses = vec![(2, 8)];
    table.hears(&commit.encode());
    table.passes(3_000);
    let own = table.rooms[2].own_knocks.back().expect("knocked");
    let (knock, made) = (own.knock.clone(), own.made);
    let secrets = crate::KeyPackageSecrets::decode(&own.secrets.encode()).expect("a copy");
    table.comes_level(30_000);
    let held = table.rooms[2].state();
    let welcome = table.wire.iter().rev().find(|(_, message)| message[1] == 8).expect("a welcome").1.clone();
    table.rooms[2].stage_commit(&Duty::default(), vec![], table.now).expect("stages");
    let pending = table.rooms[2].group.as_ref().expect("a group").pending_state();
    assert!(pending.is_some());
    // As in a copy of itself from before: it still waits for that Welcome.
    table.rooms[2].own_knocks.push_back(crate::knock::OwnKnock { knock, secrets, made });
    table.rooms[2].stranded = Some(table.now);
    let done: Result<(), Error> = table.gives(2, &welcome).map(|_| ());
    done.expect("nothing wrong with it");
    assert_eq!(table.rooms[2].group.as_ref().expect("a group").pending_state(), pending);
    assert_eq!(table.rooms[2].state(), held);
    assert_eq!(table.rooms[2].counts().swapped, 1);
}
