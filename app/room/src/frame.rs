//! Frames: the messages of a room, inside the envelope.
//!
//! A frame is CBOR `[kind, …]`. Commit, Beacon, Hello, Want, Knock and Tell are signed by a seat:
//! `[kind, body, signature]`, the signature over `tag ‖ SHA-256(body)` with a tag of its own each, and the
//! body naming the room.
//!
//! | kind | frame | body |
//! |---|---|---|
//! | 1 | Commit | room, parent, new state, author, counter, adds, removes, knocks answered, cited ops, MLS commit |
//! | 2 | Op | state, sealed op (not signed here: the op is) |
//! | 3 | Beacon | room, author, counter, tip, SHA-256 of the vector, SHA-256 of what is known of the tip; the vector follows the signature |
//! | 4 | Hello | room, author, root, tip, ids of the newest commits, one-time key, signed beacons, vector, whether it insists |
//! | 5 | Want | room, author, one-time key, whether it insists, vector, whether only the authors in it are asked for, whether ops that do not join on are of use, gaps |
//! | 6 | Answer | no body and no signature (what is in it is signed): hash of the Want or Hello, whether more follows, HPKE encapsulated key, ciphertext of a list of ops and frames |
//! | 7 | Knock | room, author, counter, tip, hash of the key package; the key package follows the signature |
//! | 8 | Welcome | no body and no signature (MLS has both): hash of the Knock, entry |
//! | 9 | Tell | room, author, session, number in the session, bytes |

use std::collections::BTreeSet;

use ed25519_dalek::{Signature, Signer, VerifyingKey};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use record::{AuthorKey, Gap, KeyPackageHash, RoomId, StateId, Vector};
use sha2::{Digest, Sha256};

use crate::bounds;
use crate::mls::{Sealed, SeatKey};

/// Counters are less than this. A seat that went back to an older copy of itself goes on from what others know of it, and must
/// have room.
pub(crate) const COUNTERS: u64 = 1 << 60;

/// Names a commit: SHA-256 over body and signature of its frame.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(pub [u8; 32]);

impl std::fmt::Debug for CommitId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CommitId")
    }
}

/// Bytes that are no frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameError {
    /// Not the one encoding of a frame.
    #[error("not a frame")]
    Malformed,
    /// The signature does not verify.
    #[error("not signed by its author")]
    WrongSignature,
    /// A frame of another room.
    #[error("a frame of another room")]
    OtherRoom,
}

/// A message of a room, its signature checked.
pub(crate) enum Frame {
    Commit(Signed<Commit>),
    Op(SealedOp),
    /// With the vector when its author sends it.
    Beacon(Signed<Beacon>, Option<Vector>),
    Hello(Signed<Hello>),
    Want(Signed<Want>),
    Answer(Answer),
    Knock(Signed<Knock>, Vec<u8>),
    Welcome(Welcome),
    Tell(Signed<Tell>),
}

/// A commit with everything that decides whether it is valid.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Commit {
    #[n(0)]
    pub(crate) room: RoomId,
    #[n(1)]
    pub(crate) parent: StateId,
    #[n(2)]
    pub(crate) new_state: StateId,
    #[n(3)]
    pub(crate) author: AuthorKey,
    #[n(4)]
    pub(crate) counter: u64,
    #[n(5)]
    pub(crate) adds: Vec<Addition>,
    #[n(6)]
    pub(crate) removes: Vec<AuthorKey>,
    /// The signed knocks of those added although no fresh intent names their key package, by author.
    #[n(7)]
    pub(crate) knocks: Vec<SignedBytes>,
    #[n(8)]
    pub(crate) cited: Vec<ByteVec>,
    #[n(9)]
    pub(crate) mls: ByteVec,
}

