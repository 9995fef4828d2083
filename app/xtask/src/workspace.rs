//! Where things are, as cargo itself says.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

/// The folders everything else starts from.
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
    rust_version: String,
}

impl Workspace {
    /// Asks cargo for the workspace this program was built from.
    pub fn find() -> anyhow::Result<Self> {
        let output = Command::new(cargo())
            .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .context("cargo cannot be started")?;
        if !output.status.success() {
            bail!("cargo cannot read the workspace: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata is not JSON")?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Ok(Self {
            root: text(&metadata["workspace_root"]).context("no workspace root in cargo metadata")?.into(),
            target: text(&metadata["target_directory"]).context("no target directory in cargo metadata")?.into(),
            rust_version: text(&metadata["packages"][0]["rust_version"])
                .context("no rust-version in cargo metadata")?,
        })
    }

    /// Returns the folder of the root `Cargo.toml`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns cargo's target directory, which `CARGO_TARGET_DIR` may have moved.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Returns where the built app is served from.
    pub fn app(&self) -> PathBuf {
        self.target.join("app")
    }

    /// Returns the browser tests' folder.
    pub fn e2e(&self) -> PathBuf {
        self.root.join("e2e")
    }

    /// Returns the oldest compiler the workspace accepts, such as `1.91`.
    pub fn rust_version(&self) -> &str {
        &self.rust_version
    }

    /// Returns a cargo command that runs in the root.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(cargo());
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// Returns a workspace of the same sources in another folder.
    pub fn copy_at(&self, root: PathBuf, target: PathBuf) -> Self {
        Self { root, target, rust_version: self.rust_version.clone() }
    }

    /// Returns what git says of the workspace; None where there is no git, or no repository.
    pub fn git(&self, words: &[&str]) -> Option<String> {
        let output = Command::new("git").arg("-C").arg(&self.root).args(words).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Returns all files that belong to the sources, also those that git does not know yet.
    pub fn sources(&self) -> anyhow::Result<Vec<PathBuf>> {
        let files = self.git(&["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let files = files.context("git cannot list the sources")?;
        let names = files.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from);
        Ok(names.filter(|name| self.root.join(name).is_file()).collect())
    }
}

/// Returns the cargo that started this program, else the one on the path.
fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

/// Returns the first file called `name` on the path.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Tells whether this is root, whose Chromium needs `--no-sandbox` and who may call `apt-get`.
pub fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
