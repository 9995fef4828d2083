//! Who listens on which topic, and its sequence.

use std::collections::{BTreeMap, BTreeSet};

use wire::Topic;

use crate::ConnectionId;

/// The topics that somebody is subscribed to or has proved; every other topic is forgotten.
#[derive(Default)]
pub(crate) struct Topics(BTreeMap<Topic, Held>);

#[derive(Default)]
struct Held {
    subscribers: BTreeSet<ConnectionId>,
    provers: usize,
    sequence: u64,
}

/// The topic has as many subscribers as are taken.
pub(crate) struct TopicFull;

impl Topics {
    /// Adds a subscriber that is not one yet.
    pub(crate) fn subscribe(&mut self, topic: Topic, connection: ConnectionId, most: usize) -> Result<(), TopicFull> {
        let subscribers = self.0.get(&topic).map_or(0, |held| held.subscribers.len());
        if subscribers >= most {
            return Err(TopicFull);
        }
        self.0.entry(topic).or_default().subscribers.insert(connection);
        Ok(())
    }

    /// Removes a subscriber.
    pub(crate) fn unsubscribe(&mut self, topic: Topic, connection: ConnectionId) {
        self.change(topic, |held| {
            held.subscribers.remove(&connection);
        });
    }

    /// Counts one more connection that has proved the topic.
    pub(crate) fn prove(&mut self, topic: Topic) {
        self.0.entry(topic).or_default().provers += 1;
    }

    /// Counts one less; only for a connection that [`Topics::prove`] has counted.
    pub(crate) fn disprove(&mut self, topic: Topic) {
        self.change(topic, |held| held.provers -= 1);
    }

    /// Returns the next sequence of a topic and those who get the frame, for a proved topic.
    pub(crate) fn publish(&mut self, topic: Topic) -> (u64, Vec<ConnectionId>) {
        let held = self.0.entry(topic).or_default();
        held.sequence += 1;
        (held.sequence, held.subscribers.iter().copied().collect())
    }

    /// Returns how many topics are held.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    fn change(&mut self, topic: Topic, change: impl FnOnce(&mut Held)) {
        let Some(held) = self.0.get_mut(&topic) else { return };
        change(held);
        if held.subscribers.is_empty() && held.provers == 0 {
            self.0.remove(&topic);
        }
    }
}
