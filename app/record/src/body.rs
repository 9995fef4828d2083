//! What an op says.

use std::sync::Arc;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::nil::nil_or_one;
use crate::{
    Amend, AuthorKey, CallKey, FILE_BYTES, KeyPackageHash, LinkId, Manifest, NOTE_BYTES, Name, OpId, PartyId, Role,
    Terms,
};

/// Which of the bodies an op carries; part of the signed header.
///
/// *Control* kinds, those with numbers below 16, say who is at the table and on which terms, and are readable by every seat,
/// also by those who join later. All others are readable by the seats of their origin state only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// [`Charter`]. Control.
    Charter,
    /// [`Invite`]. Control.
    Invite,
    /// [`Body::Revoke`]. Control.
    Revoke,
    /// [`Add`]. Control.
    Add,
    /// [`Remove`]. Control.
    Remove,
    /// [`Body::Agree`]. Control.
    Agree,
    /// [`Amend`]. Control.
    Amend,
    /// [`Body::Sign`]. Control.
    Sign,
    /// [`Body::End`]. Control.
    End,
    /// [`Note`].
    Note,
    /// [`Body::Call`].
    Call,
    /// [`Briefing`].
    Brief,
    /// [`Manifest`].
    File,
    /// A kind this version does not know, by its number. Kept and served, not shown.
    Newer(u8),
}

impl Kind {
    /// Returns whether the op is for every seat, whenever it joins.
    pub fn is_control(self) -> bool {
        self.number() < 16
    }

    fn number(self) -> u8 {
        match self {
            Kind::Charter => 1,
            Kind::Invite => 2,
            Kind::Revoke => 3,
            Kind::Add => 4,
            Kind::Remove => 5,
            Kind::Agree => 6,
            Kind::Amend => 7,
            Kind::Sign => 8,
            Kind::End => 9,
            Kind::Note => 16,
            Kind::Call => 17,
            Kind::Brief => 18,
            Kind::File => 19,
            Kind::Newer(n) => n,
        }
    }
}

impl<C> Encode<C> for Kind {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.u8(self.number())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Kind {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Ok(match d.u8()? {
            1 => Kind::Charter,
            2 => Kind::Invite,
            3 => Kind::Revoke,
            4 => Kind::Add,
            5 => Kind::Remove,
            6 => Kind::Agree,
            7 => Kind::Amend,
            8 => Kind::Sign,
            9 => Kind::End,
            16 => Kind::Note,
            17 => Kind::Call,
            18 => Kind::Brief,
            19 => Kind::File,
            n => Kind::Newer(n),
        })
    }
}

/// What an op says.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// Opens the talk; the founder's first op.
    Charter(Charter),
    /// Makes a link that leads to a party and a role.
    Invite(Invite),
    /// Makes a link unusable.
    Revoke(LinkId),
    /// Gives a seat to one key package.
    Add(Add),
    /// Takes a seat away.
    Remove(Remove),
    /// A second key: agrees to the [`Add`] that stands in this op.
    Agree(OpId),
    /// Would put other terms in force.
    Amend(Amend),
    /// Signs the terms that this op set or would set: the charter's, or an amendment's.
    Sign(OpId),
    /// Ends the talk.
    End,
    /// A note.
    Note(Note),
    /// One sealed slip for each seat that has a [`CallKey`]; only those called find something in theirs.
    Call(Vec<Slip>),
    /// Earlier notes, for those who have come since.
    Brief(Briefing),
    /// A file, given to those who read the room.
    File(Manifest),
    /// A body this version does not know.
    Newer(u8, Vec<u8>),
}

/// What the founder wrote when the talk was opened.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Charter {
    /// Title of the talk.
    #[n(0)]
    pub title: Name,
    /// The founder's party.
    #[n(1)]
    pub party: Name,
    /// The founder's name.
    #[n(2)]
    pub name: Name,
    /// Whose agreement a seat needs.
    #[n(3)]
    pub who_admits: WhoAdmits,
    /// The founder's call key.
    #[n(4)]
    pub call_key: Option<CallKey>,
    /// Other parties that are at the table from the start; at most [`PARTIES`].
    #[n(5)]
    pub parties: Option<Vec<Name>>,
    /// What all who enter sign. None: [`Terms::default`].
    #[n(6)]
    pub terms: Option<Terms>,
}

/// Most parties a charter names.
pub const PARTIES: usize = 64;
/// Most slips of one call.
pub const SLIPS: usize = 32;
/// Longest sealed slip, in bytes.
const SLIP_BYTES: usize = 2048;

/// What one seat of a call gets: of one size for all.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Slip {
    /// The seat.
    #[n(0)]
    pub seat: AuthorKey,
    /// Sealed to its call key.
    #[n(1)]
    pub sealed: ByteVec,
}

