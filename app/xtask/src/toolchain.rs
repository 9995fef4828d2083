//! What must be on the machine before anything is built, each missing piece said in one sentence.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::say::step;
use crate::workspace::{Workspace, on_path};

/// The target the app is compiled for.
pub const WASM: &str = "wasm32-unknown-unknown";

/// Checks compiler and linker, fetches the crates and adds the wasm target where these are missing.
pub fn prepare(workspace: &Workspace) -> anyhow::Result<()> {
    check_compiler(workspace.rust_version())?;
    check_linker()?;
    fetch_crates(workspace)?;
    add_wasm_target()
}

/// What the compiler says it is.
pub fn compiler() -> anyhow::Result<String> {
    output_of("rustc", &["--version"]).context("rustc cannot be started; install Rust with rustup")
}

/// Where the sources of the standard library are if they are installed, and how the compiler names them if they are not.
pub fn library() -> anyhow::Result<(PathBuf, String)> {
    let sysroot = PathBuf::from(output_of("rustc", &["--print", "sysroot"])?);
    let said = output_of("rustc", &["--version", "--verbose"])?;
    let commit = said.lines().find_map(|line| line.strip_prefix("commit-hash: ")).context("rustc names no commit")?;
    Ok((sysroot.join("lib/rustlib/src/rust"), format!("/rustc/{commit}")))
}

/// Where cargo keeps what it downloads.
pub fn cargo_home() -> anyhow::Result<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo"))).context("there is no home folder")
}

fn check_compiler(wanted: &str) -> anyhow::Result<()> {
    let said = compiler()?;
    let found = said.split_whitespace().nth(1).unwrap_or_default();
    match older(found, wanted) {
        Some(false) => Ok(()),
        Some(true) => {
            bail!(
                "the compiler is too old: this is rustc {found}, Nonpaper needs {wanted} or newer; run `rustup update stable`"
            )
        }
        None => bail!("`rustc --version` says `{said}`, in which no version can be read"),
    }
}

/// Tells whether version `found` comes before `wanted`; `None` if either is no version.
fn older(found: &str, wanted: &str) -> Option<bool> {
    let parts = |version: &str| -> Option<Vec<u32>> {
        let numbers = version.split('-').next()?;
        numbers.split('.').take(2).map(|part| part.parse().ok()).collect()
    };
    Some(parts(found)? < parts(wanted)?)
}

fn check_linker() -> anyhow::Result<()> {
    // A configured linker is the person's own business; rustc's default is cc.
    let configured = std::env::vars_os().any(|(name, _)| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_TARGET_") && name.ends_with("_LINKER")
    });
    if configured || on_path("cc").is_some() {
        return Ok(());
    }
    bail!("there is no C linker (`cc`); on Debian or Ubuntu run `apt-get install gcc`")
}

fn fetch_crates(workspace: &Workspace) -> anyhow::Result<()> {
    let host = host()?;
    // Without the targets, crates for every platform there is would be fetched.
    let fetch = ["fetch", "--target", &host, "--target", WASM];
    let offline = workspace.cargo().args(fetch).args(["--offline", "--quiet"]).stderr(Stdio::null()).status();
    if offline.context("cargo cannot be started")?.success() {
        return Ok(());
    }
    step("Downloading crates", || {
        if workspace.cargo().args(fetch).status()?.success() {
            return Ok(());
        }
        bail!(
            "cargo could not get the crates this build needs (its own words are above). Is there a network? \
             Behind a proxy, set `https_proxy`. Nothing was changed; run the same command again"
        )
    })
}

/// Returns the target the compiler builds for by itself, such as `x86_64-unknown-linux-gnu`.
pub fn host() -> anyhow::Result<String> {
    let said = output_of("rustc", &["--version", "--verbose"])?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc --version --verbose` does not name the host")
}

fn add_wasm_target() -> anyhow::Result<()> {
    let sysroot = output_of("rustc", &["--print", "sysroot"])?;
    let installed = || std::path::Path::new(&sysroot).join("lib/rustlib").join(WASM).join("lib").is_dir();
    if installed() {
        return Ok(());
    }
    if on_path("rustup").is_none() {
        bail!(
            "this compiler has no standard library for {WASM} and there is no rustup to add it; install Rust with rustup"
        );
    }
    step(&format!("Adding the target {WASM}"), || {
        let status = Command::new("rustup").args(["target", "add", WASM]).status()?;
        if status.success() && installed() {
            return Ok(());
        }
        bail!(
            "`rustup target add {WASM}` failed (its own words are above). Is there a network? Then run the same command again"
        )
    })
}

fn output_of(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output =
        Command::new(program).args(arguments).output().with_context(|| format!("`{program}` cannot be started"))?;
    if !output.status.success() {
        bail!("`{program}` says: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::older;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(older("1.90.0", "1.91"), Some(true));
        assert_eq!(older("1.91.0", "1.91"), Some(false));
        assert_eq!(older("1.100.0-nightly", "1.91"), Some(false));
        assert_eq!(older("2.0.0", "1.91"), Some(false));
        assert_eq!(older("unknown", "1.91"), None);
    }
}
