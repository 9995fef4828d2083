//! Passive-client vectors of the working group of RFC 9420, `vectors/README.md`.
//!
//! A member joins by a Welcome, configured as in a room but for the resumption PSKs that some commits name, and follows
//! proposals and commits of other implementations. After every message it is written to bytes and opened again, as in
//! another process. [`Group`](super::Group) itself would refuse these groups: they have no rules of ours, other
//! credentials and proposals by reference.

use std::collections::BTreeMap;

use openmls::prelude::tls_codec::Deserialize as _;
use openmls::prelude::{
    GroupId, KeyPackageIn, MlsGroup, MlsGroupJoinConfig, MlsMessageBodyIn, MlsMessageIn,
    PURE_PLAINTEXT_WIRE_FORMAT_POLICY, ProcessedMessageContent, RatchetTreeIn, StagedWelcome,
};
use openmls::schedule::PreSharedKeyId;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::OpenMlsProvider as _;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::storage::{CURRENT_VERSION, Entity, StorageProvider as _, traits};
use serde::{Deserialize, Deserializer, Serialize, de};

use super::crypto::Crypto;
use super::provider::Provider;
use super::{Image, packed};

#[derive(Deserialize)]
struct Vector {
    cipher_suite: u16,
    external_psks: Vec<Psk>,
    key_package: Hex,
    encryption_priv: Hex,
    init_priv: Hex,
    welcome: Hex,
    ratchet_tree: Option<Hex>,
    initial_epoch_authenticator: Hex,
    epochs: Vec<Epoch>,
}

#[derive(Deserialize)]
struct Psk {
    psk_id: Hex,
    psk: Hex,
}

#[derive(Deserialize)]
struct Epoch {
    proposals: Vec<Hex>,
    commit: Hex,
    epoch_authenticator: Hex,
}

pub(super) struct Hex(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let pairs = text.as_bytes().chunks(2);
        let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        pairs.map(byte).collect::<Option<_>>().map(Hex).ok_or_else(|| de::Error::custom("not hexadecimal"))
    }
}

/// A key package with its private keys, as OpenMLS keeps it.
#[derive(Serialize, Deserialize)]
struct Bundle {
    key_package: openmls::prelude::KeyPackage,
    private_init_key: openmls_traits::types::HpkePrivateKey,
    private_encryption_key: PrivateKey,
}

#[derive(Serialize, Deserialize)]
struct PrivateKey {
    key: openmls_traits::types::HpkePrivateKey,
}

impl Entity<CURRENT_VERSION> for Bundle {}
impl traits::KeyPackage<CURRENT_VERSION> for Bundle {}

/// A member that says nothing.
struct Member<C> {
    provider: Provider<C>,
    mls: MlsGroup,
}

impl<C: OpenMlsCrypto + OpenMlsRand + Default> Member<C> {
    fn join(vector: &Vector) -> Self {
        let provider = Provider::<C>::default();
        for Psk { psk_id, psk } in &vector.external_psks {
            PreSharedKeyId::external(psk_id.0.clone(), vec![]).store(&provider, &psk.0).expect("stores");
        }
        // Validated, it would be refused: its lifetime is over.
        let MlsMessageBodyIn::KeyPackage(key_package) = message(&vector.key_package).extract() else {
            panic!("no key package");
        };
        let bundle = Bundle {
            key_package: unchecked(&key_package),
            private_init_key: vector.init_priv.0.clone().into(),
            private_encryption_key: PrivateKey { key: vector.encryption_priv.0.clone().into() },
        };
        let reference = bundle.key_package.hash_ref(provider.crypto()).expect("hashes");
        provider.storage().write_key_package(&reference, &bundle).expect("stores");

        let config = MlsGroupJoinConfig::builder()
            .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(true)
            .max_past_epochs(0)
            .number_of_resumption_psks(16)
            .build();
        let MlsMessageBodyIn::Welcome(welcome) = message(&vector.welcome).extract() else { panic!("no welcome") };
        let mut join = StagedWelcome::build_from_welcome(&provider, &config, welcome)
            .expect("a welcome")
            .skip_lifetime_validation();
        if let Some(tree) = &vector.ratchet_tree {
            join = join.with_ratchet_tree(RatchetTreeIn::tls_deserialize_exact(&tree.0).expect("a tree"));
        }
        let mls = join.build().expect("joins").into_group(&provider).expect("joins");
        Self { provider, mls }.reopened()
    }

