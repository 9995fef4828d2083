//! One MLS group at one state, and what leads from there to the next.

use std::collections::{BTreeMap, BTreeSet};

use openmls::prelude::tls_codec::{Deserialize as _, Serialize as _};
use openmls::prelude::{
    GroupId, LeafNodeIndex, MlsGroup, MlsMessageBodyIn, MlsMessageIn, ProcessedMessageContent, StagedCommit,
    StagedWelcome,
};
use openmls_traits::OpenMlsProvider as _;
use record::{AuthorKey, KeyPackageHash, RoomId, StateId};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::key_package::{author, hash_of};
use super::provider::Provider;
use super::{Image, KeyPackage, KeyPackageSecrets, MlsError, Rules, SeatKey, config};

/// One MLS group at one state.
pub(crate) struct Group {
    room: RoomId,
    provider: Provider,
    mls: MlsGroup,
}

/// An own commit, not merged yet.
pub(crate) struct Staged {
    pub(crate) commit: Vec<u8>,
    pub(crate) welcome: Vec<u8>,
    pub(crate) new_state: StateId,
}

/// Somebody's commit as MLS understood it, not merged yet.
pub(crate) struct Candidate {
    commit: Box<StagedCommit>,
    pub(crate) committer: AuthorKey,
    pub(crate) adds: BTreeMap<AuthorKey, KeyPackageHash>,
    pub(crate) removes: BTreeSet<AuthorKey>,
    /// Whether everything else stays as it is: rules, leaf keys, credentials, capabilities; no other proposals.
    pub(crate) plain: bool,
    /// What its author said of it besides.
    pub(crate) claims: Vec<u8>,
    pub(crate) new_state: Option<StateId>,
}

impl Group {
    /// Founds a room with one seat.
    pub(crate) fn found(room: RoomId, rules: &Rules, key: &SeatKey) -> Result<Self, MlsError> {
        let provider = <Provider>::default();
        let id = GroupId::from_slice(&room.0);
        let mls = MlsGroup::new_with_group_id(&provider, key, &config::create(rules)?, id, config::credential(key))
            .map_err(|_| MlsError::Failed("found a group"))?;
        Ok(Self { room, provider, mls })
    }

    /// Joins by a Welcome, RFC 9420 section 12.4.3.1. The key package's private keys are gone afterwards.
    pub(crate) fn join(secrets: KeyPackageSecrets, welcome: &[u8]) -> Result<Self, MlsError> {
        let provider = secrets.provider;
        let message = MlsMessageIn::tls_deserialize_exact(welcome).map_err(|_| MlsError::Invalid("welcome"))?;
        let MlsMessageBodyIn::Welcome(welcome) = message.extract() else {
            return Err(MlsError::Invalid("not a welcome"));
        };
        // Lifetimes are equal for all and checked at the door; the clock of this browser must not judge them again.
        let staged = StagedWelcome::build_from_welcome(&provider, &config::join(), welcome)
            .map_err(|_| MlsError::Invalid("welcome"))?
            .skip_lifetime_validation()
            .build()
            .map_err(|_| MlsError::Invalid("welcome"))?;
        let mls = staged.into_group(&provider).map_err(|_| MlsError::Invalid("welcome"))?;
        let room = mls.group_id().as_slice().try_into().map_err(|_| MlsError::Invalid("room id"))?;
        let group = Self { room: RoomId(room), provider, mls };
        group.rules()?;
        Ok(group)
    }

    pub(crate) fn room(&self) -> RoomId {
        self.room
    }

    pub(crate) fn rules(&self) -> Result<Rules, MlsError> {
        config::rules(self.mls.extensions())
    }

    pub(crate) fn state(&self) -> StateId {
        state_id(&self.room, self.mls.epoch().as_u64(), self.mls.epoch_authenticator().as_slice())
    }

    /// The seats in the tree.
    pub(crate) fn seats(&self) -> Result<BTreeSet<AuthorKey>, MlsError> {
        self.mls.members().map(|member| author(&member.signature_key, &member.credential)).collect()
    }

