//! `cargo xtask bench`: figures on request, never tests.

use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::workspace::Workspace;
use crate::{app_build, browser_tests, relay_build};

/// Measures how long a note takes from Send until the other seat sees it.
pub fn notes(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    app_build::run(workspace)?;
    let relay = relay_build::build(workspace)?;
    let browser = browser_tests::prepare(workspace)?;
    let status = browser_tests::driver(workspace, "node", &relay, &browser).arg("bench/notes.mjs").status();
    if !status.context("node cannot be started")?.success() {
        bail!("the measurement failed (see above)");
    }
    Ok(ExitCode::SUCCESS)
}