impl Commit {
    /// What the MLS commit carries of its frame, so that nobody signs two frames for one state that say different things:
    /// `SHA-256("nonpaper/claims/v1" ‖ CBOR [room, parent, author, counter, adds, removes, knocks, cited])`.
    pub(crate) fn claims(&self) -> [u8; 32] {
        let Self { room, parent, author, counter, adds, removes, knocks, cited, .. } = self;
        let claims = minicbor::to_vec((room, parent, author, counter, adds, removes, knocks, cited));
        let claims = claims.expect("encoding into memory");
        Sha256::new().chain_update(b"nonpaper/claims/v1").chain_update(claims).finalize().into()
    }
}

impl SignedBytes {
    /// Reads the body without checking the signature.
    pub(crate) fn peek<B: Body>(&self) -> Option<B> {
        minicbor::decode(&self.body).ok()
    }
}

/// A body and its signature as they stand inside another body.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub(crate) struct SignedBytes {
    #[n(0)]
    body: ByteVec,
    #[n(1)]
    signature: ByteVec,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Addition {
    #[n(0)]
    pub(crate) seat: AuthorKey,
    #[n(1)]
    pub(crate) key_package: KeyPackageHash,
}

/// Where a seat stands and what it holds. Handed on by others too, then without the vector.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Beacon {
    #[n(0)]
    pub(crate) room: RoomId,
    #[n(1)]
    pub(crate) author: AuthorKey,
    #[n(2)]
    pub(crate) counter: u64,
    #[n(3)]
    pub(crate) tip: StateId,
    /// SHA-256 of the encoded vector.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub(crate) holds: [u8; 32],
    /// [`crate::graph::Node::digest`] of the tip.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub(crate) knows: [u8; 32],
}

impl Beacon {
    pub(crate) fn digest(vector: &Vector) -> [u8; 32] {
        Sha256::digest(minicbor::to_vec(vector).expect("encoding into memory")).into()
    }
}

/// Asks everybody to compare: sent on coming back, and while others stand elsewhere.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Hello {
    #[n(0)]
    pub(crate) room: RoomId,
    #[n(1)]
    pub(crate) author: AuthorKey,
    /// The oldest state the author knows: it needs no commits from before.
    #[n(2)]
    pub(crate) root: StateId,
    #[n(3)]
    pub(crate) tip: StateId,
    /// The newest commit of each branch the author knows; it has all before them.
    #[n(4)]
    pub(crate) newest: CommitIds,
    /// What an answer is to be sealed to on channels of old eras, which removed seats may hear.
    #[n(5)]
    pub(crate) one_time: ByteVec,
    /// Who stood where, when the author knows of several branches. Not on old eras.
    #[n(6)]
    pub(crate) stands: Vec<SignedBytes>,
    /// Empty on old eras, but for the last words of who has no seat any more.
    #[n(7)]
    pub(crate) vector: Vector,
    /// Whether to answer although somebody else did.
    #[n(8)]
    pub(crate) insists: bool,
}

/// Asks to be brought to the branch the others stand on, with a fresh key package.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Knock {
    #[n(0)]
    pub(crate) room: RoomId,
    #[n(1)]
    pub(crate) author: AuthorKey,
    /// The author's counter, shared with its beacons and commits: a later knock replaces an earlier one.
    #[n(2)]
    pub(crate) counter: u64,
    #[n(3)]
    pub(crate) tip: StateId,
    #[n(4)]
    pub(crate) key_package: KeyPackageHash,
}

/// Asks for ops beyond a vector, to be sealed to a one-time key.
///
/// In this vector the number 2⁶⁴−1 says that nothing more of an author is wanted, and forks may name earlier ops of a chain, so
/// that who holds another one finds where the two part.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Want {
    #[n(0)]
    pub(crate) room: RoomId,
    #[n(1)]
    pub(crate) author: AuthorKey,
    #[n(2)]
    pub(crate) one_time: ByteVec,
    /// Whether to answer although somebody else did: what came before was of no use, or never came to an end.
    #[n(3)]
    pub(crate) insists: bool,
    #[n(4)]
    pub(crate) vector: Vector,
    /// Whether only ops of the authors in the vector are asked for: on the channel of an old era.
    #[n(5)]
    pub(crate) only_these: bool,
    /// Whether nothing came of it before: then also what does not join on to what is held is of use.
    #[n(6)]
    pub(crate) apart: bool,
    /// What is missing below what is held.
    #[n(7)]
    pub(crate) gaps: Vec<Gap>,
}

