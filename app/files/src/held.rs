//! Which chunks of a file are held: verified, and on the disk.

use std::ops::Range;

use fixedbitset::FixedBitSet;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

/// Most ranges that one message names.
pub const RANGES: usize = 256;

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

    /// The first ranges of chunks that are not held, at most [`RANGES`]: what to ask for.
    pub fn missing(&self) -> Vec<Range<u32>> {
        ranges(self.chunks.zeroes()).take(RANGES).collect()
    }

    /// The first ranges that are held here and asked for there, at most [`RANGES`]: what to answer with.
    pub fn wanted(&self, asked: &[Range<u32>]) -> Vec<Range<u32>> {
        let held = |range: &Range<u32>| {
            (range.start..range.end.min(as_index(self.chunks.len()))).filter(|index| self.contains(*index))
        };
        ranges(asked.iter().flat_map(held).map(|index| index as usize)).take(RANGES).collect()
    }
}

/// Joins neighbours.
pub(crate) fn ranges(indices: impl Iterator<Item = usize>) -> impl Iterator<Item = Range<u32>> {
    let mut indices = indices.map(as_index).peekable();
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

/// `[count, bits]`: bit `n % 8` of byte `n / 8`, lowest first, is chunk `n`. Bits beyond the count are zero.
impl<C> Encode<C> for Held {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        let mut bytes = vec![0; self.chunks.len().div_ceil(8)];
        self.chunks.ones().for_each(|index| bytes[index / 8] |= 1 << (index % 8));
        e.array(2)?.u32(as_index(self.chunks.len()))?.bytes(&bytes)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Held {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        if d.array()? != Some(2) {
            return Err(decode::Error::message("held chunks"));
        }
        let (count, bytes) = (d.u32()?, d.bytes()?);
        if bytes.len() != (count as usize).div_ceil(8) {
            return Err(decode::Error::message("number of held chunks"));
        }
        let mut held = Self::none(count);
        for index in (0..as_index(bytes.len() * 8)).filter(|index| bytes[*index as usize / 8] >> (index % 8) & 1 == 1) {
            if !held.insert(index) {
                return Err(decode::Error::message("a chunk the file does not have"));
            }
        }
        Ok(held)
    }
}
