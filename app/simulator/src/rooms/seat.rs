//! One seat: a room, what it has stored, and its connection. The only file here that drives a `Room`.

use std::collections::BTreeMap;

use bytes::Bytes;
use rand_chacha::ChaCha20Rng;
use record::{Add, AuthorKey, Body, OpId, StateId, Table};
use relay_core::ConnectionId;
use room::parts::Hoard;
use room::{
    Alarm, Assembler, Channel, Effect, Error, Event, Founding, Input, KeyPackage, KeyPackageSecrets, Room, SeatKey,
    Standing, Suite,
};
use wire::{FrameId, FromClient, FromRelay, Topic};

use super::SeatNo;
use super::disk::Disk;
use super::draws::Draws;
use super::frames::{self, Frame};
use super::relays::HOST;
use super::trace::short;
use super::verdict::Figures;
use super::view::{ShownOp, View};
use crate::Millis;

/// One seat.
pub(crate) struct Seat {
    pub(crate) no: SeatNo,
    pub(crate) key: SeatKey,
    pub(crate) fate: Fate,
    /// Breaks the rules; what it shows and holds counts for nothing.
    pub(crate) hostile: bool,
    /// The person wants to be there: the page is open, and so is the network.
    pub(crate) present: bool,
    /// How far its clock is ahead.
    pub(crate) skew_ms: i64,
    /// When its timer rings, by the clock of the world.
    pub(crate) wake: Option<Millis>,
    /// For this file, and for the rules a hostile seat breaks.
    pub(super) room: Option<Room>,
    /// What a hostile seat keeps.
    pub(super) hoard: Option<Hoard>,
    waits_with: Option<KeyPackageSecrets>,
    disk: Disk,
    socket: Option<Socket>,
    frames: u64,
    rng: ChaCha20Rng,
    /// What rooms counted that are closed by now.
    counted: Figures,
    /// Whether it could not bring others in when its page was last open.
    helpless: bool,
    /// What the room must be when it is opened again after a death at a write.
    must_reopen_as: Option<Kept>,
}

/// What has become of a seat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// Waits for its Welcome.
    AtTheDoor,
    /// Has a room, open or stored.
    Seated,
    /// Its store or its page is gone for good.
    Gone,
}

/// Where in the middle of the next effects the seat is killed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Doom {
    Lives,
    /// The storage write does not happen, nor anything after it.
    BeforeWrite,
    /// The storage write happens, and so many effects after it.
    AfterWrite(usize),
    /// The storage write fails: the room is opened again from what was stored before.
    WriteFails,
    /// A commit is staged and stored, but never published.
    BeforeCommit,
    /// Right after publishing a commit.
    AfterCommit,
}

/// What a seat does to the world.
pub(crate) enum Deed {
    /// Says something to its relay.
    Say(Bytes, bool),
    /// What it has just said, opened.
    Sent(Frame),
    /// Is to be woken at this time, by the clock of the world.
    Wake(Millis),
    /// Hands this to a newcomer at the door.
    Hand(AuthorKey, Vec<u8>),
    /// Attends a channel.
    Attends(Channel),
    /// Shows an alarm.
    Alarm(&'static str),
}

/// What came of an input.
pub(crate) struct Done {
    pub(crate) deeds: Vec<Deed>,
    pub(crate) result: Result<(), Error>,
    /// The doom that struck.
    pub(crate) died: Option<Doom>,
}

/// What must be the same before a death and after it: where the seat stands and everything it holds.
#[derive(PartialEq, Eq)]
struct Kept {
    state: StateId,
    ops: BTreeMap<OpId, bool>,
}

impl Kept {
    fn of(room: &Room) -> Self {
        Self { state: room.state(), ops: room.ops().map(|op| (op.id(), op.body().is_some())).collect() }
    }

