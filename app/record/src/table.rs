//! Who is at the table: what the control ops fold to.

mod agreed;
mod fold;
#[cfg(feature = "judge")]
mod judge;

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

pub use self::agreed::{Agreed, Amendment};
use crate::{Add, AuthorKey, Body, CallKey, Invite, LinkId, Name, Op, OpId, PartyId, Remove, WhoAdmits};

/// What a seat is at the table for. Fixed by the invitation; a new role needs a new seat key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// Opened the talk; admits.
    #[n(0)]
    Convener,
    /// Speaks for a party.
    #[n(1)]
    Head,
    /// Advises a party.
    #[n(2)]
    Adviser,
    /// Translates.
    #[n(3)]
    Interpreter,
    /// Reads only.
    #[n(4)]
    Observer,
}

impl Role {
    /// Returns whether the role may write notes.
    pub fn writes(self) -> bool {
        match self {
            Role::Convener | Role::Head | Role::Adviser | Role::Interpreter => true,
            Role::Observer => false,
        }
    }

    /// Returns whether the role may give files into the room. An interpreter says in another language what others said.
    pub fn gives_files(self) -> bool {
        match self {
            Role::Convener | Role::Head | Role::Adviser => true,
            Role::Interpreter | Role::Observer => false,
        }
    }

    /// Returns whether the role may make links and propose people, alone or with a second key.
    pub fn admits(self) -> bool {
        match self {
            Role::Convener | Role::Head => true,
            Role::Adviser | Role::Interpreter | Role::Observer => false,
        }
    }

    /// How much weight the role's intents have: those of a lower rank bind seats of a higher one, never the reverse.
    pub fn rank(self) -> Rank {
        match self {
            Role::Convener => Rank::Convener,
            Role::Head => Rank::Head,
            Role::Adviser | Role::Interpreter | Role::Observer => Rank::Other,
        }
    }
}

/// The order in which intents are folded, and in which seats commit: the convener, heads, all others.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Rank {
    /// The convener.
    Convener,
    /// Heads of parties.
    Head,
    /// All others.
    Other,
}

/// Who is at the table, folded from control ops in any order; equal ops give equal tables.
#[derive(Clone, Default)]
pub struct Table {
    /// The title from the charter; None until the charter is here.
    pub title: Option<Name>,
    /// Whose agreement a seat needs, from the charter.
    pub who_admits: WhoAdmits,
    /// Parties, by arrival: depth, then author, then number of the founding op.
    pub parties: Vec<Party>,
    /// Seats, by arrival; those taken away again too.
    pub seats: Vec<Seat>,
    /// Links by who made them and id: ids are known to the whole table, and nobody takes another's by using it too.
    pub links: BTreeMap<(AuthorKey, LinkId), Link>,
    /// Keys that were taken away, whether their seat was ever given or not. They never return.
    pub removed: BTreeMap<AuthorKey, Removal>,
    /// The convener and all heads, those taken away too: what they say may decide who is.
    pub deciders: BTreeSet<AuthorKey>,
    /// Seats that wait for a second key.
    pub proposals: Vec<Proposal>,
    /// Removals that wait for a second key: whose, and who asks for them.
    pub wished_away: BTreeMap<AuthorKey, BTreeSet<AuthorKey>>,
    /// What those who sit here have agreed on.
    pub agreed: Agreed,
}

/// A seat that somebody would give, and to which a second key has not agreed yet.
#[derive(Clone)]
pub struct Proposal {
    /// The op that would give it: the one to agree to.
    pub id: OpId,
    /// Who proposes it.
    pub by: AuthorKey,
    /// What it would give.
    pub add: Add,
    /// Whether its author took it back since.
    pub withdrawn: bool,
}

/// How far the word of one seat goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Authority {
    /// It decides.
    Alone,
    /// It decides together with a second key: a convener or head of another party who says the same.
    WithSecondKey,
    /// It does not count.
    None,
}

/// A side.
#[derive(Clone)]
pub struct Party {
    /// Which.
    pub id: PartyId,
    /// Its name, as admitted.
    pub name: Name,
}

/// One person of a party on one browser.
#[derive(Clone)]
pub struct Seat {
    /// Its signature key.
    pub key: AuthorKey,
    /// The person's name, as admitted.
    pub name: Name,
    /// The party.
    pub party: PartyId,
    /// The role.
    pub role: Role,
    /// Who admitted it and whether door digits were compared; None for the founder.
    pub admitted: Option<(AuthorKey, bool)>,
    /// The op that gave the seat.
    pub by: OpId,
    /// Whether that op was enough, without a second key.
    alone: bool,
    /// What is sealed to this key only the seat reads; None for seats from before there were any.
    pub call_key: Option<CallKey>,
}

