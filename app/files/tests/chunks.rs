//! Chunks are where they say, each sealed for its place, and one root vouches for all.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use files::{CHUNK_BYTES, ChunkDigest, Chunks, root_over};
use proptest::prelude::*;
use record::{ContentRoot, FILE_BYTES};

const ROOT: ContentRoot = ContentRoot([7; 32]);

#[test]
fn chunks_cover_the_file() {
    let chunk = u64::from(CHUNK_BYTES);
    for (size, count, last) in [
        (0, 1, 0),
        (1, 1, 1),
        (chunk, 1, chunk),
        (chunk + 1, 2, 1),
        (2 * chunk - 1, 2, chunk - 1),
        (5_000_000_000, 4769, 5_000_000_000 - 4768 * chunk),
        (FILE_BYTES, 1 << 20, chunk),
    ] {
        let chunks = Chunks::of(size).expect("not too long");
        assert_eq!(chunks.count(), count, "{size}");
        let (start, length) = chunks.place(count - 1).expect("the last one");
        assert_eq!((start + u64::from(length), u64::from(length)), (size, last));
        assert_eq!((chunks.place(count), chunks.nonce(count), chunks.associated(&ROOT, count)), (None, None, None));
    }
    assert_eq!(Chunks::of(FILE_BYTES + 1), None);
}

#[test]
fn golden_nonce_and_associated_data() {
    let chunks = Chunks::of(u64::from(CHUNK_BYTES) * 0x0001_0203).expect("not too long");
    assert_eq!(chunks.nonce(0x0001_0201), Some([0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 1, 0]));
    assert_eq!(chunks.nonce(0x0001_0202), Some([0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 1]));
    let associated = chunks.associated(&ROOT, 0x0001_0202).expect("there is one");
    assert_eq!(associated[..32], ROOT.0);
    assert_eq!(associated[32..], [0, 0, 0, 0x10, 0x20, 0x30, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2]);
}

fn seal(chunks: Chunks, root: &ContentRoot, index: u32, plain: &[u8]) -> Vec<u8> {
    let associated = chunks.associated(root, index).expect("there is one");
    let nonce = Nonce::from(chunks.nonce(index).expect("there is one"));
    Aes256Gcm::new(&[9; 32].into()).encrypt(&nonce, Payload { msg: plain, aad: &associated }).expect("seals")
}

fn open(chunks: Chunks, root: &ContentRoot, index: u32, sealed: &[u8]) -> Option<Vec<u8>> {
    let associated = chunks.associated(root, index)?;
    let nonce = Nonce::from(chunks.nonce(index)?);
    Aes256Gcm::new(&[9; 32].into()).decrypt(&nonce, Payload { msg: sealed, aad: &associated }).ok()
}

#[test]
fn a_sealed_chunk_opens_in_its_own_place_only() {
    let three = Chunks::of(3 * u64::from(CHUNK_BYTES)).expect("not too long");
    let two = Chunks::of(2 * u64::from(CHUNK_BYTES)).expect("not too long");
    let sealed = seal(three, &ROOT, 1, b"in the middle");
    assert_eq!(open(three, &ROOT, 1, &sealed).as_deref(), Some(&b"in the middle"[..]));
    assert_eq!(open(three, &ROOT, 0, &sealed), None, "in another place");
    assert_eq!(open(two, &ROOT, 1, &sealed), None, "as the last of a file cut short");
    assert_eq!(open(three, &ContentRoot([8; 32]), 1, &sealed), None, "of another content");
}

/// The tree of RFC 9162 section 2.1.5, over seven entries, put together by hand.
#[test]
fn root_is_the_one_of_the_rfc() {
    use sha2::{Digest, Sha256};
    let entries: Vec<ChunkDigest> = (0..7).map(|n| Sha256::digest([n]).into()).collect();
    let leaf = |n: usize| <[u8; 32]>::from(Sha256::digest([&[0], &entries[n][..]].concat()));
    let node = |l: [u8; 32], r: [u8; 32]| <[u8; 32]>::from(Sha256::digest([&[1], &l[..], &r].concat()));
    let [g, h, i] = [node(leaf(0), leaf(1)), node(leaf(2), leaf(3)), node(leaf(4), leaf(5))];
    assert_eq!(root_over(&entries), ContentRoot(node(node(g, h), node(i, leaf(6)))));
    assert_eq!(root_over(&entries[..1]), ContentRoot(leaf(0)));
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(root_over(&[]).0.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), empty);
}

proptest! {
    #[test]
    fn every_change_of_the_digests_changes_the_root(digests: Vec<ChunkDigest>, at: prop::sample::Index, bit in 0..256usize) {
        prop_assume!(!digests.is_empty());
        let root = root_over(&digests);
        let at = at.index(digests.len());
        let mut other = digests.clone();
        other[at][bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(root_over(&other), root);
        prop_assert_ne!(root_over(&digests[..digests.len() - 1]), root);
        other = digests.clone();
        other.push(digests[at]);
        prop_assert_ne!(root_over(&other), root);
        other.swap(0, digests.len());
        prop_assert!(other[0] == digests[0] || root_over(&other[..digests.len()]) != root);
    }
}
