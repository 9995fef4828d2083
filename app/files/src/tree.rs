//! The root over the chunks of a file. It stands in the signed manifest, so there is one content for each.

use record::ContentRoot;
use sha2::{Digest, Sha256};

/// SHA-256 of the bytes of a chunk, as they are in the file.
pub type ChunkDigest = [u8; 32];

/// Returns the root of the Merkle tree (RFC 9162 section 2.1.1, with SHA-256) whose entries are the digests of the chunks, in order.
/// Whoever was given the digests of a file compares it with the manifest's before using one.
pub fn root_over(digests: &[ChunkDigest]) -> ContentRoot {
    ContentRoot(hash_of(digests))
}

fn hash_of(entries: &[[u8; 32]]) -> [u8; 32] {
    match entries {
        [] => Sha256::digest([]).into(),
        [entry] => Sha256::new().chain_update([0]).chain_update(entry).finalize().into(),
        _ => {
            // The largest power of two below their number.
            let (left, right) = entries.split_at(1 << (entries.len() - 1).ilog2());
            Sha256::new().chain_update([1]).chain_update(hash_of(left)).chain_update(hash_of(right)).finalize().into()
        }
    }
}
