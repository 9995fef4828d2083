//! Random schedules: joins, absences, losses, relay deaths. Afterwards everybody is level.

use std::collections::{BTreeMap, BTreeSet};

use record::{AuthorKey, Role};
use simulator::{Person, World};
use talk::PartyChoice;
use talk::view::{Phase, Stage};

const SEEDS: u64 = 150;

/// One schedule, and what must be true at its end.
struct Schedule {
    seed: u64,
    world: World,
    people: Vec<Person>,
    /// Each text with the seats of the state it was written in.
    written: BTreeMap<String, BTreeSet<AuthorKey>>,
}

impl Schedule {
    fn new(seed: u64) -> Self {
        let mut world = World::new(50_000 + seed);
        let amina = world.opens("Transit corridor", "Amina", "Mediator");
        Self { seed, world, people: vec![amina], written: BTreeMap::new() }
    }

    fn seated(&mut self) -> Vec<Person> {
        let world = &mut self.world;
        self.people.iter().copied().filter(|who| world.view(*who).phase == Phase::Seated).collect()
    }

    fn runs(&mut self) {
        let most = 2 + self.world.picks(5) as usize;
        let losses = [0, 0, 50, 200][self.world.picks(4) as usize];
        self.world.loses(losses);
        for step in 0..40 + self.world.picks(60) {
            self.step(step, most);
            let pause = match self.world.picks(4) {
                0 => self.world.picks(15),
                1 => self.world.picks(5_000),
                _ => self.world.picks(400),
            };
            self.world.passes(u64::from(pause));
        }
    }

    fn step(&mut self, step: u32, most: usize) {
        let seated = self.seated();
        let who = seated[self.world.picks(seated.len() as u32) as usize];
        match self.world.picks(16) {
            0 | 1 => self.world.disconnects(who),
            2..=4 => {
                let anybody = self.people[self.world.picks(self.people.len() as u32) as usize];
                if !self.world.is_connected(anybody) {
                    self.world.connects(anybody);
                }
            }
            5 if step.is_multiple_of(4) => self.world.relay_dies(),
            6 | 7 if self.people.len() < most => self.knocks(),
            8 | 9 => self.admits_all(),
            _ => self.writes(who),
        }
    }

    fn knocks(&mut self) {
        let link = self.world.invites(self.people[0], PartyChoice::New, Role::Head);
        let n = self.people.len();
        let newcomer = self.world.asks(&link, &format!("Guest {n}"), &format!("Party {n}"));
        self.people.push(newcomer);
    }

    fn admits_all(&mut self) {
        let convener = self.people[0];
        for knock in self.world.knocks(convener) {
            if knock.digits.is_some() && knock.stage == Stage::Waits {
                self.world.admits(convener, knock.id).expect("waits at the door");
            }
        }
    }

    fn writes(&mut self, who: Person) {
        let readers = self.world.talk(who).room().expect("seated").roster().into_keys().collect();
        let length = [65_000, 20_000, 3_000].get(self.world.picks(12) as usize).copied().unwrap_or(0);
        let text = format!("note {} {}", self.written.len(), "x".repeat(length));
        self.world.writes(who, &text);
        self.written.insert(text, readers);
    }

    fn heals(&mut self) {
        self.world.loses(0);
        for who in self.people.clone() {
            if !self.world.is_connected(who) {
                self.world.connects(who);
            }
        }
        self.world.passes(15_000);
        self.admits_all();
        self.world.passes(45_000);
    }

    fn checks(&mut self) {
        let seed = self.seed;
        assert_eq!(self.seated().len(), self.people.len(), "seed {seed}: everybody is in");
        let all = self.world.reads(self.people[0]);
        for (n, who) in self.people.clone().into_iter().enumerate() {
            let me = self.world.talk(who).room().expect("seated").me();
            let reads = self.world.reads(who);
            let mine = |text: &&String| self.written[*text].contains(&me);
            let entitled: Vec<&String> = self.written.keys().filter(mine).collect();
            assert_eq!(
                reads.iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>(),
                entitled,
                "seed {seed}, {n}"
            );
            assert_eq!(reads.len(), entitled.len(), "seed {seed}, {n}: nothing twice");
            let shared = |texts: &[String], with: &[String]| -> Vec<String> {
                texts.iter().filter(|text| with.contains(text)).cloned().collect()
            };
            assert_eq!(shared(&reads, &all), shared(&all, &reads), "seed {seed}, {n}: one order");
            let view = self.world.view(who);
            assert!(view.notes.iter().all(|note| note.held == note.readers), "seed {seed}, {n}: held by all readers");
            assert!(view.notes.iter().all(|note| note.readers == self.written[&*note.text].len()), "seed {seed}, {n}");
            assert_eq!((view.unsent, view.seats.len()), (0, self.people.len()), "seed {seed}, {n}");
        }
        let before = self.world.captured().len();
        self.world.passes(60_000);
        let frames = self.world.captured().len() - before;
        assert!(frames <= self.people.len() * 4 + 2, "seed {seed}: {frames} frames in a quiet minute");
    }
}

#[test]
fn random_schedules_end_level() {
    for seed in 0..SEEDS {
        let mut schedule = Schedule::new(seed);
        schedule.runs();
        schedule.heals();
        schedule.checks();
    }
}
