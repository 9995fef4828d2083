//! `cargo xtask kill`: the browser test of `e2e/specs/killed_while_writing.spec.mjs`, for as long as wanted.

use std::process::ExitCode;

use anyhow::{Context, bail};

use crate::workspace::Workspace;
use crate::{app_build, browser_tests, relay_build};

/// Kills the browser so many times.
pub fn run(workspace: &Workspace, cycles: u32) -> anyhow::Result<ExitCode> {
    app_build::run(workspace)?;
    let relay = relay_build::build(workspace)?;
    let browser = browser_tests::prepare(workspace)?;
    let mut driver = browser_tests::driver(workspace, "node_modules/.bin/playwright", &relay, &browser);
    driver.args(["test", "killed_while_writing"]).env("KILL_CYCLES", cycles.to_string());
    if !driver.status().context("Playwright cannot be started")?.success() {
        bail!("a death lost, doubled or showed something (see above)");
    }
    Ok(ExitCode::SUCCESS)
}