/// How a seat was taken away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Removal {
    /// Who did it; the seat itself when it left.
    pub by: AuthorKey,
    /// The last op that stays valid and its number, one for each valid [`Remove`] that says from when on. What is on a chain to one of them is valid.
    pub last: BTreeSet<(u64, OpId)>,
    last_control: BTreeSet<OpId>,
}

/// Where a link leads and what became of it.
#[derive(Clone)]
pub struct Link {
    /// Where it leads.
    pub invite: Invite,
    /// Taken back.
    pub revoked: bool,
    /// The seat admitted with it.
    pub spent: Option<AuthorKey>,
}

impl Table {
    /// Returns a seat by its key, also one that was taken away.
    pub fn seat(&self, key: &AuthorKey) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.key == *key)
    }

    /// Returns the seats at the table: those that should be in the group.
    pub fn seated(&self) -> impl Iterator<Item = &Seat> {
        self.seats.iter().filter(|seat| !self.removed.contains_key(&seat.key))
    }

    /// Returns whether the key has a seat that was not taken away.
    pub fn is_seated(&self, key: &AuthorKey) -> bool {
        self.seat(key).is_some() && !self.removed.contains_key(key)
    }

    /// Returns whether the convener left or was taken away. Then heads of two parties bring in heads, and new parties.
    pub fn convener_is_gone(&self) -> bool {
        let convener = self.seats.iter().find(|seat| seat.role == Role::Convener);
        convener.is_some_and(|convener| self.removed.contains_key(&convener.key))
    }

    /// Returns whether somebody of a name that looks like this one sits here, or did.
    pub fn has_name(&self, name: &Name) -> bool {
        self.seats.iter().any(|seat| seat.name.looks_like(name))
    }

    /// Returns how far the word of one seat goes when it wants to take another away.
    ///
    /// Everybody may leave. A head removes those of the own party that are no heads. While the convener admits alone, it also
    /// removes alone; while two sides must agree, it does so in the own party only, and in all others a second key is needed,
    /// for heads that of the convener and one head. Heads of two parties can remove a convener in either case.
    pub fn may_remove(&self, by: &AuthorKey, seat: &AuthorKey) -> Authority {
        if by == seat {
            return Authority::Alone;
        }
        let (Some(by), Some(seat)) = (self.seat(by), self.seat(seat)) else { return Authority::None };
        let two_sides = self.who_admits == WhoAdmits::TwoSides;
        match (by.role.rank(), seat.role.rank()) {
            (Rank::Other, _) => Authority::None,
            (Rank::Convener, _) if !two_sides || by.party == seat.party => Authority::Alone,
            (Rank::Head, Rank::Other) if by.party == seat.party => Authority::Alone,
            (Rank::Head, Rank::Convener) => Authority::WithSecondKey,
            (Rank::Convener | Rank::Head, _) if two_sides => Authority::WithSecondKey,
            (Rank::Convener | Rank::Head, _) => Authority::None,
        }
    }

    /// Returns whether two seats are two keys: both convener or head, at the table, and of two parties.
    pub fn are_two_keys(&self, one: &AuthorKey, other: &AuthorKey) -> bool {
        let party = |key: &AuthorKey| {
            let decides = |seat: &&Seat| seat.role.rank() != Rank::Other && self.is_seated(&seat.key);
            self.seat(key).filter(decides).map(|seat| seat.party)
        };
        matches!((party(one), party(other)), (Some(one), Some(other)) if one != other)
    }

    /// Returns whether two seats that both ask for it take a third away.
    pub fn take_away(&self, one: &AuthorKey, other: &AuthorKey, seat: &AuthorKey) -> bool {
        let rank = |key: &AuthorKey| self.seat(key).map(|seat| seat.role.rank());
        // A head goes only by a convener's word and a second key.
        let high = rank(seat) != Some(Rank::Head) || [one, other].iter().any(|key| rank(key) == Some(Rank::Convener));
        high && self.are_two_keys(one, other)
    }

    /// Takes a removal on its word, though what it rests on is not here.
    pub fn told(&mut self, op: &Op) {
        let Some(Body::Remove(remove)) = op.body() else { return };
        let alone = self.may_remove(&op.author(), &remove.seat) == Authority::Alone;
        if alone && self.is_seated(&op.author()) && self.is_seated(&remove.seat) {
            self.remove(op.author(), remove);
        }
    }

    fn remove(&mut self, by: AuthorKey, remove: &Remove) {
        let removal = self.removed.entry(remove.seat).or_insert_with(|| Removal {
            by,
            last: BTreeSet::new(),
            last_control: BTreeSet::new(),
        });
        removal.last.insert((remove.last, remove.last_id));
        removal.last_control.insert(remove.last_control);
    }

    /// Returns a party and its place in the order of arrival.
    pub fn party(&self, id: &PartyId) -> Option<(usize, &Party)> {
        self.parties.iter().enumerate().find(|(_, party)| party.id == *id)
    }
}
