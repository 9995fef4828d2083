//! Rooms around one wire, and clients among them that break the rules.

mod attacks;
mod bounds;
mod bugs;
mod bytes;
mod commits;
mod ops;
mod rejoin;
mod removal;
mod restored;
mod store;
mod tell;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use record::{Add, AuthorKey, Body, Charter, Invite, LinkId, Name, Note, OpId, PartyId, PartyRef, Role, WhoAdmits};
use wire::Topic;

use crate::frame::SealedOp;
use crate::op_key::Sealing;
use crate::{Effect, Error, Founding, Input, KeyPackage, KeyPackageSecrets, Millis, Room, Row, SeatKey, Suite};

const NOW: Millis = 1_000_000;

/// Asks a room and hears either what to do or why not.
pub(super) trait Tell {
    fn tell(&mut self, input: Input<'_>, now: Millis) -> Result<Vec<Effect>, Error>;
    /// A message on the channel of its current era.
    fn hears(&mut self, message: &[u8], now: Millis) -> Result<Vec<Effect>, Error>;
}

impl Tell for Room {
    fn tell(&mut self, input: Input<'_>, now: Millis) -> Result<Vec<Effect>, Error> {
        let (effects, done) = self.handle(input, now);
        done.map(|()| effects)
    }

    fn hears(&mut self, message: &[u8], now: Millis) -> Result<Vec<Effect>, Error> {
        let topic = self.topic().expect("stands somewhere");
        self.tell(Input::Message(topic, message), now)
    }
}

/// Rooms joined by a wire that gives everything to everybody, the sender included.
pub(super) struct Table {
    pub(super) rooms: Vec<Room>,
    pub(super) now: Millis,
    /// Rooms that hear each other have one number; by default all have the first.
    pub(super) sides: BTreeMap<usize, usize>,
    /// What each room stored.
    pub(super) stores: BTreeMap<usize, BTreeMap<Row, Vec<u8>>>,
    /// Rooms that are only moved by hand: they hear nothing and their timers stand still.
    pub(super) puppets: BTreeSet<usize>,
    /// What went over the wire.
    pub(super) wire: Vec<(Topic, Vec<u8>)>,
    /// Frames that get lost: the next of this kind on the way to this room.
    pub(super) losses: Vec<(usize, u8)>,
    /// What newcomers were given at the door.
    pub(super) entries: BTreeMap<AuthorKey, Vec<u8>>,
    /// What rooms were told: which room, by whom, what.
    pub(super) told: Vec<(usize, AuthorKey, Vec<u8>)>,
    /// A room that dies.
    pub(super) crash: Option<Crash>,
}

/// More messages than any one input leads to.
const STORM: usize = 10_000;

/// The death of a room: of what it wants done, nothing beyond this batch is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Crash {
    pub(super) who: usize,
    /// How many batches are stored before.
    pub(super) batches: usize,
    /// Whether this one is stored too.
    pub(super) stored: bool,
}

pub(super) fn name(text: &str) -> Name {
    Name::typed(text).expect("a fair name")
}

pub(super) fn note(text: &str) -> Body {
    Body::Note(Note::new(0, text))
}

impl Table {
    /// A convener and one seat of each role.
    pub(super) fn of(roles: &[Role]) -> Self {
        let founding = Founding { key: SeatKey::from_seed(&[1; 32]), suite: Suite::Classical, seed: [1; 32] };
        let mut convener = Room::found(founding).expect("founds");
        let charter = Charter {
            title: name("Title"),
            party: name("Mediator"),
            name: name("Amina"),
            who_admits: WhoAdmits::Convener,
            call_key: None,
            parties: None,
            terms: None,
        };
        let mut effects = convener.tell(Input::Write(Body::Charter(charter)), NOW).expect("may");
        effects.extend(convener.tell(Input::Connected, NOW).expect("connects"));
        let mut table = Self {
            rooms: vec![convener],
            now: NOW,
            sides: BTreeMap::new(),
            stores: BTreeMap::new(),
            puppets: BTreeSet::new(),
            wire: Vec::new(),
            losses: Vec::new(),
            entries: BTreeMap::new(),
            told: Vec::new(),
            crash: None,
        };
        table.stores(0, &effects);
        for (n, role) in roles.iter().enumerate() {
            table.seats(n as u8 + 2, *role);
        }
        table
    }

