//! The browser tests in `e2e/`: what they need, and what Playwright says of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

use crate::chromium;
use crate::say::step;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// The oldest Node.js that runs Playwright.
const NODE_MAJOR: u32 = 20;

/// Installs the driver, and a browser if there is none. Returns the browser.
pub fn prepare(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    check_node()?;
    step("Installing the driver (npm ci)", || {
        let status = Command::new("npm").arg("ci").current_dir(workspace.e2e()).status();
        if status.context("npm cannot be started; install Node.js with npm")?.success() {
            return Ok(());
        }
        bail!("`npm ci` failed in e2e/ (its own words are above). Is there a network?")
    })?;
    chromium::find_or_install(workspace)
}

fn check_node() -> anyhow::Result<()> {
    let output = Command::new("node").arg("--version").output();
    let output = output.with_context(|| format!("node cannot be started; install Node.js {NODE_MAJOR} or newer"))?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let major = said.trim_start_matches('v').split('.').next().and_then(|part| part.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_MAJOR) {
        bail!("this is Node.js {said}, the browser tests need {NODE_MAJOR} or newer");
    }
    Ok(())
}

/// Returns a command in `e2e/` that knows the built product and the browser.
pub fn driver(workspace: &Workspace, program: &str, relay: &Path, browser: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(workspace.e2e())
        .env("RELAY_BIN", relay)
        .env("MODIFIED_CLIENT", workspace.target().join("release/modified-client"))
        .env("APP_DIR", workspace.app())
        .env("CHROMIUM", browser)
        .env("PICTURES_DIR", workspace.target().join("pictures"))
        .env("E2E_OUTPUT_DIR", workspace.target().join("e2e"));
    command
}

/// What browser tests drive besides the page.
pub struct Programs<'a> {
    /// The relay.
    pub relay: &'a Path,
    /// The browser.
    pub browser: &'a Path,
    /// Another browser. Without one the tests that need it are not run.
    pub firefox: Option<&'a Path>,
    /// What several relays are linked by.
    pub nats_server: &'a Path,
}

/// Runs the browser tests whose file name contains one of `only`, or all, and counts them.
pub fn run(workspace: &Workspace, programs: &Programs<'_>, only: &[String], tally: &mut Tally) -> anyhow::Result<()> {
    let Programs { relay, browser, firefox, nats_server } = *programs;
    build_modified_client(workspace)?;
    let report = workspace.target().join("e2e-report.json");
    let _ = std::fs::remove_file(&report);
    let playwright = workspace.e2e().join("node_modules/.bin/playwright");
    let playwright = playwright.to_str().context("the path of the workspace is not UTF-8")?;
    let mut command = driver(workspace, playwright, relay, browser);
    command.arg("test").args(only).args(["--reporter", "list,json"]).env("PLAYWRIGHT_JSON_OUTPUT_NAME", &report);
    // An empty one is none.
    command.env("FIREFOX", firefox.unwrap_or(Path::new("")));
    command.env("NATS_SERVER", nats_server);
    let status = command.status().context("Playwright cannot be started")?;
    let text = std::fs::read(&report).context("Playwright wrote no report, so no browser test counts")?;
    let report = serde_json::from_slice(&text).context("Playwright's report is not JSON")?;
    *tally = count(&report, firefox.is_some());
    if tally.failed > 0 || !status.success() {
        bail!("a browser test failed or did not run (see above)");
    }
    if tally.passed == 0 {
        bail!("no browser test ran");
    }
    Ok(())
}

fn build_modified_client(workspace: &Workspace) -> anyhow::Result<()> {
    step("Building the client that breaks the rules (release)", || {
        let status = workspace.cargo().args(["build", "--release", "--package", "modified-client"]).status();
        if !status.context("cargo cannot be started")?.success() {
            bail!("the modified client does not compile (the compiler's own words are above)");
        }
        Ok(())
    })
}

/// Reads Playwright's report. Only what passed the first time passed. A skipped test did not run, which is a failure unless there
/// is no Firefox: no other test skips itself.
fn count(report: &Value, firefox: bool) -> Tally {
    let stats = |name: &str| report["stats"][name].as_u64().unwrap_or_default();
    let errors = report["errors"].as_array().map_or(0, |errors| errors.len() as u64);
    let failed = stats("unexpected") + stats("flaky") + errors;
    let (failed, not_run) = if firefox { (failed + stats("skipped"), 0) } else { (failed, stats("skipped")) };
    Tally { passed: stats("expected"), failed, not_run }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn skipped_and_flaky_tests_and_errors_count_as_failed() {
        let report = json!({
            "stats": { "expected": 7, "unexpected": 1, "flaky": 1, "skipped": 2 },
            "errors": [{ "message": "a file does not load" }],
        });
        assert_eq!(count(&report, true), Tally { passed: 7, failed: 5, not_run: 0 });
    }

    #[test]
    fn without_a_firefox_skipped_tests_count_as_not_run() {
        let report = json!({ "stats": { "expected": 7, "unexpected": 1, "flaky": 0, "skipped": 2 }, "errors": [] });
        assert_eq!(count(&report, false), Tally { passed: 7, failed: 1, not_run: 2 });
    }

    #[test]
    fn an_empty_report_counts_nothing() {
        assert_eq!(count(&json!({}), true), Tally::default());
    }
}
