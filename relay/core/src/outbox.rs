//! The frames that wait for one connection.

use std::collections::VecDeque;

use bytes::Bytes;
use wire::{FromRelay, Topic};

use crate::Config;

/// How much waits for one connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Backlog {
    /// Frames.
    pub frames: usize,
    /// Their bytes.
    pub bytes: usize,
}

/// A bounded queue of encoded frames, oldest first.
///
/// Deliveries and answers keep within `queue_frames` and `queue_bytes`. Beyond them wait at most one
/// Gap for each subscribed topic, and the last words of a connection that is being closed.
pub(crate) struct Outbox {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    most: Backlog,
    overflow_window_ms: u64,
    overflowed_at_ms: Option<u64>,
    /// Nobody waits for this reader any more until it has caught up: it kept somebody waiting and read nothing.
    pub(crate) ignored: bool,
}

struct Waiting {
    bytes: Bytes,
    about: About,
}

#[derive(PartialEq, Eq)]
enum About {
    Delivery(Topic),
    Gap(Topic),
    Connection,
}

impl Waiting {
    fn is_of(&self, topic: Topic) -> bool {
        match &self.about {
            About::Delivery(of) | About::Gap(of) => *of == topic,
            About::Connection => false,
        }
    }
}

/// The client reads too slowly: what it should be told no longer fits.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct TooSlow;

impl Outbox {
    pub(crate) fn new(config: &Config) -> Self {
        Outbox {
            waiting: VecDeque::new(),
            bytes: 0,
            most: Backlog { frames: config.queue_frames, bytes: config.queue_bytes },
            overflow_window_ms: config.overflow_window_ms,
            overflowed_at_ms: None,
            ignored: false,
        }
    }

    /// Adds a Deliver frame of a topic.
    ///
    /// If it does not fit, everything of this topic that waits is replaced by a Gap; if that has
    /// happened within the overflow window already, nothing changes and the client is too slow. Says whether it did fit.
    pub(crate) fn deliver(&mut self, topic: Topic, frame: Bytes, now_ms: u64) -> Result<bool, TooSlow> {
        if self.fits(&frame) {
            self.push(frame, About::Delivery(topic));
            return Ok(true);
        }
        let window_ms = self.overflow_window_ms;
        if self.overflowed_at_ms.is_some_and(|at_ms| now_ms.saturating_sub(at_ms) < window_ms) {
            return Err(TooSlow);
        }
        self.overflowed_at_ms = Some(now_ms);
        self.forget(topic);
        self.gap(topic);
        Ok(false)
    }

    /// Adds a Gap of a topic, unless the last thing that waits of it is one.
    pub(crate) fn gap(&mut self, topic: Topic) {
        let last = self.waiting.iter().rev().find(|waiting| waiting.is_of(topic));
        if last.is_none_or(|waiting| waiting.about != About::Gap(topic)) {
            self.push(FromRelay::Gap { topic }.encode(), About::Gap(topic));
        }
    }

    /// Adds a frame that answers the client itself.
    ///
    /// There is no Gap for answers: a client that asks without reading is too slow at once.
    pub(crate) fn answer(&mut self, frame: &FromRelay) -> Result<(), TooSlow> {
        let bytes = frame.encode();
        if !self.fits(&bytes) {
            return Err(TooSlow);
        }
        self.push(bytes, About::Connection);
        Ok(())
    }

    /// Adds a frame with which the connection ends, whatever waits.
    pub(crate) fn last_words(&mut self, frame: &FromRelay) {
        self.push(frame.encode(), About::Connection);
    }

    /// Drops the deliveries and the Gap of a topic.
    pub(crate) fn forget(&mut self, topic: Topic) {
        self.waiting.retain(|waiting| !waiting.is_of(topic));
        self.bytes = self.waiting.iter().map(|waiting| waiting.bytes.len()).sum();
    }

    /// Drops everything but the Gaps, of which there is at most one for each topic.
    pub(crate) fn clear(&mut self) {
        self.waiting.retain(|waiting| matches!(waiting.about, About::Gap(_)));
        self.waiting.shrink_to_fit();
        self.bytes = self.waiting.iter().map(|waiting| waiting.bytes.len()).sum();
    }

