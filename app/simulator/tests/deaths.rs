//! Browsers that die while they write, and disks that are full, on journeys: what is on the disk is the state before an input
//! or after it, and nothing goes out that is not there.

use std::collections::BTreeSet;

use record::Role;
use simulator::{Death, Person, World};
use talk::view::{LinkState, Phase, TalkView};
use talk::{Command, PartyChoice};

/// What a page shows of what is there, not of who is being heard.
#[derive(PartialEq, Debug)]
struct Shown {
    phase: Phase,
    seats: Vec<String>,
    notes: Vec<String>,
    door: Vec<(String, Option<String>)>,
    links: Vec<(String, LinkState)>,
}

impl Shown {
    fn of(view: TalkView) -> Self {
        let phase = match view.phase {
            Phase::AtTheDoor { name, party, digits, told, .. } => {
                Phase::AtTheDoor { name, party, digits, inviter_here: true, told }
            }
            phase @ (Phase::TurnedAway(_) | Phase::Seated) => phase,
        };
        Self {
            phase,
            seats: view.seats.iter().map(|seat| seat.name.to_string()).collect(),
            notes: view.notes.iter().map(|note| note.text.to_string()).collect(),
            door: view
                .door
                .iter()
                .map(|knock| (knock.name.to_string(), knock.digits.as_deref().map(str::to_owned)))
                .collect(),
            links: view.links.iter().map(|link| (link.fragment.to_string(), link.state)).collect(),
        }
    }
}

/// One step of a journey, drawn by the world.
fn step(world: &mut World, people: &mut Vec<Person>, number: u32) {
    let who = people[world.picks(people.len() as u32) as usize];
    match world.picks(10) {
        0..4 => drop(world.does(who, Command::Write(format!("note {number}").into()))),
        4 if people.len() < 5 => {
            let made = world.does(people[0], Command::Invite { party: PartyChoice::New, role: Role::Head });
            // None is left when the browser died first.
            let link = world.view(people[0]).links.first().filter(|link| link.state == LinkState::Open).cloned();
            if let (Ok(()), Some(link)) = (made, link) {
                people.push(world.asks(&link.fragment, &format!("Delegate {number}"), "North"));
            }
        }
        4 | 5 => {
            for knock in world.knocks(people[0]) {
                // Refused while the digits are still being made.
                drop(world.admits(people[0], knock.id));
            }
        }
        6 => world.disconnects(who),
        7 => world.connects(who),
        8 => world.reopens(who),
        _ => world.passes(2_000),
    }
    let pause = world.picks(400);
    world.passes(pause.into());
}

#[test]
fn every_write_of_fifty_journeys_leaves_what_the_page_showed() {
    let mut writes = 0;
    for seed in 0..50 {
        let mut world = World::new(seed);
        let mut people = vec![world.opens("Transit corridor", "Amina", "Mediator")];
        for number in 0..40 {
            let before: Vec<u64> = people.iter().map(|who| world.batches(*who)).collect();
            step(&mut world, &mut people, number);
            for (at, who) in people.clone().into_iter().enumerate() {
                let new = world.batches(who) - before.get(at).copied().unwrap_or(0);
                if new > 0 {
                    writes += new;
                    let now = world.now();
                    let kept = Shown::of(world.on_disk(who).view(now));
                    assert_eq!(kept, Shown::of(world.view(who)), "seed {seed}, step {number}, person {at}");
                }
            }
        }
    }
    assert!(writes > 5_000, "{writes} writes");
}

#[test]
fn death_at_any_write_loses_doubles_and_splits_nothing() {
    let (mut before, mut after) = (0, 0);
    for seed in 50..100 {
        let mut world = World::new(seed);
        let mut people = vec![world.opens("Transit corridor", "Amina", "Mediator")];
        let mut shown = BTreeSet::new();
        for number in 0..40 {
            let who = people[world.picks(people.len() as u32) as usize];
            let death = if world.picks(2) == 0 { Death::Before } else { Death::After };
            world.dies(who, death);
            step(&mut world, &mut people, number);
            if !world.is_spared(who) {
                *(if death == Death::Before { &mut before } else { &mut after }) += 1;
                world.connects(who);
            }
            for who in &people {
                shown.extend(world.reads(*who));
            }
        }
        expect_nothing_lost(&mut world, &people, &shown, seed);
    }
    assert!(before > 300 && after > 300, "{before} deaths before a write, {after} after");
}

/// Everybody comes back: what was shown is there, once, in one order.
fn expect_nothing_lost(world: &mut World, people: &[Person], shown: &BTreeSet<String>, seed: u64) {
    for who in people {
        world.connects(*who);
    }
    for _ in 0..4 {
        world.settles();
    }
    let all = world.reads(people[0]);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "seed {seed}: a note twice");
    let lost: Vec<_> = shown.iter().filter(|note| !all.contains(note)).collect();
    assert!(lost.is_empty(), "seed {seed}: shown and lost: {lost:?}");
    for who in people {
        if world.view(*who).phase == Phase::Seated {
            let (reads, view) = (world.reads(*who), world.view(*who));
            let mut rest = all.iter();
            assert!(reads.iter().all(|note| rest.any(|other| other == note)), "seed {seed}: two orders");
            assert_eq!(
                reads.len() + view.withheld,
                all.len(),
                "seed {seed}: notes that neither are read nor are earlier"
            );
        }
    }
}

#[test]
fn full_disk_at_any_write_makes_the_talk_wait_and_loses_doubles_and_says_nothing() {
    let mut refused = 0;
    for seed in 100..150 {
        let mut world = World::new(seed);
        let mut people = vec![world.opens("Transit corridor", "Amina", "Mediator")];
        let mut shown = BTreeSet::new();
        for number in 0..40 {
            let who = people[world.picks(people.len() as u32) as usize];
            let fitting = world.picks(4);
            world.fills(who, fitting);
            step(&mut world, &mut people, number);
            if world.waits(who) {
                refused += 1;
                let now = world.now();
                let (kept, sent) = (Shown::of(world.on_disk(who).view(now)), world.sent(who));
                world.passes(2_000);
                assert_eq!(kept, Shown::of(world.on_disk(who).view(now)), "seed {seed}, step {number}: half a batch");
                assert_eq!(sent, world.sent(who), "seed {seed}, step {number}: said what may be forgotten");
            }
            world.has_space(who);
            let now = world.now();
            let kept = Shown::of(world.on_disk(who).view(now));
            assert_eq!(kept, Shown::of(world.view(who)), "seed {seed}, step {number}: not all that waited was written");
            for who in &people {
                shown.extend(world.reads(*who));
            }
        }
        expect_nothing_lost(&mut world, &people, &shown, seed);
    }
    assert!(refused > 300, "{refused} refusals");
}
