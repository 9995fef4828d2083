//! I7 on the wire: never a second own commit for one state, never one nonce for two plaintexts.

use std::collections::{BTreeMap, BTreeSet};

use record::{AuthorKey, StateId};

use crate::rooms::SeatNo;
use crate::rooms::frames::Frame;
use crate::rooms::trace::short;
use crate::rooms::verdict::{Breach, Class};

/// What honest seats have sent so far.
#[derive(Default)]
pub(crate) struct Sent {
    commits: BTreeMap<(AuthorKey, StateId), [u8; 32]>,
    went_back: BTreeSet<AuthorKey>,
    nonces: BTreeMap<(StateId, [u8; 24]), [u8; 32]>,
    /// By parent: who committed there, and whom that commit removes.
    rivals: BTreeMap<StateId, BTreeMap<AuthorKey, Vec<AuthorKey>>>,
}

/// What a commit met that was sent for the first time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Met {
    /// Another seat has committed on the same state.
    pub(crate) rival: bool,
    /// One of the two removes the author of the other.
    pub(crate) removal: bool,
}

impl Sent {
    /// The seat's store went back: it cannot know what it committed since, may commit there again, and may hand on what
    /// others tell it of the first time.
    pub(crate) fn went_back(&mut self, author: &AuthorKey) {
        self.went_back.insert(*author);
    }

    /// An honest seat sends a message. Commits of others, which it only hands on, are theirs to answer for.
    pub(crate) fn sends(&mut self, seat: SeatNo, key: &AuthorKey, frame: &Frame) -> Result<Met, Breach> {
        match frame {
            Frame::Commit { parent, author, removes, digest, .. } if author == key => {
                let before = self.commits.insert((*author, *parent), *digest);
                if before.is_some_and(|before| before != *digest) && !self.went_back.contains(key) {
                    let what = format!("{seat} sends a second commit for {}", short(&parent.0));
                    return Err(Breach::new(Class::Duplicated, "I7", what));
                }
                if before.is_some() {
                    return Ok(Met::default());
                }
                let rivals = self.rivals.entry(*parent).or_default();
                let removal = rivals.iter().any(|(other, theirs)| theirs.contains(author) || removes.contains(other));
                let met = Met { rival: !rivals.is_empty(), removal };
                rivals.insert(*author, removes.clone());
                Ok(met)
            }
            Frame::SealedOp { state, nonce, digest } => {
                let before = self.nonces.insert((*state, *nonce), *digest);
                if before.is_some_and(|before| before != *digest) {
                    let what = format!("{seat} seals two ops with one nonce under {}", short(&state.0));
                    return Err(Breach::new(Class::Duplicated, "I7", what));
                }
                Ok(Met::default())
            }
            Frame::Commit { .. } | Frame::Other(_) => Ok(Met::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{key, state};
    use super::*;

    fn commit(author: u8, parent: u8, removes: &[u8], digest: u8) -> Frame {
        let removes = removes.iter().map(|n| key(*n)).collect();
        Frame::Commit { parent: state(parent), author: key(author), adds: Vec::new(), removes, digest: [digest; 32] }
    }

    #[test]
    fn a_second_commit_for_one_state_trips() {
        let mut sent = Sent::default();
        assert_eq!(sent.sends(SeatNo(0), &key(1), &commit(1, 1, &[], 1)), Ok(Met::default()));
        assert_eq!(sent.sends(SeatNo(0), &key(1), &commit(1, 1, &[], 1)), Ok(Met::default()), "the same bytes again");
        assert_eq!(sent.sends(SeatNo(0), &key(1), &commit(1, 2, &[], 2)), Ok(Met::default()), "another state");
        assert!(sent.sends(SeatNo(0), &key(1), &commit(1, 1, &[], 3)).is_err());
        assert!(sent.sends(SeatNo(1), &key(2), &commit(1, 1, &[], 3)).is_ok(), "handed on by somebody else");
        sent.went_back(&key(1));
        assert!(sent.sends(SeatNo(0), &key(1), &commit(1, 1, &[], 4)).is_ok(), "its store went back");
    }

    #[test]
    fn rivals_are_met() {
        let mut sent = Sent::default();
        sent.sends(SeatNo(0), &key(1), &commit(1, 1, &[3], 1)).expect("fair");
        let met = sent.sends(SeatNo(1), &key(2), &commit(2, 1, &[], 2)).expect("fair");
        assert_eq!(met, Met { rival: true, removal: false });
        let met = sent.sends(SeatNo(2), &key(3), &commit(3, 1, &[], 3)).expect("fair");
        assert_eq!(met, Met { rival: true, removal: true });
    }

    #[test]
    fn one_nonce_for_two_ops_trips() {
        let op = |digest: u8| Frame::SealedOp { state: state(1), nonce: [7; 24], digest: [digest; 32] };
        let mut sent = Sent::default();
        assert!(sent.sends(SeatNo(0), &key(1), &op(1)).is_ok() && sent.sends(SeatNo(1), &key(1), &op(1)).is_ok());
        assert!(sent.sends(SeatNo(0), &key(1), &op(2)).is_err());
    }
}
