//! The relay's unit for systemd: is it one, and how much does it leave open?

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::browser::installed_by_apt;
use crate::say::say;
use crate::tally::Tally;
use crate::workspace::{Workspace, on_path};

const UNIT: &str = "relay/deploy/relay.service";

/// The most `systemd-analyze security` may find exposed, in tenths; the scale ends at 10.0. What a server with a port
/// needs is 1.1.
const EXPOSURE: u32 = 15;

/// Has systemd read the unit and judge it. Without systemd's own tool, which only systems with systemd have, the check
/// counts as not run.
pub fn check(workspace: &Workspace, tally: &mut Tally) -> anyhow::Result<()> {
    let there = || on_path("systemd-analyze").is_some();
    let judged = there() || (installed_by_apt("systemd") && there());
    if !judged {
        say("· There is no systemd-analyze and none could be installed, so nobody judges the relay's unit; \
             install it (Debian: `apt-get install systemd`)");
        tally.not_run += 1;
        return Ok(());
    }
    verify(workspace)?;
    judge(&workspace.root().join(UNIT))?;
    tally.passed += 1;
    Ok(())
}

/// Every line must be known and make sense. Whether the relay is installed on this machine is not asked.
fn verify(workspace: &Workspace) -> anyhow::Result<()> {
    let unit =
        std::fs::read_to_string(workspace.root().join(UNIT)).with_context(|| format!("{UNIT} cannot be read"))?;
    let folder = workspace.target().join("service-unit");
    let copy = folder.join("relay.service");
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let there = unit.replace("ExecStart=/usr/local/bin/relay ", "ExecStart=/bin/true ");
    if there == unit {
        bail!("{UNIT} does not start /usr/local/bin/relay");
    }
    std::fs::write(&copy, there).with_context(|| format!("{} cannot be written", copy.display()))?;
    let output = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&copy).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    // A line that is not known is only said, and the exit code is 0; so is what is wrong with units of the machine.
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("relay.service")).collect();
    if !output.status.success() || !ours.is_empty() {
        bail!("systemd-analyze verify: {}", said.trim());
    }
    Ok(())
}

fn judge(unit: &Path) -> anyhow::Result<()> {
    let mut security = Command::new("systemd-analyze");
    security.args(["security", "--offline=true", "--no-pager", &format!("--threshold={EXPOSURE}")]).arg(unit);
    let output = security.output().context("systemd-analyze cannot be started")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let overall = said.lines().find_map(|line| line.split_once("Overall exposure level for relay.service: "));
    let Some((_, overall)) = overall else {
        bail!("systemd-analyze does not judge it: {}", String::from_utf8_lossy(&output.stderr).trim());
    };
    say(&format!("· exposure of the relay's unit: {overall}"));
    if !output.status.success() {
        bail!(
            "it may be at most {}.{}; `systemd-analyze security --offline=true {UNIT}`",
            EXPOSURE / 10,
            EXPOSURE % 10
        );
    }
    Ok(())
}