    /// A secret of this state, RFC 9420 section 8.5.
    pub(crate) fn export<const N: usize>(&self, label: &str) -> Result<Zeroizing<[u8; N]>, MlsError> {
        let secret = self
            .mls
            .export_secret(self.provider.crypto(), label, &self.state().0, N)
            .map(Zeroizing::new)
            .map_err(|_| MlsError::Failed("export a secret"))?;
        let mut bytes = Zeroizing::new([0; N]);
        bytes.copy_from_slice(&secret);
        Ok(bytes)
    }

    /// Tells this state apart from all others that call themselves the same.
    pub(crate) fn authenticator(&self) -> &[u8] {
        self.mls.epoch_authenticator().as_slice()
    }

    /// How many commits lie between the first state and this one.
    pub(crate) fn epoch(&self) -> u64 {
        self.mls.epoch().as_u64()
    }

    /// Stages a commit that takes seats away, adds these key packages, and refreshes the own path.
    ///
    /// A seat that is in the tree and is added again is swapped: its old leaf goes. `claims` become part of the commit and of
    /// the state it leads to, as its authenticated data (RFC 9420 section 6).
    pub(crate) fn stage(
        &mut self,
        removes: &BTreeSet<AuthorKey>,
        adds: &[KeyPackage],
        key: &SeatKey,
        claims: &[u8],
    ) -> Result<Staged, MlsError> {
        if self.mls.pending_commit().is_some() {
            return Err(MlsError::Failed("a commit is pending"));
        }
        let leaves = self.leaves()?;
        let goes = |leaf: &Leaf| removes.contains(&leaf.key) || adds.iter().any(|add| add.seat() == leaf.key);
        let gone: Vec<LeafNodeIndex> = leaves.iter().filter(|(_, leaf)| goes(leaf)).map(|(index, _)| *index).collect();
        self.mls.set_aad(claims.to_vec());
        let bundle = self
            .mls
            .commit_builder()
            .propose_removals(gone)
            .propose_adds(adds.iter().map(|key_package| key_package.inner.clone()))
            .force_self_update(true)
            .load_psks(self.provider.storage())
            .map_err(|_| MlsError::Failed("stage a commit"))?
            .build(self.provider.rand(), self.provider.crypto(), key, |_| true)
            .map_err(|_| MlsError::Failed("stage a commit"))?
            .stage_commit(&self.provider)
            .map_err(|_| MlsError::Failed("stage a commit"))?;
        let (commit, welcome, _) = bundle.into_messages();
        let encode = |message: openmls::prelude::MlsMessageOut| {
            message.tls_serialize_detached().map_err(|_| MlsError::Failed("encode a commit"))
        };
        let new_state = self.pending_state().ok_or(MlsError::Failed("no pending commit"))?;
        Ok(Staged { commit: encode(commit)?, welcome: welcome.map(encode).transpose()?.unwrap_or_default(), new_state })
    }

    /// The state an own pending commit leads to.
    pub(crate) fn pending_state(&self) -> Option<StateId> {
        self.mls.pending_commit().and_then(|commit| next_state(&self.room, commit))
    }

    /// What only a client does that makes several commits on one state.
    #[cfg(feature = "parts")]
    pub(crate) fn forget_pending(&mut self) -> Result<(), MlsError> {
        let cleared = self.mls.clear_pending_commit(self.provider.storage());
        cleared.map_err(|_| MlsError::Failed("clear a pending commit"))
    }

    pub(crate) fn merge_pending(&mut self) -> Result<(), MlsError> {
        self.mls.merge_pending_commit(&self.provider).map_err(|_| MlsError::Failed("merge a commit"))
    }