    pub(super) fn seats(&mut self, n: u8, role: Role) {
        self.seats_in(n, role, None);
    }

    /// Admits one more to a party that sits already, or to a new one.
    pub(super) fn seats_in(&mut self, n: u8, role: Role, party: Option<PartyId>) {
        let key = SeatKey::from_seed(&[n; 32]);
        let link = LinkId([n; 16]);
        let secrets = KeyPackageSecrets::new(&key, Suite::Classical).expect("makes");
        let key_package = KeyPackage::parse(secrets.bytes(), Suite::Classical).expect("own key package");
        self.does(0, Input::Write(Body::Invite(Invite { link, party, role, expires_at: 0 })));
        let place = party.map_or_else(|| PartyRef::New(name("Party")), PartyRef::Existing);
        let add = Add { party: place, ..add(&key_package, link, role) };
        self.does(0, Input::Admit(add, Box::new(key_package)));
        self.enters(n, secrets);
    }

    /// Comes in with what the door gave.
    pub(super) fn enters(&mut self, n: u8, secrets: KeyPackageSecrets) {
        let key = SeatKey::from_seed(&[n; 32]);
        let entry = self.entries.get(&key.public()).expect("welcomed").clone();
        let inviter = self.rooms[0].me();
        let mut room = Room::enter(key, secrets, inviter, &entry, [n; 32]).expect("enters");
        let effects = room.tell(Input::Connected, self.now).expect("connects");
        self.rooms.push(room);
        self.stores(self.rooms.len() - 1, &effects);
        self.pass_from(self.rooms.len() - 1, effects);
        self.settle();
    }

    /// Keeps what a room wants stored.
    fn stores(&mut self, who: usize, effects: &[Effect]) {
        let store = self.stores.entry(who).or_default();
        for effect in effects {
            if let Effect::Persist(batch) = effect {
                for row in &batch.deletes {
                    store.remove(row);
                }
                store.extend(batch.puts.iter().cloned());
            }
        }
    }

    /// The room is dropped and opened again from a store.
    pub(super) fn reopens(&mut self, who: usize, store: &BTreeMap<Row, Vec<u8>>) {
        let key = self.rooms[who].key.clone();
        self.stores.insert(who, store.clone());
        self.rooms[who] = Room::open(key, store, [77; 32]).expect("opens");
        self.does(who, Input::Connected);
    }

    /// The seat is opened from a backup of a store, as another room beside the one it has. Returns its place.
    pub(super) fn restores(&mut self, who: usize, backup: &BTreeMap<Row, Vec<u8>>) -> usize {
        let key = self.rooms[who].key.clone();
        let place = self.rooms.len();
        self.rooms.push(Room::open(key, backup, [79; 32]).expect("opens"));
        self.stores.insert(place, backup.clone());
        self.does(place, Input::Connected);
        place
    }

    /// Two sides hear only themselves from now on; seats not named are on the first.
    pub(super) fn parts(&mut self, second: &[usize]) {
        self.sides = second.iter().map(|who| (*who, 1)).collect();
    }

    fn side(&self, who: usize) -> usize {
        self.sides.get(&who).copied().unwrap_or(0)
    }

    /// All hear each other again, and say so.
    pub(super) fn meets(&mut self) {
        self.sides.clear();
        for who in self.honest() {
            self.does(who, Input::Disconnected);
        }
        for who in self.honest() {
            self.does(who, Input::Connected);
        }
        self.settle();
    }

    /// Gives an input to one room and everything that follows to all.
    pub(super) fn does(&mut self, who: usize, input: Input<'_>) -> Vec<Effect> {
        let effects = self.rooms[who].tell(input, self.now).expect("allowed");
        let effects = self.performs(who, effects);
        self.pass_from(who, effects)
    }

