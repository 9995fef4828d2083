//! Where OpenMLS keeps a group: an ordered map in memory, of which an image is a shared copy.
//!
//! A name is one byte for the kind of value and then, as packed CBOR, what OpenMLS asks by; a value is one item of
//! packed CBOR. Values are wiped when the last image that holds them goes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use minicbor::{Decoder, Encoder};
use openmls_traits::storage::{CURRENT_VERSION as V, StorageProvider, traits as kind};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{MlsError, packed};

type Values = BTreeMap<Vec<u8>, Arc<Zeroizing<Vec<u8>>>>;

/// Everything OpenMLS keeps of a group at one state, its pending commit included.
#[derive(Clone)]
pub(crate) struct Image(Arc<Values>);

impl Image {
    /// Writes the image as one CBOR map of byte strings, RFC 8949 section 4.2.1. It holds private keys.
    ///
    /// Under the empty name, which comes first, stands `SHA-256("nonpaper/image/v1" ‖ the entries that follow)`:
    /// OpenMLS can panic over a value that is well formed but bent.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut entries: Vec<_> = self.0.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect();
        // The order of the encoded names.
        entries.sort_unstable_by_key(|(name, _)| (name.len(), *name));
        // Enough for all the heads: growing would leave copies behind.
        let length: usize = entries.iter().map(|(name, value)| name.len() + value.len() + 18).sum();
        let mut encoder = Encoder::new(Vec::with_capacity(length + 48));
        let start = put(&mut encoder, &entries).expect("a Vec takes all");
        let mut bytes = encoder.into_writer();
        let digest = digest(&bytes[start..]);
        bytes[start - digest.len()..start].copy_from_slice(&digest);
        bytes
    }

    /// Reads an image; only the one encoding that is written.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, MlsError> {
        let image = Self::parse(bytes).map_err(|_| MlsError::Invalid("image"))?;
        if *Zeroizing::new(image.encode()) == bytes { Ok(image) } else { Err(MlsError::Invalid("image")) }
    }

    /// Reads the entries, the digest left to be compared.
    fn parse(bytes: &[u8]) -> Result<Self, minicbor::decode::Error> {
        let mut decoder = Decoder::new(bytes);
        let mut values = Values::new();
        for _ in 0..decoder.map()?.unwrap_or_default() {
            let name = decoder.bytes()?.to_vec();
            let value = decoder.bytes()?.to_vec();
            if !name.is_empty() {
                values.insert(name, Arc::new(Zeroizing::new(value)));
            }
        }
        Ok(Self(Arc::new(values)))
    }
}

/// Writes the entries after a place for their digest, and says where they start.
fn put(
    encoder: &mut Encoder<Vec<u8>>,
    entries: &[(&[u8], &[u8])],
) -> Result<usize, minicbor::encode::Error<std::convert::Infallible>> {
    encoder.map(entries.len() as u64 + 1)?.bytes(&[])?.bytes(&[0; 32])?;
    let start = encoder.writer().len();
    for (name, value) in entries {
        encoder.bytes(name)?.bytes(value)?;
    }
    Ok(start)
}

fn digest(entries: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(b"nonpaper/image/v1").chain_update(entries).finalize().into()
}

/// Storage of one group, or of one key package. It is never waited for and never shared between threads.
#[derive(Default)]
pub(super) struct Storage(RefCell<Arc<Values>>);

/// What can go wrong in memory.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub(super) enum StorageError {
    #[error("a value has no form in CBOR")]
    Encode,
    #[error("a kept value is not what it should be")]
    Decode,
}

/// Kinds of values. The numbers are in every image.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    JoinConfig = 1,
    OwnLeafNodes = 2,
    ProposalRefs = 3,
    Proposal = 4,
    Tree = 5,
    InterimTranscriptHash = 6,
    Context = 7,
    ConfirmationTag = 8,
    GroupState = 9,
    MessageSecrets = 10,
    ResumptionPsks = 11,
    OwnLeafIndex = 12,
    EpochSecrets = 13,
    EpochKeyPairs = 14,
    KeyPackage = 15,
    EncryptionKeyPair = 16,
    SignatureKeyPair = 17,
    Psk = 18,
}

