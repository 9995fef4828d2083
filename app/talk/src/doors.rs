//! The doors of this seat: links made, knocks answered, people admitted.

use record::{Add, AuthorKey, Body, Invite, LinkId, PartyRef, Rank, Role};
use room::Room;
use wire::Topic;

use crate::door::{DoorMessage, Doorway, Expected, KnockId, Reason};
use crate::input::{Effect, Event, Millis, PartyChoice};
use crate::invitation::Invitation;
use crate::talk::{Error, Talk, draw};
use crate::view::LinkState;

/// How long a link works.
pub const LINK_LIFE_MS: Millis = 7 * 24 * 60 * 60 * 1000;
/// Most links of one seat.
const LINKS: usize = 64;

impl Talk {
    pub(crate) fn invite(&mut self, party: PartyChoice, role: Role, now: Millis) -> Result<(), Error> {
        let room = self.room().ok_or(Error::NotNow)?;
        let (table, me) = (room.table(), room.me());
        let seat = table.seat(&me).filter(|_| self.may_act()).ok_or(Error::NotNow)?;
        let allowed = match (seat.role, party) {
            (Role::Convener, PartyChoice::Existing(id)) => role != Role::Convener && table.party(&id).is_some(),
            (Role::Convener, PartyChoice::New) => role != Role::Convener,
            (Role::Head, PartyChoice::Existing(id)) => {
                let head = role == Role::Head && table.convener_is_gone();
                (role.rank() == Rank::Other || head) && id == seat.party
            }
            (Role::Head, PartyChoice::New) => role != Role::Convener && table.convener_is_gone(),
            (Role::Adviser | Role::Interpreter | Role::Observer, _) => false,
        };
        if !allowed || self.doors.len() >= LINKS {
            return Err(Error::NotNow);
        }
        let link = LinkId(draw(&mut self.rng));
        let invitation = Invitation::new(link, draw(&mut self.rng), self.key.public());
        let party = match party {
            PartyChoice::Existing(id) => Some(id),
            PartyChoice::New => None,
        };
        self.say(Body::Invite(Invite { link, party, role, expires_at: now + LINK_LIFE_MS }), now)?;
        self.opens_door(invitation, None);
        Ok(())
    }

    pub(crate) fn opens_door(&mut self, invitation: Invitation, expects: Option<Expected>) {
        let link = invitation.link;
        let doorway = Doorway::new(invitation, self.doors.len(), expects);
        self.attend(&doorway.lobby);
        self.doors.insert(link, doorway);
    }

    pub(crate) fn revoke(&mut self, link: LinkId, now: Millis) -> Result<(), Error> {
        if self.link_state(&link, now) != Some(LinkState::Open) {
            return Err(Error::NotNow);
        }
        self.say(Body::Revoke(link), now)?;
        self.close(&link, Reason::Revoked);
        Ok(())
    }

    pub(crate) fn admit(&mut self, knock: KnockId, now: Millis) -> Result<(), Error> {
        let (link, doorway) = self.doorway_of(&knock).ok_or(Error::NotNow)?;
        let knocking = doorway.get(&knock).filter(|k| k.digits.is_some() && k.waits()).ok_or(Error::NotNow)?;
        if self.link_state(&link, now) != Some(LinkState::Open) {
            return Err(Error::NotNow);
        }
        let room = self.room().ok_or(Error::NotNow)?;
        let invite = &room.table().links.get(&(room.me(), link)).ok_or(Error::NotNow)?.invite;
        let party = invite.party.map_or_else(|| PartyRef::New(knocking.party.clone()), PartyRef::Existing);
        let key_package = knocking.key_package.clone();
        let add = Add {
            seat: key_package.seat(),
            key_package: key_package.hash(),
            link,
            party,
            role: invite.role,
            name: doorway.expects.as_ref().map_or(&knocking.name, |expected| &expected.name).clone(),
            digits_compared: doorway.expects.is_none(),
            call_key: knocking.call_key.clone(),
        };
        self.room_input(room::Input::Admit(add, Box::new(key_package)), now)?;
        if let Some(doorway) = self.doors.get_mut(&link) {
            doorway.admitted(&knock);
        }
        self.close(&link, Reason::Spent);
        Ok(())
    }

    pub(crate) fn decline(&mut self, knock: KnockId, now: Millis) -> Result<(), Error> {
        let (link, doorway) = self.doorway_of(&knock).ok_or(Error::NotNow)?;
        if doorway.get(&knock).is_some_and(|knocking| !knocking.waits()) {
            if !self.awaits_second_key(&link) {
                return Err(Error::NotNow);
            }
            self.say(Body::Revoke(link), now)?;
        }
        let key = self.key.clone();
        let message = self.doors.get_mut(&link).and_then(|doorway| doorway.decline(&knock, &key));
        let message = message.ok_or(Error::NotNow)?;
        self.speak(&link, &[message]);
        self.effects.push(Effect::Show(Event::Changed));
        Ok(())
    }

