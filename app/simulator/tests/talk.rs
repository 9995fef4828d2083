//! Three parties at one table.

use record::Role;
use simulator::World;
use talk::Suite;

#[test]
fn three_parties_read_the_same_notes_in_the_same_order() {
    let mut world = World::with_suite(7, Suite::Hybrid);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let leyla = world.joins(amina, "Leyla", "North", Role::Head);
    let bahram = world.joins(amina, "بهرام", "South", Role::Head);
    for round in 0..5 {
        for (who, name) in [(amina, "Amina"), (leyla, "Leyla"), (bahram, "Bahram")] {
            world.writes(who, &format!("{name} {round}"));
        }
        world.passes(40);
    }
    world.settles();
    let notes = world.reads(amina);
    assert_eq!(notes.len(), 15);
    assert_eq!(world.reads(leyla), notes);
    assert_eq!(world.reads(bahram), notes);
    for who in [amina, leyla, bahram] {
        let view = world.view(who);
        assert!(view.notes.iter().all(|note| (note.held, note.readers) == (3, 3)));
        assert_eq!(view.seats.len(), 3);
        assert_eq!(view.unsent, 0);
        assert_eq!(world.talk(who).refused(), 0);
    }
}