    /// The first thing in which the two differ.
    fn differs(&self, other: &Self) -> Option<String> {
        if self.state != other.state {
            return Some(format!("stood on {}, stands on {}", short(&self.state.0), short(&other.state.0)));
        }
        let lost = self.ops.iter().find(|(id, body)| other.ops.get(id) != Some(body));
        let made_up = other.ops.iter().find(|(id, body)| self.ops.get(id) != Some(body));
        match (lost, made_up) {
            (Some((id, _)), _) => Some(format!("op {} is lost", short(&id.0))),
            (None, Some((id, _))) => Some(format!("op {} is there that was not", short(&id.0))),
            (None, None) => None,
        }
    }
}

struct Socket {
    connection: ConnectionId,
    /// Comes with the relay's hello; nothing can be said before.
    challenge: Option<[u8; 32]>,
    attended: BTreeMap<Topic, (Channel, Assembler)>,
}

impl Seat {
    /// The first seat, which founds the room.
    pub(crate) fn founds(no: SeatNo, suite: Suite, mut rng: ChaCha20Rng) -> Result<Self, Error> {
        let key = SeatKey::from_seed(&rng.bytes());
        let room = Room::found(Founding { key: key.clone(), suite, seed: rng.bytes() })?;
        let mut seat = Self::new(no, key, rng);
        (seat.room, seat.fate) = (Some(room), Fate::Seated);
        Ok(seat)
    }

    /// A newcomer at the door, with a key package.
    pub(crate) fn knocks(no: SeatNo, suite: Suite, mut rng: ChaCha20Rng) -> Result<(Self, KeyPackage), Error> {
        let key = SeatKey::from_seed(&rng.bytes());
        let secrets = KeyPackageSecrets::new(&key, suite)?;
        let key_package = KeyPackage::parse(secrets.bytes(), suite)?;
        let mut seat = Self::new(no, key, rng);
        seat.waits_with = Some(secrets);
        Ok((seat, key_package))
    }

    fn new(no: SeatNo, key: SeatKey, rng: ChaCha20Rng) -> Self {
        Self {
            no,
            key,
            fate: Fate::AtTheDoor,
            hostile: false,
            present: true,
            skew_ms: 0,
            wake: None,
            room: None,
            hoard: None,
            waits_with: None,
            disk: Disk::default(),
            socket: None,
            frames: 0,
            rng,
            counted: Figures::default(),
            helpless: false,
            must_reopen_as: None,
        }
    }

    /// Comes in with what was handed over at the door. What is handed over a second time changes nothing.
    pub(crate) fn enters(&mut self, inviter: AuthorKey, entry: &[u8]) -> Option<Result<(), Error>> {
        let secrets = self.waits_with.take()?;
        let seed = self.rng.bytes();
        Some(Room::enter(self.key.clone(), secrets, inviter, entry, seed).map(|room| {
            (self.room, self.fate) = (Some(room), Fate::Seated);
        }))
    }

    /// Gives the room an input and performs what comes of it.
    pub(crate) fn takes(&mut self, input: Input<'_>, now: Millis, doom: Doom) -> Done {
        let mut done = Done { deeds: Vec::new(), result: Ok(()), died: None };
        let clock = self.clock(now);
        let Some(room) = &mut self.room else { return done };
        let before = (doom != Doom::Lives).then(|| Kept::of(room));
        let (effects, result) = room.handle(input, clock);
        done.result = result;
        let after = (doom != Doom::Lives).then(|| Kept::of(room));
        let mut left = usize::MAX;
        for effect in effects {
            if left == 0 {
                self.dies(after);
                done.died = Some(doom);
                return done;
            }
            left = left.saturating_sub(usize::from(left != usize::MAX));
            match effect {
                Effect::Persist(batch) => match doom {
                    Doom::BeforeWrite | Doom::WriteFails => {
                        self.dies(before);
                        done.died = Some(doom);
                        return done;
                    }
                    Doom::AfterWrite(more) => {
                        self.disk.write(batch);
                        left = more;
                    }
                    Doom::Lives | Doom::BeforeCommit | Doom::AfterCommit => self.disk.write(batch),
                },
                Effect::Send(topic, message) => {
                    let frame = frames::look(&message);
                    let commit = matches!(frame, Frame::Commit { author, .. } if author == self.key.public());
                    if commit && doom == Doom::BeforeCommit {
                        self.dies(after);
                        done.died = Some(doom);
                        return done;
                    }
                    if self.publishes(topic, &message, &mut done.deeds) {
                        done.deeds.push(Deed::Sent(frame));
                        if commit && doom == Doom::AfterCommit {
                            self.dies(after);
                            done.died = Some(doom);
                            return done;
                        }
                    }
                }
                Effect::Attend(channel) => self.attends(*channel, &mut done.deeds),
                Effect::Leave(topic) => self.leaves(topic, &mut done.deeds),
                Effect::Wake(at) => {
                    let rings = now + at.saturating_sub(clock).max(1);
                    if self.wake != Some(rings) {
                        self.wake = Some(rings);
                        done.deeds.push(Deed::Wake(rings));
                    }
                }
                Effect::Welcome { seat, entry } => done.deeds.push(Deed::Hand(seat, entry)),
                // Nobody in a schedule tells.
                Effect::Told { .. } => {}
                Effect::Show(event) => done.deeds.extend(alarm(event).map(Deed::Alarm)),
            }
        }
        done
    }

