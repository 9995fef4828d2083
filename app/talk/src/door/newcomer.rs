//! The newcomer's side of the door.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use record::Name;
use room::{Channel, KeyPackageSecrets, MlsError, Room, SeatKey, Suite};

use super::DoorDigits;
use super::message::{DoorMessage, Knock, KnockBody, Offered};
use crate::input::Millis;
use crate::invitation::Invitation;
use crate::view::{Told, TurnedAway};

/// How often the knock is repeated: the inviter may have come back, or a frame was lost.
const KNOCK_AGAIN_MS: Millis = 5_000;
/// The same once the inviter has answered: it shows that this page is still open, and a lost reveal is made good.
const STILL_HERE_MS: Millis = 10_000;

/// Somebody who asks to join.
pub(crate) struct Newcomer {
    pub(crate) invitation: Invitation,
    pub(crate) name: Name,
    pub(crate) party: Name,
    pub(crate) lobby: Channel,
    key: SeatKey,
    /// One for each suite; gone once an entry was tried.
    secrets: Vec<(Suite, KeyPackageSecrets)>,
    knock: Knock,
    n_j: [u8; 32],
    n_i: Option<[u8; 32]>,
    pub(crate) inviter_here: bool,
    /// What all who enter sign, as the inviter told it last.
    pub(crate) told: Option<Told>,
    pub(crate) knock_at: Option<Millis>,
    room_seed: [u8; 32],
}

/// What of a newcomer is stored.
#[derive(Encode, Decode)]
#[cbor(array)]
pub(crate) struct KeptNewcomer {
    #[n(0)]
    knock: Knock,
    #[n(1)]
    n_j: ByteArray<32>,
    #[n(2)]
    n_i: Option<ByteArray<32>>,
    #[n(3)]
    secrets: Vec<(Suite, ByteVec)>,
    #[n(4)]
    room_seed: ByteArray<32>,
    #[n(5)]
    told: Option<Told>,
}

/// What a message of the lobby led to.
pub(crate) enum Outcome {
    /// Nothing to tell.
    Nothing,
    /// Say this, and show that the inviter is here.
    Say(DoorMessage),
    /// The inviter told what all who enter sign.
    Told,
    /// In.
    Entered(Box<Room>),
    /// The door stays shut.
    Shut(TurnedAway),
}

impl Newcomer {
    pub(crate) fn new(
        invitation: Invitation,
        name: Name,
        party: Name,
        key: SeatKey,
        n_j: [u8; 32],
        room_seed: [u8; 32],
    ) -> Result<Self, MlsError> {
        let mut secrets = Vec::new();
        let mut key_packages = Vec::new();
        for suite in [Suite::Hybrid, Suite::Classical] {
            let made = KeyPackageSecrets::new(&key, suite)?;
            let call_key = Some(room::call_key(&key, suite)?);
            key_packages.push(Offered { suite, key_package: made.bytes().to_vec().into(), call_key });
            secrets.push((suite, made));
        }
        let (name_said, party_said) = (name.clone(), party.clone());
        let body =
            KnockBody { link: invitation.link, seat: key.public(), name: name_said, party: party_said, key_packages };
        let knock = Knock::sign(&body, &n_j, &key);
        Ok(Self {
            lobby: Channel::new(&invitation.lobby_secret()),
            invitation,
            name,
            party,
            key,
            secrets,
            knock,
            n_j,
            n_i: None,
            inviter_here: false,
            told: None,
            knock_at: None,
            room_seed,
        })
    }

    /// What is to be stored of it.
    pub(crate) fn kept(&self) -> KeptNewcomer {
        KeptNewcomer {
            knock: self.knock.clone(),
            n_j: self.n_j.into(),
            n_i: self.n_i.map(ByteArray::from),
            secrets: self.secrets.iter().map(|(suite, secrets)| (*suite, secrets.encode().into())).collect(),
            room_seed: self.room_seed.into(),
            told: self.told,
        }
    }

    /// The same again, with what was stored.
    pub(crate) fn reopen(kept: KeptNewcomer, invitation: Invitation, key: SeatKey) -> Option<Self> {
        let body = kept.knock.open()?;
        let secrets = kept.secrets.iter().map(|(suite, bytes)| Some((*suite, KeyPackageSecrets::decode(bytes).ok()?)));
        Some(Self {
            lobby: Channel::new(&invitation.lobby_secret()),
            invitation,
            name: body.name,
            party: body.party,
            key,
            secrets: secrets.collect::<Option<_>>()?,
            knock: kept.knock,
            n_j: *kept.n_j,
            n_i: kept.n_i.map(|n_i| *n_i),
            inviter_here: false,
            told: kept.told,
            knock_at: None,
            room_seed: *kept.room_seed,
        })
    }

    pub(crate) fn knock(&mut self, now: Millis) -> DoorMessage {
        self.knock_at = Some(now + if self.inviter_here { STILL_HERE_MS } else { KNOCK_AGAIN_MS });
        DoorMessage::Knock(self.knock.clone())
    }

    pub(crate) fn digits(&self) -> Option<DoorDigits> {
        let Invitation { link, inviter, .. } = &self.invitation;
        self.n_i.map(|n_i| DoorDigits::of(link, inviter, &self.knock.body, &self.n_j, &n_i))
    }

    pub(crate) fn receive(&mut self, message: DoorMessage, now: Millis) -> Outcome {
        if !message.is_by(&self.invitation.inviter, &self.invitation.link) {
            return Outcome::Nothing;
        }
        let mine = |hash: &[u8; 32], knock: &Knock| *hash == knock.hash();
        match message {
            DoorMessage::Challenge(hash, n_i, _) if mine(&hash, &self.knock) => {
                // The first one counts: a second would let the inviter's side search for digits.
                if *self.n_i.get_or_insert(*n_i) != *n_i {
                    return Outcome::Nothing;
                }
                self.inviter_here = true;
                self.knock_at = Some(now + STILL_HERE_MS);
                Outcome::Say(DoorMessage::Reveal(hash, self.n_j.into()))
            }
            DoorMessage::Reply(hash, entry, _) if mine(&hash, &self.knock) => self.enter(&entry),
            DoorMessage::Closed(hash, reason, _) if mine(&hash, &self.knock) => Outcome::Shut(reason.into()),
            DoorMessage::Told(hash, told, _) if mine(&hash, &self.knock) => {
                self.told = Some(told);
                Outcome::Told
            }
            DoorMessage::Here(_) if !self.inviter_here => Outcome::Say(self.knock(now)),
            DoorMessage::Challenge(..)
            | DoorMessage::Reply(..)
            | DoorMessage::Closed(..)
            | DoorMessage::Here(_)
            | DoorMessage::Told(..)
            | DoorMessage::Knock(_)
            | DoorMessage::Reveal(..) => Outcome::Nothing,
        }
    }

    fn enter(&mut self, entry: &[u8]) -> Outcome {
        // The Welcome says which key package it is for; only the one of the room's suite can open it.
        for (_, secrets) in std::mem::take(&mut self.secrets) {
            let entered = Room::enter(self.key.clone(), secrets, self.invitation.inviter, entry, self.room_seed);
            if let Ok(room) = entered {
                return Outcome::Entered(Box::new(room));
            }
        }
        Outcome::Shut(TurnedAway::NotGenuine)
    }
}