    fn hears(mut self, bytes: &Hex) -> Self {
        let message = message(bytes).try_into_protocol_message().expect("a handshake");
        let processed = self.mls.process_message(&self.provider, message).expect("valid");
        match processed.into_content() {
            ProcessedMessageContent::ProposalMessage(proposal) => {
                self.mls.store_pending_proposal(self.provider.storage(), *proposal).expect("stores");
            }
            ProcessedMessageContent::StagedCommitMessage(commit) => {
                self.mls.merge_staged_commit(&self.provider, *commit).expect("merges");
            }
            ProcessedMessageContent::ApplicationMessage(_)
            | ProcessedMessageContent::ExternalJoinProposalMessage(_)
            | ProcessedMessageContent::OwnPendingCommit
            | ProcessedMessageContent::OwnPrivateMessage => panic!("no handshake of another member"),
        }
        self.reopened()
    }

    fn reopened(self) -> Self {
        let id: GroupId = self.mls.group_id().clone();
        let bytes = self.provider.storage().image().encode();
        let provider = Provider::of(&Image::decode(&bytes).expect("own bytes"));
        let mls = MlsGroup::load(provider.storage(), &id).expect("reads").expect("is there");
        Self { provider, mls }
    }

    fn is_at(&self, authenticator: &Hex) -> bool {
        self.mls.epoch_authenticator().as_slice() == authenticator.0
    }
}

fn message(bytes: &Hex) -> MlsMessageIn {
    MlsMessageIn::tls_deserialize_exact(&bytes.0).expect("an MLS message")
}

fn unchecked(key_package: &KeyPackageIn) -> openmls::prelude::KeyPackage {
    packed::decode(&packed::encode(key_package).expect("has a form")).expect("the same form")
}

/// What was followed.
#[derive(Default, PartialEq, Debug)]
struct Followed {
    /// By number of the suite.
    welcomes: BTreeMap<u16, usize>,
    proposals: usize,
    commits: usize,
}

/// Follows the vectors of these suites.
fn follow<C: OpenMlsCrypto + OpenMlsRand + Default>(file: &str, suites: &[u16]) -> Followed {
    let vectors: Vec<Vector> = serde_json::from_str(file).expect("vectors");
    let mut followed = Followed::default();
    for (n, vector) in vectors.iter().enumerate().filter(|(_, vector)| suites.contains(&vector.cipher_suite)) {
        let mut member = Member::<C>::join(vector);
        assert!(member.is_at(&vector.initial_epoch_authenticator), "vector {n}");
        *followed.welcomes.entry(vector.cipher_suite).or_default() += 1;
        for (epoch, Epoch { proposals, commit, epoch_authenticator }) in vector.epochs.iter().enumerate() {
            member = proposals.iter().chain([commit]).fold(member, Member::hears);
            assert!(member.is_at(epoch_authenticator), "vector {n}, epoch {epoch}");
            followed.proposals += proposals.len();
            followed.commits += 1;
        }
    }
    followed
}

// The room's own cryptography knows suite 1 of those in the vectors. With the one of OpenMLS, which knows them all, the same storage
// keeps groups of suites 2 and 3.
const OWN: &[u16] = &[1];
const OTHERS: &[u16] = &[2, 3];

fn each(suites: &[u16], welcomes: usize) -> BTreeMap<u16, usize> {
    suites.iter().map(|suite| (*suite, welcomes)).collect()
}

#[test]
fn welcomes_of_others_are_understood() {
    let file = include_str!("../../vectors/passive-client-welcome.json");
    let followed = |suites| Followed { welcomes: each(suites, 8), proposals: 0, commits: 0 };
    assert_eq!(follow::<Crypto>(file, OWN), followed(OWN));
    assert_eq!(follow::<RustCrypto>(file, OTHERS), followed(OTHERS));
}

#[test]
fn commits_of_others_are_followed() {
    let file = include_str!("../../vectors/passive-client-handling-commit.json");
    let followed = |suites: &[u16]| Followed {
        welcomes: each(suites, 13),
        proposals: 12 * suites.len(),
        commits: 26 * suites.len(),
    };
    assert_eq!(follow::<Crypto>(file, OWN), followed(OWN));
    assert_eq!(follow::<RustCrypto>(file, OTHERS), followed(OTHERS));
}

#[test]
fn long_history_of_others_is_followed() {
    let followed = follow::<Crypto>(include_str!("../../vectors/passive-client-random.json"), OWN);
    assert_eq!(followed, Followed { welcomes: BTreeMap::from([(1, 1)]), proposals: 384, commits: 60 });
}
