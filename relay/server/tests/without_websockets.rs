//! Frames as server-sent events and posts, for networks that break WebSockets.

#[expect(dead_code, reason = "WebSockets are for the other files")]
mod running;

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use ed25519_dalek::{Signer, SigningKey};
use relay::Config;
use running::{Running, soon, topic_of};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use wire::{CloseReason, FrameId, FromClient, FromRelay, proof_bytes};

const PLENARY: u8 = 1;

/// Somebody who reads events and posts.
struct Somebody {
    address: SocketAddr,
    events: BufReader<TcpStream>,
    session: Vec<u8>,
    challenge: [u8; 32],
}

impl Somebody {
    async fn connect(address: SocketAddr) -> Somebody {
        let mut tcp = TcpStream::connect(address).await.expect("the relay listens");
        let request = format!("GET /v1/events HTTP/1.1\r\nhost: {address}\r\naccept: text/event-stream\r\n\r\n");
        tcp.write_all(request.as_bytes()).await.expect("the relay reads");
        let mut somebody = Somebody { address, events: BufReader::new(tcp), session: Vec::new(), challenge: [0; 32] };
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            soon("the head", somebody.events.read_line(&mut head)).await.expect("text");
        }
        assert!(
            head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("content-type: text/event-stream\r\n"),
            "{head}"
        );
        assert!(head.contains("cache-control: no-store\r\n"));
        assert_eq!(somebody.line().await.as_deref(), Some("event: session"));
        let session = somebody.line().await.expect("the session");
        somebody.session = URL_SAFE_NO_PAD.decode(session.strip_prefix("data: ").expect("data")).expect("base64");
        assert_eq!(somebody.session.len(), 32);
        let Some(FromRelay::Hello { challenge, .. }) = somebody.next().await else { panic!("Hello comes first") };
        Somebody { challenge, ..somebody }
    }

    /// Returns the next line that says something: chunks of HTTP are not looked at.
    async fn line(&mut self) -> Option<String> {
        loop {
            let mut line = String::new();
            if soon("a line", self.events.read_line(&mut line)).await.expect("text") == 0 {
                return None;
            }
            let line = line.trim_end();
            if line == "0" {
                return None;
            }
            let is_length = !line.contains(':');
            if !is_length && line != ":" {
                return Some(line.to_owned());
            }
        }
    }

    async fn next(&mut self) -> Option<FromRelay> {
        let line = self.line().await?;
        let frame = STANDARD.decode(line.strip_prefix("data: ").expect("data")).expect("base64");
        Some(FromRelay::decode(frame.into()).expect("the relay keeps to the wire"))
    }

    fn body(&self, frames: &[FromClient]) -> Vec<u8> {
        let mut body = self.session.clone();
        for frame in frames {
            let bytes = frame.encode();
            body.extend_from_slice(&u32::try_from(bytes.len()).expect("short").to_be_bytes());
            body.extend_from_slice(&bytes);
        }
        body
    }

    /// Posts frames and returns the status.
    async fn post(&self, frames: &[FromClient]) -> u16 {
        post(self.address, &self.body(frames), "").await
    }

    fn proof(&self, seed: u8) -> FromClient {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let topic = topic_of(seed);
        let signature = key.sign(&proof_bytes(&self.address.to_string(), &self.challenge, &topic)).to_bytes();
        FromClient::Prove { topic, write_key: key.verifying_key().to_bytes(), signature }
    }
}

