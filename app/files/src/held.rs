//! Which chunks of a file are held: verified, and on the disk.

use std::ops::Range;

use fixedbitset::FixedBitSet;

/// Most ranges that one message names of one file.
pub const RANGES: usize = 64;

/// Chunks that are held, of so many.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    chunks: FixedBitSet,
}

impl Held {
    /// None of `count` chunks.
    pub fn none(count: u32) -> Self {
        Self { chunks: FixedBitSet::with_capacity(count as usize) }
    }

    /// All of `count` chunks.
    pub fn all(count: u32) -> Self {
        let mut held = Self::none(count);
        held.chunks.insert_range(..);
        held
    }

    /// Those in the ranges, as far as there are that many.
    pub fn of(count: u32, ranges: impl Iterator<Item = Range<u32>>) -> Self {
        let mut held = Self::none(count);
        for range in ranges.filter(|range| range.start < range.end && range.start < count) {
            held.chunks.insert_range(range.start as usize..range.end.min(count) as usize);
        }
        held
    }

    /// What a store tells of its chunks: one byte for each, not zero where it is held.
    pub fn told(count: u32, bytes: &[u8]) -> Self {
        let mut held = Self::none(count);
        for (index, _) in bytes.iter().take(count as usize).enumerate().filter(|(_, byte)| **byte != 0) {
            held.chunks.insert(index);
        }
        held
    }

    /// One more is held. False if it was already, or if the file has no such chunk.
    pub fn insert(&mut self, index: u32) -> bool {
        (index as usize) < self.chunks.len() && !self.chunks.put(index as usize)
    }

    /// One turned out not to be there, or not to be what it was.
    pub fn remove(&mut self, index: u32) {
        if (index as usize) < self.chunks.len() {
            self.chunks.remove(index as usize);
        }
    }

    /// Whether a chunk is held.
    pub fn contains(&self, index: u32) -> bool {
        self.chunks.contains(index as usize)
    }

    /// How many are held.
    pub fn count(&self) -> u32 {
        as_index(self.chunks.count_ones(..))
    }

    /// Whether all are.
    pub fn is_whole(&self) -> bool {
        self.chunks.is_full()
    }

    /// Chunks that are not held, in order.
    pub fn missing(&self) -> impl Iterator<Item = u32> {
        self.chunks.zeroes().map(as_index)
    }

    /// The first ranges of chunks that are held, at most [`RANGES`]: what to tell the others.
    pub fn ranges(&self) -> Vec<Range<u32>> {
        ranges(self.chunks.ones().map(as_index)).take(RANGES).collect()
    }
}

/// Joins neighbours.
pub(crate) fn ranges(indices: impl Iterator<Item = u32>) -> impl Iterator<Item = Range<u32>> {
    let mut indices = indices.peekable();
    std::iter::from_fn(move || {
        let start = indices.next()?;
        let mut end = start + 1;
        while indices.next_if_eq(&end).is_some() {
            end += 1;
        }
        Some(start..end)
    })
}

fn as_index(number: usize) -> u32 {
    u32::try_from(number).expect("a longest file has a million chunks")
}
