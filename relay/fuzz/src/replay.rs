//! A target without libFuzzer: the files it is given, one after the other.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// Runs a target on files and on everything in folders, and returns on how many.
pub fn replay(target: fn(&[u8]), paths: &[PathBuf]) -> anyhow::Result<usize> {
    let mut ran = 0;
    for path in paths {
        for file in files(path)? {
            let bytes = std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            target(&bytes);
            ran += 1;
        }
    }
    Ok(ran)
}

fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = path.read_dir().with_context(|| format!("{} cannot be read", path.display()))?;
    let files: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut files = files.with_context(|| format!("{} cannot be read", path.display()))?;
    files.sort();
    Ok(files)
}
