//! Which state to stand on when commits compete: a pure function of frames and beacons.
//!
//! Never of the op log, which is shared only within one state, and never of the order of arrival. From the
//! root on, the child wins
//!
//! 1. on which, or below which, most seats of the parent state ever stood (wrote a commit or signed a
//!    beacon there; never withdrawn, so a seat on both sides cancels itself),
//! 2. which removes somebody,
//! 3. with the lowest `SHA-256(parent ‖ author)`,
//! 4. with the lowest commit id.
//!
//! Depth is not used: against a seat that never stops making siblings it makes the room swing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use record::{AuthorKey, StateId};
use sha2::{Digest, Sha256};

use crate::frame::Commit;
use crate::graph::Graph;

/// The states each seat ever signed a beacon at.
pub(crate) type Stood = BTreeMap<AuthorKey, BTreeSet<StateId>>;

pub(crate) fn choose(graph: &Graph, stood: &Stood) -> StateId {
    let mut at = graph.root();
    while let Some(next) = best_child(graph, stood, at) {
        at = next;
    }
    at
}

fn best_child(graph: &Graph, stood: &Stood, parent: StateId) -> Option<StateId> {
    let mut commits = graph.commits_on(&parent);
    let first = commits.next()?;
    let Some(second) = commits.next() else { return Some(first.1.body.new_state) };
    let roster = graph.roster(&parent)?;
    let rivals = [first, second].into_iter().chain(commits);
    let best = rivals.max_by_key(|(id, commit)| {
        let commit = &commit.body;
        let support = supporters(graph, stood, commit).intersection(&roster.keys().copied().collect()).count();
        (support, !commit.removes.is_empty(), Reverse(lot(&parent, &commit.author)), Reverse(*id))
    });
    best.map(|(_, commit)| commit.body.new_state)
}

fn supporters(graph: &Graph, stood: &Stood, commit: &Commit) -> BTreeSet<AuthorKey> {
    let mut states = BTreeSet::from([commit.new_state]);
    let mut seats = BTreeSet::from([commit.author]);
    for id in graph.commits_below(commit.new_state) {
        if let Some(commit) = graph.commit(&id) {
            states.insert(commit.body.new_state);
            seats.insert(commit.body.author);
        }
    }
    let standing = stood.iter().filter(|(_, at)| !at.is_disjoint(&states)).map(|(seat, _)| *seat);
    seats.extend(standing);
    seats
}

fn lot(parent: &StateId, author: &AuthorKey) -> [u8; 32] {
    Sha256::new().chain_update(parent.0).chain_update(author.0).finalize().into()
}
