//! What became of a schedule.

use super::faults::Hits;
use crate::Millis;

/// How a schedule can fail.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    /// Seats stand on different states, or show different rosters or records (I1, I12), or what nobody may show (I4, I5), or who has
    /// a seat, or none, without the words that takes (I14).
    Diverged,
    /// A note is missing where it should be shown (I2, I7).
    Lost,
    /// Something is there twice or out of order, or was done twice (I3, I7).
    Duplicated,
    /// The room did not go on: not level in time, a panic, a fault of the program, a cap that does not hold (I10, I12, I13).
    Wedged,
}

impl Class {
    /// Every class, in the order of the last line.
    pub const ALL: [Class; 4] = [Class::Diverged, Class::Lost, Class::Duplicated, Class::Wedged];

    /// Its name in the last line.
    pub fn name(self) -> &'static str {
        match self {
            Class::Diverged => "diverged",
            Class::Lost => "lost",
            Class::Duplicated => "duplicated",
            Class::Wedged => "wedged",
        }
    }
}

/// An invariant that did not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// Which class.
    pub class: Class,
    /// The invariant, as numbered in the design: `I1` to `I14`.
    pub invariant: &'static str,
    /// What was seen.
    pub what: String,
}

impl Breach {
    pub(crate) fn new(class: Class, invariant: &'static str, what: String) -> Self {
        Self { class, invariant, what }
    }
}

/// What was counted in one schedule, over all its honest seats.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Figures(pub Vec<(&'static str, u64)>);

impl Figures {
    /// Counts so many more.
    pub fn add(&mut self, name: &'static str, count: u64) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += count,
            None => self.0.push((name, count)),
        }
    }
}

/// What became of one schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// Its family.
    pub family: &'static str,
    /// The invariants that did not hold; empty is good.
    pub breaches: Vec<Breach>,
    /// How often each fault was hit.
    pub hits: Hits,
    /// What was counted.
    pub figures: Figures,
    /// Virtual milliseconds from the end of the faults until everybody was level.
    pub heal_ms: Option<Millis>,
    /// SHA-256 over every byte that passed a relay.
    pub transcript: [u8; 32],
    /// What happened, if it was asked for.
    pub trace: Vec<String>,
}

impl Outcome {
    /// The worst class, if anything failed.
    pub fn class(&self) -> Option<Class> {
        self.breaches.iter().map(|breach| breach.class).min()
    }
}
