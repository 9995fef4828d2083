//! Random messages, and frames that were right before a mutation, on connections that are opened again when closed.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use tokio::task::JoinSet;
use wire::{CloseReason, FrameId, FromClient, FromRelay, PAYLOAD_BYTES, Refusal, Topic};

use crate::CANARY;
use crate::running::wires::{BINARY, Frame, Line, Seen};

/// Connections at once.
const LINES: u32 = 20;

/// What a stranger may send at once: two seconds' worth of ten messages and 64 KiB.
const STRANGERS_MESSAGES: u32 = 20;
const STRANGERS_BYTES: usize = 128 * 1024;

/// How many frames met which fate.
pub type Tally = BTreeMap<&'static str, u32>;

/// Sends frames drawn from a seed, sees what becomes of each, and returns how many met which fate.
pub async fn send(relay: SocketAddr, frames: u32, seed: u64) -> Tally {
    let mut sending = JoinSet::new();
    for number in 0..LINES {
        let share = (frames + LINES - 1 - number) / LINES;
        sending.spawn(async move {
            let mut sender = Sender::new(relay, seed << 32 | u64::from(number)).await;
            for frame in 0..share {
                if let Err(fault) = sender.send_one().await {
                    panic!("seed {seed}, line {number}, frame {frame}: {fault}");
                }
            }
            sender.line.tear_down();
            sender.tally
        });
    }
    let mut tally = Tally::new();
    for (fate, frames) in sending.join_all().await.into_iter().flatten() {
        *tally.entry(fate).or_default() += frames;
    }
    tally
}

struct Sender {
    relay: SocketAddr,
    random: Random,
    line: Line,
    key: SigningKey,
    proof: Bytes,
    proven: bool,
    subscribed: bool,
    strangers_messages: u32,
    strangers_bytes: usize,
    tally: Tally,
}

impl Sender {
    async fn new(relay: SocketAddr, seed: u64) -> Sender {
        let mut random = Random(seed);
        let line = Line::open(relay).await;
        let key = random.key();
        let proof = line.proof(&key).encode();
        let mut sender = Sender {
            relay,
            random,
            line,
            key,
            proof,
            proven: false,
            subscribed: false,
            strangers_messages: 0,
            strangers_bytes: 0,
            tally: Tally::new(),
        };
        sender.settle_in().await;
        sender
    }

    /// Some prove and subscribe first, so that frames get further.
    async fn settle_in(&mut self) {
        self.key = self.random.key();
        self.proof = self.line.proof(&self.key).encode();
        self.strangers_messages = 0;
        self.strangers_bytes = 0;
        self.proven = self.random.below(2) == 0;
        self.subscribed = self.proven;
        if self.proven {
            self.line.enter(&self.key).await;
        }
    }

    async fn open_again(&mut self) {
        let line = Line::open(self.relay).await;
        std::mem::replace(&mut self.line, line).tear_down();
        self.settle_in().await;
    }

    fn topic(&self) -> Topic {
        Topic::of(&self.key.verifying_key().to_bytes())
    }

    /// Sends one frame and a Ping behind it.
    async fn send_one(&mut self) -> Result<(), String> {
        let message = if self.random.below(2) == 0 { self.random_bytes() } else { self.mutated_frame() };
        if !self.proven {
            self.strangers_messages += 2;
            self.strangers_bytes += message.len() + 1;
            if self.strangers_messages > STRANGERS_MESSAGES || self.strangers_bytes > STRANGERS_BYTES {
                self.open_again().await;
                return Box::pin(self.send_one()).await;
            }
        }
        let ping = Frame::new(BINARY, FromClient::Ping.encode()).bytes();
        let frames = [Frame::new(BINARY, &message[..]).masked_with(self.random.mask()).bytes(), ping].concat();
        self.line.write(&frames).await;
        let fault = |wanted: &str, seen: Seen| {
            let start = &message[..message.len().min(140)];
            Err(format!("{seen:?} instead of {wanted} for {} bytes {start:02x?}", message.len()))
        };
        let fate = self.fate(&message);
        *self.tally.entry(fate.name()).or_default() += 1;
        match fate {
            Fate::Closed(reason) => {
                let seen = self.line.next().await;
                if seen != Seen::Told(FromRelay::Close { reason }) {
                    return fault(&format!("{reason:?}"), seen);
                }
                let seen = self.line.next().await;
                if seen != Seen::Close(Some(reason.code())) {
                    return fault(&format!("{}", reason.code()), seen);
                }
                // Most are gone without a word.
                if self.random.below(8) == 0 {
                    self.line.write(&Frame::close(reason.code(), CANARY.as_bytes()).bytes()).await;
                    let seen = self.line.next().await;
                    if seen != Seen::End {
                        return fault("the end", seen);
                    }
                }
                self.open_again().await;
            }
            Fate::Answered(answer) => {
                for wanted in answer.into_iter().chain([FromRelay::Pong]) {
                    let seen = self.line.next().await;
                    if !is_like(&wanted, &seen) {
                        return fault(&format!("{wanted:?}"), seen);
                    }
                }
                if self.random.below(64) == 0 {
                    // In the middle of a frame.
                    self.line.write(&frames[..frames.len() / 2]).await;
                    self.open_again().await;
                }
            }
        }
        Ok(())
    }

