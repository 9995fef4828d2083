//! The chunks of a file, and in how many frames they travel.
//!
//! A chunk is sealed together with its proof (see [`crate::Tree`]) under a fresh key that seals this file alone, once, so a nonce is
//! made of where a chunk stands: STREAM (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse
//! Misuse-Resistance, 2015), with AES-256-GCM (SP 800-38D) inside. `static/files.js` does it, with the browser's own AES-GCM:
//!
//! ```text
//! sealed chunk    = AES-256-GCM(proof (640) ‖ bytes of the chunk)
//! nonce           = zeros (7) ‖ index (4) ‖ 1 for the last chunk, 0 for the others
//! associated data = root (32) ‖ size (8) ‖ index (8)
//! frame           = masked header (16) ‖ piece of a sealed chunk (PIECE_BYTES), the last one filled up with random bytes
//! header          = "np-piece" (8) ‖ index of the chunk (4) ‖ number of the piece (1) ‖ zeros (3)
//! ```
//!
//! Integers are big-endian. The header is masked as QUIC masks its packet numbers (RFC 9001 section 5.4.3): AES-256 of the first 16
//! bytes of the piece, under a key of the file's. Without that key a frame cannot be told from random bytes.

use record::FILE_BYTES;

use crate::padding::padded;
use crate::tree::PROOF_BYTES;

/// Bytes of every chunk but the last.
pub const CHUNK_BYTES: u32 = 1 << 20;
/// Bytes of a sealed chunk of the full length.
pub const SEALED_BYTES: u32 = PROOF_BYTES + CHUNK_BYTES + TAG_BYTES;
/// Pieces of a whole sealed chunk.
pub const PIECES: u32 = 16;
/// Bytes of a piece.
pub const PIECE_BYTES: u32 = SEALED_BYTES / PIECES;

/// What sealing adds, in bytes.
const TAG_BYTES: u32 = 16;

/// The chunks of a file of some size. An empty file has one, which is empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chunks {
    size: u64,
}

impl Chunks {
    /// None for a file longer than [`FILE_BYTES`].
    pub fn of(size: u64) -> Option<Self> {
        (size <= FILE_BYTES).then_some(Self { size })
    }

    /// How many there are: at least one.
    pub fn count(self) -> u32 {
        let chunks = self.size.div_ceil(u64::from(CHUNK_BYTES)).max(1);
        u32::try_from(chunks).expect("a longest file has a million")
    }

    /// Bytes of a chunk. None for one that the file does not have.
    pub fn length(self, index: u32) -> Option<u32> {
        let start = u64::from(index) * u64::from(CHUNK_BYTES);
        let rest = (index < self.count()).then(|| self.size - start)?;
        Some(u32::try_from(rest).map_or(CHUNK_BYTES, |rest| rest.min(CHUNK_BYTES)))
    }

    /// Pieces in which a chunk travels, those that are all filling left out.
    pub fn pieces(self, index: u32) -> Option<u32> {
        Some((PROOF_BYTES + self.length(index)? + TAG_BYTES).div_ceil(PIECE_BYTES))
    }

    /// Frames that go out after the last chunk and hold nothing, so that the number of all is padded to at most 12 % more.
    pub fn filling(self) -> u32 {
        let last = self.count() - 1;
        let frames = u64::from(last) * u64::from(PIECES) + u64::from(self.pieces(last).unwrap_or_default());
        u32::try_from(padded(frames) - frames).expect("an eighth of 16 million frames at most")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_the_file() {
        let chunk = u64::from(CHUNK_BYTES);
        for (size, count, last, pieces) in [
            (0, 1, 0, 1),
            (1, 1, 1, 1),
            (u64::from(PIECE_BYTES) - 656, 1, u64::from(PIECE_BYTES) - 656, 1),
            (u64::from(PIECE_BYTES) - 655, 1, u64::from(PIECE_BYTES) - 655, 2),
            (chunk, 1, chunk, 16),
            (chunk + 1, 2, 1, 1),
            (2 * chunk - 1, 2, chunk - 1, 16),
            (FILE_BYTES, 1 << 20, chunk, 16),
        ] {
            let chunks = Chunks::of(size).expect("not too long");
            assert_eq!(chunks.count(), count, "{size}");
            assert_eq!(chunks.length(count - 1).map(u64::from), Some(last));
            assert_eq!(chunks.pieces(count - 1), Some(pieces));
            assert_eq!((chunks.length(count), chunks.pieces(count)), (None, None));
        }
        assert_eq!(Chunks::of(FILE_BYTES + 1), None);
    }

    #[test]
    fn a_sealed_chunk_is_sixteen_whole_pieces() {
        assert_eq!(PIECE_BYTES * PIECES, SEALED_BYTES);
        assert_eq!(PIECE_BYTES, 65_577);
    }

    #[test]
    fn a_small_file_is_one_frame_and_a_large_one_is_padded() {
        assert_eq!(Chunks::of(2_000).map(Chunks::filling), Some(0));
        let nine = Chunks::of(8 * u64::from(PIECE_BYTES)).expect("not too long");
        assert_eq!((nine.pieces(0), nine.filling()), (Some(9), 1));
    }
}
