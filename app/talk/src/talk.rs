//! The talk itself: one connection, one room, and the doors of this seat's links.

use std::collections::BTreeMap;

use bytes::Bytes;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use record::{Add, Body, Charter, Invite, LinkId, NOTE_BYTES, Name, Note, PartyRef, Role};
use room::{Assembler, Channel, Founding, Room, SeatKey, Suite};
use wire::{FrameId, FromClient, FromRelay, Topic};

use crate::door::{DoorMessage, Doorway, KnockId, Newcomer, Outcome, Reason};
use crate::input::{Command, Effect, Event, Input, Millis, PartyChoice};
use crate::invitation::Invitation;
use crate::view::{LinkState, TurnedAway};
use crate::viewing::NoteCache;

/// How long a link works.
pub const LINK_LIFE_MS: Millis = 7 * 24 * 60 * 60 * 1000;
/// Most links of one seat.
const LINKS: usize = 64;

/// What the convener fills in.
pub struct Opening {
    /// Title of the talk.
    pub title: String,
    /// The convener's name.
    pub name: String,
    /// The convener's party.
    pub party: String,
    /// Fresh random bytes; the keys of this seat come from here and from the operating system.
    pub seed: [u8; 32],
    /// The ciphersuite of the talk's rooms.
    pub suite: Suite,
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
    /// The title, a name or a party is empty, too long, or holds control characters.
    #[error("a name is empty or longer than {} bytes", record::NAME_BYTES)]
    Name,
    /// A note is empty or longer than [`record::NOTE_BYTES`].
    #[error("a note has between 1 and {NOTE_BYTES} bytes")]
    NoteLength,
    /// The seat may not do this, or not now.
    #[error("not allowed here or now")]
    NotNow,
    /// Something that must not happen: this program is wrong.
    #[error("a fault of this program")]
    Bug,
}

impl From<room::Error> for Error {
    fn from(error: room::Error) -> Self {
        match error {
            room::Error::NotNow => Error::NotNow,
            room::Error::PeerMisbehaved(_) | room::Error::Bug(_) => Error::Bug,
        }
    }
}

/// One talk as seen from one seat.
pub struct Talk {
    pub(crate) place: Place,
    pub(crate) doors: BTreeMap<LinkId, Doorway>,
    /// The link this seat came in with, and whom it names.
    pub(crate) came_by: Option<Invitation>,
    pub(crate) notes: NoteCache,
    key: SeatKey,
    rng: ChaCha20Rng,
    connection: Option<Connection>,
    assemblers: BTreeMap<Topic, Assembler>,
    frames: u64,
    room_timer: Option<Millis>,
    refused: u64,
    effects: Vec<Effect>,
}

/// Where this seat is.
pub(crate) enum Place {
    AtTheDoor(Box<Newcomer>),
    TurnedAway(TurnedAway),
    Seated(Box<Room>),
}

/// A connection to the relay; its challenge comes with the relay's hello.
struct Connection {
    host: String,
    challenge: Option<[u8; 32]>,
}

impl Talk {
    /// Opens a talk: this seat is its convener.
    pub fn open(opening: Opening, now: Millis) -> Result<(Self, Vec<Effect>), Error> {
        let (title, name, party) = (typed(&opening.title)?, typed(&opening.name)?, typed(&opening.party)?);
        let mut rng = ChaCha20Rng::from_seed(opening.seed);
        let key = SeatKey::from_seed(&draw(&mut rng));
        let founding = Founding { key: key.clone(), suite: opening.suite, seed: draw(&mut rng) };
        let mut room = Room::found(founding)?;
        room.handle(room::Input::Write(Body::Charter(Charter { title, party, name })), now)?;
        let mut talk = Self::new(Place::Seated(Box::new(room)), key, rng, None);
        talk.effects.push(Effect::Show(Event::Changed));
        let effects = talk.finish();
        Ok((talk, effects))
    }

