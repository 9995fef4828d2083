//! People with browsers, one relay between them, and a clock that only the world moves.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use record::{Role, WhoAdmits};
use relay_core::{ConnectionId, Relay};
use talk::view::{KnockView, Phase, TalkView};
use talk::{Asking, Command, Effect, Error, Input, Invitation, KnockId, Millis, Opening, PartyChoice, Suite, Talk};
use wire::{FromClient, FromRelay, Topic};

use crate::disk::Disk;
use crate::kept::Rows;
use crate::queue::Queue;

/// One way between a browser and the relay.
const LATENCY_MS: Millis = 5;
/// Long enough for every delay of the engine, idle beacons excepted.
const SETTLED_MS: Millis = 15_000;
/// Virtual time starts here: 2026-01-01.
const START: Millis = 1_767_225_600_000;
const HOST: &str = "talks.example";

/// Somebody at a browser.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Person(usize);

/// When a browser dies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Death {
    /// Before the next batch is on the disk.
    Before,
    /// After it is, and before anything that was made of it goes out.
    After,
}

/// People with browsers and a relay between them.
pub struct World {
    now: Millis,
    rng: ChaCha20Rng,
    suite: Suite,
    relay: Relay,
    browsers: Vec<Browser>,
    owners: BTreeMap<ConnectionId, Person>,
    connections: u64,
    queue: Queue<Happening>,
    captured: Vec<(Topic, Bytes)>,
    losses_per_thousand: u32,
    delivered: BTreeMap<usize, Vec<FromRelay>>,
}

struct Browser {
    /// None once closed.
    talk: Option<Talk>,
    disk: Disk,
    death: Option<Death>,
    /// Batches written since it was opened first.
    batches: u64,
    /// What talks did since the disk refused a batch.
    waiting: VecDeque<Vec<Effect>>,
    connection: Option<ConnectionId>,
    /// Frames sent since it was opened first.
    sent: u64,
    wake: Option<Millis>,
}

enum Happening {
    ReachesRelay(ConnectionId, Bytes),
    ReachesBrowser(ConnectionId, Bytes),
    Wakes(Person),
}

impl World {
    /// Makes an empty world; the seed draws delays, link secrets and seat keys.
    pub fn new(seed: u64) -> Self {
        Self::with_suite(seed, Suite::Classical)
    }

    /// Makes an empty world whose talks have this suite.
    pub fn with_suite(seed: u64, suite: Suite) -> Self {
        Self {
            now: START,
            rng: ChaCha20Rng::seed_from_u64(seed),
            suite,
            relay: Relay::new(relay_core::Config::default()),
            browsers: Vec::new(),
            owners: BTreeMap::new(),
            connections: 0,
            queue: Queue::new(),
            captured: Vec::new(),
            losses_per_thousand: 0,
            delivered: BTreeMap::new(),
        }
    }

    /// Somebody opens a talk and is connected.
    pub fn opens(&mut self, title: &str, name: &str, party: &str) -> Person {
        let (title, name, party) = (title.into(), name.into(), party.into());
        let who_admits = WhoAdmits::Convener;
        let opening = Opening {
            title,
            name,
            party,
            who_admits,
            terms: record::Terms::default(),
            seed: self.draw(),
            suite: self.suite,
        };
        let (talk, effects) = Talk::open(opening, self.now).expect("fair names");
        self.sits_down(talk, effects)
    }

    /// Makes a link and returns its fragment.
    pub fn invites(&mut self, who: Person, party: PartyChoice, role: Role) -> String {
        self.does(who, Command::Invite { party, role }).expect("may invite");
        let view = self.view(who);
        view.links.first().expect("a link was made").fragment.to_string()
    }

    /// Somebody opens the link, asks to join and is connected.
    pub fn asks(&mut self, fragment: &str, name: &str, party: &str) -> Person {
        let invitation = Invitation::parse(fragment).expect("a whole link");
        let asking = Asking { invitation, name: name.into(), party: party.into(), seed: self.draw() };
        let (talk, effects) = Talk::ask(asking, self.now).expect("fair names");
        self.sits_down(talk, effects)
    }

