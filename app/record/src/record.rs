//! The ops one seat holds.

mod level;
mod validity;

use std::collections::{BTreeMap, BTreeSet};

pub use level::Gap;
use validity::{ValidChain, Validity};

use crate::op::DEPTH_STEP;
use crate::{AuthorKey, HEADS, Head, Op, OpId, Removal, Vector};

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
    /// Authors with as many ops of one number as are kept. Of these, two seats need not hold the same.
    crowded: BTreeSet<AuthorKey>,
    /// Where the chains of removed authors end: what lies beyond is void.
    ends: BTreeMap<AuthorKey, BTreeSet<(u64, OpId)>>,
    /// Authors whose void words are held like all others, and only shown to nobody: see [`Record::end`].
    deciders: BTreeSet<AuthorKey>,
    /// Void ops of deciders.
    unshown: BTreeSet<OpId>,
    /// Who has, or had, a seat. What others said is void, as long as nothing gives them one. None: nobody was told yet.
    known: Option<BTreeSet<AuthorKey>>,
    /// Ops that came, went or were filled since this was last asked.
    changed: BTreeSet<OpId>,
    /// Ops of which only the header is held.
    withheld: BTreeSet<OpId>,
    /// Ops that were taken without the one before them: see [`Record::insert_apart`].
    apart: BTreeSet<OpId>,
    /// Ops that were held until they turned out to be void, control ops excepted. Nobody is shown them; but the removal may prove
    /// void itself, and their author may be gone by then.
    void: BTreeMap<OpId, Op>,
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
    /// Its number, depth or last control op does not follow from its previous op, or its author has too many ops of one number.
    #[error("the op does not follow from its author's previous one")]
    BreaksChain,
    /// Its author was removed and this lies beyond what stays valid.
    #[error("the op lies beyond the end of a removed author's chain")]
    Void,
}

/// Most ops kept for one author and number; more are refused, but for one that leads to where a removal ends the chain. The first
/// ones are kept, so that nobody takes back what it said by signing more.
const TWINS: usize = 16;
/// Most control ops held out of their author's order, of one author.
const CITED: usize = 4096;
/// Most bytes of void ops kept.
const VOID_BYTES: usize = 1 << 20;
/// How many ops of a removed decider are held beyond where its chain ends.
const BEYOND: u64 = 256;

impl Record {
    /// Returns a record that starts after the given heads.
    pub fn from_base(base: Vector) -> Self {
        Self { vector: base.clone(), base, ..Self::default() }
    }

    /// The heads this record starts from.
    pub fn base(&self) -> &Vector {
        &self.base
    }

    /// Takes an op when its author's previous one is held, and with it cited ones that waited for it.
    pub fn insert(&mut self, op: Op) -> Result<Inserted, NotTaken> {
        self.insert_with_cited(op, false)
    }

    /// Takes an op though its author's previous one is not held: nobody who was asked has it, or it lies on a chain that parts
    /// from the author's other one before the base. That leaves a gap, which can still be filled.
    pub fn insert_apart(&mut self, op: Op) -> Result<Inserted, NotTaken> {
        let mut before = op.previous();
        let inserted = self.insert_with_cited(op, true)?;
        while let Some(op) = self.cited.get(&before).cloned() {
            before = op.previous();
            if self.insert_with_cited(op, true).is_err() {
                break;
            }
        }
        Ok(inserted)
    }

    fn insert_with_cited(&mut self, op: Op, apart: bool) -> Result<Inserted, NotTaken> {
        let id = op.id();
        let inserted = self.insert_one(op, apart)?;
        let mut taken = vec![id];
        while let Some(last) = taken.pop() {
            let next: Vec<Op> = self.cited.values().filter(|op| op.previous() == last).cloned().collect();
            for op in next {
                let id = op.id();
                if matches!(self.insert_one(op, false), Ok(Inserted::New | Inserted::Twin)) {
                    taken.push(id);
                }
            }
        }
        Ok(inserted)
    }

