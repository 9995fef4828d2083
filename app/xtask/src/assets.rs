//! Names that change with the content, and the `{{name}}` placeholders that stand for them.
//!
//! Every file of `static/` and every file wasm-bindgen made goes to `assets/STEM.HASH.EXT`, which a browser may keep
//! for ever. The few whose address must stay ([`KEEPS_ITS_NAME`]) go to the root and are asked for again each time.
//! In the two that are made last ([`LAST`]), `{{all.hashes}}` stands for all files, `{{kept.hashes}}` and `{{kept.version}}` for those
//! that every browser keeps ([`kept`]).
//! In text files, `{{boot.js}}` becomes the address of that file, `/assets/boot.0123456789abcdef.js`.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// Files that browsers ask for by a fixed address.
const KEEPS_ITS_NAME: [&str; 6] =
    ["index.html", "sw.js", "integrity.json", "manifest.webmanifest", "favicon.ico", "robots.txt"];
/// Files that name all that come before them with their hashes, in this order.
const LAST: [&str; 2] = ["sw.js", "integrity.json"];

/// Where the pictures are that a browser shows when it offers to install the app: it asks for them then, pages never do.
const SCREENSHOTS: &str = "assets/screenshots/";

/// `{{NAME.integrity}}` stands for the hash of that file.
const INTEGRITY: &str = ".integrity";

/// Files by their name in `static/`, or by their address in the app.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Returns the app as it is served: addresses without the leading `/`, placeholders filled in.
pub fn publish(sources: &Files) -> anyhow::Result<Files> {
    // What stands for each placeholder.
    let mut known = BTreeMap::new();
    let mut published = Files::new();
    let mut waiting: Vec<(&String, Vec<u8>)> = Vec::new();
    for (name, bytes) in sources.iter().filter(|(name, _)| !LAST.contains(&name.as_str())) {
        let bytes = if name.ends_with(".html") { without_comments(bytes) } else { bytes.clone() };
        waiting.push((name, bytes));
    }
    // A file's hash covers the names of the files it mentions, so those come first.
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut still_waiting = Vec::new();
        for (name, bytes) in waiting {
            match filled_in(name, &bytes, &known, sources)? {
                Some(bytes) => {
                    let address = address_of(name, &bytes);
                    known.insert(name.clone(), format!("/{address}"));
                    known.insert(format!("{name}{INTEGRITY}"), integrity_of(&bytes));
                    published.insert(address, bytes);
                }
                None => still_waiting.push((name, bytes)),
            }
        }
        if still_waiting.len() == before {
            let names: Vec<&str> = still_waiting.iter().map(|(name, _)| name.as_str()).collect();
            bail!("these files name each other in a circle: {}", names.join(", "));
        }
        waiting = still_waiting;
    }
    for name in LAST {
        if let Some(bytes) = sources.get(name) {
            let text = std::str::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
            published.insert(name.to_owned(), with_hashes(text, &published).into_bytes());
        }
    }
    Ok(published)
}

/// Tells whether a file of this address comes to every browser and is kept there.
pub fn kept(address: &str) -> bool {
    !address.starts_with(SCREENSHOTS)
}

/// Returns the hash of a file as it is written for Subresource Integrity.
fn integrity_of(bytes: &[u8]) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(bytes)))
}

/// Fills in the hashes of the files so far.
fn with_hashes(text: &str, published: &Files) -> String {
    let all = hashes_of(published.iter());
    let kept = hashes_of(published.iter().filter(|(address, _)| kept(address)));
    // Of the worker's own text too: an install of another worker never writes into the cache of the one in use.
    let version = short_hash(format!("{kept}{text}").as_bytes());
    text.replace("{{all.hashes}}", &all).replace("{{kept.hashes}}", &kept).replace("{{kept.version}}", &version)
}

/// Returns hashes by address, written as for Subresource Integrity. `index.html` is named as `/`, its address.
fn hashes_of<'a>(files: impl Iterator<Item = (&'a String, &'a Vec<u8>)>) -> String {
    let line = |(address, bytes): (&String, &Vec<u8>)| {
        let address = if address == "index.html" { "" } else { address };
        format!("  \"/{address}\": \"{}\"", integrity_of(bytes))
    };
    format!("{{\n{}\n}}", files.map(line).collect::<Vec<_>>().join(",\n"))
}

/// Returns the short hash that file names carry: 64 bits of SHA-256.
pub fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn address_of(name: &str, bytes: &[u8]) -> String {
    if KEEPS_ITS_NAME.contains(&name) {
        return name.to_owned();
    }
    let hash = short_hash(bytes);
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("assets/{stem}.{hash}.{extension}"),
        None => format!("assets/{name}.{hash}"),
    }
}

