//! The ops one seat holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::op::DEPTH_STEP;
use crate::{AuthorKey, HEADS, Head, Op, OpId, Vector};

/// The ops one seat holds: for every author a chain without holes from a base, and control ops beyond.
///
/// A seat that joins later starts from a base: the heads at that time. It does not hold what lies before.
#[derive(Clone, Default)]
pub struct Record {
    ops: BTreeMap<OpId, Op>,
    /// By author and number. Two ops with one number (a copied profile, or malice) are both kept.
    chains: BTreeMap<AuthorKey, BTreeMap<u64, Vec<OpId>>>,
    base: Vector,
    vector: Vector,
    /// Control ops that came with a commit or at the door, before their author's chain reached them.
    cited: BTreeMap<OpId, Op>,
    /// Ops that no other op held names yet.
    heads: BTreeSet<OpId>,
    order: BTreeSet<Position>,
    twins: BTreeSet<AuthorKey>,
}

/// Where an op stands among all: depth, author, number, id.
type Position = (u64, AuthorKey, u64, OpId);

/// What an insertion did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inserted {
    /// The op is new.
    New,
    /// The header was held, now the content is too.
    Filled,
    /// The op was held.
    Known,
    /// The op is new and its author has another one with this number.
    Twin,
}

/// Why an op was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotTaken {
    /// The author's previous op is not held: ask for it.
    #[error("the author's previous op is not held")]
    MissingPrevious,
    /// Its number or depth does not follow from its previous op, or its author has too many ops of one number.
    #[error("the op does not follow from its author's previous one")]
    BreaksChain,
}

/// Most ops kept for one author and number; more are refused.
const TWINS: usize = 4;

impl Record {
    /// Returns a record that starts after the given heads.
    pub fn from_base(base: Vector) -> Self {
        Self { vector: base.clone(), base, ..Self::default() }
    }

    /// Takes an op when its author's previous one is held.
    pub fn insert(&mut self, op: Op) -> Result<Inserted, NotTaken> {
        let (id, author, number) = (op.id(), op.author(), op.number());
        if let Some(held) = self.ops.get_mut(&id) {
            if held.body().is_none() && op.body().is_some() {
                *held = op;
                return Ok(Inserted::Filled);
            }
            return Ok(Inserted::Known);
        }
        if number <= self.base.number(&author) {
            return Ok(Inserted::Known);
        }
        let previous = self.previous_of(&op).ok_or(NotTaken::MissingPrevious)?;
        let deeper = op.depth() > previous.depth && op.depth() - previous.depth <= DEPTH_STEP;
        if Some(number) != previous.number.checked_add(1) || !deeper {
            return Err(NotTaken::BreaksChain);
        }
        let twins = self.chains.entry(author).or_default().entry(number).or_default();
        if twins.len() == TWINS {
            return Err(NotTaken::BreaksChain);
        }
        twins.push(id);
        let twin = twins.len() > 1;
        if twin {
            self.twins.insert(author);
        }
        if number > self.vector.number(&author) {
            self.vector.set(author, Head { number, depth: op.depth(), id });
        }
        self.heads.remove(&op.previous());
        for head in op.heads() {
            self.heads.remove(head);
        }
        self.heads.insert(id);
        self.order.insert((op.depth(), author, number, id));
        self.cited.remove(&id);
        self.ops.insert(id, op);
        Ok(if twin { Inserted::Twin } else { Inserted::New })
    }

    fn previous_of(&self, op: &Op) -> Option<Head> {
        let id = op.previous();
        if id == OpId::NONE {
            return Some(Head { number: 0, depth: 0, id });
        }
        if let Some(base) = self.base.head(&op.author()).filter(|head| head.id == id) {
            return Some(*base);
        }
        let previous = self.ops.get(&id).filter(|previous| previous.author() == op.author())?;
        Some(Head { number: previous.number(), depth: previous.depth(), id })
    }

    /// Takes a control op out of its author's order, because a commit or the door cites it.
    pub fn cite(&mut self, op: Op) {
        if op.kind().is_control() && op.body().is_some() && self.ops.get(&op.id()).is_none_or(|op| op.body().is_none())
        {
            self.cited.insert(op.id(), op);
        }
    }

    /// Returns the op, if held in its author's chain.
    pub fn op(&self, id: &OpId) -> Option<&Op> {
        self.ops.get(id)
    }

    /// Returns how many ops other than control ops lie before the base.
    pub fn earlier(&self) -> u64 {
        let all: u64 = self.base.iter().map(|(_, head)| head.number).sum();
        let control = self.cited.values().filter(|op| op.number() <= self.base.number(&op.author())).count();
        all.saturating_sub(control as u64)
    }

    /// Returns whether the author signed two ops with one number.
    pub fn has_twins(&self, author: &AuthorKey) -> bool {
        self.twins.contains(author)
    }

    /// Returns which ops are held.
    pub fn vector(&self) -> &Vector {
        &self.vector
    }

    /// Returns the heads an author's next op should name, the author's own excepted, and its depth.
    pub fn heads_for(&self, author: &AuthorKey) -> (Vec<OpId>, u64) {
        let others = self.heads.iter().filter(|id| self.ops.get(id).is_some_and(|op| op.author() != *author));
        let heads: Vec<OpId> = others.copied().take(HEADS).collect();
        let before = self.base.iter().map(|(_, head)| head.depth).max().unwrap_or(0);
        // Of everything held, not of the heads alone: a shallow op may name deep heads and hide them.
        let deepest = self.order.last().map_or(0, |(depth, ..)| *depth).max(before);
        let own = self.vector.head(author).map_or(0, |head| head.depth);
        // A jump beyond the bound would be refused by everybody; the note then stands a little earlier instead.
        (heads, deepest.max(own).min(own + DEPTH_STEP - 1) + 1)
    }

    /// Returns all ops in the one order that is the same everywhere: depth, author, number.
    pub fn in_order(&self) -> impl DoubleEndedIterator<Item = &Op> {
        self.order.iter().filter_map(|(_, _, _, id)| self.ops.get(id))
    }

    /// Returns every control op whose content is held, in no particular order.
    pub fn control(&self) -> impl Iterator<Item = &Op> {
        let held = self.ops.values().filter(|op| op.kind().is_control() && op.body().is_some());
        held.chain(self.cited.values().filter(|op| self.ops.get(&op.id()).is_none_or(|held| held.body().is_none())))
    }

    /// Returns whether what is held here of an author follows on what the other holds, without a hole.
    pub fn joins_on(&self, other: &Vector, author: &AuthorKey) -> bool {
        other.number(author) >= self.base.number(author)
    }

    /// Returns the ops that lie beyond the other's heads, each author's in order, authors by key.
    pub fn beyond<'a>(&'a self, other: &'a Vector) -> impl Iterator<Item = &'a Op> {
        self.chains.iter().flat_map(move |(author, chain)| {
            let from = other.number(author).saturating_add(1);
            chain.range(from..).flat_map(|(_, ids)| ids).filter_map(|id| self.ops.get(id))
        })
    }
}
