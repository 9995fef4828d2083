//! The connection to the relay: which channels are attended on it, and messages cut into payloads and put together.

use std::collections::BTreeMap;

use rand_core::RngCore;
use room::{Assembler, Channel};
use wire::{FrameId, FromClient, Topic};

use crate::input::Effect;

/// The connection to the relay, or the lack of one.
#[derive(Default)]
pub(crate) struct Line {
    host: Option<String>,
    /// Comes with the relay's hello; nothing can be said before.
    challenge: Option<[u8; 32]>,
    assemblers: BTreeMap<Topic, Assembler>,
    frames: u64,
}

/// A payload that was not sealed for its channel.
pub(crate) struct NotSealedHere;

impl Line {
    pub(crate) fn opened(&mut self, host: String) {
        self.lost();
        self.host = Some(host);
    }

    pub(crate) fn greeted(&mut self, challenge: [u8; 32]) {
        self.challenge = Some(challenge);
    }

    pub(crate) fn lost(&mut self) {
        *self = Self { frames: self.frames, ..Self::default() };
    }

    /// Whether something can be said.
    pub(crate) fn is_up(&self) -> bool {
        self.host.is_some() && self.challenge.is_some()
    }

    /// Subscribes to a channel and proves its write key.
    pub(crate) fn attend(&self, channel: &Channel, effects: &mut Vec<Effect>) {
        let (Some(host), Some(challenge)) = (&self.host, &self.challenge) else { return };
        effects.push(Effect::Send(channel.prove(host, challenge)));
        effects.push(Effect::Send(FromClient::Subscribe { topic: channel.topic() }));
    }

    /// Unsubscribes from a channel.
    pub(crate) fn leave(&mut self, topic: Topic, effects: &mut Vec<Effect>) {
        self.assemblers.remove(&topic);
        effects.push(Effect::Send(FromClient::Unsubscribe { topic }));
    }

    /// Seals a message and publishes its payloads.
    pub(crate) fn publish(
        &mut self,
        channel: &Channel,
        message: &[u8],
        rng: &mut impl RngCore,
        effects: &mut Vec<Effect>,
    ) {
        if !self.is_up() {
            return;
        }
        // Nothing this app makes is longer than a channel carries: ops and commits are bounded far below.
        for payload in channel.seal(message, rng).unwrap_or_default() {
            self.frames += 1;
            let (topic, id) = (channel.topic(), FrameId(self.frames));
            effects.push(Effect::Send(FromClient::Publish { topic, id, payload }));
        }
    }

    /// Opens a payload; returns the message when it is whole.
    pub(crate) fn take(&mut self, channel: &Channel, payload: &[u8]) -> Result<Option<Vec<u8>>, NotSealedHere> {
        let part = channel.open(payload).ok_or(NotSealedHere)?;
        Ok(self.assemblers.entry(channel.topic()).or_default().take(part))
    }
}
