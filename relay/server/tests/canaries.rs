//! What the relay's process keeps of what passed through it: its whole memory, read from outside, and all it prints.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

#[expect(dead_code, reason = "these clients have headers and addresses of their own")]
mod running;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::os::unix::fs::FileExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use ed25519_dalek::{Signer, SigningKey};
use futures_util::{SinkExt, StreamExt};
use running::{ask, soon, topic_of};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use wire::{CloseReason, FrameId, FromClient, FromRelay, Limits, proof_bytes};

/// Makes the allocator overwrite what is freed, so that what is found is held. As the relay usually runs, sealed bytes and
/// topics stay in freed memory until it is used again.
const OVERWRITE_FREED: (&str, &str) = ("GLIBC_TUNABLES", "glibc.malloc.perturb=170:glibc.malloc.tcache_count=0");

/// Addresses that nobody else here has. All of 127.0.0.0/8 is this machine.
const ALICE_AT: Ipv4Addr = Ipv4Addr::new(127, 77, 88, 99);
const BEFORE_THE_PROXY: &str = "203.0.113.77";

/// Seeds of the topics: of the people watched, and of those who come after them.
const PLENARY: u8 = 201;
const CAUCUS: u8 = 202;
const NEVER_PROVED: u8 = 203;
const OTHERS: RangeInclusive<u8> = 1..=12;

/// A frame of this number is refused.
const REFUSED_ID: u64 = 0xca9a_7e1d_5eed_f00d;

const PATIENCE: Duration = Duration::from_secs(30);

/// Returns a text that occurs nowhere else in the world.
fn planted(what: &str) -> String {
    let mut random = [0; 12];
    getrandom::fill(&mut random).expect("the system has randomness");
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{what}-{digits}")
}

/// What is looked for, by name. Each is long enough not to be there by chance.
struct Canaries {
    texts: BTreeMap<&'static str, String>,
    bytes: BTreeMap<String, Vec<u8>>,
}

impl Canaries {
    const NAMES: [&str; 14] = [
        "payload",
        "long payload",
        "payload of a stalled reader",
        "payload without proof",
        "payload too large",
        "bytes that are no frame",
        "text",
        "reason of a close",
        "x-forwarded-for",
        "cookie",
        "user-agent",
        "query",
        "path",
        "foreign origin",
    ];

    fn plant() -> Self {
        let mut texts: BTreeMap<_, _> =
            Self::NAMES.iter().map(|name| (*name, planted(&name.replace(' ', "-")))).collect();
        texts.insert("foreign host", format!("{}.example", planted("host")));
        let mut bytes = BTreeMap::new();
        for (name, text) in &texts {
            bytes.insert((*name).to_owned(), text.as_bytes().to_vec());
        }
        for (name, seed) in [("plenary", PLENARY), ("caucus", CAUCUS), ("never proved", NEVER_PROVED)] {
            bytes.insert(format!("topic {name}"), topic_of(seed).0.to_vec());
            bytes.insert(format!("write key {name}"), key_of(seed).verifying_key().to_bytes().to_vec());
        }
        bytes.insert("id of a refused frame".to_owned(), REFUSED_ID.to_be_bytes().to_vec());
        bytes.insert("id of a refused frame, as a number".to_owned(), REFUSED_ID.to_le_bytes().to_vec());
        bytes.insert("address as text".to_owned(), ALICE_AT.to_string().into_bytes());
        bytes.insert("address before the proxy".to_owned(), BEFORE_THE_PROXY.as_bytes().to_vec());
        Canaries { texts, bytes }
    }

    fn text(&self, name: &str) -> &str {
        &self.texts[name]
    }

    /// Returns a payload of this length full of the text.
    fn payload(&self, name: &str, length: usize) -> Bytes {
        self.text(name).bytes().chain(*b" ").cycle().take(length).collect::<Vec<u8>>().into()
    }

    /// Looks for what a connection has besides: addresses as the system has them, challenges and proofs.
    fn look_for(&mut self, name: &str, bytes: &[u8]) {
        self.bytes.insert(name.to_owned(), bytes.to_vec());
    }

    /// Returns how often each occurs; none that does not.
    fn count(&self, haystacks: &[Vec<u8>]) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for (name, needle) in &self.bytes {
            let count: usize = haystacks.iter().map(|haystack| occurrences(haystack, needle)).sum();
            if count > 0 {
                counts.insert(name.as_str(), count);
            }
        }
        counts
    }
}

