//! What one seat shows, taken out of its room for the invariants to look at.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use record::{AuthorKey, Body, Op, OpId, StateId};

use super::SeatNo;
use super::trace::short;

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
    /// Of each author the number of the last op before the first one this seat had to hold.
    pub(crate) base: BTreeMap<AuthorKey, u64>,
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

    /// Authors, numbers and ids of all ops held, and who is at the table, for a trace: `-` is a header, `*` a control op.
    pub(crate) fn holds(&self) -> String {
        let mut of: BTreeMap<AuthorKey, Vec<&ShownOp>> = BTreeMap::new();
        for line in &self.ops {
            of.entry(line.author).or_default().push(line);
        }
        let kind = |line: &ShownOp| if line.control { "*" } else { ["-", ""][usize::from(line.text.is_some())] };
        let entry = |line: &&ShownOp| format!(" {}{}:{}", line.number, kind(line), short(&line.id.0));
        let chain = |(author, lines): (&AuthorKey, &Vec<&ShownOp>)| -> String {
            let end = self.removed.get(author).map(|last| format!(" ends at {last}")).unwrap_or_default();
            format!("[{}{end}{}]", short(&author.0), lines.iter().map(entry).collect::<String>())
        };
        let seats: Vec<String> = self.desired.iter().map(|seat| short(&seat.0)).collect();
        format!("{}; at the table {}", of.iter().map(chain).collect::<Vec<_>>().join(" "), seats.join(" "))
    }
}

impl ShownOp {
    pub(crate) fn of(op: &Op) -> Self {
        let text = match op.body() {
            Some(Body::Note(note)) => Some(note.text.clone()),
            Some(
                Body::Charter(_)
                | Body::Invite(_)
                | Body::Revoke(_)
                | Body::Add(_)
                | Body::Remove(_)
                | Body::Agree(_)
                | Body::Amend(_)
                | Body::Sign(_)
                | Body::End
                | Body::Call(_)
                | Body::Brief(_)
                | Body::File(_)
                | Body::Newer(..),
            )
            | None => None,
        };
        Self {
            id: op.id(),
            author: op.author(),
            number: op.number(),
            previous: op.previous(),
            heads: op.heads().to_vec(),
            origin: op.origin(),
            control: op.kind().is_control(),
            text,
        }
    }
}
