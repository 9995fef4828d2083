//! What only a client does that breaks the rules inside MLS, and what only damage does.

use openmls::prelude::tls_codec::Serialize as _;
use openmls::prelude::{
    self as mls, BasicCredential, Capabilities, CredentialWithKey, GroupId, LeafNodeParameters, Lifetime, MlsGroup,
    NewSignerBundle,
};
use openmls_traits::OpenMlsProvider as _;
use record::{RoomId, StateId};
use sha2::{Digest, Sha256};

use super::provider::Provider;
use super::{Group, Image, SeatKey, Suite, config};

/// What a commit changes in the leaf of its own committer although it may not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    /// Another name under the same key.
    Credential,
    /// Another key, and the credential that goes with it.
    Key,
    /// Other capabilities.
    Capabilities,
}

/// Makes a self-update that changes the own leaf; returns the commit and the state it leads to.
pub(crate) fn self_update(
    room: RoomId,
    image: &Image,
    key: &SeatKey,
    change: Change,
    claims: &[u8],
) -> (Vec<u8>, StateId) {
    let suite = Group::from_image(room, image).and_then(|group| group.rules()).expect("a room").suite;
    let provider = <Provider>::of(image);
    let loaded = MlsGroup::load(provider.storage(), &GroupId::from_slice(&room.0));
    let mut group = loaded.expect("reads").expect("is there");
    group.set_aad(claims.to_vec());
    let leaf = LeafNodeParameters::builder();
    let leaf = match change {
        Change::Credential => {
            let credential = BasicCredential::new(vec![7; 32]).into();
            let signature_key = key.public().0.to_vec().into();
            leaf.with_credential_with_key(CredentialWithKey { credential, signature_key })
        }
        Change::Key => leaf,
        Change::Capabilities => {
            let suites = [Suite::Classical.ciphersuite(), Suite::Hybrid.ciphersuite()];
            let extensions = config::capabilities(suite).extensions().to_vec();
            let credentials = [mls::CredentialType::Basic];
            leaf.with_capabilities(Capabilities::new(
                None,
                Some(&suites),
                Some(&extensions),
                Some(&[]),
                Some(&credentials),
            ))
        }
    };
    let builder = group.commit_builder().leaf_node_parameters(leaf.build()).force_self_update(true);
    let builder = builder.load_psks(provider.storage()).expect("no PSKs");
    let built = if change == Change::Key {
        let other = SeatKey::from_seed(&[200; 32]);
        let new = NewSignerBundle { signer: &other, credential_with_key: config::credential(&other) };
        builder.build_with_new_signer(provider.rand(), provider.crypto(), key, new, |_| true)
    } else {
        builder.build(provider.rand(), provider.crypto(), key, |_| true)
    };
    let bundle = built.expect("builds").stage_commit(&provider).expect("stages");
    let commit = bundle.into_commit().tls_serialize_detached().expect("encodes");
    group.merge_pending_commit(&provider).expect("merges");
    let state = Group::from_image(room, &provider.storage().image()).expect("opens").state();
    (commit, state)
}

/// The same image without the private keys of the own leaf and path: what others sealed to them does not open.
pub(crate) fn without_path_keys(image: &Image) -> Image {
    const EPOCH_KEY_PAIRS: u8 = 14;
    let bytes = image.encode();
    let mut decoder = minicbor::Decoder::new(&bytes);
    let length = decoder.map().expect("a map").expect("of known length");
    let entries: Vec<(Vec<u8>, Vec<u8>)> = (0..length)
        .map(|_| (decoder.bytes().expect("a name").to_vec(), decoder.bytes().expect("a value").to_vec()))
        .filter(|(name, _)| name.first().is_some_and(|kind| *kind != EPOCH_KEY_PAIRS))
        .collect();
    assert!(entries.len() as u64 + 1 < length, "there were keys");
    let mut body = minicbor::Encoder::new(Vec::new());
    for (name, value) in &entries {
        body.bytes(name).expect("into memory").bytes(value).expect("into memory");
    }
    let body = body.into_writer();
    let digest = Sha256::new().chain_update(b"nonpaper/image/v1").chain_update(&body).finalize();
    let mut whole = minicbor::Encoder::new(Vec::new());
    whole.map(entries.len() as u64 + 1).expect("into memory").bytes(&[]).expect("into memory");
    whole.bytes(&digest).expect("into memory");
    Image::decode(&[whole.into_writer(), body].concat()).expect("well formed")
}

/// A key package that is honest but for its lifetime.
pub(crate) fn key_package_with_lifetime(key: &SeatKey, suite: Suite, from: u64, until: u64) -> Vec<u8> {
    let bundle = mls::KeyPackage::builder()
        .leaf_node_capabilities(config::capabilities(suite))
        .key_package_lifetime(Lifetime::init(from, until))
        .build(suite.ciphersuite(), &<Provider>::default(), key, config::credential(key))
        .expect("makes");
    mls::MlsMessageOut::from(bundle.into_key_package()).tls_serialize_detached().expect("encodes")
}
