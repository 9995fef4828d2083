//! From whoever publishes to whoever is subscribed: here, or by way of a cluster.

use bytes::Bytes;
use wire::{CloseReason, FRAME_OVERHEAD_BYTES, FrameId, FromRelay, Refusal, Topic};

use crate::{Command, ConnectionId, Relay};

/// Sequence of a frame that was recalled: it is earlier than all that is counted.
const RECALLED: u64 = 0;

/// What a delivery costs besides its bytes: about a system call.
const DELIVERY_COST: u64 = 512;

impl Relay {
    /// Takes a frame from a client.
    pub(crate) fn publish(&mut self, id: ConnectionId, topic: Topic, frame: FrameId, payload: Bytes, now_ms: u64) {
        let most = self.config.limits.payload_bytes as usize;
        let Some(connection) = self.open(id) else { return };
        let refusal = if !connection.proven.contains(&topic) {
            Some(Refusal::NotProven)
        } else if payload.len() > most {
            Some(Refusal::TooLarge)
        } else {
            None
        };
        if let Some(reason) = refusal {
            self.counts.refused += 1;
            self.answer(id, &FromRelay::Refused { topic, id: frame, reason });
            return;
        }
        let cost = payload.len() as u64 + u64::from(FRAME_OVERHEAD_BYTES) + DELIVERY_COST;
        let held = self.topics.entry(topic);
        let spent = held.spend(self.pace.round, cost * (1 + held.subscribers.len() as u64));
        if self.linked {
            self.commands.push(Command::Forward { topic, payload });
        } else {
            self.arrived(topic, payload, now_ms);
        }
        self.pace(id, topic, spent, now_ms);
    }

    /// Hands a published frame to everybody subscribed to its topic.
    pub(crate) fn arrived(&mut self, topic: Topic, payload: Bytes, now_ms: u64) {
        if self.topics.get(topic).is_none() {
            return;
        }
        self.counts.published += 1;
        self.counts.published_bytes += payload.len() as u64;
        let held = self.topics.entry(topic);
        held.sequence += 1;
        let sequence = held.sequence;
        // Nobody subscribes or leaves while this goes round.
        let subscribers = core::mem::take(&mut held.subscribers);
        // Encoded once; every queue shares the bytes.
        let bytes = self.ledger.enter(FromRelay::Deliver { topic, sequence, payload }.encode());
        let mut slow = Vec::new();
        for subscriber in &subscribers {
            if !self.deliver(*subscriber, topic, bytes.clone(), now_ms) {
                slow.push(*subscriber);
            }
        }
        self.topics.entry(topic).subscribers = subscribers;
        self.hold.add(&mut self.topics, topic, bytes, now_ms);
        // The last of the topic may be among them, and it is forgotten then.
        for subscriber in slow {
            self.close(subscriber, CloseReason::Slow);
        }
        self.spare_memory();
    }

    /// Hands what is held of a topic to one that has just subscribed.
    pub(crate) fn hand_held(&mut self, id: ConnectionId, topic: Topic, now_ms: u64) {
        if self.config.clustered {
            self.commands.push(Command::Recall { connection: id, topic });
            return;
        }
        let frames: Vec<Bytes> = self
            .topics
            .get(topic)
            .map(|held| held.frames.iter().map(|(_, frame)| frame.clone()).collect())
            .unwrap_or_default();
        self.deliver_all(id, topic, frames, now_ms);
    }

    /// Hands recalled frames to one that has subscribed.
    pub(crate) fn recalled(&mut self, id: ConnectionId, topic: Topic, payloads: Vec<Bytes>, now_ms: u64) {
        let is_subscribed = self.open(id).is_some_and(|connection| connection.subscribed.contains(&topic));
        if is_subscribed {
            let frames = payloads
                .into_iter()
                .map(|payload| self.ledger.enter(FromRelay::Deliver { topic, sequence: RECALLED, payload }.encode()));
            let frames = frames.collect();
            self.deliver_all(id, topic, frames, now_ms);
        }
    }

    /// Tells everybody subscribed to a topic that frames are missing.
    pub(crate) fn missed(&mut self, topic: Topic) {
        for subscriber in self.topics.get(topic).map(|held| held.subscribers.clone()).unwrap_or_default() {
            self.counts.gaps += 1;
            self.queue(subscriber, |connection| {
                connection.outbox.gap(topic);
                Ok(())
            });
        }
    }

    /// The connection to the other relays has come or gone: what was under way then may be missing.
    pub(crate) fn link(&mut self, linked: bool) {
        if self.config.clustered && self.linked != linked {
            self.linked = linked;
            for topic in self.topics.subscribed() {
                self.missed(topic);
            }
        }
    }

    fn deliver_all(&mut self, id: ConnectionId, topic: Topic, frames: Vec<Bytes>, now_ms: u64) {
        for frame in frames {
            if !self.deliver(id, topic, frame, now_ms) {
                self.close(id, CloseReason::Slow);
                return;
            }
        }
    }

    /// Puts a delivery into a queue and wakes its writer. False if the client reads too slowly.
    fn deliver(&mut self, id: ConnectionId, topic: Topic, bytes: Bytes, now_ms: u64) -> bool {
        let Some(connection) = self.connections.get_mut(&id).filter(|connection| connection.closing.is_none()) else {
            return true;
        };
        let slept = connection.outbox.backlog().frames == 0;
        let Ok(fitted) = connection.outbox.deliver(topic, bytes, now_ms) else { return false };
        if fitted {
            self.counts.delivered += 1;
        } else {
            self.counts.gaps += 1;
        }
        if slept {
            self.commands.push(Command::Wake { connection: id });
        }
        true
    }

    /// Closes those with the longest queues while all queues together take too much memory. Who has little waiting is not at fault.
    fn spare_memory(&mut self) {
        let blameless = self.config.queue_bytes / 16;
        let most = self.config.waiting_bytes + self.hold.held.bytes;
        while self.ledger.bytes() > most {
            let open = self.connections.iter().filter(|(_, connection)| connection.closing.is_none());
            let longest = open.max_by_key(|(id, connection)| (connection.outbox.backlog().bytes, **id));
            let Some(id) = longest.filter(|(_, longest)| longest.outbox.backlog().bytes > blameless).map(|(id, _)| *id)
            else {
                return;
            };
            self.close(id, CloseReason::Slow);
        }
    }
}