    /// Processes somebody else's commit up to, but without, merging it.
    pub(crate) fn process(&mut self, commit: &[u8]) -> Result<Candidate, MlsError> {
        let message = MlsMessageIn::tls_deserialize_exact(commit).map_err(|_| MlsError::Invalid("commit"))?;
        let message = message.try_into_protocol_message().map_err(|_| MlsError::Invalid("not a commit"))?;
        let leaves = self.leaves()?;
        let processed = self.mls.process_message(&self.provider, message).map_err(|_| MlsError::Invalid("commit"))?;
        let openmls::prelude::Sender::Member(committer) = *processed.sender() else {
            return Err(MlsError::Invalid("commit by no member"));
        };
        let committer = leaves.get(&committer).ok_or(MlsError::Invalid("commit by no member"))?;
        let claims = processed.aad().to_vec();
        let ProcessedMessageContent::StagedCommitMessage(commit) = processed.into_content() else {
            return Err(MlsError::Invalid("not a commit"));
        };
        let mut adds = BTreeMap::new();
        for add in commit.add_proposals() {
            let key_package = add.add_proposal().key_package();
            let leaf = key_package.leaf_node();
            adds.insert(author(leaf.signature_key().as_slice(), leaf.credential())?, hash_of(key_package)?);
        }
        let mut removes = BTreeSet::new();
        for remove in commit.remove_proposals() {
            let removed = remove.remove_proposal().removed();
            removes.insert(leaves.get(&removed).ok_or(MlsError::Invalid("removes nobody"))?.key);
        }
        let proposals = commit.queued_proposals().count() == adds.len() + removes.len();
        let rules = commit.group_context().extensions() == self.mls.extensions();
        let path = commit.update_path_leaf_node().is_some_and(|leaf| {
            leaf.signature_key().as_slice() == committer.key.0
                && leaf.credential().serialized_content() == committer.key.0
                && *leaf.capabilities() == committer.capabilities
        });
        let new_state = next_state(&self.room, &commit);
        let (committer, plain) = (committer.key, proposals && rules && path);
        Ok(Candidate { commit, committer, adds, removes, plain, claims, new_state })
    }

    pub(crate) fn merge(&mut self, candidate: Candidate) -> Result<(), MlsError> {
        self.mls.merge_staged_commit(&self.provider, *candidate.commit).map_err(|_| MlsError::Failed("merge a commit"))
    }

    /// Takes an image of this state.
    pub(crate) fn image(&self) -> Result<Image, MlsError> {
        Ok(self.provider.storage().image())
    }

    /// Opens a room at the state of an image.
    pub(crate) fn from_image(room: RoomId, image: &Image) -> Result<Self, MlsError> {
        let provider = Provider::of(image);
        let loaded = MlsGroup::load(provider.storage(), &GroupId::from_slice(&room.0));
        let mls = loaded.ok().flatten().ok_or(MlsError::Failed("load an image"))?;
        let group = Self { room, provider, mls };
        group.rules()?;
        Ok(group)
    }

    /// Goes back, or forth, to an image.
    pub(crate) fn restore(&mut self, image: &Image) -> Result<(), MlsError> {
        *self = Self::from_image(self.room, image)?;
        Ok(())
    }

    fn leaves(&self) -> Result<BTreeMap<LeafNodeIndex, Leaf>, MlsError> {
        let mut leaves = BTreeMap::new();
        for member in self.mls.members() {
            let key = author(&member.signature_key, &member.credential)?;
            let capabilities = config::capabilities(self.rules()?.suite);
            leaves.insert(member.index, Leaf { key, capabilities });
        }
        Ok(leaves)
    }
}

struct Leaf {
    key: AuthorKey,
    capabilities: openmls::prelude::Capabilities,
}

fn next_state(room: &RoomId, commit: &StagedCommit) -> Option<StateId> {
    let authenticator = commit.epoch_authenticator()?;
    Some(state_id(room, commit.epoch().as_u64(), authenticator.as_slice()))
}

/// `SHA-256("nonpaper/state/v1" ‖ room ‖ epoch as u64 BE ‖ epoch authenticator)`.
fn state_id(room: &RoomId, epoch: u64, authenticator: &[u8]) -> StateId {
    let hash = Sha256::new()
        .chain_update(b"nonpaper/state/v1")
        .chain_update(room.0)
        .chain_update(epoch.to_be_bytes())
        .chain_update(authenticator);
    StateId(hash.finalize().into())
}
