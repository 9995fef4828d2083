//! Views that no room ever showed, to see whether a check trips.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use record::{AuthorKey, OpId, StateId};

use crate::rooms::SeatNo;
use crate::rooms::facts::{Facts, Note};
use crate::rooms::view::{ShownOp, View};

pub(super) fn key(n: u8) -> AuthorKey {
    AuthorKey([n; 32])
}

pub(super) fn state(n: u8) -> StateId {
    StateId([n; 32])
}

/// Alice, Bob and Carol at one state, each with a note that all show.
pub(super) fn table() -> (Vec<View>, Facts) {
    let ops: Vec<ShownOp> = (1..=3).map(|n| line(n, 1)).collect();
    let roster: BTreeSet<AuthorKey> = (1..=3).map(key).collect();
    let views = (1..=3).map(|n| View {
        seat: SeatNo(usize::from(n) - 1),
        key: key(n),
        state: state(1),
        seated: true,
        roster: roster.clone(),
        desired: roster.clone(),
        removed: BTreeMap::new(),
        base: BTreeMap::new(),
        ops: ops.clone(),
        number: Some("12345".into()),
    });
    let views = views.collect();
    let mut facts = Facts { honest: roster.clone(), ..Facts::default() };
    facts.stands(state(1), roster);
    for line in &ops {
        facts.notes.insert(text(line), Note { author: line.author, removed: BTreeSet::new() });
    }
    (views, facts)
}

/// The note of an author under a number.
pub(super) fn line(author: u8, number: u64) -> ShownOp {
    let id = |number: u64| if number == 0 { OpId::NONE } else { OpId([author * 16 + number as u8; 32]) };
    ShownOp {
        id: id(number),
        author: key(author),
        number,
        previous: id(number - 1),
        heads: Vec::new(),
        origin: state(1),
        control: false,
        text: Some(format!("{number} of {author}").into()),
    }
}

pub(super) fn text(line: &ShownOp) -> Arc<str> {
    line.text.clone().expect("a note")
}
