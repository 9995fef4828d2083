//! What a page shows of a talk: plain data, cheap to clone and to compare.

use minicbor::{Decode, Encode};
use std::sync::Arc;

use record::{
    AuthorKey, Authority, ContentKey, ContentRoot, Conveyed, FilePath, LinkId, Name, OpId, PartyId, Release, Role,
    RoomId, Terms, WhoAdmits,
};

use crate::door::KnockId;
use crate::input::{Millis, PartyChoice};
use crate::invitation::Invitation;

/// Everything a page needs to draw a talk.
#[derive(Clone, PartialEq)]
pub struct TalkView {
    /// Where this browser stands: at the door or at the table.
    pub phase: Phase,
    /// Which room; None while at the door.
    pub room: Option<RoomId>,
    /// The room of the talk in which this one is a side room.
    pub side_of: Option<RoomId>,
    /// The link this seat came by.
    pub came_by: Option<LinkId>,
    /// Side rooms this seat was called into, whether it has gone there or not.
    pub calls: Vec<CallView>,
    /// The title from the charter; empty while at the door.
    pub title: Arc<str>,
    /// Whose agreement a seat needs, from the charter.
    pub who_admits: WhoAdmits,
    /// What else the charter says, and what becomes of it. In a side room that of the plenary holds.
    pub charter: CharterView,
    /// Parties in the order in which they came to the table.
    pub parties: Vec<PartyView>,
    /// How this seat stands to the table; None while at the door.
    pub standing: Option<Standing>,
    /// What the person should know of, and do something about. Each stays for as long as the talk is open here.
    pub alarms: Vec<AlarmView>,
    /// The room number; None while this seat does not stand where the others do.
    pub number: Option<NumberView>,
    /// Seats at the table, by party and then by the order of admission.
    pub seats: Vec<SeatView>,
    /// Keys whose seats were taken away, or left.
    pub gone: Vec<AuthorKey>,
    /// Who can read what is written now.
    pub readers: Readers,
    /// Notes in the one order that is the same everywhere.
    pub notes: Arc<Vec<Arc<NoteView>>>,
    /// Notes and calls from before this seat joined, which it cannot read. At the door unknown, thus zero.
    pub withheld: usize,
    /// Who waits at the door; empty for seats that do not admit.
    pub door: Vec<KnockView>,
    /// Whom another party would admit, if this seat agrees.
    pub proposals: Vec<ProposalView>,
    /// Links this seat made, newest first.
    pub links: Vec<LinkView>,
    /// What this seat may do.
    pub rights: Rights,
    /// Own notes that the relay has not echoed yet.
    pub unsent: usize,
}

impl TalkView {
    /// Whose agreement a seat needs; None when the convener, by whom the charter says it, is gone.
    pub fn who_admits_now(&self) -> Option<WhoAdmits> {
        let convened = self.seats.iter().any(|seat| seat.role == Role::Convener);
        convened.then_some(self.who_admits)
    }
}

/// Where this browser stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Waiting to be admitted.
    AtTheDoor {
        /// The name given at the door.
        name: Arc<str>,
        /// The party given at the door.
        party: Arc<str>,
        /// The same twelve digits as on the inviter's screen, as `"4719 0283 5566"`, once both sides are there.
        digits: Option<Arc<str>>,
        /// Whether the inviter has been heard since the last connection. While not, the page waits and says so.
        inviter_here: bool,
        /// What all who enter sign; None until the inviter has told.
        told: Option<Told>,
    },
    /// The door stays shut.
    TurnedAway(TurnedAway),
    /// At the table.
    Seated,
}

/// What a newcomer is told before it enters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Told {
    /// Whose agreement a seat needs.
    #[n(0)]
    pub who_admits: WhoAdmits,
    /// What all who enter sign.
    #[n(1)]
    pub terms: Terms,
    /// Whether the convener is gone: then heads of two parties let people in, whatever the charter says.
    #[n(2)]
    #[cbor(default)]
    pub without_convener: bool,
}

impl Told {
    /// Who lets people in; None when the convener, by whom the charter says it, is gone.
    pub fn who_admits_now(&self) -> Option<WhoAdmits> {
        (!self.without_convener).then_some(self.who_admits)
    }
}

/// What the charter says beside who admits.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CharterView {
    /// The terms in force.
    pub terms: Terms,
    /// What this person can sign to have signed them; None once that is done, and for who cannot.
    pub sign: Option<OpId>,
    /// Other terms that were proposed.
    pub amendments: Vec<AmendmentView>,
    /// Whether this person may propose others.
    pub may_amend: bool,
    /// From which depth on this person may give notes to those who have come since; None if it may give none.
    pub may_brief_since: Option<u64>,
    /// How far the talk is from its end.
    pub end: EndView,
}

