//! Telling: what a seat lets the others know, and nobody keeps.
//!
//! A tell is signed and goes out once, on the channel of the tip. What is lost is not sent again, and nobody asks for it. No key of a
//! state seals it: who holds the secret of that channel can read it, a newcomer that recorded it and came later too.

use std::collections::{BTreeMap, VecDeque};

use rand_core::RngCore;
use record::AuthorKey;

use crate::bounds;
use crate::frame::{Signed, Tell};
use crate::input::{Effect, Error};
use crate::room::{Room, Standing};

/// Most bytes of one tell.
pub const TELL_BYTES: usize = 32 << 10;

/// One opening of a room by its seat.
type Session = [u8; 16];

/// What was told since this room was opened here, as far as a replay is known by it.
#[derive(Default)]
pub(crate) struct Tells {
    /// Drawn with the first own tell.
    session: Option<Session>,
    /// Of the last own tell.
    number: u64,
    /// Of each author the sessions with the highest number heard, the one heard last at the end.
    heard: BTreeMap<AuthorKey, VecDeque<(Session, u64)>>,
}

impl Tells {
    fn next(&mut self, rng: &mut impl RngCore) -> (Session, u64) {
        let session = *self.session.get_or_insert_with(|| {
            let mut session = [0; 16];
            rng.fill_bytes(&mut session);
            session
        });
        self.number += 1;
        (session, self.number)
    }

    /// Whether it was not heard before, nor a later one of its session.
    fn take(&mut self, tell: &Tell) -> bool {
        if !self.heard.contains_key(&tell.author) && self.heard.len() >= bounds::SEATS {
            return false;
        }
        let sessions = self.heard.entry(tell.author).or_default();
        let place = sessions.iter().position(|(session, _)| *session == tell.session);
        // A replay does not move its session back to the end.
        if tell.number <= place.map_or(0, |place| sessions[place].1) {
            return false;
        }
        if let Some(place) = place {
            sessions.remove(place);
        } else if sessions.len() >= bounds::SESSIONS {
            sessions.pop_front();
        }
        sessions.push_back((tell.session, tell.number));
        true
    }

    /// How many authors are remembered.
    pub(crate) fn authors(&self) -> usize {
        self.heard.len()
    }

    /// The most sessions of one author.
    pub(crate) fn most(&self) -> usize {
        self.heard.values().map(VecDeque::len).max().unwrap_or(0)
    }
}

impl Room {
    /// Signs and sends what is not kept.
    pub(crate) fn send_tell(&mut self, bytes: Vec<u8>) -> Result<(), Error> {
        if self.standing() != Standing::Seated || !self.connected || bytes.len() > TELL_BYTES {
            return Err(Error::NotNow);
        }
        let (session, number) = self.tells.next(&mut self.rng);
        let tell = Tell { room: self.id, author: self.me(), session, number, bytes: bytes.into() };
        self.send(Signed::sign(tell, &self.key).encode());
        Ok(())
    }

    pub(crate) fn receive_tell(&mut self, signed: Signed<Tell>) -> Result<(), Error> {
        let tell = signed.body;
        if tell.author == self.me() {
            return Ok(());
        }
        let sits = self.graph.roster(&self.tip).is_some_and(|roster| roster.contains_key(&tell.author));
        if !sits || self.table.removed.contains_key(&tell.author) {
            return Err(Error::PeerMisbehaved("a tell by no seat of the room"));
        }
        if tell.bytes.len() > TELL_BYTES {
            return Err(Error::PeerMisbehaved("a tell that is too long"));
        }
        if self.tells.take(&tell) {
            self.effects.push(Effect::Told { from: tell.author, bytes: tell.bytes.into() });
        }
        Ok(())
    }
}