    /// Returns what the relay does with a message, by the README, and remembers what that changes.
    fn fate(&mut self, message: &Bytes) -> Fate {
        let own = self.topic();
        match FromClient::decode(message.clone()) {
            Err(_) => Fate::Closed(CloseReason::Malformed),
            Ok(FromClient::Ping) => Fate::Answered(Some(FromRelay::Pong)),
            Ok(FromClient::Subscribe { topic }) => {
                self.subscribed |= topic == own;
                Fate::Answered(None)
            }
            Ok(FromClient::Unsubscribe { topic }) => {
                self.subscribed &= topic != own;
                self.proven &= topic != own;
                Fate::Answered(None)
            }
            Ok(FromClient::Prove { topic, .. }) => {
                let right = *message == self.proof || (self.proven && topic == own);
                self.proven |= right;
                if right { Fate::Answered(None) } else { Fate::Closed(CloseReason::BadProof) }
            }
            Ok(FromClient::Publish { topic, id, payload }) => {
                let refused = |reason| Fate::Answered(Some(FromRelay::Refused { topic, id, reason }));
                if !self.proven || topic != own {
                    refused(Refusal::NotProven)
                } else if payload.len() > PAYLOAD_BYTES as usize {
                    refused(Refusal::TooLarge)
                } else {
                    let delivery = FromRelay::Deliver { topic, sequence: 0, payload };
                    Fate::Answered(self.subscribed.then_some(delivery))
                }
            }
        }
    }

    /// Returns random bytes, with the canary somewhere.
    fn random_bytes(&mut self) -> Bytes {
        let length = match self.random.below(100) {
            0..50 => self.random.below(64),
            50..90 => self.random.below(300),
            90..99 => self.random.below(4096),
            _ => self.random.below(80_000),
        };
        let mut bytes: Vec<u8> = (0..length).map(|_| self.random.byte()).collect();
        if let Some(room) = length.checked_sub(CANARY.len()) {
            let place = self.random.below(room + 1);
            bytes[place..place + CANARY.len()].copy_from_slice(CANARY.as_bytes());
        }
        if let Some(kind) = bytes.first_mut()
            && self.random.below(2) == 0
        {
            *kind = 1 + self.random.below(5) as u8;
        }
        bytes.into()
    }

    /// Returns a frame that was right, once or twice changed.
    fn mutated_frame(&mut self) -> Bytes {
        let own = self.topic();
        let topic = if self.random.below(4) > 0 { own } else { Topic(self.random.array()) };
        let frame = match self.random.below(8) {
            0 => FromClient::Subscribe { topic },
            1 => FromClient::Unsubscribe { topic },
            2 | 3 => self.line.proof(&self.key),
            4 => FromClient::Ping,
            _ => {
                let times = if self.random.below(200) == 0 { self.random.below(6200) } else { self.random.below(30) };
                FromClient::Publish { topic, id: FrameId(self.random.next()), payload: CANARY.repeat(times).into() }
            }
        };
        let mut bytes = frame.encode().to_vec();
        for _ in 0..=self.random.below(2) {
            self.mutate(&mut bytes);
        }
        bytes.into()
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        if length == 0 {
            return bytes.push(self.random.byte());
        }
        let place = self.random.below(length);
        match self.random.below(12) {
            0 => bytes[place] ^= 1 << self.random.below(8),
            1 => bytes[place] = self.random.byte(),
            2 => bytes.truncate(place),
            3 => bytes.extend_from_slice(CANARY.as_bytes()),
            4 => bytes.insert(place, self.random.byte()),
            5 => drop(bytes.remove(place)),
            6 => bytes[0] = 1 + self.random.below(5) as u8,
            // Where the length of a payload stands.
            7 => bytes.iter_mut().skip(41).take(4).for_each(|byte| *byte = self.random.byte()),
            // In the payload, if there is one: still a frame.
            _ => bytes[length - 1] = self.random.byte(),
        }
    }
}

enum Fate {
    Closed(CloseReason),
    Answered(Option<FromRelay>),
}

impl Fate {
    fn name(&self) -> &'static str {
        match self {
            Fate::Closed(CloseReason::BadProof) => "bad proof",
            Fate::Closed(_) => "malformed",
            Fate::Answered(None) => "taken",
            Fate::Answered(Some(FromRelay::Deliver { .. })) => "delivered",
            Fate::Answered(Some(FromRelay::Refused { .. })) => "refused",
            Fate::Answered(Some(_)) => "answered",
        }
    }
}

/// Compares all but the sequence of a Deliver, which a topic may begin anew.
fn is_like(wanted: &FromRelay, seen: &Seen) -> bool {
    let (FromRelay::Deliver { topic, payload, .. }, Seen::Told(FromRelay::Deliver { topic: on, payload: got, .. })) =
        (wanted, seen)
    else {
        return *seen == Seen::Told(wanted.clone());
    };
    topic == on && payload == got
}

/// SplitMix64: enough to spread inputs.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next() % end as u64) as usize }
    }

    fn byte(&mut self) -> u8 {
        self.next() as u8
    }

    fn array(&mut self) -> [u8; 32] {
        std::array::from_fn(|_| self.byte())
    }

    fn mask(&mut self) -> [u8; 4] {
        (self.next() as u32).to_be_bytes()
    }

    fn key(&mut self) -> SigningKey {
        SigningKey::from_bytes(&self.array())
    }
}
