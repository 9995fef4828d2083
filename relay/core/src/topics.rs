//! Who listens on which topic, its sequence, and what is held of it.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use wire::Topic;

use crate::ConnectionId;

/// The topics that somebody is subscribed to or has proved, or of which frames are held; every other topic is forgotten.
#[derive(Default)]
pub(crate) struct Topics(BTreeMap<Topic, Held>);

/// One topic.
#[derive(Default)]
pub(crate) struct Held {
    /// Sorted: frames are handed out in the order in which connections came, always.
    pub(crate) subscribers: Vec<ConnectionId>,
    provers: usize,
    pub(crate) sequence: u64,
    /// In which round something was last published, and what that round has cost so far.
    round: u64,
    spent: u64,
    /// Deliver frames for those who subscribe later, numbered by the [`Hold`](crate::hold::Hold).
    pub(crate) frames: VecDeque<(u64, Bytes)>,
}

/// The topic has as many subscribers as are taken.
pub(crate) struct TopicFull;

impl Held {
    /// Adds what a frame costs to what this round has cost, and returns the sum.
    pub(crate) fn spend(&mut self, round: u64, cost: u64) -> u64 {
        if self.round != round {
            (self.round, self.spent) = (round, 0);
        }
        self.spent = self.spent.saturating_add(cost);
        self.spent
    }
}

impl Topics {
    /// Returns a topic, as new if it is not held.
    pub(crate) fn entry(&mut self, topic: Topic) -> &mut Held {
        self.0.entry(topic).or_default()
    }

    /// Returns a topic that is held.
    pub(crate) fn get(&self, topic: Topic) -> Option<&Held> {
        self.0.get(&topic)
    }

    /// Adds a subscriber that is not one yet.
    pub(crate) fn subscribe(&mut self, topic: Topic, connection: ConnectionId, most: usize) -> Result<(), TopicFull> {
        if self.get(topic).is_some_and(|held| held.subscribers.len() >= most) {
            return Err(TopicFull);
        }
        let subscribers = &mut self.entry(topic).subscribers;
        if let Err(at) = subscribers.binary_search(&connection) {
            subscribers.insert(at, connection);
        }
        Ok(())
    }

    /// Removes a subscriber. Says whether it was the last.
    pub(crate) fn unsubscribe(&mut self, topic: Topic, connection: ConnectionId) -> bool {
        self.change(topic, |held| {
            let at = held.subscribers.binary_search(&connection);
            at.map(|at| held.subscribers.remove(at)).is_ok() && held.subscribers.is_empty()
        })
    }

    /// Counts one more connection that has proved the topic.
    pub(crate) fn prove(&mut self, topic: Topic) {
        self.entry(topic).provers += 1;
    }

    /// Counts one less; only for a connection that [`Topics::prove`] has counted.
    pub(crate) fn disprove(&mut self, topic: Topic) {
        self.change(topic, |held| {
            held.provers -= 1;
            false
        });
    }

    /// Drops the oldest held frame of a topic and returns it.
    pub(crate) fn drop_oldest(&mut self, topic: Topic) -> Option<Bytes> {
        let mut dropped = None;
        self.change(topic, |held| {
            dropped = held.frames.pop_front();
            false
        });
        dropped.map(|(_, frame)| frame)
    }

    /// Returns how many topics are held.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Returns the topics that somebody is subscribed to.
    pub(crate) fn subscribed(&self) -> Vec<Topic> {
        self.0.iter().filter(|(_, held)| !held.subscribers.is_empty()).map(|(topic, _)| *topic).collect()
    }

    fn change(&mut self, topic: Topic, change: impl FnOnce(&mut Held) -> bool) -> bool {
        let Some(held) = self.0.get_mut(&topic) else { return false };
        let said = change(held);
        if held.subscribers.is_empty() && held.provers == 0 && held.frames.is_empty() {
            self.0.remove(&topic);
        }
        said
    }
}
