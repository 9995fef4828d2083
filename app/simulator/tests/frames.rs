//! What passes the relay is of four sizes and looks like noise.

use std::collections::{BTreeMap, BTreeSet};

use record::Role;
use simulator::World;
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
    for payload in world.captured() {
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