fn occurrences(haystack: &[u8], needle: &[u8]) -> usize {
    let (first, last) = (needle[0], needle.len() - 1);
    let possible = haystack.len().saturating_sub(last);
    let begins = haystack[..possible].iter().enumerate().filter(|(_, byte)| **byte == first);
    begins.filter(|(at, _)| &haystack[*at..=at + last] == needle).count()
}

fn key_of(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// A relay as its own process, killed with the test.
struct Process {
    child: Child,
    address: SocketAddr,
    first_line: String,
    stdout: BufReader<ChildStdout>,
}

impl Process {
    fn start_overwriting_what_is_freed() -> Process {
        let (name, value) = OVERWRITE_FREED;
        let mut child = Command::new(env!("CARGO_BIN_EXE_relay"))
            .args(["--listen", "127.0.0.1:0"])
            .env(name, value)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the relay can be started");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut first_line = String::new();
        stdout.read_line(&mut first_line).expect("the relay says where it listens");
        let port = first_line.trim_end().rsplit(':').next().and_then(|port| port.parse().ok());
        let address = SocketAddr::from(([127, 0, 0, 1], port.expect("a port")));
        Process { child, address, first_line, stdout }
    }

    /// Returns the bytes of every mapping that can be read, all of one moment.
    fn memory(&self) -> Vec<Vec<u8>> {
        let folder = format!("/proc/{}", self.child.id());
        self.signal("STOP");
        let stopped = |status: String| status.lines().any(|line| line.starts_with("State:\tT"));
        let begin = Instant::now();
        while !stopped(fs::read_to_string(format!("{folder}/status")).expect("it runs")) {
            assert!(begin.elapsed() < PATIENCE, "it does not stop");
            std::thread::yield_now();
        }
        let maps = fs::read_to_string(format!("{folder}/maps")).expect("Linux shows a parent the memory of its child");
        let memory = File::open(format!("{folder}/mem")).expect("Linux shows a parent the memory of its child");
        let mut mappings = Vec::new();
        // The kernel's own pages cannot be read.
        for line in maps.lines().filter(|line| !line.contains("[vvar") && !line.contains("[vsyscall")) {
            let mut words = line.split(' ');
            let (Some(range), Some(rights)) = (words.next(), words.next()) else { panic!("no mapping: {line}") };
            if rights.starts_with('r') {
                let (begin, end) = range.split_once('-').expect("a range");
                let [begin, end] = [begin, end].map(|at| u64::from_str_radix(at, 16).expect("an address"));
                let mut bytes = vec![0; usize::try_from(end - begin).expect("64 bits")];
                memory.read_exact_at(&mut bytes, begin).unwrap_or_else(|error| panic!("{line}: {error}"));
                mappings.push(bytes);
            }
        }
        self.signal("CONT");
        mappings
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.expect("kill can be run").success());
    }

    /// Ends the relay, and returns everything it ever printed.
    fn end(mut self) -> Vec<u8> {
        self.signal("TERM");
        let mut printed = std::mem::take(&mut self.first_line).into_bytes();
        self.stdout.read_to_end(&mut printed).expect("its output can be read");
        let mut stderr = self.child.stderr.take().expect("it is piped");
        stderr.read_to_end(&mut printed).expect("its output can be read");
        printed
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Somebody at the relay.
struct Guest {
    socket: WebSocketStream<TcpStream>,
    host: String,
    challenge: [u8; 32],
}

impl Guest {
    /// Connects from an address and with headers; an error when there is no WebSocket to be had.
    async fn connect(
        relay: SocketAddr,
        from: Ipv4Addr,
        headers: &[(&'static str, &str)],
        query: &str,
    ) -> Result<Guest, Error> {
        let mut request = format!("ws://{relay}/v1/relay{query}").into_client_request().expect("an address");
        for (name, value) in headers {
            let value = HeaderValue::from_str(value).expect("a header");
            request.headers_mut().insert(HeaderName::from_static(name), value);
        }
        let tcp = TcpSocket::new_v4().expect("a socket");
        tcp.set_recv_buffer_size(16 * 1024).expect("a size");
        tcp.bind((IpAddr::V4(from), 0).into()).expect("an address of this machine");
        let stream = soon("the connection", tcp.connect(relay)).await.map_err(Error::Io)?;
        let (socket, _) = soon("the handshake", client_async(request, stream)).await?;
        let mut guest = Guest { socket, host: relay.to_string(), challenge: [0; 32] };
        let FromRelay::Hello { challenge, limits: Limits { .. } } = guest.next().await else { panic!("no Hello") };
        guest.challenge = challenge;
        Ok(guest)
    }

    async fn send_message(&mut self, message: Message) {
        soon("room to send", self.socket.send(message)).await.expect("the relay is there");
    }

    async fn send(&mut self, frame: FromClient) {
        self.send_message(Message::Binary(frame.encode())).await;
    }

    async fn subscribe(&mut self, seed: u8) {
        self.send(FromClient::Subscribe { topic: topic_of(seed) }).await;
    }

    /// Returns the signature, too.
    async fn prove(&mut self, seed: u8, host: &str) -> [u8; 64] {
        let (key, topic) = (key_of(seed), topic_of(seed));
        let signature = key.sign(&proof_bytes(host, &self.challenge, &topic)).to_bytes();
        self.send(FromClient::Prove { topic, write_key: key.verifying_key().to_bytes(), signature }).await;
        signature
    }

    async fn publish(&mut self, seed: u8, id: u64, payload: Bytes) {
        self.send(FromClient::Publish { topic: topic_of(seed), id: FrameId(id), payload }).await;
    }

    async fn next(&mut self) -> FromRelay {
        loop {
            match soon("a frame", self.socket.next()).await {
                Some(Ok(Message::Binary(bytes))) => {
                    return FromRelay::decode(bytes).expect("the relay keeps to the wire");
                }
                Some(Ok(Message::Ping(_))) => {}
                other => panic!("no frame but {other:?}"),
            }
        }
    }

    /// Waits until the relay has handled everything sent so far.
    async fn catch_up(&mut self) {
        self.send(FromClient::Ping).await;
        while self.next().await != FromRelay::Pong {}
    }

    /// Reads until the relay says why it closes the connection.
    async fn is_closed_for(&mut self, expected: CloseReason) {
        loop {
            if let FromRelay::Close { reason } = self.next().await {
                assert_eq!(reason, expected);
                return;
            }
        }
    }
}

/// Alice, Bob, Carol and Mallory do all that can be done at a relay, and leave. Carol does not read.
async fn everything_happens(process: &Process, canaries: &mut Canaries) {
    let relay = process.address;
    let (query, forwarded) = (format!("?{}", canaries.text("query")), canaries.text("x-forwarded-for").to_owned());
    let agents = [canaries.text("user-agent").to_owned(), canaries.text("cookie").to_owned()];
    let proxied = format!("{BEFORE_THE_PROXY}, {forwarded}");
    let headers = [("x-forwarded-for", &*proxied), ("user-agent", &*agents[0]), ("cookie", &*agents[1])];
    let connect = async || Guest::connect(relay, ALICE_AT, &headers, &query).await.expect("the relay takes them");

    let mut alice = connect().await;
    let mut bob = connect().await;
    let port = alice.socket.get_ref().local_addr().expect("it is connected").port();
    let mut address = 2_u16.to_ne_bytes().to_vec();
    address.extend_from_slice(&port.to_be_bytes());
    address.extend_from_slice(&ALICE_AT.octets());
    canaries.look_for("address of a socket", &address);
    canaries.look_for("challenge", &alice.challenge);

    let host = alice.host.clone();
    for seed in [PLENARY, CAUCUS] {
        let signature = alice.prove(seed, &host).await;
        canaries.look_for(&format!("signature for {seed}"), &signature);
        alice.subscribe(seed).await;
        bob.subscribe(seed).await;
    }
    bob.catch_up().await;
    alice.publish(PLENARY, 1, canaries.payload("payload", 1_000)).await;
    alice.publish(CAUCUS, 2, canaries.payload("long payload", 64 * 1_024)).await;
    for guest in [&mut alice, &mut bob] {
        for _ in 0..2 {
            assert!(matches!(guest.next().await, FromRelay::Deliver { .. }));
        }
    }

    let refusals = [(NEVER_PROVED, "payload without proof", 1_000), (PLENARY, "payload too large", 80_000)];
    for (seed, name, length) in refusals {
        alice.publish(seed, REFUSED_ID, canaries.payload(name, length)).await;
        assert!(matches!(alice.next().await, FromRelay::Refused { .. }));
    }
    turned_away(relay, canaries, &query).await;

    let carol = overtaken(process, canaries, &mut alice, connect().await).await;
    let reason = canaries.text("reason of a close").to_owned();
    let close = CloseFrame { code: 1_000.into(), reason: reason.into() };
    alice.send_message(Message::Close(Some(close))).await;
    while let Some(Ok(_)) = soon("the end", alice.socket.next()).await {}
    drop((bob, carol));
}

/// Mallory breaks the rules in each way, and comes to the wrong door.
async fn turned_away(relay: SocketAddr, canaries: &Canaries, query: &str) {
    let connect = async || Guest::connect(relay, ALICE_AT, &[], query).await.expect("the relay takes them");
    let mut mallory = connect().await;
    mallory.send_message(Message::Binary(canaries.payload("bytes that are no frame", 500))).await;
    mallory.is_closed_for(CloseReason::Malformed).await;
    let mut mallory = connect().await;
    mallory.send_message(Message::Text(canaries.text("text").into())).await;
    mallory.is_closed_for(CloseReason::Malformed).await;
    let mut mallory = connect().await;
    mallory.prove(NEVER_PROVED, canaries.text("foreign host")).await;
    mallory.is_closed_for(CloseReason::BadProof).await;

    let origin = format!("https://{}", canaries.text("foreign origin"));
    for headers in [[("origin", &*origin)], [("host", canaries.text("foreign host"))]] {
        assert!(Guest::connect(relay, ALICE_AT, &headers, query).await.is_err(), "the wrong door is shut");
    }
    let path = format!("/assets/{}{query}", canaries.text("path"));
    let headers = format!("cookie: {}\r\n", canaries.text("cookie"));
    assert_eq!(ask(relay, "GET", &path, &headers).await.status, 404);
}

/// Carol does not read until the relay gives her up. What waits for her meanwhile is in its memory, and is found.
async fn overtaken(process: &Process, canaries: &Canaries, alice: &mut Guest, mut carol: Guest) -> Guest {
    const STALLED: &str = "payload of a stalled reader";
    carol.subscribe(PLENARY).await;
    carol.catch_up().await;
    for id in 0..60 {
        alice.publish(PLENARY, id, canaries.payload(STALLED, 60 * 1_024)).await;
        assert!(matches!(alice.next().await, FromRelay::Deliver { .. }));
    }
    let found = canaries.count(&process.memory());
    assert!(found.contains_key(STALLED) && found.contains_key("topic plenary"), "the search finds nothing: {found:?}");
    // Full once, forgiven; full again, closed.
    for id in 0..160 {
        alice.publish(PLENARY, id, canaries.payload(STALLED, 60 * 1_024)).await;
        assert!(matches!(alice.next().await, FromRelay::Deliver { .. }));
    }
    carol
}

/// A dozen people with a dozen topics come after them, and stay.
///
/// A node of a `BTreeMap` has room for eleven, and keeps what was in a place until the place is taken again: with one person
/// more than that all have been.
async fn life_goes_on(relay: SocketAddr) -> Vec<Guest> {
    let mut others = Vec::new();
    for _ in OTHERS {
        others.push(Guest::connect(relay, Ipv4Addr::LOCALHOST, &[], "").await.expect("the relay takes them"));
    }
    for (other, seed) in others.iter_mut().zip(OTHERS) {
        let host = other.host.clone();
        other.prove(seed, &host).await;
        for topic in OTHERS {
            other.subscribe(topic).await;
        }
        other.catch_up().await;
    }
    for id in 0..50 {
        let length = 1 << (id % 17);
        for (speaker, seed) in OTHERS.enumerate() {
            others[speaker].publish(seed, id, vec![b'.'; length].into()).await;
            for other in &mut others {
                assert!(matches!(other.next().await, FromRelay::Deliver { .. }));
            }
        }
    }
    others
}

#[tokio::test]
async fn nothing_of_those_who_left_is_held_in_memory_and_nothing_is_ever_printed() {
    let process = Process::start_overwriting_what_is_freed();
    let mut canaries = Canaries::plant();
    everything_happens(&process, &mut canaries).await;

    let begin = Instant::now();
    loop {
        let others = life_goes_on(process.address).await;
        let memory = process.memory();
        let present = memory.iter().any(|mapping| occurrences(mapping, &topic_of(*OTHERS.start()).0) > 0);
        assert!(present, "what is held is found");
        drop(others);
        let held = canaries.count(&memory);
        if held.is_empty() {
            break;
        }
        // Who does not read is waited for a while before it is forgotten.
        assert!(begin.elapsed() < PATIENCE, "held after everybody has left: {held:?}");
    }

    let printed = tokio::task::spawn_blocking(|| process.end()).await.expect("it ends");
    assert!(printed.ends_with(b"stopped\n"), "{}", String::from_utf8_lossy(&printed));
    assert_eq!(canaries.count(&[printed]), BTreeMap::new());
}