/// Terms that hold once a head of each party has signed them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AmendmentView {
    /// The op to sign.
    pub id: OpId,
    /// Who proposes them.
    pub by: Arc<str>,
    /// Whether that is this person.
    pub you: bool,
    /// The terms.
    pub terms: Terms,
    /// Parties whose signature is awaited.
    pub awaited: Vec<Arc<str>>,
    /// Whether this person's would be that of its party.
    pub may_sign: bool,
}

/// How far a talk is from its end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EndView {
    /// Who said that it is to end.
    pub by: Vec<Arc<str>>,
    /// Whether that was enough. Nobody writes any more, and nobody is let in.
    pub ended: bool,
    /// Whether everybody at the table holds these words.
    pub known: bool,
    /// Whether this person may say so, and has not.
    pub may_say: bool,
    /// Whether it would end with this person's word.
    pub yours_would_do: bool,
}

/// A call into a side room.
#[derive(Clone, PartialEq, Eq)]
pub struct CallView {
    /// Who calls.
    pub by: AuthorKey,
    /// The link in it.
    pub invitation: Invitation,
}

/// Why the door stays shut; each is one sentence for the person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode)]
#[cbor(index_only)]
pub enum TurnedAway {
    /// The inviter declined.
    #[n(1)]
    Declined,
    /// The link was used by somebody before.
    #[n(2)]
    Spent,
    /// The inviter took the link back.
    #[n(3)]
    Revoked,
    /// The link is too old.
    #[n(4)]
    Expired,
    /// Too many people wait with this link.
    #[n(5)]
    Crowded,
    /// What came back did not come from the inviter's room as promised: nobody was let in.
    #[n(6)]
    NotGenuine,
}

/// How this seat stands to the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// At the table, level with the others or about to be.
    Seated,
    /// At the table, but cut off from where the others stand: it asks them to bring it back in. Notes are taken all the same.
    Stranded,
    /// Restored from a backup: what that held can be read. It asks the others to bring it in; until then nothing can be written.
    Restored,
    /// No longer at the table. What it holds stays readable.
    Removed {
        /// Who took the seat away; None when this person left.
        by: Option<Arc<str>>,
        /// Own notes that came after it: the others do not take them.
        void: usize,
    },
    /// The same seat is open in another place. This one has stopped.
    OpenedElsewhere,
}

/// Something the person should know of, and do something about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlarmView {
    /// What was noticed.
    pub what: Alarm,
    /// The seat it was noticed of.
    pub seat: AuthorKey,
    /// Whether that is the seat of this browser.
    pub you: bool,
    /// The name of the seat; None for a key that has none here.
    pub name: Option<Arc<str>>,
    /// What can be done about the seat.
    pub remedy: Remedy,
    /// How often it was noticed, where it can happen again.
    pub times: u32,
}

/// What was noticed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Alarm {
    /// Two different entries with one number: the seat's browser was copied, or it lies. Both are shown.
    TwoVersions,
    /// Two beacons with one counter, or two commits on one state: the seat runs twice, or wants to pull the room apart.
    RunsTwice,
    /// The own seat was brought in anew from another place; here it has stopped.
    OpenedElsewhere,
    /// This browser went back to an older copy of its own seat.
    Restored,
    /// The seat had lost touch and came back with new keys.
    Rejoined,
    /// The seat tried what its role, or the table, does not allow.
    Overstepped,
}

impl Alarm {
    /// All there are.
    pub const ALL: [Self; 6] =
        [Self::TwoVersions, Self::RunsTwice, Self::OpenedElsewhere, Self::Restored, Self::Rejoined, Self::Overstepped];
}

/// What can be done about a seat that cannot be trusted any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Remedy {
    /// This person may take it away, or leave when it is the own one; a new link brings the person back.
    Remove,
    /// The convener may take it away.
    AskConvener,
    /// Nobody at the table can take it away, or nobody could let the person in again.
    NewTalk,
    /// It was taken away.
    Done,
}

/// What all who stand in one state can compare.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NumberView {
    /// How many key changes lie before. Only numbers with the same one can be compared.
    pub state: u64,
    /// Thirty digits in groups of five.
    pub digits: Arc<str>,
}

/// Who can read what is written now: the seats that hold the key of the state. A seat just taken away is among them until
/// the key change that shuts it out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Readers {
    /// Indices into [`TalkView::parties`], in order.
    pub parties: Vec<usize>,
    /// How many seats.
    pub seats: usize,
    /// Names of those among them who were taken away or left.
    pub shut_out_next: Vec<Arc<str>>,
}

