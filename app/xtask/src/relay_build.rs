//! The relay's release binary.

use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::say::step;
use crate::workspace::Workspace;

/// Builds the relay and returns where its binary is.
pub fn build(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    step("Building the relay (release)", || {
        let status = workspace.cargo().args(["build", "--release", "--package", "relay"]).status();
        if !status.context("cargo cannot be started")?.success() {
            bail!("the relay does not compile (the compiler's own words are above)");
        }
        Ok(workspace.target().join("release/relay"))
    })
}
