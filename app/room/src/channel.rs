//! A channel: a topic at the relay, the key that proves it, and the envelope on everything that passes.
//!
//! Every payload the relay sees is `nonce (24) ‖ XChaCha20-Poly1305(plain)` with the topic as associated
//! data, and is 1, 4, 16 or 64 KiB long. The plain part is padded with zeros:
//!
//! ```text
//! plain = message id (8) ‖ part index u16 BE ‖ part count u16 BE ‖ length u32 BE ‖ bytes ‖ zeros
//! ```
//!
//! A message longer than one payload goes in parts; [`Assembler`] puts them together.

use std::collections::BTreeMap;

use bytes::Bytes;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use ed25519_dalek::{Signer, SigningKey};
use hkdf::Hkdf;
use rand_core::RngCore;
use sha2::Sha256;
use wire::{FromClient, Topic};
use zeroize::Zeroizing;

/// The only sizes a payload can have, in bytes.
pub const BUCKETS: [usize; 4] = [1 << 10, 4 << 10, 16 << 10, 64 << 10];
const NONCE: usize = 24;
const TAG: usize = 16;
const PART_HEADER: usize = 8 + 2 + 2 + 4;
const OVERHEAD: usize = NONCE + TAG + PART_HEADER;
/// Most parts of one message; thus no message is longer than 4 MiB.
const PARTS: usize = 64;
/// Longest message a channel carries, in bytes.
pub const MESSAGE_BYTES: usize = PARTS * (BUCKETS[3] - OVERHEAD);

/// The secret a channel is made of. Whoever holds it can read the envelopes and publish.
pub type ChannelSecret = Zeroizing<[u8; 64]>;

/// A topic with its write key and its envelope key.
#[derive(Clone)]
pub struct Channel {
    topic: Topic,
    write: SigningKey,
    envelope: XChaCha20Poly1305,
}

impl Channel {
    /// Makes the channel of a secret: 32 bytes seed of the write key, 32 bytes envelope key.
    pub fn new(secret: &ChannelSecret) -> Self {
        let ([seed, envelope], []) = secret.as_chunks() else { unreachable!("64 bytes") };
        let write = SigningKey::from_bytes(seed);
        let topic = Topic::of(&write.verifying_key().to_bytes());
        Self { topic, write, envelope: XChaCha20Poly1305::new(envelope.into()) }
    }

    /// Derives a channel secret from another secret: HKDF-SHA256 (RFC 5869), no salt.
    pub fn derive(secret: &[u8], info: &[u8]) -> ChannelSecret {
        let mut derived = Zeroizing::new([0; 64]);
        Hkdf::<Sha256>::new(None, secret)
            .expand(info, derived.as_mut())
            .expect("64 bytes are within what HKDF-SHA256 gives");
        derived
    }

    /// The address at the relay.
    pub fn topic(&self) -> Topic {
        self.topic
    }

    /// Proves the write key to a relay.
    pub fn prove(&self, host: &str, challenge: &[u8; 32]) -> FromClient {
        let signature = self.write.sign(&wire::proof_bytes(host, challenge, &self.topic)).to_bytes();
        FromClient::Prove { topic: self.topic, write_key: self.write.verifying_key().to_bytes(), signature }
    }

    /// Seals a message into payloads. None when it is longer than [`MESSAGE_BYTES`].
    pub fn seal(&self, message: &[u8], rng: &mut impl RngCore) -> Option<Vec<Bytes>> {
        let per_part = BUCKETS[3] - OVERHEAD;
        let count = message.len().div_ceil(per_part).max(1);
        if count > PARTS {
            return None;
        }
        let mut id = [0; 8];
        rng.fill_bytes(&mut id);
        let parts = (0..count).map(|index| {
            let part = &message[index * per_part..message.len().min((index + 1) * per_part)];
            self.seal_part(id, index as u16, count as u16, part, rng)
        });
        Some(parts.collect())
    }

