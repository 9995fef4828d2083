//! What is said in the lobby: CBOR `[kind, [field, …]]` inside the lobby's envelope.
//!
//! | kind | message | fields |
//! |---|---|---|
//! | 1 | Knock | `[body, commitment, signature]` |
//! | 2 | Challenge | knock hash, n_i, signature |
//! | 3 | Reveal | knock hash, n_j |
//! | 4 | Reply | knock hash, entry, signature |
//! | 5 | Closed | knock hash, reason, signature |
//! | 6 | Here | signature: the inviter came back, knock again |
//! | 7 | Told | knock hash, `[who admits, terms]`, signature: what all who enter sign |

use ed25519_dalek::{Signature, Signer, VerifyingKey};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use record::{AuthorKey, CallKey, LinkId, Name};
use room::{SeatKey, Suite};
use sha2::{Digest, Sha256};

use crate::view::{Told, TurnedAway};

/// A message of the lobby. Its signature is checked by whoever knows whose it must be.
#[derive(Clone, Encode, Decode)]
pub(crate) enum DoorMessage {
    #[n(1)]
    Knock(#[n(0)] Knock),
    #[n(2)]
    Challenge(#[n(0)] ByteArray<32>, #[n(1)] ByteArray<32>, #[n(2)] ByteArray<64>),
    #[n(3)]
    Reveal(#[n(0)] ByteArray<32>, #[n(1)] ByteArray<32>),
    #[n(4)]
    Reply(#[n(0)] ByteArray<32>, #[n(1)] ByteVec, #[n(2)] ByteArray<64>),
    #[n(5)]
    Closed(#[n(0)] ByteArray<32>, #[n(1)] Reason, #[n(2)] ByteArray<64>),
    #[n(6)]
    Here(#[n(0)] ByteArray<64>),
    #[n(7)]
    Told(#[n(0)] ByteArray<32>, #[n(1)] Told, #[n(2)] ByteArray<64>),
}

/// A knock as it was signed.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Knock {
    #[n(0)]
    pub(crate) body: ByteVec,
    #[n(1)]
    pub(crate) commitment: ByteArray<32>,
    #[n(2)]
    signature: ByteArray<64>,
}

/// What a knock says.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct KnockBody {
    #[n(0)]
    pub(crate) link: LinkId,
    #[n(1)]
    pub(crate) seat: AuthorKey,
    #[n(2)]
    pub(crate) name: Name,
    #[n(3)]
    pub(crate) party: Name,
    /// One key package for each suite the newcomer speaks, all with one signature key.
    #[n(4)]
    pub(crate) key_packages: Vec<Offered>,
}

#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Offered {
    #[n(0)]
    pub(crate) suite: Suite,
    #[n(1)]
    pub(crate) key_package: ByteVec,
    /// The call key of this suite.
    #[n(2)]
    pub(crate) call_key: Option<CallKey>,
}

/// Why the door stays shut, on the wire.
#[derive(Clone, Copy, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Reason {
    #[n(1)]
    Declined,
    #[n(2)]
    Spent,
    #[n(3)]
    Revoked,
    #[n(4)]
    Expired,
    #[n(5)]
    Crowded,
}

impl From<Reason> for TurnedAway {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Declined => TurnedAway::Declined,
            Reason::Spent => TurnedAway::Spent,
            Reason::Revoked => TurnedAway::Revoked,
            Reason::Expired => TurnedAway::Expired,
            Reason::Crowded => TurnedAway::Crowded,
        }
    }
}

impl Knock {
    pub(crate) fn sign(body: &KnockBody, n_j: &[u8; 32], key: &SeatKey) -> Self {
        let body = minicbor::to_vec(body).expect("encoding into memory");
        let commitment = commitment(n_j, &body);
        let signature = key.signing_key().sign(&signed(b"nonpaper/knock/v1", &[&body, &commitment])).to_bytes();
        Self { body: body.into(), commitment: commitment.into(), signature: signature.into() }
    }

    /// Reads the body if the knock is signed by the seat key it names.
    pub(crate) fn open(&self) -> Option<KnockBody> {
        let body: KnockBody = minicbor::decode(&self.body).ok()?;
        let bytes = signed(b"nonpaper/knock/v1", &[&self.body, &*self.commitment]);
        verified(&body.seat, &bytes, &self.signature).then_some(body)
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        let hash = Sha256::new().chain_update(&*self.body).chain_update(*self.commitment);
        hash.chain_update(*self.signature).finalize().into()
    }

    /// Whether `n_j` is what the knock committed to.
    pub(crate) fn committed_to(&self, n_j: &[u8; 32]) -> bool {
        commitment(n_j, &self.body) == *self.commitment
    }
}

fn commitment(n_j: &[u8; 32], body: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(b"nonpaper/door-commitment/v1").chain_update(n_j).chain_update(body).finalize().into()
}

impl DoorMessage {
    pub(crate) fn challenge(knock: [u8; 32], n_i: [u8; 32], key: &SeatKey) -> Self {
        let signature = key.signing_key().sign(&signed(b"nonpaper/challenge/v1", &[&knock, &n_i])).to_bytes();
        DoorMessage::Challenge(knock.into(), n_i.into(), signature.into())
    }

    /// What the newcomer whom this challenges is told with it; None when it is no challenge.
    pub(crate) fn with(&self, told: Told, key: &SeatKey) -> Option<Self> {
        let DoorMessage::Challenge(knock, ..) = self else { return None };
        let signature = key.signing_key().sign(&signed_told(knock, &told)).to_bytes();
        Some(DoorMessage::Told(*knock, told, signature.into()))
    }

