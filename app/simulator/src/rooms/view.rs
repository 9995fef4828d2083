//! What one seat shows, taken out of its room for the invariants to look at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use record::{AuthorKey, OpId, StateId};

use super::SeatNo;

/// What one seat shows.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) seat: SeatNo,
    pub(crate) key: AuthorKey,
    pub(crate) state: StateId,
    /// Whether the room says that it is seated, neither stranded nor removed nor opened elsewhere.
    pub(crate) seated: bool,
    /// The seats of its state.
    pub(crate) roster: BTreeSet<AuthorKey>,
    /// The seats of its table that were not taken away.
    pub(crate) desired: BTreeSet<AuthorKey>,
    /// Seats taken away, each with the number of the last op that stays valid.
    pub(crate) removed: BTreeMap<AuthorKey, u64>,
    /// All ops held, in the order shown.
    pub(crate) ops: Vec<ShownOp>,
    /// The room number shown, if the room has one.
    pub(crate) number: Option<String>,
}

/// One op as shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ShownOp {
    pub(crate) id: OpId,
    pub(crate) author: AuthorKey,
    pub(crate) number: u64,
    pub(crate) previous: OpId,
    pub(crate) heads: Vec<OpId>,
    pub(crate) origin: StateId,
    pub(crate) control: bool,
    /// The text of a note this seat can read.
    pub(crate) text: Option<Arc<str>>,
}

impl View {
    /// The notes this seat shows, in order.
    pub(crate) fn notes(&self) -> impl Iterator<Item = (&ShownOp, &Arc<str>)> {
        self.ops.iter().filter_map(|line| line.text.as_ref().map(|text| (line, text)))
    }
}