/// Returns the bytes with all placeholders replaced, or `None` while a named file has no address yet.
fn filled_in(
    name: &str,
    bytes: &[u8],
    known: &BTreeMap<String, String>,
    sources: &Files,
) -> anyhow::Result<Option<Vec<u8>>> {
    let may_hold_placeholders = [".html", ".js", ".css", ".webmanifest"].iter().any(|end| name.ends_with(end));
    if !may_hold_placeholders {
        return Ok(Some(bytes.to_vec()));
    }
    let mut rest = std::str::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
    let mut text = String::with_capacity(rest.len());
    while let Some((before, after)) = rest.split_once("{{") {
        let placeholder = after.split_once("}}").filter(|(inside, _)| is_file_name(inside));
        let Some((inside, behind)) = placeholder else {
            // Two braces of ordinary code.
            text.push_str(before);
            text.push_str("{{");
            rest = after;
            continue;
        };
        if !sources.contains_key(inside.strip_suffix(INTEGRITY).unwrap_or(inside)) {
            bail!("{name} names {{{{{inside}}}}}, but there is no such file");
        }
        let Some(value) = known.get(inside) else {
            return Ok(None);
        };
        text.push_str(before);
        text.push_str(value);
        rest = behind;
    }
    text.push_str(rest);
    Ok(Some(text.into_bytes()))
}

fn is_file_name(text: &str) -> bool {
    text.contains('.') && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
}

/// Returns HTML without its comments, which are for those who edit it.
fn without_comments(html: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(html);
    let mut kept = String::new();
    let mut rest = &*text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
    }
    kept.push_str(rest);
    kept.trim_start().as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> Files {
        list.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn address(published: &Files, stem: &str) -> String {
        published.keys().find(|name| name.starts_with(&format!("assets/{stem}."))).expect("published").clone()
    }

    #[test]
    fn placeholders_become_hashed_addresses_in_whatever_order_files_name_each_other() {
        let sources = files(&[
            ("a.js", "import('{{web.js}}')"),
            ("web.js", "export default 1"),
            ("index.html", "<!-- {{name}} stands for an address -->\n<script src={{a.js}}></script>"),
        ]);
        let published = publish(&sources).expect("no circle");
        let web = address(&published, "web");
        let a = address(&published, "a");
        assert_eq!(published[&a], format!("import('/{web}')").into_bytes());
        assert_eq!(published["index.html"], format!("<script src=/{a}></script>").into_bytes());
    }

    #[test]
    fn a_change_in_a_named_file_changes_the_name_of_the_file_that_names_it() {
        let first = publish(&files(&[("a.js", "'{{b.css}}'"), ("b.css", "one")])).expect("no circle");
        let second = publish(&files(&[("a.js", "'{{b.css}}'"), ("b.css", "two")])).expect("no circle");
        assert_ne!(address(&first, "a"), address(&second, "a"));
    }

    #[test]
    fn a_missing_file_and_a_circle_are_errors() {
        assert!(publish(&files(&[("a.js", "{{b.css}}")])).is_err());
        assert!(publish(&files(&[("a.js", "{{b.js}}"), ("b.js", "{{a.js}}")])).is_err());
    }

    #[test]
    fn the_service_worker_names_every_other_file_with_its_hash() {
        let sources =
            [("sw.js", "const FILES = {{kept.hashes}}; // {{kept.version}}"), ("index.html", "<p>"), ("a.css", "one")];
        let one = publish(&files(&sources)).expect("no circle");
        let worker = String::from_utf8(one["sw.js"].clone()).expect("UTF-8");
        assert!(worker.contains(&format!("\"/{}\": \"sha256-", address(&one, "a"))), "{worker}");
        assert!(
            worker.contains("\"/\": \"sha256-") && !worker.contains("sw.js\"") && !worker.contains("{{"),
            "{worker}"
        );
        let other = publish(&files(&[sources[0], ("index.html", "<b>"), sources[2]])).expect("no circle");
        assert_ne!(one["sw.js"], other["sw.js"], "a change of any file is a change of the worker");
    }

    #[test]
    fn screenshots_are_vouched_for_but_not_kept_in_every_browser() {
        let of_picture = |picture| {
            let manifest = ("manifest.webmanifest", "{{screenshots/wide.webp}}");
            let last = [("sw.js", "{{kept.hashes}}"), ("integrity.json", "{{all.hashes}}")];
            publish(&files(&[("screenshots/wide.webp", picture), manifest, last[0], last[1]])).expect("no circle")
        };
        let published = of_picture("one");
        let picture = address(&published, "screenshots/wide");
        let says = |name: &str| String::from_utf8_lossy(&published[name]).into_owned();
        assert_eq!(says("manifest.webmanifest"), format!("/{picture}"));
        assert!(says("integrity.json").contains(&picture));
        assert!(!kept(&picture) && !says("sw.js").contains(&picture), "{}", says("sw.js"));
    }

    #[test]
    fn a_file_can_name_the_hash_of_another() {
        let sources =
            files(&[("a.js", "fetch('{{b.wasm}}', { integrity: '{{b.wasm.integrity}}' })"), ("b.wasm", "one")]);
        let published = publish(&sources).expect("no circle");
        let text = String::from_utf8(published[&address(&published, "a")].clone()).expect("UTF-8");
        assert!(text.contains(&integrity_of(b"one")) && !text.contains("{{"), "{text}");
        assert!(publish(&files(&[("a.js", "{{b.wasm.integrity}}")])).is_err());
    }

    #[test]
    fn braces_of_ordinary_code_stay() {
        let published = publish(&files(&[("a.js", "let x = {{}}; `{{y}}`")])).expect("no circle");
        assert_eq!(published[&address(&published, "a")], b"let x = {{}}; `{{y}}`");
    }
}