impl Kind {
    fn of<K: Serialize>(self, key: K) -> Result<Vec<u8>, StorageError> {
        let key = packed::encode(&key).ok_or(StorageError::Encode)?;
        Ok([&[self as u8], key.as_slice()].concat())
    }
}

impl Storage {
    /// Starts from an image.
    pub(super) fn of(image: &Image) -> Self {
        Self(RefCell::new(image.0.clone()))
    }

    /// Takes an image; copied is only what changes afterwards.
    pub(super) fn image(&self) -> Image {
        Image(self.0.borrow().clone())
    }

    fn put<T: Serialize + ?Sized>(&self, name: Vec<u8>, value: &T) -> Result<(), StorageError> {
        let value = packed::encode(value).ok_or(StorageError::Encode)?;
        Arc::make_mut(&mut *self.0.borrow_mut()).insert(name, Arc::new(value));
        Ok(())
    }

    fn find<T: DeserializeOwned>(&self, name: &[u8]) -> Result<Option<T>, StorageError> {
        let value = self.0.borrow().get(name).cloned();
        value.map(|value| packed::decode(&value).ok_or(StorageError::Decode)).transpose()
    }

    fn list<T: DeserializeOwned>(&self, name: &[u8]) -> Result<Vec<T>, StorageError> {
        self.find(name).map(Option::unwrap_or_default)
    }

    fn forget(&self, name: &[u8]) -> Result<(), StorageError> {
        let mut values = self.0.borrow_mut();
        if values.contains_key(name) {
            Arc::make_mut(&mut *values).remove(name);
        }
        Ok(())
    }
}

impl StorageProvider<V> for Storage {
    type Error = StorageError;

    fn write_mls_join_config<G: kind::GroupId<V>, T: kind::MlsGroupJoinConfig<V>>(
        &self,
        group: &G,
        config: &T,
    ) -> Result<(), StorageError> {
        self.put(Kind::JoinConfig.of(group)?, config)
    }

    fn mls_group_join_config<G: kind::GroupId<V>, T: kind::MlsGroupJoinConfig<V>>(
        &self,
        group: &G,
    ) -> Result<Option<T>, StorageError> {
        self.find(&Kind::JoinConfig.of(group)?)
    }

    fn delete_group_config<G: kind::GroupId<V>>(&self, group: &G) -> Result<(), StorageError> {
        self.forget(&Kind::JoinConfig.of(group)?)
    }

    fn append_own_leaf_node<G: kind::GroupId<V>, T: kind::LeafNode<V>>(
        &self,
        group: &G,
        leaf: &T,
    ) -> Result<(), StorageError> {
        let name = Kind::OwnLeafNodes.of(group)?;
        let leaves: Vec<T> = self.list(&name)?;
        let leaves: Vec<&T> = leaves.iter().chain([leaf]).collect();
        self.put(name, &leaves)
    }

    fn own_leaf_nodes<G: kind::GroupId<V>, T: kind::LeafNode<V>>(&self, group: &G) -> Result<Vec<T>, StorageError> {
        self.list(&Kind::OwnLeafNodes.of(group)?)
    }

    fn delete_own_leaf_nodes<G: kind::GroupId<V>>(&self, group: &G) -> Result<(), StorageError> {
        self.forget(&Kind::OwnLeafNodes.of(group)?)
    }

    fn queue_proposal<G: kind::GroupId<V>, R: kind::ProposalRef<V>, T: kind::QueuedProposal<V>>(
        &self,
        group: &G,
        reference: &R,
        proposal: &T,
    ) -> Result<(), StorageError> {
        self.put(Kind::Proposal.of((group, reference))?, proposal)?;
        let name = Kind::ProposalRefs.of(group)?;
        let queued: Vec<R> = self.list(&name)?;
        let queued: Vec<&R> = queued.iter().chain([reference]).collect();
        self.put(name, &queued)
    }

    fn queued_proposal_refs<G: kind::GroupId<V>, R: kind::ProposalRef<V>>(
        &self,
        group: &G,
    ) -> Result<Vec<R>, StorageError> {
        self.list(&Kind::ProposalRefs.of(group)?)
    }