    /// Returns and removes up to `max` frames.
    pub(crate) fn take(&mut self, max: usize) -> Vec<Bytes> {
        let count = max.min(self.waiting.len());
        let frames: Vec<Bytes> = self.waiting.drain(..count).map(|waiting| waiting.bytes).collect();
        self.bytes -= frames.iter().map(Bytes::len).sum::<usize>();
        self.ignored &= self.is_behind();
        if self.waiting.is_empty() {
            // A burst must not keep its memory for as long as the connection lives.
            self.waiting = VecDeque::new();
        }
        frames
    }

    pub(crate) fn backlog(&self) -> Backlog {
        Backlog { frames: self.waiting.len(), bytes: self.bytes }
    }

    /// Says whether more than half of what may wait does.
    pub(crate) fn is_behind(&self) -> bool {
        self.waiting.len() > self.most.frames / 2 || self.bytes > self.most.bytes / 2
    }

    fn fits(&self, frame: &Bytes) -> bool {
        self.waiting.len() < self.most.frames && self.bytes + frame.len() <= self.most.bytes
    }

    fn push(&mut self, bytes: Bytes, about: About) {
        self.bytes += bytes.len();
        self.waiting.push_back(Waiting { bytes, about });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENARY: Topic = Topic([1; 32]);
    const CAUCUS: Topic = Topic([2; 32]);

    fn outbox_of_three_frames() -> Outbox {
        Outbox::new(&Config { queue_frames: 3, queue_bytes: 100, overflow_window_ms: 1_000, ..Config::default() })
    }

    fn gap(topic: Topic) -> Bytes {
        FromRelay::Gap { topic }.encode()
    }

    #[test]
    fn frames_come_out_in_the_order_they_went_in() {
        let mut outbox = outbox_of_three_frames();
        for frame in ["a", "b", "c"] {
            outbox.deliver(PLENARY, frame.into(), 0).expect("three fit");
        }
        assert_eq!(outbox.take(2), ["a", "b"]);
        assert_eq!(outbox.take(2), ["c"]);
        assert_eq!(outbox.backlog(), Backlog::default());
    }

    #[test]
    fn too_many_frames_of_a_topic_become_its_gap_and_leave_others_alone() {
        let mut outbox = outbox_of_three_frames();
        outbox.deliver(PLENARY, "a".into(), 0).expect("fits");
        outbox.deliver(CAUCUS, "b".into(), 0).expect("fits");
        outbox.deliver(PLENARY, "c".into(), 0).expect("fits");
        outbox.deliver(PLENARY, "d".into(), 0).expect("the first overflow is forgiven");
        outbox.deliver(PLENARY, "e".into(), 0).expect("there is room again");
        assert_eq!(outbox.take(9), [Bytes::from("b"), gap(PLENARY), Bytes::from("e")]);
    }

    #[test]
    fn too_many_bytes_overflow_like_too_many_frames() {
        let mut outbox = outbox_of_three_frames();
        outbox.deliver(PLENARY, vec![0; 60].into(), 0).expect("fits");
        outbox.deliver(PLENARY, vec![0; 41].into(), 0).expect("the first overflow is forgiven");
        assert_eq!(outbox.take(9), [gap(PLENARY)]);
    }

    #[test]
    fn a_second_overflow_within_the_window_is_too_slow() {
        let mut outbox = outbox_of_three_frames();
        let mut deliver = |now_ms| outbox.deliver(PLENARY, "x".into(), now_ms);
        assert!((0..4).all(|_| deliver(0).is_ok()));
        assert!((0..2).all(|_| deliver(0).is_ok()));
        assert_eq!(deliver(999), Err(TooSlow));
        assert_eq!(deliver(1_000), Ok(false));
    }

    #[test]
    fn overflowing_again_and_again_keeps_one_gap_for_a_topic() {
        let mut outbox = outbox_of_three_frames();
        for _ in 0..3 {
            outbox.deliver(CAUCUS, "x".into(), 0).expect("three fit");
        }
        for round in 0..5 {
            outbox.deliver(PLENARY, "y".into(), round * 1_000).expect("outside the window");
            assert_eq!(outbox.backlog(), Backlog { frames: 4, bytes: 3 + 33 });
        }
    }

    #[test]
    fn answers_that_nobody_reads_are_too_slow_at_once() {
        let mut outbox = outbox_of_three_frames();
        assert!((0..3).all(|_| outbox.answer(&FromRelay::Pong) == Ok(())));
        assert_eq!(outbox.answer(&FromRelay::Pong), Err(TooSlow));
    }
}
