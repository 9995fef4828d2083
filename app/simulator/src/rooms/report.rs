//! What many schedules came to.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::faults::{Fault, Hits};
use super::verdict::{Class, Outcome};
use crate::Millis;

/// Most failed seeds told one by one.
const TOLD: usize = 40;

/// What many schedules came to.
#[derive(Default)]
pub struct Report {
    schedules: u64,
    failed: BTreeMap<u64, (Class, String)>,
    counts: BTreeMap<Class, u64>,
    families: BTreeMap<&'static str, (u64, Duration)>,
    hits: Hits,
    figures: Vec<(&'static str, u64)>,
    heals: Vec<Millis>,
    slowest_heal: Option<(Millis, u64)>,
    took: Duration,
    slowest: Option<(Duration, u64)>,
}

impl Report {
    /// Adds what became of one schedule, and how long it took.
    pub fn add(&mut self, outcome: &Outcome, took: Duration) {
        self.schedules += 1;
        self.took += took;
        self.slowest = self.slowest.max(Some((took, outcome.seed)));
        let family = self.families.entry(outcome.family).or_default();
        (family.0, family.1) = (family.0 + 1, family.1 + took);
        self.hits.add(&outcome.hits);
        for (name, count) in &outcome.figures.0 {
            match self.figures.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum += count,
                None => self.figures.push((name, *count)),
            }
        }
        if let Some(heal) = outcome.heal_ms {
            self.heals.push(heal);
            self.slowest_heal = self.slowest_heal.max(Some((heal, outcome.seed)));
        }
        if let Some(class) = outcome.class() {
            *self.counts.entry(class).or_default() += 1;
            let told = outcome.breaches.iter().take(3).map(|breach| format!("{} {}", breach.invariant, breach.what));
            let words = format!("{}: {}", outcome.family, told.collect::<Vec<_>>().join("; "));
            self.failed.insert(outcome.seed, (class, words));
        }
    }

    /// Whether nothing failed.
    pub fn is_clean(&self) -> bool {
        self.failed.is_empty()
    }

    /// How many schedules ran.
    pub fn schedules(&self) -> u64 {
        self.schedules
    }

    /// What failed first, of the seeds told of at all.
    pub fn failed(&self) -> impl Iterator<Item = String> {
        self.failed.iter().take(TOLD).map(|(seed, (class, words))| format!("seed {seed} {}: {words}", class.name()))
    }

    /// The tables, then the failed seeds, then the one line that says it all.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let per = |count: u64| count as f64 / self.schedules.max(1) as f64;
        let mut line = |words: String| {
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{words}");
        };
        line(format!("{:>10} {:>9}  fault", "hits", "a seed"));
        for fault in Fault::ALL {
            let hits = self.hits.of(*fault);
            line(format!("{hits:>10} {:>9.2}  {}", per(hits), fault.text()));
        }
        line(String::new());
        line(format!("{:>10} {:>9}  figure", "in all", "a seed"));
        for (name, count) in &self.figures {
            line(format!("{count:>10} {:>9.2}  {name}", per(*count)));
        }
        line(String::new());
        for (name, (count, took)) in &self.families {
            let each = took.as_secs_f64() * 1000.0 / (*count).max(1) as f64;
            line(format!("{count:>10} {each:>6.1} ms  {name}"));
        }
        line(String::new());
        let healed = self.heals.len().max(1) as f64;
        let mean = self.heals.iter().sum::<Millis>() as f64 / healed / 1000.0;
        if let Some((heal, seed)) = self.slowest_heal {
            line(format!(
                "level after {mean:.1} s of virtual time in the mean, {:.1} s at most (seed {seed})",
                heal as f64 / 1000.0
            ));
        }
        let each = self.took.as_secs_f64() * 1000.0 / self.schedules.max(1) as f64;
        if let Some((took, seed)) = self.slowest {
            line(format!("{each:.1} ms a seed, the slowest {:.0} ms (seed {seed})", took.as_secs_f64() * 1000.0));
        }
        self.failed().for_each(&mut line);
        if self.failed.len() > TOLD {
            line(format!("and {} more", self.failed.len() - TOLD));
        }
        text + &self.last_line()
    }

    /// `schedules N  diverged 0  lost 0  duplicated 0  wedged 0`.
    pub fn last_line(&self) -> String {
        let of = |class: Class| self.counts.get(&class).copied().unwrap_or_default();
        let classes = Class::ALL.map(|class| format!("{} {}", class.name(), of(class)));
        format!("schedules {}  {}", self.schedules, classes.join("  "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::verdict::{Breach, Figures};

    fn outcome(seed: u64, breaches: Vec<Breach>) -> Outcome {
        Outcome {
            seed,
            family: "honest",
            breaches,
            hits: Hits::default(),
            figures: Figures::default(),
            heal_ms: Some(1_500),
            transcript: [0; 32],
            trace: Vec::new(),
        }
    }

    #[test]
    fn the_last_line_counts_each_schedule_once_by_its_worst_class() {
        let mut report = Report::default();
        report.add(&outcome(1, Vec::new()), Duration::from_millis(10));
        assert_eq!(report.last_line(), "schedules 1  diverged 0  lost 0  duplicated 0  wedged 0");
        assert!(report.is_clean());
        let lost = Breach::new(Class::Lost, "I2", "a note".into());
        let diverged = Breach::new(Class::Diverged, "I1", "two states".into());
        report.add(&outcome(2, vec![lost.clone(), diverged]), Duration::from_millis(30));
        report.add(&outcome(3, vec![lost]), Duration::from_millis(20));
        assert_eq!(report.last_line(), "schedules 3  diverged 1  lost 1  duplicated 0  wedged 0");
        assert!(!report.is_clean());
        let text = report.text();
        assert!(text.contains("20.0 ms a seed, the slowest 30 ms (seed 2)"));
        assert!(text.contains("seed 3 lost: honest: I2 a note"));
        assert_eq!(text.lines().last(), Some(&*report.last_line()));
    }
}
