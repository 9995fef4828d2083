//! Who is at the table: what the control ops fold to.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};

use crate::{AuthorKey, Body, Invite, LinkId, Name, Op, OpId, PartyId, PartyRef};

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

    /// Returns whether the role may make links and admit people.
    pub fn admits(self) -> bool {
        match self {
            Role::Convener => true,
            Role::Head | Role::Adviser | Role::Interpreter | Role::Observer => false,
        }
    }
}

/// Who is at the table, folded from control ops in any order; equal ops give equal tables.
#[derive(Clone, Default)]
pub struct Table {
    /// The title from the charter; None until the charter is here.
    pub title: Option<Name>,
    /// Parties, by arrival: depth, then author, then number of the founding op.
    pub parties: Vec<Party>,
    /// Seats, by arrival.
    pub seats: Vec<Seat>,
    /// Links by id.
    pub links: BTreeMap<LinkId, Link>,
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
}

/// Where a link leads and what became of it.
#[derive(Clone)]
pub struct Link {
    /// Who made it.
    pub author: AuthorKey,
    /// Where it leads.
    pub invite: Invite,
    /// Taken back.
    pub revoked: bool,
    /// The seat admitted with it.
    pub spent: Option<AuthorKey>,
}

impl Table {
    /// Folds control ops. `founder` is the key named in the group's policy.
    ///
    /// Only the founder's ops count: the convener alone admits. An Add counts when its link was made by
    /// its author, is not spent, and leads to the party and role it gives; so what a newcomer typed can
    /// never decide them.
    pub fn fold<'a>(founder: AuthorKey, ops: impl Iterator<Item = &'a Op>) -> Self {
        let mut ops: Vec<&Op> = ops.filter(|op| op.author() == founder).collect();
        ops.sort_by_key(|op| (op.depth(), op.author(), op.number(), op.id()));
        let mut table = Table::default();
        for op in ops {
            let Some(body) = op.body() else { continue };
            table.take(op, body);
        }
        table
    }

    fn take(&mut self, op: &Op, body: &Body) {
        match body {
            Body::Charter(charter) if op.number() == 1 && self.title.is_none() => {
                self.title = Some(charter.title.clone());
                let party = PartyId::founded_by(&op.id());
                self.parties.push(Party { id: party, name: charter.party.clone() });
                let (key, name, role) = (op.author(), charter.name.clone(), Role::Convener);
                self.seats.push(Seat { key, name, party, role, admitted: None, by: op.id() });
            }
            Body::Invite(invite) => {
                let link = Link { author: op.author(), invite: invite.clone(), revoked: false, spent: None };
                self.links.entry(invite.link).or_insert(link);
            }
            Body::Revoke(link) => {
                if let Some(link) = self.links.get_mut(link).filter(|link| link.author == op.author()) {
                    link.revoked = true;
                }
            }
            Body::Add(add) => {
                let seated = self.seats.iter().any(|seat| seat.key == add.seat);
                let Some(link) = self.links.get_mut(&add.link) else { return };
                let leads_here = match (&add.party, link.invite.party) {
                    (PartyRef::Existing(party), Some(invited)) => *party == invited,
                    (PartyRef::New(_), None) => true,
                    (PartyRef::Existing(_), None) | (PartyRef::New(_), Some(_)) => false,
                };
                let known = match &add.party {
                    PartyRef::Existing(party) => self.parties.iter().any(|p| p.id == *party),
                    PartyRef::New(_) => true,
                };
                let role = add.role == link.invite.role && add.role != Role::Convener;
                if seated || link.spent.is_some() || link.author != op.author() || !leads_here || !known || !role {
                    return;
                }
                link.spent = Some(add.seat);
                let party = match &add.party {
                    PartyRef::Existing(party) => *party,
                    PartyRef::New(name) => {
                        let id = PartyId::founded_by(&op.id());
                        self.parties.push(Party { id, name: name.clone() });
                        id
                    }
                };
                let admitted = Some((op.author(), add.digits_compared));
                self.seats.push(Seat {
                    key: add.seat,
                    name: add.name.clone(),
                    party,
                    role: add.role,
                    admitted,
                    by: op.id(),
                });
            }
            Body::Charter(_) | Body::Note(_) | Body::Newer(..) => {}
        }
    }

    /// Returns a seat by its key.
    pub fn seat(&self, key: &AuthorKey) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.key == *key)
    }

    /// Returns a party and its place in the order of arrival.
    pub fn party(&self, id: &PartyId) -> Option<(usize, &Party)> {
        self.parties.iter().enumerate().find(|(_, party)| party.id == *id)
    }
}
