//! Files on their way: their chunks and what vouches for them, which of them a seat wants, asks for and sends.
//!
//! Nothing here seals, reads or sends: the browser's own AES-GCM does the first, at a speed that WebAssembly does not reach, and
//! the shell the rest.

mod chunks;
mod desk;
mod entry;
mod fetch;
mod held;
mod keys;
mod message;
mod padding;
mod serve;
mod standing;
mod tree;

pub use chunks::{CHUNK_BYTES, Chunks, PIECE_BYTES, PIECES, SEALED_BYTES};
pub use desk::{Desk, Effect, WINDOW};
pub use held::Held;
pub use keys::{FileKeys, NoStoreName, StoreName};
pub use standing::{Known, Standing, Wish};
pub use tree::{ChunkDigest, PROOF_BYTES, Proof, Tree, belongs};

/// Milliseconds since 1970.
pub type Millis = u64;
