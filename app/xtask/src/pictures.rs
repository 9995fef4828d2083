//! `cargo xtask pictures`: what the screens look like, and the picture in the README.

use std::fs;
use std::process::ExitCode;

use anyhow::Context;

use crate::say::say;
use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{app_build, browser_tests, relay_build};

/// Takes all pictures into `target/pictures` and refreshes the one the README shows.
pub fn run(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    app_build::run(workspace)?;
    let relay = relay_build::build(workspace)?;
    let browser = browser_tests::prepare(workspace)?;
    let mut tally = Tally::default();
    browser_tests::run(workspace, &relay, &browser, &["pictures".to_owned()], &mut tally)?;
    let taken = workspace.target().join("pictures/talk-light.png");
    let shown = workspace.e2e().join("pictures/talk.png");
    fs::create_dir_all(workspace.e2e().join("pictures"))?;
    fs::copy(&taken, &shown).with_context(|| format!("{} was not taken", taken.display()))?;
    say(&format!("the README's picture is {}", shown.display()));
    Ok(ExitCode::SUCCESS)
}
