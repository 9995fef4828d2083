//! The tree over the chunks of a file. Its root stands in the signed manifest, so there is one content for each; a chunk travels
//! with the proof that it belongs there.

use record::ContentRoot;
use sha2::{Digest, Sha256};

/// SHA-256 of the bytes of a chunk, as they are in the file.
pub type ChunkDigest = [u8; 32];

/// Bytes of a proof: the hashes of RFC 9162 section 2.1.3, of which a file of 2^20 chunks needs twenty, and zeros for the others.
pub const PROOF_BYTES: u32 = 32 * DEPTH as u32;
/// A proof.
pub type Proof = [u8; PROOF_BYTES as usize];

const DEPTH: usize = 20;

/// The Merkle tree of RFC 9162 section 2.1 with SHA-256, whose entries are the digests of the chunks, in order.
pub struct Tree {
    /// The leaves, and above them what each two hash to. The last of an odd number goes up as it is.
    levels: Vec<Vec<[u8; 32]>>,
}

impl Tree {
    /// None for no digests, or more than a proof has room for.
    pub fn over(digests: impl IntoIterator<Item = ChunkDigest>) -> Option<Self> {
        let mut level: Vec<[u8; 32]> = digests.into_iter().map(|digest| leaf(&digest)).collect();
        let mut levels = Vec::new();
        while level.len() > 1 {
            let above = level.chunks(2).map(|pair| match pair {
                [left, right] => node(left, right),
                [alone, ..] => *alone,
                [] => unreachable!("chunks are not empty"),
            });
            let above = above.collect();
            levels.push(std::mem::replace(&mut level, above));
        }
        levels.push(level);
        (levels.len() <= DEPTH + 1 && levels.last().is_some_and(|top| top.len() == 1)).then_some(Self { levels })
    }

    /// What the manifest names.
    pub fn root(&self) -> ContentRoot {
        ContentRoot(self.levels[self.levels.len() - 1][0])
    }

    /// Proves that a chunk belongs to the file. None for one that it does not have.
    pub fn proof(&self, index: u32) -> Option<Proof> {
        let mut at = index as usize;
        let mut proof = [0; PROOF_BYTES as usize];
        self.levels[0].get(at)?;
        let mut places = proof.chunks_exact_mut(32);
        for level in &self.levels {
            if let Some(beside) = level.get(at ^ 1) {
                places.next()?.copy_from_slice(beside);
            }
            at /= 2;
        }
        Some(proof)
    }
}

/// Whether a chunk with this digest is that one of so many of the file with this root.
pub fn belongs(root: &ContentRoot, count: u32, index: u32, digest: &ChunkDigest, proof: &Proof) -> bool {
    let (mut hash, mut at, mut width) = (leaf(digest), index, count);
    let mut hashes = proof.as_chunks::<32>().0.iter();
    while width > 1 {
        if at ^ 1 < width {
            let Some(beside) = hashes.next() else { return false };
            hash = if at & 1 == 0 { node(&hash, beside) } else { node(beside, &hash) };
        }
        at /= 2;
        width = width.div_ceil(2);
    }
    index < count && hash == root.0 && hashes.all(|unused| *unused == [0; 32])
}

fn leaf(digest: &ChunkDigest) -> [u8; 32] {
    Sha256::new().chain_update([0]).chain_update(digest).finalize().into()
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition of RFC 9162 section 2.1.1, word for word.
    fn as_defined(entries: &[ChunkDigest]) -> [u8; 32] {
        match entries {
            [] => Sha256::digest([]).into(),
            [entry] => leaf(entry),
            _ => {
                let (left, right) = entries.split_at(1 << (entries.len() - 1).ilog2());
                node(&as_defined(left), &as_defined(right))
            }
        }
    }

    fn digests(count: u32) -> Vec<ChunkDigest> {
        (0..count).map(|index| Sha256::digest(index.to_be_bytes()).into()).collect()
    }

    #[test]
    fn root_is_the_one_of_the_rfc() {
        for count in 1..70 {
            let tree = Tree::over(digests(count)).expect("few");
            assert_eq!(tree.root().0, as_defined(&digests(count)), "{count}");
        }
        assert!(Tree::over([]).is_none());
    }

    #[test]
    fn known_root_of_three() {
        let tree = Tree::over([[1; 32], [2; 32], [3; 32]]).expect("few");
        let (one, two, three) = (leaf(&[1; 32]), leaf(&[2; 32]), leaf(&[3; 32]));
        assert_eq!(tree.root().0, node(&node(&one, &two), &three));
    }

    proptest! {
        #[test]
        fn a_chunk_belongs_in_its_own_place_only(count in 1..200u32, index: u32, other: u32, bit in 0..640 * 8usize) {
            let (index, other) = (index % count, other % count);
            let tree = Tree::over(digests(count)).expect("few");
            let (root, digest) = (tree.root(), digests(count)[index as usize]);
            let proof = tree.proof(index).expect("there is one");
            prop_assert!(belongs(&root, count, index, &digest, &proof));
            prop_assert_eq!(belongs(&root, count, other, &digest, &proof), index == other);
            prop_assert!(!belongs(&root, count, index + count, &digest, &proof));
            let mut spoilt = proof;
            spoilt[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!belongs(&root, count, index, &digest, &spoilt));
            prop_assert!(!belongs(&root, count, index, &[0; 32], &proof));
            prop_assert!(tree.proof(count).is_none());
        }
    }
}
