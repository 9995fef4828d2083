//! What the world knows better than any seat: who wrote what, and who sat in which state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use record::{AuthorKey, OpId, StateId};

use super::SeatNo;
use super::view::View;

/// What the world knows better than any seat.
#[derive(Default)]
pub(crate) struct Facts {
    /// Every note an honest seat wrote, by its text: no two are alike.
    pub(crate) notes: BTreeMap<Arc<str>, Note>,
    /// The seats of every state an honest seat stood on.
    pub(crate) rosters: BTreeMap<StateId, BTreeSet<AuthorKey>>,
    /// What each honest seat has ever shown and must still have, with author and number: less what its store lost.
    pub(crate) shown: BTreeMap<SeatNo, BTreeMap<OpId, (AuthorKey, u64)>>,
    /// Keys of honest seats: only these have their word counted.
    pub(crate) honest: BTreeSet<AuthorKey>,
    /// Seats that may have signed two ops with one number: hostile ones and those whose store went back.
    pub(crate) forked: BTreeSet<AuthorKey>,
}

/// A note as it was written.
#[derive(Clone)]
pub(crate) struct Note {
    pub(crate) author: AuthorKey,
    /// Seats whose removal the author knew of.
    pub(crate) removed: BTreeSet<AuthorKey>,
}

impl Facts {
    /// Notes where a seat stands; false when another seat stood on the same state with another roster.
    pub(crate) fn stands(&mut self, state: StateId, roster: BTreeSet<AuthorKey>) -> bool {
        match self.rosters.get(&state) {
            Some(known) => *known == roster,
            None => {
                self.rosters.insert(state, roster);
                true
            }
        }
    }

    /// Notes what a seat shows.
    pub(crate) fn shows(&mut self, view: &View) {
        let shown = self.shown.entry(view.seat).or_default();
        shown.extend(view.notes().map(|(line, _)| (line.id, (line.author, line.number))));
    }

    /// Whether the seat was at the table in this state. None when no honest seat stood there.
    pub(crate) fn reads(&self, seat: &AuthorKey, origin: &StateId) -> Option<bool> {
        self.rosters.get(origin).map(|roster| roster.contains(seat))
    }

    /// Whether the seat may lack what the author said under this number, because the author was removed, or has no seat
    /// because the admission proved void.
    pub(crate) fn may_lack(&self, view: &View, author: &AuthorKey, number: u64) -> bool {
        match view.removed.get(author) {
            Some(last) => number > *last || self.forked.contains(author),
            None => !view.desired.contains(author),
        }
    }
}