/// Lets the others know what nobody keeps.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Tell {
    #[n(0)]
    pub(crate) room: RoomId,
    #[n(1)]
    pub(crate) author: AuthorKey,
    /// Drawn anew by each opening of the room.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(crate) session: [u8; 16],
    /// 1, 2, 3… within the session: one that is not above all heard before is a replay, or came too late.
    #[n(3)]
    pub(crate) number: u64,
    /// At most [`crate::TELL_BYTES`].
    #[n(4)]
    pub(crate) bytes: ByteVec,
}

/// What an answer holds, sealed.
#[derive(Clone, Encode, Decode)]
pub(crate) enum Given {
    /// An op, or its header.
    #[n(0)]
    Op(#[n(0)] ByteVec),
    /// A signed frame.
    #[n(1)]
    Frame(#[n(0)] ByteVec),
}

/// Brings a seat in that knocked.
#[derive(Clone)]
pub(crate) struct Welcome {
    pub(crate) knock: [u8; 32],
    pub(crate) entry: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct SealedOp {
    pub(crate) state: StateId,
    pub(crate) sealed: Vec<u8>,
}

impl SealedOp {
    /// How many bytes it takes to keep it, be it empty.
    pub(crate) fn size(&self) -> usize {
        self.sealed.len() + 2 * size_of::<Self>()
    }
}

#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) want: [u8; 32],
    pub(crate) more: bool,
    pub(crate) sealed: Sealed,
}

#[derive(Clone, Default)]
pub(crate) struct CommitIds(pub(crate) BTreeSet<CommitId>);

/// A body with its signature checked and its bytes kept as received.
#[derive(Clone)]
pub(crate) struct Signed<B> {
    pub(crate) body: B,
    bytes: Vec<u8>,
    signature: [u8; 64],
}

/// What Commit, Beacon, Hello, Want, Knock and Tell have in common.
pub(crate) trait Body: Encode<()> + for<'b> Decode<'b, ()> {
    const KIND: u8;
    const TAG: &'static [u8];
    fn room(&self) -> RoomId;
    fn author(&self) -> AuthorKey;
    /// The author's counter, 0 where there is none.
    fn counter(&self) -> u64;
}

macro_rules! body {
    ($name:ident, $kind:literal, $tag:literal, $counter:expr) => {
        impl Body for $name {
            const KIND: u8 = $kind;
            const TAG: &'static [u8] = $tag;
            fn room(&self) -> RoomId {
                self.room
            }
            fn author(&self) -> AuthorKey {
                self.author
            }
            fn counter(&self) -> u64 {
                let counter: fn(&Self) -> u64 = $counter;
                counter(self)
            }
        }
    };
}
body!(Commit, 1, b"nonpaper/commit/v1", |commit| commit.counter);
body!(Beacon, 3, b"nonpaper/beacon/v1", |beacon| beacon.counter);
body!(Hello, 4, b"nonpaper/hello/v1", |_| 0);
body!(Want, 5, b"nonpaper/want/v1", |_| 0);
body!(Knock, 7, b"nonpaper/knock/v1", |knock| knock.counter);
body!(Tell, 9, b"nonpaper/tell/v1", |_| 0);
const OP: u8 = 2;
const ANSWER: u8 = 6;
const WELCOME: u8 = 8;

impl<B: Body> Signed<B> {
    pub(crate) fn sign(body: B, key: &SeatKey) -> Self {
        let bytes = minicbor::to_vec(&body).expect("encoding into memory");
        let signature = key.signing_key().sign(&signed_bytes::<B>(&bytes)).to_bytes();
        Self { body, bytes, signature }
    }

    fn check(bytes: &[u8], signature: [u8; 64]) -> Result<Self, FrameError> {
        let body: B = minicbor::decode(bytes).map_err(|_| FrameError::Malformed)?;
        if minicbor::to_vec(&body).map_err(|_| FrameError::Malformed)? != bytes || body.counter() >= COUNTERS {
            return Err(FrameError::Malformed);
        }
        let key = VerifyingKey::from_bytes(&body.author().0).map_err(|_| FrameError::WrongSignature)?;
        key.verify_strict(&signed_bytes::<B>(bytes), &Signature::from_bytes(&signature))
            .map_err(|_| FrameError::WrongSignature)?;
        Ok(Self { body, bytes: bytes.to_vec(), signature })
    }

    /// SHA-256 over body and signature.
    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::new().chain_update(&self.bytes).chain_update(self.signature).finalize().into()
    }

    /// How many bytes of memory it takes, about.
    pub(crate) fn size(&self) -> usize {
        2 * self.bytes.len()
    }

    /// Body and signature, to stand inside another body.
    pub(crate) fn bytes(&self) -> SignedBytes {
        SignedBytes { body: self.bytes.clone().into(), signature: self.signature.to_vec().into() }
    }

    /// Reads and checks what stands inside another body.
    pub(crate) fn from_bytes(bytes: &SignedBytes) -> Result<Self, FrameError> {
        let signature = bytes.signature.as_slice().try_into().map_err(|_| FrameError::Malformed)?;
        Self::check(&bytes.body, signature)
    }

    fn encode_with(&self, rest: Option<&[u8]>) -> Vec<u8> {
        let mut e = minicbor::Encoder::new(Vec::with_capacity(self.bytes.len() + 128));
        let written =
            e.array(3 + u64::from(rest.is_some())).and_then(|e| e.u8(B::KIND)).and_then(|e| e.bytes(&self.bytes));
        let written = written.and_then(|e| e.bytes(&self.signature));
        written
            .and_then(|e| match rest {
                Some(rest) => e.bytes(rest),
                None => Ok(e),
            })
            .expect("encoding into memory");
        e.into_writer()
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        self.encode_with(None)
    }
}

impl Signed<Beacon> {
    /// As its author sends it.
    pub(crate) fn encode_whole(&self, vector: &Vector) -> Vec<u8> {
        self.encode_with(Some(&minicbor::to_vec(vector).expect("encoding into memory")))
    }
}

impl Signed<Knock> {
    pub(crate) fn encode_whole(&self, key_package: &[u8]) -> Vec<u8> {
        self.encode_with(Some(key_package))
    }
}

impl Welcome {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut e = minicbor::Encoder::new(Vec::with_capacity(self.entry.len() + 64));
        let written = e.array(3).and_then(|e| e.u8(WELCOME)).and_then(|e| e.bytes(&self.knock));
        written.and_then(|e| e.bytes(&self.entry)).expect("encoding into memory");
        e.into_writer()
    }
}