    pub(crate) fn reply(knock: [u8; 32], entry: &[u8], key: &SeatKey) -> Self {
        let signature = key.signing_key().sign(&signed(b"nonpaper/reply/v1", &[&knock, entry])).to_bytes();
        DoorMessage::Reply(knock.into(), entry.to_vec().into(), signature.into())
    }

    pub(crate) fn closed(knock: [u8; 32], reason: Reason, key: &SeatKey) -> Self {
        let bytes = signed(b"nonpaper/closed/v1", &[&knock, &[reason as u8]]);
        let signature = key.signing_key().sign(&bytes).to_bytes();
        DoorMessage::Closed(knock.into(), reason, signature.into())
    }

    pub(crate) fn here(link: &LinkId, key: &SeatKey) -> Self {
        DoorMessage::Here(key.signing_key().sign(&signed(b"nonpaper/here/v1", &[&link.0])).to_bytes().into())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("encoding into memory")
    }

    /// Reads a message; only its form is checked.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut d = minicbor::Decoder::new(bytes);
        let message = d.decode().ok()?;
        (d.position() == bytes.len()).then_some(message)
    }

    /// Whether the inviter signed it for this link. Knock and Reveal never are.
    pub(crate) fn is_by(&self, inviter: &AuthorKey, link: &LinkId) -> bool {
        let (bytes, signature) = match self {
            DoorMessage::Challenge(knock, n_i, signature) => {
                (signed(b"nonpaper/challenge/v1", &[&**knock, &**n_i]), signature)
            }
            DoorMessage::Reply(knock, entry, signature) => {
                (signed(b"nonpaper/reply/v1", &[&**knock, entry]), signature)
            }
            DoorMessage::Closed(knock, reason, signature) => {
                (signed(b"nonpaper/closed/v1", &[&**knock, &[*reason as u8]]), signature)
            }
            DoorMessage::Told(knock, told, signature) => (signed_told(knock, told), signature),
            DoorMessage::Here(signature) => (signed(b"nonpaper/here/v1", &[&link.0]), signature),
            DoorMessage::Knock(_) | DoorMessage::Reveal(..) => return false,
        };
        verified(inviter, &bytes, signature)
    }
}

/// `tag ‖ SHA-256(part) …`: parts of any length cannot run into one another.
fn signed(tag: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = tag.to_vec();
    for part in parts {
        bytes.extend_from_slice(&Sha256::digest(part));
    }
    bytes
}

fn signed_told(knock: &[u8; 32], told: &Told) -> Vec<u8> {
    signed(b"nonpaper/told/v1", &[knock, &minicbor::to_vec(told).expect("encoding into memory")])
}

fn verified(key: &AuthorKey, bytes: &[u8], signature: &[u8; 64]) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(&key.0) else { return false };
    key.verify_strict(bytes, &Signature::from_bytes(signature)).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use record::{Copies, FileTerms, Newcomers, Terms, WhoAdmits};

    use super::*;

    fn samples() -> Vec<DoorMessage> {
        let key = SeatKey::from_seed(&[1; 32]);
        let name = |text| Name::typed(text).expect("a fair name");
        let (name, party) = (name("Leyla"), name("North"));
        let body = KnockBody { link: LinkId([2; 16]), seat: key.public(), name, party, key_packages: vec![] };
        let told = Told {
            who_admits: WhoAdmits::TwoSides,
            terms: Terms { copies: Copies::OffTheRecord, newcomers: Newcomers::Nothing, files: FileTerms::Any },
            without_convener: true,
        };
        vec![
            DoorMessage::Knock(Knock::sign(&body, &[3; 32], &key)),
            DoorMessage::challenge([4; 32], [5; 32], &key),
            DoorMessage::Reveal([4; 32].into(), [3; 32].into()),
            DoorMessage::reply([4; 32], b"entry", &key),
            DoorMessage::closed([4; 32], Reason::Spent, &key),
            DoorMessage::here(&LinkId([2; 16]), &key),
            DoorMessage::challenge([4; 32], [5; 32], &key).with(told, &key).expect("a challenge"),
        ]
    }

    #[test]
    fn messages_are_read_whole_or_not_at_all() {
        for message in samples() {
            let bytes = message.encode();
            assert_eq!(DoorMessage::decode(&bytes).expect("own bytes").encode(), bytes);
            for length in 0..bytes.len() {
                assert!(DoorMessage::decode(&bytes[..length]).is_none());
            }
            assert!(DoorMessage::decode(&[&bytes[..], &[0]].concat()).is_none());
        }
    }

    #[test]
    fn only_the_inviter_of_the_link_is_believed() {
        let inviter = SeatKey::from_seed(&[1; 32]).public();
        let other = SeatKey::from_seed(&[2; 32]).public();
        for message in &samples()[1..] {
            let signed = !matches!(message, DoorMessage::Reveal(..));
            assert_eq!(message.is_by(&inviter, &LinkId([2; 16])), signed);
            assert!(!message.is_by(&other, &LinkId([2; 16])));
        }
    }

    #[test]
    fn knock_opens_only_with_its_own_signature_and_commitment() {
        let DoorMessage::Knock(knock) = samples().remove(0) else { panic!("the first is a knock") };
        assert!(knock.open().is_some() && knock.committed_to(&[3; 32]) && !knock.committed_to(&[4; 32]));
        let mut bent = knock.clone();
        bent.commitment[0] ^= 1;
        assert!(bent.open().is_none());
    }

    proptest! {
        #[test]
        fn random_bytes_are_no_message(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some(message) = DoorMessage::decode(&bytes) {
                prop_assert!(!message.is_by(&AuthorKey([1; 32]), &LinkId([0; 16])));
            }
        }
    }
}