    fn queued_proposals<G: kind::GroupId<V>, R: kind::ProposalRef<V>, T: kind::QueuedProposal<V>>(
        &self,
        group: &G,
    ) -> Result<Vec<(R, T)>, StorageError> {
        let queued: Vec<R> = self.queued_proposal_refs(group)?;
        let proposal = |reference: R| {
            let proposal = self.find(&Kind::Proposal.of((group, &reference))?)?;
            Ok((reference, proposal.ok_or(StorageError::Decode)?))
        };
        queued.into_iter().map(proposal).collect()
    }

    fn remove_proposal<G: kind::GroupId<V>, R: kind::ProposalRef<V>>(
        &self,
        group: &G,
        reference: &R,
    ) -> Result<(), StorageError> {
        let removed = Kind::Proposal.of((group, reference))?;
        self.forget(&removed)?;
        // A reference cannot be compared, its name can.
        let mut queued: Vec<R> = self.queued_proposal_refs(group)?;
        queued.retain(|reference| Kind::Proposal.of((group, reference)).is_ok_and(|name| name != removed));
        self.put(Kind::ProposalRefs.of(group)?, &queued)
    }

    fn clear_proposal_queue<G: kind::GroupId<V>, R: kind::ProposalRef<V>>(
        &self,
        group: &G,
    ) -> Result<(), StorageError> {
        let queued: Vec<R> = self.queued_proposal_refs(group)?;
        for reference in queued {
            self.forget(&Kind::Proposal.of((group, reference))?)?;
        }
        self.forget(&Kind::ProposalRefs.of(group)?)
    }

    fn write_tree<G: kind::GroupId<V>, T: kind::TreeSync<V>>(&self, group: &G, tree: &T) -> Result<(), StorageError> {
        self.put(Kind::Tree.of(group)?, tree)
    }

    fn tree<G: kind::GroupId<V>, T: kind::TreeSync<V>>(&self, group: &G) -> Result<Option<T>, StorageError> {
        self.find(&Kind::Tree.of(group)?)
    }

    fn delete_tree<G: kind::GroupId<V>>(&self, group: &G) -> Result<(), StorageError> {
        self.forget(&Kind::Tree.of(group)?)
    }

    fn write_interim_transcript_hash<G: kind::GroupId<V>, T: kind::InterimTranscriptHash<V>>(
        &self,
        group: &G,
        hash: &T,
    ) -> Result<(), StorageError> {
        self.put(Kind::InterimTranscriptHash.of(group)?, hash)
    }

    fn interim_transcript_hash<G: kind::GroupId<V>, T: kind::InterimTranscriptHash<V>>(
        &self,
        group: &G,
    ) -> Result<Option<T>, StorageError> {
        self.find(&Kind::InterimTranscriptHash.of(group)?)
    }

    fn delete_interim_transcript_hash<G: kind::GroupId<V>>(&self, group: &G) -> Result<(), StorageError> {
        self.forget(&Kind::InterimTranscriptHash.of(group)?)
    }

    fn write_context<G: kind::GroupId<V>, T: kind::GroupContext<V>>(
        &self,
        group: &G,
        context: &T,
    ) -> Result<(), StorageError> {
        self.put(Kind::Context.of(group)?, context)
    }

    fn group_context<G: kind::GroupId<V>, T: kind::GroupContext<V>>(
        &self,
        group: &G,
    ) -> Result<Option<T>, StorageError> {
        self.find(&Kind::Context.of(group)?)
    }

    fn delete_context<G: kind::GroupId<V>>(&self, group: &G) -> Result<(), StorageError> {
        self.forget(&Kind::Context.of(group)?)
    }

    fn write_confirmation_tag<G: kind::GroupId<V>, T: kind::ConfirmationTag<V>>(
        &self,
        group: &G,
        tag: &T,
    ) -> Result<(), StorageError> {
        self.put(Kind::ConfirmationTag.of(group)?, tag)
    }