    fn seal_part(&self, id: [u8; 8], index: u16, count: u16, part: &[u8], rng: &mut impl RngCore) -> Bytes {
        let bucket = BUCKETS.into_iter().find(|size| part.len() + OVERHEAD <= *size).unwrap_or(BUCKETS[3]);
        let mut plain = Zeroizing::new(vec![0; bucket - NONCE - TAG]);
        plain[..8].copy_from_slice(&id);
        plain[8..10].copy_from_slice(&index.to_be_bytes());
        plain[10..12].copy_from_slice(&count.to_be_bytes());
        plain[12..16].copy_from_slice(&(part.len() as u32).to_be_bytes());
        plain[PART_HEADER..PART_HEADER + part.len()].copy_from_slice(part);
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        let sealed = self.envelope.encrypt(&nonce.into(), Payload { msg: &plain, aad: &self.topic.0 });
        let sealed = sealed.expect("a payload is far below what XChaCha20-Poly1305 seals");
        [&nonce[..], &sealed].concat().into()
    }

    /// Opens one payload. None for anything that is not a part sealed for this channel.
    pub fn open(&self, payload: &[u8]) -> Option<Part> {
        if !BUCKETS.contains(&payload.len()) {
            return None;
        }
        let (nonce, sealed) = payload.split_first_chunk::<NONCE>()?;
        let plain = self.envelope.decrypt(&(*nonce).into(), Payload { msg: sealed, aad: &self.topic.0 }).ok()?;
        let (header, rest) = plain.split_at(PART_HEADER);
        let id = header[..8].try_into().ok()?;
        let index = u16::from_be_bytes([header[8], header[9]]);
        let count = u16::from_be_bytes([header[10], header[11]]);
        let length = u32::from_be_bytes([header[12], header[13], header[14], header[15]]) as usize;
        let bytes = rest.get(..length)?.to_vec();
        (index < count && usize::from(count) <= PARTS).then_some(Part { id, index, count, bytes })
    }
}

/// One part of a message.
pub struct Part {
    id: [u8; 8],
    index: u16,
    count: u16,
    bytes: Vec<u8>,
}

/// Most messages in the making at one time; the oldest gives way.
const IN_THE_MAKING: usize = 32;
/// Most bytes of messages in the making; the oldest give way.
const BYTES_IN_THE_MAKING: usize = 2 * MESSAGE_BYTES;

/// Puts messages together from parts in any order.
#[derive(Default)]
pub struct Assembler {
    started: u64,
    making: BTreeMap<[u8; 8], Making>,
}

struct Making {
    started: u64,
    count: u16,
    parts: BTreeMap<u16, Vec<u8>>,
}

impl Assembler {
    /// Takes a part; returns the message when it was the last one missing.
    pub fn take(&mut self, part: Part) -> Option<Vec<u8>> {
        if part.count == 1 {
            return Some(part.bytes);
        }
        self.started += 1;
        let fresh = Making { started: self.started, count: part.count, parts: BTreeMap::new() };
        let making = self.making.entry(part.id).or_insert(fresh);
        if making.count != part.count {
            return None;
        }
        making.parts.entry(part.index).or_insert(part.bytes);
        if making.parts.len() == usize::from(making.count) {
            let whole = self.making.remove(&part.id)?;
            return Some(whole.parts.into_values().flatten().collect());
        }
        self.drop_oldest();
        None
    }

    /// How many bytes wait for the rest of their message.
    pub fn bytes(&self) -> usize {
        self.making.values().flat_map(|making| making.parts.values()).map(Vec::len).sum()
    }

    fn drop_oldest(&mut self) {
        while self.making.len() > IN_THE_MAKING || self.bytes() > BYTES_IN_THE_MAKING {
            let oldest = self.making.iter().min_by_key(|(_, making)| making.started).map(|(id, _)| *id);
            let Some(oldest) = oldest else { return };
            self.making.remove(&oldest);
        }
    }
}
