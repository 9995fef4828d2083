//! `cargo xtask verify URL`: whether a host serves what is built here.

use std::process::{Command, ExitCode};

use anyhow::Context;

use crate::workspace::Workspace;
use crate::{app_build, relay_build};

/// Builds the app and the relay, and has each answer of the host compared with that of the relay. Fails on any difference.
pub fn run(workspace: &Workspace, host: &str) -> anyhow::Result<ExitCode> {
    app_build::run(workspace)?;
    let relay = relay_build::build(workspace)?;
    let mut compare = Command::new("node");
    compare.arg("verify.mjs").arg(host).current_dir(workspace.e2e());
    compare.env("RELAY_BIN", relay).env("APP_DIR", workspace.app());
    let status = compare.status().context("node cannot be started; install Node.js")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
