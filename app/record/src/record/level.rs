//! What two records tell each other to become level: what one lacks, asks for, and is given.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};

use super::Record;
use crate::vector::FORKS;
use crate::{AuthorKey, Head, Op, OpId, Vector};

/// Ops of an author that are missing between two that are held.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Gap {
    /// Whose.
    #[n(0)]
    pub author: AuthorKey,
    /// The number of the last op held below the gap, 0 when there is none.
    #[n(1)]
    pub after: u64,
    /// The number of the last op missing.
    #[n(2)]
    pub to: u64,
}

/// How many earlier ops of an author are named to find where two chains part, each twice as far back as the one before.
const STEPS_BACK: u32 = 8;
/// The number that says of an author: nothing more, whatever there is.
const ENOUGH: u64 = u64::MAX;
/// How far back an author's chain is handed on to somebody who holds another one of the same author.
const FORK_BACK: u64 = 64;

impl Record {
    /// What is missing between ops that are held.
    pub fn gaps(&self) -> impl Iterator<Item = Gap> {
        let follow = self.apart.iter().filter_map(|id| self.ops.get(id)).filter(|op| op.previous() != OpId::NONE);
        follow.map(|op| {
            let below = self.chains.get(&op.author()).and_then(|chain| chain.range(..op.number()).next_back());
            // What is held of the last number missing is on another chain.
            let to = op.number() - 1;
            Gap { author: op.author(), after: below.map_or(0, |(number, _)| *number).min(to.saturating_sub(1)), to }
        })
    }

    /// Whether another seat, which tells of `other`, may hold what is missing here between ops that are held: it tells of as much or
    /// more, and of no hole of its own.
    pub fn may_be_filled_by(&self, other: &Vector) -> bool {
        self.gaps().any(|gap| other.number(&gap.author) >= gap.to && other.forks(&gap.author).next().is_none())
    }

    /// What is held in its author's chain, or also what is only cited, of what somebody else misses; by number.
    pub fn within(&self, gap: &Gap, also_cited: bool) -> impl Iterator<Item = &Op> {
        let missing = |op: &&Op| op.author() == gap.author && op.number() > gap.after && op.number() <= gap.to;
        let ids = self.chains.get(&gap.author).into_iter().flat_map(|chain| chain.values().flatten());
        let mut found: Vec<&Op> = ids.filter_map(|id| self.ops.get(id)).filter(missing).collect();
        found.extend(self.cited.values().filter(missing).filter(|_| also_cited));
        found.sort_by_key(|op| (op.number(), op.id()));
        found.into_iter()
    }

    /// Control ops from before the base of authors of whom the other holds less than the base, or another chain.
    pub fn cited_beside<'a>(&'a self, other: &'a Vector) -> impl Iterator<Item = &'a Op> {
        let beside =
            |base: &Head, author: &AuthorKey| other.number(author) <= base.number && !other.tells_of(author, &base.id);
        let mut ops: Vec<&Op> = self
            .cited
            .values()
            .filter(|op| self.base.head(&op.author()).is_some_and(|base| beside(base, &op.author())))
            .collect();
        ops.sort_by_key(|op| (op.author(), op.number()));
        ops.into_iter()
    }

    /// Returns what to ask by: which ops are held, and of removed authors whose whole chain is held, that nothing more is wanted.
    /// Whoever answers may not know of the removal, and its answer would keep others silent.
    pub fn vector_to_ask_by(&self) -> Vector {
        let mut vector = self.vector.clone();
        self.say_enough(&mut vector);
        vector
    }

    fn say_enough(&self, vector: &mut Vector) {
        for (author, ends) in self.ends.iter().filter(|(author, _)| !self.deciders.contains(author)) {
            let base = self.base.number(author);
            let whole = ends.iter().all(|(last, id)| *last <= base || self.ops.contains_key(id));
            // Keys that never had a seat can be removed without number.
            let has_seat = self.known.as_ref().is_some_and(|known| known.contains(author));
            if whole && !self.apart_of(author) && (has_seat || self.vector.head(author).is_some()) {
                // Also of one that was removed before it said anything.
                let nothing = Head { number: 0, depth: 0, id: OpId::NONE };
                let head = self.vector.head(author).copied().unwrap_or(nothing);
                vector.set(*author, Head { number: ENOUGH, ..head });
                vector.set_forks(*author, BTreeSet::new());
            }
        }
    }

