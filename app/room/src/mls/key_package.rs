//! Key packages: what a newcomer hands in to be added.

use std::collections::BTreeSet;
use std::sync::Arc;

use minicbor::bytes::ByteVec;
use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{self as mls, MlsMessageBodyIn, MlsMessageIn, MlsMessageOut, ProtocolVersion};
use openmls_traits::OpenMlsProvider as _;
use record::{AuthorKey, KeyPackageHash, RoomId};
use sha2::{Digest, Sha256};

use super::provider::Provider;
use super::{FORMAT, Group, Image, MlsError, Rules, SeatKey, Suite, config};

/// A checked key package of somebody else.
#[derive(Clone)]
pub struct KeyPackage {
    pub(super) inner: mls::KeyPackage,
    bytes: Arc<[u8]>,
    hash: KeyPackageHash,
    seat: AuthorKey,
}

impl KeyPackage {
    /// Reads a key package, RFC 9420 section 10, and checks it against the suite of the room.
    ///
    /// Refused besides what the standard refuses: another lifetime than the one all have, a credential
    /// that is not the signature key, other capabilities than ours, last resort.
    pub fn parse(bytes: &[u8], suite: Suite) -> Result<Self, MlsError> {
        let message = MlsMessageIn::tls_deserialize_exact(bytes).map_err(|_| MlsError::Invalid("key package"))?;
        let MlsMessageBodyIn::KeyPackage(key_package) = message.extract() else {
            return Err(MlsError::Invalid("not a key package"));
        };
        let provider = <Provider>::default();
        let inner = key_package
            .validate(provider.crypto(), ProtocolVersion::Mls10)
            .map_err(|_| MlsError::Invalid("key package"))?;
        let leaf = inner.leaf_node();
        let seat = author(leaf.signature_key().as_slice(), leaf.credential())?;
        let life = inner.life_time();
        let usual = config::lifetime();
        let lifetime = (life.not_before(), life.not_after()) == (usual.not_before(), usual.not_after());
        let capabilities = *leaf.capabilities() == config::capabilities(suite);
        if inner.ciphersuite() != suite.ciphersuite() || !lifetime || !capabilities || inner.last_resort() {
            return Err(MlsError::Invalid("key package of another kind"));
        }
        let key_package = Self { inner, bytes: bytes.into(), hash: hash(bytes), seat };
        key_package.try_out(suite)?;
        Ok(key_package)
    }

    /// Adds the key package to a group made for the purpose, and commits once more.
    ///
    /// OpenMLS takes encryption keys of any length and fails only when something is sealed to them: to the init
    /// key by the commit that adds, to the leaf's key by the next one. Then it would be too late.
    fn try_out(&self, suite: Suite) -> Result<(), MlsError> {
        let key = SeatKey::from_seed(&[0; 32]);
        let rules = Rules { format: FORMAT, suite, founder: key.public() };
        let mut group = Group::found(RoomId([0; 32]), &rules, &key)?;
        let unusable = |_| MlsError::Invalid("key package with keys that are none");
        let nobody = BTreeSet::new();
        group.stage(&nobody, std::slice::from_ref(self), &key, &[]).map_err(unusable)?;
        group.merge_pending()?;
        group.stage(&nobody, &[], &key, &[]).map_err(unusable)?;
        Ok(())
    }

    /// As it was parsed.
    pub(crate) fn encode(&self) -> Vec<u8> {
        self.bytes.to_vec()
    }

    /// Names this one key package.
    pub fn hash(&self) -> KeyPackageHash {
        self.hash
    }

    /// The seat it belongs to.
    pub fn seat(&self) -> AuthorKey {
        self.seat
    }
}

/// A newcomer's key package with its private keys.
pub struct KeyPackageSecrets {
    pub(super) provider: Provider,
    bytes: Vec<u8>,
}

impl KeyPackageSecrets {
    /// Makes a key package for a seat.
    pub fn new(key: &SeatKey, suite: Suite) -> Result<Self, MlsError> {
        let provider = <Provider>::default();
        let bundle = mls::KeyPackage::builder()
            .leaf_node_capabilities(config::capabilities(suite))
            .key_package_lifetime(config::lifetime())
            .build(suite.ciphersuite(), &provider, key, config::credential(key))
            .map_err(|_| MlsError::Failed("make a key package"))?;
        let bytes = MlsMessageOut::from(bundle.into_key_package())
            .tls_serialize_detached()
            .map_err(|_| MlsError::Failed("encode a key package"))?;
        Ok(Self { provider, bytes })
    }

    /// As bytes for the vault: CBOR [key package, private keys as OpenMLS keeps them].
    pub fn encode(&self) -> Vec<u8> {
        let image = self.provider.storage().image().encode();
        minicbor::to_vec((ByteVec::from(self.bytes.clone()), ByteVec::from(image))).expect("encoding into memory")
    }

    /// Reads what [`KeyPackageSecrets::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, MlsError> {
        let read: Result<(ByteVec, ByteVec), _> = minicbor::decode(bytes);
        let (bytes, image) = read.map_err(|_| MlsError::Invalid("kept key package"))?;
        Ok(Self { provider: Provider::of(&Image::decode(&image)?), bytes: bytes.into() })
    }

    /// The public part, as an MLSMessage.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Names the key package.
    pub fn hash(&self) -> KeyPackageHash {
        hash(&self.bytes)
    }
}

fn hash(bytes: &[u8]) -> KeyPackageHash {
    KeyPackageHash(Sha256::digest(bytes).into())
}

/// The hash of a key package as it stands in an Add proposal.
pub(super) fn hash_of(key_package: &mls::KeyPackage) -> Result<KeyPackageHash, MlsError> {
    let bytes = MlsMessageOut::from(key_package.clone())
        .tls_serialize_detached()
        .map_err(|_| MlsError::Failed("encode a key package"))?;
    Ok(hash(&bytes))
}

/// A leaf's signature key, which its credential must repeat.
pub(super) fn author(signature_key: &[u8], credential: &mls::Credential) -> Result<AuthorKey, MlsError> {
    let key: [u8; 32] = signature_key.try_into().map_err(|_| MlsError::Invalid("signature key"))?;
    if credential.serialized_content() != signature_key {
        return Err(MlsError::Invalid("credential is not the signature key"));
    }
    Ok(AuthorKey(key))
}
