//! `cargo test` over the workspace, counted.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, bail};

use crate::say::say;
use crate::steps::Run;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// Runs all Rust tests.
pub fn run(workspace: &Workspace, nats_server: &Path, run: &mut Run) {
    run.step("Rust tests", |tally| test(workspace, nats_server, tally));
}

fn test(workspace: &Workspace, nats_server: &Path, tally: &mut Tally) -> anyhow::Result<()> {
    let mut child = workspace
        .cargo()
        .args(["test", "--workspace", "--no-fail-fast"])
        .env("NATS_SERVER", nats_server)
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo cannot be started")?;
    let out = child.stdout.take().context("the output was asked for")?;
    for line in BufReader::new(out).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        say(&line);
        tally.add_cargo_line(&line);
    }
    if !child.wait()?.success() {
        bail!("a test failed or did not compile (see above)");
    }
    if tally.passed == 0 {
        bail!("no test ran");
    }
    Ok(())
}
