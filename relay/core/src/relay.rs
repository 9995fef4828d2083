//! The relay itself: what each input does.

use core::fmt;
use std::mem;

use bytes::Bytes;
use rustc_hash::FxHashMap;
use wire::{CloseReason, FromClient, FromRelay, HOST_BYTES, Topic};

use crate::connection::Connection;
use crate::counts::Ledger;
use crate::hold::Hold;
use crate::outbox::TooSlow;
use crate::pace::Pace;
use crate::topics::{TopicFull, Topics};
use crate::{Backlog, Command, Config, ConnectionId, Counts, Input};

/// A relay in memory: connections, topics and what waits to be written.
pub struct Relay {
    pub(crate) config: Config,
    pub(crate) connections: FxHashMap<ConnectionId, Connection>,
    pub(crate) topics: Topics,
    pub(crate) hold: Hold,
    pub(crate) pace: Pace,
    pub(crate) ledger: Ledger,
    pub(crate) counts: Counts,
    /// In a cluster: what is published goes to all relays.
    pub(crate) linked: bool,
    /// Filled while one input is handled.
    pub(crate) commands: Vec<Command>,
}

impl Relay {
    /// Returns a relay without connections.
    pub fn new(config: Config) -> Self {
        Relay {
            hold: Hold::new(&config),
            config,
            connections: FxHashMap::default(),
            topics: Topics::default(),
            pace: Pace::default(),
            ledger: Ledger::default(),
            counts: Counts::default(),
            linked: false,
            commands: Vec::new(),
        }
    }

    /// Takes in what happened and returns what is to be done now, in order.
    ///
    /// `now_ms` counts milliseconds from any moment and does not run backwards. Inputs for a
    /// connection that is unknown or has been told to go change nothing.
    pub fn handle(&mut self, input: Input, now_ms: u64) -> Vec<Command> {
        match input {
            Input::Opened { connection, host, challenge } => self.opened(connection, host, challenge, now_ms),
            Input::Received { connection, bytes } => self.received(connection, bytes, now_ms),
            Input::GaveUp { connection, reason } => self.close(connection, reason),
            Input::Drained { connection, retry_after_ms } => self.drained(connection, retry_after_ms),
            Input::Closed { connection } => self.closed(connection),
            Input::Noise { connection, bytes } => self.noise(connection, bytes, now_ms),
            Input::Taken { connection } => self.caught_up(connection),
            Input::Tick => self.tick(now_ms),
            Input::RoundEnded => self.next_round(),
            Input::Linked => self.link(true),
            Input::Unlinked => self.link(false),
            Input::Arrived { topic, payload } => self.arrived(topic, payload, now_ms),
            Input::Missed { topic } => self.missed(topic),
            Input::Recalled { connection, topic, payloads } => self.recalled(connection, topic, payloads, now_ms),
        }
        mem::take(&mut self.commands)
    }

    /// Returns and removes up to `max` encoded frames that wait for a connection, oldest first.
    ///
    /// Never returns none while some wait; none for a connection it does not know.
    pub fn take(&mut self, connection: ConnectionId, max: usize) -> Vec<Bytes> {
        match self.connections.get_mut(&connection) {
            Some(connection) => connection.outbox.take(max.max(1)),
            None => Vec::new(),
        }
    }

    /// Returns how much waits for a connection; nothing for one it does not know.
    pub fn backlog(&self, connection: ConnectionId) -> Backlog {
        self.connections.get(&connection).map(|connection| connection.outbox.backlog()).unwrap_or_default()
    }

    /// Says whether a connection has proved a topic, and is not told to go.
    pub fn has_proved(&self, connection: ConnectionId) -> bool {
        self.connections.get(&connection).is_some_and(|connection| !connection.proven.is_empty())
    }

    /// Returns how many connections there are, those told to go included until they are Closed.
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Returns how many topics somebody is subscribed to or has proved.
    pub fn topics(&self) -> usize {
        self.topics.count()
    }

    /// Returns what has been counted.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Returns how many bytes of frames wait or are held, one that waits for several counted once.
    pub fn frame_bytes(&self) -> usize {
        self.ledger.bytes()
    }

    /// Returns what is held for those who subscribe later, its own overhead included.
    pub fn held(&self) -> Backlog {
        self.hold.held
    }

    /// Returns a connection that has not been told to go.
    pub(crate) fn open(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.connections.get_mut(&id).filter(|connection| connection.closing.is_none())
    }

    /// Ends all subscriptions and proofs of a connection.
    pub(crate) fn leave_topics(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let (subscribed, proven) = (connection.subscribed.take(), connection.proven.take());
        for topic in subscribed {
            self.leave(id, topic);
        }
        for topic in proven {
            self.topics.disprove(topic);
        }
    }

    fn opened(&mut self, id: ConnectionId, host: String, challenge: [u8; 32], now_ms: u64) {
        if self.connections.contains_key(&id) {
            return;
        }
        if self.connections.len() >= self.config.connections {
            self.commands.push(Command::Close { connection: id, reason: CloseReason::Full });
            return;
        }
        let host_fits = host.len() <= HOST_BYTES;
        self.connections.insert(id, Connection::new(host, challenge, &self.config, now_ms));
        if !host_fits {
            self.close(id, CloseReason::Malformed);
            return;
        }
        self.answer(id, &FromRelay::Hello { limits: self.config.limits, challenge });
    }

