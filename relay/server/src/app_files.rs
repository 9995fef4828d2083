//! The app's files, read once and answered from memory.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

use axum::body::Body;
use axum::http::header::{self, HeaderMap};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

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
            };
            files.insert(address.clone(), file);
        }
        Ok(AppFiles(files))
    }

    /// Answers a request for an address.
    pub(crate) fn answer(&self, method: &Method, address: &str, headers: &HeaderMap) -> Response {
        if method != Method::GET && method != Method::HEAD {
            return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
        }
        let address = if address == "/" { "/index.html" } else { address };
        let Some(file) = self.0.get(address) else { return not_found() };
        let mut response = match (&file.brotli, &file.gzip) {
            (Some(brotli), _) if accepts(headers, "br") => encoded(brotli, "br"),
            (_, Some(gzip)) if accepts(headers, "gzip") => encoded(gzip, "gzip"),
            (_, _) => Response::new(Body::from(file.plain.clone())),
        };
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(file.content_type));
        headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static(file.cache_control));
        headers.insert(header::VARY, header::HeaderValue::from_static("accept-encoding"));
        response
    }
}

/// Answers a request for something that is not there.
pub(crate) fn not_found() -> Response {
    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], "There is nothing at this address.\n")
        .into_response()
}

fn encoded(bytes: &Bytes, encoding: &'static str) -> Response {
    ([(header::CONTENT_ENCODING, encoding)], Body::from(bytes.clone())).into_response()
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
    use axum::http::HeaderValue;

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
