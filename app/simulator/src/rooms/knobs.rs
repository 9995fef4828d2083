//! What a seed decides before anything happens: how many, how long, and how much goes wrong.

use record::Role;
use room::Suite;

use super::draws::{Draws, stream};
use crate::Millis;

/// What a schedule is mostly about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Family {
    /// People come and go over a network that is only slow.
    Honest,
    /// Sessions of one to three seats: most never meet.
    Alone,
    /// Seats on several relays whose links break.
    Partition,
    /// Seats are killed at storage writes, relays die.
    Crash,
    /// The relay drops, repeats, corrupts and withholds.
    Relay,
    /// Seats are added, removed and swapped while the relays are parted.
    Churn,
    /// A member holds valid keys and breaks every rule.
    Hostile,
    /// Stores lose their last transactions, or everything.
    Rollback,
    /// Seats are restored from backups.
    Backup,
    /// No side admits or removes alone.
    TwoSides,
}

impl Family {
    /// All families, with the names they are chosen by.
    pub const ALL: [(Family, &'static str); 10] = [
        (Family::Honest, "honest"),
        (Family::Alone, "alone"),
        (Family::Partition, "partition"),
        (Family::Crash, "crash"),
        (Family::Relay, "relay"),
        (Family::Churn, "churn"),
        (Family::Hostile, "hostile"),
        (Family::Rollback, "rollback"),
        (Family::Backup, "backup"),
        (Family::TwoSides, "two-sides"),
    ];
    /// How many of these a seed draws from. The others are asked for by name, so that seeds go on meaning what they meant.
    const DRAWN: usize = 8;

    /// Returns the family of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(family, _)| *family)
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(family, _)| *family == self).map_or("", |(_, name)| *name)
    }
}

/// What goes wrong on the way between a seat and its relay, per thousand frames.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rates {
    pub(crate) drop: u32,
    pub(crate) duplicate: u32,
    pub(crate) delay: u32,
    pub(crate) reorder: u32,
}

/// How often each thing that is no frame goes wrong: weights among each other.
#[derive(Clone, Copy, Default)]
pub(crate) struct Weights {
    pub(crate) cut_one_way: usize,
    pub(crate) cut_both_ways: usize,
    pub(crate) half_open: usize,
    pub(crate) slow_reader: usize,
    pub(crate) relay_crash: usize,
    pub(crate) bridge: usize,
    pub(crate) withhold: usize,
    pub(crate) replay: usize,
    pub(crate) roll_back: usize,
    pub(crate) wipe: usize,
    pub(crate) leave: usize,
    pub(crate) step_clock: usize,
    pub(crate) sleep: usize,
    pub(crate) all_offline: usize,
    pub(crate) only_newcomer: usize,
    pub(crate) restore: usize,
}

/// How often people do what: weights among each other.
#[derive(Clone, Copy)]
pub(crate) struct Habits {
    pub(crate) write: usize,
    pub(crate) go: usize,
    pub(crate) come: usize,
    pub(crate) admit: usize,
    pub(crate) agree: usize,
    pub(crate) remove: usize,
    pub(crate) leave: usize,
    /// Several seats admit or remove at one moment.
    pub(crate) at_once: usize,
}

/// What a seed decides before anything happens.
#[derive(Clone)]
pub(crate) struct Knobs {
    pub(crate) family: Family,
    pub(crate) suite: Suite,
    /// Seats at the table before anything goes wrong.
    pub(crate) founding: usize,
    /// Seats there may be in all.
    pub(crate) most: usize,
    /// Things people do.
    pub(crate) acts: usize,
    /// Longest pause between two of them.
    pub(crate) pause_ms: Millis,
    pub(crate) habits: Habits,
    pub(crate) latency_ms: (Millis, Millis),
    pub(crate) rates: Rates,
    pub(crate) weights: Weights,
    /// Faults that are no frame, per thousand acts.
    pub(crate) trouble: u32,
    pub(crate) relays: usize,
    pub(crate) queue_frames: usize,
    pub(crate) corrupt: u32,
    /// Deaths at a storage write, per thousand writes.
    pub(crate) kill: u32,
    /// Deaths of a committer around publishing, per thousand commits.
    pub(crate) kill_committer: u32,
    pub(crate) welcome_late: u32,
    pub(crate) welcome_lost: u32,
    /// Seats whose clock is wrong, per thousand.
    pub(crate) skew: u32,
    /// Most seats of one session, in schedules whose seats never meet.
    pub(crate) session: Option<usize>,
    pub(crate) hostile: usize,
    /// Whether removed seats and outsiders are given everything at the end.
    pub(crate) eavesdrop: bool,
}

