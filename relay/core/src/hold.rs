//! Frames held for those who subscribe later: a cache, bounded, gone with the process.

use std::collections::VecDeque;

use bytes::Bytes;
use wire::Topic;

use crate::topics::Topics;
use crate::{Backlog, Config};

/// What a held frame takes besides its bytes.
const ENTRY_BYTES: usize = 160;

/// Entries of frames that are gone already which may stand among the others.
const SPARE_ENTRIES: usize = 64;

/// All held frames in the order in which they came; the frames themselves are with their topics.
pub(crate) struct Hold {
    order: VecDeque<Entry>,
    last_number: u64,
    pub(crate) held: Backlog,
    for_ms: u64,
    most_bytes: usize,
    per_topic: Backlog,
}

struct Entry {
    at_ms: u64,
    topic: Topic,
    number: u64,
}

impl Hold {
    pub(crate) fn new(config: &Config) -> Self {
        Hold {
            order: VecDeque::new(),
            last_number: 0,
            held: Backlog::default(),
            for_ms: config.hold_ms,
            most_bytes: config.hold_bytes,
            per_topic: config.hold_per_topic,
        }
    }

    /// Holds a Deliver frame, and drops older ones if there is no room.
    pub(crate) fn add(&mut self, topics: &mut Topics, topic: Topic, frame: Bytes, now_ms: u64) {
        if self.for_ms == 0 || frame.len() > self.per_topic.bytes {
            return;
        }
        self.expire(topics, now_ms);
        self.held.frames += 1;
        self.held.bytes += frame.len() + ENTRY_BYTES;
        self.last_number += 1;
        let number = self.last_number;
        self.order.push_back(Entry { at_ms: now_ms, topic, number });
        topics.entry(topic).frames.push_back((number, frame));
        while topics.get(topic).is_some_and(|held| self.is_too_much(&held.frames)) {
            self.drop_oldest_of(topics, topic);
        }
        while self.held.bytes > self.most_bytes && self.drop_oldest(topics) {}
        if self.order.len() > 2 * self.held.frames + SPARE_ENTRIES {
            self.order.retain(|entry| is_held(topics, entry.topic, entry.number));
        }
    }

    /// Drops what has been held for its time.
    pub(crate) fn expire(&mut self, topics: &mut Topics, now_ms: u64) {
        while self.order.front().is_some_and(|entry| now_ms.saturating_sub(entry.at_ms) >= self.for_ms) {
            self.drop_oldest(topics);
        }
    }

    fn is_too_much(&self, frames: &VecDeque<(u64, Bytes)>) -> bool {
        frames.len() > self.per_topic.frames
            || frames.iter().map(|(_, frame)| frame.len()).sum::<usize>() > self.per_topic.bytes
    }

    fn drop_oldest(&mut self, topics: &mut Topics) -> bool {
        let Some(Entry { topic, number, .. }) = self.order.pop_front() else { return false };
        if is_held(topics, topic, number) {
            self.drop_oldest_of(topics, topic);
        }
        true
    }

    fn drop_oldest_of(&mut self, topics: &mut Topics, topic: Topic) {
        if let Some(frame) = topics.drop_oldest(topic) {
            self.held.frames -= 1;
            self.held.bytes -= frame.len() + ENTRY_BYTES;
        }
    }
}

/// Says whether a frame is held still: one that its topic had no more room for is gone already.
fn is_held(topics: &Topics, topic: Topic, number: u64) -> bool {
    topics.get(topic).and_then(|held| held.frames.front()).is_some_and(|(oldest, _)| *oldest <= number)
}
