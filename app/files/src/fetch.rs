//! One file on its way in: what to ask for, what has come, what was spoilt.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::{Chunks, Held, PIECES, Piece};

/// Milliseconds since 1970.
pub type Millis = u64;

/// Most chunks that are asked for and not here: what may be on its way, and in memory, at once.
pub const WINDOW: usize = 8;
/// Most chunks of which pieces are kept, those included that others asked for.
const OPEN: usize = 2 * WINDOW;
/// A chunk of which nothing came for so long is asked for again. Doubles with each time in vain, up to [`PATIENCE_MOST`].
const PATIENCE: Millis = 4_000;
const PATIENCE_MOST: Millis = 60_000;

/// A file that is fetched. Chunks are held once they were verified; pieces lie with the shell until then.
pub struct Fetch {
    held: Held,
    chunks: Chunks,
    /// By index of the chunk.
    open: BTreeMap<u32, Open>,
}

/// A chunk that is not held yet.
struct Open {
    /// Bit `n` for piece `n`.
    pieces: u16,
    /// When it is asked for next; none if nobody here has asked.
    due: Option<Millis>,
    /// How often it was asked for in vain.
    in_vain: u32,
}

/// What became of a piece.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heard {
    /// Of no use: held, here already, of no such chunk, or too many are open.
    Nothing,
    /// To be kept.
    Kept,
    /// To be kept; the chunk is complete and can be verified.
    Complete,
}

impl Fetch {
    /// Begins, or goes on, with what is held.
    pub fn new(chunks: Chunks, held: Held) -> Self {
        Self { held, chunks, open: BTreeMap::new() }
    }

    /// What is held.
    pub fn held(&self) -> &Held {
        &self.held
    }

    /// Returns what to ask for now: chunks that are missing, as far as [`WINDOW`] lets, and chunks that were asked for in vain.
    pub fn ask(&mut self, now: Millis) -> Vec<Range<u32>> {
        let mut asked: Vec<u32> = Vec::new();
        for (index, open) in &mut self.open {
            if open.due.is_some_and(|due| due <= now) {
                open.in_vain += 1;
                open.due = Some(now + patience(open.in_vain));
                asked.push(*index);
            }
        }
        let mut room = WINDOW.saturating_sub(self.open.values().filter(|open| open.due.is_some()).count());
        for index in self.held.missing().into_iter().flatten() {
            if room == 0 {
                break;
            }
            let open = self.open.entry(index).or_insert(Open { pieces: 0, due: None, in_vain: 0 });
            if open.due.is_none() {
                open.due = Some(now + PATIENCE);
                asked.push(index);
                room -= 1;
            }
        }
        asked.sort_unstable();
        crate::held::ranges(asked.into_iter().map(|index| index as usize)).collect()
    }

    /// When [`Fetch::ask`] has something to ask again at the latest, if nothing comes.
    pub fn due(&self) -> Option<Millis> {
        self.open.values().filter_map(|open| open.due).min()
    }

    /// A piece came, whoever asked for it.
    pub fn hear(&mut self, Piece { chunk, piece }: Piece, now: Millis) -> Heard {
        if piece >= PIECES || chunk >= self.chunks.count() || self.held.contains(chunk) {
            return Heard::Nothing;
        }
        if !self.open.contains_key(&chunk) && self.open.len() >= OPEN {
            return Heard::Nothing;
        }
        let open = self.open.entry(chunk).or_insert(Open { pieces: 0, due: None, in_vain: 0 });
        if open.pieces >> piece & 1 == 1 {
            return Heard::Nothing;
        }
        open.pieces |= 1 << piece;
        open.due = open.due.map(|due| due.max(now + PATIENCE));
        if open.pieces == u16::MAX { Heard::Complete } else { Heard::Kept }
    }

    /// A complete chunk was what the manifest says, and is on the disk.
    pub fn verified(&mut self, index: u32) {
        if self.open.remove(&index).is_some() {
            self.held.insert(index);
        }
    }

    /// A complete chunk was something else. Its pieces are thrown away; it is asked for again, later each time.
    pub fn spoilt(&mut self, index: u32, now: Millis) {
        if let Some(open) = self.open.get_mut(&index) {
            open.pieces = 0;
            open.in_vain += 1;
            open.due = open.due.map(|_| now + patience(open.in_vain));
        }
        self.open.retain(|_, open| open.due.is_some() || open.pieces != 0);
    }
}

fn patience(in_vain: u32) -> Millis {
    PATIENCE.saturating_mul(1 << in_vain.min(8)).min(PATIENCE_MOST)
}
