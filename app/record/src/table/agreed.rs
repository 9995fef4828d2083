//! What the table has agreed on: the terms in force, who signed them, whether the talk has ended.
//!
//! Terms decide nothing about who sits here, so what changes them is looked at when that is known. It is looked at in the order of
//! ops, not all at once: other terms hold from the first op on at which a head of each party *then* at the table had signed them.
//! A party that comes later is shown them at the door and undoes nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::fold::Fold;
use super::{Rank, Seat};
use crate::{AuthorKey, Body, OpId, PartyId, Terms, WhoAdmits};

/// What the table has agreed on.
#[derive(Clone, Default)]
pub struct Agreed {
    /// The terms in force.
    pub terms: Terms,
    /// The op that set them, the one to sign; None until the charter is here.
    pub by: Option<OpId>,
    /// Which terms each seat signed last; the founder those of the charter, by opening the talk.
    pub signed: BTreeMap<AuthorKey, OpId>,
    /// Terms proposed in the place of those in force, at most one by each seat: its last.
    pub amendments: Vec<Amendment>,
    /// Who said that the talk is to end.
    pub ended_by: BTreeSet<AuthorKey>,
    /// Whether that is enough: the convener's word where it admits alone, or else two keys.
    pub ended: bool,
}

/// Terms that not all parties have signed yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Amendment {
    /// The op to sign.
    pub id: OpId,
    /// Who proposes them.
    pub by: AuthorKey,
    /// The terms.
    pub terms: Terms,
    /// Which they would replace.
    replaces: OpId,
    /// Parties that signed.
    pub signed: BTreeSet<PartyId>,
    /// Parties whose signature is awaited.
    pub awaited: BTreeSet<PartyId>,
}

impl Fold<'_> {
    pub(super) fn agree(&self) -> Agreed {
        let mut agreed = Agreed::default();
        let mut said = BTreeSet::new();
        for op in &self.ops.all {
            said.insert(op.id());
            // What claims to be from before its author's seat was given is not heard: or a new head could sign as of a time when
            // other parties were not there yet.
            let seat = self.table.seat(&op.author()).filter(|seat| said.contains(&seat.by) && self.is_valid(op));
            let Some(seat) = seat else { continue };
            let decides = seat.role.rank() != Rank::Other;
            match op.body() {
                Some(Body::Charter(charter)) if seat.by == op.id() => {
                    (agreed.terms, agreed.by) = (charter.terms.unwrap_or_default(), Some(op.id()));
                    agreed.signed.insert(seat.key, op.id());
                }
                Some(Body::Amend(amend)) if decides => {
                    let (id, by, terms, replaces) = (op.id(), seat.key, amend.terms, amend.replaces);
                    let (signed, awaited) = (BTreeSet::from([seat.party]), BTreeSet::new());
                    agreed.amendments.retain(|amendment| amendment.by != seat.key);
                    agreed.amendments.push(Amendment { id, by, terms, replaces, signed, awaited });
                    agreed.signed.insert(seat.key, op.id());
                }
                Some(Body::Sign(terms)) => {
                    agreed.signed.insert(seat.key, *terms);
                    let amendment = agreed.amendments.iter_mut().find(|a| decides && a.id == *terms);
                    if amendment.is_none_or(|amendment| !amendment.signed.insert(seat.party)) {
                        continue;
                    }
                }
                Some(Body::End) if decides => {
                    agreed.ended_by.insert(seat.key);
                    continue;
                }
                Some(_) | None => continue,
            }
            agreed.amend(&self.parties(|seat| said.contains(&seat.by)));
        }
        agreed.amend(&self.parties(|_| true));
        agreed.amendments.retain(|amendment| Some(amendment.replaces) == agreed.by);
        let parties: BTreeSet<PartyId> =
            agreed.ended_by.iter().filter_map(|key| self.table.seat(key)).map(|seat| seat.party).collect();
        let alone = self.table.who_admits == WhoAdmits::Convener && agreed.ended_by.contains(&self.founder);
        agreed.ended = alone || parties.len() > 1;
        agreed
    }

    /// The parties that have a convener or a head at the table.
    fn parties(&self, counts: impl Fn(&Seat) -> bool) -> BTreeSet<PartyId> {
        let decides = self.table.seated().filter(|seat| seat.role.rank() != Rank::Other);
        decides.filter(|seat| counts(seat)).map(|seat| seat.party).collect()
    }
}

impl Agreed {
    /// Puts terms in force that all of these parties have signed.
    fn amend(&mut self, parties: &BTreeSet<PartyId>) {
        for amendment in &mut self.amendments {
            amendment.awaited = parties.difference(&amendment.signed).copied().collect();
        }
        let next = self.amendments.iter().find(|a| Some(a.replaces) == self.by && a.awaited.is_empty());
        if let Some(next) = next {
            (self.terms, self.by) = (next.terms, Some(next.id));
        }
    }
}
