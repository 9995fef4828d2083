//! Runs schedules: `sim --seeds A..B [--jobs N] [--family NAME] [--trace] [--until-failure]`. Started by `cargo xtask sim`.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::ops::Range;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use simulator::rooms::{Family, Options, Report, run};

/// Progress is told so often.
const EVERY: Duration = Duration::from_secs(10);

struct Plan {
    seeds: Range<u64>,
    jobs: usize,
    options: Options,
    until_failure: bool,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match Plan::parse(&words) {
        Ok(plan) => plan.run(),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

impl Plan {
    fn parse(words: &[String]) -> anyhow::Result<Self> {
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        let mut plan = Self { seeds: 0..0, jobs, options: Options::default(), until_failure: false };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("`{word}` needs a value"));
            match word.as_str() {
                "--seeds" => plan.seeds = seeds(value()?)?,
                "--jobs" => plan.jobs = value()?.parse().context("`--jobs` needs a number")?,
                "--family" => {
                    let name = value()?;
                    let known = || Family::ALL.map(|(_, name)| name).join(", ");
                    let family =
                        Family::named(name).with_context(|| format!("no family `{name}`; there are {}", known()))?;
                    plan.options.family = Some(family);
                }
                "--trace" => plan.options.trace = true,
                "--until-failure" => plan.until_failure = true,
                other => bail!("`{other}` is none of --seeds, --jobs, --family, --trace, --until-failure"),
            }
        }
        if plan.seeds.is_empty() || plan.jobs == 0 {
            bail!("say which seeds: --seeds 0..1000");
        }
        Ok(plan)
    }

    fn run(&self) -> ExitCode {
        // What a schedule panics with is told as its verdict.
        std::panic::set_hook(Box::new(|_| {}));
        if !entropy::REPLAYS {
            tell("this platform's randomness cannot be replayed: a seed gives similar, not equal runs");
        }
        let next = AtomicU64::new(self.seeds.start);
        let (results, incoming) = mpsc::channel();
        let mut report = Report::default();
        std::thread::scope(|scope| {
            for _ in 0..self.jobs {
                let (results, next) = (results.clone(), &next);
                scope.spawn(move || {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= self.seeds.end {
                            return;
                        }
                        let begin = Instant::now();
                        let outcome = run(seed, self.options);
                        if results.send((outcome, begin.elapsed())).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(results);
            let (mut told, mut told_of) = (Instant::now(), BTreeSet::new());
            for (outcome, took) in incoming {
                for line in &outcome.trace {
                    tell(line);
                }
                if self.options.trace {
                    let digest: String = outcome.transcript.iter().map(|byte| format!("{byte:02x}")).collect();
                    tell(&format!("seed {}: SHA-256 of all bytes that passed a relay: {digest}", outcome.seed));
                }
                report.add(&outcome, took);
                if self.until_failure && !report.is_clean() {
                    // Nobody draws another one.
                    next.store(self.seeds.end, Ordering::Relaxed);
                }
                if told.elapsed() >= EVERY || std::io::stdout().is_terminal() && told.elapsed() >= EVERY / 10 {
                    told = Instant::now();
                    let failed: Vec<String> = report.failed().collect();
                    let (done, all) = (report.schedules(), self.seeds.end - self.seeds.start);
                    tell(&format!("· {done} of {all} schedules, {} failed", failed.len()));
                    failed.iter().filter(|seed| told_of.insert((*seed).clone())).for_each(|seed| tell(seed));
                }
            }
        });
        tell(&report.text());
        if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn seeds(text: &str) -> anyhow::Result<Range<u64>> {
    let range = text.split_once("..").and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    range.with_context(|| format!("`{text}` is no range of seeds such as 0..1000"))
}

/// Prints one line. A closed terminal is nobody's fault.
fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}
