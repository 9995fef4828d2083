//! The app's files and the headers around them.

#[expect(dead_code, reason = "WebSockets are for the other files")]
mod running;

use std::fs;
use std::path::PathBuf;

use relay::{AppFiles, Config};
use running::{Running, ask};

/// A built app in a folder that goes when the test does.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        drop(fs::remove_dir_all(&path));
        fs::create_dir_all(path.join("assets")).expect("a folder can be made");
        let write = |name: &str, content: &str| fs::write(path.join(name), content).expect("a file can be written");
        write("index.html", "the page");
        write("index.html.br", "the page in brotli");
        write("sw.js", "the service worker");
        write("assets/web.0123456789abcdef.wasm", "wasm");
        write("assets/web.0123456789abcdef.wasm.br", "wasm in brotli");
        write("assets/web.0123456789abcdef.wasm.gz", "wasm in gzip");
        write("assets/web.0123456789abcdef.js", "script");
        write("assets/style.0123456789abcdef.css", "style");
        write("manifest.webmanifest", "{}");
        fs::write(path.with_extension("secret"), "not the app's").expect("a file can be written");
        Folder(path)
    }

    fn config(&self) -> Config {
        Config { app: Some(AppFiles::read(&self.0).expect("the app can be read")), ..Config::default() }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
        drop(fs::remove_file(self.0.with_extension("secret")));
    }
}

const WASM: &str = "/assets/web.0123456789abcdef.wasm";

