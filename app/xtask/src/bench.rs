//! `cargo xtask bench`: figures on request, never tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

use crate::say::step;
use crate::workspace::Workspace;
use crate::{app_build, browser_tests, relay_build};

/// Notes in the talk that [`store`] measures.
const NOTES: &str = "10000";

/// Measures how long a note takes from Send until the other seat sees it.
pub fn notes(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    measure(workspace, "bench/notes.mjs", Path::new(""))
}

/// Measures what a talk of many notes costs.
pub fn store(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    let kept = kept(workspace)?;
    measure(workspace, "bench/store.mjs", &kept)
}

fn measure(workspace: &Workspace, script: &str, kept: &Path) -> anyhow::Result<ExitCode> {
    app_build::run(workspace)?;
    let relay = relay_build::build(workspace)?;
    let browser = browser_tests::prepare(workspace)?;
    let mut driver = browser_tests::driver(workspace, "node", &relay, &browser);
    if !driver.arg(script).env("KEPT", kept).status().context("node cannot be started")?.success() {
        bail!("the measurement failed (see above)");
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the folder with what browsers keep of that talk. It is made anew when the program that makes it has changed.
fn kept(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--release", "--quiet", "--package", "simulator", "--bin", "store"]);
    if !cargo.status().context("cargo cannot be started")?.success() {
        bail!("the simulator does not build");
    }
    let program = workspace.target().join("release/store");
    let hash = Sha256::digest(fs::read(&program).with_context(|| format!("cannot read {}", program.display()))?);
    let name: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let all = workspace.target().join("bench-store");
    let folder = all.join(format!("{name}-{NOTES}"));
    if folder.is_dir() {
        return Ok(folder);
    }
    step(&format!("Writing {NOTES} notes at eight seats"), || {
        let new = all.join("new");
        let _ = fs::remove_dir_all(&all);
        fs::create_dir_all(&new)?;
        let status = Command::new(&program).arg(NOTES).arg(&new).status().context("the simulator cannot be started")?;
        if !status.success() {
            bail!("the talk could not be made (see above)");
        }
        Ok(fs::rename(&new, &folder)?)
    })?;
    Ok(folder)
}