    fn insert_one(&mut self, op: Op, apart: bool) -> Result<Inserted, NotTaken> {
        let (id, author, number) = (op.id(), op.author(), op.number());
        if let Some(held) = self.ops.get_mut(&id) {
            if held.body().is_none() && op.body().is_some() {
                *held = op;
                self.withheld.remove(&id);
                self.changed.insert(id);
                return Ok(Inserted::Filled);
            }
            return Ok(Inserted::Known);
        }
        let before_base = number <= self.base.number(&author);
        let joins = self.ops.contains_key(&op.previous()) || !before_base && self.previous_of(&op).is_some();
        if before_base && !joins && !apart {
            return Ok(Inserted::Known);
        }
        if self.is_beyond_end(&op) {
            return Err(NotTaken::Void);
        }
        let previous = self.previous_of(&op);
        let follows = match &previous {
            Some(previous) => {
                let deeper = op.depth() > previous.depth && op.depth() - previous.depth <= DEPTH_STEP;
                let control =
                    self.ops.get(&op.previous()).is_none_or(|held| held.last_control() == op.previous_control());
                Some(number) == previous.number.checked_add(1) && deeper && control
            }
            None if apart => op.depth() <= number.saturating_mul(DEPTH_STEP),
            None => return Err(NotTaken::MissingPrevious),
        };
        if !follows {
            return Err(NotTaken::BreaksChain);
        }
        let full = self.chains.get(&author).and_then(|chain| chain.get(&number)).is_some_and(|ids| ids.len() >= TWINS);
        if full && !self.is_awaited(&author, &id) {
            return Err(NotTaken::BreaksChain);
        }
        let twins = self.chains.entry(author).or_default().entry(number).or_default();
        twins.push(id);
        if twins.len() >= TWINS {
            self.crowded.insert(author);
        }
        let beside_base = self.base.head(&author).is_some_and(|base| base.number == number && base.id != id);
        // Each of these the author signed: nobody else can make it look so.
        let twin = twins.len() > 1 || beside_base || self.has_unseen_twin(&op);
        if twin {
            self.twins.insert(author);
        }
        self.heads.remove(&op.previous());
        for head in op.heads() {
            self.heads.remove(head);
        }
        self.heads.insert(id);
        self.order.insert((op.depth(), author, number, id));
        self.cited.remove(&id);
        if !joins {
            self.apart.insert(id);
        }
        let apart: BTreeSet<OpId> = self.apart.iter().filter(|apart| !self.follows(apart, &id)).copied().collect();
        let links_up = apart.len() < self.apart.len();
        self.apart = apart;
        let head = Head { number, depth: op.depth(), id };
        if op.body().is_none() {
            self.withheld.insert(id);
        }
        self.ops.insert(id, op);
        self.changed.insert(id);
        if self.may_have_several_ends(&author) {
            self.tell_of(&author);
        } else if number > self.vector.number(&author) {
            self.vector.set(author, head);
        }
        // Now it shows which chain leads to the end.
        if self.ends.get(&author).is_some_and(|ends| links_up || ends.contains(&(number, id))) {
            self.cut(&author);
            if self.deciders.contains(&author) {
                self.show_only_valid_of(&author);
            }
        } else if self.ops.get(&id).is_some_and(|op| !self.is_shown(op)) {
            self.unshown.insert(id);
        }
        Ok(if twin { Inserted::Twin } else { Inserted::New })
    }

    /// Whether ops held tell of another op of the author that is not held: one with this number, or with the one before.
    fn has_unseen_twin(&self, op: &Op) -> bool {
        let Some(chain) = self.chains.get(&op.author()) else { return false };
        let of = |number: u64| chain.get(&number).into_iter().flatten();
        let continued = |id: &OpId| self.follows(id, &op.id());
        let before = op.number().saturating_sub(1);
        of(before).next().is_some() && !of(before).any(|id| *id == op.previous())
            || of(op.number() + 1).next().is_some() && !of(op.number() + 1).all(continued)
    }

    /// Returns whether the author signed two ops with one number, or may have: what lies below a gap need not be on the chain
    /// above it.
    pub fn may_have_several_ends(&self, author: &AuthorKey) -> bool {
        let first = self.chains.get(author).and_then(|chain| chain.first_key_value());
        let before_base = first.is_some_and(|(number, _)| *number <= self.base.number(author));
        let told = self.vector.forks(author).next().is_some();
        self.twins.contains(author) || told || before_base || self.apart_of(author)
    }

    fn follows(&self, id: &OpId, previous: &OpId) -> bool {
        self.ops.get(id).is_some_and(|op| op.previous() == *previous)
    }

    /// Ops in a chain of their author that follow on none that is held, nor on the base.
    pub fn apart(&self) -> &BTreeSet<OpId> {
        &self.apart
    }