/// What this seat may do, as the role table says; nothing once it is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rights {
    /// May write notes.
    pub write: bool,
    /// May give files.
    pub give_files: bool,
    /// To which parties it may make links.
    pub invite: Invites,
    /// May open side rooms.
    pub side_rooms: bool,
}

/// To which parties a seat may make links.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Invites {
    /// To none.
    #[default]
    None,
    /// To the own one, for others than heads: an index into [`TalkView::parties`].
    OwnParty(usize),
    /// To the own one and to new ones, for heads too: no convener is there any more.
    OwnPartyAndNew(usize),
    /// To all, and to new ones.
    All,
}

impl Invites {
    /// The only party that sits already to which it may make links; None when it may to all, or to none.
    pub fn only(self) -> Option<usize> {
        match self {
            Self::OwnParty(index) | Self::OwnPartyAndNew(index) => Some(index),
            Self::None | Self::All => None,
        }
    }

    /// Whether it may make links for heads, and to new parties.
    pub fn heads(self) -> bool {
        match self {
            Self::OwnPartyAndNew(_) | Self::All => true,
            Self::None | Self::OwnParty(_) => false,
        }
    }
}

/// One party.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartyView {
    /// Which party.
    pub id: PartyId,
    /// Its name, as admitted.
    pub name: Arc<str>,
    /// Index of its colour, counted from 0 in the order of arrival.
    pub hue: usize,
}

/// One seat.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeatView {
    /// Which seat.
    pub key: AuthorKey,
    /// The person's name, as admitted.
    pub name: Arc<str>,
    /// Index into [`TalkView::parties`].
    pub party: usize,
    /// The role fixed by the invitation.
    pub role: Role,
    /// Whether this is the seat of this browser.
    pub you: bool,
    /// How far this seat is known to be who it says.
    pub confirmed: Confirmed,
    /// When a signed frame of this seat was last heard, by this browser's clock. None: not since this page opened.
    pub heard: Option<Millis>,
    /// The number that only this browser and that of the seat show, thirty digits in groups of five. None for the own
    /// seat, and once that is gone.
    pub pairwise: Option<Arc<str>>,
    /// Whether this person said that the number is the same on both pages.
    pub compared: bool,
    /// Whether it can be said here: in side rooms people are known from the plenary.
    pub comparable: bool,
    /// How far this person's word goes to take the seat away, or leave it.
    pub may_remove: Authority,
    /// Whether it can be called into a side room.
    pub callable: bool,
    /// Who asks for it to be taken away, and waits for a second key.
    pub wished_away_by: Vec<WishView>,
}

/// Somebody who asks for a seat to be taken away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WishView {
    /// The name.
    pub name: Arc<str>,
    /// Whether it is this person.
    pub you: bool,
    /// Whether this person, agreeing, would be the second key.
    pub yours_would_do: bool,
    /// Whether what the seat writes from now on will be void, should it be taken away: the convener says from when on.
    pub voids: bool,
}

/// How far a seat is known to be who it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Confirmed {
    /// It is this browser's own seat.
    You,
    /// This person compared the door digits.
    ByYou,
    /// Another seat compared the door digits: its name.
    By(Arc<str>),
    /// Its key is the one in the link this browser was invited with.
    FromYourLink,
    /// Opened the talk; this browser has no other proof.
    NotConfirmed,
}

/// One note.
#[derive(Clone, PartialEq, Eq)]
pub struct NoteView {
    /// Which op.
    pub id: OpId,
    /// The author's key.
    pub by: AuthorKey,
    /// The author's name, as admitted.
    pub author: Arc<str>,
    /// The author's party, as admitted.
    pub party: Arc<str>,
    /// Index of the party's colour.
    pub hue: usize,
    /// The author's role.
    pub role: Role,
    /// Whether this seat wrote it.
    pub own: bool,
    /// When it was written, by the author's clock.
    pub written_at: Millis,
    /// The text as typed.
    pub text: Arc<str>,
    /// What of it its author lets others carry to another room; None for nothing.
    pub release: Option<Release>,
    /// How it came from another room, as its author tells; None when it did not.
    pub conveyed: Option<Conveyed>,
    /// Notes from before that its author gives to those who have come since. It has no text of its own then.
    pub briefing: Option<Arc<BriefingView>>,
    /// A file that its author gives into the room. It has no text then.
    pub file: Option<Arc<FileView>>,
    /// How many readers hold it, the author included, by their own signed beacons.
    pub held: usize,
    /// How many readers it has.
    pub readers: usize,
    /// Where its position among all notes is decided: changes of order are rare, but happen.
    pub depth: u64,
}

