//! Whether the app comes out the same, byte for byte, from a copy of the sources in another folder.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::app_build;
use crate::assets::Files;
use crate::workspace::Workspace;

/// Builds the app again elsewhere and compares it with the one in `target/app`. Fails naming what differs.
pub fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let again = workspace.target().join("again");
    let root = again.join("in/another/folder");
    if root.is_dir() {
        fs::remove_dir_all(&root).with_context(|| format!("{} cannot be removed", root.display()))?;
    }
    for name in workspace.sources()? {
        copy(&workspace.root().join(&name), &root.join(&name))?;
    }
    let elsewhere = app_build::publish(&workspace.copy_at(root, again.join("build")), workspace)?;
    let differ = differences(&app_build::published(workspace)?, &elsewhere);
    if !differ.is_empty() {
        bail!("built in another folder, these files come out otherwise: {}", differ.join(", "));
    }
    Ok(())
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
    fn what_is_missing_added_or_changed_is_named() {
        let files = |list: &[(&str, &str)]| {
            list.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect::<Files>()
        };
        let one = files(&[("a", "1"), ("b", "1"), ("c", "1")]);
        assert!(differences(&one, &one).is_empty());
        assert_eq!(differences(&one, &files(&[("a", "1"), ("b", "2"), ("d", "1")])), ["b", "c", "d"]);
    }
}