    fn received(&mut self, id: ConnectionId, bytes: Bytes, now_ms: u64) {
        let Some(connection) = self.open(id) else { return };
        if connection.proven.is_empty() && !connection.allowance.take(bytes.len(), now_ms) {
            self.close(id, CloseReason::TooFast);
            return;
        }
        match FromClient::decode(bytes) {
            Ok(FromClient::Subscribe { topic }) => self.subscribe(id, topic, now_ms),
            Ok(FromClient::Unsubscribe { topic }) => self.unsubscribe(id, topic, now_ms),
            Ok(FromClient::Prove { topic, write_key, signature }) => {
                self.prove(id, topic, &write_key, &signature, now_ms);
            }
            Ok(FromClient::Publish { topic, id: frame, payload }) => {
                self.publish(id, topic, frame, payload, now_ms);
            }
            Ok(FromClient::Ping) => self.answer(id, &FromRelay::Pong),
            Err(_) => self.close(id, CloseReason::Malformed),
        }
    }

    fn subscribe(&mut self, id: ConnectionId, topic: Topic, now_ms: u64) {
        let most = usize::from(self.config.limits.topics);
        let Some(connection) = self.open(id) else { return };
        if connection.subscribed.contains(&topic) {
            return;
        }
        if connection.subscribed.len() >= most {
            self.close(id, CloseReason::TooManyTopics);
            return;
        }
        connection.subscribed.insert(topic);
        connection.note_idleness(now_ms);
        if let Err(TopicFull) = self.topics.subscribe(topic, id, self.config.subscribers_per_topic) {
            self.close(id, CloseReason::TopicFull);
            return;
        }
        if self.config.clustered && self.topics.entry(topic).subscribers.len() == 1 {
            self.commands.push(Command::Listen { topic });
        }
        self.hand_held(id, topic, now_ms);
    }

    /// Takes a subscriber out of a topic.
    fn leave(&mut self, id: ConnectionId, topic: Topic) {
        if self.topics.unsubscribe(topic, id) && self.config.clustered {
            self.commands.push(Command::Unlisten { topic });
        }
    }

    fn unsubscribe(&mut self, id: ConnectionId, topic: Topic, now_ms: u64) {
        let Some(connection) = self.open(id) else { return };
        connection.outbox.forget(topic);
        let subscribed = connection.subscribed.remove(&topic);
        let proven = connection.proven.remove(&topic);
        connection.note_idleness(now_ms);
        if subscribed {
            self.leave(id, topic);
        }
        if proven {
            self.topics.disprove(topic);
        }
    }

    fn prove(&mut self, id: ConnectionId, topic: Topic, write_key: &[u8; 32], signature: &[u8; 64], now_ms: u64) {
        let most = usize::from(self.config.limits.topics);
        let Some(connection) = self.open(id) else { return };
        if connection.proven.contains(&topic) {
            return;
        }
        if connection.proven.len() >= most {
            self.close(id, CloseReason::TooManyTopics);
            return;
        }
        if !connection.accepts_proof(&topic, write_key, signature) {
            self.close(id, CloseReason::BadProof);
            return;
        }
        connection.proven.insert(topic);
        connection.note_idleness(now_ms);
        self.topics.prove(topic);
    }

    fn drained(&mut self, id: ConnectionId, retry_after_ms: u32) {
        let Some(connection) = self.open(id) else { return };
        connection.outbox.last_words(&FromRelay::Drain { retry_after_ms });
        self.close(id, CloseReason::Restart);
    }

    fn closed(&mut self, id: ConnectionId) {
        self.leave_topics(id);
        self.connections.remove(&id);
    }

    fn noise(&mut self, id: ConnectionId, bytes: usize, now_ms: u64) {
        let Some(connection) = self.open(id) else { return };
        if connection.proven.is_empty() && !connection.allowance.take_bytes(bytes, now_ms) {
            self.close(id, CloseReason::TooFast);
        }
    }

    fn tick(&mut self, now_ms: u64) {
        self.close_idle(now_ms);
        self.end_waiting(now_ms);
        self.hold.expire(&mut self.topics, now_ms);
    }

    fn close_idle(&mut self, now_ms: u64) {
        let patience_ms = self.config.unsubscribed_ms;
        let mut idle: Vec<ConnectionId> = self
            .connections
            .iter()
            .filter(|(_, connection)| {
                connection.closing.is_none()
                    && connection.idle_since_ms.is_some_and(|since| now_ms.saturating_sub(since) >= patience_ms)
            })
            .map(|(id, _)| *id)
            .collect();
        // The same inputs give the same commands.
        idle.sort_unstable();
        for id in idle {
            self.close(id, CloseReason::Idle);
        }
    }

    pub(crate) fn answer(&mut self, id: ConnectionId, frame: &FromRelay) {
        self.queue(id, |connection| connection.outbox.answer(frame));
    }

    /// Puts something into an outbox; wakes its writer, or closes the connection if it is too slow.
    pub(crate) fn queue(&mut self, id: ConnectionId, put: impl FnOnce(&mut Connection) -> Result<(), TooSlow>) {
        let Some(connection) = self.open(id) else { return };
        let slept = connection.outbox.backlog().frames == 0;
        match put(connection) {
            Ok(()) if slept => self.commands.push(Command::Wake { connection: id }),
            Ok(()) => {}
            Err(TooSlow) => self.close(id, CloseReason::Slow),
        }
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Relay")
            .field("connections", &self.connections())
            .field("topics", &self.topics())
            .finish_non_exhaustive()
    }
}
