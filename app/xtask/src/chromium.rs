//! A Chromium that really starts: Ubuntu's package of that name, for one, is a stub that does not.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::bail;

use crate::browser;
use crate::say::step;
use crate::workspace::{Workspace, is_root};

const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// Returns the first Chromium that launches, installing one if there is none.
///
/// Looks at `CHROMIUM`, the path, Playwright's own; then asks `apt-get` when root, then Playwright's installer.
pub fn find_or_install(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let launches = |program: &Path| launches(program, workspace);
    if let Some(chosen) = browser::chosen("CHROMIUM", launches)? {
        return Ok(chosen);
    }
    if let Some(found) = browser::first_on_path(&NAMES, launches).or_else(|| playwrights_own(workspace)) {
        return Ok(found);
    }
    if browser::installed_by_apt("chromium")
        && let Some(found) = browser::first_on_path(&NAMES, launches)
    {
        return Ok(found);
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
    let works = browser::shows_a_page(&mut command);
    let _ = std::fs::remove_dir_all(&profile);
    works
}