    /// Returns which ops are held, and of every author some earlier ones, those given and then ever further apart, as though
    /// chains ended there: who holds another chain of the author finds where the two part.
    pub fn vector_to_part_from(&self, known: &BTreeMap<AuthorKey, OpId>) -> Vector {
        let mut vector = self.vector.clone();
        for (author, head) in self.vector.iter() {
            let known = known.get(author).filter(|id| self.ops.contains_key(id));
            let mut ends: BTreeSet<OpId> = self.vector.forks(author).take(FORKS - 1).chain(known).copied().collect();
            let mut at = self.ops.get(&head.id);
            for back in (0..STEPS_BACK).map(|step| 1u64 << step) {
                while let Some(op) = at.filter(|op| op.number() + back > head.number) {
                    at = self.ops.get(&op.previous());
                }
                ends.extend(at.filter(|_| ends.len() < FORKS).map(Op::id));
            }
            vector.set_forks(*author, ends);
        }
        self.say_enough(&mut vector);
        vector
    }

    /// Returns whether something is held here that another seat, which tells of `other`, does not hold. Of authors with more
    /// ops of one number than are kept nobody needs to hold the same.
    pub fn exceeds(&self, other: &Vector) -> bool {
        self.vector.exceeds_beside(other, &self.crowded)
    }

    /// Returns whether another seat that tells of `other` holds something that is not held here, and would be taken.
    pub fn lacks(&self, other: &Vector) -> bool {
        other.iter().filter(|(author, _)| !self.is_stranger(author)).any(|(author, head)| {
            let mine = self.vector.number(author);
            let number = self.last_held(author).map_or(head.number, |last| head.number.min(last));
            let whole = number == head.number && head.number >= self.base.number(author);
            // Of a removed author what counts is the chain that ends where the removal says; while that end is not here,
            // every chain may be the one.
            let ends: Vec<&(u64, OpId)> = self.ends.get(author).into_iter().flatten().collect();
            let mut missing =
                ends.iter().filter(|(last, id)| *last > self.base.number(author) && !self.ops.contains_key(id));
            let open = ends.is_empty() || missing.clone().next().is_some() || self.deciders.contains(author);
            let on_base = |id: &OpId| self.base.head(author).is_some_and(|base| base.id == *id);
            let unknown = |id: &OpId| open && !self.ops.contains_key(id) && !on_base(id);
            let end = missing.any(|(last, id)| head.number > *last || other.tells_of(author, id));
            let more = number > mine || whole && unknown(&head.id) || other.forks(author).any(unknown);
            end || more && !self.crowded.contains(author)
        })
    }

    /// Returns whether what is held here of an author follows on what the other holds, without a hole.
    pub fn joins_on(&self, other: &Vector, author: &AuthorKey) -> bool {
        other.number(author) >= self.base.number(author)
    }

    /// Returns the ops that lie beyond the other's heads, each author's in order, authors by key.
    pub fn beyond<'a>(&'a self, other: &'a Vector) -> impl Iterator<Item = &'a Op> {
        self.chains.iter().flat_map(move |(author, chain)| {
            let (from, known) = self.shared(other, author, chain);
            let rest = chain.range(from..).flat_map(|(_, ids)| ids);
            rest.filter(move |id| !known.contains(id)).filter_map(|id| self.ops.get(id))
        })
    }

    /// From which number on the other may lack ops of an author, and which of those it has all the same.
    fn shared(&self, other: &Vector, author: &AuthorKey, chain: &BTreeMap<u64, Vec<OpId>>) -> (u64, BTreeSet<OpId>) {
        let theirs = other.number(author);
        let Some(head) = other.head(author) else { return (0, BTreeSet::new()) };
        if theirs == ENOUGH {
            return (ENOUGH, BTreeSet::new());
        }
        let here = chain.get(&theirs).is_some_and(|ids| ids.contains(&head.id));
        let on_base = self.base.head(author).is_some_and(|base| base.id == head.id);
        let further = theirs > self.vector.number(author) && other.forks(author).next().is_none();
        if !self.may_have_several_ends(author) && (here || on_base || further) {
            return (theirs.saturating_add(1), BTreeSet::new());
        }
        let mut known = BTreeSet::new();
        for id in [&head.id].into_iter().chain(other.forks(author)) {
            let mut at = self.ops.get(id);
            while let Some(op) = at.filter(|op| op.author() == *author && known.insert(op.id())) {
                at = self.ops.get(&op.previous());
            }
        }
        let from = if known.is_empty() { theirs.min(self.vector.number(author)).saturating_sub(FORK_BACK) } else { 0 };
        (from, known)
    }
}