    /// A socket is open; the relay will greet.
    pub(crate) fn dials(&mut self, connection: ConnectionId) {
        self.socket = Some(Socket { connection, challenge: None, attended: BTreeMap::new() });
    }

    /// The socket is gone.
    pub(crate) fn hangs_up(&mut self, now: Millis) -> Done {
        self.socket = None;
        self.takes(Input::Disconnected, now, Doom::Lives)
    }

    pub(crate) fn connection(&self) -> Option<ConnectionId> {
        self.socket.as_ref().map(|socket| socket.connection)
    }

    /// Whether the relay has greeted: something can be said.
    pub(crate) fn is_up(&self) -> bool {
        self.socket.as_ref().is_some_and(|socket| socket.challenge.is_some())
    }

    /// Hears a frame of the relay.
    pub(crate) fn hears(&mut self, frame: FromRelay, now: Millis, doom: Doom) -> Done {
        let nothing = Done { deeds: Vec::new(), result: Ok(()), died: None };
        match frame {
            FromRelay::Hello { challenge, .. } => {
                let Some(socket) = &mut self.socket else { return nothing };
                socket.challenge = Some(challenge);
                let channels: Vec<Channel> =
                    self.room.as_ref().map(|room| room.channels().cloned().collect()).unwrap_or_default();
                let mut deeds = Vec::new();
                for channel in channels {
                    self.attends(channel, &mut deeds);
                }
                let mut done = self.takes(Input::Connected, now, doom);
                deeds.append(&mut done.deeds);
                Done { deeds, ..done }
            }
            FromRelay::Deliver { topic, payload, .. } => {
                let Some((channel, assembler)) =
                    self.socket.as_mut().and_then(|socket| socket.attended.get_mut(&topic))
                else {
                    return nothing;
                };
                match channel.open(&payload).and_then(|part| assembler.take(part)) {
                    Some(message) => self.takes(Input::Message(topic, &message), now, doom),
                    None => nothing,
                }
            }
            FromRelay::Gap { .. } => self.takes(Input::Gap, now, doom),
            FromRelay::Refused { .. } | FromRelay::Drain { .. } | FromRelay::Pong | FromRelay::Close { .. } => nothing,
        }
    }

    fn attends(&mut self, channel: Channel, deeds: &mut Vec<Deed>) {
        let Some(Socket { challenge: Some(challenge), attended, .. }) = &mut self.socket else { return };
        let topic = channel.topic();
        deeds.push(Deed::Attends(channel.clone()));
        deeds.push(Deed::Say(channel.prove(HOST, challenge).encode(), false));
        deeds.push(Deed::Say(FromClient::Subscribe { topic }.encode(), false));
        attended.insert(topic, (channel, Assembler::default()));
    }

    fn leaves(&mut self, topic: Topic, deeds: &mut Vec<Deed>) {
        let Some(socket) = &mut self.socket else { return };
        if socket.attended.remove(&topic).is_some() && socket.challenge.is_some() {
            deeds.push(Deed::Say(FromClient::Unsubscribe { topic }.encode(), false));
        }
    }

    /// Seals a message and says it; false when there is nobody to say it to.
    fn publishes(&mut self, topic: Topic, message: &[u8], deeds: &mut Vec<Deed>) -> bool {
        let Some(Socket { challenge: Some(_), attended, .. }) = &self.socket else { return false };
        let Some((channel, _)) = attended.get(&topic) else { return false };
        for payload in channel.seal(message, &mut self.rng).unwrap_or_default() {
            self.frames += 1;
            let publish = FromClient::Publish { topic, id: FrameId(self.frames), payload };
            deeds.push(Deed::Say(publish.encode(), true));
        }
        true
    }

    /// Says something no room would say.
    pub(crate) fn says_raw(&mut self, topic: Topic, message: &[u8]) -> Done {
        let mut deeds = Vec::new();
        self.publishes(topic, message, &mut deeds);
        Done { deeds, result: Ok(()), died: None }
    }

    /// The page is killed: everything in memory is lost.
    fn dies(&mut self, must_reopen_as: Option<Kept>) {
        self.helpless = !self.can_help();
        self.counted = self.counts();
        (self.room, self.socket, self.wake) = (None, None, None);
        self.must_reopen_as = must_reopen_as;
        if self.disk.is_empty() {
            self.fate = Fate::Gone;
        }
    }

