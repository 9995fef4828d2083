//! One file of a room, as its desk sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use record::{AuthorKey, OpId};

use crate::desk::{Effect, Known, Standing, Wish};
use crate::fetch::Fetch;
use crate::message::Holding;
use crate::serve::Serve;
use crate::{Held, Millis};

pub(crate) struct Entry {
    pub(crate) known: Known,
    pub(crate) wish: Wish,
    pub(crate) opening: bool,
    pub(crate) held: Option<Held>,
    pub(crate) fetch: Fetch,
    pub(crate) serve: Serve,
    /// Asked for before the store was open.
    pub(crate) asked: Vec<(AuthorKey, Vec<Range<u32>>)>,
    pub(crate) listening: bool,
    /// What is sent now is heard.
    pub(crate) listens: bool,
    pub(crate) full: bool,
    /// What others told.
    pub(crate) others: BTreeMap<AuthorKey, Held>,
    pub(crate) source: Option<AuthorKey>,
    /// When the source was chosen, or something of this file came.
    pub(crate) heard: Millis,
    /// Sent nothing when asked.
    pub(crate) silent: BTreeSet<AuthorKey>,
}

impl Entry {
    /// One that has become known; `other` is its author, unless that is this seat.
    pub(crate) fn new(known: Known, other: Option<AuthorKey>) -> Self {
        let (wish, count) = (known.wish, known.chunks.count());
        Self {
            known,
            wish,
            opening: false,
            held: None,
            fetch: Fetch::default(),
            serve: Serve::default(),
            asked: Vec::new(),
            listening: false,
            listens: false,
            full: false,
            // Until it says otherwise: nobody gives what it does not have.
            others: other.map(|author| (author, Held::all(count))).into_iter().collect(),
            source: None,
            heard: 0,
            silent: BTreeSet::new(),
        }
    }

    pub(crate) fn standing(&self) -> Standing {
        let chunks = self.known.chunks.count();
        let held = match (&self.held, self.wish) {
            (Some(held), _) => held.count(),
            (None, Wish::Here) => chunks,
            (None, Wish::None | Wish::Fetch | Wish::Pause) => 0,
        };
        let others = self.others.values().filter(|held| held.is_whole()).count();
        Standing {
            wish: self.wish,
            held,
            chunks,
            comes: self.source.is_some(),
            full: self.full,
            holders: others + usize::from(held == chunks),
        }
    }

    pub(crate) fn open(&mut self, file: OpId, effects: &mut Vec<Effect>) {
        if !std::mem::replace(&mut self.opening, true) {
            effects.push(Effect::Open(file));
        }
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.held.as_ref().is_some_and(Held::is_whole)
    }

    pub(crate) fn holds_some(&self) -> bool {
        self.held.as_ref().map_or(self.wish == Wish::Here, |held| held.count() > 0)
    }

    pub(crate) fn holding(&self) -> Holding {
        let ranges = match (&self.held, self.wish) {
            (Some(held), _) => held.ranges(),
            (None, Wish::Here) => vec![0..self.known.chunks.count(); 1],
            (None, Wish::None | Wish::Fetch | Wish::Pause) => Vec::new(),
        };
        Holding { file: self.known.file, chunks: ranges.into_iter().map(Into::into).collect() }
    }

    /// Pieces of a chunk of this file.
    pub(crate) fn weight(&self) -> usize {
        self.known.chunks.pieces(0).unwrap_or(1) as usize
    }
}
