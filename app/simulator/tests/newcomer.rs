//! Somebody admitted today reads nothing from before.

use record::Role;
use simulator::World;
use wire::FromRelay;

#[test]
fn newcomer_sees_who_is_there_but_no_note_from_before() {
    let mut world = World::new(1);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let leyla = world.joins(amina, "Leyla", "North", Role::Head);
    world.writes(amina, "before");
    world.settles();
    world.writes(leyla, "before, too");
    world.settles();
    let bahram = world.joins(amina, "Bahram", "South", Role::Head);
    world.writes(leyla, "after");
    world.settles();
    assert_eq!(world.reads(bahram), ["after"]);
    assert_eq!(world.reads(amina), ["before", "before, too", "after"]);
    let view = world.view(bahram);
    assert_eq!(view.withheld, 2);
    assert_eq!(&*view.title, "Transit corridor");
    let names: Vec<&str> = view.seats.iter().map(|seat| &*seat.name).collect();
    assert_eq!(names, ["Amina", "Leyla", "Bahram"]);
    let notes = world.view(amina).notes;
    let held: Vec<(usize, usize)> = notes.iter().map(|note| (note.held, note.readers)).collect();
    assert_eq!(held, [(2, 2), (2, 2), (3, 3)]);
}

#[test]
fn sleeper_catches_up_while_a_newcomer_with_all_keys_reads_nothing_from_before() {
    let mut world = World::new(2);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let leyla = world.joins(amina, "Leyla", "North", Role::Head);
    let bahram = world.joins(amina, "Bahram", "South", Role::Head);
    world.disconnects(bahram);
    for n in 0..10 {
        world.writes(leyla, &format!("yesterday {n}"));
        world.passes(100);
    }
    world.settles();
    // Today: the author is gone, an observer is admitted, and then the sleeper wakes.
    world.closes(leyla);
    let observer = world.joins(amina, "Oksana", "Observers", Role::Observer);
    world.connects(bahram);
    world.settles();
    let yesterday: Vec<String> = (0..10).map(|n| format!("yesterday {n}")).collect();
    assert_eq!(world.reads(bahram), yesterday);
    assert_eq!(world.reads(observer), Vec::<String>::new());
    assert_eq!(world.view(bahram).seats.len(), 4, "the sleeper learned of the observer");

    // The observer recorded everything that ever passed, and holds the room's keys of today.
    let recorded: Vec<FromRelay> = world.delivered(amina).iter().chain(world.delivered(bahram)).cloned().collect();
    assert!(recorded.len() > 50);
    for frame in recorded {
        world.receives(observer, frame);
    }
    world.settles();
    assert_eq!(world.reads(observer), Vec::<String>::new());
    let bodies = world.talk(observer).room().expect("seated").ops().filter(|op| op.body().is_some()).count();
    let control = world.talk(observer).room().expect("seated").ops().filter(|op| op.kind().is_control()).count();
    assert_eq!(bodies, control, "nothing but who is at the table");

    world.writes(amina, "good morning");
    world.settles();
    assert_eq!(world.reads(observer), ["good morning"]);
    assert_eq!(world.reads(bahram).len(), 11);
}

#[test]
fn note_written_while_somebody_is_being_admitted_stays_with_those_who_were_there() {
    let mut world = World::new(3);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let leyla = world.joins(amina, "Leyla", "North", Role::Head);
    let link = world.invites(amina, talk::PartyChoice::New, Role::Head);
    let bahram = world.asks(&link, "Bahram", "South");
    world.settles();
    let knock = world.knocks(amina)[0].id;
    // The note and the commit cross: its author had not seen the newcomer.
    world.admits(amina, knock).expect("may admit");
    world.writes(leyla, "meant for two");
    world.settles();
    world.writes(leyla, "meant for three");
    world.settles();
    assert_eq!(world.reads(bahram), ["meant for three"]);
    assert_eq!(world.reads(amina), ["meant for two", "meant for three"]);
    let held: Vec<(usize, usize)> = world.view(amina).notes.iter().map(|note| (note.held, note.readers)).collect();
    assert_eq!(held, [(2, 2), (3, 3)]);
}

#[test]
fn first_note_of_a_newcomer_stands_after_what_was_written_before() {
    let mut world = World::new(4);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let leyla = world.joins(amina, "Leyla", "North", Role::Head);
    for n in 0..5 {
        world.writes(leyla, &format!("before {n}"));
        world.settles();
    }
    let bahram = world.joins(amina, "Bahram", "South", Role::Head);
    world.writes(bahram, "good morning");
    world.settles();
    assert_eq!(world.reads(amina).last().map(String::as_str), Some("good morning"));
}