    /// Ops of which only the header is held.
    pub fn withheld(&self) -> impl Iterator<Item = &Op> {
        self.withheld.iter().filter_map(|id| self.ops.get(id))
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

    /// Names all ends of the chains of an author who has several: the longest is the head, of equal ones the lowest id.
    fn tell_of(&mut self, author: &AuthorKey) {
        let ids = self.chains.get(author).into_iter().flatten().flat_map(|(_, ids)| ids);
        let held: Vec<&Op> = ids.filter_map(|id| self.ops.get(id)).collect();
        let continued: BTreeSet<OpId> = held.iter().map(|op| op.previous()).collect();
        let ends = held.iter().filter(|op| !continued.contains(&op.id()));
        let mut ends: Vec<Head> = ends.map(|op| Head { number: op.number(), depth: op.depth(), id: op.id() }).collect();
        ends.extend(self.base.head(author).filter(|base| !continued.contains(&base.id)));
        ends.sort_by_key(|end| (std::cmp::Reverse(end.number), end.id));
        match ends.first().copied() {
            Some(head) => self.vector.set(*author, head),
            None => self.vector.remove(author),
        }
        self.vector.set_forks(*author, ends.iter().skip(1).map(|end| end.id).collect());
    }

    /// Ends the chains of removed authors: what lies beyond leaves the record. `keep` is never cut: one's own.
    ///
    /// Of `deciders`, whose word may take others away, it stays and is handed on, and is only shown to nobody: two who take each
    /// other away unheard of each other are one removed and one not, and which is which follows from what both said. Who refused
    /// what the one says after hearing the other would never know.
    ///
    /// Returns the ops that are gone. When a removal proves void they come back.
    pub fn end(
        &mut self,
        removed: &BTreeMap<AuthorKey, Removal>,
        deciders: &BTreeSet<AuthorKey>,
        keep: &AuthorKey,
    ) -> Vec<OpId> {
        let ends: BTreeMap<AuthorKey, BTreeSet<(u64, OpId)>> = removed
            .iter()
            .filter(|(author, _)| *author != keep)
            .map(|(author, removal)| (*author, removal.last.clone()))
            .collect();
        let deciders = deciders.iter().filter(|author| *author != keep).copied().collect();
        if ends == self.ends && deciders == self.deciders {
            return Vec::new();
        }
        (self.ends, self.deciders) = (ends, deciders);
        let authors: Vec<AuthorKey> = self.ends.keys().copied().collect();
        let gone = authors.iter().flat_map(|author| self.cut(author)).collect();
        self.take_back();
        self.show_only_valid();
        gone
    }

    fn show_only_valid(&mut self) {
        self.unshown.clear();
        for author in self.deciders.clone() {
            self.show_only_valid_of(&author);
        }
    }

    fn show_only_valid_of(&mut self, author: &AuthorKey) {
        let valid = self.shown_of(author);
        let ids = self.chains.get(author).into_iter().flat_map(|chain| chain.values().flatten());
        for op in ids.filter_map(|id| self.ops.get(id)) {
            if valid.is_valid(op) {
                self.unshown.remove(&op.id());
            } else {
                self.unshown.insert(op.id());
            }
        }
    }

    fn is_shown(&self, op: &Op) -> bool {
        !self.deciders.contains(&op.author()) || self.shown_of(&op.author()).is_valid(op)
    }

    /// What of a decider is shown.
    fn shown_of(&self, author: &AuthorKey) -> Validity {
        match self.ends.contains_key(author) {
            true => Validity::Chains(self.valid_chains(author)),
            false => Validity::All,
        }
    }

    /// Returns whether an op that is held is void, so that nobody is shown it.
    pub fn is_void(&self, id: &OpId) -> bool {
        self.unshown.contains(id)
    }

    /// Says who has, or had, a seat: what anybody else said leaves the record. Returns the ops that are gone; when their
    /// author gets a seat after all they come back.
    pub fn know(&mut self, authors: BTreeSet<AuthorKey>) -> Vec<OpId> {
        let strangers: Vec<AuthorKey> =
            self.chains.keys().filter(|author| !authors.contains(author)).copied().collect();
        self.known = Some(authors);
        let gone = strangers.iter().flat_map(|author| self.cut(author)).collect();
        self.take_back();
        gone
    }

    /// Takes what was void and is not any more.
    fn take_back(&mut self) {
        let authors: BTreeSet<AuthorKey> = self.void.values().map(Op::author).collect();
        let validity: BTreeMap<_, _> = authors.into_iter().map(|author| (author, self.validity(&author))).collect();
        let is_valid = |op: &&Op| validity.get(&op.author()).is_some_and(|validity| validity.is_valid(op));
        let mut valid: Vec<Op> = self.void.values().filter(is_valid).cloned().collect();
        valid.sort_by_key(|op| (op.author(), op.number()));
        for op in valid {
            let id = op.id();
            if self.insert_apart(op) != Err(NotTaken::Void) {
                self.void.remove(&id);
                self.changed.insert(id);
            }
        }
    }

    fn is_stranger(&self, author: &AuthorKey) -> bool {
        self.known.as_ref().is_some_and(|known| !known.contains(author))
    }

    fn cut(&mut self, author: &AuthorKey) -> Vec<OpId> {
        let ids = self.chains.get(author).into_iter().flatten().flat_map(|(_, ids)| ids);
        let validity = self.validity(author);
        let void: Vec<OpId> =
            ids.filter(|id| self.ops.get(id).is_some_and(|op| !validity.is_valid(op))).copied().collect();
        let mut bytes: usize = self.void.values().map(|op| op.encode().len()).sum();
        for op in void.iter().filter_map(|id| self.forget(id)).collect::<Vec<_>>() {
            bytes += op.encode().len();
            if op.kind().is_control() {
                self.cited.insert(op.id(), op);
            } else if bytes <= VOID_BYTES {
                self.void.insert(op.id(), op);
            }
        }
        if !void.is_empty() {
            self.tell_of(author);
            let head = self.vector.head(author).filter(|head| self.ops.contains_key(&head.id));
            self.heads.extend(head.map(|head| head.id));
        }
        void
    }

    fn forget(&mut self, id: &OpId) -> Option<Op> {
        let op = self.ops.remove(id)?;
        self.changed.insert(*id);
        self.order.remove(&(op.depth(), op.author(), op.number(), op.id()));
        self.heads.remove(id);
        self.apart.remove(id);
        self.withheld.remove(id);
        self.unshown.remove(id);
        if let Some(chain) = self.chains.get_mut(&op.author()) {
            if let Some(ids) = chain.get_mut(&op.number()) {
                ids.retain(|held| held != id);
            }
            chain.retain(|_, ids| !ids.is_empty());
            if !chain.values().any(|ids| ids.len() >= TWINS) {
                self.crowded.remove(&op.author());
            }
        }
        Some(op)
    }

    /// Whether the op of a removed author is on no chain that ends where its removal says.
    fn is_beyond_end(&self, op: &Op) -> bool {
        !self.validity(&op.author()).is_valid(op)
    }

    /// Whether a chain that leads to the last valid op of a removed author goes on with this op.
    fn is_awaited(&self, author: &AuthorKey, id: &OpId) -> bool {
        self.valid_chains(author).iter().any(|chain| chain.awaits == Some(*id))
    }

    /// What of an author is valid, to be asked of many ops.
    fn validity(&self, author: &AuthorKey) -> Validity {
        if self.is_stranger(author) {
            return Validity::Nothing;
        }
        match self.last_held(author) {
            Some(last) if self.deciders.contains(author) => Validity::UpTo(last),
            Some(_) => Validity::Chains(self.valid_chains(author)),
            None => Validity::All,
        }
    }

    /// The highest number that is taken of a removed author.
    fn last_held(&self, author: &AuthorKey) -> Option<u64> {
        let last = self.ends.get(author)?.iter().map(|(last, _)| *last).max().unwrap_or(0);
        Some(if self.deciders.contains(author) { last.saturating_add(BEYOND) } else { last })
    }

    /// What of a removed author leads to where its removals end it.
    fn valid_chains(&self, author: &AuthorKey) -> Vec<ValidChain> {
        let chains = self.ends.get(author).into_iter().flatten().map(|(last, end)| {
            let mut chain =
                ValidChain { last: *last, linked_from: last.saturating_add(1), ids: BTreeSet::new(), awaits: None };
            let mut at = *end;
            while let Some(held) = self.ops.get(&at).filter(|held| held.number() < chain.linked_from) {
                chain.linked_from = held.number();
                chain.ids.insert(at);
                at = held.previous();
            }
            let on_base = self.base.head(author).is_some_and(|base| base.id == at);
            chain.awaits = Some(at).filter(|at| *at != OpId::NONE && !on_base);
            chain
        });
        chains.collect()
    }

    /// Takes a control op out of its author's order, because a commit or the door cites it.
    pub fn cite(&mut self, op: Op) {
        let held = self.ops.get(&op.id()).is_some_and(|held| held.body().is_some());
        if !op.kind().is_control() || op.body().is_none() || held {
            return;
        }
        let author = op.author();
        if self.cited.values().filter(|cited| cited.author() == author).count() < CITED {
            self.changed.insert(op.id());
            self.cited.insert(op.id(), op.clone());
        }
        // It may be the very next one of its author's order.
        self.insert(op).ok();
    }

    /// Returns which ops came, went or were filled since this was last called.
    pub fn take_changed(&mut self) -> BTreeSet<OpId> {
        std::mem::take(&mut self.changed)
    }

    /// Returns the op, if held in its author's chain.
    pub fn op(&self, id: &OpId) -> Option<&Op> {
        self.ops.get(id)
    }

    /// Returns a control op, also one out of its author's order.
    pub fn control_op(&self, id: &OpId) -> Option<&Op> {
        self.ops.get(id).filter(|op| op.body().is_some()).or_else(|| self.cited.get(id))
    }

    /// Returns an op that was held and is void now.
    pub fn void_op(&self, id: &OpId) -> Option<&Op> {
        self.void.get(id)
    }

    /// Returns how many ops other than control ops lie before the base.
    pub fn earlier(&self) -> u64 {
        let all: u64 = self.base.iter().map(|(_, head)| head.number).sum();
        let control = self.cited.values().filter(|op| op.number() <= self.base.number(&op.author())).count();
        all.saturating_sub(control as u64)
    }

    /// Returns whether another op of its author with its number is held.
    pub fn contradicts(&self, op: &Op) -> bool {
        let held = self.chains.get(&op.author()).and_then(|chain| chain.get(&op.number()));
        held.is_some_and(|ids| !ids.contains(&op.id()))
    }

    /// Returns which ops are held.
    pub fn vector(&self) -> &Vector {
        &self.vector
    }

    /// Returns how many ops are held, those out of their author's order included.
    pub fn len(&self) -> usize {
        self.ops.len() + self.cited.len()
    }

    /// Returns whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn apart_of(&self, author: &AuthorKey) -> bool {
        self.apart.iter().any(|id| self.ops.get(id).is_some_and(|op| op.author() == *author))
    }

