//! The talk itself: one connection, one room, and the doors of this seat's links.

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use record::{AuthorKey, BRIEFED, Body, Charter, LinkId, NOTE_BYTES, Name, Note, OpId, Terms, WhoAdmits};
use room::{Channel, Founding, Room, SeatKey, Standing, Suite};
use wire::{FromRelay, Topic};

use crate::door::{DoorMessage, Doorway, Newcomer, Outcome};
use crate::input::{Command, Effect, Event, Input, Millis, Writing};
use crate::invitation::Invitation;
use crate::line::{Line, NotSealedHere};
use crate::side_room::{Calls, Side};
use crate::store::Kept;
use crate::view::TurnedAway;
use crate::viewing::NoteCache;

/// What the convener fills in.
pub struct Opening {
    /// Title of the talk.
    pub title: String,
    /// The convener's name.
    pub name: String,
    /// The convener's party.
    pub party: String,
    /// Whose agreement a seat needs.
    pub who_admits: WhoAdmits,
    /// What all who enter sign.
    pub terms: Terms,
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
    /// A briefing has no notes, more than [`record::BRIEFED`], or more bytes than a note may have.
    #[error("a briefing has between 1 and {BRIEFED} notes, of {NOTE_BYTES} bytes together")]
    BriefingSize,
    /// The seat may not do this, or not now.
    #[error("not allowed here or now")]
    NotNow,
    /// What was stored is not a talk, or not all of one.
    #[error("the stored talk is damaged")]
    Damaged,
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
    /// Of which talk this is a side room; None for a plenary.
    pub(crate) side: Option<Side>,
    pub(crate) calls: Calls,
    /// Seats whose number this person compared by voice.
    pub(crate) compared: BTreeSet<AuthorKey>,
    pub(crate) key: SeatKey,
    pub(crate) rng: ChaCha20Rng,
    line: Line,
    room_timer: Option<Millis>,
    pub(crate) refused: u64,
    pub(crate) kept: Kept,
    pub(crate) effects: Vec<Effect>,
}

/// Where this seat is.
pub(crate) enum Place {
    AtTheDoor(Box<Newcomer>),
    TurnedAway(TurnedAway),
    Seated(Box<Room>),
}

impl Talk {
    /// Opens a talk: this seat is its convener.
    pub fn open(opening: Opening, now: Millis) -> Result<(Self, Vec<Effect>), Error> {
        let (title, name, party) = (typed(&opening.title)?, typed(&opening.name)?, typed(&opening.party)?);
        let mut rng = ChaCha20Rng::from_seed(opening.seed);
        let key = SeatKey::from_seed(&draw(&mut rng));
        let founding = Founding { key: key.clone(), suite: opening.suite, seed: draw(&mut rng) };
        let room = Room::found(founding)?;
        let mut talk = Self::new(Place::Seated(Box::new(room)), key, rng, None);
        let who_admits = opening.who_admits;
        let terms = Some(opening.terms).filter(|terms| *terms != Terms::default());
        let call_key = Some(room::call_key(&talk.key, opening.suite).map_err(|_| Error::Bug)?);
        talk.say(Body::Charter(Charter { title, party, name, who_admits, call_key, parties: None, terms }), now)?;
        talk.effects.push(Effect::Show(Event::Changed));
        let effects = talk.finish();
        Ok((talk, effects))
    }

    /// Asks to join a talk.
    pub fn ask(asking: Asking, _now: Millis) -> Result<(Self, Vec<Effect>), Error> {
        let (name, party) = (typed(&asking.name)?, typed(&asking.party)?);
        let mut rng = ChaCha20Rng::from_seed(asking.seed);
        let key = SeatKey::from_seed(&draw(&mut rng));
        let mut talk = Self::at_a_door(asking.invitation, name, party, key, rng)?;
        let effects = talk.finish();
        Ok((talk, effects))
    }

