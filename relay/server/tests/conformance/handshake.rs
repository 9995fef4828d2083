//! The opening handshake, RFC 6455 section 4.2.

use relay::Config;
use tokio::task::{JoinSet, yield_now};
use wire::FromRelay;

use crate::case::ask;
use crate::running::Running;
use crate::running::wires::{ACCEPT, Frame, KEY, Line, Seen};

/// What is done to a request in which nothing is missing.
#[derive(Clone, Copy)]
enum Change {
    /// None at all.
    Nothing,
    /// The request line.
    Begin(&'static str),
    /// A header, by its name, is left out.
    Without(&'static str),
    /// A header has another line, or several.
    Instead(&'static str, &'static str),
    /// Lines are added.
    With(&'static str),
}

use Change::{Begin, Instead, Nothing, With, Without};

const REQUEST_LINE: &str = "GET /v1/relay HTTP/1.1";

/// Requests that must become WebSockets.
const TAKEN: [(&str, Change); 39] = [
    ("as it is", Nothing),
    ("absolute address", Begin("GET http://ADDRESS/v1/relay HTTP/1.1")),
    ("upgrade in lower case", Instead("Upgrade", "upgrade: websocket")),
    ("upgrade in upper case", Instead("Upgrade", "UPGRADE: WEBSOCKET")),
    ("upgrade in both cases", Instead("Upgrade", "Upgrade: WebSocket")),
    ("upgrade without a space", Instead("Upgrade", "Upgrade:websocket")),
    ("upgrade in spaces", Instead("Upgrade", "Upgrade: \t websocket \t ")),
    ("upgrade first of a list", Instead("Upgrade", "Upgrade: websocket, h2c")),
    ("upgrade last of a list", Instead("Upgrade", "Upgrade: h2c,websocket")),
    ("upgrade on the second line", Instead("Upgrade", "Upgrade: h2c\r\nUpgrade: websocket")),
    ("connection in lower case", Instead("Connection", "connection: upgrade")),
    ("connection in upper case", Instead("Connection", "CONNECTION: UPGRADE")),
    ("connection without a space", Instead("Connection", "Connection:Upgrade")),
    ("connection in spaces", Instead("Connection", "Connection: \t Upgrade \t ")),
    ("connection last of two", Instead("Connection", "Connection: keep-alive, Upgrade")),
    ("connection first of two", Instead("Connection", "Connection: Upgrade, keep-alive")),
    ("connection last of two without a space", Instead("Connection", "Connection: keep-alive,upgrade")),
    ("connection in the middle", Instead("Connection", "Connection: keep-alive , Upgrade , x-other")),
    ("connection with empty items", Instead("Connection", "Connection: , Upgrade,,")),
    ("connection on the second line", Instead("Connection", "Connection: keep-alive\r\nConnection: Upgrade")),
    ("version in lower case", Instead("Sec-WebSocket-Version", "sec-websocket-version: 13")),
    ("version without a space", Instead("Sec-WebSocket-Version", "Sec-WebSocket-Version:13")),
    ("version in spaces", Instead("Sec-WebSocket-Version", "Sec-WebSocket-Version: \t 13 \t ")),
    ("key in lower case", Instead("Sec-WebSocket-Key", "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==")),
    ("key in upper case", Instead("Sec-WebSocket-Key", "SEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==")),
    ("key without a space", Instead("Sec-WebSocket-Key", "Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==")),
    ("key in spaces", Instead("Sec-WebSocket-Key", "Sec-WebSocket-Key: \t dGhlIHNhbXBsZSBub25jZQ== \t ")),
    ("host in upper case", Instead("Host", "HOST: ADDRESS")),
    ("one extension", With("Sec-WebSocket-Extensions: permessage-deflate")),
    ("extension with settings", With("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10")),
    ("two extensions", With("Sec-WebSocket-Extensions: permessage-deflate, x-webkit-deflate-frame")),
    ("extensions on two lines", With("Sec-WebSocket-Extensions: a\r\nSec-WebSocket-Extensions: b; c=\"d\"")),
    ("one subprotocol", With("Sec-WebSocket-Protocol: chat")),
    ("two subprotocols", With("Sec-WebSocket-Protocol: chat, superchat")),
    ("subprotocols on two lines", With("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: superchat")),
    ("cookies and a browser's headers", With("Cookie: a=b\r\nUser-Agent: x\r\nPragma: no-cache\r\nAccept: */*")),
    ("an origin of the relay's own", With("Origin: http://ADDRESS")),
    ("a header without a value", With("X-Empty:")),
    ("headers twice", With("Cookie: a=b\r\nCookie: c=d\r\nX-Other: e\r\nx-other: f")),
];

/// Requests that must not, and the statuses that say why.
const REFUSED: [(&str, Change, &[u16]); 49] = [
    ("no upgrade", Without("Upgrade"), &[400, 426]),
    ("empty upgrade", Instead("Upgrade", "Upgrade:"), &[400, 426]),
    ("upgrade to something else", Instead("Upgrade", "Upgrade: h2c"), &[400, 426]),
    ("upgrade to websockets", Instead("Upgrade", "Upgrade: websockets"), &[400, 426]),
    ("upgrade to web socket", Instead("Upgrade", "Upgrade: web socket"), &[400, 426]),
    ("upgrade under another name", Instead("Upgrade", "Upgrades: websocket"), &[400, 426]),
    ("no connection", Without("Connection"), &[400, 426]),
    ("empty connection", Instead("Connection", "Connection:"), &[400, 426]),
    ("connection kept alive", Instead("Connection", "Connection: keep-alive"), &[400, 426]),
    ("connection closed", Instead("Connection", "Connection: close"), &[400, 426]),
    ("connection upgraded", Instead("Connection", "Connection: upgraded"), &[400, 426]),
    ("connection of two words", Instead("Connection", "Connection: keep-alive Upgrade"), &[400, 426]),
    ("no version", Without("Sec-WebSocket-Version"), &[400, 426]),
    ("empty version", Instead("Sec-WebSocket-Version", "Sec-WebSocket-Version:"), &[400, 426]),
    ("version 0", Instead("Sec-WebSocket-Version", "Sec-WebSocket-Version: 0"), &[426]),
    ("version 8", Instead("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"), &[426]),
    ("version 12", Instead("Sec-WebSocket-Version", "Sec-WebSocket-Version: 12"), &[426]),
    ("version 14", Instead("Sec-WebSocket-Version", "Sec-WebSocket-Version: 14"), &[426]),
    ("version 113", Instead("Sec-WebSocket-Version", "Sec-WebSocket-Version: 113"), &[400, 426]),
    ("version 13.0", Instead("Sec-WebSocket-Version", "Sec-WebSocket-Version: 13.0"), &[400, 426]),
    ("version 013", Instead("Sec-WebSocket-Version", "Sec-WebSocket-Version: 013"), &[400, 426]),
    ("version -13", Instead("Sec-WebSocket-Version", "Sec-WebSocket-Version: -13"), &[400, 426]),
    ("version in words", Instead("Sec-WebSocket-Version", "Sec-WebSocket-Version: thirteen"), &[400, 426]),
    ("list of versions", Instead("Sec-WebSocket-Version", "Sec-WebSocket-Version: 13, 8"), &[400, 426]),
    (
        "two versions",
        Instead("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Version: 13"),
        &[400, 426],
    ),
    (
        "version twice",
        Instead("Sec-WebSocket-Version", "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13"),
        &[400, 426],
    ),
    ("no key", Without("Sec-WebSocket-Key"), &[400, 426]),
    ("empty key", Instead("Sec-WebSocket-Key", "Sec-WebSocket-Key:"), &[400, 426]),
    ("key of 15 bytes", Instead("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j"), &[400, 426]),
    ("key of 17 bytes", Instead("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZXM="), &[400, 426]),
    ("key without padding", Instead("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"), &[400, 426]),
    ("half padded key", Instead("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ="), &[400, 426]),
    (
        "key in another alphabet",
        Instead("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhl-HNhbXBs_SBub25jZQ=="),
        &[400, 426],
    ),
    ("key with a space", Instead("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBs SBub25jZQ=="), &[400, 426]),
    ("key of no characters", Instead("Sec-WebSocket-Key", "Sec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!=="), &[400, 426]),
    (
        "two keys",
        Instead(
            "Sec-WebSocket-Key",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        ),
        &[400, 426],
    ),
    (
        "key twice",
        Instead(
            "Sec-WebSocket-Key",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ),
        &[400, 426],
    ),
    ("no host", Without("Host"), &[400]),
    ("two hosts", With("Host: ADDRESS"), &[400]),
    ("POST", Begin("POST /v1/relay HTTP/1.1"), &[400, 405]),
    ("PUT", Begin("PUT /v1/relay HTTP/1.1"), &[400, 405]),
    ("OPTIONS", Begin("OPTIONS /v1/relay HTTP/1.1"), &[400, 405]),
    ("a method in lower case", Begin("get /v1/relay HTTP/1.1"), &[400, 405, 501]),
    ("HTTP/1.0", Begin("GET /v1/relay HTTP/1.0"), &[400, 426, 505]),
    ("HTTP/0.9", Begin("GET /v1/relay HTTP/0.9"), &[400, 426, 505]),
    ("HTTP/2.0", Begin("GET /v1/relay HTTP/2.0"), &[400, 426, 505]),
    ("no version of HTTP", Begin("GET /v1/relay"), &[400, 505]),
    ("another address", Begin("GET /v1/relay/ HTTP/1.1"), &[404]),
    // RFC 9112 section 5.2.
    ("a header that goes on", Instead("Upgrade", "Upgrade:\r\n websocket"), &[400]),
];

fn request(change: Change, host: &str) -> String {
    let begin = if let Begin(begin) = change { begin } else { REQUEST_LINE };
    let mut text = format!("{begin}\r\n");
    let key = format!("Sec-WebSocket-Key: {KEY}");
    for line in ["Host: ADDRESS", "Upgrade: websocket", "Connection: Upgrade", &key, "Sec-WebSocket-Version: 13"] {
        let name = line.split(':').next().unwrap_or_default();
        let line = match change {
            Without(left_out) if left_out == name => continue,
            Instead(changed, lines) if changed == name => lines,
            Nothing | Begin(_) | Without(_) | Instead(..) | With(_) => line,
        };
        text.push_str(line);
        text.push_str("\r\n");
    }
    if let With(lines) = change {
        text.push_str(lines);
        text.push_str("\r\n");
    }
    text.replace("ADDRESS", host) + "\r\n"
}

/// Runs a task for every case and returns how many there were; those that end with a fault are named.
async fn all_pass<F>(cases: impl IntoIterator<Item = F>) -> usize
where
    F: Future<Output = Result<(), String>> + Send + 'static,
{
    let tasks: JoinSet<Result<(), String>> = cases.into_iter().collect();
    let ended = tasks.join_all().await;
    let all = ended.len();
    let mut faults: Vec<String> = ended.into_iter().filter_map(Result::err).collect();
    faults.sort();
    assert!(faults.is_empty(), "{} of {all} cases fail:\n{}", faults.len(), faults.join("\n"));
    all
}

/// Returns the values of a header, names in any case.
fn values<'a>(head: &'a str, name: &str) -> Vec<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
}

fn status(head: &str) -> Option<u16> {
    let rest = head.strip_prefix("HTTP/1.1 ").or_else(|| head.strip_prefix("HTTP/1.0 "))?;
    rest.get(..3)?.parse().ok()
}

async fn is_taken(mut line: Line) -> Result<(), String> {
    let head = line.head().await.map_err(|seen| format!("{seen:?} instead of an answer"))?;
    if status(&head) != Some(101) {
        return Err(format!("not taken: {}", head.lines().next().unwrap_or_default()));
    }
    for (name, wanted) in [
        ("upgrade", vec!["websocket"]),
        ("connection", vec!["upgrade"]),
        ("sec-websocket-accept", vec![ACCEPT]),
        // What was offered is not taken, and what was not asked for is not said.
        ("sec-websocket-extensions", vec![]),
        ("sec-websocket-protocol", vec![]),
        ("content-length", vec![]),
        ("transfer-encoding", vec![]),
    ] {
        let mut found = values(&head, name);
        let lower: Vec<String> = found.iter().map(|value| value.to_ascii_lowercase()).collect();
        if name != "sec-websocket-accept" {
            found = lower.iter().map(String::as_str).collect();
        }
        if found != wanted {
            return Err(format!("{name}: {found:?} instead of {wanted:?}"));
        }
    }
    line.read_hello().await;
    line.write(&ask().bytes()).await;
    let seen = line.next().await;
    if seen != Seen::Told(FromRelay::Pong) {
        return Err(format!("{seen:?} instead of an answer"));
    }
    line.write(&Frame::close(1000, b"").bytes()).await;
    let seen = (line.next().await, line.next().await);
    if seen == (Seen::Close(Some(1000)), Seen::End) { Ok(()) } else { Err(format!("{seen:?} instead of the end")) }
}

async fn is_refused(mut line: Line, text: String, wanted: &[u16]) -> Result<(), String> {
    line.write(text.as_bytes()).await;
    let head = line.head().await.map_err(|seen| format!("{seen:?} instead of an answer"))?;
    let status = status(&head).unwrap_or_default();
    if !wanted.contains(&status) {
        return Err(format!("{status} instead of {wanted:?}"));
    }
    if !values(&head, "sec-websocket-accept").is_empty() {
        return Err("refused and accepted".to_owned());
    }
    // RFC 6455 section 4.4 and RFC 9110 section 15.5.22.
    if status == 426
        && (values(&head, "sec-websocket-version"), values(&head, "upgrade")) != (vec!["13"], vec!["websocket"])
    {
        return Err("426 without the version or the protocol that is wanted".to_owned());
    }
    Ok(())
}

#[tokio::test]
async fn a_request_for_a_websocket_is_taken_however_it_is_written() {
    let relay = Running::start(Config::default()).await;
    let address = relay.address;
    let whole = TAKEN.map(|(name, change)| (name, change, usize::MAX));
    let octets = TAKEN.map(|(name, change)| (name, change, 1));
    let cases = whole.into_iter().chain(octets).map(|(name, change, bytes_each)| async move {
        let mut line = Line::connect(address).await;
        for piece in request(change, &address.to_string()).as_bytes().chunks(bytes_each) {
            line.write(piece).await;
            yield_now().await;
        }
        is_taken(line).await.map_err(|fault| format!("{name} in pieces of {bytes_each}: {fault}"))
    });
    assert_eq!(all_pass(cases).await, 78);
}

#[tokio::test]
async fn a_request_with_something_wrong_is_refused() {
    let relay = Running::start(Config::default()).await;
    let address = relay.address;
    let cases = REFUSED.map(|(name, change, wanted)| async move {
        let line = Line::connect(address).await;
        let text = request(change, &address.to_string());
        is_refused(line, text, wanted).await.map_err(|fault| format!("{name}: {fault}"))
    });
    assert_eq!(all_pass(cases).await, 49);
}
