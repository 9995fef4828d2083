//! One case: what a client sends, and what it must see then.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ed25519_dalek::SigningKey;
use relay::Config;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, yield_now};
use wire::{CloseReason, FrameId, FromClient, FromRelay, Refusal, Topic};

use crate::running::Running;
use crate::running::wires::{BINARY, Frame, Line, Seen};

/// Connections at once.
const AT_ONCE: usize = 100;

/// Bytes of a Publish and of a Deliver besides the payload.
pub const OVERHEAD: usize = 45;

/// Longest payload that is forwarded.
pub const LONGEST: usize = 72 * 1024;

/// What a client that has proved and subscribed to a topic does.
pub struct Case {
    name: String,
    key: SigningKey,
    published: u64,
    steps: Vec<Step>,
}

enum Step {
    /// Written in pieces of so many bytes.
    Send(Vec<u8>, usize),
    See(Seen),
    /// Pongs for the last of these pings at least, RFC 6455 section 5.5.3.
    SeeLastPong(Vec<Vec<u8>>),
    /// The client's side of the TCP connection ends.
    Finish,
}

impl Case {
    /// Returns a case that does nothing yet.
    pub fn new(name: impl Into<String>) -> Case {
        static CASES: AtomicU64 = AtomicU64::new(1);
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&CASES.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        Case { name: name.into(), key: SigningKey::from_bytes(&seed), published: 0, steps: Vec::new() }
    }

    /// Returns the case's topic, on which nobody else is.
    pub fn topic(&self) -> Topic {
        Topic::of(&self.key.verifying_key().to_bytes())
    }

    /// Returns the bytes of a Publish.
    pub fn publication(&self, payload: impl Into<Vec<u8>>) -> Vec<u8> {
        FromClient::Publish { topic: self.topic(), id: FrameId(7), payload: payload.into().into() }.encode().to_vec()
    }

    /// Sends a frame in one write.
    pub fn send(self, frame: Frame) -> Case {
        self.write(frame.bytes())
    }

    /// Sends frames in one write.
    pub fn send_all(self, frames: impl IntoIterator<Item = Frame>) -> Case {
        let bytes = frames.into_iter().flat_map(|frame| frame.bytes()).collect();
        self.write(bytes)
    }

    /// Sends any bytes in one write.
    pub fn write(mut self, bytes: Vec<u8>) -> Case {
        let all = bytes.len();
        self.steps.push(Step::Send(bytes, all));
        self
    }

    /// Sends frames in many writes.
    pub fn send_in_pieces(mut self, bytes_each: usize, frames: impl IntoIterator<Item = Frame>) -> Case {
        let bytes = frames.into_iter().flat_map(|frame| frame.bytes()).collect();
        self.steps.push(Step::Send(bytes, bytes_each));
        self
    }

    /// Ends the client's side of the TCP connection.
    pub fn finish(mut self) -> Case {
        self.steps.push(Step::Finish);
        self
    }

    /// Sees something.
    pub fn see(mut self, seen: Seen) -> Case {
        self.steps.push(Step::See(seen));
        self
    }

    /// Sees a pong of the WebSocket.
    pub fn see_pong(self, payload: impl Into<Vec<u8>>) -> Case {
        self.see(Seen::Pong(payload.into()))
    }

    /// Sees pongs for some of these pings in order, and for the last one in any case.
    pub fn see_last_pong(mut self, payloads: Vec<Vec<u8>>) -> Case {
        self.steps.push(Step::SeeLastPong(payloads));
        self
    }

    /// Sees the relay's answer to its smallest frame.
    pub fn see_answer(self) -> Case {
        self.see(Seen::Told(FromRelay::Pong))
    }

    /// Sees the next publication.
    pub fn see_delivery(mut self, payload: impl Into<Vec<u8>>) -> Case {
        self.published += 1;
        let (topic, sequence) = (self.topic(), self.published);
        self.see(Seen::Told(FromRelay::Deliver { topic, sequence, payload: payload.into().into() }))
    }

