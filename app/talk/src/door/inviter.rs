//! The inviter's side of one link.

use std::collections::BTreeMap;

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use record::{AuthorKey, CallKey, LinkId, Name};
use room::{Channel, KeyPackage, SeatKey, Suite};

use super::message::{DoorMessage, Knock, Reason};
use super::{DoorDigits, KnockId};
use crate::input::Millis;
use crate::invitation::Invitation;
use crate::view::LinkState;

/// Most people who can wait with one link.
const WAITING: usize = 8;
/// A newcomer not heard for this long is gone. Browsers let a hidden page speak once a minute.
const GONE_MS: Millis = 90_000;
/// Most knocks remembered for one link, so that an answer can be given again.
const REMEMBERED: usize = 64;

/// One link of this seat, with those who knock with it.
pub(crate) struct Doorway {
    pub(crate) invitation: Invitation,
    pub(crate) lobby: Channel,
    /// How many links this seat had made before.
    pub(crate) made_after: usize,
    /// The one seat that is let in here, without being asked for digits: its key is known from another room.
    pub(crate) expects: Option<Expected>,
    knocks: BTreeMap<KnockId, Knocking>,
}

/// The one seat a door is for.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Expected {
    #[n(0)]
    pub(crate) seat: AuthorKey,
    /// By which it is known, whatever it says at the door.
    #[n(1)]
    pub(crate) name: Name,
}

/// Somebody who knocks.
pub(crate) struct Knocking {
    hash: [u8; 32],
    knock: Knock,
    pub(crate) name: Name,
    pub(crate) party: Name,
    pub(crate) key_package: KeyPackage,
    pub(crate) call_key: Option<CallKey>,
    n_i: [u8; 32],
    /// What the newcomer revealed.
    n_j: Option<[u8; 32]>,
    pub(crate) digits: Option<DoorDigits>,
    heard: Millis,
    stands: Stands,
}