    fn confirmation_tag<G: kind::GroupId<V>, T: kind::ConfirmationTag<V>>(
        &self,
        group: &G,
    ) -> Result<Option<T>, StorageError> {
        self.find(&Kind::ConfirmationTag.of(group)?)
    }

    fn delete_confirmation_tag<G: kind::GroupId<V>>(&self, group: &G) -> Result<(), StorageError> {
        self.forget(&Kind::ConfirmationTag.of(group)?)
    }

    fn write_group_state<T: kind::GroupState<V>, G: kind::GroupId<V>>(
        &self,
        group: &G,
        state: &T,
    ) -> Result<(), StorageError> {
        self.put(Kind::GroupState.of(group)?, state)
    }

    fn group_state<T: kind::GroupState<V>, G: kind::GroupId<V>>(&self, group: &G) -> Result<Option<T>, StorageError> {
        self.find(&Kind::GroupState.of(group)?)
    }

    fn delete_group_state<G: kind::GroupId<V>>(&self, group: &G) -> Result<(), StorageError> {
        self.forget(&Kind::GroupState.of(group)?)
    }

    fn write_message_secrets<G: kind::GroupId<V>, T: kind::MessageSecrets<V>>(
        &self,
        group: &G,
        secrets: &T,
    ) -> Result<(), StorageError> {
        self.put(Kind::MessageSecrets.of(group)?, secrets)
    }

    fn message_secrets<G: kind::GroupId<V>, T: kind::MessageSecrets<V>>(
        &self,
        group: &G,
    ) -> Result<Option<T>, StorageError> {
        self.find(&Kind::MessageSecrets.of(group)?)
    }

    fn delete_message_secrets<G: kind::GroupId<V>>(&self, group: &G) -> Result<(), StorageError> {
        self.forget(&Kind::MessageSecrets.of(group)?)
    }

    fn write_resumption_psk_store<G: kind::GroupId<V>, T: kind::ResumptionPskStore<V>>(
        &self,
        group: &G,
        psks: &T,
    ) -> Result<(), StorageError> {
        self.put(Kind::ResumptionPsks.of(group)?, psks)
    }

    fn resumption_psk_store<G: kind::GroupId<V>, T: kind::ResumptionPskStore<V>>(
        &self,
        group: &G,
    ) -> Result<Option<T>, StorageError> {
        self.find(&Kind::ResumptionPsks.of(group)?)
    }

    fn delete_all_resumption_psk_secrets<G: kind::GroupId<V>>(&self, group: &G) -> Result<(), StorageError> {
        self.forget(&Kind::ResumptionPsks.of(group)?)
    }

    fn write_own_leaf_index<G: kind::GroupId<V>, T: kind::LeafNodeIndex<V>>(
        &self,
        group: &G,
        index: &T,
    ) -> Result<(), StorageError> {
        self.put(Kind::OwnLeafIndex.of(group)?, index)
    }

    fn own_leaf_index<G: kind::GroupId<V>, T: kind::LeafNodeIndex<V>>(
        &self,
        group: &G,
    ) -> Result<Option<T>, StorageError> {
        self.find(&Kind::OwnLeafIndex.of(group)?)
    }

    fn delete_own_leaf_index<G: kind::GroupId<V>>(&self, group: &G) -> Result<(), StorageError> {
        self.forget(&Kind::OwnLeafIndex.of(group)?)
    }

    fn write_group_epoch_secrets<G: kind::GroupId<V>, T: kind::GroupEpochSecrets<V>>(
        &self,
        group: &G,
        secrets: &T,
    ) -> Result<(), StorageError> {
        self.put(Kind::EpochSecrets.of(group)?, secrets)
    }

    fn group_epoch_secrets<G: kind::GroupId<V>, T: kind::GroupEpochSecrets<V>>(
        &self,
        group: &G,
    ) -> Result<Option<T>, StorageError> {
        self.find(&Kind::EpochSecrets.of(group)?)
    }

    fn delete_group_epoch_secrets<G: kind::GroupId<V>>(&self, group: &G) -> Result<(), StorageError> {
        self.forget(&Kind::EpochSecrets.of(group)?)
    }

