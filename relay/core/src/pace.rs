//! Whose turn it is: back-pressure by those who read, and rounds between topics.
//!
//! Nobody who has proved a topic is told a rate. Somebody who publishes faster than every other subscriber reads is not read from
//! until one of them has caught up, or a second has passed: who read nothing in that second is not waited for again. And no topic
//! costs more than its share before all others that want something had their turn.

use std::collections::BTreeMap;

use wire::Topic;

use crate::{Command, ConnectionId, Relay};

/// Connections that are not read from.
#[derive(Default)]
pub(crate) struct Pace {
    pub(crate) round: u64,
    /// Those whose topic has had its share of this round.
    until_next_round: Vec<ConnectionId>,
    /// Those who publish faster than anybody reads, and since when.
    held_back: BTreeMap<Topic, Vec<(ConnectionId, u64)>>,
}

impl Pace {
    /// An empty tree keeps its last node, and in it the last topic.
    fn forget(&mut self) {
        if self.held_back.is_empty() {
            self.held_back = BTreeMap::new();
        }
    }
}

impl Relay {
    /// Pauses somebody who has just published if it should wait.
    pub(crate) fn pace(&mut self, id: ConnectionId, topic: Topic, spent: u64, now_ms: u64) {
        if self.open(id).is_none_or(|connection| connection.paused) {
            return;
        }
        let outpaces = self.outpaces_readers(id, topic);
        if !outpaces && spent <= self.config.round_bytes {
            return;
        }
        if let Some(connection) = self.open(id) {
            connection.paused = true;
            self.commands.push(Command::Pause { connection: id });
        }
        if outpaces {
            self.counts.held_back += 1;
            self.pace.held_back.entry(topic).or_default().push((id, now_ms));
            return;
        }
        self.pace.until_next_round.push(id);
        if let [_] = self.pace.until_next_round[..] {
            self.commands.push(Command::EndRound);
        }
    }

    /// Everybody had a turn.
    pub(crate) fn next_round(&mut self) {
        self.pace.round += 1;
        for id in core::mem::take(&mut self.pace.until_next_round) {
            self.resume(id);
        }
    }

    /// Somebody has read: those who waited for that go on.
    pub(crate) fn caught_up(&mut self, id: ConnectionId) {
        if self.pace.held_back.is_empty() {
            return;
        }
        let Some(connection) = self.open(id).filter(|connection| !connection.outbox.is_behind()) else { return };
        let topics: Vec<Topic> = connection.subscribed.iter().collect();
        for topic in topics {
            // That somebody reads its own frames is nothing to wait for.
            let waiting = self.pace.held_back.remove(&topic).unwrap_or_default();
            let (own, others): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(publisher, _)| *publisher == id);
            if !own.is_empty() {
                self.pace.held_back.insert(topic, own);
            }
            for (publisher, _) in others {
                self.resume(publisher);
            }
        }
        self.pace.forget();
    }

    /// Lets those go on who have waited for long enough, and ignores those they have waited for.
    pub(crate) fn end_waiting(&mut self, now_ms: u64) {
        let patience_ms = self.config.held_back_ms;
        let over: Vec<Topic> = (self.pace.held_back.iter())
            .filter(|(_, waiting)| waiting.iter().any(|(_, since)| now_ms.saturating_sub(*since) >= patience_ms))
            .map(|(topic, _)| *topic)
            .collect();
        for topic in over {
            for subscriber in self.topics.get(topic).map(|held| held.subscribers.clone()).unwrap_or_default() {
                if let Some(connection) = self.open(subscriber) {
                    connection.outbox.ignored |= connection.outbox.is_behind();
                }
            }
            for (publisher, _) in self.pace.held_back.remove(&topic).unwrap_or_default() {
                self.resume(publisher);
            }
        }
        self.pace.forget();
    }

    /// Says whether every other subscriber that is waited for is behind.
    fn outpaces_readers(&self, id: ConnectionId, topic: Topic) -> bool {
        let others = self.topics.get(topic).map_or(&[][..], |held| &held.subscribers);
        let mut anybody = false;
        for other in others.iter().filter(|other| **other != id) {
            let Some(connection) = self.connections.get(other).filter(|other| !other.outbox.ignored) else { continue };
            if !connection.outbox.is_behind() {
                return false;
            }
            anybody = true;
        }
        anybody
    }

    fn resume(&mut self, id: ConnectionId) {
        if let Some(connection) = self.open(id).filter(|connection| connection.paused) {
            connection.paused = false;
            self.commands.push(Command::Resume { connection: id });
        }
    }
}
