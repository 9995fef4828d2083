//! Every choice MLS leaves open, in one place.

use minicbor::{Decode, Encode};
use openmls::prelude::{
    BasicCredential, Capabilities, Ciphersuite, CredentialType, CredentialWithKey, Extension, ExtensionType,
    Extensions, GroupContext, Lifetime, MlsGroupCreateConfig, MlsGroupJoinConfig, PURE_PLAINTEXT_WIRE_FORMAT_POLICY,
    RequiredCapabilitiesExtension, UnknownExtension,
};
use record::AuthorKey;

use super::{MlsError, SeatKey};

/// The ciphersuite of a room.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum Suite {
    /// 0x004E: X-Wing (ML-KEM-768 with X25519), AES-256-GCM, SHA-384, Ed25519. Provisional code point of
    /// draft-ietf-mls-pq-ciphersuites. What is recorded today stays closed if X25519 falls later.
    #[n(0x4e)]
    Hybrid,
    /// 0x0001: X25519, AES-128-GCM, SHA-256, Ed25519. For tests and interoperability.
    #[n(0x01)]
    Classical,
}

impl Suite {
    pub(super) fn ciphersuite(self) -> Ciphersuite {
        match self {
            Suite::Hybrid => Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519,
            Suite::Classical => Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519,
        }
    }

    /// Bytes of an encapsulated HPKE key: X-Wing's ciphertext, or an X25519 point.
    pub(super) fn encapsulated(self) -> usize {
        match self {
            Suite::Hybrid => 1120,
            Suite::Classical => 32,
        }
    }
}

/// The rules of a room. They stand in the GroupContext from the first state on, so that MLS itself keeps
/// every member on the same ones; each member judges commits and ops by them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Rules {
    /// Version of the formats of frames and ops.
    #[n(0)]
    pub format: u8,
    /// The suite, so that it cannot be told apart from what was agreed.
    #[n(1)]
    pub suite: Suite,
    /// Who founded the room: its convener.
    #[n(2)]
    pub founder: AuthorKey,
}

/// The format this version speaks.
pub(crate) const FORMAT: u8 = 1;

/// GroupContext extension that holds [`Rules`]; from the private-use range of RFC 9420 section 17.3.
const RULES_EXTENSION: u16 = 0xf04e;

/// OpenMLS lets each receiver's clock judge a lifetime, so an invitee could split a room by it. All have this one.
pub(super) fn lifetime() -> Lifetime {
    Lifetime::init(0, i64::MAX as u64)
}

pub(super) fn capabilities(suite: Suite) -> Capabilities {
    let extensions = [ExtensionType::Unknown(RULES_EXTENSION)];
    Capabilities::new(None, Some(&[suite.ciphersuite()]), Some(&extensions), Some(&[]), Some(&[CredentialType::Basic]))
}

pub(super) fn credential(key: &SeatKey) -> CredentialWithKey {
    let public = key.public().0.to_vec();
    CredentialWithKey { credential: BasicCredential::new(public.clone()).into(), signature_key: public.into() }
}

pub(super) fn create(rules: &Rules) -> Result<MlsGroupCreateConfig, MlsError> {
    let encoded = minicbor::to_vec(rules).map_err(|_| MlsError::Failed("encode rules"))?;
    let required =
        RequiredCapabilitiesExtension::new(&[ExtensionType::Unknown(RULES_EXTENSION)], &[], &[CredentialType::Basic]);
    let extensions = Extensions::from_vec(vec![
        Extension::Unknown(RULES_EXTENSION, UnknownExtension(encoded)),
        Extension::RequiredCapabilities(required),
    ])
    .map_err(|_| MlsError::Failed("group context extensions"))?;
    Ok(MlsGroupCreateConfig::builder()
        .ciphersuite(rules.suite.ciphersuite())
        .capabilities(capabilities(rules.suite))
        .with_group_context_extensions(extensions)
        .lifetime(lifetime())
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(true)
        .max_past_epochs(0)
        .build())
}

pub(super) fn join() -> MlsGroupJoinConfig {
    MlsGroupJoinConfig::builder()
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(true)
        .max_past_epochs(0)
        .build()
}

/// Reads the rules of a group context; an unknown format is refused.
pub(super) fn rules(extensions: &Extensions<GroupContext>) -> Result<Rules, MlsError> {
    let encoded = extensions.unknown(RULES_EXTENSION).ok_or(MlsError::Invalid("no rules"))?;
    let rules: Rules = minicbor::decode(&encoded.0).map_err(|_| MlsError::Invalid("rules"))?;
    if rules.format == FORMAT { Ok(rules) } else { Err(MlsError::Invalid("format of the rules")) }
}
