//! One file of a room, as its desk sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use record::{AuthorKey, OpId};

use crate::desk::Effect;
use crate::fetch::Fetch;
use crate::held::Claimed;
use crate::message::Holding;
use crate::serve::Serve;
use crate::standing::{Known, Standing, Wish};
use crate::{Held, Millis};

/// Who was asked and sent nothing for so long is taken for gone.
const SILENCE: Millis = 5_000;
/// And so is who sends, but no chunk in so long that is the file's.
const STANDSTILL: Millis = 180_000;

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
    pub(crate) others: BTreeMap<AuthorKey, Claimed>,
    pub(crate) source: Option<AuthorKey>,
    /// When the source was chosen, or something of this file came.
    pub(crate) heard: Millis,
    /// When the source was chosen, or a chunk came that is the file's.
    pub(crate) got: Millis,
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
            others: other.map(|author| (author, Claimed::all(count))).into_iter().collect(),
            source: None,
            heard: 0,
            got: 0,
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
        let others = self.others.values().filter(|claimed| claimed.count() == chunks).count();
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

    /// What the shell knew of it is gone: it is opened anew when it is needed.
    pub(crate) fn close(&mut self) {
        self.held = None;
        self.opening = false;
        self.asked.clear();
        self.serve = Serve::default();
        self.hears_no_more();
    }

    /// Nothing is fetched from anybody.
    pub(crate) fn hears_no_more(&mut self) {
        self.listening = false;
        self.listens = false;
        self.source = None;
        self.fetch = Fetch::default();
    }

    /// Whom to ask: who was asked before, as long as that seat has something that is missing here, or else whoever has the most. Of
    /// several, chance decides by the name of the file, so that not all files are asked of one.
    pub(crate) fn choose_source(&mut self, now: Millis) -> Option<AuthorKey> {
        let late = self.listens && (self.heard + SILENCE <= now || self.got + STANDSTILL <= now);
        if late && let Some(source) = self.source.take() {
            self.silent.insert(source);
        }
        let held = self.held.as_ref()?;
        let useful = |seat: &AuthorKey| {
            let claimed = self.others.get(seat).filter(|_| !self.silent.contains(seat))?;
            held.missing().any(|index| claimed.contains(index)).then_some(claimed.count())
        };
        if self.source.is_some_and(|seat| useful(&seat).is_some()) {
            return self.source;
        }
        let file = self.known.file;
        let lot = |seat: &AuthorKey| seat.0.iter().zip(file.0).fold(0_u8, |sum, (a, b)| sum.rotate_left(3) ^ a ^ b);
        let able = self.others.keys().filter_map(|seat| Some((useful(seat)?, lot(seat), *seat)));
        self.source = able.max().map(|(_, _, seat)| seat);
        (self.heard, self.got) = (now, now);
        self.fetch.begin_anew();
        self.source
    }

    /// When the source is given up if nothing comes.
    pub(crate) fn late_at(&self) -> Option<Millis> {
        self.source.filter(|_| self.listens).map(|_| (self.heard + SILENCE).min(self.got + STANDSTILL))
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
