//! Which crate may name which: the dependencies of every crate of the workspace against the table of the house.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Each crate and the crates of ours that it may name, in its code, its tests and its build.
const ARROWS: [(&str, &[&str]); 15] = [
    ("wire", &[]),
    ("relay-core", &["wire"]),
    ("relay", &["relay-core", "wire"]),
    ("relay-load", &["wire"]),
    ("relay-fuzz", &["relay-core", "wire"]),
    ("record", &[]),
    ("room", &["record", "wire"]),
    ("talk", &["room", "record", "wire"]),
    ("vault", &[]),
    ("files", &["record", "wire"]),
    ("web", &["talk", "files", "record", "vault", "wire"]),
    ("simulator", &["talk", "room", "record", "vault", "relay-core", "wire", "entropy"]),
    ("modified-client", &["talk", "room", "record", "wire"]),
    ("entropy", &[]),
    ("xtask", &[]),
];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs, it runs this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo writes JSON")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("cargo metadata has a string here")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("cargo metadata has a list here")
}

#[test]
fn every_arrow_between_our_crates_is_in_the_table() {
    let metadata = metadata();
    let table = BTreeMap::from(ARROWS);
    let ours: BTreeSet<&str> = list(&metadata["packages"]).iter().map(|package| text(&package["name"])).collect();
    let listed: BTreeSet<&str> = table.keys().copied().collect();
    assert_eq!(ours, listed, "the crates of the workspace are not those of the table");

    let mut strangers = Vec::new();
    for package in list(&metadata["packages"]) {
        let name = text(&package["name"]);
        for dependency in list(&package["dependencies"]) {
            let named = text(&dependency["name"]);
            // A crate names itself to have a feature of its own in its tests.
            if ours.contains(named) && named != name && !table[name].contains(&named) {
                let kind = dependency["kind"].as_str().unwrap_or("normal");
                strangers.push(format!("{name} → {named} ({kind})"));
            }
        }
    }
    assert!(strangers.is_empty(), "arrows that are not in the table: {}", strangers.join(", "));
}

#[test]
fn only_room_names_openmls() {
    for package in list(&metadata()["packages"]) {
        let name = text(&package["name"]);
        let names_it =
            list(&package["dependencies"]).iter().any(|dependency| text(&dependency["name"]).starts_with("openmls"));
        assert!(!names_it || name == "room", "{name} names openmls; only room may");
    }
}
