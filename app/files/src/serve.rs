//! One file on its way out: which chunks were asked for, and which goes next.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use record::AuthorKey;

use crate::{Held, Millis};

/// What went out this lately was heard by all who listened then, also by those of them who ask for it now.
const HEARD: Millis = 2_000;
/// Who asks for nothing so long does not listen any more.
const LISTENS: Millis = 10_000;
/// Most chunks that wait to go out.
const WAITING: usize = 128;
/// Most chunks that one seat has sent for by one message.
const ASKED: usize = 16;

/// A file that is served. What is asked for by several goes out once: all who fetch it listen to one topic.
#[derive(Default)]
pub(crate) struct Serve {
    waiting: VecDeque<u32>,
    /// With the shell, not sent yet.
    going: Vec<u32>,
    /// When a chunk went out last.
    sent: BTreeMap<u32, Millis>,
    /// Since when a seat asks, and when it did last.
    askers: BTreeMap<AuthorKey, (Millis, Millis)>,
}

impl Serve {
    /// A seat asks. What is not held, waits already, or has just gone out while it listened is left aside: if it did not hear it, it
    /// asks again.
    pub(crate) fn asked(
        &mut self,
        seat: AuthorKey,
        held: &Held,
        ranges: impl Iterator<Item = Range<u32>>,
        now: Millis,
    ) {
        self.sent.retain(|_, at| *at + HEARD > now);
        self.askers.retain(|_, (_, last)| *last + LISTENS > now);
        let (since, last) = self.askers.entry(seat).or_insert((now, now));
        *last = now;
        for index in ranges.flat_map(|range| range.take(ASKED)).take(ASKED) {
            let heard = self.sent.get(&index).is_some_and(|at| *at > *since);
            let new = !heard && !self.waiting.contains(&index) && !self.going.contains(&index);
            if new && held.contains(index) && self.waiting.len() < WAITING {
                self.waiting.push_back(index);
            }
        }
    }

    /// Returns the chunk to send next. To be called as fast as the connection takes chunks, and no faster.
    pub(crate) fn next(&mut self) -> Option<u32> {
        let index = self.waiting.pop_front()?;
        self.going.push(index);
        Some(index)
    }

    /// Whether nothing waits and nothing is with the shell.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.going.is_empty()
    }

    /// How many chunks are with the shell.
    pub(crate) fn going(&self) -> usize {
        self.going.len()
    }

    /// A chunk went out.
    pub(crate) fn sent(&mut self, index: u32, now: Millis) {
        self.going.retain(|going| *going != index);
        self.sent.insert(index, now);
    }

    /// A chunk could not go out: the connection broke, or it is not here after all. Who wants it asks again.
    pub(crate) fn not_sent(&mut self, index: u32) {
        self.going.retain(|going| *going != index);
    }
}