    /// Sees a publication refused for its length.
    pub fn see_refusal(self) -> Case {
        let topic = self.topic();
        self.see(Seen::Told(FromRelay::Refused { topic, id: FrameId(7), reason: Refusal::TooLarge }))
    }

    /// The connection lives on, and is closed by the client.
    pub fn lives(self) -> Case {
        self.send(ask()).see_answer().send(Frame::close(1000, b"")).gets_closed(Some(1000))
    }

    /// The relay answers the client's Close, and ends the TCP connection.
    pub fn gets_closed(self, code: Option<u16>) -> Case {
        self.see(Seen::Close(code)).see(Seen::End)
    }

    /// The relay fails the connection, RFC 6455 section 7.1.7.
    pub fn fails(self, code: u16) -> Case {
        self.see(told(CloseReason::Malformed)).see(Seen::Close(Some(code))).see(Seen::End)
    }

    /// The relay says why it closes, and waits for the client's Close.
    pub fn gets_sent_away(self, reason: CloseReason) -> Case {
        self.gets_sent_away_and_sends(reason, [])
    }

    /// The same, but the client sends more before its Close.
    pub fn gets_sent_away_and_sends(self, reason: CloseReason, more: impl IntoIterator<Item = Frame>) -> Case {
        let code = reason.code();
        let close = Frame::close(code, b"");
        self.see(told(reason)).see(Seen::Close(Some(code))).send_all(more).send(close).see(Seen::End)
    }

    async fn run(self, relay: SocketAddr) -> Result<(), String> {
        let mut line = Line::open(relay).await;
        line.enter(&self.key).await;
        for (number, step) in self.steps.into_iter().enumerate() {
            let fault = |wanted: String, seen: Seen| {
                Err(format!("{}: {} instead of {wanted} in step {number}", self.name, short(&seen)))
            };
            match step {
                Step::Send(bytes, bytes_each) => send(&mut line, &bytes, bytes_each).await,
                Step::Finish => line.finish().await,
                Step::See(wanted) => {
                    let seen = line.next().await;
                    if seen != wanted {
                        return fault(short(&wanted), seen);
                    }
                }
                Step::SeeLastPong(mut payloads) => {
                    while !payloads.is_empty() {
                        let seen = line.next().await;
                        let known = payloads.iter().position(|payload| seen == Seen::Pong(payload.clone()));
                        let Some(place) = known else { return fault("a pong".to_owned(), seen) };
                        payloads.drain(..=place);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Returns the relay's smallest frame, to be answered by [`Case::see_answer`].
pub fn ask() -> Frame {
    Frame::new(BINARY, [0x05])
}

/// Runs cases on one relay, many at once, and returns how many passed, which is all of them.
pub async fn all_pass(cases: Vec<Case>) -> usize {
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "a case is there twice");
    let all = cases.len();

    let relay = Running::start(Config::default()).await;
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for case in cases {
        let (turns, address) = (Arc::clone(&turns), relay.address);
        running.spawn(async move {
            let _turn = turns.acquire().await.expect("it stays open");
            case.run(address).await
        });
    }
    let ended = running.join_all().await;
    let mut faults: Vec<String> = ended.into_iter().filter_map(Result::err).collect();
    faults.sort();
    assert!(faults.is_empty(), "{} of {all} cases fail:\n{}", faults.len(), faults.join("\n"));
    relay.stop().await;
    all
}

async fn send(line: &mut Line, bytes: &[u8], bytes_each: usize) {
    for piece in bytes.chunks(bytes_each.max(1)) {
        line.write(piece).await;
        if piece.len() < bytes.len() {
            // The relay reads before the next piece is there.
            yield_now().await;
            yield_now().await;
        }
    }
}

fn told(reason: CloseReason) -> Seen {
    Seen::Told(FromRelay::Close { reason })
}

/// Long payloads say less than their lengths.
fn short(seen: &Seen) -> String {
    match seen {
        Seen::Pong(payload) if payload.len() > 16 => format!("Pong({} bytes)", payload.len()),
        Seen::Pong(_) | Seen::Told(_) | Seen::Close(_) | Seen::End | Seen::Reset | Seen::Silence | Seen::Wrong(_) => {
            format!("{seen:?}")
        }
    }
}