impl NoteView {
    /// Whether its author lets this person carry that much of it to another room. One's own notes one may carry anywhere.
    pub fn may_leave(&self, how: Release) -> bool {
        // Whoever carries words of others on vouches for them; the next one could not.
        let theirs = self.release.filter(|_| self.conveyed.is_none());
        self.briefing.is_none()
            && self.file.is_none()
            && (self.own || theirs.is_some_and(|release| release == how || release == Release::Verbatim))
    }
}

/// A file given into the room: what is needed to ask for its bytes, and to open and check them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileView {
    /// Its name, with the folders it was given in.
    pub path: FilePath,
    /// Its length in bytes, at most [`record::FILE_BYTES`].
    pub size: u64,
    /// Root over the digests of its chunks.
    pub root: ContentRoot,
    /// The key its chunks are sealed under. Secret.
    pub key: ContentKey,
    /// What its author takes it for, as `image/png`: a claim.
    pub media: Option<Name>,
    /// When it was last changed, as its author's system said.
    pub modified_at: Option<Millis>,
}

/// Notes from before, given to those who have come since.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BriefingView {
    /// Whether the charter allows it. If not, nothing of it is shown.
    pub allowed: bool,
    /// Those that are signed by whom they say, and were not taken away with their author.
    pub notes: Vec<BriefedView>,
    /// How many others there are in it.
    pub not_shown: usize,
}

/// A note as it was given in a briefing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BriefedView {
    /// Which op.
    pub id: OpId,
    /// The author's name, as admitted.
    pub author: Arc<str>,
    /// The author's party, as admitted.
    pub party: Arc<str>,
    /// Index of the party's colour.
    pub hue: usize,
    /// The author's role.
    pub role: Role,
    /// When it was written, by the author's clock.
    pub written_at: Millis,
    /// The text as typed.
    pub text: Arc<str>,
    /// How it came from another room, as its author tells; None when it did not.
    pub conveyed: Option<Conveyed>,
    /// Whether this seat holds it itself, too.
    pub held: bool,
    /// Whether this seat holds another op of the author with the same number in its place.
    pub contradicted: bool,
}

/// Somebody at the door.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnockView {
    /// Which knock.
    pub id: KnockId,
    /// The name typed at the door.
    pub name: Arc<str>,
    /// Whether somebody of this name sits here already.
    pub name_is_taken: bool,
    /// The party typed at the door: a claim.
    pub claimed_party: Arc<str>,
    /// The party that admitting gives: fixed by the invitation. For a new party the typed name.
    pub party: Arc<str>,
    /// Whether admitting founds that party.
    pub founds: bool,
    /// Whether others wait with the same link.
    pub shares_link: bool,
    /// The role that admitting gives.
    pub role: Role,
    /// The same twelve digits as on the newcomer's screen; None until its reveal has been checked. No admitting before.
    pub digits: Option<Arc<str>>,
    /// How far the admission has come.
    pub stage: Stage,
    /// Whether the newcomer's page was heard lately. One that is gone should not be given a seat.
    pub here: bool,
}

/// How far an admission has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stage {
    /// This person has to decide.
    Waits,
    /// This person has decided; one of these has to agree, as no party is to decide alone.
    NeedsSecondKey(Vec<Arc<str>>),
    /// All is decided, the key change is on its way.
    Admitting,
}

/// Somebody another party would admit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProposalView {
    /// The op to agree to.
    pub id: OpId,
    /// The name of the person.
    pub name: Arc<str>,
    /// Whether somebody of this name sits here already.
    pub name_is_taken: bool,
    /// The name of the party.
    pub party: Arc<str>,
    /// Whether that would be a new party.
    pub founds: bool,
    /// The role.
    pub role: Role,
    /// Who would admit.
    pub by: Arc<str>,
    /// Whether that seat says that it compared the door digits.
    pub digits_compared: bool,
}

/// One invitation link.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkView {
    /// Which link.
    pub id: LinkId,
    /// The fragment of the link without `#`, as `v1.….….…`. Secret.
    pub fragment: Arc<str>,
    /// The party it leads to.
    pub party: PartyChoice,
    /// The role it gives.
    pub role: Role,
    /// Whether it still works.
    pub state: LinkState,
    /// After this time the inviter refuses it.
    pub expires_at: Millis,
}

/// Whether a link still works.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkState {
    /// Nobody was admitted with it yet.
    Open,
    /// Somebody was admitted with it.
    Spent,
    /// Taken back by its maker.
    Revoked,
    /// Too old.
    Expired,
}
