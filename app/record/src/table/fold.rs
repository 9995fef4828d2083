//! From ops to a table.
//!
//! Intents are taken by [`Rank`]: first the convener's, then those of heads, then those of all others. As a removal binds
//! only higher ranks and oneself, who is removed is known before what the removed said is looked at, and the result does not
//! depend on the order in which ops came. Two things reach downwards, and are looked at again until nothing changes:
//!
//! - while two sides must agree, what the convener says counts by what heads say, and heads are made by what it says;
//! - heads of two parties remove a convener. Only those can who still are heads when all is taken that it ever said: a
//!   convener that takes them away first stays. The other way round, keys of heads long gone could undo their own removal.

use std::collections::{BTreeMap, BTreeSet};

use super::{Authority, Link, Party, Proposal, Rank, Removal, Role, Seat, Table};
use crate::{Add, AuthorKey, Body, Op, OpId, PartyId, PartyRef, Remove, WhoAdmits};

/// Most times the convener's ops are looked at again. What needs more undoes itself in turn: then one last look counts as second
/// keys only heads that come before in what the convener says, so that no seat rests on a key that has none.
const LOOKS: usize = 8;

impl Table {
    /// Folds control ops. `founder` is the key named in the group's rules.
    pub fn fold<'a>(founder: AuthorKey, ops: impl Iterator<Item = &'a Op>) -> Self {
        let ops = Ops::new(ops);
        let fold = Self::fold_ops(founder, &ops);
        let agreed = fold.agree();
        let mut table = Self { agreed, ..fold.table };
        let decides = table.seats.iter().filter(|seat| seat.role.rank() != Rank::Other);
        table.deciders = decides.map(|seat| seat.key).chain([founder]).collect();
        table
    }

    fn fold_ops<'a>(founder: AuthorKey, ops: &'a Ops<'a>) -> Fold<'a> {
        // Who sits here only because the convener is gone is no key against it: such heads are looked at last.
        let fold = Fold::new(founder, ops).run(None, false);
        let against = fold.removals_of(&founder);
        let without = fold.says_two_keys(&against).then(|| Fold::new(founder, ops).run(Some(&against), false));
        // Nor is whom it gave a seat too late for what stays of its words.
        let without = without.filter(|without| without.says_two_keys(&without.removals_of(&founder)));
        let against = without.is_some().then_some(&against[..]);
        let fold = without.unwrap_or(fold);
        if fold.convener_is_gone() { Fold::new(founder, ops).run(against, true) } else { fold }
    }
}

/// What is folded, in order.
pub(super) struct Ops<'a> {
    pub(super) all: Vec<&'a Op>,
    pub(super) by_id: BTreeMap<OpId, &'a Op>,
    /// Second keys, by the Add they agree to.
    agrees: BTreeMap<OpId, Vec<&'a Op>>,
    /// Removals of others, by whom they take away.
    removes: BTreeMap<AuthorKey, Vec<&'a Op>>,
}

impl<'a> Ops<'a> {
    fn new(ops: impl Iterator<Item = &'a Op>) -> Self {
        let mut all: Vec<&Op> = ops.collect();
        all.sort_by_key(|op| (op.depth(), op.author(), op.number(), op.id()));
        all.dedup_by_key(|op| op.id());
        // What rests on an op that is not here does not count yet: nobody could cite it in a commit.
        let mut resting = BTreeSet::from([OpId::NONE]);
        all.retain(|op| resting.contains(&op.previous_control()) && resting.insert(op.id()));
        let (mut agrees, mut removes) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        for op in &all {
            match op.body() {
                Some(Body::Agree(add)) => agrees.entry(*add).or_default().push(*op),
                Some(Body::Remove(remove)) if remove.seat != op.author() => {
                    removes.entry(remove.seat).or_default().push(*op);
                }
                Some(_) | None => {}
            }
        }
        Self { by_id: all.iter().map(|op| (op.id(), *op)).collect(), all, agrees, removes }
    }
}

fn by_author<'a>(ops: impl Iterator<Item = &'a Op>) -> BTreeMap<AuthorKey, Vec<&'a Op>> {
    let mut by_author = BTreeMap::<_, Vec<_>>::new();
    ops.for_each(|op| by_author.entry(op.author()).or_default().push(op));
    by_author
}

/// A table in the making.
pub(super) struct Fold<'a> {
    pub(super) founder: AuthorKey,
    pub(super) ops: &'a Ops<'a>,
    /// Ops on a chain to where a removal says that what is said ends.
    kept: BTreeSet<OpId>,
    /// As found by the look before, while the convener's ops are looked at again.
    before: Before,
    /// Whether heads bring in heads and parties, because no convener is there.
    by_heads: bool,
    pub(super) table: Table,
}

