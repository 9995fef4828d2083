//! What the operator sees and sets: health, metrics, sources, TLS.

#[expect(dead_code, reason = "most of it is for the other files")]
mod running;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use relay::{Config, Tls};
use running::{Client, Introduction, Running, ask, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::Error;

const PLENARY: u8 = 1;

/// Starts a relay that says how it is, and returns where.
async fn with_health(config: Config) -> (Running, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let health = listener.local_addr().expect("it is bound");
    (Running::start(Config { health: Some(listener), ..config }).await, health)
}

async fn metrics(health: SocketAddr) -> String {
    let answer = ask(health, "GET", "/metrics", "").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/plain; version=0.0.4; charset=utf-8")));
    String::from_utf8(answer.body).expect("text")
}

fn value(page: &str, name: &str) -> u64 {
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in:\n{page}"))
}

#[tokio::test]
async fn a_relay_says_that_it_lives_and_is_ready() {
    let core = relay_core::Config { connections: 1, ..relay_core::Config::default() };
    let (relay, health) = with_health(Config { relay: core, ..Config::default() }).await;
    assert_eq!(ask(health, "GET", "/live", "").await.body, b"live\n");
    assert_eq!(ask(health, "GET", "/ready", "").await.status, 200);
    let _alice = Client::connect(relay.address).await;
    assert_eq!(ask(health, "GET", "/live", "").await.status, 200);
    assert_eq!(ask(health, "GET", "/ready", "").await.status, 503);
    assert_eq!(ask(health, "GET", "/", "").await.status, 404);
    assert_eq!(ask(health, "POST", "/live", "").await.status, 405);
}

#[tokio::test]
async fn metrics_count_and_name_nobody() {
    let (relay, health) = with_health(Config::default()).await;
    let mut alice = Client::connect(relay.address).await;
    let mut bob = Client::connect(relay.address).await;
    alice.prove(PLENARY).await;
    alice.publish(PLENARY, 1, "too early for him").await;
    bob.subscribe(PLENARY).await;
    for number in 2..=4 {
        alice.publish(PLENARY, number, "canary").await;
        bob.next().await;
    }
    bob.publish(PLENARY, 5, "refused").await;
    bob.next().await;
    let mut mallory = Client::connect(relay.address).await;
    mallory.prove_for("elsewhere.example", PLENARY).await;
    mallory.read_to_end().await;
    drop(mallory);
    let foreign = Introduction { origin: Some("https://evil.example"), ..Introduction::default() };
    assert!(Client::introduce(relay.address, foreign).await.is_err());

    // The relay learns by and by that Mallory is gone.
    let gone = async {
        while value(&metrics(health).await, "relay_connections") > 2 {
            tokio::task::yield_now().await;
        }
    };
    soon("two connections", gone).await;
    let page = metrics(health).await;
    for (name, expected) in [
        ("relay_connections", 2),
        ("relay_topics", 1),
        ("relay_frame_bytes", 0),
        ("relay_published_total", 4),
        ("relay_delivered_total", 3),
        ("relay_refused_total", 1),
        ("relay_gaps_total", 0),
        ("relay_handshakes_total{result=\"admitted\"}", 3),
        ("relay_handshakes_total{result=\"turned_away\"}", 1),
        ("relay_closed_total{code=\"4003\"}", 1),
        ("relay_closed_total{code=\"4008\"}", 0),
    ] {
        assert_eq!(value(&page, name), expected, "{name}");
    }
    // Every label comes from a list of ours.
    for line in page.lines().filter(|line| line.contains('{')) {
        let (_, label) = line.split_once('{').expect("it is there");
        let known = label.starts_with("result=\"") || label.starts_with("code=\"");
        assert!(known && !line.contains("canary") && !line.contains("example"), "{line}");
    }
}

#[tokio::test]
async fn one_address_behind_a_proxy_has_so_many_connections() {
    let proxy = "127.0.0.1".parse().expect("an address");
    let config = Config { trusted_proxies: vec![proxy], connections_per_source: 2, ..Config::default() };
    let relay = Running::start(config).await;
    let from = |source| Introduction { forwarded_for: Some(source), ..Introduction::default() };
    let mut one = Client::introduce(relay.address, from("203.0.113.7")).await.expect("the first");
    let _two = Client::introduce(relay.address, from("198.51.100.1, 203.0.113.7")).await.expect("the second");
    match Client::introduce(relay.address, from("203.0.113.7")).await.err() {
        Some(Error::Http(answer)) => assert_eq!(answer.status(), 429),
        other => panic!("not turned away but {other:?}"),
    }
    let _other = Client::introduce(relay.address, from("203.0.113.8")).await.expect("of another address");
    one.send_message(tokio_tungstenite::tungstenite::Message::Close(None)).await.expect("the relay is there");
    one.read_to_end().await;
    // Its place is free when the relay has taken note.
    let again = async {
        while Client::introduce(relay.address, from("203.0.113.7")).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    soon("room for another", again).await;
}

#[tokio::test]
async fn the_oldest_of_too_many_idle_sockets_goes_and_clients_stay() {
    let config = Config { visitors: 10, header_time: Duration::from_secs(60), ..Config::default() };
    let relay = Running::start(config).await;
    let mut alice = Client::connect(relay.address).await;
    let mut silent = Vec::new();
    for _ in 0..11 {
        silent.push(TcpStream::connect(relay.address).await.expect("the relay listens"));
    }
    let oldest = &mut silent[0];
    assert_eq!(soon("the end of the oldest", oldest.read(&mut [0])).await.unwrap_or(0), 0);
    let mut bob = Client::connect(relay.address).await;
    alice.catch_up().await;
    bob.catch_up().await;
}

#[tokio::test]
async fn tls_needs_no_proxy() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("tls");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).expect("a file can be written");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("a file can be written");
    assert!(Tls::read(&key, &certificate).is_err());
    assert!(Tls::read(&folder.join("nothing"), &key).is_err());
    let tls = Tls::read(&certificate, &key).expect("they belong together");
    let relay = Running::start(Config { tls: Some(tls), ..Config::default() }).await;

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(made.cert.der().to_vec())).expect("a certificate");
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = TcpStream::connect(relay.address).await.expect("the relay listens");
    let name = ServerName::try_from("localhost").expect("a name");
    let connector = TlsConnector::from(Arc::new(config));
    let mut secure = soon("the handshake", connector.connect(name, tcp)).await.expect("TLS");
    let request = "GET /v1/relay HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    secure.write_all(request.as_bytes()).await.expect("the relay reads");
    let mut answer = Vec::new();
    while !answer.windows(6).any(|six| six == [b'\n', 0x82, 39, 0x81, 0, 1]) {
        let mut bytes = [0; 1024];
        let read = soon("the answer", secure.read(&mut bytes)).await.expect("the relay answers");
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&bytes[..read]);
    }
    let head = String::from_utf8_lossy(&answer).to_lowercase();
    assert!(head.starts_with("http/1.1 101 ") && head.contains("strict-transport-security: max-age="), "{head}");

    // Who speaks no TLS gets no answer, and is gone.
    let mut plain = TcpStream::connect(relay.address).await.expect("the relay listens");
    plain.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("the relay reads");
    let mut said = Vec::new();
    drop(soon("the end", plain.read_to_end(&mut said)).await);
    assert!(!said.starts_with(b"HTTP"));
}

#[tokio::test]
async fn what_is_held_in_memory_goes_to_who_comes_later() {
    let core = relay_core::Config { hold_ms: 60_000, ..relay_core::Config::default() };
    let (relay, health) = with_health(Config { relay: core, ..Config::default() }).await;
    let mut alice = Client::connect(relay.address).await;
    alice.prove(PLENARY).await;
    alice.publish(PLENARY, 1, "before he came").await;
    alice.catch_up().await;
    assert_eq!(value(&metrics(health).await, "relay_held_frames"), 1);
    let mut bob = Client::connect(relay.address).await;
    bob.send(wire::FromClient::Subscribe { topic: running::topic_of(PLENARY) }).await;
    let wire::FromRelay::Deliver { payload, .. } = bob.next().await else { panic!("no delivery") };
    assert_eq!(payload, "before he came");
}
