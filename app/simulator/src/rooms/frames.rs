//! As much of the frames of a room as the invariants look at. What it cannot read is `Other`.
//!
//! The layout is the one of `room/src/frame.rs`; a test there and one here hold it.

use minicbor::Decoder;
use record::{AuthorKey, StateId};
use sha2::{Digest, Sha256};

/// What a message is, as far as invariants look at it.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Frame {
    /// A signed commit.
    Commit {
        parent: StateId,
        author: AuthorKey,
        adds: Vec<AuthorKey>,
        removes: Vec<AuthorKey>,
        /// SHA-256 of the whole message.
        digest: [u8; 32],
    },
    /// An op sealed under the key of a state.
    SealedOp { state: StateId, nonce: [u8; 24], digest: [u8; 32] },
    /// Everything else.
    Other,
}

/// Looks at a message.
pub(crate) fn look(message: &[u8]) -> Frame {
    read(message).unwrap_or(Frame::Other)
}

fn read(message: &[u8]) -> Option<Frame> {
    let mut d = Decoder::new(message);
    d.array().ok()??;
    let digest = Sha256::digest(message).into();
    match d.u8().ok()? {
        1 => {
            let body = d.bytes().ok()?;
            let mut d = Decoder::new(body);
            d.array().ok()??;
            d.bytes().ok()?;
            let parent: StateId = d.decode().ok()?;
            d.bytes().ok()?;
            let author: AuthorKey = d.decode().ok()?;
            d.u64().ok()?;
            let mut adds = Vec::new();
            for _ in 0..d.array().ok()?? {
                let fields = d.array().ok()??;
                adds.push(d.decode().ok()?);
                for _ in 1..fields {
                    d.skip().ok()?;
                }
            }
            let mut removes = Vec::new();
            for _ in 0..d.array().ok()?? {
                removes.push(d.decode().ok()?);
            }
            Some(Frame::Commit { parent, author, adds, removes, digest })
        }
        2 => {
            let state: StateId = d.decode().ok()?;
            let nonce = d.bytes().ok()?.get(..24)?.try_into().ok()?;
            Some(Frame::SealedOp { state, nonce, digest })
        }
        _ => None,
    }
}