    /// Does what a room wants done, up to its death if that comes in between.
    fn performs(&mut self, who: usize, mut effects: Vec<Effect>) -> Vec<Effect> {
        let persists = effects.iter().position(|effect| matches!(effect, Effect::Persist(_)));
        if let (Some(at), Some(crash)) = (persists, self.crash.as_mut().filter(|crash| crash.who == who)) {
            if crash.batches > 0 {
                crash.batches -= 1;
            } else {
                effects.truncate(at + usize::from(crash.stored));
                self.crash = None;
                self.stores(who, &effects);
                let (key, store) = (self.rooms[who].key.clone(), self.stores[&who].clone());
                self.rooms[who] = Room::open(key, &store, [78; 32]).expect("opens");
                let (connected, _) = self.rooms[who].handle(Input::Connected, self.now);
                effects.extend(connected);
            }
        }
        self.stores(who, &effects);
        for effect in &effects {
            if let Effect::Welcome { seat, entry } = effect {
                self.entries.insert(*seat, entry.clone());
            }
            if let Effect::Told { from, bytes } = effect {
                self.told.push((who, *from, bytes.clone()));
            }
        }
        effects
    }

    /// Gives a message to all rooms, as a hostile seat that has the channel's key would.
    pub(super) fn hears(&mut self, message: &[u8]) {
        self.hear(&self.honest(), message);
    }

    /// The same to some rooms only.
    pub(super) fn hear(&mut self, who: &[usize], message: &[u8]) {
        for who in who.iter().copied() {
            if let Some(topic) = self.rooms[who].topic() {
                let effects = self.rooms[who].handle(Input::Message(topic, message), self.now).0;
                let effects = self.performs(who, effects);
                self.pass_from(who, effects);
            }
        }
    }

    /// The rooms that are not moved by hand.
    pub(super) fn honest(&self) -> Vec<usize> {
        (0..self.rooms.len()).filter(|who| !self.puppets.contains(who)).collect()
    }

    /// Gives a message to one room, on the channel of its current era.
    pub(super) fn gives(&mut self, who: usize, message: &[u8]) -> Result<Vec<Effect>, Error> {
        let now = self.now;
        self.rooms[who].hears(message, now)
    }

    /// Gives a message to all rooms and returns what each said of it.
    pub(super) fn broadcasts(&mut self, message: &[u8]) -> Vec<Result<(), Error>> {
        (0..self.rooms.len()).map(|who| self.gives(who, message).map(|_| ())).collect()
    }

    /// Sends effects round until nobody has anything to say at once; returns what is not for the wire.
    pub(super) fn pass(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        self.pass_from(0, effects)
    }

    fn pass_from(&mut self, who: usize, effects: Vec<Effect>) -> Vec<Effect> {
        let (mut rest, mut sent) = (Vec::new(), 0);
        let mut waiting: VecDeque<(usize, Effect)> = effects.into_iter().map(|effect| (who, effect)).collect();
        while let Some((from, effect)) = waiting.pop_front() {
            let Effect::Send(topic, message) = effect else {
                rest.push(effect);
                continue;
            };
            sent += 1;
            assert!(sent < STORM, "one word leads to the next without end");
            self.wire.push((topic, message.clone()));
            for who in self.honest() {
                let listens = self.rooms[who].channels().any(|channel| channel.topic() == topic);
                if listens && self.rooms[who].connected && self.side(who) == self.side(from) {
                    if let Some(at) = self.losses.iter().position(|lost| *lost == (who, message[1])) {
                        self.losses.remove(at);
                        continue;
                    }
                    let effects = self.rooms[who].handle(Input::Message(topic, &message), self.now).0;
                    let effects = self.performs(who, effects);
                    waiting.extend(effects.into_iter().map(|effect| (who, effect)));
                }
            }
        }
        rest
    }

    /// Lets the timers of some seconds run.
    pub(super) fn settle(&mut self) {
        self.passes(10_000);
    }

    /// Lets this much time go by.
    pub(super) fn passes(&mut self, time: Millis) {
        for _ in 0..time / 250 {
            self.now += 250;
            for who in self.honest() {
                let effects = self.rooms[who].tell(Input::Timer, self.now).expect("allowed");
                // What was due is done: a page that is to wake at once, again and again, never rests.
                let late = effects.iter().any(|effect| matches!(effect, Effect::Wake(at) if *at <= self.now));
                assert!(!late, "room {who} is to wake in the past");
                let effects = self.performs(who, effects);
                self.pass_from(who, effects);
            }
        }
    }

