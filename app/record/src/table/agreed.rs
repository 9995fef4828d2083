//! What the table has agreed on: the terms in force, who signed them, whether the talk has ended.
//!
//! Terms decide nothing about who sits here, so what changes them is looked at when that is known. It is looked at in the order of
//! ops, not all at once: other terms hold from the first op on at which a head of each party *then* at the table had signed them.
//! A party that comes later is shown them at the door and undoes nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::fold::Fold;
use super::{Rank, Role, Seat, Table};
use crate::{AuthorKey, Body, Newcomers, OpId, PartyId, Terms, WhoAdmits};

/// What the table has agreed on.
#[derive(Clone, Default)]
pub struct Agreed {
    /// The terms in force.
    pub terms: Terms,
    /// The op that set them, the one to sign; None until the charter is here.
    pub by: Option<OpId>,
    /// Depth of the op since which newcomers can be given notes; None while they cannot.
    pub briefed_since: Option<u64>,
    /// Which terms each seat signed last; the founder those of the charter, by opening the talk.
    pub signed: BTreeMap<AuthorKey, OpId>,
    /// Terms proposed in the place of those in force, at most one by each seat: its last.
    pub amendments: Vec<Amendment>,
    /// Who said that the talk is to end.
    pub ended_by: BTreeSet<AuthorKey>,
    /// Whether that is enough: see [`Table::ends_by`]. Terms change no more.
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
        let mut said = Said::default();
        for op in &self.ops.all {
            said.ops.insert(op.id());
            // What claims to be from before its author's seat was given is not heard: or a new head could sign as of a time when
            // other parties were not there yet.
            let seat = self.table.seat(&op.author()).filter(|seat| self.was_given(seat, &said) && self.is_valid(op));
            let Some(seat) = seat else { continue };
            let decides = seat.role.rank() != Rank::Other;
            match op.body() {
                Some(Body::Charter(charter)) if seat.by == op.id() => {
                    agreed.sets(charter.terms.unwrap_or_default(), op.id(), op.depth());
                    agreed.signed.insert(seat.key, op.id());
                }
                Some(Body::Amend(amend)) if decides && !agreed.ended => {
                    let (id, by, terms, replaces) = (op.id(), seat.key, amend.terms, amend.replaces);
                    let (signed, awaited) = (BTreeSet::from([seat.party]), BTreeSet::new());
                    agreed.amendments.retain(|amendment| amendment.by != seat.key);
                    agreed.amendments.push(Amendment { id, by, terms, replaces, signed, awaited });
                    agreed.signed.insert(seat.key, op.id());
                }
                Some(Body::Sign(terms)) if !agreed.ended => {
                    agreed.signed.insert(seat.key, *terms);
                    let amendment = agreed.amendments.iter_mut().find(|a| decides && a.id == *terms);
                    if amendment.is_none_or(|amendment| !amendment.signed.insert(seat.party)) {
                        continue;
                    }
                }
                Some(Body::Remove(remove)) if self.table.removed.contains_key(&remove.seat) => {
                    said.removals.insert((op.author(), remove.seat));
                }
                Some(Body::End) if decides => {
                    agreed.ended_by.insert(seat.key);
                    agreed.ended = self.table.ends_by(&agreed.ended_by);
                    continue;
                }
                Some(_) | None => continue,
            }
            if !agreed.ended {
                agreed.amend(&self.parties(&said), op.depth());
            }
        }
        agreed.amendments.retain(|amendment| Some(amendment.replaces) == agreed.by);
        // Parties that came since are awaited too.
        agreed.await_all(&self.parties(&said));
        agreed
    }

    /// The parties that had a convener or a head at the table when all this was said.
    fn parties(&self, said: &Said) -> BTreeSet<PartyId> {
        let gone = |seat: &Seat| {
            let removal = self.table.removed.get(&seat.key);
            removal.is_some_and(|removal| said.removals.contains(&(removal.by, seat.key)))
        };
        let decides = self.table.seats.iter().filter(|seat| seat.role.rank() != Rank::Other);
        decides.filter(|seat| self.was_given(seat, said) && !gone(seat)).map(|seat| seat.party).collect()
    }

    /// Whether all was said that gives a seat.
    fn was_given(&self, seat: &Seat, said: &Said) -> bool {
        let by = self.ops.by_id.get(&seat.by).filter(|by| said.ops.contains(&by.id()));
        by.is_some_and(|by| seat.alone || self.agreements(by).any(|op| said.ops.contains(&op.id())))
    }
}

/// What was said up to some place in the order.
#[derive(Default)]
struct Said {
    ops: BTreeSet<OpId>,
    /// Removals that hold: by whom, and of whom.
    removals: BTreeSet<(AuthorKey, AuthorKey)>,
}

impl Table {
    /// Returns whether the talk ends when these say so: where the convener admits alone, or no other party had a head yet, its word is
    /// enough; else it takes two parties.
    pub fn ends_by(&self, seats: &BTreeSet<AuthorKey>) -> bool {
        let says = |seat: &&Seat| seats.contains(&seat.key);
        let parties: BTreeSet<PartyId> = self.seats.iter().filter(says).map(|seat| seat.party).collect();
        let convener = self.seats.iter().find(|seat| seat.role == Role::Convener);
        let alone = convener.filter(says).is_some_and(|convener| {
            let other_head = |seat: &Seat| seat.role == Role::Head && seat.party != convener.party;
            self.who_admits == WhoAdmits::Convener || !self.seats.iter().any(other_head)
        });
        alone || parties.len() > 1
    }
}

impl Agreed {
    fn await_all(&mut self, parties: &BTreeSet<PartyId>) {
        for amendment in &mut self.amendments {
            amendment.awaited = parties.difference(&amendment.signed).copied().collect();
        }
    }

    /// Puts terms in force that all of these parties have signed.
    fn amend(&mut self, parties: &BTreeSet<PartyId>, depth: u64) {
        self.await_all(parties);
        let next = self.amendments.iter().find(|a| Some(a.replaces) == self.by && a.awaited.is_empty());
        if let Some((terms, id)) = next.map(|next| (next.terms, next.id)) {
            self.sets(terms, id, depth);
        }
    }

    fn sets(&mut self, terms: Terms, by: OpId, depth: u64) {
        let since = self.briefed_since.unwrap_or(depth);
        self.briefed_since = (terms.newcomers == Newcomers::Briefed).then_some(since);
        (self.terms, self.by) = (terms, Some(by));
    }
}
