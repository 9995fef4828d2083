//! What files are made of on their way: chunks and how each is sealed, the root that vouches for them, which of them are held, asked
//! for and sent.
//!
//! Nothing here seals, reads or sends: the browser's own AES-GCM does the first, at a speed that WebAssembly does not reach, and
//! the shell the rest. What is counted and compared is the same on every side, so it is here.

mod chunks;
mod fetch;
mod held;
mod padding;
mod pieces;
mod serve;
mod tree;

pub use chunks::{CHUNK_BYTES, Chunks, TAG_BYTES};
pub use fetch::{Fetch, Heard, Millis, WINDOW};
pub use held::{Held, RANGES};
pub use padding::padded;
pub use pieces::{FRAME_BYTES, HEADER_BYTES, Headers, PIECE_BYTES, PIECES, Piece, SAMPLE_BYTES};
pub use serve::Serve;
pub use tree::{ChunkDigest, root_over};
