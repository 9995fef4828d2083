//! What of the words of one author counts.

use std::collections::BTreeSet;

use crate::{Op, OpId};

/// What of an author is valid.
pub(super) enum Validity {
    All,
    Nothing,
    /// What has no higher number.
    UpTo(u64),
    /// What leads to one of these ends.
    Chains(Vec<ValidChain>),
}

/// A chain to the last op of a removed author that stays valid.
pub(super) struct ValidChain {
    pub(super) last: u64,
    /// From this number on the ids are known.
    pub(super) linked_from: u64,
    pub(super) ids: BTreeSet<OpId>,
    /// The op that comes before these, if it is missing: until it comes the number alone decides.
    pub(super) awaits: Option<OpId>,
}

impl Validity {
    pub(super) fn is_valid(&self, op: &Op) -> bool {
        match self {
            Validity::All => true,
            Validity::Nothing => false,
            Validity::UpTo(last) => op.number() <= *last,
            Validity::Chains(chains) => chains.iter().any(|chain| {
                let below = chain.awaits.is_some() && op.number() < chain.linked_from && op.number() <= chain.last;
                below || chain.ids.contains(&op.id())
            }),
        }
    }
}