    /// The whole way in: link, knock, digits compared, admitted, settled.
    pub fn joins(&mut self, convener: Person, name: &str, party: &str, role: Role) -> Person {
        let existing = self.view(convener).parties.iter().find(|known| &*known.name == party).map(|party| party.id);
        let link = self.invites(convener, existing.map_or(PartyChoice::New, PartyChoice::Existing), role);
        let newcomer = self.asks(&link, name, party);
        self.settles();
        let knock = self.knocks(convener).into_iter().find(|knock| &*knock.name == name).expect("a knock");
        assert_eq!(self.digits(newcomer), knock.digits.as_deref().map(str::to_owned), "digits on both screens");
        self.admits(convener, knock.id).expect("may admit");
        self.settles();
        assert_eq!(self.view(newcomer).phase, Phase::Seated, "{name} is in");
        newcomer
    }

    /// Somebody opens a side room and calls others, who go there. Returns who they all are in it, the host first.
    pub fn opens_side_room(&mut self, host: Person, title: &str, guests: &[Person]) -> Vec<Person> {
        let keys: Vec<_> = guests.iter().map(|guest| self.talk(*guest).me()).collect();
        let (seed, now) = (self.draw(), self.now);
        let opened = self.talk(host).open_side_room(title, &keys, seed, now).expect("may open one");
        let mut inside = vec![self.sits_down(opened.talk, opened.effects)];
        self.does(host, Command::Call(opened.called)).expect("may call");
        self.settles();
        for guest in guests {
            let call = self.view(*guest).calls.pop().expect("a call");
            let seed = self.draw();
            let (talk, effects) = self.talk(*guest).answer_call(&call, seed).expect("at the table");
            inside.push(self.sits_down(talk, effects));
        }
        self.settles();
        inside
    }

    /// Those at the door of a convener.
    pub fn knocks(&mut self, who: Person) -> Vec<KnockView> {
        self.view(who).door
    }

    /// Lets somebody in.
    pub fn admits(&mut self, who: Person, knock: KnockId) -> Result<(), Error> {
        self.does(who, Command::Admit(knock))
    }

    /// Writes a note.
    pub fn writes(&mut self, who: Person, text: &str) {
        self.does(who, Command::Write(text.into())).expect("may write");
    }

    /// Gives a command as the page would.
    pub fn does(&mut self, who: Person, command: Command) -> Result<(), Error> {
        let now = self.now;
        let talk = self.browsers[who.0].talk.as_mut().expect("not closed");
        let effects = talk.handle(Input::Command(command), now)?;
        self.performs(who, effects);
        Ok(())
    }

    /// The texts of the notes somebody sees, in order.
    pub fn reads(&mut self, who: Person) -> Vec<String> {
        self.view(who).notes.iter().map(|note| note.text.to_string()).collect()
    }

    /// The digits a newcomer sees.
    pub fn digits(&mut self, who: Person) -> Option<String> {
        match self.view(who).phase {
            Phase::AtTheDoor { digits, .. } => digits.map(|digits| digits.to_string()),
            Phase::TurnedAway(_) | Phase::Seated => None,
        }
    }

    /// What somebody's page shows.
    pub fn view(&mut self, who: Person) -> TalkView {
        let now = self.now;
        self.talk(who).view(now)
    }

    /// The talk in somebody's browser.
    pub fn talk(&mut self, who: Person) -> &mut Talk {
        self.browsers[who.0].talk.as_mut().expect("not closed")
    }

    /// The connection breaks; what was on its way is lost.
    pub fn disconnects(&mut self, who: Person) {
        let Some(connection) = self.browsers[who.0].connection.take() else { return };
        self.owners.remove(&connection);
        self.relay.handle(relay_core::Input::Closed { connection }, self.now);
        self.happens(who, Input::Disconnected);
    }

    /// A new connection is made.
    pub fn connects(&mut self, who: Person) {
        self.disconnects(who);
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        self.browsers[who.0].connection = Some(connection);
        self.owners.insert(connection, who);
        self.happens(who, Input::Connected { host: HOST.into() });
        let challenge = self.draw();
        self.relay_takes(relay_core::Input::Opened { connection, host: HOST.into(), challenge });
    }

    /// The page is closed: as the talk lives in it, the seat is silent from now on.
    pub fn closes(&mut self, who: Person) {
        self.disconnects(who);
        self.browsers[who.0].talk = None;
    }

    /// The page is opened again from what is on its disk, and connected.
    pub fn reopens(&mut self, who: Person) {
        self.disconnects(who);
        self.opens_from_disk(who);
        self.connects(who);
    }

