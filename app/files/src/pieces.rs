//! How sealed chunks travel: each in sixteen frames of one size, so that the relay sees how many there are and nothing else.
//!
//! A frame is `header (16) ‖ piece`. The header names chunk and piece, and is masked as QUIC masks its packet numbers (RFC 9001 section
//! 5.4.4): ChaCha20 (RFC 8439) under a key of the file's, its counter and nonce taken from the piece itself. Without that key a
//! frame cannot be told from random bytes.

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};

use crate::{CHUNK_BYTES, TAG_BYTES};

/// Pieces of a sealed chunk.
pub const PIECES: u8 = 16;
/// Bytes of a piece. What a shorter last chunk lacks is filled up with random bytes.
pub const PIECE_BYTES: usize = ((CHUNK_BYTES + TAG_BYTES) / PIECES as u32) as usize;
/// Bytes of a frame.
pub const FRAME_BYTES: usize = HEADER_BYTES + PIECE_BYTES;
/// Bytes of a header.
pub const HEADER_BYTES: usize = 16;
/// Bytes of a piece, from its beginning, that the mask is made of.
pub const SAMPLE_BYTES: usize = 16;

/// In front of the chunk's index (4, big-endian), the piece's (1) and three zeros. A header without it belongs to another file.
const MARK: [u8; 8] = *b"np-piece";
/// ChaCha20 counts in blocks of this many bytes.
const BLOCK: u64 = 64;

/// Which piece of which chunk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Piece {
    /// The chunk.
    pub chunk: u32,
    /// The piece, below [`PIECES`].
    pub piece: u8,
}

/// Masks and reads headers under one key.
pub struct Headers {
    key: [u8; 32],
}

impl Headers {
    /// With a key that serves this alone.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// Returns the header that goes before a piece with this sample.
    pub fn write(&self, piece: Piece, sample: &[u8; SAMPLE_BYTES]) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        header[..8].copy_from_slice(&MARK);
        header[8..12].copy_from_slice(&piece.chunk.to_be_bytes());
        header[12] = piece.piece;
        self.mask(&mut header, sample);
        header
    }

    /// Reads the header before a piece with this sample; None if it is none of this file.
    pub fn read(&self, mut header: [u8; HEADER_BYTES], sample: &[u8; SAMPLE_BYTES]) -> Option<Piece> {
        self.mask(&mut header, sample);
        let rest = header.strip_prefix(&MARK)?;
        let ([chunk, [piece, zeros @ ..]], []) = rest.as_chunks::<4>() else { return None };
        let piece = Piece { chunk: u32::from_be_bytes(*chunk), piece: *piece };
        (*zeros == [0; 3] && piece.piece < PIECES).then_some(piece)
    }

    fn mask(&self, header: &mut [u8; HEADER_BYTES], sample: &[u8; SAMPLE_BYTES]) {
        let (counter, nonce) = sample.split_at(4);
        let counter = u32::from_le_bytes([counter[0], counter[1], counter[2], counter[3]]);
        let nonce: [u8; 12] = nonce.try_into().expect("twelve of sixteen");
        let mut cipher = ChaCha20::new(&self.key.into(), &nonce.into());
        cipher.seek(u64::from(counter) * BLOCK);
        cipher.apply_keystream(header);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The packet of RFC 9001 appendix A.5, whose mask begins with aefefe7d03.
    #[test]
    fn mask_is_the_one_of_the_rfc() {
        let hex = |text: &str| {
            let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
            (0..text.len()).step_by(2).map(byte).collect::<Vec<u8>>()
        };
        let key = hex("25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4");
        let sample = hex("5e5cd55c41f69080575d7999c25a5bfb");
        let mut masked = [0; HEADER_BYTES];
        Headers::new(key.try_into().expect("32 bytes")).mask(&mut masked, &sample.try_into().expect("16 bytes"));
        assert_eq!(masked[..5], [0xae, 0xfe, 0xfe, 0x7d, 0x03]);
    }

    #[test]
    fn a_chunk_is_sixteen_whole_pieces() {
        assert_eq!(PIECE_BYTES * usize::from(PIECES), (CHUNK_BYTES + TAG_BYTES) as usize);
        assert_eq!(FRAME_BYTES, 65_553);
    }

    proptest! {
        #[test]
        fn headers_come_back_and_others_are_none(key: [u8; 32], chunk: u32, piece in 0..PIECES, sample: [u8; 16], bit in 0..128usize) {
            let headers = Headers::new(key);
            let piece = Piece { chunk, piece };
            let mut header = headers.write(piece, &sample);
            prop_assert_eq!(headers.read(header, &sample), Some(piece));
            prop_assert_eq!(Headers::new([key[0] ^ 1; 32]).read(header, &sample), None);
            header[bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(headers.read(header, &sample), Some(piece));
        }
    }
}
