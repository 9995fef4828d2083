//! Side rooms: a talk of its own, with some of the seats of another one.
//!
//! A side room shares nothing with the plenary but the keys its people sign with: another group, other channels, another
//! connection. Who opens one calls the others in the plenary: a [`Body::Call`] holds a sealed slip for each seat there, of one
//! size for all, and only those called find a link in theirs. All others see that somebody called, and nothing of whom. The
//! link leads to a door like any other; it opens by itself to the one seat it was made for, since its key is known.

use std::collections::BTreeSet;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use record::{
    AuthorKey, Body, Charter, Invite, Kind, LinkId, Name, OpId, PartyId, Role, RoomId, SLIPS, Slip, WhoAdmits,
};
use room::{Founding, Room};

use crate::door::{Expected, KnockId};
use crate::input::{Effect, Event, Millis};
use crate::invitation::Invitation;
use crate::talk::{Error, Place, Talk, draw, typed};
use crate::view::CallView;

/// How long a called seat finds the door open.
const CALL_LIFE_MS: Millis = 60 * 24 * 60 * 60 * 1000;
/// Most seats called into one room.
const CALLED: usize = 63;
/// Bytes of a slip before it is sealed: those of a link, or zeros.
const SLIP_BYTES: usize = 1 + 16 + 32 + 32;

/// A side room that was just opened.
pub struct SideRoom {
    /// The room, as a talk of its own.
    pub talk: Talk,
    /// What to do for it, in order.
    pub effects: Vec<Effect>,
    /// Whom to call in the plenary once it is kept, by [`crate::Command::Call`].
    pub called: Vec<(AuthorKey, Invitation)>,
}

/// Calls whose slips were opened, and those that were for this seat, as they came.
#[derive(Default)]
pub(crate) struct Calls {
    /// Whether all that is there now was looked at.
    pub(crate) up_to_date: bool,
    opened: BTreeSet<OpId>,
    pub(crate) heard: Vec<CallView>,
}

/// Of which talk a room is a side room.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Side {
    #[n(0)]
    pub(crate) plenary: RoomId,
    /// The parties there, in the order of their colours.
    #[n(1)]
    parties: Vec<Name>,
}

impl Side {
    pub(crate) fn of(plenary: &Room) -> Self {
        let parties = plenary.table().parties.iter().map(|party| party.name.clone());
        Self { plenary: plenary.id(), parties: parties.collect() }
    }

    /// The colour of a party, the same as in the plenary; one that is not known from there has its own.
    pub(crate) fn hue(&self, party: &Name, place: usize) -> usize {
        self.parties.iter().position(|known| known == party).unwrap_or(self.parties.len() + place)
    }
}

impl Talk {
    /// Opens a side room of this talk for some of its seats, this one included.
    ///
    /// # Errors
    /// [`Error::Name`] for a title that is none, [`Error::NotNow`] when this seat may not, or one of the others is no seat that can be
    /// called: it is gone, only reads, or is from before there were side rooms.
    pub fn open_side_room(
        &self,
        title: &str,
        guests: &[AuthorKey],
        seed: [u8; 32],
        now: Millis,
    ) -> Result<SideRoom, Error> {
        let (title, plenary) = (typed(title)?, self.room().ok_or(Error::NotNow)?);
        let table = plenary.table();
        let own = table.seat(&self.me()).filter(|own| own.role.admits() && self.may_act()).ok_or(Error::NotNow)?;
        let guests = guests.iter().map(|guest| {
            let seat = table.seat(guest).filter(|seat| table.is_seated(guest) && seat.key != own.key);
            seat.filter(|seat| seat.call_key.is_some() && seat.role.writes()).ok_or(Error::NotNow)
        });
        let guests: Vec<_> = guests.collect::<Result<_, _>>()?;
        if guests.is_empty() || guests.len() > CALLED || self.side.is_some() {
            return Err(Error::NotNow);
        }
        let mut parties: Vec<(PartyId, Name)> = Vec::new();
        for guest in &guests {
            let known = guest.party == own.party || parties.iter().any(|(id, _)| *id == guest.party);
            if let Some((_, party)) = table.party(&guest.party).filter(|_| !known) {
                parties.push((party.id, party.name.clone()));
            }
        }

        let mut rng = ChaCha20Rng::from_seed(seed);
        let founding = Founding { key: self.key.clone(), suite: plenary.suite(), seed: draw(&mut rng) };
        let room = Room::found(founding)?;
        let mut talk = Self::new(Place::Seated(Box::new(room)), self.key.clone(), rng, None);
        talk.side = Some(Side::of(plenary));
        let party = table.party(&own.party).map(|(_, party)| party.name.clone()).ok_or(Error::Bug)?;
        let names: Vec<Name> = parties.iter().map(|(_, name)| name.clone()).collect();
        let charter = Charter {
            title,
            party,
            name: own.name.clone(),
            who_admits: WhoAdmits::Convener,
            call_key: own.call_key.clone(),
            parties: (!names.is_empty()).then_some(names),
            terms: None,
        };
        talk.say(Body::Charter(charter), now)?;
        let called = guests.into_iter().map(|guest| {
            let place = parties.iter().position(|(id, _)| *id == guest.party).map_or(0, |place| place + 1);
            let expected = Expected { seat: guest.key, name: guest.name.clone() };
            talk.expects(expected, guest.role, place, now).map(|invitation| (guest.key, invitation))
        });
        let called = called.collect::<Result<_, _>>()?;
        talk.effects.push(Effect::Show(Event::Changed));
        let effects = talk.finish();
        Ok(SideRoom { talk, effects, called })
    }

