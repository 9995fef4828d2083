//! What goes into a room and what comes out of it.

use record::{Add, AuthorKey, Body, OpId};

use crate::mls::KeyPackage;

/// Milliseconds since 1970-01-01 UTC, by the shell's clock. Paces what this seat sends; never judges what others did.
pub type Millis = u64;

/// Something that happened outside the room.
pub enum Input<'a> {
    /// The channel can be published on.
    Connected,
    /// It cannot any more.
    Disconnected,
    /// The relay dropped frames of this channel.
    Gap,
    /// A message came in on the channel, opened and put together.
    Message(&'a [u8]),
    /// The time of the last [`Effect::Wake`] has come.
    Timer,
    /// The person says something.
    Write(Body),
    /// The person at the door was admitted: the intent, and the key package it names.
    Admit(Add, Box<KeyPackage>),
}

/// What must be done, in order.
pub enum Effect {
    /// Publish this message on the channel. If there is no connection it may be dropped: the room asks again.
    Send(Vec<u8>),
    /// Call again with [`Input::Timer`] at this time. Replaces the earlier request.
    Wake(Millis),
    /// A seat is in the tree: give it this, by the door.
    Welcome {
        /// The newcomer.
        seat: AuthorKey,
        /// The MLS Welcome and what a newcomer needs besides; see [`crate::Room::enter`].
        entry: Vec<u8>,
    },
    /// Something to show has changed.
    Show(Event),
}

/// What changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// Seats, links, who holds what, who was heard.
    Changed,
    /// An op by somebody else came in.
    Arrived(OpId),
    /// A seat signed two ops with one number: its profile was copied, or it lies.
    TwoVersions(AuthorKey),
}

/// Why an input was not taken, or not all of it. What else was due is done all the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
    /// Bytes from outside that an honest client never sends. The room goes on.
    #[error("refused from outside: {0}")]
    PeerMisbehaved(&'static str),
    /// Not allowed to this seat, or not now.
    #[error("not allowed here or now")]
    NotNow,
    /// Something that must not happen: this program is wrong.
    #[error("a fault of this program: {0}")]
    Bug(&'static str),
}

impl From<crate::frame::FrameError> for Error {
    fn from(error: crate::frame::FrameError) -> Self {
        match error {
            crate::frame::FrameError::Malformed => Error::PeerMisbehaved("not a frame"),
            crate::frame::FrameError::WrongSignature => Error::PeerMisbehaved("wrong signature"),
            crate::frame::FrameError::OtherRoom => Error::PeerMisbehaved("frame of another room"),
        }
    }
}

impl From<crate::mls::MlsError> for Error {
    fn from(error: crate::mls::MlsError) -> Self {
        match error {
            crate::mls::MlsError::Invalid(what) => Error::PeerMisbehaved(what),
            crate::mls::MlsError::Failed(what) => Error::Bug(what),
        }
    }
}
