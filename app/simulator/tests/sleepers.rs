//! Being away loses nothing, and coming back makes no storm.

use record::Role;
use simulator::{Person, World};

fn table_of(world: &mut World, others: usize) -> Vec<Person> {
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let mut seats = vec![amina];
    for n in 0..others {
        seats.push(world.joins(amina, &format!("Delegate {n}"), "North", Role::Adviser));
    }
    seats
}

#[test]
fn third_seat_serves_what_its_author_cannot() {
    let mut world = World::new(11);
    let seats = table_of(&mut world, 2);
    let (amina, author, sleeper) = (seats[0], seats[1], seats[2]);
    world.disconnects(sleeper);
    for n in 0..10 {
        world.writes(author, &format!("note {n}"));
    }
    world.settles();
    world.closes(author);
    world.connects(sleeper);
    world.settles();
    assert_eq!(world.reads(sleeper).len(), 10);
    assert_eq!(world.reads(sleeper), world.reads(amina));
}

#[test]
fn notes_written_offline_arrive_when_their_author_is_back() {
    let mut world = World::new(12);
    let seats = table_of(&mut world, 2);
    world.disconnects(seats[1]);
    world.writes(seats[1], "from the train");
    assert_eq!(world.view(seats[1]).unsent, 1);
    world.writes(seats[0], "meanwhile");
    world.settles();
    world.connects(seats[1]);
    world.settles();
    for who in &seats {
        assert_eq!(world.reads(*who).len(), 2);
    }
    assert_eq!(world.view(seats[1]).unsent, 0);
    assert_eq!(world.reads(seats[0]), world.reads(seats[2]));
}

#[test]
fn megabyte_of_notes_comes_in_pages() {
    let mut world = World::new(13);
    let seats = table_of(&mut world, 1);
    world.disconnects(seats[1]);
    let long = "نامه‌ای بلند. ".repeat(2_500);
    for n in 0..20 {
        world.writes(seats[0], &format!("{n} {long}"));
    }
    world.settles();
    world.connects(seats[1]);
    world.settles();
    assert_eq!(world.reads(seats[1]), world.reads(seats[0]));
    assert_eq!(world.reads(seats[1]).len(), 20);
}

#[test]
fn ten_returning_seats_do_not_make_ten_copies() {
    let mut world = World::new(14);
    let seats = table_of(&mut world, 10);
    let sleeper = seats[10];
    world.disconnects(sleeper);
    for n in 0..5 {
        world.writes(seats[0], &format!("note {n}"));
    }
    world.settles();
    for who in &seats[1..10] {
        world.disconnects(*who);
    }
    world.settles();
    let before = world.captured().len();
    for who in &seats[1..] {
        world.connects(*who);
    }
    world.passes(5_000);
    assert_eq!(world.reads(sleeper).len(), 5);
    // A hello and two beacons each, one want and one answer for the sleeper, a few answers crossing.
    let frames = world.captured().len() - before;
    assert!(frames <= 60, "{frames} frames for ten that came back");
}

#[test]
fn whole_table_asleep_wakes_in_any_order() {
    for seed in 0..20 {
        let mut world = World::new(1_000 + seed);
        let seats = table_of(&mut world, 3);
        for who in &seats {
            world.disconnects(*who);
        }
        for (n, who) in seats.iter().enumerate() {
            world.writes(*who, &format!("alone {n}"));
        }
        // Never more than two at a time: each hands on what it got.
        for pair in [(0, 1), (1, 2), (2, 3), (3, 0), (0, 1), (1, 2)] {
            world.connects(seats[pair.0]);
            world.connects(seats[pair.1]);
            world.settles();
            world.disconnects(seats[pair.0]);
            world.disconnects(seats[pair.1]);
        }
        let notes = world.reads(seats[0]);
        assert_eq!(notes.len(), 4, "seed {seed}");
        for who in &seats {
            assert_eq!(world.reads(*who), notes, "seed {seed}");
        }
    }
}

#[test]
fn lossy_network_loses_no_note() {
    for seed in 0..40 {
        let mut world = World::new(2_000 + seed);
        let seats = table_of(&mut world, 3);
        world.loses(200);
        let mut written = 0;
        for step in 0..60 {
            let who = seats[world.picks(4) as usize];
            match world.picks(10) {
                0 => world.disconnects(who),
                1 | 2 => world.connects(who),
                3 if step % 3 == 0 => world.relay_dies(),
                _ => {
                    world.writes(who, &format!("{written} of seed {seed}"));
                    written += 1;
                }
            }
            let pause = u64::from(world.picks(800));
            world.passes(pause);
        }
        world.loses(0);
        for who in &seats {
            if !world.is_connected(*who) {
                world.connects(*who);
            }
        }
        world.passes(60_000);
        let notes = world.reads(seats[0]);
        assert_eq!(notes.len(), written, "seed {seed}");
        for who in &seats {
            assert_eq!(world.reads(*who), notes, "seed {seed}");
            let view = world.view(*who);
            assert!(view.notes.iter().all(|note| note.held == 4), "seed {seed}: everybody holds everything");
        }
    }
}

#[test]
fn relay_killed_twenty_times_loses_nothing_and_doubles_nothing() {
    let mut world = World::new(15);
    let seats = table_of(&mut world, 2);
    for round in 0..20 {
        for who in &seats {
            world.writes(*who, &format!("round {round} of {who:?}"));
        }
        let pause = u64::from(world.picks(30));
        world.passes(pause);
        world.relay_dies();
    }
    world.settles();
    let notes = world.reads(seats[0]);
    assert_eq!(notes.len(), 60);
    for who in &seats {
        assert_eq!(world.reads(*who), notes);
        assert_eq!(world.view(*who).unsent, 0);
    }
}

#[test]
fn newcomers_do_not_slow_a_sleeper_down() {
    let mut world = World::new(16);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let sleeper = world.joins(amina, "Sleeper", "North", Role::Head);
    world.disconnects(sleeper);
    for n in 0..30 {
        world.writes(amina, &format!("{n} {}", "x".repeat(40_000)));
        world.passes(200);
    }
    for n in 0..6 {
        world.joins(amina, &format!("Newcomer {n}"), &format!("Party {n}"), Role::Head);
    }
    world.connects(sleeper);
    world.passes(20_000);
    assert_eq!(world.reads(sleeper).len(), 30);
}

#[test]
fn sleeper_meets_a_newcomer_when_the_convener_is_gone() {
    for sleeper_first in [true, false] {
        let mut world = World::new(17);
        let amina = world.opens("Transit corridor", "Amina", "Mediator");
        let sleeper = world.joins(amina, "Sleeper", "North", Role::Head);
        world.disconnects(sleeper);
        let newcomer = world.joins(amina, "Newcomer", "South", Role::Head);
        world.closes(amina);
        if !sleeper_first {
            world.disconnects(newcomer);
        }
        world.connects(sleeper);
        world.settles();
        if !sleeper_first {
            world.connects(newcomer);
        }
        world.settles();
        world.writes(newcomer, "from the newcomer");
        world.writes(sleeper, "from the sleeper");
        world.settles();
        assert_eq!(world.reads(sleeper).len(), 2);
        assert_eq!(world.reads(sleeper), world.reads(newcomer));
    }
}
