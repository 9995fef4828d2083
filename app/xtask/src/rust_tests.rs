//! `cargo test` over the workspace, counted.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::say::say;
use crate::steps::Run;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// The file of one test that mostly waits, and its name: it runs beside all others.
const WAITS: [&str; 2] = ["hostile", "whatever_is_sent_the_relay_is_up_as_large_as_before_and_has_said_nothing"];

/// Runs all Rust tests.
pub fn run(workspace: &Workspace, nats_server: &Path, run: &mut Run) {
    run.step("Rust tests", |tally| test(workspace, nats_server, tally));
}

fn test(workspace: &Workspace, nats_server: &Path, tally: &mut Tally) -> anyhow::Result<()> {
    let cargo = |arguments: &[&str]| {
        let mut cargo = workspace.cargo();
        cargo.args(["test", "--workspace", "--no-fail-fast"]).args(arguments).env("NATS_SERVER", nats_server);
        cargo
    };
    if !cargo(&["--no-run"]).status().context("cargo cannot be started")?.success() {
        bail!("a test did not compile (see above)");
    }
    let [file, name] = WAITS;
    let (waiting, others) = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| count(cargo(&["--test", file])));
        let others = count(cargo(&["--", "--skip", name]));
        (waiting.join(), others)
    });
    let waiting = waiting.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let ((waiting, waiting_passed), (others, others_passed)) = (waiting?, others?);
    tally.add(waiting);
    tally.add(others);
    if !(waiting_passed && others_passed) {
        bail!("a test failed (see above)");
    }
    if tally.passed == 0 {
        bail!("no test ran");
    }
    Ok(())
}

/// Runs it, shows what it prints, and returns its tests and whether it succeeded.
fn count(mut cargo: Command) -> anyhow::Result<(Tally, bool)> {
    let mut child = cargo.stdout(Stdio::piped()).spawn().context("cargo cannot be started")?;
    let out = child.stdout.take().context("the output was asked for")?;
    let mut tally = Tally::default();
    for line in BufReader::new(out).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        say(&line);
        tally.add_cargo_line(&line);
    }
    Ok((tally, child.wait()?.success()))
}
