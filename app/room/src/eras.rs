//! The channels of a room: one for each era, the time between two removals.
//!
//! The secret of an era is `export_secret("nonpaper/era/v1", state id, 64)` of the state that the latest removal made,
//! or of the first one. Nothing is sent to agree on it, and who was removed does not have it. Old eras are still
//! listened to, because whoever slept through a removal asks there.

use std::collections::BTreeMap;

use minicbor::bytes::ByteVec;
use record::StateId;
use wire::Topic;
use zeroize::Zeroizing;

use crate::bounds;
use crate::channel::{Channel, ChannelSecret};
use crate::input::{Error, Millis};
use crate::mls::{Group, MlsError};

/// How long an old era is listened to.
const LISTENED_MS: Millis = 60 * 24 * 60 * 60 * 1000;

/// One era.
pub(crate) struct Era {
    pub(crate) secret: ChannelSecret,
    pub(crate) channel: Channel,
    /// When it was left; None for the one of the tip.
    left: Option<Millis>,
}

/// The eras this seat knows, by the state that made them.
#[derive(Default)]
pub(crate) struct Eras(BTreeMap<StateId, Era>);

impl Eras {
    /// The secret of the era a state makes.
    pub(crate) fn secret_of(group: &Group) -> Result<ChannelSecret, MlsError> {
        group.export::<64>("nonpaper/era/v1")
    }

    /// The secrets of all eras listened to, for somebody who comes in: the room's branches meet on the channels they share.
    pub(crate) fn secrets(&self) -> Vec<(StateId, ByteVec)> {
        self.0.iter().map(|(state, era)| (*state, era.secret.to_vec().into())).collect()
    }

    /// Reads what somebody who comes in is given.
    pub(crate) fn read(secrets: &[(StateId, ByteVec)]) -> Option<BTreeMap<StateId, ChannelSecret>> {
        let secret = |(state, bytes): &(StateId, ByteVec)| {
            <[u8; 64]>::try_from(bytes.as_slice()).ok().map(|secret| (*state, Zeroizing::new(secret)))
        };
        secrets.iter().take(bounds::ERAS).map(secret).collect()
    }

    /// Keeps the secret of an era.
    pub(crate) fn insert(&mut self, state: StateId, secret: ChannelSecret) -> &Channel {
        let channel = Channel::new(&secret);
        &self.0.entry(state).or_insert(Era { secret, channel, left: Some(0) }).channel
    }

    pub(crate) fn get(&self, state: &StateId) -> Option<&Era> {
        self.0.get(state)
    }

    pub(crate) fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.0.values().map(|era| &era.channel)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Marks the era of the tip; forgets those left too long ago. Returns the topics no longer listened to.
    pub(crate) fn stand_in(&mut self, current: StateId, now: Millis) -> Vec<Topic> {
        for (state, era) in &mut self.0 {
            era.left = if *state == current { None } else { Some(era.left.filter(|at| *at > 0).unwrap_or(now)) };
        }
        let mut gone = Vec::new();
        loop {
            let oldest = self.0.iter().filter_map(|(state, era)| era.left.map(|left| (left, *state))).min();
            let Some((left, state)) = oldest else { return gone };
            if self.0.len() <= bounds::ERAS && now < left.saturating_add(LISTENED_MS) {
                return gone;
            }
            gone.extend(self.0.remove(&state).map(|era| era.channel.topic()));
        }
    }

    /// For the vault.
    pub(crate) fn rows(&self) -> Vec<(StateId, ByteVec, Option<Millis>)> {
        self.0.iter().map(|(state, era)| (*state, era.secret.to_vec().into(), era.left)).collect()
    }

    pub(crate) fn from_rows(rows: Vec<(StateId, ByteVec, Option<Millis>)>) -> Result<Self, Error> {
        let mut eras = BTreeMap::new();
        for (state, secret, left) in rows {
            let secret = <[u8; 64]>::try_from(secret.as_slice()).map_err(|_| Error::Bug("a kept era"))?;
            let secret = Zeroizing::new(secret);
            eras.insert(state, Era { channel: Channel::new(&secret), secret, left });
        }
        Ok(Self(eras))
    }
}
