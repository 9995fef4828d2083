//! What is known of a file, what is wanted of it, and how it stands.

use record::{AuthorKey, ContentRoot, OpId};

use crate::{Chunks, StoreName};

/// What is known of a file from the record, and remembered of it.
pub struct Known {
    /// The op that gave it.
    pub file: OpId,
    /// Who gave it.
    pub author: AuthorKey,
    /// Where it is stored.
    pub name: StoreName,
    /// Its chunks.
    pub chunks: Chunks,
    /// What vouches for them.
    pub root: ContentRoot,
    /// What was remembered of it, or what its size makes of it.
    pub wish: Wish,
}

/// What this seat wants of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, minicbor::Encode, minicbor::Decode)]
pub enum Wish {
    /// Not asked for.
    #[n(0)]
    None,
    /// To be here.
    #[n(1)]
    Fetch,
    /// To wait.
    #[n(2)]
    Pause,
    /// All of it is here.
    #[n(3)]
    Here,
}

/// How a file stands here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// What is wanted of it.
    pub wish: Wish,
    /// Chunks that are here, as far as known.
    pub held: u32,
    /// Chunks it has.
    pub chunks: u32,
    /// Somebody who sends is there.
    pub comes: bool,
    /// There was no room for a chunk.
    pub full: bool,
    /// Seats that hold all of it, this one included, as they tell.
    pub holders: usize,
}
