//! Names of things: byte strings that must not be taken for one another.

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use sha2::{Digest, Sha256};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $length]);

        // The bytes stay out of logs: who is in a room, and which room it is, is nobody else's business.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                let bytes = d.bytes()?;
                Ok(Self(bytes.try_into().map_err(|_| decode::Error::message("wrong length of an id"))?))
            }
        }
    };
}

id!(
    /// The Ed25519 public key a seat signs with; names the seat.
    AuthorKey, 32
);
id!(
    /// Names an op: the SHA-256 of its header.
    OpId, 32
);
id!(
    /// Names a room: the MLS group id.
    RoomId, 32
);
id!(
    /// Names one MLS group state of a room. Epoch numbers do not: two branches share them.
    StateId, 32
);
id!(
    /// SHA-256 of a TLS-serialised key package, RFC 9420 section 10.
    KeyPackageHash, 32
);
id!(
    /// Vouches for the content of a file: the root over its chunks.
    ContentRoot, 32
);
id!(
    /// Key that the chunks of a file are sealed under.
    ContentKey, 32
);
id!(
    /// Names a party: the first half of the id of the op that founded it, or of a hash for one that the charter names.
    PartyId, 16
);
id!(
    /// Names an invitation link.
    LinkId, 16
);

/// A seat's HPKE public key (RFC 9180) of the room's suite: what only that seat is to read is sealed to it. Its private half comes
/// from the seat's own, so it lasts as long as the seat.
#[derive(Clone, PartialEq, Eq)]
pub struct CallKey(pub std::sync::Arc<[u8]>);

/// Longest public key of a suite, in bytes, with room to spare.
const CALL_KEY_BYTES: usize = 2048;

impl<C> Encode<C> for CallKey {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for CallKey {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        match d.bytes()? {
            bytes if bytes.len() <= CALL_KEY_BYTES => Ok(Self(bytes.into())),
            _ => Err(decode::Error::message("length of a call key")),
        }
    }
}

impl OpId {
    /// Stands for "no previous op" in an author's first op.
    pub const NONE: Self = Self([0; 32]);
}

impl PartyId {
    /// Returns the id of the party that an op founds.
    pub fn founded_by(op: &OpId) -> Self {
        let mut id = [0; 16];
        id.copy_from_slice(&op.0[..16]);
        Self(id)
    }

    /// Returns the id of a party that the charter in this op names, by its place there.
    pub fn named_by(charter: &OpId, place: usize) -> Self {
        let named = Sha256::new().chain_update(b"nonpaper/party/v1").chain_update(charter.0);
        Self::founded_by(&OpId(named.chain_update((place as u64).to_be_bytes()).finalize().into()))
    }
}
