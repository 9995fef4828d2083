//! Which state to stand on when commits compete: a pure function of frames and beacons.
//!
//! Never of the op log, which is shared only within one state, and never of the order of arrival. From the
//! oldest state on, the child wins
//!
//! 1. on which, or below which, most seats of the parent state ever stood (wrote a commit or signed a
//!    beacon there; never withdrawn, so a seat on both sides cancels itself; seats removed by intents cited in
//!    commits do not count),
//! 2. on which, or below which, most seats stood last: of two branches all have been on, the one they are on,
//! 3. which removes somebody,
//! 4. with the lowest `SHA-256(parent ‖ author)`,
//! 5. with the lowest commit id.
//!
//! Branches that only removed seats stand on are passed over; by a seat itself, also those it cannot read or reach and where nobody
//! stands who could bring it there. Depth is not used: against a seat that never stops making
//! siblings it makes the room swing.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use record::{AuthorKey, StateId, Table};
use sha2::{Digest, Sha256};

use crate::frame::CommitId;
use crate::graph::Graph;
use crate::support::Support;

/// What is known, by frames and beacons alone; and what this seat cannot read or reach.
pub(crate) struct Choice<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) support: Arc<Support>,
    /// Commits whose secrets did not open here. They count once more than half of their parent's seats stand there.
    pub(crate) unreadable: &'a BTreeSet<CommitId>,
    /// Commits that cannot be reached from here any more: they count while anybody else stands there.
    pub(crate) lost: &'a BTreeSet<CommitId>,
    pub(crate) me: AuthorKey,
    /// Only to tell who could bring this seat to a commit that is lost.
    pub(crate) table: &'a Table,
}

/// How good a commit is among its siblings; the greatest wins.
type Weight = (usize, usize, bool, Reverse<[u8; 32]>, Reverse<CommitId>);

impl Choice<'_> {
    /// The state to stand on.
    pub(crate) fn target(&self) -> StateId {
        self.target_from(self.graph.root())
    }

    /// The state to stand on among those at and below the given one.
    pub(crate) fn target_from(&self, state: StateId) -> StateId {
        let mut at = state;
        while let Some(next) = self.best_child(at) {
            at = next;
        }
        at
    }

    fn best_child(&self, parent: StateId) -> Option<StateId> {
        let mut commits = self.graph.commits_on(&parent).peekable();
        let first = commits.next()?;
        // Nothing to weigh: no rival, and its author belongs to the table.
        let open = !self.unreadable.contains(&first.0) && !self.lost.contains(&first.0);
        if commits.peek().is_none() && open && !self.graph.removed().contains(&first.1.body.author) {
            return Some(first.1.body.new_state);
        }
        let ranked = self.ranked(parent);
        ranked.into_iter().find(|rival| rival.stands).map(|rival| rival.state)
    }

    /// The commits on a state, best first.
    pub(crate) fn ranked(&self, parent: StateId) -> Vec<Rival> {
        let Some(roster) = self.graph.roster(&parent) else { return Vec::new() };
        let mut rivals: Vec<(Weight, Rival)> = self
            .graph
            .commits_on(&parent)
            .map(|(id, commit)| {
                let commit = &commit.body;
                let (support, latest) = self.support.counts(&id, roster);
                let alive = self.support.ever(&id) > 0 && (!self.lost.contains(&id) || self.others_stand_on(&id));
                let readable = !self.unreadable.contains(&id) || 2 * support > roster.len();
                let weight =
                    (support, latest, !commit.removes.is_empty(), Reverse(lot(&parent, &commit.author)), Reverse(id));
                (weight, Rival { id, author: commit.author, state: commit.new_state, stands: alive && readable })
            })
            .collect();
        rivals.sort_by(|(a, _), (b, _)| b.cmp(a));
        rivals.into_iter().map(|(_, rival)| rival).collect()
    }

    /// Whether of two states the first is to be stood on, were there no others.
    pub(crate) fn prefers(&self, state: &StateId, other: &StateId) -> bool {
        let ways = [*state, *other].map(|state| self.graph.way(state).collect::<Vec<_>>());
        let [mut first, mut second] = ways.each_ref().map(|way| way.iter().rev());
        let mut parent = self.graph.root();
        loop {
            match (first.next(), second.next()) {
                (Some(a), Some(b)) if a == b => parent = *a,
                (Some(a), Some(b)) => {
                    let best = self.ranked(parent).into_iter().find(|rival| [*a, *b].contains(&rival.state));
                    return best.is_some_and(|best| best.state == *a);
                }
                (deeper, _) => return deeper.is_some(),
            }
        }
    }

    /// Whether a seat is at or below a commit that could bring this one there.
    pub(crate) fn others_stand_on(&self, commit: &CommitId) -> bool {
        self.support.there(commit).any(|seat| *seat != self.me && self.table.is_seated(seat))
    }
}

/// One of several commits on a state.
pub(crate) struct Rival {
    pub(crate) id: CommitId,
    pub(crate) author: AuthorKey,
    pub(crate) state: StateId,
    /// Whether it can be stood on.
    pub(crate) stands: bool,
}

fn lot(parent: &StateId, author: &AuthorKey) -> [u8; 32] {
    Sha256::new().chain_update(parent.0).chain_update(author.0).finalize().into()
}