    fn write_encryption_epoch_key_pairs<G: kind::GroupId<V>, E: kind::EpochKey<V>, T: kind::HpkeKeyPair<V>>(
        &self,
        group: &G,
        epoch: &E,
        leaf: u32,
        pairs: &[T],
    ) -> Result<(), StorageError> {
        self.put(Kind::EpochKeyPairs.of((group, epoch, leaf))?, pairs)
    }

    fn encryption_epoch_key_pairs<G: kind::GroupId<V>, E: kind::EpochKey<V>, T: kind::HpkeKeyPair<V>>(
        &self,
        group: &G,
        epoch: &E,
        leaf: u32,
    ) -> Result<Vec<T>, StorageError> {
        self.list(&Kind::EpochKeyPairs.of((group, epoch, leaf))?)
    }

    fn delete_encryption_epoch_key_pairs<G: kind::GroupId<V>, E: kind::EpochKey<V>>(
        &self,
        group: &G,
        epoch: &E,
        leaf: u32,
    ) -> Result<(), StorageError> {
        self.forget(&Kind::EpochKeyPairs.of((group, epoch, leaf))?)
    }

    fn write_key_package<K: kind::HashReference<V>, T: kind::KeyPackage<V>>(
        &self,
        reference: &K,
        key_package: &T,
    ) -> Result<(), StorageError> {
        self.put(Kind::KeyPackage.of(reference)?, key_package)
    }

    fn key_package<K: kind::HashReference<V>, T: kind::KeyPackage<V>>(
        &self,
        reference: &K,
    ) -> Result<Option<T>, StorageError> {
        self.find(&Kind::KeyPackage.of(reference)?)
    }

    fn delete_key_package<K: kind::HashReference<V>>(&self, reference: &K) -> Result<(), StorageError> {
        self.forget(&Kind::KeyPackage.of(reference)?)
    }

    fn write_encryption_key_pair<K: kind::EncryptionKey<V>, T: kind::HpkeKeyPair<V>>(
        &self,
        public: &K,
        pair: &T,
    ) -> Result<(), StorageError> {
        self.put(Kind::EncryptionKeyPair.of(public)?, pair)
    }

    fn encryption_key_pair<T: kind::HpkeKeyPair<V>, K: kind::EncryptionKey<V>>(
        &self,
        public: &K,
    ) -> Result<Option<T>, StorageError> {
        self.find(&Kind::EncryptionKeyPair.of(public)?)
    }

    fn delete_encryption_key_pair<K: kind::EncryptionKey<V>>(&self, public: &K) -> Result<(), StorageError> {
        self.forget(&Kind::EncryptionKeyPair.of(public)?)
    }

    fn write_signature_key_pair<K: kind::SignaturePublicKey<V>, T: kind::SignatureKeyPair<V>>(
        &self,
        public: &K,
        pair: &T,
    ) -> Result<(), StorageError> {
        self.put(Kind::SignatureKeyPair.of(public)?, pair)
    }

    fn signature_key_pair<K: kind::SignaturePublicKey<V>, T: kind::SignatureKeyPair<V>>(
        &self,
        public: &K,
    ) -> Result<Option<T>, StorageError> {
        self.find(&Kind::SignatureKeyPair.of(public)?)
    }

    fn delete_signature_key_pair<K: kind::SignaturePublicKey<V>>(&self, public: &K) -> Result<(), StorageError> {
        self.forget(&Kind::SignatureKeyPair.of(public)?)
    }

    fn write_psk<K: kind::PskId<V>, T: kind::PskBundle<V>>(&self, id: &K, psk: &T) -> Result<(), StorageError> {
        self.put(Kind::Psk.of(id)?, psk)
    }

    fn psk<T: kind::PskBundle<V>, K: kind::PskId<V>>(&self, id: &K) -> Result<Option<T>, StorageError> {
        self.find(&Kind::Psk.of(id)?)
    }

    fn delete_psk<K: kind::PskId<V>>(&self, id: &K) -> Result<(), StorageError> {
        self.forget(&Kind::Psk.of(id)?)
    }
}

#[cfg(test)]
mod tests;