impl Signed<Commit> {
    pub(crate) fn id(&self) -> CommitId {
        CommitId(self.hash())
    }
}

impl SealedOp {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut e = minicbor::Encoder::new(Vec::with_capacity(self.sealed.len() + 64));
        let written = e.array(3).and_then(|e| e.u8(OP)).and_then(|e| e.bytes(&self.state.0));
        written.and_then(|e| e.bytes(&self.sealed)).expect("encoding into memory");
        e.into_writer()
    }
}

impl Answer {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut e = minicbor::Encoder::new(Vec::with_capacity(self.sealed.ciphertext.len() + 2048));
        let written =
            e.array(5).and_then(|e| e.u8(ANSWER)).and_then(|e| e.bytes(&self.want)).and_then(|e| e.bool(self.more));
        let written = written.and_then(|e| e.bytes(&self.sealed.kem_output));
        written.and_then(|e| e.bytes(&self.sealed.ciphertext)).expect("encoding into memory");
        e.into_writer()
    }
}

impl Frame {
    /// Reads a frame of a room and checks its signature, if its kind has one.
    pub(crate) fn decode(room: RoomId, bytes: &[u8]) -> Result<Self, FrameError> {
        let frame = Self::read(bytes)?;
        let named = match &frame {
            Frame::Commit(commit) => commit.body.room(),
            Frame::Beacon(beacon, _) => beacon.body.room(),
            Frame::Hello(hello) => hello.body.room(),
            Frame::Want(want) => want.body.room(),
            Frame::Knock(knock, _) => knock.body.room(),
            Frame::Tell(tell) => tell.body.room(),
            Frame::Op(_) | Frame::Answer(_) | Frame::Welcome(_) => room,
        };
        if named == room { Ok(frame) } else { Err(FrameError::OtherRoom) }
    }