    /// Asks to join a talk.
    pub fn ask(asking: Asking, _now: Millis) -> Result<(Self, Vec<Effect>), Error> {
        let (name, party) = (typed(&asking.name)?, typed(&asking.party)?);
        let mut rng = ChaCha20Rng::from_seed(asking.seed);
        let key = SeatKey::from_seed(&draw(&mut rng));
        let (n_j, room_seed) = (draw(&mut rng), draw(&mut rng));
        let invitation = asking.invitation;
        let newcomer = Newcomer::new(invitation.clone(), name, party, key.clone(), n_j, room_seed);
        let newcomer = newcomer.map_err(|_| Error::Bug)?;
        let mut talk = Self::new(Place::AtTheDoor(Box::new(newcomer)), key, rng, Some(invitation));
        talk.effects.push(Effect::Show(Event::Changed));
        let effects = talk.finish();
        Ok((talk, effects))
    }

    fn new(place: Place, key: SeatKey, rng: ChaCha20Rng, came_by: Option<Invitation>) -> Self {
        Self {
            place,
            doors: BTreeMap::new(),
            came_by,
            notes: NoteCache::default(),
            key,
            rng,
            connection: None,
            assemblers: BTreeMap::new(),
            frames: 0,
            room_timer: None,
            refused: 0,
            effects: Vec::new(),
        }
    }

    /// Takes what happened and returns what to do, in order.
    ///
    /// Only [`Input::Command`] can return an error; bad input from outside is dropped and counted.
    pub fn handle(&mut self, input: Input, now: Millis) -> Result<Vec<Effect>, Error> {
        match input {
            Input::Connected { host } => self.connection = Some(Connection { host, challenge: None }),
            Input::Disconnected => self.disconnected(now),
            Input::Relay(frame) => self.receive(frame, now),
            Input::Timer => self.timer(now),
            Input::Command(command) => self.command(command, now)?,
        }
        Ok(self.finish())
    }

    /// How many frames from outside were refused since this talk is open here.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// The room, for those at the table.
    pub fn room(&self) -> Option<&Room> {
        match &self.place {
            Place::Seated(room) => Some(room),
            Place::AtTheDoor(_) | Place::TurnedAway(_) => None,
        }
    }

    fn finish(&mut self) -> Vec<Effect> {
        let knock = match &self.place {
            Place::AtTheDoor(newcomer) => newcomer.knock_at,
            Place::TurnedAway(_) | Place::Seated(_) => None,
        };
        if let Some(at) = self.room_timer.into_iter().chain(knock).min() {
            self.effects.push(Effect::Schedule(at));
        }
        std::mem::take(&mut self.effects)
    }

    fn command(&mut self, command: Command, now: Millis) -> Result<(), Error> {
        match command {
            Command::Invite { party, role } => self.invite(party, role, now),
            Command::Revoke(link) => self.revoke(link, now),
            Command::Admit(knock) => self.admit(knock, now),
            Command::Decline(knock) => self.decline(knock),
            Command::Write(text) => self.write(text, now),
        }
    }

    fn write(&mut self, text: String, now: Millis) -> Result<(), Error> {
        if text.trim().is_empty() || text.len() > NOTE_BYTES {
            return Err(Error::NoteLength);
        }
        self.say(Body::Note(Note { written_at: now, text: text.into() }), now)
    }

    fn invite(&mut self, party: PartyChoice, role: Role, now: Millis) -> Result<(), Error> {
        let room = self.room().ok_or(Error::NotNow)?;
        let known = match party {
            PartyChoice::Existing(id) => room.table().party(&id).is_some(),
            PartyChoice::New => true,
        };
        if !known || role == Role::Convener || self.doors.len() >= LINKS {
            return Err(Error::NotNow);
        }
        let link = LinkId(draw(&mut self.rng));
        let invitation = Invitation::new(link, draw(&mut self.rng), self.key.public());
        let party = match party {
            PartyChoice::Existing(id) => Some(id),
            PartyChoice::New => None,
        };
        self.say(Body::Invite(Invite { link, party, role, expires_at: now + LINK_LIFE_MS }), now)?;
        let doorway = Doorway::new(invitation, self.doors.len());
        self.attend(&doorway.lobby);
        self.doors.insert(link, doorway);
        Ok(())
    }

    fn revoke(&mut self, link: LinkId, now: Millis) -> Result<(), Error> {
        if self.link_state(&link, now) != Some(LinkState::Open) {
            return Err(Error::NotNow);
        }
        self.say(Body::Revoke(link), now)?;
        self.close(&link, Reason::Revoked);
        Ok(())
    }