    /// Whether somebody was admitted by this link to whom a second key has to agree.
    pub(crate) fn awaits_second_key(&self, link: &LinkId) -> bool {
        let proposals = self.room().into_iter().flat_map(|room| &room.table().proposals);
        proposals.into_iter().any(|proposal| proposal.add.link == *link && proposal.by == self.me())
    }

    /// Turns everybody away who waits at any door: this seat will not admit any more.
    pub(crate) fn close_all(&mut self) {
        let links: Vec<LinkId> = self.doors.keys().copied().collect();
        for link in links {
            self.close(&link, Reason::Revoked);
        }
    }

    /// Turns away everybody else who waits with a link.
    fn close(&mut self, link: &LinkId, reason: Reason) {
        let key = self.key.clone();
        let messages = self.doors.get_mut(link).map(|doorway| doorway.close(reason, &key)).unwrap_or_default();
        self.speak(link, &messages);
        self.effects.push(Effect::Show(Event::Changed));
    }

    fn doorway_of(&self, knock: &KnockId) -> Option<(LinkId, &Doorway)> {
        self.doors.iter().find(|(_, doorway)| doorway.get(knock).is_some()).map(|(link, doorway)| (*link, doorway))
    }

    /// Whether a link of this seat still works, by this browser's clock. None does once the seat is gone.
    pub(crate) fn link_state(&self, link: &LinkId, now: Millis) -> Option<LinkState> {
        let gone = !self.is_at_the_table() || self.has_ended();
        let link = self.room()?.table().links.get(&(self.me(), *link))?;
        Some(if link.spent.is_some() {
            LinkState::Spent
        } else if link.revoked || gone {
            LinkState::Revoked
        } else if now >= link.invite.expires_at {
            LinkState::Expired
        } else {
            LinkState::Open
        })
    }

    pub(crate) fn welcome(&mut self, seat: &AuthorKey, entry: Vec<u8>) {
        self.kept.touched = true;
        let key = self.key.clone();
        let found = self
            .doors
            .iter_mut()
            .find_map(|(link, doorway)| doorway.welcome(seat, entry.clone(), &key).map(|message| (*link, message)));
        if let Some((link, message)) = found {
            self.speak(&link, &[message]);
        }
    }

    pub(crate) fn speak(&mut self, link: &LinkId, messages: &[DoorMessage]) {
        let Some(lobby) = self.doors.get(link).map(|doorway| doorway.lobby.clone()) else { return };
        for message in messages {
            self.publish(&lobby, &message.encode());
        }
    }

    /// Somebody speaks in the lobby of one of this seat's links.
    pub(crate) fn at_my_door(&mut self, topic: Topic, message: &[u8], now: Millis) {
        let link = self.doors.iter().find(|(_, doorway)| doorway.lobby.topic() == topic).map(|(link, _)| *link);
        let (Some(link), Some(message)) = (link, DoorMessage::decode(message)) else {
            self.refused += 1;
            return;
        };
        let Some(state) = self.link_state(&link, now) else { return };
        let Some(suite) = self.room().map(Room::suite) else { return };
        let (n_i, key, told) = (draw(&mut self.rng), self.key.clone(), self.told_at_the_door());
        let Some(doorway) = self.doors.get_mut(&link) else { return };
        match message {
            DoorMessage::Knock(knock) => match doorway.knock(knock, state, suite, n_i, &key, now) {
                Some((answer, new)) => {
                    let told = told.and_then(|told| answer.with(told, &key));
                    self.speak(&link, &[answer]);
                    self.speak(&link, told.as_slice());
                    if let Some(id) = new {
                        self.effects.push(Effect::Show(Event::Knocked(id)));
                        self.effects.push(Effect::Show(Event::Changed));
                    }
                }
                None => self.refused += 1,
            },
            DoorMessage::Reveal(hash, n_j) => {
                if let Some(knock) = doorway.reveal(&hash, &n_j) {
                    self.effects.push(Effect::Show(Event::Changed));
                    self.greet_called(knock, now);
                }
            }
            // Own words coming back.
            DoorMessage::Challenge(..)
            | DoorMessage::Reply(..)
            | DoorMessage::Closed(..)
            | DoorMessage::Here(_)
            | DoorMessage::Told(..) => {}
        }
    }
}