async fn post(address: SocketAddr, body: &[u8], headers: &str) -> u16 {
    let mut tcp = TcpStream::connect(address).await.expect("the relay listens");
    let head = format!(
        "POST /v1/publish HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    );
    tcp.write_all(head.as_bytes()).await.expect("the relay reads");
    // The relay may have answered before it has read all.
    drop(tcp.write_all(body).await);
    let mut answer = Vec::new();
    drop(soon("the answer", tcp.read_to_end(&mut answer)).await);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status: {answer}"))
}

fn subscribe(seed: u8) -> FromClient {
    FromClient::Subscribe { topic: topic_of(seed) }
}

fn publish(seed: u8, id: u64, payload: impl Into<Bytes>) -> FromClient {
    FromClient::Publish { topic: topic_of(seed), id: FrameId(id), payload: payload.into() }
}

fn delivery(sequence: u64, payload: impl Into<Bytes>) -> FromRelay {
    FromRelay::Deliver { topic: topic_of(PLENARY), sequence, payload: payload.into() }
}

#[tokio::test]
async fn frames_go_to_and_fro_without_a_websocket_and_to_those_who_have_one() {
    let relay = Running::start(Config::default()).await;
    let mut alice = Somebody::connect(relay.address).await;
    let mut bob = running::Client::connect(relay.address).await;
    bob.prove(PLENARY).await;
    bob.subscribe(PLENARY).await;
    let proof = alice.proof(PLENARY);
    assert_eq!(alice.post(&[proof, subscribe(PLENARY)]).await, 204);
    assert_eq!(alice.post(&[publish(PLENARY, 1, "Salam"), publish(PLENARY, 2, "Hello")]).await, 204);
    for expected in [delivery(1, "Salam"), delivery(2, "Hello")] {
        assert_eq!(alice.next().await, Some(expected.clone()));
        assert_eq!(bob.next().await, expected);
    }
    let largest = vec![7; 72 * 1024];
    bob.publish(PLENARY, 3, largest.clone()).await;
    assert_eq!(alice.next().await, Some(delivery(3, largest)));
    assert_eq!(alice.post(&[FromClient::Ping]).await, 204);
    assert_eq!(alice.next().await, Some(FromRelay::Pong));
}

#[tokio::test]
async fn a_session_is_over_when_its_events_are() {
    let relay = Running::start(Config::default()).await;
    let alice = Somebody::connect(relay.address).await;
    assert_eq!(alice.post(&[FromClient::Ping]).await, 204);
    let body = alice.body(&[FromClient::Ping]);
    drop(alice);
    // The relay learns of it by and by.
    let gone = async {
        while post(relay.address, &body, "").await != 410 {
            tokio::task::yield_now().await;
        }
    };
    soon("the end of the session", gone).await;
}

#[tokio::test]
async fn what_is_no_post_of_a_session_is_refused() {
    let relay = Running::start(Config::default()).await;
    let alice = Somebody::connect(relay.address).await;
    assert_eq!(post(relay.address, &[], "").await, 400);
    assert_eq!(post(relay.address, &alice.session[..31], "").await, 400);
    assert_eq!(post(relay.address, &[0; 32], "").await, 410);
    assert_eq!(post(relay.address, &[0; 300 * 1024], "").await, 410);
    let mut other = alice.session.clone();
    other[31] ^= 1;
    assert_eq!(post(relay.address, &other, "").await, 410);
    assert_eq!(post(relay.address, &alice.session, "origin: https://evil.example\r\n").await, 403);
    let long = [&alice.session[..], &vec![0; 300 * 1024][..]].concat();
    assert_eq!(post(relay.address, &long, "").await, 413);
    let lies = [&alice.session[..], &[0, 0, 0, 9, 5]].concat();
    assert_eq!(post(relay.address, &lies, "").await, 400);
    let ends_early = [&alice.session[..], &[0, 0]].concat();
    assert_eq!(post(relay.address, &ends_early, "").await, 400);
    assert_eq!(post(relay.address, &alice.session, "").await, 204);
}

#[tokio::test]
async fn bytes_that_are_no_frame_end_the_session_with_its_reason() {
    let relay = Running::start(Config::default()).await;
    let mut mallory = Somebody::connect(relay.address).await;
    let body = [&mallory.session[..], &[0, 0, 0, 1, 0xff]].concat();
    assert_eq!(post(relay.address, &body, "").await, 410);
    assert_eq!(mallory.next().await, Some(FromRelay::Close { reason: CloseReason::Malformed }));
    assert_eq!(mallory.next().await, None);
}

#[tokio::test]
async fn a_session_that_posts_nothing_is_closed_with_4002_and_one_that_does_is_not() {
    let config = Config { ping_every_ms: 200..=300, ..Config::default() };
    let relay = Running::start(config).await;
    let mut alice = Somebody::connect(relay.address).await;
    let mut carol = Somebody::connect(relay.address).await;
    for somebody in [&alice, &carol] {
        assert_eq!(somebody.post(&[subscribe(PLENARY)]).await, 204);
    }
    let lives = async {
        loop {
            assert_eq!(alice.post(&[FromClient::Ping]).await, 204);
            assert_eq!(alice.next().await, Some(FromRelay::Pong));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        () = lives => {}
        last = carol.next() => assert_eq!(last, Some(FromRelay::Close { reason: CloseReason::Silent })),
    }
}

#[tokio::test]
async fn a_page_of_another_origin_gets_no_events() {
    let relay = Running::start(Config::default()).await;
    let answer = running::ask(relay.address, "GET", "/v1/events", "origin: https://evil.example\r\n").await;
    assert_eq!(answer.status, 403);
    assert_eq!(running::ask(relay.address, "POST", "/v1/events", "").await.status, 405);
    assert_eq!(running::ask(relay.address, "GET", "/v1/publish", "").await.status, 405);
}

#[tokio::test]
async fn a_relay_that_stops_says_so_in_events_too() {
    let relay = Running::start(Config::default()).await;
    let mut alice = Somebody::connect(relay.address).await;
    let done = relay.begin_to_stop();
    assert!(matches!(alice.next().await, Some(FromRelay::Drain { .. })));
    assert_eq!(alice.next().await, Some(FromRelay::Close { reason: CloseReason::Restart }));
    assert_eq!(alice.next().await, None);
    soon("the end of the relay", done).await.expect("it does not panic").expect("it ends well");
}

#[tokio::test]
async fn somebody_who_posts_faster_than_anybody_reads_waits_for_its_answer() {
    // Bob does not read; Alice posts more than his queue holds.
    let relay = Running::start(Config::default()).await;
    let alice = Somebody::connect(relay.address).await;
    let small = running::Introduction { receive_buffer: Some(16 * 1024), ..running::Introduction::default() };
    let mut bob = running::Client::introduce(relay.address, small).await.expect("the relay takes him");
    bob.subscribe(PLENARY).await;
    assert_eq!(alice.post(&[alice.proof(PLENARY)]).await, 204);
    let frames: Vec<FromClient> = (0..3).map(|id| publish(PLENARY, id, vec![1; 70 * 1024])).collect();
    let posting = async {
        let mut slowest = Duration::ZERO;
        for _ in 0..40 {
            let started = tokio::time::Instant::now();
            assert_eq!(alice.post(&frames).await, 204);
            slowest = slowest.max(started.elapsed());
        }
        slowest
    };
    let slowest = soon("the posts", posting).await;
    assert!(slowest >= Duration::from_millis(500), "nobody was made to wait: {slowest:?}");
}
