//! Who signed that it stands where: what the choice between rival commits counts.

use std::collections::{BTreeMap, BTreeSet};

use record::{AuthorKey, StateId};

use crate::bounds;
use crate::frame::{Beacon, Signed};
use crate::graph::Graph;

/// Signed beacons: of each seat one for each branch it ever stood on. They never lose their force, so that nobody can
/// take part in pulling the room to and fro: a seat that stood on both sides counts for both.
#[derive(Default)]
pub(crate) struct Stands {
    by: BTreeMap<AuthorKey, BTreeMap<StateId, Signed<Beacon>>>,
}

impl Stands {
    /// Takes a beacon; returns whether it says more than those held.
    pub(crate) fn take(&mut self, graph: &Graph, beacon: Signed<Beacon>) -> bool {
        let (author, tip) = (beacon.body.author, beacon.body.tip);
        if !self.by.contains_key(&author) && self.by.len() >= bounds::SEATS {
            return false;
        }
        let theirs = self.by.entry(author).or_default();
        if theirs.keys().any(|held| graph.is_at_or_below(held, &tip)) {
            return false;
        }
        theirs.retain(|held, _| !graph.is_at_or_below(&tip, held));
        theirs.insert(tip, beacon);
        // The lowest count, so that all who have heard all keep the same.
        while theirs.len() > bounds::STANDS_PER_SEAT {
            theirs.pop_last();
        }
        theirs.contains_key(&tip)
    }

    /// Forgets beacons at states that are no longer kept.
    pub(crate) fn forget(&mut self, states: &BTreeSet<StateId>) {
        for theirs in self.by.values_mut() {
            theirs.retain(|state, _| !states.contains(state));
        }
        self.by.retain(|_, theirs| !theirs.is_empty());
    }

    /// Seats that stand in one of these states.
    pub(crate) fn within<'a>(&'a self, states: &'a BTreeSet<StateId>) -> impl Iterator<Item = AuthorKey> + 'a {
        self.by.iter().filter(|(_, at)| at.keys().any(|state| states.contains(state))).map(|(seat, _)| *seat)
    }

    /// All beacons.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Signed<Beacon>> {
        self.by.values().flat_map(BTreeMap::values)
    }

    /// The most kept of one seat.
    pub(crate) fn most(&self) -> usize {
        self.by.values().map(BTreeMap::len).max().unwrap_or(0)
    }

    /// Of how many seats something is kept.
    pub(crate) fn seats(&self) -> usize {
        self.by.len()
    }
}
