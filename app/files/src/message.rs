//! What seats tell each other about files, beside the ops: who holds what, and who would like which chunks from whom.

use std::ops::Range;

use minicbor::{Decode, Encode};
use record::{AuthorKey, OpId};

/// Bytes of a holding without its ranges, and of a range, at most.
pub(crate) const HOLDING_BYTES: usize = 40;
pub(crate) const SPAN_BYTES: usize = 11;
/// Most files that one message tells of.
pub(crate) const HOLDINGS: usize = 256;

/// Travels in a frame of the room that says who tells it; not kept by anybody.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(crate) enum Message {
    /// Has come, holds this, and asks the others to tell the same.
    #[n(0)]
    Here(#[n(0)] Vec<Holding>),
    /// Holds this now.
    #[n(1)]
    Have(#[n(0)] Vec<Holding>),
    /// Asks one seat to send chunks.
    #[n(2)]
    Ask {
        #[n(0)]
        of: AuthorKey,
        #[n(1)]
        file: OpId,
        #[n(2)]
        chunks: Vec<Span>,
    },
}

/// What a seat holds of a file: the first ranges. None when it holds nothing any more.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Holding {
    #[n(0)]
    pub(crate) file: OpId,
    #[n(1)]
    pub(crate) chunks: Vec<Span>,
}

/// Chunks from one to before another.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Span {
    #[n(0)]
    start: u32,
    #[n(1)]
    end: u32,
}

impl Span {
    pub(crate) fn range(self) -> Range<u32> {
        self.start..self.end
    }
}

impl From<Range<u32>> for Span {
    fn from(range: Range<u32>) -> Self {
        Self { start: range.start, end: range.end }
    }
}
