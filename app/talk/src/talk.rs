//! The talk itself.

use crate::input::{Effect, Input, Millis};
use crate::invitation::Invitation;
use crate::view::TalkView;

/// What the convener fills in.
pub struct Opening {
    /// Title of the talk.
    pub title: String,
    /// The convener's name.
    pub name: String,
    /// The convener's party.
    pub party: String,
    /// Fresh random bytes; all keys of this seat come from here and from the operating system.
    pub seed: [u8; 32],
}

/// What the newcomer fills in.
pub struct Asking {
    /// The link.
    pub invitation: Invitation,
    /// The newcomer's name.
    pub name: String,
    /// The party the newcomer says to belong to: a claim.
    pub party: String,
    /// Fresh random bytes.
    pub seed: [u8; 32],
}

/// Why something was not done. Nothing has changed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The title, a name or a party is empty or too long.
    #[error("a name is empty or longer than {} bytes", record::NAME_BYTES)]
    Name,
    /// A note is empty or longer than [`record::NOTE_BYTES`].
    #[error("a note has between 1 and {} bytes", record::NOTE_BYTES)]
    NoteLength,
    /// The seat may not do this, or not now.
    #[error("not allowed here or now")]
    NotNow,
}

/// One talk as seen from one seat.
pub struct Talk {}

impl Talk {
    /// Opens a talk: this seat is its convener.
    pub fn open(_opening: Opening, _now: Millis) -> Result<(Self, Vec<Effect>), Error> {
        Ok((Self {}, vec![]))
    }

    /// Asks to join a talk.
    pub fn ask(_asking: Asking, _now: Millis) -> Result<(Self, Vec<Effect>), Error> {
        Ok((Self {}, vec![]))
    }

    /// Takes what happened and returns what to do, in order.
    ///
    /// Only [`Input::Command`] can return an error; bad input from outside is dropped.
    pub fn handle(&mut self, _input: Input, _now: Millis) -> Result<Vec<Effect>, Error> {
        Ok(vec![])
    }

    /// Returns what to show.
    pub fn view(&self) -> TalkView {
        todo!()
    }
}
