//! `cargo xtask pictures`: what the screens look like, and the pictures in the README and in the manifest.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use crate::browser_tests::Programs;
use crate::say::say;
use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{app_build, browser_tests, relay_build};

/// The pictures in the manifest, by their names in `static/screenshots`.
const SCREENSHOTS: [&str; 3] = ["table.webp", "note.webp", "door.webp"];

/// Takes all pictures into `target/pictures` and refreshes those that are shown to people.
pub fn run(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    app_build::run(workspace)?;
    let relay = relay_build::build(workspace)?;
    let browser = browser_tests::prepare(workspace)?;
    let mut tally = Tally::default();
    // No picture is of several relays.
    let programs = Programs { relay: &relay, browser: &browser, firefox: None, nats_server: Path::new("") };
    browser_tests::run(workspace, &programs, &["pictures".to_owned()], &mut tally)?;
    let taken = workspace.target().join("pictures");
    refresh(&taken.join("talk-light.png"), &workspace.e2e().join("pictures/talk.png"))?;
    for name in SCREENSHOTS {
        refresh(&taken.join(name), &workspace.root().join("static/screenshots").join(name))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn refresh(taken: &Path, shown: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(shown.parent().context("a picture is in a folder")?)?;
    fs::copy(taken, shown).with_context(|| format!("{} was not taken", taken.display()))?;
    say(&format!("· {} is new", shown.display()));
    Ok(())
}
