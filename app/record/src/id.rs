//! Names of things: byte strings that must not be taken for one another.

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

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
    /// Names a party: the first half of the id of the op that founded it.
    PartyId, 16
);
id!(
    /// Names an invitation link.
    LinkId, 16
);

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
}