    /// From now on somebody's browser dies at the next batch, and is opened again without a connection.
    pub fn dies(&mut self, who: Person, death: Death) {
        self.browsers[who.0].death = Some(death);
    }

    /// The browser does not die after all. Returns false if it has died meanwhile.
    pub fn is_spared(&mut self, who: Person) -> bool {
        self.browsers[who.0].death.take().is_some()
    }

    /// From now on so many batches fit on somebody's disk; what comes then waits, and everything after it.
    pub fn fills(&mut self, who: Person, fitting: u32) {
        self.browsers[who.0].disk.fills(fitting);
    }

    /// There is space on somebody's disk: what waits is written and goes on.
    pub fn has_space(&mut self, who: Person) {
        let browser = &mut self.browsers[who.0];
        browser.batches += u64::from(browser.disk.has_space());
        for effects in std::mem::take(&mut browser.waiting) {
            self.performs(who, effects);
        }
    }

    /// Whether somebody's page waits for its disk.
    pub fn waits(&self, who: Person) -> bool {
        !self.browsers[who.0].waiting.is_empty()
    }

    /// Frames somebody's browser has sent.
    pub fn sent(&self, who: Person) -> u64 {
        self.browsers[who.0].sent
    }

    /// Bytes somebody's browser has written, sealed, names and roots included.
    pub fn bytes_written(&self, who: Person) -> usize {
        self.browsers[who.0].disk.bytes()
    }

    /// Batches somebody's browser has written.
    pub fn batches(&self, who: Person) -> u64 {
        self.browsers[who.0].batches
    }

    /// What somebody's talk would be, were the page opened again now.
    pub fn on_disk(&mut self, who: Person) -> Talk {
        let seed = self.draw();
        Talk::reopen(&self.kept(who), seed).expect("what was written is a talk")
    }

    /// The rows on somebody's disk.
    pub fn kept(&self, who: Person) -> Rows {
        self.browsers[who.0].disk.read()
    }

    fn opens_from_disk(&mut self, who: Person) {
        let seed = self.draw();
        let browser = &mut self.browsers[who.0];
        let talk = Talk::reopen(&browser.disk.open(), seed).expect("what was written is a talk");
        (browser.talk, browser.wake, browser.death) = (Some(talk), None, None);
        browser.waiting.clear();
    }

    /// The connection is gone without a word, and with it what the page had in memory.
    fn dead(&mut self, who: Person) {
        if let Some(connection) = self.browsers[who.0].connection.take() {
            self.owners.remove(&connection);
            self.relay.handle(relay_core::Input::Closed { connection }, self.now);
        }
        self.opens_from_disk(who);
    }

    /// The relay dies with everything it knew, and a new one is started: everybody comes back.
    pub fn relay_dies(&mut self) {
        self.relay = Relay::new(relay_core::Config::default());
        let there: Vec<Person> = self.owners.values().copied().collect();
        self.owners.clear();
        for who in &there {
            self.browsers[who.0].connection = None;
            self.happens(*who, Input::Disconnected);
        }
        for who in there {
            self.connects(who);
        }
    }

    /// What time it is.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// Time passes until nothing but idle beacons is left.
    pub fn settles(&mut self) {
        self.passes(SETTLED_MS);
    }

    /// Time passes.
    pub fn passes(&mut self, duration: Millis) {
        let until = self.now + duration;
        while let Some((at, happening)) = self.queue.pop(until) {
            self.now = at;
            self.takes_place(happening);
        }
        self.now = until;
        self.relay_takes(relay_core::Input::Tick);
    }

    /// From now on so many of a thousand frames on their way to a browser vanish without a word.
    pub fn loses(&mut self, per_thousand: u32) {
        self.losses_per_thousand = per_thousand;
    }

    /// A number below `bound`, drawn from the seed.
    pub fn picks(&mut self, bound: u32) -> u32 {
        self.rng.next_u32() % bound
    }

    /// Whether somebody has a connection.
    pub fn is_connected(&self, who: Person) -> bool {
        self.browsers[who.0].connection.is_some()
    }

    /// Every payload the relay was given, and on which topic, in order.
    pub fn captured(&self) -> &[(Topic, Bytes)] {
        &self.captured
    }

    /// Every frame the relay gave to somebody.
    pub fn delivered(&self, who: Person) -> &[FromRelay] {
        self.delivered.get(&who.0).map_or(&[], Vec::as_slice)
    }

