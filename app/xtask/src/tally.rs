//! What passed, what failed and what did not run, over all steps of a test run.

use std::time::Duration;

use crate::say::duration;

/// Counts of tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Tests that ran and passed.
    pub passed: u64,
    /// Tests that ran and failed, and tests that should have run and did not.
    pub failed: u64,
    /// Tests that did not run, because what they need cannot be had on this machine.
    pub not_run: u64,
}

impl Tally {
    /// A step that cannot be counted in tests and did not succeed: one failure.
    pub const BROKEN: Self = Self { passed: 0, failed: 1, not_run: 0 };

    /// Adds what one line of `cargo test` says, if it is a result line.
    ///
    /// An ignored test did not run and counts as failed: the project has none.
    pub fn add_cargo_line(&mut self, line: &str) {
        let Some(counts) = line.trim().strip_prefix("test result: ") else {
            return;
        };
        let count = |what: &str| -> u64 {
            let mut parts = counts.split([';', '.']).map(str::trim);
            let number = parts.find_map(|part| part.strip_suffix(what)?.trim().parse().ok());
            number.unwrap_or_default()
        };
        self.passed += count("passed");
        self.failed += count("failed") + count("ignored");
    }

    /// Adds another count.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.not_run += other.not_run;
    }
}

/// One finished step of a test run.
pub struct Step {
    /// What a person calls it.
    pub name: String,
    /// How long it took.
    pub time: Duration,
    /// Its tests, where it has any.
    pub tally: Tally,
    /// Why it failed.
    pub failure: Option<String>,
}

/// Returns the report over all steps; its last line is `N passed, N failed` alone, followed by `, N skipped` where some did not run.
pub fn report(steps: &[Step]) -> String {
    let mut lines = Vec::new();
    let mut all = Tally::default();
    for step in steps {
        all.add(step.tally);
        let minutes = step.time.as_secs_f64() / 60.0;
        let verdict = if step.failure.is_some() { "FAILED" } else { "ok" };
        lines.push(format!("{minutes:6.1} min  {verdict:6}  {}", step.name));
    }
    let time = steps.iter().map(|step| step.time).sum();
    lines.push(format!("in all {}", duration(time)));
    for step in steps {
        lines.extend(step.failure.iter().map(|failure| format!("{}: {failure}", step.name)));
    }
    let mut count = format!("{} passed, {} failed", all.passed, all.failed);
    if all.not_run > 0 {
        lines.push(format!("{} did not run, because what they need cannot be had here (see above)", all.not_run));
        count.push_str(&format!(", {} skipped", all.not_run));
    }
    lines.push(count);
    lines.join("\n")
}

/// Tells whether everything ran and passed.
pub fn all_well(steps: &[Step]) -> bool {
    let broken = steps.iter().any(|step| step.failure.is_some() || step.tally.failed > 0);
    let ran_a_test = steps.iter().any(|step| step.tally.passed > 0);
    !broken && ran_a_test
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(passed: u64, failed: u64, failure: Option<&str>) -> Step {
        let tally = Tally { passed, failed, not_run: 0 };
        Step { name: "s".into(), time: Duration::from_secs(90), tally, failure: failure.map(str::to_owned) }
    }

    #[test]
    fn result_lines_of_cargo_test_are_added_up() {
        let mut tally = Tally::default();
        tally.add_cargo_line("running 3 tests");
        tally.add_cargo_line(
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s",
        );
        tally.add_cargo_line(
            "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 2s",
        );
        assert_eq!(tally, Tally { passed: 15, failed: 3, not_run: 0 });
    }

    #[test]
    fn the_last_line_is_the_plain_count() {
        let text = report(&[step(3, 0, None), step(4, 1, Some("one of them failed"))]);
        assert_eq!(text.lines().last(), Some("7 passed, 1 failed"));
        assert!(text.contains("s: one of them failed"));
    }

    #[test]
    fn what_did_not_run_is_told_and_is_no_failure() {
        let tally = Tally { passed: 7, failed: 0, not_run: 6 };
        let steps = [Step { tally, ..step(0, 0, None) }];
        assert_eq!(report(&steps).lines().last(), Some("7 passed, 0 failed, 6 skipped"));
        assert!(all_well(&steps));
    }

    #[test]
    fn no_test_is_no_success() {
        assert!(!all_well(&[]));
        assert!(!all_well(&[step(0, 0, None)]));
        assert!(!all_well(&[step(1, 0, Some("did not start"))]));
        assert!(!all_well(&[step(1, 1, None)]));
        assert!(all_well(&[step(0, 0, None), step(1, 0, None)]));
    }
}
