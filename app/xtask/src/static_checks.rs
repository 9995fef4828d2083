//! Formatting, lints, the lock file, and the relay's unit for systemd.

use std::process::Command;

use anyhow::{Context, bail};

use crate::service_unit;
use crate::steps::Run;
use crate::toolchain::{WASM, host};
use crate::workspace::Workspace;

/// Runs all of them.
pub fn run(workspace: &Workspace, run: &mut Run) {
    run.step("formatting", |_| succeed(workspace.cargo().args(["fmt", "--all", "--check"]), "run `cargo fmt --all`"));
    run.step("lints", |_| {
        let mut clippy = workspace.cargo();
        clippy.args(["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]);
        succeed(&mut clippy, "the lints' own words are above")
    });
    run.step("lints of the page as wasm", |_| {
        let mut clippy = workspace.cargo();
        clippy.args(["clippy", "--package", "web", "--target", WASM, "--", "--deny", "warnings"]);
        succeed(&mut clippy, "the lints' own words are above")
    });
    run.step("lock file", |_| {
        let mut fetch = workspace.cargo();
        fetch.args(["fetch", "--locked", "--quiet", "--target", &host()?, "--target", WASM]);
        succeed(&mut fetch, "Cargo.lock does not fit the manifests; build once and commit it")
    });
    run.step("unit of the relay for systemd", |tally| service_unit::check(workspace, tally));
}

fn succeed(command: &mut Command, hint: &str) -> anyhow::Result<()> {
    if command.status().context("cargo cannot be started")?.success() {
        return Ok(());
    }
    bail!("{hint}")
}
