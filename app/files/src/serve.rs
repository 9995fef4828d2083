//! One file on its way out: who asked for what, and which piece goes next.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use crate::{Held, Millis, PIECES, Piece, WINDOW};

/// What went out this lately was heard by all who listen, also by those who ask for it now.
const HEARD: Millis = 2_000;
/// Most chunks that wait to go out: what so many seats may ask for at once.
const WAITING: usize = 16 * WINDOW;

/// A file that is served. What is asked for by several goes out once: all who fetch it listen to one topic.
#[derive(Default)]
pub struct Serve {
    waiting: VecDeque<u32>,
    /// The next piece of the first chunk that waits.
    piece: u8,
    /// When a chunk went out last.
    sent: BTreeMap<u32, Millis>,
}

impl Serve {
    /// Somebody asks. What is not held, waits already, or has just gone out is left aside: who did not hear it asks again.
    pub fn asked(&mut self, held: &Held, ranges: &[Range<u32>], now: Millis) {
        self.sent.retain(|_, at| *at + HEARD > now);
        let wanted = held.wanted(ranges);
        for index in wanted.into_iter().flatten().take(WINDOW) {
            if self.waiting.len() < WAITING && !self.sent.contains_key(&index) && !self.waiting.contains(&index) {
                self.waiting.push_back(index);
            }
        }
    }

    /// Returns the piece to send next. To be called as fast as the connection takes pieces, and no faster.
    pub fn next(&mut self, now: Millis) -> Option<Piece> {
        let chunk = *self.waiting.front()?;
        let piece = self.piece;
        self.piece = (piece + 1) % PIECES;
        if self.piece == 0 {
            self.waiting.pop_front();
            self.sent.insert(chunk, now);
        }
        Some(Piece { chunk, piece })
    }

    /// Whether anything waits.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }
}
