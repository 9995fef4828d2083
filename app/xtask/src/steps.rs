//! Steps of a run: each timed, none keeping later ones from running.

use std::time::Instant;

use crate::say::say;
use crate::tally::{Step, Tally};

/// The steps done so far.
#[derive(Default)]
pub struct Run {
    steps: Vec<Step>,
}

impl Run {
    /// Returns the steps done so far.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Runs one step, notes its time and goes on whatever comes of it. Returns its result, if it had one.
    pub fn step<T>(&mut self, name: &str, work: impl FnOnce(&mut Tally) -> anyhow::Result<T>) -> Option<T> {
        say(&format!("\n=== {name}"));
        let begin = Instant::now();
        let mut tally = Tally::default();
        let result = work(&mut tally);
        if result.is_err() && tally.failed == 0 {
            tally.add(Tally::BROKEN);
        }
        let (value, failure) = match result {
            Ok(value) => (Some(value), None),
            Err(error) => (None, Some(format!("{error:#}"))),
        };
        if let Some(failure) = &failure {
            say(&format!("=== {name} failed: {failure}"));
        }
        self.steps.push(Step { name: name.to_owned(), time: begin.elapsed(), tally, failure });
        value
    }
}