#[tokio::test]
async fn every_answer_carries_the_whole_header_set() {
    let folder = Folder::new("headers");
    let relay = Running::start(folder.config()).await;
    for (method, path, status) in [
        ("GET", "/", 200),
        ("GET", "/sw.js", 200),
        ("GET", WASM, 200),
        ("HEAD", "/", 200),
        ("GET", "/nowhere", 404),
        ("POST", "/", 405),
        ("POST", "/v1/relay", 405),
        ("GET", "/v1/relay", 426),
        // The operator's questions have an address of their own.
        ("GET", "/live", 404),
        ("GET", "/metrics", 404),
    ] {
        let answer = ask(relay.address, method, path, "").await;
        assert_eq!(answer.status, status, "{method} {path}");
        let csp = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; \
                   font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
                   form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
                   trusted-types default";
        for (name, value) in [
            ("content-security-policy", csp),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-embedder-policy", "require-corp"),
            ("cross-origin-resource-policy", "same-origin"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("permissions-policy", "camera=(self), microphone=(), geolocation=()"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name} of {method} {path}");
        }
        assert_eq!(answer.header("strict-transport-security"), None);
    }
}

#[tokio::test]
async fn strict_transport_security_is_said_behind_https_only() {
    let folder = Folder::new("hsts");
    let relay = Running::start(folder.config()).await;
    let answer = ask(relay.address, "GET", "/", "x-forwarded-proto: https\r\n").await;
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
}

#[tokio::test]
async fn the_page_is_asked_for_again_and_hashed_files_are_kept() {
    let folder = Folder::new("caching");
    let relay = Running::start(folder.config()).await;
    for path in ["/", "/index.html", "/sw.js", "/manifest.webmanifest"] {
        assert_eq!(ask(relay.address, "GET", path, "").await.header("cache-control"), Some("no-cache"), "{path}");
    }
    let hashed = ask(relay.address, "GET", WASM, "").await;
    assert_eq!(hashed.header("cache-control"), Some("public, max-age=31536000, immutable"));
}

#[tokio::test]
async fn types_are_those_a_browser_insists_on() {
    let folder = Folder::new("types");
    let relay = Running::start(folder.config()).await;
    for (path, expected) in [
        ("/", "text/html; charset=utf-8"),
        (WASM, "application/wasm"),
        ("/assets/web.0123456789abcdef.js", "text/javascript; charset=utf-8"),
        ("/assets/style.0123456789abcdef.css", "text/css; charset=utf-8"),
        ("/manifest.webmanifest", "application/manifest+json"),
    ] {
        assert_eq!(ask(relay.address, "GET", path, "").await.header("content-type"), Some(expected), "{path}");
    }
}

#[tokio::test]
async fn compressed_copies_are_picked_by_accept_encoding() {
    let folder = Folder::new("encodings");
    let relay = Running::start(folder.config()).await;
    for (path, accepted, encoding, body) in [
        (WASM, "gzip, deflate, br", Some("br"), "wasm in brotli"),
        (WASM, "gzip", Some("gzip"), "wasm in gzip"),
        (WASM, "br;q=0, gzip", Some("gzip"), "wasm in gzip"),
        (WASM, "identity", None, "wasm"),
        ("/", "br", Some("br"), "the page in brotli"),
        ("/sw.js", "br, gzip", None, "the service worker"),
    ] {
        let answer = ask(relay.address, "GET", path, &format!("accept-encoding: {accepted}\r\n")).await;
        assert_eq!(answer.header("content-encoding"), encoding, "{path} for {accepted}");
        assert_eq!(String::from_utf8_lossy(&answer.body), body, "{path} for {accepted}");
        assert_eq!(answer.header("vary"), Some("accept-encoding"));
    }
    assert_eq!(ask(relay.address, "GET", "/assets/web.0123456789abcdef.wasm.br", "").await.status, 404);
}

#[tokio::test]
async fn nothing_outside_the_app_can_be_reached() {
    let folder = Folder::new("traversal");
    let relay = Running::start(folder.config()).await;
    for path in [
        "/../traversal.secret",
        "/assets/../../traversal.secret",
        "/..%2ftraversal.secret",
        "/%2e%2e/traversal.secret",
        "//etc/passwd",
        "/assets",
        "/assets/",
        "/index.html/",
    ] {
        let answer = ask(relay.address, "GET", path, "").await;
        assert_eq!(
            (answer.status, String::from_utf8_lossy(&answer.body).contains("not the app's")),
            (404, false),
            "{path}"
        );
    }
}

#[tokio::test]
async fn head_gives_the_headers_without_the_body() {
    let folder = Folder::new("head");
    let relay = Running::start(folder.config()).await;
    let answer = ask(relay.address, "HEAD", "/", "").await;
    assert_eq!((answer.header("content-length"), answer.body.len()), (Some("8"), 0));
}

#[tokio::test]
async fn a_relay_without_an_app_serves_none() {
    let relay = Running::start(Config::default()).await;
    assert_eq!(ask(relay.address, "GET", "/", "").await.status, 404);
    assert_eq!(ask(relay.address, "GET", "/", "").await.status, 404);
}

#[test]
fn a_folder_without_a_page_is_no_app() {
    let folder = Folder::new("no_page");
    fs::remove_file(folder.0.join("index.html")).expect("it was there");
    assert!(AppFiles::read(&folder.0).is_err());
    assert!(AppFiles::read(&folder.0.join("missing")).is_err());
}

#[tokio::test]
async fn a_browser_that_has_a_file_is_not_sent_it_again() {
    let folder = Folder::new("tags");
    let relay = Running::start(folder.config()).await;
    let first = ask(relay.address, "GET", "/", "accept-encoding: br\r\n").await;
    let tag = first.header("etag").expect("a tag").to_owned();
    let again = ask(relay.address, "GET", "/", &format!("if-none-match: {tag}\r\n")).await;
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, Some(&*tag)));
    assert_eq!(again.header("cache-control"), Some("no-cache"));
    for other in ["\"other\"", "", "W/\"0\", x"] {
        let whole = ask(relay.address, "GET", "/", &format!("if-none-match: {other}\r\n")).await;
        assert_eq!((whole.status, &*whole.body), (200, &b"the page"[..]), "{other}");
    }
    let among = ask(relay.address, "GET", "/", &format!("if-none-match: \"a\", {tag}\r\n")).await;
    assert_eq!(among.status, 304);
    assert_ne!(ask(relay.address, "GET", "/sw.js", "").await.header("etag"), Some(&*tag));
}