/// Earlier notes of the room, whole and as they were signed, for those who have come since. Whether they are shown the charter says.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Briefing {
    /// When they were given, in milliseconds since 1970 by the author's clock. Shown, never judged by.
    #[n(0)]
    pub written_at: u64,
    /// Ops as bytes, each as [`crate::Op::encode`] makes it: between 1 and [`BRIEFED`], of [`NOTE_BYTES`] together at most. Nothing
    /// in them is checked yet.
    #[n(1)]
    pub notes: Vec<ByteVec>,
}

/// Most notes of one briefing.
pub const BRIEFED: usize = 32;

/// Whose agreement a seat needs. Chosen when the talk is opened.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum WhoAdmits {
    /// The convener's alone, who also takes seats away alone.
    #[default]
    Convener,
    /// Two keys of two parties, once a second party has a head; to take a seat of another party away, too.
    TwoSides,
}

nil_or_one!(WhoAdmits, Convener, TwoSides);

/// Where a link leads. The invitation op decides it, not the link and not the person who uses it.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Invite {
    /// The link.
    #[n(0)]
    pub link: LinkId,
    /// The party; None founds a new one on admission.
    #[n(1)]
    pub party: Option<PartyId>,
    /// The role.
    #[n(2)]
    pub role: Role,
    /// Milliseconds since 1970 after which its maker refuses it.
    #[n(3)]
    pub expires_at: u64,
}

/// Gives a seat to one key package.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Add {
    /// The seat's signature key, the one in the key package.
    #[n(0)]
    pub seat: AuthorKey,
    /// The one key package that may be added.
    #[n(1)]
    pub key_package: KeyPackageHash,
    /// The link it came with.
    #[n(2)]
    pub link: LinkId,
    /// The party.
    #[n(3)]
    pub party: PartyRef,
    /// The role.
    #[n(4)]
    pub role: Role,
    /// The person's name.
    #[n(5)]
    pub name: Name,
    /// Whether the author compared the door digits with the newcomer.
    #[n(6)]
    pub digits_compared: bool,
    /// Its call key.
    #[n(7)]
    pub call_key: Option<CallKey>,
}

/// Takes a seat away, and says which of its ops stay valid.
///
/// What the seat signs later, or on another chain than the one that ends here, is void: a thief of its key
/// cannot speak as of before. A key that was removed never returns.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Remove {
    /// The seat.
    #[n(0)]
    pub seat: AuthorKey,
    /// The number of its last op that stays valid, 0 for none.
    #[n(1)]
    pub last: u64,
    /// That op, or [`OpId::NONE`].
    #[n(2)]
    pub last_id: OpId,
    /// Its last control op that stays valid, or [`OpId::NONE`].
    #[n(3)]
    pub last_control: OpId,
}

/// The party of an [`Add`].
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum PartyRef {
    /// One that sits already.
    #[n(0)]
    Existing(#[n(0)] PartyId),
    /// One that this op founds.
    #[n(1)]
    New(#[n(0)] Name),
}

/// A note.
#[derive(Clone, PartialEq, Eq)]
pub struct Note {
    /// When it was written, in milliseconds since 1970 by the author's clock. Shown, never judged by.
    pub written_at: u64,
    /// Between 1 and [`NOTE_BYTES`] bytes, as typed.
    pub text: Arc<str>,
    /// What its author lets others carry to another room. None: nothing, it is for this room only.
    pub release: Option<Release>,
    /// How it came from another room; None when it was written for this one.
    pub conveyed: Option<Conveyed>,
}

/// What of a note may be carried to another room. Pages keep to it; people can always retype.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum Release {
    /// What it says, in other words.
    #[n(0)]
    Substance,
    /// The text itself, with the author's name.
    #[n(1)]
    Verbatim,
}

/// How a note came from another room: the word of whoever conveys it, proved by nothing.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Conveyed {
    /// In the words of whoever conveys it.
    #[n(0)]
    Substance,
    /// As it was written there.
    #[n(1)]
    Verbatim {
        /// Whose words these are.
        #[n(0)]
        author: Name,
        /// When they were written, in milliseconds since 1970 by that author's clock.
        #[n(1)]
        written_at: u64,
    },
}

impl Note {
    /// A note for this room only.
    pub fn new(written_at: u64, text: impl Into<Arc<str>>) -> Self {
        Self { written_at, text: text.into(), release: None, conveyed: None }
    }
}

/// A note as it is written: `[written at, text, release, conveyed]`, without what is none at the end.
#[derive(Encode, Decode)]
#[cbor(array)]
struct WrittenNote<'a> {
    #[n(0)]
    written_at: u64,
    #[b(1)]
    text: &'a str,
    #[n(2)]
    release: Option<Release>,
    #[n(3)]
    conveyed: Option<Conveyed>,
}

