//! What a note costs the disks of a table of fifty.

use record::Role;
use simulator::World;
use talk::PartyChoice;

const SEATS: usize = 50;
const MOST: usize = 16 << 10;
/// Then each seat says that it holds the note, and each of these beacons is a batch: a row and the root.
const MOST_WITH_BEACONS: usize = 96 << 10;

#[test]
fn note_of_one_kib_costs_at_most_sixteen_kib_of_writes_at_fifty_seats() {
    let mut world = World::new(1);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let mut people = vec![amina];
    for number in 1..SEATS {
        let link = world.invites(amina, PartyChoice::New, Role::Head);
        people.push(world.asks(&link, &format!("Delegate {number}"), &format!("Delegation {number}")));
    }
    world.settles();
    for knock in world.knocks(amina) {
        world.admits(amina, knock.id).expect("may admit");
    }
    // Who joined changes the keys once, one every five seconds: a change beside the note would be counted with it.
    world.passes(SEATS as u64 * 5_000 + 50_000);
    assert_eq!(world.view(people[SEATS - 1]).seats.len(), SEATS);
    let (author, reader) = (people[7], people[30]);
    let before = [author, reader].map(|who| (world.bytes_written(who), world.batches(who)));
    world.writes(author, &"a note ".repeat(150)[..1024]);
    let told = |world: &World| {
        [author, reader]
            .into_iter()
            .zip(before)
            .map(|(who, (bytes, batches))| (world.bytes_written(who) - bytes, world.batches(who) - batches))
            .collect::<Vec<_>>()
    };
    world.passes(50);
    assert_eq!(world.reads(reader).len(), 1);
    for (bytes, batches) in told(&world) {
        assert!(bytes <= MOST, "{bytes} bytes in {batches} batches until it is shown");
    }
    world.passes(5_000);
    assert_eq!(world.view(reader).notes[0].held, SEATS);
    for (bytes, batches) in told(&world) {
        assert!(bytes <= MOST_WITH_BEACONS, "{bytes} bytes in {batches} batches until all have said that they hold it");
    }
}
