//! The inputs that are kept: what once broke something, and what reaches far.

use std::path::{Path, PathBuf};

fn corpus(target: &str) -> Vec<PathBuf> {
    vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)]
}

#[test]
fn frames_that_are_kept_can_be_read_in_one_way_only() {
    assert!(relay_fuzz::replay(relay_fuzz::frames, &corpus("decode")).expect("the corpus can be read") > 0);
}

#[test]
fn the_relay_keeps_its_promises_in_every_story_that_is_kept() {
    assert!(relay_fuzz::replay(relay_fuzz::core, &corpus("core")).expect("the corpus can be read") > 0);
}
