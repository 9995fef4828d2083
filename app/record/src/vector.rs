//! Which ops a seat holds, in a few bytes per author.

use std::collections::BTreeMap;

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

/// Most authors in one vector.
const AUTHORS: usize = 1024;

/// For every author the head that is held.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Vector(BTreeMap<AuthorKey, Head>);

impl Vector {
    /// Returns the head of an author.
    pub fn head(&self, author: &AuthorKey) -> Option<&Head> {
        self.0.get(author)
    }

    /// Returns the number of the author's last op, 0 when there is none.
    pub fn number(&self, author: &AuthorKey) -> u64 {
        self.0.get(author).map_or(0, |head| head.number)
    }

    /// Sets the head of an author.
    pub fn set(&mut self, author: AuthorKey, head: Head) {
        self.0.insert(author, head);
    }

    /// Returns whether this vector has an op which the other has not.
    pub fn exceeds(&self, other: &Self) -> bool {
        self.0.iter().any(|(author, head)| head.number > other.number(author))
    }

    /// Returns authors and heads, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&AuthorKey, &Head)> {
        self.0.iter()
    }
}

impl<C> Encode<C> for Vector {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, ctx: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.map(self.0.len() as u64)?;
        for (author, head) in &self.0 {
            author.encode(e, ctx)?;
            head.encode(e, ctx)?;
        }
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Vector {
    fn decode(d: &mut Decoder<'b>, ctx: &mut C) -> Result<Self, decode::Error> {
        let length = d.map()?.ok_or_else(|| decode::Error::message("indefinite map"))?;
        let mut heads = BTreeMap::new();
        for _ in 0..length {
            let (author, head) = (AuthorKey::decode(d, ctx)?, Head::decode(d, ctx)?);
            let after_last = heads.last_key_value().is_none_or(|(last, _)| *last < author);
            if !after_last || heads.len() == AUTHORS {
                return Err(decode::Error::message("authors of a vector"));
            }
            heads.insert(author, head);
        }
        Ok(Self(heads))
    }
}
