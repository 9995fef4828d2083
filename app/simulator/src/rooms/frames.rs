//! As much of the frames of a room as the invariants look at. What it cannot read is `Other`.
//!
//! The layout is the one of `room/src/frame.rs`; the tests below read frames that a room made.

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
    /// Everything else, by the number of its kind.
    Other(u8),
}

impl Frame {
    /// What a trace calls it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Frame::Commit { .. } => "commit",
            Frame::SealedOp { .. } => "op",
            Frame::Other(3) => "beacon",
            Frame::Other(4) => "hello",
            Frame::Other(5) => "want",
            Frame::Other(6) => "answer",
            Frame::Other(7) => "knock",
            Frame::Other(8) => "welcome",
            Frame::Other(9) => "tell",
            Frame::Other(_) => "noise",
        }
    }
}

/// Looks at a message.
pub(crate) fn look(message: &[u8]) -> Frame {
    read(message).unwrap_or(Frame::Other(0))
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
        kind => Some(Frame::Other(kind)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use record::Body;
    use room::parts::{Hoard, Lie};
    use room::{Founding, Input, Room, SeatKey, Suite};

    use super::*;

    fn room() -> Room {
        let key = SeatKey::from_seed(&[1; 32]);
        Room::found(Founding { key, suite: Suite::Classical, seed: [1; 32] }).expect("founds")
    }

    fn note(text: &str) -> Body {
        Body::Note(record::Note::new(0, text))
    }

    #[test]
    fn commits_of_a_room_are_read() {
        let mut room = room();
        let mut hoard = Hoard::default();
        hoard.keep(&room);
        let (state, me) = (room.state(), room.me());
        let message = hoard.commit(&mut room, state, &BTreeSet::new(), Lie::None).expect("commits");
        let Frame::Commit { parent, author, adds, removes, .. } = look(&message) else { panic!("a commit") };
        assert_eq!((parent, author, adds, removes), (state, me, Vec::new(), Vec::new()));
    }

    #[test]
    fn sealed_ops_of_a_room_are_read() {
        let mut room = room();
        let (_, done) = room.handle(Input::Write(note("one")), 1);
        assert!(done.is_ok());
        let once = look(&room.hostile_twin(note("two")).expect("seals"));
        let again = look(&room.hostile_twin(note("two")).expect("seals"));
        let (Frame::SealedOp { state, nonce, .. }, Frame::SealedOp { nonce: other, .. }) = (once, again) else {
            panic!("sealed ops")
        };
        assert_eq!(state, room.state());
        assert_ne!(nonce, other);
    }

    #[test]
    fn everything_else_is_left_alone() {
        for (message, kind) in [(&[][..], 0), (&[0x83, 1], 0), (&[0x83, 3, 0x40], 3), (b"noise", 0)] {
            assert_eq!(look(message), Frame::Other(kind));
        }
    }
}
