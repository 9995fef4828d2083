//! What passes the relay is of four sizes and looks like noise.

use std::collections::{BTreeMap, BTreeSet};

use record::Role;
use simulator::{Person, World};
use talk::Suite;

#[test]
fn payloads_have_bucket_sizes_and_no_byte_that_tells_them_apart() {
    let mut world = World::with_suite(31, Suite::Hybrid);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let leyla = world.joins(amina, "Leyla", "North", Role::Head);
    for n in 0..40 {
        world.writes(amina, &"word ".repeat(n * 40 + 1));
        world.writes(leyla, &"long ".repeat(3_000));
        world.passes(500);
    }
    // Each of these is a commit.
    for n in 0..12 {
        world.joins(amina, &format!("Delegate {n}"), "South", Role::Adviser);
    }
    world.settles();
    let mut sizes: BTreeMap<usize, Vec<&[u8]>> = BTreeMap::new();
    for (_, payload) in world.captured() {
        sizes.entry(payload.len()).or_default().push(payload);
    }
    let seen: BTreeSet<usize> = sizes.keys().copied().collect();
    assert_eq!(seen, BTreeSet::from([1 << 10, 4 << 10, 16 << 10, 64 << 10]));
    for (size, payloads) in sizes.iter().filter(|(_, payloads)| payloads.len() >= 32) {
        for position in 0..*size {
            let values: BTreeSet<u8> = payloads.iter().map(|payload| payload[position]).collect();
            assert!(values.len() > 8, "byte {position} of payloads of {size} hardly varies");
        }
    }
}

/// Any run of so many bytes of one room in another is no accident.
const RUN: usize = 12;

/// What the relay sees of a room: topics, and all runs of bytes in its frames.
fn seen(world: &World, frames: std::ops::Range<usize>) -> (BTreeSet<[u8; 32]>, BTreeSet<&[u8]>) {
    let frames = &world.captured()[frames];
    let runs = frames.iter().flat_map(|(_, payload)| payload.windows(RUN));
    (frames.iter().map(|(topic, _)| topic.0).collect(), runs.collect())
}

#[test]
fn rooms_with_the_same_people_have_nothing_in_common_for_the_relay() {
    let mut world = World::with_suite(33, Suite::Hybrid);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let leyla = world.joins(amina, "Leyla", "North", Role::Head);
    let bahram = world.joins(amina, "Bahram", "South", Role::Head);
    let one = world.opens_side_room(amina, "With North", &[leyla]);
    let other = world.opens_side_room(amina, "With both", &[leyla, bahram]);
    // One room after the other: then it is known which frame is whose.
    let says = |world: &mut World, everybody: &[Person], silent: &[&[Person]]| {
        let from = world.captured().len();
        silent.iter().for_each(|room| room.iter().for_each(|who| world.disconnects(*who)));
        let begun = world.captured().len();
        for who in everybody {
            world.writes(*who, "the same words in every room, and no others");
        }
        world.settles();
        let until = world.captured().len();
        silent.iter().for_each(|room| room.iter().for_each(|who| world.connects(*who)));
        world.settles();
        assert!(from <= begun && begun < until);
        begun..until
    };
    let plenary = [amina, leyla, bahram];
    let frames = [
        says(&mut world, &plenary, &[&one, &other]),
        says(&mut world, &one, &[&plenary, &other]),
        says(&mut world, &other, &[&plenary, &one]),
    ];
    assert_eq!(world.reads(one[1]).len(), 2);
    let rooms = frames.map(|frames| seen(&world, frames));
    for (n, (topics, runs)) in rooms.iter().enumerate() {
        for (other_topics, other_runs) in &rooms[n + 1..] {
            assert!(topics.is_disjoint(other_topics));
            assert!(runs.is_disjoint(other_runs));
        }
    }
    let sizes: BTreeSet<usize> = world.captured().iter().map(|(_, payload)| payload.len()).collect();
    assert!(sizes.is_subset(&BTreeSet::from([1 << 10, 4 << 10, 16 << 10, 64 << 10])));
}
