//! The licences of everything the workspace links, builds or tests with.

use std::process::Command;

use serde_json::Value;

/// What may be in the app, the relay and the tools that build them. `.cargo/deny.toml` has the same list.
///
/// MPL-2.0 covers single files and is here for `hpke-rs`, which OpenMLS links and we do not change.
const ALLOWED: [&str; 11] = [
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "BlueOak-1.0.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "Unicode-3.0",
    "Zlib",
];

/// Tells whether an SPDX expression can be met with what is allowed.
///
/// Reads `OR`, `AND`, `WITH`, brackets, and the old `/` for `OR`. Whoever meets a licence meets it with an exception.
fn allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (verdict, rest) = either(&words);
    verdict && rest.is_empty()
}

fn either<'a, 'b>(words: &'b [&'a str]) -> (bool, &'b [&'a str]) {
    let (mut verdict, mut rest) = both(words);
    while let ["OR", after @ ..] = rest {
        let (other, behind) = both(after);
        (verdict, rest) = (verdict || other, behind);
    }
    (verdict, rest)
}

fn both<'a, 'b>(words: &'b [&'a str]) -> (bool, &'b [&'a str]) {
    let (mut verdict, mut rest) = one(words);
    while let ["AND", after @ ..] = rest {
        let (other, behind) = one(after);
        (verdict, rest) = (verdict && other, behind);
    }
    (verdict, rest)
}

fn one<'a, 'b>(words: &'b [&'a str]) -> (bool, &'b [&'a str]) {
    match words {
        ["(", inside @ ..] => {
            let (verdict, rest) = either(inside);
            match rest {
                [")", behind @ ..] => (verdict, behind),
                _ => (false, &[]),
            }
        }
        [licence, "WITH", _, rest @ ..] | [licence, rest @ ..] => (ALLOWED.contains(licence), rest),
        [] => (false, &[]),
    }
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    assert!(allowed("MIT OR Apache-2.0"));
    assert!(allowed("MIT/GPL-3.0"));
    assert!(allowed("(MIT OR GPL-3.0) AND Unicode-3.0"));
    assert!(allowed("Apache-2.0 WITH LLVM-exception"));
    assert!(!allowed("MIT AND GPL-3.0"));
    assert!(!allowed("GPL-3.0"));
    assert!(!allowed("MIT)"));
    assert!(!allowed(""));
}

/// Returns the packages that building for the platform takes, as cargo has them on this machine.
fn packages(platform: &str) -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--format-version", "1", "--filter-platform", platform])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs, it runs this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    metadata["packages"].as_array().expect("packages are a list").clone()
}

fn host() -> String {
    let output = Command::new("rustc").args(["--version", "--verbose"]).output().expect("rustc runs");
    let said = String::from_utf8(output.stdout).expect("rustc writes UTF-8");
    said.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host").to_owned()
}

#[test]
fn every_dependency_has_a_licence_we_allow() {
    for platform in [host().as_str(), "wasm32-unknown-unknown"] {
        let packages = packages(platform);
        assert!(packages.len() > 20, "cargo metadata lists all dependencies");
        let refused: Vec<String> = packages
            .iter()
            .filter(|package| !package["license"].as_str().is_some_and(allowed))
            .map(|package| format!("{} ({})", package["name"], package["license"]))
            .collect();
        assert!(refused.is_empty(), "licences nobody has agreed to: {}", refused.join(", "));
    }
}

#[test]
fn cargo_deny_is_told_the_same() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.cargo/deny.toml");
    let told = std::fs::read_to_string(path).expect(".cargo/deny.toml is there");
    let quoted: Vec<&str> = told
        .lines()
        .skip_while(|line| *line != "allow = [")
        .skip(1)
        .take_while(|line| *line != "]")
        .filter_map(|line| line.split('"').nth(1))
        .collect();
    assert_eq!(quoted, ALLOWED);
}
