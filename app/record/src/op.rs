//! One signed entry of a record.
//!
//! An op is a *header*, a signature over the header, and a *content* the header names by hash:
//!
//! ```text
//! header    = CBOR [tag, room, author, number, previous, depth, origin, heads, kind, content hash, previous control]
//! id        = SHA-256(header)
//! signature = Ed25519("nonpaper/op/v1" ‖ id) by the author's MLS signature key
//! content   = salt (16 bytes) ‖ body (CBOR), content hash = SHA-256("nonpaper/content/v1" ‖ content)
//! op        = CBOR [header, signature, content or null]
//! ```
//!
//! Header and content are apart so that a seat which may not read an op can still check the author's
//! chain across it: it is given the header alone. The salt keeps short contents from being guessed.

use std::sync::Arc;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::{AuthorKey, Body, Kind, OpId, RoomId, StateId};

const TAG: &str = "nonpaper/op/v1";
const CONTENT_TAG: &[u8] = b"nonpaper/content/v1";
const SALT: usize = 16;

/// Longest op, in bytes: a note with its header. What is longer could not be handed on in one answer.
const OP_BYTES: usize = crate::NOTE_BYTES + 8 * 1024;
/// Most heads one op may name.
pub const HEADS: usize = 64;
/// How far the depth may jump from an author's op to the next, so that nobody can use the numbers up.
pub(crate) const DEPTH_STEP: u64 = 1 << 20;
/// All numbers of ops are below this.
pub const NUMBERS: u64 = 1 << 40;
/// All depths of ops are below this.
pub const DEPTHS: u64 = NUMBERS * DEPTH_STEP;

/// One signed entry; a value of this type has been checked: form, hash, signature. Whether its author may say it is judged elsewhere.
#[derive(Clone)]
pub struct Op {
    header: Header,
    header_bytes: Arc<[u8]>,
    signature: [u8; 64],
    id: OpId,
    content: Option<Content>,
}

#[derive(Clone, Encode, Decode)]
#[cbor(array)]
struct Header {
    #[n(0)]
    tag: String,
    #[n(1)]
    room: RoomId,
    #[n(2)]
    author: AuthorKey,
    #[n(3)]
    number: u64,
    #[n(4)]
    previous: OpId,
    #[n(5)]
    depth: u64,
    #[n(6)]
    origin: StateId,
    #[n(7)]
    heads: Vec<OpId>,
    #[n(8)]
    kind: Kind,
    #[cbor(n(9), with = "minicbor::bytes")]
    content: [u8; 32],
    #[n(10)]
    previous_control: OpId,
}

#[derive(Clone)]
struct Content {
    bytes: Arc<[u8]>,
    body: Body,
}

/// What an author fills in for the next op.
pub struct Draft {
    /// The room.
    pub room: RoomId,
    /// One more than the author's last op; the first is 1.
    pub number: u64,
    /// The author's last op, or [`OpId::NONE`].
    pub previous: OpId,
    /// The author's last control op, or [`OpId::NONE`].
    pub previous_control: OpId,
    /// One more than the deepest of the previous op and the heads.
    pub depth: u64,
    /// The state the author stood on: its seats are the readers.
    pub origin: StateId,
    /// Ops by others that the author held and no other op names yet, sorted; at most [`HEADS`].
    pub heads: Vec<OpId>,
    /// What to say.
    pub body: Body,
    /// Fresh random bytes.
    pub salt: [u8; SALT],
}

/// Why bytes are no op.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpError {
    /// Not the one encoding of an op, or a field is out of its bounds.
    #[error("not an op")]
    Malformed,
    /// The content is not the one the header names.
    #[error("content of another op")]
    WrongContent,
    /// The signature does not verify.
    #[error("not signed by its author")]
    WrongSignature,
}

impl Op {
    /// Signs the next op of an author.
    pub fn sign(draft: Draft, key: &SigningKey) -> Self {
        let mut content = draft.salt.to_vec();
        content.extend_from_slice(&draft.body.encode());
        let header = Header {
            tag: TAG.into(),
            room: draft.room,
            author: AuthorKey(key.verifying_key().to_bytes()),
            number: draft.number,
            previous: draft.previous,
            depth: draft.depth,
            origin: draft.origin,
            heads: draft.heads,
            kind: draft.body.kind(),
            content: content_hash(&content),
            previous_control: draft.previous_control,
        };
        let header_bytes = minicbor::to_vec(&header).expect("encoding into memory");
        let id = OpId(Sha256::digest(&header_bytes).into());
        let signature = key.sign(&signed_bytes(&id)).to_bytes();
        let content = Content { bytes: content.into(), body: draft.body };
        Self { header, header_bytes: header_bytes.into(), signature, id, content: Some(content) }
    }

    /// Reads and checks an op.
    pub fn decode(bytes: &[u8]) -> Result<Self, OpError> {
        let op = Self::decode_kept(bytes)?;
        // One op has one encoding; otherwise one signature could be shown under two ids.
        if !minicbor::to_vec(&op.header).is_ok_and(|again| again == *op.header_bytes) {
            return Err(OpError::Malformed);
        }
        if op.content.as_ref().is_some_and(|content| content_hash(&content.bytes) != op.header.content) {
            return Err(OpError::WrongContent);
        }
        let key = VerifyingKey::from_bytes(&op.header.author.0).map_err(|_| OpError::WrongSignature)?;
        key.verify_strict(&signed_bytes(&op.id), &Signature::from_bytes(&op.signature))
            .map_err(|_| OpError::WrongSignature)?;
        Ok(op)
    }

