//! A Chromium that really starts: Ubuntu's package of that name, for one, is a stub that does not.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::say::{say, step};
use crate::workspace::{Workspace, is_root, on_path};

const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/// A cold start on a slow disk takes several seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the first Chromium that launches, installing one if there is none.
///
/// Looks at `CHROMIUM`, the path, Playwright's own; then asks `apt-get` when root, then Playwright's installer.
pub fn find_or_install(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    if let Some(chosen) = std::env::var_os("CHROMIUM").map(PathBuf::from) {
        if launches(&chosen, workspace) {
            return Ok(chosen);
        }
        bail!("CHROMIUM names {}, which does not launch", chosen.display());
    }
    if let Some(found) = on_path_and_launching(workspace).or_else(|| playwrights_own(workspace)) {
        return Ok(found);
    }
    if is_root() && on_path("apt-get").is_some() {
        let installed = step("Installing Chromium by apt-get", || {
            apt_get(&["update"])?;
            apt_get(&["install", "--yes", "chromium"])
        });
        if let Some(found) = installed.ok().and_then(|()| on_path_and_launching(workspace)) {
            return Ok(found);
        }
    }
    let installed = step("Installing Chromium by Playwright's installer", || {
        let mut install = Command::new(workspace.e2e().join("node_modules/.bin/playwright"));
        install.args(["install", "chromium"]).current_dir(workspace.e2e());
        if is_root() {
            install.arg("--with-deps");
        }
        if !install.status()?.success() {
            bail!("the installer failed (its own words are above)");
        }
        Ok(())
    });
    if let Some(found) = installed.ok().and_then(|()| playwrights_own(workspace)) {
        return Ok(found);
    }
    bail!(
        "no Chromium that launches could be found or installed; install one \
         (Debian: `apt-get install chromium`), or name one: CHROMIUM=/path/to/chrome cargo xtask test"
    )
}

fn on_path_and_launching(workspace: &Workspace) -> Option<PathBuf> {
    NAMES.iter().filter_map(|name| on_path(name)).find(|program| launches(program, workspace))
}

fn playwrights_own(workspace: &Workspace) -> Option<PathBuf> {
    let asked = Command::new("node")
        .args(["--input-type=module", "--eval"])
        .arg("import { chromium } from '@playwright/test'; console.log(chromium.executablePath());")
        .current_dir(workspace.e2e())
        .output()
        .ok()?;
    let program = PathBuf::from(String::from_utf8(asked.stdout).ok()?.trim());
    (program.is_file() && launches(&program, workspace)).then_some(program)
}

fn apt_get(arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").status();
    if status.context("apt-get cannot be started")?.success() {
        return Ok(());
    }
    bail!("apt-get {} failed (its own words are above)", arguments.join(" "))
}

/// Tells whether the program shows an empty page without a screen.
fn launches(program: &Path, workspace: &Workspace) -> bool {
    let profile = workspace.target().join(format!("chromium-try-{}", std::process::id()));
    let mut command = Command::new(program);
    command.args(["--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]);
    command.args(["--disable-background-networking", "--disable-component-update"]);
    if is_root() {
        command.arg("--no-sandbox");
    }
    command.arg(format!("--user-data-dir={}", profile.display())).args(["--dump-dom", "about:blank"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let works = command.spawn().is_ok_and(ends_well_in_time);
    let _ = std::fs::remove_dir_all(&profile);
    if works {
        say(&format!("· {} launches", program.display()));
    }
    works
}

fn ends_well_in_time(mut child: Child) -> bool {
    let begin = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if begin.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(50)),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}