    pub(crate) fn at_a_door(
        invitation: Invitation,
        name: Name,
        party: Name,
        key: SeatKey,
        mut rng: ChaCha20Rng,
    ) -> Result<Self, Error> {
        let (n_j, room_seed) = (draw(&mut rng), draw(&mut rng));
        let newcomer = Newcomer::new(invitation.clone(), name, party, key.clone(), n_j, room_seed);
        let newcomer = newcomer.map_err(|_| Error::Bug)?;
        let mut talk = Self::new(Place::AtTheDoor(Box::new(newcomer)), key, rng, Some(invitation));
        talk.effects.push(Effect::Show(Event::Changed));
        Ok(talk)
    }

    pub(crate) fn new(place: Place, key: SeatKey, rng: ChaCha20Rng, came_by: Option<Invitation>) -> Self {
        Self {
            place,
            doors: BTreeMap::new(),
            came_by,
            notes: NoteCache::default(),
            side: None,
            calls: Calls::default(),
            compared: BTreeSet::new(),
            key,
            rng,
            line: Line::default(),
            room_timer: None,
            refused: 0,
            kept: Kept::new(),
            effects: Vec::new(),
        }
    }

    /// Takes what happened and returns what to do, in order.
    ///
    /// Only [`Input::Command`] can return an error; bad input from outside is dropped and counted.
    pub fn handle(&mut self, input: Input, now: Millis) -> Result<Vec<Effect>, Error> {
        match input {
            Input::Connected { host } => self.line.opened(host),
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

    /// This seat's key.
    pub fn me(&self) -> AuthorKey {
        self.key.public()
    }

    /// The room, for those at the table.
    pub fn room(&self) -> Option<&Room> {
        match &self.place {
            Place::Seated(room) => Some(room),
            Place::AtTheDoor(_) | Place::TurnedAway(_) => None,
        }
    }

    /// The room, for clients that break the rules.
    #[cfg(feature = "parts")]
    pub fn parts(&mut self) -> Option<&mut Room> {
        match &mut self.place {
            Place::Seated(room) => Some(room),
            Place::AtTheDoor(_) | Place::TurnedAway(_) => None,
        }
    }

    /// Whether this seat can still say something, now or once it is brought in: it was not taken away, and is open here only.
    pub(crate) fn is_at_the_table(&self) -> bool {
        self.room().is_some_and(|room| match room.standing() {
            Standing::Seated | Standing::Stranded | Standing::Restored => true,
            Standing::Removed | Standing::OpenedElsewhere => false,
        })
    }

    /// Whether this seat can say something as it is.
    pub(crate) fn may_act(&self) -> bool {
        self.room().is_some_and(|room| matches!(room.standing(), Standing::Seated | Standing::Stranded))
    }

    pub(crate) fn finish(&mut self) -> Vec<Effect> {
        let knock = match &self.place {
            Place::AtTheDoor(newcomer) => newcomer.knock_at,
            Place::TurnedAway(_) | Place::Seated(_) => None,
        };
        if let Some(at) = self.room_timer.into_iter().chain(knock).min() {
            self.effects.push(Effect::Schedule(at));
        }
        let batch = self.batch().map(Effect::Persist);
        batch.into_iter().chain(std::mem::take(&mut self.effects)).collect()
    }

    fn command(&mut self, command: Command, now: Millis) -> Result<(), Error> {
        // What is told is not kept.
        self.kept.touched |= !matches!(command, Command::Tell(_));
        match command {
            Command::Invite { party, role } => self.invite(party, role, now),
            Command::Revoke(link) => self.revoke(link, now),
            Command::Admit(knock) => self.admit(knock, now),
            Command::Agree(add) => self.agree(add, now),
            Command::Decline(knock) => self.decline(knock, now),
            Command::Remove(seat) => self.remove(seat, now),
            Command::Call(called) => self.call(&called, now),
            Command::Compared { seat, same } => self.has_compared(seat, same),
            Command::Charter(what) => self.charter(what, now),
            Command::Write(writing) => self.write(writing, now),
            Command::Brief(notes) => self.brief(&notes, now),
            Command::Give(giving) => self.give(giving, now),
            Command::Tell(bytes) => self.room_input(room::Input::Tell(bytes), now),
        }
    }

    fn write(&mut self, writing: Writing, now: Millis) -> Result<(), Error> {
        let Writing { text, release, conveyed } = writing;
        if text.trim().is_empty() || text.len() > NOTE_BYTES {
            return Err(Error::NoteLength);
        }
        if self.has_ended() {
            return Err(Error::NotNow);
        }
        self.say(Body::Note(Note { written_at: now, text: text.into(), release, conveyed }), now)
    }

    fn remove(&mut self, seat: AuthorKey, now: Millis) -> Result<(), Error> {
        self.room_input(room::Input::Remove(seat), now)?;
        if seat == self.key.public() {
            self.close_all();
        }
        Ok(())
    }

    fn has_compared(&mut self, seat: AuthorKey, same: bool) -> Result<(), Error> {
        let room = self.room().filter(|_| self.is_at_the_table() && self.side.is_none()).ok_or(Error::NotNow)?;
        if seat == room.me() || !room.table().is_seated(&seat) {
            return Err(Error::NotNow);
        }
        if same {
            self.compared.insert(seat);
        } else {
            self.compared.remove(&seat);
        }
        self.effects.push(Effect::Show(Event::Changed));
        Ok(())
    }

    /// Gives the second key to somebody whom another seat would admit.
    fn agree(&mut self, add: OpId, now: Millis) -> Result<(), Error> {
        let room = self.room().filter(|_| self.may_act() && !self.has_ended()).ok_or(Error::NotNow)?;
        let (table, me) = (room.table(), room.me());
        let proposal = table.proposals.iter().find(|proposal| proposal.id == add && !proposal.withdrawn);
        if !proposal.is_some_and(|proposal| table.are_two_keys(&me, &proposal.by)) {
            return Err(Error::NotNow);
        }
        self.say(Body::Agree(add), now)
    }

    pub(crate) fn say(&mut self, body: Body, now: Millis) -> Result<(), Error> {
        self.room_input(room::Input::Write(body), now)
    }

    pub(crate) fn room_input(&mut self, input: room::Input<'_>, now: Millis) -> Result<(), Error> {
        let Place::Seated(room) = &mut self.place else { return Err(Error::NotNow) };
        let (effects, done) = room.handle(input, now);
        for effect in effects {
            match effect {
                room::Effect::Persist(batch) => self.kept.room(batch),
                room::Effect::Attend(channel) => self.attend(&channel),
                room::Effect::Leave(topic) => self.line.leave(topic, &mut self.effects),
                room::Effect::Send(topic, message) => {
                    if let Some(channel) = self.channel_of(&topic).cloned() {
                        self.publish(&channel, &message);
                    }
                }
                room::Effect::Wake(at) => self.room_timer = Some(at),
                room::Effect::Welcome { seat, entry } => self.welcome(&seat, entry),
                room::Effect::Told { from, bytes } => self.effects.push(Effect::Told { from, bytes }),
                room::Effect::Show(event) => self.show(event),
            }
        }
        if self.has_ended() && self.doors.values().any(Doorway::is_waited_at) {
            self.close_all();
        }
        Ok(done?)
    }

    fn show(&mut self, event: room::Event) {
        match event {
            // The view tells of every alarm for as long as the room does.
            room::Event::Changed | room::Event::Alarm(_) => self.effects.push(Effect::Show(Event::Changed)),
            room::Event::Arrived(op) => {
                let body = self.room().and_then(|room| room.op(&op)?.body());
                let note = matches!(body, Some(Body::Note(_) | Body::Brief(_) | Body::File(_)));
                self.calls.up_to_date &= !matches!(body, Some(Body::Call(_)));
                if note {
                    self.effects.push(Effect::Show(Event::NoteArrived(op)));
                }
            }
        }
    }

    fn timer(&mut self, now: Millis) {
        if self.room_timer.take_if(|at| *at <= now).is_some() {
            self.room_event(room::Input::Timer, now);
        }
        self.knock_if_due(now);
    }

    fn knock_if_due(&mut self, now: Millis) {
        let connected = self.line.is_up();
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

    fn disconnected(&mut self, now: Millis) {
        self.line.lost();
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
        self.line.greeted(challenge);
        match &self.place {
            Place::Seated(room) => {
                let channels: Vec<Channel> = room.channels().cloned().collect();
                for channel in &channels {
                    self.attend(channel);
                }
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

    pub(crate) fn attend(&mut self, channel: &Channel) {
        self.line.attend(channel, &mut self.effects);
    }

    pub(crate) fn publish(&mut self, channel: &Channel, message: &[u8]) {
        self.line.publish(channel, message, &mut self.rng, &mut self.effects);
    }

    fn delivered(&mut self, topic: Topic, payload: &[u8], now: Millis) {
        let Some(channel) = self.channel_of(&topic).cloned() else { return };
        let message = match self.line.take(&channel, payload) {
            Ok(Some(message)) => message,
            Ok(None) => return,
            Err(NotSealedHere) => {
                self.refused += 1;
                return;
            }
        };
        match &mut self.place {
            Place::Seated(room) if room.channels().any(|channel| channel.topic() == topic) => {
                self.room_event(room::Input::Message(topic, &message), now)
            }
            Place::Seated(_) => {
                self.kept.touched = true;
                self.at_my_door(topic, &message, now);
            }
            Place::AtTheDoor(_) => {
                self.kept.touched = true;
                self.at_their_door(&message, now);
            }
            Place::TurnedAway(_) => {}
        }
    }

    fn channel_of(&self, topic: &Topic) -> Option<&Channel> {
        let (room, door) = match &self.place {
            Place::Seated(room) => (Some(room), None),
            Place::AtTheDoor(newcomer) => (None, Some(&newcomer.lobby)),
            Place::TurnedAway(_) => (None, None),
        };
        let lobbies = self.doors.values().map(|doorway| &doorway.lobby);
        let rooms = room.into_iter().flat_map(|room| room.channels());
        rooms.chain(door).chain(lobbies).find(|channel| channel.topic() == *topic)
    }

    fn gap(&mut self, topic: Topic, now: Millis) {
        let room = self.room().is_some_and(|room| room.channels().any(|channel| channel.topic() == topic));
        if room {
            self.room_event(room::Input::Gap, now);
        } else {
            self.knock_now(now);
        }
    }

    /// Whether a room is what it was called to be: not the plenary once more, in which what is signed here would count, and
    /// with the seat's own call key, not one that the admitter holds. Seats admitted by older versions have none.
    fn is_genuine(&self, room: &Room) -> bool {
        let plenary = self.side.as_ref().is_some_and(|side| side.plenary == room.id());
        let told = room.table().seat(&self.me()).and_then(|seat| seat.call_key.as_ref());
        let own = || room::call_key(&self.key, room.suite()).ok();
        !plenary && told.is_none_or(|told| Some(told) == own().as_ref())
    }

    /// The inviter, or somebody else with the link, speaks in the lobby this seat waits in.
    fn at_their_door(&mut self, message: &[u8], now: Millis) {
        let Some(message) = DoorMessage::decode(message) else {
            self.refused += 1;
            return;
        };
        let Place::AtTheDoor(newcomer) = &mut self.place else { return };
        let (lobby, told) = (newcomer.lobby.clone(), newcomer.told);
        match newcomer.receive(message, now) {
            Outcome::Nothing => return,
            Outcome::Say(message) => self.publish(&lobby, &message.encode()),
            Outcome::Told => {}
            Outcome::Shut(why) => self.place = Place::TurnedAway(why),
            Outcome::Entered(room) if !self.is_genuine(&room) => {
                self.place = Place::TurnedAway(TurnedAway::NotGenuine);
            }
            Outcome::Entered(room) => {
                let channels: Vec<Channel> = room.channels().cloned().collect();
                self.place = Place::Seated(room);
                self.line.leave(lobby.topic(), &mut self.effects);
                for channel in &channels {
                    self.attend(channel);
                }
                self.room_event(room::Input::Connected, now);
                self.sign_on_entering(told, now);
            }
        }
        self.effects.push(Effect::Show(Event::Changed));
    }
}

pub(crate) fn typed(text: &str) -> Result<Name, Error> {
    Name::typed(text).map_err(|_| Error::Name)
}

pub(crate) fn draw<const N: usize>(rng: &mut ChaCha20Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}
