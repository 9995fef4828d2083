//! How any browser is looked for: named by a variable, on the path, from apt; it counts when it really starts.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::say::{say, step};
use crate::workspace::{is_root, on_path};

/// A cold start on a slow disk takes several seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the browser that the variable names, if it is set. One that does not launch is an error.
pub fn chosen(variable: &str, launches: impl Fn(&Path) -> bool) -> anyhow::Result<Option<PathBuf>> {
    let Some(chosen) = std::env::var_os(variable).map(PathBuf::from) else {
        return Ok(None);
    };
    if launches(&chosen) {
        return Ok(Some(chosen));
    }
    bail!("{variable} names {}, which does not launch", chosen.display())
}

/// Returns the first program with one of these names that launches.
pub fn first_on_path(names: &[&str], launches: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    names.iter().filter_map(|name| on_path(name)).find(|program| launches(program))
}

/// Installs a package where that is allowed, and tells whether it did.
pub fn installed_by_apt(package: &str) -> bool {
    if !is_root() || on_path("apt-get").is_none() {
        return false;
    }
    let installed = step(&format!("Installing {package} by apt-get"), || {
        apt_get(&["update"])?;
        apt_get(&["install", "--yes", package])
    });
    installed.is_ok()
}

fn apt_get(arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").status();
    if status.context("apt-get cannot be started")?.success() {
        return Ok(());
    }
    bail!("apt-get {} failed (its own words are above)", arguments.join(" "))
}

/// Tells whether the command, which has a browser show a page and end, ends well.
pub fn shows_a_page(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let works = command.spawn().is_ok_and(ends_well_in_time);
    if works {
        say(&format!("· {} launches", Path::new(command.get_program()).display()));
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
