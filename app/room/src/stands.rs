//! Who signed that it stands where: what the choice between rival commits counts.

use std::collections::{BTreeMap, BTreeSet};

use record::{AuthorKey, StateId};

use crate::bounds;
use crate::frame::{Beacon, Signed};
use crate::graph::Graph;

/// Signed beacons: of each seat one for each branch it ever stood on, and its latest. They never lose their force, so that
/// nobody can take part in pulling the room to and fro: a seat that stood on both sides counts for both.
#[derive(Default)]
pub(crate) struct Stands {
    by: BTreeMap<AuthorKey, BTreeMap<StateId, Signed<Beacon>>>,
    /// Of each seat the beacon with the highest counter.
    latest: BTreeMap<AuthorKey, Signed<Beacon>>,
    version: u64,
}

impl Stands {
    /// Whether a beacon would say nothing new.
    pub(crate) fn knows(&self, graph: &Graph, beacon: &Beacon) -> bool {
        let newer = self.latest.get(&beacon.author).is_none_or(|latest| beacon.counter > latest.body.counter);
        let deeper = self.by.get(&beacon.author).is_none_or(|theirs| {
            !theirs.contains_key(&beacon.tip) && !theirs.keys().any(|held| graph.is_at_or_below(held, &beacon.tip))
        });
        !newer && !deeper
    }

    /// Takes a beacon; returns whether it says more than those held.
    pub(crate) fn take(&mut self, graph: &Graph, beacon: Signed<Beacon>) -> bool {
        let (author, tip) = (beacon.body.author, beacon.body.tip);
        if !self.by.contains_key(&author) && self.by.len() >= bounds::SEATS {
            return false;
        }
        let before = self.latest.get(&author).map(|latest| (latest.body.counter, latest.body.tip));
        let newer = before.is_none_or(|(counter, _)| beacon.body.counter > counter);
        let moved = newer && before.is_none_or(|(_, before)| before != tip);
        if newer {
            self.latest.insert(author, beacon.clone());
            self.version += 1;
        }
        let theirs = self.by.entry(author).or_default();
        if theirs.keys().any(|held| graph.is_at_or_below(held, &tip)) {
            return moved;
        }
        self.version += 1;
        theirs.retain(|held, _| !graph.is_at_or_below(&tip, held));
        theirs.insert(tip, beacon);
        // The lowest count, so that all who have heard all keep the same.
        while theirs.len() > bounds::STANDS_PER_SEAT {
            theirs.pop_last();
        }
        moved || theirs.contains_key(&tip)
    }

    /// Forgets beacons at states that are no longer kept.
    pub(crate) fn forget(&mut self, states: &BTreeSet<StateId>) {
        self.version += 1;
        for theirs in self.by.values_mut() {
            theirs.retain(|state, _| !states.contains(state));
        }
        self.by.retain(|_, theirs| !theirs.is_empty());
        self.latest.retain(|_, beacon| !states.contains(&beacon.body.tip));
    }

    /// Which seats ever stood in which states.
    pub(crate) fn ever(&self) -> impl Iterator<Item = (AuthorKey, StateId)> {
        self.by.iter().flat_map(|(seat, at)| at.keys().map(|state| (*seat, *state)))
    }

    /// Where each seat stood last.
    pub(crate) fn latest(&self) -> impl Iterator<Item = (AuthorKey, StateId)> {
        self.latest.iter().map(|(seat, beacon)| (*seat, beacon.body.tip))
    }

    /// Grows with every change.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// The counter of the seat's latest beacon, 0 when there is none.
    pub(crate) fn last_counter(&self, seat: &AuthorKey) -> u64 {
        self.latest.get(seat).map_or(0, |latest| latest.body.counter)
    }

    /// Whether any beacon of the seat is kept.
    pub(crate) fn has(&self, seat: &AuthorKey) -> bool {
        self.latest.contains_key(seat)
    }

    /// All beacons.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Signed<Beacon>> {
        self.by.values().flat_map(BTreeMap::values).chain(self.besides().map(|(_, latest)| latest))
    }

    /// Of each seat the beacons on the branches it ever stood on.
    pub(crate) fn stood(&self) -> impl Iterator<Item = (&AuthorKey, Vec<&Signed<Beacon>>)> {
        self.by.iter().map(|(seat, theirs)| (seat, theirs.values().collect()))
    }

    /// The latest beacons of seats that are not among those.
    pub(crate) fn besides(&self) -> impl Iterator<Item = (&AuthorKey, &Signed<Beacon>)> {
        self.latest.iter().filter(|(author, latest)| {
            let same = self.by.get(author).and_then(|theirs| theirs.get(&latest.body.tip));
            same.is_none_or(|same| same.body.counter != latest.body.counter)
        })
    }

    /// The most kept of one seat.
    pub(crate) fn most(&self) -> usize {
        self.by.values().map(BTreeMap::len).max().unwrap_or(0)
    }

    /// Of how many seats something is kept.
    pub(crate) fn seats(&self) -> usize {
        self.by.len().max(self.latest.len())
    }
}