/// How far a knock has come: Waits → Admitted → Welcomed, or Waits → TurnedAway.
#[derive(Clone, Encode, Decode)]
enum Stands {
    /// For the person to decide.
    #[n(0)]
    Waits,
    /// For the commit.
    #[n(1)]
    Admitted,
    /// The entry is ready and given as often as it is asked for.
    #[n(2)]
    Welcomed(#[n(0)] ByteVec),
    /// The person declined.
    #[n(3)]
    TurnedAway(#[n(0)] Reason),
}

/// What of a door is stored.
#[derive(Encode, Decode)]
#[cbor(array)]
pub(crate) struct KeptDoorway {
    #[n(0)]
    invitation: Invitation,
    #[n(1)]
    made_after: u64,
    #[n(2)]
    knocks: Vec<KeptKnock>,
    #[n(3)]
    expects: Option<Expected>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct KeptKnock {
    #[n(0)]
    knock: Knock,
    #[n(1)]
    n_i: ByteArray<32>,
    #[n(2)]
    n_j: Option<ByteArray<32>>,
    #[n(3)]
    stands: Stands,
}

impl Knocking {
    /// Somebody who waits, not heard yet. None when the knock offers nothing this room can take.
    fn read(knock: Knock, suite: Suite, n_i: [u8; 32]) -> Option<Self> {
        let (hash, body) = (knock.hash(), knock.open()?);
        let offered = body.key_packages.iter().find(|offered| offered.suite == suite)?;
        let key_package = KeyPackage::parse(&offered.key_package, suite).ok()?;
        if key_package.seat() != body.seat {
            return None;
        }
        let (name, party, call_key) = (body.name, body.party, offered.call_key.clone());
        let (n_j, digits, heard, stands) = (None, None, 0, Stands::Waits);
        Some(Self { hash, knock, name, party, key_package, call_key, n_i, n_j, digits, heard, stands })
    }

    /// Whether the person here has still to decide.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.stands, Stands::Waits)
    }

    /// Whether the newcomer was heard lately.
    pub(crate) fn is_here(&self, now: Millis) -> bool {
        now < self.heard + GONE_MS
    }
}

impl Doorway {
    pub(crate) fn new(invitation: Invitation, made_after: usize, expects: Option<Expected>) -> Self {
        let lobby = Channel::new(&invitation.lobby_secret());
        Self { invitation, lobby, made_after, expects, knocks: BTreeMap::new() }
    }

    /// What is to be stored of it.
    pub(crate) fn kept(&self) -> KeptDoorway {
        let knocks = self.knocks.values().map(|knocking| KeptKnock {
            knock: knocking.knock.clone(),
            n_i: knocking.n_i.into(),
            n_j: knocking.n_j.map(ByteArray::from),
            stands: knocking.stands.clone(),
        });
        let made_after = self.made_after as u64;
        let (invitation, expects) = (self.invitation.clone(), self.expects.clone());
        KeptDoorway { invitation, made_after, knocks: knocks.collect(), expects }
    }

    /// The same again, with what was stored. Nobody who knocked was heard since.
    pub(crate) fn reopen(kept: KeptDoorway, suite: Suite) -> Option<Self> {
        let mut doorway = Self::new(kept.invitation, usize::try_from(kept.made_after).ok()?, kept.expects);
        for KeptKnock { knock, n_i, n_j, stands } in kept.knocks {
            let knocking = Knocking::read(knock, suite, *n_i)?;
            let hash = knocking.hash;
            doorway.knocks.insert(id_of(&hash), Knocking { stands, ..knocking });
            if let Some(n_j) = n_j {
                doorway.reveal(&hash, &n_j);
            }
        }
        Some(doorway)
    }

    fn link(&self) -> LinkId {
        self.invitation.link
    }

    /// Takes a knock, first or again, and says what to answer. The second value tells of a new one.
    pub(crate) fn knock(
        &mut self,
        knock: Knock,
        state: LinkState,
        suite: Suite,
        n_i: [u8; 32],
        key: &SeatKey,
        now: Millis,
    ) -> Option<(DoorMessage, Option<KnockId>)> {
        let hash = knock.hash();
        let id = id_of(&hash);
        if let Some(known) = self.knocks.get_mut(&id) {
            known.heard = now;
            let answer = match &known.stands {
                Stands::Waits | Stands::Admitted => DoorMessage::challenge(hash, known.n_i, key),
                Stands::Welcomed(entry) => DoorMessage::reply(hash, entry, key),
                Stands::TurnedAway(reason) => DoorMessage::closed(hash, *reason, key),
            };
            return Some((answer, None));
        }
        let body = knock.open()?;
        if body.link != self.link() {
            return None;
        }
        let closed = match state {
            LinkState::Open => None,
            LinkState::Spent => Some(Reason::Spent),
            LinkState::Revoked => Some(Reason::Revoked),
            LinkState::Expired => Some(Reason::Expired),
        };
        self.forget_some();
        let crowded = self.waiting().count() >= WAITING || self.knocks.len() >= REMEMBERED;
        if let Some(reason) = closed.or(crowded.then_some(Reason::Crowded)) {
            return Some((DoorMessage::closed(hash, reason, key), None));
        }
        let knocking = Knocking::read(knock, suite, n_i)?;
        self.knocks.insert(id, Knocking { heard: now, ..knocking });
        Some((DoorMessage::challenge(hash, n_i, key), Some(id)))
    }

    /// Forgets those turned away when too many are remembered: their knock, if it comes again, is a new one.
    fn forget_some(&mut self) {
        if self.knocks.len() >= REMEMBERED {
            self.knocks.retain(|_, knocking| !matches!(knocking.stands, Stands::TurnedAway(_)));
        }
    }

    /// Takes a reveal; the digits are known when it is what the knock committed to.
    pub(crate) fn reveal(&mut self, hash: &[u8; 32], n_j: &[u8; 32]) -> Option<KnockId> {
        let (link, inviter) = (self.link(), self.invitation.inviter);
        let knocking = self.knocks.get_mut(&id_of(hash)).filter(|knocking| knocking.hash == *hash)?;
        if knocking.digits.is_some() || !knocking.knock.committed_to(n_j) {
            return None;
        }
        knocking.n_j = Some(*n_j);
        knocking.digits = Some(DoorDigits::of(&link, &inviter, &knocking.knock.body, n_j, &knocking.n_i));
        Some(id_of(hash))
    }

    pub(crate) fn get(&self, id: &KnockId) -> Option<&Knocking> {
        self.knocks.get(id)
    }

    /// Marks somebody as admitted.
    pub(crate) fn admitted(&mut self, id: &KnockId) {
        if let Some(knocking) = self.knocks.get_mut(id) {
            knocking.stands = Stands::Admitted;
        }
    }

    /// Turns somebody away who has no seat yet.
    pub(crate) fn decline(&mut self, id: &KnockId, key: &SeatKey) -> Option<DoorMessage> {
        let outside = |knocking: &&mut Knocking| matches!(knocking.stands, Stands::Waits | Stands::Admitted);
        let knocking = self.knocks.get_mut(id).filter(outside)?;
        knocking.stands = Stands::TurnedAway(Reason::Declined);
        Some(DoorMessage::closed(knocking.hash, Reason::Declined, key))
    }

    /// Turns everybody away who still waits, because the link is spent or revoked.
    pub(crate) fn close(&mut self, reason: Reason, key: &SeatKey) -> Vec<DoorMessage> {
        let waiting = self.knocks.values_mut().filter(|knocking| matches!(knocking.stands, Stands::Waits));
        waiting
            .map(|knocking| {
                knocking.stands = Stands::TurnedAway(reason);
                DoorMessage::closed(knocking.hash, reason, key)
            })
            .collect()
    }

    /// Gives the entry to the seat that was admitted.
    pub(crate) fn welcome(&mut self, seat: &AuthorKey, entry: Vec<u8>, key: &SeatKey) -> Option<DoorMessage> {
        let knocking =
            self.knocks.values_mut().find(|k| k.key_package.seat() == *seat && matches!(k.stands, Stands::Admitted))?;
        let message = DoorMessage::reply(knocking.hash, &entry, key);
        knocking.stands = Stands::Welcomed(entry.into());
        Some(message)
    }

    /// Whether somebody waits for a decision.
    pub(crate) fn is_waited_at(&self) -> bool {
        self.knocks.values().any(Knocking::waits)
    }

    /// Those who wait for a decision or for the commit.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = (&KnockId, &Knocking)> {
        self.knocks.iter().filter(|(_, knocking)| matches!(knocking.stands, Stands::Waits | Stands::Admitted))
    }
}

fn id_of(hash: &[u8; 32]) -> KnockId {
    let mut id = [0; 16];
    id.copy_from_slice(&hash[..16]);
    KnockId(id)
}
