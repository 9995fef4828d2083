//! One client, as far as it can tell from what crosses the wire.

use std::collections::{BTreeSet, VecDeque};

use relay_core::ConnectionId;
use wire::{CloseReason, FromRelay, Topic};

/// A client from Opened to Closed, and what the relay owes it.
pub(crate) struct Guest {
    pub(crate) id: ConnectionId,
    /// As they were when it was told to go, from then on.
    pub(crate) subscribed: BTreeSet<Topic>,
    /// As they were when it was told to go, from then on.
    pub(crate) proven: BTreeSet<Topic>,
    /// Since when it is subscribed to nothing and has proved nothing.
    pub(crate) idle_since_ms: Option<u64>,
    pub(crate) told_to_go: bool,
    /// What it should hear, in order; deliveries may be missing if a Gap tells it.
    owed: VecDeque<FromRelay>,
    /// Topics of which a delivery was passed over, with no Gap so far.
    missed: BTreeSet<Topic>,
    /// It was too slow, or silent, and told to go for it.
    lost_its_queue: bool,
    /// Topics with a Gap since their last delivery.
    gaps: BTreeSet<Topic>,
    heard_last_words: bool,
}

impl Guest {
    pub(crate) fn new(id: ConnectionId, now_ms: u64) -> Self {
        Guest {
            id,
            subscribed: BTreeSet::new(),
            proven: BTreeSet::new(),
            idle_since_ms: Some(now_ms),
            told_to_go: false,
            owed: VecDeque::new(),
            missed: BTreeSet::new(),
            gaps: BTreeSet::new(),
            lost_its_queue: false,
            heard_last_words: false,
        }
    }

    /// Notes a frame that the relay owes it from now on.
    pub(crate) fn owe(&mut self, frame: FromRelay) {
        self.owed.push_back(frame);
    }

    /// Says whether it has something to read, so that it can be too slow.
    pub(crate) fn is_behind(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Says whether the topic exists for its sake.
    pub(crate) fn holds(&self, topic: &Topic) -> bool {
        !self.told_to_go && (self.subscribed.contains(topic) || self.proven.contains(topic))
    }

    /// Starts or stops the clock of a client without topics; to be called when its topics have changed.
    pub(crate) fn note_idleness(&mut self, now_ms: u64) {
        let idle = self.subscribed.is_empty() && self.proven.is_empty();
        self.idle_since_ms = idle.then(|| self.idle_since_ms.unwrap_or(now_ms));
    }

    /// Notes that it wants no more of a topic: nothing of it may come, whether it waits already or not.
    pub(crate) fn forget(&mut self, topic: &Topic) {
        self.subscribed.remove(topic);
        self.proven.remove(topic);
        self.owed.retain(|frame| topic_delivered(frame) != Some(topic));
        self.missed.remove(topic);
        self.gaps.remove(topic);
    }

    /// Notes that it was told to go.
    pub(crate) fn told_to_go(&mut self, reason: CloseReason) {
        assert!(!self.told_to_go, "told to go twice");
        self.told_to_go = true;
        if matches!(reason, CloseReason::Slow | CloseReason::Silent) {
            self.owed.clear();
            self.missed.clear();
            self.gaps.clear();
            // Of all that waited only the Gaps are left.
            self.lost_its_queue = true;
        }
        self.owe(FromRelay::Close { reason });
    }

    /// Hears a frame, which must be the next it is owed, or a Gap.
    pub(crate) fn hear(&mut self, frame: &FromRelay) {
        assert!(!self.heard_last_words, "nothing follows a Close");
        if let FromRelay::Gap { topic } = frame {
            self.hear_gap(*topic);
            return;
        }
        loop {
            let owed = self.owed.pop_front().expect("nothing comes that nobody caused");
            if owed == *frame {
                break;
            }
            let Some(topic) = topic_delivered(&owed) else { panic!("{frame:?} came instead of {owed:?}") };
            if !self.gaps.contains(topic) {
                self.missed.insert(*topic);
            }
        }
        if let Some(topic) = topic_delivered(frame) {
            assert!(self.subscribed.contains(topic), "delivered to somebody who is not subscribed");
            assert!(!self.missed.contains(topic), "dropped without a Gap");
            self.gaps.remove(topic);
        }
        self.heard_last_words = matches!(frame, FromRelay::Close { .. });
    }

    fn hear_gap(&mut self, topic: Topic) {
        assert!(self.subscribed.contains(&topic), "a Gap for somebody who is not subscribed");
        let missed = self.missed.remove(&topic);
        let owed = self.owed.iter().any(|frame| topic_delivered(frame) == Some(&topic));
        assert!(missed || owed || self.lost_its_queue, "a Gap where nothing is missing");
        self.gaps.insert(topic);
    }

    /// Checks, once nothing waits for it, that it got all it was owed or knows that it did not.
    pub(crate) fn has_heard_everything(&mut self) {
        assert!(self.missed.is_empty(), "dropped without a Gap");
        for frame in self.owed.drain(..) {
            let told = topic_delivered(&frame).is_some_and(|topic| self.gaps.contains(topic));
            assert!(told, "{frame:?} never came");
        }
        // What is dropped from now on takes another Gap.
        self.gaps.clear();
    }
}

fn topic_delivered(frame: &FromRelay) -> Option<&Topic> {
    match frame {
        FromRelay::Deliver { topic, .. } => Some(topic),
        FromRelay::Hello { .. }
        | FromRelay::Refused { .. }
        | FromRelay::Gap { .. }
        | FromRelay::Drain { .. }
        | FromRelay::Pong
        | FromRelay::Close { .. } => None,
    }
}
