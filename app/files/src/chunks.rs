//! The chunks of a file, and with what each is sealed.
//!
//! A file has a fresh random key and is sealed once, so a nonce is made of where a chunk stands alone: STREAM (Hoang, Reyhanitabar,
//! Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance, 2015), with AES-256-GCM (SP 800-38D) inside.
//! No chunk can stand in another's place, and no end can be taken for the true one.

use record::{ContentRoot, FILE_BYTES};

/// Bytes of every chunk but the last.
pub const CHUNK_BYTES: u32 = 1 << 20;
/// What sealing adds to a chunk, in bytes.
pub const TAG_BYTES: u32 = 16;

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

    /// Where a chunk begins in the file, and its length in bytes. None for one that the file does not have.
    pub fn place(self, index: u32) -> Option<(u64, u32)> {
        let start = u64::from(index) * u64::from(CHUNK_BYTES);
        let rest = (index < self.count()).then(|| self.size - start)?;
        Some((start, u32::try_from(rest).map_or(CHUNK_BYTES, |rest| rest.min(CHUNK_BYTES))))
    }

    /// The nonce of a chunk: its index in 11 bytes, big-endian ‖ 1 for the last chunk, 0 for the others.
    pub fn nonce(self, index: u32) -> Option<[u8; 12]> {
        self.place(index)?;
        let mut nonce = [0; 12];
        nonce[7..11].copy_from_slice(&index.to_be_bytes());
        nonce[11] = u8::from(index + 1 == self.count());
        Some(nonce)
    }

    /// What is authenticated with a chunk: root of the file ‖ its size ‖ index of the chunk, both in 8 bytes, big-endian.
    pub fn associated(self, root: &ContentRoot, index: u32) -> Option<[u8; 48]> {
        self.place(index)?;
        let mut associated = [0; 48];
        associated[..32].copy_from_slice(&root.0);
        associated[32..40].copy_from_slice(&self.size.to_be_bytes());
        associated[40..].copy_from_slice(&u64::from(index).to_be_bytes());
        Some(associated)
    }
}
