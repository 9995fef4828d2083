//! Inputs made by hand: each is wrong in one way.

use std::net::SocketAddr;

use ed25519_dalek::SigningKey;
use wire::{FrameId, FromClient, Topic};

use crate::CANARY;
use crate::running::wires::{BINARY, CLOSE, CONTINUATION, Frame, Line, PING, Seen, TEXT};

/// What becomes of an input.
enum Fate {
    /// An answer with one of these statuses; 0 is the end without an answer.
    Status(&'static [u16]),
    /// The end, when the client ends its side.
    End,
}

use Fate::{End, Status};

/// Sends all inputs, each on a connection of its own, and returns how many there were.
pub async fn send_all(relay: SocketAddr) -> usize {
    let requests = requests(relay);
    let messages = messages();
    let number = requests.len() + messages.len();
    for (name, bytes, fate) in requests {
        let mut line = Line::connect(relay).await;
        line.write(&bytes).await;
        if let Status(wanted) = fate {
            let status = match line.head().await {
                Ok(head) => head.get(9..12).and_then(|status| status.parse().ok()).expect("an answer has a status"),
                Err(seen) => {
                    assert!(matches!(seen, Seen::End | Seen::Reset), "{name}: {seen:?}");
                    0
                }
            };
            assert!(wanted.contains(&status), "{name}: {status} instead of {wanted:?}");
        }
        ends(line, name).await;
        Line::open(relay).await.tear_down();
    }
    for (name, bytes, code) in messages {
        let mut line = Line::open(relay).await;
        let bytes = bytes(&line);
        line.write(&bytes).await;
        if let Some(code) = code {
            let mut seen = line.next().await;
            while let Seen::Told(_) = seen {
                seen = line.next().await;
            }
            assert_eq!(seen, Seen::Close(Some(code)), "{name}");
        }
        ends(line, name).await;
        Line::open(relay).await.tear_down();
    }
    number
}

async fn ends(mut line: Line, name: &str) {
    line.finish().await;
    let seen = line.read_to_end().await;
    assert!(matches!(seen, Seen::End | Seen::Reset), "{name}: {seen:?}");
}

/// Returns what is sent instead of a request, and as one.
fn requests(relay: SocketAddr) -> Vec<(&'static str, Vec<u8>, Fate)> {
    let line = |line: &str| format!("{line}\r\nHost: {relay}\r\nX-Canary: {CANARY}\r\n\r\n").into_bytes();
    let with = |headers: &str| line(&format!("GET /nothing HTTP/1.1\r\n{headers}"));
    let path = |path: &str| line(&format!("GET {path}{CANARY} HTTP/1.1"));
    let upgrade = |headers: &str| {
        line(&format!(
            "GET /v1/relay HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}"
        ))
    };
    let raw = |bytes: &[u8]| [bytes, CANARY.as_bytes(), b"\r\n\r\n"].concat();
    let long = |length: usize| CANARY.repeat(length / CANARY.len());
    let tls_hello = [
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03".as_slice(),
        &[0x5a; 32],
        b"\x20",
        &[0xa5; 32],
        b"\x00\x08\x13\x01\x13\x02\x13\x03\x00\xff\x01\x00\x00\x50",
        CANARY.as_bytes(),
        &[0; 67],
    ]
    .concat();
    vec![
        // What is no HTTP.
        ("nothing", vec![], End),
        ("blank lines", b"\r\n\r\n\r\n\r\n".to_vec(), End),
        ("a word", raw(b"hello "), Status(&[400])),
        ("bytes", raw(b"\x01\x02\x03\xff\xfe\xfd"), Status(&[400, 0])),
        ("NULs", raw(&[0; 100]), Status(&[400, 0])),
        ("a hello of TLS", tls_hello, Status(&[400, 0])),
        ("a hello of SSH", format!("SSH-2.0-{CANARY}\r\n").into_bytes(), Status(&[400, 0])),
        ("a hello of SOCKS", b"\x05\x02\x00\x01".to_vec(), End),
        ("a hello of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), Status(&[400, 505, 0])),
        ("an answer", line("HTTP/1.1 200 OK"), Status(&[400])),
        // Request lines.
        ("a request line without an end", b"GET /nothing HTTP/1.1".to_vec(), End),
        ("a method alone", raw(b"GET"), Status(&[400])),
        ("a method nobody knows", line("BREW /v1/relay HTTP/1.1"), Status(&[400, 405, 501])),
        (
            "a method of 10,000 letters",
            line(&format!("{} / HTTP/1.1", "G".repeat(10_000))),
            Status(&[400, 404, 405, 501]),
        ),
        ("a method with a control character", line("G\x7fT / HTTP/1.1"), Status(&[400])),
        ("a method with a NUL", line("G\0T / HTTP/1.1"), Status(&[400])),
        ("CONNECT", line("CONNECT canary-5b1e9d:443 HTTP/1.1"), Status(&[400, 404, 405])),
        ("OPTIONS of everything", line("OPTIONS * HTTP/1.1"), Status(&[200, 204, 400, 404, 405])),
        ("TRACE", line("TRACE / HTTP/1.1"), Status(&[400, 404, 405, 501])),
        ("two spaces", line("GET  /nothing HTTP/1.1"), Status(&[400])),
        ("a space in the path", line("GET /canary 5b1e9d HTTP/1.1"), Status(&[400])),
        ("no path", line("GET HTTP/1.1"), Status(&[400])),
        ("a version that is none", line("GET /nothing HTTP/canary"), Status(&[400, 505])),
        ("lines that end early", b"GET /nothing HTTP/1.1\nHost: localhost\n\n".to_vec(), Status(&[404, 400])),
        // Paths.
        ("a path upwards", path("/../../../etc/"), Status(&[400, 404])),
        ("a path upwards in percents", path("/%2e%2e/%2e%2e/etc/"), Status(&[400, 404])),
        ("a path upwards in backslashes", path("/..\\..\\"), Status(&[400, 404])),
        ("a percent", path("/%"), Status(&[400, 404])),
        ("percents that are no number", path("/%zz%-1"), Status(&[400, 404])),
        ("a NUL in percents", path("/%00"), Status(&[400, 404])),
        ("no UTF-8 in percents", path("/%ff%fe%c0%80"), Status(&[400, 404])),
        ("percents of percents", path("/%252e%252e%2525"), Status(&[400, 404])),
        ("a NUL in the path", path("/\0"), Status(&[400])),
        ("bytes in the path", [b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n".as_slice()].concat(), Status(&[400, 404])),
        ("nothing but slashes", path("////////"), Status(&[400, 404])),
        ("a query of 10,000 bytes", path(&format!("/nothing?{}", long(10_000))), Status(&[404, 400, 414])),
        ("a path of 100,000 bytes", path(&format!("/{}", long(100_000))), Status(&[400, 414, 431, 0])),
        ("an address without an end", path("http://[::1"), Status(&[400])),
        ("an address of nothing", line("GET http:// HTTP/1.1"), Status(&[400])),
        // Headers.
        ("half a header", format!("GET /nothing HTTP/1.1\r\nX-{CANARY}").into_bytes(), End),
        ("headers without an end", format!("GET /nothing HTTP/1.1\r\nX: {CANARY}\r\n").into_bytes(), End),
        ("a header of 1 MB", with(&format!("X: {}", long(1 << 20))), Status(&[400, 431, 0])),
        ("a name of 100,000 bytes", with(&format!("{}: x", long(100_000))), Status(&[400, 431, 0])),
        ("10,000 headers", with(&vec!["X: canary-5b1e9d"; 10_000].join("\r\n")), Status(&[400, 431, 0])),
        ("a header without a colon", with(CANARY), Status(&[400])),
        ("a header without a name", with(": canary"), Status(&[400])),
        ("a space in a name", with("X Canary: canary"), Status(&[400])),
        ("a NUL in a name", with("X\0Canary: canary"), Status(&[400])),
        ("a NUL in a value", with("X-Canary: \0canary"), Status(&[400])),
        ("a value that goes on", with("X-Canary: one\r\n two"), Status(&[400])),
        ("a length below nothing", with("Content-Length: -1"), Status(&[400])),
        ("a length beyond all", with("Content-Length: 18446744073709551616"), Status(&[400])),
        ("two lengths", with("Content-Length: 1\r\nContent-Length: 2"), Status(&[400])),
        ("a transfer nobody knows", with("Transfer-Encoding: canary"), Status(&[404, 400, 501])),
        ("a length and chunks", with("Content-Length: 5\r\nTransfer-Encoding: chunked"), Status(&[404, 400])),
        (
            "chunks that are none",
            [&line("POST /v1/relay HTTP/1.1\r\nTransfer-Encoding: chunked"), CANARY.as_bytes()].concat(),
            Status(&[400, 405]),
        ),
        // Requests upon requests.
        ("a hundred requests", with("X: x").repeat(100), Status(&[404])),
        ("a request and garbage", [with("X: x"), raw(b"\0\0\0\0")].concat(), Status(&[404])),
        // Requests for a WebSocket.
        ("two hosts", upgrade("Host: canary"), Status(&[400])),
        ("a host of 300 bytes", host(&long(300)), Status(&[400, 421])),
        ("a host with a name before it", host("canary@localhost"), Status(&[400, 421])),
        ("another host", host("canary.example"), Status(&[421])),
        ("a foreign page", upgrade("Origin: https://canary.example"), Status(&[403])),
        ("no page", upgrade("Origin: null"), Status(&[403])),
        ("a page of 10,000 bytes", upgrade(&format!("Origin: https://{}", long(10_000))), Status(&[403, 431])),
        ("garbage before the answer", [upgrade("X: x"), raw(b"\xff\xff")].concat(), Status(&[101])),
        ("half a WebSocket", upgrade("X: x")[..100].to_vec(), End),
    ]
}

fn host(host: &str) -> Vec<u8> {
    format!(
        "GET /v1/relay HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes()
}

/// What is done to a proof that is right.
type Change = fn(&mut Vec<u8>);

/// A name, the bytes for a line, and the close code if there is one.
type Input = (&'static str, Box<dyn Fn(&Line) -> Vec<u8>>, Option<u16>);

/// Returns what is sent once there is a WebSocket, and the code it is closed with.
fn messages() -> Vec<Input> {
    let key = SigningKey::from_bytes(&[0x5b; 32]);
    let topic = Topic::of(&key.verifying_key().to_bytes());
    let other = Topic([0x5b; 32]);
    let publish = FromClient::Publish { topic, id: FrameId(1), payload: CANARY.into() }.encode().to_vec();
    let subscribe = FromClient::Subscribe { topic }.encode().to_vec();
    let canary = CANARY.as_bytes();
    let long_claim = |length: u32| [&publish[..41], &length.to_be_bytes(), canary].concat();

    let raw: [(&'static str, Vec<u8>, Option<u16>); 10] = [
        ("no mask", Frame::new(BINARY, canary).unmasked().bytes(), Some(1002)),
        ("reserved bits", Frame::new(BINARY, canary).reserved(7).bytes(), Some(1002)),
        ("a reserved opcode", Frame::new(0x7, canary).bytes(), Some(1002)),
        ("text", Frame::new(TEXT, canary).bytes(), Some(4000)),
        ("no text", Frame::new(TEXT, [canary, b"\xff"].concat()).bytes(), Some(1007)),
        ("a frame of 4 exabytes", Frame::new(BINARY, canary).says_in_eight(1 << 62).bytes(), Some(1009)),
        ("a close of one byte", Frame::new(CLOSE, [3]).bytes(), Some(1002)),
        ("a request", format!("GET /{CANARY} HTTP/1.1\r\n\r\n").into_bytes(), Some(1002)),
        ("a thousand ones", vec![0xff; 1000], Some(1002)),
        ("a rest of nothing", Frame::new(CONTINUATION, canary).bytes(), Some(1002)),
    ];
    let cut: [(&'static str, Vec<u8>); 5] = [
        ("half a header", vec![0x82]),
        ("half a length", vec![0x82, 0xff, 0, 0, 0]),
        ("half a payload", Frame::new(BINARY, canary).bytes()[..12].to_vec()),
        ("a message without an end", Frame::new(BINARY, canary).unfinished().bytes()),
        ("half a ping", Frame::new(PING, canary).bytes()[..8].to_vec()),
    ];
    let no_frames: [(&'static str, Vec<u8>); 8] = [
        ("nothing", vec![]),
        ("a type nobody knows", [b"\x06", canary].concat()),
        ("a type of the relay", [b"\x82", canary].concat()),
        ("a topic cut short", subscribe[..32].to_vec()),
        ("a topic and more", [&subscribe, canary].concat()),
        ("a length that says too much", long_claim(100)),
        ("a length that says too little", long_claim(3)),
        ("a length that says 4 GiB", long_claim(u32::MAX)),
    ];
    let mut inputs: Vec<Input> = Vec::new();
    for (name, bytes, code) in raw {
        inputs.push((name, Box::new(move |_| bytes.clone()), code));
    }
    for (name, bytes) in cut {
        inputs.push((name, Box::new(move |_| bytes.clone()), None));
    }
    for (name, message) in no_frames {
        inputs.push((name, Box::new(move |_| Frame::new(BINARY, message.clone()).bytes()), Some(4000)));
    }
    // Proofs: of nothing, for another topic, by another key, for another connection, and in part.
    let proof = move |change: Change| {
        let key = key.clone();
        move |line: &Line| {
            let mut message = line.proof(&key).encode().to_vec();
            change(&mut message);
            Frame::new(BINARY, message).bytes()
        }
    };
    let proofs: [(&'static str, Change); 6] = [
        ("a proof for another topic", |message| message[1..33].fill(0x5b)),
        ("a proof by no key", |message| message[33..65].fill(0)),
        ("a proof by a key that is no point", |message| message[33..65].fill(0xff)),
        ("a proof of zeros", |message| message[65..].fill(0)),
        ("a proof of ones", |message| message[65..].fill(0xff)),
        ("a proof with one bit wrong", |message| message[70] ^= 1),
    ];
    for (name, change) in proofs {
        inputs.push((name, Box::new(proof.clone()(change)), Some(4003)));
    }
    inputs.push(("a proof and more", Box::new(proof.clone()(|message| message.push(0x5b))), Some(4000)));
    inputs.push(("a proof cut short", Box::new(proof(|message| message.truncate(128))), Some(4000)));
    // Too much of what is right.
    let ping = Frame::new(BINARY, FromClient::Ping.encode()).bytes();
    inputs.push(("a hundred frames at once", Box::new(move |_| ping.repeat(100)), Some(4029)));
    let large = FromClient::Publish { topic: other, id: FrameId(1), payload: CANARY.repeat(10_500).into() };
    let large = Frame::new(BINARY, large.encode()).bytes();
    inputs.push(("more bytes than a stranger may send", Box::new(move |_| large.clone()), Some(4029)));
    inputs
}
