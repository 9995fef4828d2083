//! The relay's own frames.

use std::net::SocketAddr;

use bytes::Bytes;
use ed25519_dalek::{Signer, SigningKey};
use wire::{FRAME_OVERHEAD_BYTES, FrameId, FromClient, FromRelay, Topic, proof_bytes};

use crate::frames;
use crate::protocol::Heard;

/// The type of a Deliver. Its payload is used where it lies: decoding would copy it first.
const DELIVER: u8 = 0x82;
/// Where the sequence of a Deliver stands, and how long it is.
const SEQUENCE_AT: usize = 1 + 32;

/// The topic of a room and the key to publish on it.
pub struct Topics {
    /// The topic.
    pub topic: Topic,
    key: SigningKey,
}

impl Topics {
    /// Returns those of a room.
    pub fn of_room(room: usize) -> Self {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&(room as u64).to_be_bytes());
        let key = SigningKey::from_bytes(&seed);
        Self { topic: Topic::of(key.verifying_key().as_bytes()), key }
    }
}

/// Appends a frame as a WebSocket message.
pub fn say(out: &mut Vec<u8>, frame: &FromClient) {
    frames::put(out, frames::BINARY, &[&frame.encode()]);
}

/// Appends a Publish.
pub fn publish(out: &mut Vec<u8>, topic: Topic, id: u64, payload: Bytes) {
    say(out, &FromClient::Publish { topic, id: FrameId(id), payload });
}

/// Hears what the relay says on one connection, and answers its Hello by proving and subscribing.
pub struct OurEar {
    host: String,
    topics: Topics,
    subscribes: bool,
    ready: bool,
    /// The sequence of the last Deliver; None before the first one and after a Gap.
    last: Option<u64>,
}

impl OurEar {
    /// Returns the ear of a connection to this address.
    pub fn new(server: SocketAddr, topics: Topics, subscribes: bool) -> Self {
        Self { host: server.to_string(), topics, subscribes, ready: false, last: None }
    }

    /// Tells what a message means.
    pub fn hear(&mut self, message: &[u8], mut tell: impl FnMut(Heard<'_>)) {
        if let Some((sequence, payload)) = delivered(message) {
            if self.last.is_some_and(|last| sequence != last + 1) {
                tell(Heard::OutOfOrder);
            }
            self.last = Some(sequence);
            return tell(Heard::Delivery(payload));
        }
        match FromRelay::decode(Bytes::copy_from_slice(message)) {
            Ok(FromRelay::Hello { challenge, .. }) => tell(Heard::Answer(self.introduction(&challenge))),
            Ok(FromRelay::Pong) if !self.ready => {
                self.ready = true;
                tell(Heard::Ready);
            }
            Ok(FromRelay::Pong) => {}
            Ok(FromRelay::Gap { .. }) => {
                self.last = None;
                tell(Heard::Gap);
            }
            Ok(FromRelay::Refused { .. }) => tell(Heard::Refused),
            Ok(FromRelay::Drain { retry_after_ms }) => tell(Heard::Drain(retry_after_ms)),
            // The WebSocket's own close frame follows and says the same.
            Ok(FromRelay::Close { .. }) => {}
            Ok(FromRelay::Deliver { .. }) | Err(_) => tell(Heard::Unknown),
        }
    }

    /// Proves before anything else, as the relay wants it; the Pong says that all of it was taken.
    fn introduction(&self, challenge: &[u8; 32]) -> Vec<u8> {
        let Topics { topic, key } = &self.topics;
        let signature = key.sign(&proof_bytes(&self.host, challenge, topic)).to_bytes();
        let write_key = key.verifying_key().to_bytes();
        let mut out = Vec::new();
        say(&mut out, &FromClient::Prove { topic: *topic, write_key, signature });
        if self.subscribes {
            say(&mut out, &FromClient::Subscribe { topic: *topic });
        }
        say(&mut out, &FromClient::Ping);
        out
    }
}

/// Returns sequence and payload of a Deliver.
fn delivered(message: &[u8]) -> Option<(u64, &[u8])> {
    let (head, payload) = message.split_at_checked(FRAME_OVERHEAD_BYTES as usize)?;
    if *head.first()? != DELIVER {
        return None;
    }
    let sequence = u64::from_be_bytes(*head.get(SEQUENCE_AT..)?.first_chunk()?);
    let length = u32::from_be_bytes(*head.last_chunk()?);
    (payload.len() == length as usize).then_some((sequence, payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deliver_is_read_where_it_lies() {
        let topic = Topics::of_room(3).topic;
        let payload = Bytes::from_static(b"sealed");
        let message = FromRelay::Deliver { topic, sequence: 7, payload: payload.clone() }.encode();
        assert_eq!(delivered(&message), Some((7, &payload[..])));
        assert_eq!(delivered(&message[..message.len() - 1]), None);
        assert_eq!(delivered(&FromRelay::Pong.encode()), None);
    }

    #[test]
    fn a_sequence_that_jumps_is_out_of_order_unless_a_gap_was_said() {
        let server = SocketAddr::from(([127, 0, 0, 1], 1));
        let mut ear = OurEar::new(server, Topics::of_room(0), true);
        let topic = Topics::of_room(0).topic;
        let deliver = |sequence| FromRelay::Deliver { topic, sequence, payload: Bytes::new() }.encode();
        let mut jumps = Vec::new();
        let said = [deliver(4), deliver(5), deliver(7), FromRelay::Gap { topic }.encode(), deliver(20), deliver(21)];
        for (number, message) in said.iter().enumerate() {
            ear.hear(message, |heard| {
                if matches!(heard, Heard::OutOfOrder) {
                    jumps.push(number);
                }
            });
        }
        assert_eq!(jumps, [2]);
    }
}