    /// Reads an op that was checked before, from where only this seat can write: neither what it hashes nor its signature is
    /// checked again, which would take most of the time in which a long talk opens.
    pub fn decode_kept(bytes: &[u8]) -> Result<Self, OpError> {
        if bytes.len() > OP_BYTES {
            return Err(OpError::Malformed);
        }
        let (header_bytes, signature, content) = split(bytes).map_err(|_| OpError::Malformed)?;
        let header: Header = minicbor::decode(header_bytes).map_err(|_| OpError::Malformed)?;
        let ordered = header.heads.is_sorted_by(|a, b| a < b);
        let first = header.number == 1;
        let bounded = (1..NUMBERS).contains(&header.number)
            && header.depth < DEPTHS
            && header.heads.len() <= HEADS
            && (header.previous == OpId::NONE) == first
            && (!first || header.previous_control == OpId::NONE);
        if header.tag != TAG || !ordered || !bounded {
            return Err(OpError::Malformed);
        }
        let id = OpId(Sha256::digest(header_bytes).into());
        let content = content.map(|bytes| Content::decode(&header, bytes)).transpose()?;
        Ok(Self { header_bytes: header_bytes.into(), header, signature, id, content })
    }

    /// Returns the op as bytes, whole.
    pub fn encode(&self) -> Vec<u8> {
        self.join(self.content.as_ref().map(|content| &*content.bytes))
    }

    /// Returns the op as bytes without its content, for those who may not read it.
    pub fn encode_withheld(&self) -> Vec<u8> {
        self.join(None)
    }

    /// Drops the content and keeps the signed header.
    pub fn withheld(self) -> Self {
        Self { content: None, ..self }
    }

    fn join(&self, content: Option<&[u8]>) -> Vec<u8> {
        let mut e = minicbor::Encoder::new(Vec::new());
        let written = e.array(3).and_then(|e| e.bytes(&self.header_bytes)).and_then(|e| e.bytes(&self.signature));
        let written = written.and_then(|e| match content {
            Some(content) => e.bytes(content),
            None => e.null(),
        });
        written.expect("encoding into memory");
        e.into_writer()
    }

    /// Names the op.
    pub fn id(&self) -> OpId {
        self.id
    }

    /// The room it belongs to.
    pub fn room(&self) -> RoomId {
        self.header.room
    }

    /// The seat that signed it.
    pub fn author(&self) -> AuthorKey {
        self.header.author
    }

    /// Its number among the author's ops, from 1.
    pub fn number(&self) -> u64 {
        self.header.number
    }

    /// The author's op before it, or [`OpId::NONE`].
    pub fn previous(&self) -> OpId {
        self.header.previous
    }

    /// The author's control op before it, or [`OpId::NONE`]: an author's control ops are a chain of their own, so that
    /// they can be judged without the notes between them.
    pub fn previous_control(&self) -> OpId {
        self.header.previous_control
    }

    /// The author's last control op up to and with this one.
    pub fn last_control(&self) -> OpId {
        if self.kind().is_control() { self.id } else { self.header.previous_control }
    }

    /// Its depth in the op graph as its author claims; orders notes.
    pub fn depth(&self) -> u64 {
        self.header.depth
    }

    /// The state its author stood on.
    pub fn origin(&self) -> StateId {
        self.header.origin
    }

    /// Ops by others that its author had seen.
    pub fn heads(&self) -> &[OpId] {
        &self.header.heads
    }

    /// What kind of body it has, known also when the body is withheld.
    pub fn kind(&self) -> Kind {
        self.header.kind
    }

    /// What it says; None while only the header is held.
    pub fn body(&self) -> Option<&Body> {
        self.content.as_ref().map(|content| &content.body)
    }

    /// Returns whether it takes this seat away.
    pub fn removes(&self, seat: &AuthorKey) -> bool {
        matches!(self.body(), Some(Body::Remove(remove)) if remove.seat == *seat)
    }
}

impl Content {
    fn decode(header: &Header, bytes: &[u8]) -> Result<Self, OpError> {
        let (_salt, body) = bytes.split_at_checked(SALT).ok_or(OpError::Malformed)?;
        let body = Body::decode(header.kind, body).map_err(|_| OpError::Malformed)?;
        Ok(Self { bytes: bytes.into(), body })
    }
}

type Parts<'a> = (&'a [u8], [u8; 64], Option<&'a [u8]>);

fn split(bytes: &[u8]) -> Result<Parts<'_>, minicbor::decode::Error> {
    let mut d = minicbor::Decoder::new(bytes);
    let malformed = || minicbor::decode::Error::message("not an op");
    if d.array()? != Some(3) {
        return Err(malformed());
    }
    let header = d.bytes()?;
    let signature = d.bytes()?.try_into().map_err(|_| malformed())?;
    let content = if d.datatype()? == minicbor::data::Type::Null { d.null().map(|()| None)? } else { Some(d.bytes()?) };
    if d.position() != bytes.len() {
        return Err(malformed());
    }
    Ok((header, signature, content))
}

fn signed_bytes(id: &OpId) -> Vec<u8> {
    [TAG.as_bytes(), &id.0].concat()
}

fn content_hash(content: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(CONTENT_TAG).chain_update(content).finalize().into()
}