    /// The page is killed while nothing is being written.
    pub(crate) fn is_killed(&mut self) {
        let now = self.room.as_ref().map(Kept::of);
        self.dies(now);
    }

    /// The page and what it stored are never seen again.
    pub(crate) fn vanishes(&mut self) {
        self.disk.wipe();
        self.waits_with = None;
        self.dies(None);
        self.fate = Fate::Gone;
    }

    /// An older snapshot of the store is put back; returns how many batches are lost.
    pub(crate) fn rolls_back(&mut self, batches: usize) -> usize {
        let lost = self.disk.lose(batches);
        self.dies(None);
        lost
    }

    /// A backup takes the place of the store, from so many batches ago; returns how many are lost.
    pub(crate) fn is_restored(&mut self, batches: usize) -> usize {
        let lost = self.rolls_back(batches);
        if let Ok(kept) = room::backup(self.disk.rows()) {
            self.disk.holds(kept);
            self.helpless = true;
        }
        lost
    }

    /// Whether it can bring others in, as far as it knows: it has its seat, and a group.
    pub(crate) fn can_help(&self) -> bool {
        let stands = |room: &Room| matches!(room.standing(), Standing::Seated | Standing::Stranded);
        self.room.as_ref().map_or(!self.helpless, stands)
    }

    /// Whether it comes from a backup, and nobody has brought it in yet.
    pub(crate) fn waits_as_restored(&self) -> bool {
        self.room.as_ref().is_some_and(|room| room.standing() == Standing::Restored)
    }

    /// The page is opened again. Fails when the store does not give back the room as it was before or after the write.
    pub(crate) fn reopens(&mut self) -> Result<(), String> {
        if self.room.is_some() || self.fate != Fate::Seated {
            return Ok(());
        }
        let seed = self.rng.bytes();
        let room = Room::open(self.key.clone(), self.disk.rows(), seed).map_err(|error| error.to_string())?;
        let is = Kept::of(&room);
        self.room = Some(room);
        self.must_reopen_as.take().and_then(|was| was.differs(&is)).map_or(Ok(()), Err)
    }

    /// Whether the page is open.
    pub(crate) fn is_open(&self) -> bool {
        self.room.is_some()
    }

    pub(crate) fn author(&self) -> AuthorKey {
        self.key.public()
    }

    pub(crate) fn clock(&self, now: Millis) -> Millis {
        now.saturating_add_signed(self.skew_ms)
    }

    /// The table, if the page is open.
    pub(crate) fn table(&self) -> Option<&Table> {
        self.room.as_ref().map(Room::table)
    }

    /// What its table has beyond the words it holds.
    pub(crate) fn beyond_the_words(&self) -> Option<String> {
        self.room.as_ref().and_then(|room| room.table().beyond_the_words(room.control_ops()))
    }