    /// Returns the last control op of the author's chain, or [`OpId::NONE`].
    pub fn last_control(&self, author: &AuthorKey) -> OpId {
        let Some(head) = self.vector.head(author) else { return OpId::NONE };
        if let Some(op) = self.ops.get(&head.id) {
            return op.last_control();
        }
        let before = self.cited.values().filter(|op| op.author() == *author && op.number() <= head.number);
        before.max_by_key(|op| op.number()).map_or(OpId::NONE, Op::id)
    }

    /// Returns the heads an author's next op should name, the author's own excepted, and its depth.
    pub fn heads_for(&self, author: &AuthorKey) -> (Vec<OpId>, u64) {
        let shown = self.heads.iter().filter(|id| !self.unshown.contains(id));
        let others = shown.filter(|id| self.ops.get(id).is_some_and(|op| op.author() != *author));
        let heads: Vec<OpId> = others.copied().take(HEADS).collect();
        let before = self.base.iter().map(|(_, head)| head.depth).max().unwrap_or(0);
        // Of everything held, not of the heads alone: a shallow op may name deep heads and hide them.
        let deepest = self.in_order().next_back().map_or(0, Op::depth).max(before);
        let own = self.vector.head(author).map_or(0, |head| head.depth);
        // A jump beyond the bound would be refused by everybody; the note then stands a little earlier instead.
        (heads, deepest.max(own).min(own + DEPTH_STEP - 1) + 1)
    }

    /// Returns all ops but void ones in the one order that is the same everywhere: depth, author, number.
    pub fn in_order(&self) -> impl DoubleEndedIterator<Item = &Op> {
        let shown = self.order.iter().filter(|(_, _, _, id)| !self.unshown.contains(id));
        shown.filter_map(|(_, _, _, id)| self.ops.get(id))
    }

    /// Returns every control op whose content is held, in no particular order.
    pub fn control(&self) -> impl Iterator<Item = &Op> {
        let held = self.ops.values().filter(|op| op.kind().is_control() && op.body().is_some());
        held.chain(self.cited.values().filter(|op| self.ops.get(&op.id()).is_none_or(|held| held.body().is_none())))
    }
}
