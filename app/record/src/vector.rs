//! Which ops a seat holds, in a few bytes per author.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::{AuthorKey, OpId};

/// The last op of an author's chain that is held; everything before it is held too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Head {
    /// Its number.
    #[n(0)]
    pub number: u64,
    /// Its depth.
    #[n(1)]
    pub depth: u64,
    /// Which op it is.
    #[n(2)]
    pub id: OpId,
}

/// Of an author of whom nothing is held.
const NONE: Head = Head { number: 0, depth: 0, id: OpId::NONE };
/// Most authors in one vector.
const AUTHORS: usize = 1024;
/// Most further chains of one author told of in a vector.
pub(crate) const FORKS: usize = 32;

/// For every author the head that is held, and the ends of further chains of those who signed two ops with one number.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Vector {
    heads: BTreeMap<AuthorKey, Head>,
    forks: BTreeMap<AuthorKey, BTreeSet<OpId>>,
}

impl Vector {
    /// Returns the head of an author.
    pub fn head(&self, author: &AuthorKey) -> Option<&Head> {
        self.heads.get(author)
    }

    /// Returns the number of the author's last op, 0 when there is none.
    pub fn number(&self, author: &AuthorKey) -> u64 {
        self.heads.get(author).map_or(0, |head| head.number)
    }

    /// Returns the ends of the author's chains besides the head.
    pub fn forks(&self, author: &AuthorKey) -> impl Iterator<Item = &OpId> {
        self.forks.get(author).into_iter().flatten()
    }

    /// Tells of an author what another vector tells.
    pub fn copy(&mut self, author: &AuthorKey, from: &Self) {
        self.set(*author, from.head(author).copied().unwrap_or(NONE));
        self.set_forks(*author, from.forks(author).copied().collect());
    }

    /// Tells of one more op of an author, as though a chain ended there.
    pub fn tell(&mut self, author: &AuthorKey, id: OpId) {
        self.heads.entry(*author).or_insert(NONE);
        let forks = self.forks(author).copied().chain([id]).collect();
        self.set_forks(*author, forks);
    }

    /// Sets the head of an author.
    pub fn set(&mut self, author: AuthorKey, head: Head) {
        self.heads.insert(author, head);
    }

    /// Sets the ends of an author's further chains; the lowest of too many count.
    pub(crate) fn set_forks(&mut self, author: AuthorKey, ends: BTreeSet<OpId>) {
        if ends.is_empty() {
            self.forks.remove(&author);
        } else {
            self.forks.insert(author, ends.into_iter().take(FORKS).collect());
        }
    }

    pub(crate) fn remove(&mut self, author: &AuthorKey) {
        self.heads.remove(author);
        self.forks.remove(author);
    }

    /// Returns whether this vector tells of an op which the other does not.
    pub fn exceeds(&self, other: &Self) -> bool {
        self.exceeds_beside(other, &BTreeSet::new())
    }

    /// The same, whatever is told of some authors.
    pub(crate) fn exceeds_beside(&self, other: &Self, passed_over: &BTreeSet<AuthorKey>) -> bool {
        let newer = |(author, head): (&AuthorKey, &Head)| {
            let theirs = other.number(author);
            head.number > theirs || head.number == theirs && !other.tells_of(author, &head.id)
        };
        let forked = |(author, ends): (&AuthorKey, &BTreeSet<OpId>)| ends.iter().any(|id| !other.tells_of(author, id));
        let heads = self.heads.iter().filter(|(author, _)| !passed_over.contains(author));
        let mut forks = self.forks.iter().filter(|(author, _)| !passed_over.contains(author));
        heads.into_iter().any(newer) || forks.any(forked)
    }

    /// Returns whether the op is named as the end of one of the author's chains.
    pub fn tells_of(&self, author: &AuthorKey, id: &OpId) -> bool {
        self.heads.get(author).is_some_and(|head| head.id == *id)
            || self.forks.get(author).is_some_and(|ends| ends.contains(id))
    }

    /// Returns authors and heads, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&AuthorKey, &Head)> {
        self.heads.iter()
    }
}

impl<C> Encode<C> for Vector {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, ctx: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.map(self.heads.len() as u64)?;
        for (author, head) in &self.heads {
            author.encode(e, ctx)?;
            e.array(3 + self.forks(author).count() as u64)?;
            e.u64(head.number)?.u64(head.depth)?;
            head.id.encode(e, ctx)?;
            for end in self.forks(author) {
                end.encode(e, ctx)?;
            }
        }
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Vector {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        let length = d.map()?.ok_or_else(|| decode::Error::message("indefinite map"))?;
        let mut vector = Self::default();
        for _ in 0..length {
            let author = AuthorKey::decode(d, ctx)?;
            let after_last = vector.heads.last_key_value().is_none_or(|(last, _)| *last < author);
            if !after_last || vector.heads.len() == AUTHORS {
                return Err(decode::Error::message("authors of a vector"));
            }
            let parts = d.array()?.filter(|parts| (3..=3 + FORKS as u64).contains(parts));
            let parts = parts.ok_or_else(|| decode::Error::message("head of a vector"))?;
            vector.heads.insert(author, Head { number: d.u64()?, depth: d.u64()?, id: OpId::decode(d, ctx)? });
            let mut ends = BTreeSet::new();
            for _ in 3..parts {
                ends.insert(OpId::decode(d, ctx)?);
            }
            vector.set_forks(author, ends);
        }
        Ok(vector)
    }
}
