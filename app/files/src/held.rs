//! Which chunks of a file are held: verified, and on the disk.

use std::ops::Range;

use fixedbitset::FixedBitSet;

/// Most ranges that one message names of one file.
pub(crate) const RANGES: usize = 64;

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

/// Chunks that somebody says to hold, at most [`RANGES`] ranges of them: a long list of files must not cost the memory of a bit for each
/// chunk and seat.
pub(crate) struct Claimed {
    ranges: Vec<Range<u32>>,
}

impl Claimed {
    /// All of `count` chunks.
    pub(crate) fn all(count: u32) -> Self {
        Self { ranges: vec![0..count; 1] }
    }

    /// Those in the ranges, as far as there are that many.
    pub(crate) fn of(count: u32, ranges: impl Iterator<Item = Range<u32>>) -> Self {
        let mut ranges: Vec<_> = ranges
            .take(RANGES)
            .map(|range| range.start..range.end.min(count))
            .filter(|range| range.start < range.end)
            .collect();
        ranges.sort_unstable_by_key(|range| range.start);
        ranges.dedup_by(|next, before| {
            let joins = next.start <= before.end;
            if joins {
                before.end = before.end.max(next.end);
            }
            joins
        });
        Self { ranges }
    }

    pub(crate) fn contains(&self, index: u32) -> bool {
        self.ranges.iter().any(|range| range.contains(&index))
    }

    pub(crate) fn count(&self) -> u32 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn chunks_come_and_go() {
        let mut held = Held::told(10, &[0, 0, 0, 1, 9]);
        assert!(!held.insert(3) && held.insert(5) && !held.insert(10));
        assert_eq!((held.count(), held.contains(4), held.contains(10), held.is_whole()), (3, true, false, false));
        assert_eq!(held.ranges(), vec![3..6; 1]);
        held.remove(4);
        held.remove(10);
        assert_eq!(held.ranges(), [3..4, 5..6]);
        assert_eq!(held.missing().collect::<Vec<_>>(), [0, 1, 2, 4, 6, 7, 8, 9]);
        assert!(Held::told(3, &[1; 9]).is_whole());
    }

    #[test]
    fn a_message_never_names_too_many_ranges() {
        let every_second: Vec<u8> = [0, 1].repeat(5_000);
        assert_eq!(Held::told(10_000, &every_second).ranges().len(), RANGES);
    }

    proptest! {
        #[test]
        fn what_is_claimed_is_a_plain_set(count in 1..200u32, ranges: Vec<(u8, u8)>) {
            let ranges: Vec<Range<u32>> = ranges.iter().map(|(start, end)| u32::from(*start)..u32::from(*end)).collect();
            let claimed = Claimed::of(count, ranges.iter().cloned());
            let plain: BTreeSet<u32> = ranges.into_iter().take(RANGES).flatten().filter(|index| *index < count).collect();
            prop_assert_eq!(claimed.count() as usize, plain.len());
            prop_assert!((0..300).all(|index| claimed.contains(index) == plain.contains(&index)));
        }
    }
}
