//! The charter: what it says, signed on entering, changed, and the end of the talk.
//!
//! A newcomer is told the terms at the door, before it is let in. Its page signs them on entering if they are then what it was told;
//! else the person is asked. Side rooms have no charter of their own: that of the plenary holds there.

use std::collections::BTreeSet;
use std::sync::Arc;

use record::{Amend, AuthorKey, Body, Kind, OpId, PartyId, Rank, Table, Terms};
use room::Room;

use crate::input::{Command, Millis};
use crate::talk::{Error, Talk};
use crate::view::{AmendmentView, CharterView, EndView, Told};

/// What a person does about the charter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CharterStep {
    /// Signs terms: those in force, or proposed ones, by the op that set them or would.
    Sign(OpId),
    /// Proposes other terms. Who proposes again takes the first back.
    Amend(Terms),
    /// Says that the talk is to end.
    End,
}

impl From<CharterStep> for Command {
    fn from(step: CharterStep) -> Self {
        Command::Charter(step)
    }
}

impl Talk {
    pub(crate) fn charter(&mut self, what: CharterStep, now: Millis) -> Result<(), Error> {
        let room = self.room().filter(|_| self.may_act() && self.side.is_none()).ok_or(Error::NotNow)?;
        let (table, me) = (room.table(), room.me());
        let agreed = &table.agreed;
        let allowed = !agreed.ended
            && match what {
                CharterStep::Sign(terms) => may_sign(table, &me, &terms),
                CharterStep::Amend(terms) => decides(table, &me) && terms != agreed.terms,
                CharterStep::End => decides(table, &me) && !agreed.ended_by.contains(&me),
            };
        let replaces = agreed.by.filter(|_| allowed).ok_or(Error::NotNow)?;
        let body = match what {
            CharterStep::Sign(terms) => Body::Sign(terms),
            CharterStep::Amend(terms) => Body::Amend(Amend { replaces, terms }),
            CharterStep::End => Body::End,
        };
        self.say(body, now)
    }

    /// Whether the talk has ended: nobody writes any more, and nobody is let in.
    pub(crate) fn has_ended(&self) -> bool {
        self.room().is_some_and(|room| room.table().agreed.ended)
    }

    /// What a newcomer is told at a door of this seat.
    pub(crate) fn told_at_the_door(&self) -> Option<Told> {
        let table = self.room().filter(|_| self.side.is_none())?.table();
        let without_convener = table.convener_is_gone();
        Some(Told { who_admits: table.who_admits, terms: table.agreed.terms, without_convener })
    }

    /// Signs the terms that were told at the door, if they are still those.
    pub(crate) fn sign_on_entering(&mut self, told: Option<Told>, now: Millis) {
        let terms = self.room().and_then(|room| room.table().agreed.by);
        if let Some(terms) = terms.filter(|_| told.is_some() && told == self.told_at_the_door()) {
            // What does not work now the person is asked for.
            let _ = self.charter(CharterStep::Sign(terms), now);
        }
    }

    pub(crate) fn charter_view(&self, room: &Room) -> CharterView {
        let (table, me, may_act) = (room.table(), room.me(), self.may_act());
        let agreed = &table.agreed;
        let free = may_act && !agreed.ended;
        let amendments = agreed.amendments.iter().map(|amendment| AmendmentView {
            id: amendment.id,
            by: table.seat(&amendment.by).map(|seat| seat.name.text()).unwrap_or_default(),
            you: amendment.by == me,
            terms: amendment.terms,
            awaited: parties(table, &amendment.awaited),
            may_sign: free && may_sign(table, &me, &amendment.id),
        });
        CharterView {
            terms: agreed.terms,
            sign: agreed.by.filter(|terms| free && may_sign(table, &me, terms)),
            amendments: amendments.collect(),
            may_amend: free && decides(table, &me),
            may_brief_since: self.may_brief_since(room),
            end: EndView {
                by: names(table, &agreed.ended_by),
                ended: agreed.ended,
                known: all_hold_the_end(room),
                may_say: free && decides(table, &me) && !agreed.ended_by.contains(&me),
                yours_would_do: ends(table, &me),
            },
        }
    }
}

fn decides(table: &Table, seat: &AuthorKey) -> bool {
    table.seat(seat).is_some_and(|seat| seat.role.rank() != Rank::Other) && table.is_seated(seat)
}

/// Terms in force are signed by whoever has signed none yet; proposed ones by a head whose party has not.
fn may_sign(table: &Table, me: &AuthorKey, terms: &OpId) -> bool {
    let agreed = &table.agreed;
    let awaited = |party: &PartyId| agreed.amendments.iter().any(|a| a.id == *terms && a.awaited.contains(party));
    let Some(seat) = table.seat(me).filter(|_| table.is_seated(me)) else { return false };
    agreed.by == Some(*terms) && !agreed.signed.contains_key(me) || decides(table, me) && awaited(&seat.party)
}

/// Whether this seat's word, with those said already, would end the talk.
fn ends(table: &Table, me: &AuthorKey) -> bool {
    let said = table.agreed.ended_by.iter().chain([me]).copied().collect();
    decides(table, me) && table.ends_by(&said)
}

/// Whether everybody holds all that was said of the end.
fn all_hold_the_end(room: &Room) -> bool {
    let agreed = &room.table().agreed;
    let mut said = room.ops().filter(|op| op.kind() == Kind::End && agreed.ended_by.contains(&op.author())).peekable();
    agreed.ended && said.peek().is_some() && said.all(|op| room.is_held_by_all(op))
}

// In the order of the table, not of keys.
fn names(table: &Table, of: &BTreeSet<AuthorKey>) -> Vec<Arc<str>> {
    table.seats.iter().filter(|seat| of.contains(&seat.key)).map(|seat| seat.name.text()).collect()
}

fn parties(table: &Table, of: &BTreeSet<PartyId>) -> Vec<Arc<str>> {
    table.parties.iter().filter(|party| of.contains(&party.id)).map(|party| party.name.text()).collect()
}