    pub(crate) fn channels(&self) -> Vec<Channel> {
        self.room.as_ref().map(|room| room.channels().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn state(&self) -> Option<StateId> {
        self.room.as_ref().map(Room::state)
    }

    pub(crate) fn roster(&self) -> Option<std::collections::BTreeSet<AuthorKey>> {
        self.room.as_ref().map(|room| room.roster().into_keys().collect())
    }

    /// Admissions by heads that this seat holds and nobody has agreed to yet.
    pub(crate) fn waits_for_second_key(&self) -> Vec<OpId> {
        let Some(room) = &self.room else { return Vec::new() };
        let seated = |add: &Add| room.table().seat(&add.seat).is_some();
        let waiting = room.ops().filter(|op| op.author() != self.author()).filter_map(|op| match op.body() {
            Some(Body::Add(add)) if !seated(add) => Some(op.id()),
            Some(_) | None => None,
        });
        waiting.collect()
    }

    /// What it shows; None while the page is closed.
    pub(crate) fn view(&self) -> Option<View> {
        let room = self.room.as_ref()?;
        let table = room.table();
        let last = |removal: &record::Removal| removal.last.iter().map(|(number, _)| *number).max().unwrap_or(0);
        Some(View {
            seat: self.no,
            key: self.author(),
            state: room.state(),
            seated: room.standing() == Standing::Seated,
            roster: room.roster().into_keys().collect(),
            desired: table.seated().map(|seat| seat.key).collect(),
            removed: table.removed.iter().map(|(key, removal)| (*key, last(removal))).collect(),
            base: room.base().iter().map(|(author, head)| (*author, head.number)).collect(),
            ops: room.ops().map(ShownOp::of).collect(),
            number: room.number().map(|number| number.digits.to_string()),
        })
    }

    pub(crate) fn sizes(&self) -> Vec<(&'static str, usize, usize)> {
        self.room.as_ref().map(Room::sizes).unwrap_or_default()
    }

    /// What its rooms have counted.
    pub(crate) fn counts(&self) -> Figures {
        let mut figures = self.counted.clone();
        let Some(counts) = self.room.as_ref().map(Room::counts) else { return figures };
        for (name, count) in [
            ("commits", counts.commits),
            ("walks off the own branch", counts.reorgs),
            ("times stranded", counts.stranded),
            ("times swapped in", counts.swapped),
            ("swaps served", counts.swaps),
            ("welcomes given again", counts.welcomes_again),
        ] {
            figures.add(name, count);
        }
        figures
    }
}

fn alarm(event: Event) -> Option<&'static str> {
    match event {
        Event::Changed | Event::Arrived(_) => None,
        Event::Alarm(alarm) => Some(match alarm {
            Alarm::TwoVersions(_) => "alarm: two versions",
            Alarm::TwoBeacons(_) => "alarm: two beacons",
            Alarm::TwoCommits(_) => "alarm: two commits",
            Alarm::OpenedElsewhere => "alarm: opened elsewhere",
            Alarm::Restored => "alarm: restored",
            Alarm::Overstepped(_) => "alarm: overstepped",
            Alarm::Rejoined(_) => "alarm: rejoined",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::draws::stream;

    const NOW: Millis = 1_000_000;

    fn note(text: &str) -> Input<'static> {
        Input::Write(Body::Note(record::Note::new(0, text)))
    }

    /// A founder whose room is stored and who has one note.
    fn alice() -> Seat {
        let mut seat = Seat::founds(SeatNo(0), Suite::Classical, stream(1, "alice")).expect("founds");
        let name = || record::Name::typed("Alice").expect("a fair name");
        let charter = record::Charter {
            title: name(),
            party: name(),
            name: name(),
            who_admits: record::WhoAdmits::Convener,
            call_key: None,
            parties: None,
            terms: None,
        };
        assert!(seat.takes(Input::Write(Body::Charter(charter)), NOW, Doom::Lives).result.is_ok());
        assert!(seat.takes(note("one"), NOW, Doom::Lives).result.is_ok());
        seat
    }

    fn notes(seat: &Seat) -> Vec<String> {
        let view = seat.view().expect("its page is open");
        view.notes().map(|(_, text)| text.to_string()).collect()
    }

    #[test]
    fn a_death_before_the_write_loses_the_note_and_one_after_it_does_not() {
        for (doom, left) in [
            (Doom::BeforeWrite, vec!["one"]),
            (Doom::WriteFails, vec!["one"]),
            (Doom::AfterWrite(0), vec!["one", "two"]),
        ] {
            let mut seat = alice();
            let done = seat.takes(note("two"), NOW, doom);
            assert_eq!(done.died, Some(doom));
            assert!(done.deeds.is_empty() && !seat.is_open(), "what was to follow is lost");
            assert_eq!(seat.reopens(), Ok(()));
            assert_eq!(notes(&seat), left, "{doom:?}");
        }
    }

    #[test]
    fn a_store_that_goes_back_loses_what_was_written_last() {
        let mut seat = alice();
        assert!(seat.takes(note("two"), NOW, Doom::Lives).result.is_ok());
        assert_eq!(seat.rolls_back(1), 1);
        assert_eq!(seat.reopens(), Ok(()));
        assert_eq!(notes(&seat), ["one"]);
        seat.vanishes();
        assert_eq!((seat.reopens(), seat.is_open(), seat.fate), (Ok(()), false, Fate::Gone));
    }

    #[test]
    fn a_room_that_comes_back_otherwise_is_told() {
        let mut seat = alice();
        seat.is_killed();
        // Something the store held is gone, although nothing was being written.
        seat.disk.lose(1);
        assert!(seat.reopens().is_err());
    }

    #[test]
    fn a_seat_killed_before_it_stored_anything_is_gone() {
        let mut seat = Seat::founds(SeatNo(0), Suite::Classical, stream(2, "bob")).expect("founds");
        seat.takes(Input::Timer, NOW, Doom::BeforeWrite);
        assert_eq!(seat.fate, Fate::Gone);
    }
}
