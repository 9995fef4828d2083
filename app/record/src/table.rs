//! Who is at the table: what the control ops fold to.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use crate::{Add, AuthorKey, Body, Invite, LinkId, Name, Op, OpId, PartyId, PartyRef, Remove};

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

    /// Returns whether the role may make links and admit people by itself.
    pub fn admits(self) -> bool {
        match self {
            Role::Convener => true,
            Role::Head | Role::Adviser | Role::Interpreter | Role::Observer => false,
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
    /// Parties, by arrival: depth, then author, then number of the founding op.
    pub parties: Vec<Party>,
    /// Seats, by arrival; those taken away again too.
    pub seats: Vec<Seat>,
    /// Links by id.
    pub links: BTreeMap<LinkId, Link>,
    /// Keys that were taken away, whether their seat was ever given or not. They never return.
    pub removed: BTreeMap<AuthorKey, Removal>,
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

/// How a seat was taken away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Removal {
    /// Who did it; the seat itself when it left.
    pub by: AuthorKey,
    /// The last op that stays valid and its number, one for each valid [`Remove`]. What is on a chain to one of them is valid.
    pub last: BTreeSet<(u64, OpId)>,
    last_control: BTreeSet<OpId>,
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
    /// Folds control ops. `founder` is the key named in the group's rules.
    ///
    /// Intents are taken by [`Rank`]: first the convener's, then those of heads, then those of all others. As a
    /// removal binds only higher ranks and oneself, who is removed is known before what the removed said
    /// is looked at, and the result does not depend on the order in which ops came.
    pub fn fold<'a>(founder: AuthorKey, ops: impl Iterator<Item = &'a Op>) -> Self {
        let mut ops: Vec<&Op> = ops.collect();
        ops.sort_by_key(|op| (op.depth(), op.author(), op.number(), op.id()));
        ops.dedup_by_key(|op| op.id());
        // What rests on an op that is not here does not count yet: nobody could cite it in a commit.
        let mut resting = BTreeSet::from([OpId::NONE]);
        ops.retain(|op| resting.contains(&op.previous_control()) && resting.insert(op.id()));
        let mut fold = Fold {
            founder,
            by_id: ops.iter().map(|op| (op.id(), *op)).collect(),
            agreed: BTreeSet::new(),
            kept: BTreeSet::new(),
            table: Table::default(),
        };
        for rank in [Rank::Convener, Rank::Head, Rank::Other] {
            let theirs: Vec<&Op> = ops.iter().copied().filter(|op| fold.rank(&op.author()) == Some(rank)).collect();
            fold.take(&theirs);
        }
        fold.table
    }

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

    /// Returns whether one seat may take away the other by itself.
    ///
    /// Everybody may leave; the convener may remove everybody, a head those of the own party that are no heads.
    pub fn may_remove(&self, by: &AuthorKey, seat: &AuthorKey) -> bool {
        if by == seat {
            return true;
        }
        let (Some(by), Some(seat)) = (self.seat(by), self.seat(seat)) else { return false };
        match by.role.rank() {
            Rank::Convener => true,
            Rank::Head => by.party == seat.party && seat.role.rank() == Rank::Other,
            Rank::Other => false,
        }
    }

    /// Takes a removal on its word, though what it rests on is not here.
    pub fn told(&mut self, op: &Op) {
        let Some(Body::Remove(remove)) = op.body() else { return };
        if self.is_seated(&op.author()) && self.is_seated(&remove.seat) && self.may_remove(&op.author(), &remove.seat) {
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

/// A table in the making.
struct Fold<'a> {
    founder: AuthorKey,
    by_id: BTreeMap<OpId, &'a Op>,
    /// Adds that have their second key.
    agreed: BTreeSet<OpId>,
    /// Ops on a chain to where a removal says that what is said ends.
    kept: BTreeSet<OpId>,
    table: Table,
}

impl Fold<'_> {
    fn rank(&self, author: &AuthorKey) -> Option<Rank> {
        if *author == self.founder {
            return Some(Rank::Convener);
        }
        self.table.seat(author).map(|seat| seat.role.rank())
    }

    /// Takes the ops of one rank, in order.
    fn take(&mut self, ops: &[&Op]) {
        for op in ops {
            if let Some(Body::Remove(remove)) = op.body()
                && remove.seat == op.author()
                && self.is_valid(op)
            {
                // Leaving does not void the op that says so.
                let stays = Remove { last: op.number(), last_id: op.id(), last_control: op.id(), ..*remove };
                self.remove(op.author(), &stays);
            }
        }
        for op in ops {
            if let Some(Body::Agree(add)) = op.body()
                && self.is_valid(op)
                && self.is_second_key(&op.author(), add)
            {
                self.agreed.insert(*add);
            }
        }
        for op in ops {
            if !self.is_valid(op) {
                continue;
            }
            match op.body() {
                Some(Body::Charter(charter))
                    if op.number() == 1 && op.author() == self.founder && self.table.title.is_none() =>
                {
                    self.table.title = Some(charter.title.clone());
                    let party = PartyId::founded_by(&op.id());
                    self.table.parties.push(Party { id: party, name: charter.party.clone() });
                    let (key, name, role) = (op.author(), charter.name.clone(), Role::Convener);
                    self.table.seats.push(Seat { key, name, party, role, admitted: None, by: op.id() });
                }
                Some(Body::Invite(invite)) => {
                    let link = Link { author: op.author(), invite: invite.clone(), revoked: false, spent: None };
                    self.table.links.entry(invite.link).or_insert(link);
                }
                Some(Body::Revoke(link)) => {
                    if let Some(link) = self.table.links.get_mut(link).filter(|link| link.author == op.author()) {
                        link.revoked = true;
                    }
                }
                Some(Body::Add(add)) => self.add(op, add),
                Some(Body::Charter(_) | Body::Remove(_) | Body::Agree(_) | Body::Note(_) | Body::Newer(..)) | None => {}
            }
        }
        for op in ops {
            if let Some(Body::Remove(remove)) = op.body()
                && remove.seat != op.author()
                && self.is_valid(op)
                && self.may_remove(&op.author(), &remove.seat)
            {
                self.remove(op.author(), remove);
            }
        }
    }

    /// Whether the op's author had its seat when it said this.
    fn is_valid(&self, op: &Op) -> bool {
        !self.table.removed.contains_key(&op.author()) || self.kept.contains(&op.id())
    }

    fn remove(&mut self, by: AuthorKey, remove: &Remove) {
        self.table.remove(by, remove);
        let mut at = self.by_id.get(&remove.last_control);
        while let Some(held) = at.filter(|held| self.kept.insert(held.id())) {
            at = self.by_id.get(&held.previous_control());
        }
    }

    /// The convener removes keys whose seats are not looked at yet: they belong to a higher rank.
    fn may_remove(&self, by: &AuthorKey, seat: &AuthorKey) -> bool {
        *by == self.founder && *seat != self.founder || self.table.may_remove(by, seat)
    }

    /// Whether the author is the second key of a head's Add: the convener, or a head of another party.
    fn is_second_key(&self, author: &AuthorKey, add: &OpId) -> bool {
        if *author == self.founder {
            return true;
        }
        let party =
            |key: &AuthorKey| self.table.seat(key).filter(|seat| seat.role == Role::Head).map(|seat| seat.party);
        let proposer = self.by_id.get(add).and_then(|add| party(&add.author()));
        matches!((party(author), proposer), (Some(own), Some(other)) if own != other)
    }

    /// An Add counts when its link was made by its author, is not spent, and leads to the party and role it
    /// gives; so what a newcomer typed can never decide them. A head's counts for those of the own party that are
    /// no heads, once a second key has agreed.
    fn add(&mut self, op: &Op, add: &Add) {
        let by_convener = op.author() == self.founder;
        let seated = self.table.seat(&add.seat).is_some();
        let proposer = self.table.seat(&op.author()).map(|seat| seat.party);
        let known = |party: &PartyId| self.table.parties.iter().any(|p| p.id == *party);
        let Some(link) = self.table.links.get(&add.link) else { return };
        let leads_here = match (&add.party, link.invite.party) {
            (PartyRef::Existing(party), Some(invited)) => {
                *party == invited && known(party) && (by_convener || proposer == Some(*party))
            }
            (PartyRef::New(_), None) => by_convener,
            (PartyRef::Existing(_), None) | (PartyRef::New(_), Some(_)) => false,
        };
        let role = add.role == link.invite.role
            && match add.role.rank() {
                Rank::Convener => false,
                Rank::Head => by_convener,
                Rank::Other => by_convener || self.agreed.contains(&op.id()),
            };
        if seated || link.spent.is_some() || link.author != op.author() || !leads_here || !role {
            return;
        }
        if let Some(link) = self.table.links.get_mut(&add.link) {
            link.spent = Some(add.seat);
        }
        let party = match &add.party {
            PartyRef::Existing(party) => *party,
            PartyRef::New(name) => {
                let id = PartyId::founded_by(&op.id());
                self.table.parties.push(Party { id, name: name.clone() });
                id
            }
        };
        let admitted = Some((op.author(), add.digits_compared));
        let (key, name, role) = (add.seat, add.name.clone(), add.role);
        self.table.seats.push(Seat { key, name, party, role, admitted, by: op.id() });
    }
}