impl Body {
    /// Returns the kind for the header.
    pub fn kind(&self) -> Kind {
        match self {
            Body::Charter(_) => Kind::Charter,
            Body::Invite(_) => Kind::Invite,
            Body::Revoke(_) => Kind::Revoke,
            Body::Add(_) => Kind::Add,
            Body::Remove(_) => Kind::Remove,
            Body::Agree(_) => Kind::Agree,
            Body::Amend(_) => Kind::Amend,
            Body::Sign(_) => Kind::Sign,
            Body::End => Kind::End,
            Body::Note(_) => Kind::Note,
            Body::Call(_) => Kind::Call,
            Body::Brief(_) => Kind::Brief,
            Body::File(_) => Kind::File,
            Body::Newer(n, _) => Kind::Newer(*n),
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Body::Charter(charter) => to_vec(charter),
            Body::Invite(invite) => to_vec(invite),
            Body::Revoke(link) => to_vec(link),
            Body::Add(add) => to_vec(add),
            Body::Remove(remove) => to_vec(remove),
            Body::Agree(op) | Body::Sign(op) => to_vec(op),
            Body::Amend(amend) => to_vec(amend),
            Body::End => to_vec(()),
            Body::Note(Note { written_at, text, release, conveyed }) => {
                let (release, conveyed) = (*release, conveyed.clone());
                to_vec(WrittenNote { written_at: *written_at, text, release, conveyed })
            }
            Body::Call(slips) => to_vec(slips),
            Body::Brief(briefing) => to_vec(briefing),
            Body::File(manifest) => to_vec(manifest),
            Body::Newer(_, bytes) => bytes.clone(),
        }
    }

    /// Reads a body of the kind its header names. Only the one encoding that [`Body::encode`] makes is taken.
    pub(crate) fn decode(kind: Kind, bytes: &[u8]) -> Result<Self, decode::Error> {
        let body = match kind {
            Kind::Charter => {
                let charter: Charter = minicbor::decode(bytes)?;
                if charter.parties.as_ref().is_some_and(|parties| parties.is_empty() || parties.len() > PARTIES) {
                    return Err(decode::Error::message("number of parties"));
                }
                Body::Charter(charter)
            }
            Kind::Invite => Body::Invite(minicbor::decode(bytes)?),
            Kind::Revoke => Body::Revoke(minicbor::decode(bytes)?),
            Kind::Add => Body::Add(minicbor::decode(bytes)?),
            Kind::Remove => Body::Remove(minicbor::decode(bytes)?),
            Kind::Agree => Body::Agree(minicbor::decode(bytes)?),
            Kind::Amend => or_held(kind, bytes, minicbor::decode(bytes).map(Body::Amend)),
            Kind::Sign => or_held(kind, bytes, minicbor::decode(bytes).map(Body::Sign)),
            Kind::End => or_held(kind, bytes, minicbor::decode(bytes).map(|()| Body::End)),
            Kind::Note => {
                let WrittenNote { written_at, text, release, conveyed } = minicbor::decode(bytes)?;
                if text.is_empty() || text.len() > NOTE_BYTES {
                    return Err(decode::Error::message("length of a note"));
                }
                Body::Note(Note { written_at, text: text.into(), release, conveyed })
            }
            Kind::Call => {
                let slips: Vec<Slip> = minicbor::decode(bytes)?;
                if slips.len() > SLIPS || slips.iter().any(|slip| slip.sealed.len() > SLIP_BYTES) {
                    return Err(decode::Error::message("size of a call"));
                }
                Body::Call(slips)
            }
            Kind::Brief => or_held(kind, bytes, decode_briefing(bytes)),
            Kind::File => or_held(kind, bytes, decode_manifest(bytes)),
            Kind::Newer(n) => Body::Newer(n, bytes.to_vec()),
        };
        if body.encode() != bytes {
            return Err(decode::Error::message("not the deterministic encoding"));
        }
        Ok(body)
    }
}

/// Versions that do not know these kinds hold them whatever they say. What says nothing here says nothing to anybody.
fn or_held(kind: Kind, bytes: &[u8], body: Result<Body, decode::Error>) -> Body {
    body.ok().filter(|body| body.encode() == bytes).unwrap_or_else(|| Body::Newer(kind.number(), bytes.to_vec()))
}

fn decode_briefing(bytes: &[u8]) -> Result<Body, decode::Error> {
    let briefing: Briefing = minicbor::decode(bytes)?;
    let size: usize = briefing.notes.iter().map(|note| note.len()).sum();
    if !(1..=BRIEFED).contains(&briefing.notes.len()) || size > NOTE_BYTES {
        return Err(decode::Error::message("size of a briefing"));
    }
    Ok(Body::Brief(briefing))
}

fn decode_manifest(bytes: &[u8]) -> Result<Body, decode::Error> {
    let manifest: Manifest = minicbor::decode(bytes)?;
    if manifest.size > FILE_BYTES { Err(decode::Error::message("size of a file")) } else { Ok(Body::File(manifest)) }
}

fn to_vec<T: Encode<()>>(value: T) -> Vec<u8> {
    // Writing to a Vec cannot fail, and none of our Encode impls does.
    minicbor::to_vec(value).expect("encoding into memory")
}
