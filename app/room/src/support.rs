//! Who stands at or below each commit: drawn from all commits and beacons at once, children before parents, and kept until
//! one of them changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use record::{AuthorKey, StateId};

use crate::frame::CommitId;
use crate::graph::Graph;
use crate::policy::Roster;
use crate::stands::Stands;

/// For each commit the seats that stand at or below it. Seats removed by intents cited in commits do not count.
pub(crate) struct Support {
    /// What it was drawn from: the versions of the graph and of the beacons.
    of: (u64, u64),
    places: BTreeMap<AuthorKey, usize>,
    seats: Vec<AuthorKey>,
    below: BTreeMap<CommitId, Below>,
}

/// Seats by their place.
#[derive(Clone, Default)]
pub(crate) struct Below {
    /// That ever stood there: wrote a commit, or signed a beacon.
    ever: FixedBitSet,
    /// That stood there when last heard.
    latest: FixedBitSet,
    /// Those, and who committed there after it was last heard.
    there: FixedBitSet,
}

/// The newest [`Support`] drawn, and who stands where according to it.
#[derive(Default)]
pub(crate) struct Drawn(std::cell::RefCell<Option<Arc<Support>>>);

impl Drawn {
    /// What holds now; drawn anew if anything changed.
    pub(crate) fn get(&self, graph: &Graph, stands: &Stands) -> Arc<Support> {
        let of = (graph.version(), stands.version());
        let mut drawn = self.0.borrow_mut();
        match drawn.as_ref().filter(|drawn| drawn.of == of) {
            Some(support) => support.clone(),
            None => drawn.insert(Arc::new(Support::draw(of, graph, stands))).clone(),
        }
    }
}

impl Support {
    fn draw(of: (u64, u64), graph: &Graph, stands: &Stands) -> Self {
        let commits = graph.commits_below(graph.root());
        let bodies: Vec<_> =
            commits.iter().filter_map(|id| graph.commit(id).map(|commit| (*id, &commit.body))).collect();
        let (mut places, mut seats) = (BTreeMap::new(), Vec::new());
        let authors = bodies.iter().map(|(_, commit)| commit.author);
        for seat in authors.chain(stands.ever().chain(stands.latest()).map(|(seat, _)| seat)) {
            if !graph.removed().contains(&seat) && !places.contains_key(&seat) {
                places.insert(seat, seats.len());
                seats.push(seat);
            }
        }
        let mut at: BTreeMap<StateId, Below> = BTreeMap::new();
        let none = || {
            let seats = FixedBitSet::with_capacity(places.len());
            Below { ever: seats.clone(), latest: seats.clone(), there: seats }
        };
        for (seat, state) in stands.ever() {
            if let Some(place) = places.get(&seat) {
                at.entry(state).or_insert_with(none).ever.insert(*place);
            }
        }
        for (seat, state) in stands.latest() {
            if let Some(place) = places.get(&seat) {
                let here = at.entry(state).or_insert_with(none);
                here.latest.insert(*place);
                here.there.insert(*place);
            }
        }
        let mut below = BTreeMap::new();
        for (id, commit) in bodies.into_iter().rev() {
            let mut here = at.remove(&commit.new_state).unwrap_or_else(none);
            if let Some(place) = places.get(&commit.author) {
                here.ever.insert(*place);
                if commit.counter > stands.last_counter(&commit.author) {
                    here.there.insert(*place);
                }
            }
            let above = at.entry(commit.parent).or_insert_with(none);
            above.ever.union_with(&here.ever);
            above.latest.union_with(&here.latest);
            above.there.union_with(&here.there);
            // Only who ever stood there is counted where it stood last.
            here.latest.intersect_with(&here.ever);
            below.insert(id, here);
        }
        Self { of, places, seats, below }
    }

    /// How many seats of a roster ever stood at or below a commit, and how many of them last.
    pub(crate) fn counts(&self, commit: &CommitId, roster: &Roster) -> (usize, usize) {
        let Some(below) = self.below.get(commit) else { return (0, 0) };
        let of = |seats: &FixedBitSet| roster.keys().filter(|seat| self.contains(seats, seat)).count();
        (of(&below.ever), of(&below.latest))
    }

    /// How many seats ever stood at or below a commit.
    pub(crate) fn ever(&self, commit: &CommitId) -> usize {
        self.below.get(commit).map_or(0, |below| below.ever.count_ones(..))
    }

    /// Whether the seat ever stood at or below a commit.
    pub(crate) fn stood(&self, commit: &CommitId, seat: &AuthorKey) -> bool {
        self.below.get(commit).is_some_and(|below| self.contains(&below.ever, seat))
    }

    /// The seats that stand at or below a commit, as far as is known, or went there after they were last heard.
    pub(crate) fn there(&self, commit: &CommitId) -> impl Iterator<Item = &AuthorKey> {
        let places = self.below.get(commit).into_iter().flat_map(|below| below.there.ones());
        places.filter_map(|place| self.seats.get(place))
    }

    fn contains(&self, seats: &FixedBitSet, seat: &AuthorKey) -> bool {
        self.places.get(seat).is_some_and(|place| seats.contains(*place))
    }
}
