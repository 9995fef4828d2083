//! `cargo xtask bench`: figures on request, never tests.

pub mod relay;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::say::{say, step};
use crate::workspace::Workspace;
use crate::{app_build, browser, browser_tests, relay_build};

/// The Lighthouse that [`page`] measures with: each version weighs differently.
const LIGHTHOUSE: &str = "12.8.2";
/// The magic-wormhole that [`files`] measures beside the page, and its servers.
const WORMHOLE: [&str; 3] =
    ["magic-wormhole==0.24.0", "magic-wormhole-mailbox-server==0.8.0", "magic-wormhole-transit-relay==0.5.0"];
/// The server that [`files`] has `scp` talk to.
const SSHD: &str = "/usr/sbin/sshd";
/// Notes in the talk that [`store`] measures.
const NOTES: &str = "10000";

/// Measures how long a note takes from Send until the other seat sees it.
pub fn notes(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    measure(workspace, "bench/notes.mjs", &[])
}

/// Measures what a talk of many notes costs.
pub fn store(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    let kept = kept(workspace)?;
    measure(workspace, "bench/store.mjs", &[("KEPT", kept.as_os_str())])
}

/// Measures how the page loads, so many times.
pub fn page(workspace: &Workspace, runs: u32) -> anyhow::Result<ExitCode> {
    if runs == 0 {
        bail!("nothing can be said of no runs");
    }
    let lighthouse = lighthouse(workspace)?;
    let runs = runs.to_string();
    measure(workspace, "bench/page.mjs", &[("LIGHTHOUSE", lighthouse.as_os_str()), ("RUNS", OsStr::new(&runs))])
}

/// Measures how a file of so many bytes goes from one browser to others, and by other means: these parts of it, or all.
pub fn files(workspace: &Workspace, size: u64, parts: &[&str]) -> anyhow::Result<ExitCode> {
    if size == 0 {
        bail!("nothing can be said of no bytes");
    }
    // What is missing is not measured, and the script says so.
    if !Path::new(SSHD).exists() && !browser::installed_by_apt("openssh-server") {
        say("· There is no sshd and none could be installed");
    }
    let wormhole = workspace.target().join("wormhole");
    if let Err(error) = install_wormhole(&wormhole) {
        say(&format!("· magic-wormhole could not be installed: {error:#}"));
    }
    let size = size.to_string();
    let settings = [("WORMHOLE", wormhole.as_os_str()), ("SIZE", OsStr::new(&size))];
    measure_parts(workspace, "bench/files.mjs", parts, &settings)
}

fn measure(workspace: &Workspace, script: &str, settings: &[(&str, &OsStr)]) -> anyhow::Result<ExitCode> {
    measure_parts(workspace, script, &[], settings)
}

fn measure_parts(
    workspace: &Workspace,
    script: &str,
    parts: &[&str],
    settings: &[(&str, &OsStr)],
) -> anyhow::Result<ExitCode> {
    app_build::run(workspace)?;
    let relay = relay_build::build(workspace)?;
    let browser = browser_tests::prepare(workspace)?;
    let mut driver = browser_tests::driver(workspace, "node", &relay, &browser);
    if !driver
        .arg(script)
        .args(parts)
        .envs(settings.iter().copied())
        .status()
        .context("node cannot be started")?
        .success()
    {
        bail!("the measurement failed (see above)");
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the folder in which Lighthouse is installed. No test needs it, so it is not among what `e2e/` installs.
fn lighthouse(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let folder = workspace.target().join("lighthouse");
    let manifest = folder.join("node_modules/lighthouse/package.json");
    let manifest: Option<Value> = fs::read(manifest).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if manifest.is_some_and(|manifest| manifest["version"] == LIGHTHOUSE) {
        return Ok(folder);
    }
    step(&format!("Installing Lighthouse {LIGHTHOUSE} (npm)"), || {
        fs::create_dir_all(&folder)?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--save-exact", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
        npm.arg(format!("lighthouse@{LIGHTHOUSE}"));
        if !npm.status().context("npm cannot be started; install Node.js with npm")?.success() {
            bail!("npm could not install it (its own words are above). Is there a network?");
        }
        Ok(())
    })?;
    Ok(folder)
}

/// Installs magic-wormhole for Python in a folder of its own, if these versions are not there.
fn install_wormhole(folder: &Path) -> anyhow::Result<()> {
    let versions = WORMHOLE.join(" ");
    let installed = folder.join("installed");
    if fs::read_to_string(&installed).is_ok_and(|what| what == versions) {
        return Ok(());
    }
    step("Installing magic-wormhole (pip)", || {
        let mut python = Command::new("python3");
        python.args(["-m", "venv", "--clear"]).arg(folder);
        if !python.status().context("python3 cannot be started")?.success() {
            bail!("python3 makes no environment (Debian: `apt-get install python3-venv`)");
        }
        let mut pip = Command::new(folder.join("bin/pip"));
        if !pip.args(["install", "--quiet"]).args(WORMHOLE).status().context("pip cannot be started")?.success() {
            bail!("pip failed (its own words are above). Is there a network?");
        }
        Ok(fs::write(&installed, &versions)?)
    })
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