#[derive(Default)]
struct Before {
    heads: BTreeMap<AuthorKey, PartyId>,
    removed: BTreeMap<AuthorKey, Removal>,
    kept: BTreeSet<OpId>,
}

impl<'a> Fold<'a> {
    fn new(founder: AuthorKey, ops: &'a Ops<'a>) -> Self {
        Self {
            founder,
            ops,
            kept: BTreeSet::new(),
            before: Before::default(),
            by_heads: false,
            table: Table::default(),
        }
    }

    /// Takes all ops. `against` takes the convener away first; `by_heads` asks for the heads whom heads brought in.
    fn run(mut self, against: Option<&[&Op]>, by_heads: bool) -> Self {
        self.by_heads = by_heads;
        for look in 0..=LOOKS {
            if look == LOOKS {
                self.before.heads.clear();
            }
            self.table = Table::default();
            self.kept.clear();
            for op in against.into_iter().flatten() {
                self.remove_as(op);
            }
            self.take(Rank::Convener, &BTreeSet::from([self.founder]));
            if self.table.who_admits == WhoAdmits::Convener || !self.looks_different() {
                break;
            }
        }
        self.before = Before::default();
        let heads = self.heads().collect();
        self.take(Rank::Head, &heads);
        if by_heads {
            self.heads_by_heads(heads);
        }
        self.removals_by_two();
        let others = self.table.seats.iter().filter(|seat| seat.role.rank() == Rank::Other).map(|seat| seat.key);
        self.take(Rank::Other, &others.collect());
        self
    }

    /// Whether this look found other heads or removals than the one before; remembers them.
    fn looks_different(&mut self) -> bool {
        let heads = self.table.seats.iter().filter(|seat| seat.role == Role::Head).map(|seat| (seat.key, seat.party));
        let heads: BTreeMap<_, _> = heads.collect();
        let different = heads != self.before.heads || self.table.removed != self.before.removed;
        self.before = Before { heads, removed: self.table.removed.clone(), kept: self.kept.clone() };
        different
    }

    /// Once no convener is there, heads of two parties bring in further heads. Those may be the second key that somebody awaits, and
    /// bring in others in turn. Nobody takes a head away any more, so there are only ever more of them.
    fn heads_by_heads(&mut self, mut heard: BTreeSet<AuthorKey>) {
        loop {
            let new: BTreeSet<AuthorKey> = self.heads().filter(|head| !heard.contains(head)).collect();
            if new.is_empty() {
                break;
            }
            self.take(Rank::Head, &new);
            for proposal in std::mem::take(&mut self.table.proposals) {
                let mut agrees = self.ops.agrees.get(&proposal.id).into_iter().flatten();
                match self.ops.by_id.get(&proposal.id).filter(|_| agrees.any(|op| new.contains(&op.author()))) {
                    Some(op) => self.add(op, &proposal.add),
                    None => self.table.proposals.push(proposal),
                }
            }
            heard.extend(new);
        }
    }

    fn heads(&self) -> impl Iterator<Item = AuthorKey> {
        self.table.seats.iter().filter(|seat| seat.role == Role::Head).map(|seat| seat.key)
    }