impl Knobs {
    pub(crate) fn draw(seed: u64, family: Option<Family>) -> Self {
        let mut rng = stream(seed, "knobs");
        let drawn = Family::ALL[rng.below(Family::DRAWN)].0;
        let family = family.unwrap_or(drawn);
        let size = match rng.below(100) {
            0..70 => rng.between(2, 4),
            70..95 => rng.between(5, 8),
            _ => rng.between(9, 16),
        } as usize;
        // The hybrid suite costs twenty times as much: it is met in small rooms.
        let hybrid = rng.below(50) == 0;
        let (suite, size) = if hybrid { (Suite::Hybrid, size.min(4)) } else { (Suite::Classical, size) };
        let newcomers = rng.below(size.div_ceil(2) + 1);
        let calm = Rates::default();
        let mut knobs = Self {
            family,
            suite,
            founding: (size - newcomers).max(1),
            most: size,
            // What many do at once costs much, and shows little more.
            acts: match size {
                0..=4 => rng.between(25, 60),
                5..=8 => rng.between(18, 36),
                _ => rng.between(12, 24),
            } as usize,
            pause_ms: rng.pick(&[300, 1_500, 6_000]).unwrap_or(1_500),
            habits: Habits { write: 60, go: 6, come: 12, admit: 8, agree: 6, remove: 3, leave: 1, at_once: 2 },
            latency_ms: rng.pick(&[(2, 10), (20, 80), (20, 900)]).unwrap_or((2, 10)),
            rates: calm,
            weights: Weights { cut_both_ways: 4, all_offline: 1, only_newcomer: 1, ..Weights::default() },
            trouble: 60,
            relays: 1,
            queue_frames: wire::QUEUE_FRAMES,
            corrupt: 0,
            kill: 0,
            kill_committer: 0,
            welcome_late: 100,
            welcome_lost: 50,
            skew: rng.pick(&[0, 0, 300]).unwrap_or(0),
            session: None,
            hostile: 0,
            eavesdrop: rng.below(4) == 0,
        };
        knobs.turn(&mut rng);
        knobs
    }

    /// Turns the knobs of the family; now and then also one of another.
    fn turn(&mut self, rng: &mut impl Draws) {
        let some = |rng: &mut dyn FnMut(u32) -> u32, most: u32| rng(most);
        let mut up_to = |most: u32| rng.below(most as usize + 1) as u32;
        let lossy = Rates {
            drop: some(&mut up_to, 150),
            duplicate: some(&mut up_to, 100),
            delay: some(&mut up_to, 100),
            reorder: some(&mut up_to, 200),
        };
        match self.family {
            Family::Honest => {
                self.weights.leave = 1;
                self.weights.step_clock = 1;
                self.weights.sleep = 1;
                if up_to(3) == 0 {
                    self.rates = lossy;
                }
            }
            Family::Alone => {
                self.session = Some(1 + up_to(2) as usize);
                self.weights = Weights { only_newcomer: 1, ..Weights::default() };
                self.trouble = 30;
                self.pause_ms = 1_500;
            }
            Family::Partition => {
                self.relays = 2 + up_to(1) as usize;
                self.trouble = 150;
                self.weights = Weights { bridge: 6, cut_both_ways: 1, cut_one_way: 2, half_open: 1, ..self.weights };
            }
            Family::Crash => {
                self.kill = 5 + up_to(60);
                self.kill_committer = up_to(300);
                self.weights = Weights { relay_crash: 6, half_open: 2, leave: 1, ..self.weights };
                self.trouble = 120;
            }
            Family::Relay => {
                self.rates = lossy;
                self.relays = 1 + up_to(1) as usize;
                self.corrupt = up_to(60);
                self.queue_frames = 6 + up_to(30) as usize;
                self.weights = Weights {
                    withhold: 4,
                    replay: 6,
                    relay_crash: 1,
                    slow_reader: 4,
                    cut_one_way: 2,
                    half_open: 2,
                    bridge: usize::from(self.relays > 1),
                    ..self.weights
                };
                self.trouble = 200;
            }
            Family::Churn | Family::TwoSides => {
                if self.family == Family::TwoSides {
                    self.founding = self.founding.max(3);
                    self.most = self.most.max(self.founding);
                }
                self.relays = 2;
                self.most = (self.most + 2 + up_to(3) as usize).min(16);
                self.habits =
                    Habits { write: 40, admit: 14, agree: 8, remove: 10, leave: 3, at_once: 8, ..self.habits };
                self.weights = Weights { bridge: 6, roll_back: 2, ..self.weights };
                self.kill = up_to(10);
                self.trouble = 150;
            }
            Family::Hostile => {
                self.founding = self.founding.max(3);
                self.most = self.most.max(self.founding);
                self.hostile = 1;
                self.rates.drop = up_to(50);
                self.relays = 1 + up_to(1) as usize;
                self.weights.bridge = 3 * usize::from(self.relays > 1);
            }
            Family::Rollback => {
                self.kill = up_to(20);
                self.weights = Weights { roll_back: 8, wipe: 1, ..self.weights };
                self.trouble = 150;
            }
            Family::Backup => {
                self.relays = 1 + up_to(1) as usize;
                self.kill = up_to(20);
                let bridge = 3 * usize::from(self.relays > 1);
                self.weights = Weights { restore: 8, roll_back: 1, bridge, ..self.weights };
                self.trouble = 150;
            }
        }
    }

    /// The roles of the founding seats and of newcomers, by place.
    pub(crate) fn role(place: usize) -> Role {
        match place {
            0 => Role::Convener,
            1 | 2 => Role::Head,
            n if n % 7 == 6 => Role::Observer,
            n if n % 5 == 0 => Role::Head,
            n if n % 2 == 0 => Role::Interpreter,
            _ => Role::Adviser,
        }
    }
}
