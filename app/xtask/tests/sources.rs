//! What must not be in the sources, looked for as text.

use std::fs;
use std::path::{Path, PathBuf};

/// The longest source file, in lines: a longer one has two subjects.
const LINES: usize = 600;
/// Longer files, each with the reason why its subject is one.
const LONGER_WITH_REASON: [(&str, &str); 0] = [];
/// `boot.js` holds the Trusted Types policy that judges what Leptos renders, so it may name what it judges.
const NAMES_HTML_SINKS_WITH_REASON: [&str; 1] = ["static/boot.js"];
/// The one line that skips tests: those in Firefox, where there is none. What it skips is counted.
const SKIPS_WITH_REASON: &str = "test.skip(!FIREFOX, 'there is no Firefox here');";

struct Source {
    /// Relative to the root, with `/`.
    name: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns all files under the folders whose name ends like one of `ends`, without what tools made.
fn sources(folders: &[&str], ends: &[&str]) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("the folder can be read").path();
            let name = path.strip_prefix(&root).expect("under the root").to_str().expect("UTF-8").replace('\\', "/");
            if path.is_dir() {
                if !["target", "node_modules"].iter().any(|made| path.ends_with(made)) {
                    waiting.push(path);
                }
            } else if ends.iter().any(|end| name.ends_with(end)) {
                found.push(Source { text: fs::read_to_string(&path).expect("a source is UTF-8"), name });
            }
        }
    }
    assert!(!found.is_empty(), "no file to look at in {folders:?}");
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// Returns `file:line: line` for every line the test finds fault with.
fn faults(sources: &[Source], is_fault: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for (number, line) in source.text.lines().enumerate().filter(|(_, line)| is_fault(line)) {
            found.push(format!("{}:{}: {}", source.name, number + 1, line.trim()));
        }
    }
    found
}

/// This file names what it forbids.
fn rust_sources() -> Vec<Source> {
    let mut found = sources(&["app", "relay"], &[".rs"]);
    found.retain(|source| source.name != "app/xtask/tests/sources.rs");
    found
}

#[test]
fn text_never_becomes_html() {
    let sinks = ["inner_html", "innerHTML", "outerHTML", "insertAdjacentHTML", "set_inner_html", "document.write"];
    let mut looked_at = rust_sources();
    looked_at.extend(sources(&["static"], &[".js", ".html"]));
    looked_at.retain(|source| !NAMES_HTML_SINKS_WITH_REASON.contains(&source.name.as_str()));
    let found = faults(&looked_at, |line| sinks.iter().any(|sink| line.contains(sink)));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_boot_script_writes_no_html_itself() {
    let boot = sources(&["static"], &["boot.js"]);
    let found = faults(&boot, |line| {
        ["innerHTML =", "outerHTML =", "insertAdjacentHTML("].iter().any(|sink| line.contains(sink))
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn nothing_is_left_to_do() {
    let found = faults(&rust_sources(), |line| ["todo!(", "unimplemented!("].iter().any(|hole| line.contains(hole)));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_test_is_switched_off() {
    let found = faults(&rust_sources(), |line| line.trim_start().starts_with("#[ignore"));
    assert!(found.is_empty(), "{}", found.join("\n"));
    let browser = sources(&["e2e"], &[".mjs", ".js", ".ts"]);
    let switched_off = ["test.skip", "test.fixme", "test.only", "describe.skip", "describe.only", "waitForTimeout"];
    let found = faults(&browser, |line| {
        line.trim() != SKIPS_WITH_REASON && switched_off.iter().any(|word| line.contains(word))
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_file_has_one_subject() {
    let longer: Vec<String> = rust_sources()
        .iter()
        .filter(|source| source.name.contains("/src/"))
        .map(|source| (source, source.text.lines().count()))
        .filter(|(_, lines)| *lines > LINES)
        .filter(|(source, _)| !LONGER_WITH_REASON.iter().any(|(name, _)| *name == source.name))
        .map(|(source, lines)| format!("{} has {lines} lines", source.name))
        .collect();
    assert!(longer.is_empty(), "{}", longer.join("\n"));
}

#[test]
fn no_module_is_a_drawer_for_anything() {
    let drawers = ["utils", "util", "helpers", "helper", "common", "misc", "manager"];
    let found: Vec<String> = rust_sources()
        .into_iter()
        .map(|source| source.name)
        .filter(|name| name.trim_end_matches(".rs").split('/').any(|part| drawers.contains(&part)))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_style_sheet_has_no_left_and_right() {
    let properties = [
        "left",
        "right",
        "margin-left",
        "margin-right",
        "padding-left",
        "padding-right",
        "border-left",
        "border-right",
        "border-left-color",
        "border-right-color",
        "border-left-width",
        "border-right-width",
        "border-left-style",
        "border-right-style",
        "border-top-left-radius",
        "border-top-right-radius",
        "border-bottom-left-radius",
        "border-bottom-right-radius",
        "scroll-margin-left",
        "scroll-margin-right",
        "scroll-padding-left",
        "scroll-padding-right",
    ];
    let sided = ["text-align", "float", "clear"];
    let found = faults(&sources(&["static"], &[".css"]), |line| {
        // Several declarations may stand in one line, after a brace.
        line.split(['{', ';', '}']).filter_map(|declaration| declaration.split_once(':')).any(|(property, value)| {
            let (property, value) = (property.trim(), value.trim().trim_end_matches("!important").trim());
            properties.contains(&property) || (sided.contains(&property) && ["left", "right"].contains(&value))
        })
    });
    assert!(
        found.is_empty(),
        "the layout mirrors in Farsi and Urdu; use inline-start and inline-end:\n{}",
        found.join("\n")
    );
}
