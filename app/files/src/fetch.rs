//! One file on its way in: which chunks are asked for, and which of them anew.

use std::collections::BTreeMap;

use crate::{Held, Millis};

/// Chunks come in the order they were asked for: one that others have overtaken is asked for again so soon.
const OVERTAKEN: Millis = 300;
/// A chunk of which nothing came for so long is asked for again. Doubles with each time in vain, up to [`PATIENCE_MOST`].
pub(crate) const PATIENCE: Millis = 4_000;
const PATIENCE_MOST: Millis = 60_000;

/// A file that is fetched.
#[derive(Default)]
pub(crate) struct Fetch {
    /// By index: chunks that were asked for and are not held yet.
    open: BTreeMap<u32, Open>,
    /// How many chunks were asked for in all.
    asked: u64,
}

struct Open {
    /// Which one it was, of all that were asked for.
    place: u64,
    /// When it is asked for again.
    due: Millis,
    /// How often it was asked for in vain.
    in_vain: u32,
    /// It is here and being checked or stored.
    complete: bool,
}

impl Fetch {
    /// Returns what to ask for now, in order: chunks that were asked for in vain, and up to `room` more of those that are missing and
    /// `source` has.
    pub(crate) fn ask(&mut self, held: &Held, room: usize, source: impl Fn(u32) -> bool, now: Millis) -> Vec<u32> {
        let mut asked: Vec<u32> = Vec::new();
        for (index, open) in self.open.iter_mut().filter(|(_, open)| open.due <= now && !open.complete) {
            open.in_vain += 1;
            open.due = now + patience(open.in_vain);
            self.asked += 1;
            open.place = self.asked;
            asked.push(*index);
        }
        let more: Vec<u32> =
            held.missing().filter(|index| !self.open.contains_key(index) && source(*index)).take(room).collect();
        for index in more {
            self.asked += 1;
            self.open.insert(index, Open { place: self.asked, due: now + PATIENCE, in_vain: 0, complete: false });
            asked.push(index);
        }
        asked.sort_unstable();
        asked
    }

    /// How many chunks were asked for and are not held.
    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    /// When [`Fetch::ask`] has something to ask again, if nothing comes.
    pub(crate) fn due(&self) -> Option<Millis> {
        self.open.values().filter(|open| !open.complete).map(|open| open.due).min()
    }

    /// Some of a chunk came.
    pub(crate) fn heard(&mut self, index: u32, now: Millis) {
        if let Some(open) = self.open.get_mut(&index) {
            open.due = open.due.max(now + PATIENCE);
        }
    }

    /// All of a chunk came: it is being checked and stored.
    pub(crate) fn complete(&mut self, index: u32, now: Millis) {
        let Some(open) = self.open.get_mut(&index) else { return };
        open.complete = true;
        let place = open.place;
        // Not of those that were in vain: another seat may have sent this one.
        for other in self.open.values_mut().filter(|other| other.place < place && other.in_vain == 0) {
            other.due = other.due.min(now + OVERTAKEN);
        }
    }

    /// A chunk is held.
    pub(crate) fn stored(&mut self, index: u32) {
        self.open.remove(&index);
    }

    /// A complete chunk was not what it should be: it is asked for again, later each time.
    pub(crate) fn spoilt(&mut self, index: u32, now: Millis) {
        if let Some(open) = self.open.get_mut(&index) {
            open.complete = false;
            open.in_vain += 1;
            open.due = now + patience(open.in_vain) - PATIENCE;
        }
    }

    /// What was asked for does not come any more: another seat is asked, or the same on another connection.
    pub(crate) fn begin_anew(&mut self) {
        self.open.retain(|_, open| open.complete);
    }
}

fn patience(in_vain: u32) -> Millis {
    PATIENCE.saturating_mul(1 << in_vain.min(8)).min(PATIENCE_MOST)
}