    /// Makes a link for one seat. The party is the one at this place of the table.
    fn expects(&mut self, expected: Expected, role: Role, place: usize, now: Millis) -> Result<Invitation, Error> {
        let party = self.room().and_then(|room| room.table().parties.get(place)).map(|party| party.id);
        let invitation = Invitation::new(LinkId(draw(&mut self.rng)), draw(&mut self.rng), self.me());
        // Whoever opened the room convenes it.
        let role = if role == Role::Convener { Role::Head } else { role };
        let (link, expires_at) = (invitation.link, now + CALL_LIFE_MS);
        self.say(Body::Invite(Invite { link, party: Some(party.ok_or(Error::Bug)?), role, expires_at }), now)?;
        self.opens_door(invitation.clone(), Some(expected));
        Ok(invitation)
    }

    /// Calls seats, with a slip for every seat that can have one.
    pub(crate) fn call(&mut self, called: &[(AuthorKey, Invitation)], now: Millis) -> Result<(), Error> {
        let room = self.room().filter(|_| self.may_act()).ok_or(Error::NotNow)?;
        let (table, suite, me, id) = (room.table(), room.suite(), room.me(), room.id());
        let mut slips = Vec::new();
        for seat in table.seated().filter(|seat| seat.key != me) {
            let Some(call_key) = &seat.call_key else { continue };
            let link = called.iter().find(|(key, _)| *key == seat.key).map(|(_, invitation)| invitation);
            let sealed = room::seal_slip(suite, call_key, &aad(&id, &seat.key), &slip(link));
            // Somebody who gave a key that is none hears nothing; that must not keep the others out.
            let Ok(sealed) = sealed else { continue };
            slips.push(Slip { seat: seat.key, sealed: ByteVec::from(sealed) });
        }
        for slips in slips.chunks(SLIPS) {
            self.say(Body::Call(slips.to_vec()), now)?;
        }
        Ok(())
    }

    /// Reads the slips for this seat that came since.
    pub(crate) fn hear_calls(&mut self) {
        let Place::Seated(room) = &self.place else { return };
        if std::mem::replace(&mut self.calls.up_to_date, true) {
            return;
        }
        let (suite, me, id) = (room.suite(), room.me(), room.id());
        let new = room.ops().filter(|op| op.kind() == Kind::Call && op.author() != me);
        for op in new {
            let Some(Body::Call(slips)) = op.body().filter(|_| self.calls.opened.insert(op.id())) else { continue };
            let slip = slips.iter().find(|slip| slip.seat == me);
            let plain = slip.and_then(|slip| room::open_slip(suite, &self.key, &aad(&id, &me), &slip.sealed).ok());
            let invitation = plain.and_then(|plain| link_of(&plain, op.author()));
            self.calls.heard.extend(invitation.map(|invitation| CallView { by: op.author(), invitation }));
        }
    }

    /// Goes where this seat was called.
    ///
    /// # Errors
    /// [`Error::NotNow`] for a seat that is gone.
    pub fn answer_call(&self, call: &CallView, seed: [u8; 32]) -> Result<(Self, Vec<Effect>), Error> {
        let plenary = self.room().filter(|_| self.may_act()).ok_or(Error::NotNow)?;
        let table = plenary.table();
        let own = table.seat(&self.me()).ok_or(Error::NotNow)?;
        let party = table.party(&own.party).map(|(_, party)| party.name.clone()).ok_or(Error::Bug)?;
        let (name, invitation) = (own.name.clone(), call.invitation.clone());
        let mut talk = Self::at_a_door(invitation, name, party, self.key.clone(), ChaCha20Rng::from_seed(seed))?;
        talk.side = Some(Side::of(plenary));
        let effects = talk.finish();
        Ok((talk, effects))
    }

    /// Lets in whom a door expects, and nobody else.
    pub(crate) fn greet_called(&mut self, knock: KnockId, now: Millis) {
        let doorway = self.doors.values().find(|doorway| doorway.get(&knock).is_some());
        let Some((doorway, expected)) = doorway.and_then(|doorway| Some((doorway, doorway.expects.as_ref()?))) else {
            return;
        };
        let known = doorway.get(&knock).is_some_and(|knocking| knocking.key_package.seat() == expected.seat);
        let done = if known { self.admit(knock, now) } else { self.decline(knock, now) };
        self.refused += u64::from(done.is_err());
    }
}

fn aad(room: &RoomId, seat: &AuthorKey) -> Vec<u8> {
    [&room.0[..], &seat.0[..]].concat()
}

fn slip(link: Option<&Invitation>) -> [u8; SLIP_BYTES] {
    let mut plain = [0; SLIP_BYTES];
    if let Some(invitation) = link {
        plain[0] = 1;
        plain[1..17].copy_from_slice(&invitation.link.0);
        plain[17..49].copy_from_slice(invitation.secret());
        plain[49..].copy_from_slice(&invitation.inviter.0);
    }
    plain
}

/// Only whoever calls can be at the door.
fn link_of(plain: &[u8], caller: AuthorKey) -> Option<Invitation> {
    let plain: &[u8; SLIP_BYTES] = plain.try_into().ok()?;
    let (link, secret, inviter) = (plain[1..17].try_into(), plain[17..49].try_into(), plain[49..].try_into());
    let invitation = Invitation::new(LinkId(link.ok()?), secret.ok()?, AuthorKey(inviter.ok()?));
    (plain[0] == 1 && invitation.inviter == caller).then_some(invitation)
}
