//! A Firefox that really starts. Unlike Chromium it may be missing: then what is tested in it counts as not run.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::browser;
use crate::say::say;
use crate::workspace::Workspace;

/// Ubuntu's `firefox` is a stub that does not start.
const NAMES: [&str; 2] = ["firefox-esr", "firefox"];

/// Returns the first Firefox that launches, from `FIREFOX`, the path, or installed by `apt-get` when root.
pub fn find_or_install(workspace: &Workspace) -> anyhow::Result<Option<PathBuf>> {
    let launches = |program: &Path| launches(program, workspace);
    if let Some(chosen) = browser::chosen("FIREFOX", launches)? {
        return Ok(Some(chosen));
    }
    let mut found = browser::first_on_path(&NAMES, launches);
    if found.is_none() && browser::installed_by_apt("firefox-esr") {
        found = browser::first_on_path(&NAMES, launches);
    }
    if found.is_none() {
        say("· There is no Firefox that launches and none could be installed, so what is tested in it does not run; \
             install one (Debian: `apt-get install firefox-esr`), or name one: FIREFOX=/path/to/firefox cargo xtask test");
    }
    Ok(found)
}

/// Tells whether the program takes a picture of an empty page without a screen.
fn launches(program: &Path, workspace: &Workspace) -> bool {
    let profile = workspace.target().join(format!("firefox-try-{}", std::process::id()));
    let picture = profile.join("picture.png");
    let mut command = Command::new(program);
    command.args(["--headless", "--no-remote", "--profile"]).arg(&profile);
    command.arg("--screenshot").arg(&picture).arg("about:blank");
    let works = std::fs::create_dir_all(&profile).is_ok() && browser::shows_a_page(&mut command) && picture.is_file();
    let _ = std::fs::remove_dir_all(&profile);
    works
}
