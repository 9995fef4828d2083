//! What the relay knows about one connection.

use ed25519_dalek::{Signature, VerifyingKey};
use wire::{CloseReason, Topic, proof_bytes};

use crate::Config;
use crate::allowance::Allowance;
use crate::outbox::Outbox;

/// One connection, from Opened to Closed.
pub(crate) struct Connection {
    host: String,
    challenge: [u8; 32],
    pub(crate) subscribed: TopicSet,
    pub(crate) proven: TopicSet,
    pub(crate) allowance: Allowance,
    pub(crate) outbox: Outbox,
    /// Since when it is subscribed to nothing and has proved nothing.
    pub(crate) idle_since_ms: Option<u64>,
    /// Whether it is read at all now.
    pub(crate) paused: bool,
    /// Set once, when it is told to go; from then on only its outbox matters.
    pub(crate) closing: Option<CloseReason>,
}

impl Connection {
    pub(crate) fn new(host: String, challenge: [u8; 32], config: &Config, now_ms: u64) -> Self {
        Connection {
            host,
            challenge,
            subscribed: TopicSet::default(),
            proven: TopicSet::default(),
            allowance: Allowance::new(config, now_ms),
            outbox: Outbox::new(config),
            idle_since_ms: Some(now_ms),
            paused: false,
            closing: None,
        }
    }

    /// Starts or stops the clock of a connection without topics; to be called when its topics have changed.
    pub(crate) fn note_idleness(&mut self, now_ms: u64) {
        let idle = self.subscribed.is_empty() && self.proven.is_empty();
        self.idle_since_ms = idle.then(|| self.idle_since_ms.unwrap_or(now_ms));
    }

    /// Says whether the signature shows, to this relay and on this connection, the write key of the topic.
    pub(crate) fn accepts_proof(&self, topic: &Topic, write_key: &[u8; 32], signature: &[u8; 64]) -> bool {
        if Topic::of(write_key) != *topic {
            return false;
        }
        let Ok(key) = VerifyingKey::from_bytes(write_key) else { return false };
        let signed = proof_bytes(&self.host, &self.challenge, topic);
        key.verify_strict(&signed, &Signature::from_bytes(signature)).is_ok()
    }
}

/// The few topics of a connection, sorted: a tree would cost an idle connection more than all else.
#[derive(Default)]
pub(crate) struct TopicSet(Vec<Topic>);

impl TopicSet {
    pub(crate) fn contains(&self, topic: &Topic) -> bool {
        self.0.binary_search(topic).is_ok()
    }

    pub(crate) fn insert(&mut self, topic: Topic) {
        if let Err(at) = self.0.binary_search(&topic) {
            self.0.reserve_exact(1);
            self.0.insert(at, topic);
        }
    }

    /// Says whether it was there.
    pub(crate) fn remove(&mut self, topic: &Topic) -> bool {
        let at = self.0.binary_search(topic);
        at.map(|at| self.0.remove(at)).is_ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Topic> {
        self.0.iter().copied()
    }

    pub(crate) fn take(&mut self) -> Vec<Topic> {
        core::mem::take(&mut self.0)
    }
}