    /// Takes the ops of these authors, all of one rank, in order.
    fn take(&mut self, rank: Rank, authors: &BTreeSet<AuthorKey>) {
        let all = self.ops.all.iter().copied();
        let ops: Vec<&Op> = all.filter(|op| authors.contains(&op.author())).collect();
        let leaves = ops.iter().copied().filter(|op| op.removes(&op.author()) && self.is_valid(op));
        for leaves in by_author(leaves).into_values() {
            self.leave(&leaves);
        }
        // Of several charters the first opens the talk; but no other takes back that two sides must agree, whatever place it claims.
        let two_sides = |op: &&&Op| {
            let charter =
                |body: &Body| matches!(body, Body::Charter(charter) if charter.who_admits == WhoAdmits::TwoSides);
            op.author() == self.founder && op.number() == 1 && op.body().is_some_and(charter) && self.is_valid(op)
        };
        if ops.iter().any(|op| two_sides(&op)) {
            self.table.who_admits = WhoAdmits::TwoSides;
        }
        let mut removals = Vec::new();
        for op in &ops {
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
                    for (place, name) in charter.parties.iter().flatten().enumerate() {
                        let id = PartyId::named_by(&op.id(), place);
                        self.table.parties.push(Party { id, name: name.clone() });
                    }
                    let (key, name, role) = (op.author(), charter.name.clone(), Role::Convener);
                    let (by, call_key) = (op.id(), charter.call_key.clone());
                    self.table.seats.push(Seat { key, name, party, role, admitted: None, by, alone: true, call_key });
                }
                Some(Body::Invite(invite)) => {
                    let link = Link { invite: invite.clone(), revoked: false, spent: None };
                    self.table.links.entry((op.author(), invite.link)).or_insert(link);
                }
                Some(Body::Revoke(link)) => {
                    if let Some(link) = self.table.links.get_mut(&(op.author(), *link)) {
                        link.revoked = true;
                        let taken_back = self.table.proposals.iter_mut().filter(|p| p.by == op.author());
                        taken_back.filter(|p| p.add.link == link.invite.link).for_each(|p| p.withdrawn = true);
                    }
                }
                Some(Body::Add(add)) => self.add(op, add),
                Some(Body::Remove(remove)) if remove.seat == op.author() => {}
                // In its place among what the convener says: of two removals that need each other the earlier stands.
                Some(Body::Remove(_)) if rank == Rank::Convener && self.table.who_admits == WhoAdmits::TwoSides => {
                    self.remove_other(op);
                }
                Some(Body::Remove(_)) => removals.push(*op),
                // Second keys are looked up; what the table agrees on is looked at last; notes and calls say nothing of who sits here.
                Some(
                    Body::Charter(_)
                    | Body::Agree(_)
                    | Body::Amend(_)
                    | Body::Sign(_)
                    | Body::End
                    | Body::Note(_)
                    | Body::Call(_)
                    | Body::Brief(_)
                    | Body::File(_)
                    | Body::Newer(..),
                )
                | None => {}
            }
        }
        for op in removals {
            if self.is_valid(op) {
                self.remove_other(op);
            }
        }
    }

    /// Whether the op's author had its seat when it said this.
    pub(super) fn is_valid(&self, op: &Op) -> bool {
        let author = &op.author();
        let removed = self.table.removed.contains_key(author) || self.before.removed.contains_key(author);
        !removed || self.kept.contains(&op.id()) || self.before.kept.contains(&op.id())
    }

    /// A seat leaves. Who finds its key later can have it leave once more, on another chain: of what decides, that is taken which is
    /// on all of them. Notes stay on either.
    fn leave(&mut self, leaves: &[&Op]) {
        let mut stays: Option<BTreeSet<OpId>> = None;
        for op in leaves {
            let (number, id) = (op.number(), op.id());
            self.table.remove(op.author(), &Remove { seat: op.author(), last: number, last_id: id, last_control: id });
            let chain = self.chain(op.author(), id);
            stays = Some(stays.map_or(chain.clone(), |stays| stays.intersection(&chain).copied().collect()));
        }
        // Leaving does not void the op that says so.
        self.kept.extend(stays.into_iter().flatten().chain(leaves.iter().map(|op| op.id())));
    }

    fn remove(&mut self, by: AuthorKey, remove: &Remove) {
        self.table.remove(by, remove);
        let chain = self.chain(remove.seat, remove.last_control);
        self.kept.extend(chain);
    }

    /// An author's control ops up to one of them. Only words of the seat itself: naming those of another would make them count again.
    fn chain(&self, author: AuthorKey, to: OpId) -> BTreeSet<OpId> {
        let of_author = |id: OpId| self.ops.by_id.get(&id).copied().filter(|op| op.author() == author);
        std::iter::successors(of_author(to), |op| of_author(op.previous_control())).map(|op| op.id()).collect()
    }

    fn remove_as(&mut self, op: &Op) {
        if let Some(Body::Remove(remove)) = op.body() {
            self.remove(op.author(), remove);
        }
    }

    /// Takes somebody else away, if the author may alone, or with the second key that says the same.
    fn remove_other(&mut self, op: &Op) {
        let Some(Body::Remove(remove)) = op.body() else { return };
        let (by, seat) = (op.author(), remove.seat);
        let authority = if by == self.founder && seat != by && self.table.who_admits == WhoAdmits::Convener {
            // Also keys whose seats are not looked at yet: they belong to a higher rank.
            Authority::Alone
        } else {
            self.table.may_remove(&by, &seat)
        };
        match authority {
            Authority::Alone => self.remove(by, remove),
            Authority::WithSecondKey if by == self.founder => {
                // The second key agrees that, not when: or it could have words count that were said after.
                if self.removals_of(&seat).iter().any(|other| self.are_two_keys(&by, &other.author())) {
                    self.remove(by, remove);
                }
            }
            Authority::WithSecondKey | Authority::None => {}
        }
    }

    /// Takes away whom two keys take away together, and notes who is only wished away by one.
    fn removals_by_two(&mut self) {
        let seats: Vec<(AuthorKey, Rank)> = self.table.seated().map(|seat| (seat.key, seat.role.rank())).collect();
        for (seat, rank) in seats {
            let says = self.removals_of(&seat);
            let alone = |op: &&Op| self.table.may_remove(&op.author(), &seat) == Authority::Alone;
            let decided = says.iter().any(alone) || rank == Rank::Other && self.says_two_keys(&says);
            if decided {
                says.into_iter().for_each(|op| self.remove_as(op));
            } else if !says.is_empty() {
                self.table.wished_away.insert(seat, says.iter().map(|op| op.author()).collect());
            }
        }
    }

    /// What those who sit here say that would take a seat away, alone or with a second key.
    fn removals_of(&self, seat: &AuthorKey) -> Vec<&'a Op> {
        let ops = self.ops.removes.get(seat).into_iter().flatten().copied();
        let counts = |op: &&Op| {
            self.is_valid(op) && self.party_of_key(&op.author()).is_some() && {
                // A seat that is not looked at yet belongs to a higher rank.
                self.table.seat(seat).is_none() || self.table.may_remove(&op.author(), seat) != Authority::None
            }
        };
        ops.filter(counts).collect()
    }

    /// The party of a convener or head.
    fn party_of_key(&self, key: &AuthorKey) -> Option<PartyId> {
        let seat = self.table.seat(key).filter(|seat| seat.role.rank() != Rank::Other).map(|seat| seat.party);
        seat.or_else(|| self.before.heads.get(key).copied())
    }

    fn are_two_keys(&self, one: &AuthorKey, other: &AuthorKey) -> bool {
        matches!((self.party_of_key(one), self.party_of_key(other)), (Some(one), Some(other)) if one != other)
    }

    fn says_two_keys(&self, ops: &[&Op]) -> bool {
        let parties: BTreeSet<PartyId> = ops.iter().filter_map(|op| self.party_of_key(&op.author())).collect();
        parties.len() > 1
    }

    /// Whether a second key has agreed to an Add.
    fn is_agreed(&self, add: &Op) -> bool {
        self.agreements(add).next().is_some()
    }

    /// What second keys said to an Add.
    pub(super) fn agreements(&self, add: &Op) -> impl Iterator<Item = &'a Op> {
        let agrees = self.ops.agrees.get(&add.id()).into_iter().flatten().copied();
        let author = add.author();
        agrees.filter(move |op| self.is_valid(op) && self.are_two_keys(&op.author(), &author))
    }

    /// Whether the convener's word gives a seat by itself: while it admits alone, or before another party has a head.
    fn convener_is_enough(&self) -> bool {
        let own = self.party_of_key(&self.founder);
        let other_head = |seat: &Seat| seat.role == Role::Head && Some(seat.party) != own;
        self.table.who_admits == WhoAdmits::Convener || !self.table.seats.iter().any(other_head)
    }

    /// Left, or taken away by heads of two parties. No other takes its place.
    fn convener_is_gone(&self) -> bool {
        self.table.removed.contains_key(&self.founder)
    }

    /// An Add counts when its link was made by its author, is not spent, and leads to the party and role it
    /// gives; so what a newcomer typed can never decide them. A head's counts for those of the own party that are
    /// no heads; once the convener is gone, for heads and new parties, too. Where the author's word is not enough, it counts once a second key has agreed.
    fn add(&mut self, op: &Op, add: &Add) {
        let by_convener = op.author() == self.founder;
        let seated = self.table.seat(&add.seat).is_some();
        let proposer = self.table.seat(&op.author()).map(|seat| seat.party);
        let known = |party: &PartyId| self.table.parties.iter().any(|p| p.id == *party);
        let Some(link) = self.table.links.get(&(op.author(), add.link)) else { return };
        let leads_here = match (&add.party, link.invite.party) {
            (PartyRef::Existing(party), Some(invited)) => {
                *party == invited && known(party) && (by_convener || proposer == Some(*party))
            }
            (PartyRef::New(_), None) => by_convener || self.by_heads,
            (PartyRef::Existing(_), None) | (PartyRef::New(_), Some(_)) => false,
        };
        let role = add.role == link.invite.role
            && match add.role.rank() {
                Rank::Convener => false,
                Rank::Head => by_convener || self.by_heads,
                Rank::Other => true,
            };
        if seated || link.spent.is_some() || !leads_here || !role {
            return;
        }
        let alone = by_convener && self.convener_is_enough();
        if !(alone || self.is_agreed(op)) {
            let (by, add, withdrawn) = (op.author(), add.clone(), link.revoked);
            self.table.proposals.push(Proposal { id: op.id(), by, add, withdrawn });
            return;
        }
        if let Some(link) = self.table.links.get_mut(&(op.author(), add.link)) {
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
        let call_key = add.call_key.clone();
        self.table.seats.push(Seat { key, name, party, role, admitted, by: op.id(), alone, call_key });
    }
}
