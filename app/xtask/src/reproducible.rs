//! Whether the app comes out the same, byte for byte, from a copy of the sources in another folder, and names no folder of this machine.
//!
//! Another machine, home or registry is not tried.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::app_build;
use crate::assets::Files;
use crate::toolchain;
use crate::workspace::Workspace;

/// Builds the app again elsewhere and compares it with the one in `target/app`, whose compressed copies are looked into too. Fails
/// naming what differs.
pub fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let published = app_build::published(workspace)?;
    let (library, _) = toolchain::library()?;
    let folders = [workspace.root(), workspace.target(), &library, &toolchain::cargo_home()?];
    if let Some((name, folder)) = published.iter().find_map(|(name, bytes)| Some((name, named(bytes, &folders)?))) {
        bail!("{name} names {}, a folder of this machine", folder.display());
    }
    app_build::check_compressed(workspace, &published)?;
    let again = workspace.target().join("again");
    let root = again.join("in/another/folder");
    if root.is_dir() {
        fs::remove_dir_all(&root).with_context(|| format!("{} cannot be removed", root.display()))?;
    }
    for name in workspace.sources()? {
        copy(&workspace.root().join(&name), &root.join(&name))?;
    }
    let elsewhere = app_build::publish(&workspace.copy_at(root, again.join("build")), workspace)?;
    let differ = differences(&published, &elsewhere);
    if !differ.is_empty() {
        bail!("built in another folder, these files come out otherwise: {}", differ.join(", "));
    }
    Ok(())
}

/// The first of the folders that stands somewhere in the bytes.
fn named<'a>(bytes: &[u8], folders: &[&'a Path]) -> Option<&'a Path> {
    let stands = |folder: &&Path| {
        let wanted = folder.as_os_str().as_encoded_bytes();
        bytes.windows(wanted.len()).any(|window| window == wanted)
    };
    folders.iter().copied().find(stands)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let folder = to.parent().context("a file has a folder")?;
    fs::create_dir_all(folder)?;
    fs::copy(from, to).with_context(|| format!("{} cannot be copied", from.display())).map(drop)
}

/// Files that are not in both, or are not the same.
fn differences(one: &Files, other: &Files) -> Vec<String> {
    let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
    names.filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_the_bytes_is_found() {
        let folders = [Path::new("/home/leyla/talks"), Path::new("/opt/rust")];
        assert_eq!(named(b"at /opt/rust/library/core.rs", &folders), Some(folders[1]));
        assert_eq!(named(b"at /rustc/0123/library/core.rs", &folders), None);
    }

    #[test]
    fn what_is_missing_added_or_changed_is_named() {
        let files = |list: &[(&str, &str)]| {
            list.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect::<Files>()
        };
        let one = files(&[("a", "1"), ("b", "1"), ("c", "1")]);
        assert!(differences(&one, &one).is_empty());
        assert_eq!(differences(&one, &files(&[("a", "1"), ("b", "2"), ("d", "1")])), ["b", "c", "d"]);
    }
}