    fn admit(&mut self, knock: KnockId, now: Millis) -> Result<(), Error> {
        let (link, doorway) = self.doorway_of(&knock).ok_or(Error::NotNow)?;
        let knocking = doorway.get(&knock).filter(|k| k.digits.is_some() && k.waits()).ok_or(Error::NotNow)?;
        if self.link_state(&link, now) != Some(LinkState::Open) {
            return Err(Error::NotNow);
        }
        let room = self.room().ok_or(Error::NotNow)?;
        let invite = &room.table().links.get(&link).ok_or(Error::NotNow)?.invite;
        let party = invite.party.map_or_else(|| PartyRef::New(knocking.party.clone()), PartyRef::Existing);
        let key_package = knocking.key_package.clone();
        let add = Add {
            seat: key_package.seat(),
            key_package: key_package.hash(),
            link,
            party,
            role: invite.role,
            name: knocking.name.clone(),
            digits_compared: true,
        };
        self.room_input(room::Input::Admit(add, key_package), now)?;
        if let Some(doorway) = self.doors.get_mut(&link) {
            doorway.admitted(&knock);
        }
        self.close(&link, Reason::Spent);
        Ok(())
    }

    fn decline(&mut self, knock: KnockId) -> Result<(), Error> {
        let (link, _) = self.doorway_of(&knock).ok_or(Error::NotNow)?;
        let key = self.key.clone();
        let message = self.doors.get_mut(&link).and_then(|doorway| doorway.decline(&knock, &key));
        let message = message.ok_or(Error::NotNow)?;
        self.speak(&link, &[message]);
        self.effects.push(Effect::Show(Event::Changed));
        Ok(())
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

    /// Whether a link of this seat still works, by this browser's clock.
    pub(crate) fn link_state(&self, link: &LinkId, now: Millis) -> Option<LinkState> {
        let link = self.room()?.table().links.get(link)?;
        Some(if link.spent.is_some() {
            LinkState::Spent
        } else if link.revoked {
            LinkState::Revoked
        } else if now >= link.invite.expires_at {
            LinkState::Expired
        } else {
            LinkState::Open
        })
    }

    fn say(&mut self, body: Body, now: Millis) -> Result<(), Error> {
        self.room_input(room::Input::Write(body), now)
    }

    fn room_input(&mut self, input: room::Input<'_>, now: Millis) -> Result<(), Error> {
        let Place::Seated(room) = &mut self.place else { return Err(Error::NotNow) };
        let done = room.handle(input, now);
        let channel = room.channel().clone();
        for effect in done? {
            match effect {
                room::Effect::Send(message) => self.publish(&channel, &message),
                room::Effect::Wake(at) => self.room_timer = Some(at),
                room::Effect::Welcome { seat, entry } => self.welcome(&seat, entry),
                room::Effect::Show(event) => self.show(event),
            }
        }
        Ok(())
    }

    fn show(&mut self, event: room::Event) {
        match event {
            room::Event::Changed | room::Event::TwoVersions(_) => self.effects.push(Effect::Show(Event::Changed)),
            room::Event::Arrived(op) => {
                let note = self
                    .room()
                    .is_some_and(|room| room.op(&op).is_some_and(|op| matches!(op.body(), Some(Body::Note(_)))));
                if note {
                    self.effects.push(Effect::Show(Event::NoteArrived(op)));
                }
            }
        }
    }

    fn welcome(&mut self, seat: &record::AuthorKey, entry: Vec<u8>) {
        let key = self.key.clone();
        let found = self
            .doors
            .iter_mut()
            .find_map(|(link, doorway)| doorway.welcome(seat, entry.clone(), &key).map(|message| (*link, message)));
        if let Some((link, message)) = found {
            self.speak(&link, &[message]);
        }
    }

    fn timer(&mut self, now: Millis) {
        if self.room_timer.take_if(|at| *at <= now).is_some() {
            self.room_event(room::Input::Timer, now);
        }
        self.knock_if_due(now);
    }

    fn knock_if_due(&mut self, now: Millis) {
        let connected = self.challenge().is_some();
        let Place::AtTheDoor(newcomer) = &mut self.place else { return };
        if newcomer.knock_at.is_none_or(|at| at > now) {
            return;
        }
        newcomer.knock_at = None;
        if connected {
            let message = newcomer.knock(now);
            let lobby = newcomer.lobby.clone();
            self.publish(&lobby, &message.encode());
        }
    }

    /// Gives the room something that happened outside; what it refuses is counted.
    fn room_event(&mut self, input: room::Input<'_>, now: Millis) {
        if self.room_input(input, now).is_err() {
            self.refused += 1;
        }
    }

    fn challenge(&self) -> Option<[u8; 32]> {
        self.connection.as_ref().and_then(|connection| connection.challenge)
    }

    fn disconnected(&mut self, now: Millis) {
        self.connection = None;
        self.assemblers.clear();
        self.room_timer = None;
        match &mut self.place {
            Place::Seated(_) => self.room_event(room::Input::Disconnected, now),
            Place::AtTheDoor(newcomer) => {
                newcomer.inviter_here = false;
                newcomer.knock_at = None;
            }
            Place::TurnedAway(_) => {}
        }
        self.effects.push(Effect::Show(Event::Changed));
    }

    fn receive(&mut self, frame: FromRelay, now: Millis) {
        match frame {
            FromRelay::Hello { challenge, .. } => self.greeted(challenge, now),
            FromRelay::Deliver { topic, payload, .. } => self.delivered(topic, &payload, now),
            FromRelay::Gap { topic } => self.gap(topic, now),
            // A proof and what it allows travel in order, and payloads are bucket sizes: neither is refused by
            // a fair relay, and what another one drops is asked for again like any loss.
            FromRelay::Refused { .. } => self.refused += 1,
            FromRelay::Drain { .. } | FromRelay::Pong | FromRelay::Close { .. } => {}
        }
    }

    fn greeted(&mut self, challenge: [u8; 32], now: Millis) {
        let Some(connection) = &mut self.connection else { return };
        connection.challenge = Some(challenge);
        match &self.place {
            Place::Seated(room) => {
                let channel = room.channel().clone();
                self.attend(&channel);
                self.room_event(room::Input::Connected, now);
                let lobbies: Vec<Channel> = self.doors.values().map(|doorway| doorway.lobby.clone()).collect();
                for lobby in &lobbies {
                    self.attend(lobby);
                }
                let links: Vec<LinkId> = self.doors.keys().copied().collect();
                for link in links {
                    let here = DoorMessage::here(&link, &self.key);
                    self.speak(&link, &[here]);
                }
            }
            Place::AtTheDoor(newcomer) => {
                let lobby = newcomer.lobby.clone();
                self.attend(&lobby);
                self.knock_now(now);
            }
            Place::TurnedAway(_) => {}
        }
    }

    fn knock_now(&mut self, now: Millis) {
        if let Place::AtTheDoor(newcomer) = &mut self.place {
            newcomer.knock_at = Some(now);
        }
        self.knock_if_due(now);
    }

    /// Subscribes to a channel and proves its write key.
    fn attend(&mut self, channel: &Channel) {
        let Some(connection) = &self.connection else { return };
        let Some(challenge) = connection.challenge else { return };
        let proof = channel.prove(&connection.host, &challenge);
        self.effects.push(Effect::Send(FromClient::Subscribe { topic: channel.topic() }));
        self.effects.push(Effect::Send(proof));
    }

    fn publish(&mut self, channel: &Channel, message: &[u8]) {
        if self.challenge().is_none() {
            return;
        }
        // Nothing this app makes is longer than a channel carries: ops and commits are bounded far below.
        let payloads: Vec<Bytes> = channel.seal(message, &mut self.rng).unwrap_or_default();
        for payload in payloads {
            self.frames += 1;
            let (topic, id) = (channel.topic(), FrameId(self.frames));
            self.effects.push(Effect::Send(FromClient::Publish { topic, id, payload }));
        }
    }

    fn speak(&mut self, link: &LinkId, messages: &[DoorMessage]) {
        let Some(lobby) = self.doors.get(link).map(|doorway| doorway.lobby.clone()) else { return };
        for message in messages {
            self.publish(&lobby, &message.encode());
        }
    }

    fn delivered(&mut self, topic: Topic, payload: &[u8], now: Millis) {
        let Some(channel) = self.channel_of(&topic) else { return };
        let Some(part) = channel.open(payload) else {
            self.refused += 1;
            return;
        };
        let Some(message) = self.assemblers.entry(topic).or_default().take(part) else { return };
        match &mut self.place {
            Place::Seated(room) if room.channel().topic() == topic => {
                self.room_event(room::Input::Message(&message), now)
            }
            Place::Seated(_) => self.at_my_door(topic, &message, now),
            Place::AtTheDoor(_) => self.at_their_door(&message, now),
            Place::TurnedAway(_) => {}
        }
    }

    fn channel_of(&self, topic: &Topic) -> Option<&Channel> {
        let own = match &self.place {
            Place::Seated(room) => Some(room.channel()),
            Place::AtTheDoor(newcomer) => Some(&newcomer.lobby),
            Place::TurnedAway(_) => None,
        };
        let lobbies = self.doors.values().map(|doorway| &doorway.lobby);
        own.into_iter().chain(lobbies).find(|channel| channel.topic() == *topic)
    }

    fn gap(&mut self, topic: Topic, now: Millis) {
        let room = self.room().is_some_and(|room| room.channel().topic() == topic);
        if room {
            self.room_event(room::Input::Gap, now);
        } else {
            self.knock_now(now);
        }
    }

    /// Somebody speaks in the lobby of one of this seat's links.
    fn at_my_door(&mut self, topic: Topic, message: &[u8], now: Millis) {
        let link = self.doors.iter().find(|(_, doorway)| doorway.lobby.topic() == topic).map(|(link, _)| *link);
        let (Some(link), Some(message)) = (link, DoorMessage::decode(message)) else {
            self.refused += 1;
            return;
        };
        let Some(state) = self.link_state(&link, now) else { return };
        let Some(suite) = self.room().map(Room::suite) else { return };
        let (n_i, key) = (draw(&mut self.rng), self.key.clone());
        let Some(doorway) = self.doors.get_mut(&link) else { return };
        match message {
            DoorMessage::Knock(knock) => match doorway.knock(knock, state, suite, n_i, &key) {
                Some((answer, new)) => {
                    self.speak(&link, &[answer]);
                    if let Some(id) = new {
                        self.effects.push(Effect::Show(Event::Knocked(id)));
                        self.effects.push(Effect::Show(Event::Changed));
                    }
                }
                None => self.refused += 1,
            },
            DoorMessage::Reveal(hash, n_j) => {
                if doorway.reveal(&hash, &n_j).is_some() {
                    self.effects.push(Effect::Show(Event::Changed));
                }
            }
            // Own words coming back.
            DoorMessage::Challenge(..) | DoorMessage::Reply(..) | DoorMessage::Closed(..) | DoorMessage::Here(_) => {}
        }
    }

    /// The inviter, or somebody else with the link, speaks in the lobby this seat waits in.
    fn at_their_door(&mut self, message: &[u8], now: Millis) {
        let Some(message) = DoorMessage::decode(message) else {
            self.refused += 1;
            return;
        };
        let Place::AtTheDoor(newcomer) = &mut self.place else { return };
        let lobby = newcomer.lobby.clone();
        match newcomer.receive(message, now) {
            Outcome::Nothing => return,
            Outcome::Say(message) => self.publish(&lobby, &message.encode()),
            Outcome::Shut(why) => self.place = Place::TurnedAway(why),
            Outcome::Entered(room) => {
                let channel = room.channel().clone();
                self.place = Place::Seated(room);
                self.effects.push(Effect::Send(FromClient::Unsubscribe { topic: lobby.topic() }));
                self.attend(&channel);
                self.room_event(room::Input::Connected, now);
            }
        }
        self.effects.push(Effect::Show(Event::Changed));
    }
}

fn typed(text: &str) -> Result<Name, Error> {
    Name::typed(text).map_err(|_| Error::Name)
}

fn draw<const N: usize>(rng: &mut ChaCha20Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}
