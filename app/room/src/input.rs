//! What goes into a room and what comes out of it.

use minicbor::{Decode, Encode};
use record::{Add, AuthorKey, Body, OpId};
use wire::Topic;

use crate::channel::Channel;
use crate::mls::KeyPackage;
use crate::store::Batch;

/// Milliseconds since 1970-01-01 UTC, by the shell's clock. Paces what this seat sends; never judges what others did.
pub type Millis = u64;

/// Something that happened outside the room.
pub enum Input<'a> {
    /// The channels can be published on.
    Connected,
    /// They cannot any more.
    Disconnected,
    /// The relay dropped frames of a channel.
    Gap,
    /// A message came in on one of the channels, opened and put together.
    Message(Topic, &'a [u8]),
    /// The time of the last [`Effect::Wake`] has come.
    Timer,
    /// The person says something.
    Write(Body),
    /// The person at the door was admitted: the intent, and the key package it names.
    Admit(Add, Box<KeyPackage>),
    /// The person takes a seat away, or leaves the own one.
    Remove(AuthorKey),
    /// Tells those at the table something that nobody keeps: at most [`crate::TELL_BYTES`], sent once. Who is not there, or where it
    /// is lost, never hears it. [`Error::NotNow`] when it is longer, without a connection, and from a seat that is not
    /// [`crate::Standing::Seated`].
    Tell(Vec<u8>),
}

/// What must be done, in order.
pub enum Effect {
    /// Store this, whole or not at all, before anything that follows is done. If it cannot be stored, drop the room and
    /// [`crate::Room::open`] it again from what is stored.
    Persist(Batch),
    /// Subscribe to this channel, now and on every later connection.
    Attend(Box<Channel>),
    /// Unsubscribe from it.
    Leave(Topic),
    /// Publish this message on that channel. If there is no connection it may be dropped: the room asks again.
    Send(Topic, Vec<u8>),
    /// Call again with [`Input::Timer`] at this time. Replaces the earlier request.
    Wake(Millis),
    /// A seat is in the tree: give it this, by the door.
    Welcome {
        /// The newcomer.
        seat: AuthorKey,
        /// The MLS Welcome and what a newcomer needs besides; see [`crate::Room::enter`].
        entry: Vec<u8>,
    },
    /// Another seat told something that nobody keeps. It comes once, or not at all, for as long as the room is open here; to a room
    /// opened anew anybody on the channel can play an older one again.
    Told {
        /// Who signed it.
        from: AuthorKey,
        /// At most [`crate::TELL_BYTES`], as the seat wrote them.
        bytes: Vec<u8>,
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
    /// Something people should know of, and do something about.
    Alarm(Alarm),
}

/// What people should know of: a seat is in two places, or was, or somebody lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
pub enum Alarm {
    /// A seat signed two ops with one number: its profile was copied, or it lies. Both versions are kept and shown.
    #[n(0)]
    TwoVersions(#[n(0)] AuthorKey),
    /// A seat signed two beacons with one counter: it runs twice, or went back to an older copy of itself.
    #[n(1)]
    TwoBeacons(#[n(0)] AuthorKey),
    /// A seat made two commits on one state: it runs twice, or tries to pull the room apart.
    #[n(2)]
    TwoCommits(#[n(0)] AuthorKey),
    /// This seat was brought in anew without having asked: it is open elsewhere. It stops here.
    #[n(3)]
    OpenedElsewhere,
    /// The others hold more from this seat than this browser: it went back to an older copy.
    #[n(4)]
    Restored,
    /// A seat that had lost touch came back with new keys, the same seat as before.
    #[n(5)]
    Rejoined(#[n(0)] AuthorKey),
    /// A seat signed a commit or an op that its role, or the table, does not allow. Everybody refused it.
    #[n(6)]
    Overstepped(#[n(0)] AuthorKey),
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