    /// Hands somebody a frame as if the relay had sent it.
    pub fn receives(&mut self, who: Person, frame: FromRelay) {
        self.happens(who, Input::Relay(frame));
    }

    fn sits_down(&mut self, talk: Talk, effects: Vec<Effect>) -> Person {
        let who = Person(self.browsers.len());
        let disk = Disk::new(self.draw());
        let waiting = VecDeque::new();
        let browser =
            Browser { talk: Some(talk), disk, death: None, batches: 0, waiting, connection: None, sent: 0, wake: None };
        self.browsers.push(browser);
        self.performs(who, effects);
        self.connects(who);
        who
    }

    fn takes_place(&mut self, happening: Happening) {
        match happening {
            Happening::ReachesRelay(connection, bytes) => {
                if self.owners.contains_key(&connection) {
                    if let Ok(FromClient::Publish { topic, payload, .. }) = FromClient::decode(bytes.clone()) {
                        self.captured.push((topic, payload));
                    }
                    self.relay_takes(relay_core::Input::Received { connection, bytes });
                }
            }
            Happening::ReachesBrowser(connection, bytes) => {
                if let Some(who) = self.owners.get(&connection).copied() {
                    let frame = FromRelay::decode(bytes).expect("the relay speaks its own language");
                    let lossy = matches!(frame, FromRelay::Deliver { .. }) && self.losses_per_thousand > 0;
                    if lossy && self.picks(1000) < self.losses_per_thousand {
                        return;
                    }
                    self.delivered.entry(who.0).or_default().push(frame.clone());
                    self.happens(who, Input::Relay(frame));
                }
            }
            Happening::Wakes(who) => {
                if self.browsers[who.0].wake.is_some_and(|at| at <= self.now) {
                    self.browsers[who.0].wake = None;
                    self.happens(who, Input::Timer);
                }
            }
        }
    }

    fn happens(&mut self, who: Person, input: Input) {
        let now = self.now;
        let Some(talk) = self.browsers[who.0].talk.as_mut() else { return };
        let effects = talk.handle(input, now).expect("only commands fail");
        self.performs(who, effects);
    }

    fn performs(&mut self, who: Person, effects: Vec<Effect>) {
        if self.waits(who) {
            return self.browsers[who.0].waiting.push_back(effects);
        }
        let mut effects = effects.into_iter();
        while let Some(effect) = effects.next() {
            match effect {
                Effect::Send(frame) => {
                    if let Some(connection) = self.browsers[who.0].connection {
                        self.browsers[who.0].sent += 1;
                        self.queue.push(self.now + LATENCY_MS, Happening::ReachesRelay(connection, frame.encode()));
                    }
                }
                Effect::Schedule(at) => {
                    self.browsers[who.0].wake = Some(at);
                    self.queue.push(at.max(self.now + 1), Happening::Wakes(who));
                }
                Effect::Persist(batch) => {
                    let death = self.browsers[who.0].death;
                    if death == Some(Death::Before) {
                        return self.dead(who);
                    }
                    let browser = &mut self.browsers[who.0];
                    if !browser.disk.write(&batch) {
                        return browser.waiting.push_back(effects.collect());
                    }
                    browser.batches += 1;
                    if death == Some(Death::After) {
                        return self.dead(who);
                    }
                }
                Effect::Told { .. } | Effect::Show(_) => {}
            }
        }
    }

    fn relay_takes(&mut self, input: relay_core::Input) {
        for command in self.relay.handle(input, self.now) {
            match command {
                relay_core::Command::Wake { connection } => {
                    for bytes in self.relay.take(connection, usize::MAX) {
                        self.queue.push(self.now + LATENCY_MS, Happening::ReachesBrowser(connection, bytes));
                    }
                }
                relay_core::Command::Close { connection, .. } => {
                    if let Some(who) = self.owners.get(&connection).copied() {
                        self.disconnects(who);
                    }
                }
                // Nobody here is too fast for the others, and the relays of this network know nothing of each other.
                relay_core::Command::Pause { .. }
                | relay_core::Command::Resume { .. }
                | relay_core::Command::EndRound
                | relay_core::Command::Listen { .. }
                | relay_core::Command::Unlisten { .. }
                | relay_core::Command::Forward { .. }
                | relay_core::Command::Recall { .. } => {}
            }
        }
    }

    fn draw(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }
}
