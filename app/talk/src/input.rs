//! What goes into a talk and what comes out of it.

use record::{AuthorKey, ContentKey, ContentRoot, Conveyed, FilePath, LinkId, Name, OpId, PartyId, Release, Role};
use wire::{FromClient, FromRelay};

use crate::charter::CharterStep;
use crate::door::KnockId;
use crate::invitation::Invitation;
use crate::store::Batch;

/// Milliseconds since 1970-01-01 UTC, as the shell's clock tells them. Never used to judge what others did.
pub type Millis = u64;

/// Something that happened outside the talk.
pub enum Input {
    /// A connection to the relay opened; `host` is the authority of its address, such as `localhost:8080`.
    Connected {
        /// Signed in every proof, so that one relay cannot use it at another.
        host: String,
    },
    /// The connection is gone. What was not echoed will be sent again on the next one.
    Disconnected,
    /// A frame arrived on the connection.
    Relay(FromRelay),
    /// The time of the last [`Effect::Schedule`] has come.
    Timer,
    /// The person wants something.
    Command(Command),
}

/// What the person can ask for.
pub enum Command {
    /// Makes an invitation link.
    Invite {
        /// The party the newcomer will sit with.
        party: PartyChoice,
        /// The role the newcomer will have.
        role: Role,
    },
    /// Makes a link unusable.
    Revoke(LinkId),
    /// Lets the person at the door in: the digits were compared.
    Admit(KnockId),
    /// Agrees to the seat that somebody of another party would give: the op that would give it.
    Agree(OpId),
    /// Turns the person at the door away; also one admitted to whom no second key has agreed yet.
    Decline(KnockId),
    /// Takes a seat away, or leaves the own one.
    Remove(AuthorKey),
    /// Calls seats of this table into a side room, each with a link of its own: see [`crate::Talk::open_side_room`].
    Call(Vec<(AuthorKey, Invitation)>),
    /// The number of two seats was compared by voice and is the same on both pages; or that is taken back.
    Compared {
        /// The other seat.
        seat: AuthorKey,
        /// Whether it is the same.
        same: bool,
    },
    /// Signs the charter, changes it, or ends the talk.
    Charter(CharterStep),
    /// Writes a note.
    Write(Writing),
    /// Gives these notes to those who have come since they were written: see [`record::Briefing`].
    Brief(Vec<OpId>),
    /// Gives a file into the room: says what it is. Its bytes travel beside.
    Give(Giving),
    /// Tells the pages of those who are there something that nobody keeps, at most [`room::TELL_BYTES`]. It may be lost. Not without
    /// a connection.
    Tell(Vec<u8>),
}

/// A note to be written.
pub struct Writing {
    /// At most [`record::NOTE_BYTES`] of UTF-8.
    pub text: String,
    /// What others may carry to another room; None for nothing.
    pub release: Option<Release>,
    /// How it comes from another room; None when it does not.
    pub conveyed: Option<Conveyed>,
}

impl<T: Into<String>> From<T> for Writing {
    /// A note for this room only.
    fn from(text: T) -> Self {
        Self { text: text.into(), release: None, conveyed: None }
    }
}

/// A file to be given: see [`record::Manifest`].
pub struct Giving {
    /// Its name, with the folders it was given in.
    pub path: FilePath,
    /// Its length in bytes, at most [`record::FILE_BYTES`].
    pub size: u64,
    /// Root over the digests of its chunks.
    pub root: ContentRoot,
    /// The key its chunks are sealed under.
    pub key: ContentKey,
    /// What this person's system takes it for, as `image/png`.
    pub media: Option<Name>,
    /// When it was last changed, as this person's system says.
    pub modified_at: Option<Millis>,
    /// What others may carry to another room; None for nothing.
    pub release: Option<Release>,
}

/// The party of an invitation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PartyChoice {
    /// A party that sits already.
    Existing(PartyId),
    /// A party that the admission founds, named as the convener saw it at the door.
    New,
}

/// What the shell must do, in order.
pub enum Effect {
    /// Store this, whole or not at all, before anything that follows is done. If it cannot be stored, drop the talk and
    /// [`crate::Talk::reopen`] it from what is stored.
    Persist(Batch),
    /// Send this to the relay, if connected; else drop it: the talk will ask again.
    Send(FromClient),
    /// Call again with [`Input::Timer`] at this time. Replaces the earlier request.
    Schedule(Millis),
    /// Another seat told something that nobody keeps, with [`Command::Tell`]. To a talk opened anew anybody at the table can play an
    /// older one again.
    Told {
        /// Who signed it.
        from: AuthorKey,
        /// At most [`room::TELL_BYTES`], as the seat wrote them.
        bytes: Vec<u8>,
    },
    /// Something to show has changed; the page reads it from the view.
    Show(Event),
}

/// What changed, for the page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// Anything in [`crate::view::TalkView`].
    Changed,
    /// A note, a briefing or a file by somebody else came in.
    NoteArrived(OpId),
    /// Somebody knocked.
    Knocked(KnockId),
}