    fn read(bytes: &[u8]) -> Result<Self, FrameError> {
        let mut d = minicbor::Decoder::new(bytes);
        let length = d.array()?.ok_or(FrameError::Malformed)?;
        let frame = match (d.u8()?, length) {
            (Commit::KIND, 3) => Frame::Commit(signed(&mut d)?),
            (Beacon::KIND, 3) => Frame::Beacon(signed(&mut d)?, None),
            (Beacon::KIND, 4) => {
                let (beacon, bytes): (Signed<Beacon>, _) = (signed(&mut d)?, d.bytes()?);
                let told: [u8; 32] = Sha256::digest(bytes).into();
                if told != beacon.body.holds {
                    return Err(FrameError::Malformed);
                }
                Frame::Beacon(beacon, Some(minicbor::decode(bytes)?))
            }
            (Knock::KIND, 4) => {
                let (knock, key_package): (Signed<Knock>, _) = (signed(&mut d)?, d.bytes()?);
                let named: [u8; 32] = Sha256::digest(key_package).into();
                if named != knock.body.key_package.0 {
                    return Err(FrameError::Malformed);
                }
                Frame::Knock(knock, key_package.to_vec())
            }
            (WELCOME, 3) => Frame::Welcome(Welcome {
                knock: d.bytes()?.try_into().map_err(|_| FrameError::Malformed)?,
                entry: d.bytes()?.to_vec(),
            }),
            (Hello::KIND, 3) => Frame::Hello(signed(&mut d)?),
            (Want::KIND, 3) => Frame::Want(signed(&mut d)?),
            (Tell::KIND, 3) => Frame::Tell(signed(&mut d)?),
            (OP, 3) => Frame::Op(SealedOp { state: d.decode()?, sealed: d.bytes()?.to_vec() }),
            (ANSWER, 5) => Frame::Answer(Answer {
                want: d.bytes()?.try_into().map_err(|_| FrameError::Malformed)?,
                more: d.bool()?,
                sealed: Sealed { kem_output: d.bytes()?.to_vec(), ciphertext: d.bytes()?.to_vec() },
            }),
            (_, _) => return Err(FrameError::Malformed),
        };
        if d.position() == bytes.len() { Ok(frame) } else { Err(FrameError::Malformed) }
    }
}

impl From<minicbor::decode::Error> for FrameError {
    fn from(_: minicbor::decode::Error) -> Self {
        FrameError::Malformed
    }
}

fn signed<B: Body>(d: &mut minicbor::Decoder<'_>) -> Result<Signed<B>, FrameError> {
    let body = d.bytes()?;
    let signature = d.bytes()?.try_into().map_err(|_| FrameError::Malformed)?;
    Signed::check(body, signature)
}

fn signed_bytes<B: Body>(body: &[u8]) -> Vec<u8> {
    [B::TAG, &Sha256::digest(body)].concat()
}

impl<C> Encode<C> for CommitIds {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(self.0.len() as u64)?;
        for id in &self.0 {
            e.bytes(&id.0)?;
        }
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for CommitIds {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let malformed = || minicbor::decode::Error::message("commit ids");
        let length = d.array()?.filter(|n| *n <= bounds::NEWEST as u64).ok_or_else(malformed)?;
        let mut ids = BTreeSet::new();
        for _ in 0..length {
            ids.insert(CommitId(d.bytes()?.try_into().map_err(|_| malformed())?));
        }
        Ok(Self(ids))
    }
}