    /// After at most this much time all stand on one state and hold the same; returns how long it took.
    pub(super) fn comes_level(&mut self, within: Millis) -> Millis {
        let start = self.now;
        while !self.is_level() {
            let stand = |who: &usize| (self.rooms[*who].state(), self.rooms[*who].standing(), self.notes(*who));
            let apart: Vec<_> = self.honest().iter().map(stand).collect();
            assert!(self.now - start < within, "after {within} ms: {apart:?}");
            self.passes(250);
        }
        self.now - start
    }

    fn is_level(&self) -> bool {
        let honest = self.honest();
        let first = &self.rooms[honest[0]];
        honest.iter().map(|who| &self.rooms[*who]).all(|room| {
            let level = |a: &Room, b: &Room| !a.record.vector().exceeds(b.record.vector());
            room.state() == first.state() && level(room, first) && level(first, room)
        })
    }

    pub(super) fn notes(&self, who: usize) -> Vec<String> {
        let bodies = self.rooms[who].ops().filter_map(record::Op::body);
        bodies
            .filter_map(|body| match body {
                Body::Note(note) => Some(note.text.to_string()),
                Body::Charter(_) | Body::Invite(_) | Body::Revoke(_) | Body::Add(_) => None,
                Body::Remove(_) | Body::Agree(_) | Body::Amend(_) | Body::Sign(_) | Body::End => None,
                Body::Call(_) | Body::Brief(_) | Body::File(_) | Body::Newer(..) => None,
            })
            .collect()
    }

    /// Everybody stands on one state, and a note by the first is read by all.
    pub(super) fn goes_on(&mut self) {
        self.settle();
        let text = format!("still here at {}", self.now);
        let first = self.honest()[0];
        self.does(first, Input::Write(note(&text)));
        self.settle();
        let state = self.rooms[first].state();
        for who in self.honest() {
            assert_eq!(self.rooms[who].state(), state, "room {who} stands elsewhere");
            assert_eq!(self.notes(who).last(), Some(&text), "room {who} does not read");
        }
    }
}

pub(super) fn add(key_package: &KeyPackage, link: LinkId, role: Role) -> Add {
    Add {
        seat: key_package.seat(),
        key_package: key_package.hash(),
        link,
        party: PartyRef::New(name("Party")),
        role,
        name: name("Somebody"),
        digits_compared: true,
        call_key: None,
    }
}

/// The next op of a seat, as a client would sign it that asks nobody whether it may.
pub(super) fn forged(room: &Room, body: Body, author: &SeatKey) -> record::Op {
    let head = room.record.vector().head(&author.public()).copied();
    let depth = head.map_or(0, |head| head.depth) + 1;
    let draft = record::Draft {
        room: room.id,
        number: head.map_or(1, |head| head.number + 1),
        previous: head.map_or(OpId::NONE, |head| head.id),
        previous_control: room.record.last_control(&author.public()),
        depth,
        origin: room.tip,
        heads: vec![],
        body,
        salt: [0; 16],
    };
    record::Op::sign(draft, author.signing_key())
}

/// Seals an op as the seat would that signed it, without asking whether it may.
pub(super) fn sealed(table: &mut Table, who: usize, op: &record::Op) -> Vec<u8> {
    let room = &mut table.rooms[who];
    let sealed = room.op_keys[&room.tip].seal(Sealing::Op, &op.encode(), &mut room.rng);
    SealedOp { state: room.tip, sealed }.encode()
}

pub(super) fn misbehaved(results: &[Result<(), Error>]) -> bool {
    results.iter().all(|result| matches!(result, Err(Error::PeerMisbehaved(_))))
}

pub(super) fn key(n: u8) -> (SeatKey, AuthorKey) {
    let key = SeatKey::from_seed(&[n; 32]);
    let public = key.public();
    (key, public)
}
