//! The app's files, read once and answered from memory.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use bytes::Bytes;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, StatusCode};
use sha2::{Digest, Sha256};

use crate::answers::{Answer, not_allowed, not_found, whole};

/// Most bytes an app may have, compressed copies included: it is kept in memory.
pub const APP_BYTES: u64 = 128 * 1024 * 1024;

/// Every file of a built app, by the path of its address.
///
/// Only what was in the folder at the start is ever served: no address is turned into a file name.
pub struct AppFiles(BTreeMap<String, File>);

struct File {
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
    content_type: &'static str,
    cache_control: &'static str,
    /// Names the content, by which a browser asks whether it has changed: RFC 9110 section 8.8.3.
    tag: String,
}

impl AppFiles {
    /// Reads a folder and the folders in it; `NAME.br` and `NAME.gz` beside `NAME` are its compressed
    /// copies. `index.html` is also the answer for `/`. Symbolic links are not followed.
    ///
    /// # Errors
    ///
    /// When something cannot be read, when there is no `index.html`, and above [`APP_BYTES`].
    pub fn read(folder: &Path) -> io::Result<AppFiles> {
        let mut contents = BTreeMap::new();
        read_folder(folder, "/", &mut 0, &mut contents)?;
        if !contents.contains_key("/index.html") {
            return Err(io::Error::other("there is no index.html in it"));
        }
        let mut files = BTreeMap::new();
        for (address, plain) in &contents {
            if original(address).is_some_and(|original| contents.contains_key(original)) {
                continue;
            }
            let copy = |suffix| contents.get(&format!("{address}{suffix}")).cloned();
            let file = File {
                plain: plain.clone(),
                brotli: copy(".br"),
                gzip: copy(".gz"),
                content_type: content_type(address),
                cache_control: cache_control(address),
                tag: tag(plain),
            };
            files.insert(address.clone(), file);
        }
        Ok(AppFiles(files))
    }

    /// Answers a request for an address.
    pub(crate) fn answer(&self, method: &Method, address: &str, headers: &HeaderMap) -> Answer {
        if method != Method::GET && method != Method::HEAD {
            return not_allowed("GET, HEAD");
        }
        let address = if address == "/" { "/index.html" } else { address };
        let Some(file) = self.0.get(address) else { return not_found() };
        let (content, coding) = match (&file.brotli, &file.gzip) {
            (Some(brotli), _) if accepts(headers, "br") => (brotli, Some("br")),
            (_, Some(gzip)) if accepts(headers, "gzip") => (gzip, Some("gzip")),
            (_, _) => (&file.plain, None),
        };
        // Weak, because each coding has other bytes.
        let tag = format!("W/\"{}\"", file.tag);
        let mut answer = if has(headers, &tag) {
            whole(StatusCode::NOT_MODIFIED, Bytes::new())
        } else {
            whole(StatusCode::OK, content.clone())
        };
        let is_whole = answer.status() == StatusCode::OK;
        let headers = answer.headers_mut();
        if is_whole {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
            if let Some(coding) = coding {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            }
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(file.cache_control));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        answer
    }
}

fn tag(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// Says whether the browser has this content already, RFC 9110 section 13.1.2.
fn has(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|known| {
        let known = known.trim();
        known == "*" || known.trim_start_matches("W/") == tag.trim_start_matches("W/")
    })
}

fn read_folder(
    folder: &Path,
    address: &str,
    bytes_read: &mut u64,
    contents: &mut BTreeMap<String, Bytes>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            read_folder(&entry.path(), &format!("{address}{name}/"), bytes_read, contents)?;
        } else if kind.is_file() {
            *bytes_read += entry.metadata()?.len();
            if *bytes_read > APP_BYTES {
                return Err(io::Error::other("it holds more than an app should"));
            }
            contents.insert(format!("{address}{name}"), fs::read(entry.path())?.into());
        }
    }
    Ok(())
}

fn original(address: &str) -> Option<&str> {
    address.strip_suffix(".br").or_else(|| address.strip_suffix(".gz"))
}

/// Files under `/assets/` carry a hash of their content in their name and never change; what is found
/// by a fixed name must be asked for again.
fn cache_control(address: &str) -> &'static str {
    if address.starts_with("/assets/") { "public, max-age=31536000, immutable" } else { "no-cache" }
}

fn content_type(address: &str) -> &'static str {
    match address.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// Says whether Accept-Encoding names a coding with a weight above zero, RFC 9110 section 12.5.3.
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|choice| {
        let mut parts = choice.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        named && weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(encodings: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(encodings))])
    }

    #[test]
    fn a_coding_is_accepted_when_it_is_named_with_a_weight_above_zero() {
        for yes in ["br", "gzip, deflate, br", "gzip;q=0.5, BR ; q=0.1", "br;q=1.0"] {
            assert!(accepts(&asking(yes), "br"), "{yes}");
        }
        for no in ["", "gzip", "br;q=0", "br; q=0.0", "brotli", "br;q=x"] {
            assert!(!accepts(&asking(no), "br"), "{no}");
        }
    }

    #[test]
    fn only_hashed_files_are_kept_for_ever() {
        assert!(cache_control("/assets/web.0123456789abcdef.wasm").contains("immutable"));
        for fixed in ["/index.html", "/sw.js", "/boot.js", "/manifest.webmanifest"] {
            assert_eq!(cache_control(fixed), "no-cache", "{fixed}");
        }
    }
}
