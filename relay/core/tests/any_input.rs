//! Whatever the clients send, in whatever order: nothing breaks, and the promises of the relay hold.

#[expect(dead_code, reason = "needs the proofs only, not the stories")]
mod people;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use people::{HOST, Person, challenge_of, proof, topic_of};
use proptest::prelude::*;
use relay_core::{Backlog, Command, Config, ConnectionId, Input, Relay};
use wire::{CloseReason, FrameId, FromClient, FromRelay, Limits, Topic};

const PEOPLE: u64 = 5;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Action {
    Open(Person),
    Leave(Person),
    Join(Person, u8),
    Subscribe(Person, u8),
    Unsubscribe(Person, u8),
    Prove(Person, u8),
    ProveElsewhere(Person, u8),
    Publish(Person, u8, usize),
    Ping(Person),
    Noise(Person, Vec<u8>),
    GiveUp(Person),
    Drain(Person),
    Take(Person, usize),
    Wait(u64),
    Link(bool),
    Arrive(u8, usize),
    Miss(u8),
}

fn action() -> impl Strategy<Value = Action> {
    let person = || (0..PEOPLE).prop_map(Person);
    // The fourth topic is one too many.
    let topic = || prop_oneof![30 => 0..3u8, 1 => Just(3)];
    prop_oneof![
        20 => person().prop_map(Action::Open),
        1 => person().prop_map(Action::Leave),
        20 => (person(), topic()).prop_map(|(person, topic)| Action::Join(person, topic)),
        6 => (person(), topic()).prop_map(|(person, topic)| Action::Subscribe(person, topic)),
        2 => (person(), topic()).prop_map(|(person, topic)| Action::Unsubscribe(person, topic)),
        6 => (person(), topic()).prop_map(|(person, topic)| Action::Prove(person, topic)),
        1 => (person(), topic()).prop_map(|(person, topic)| Action::ProveElsewhere(person, topic)),
        50 => (person(), topic(), 8..60usize)
            .prop_map(|(person, topic, length)| Action::Publish(person, topic, length)),
        2 => person().prop_map(Action::Ping),
        1 => (person(), prop::collection::vec(any::<u8>(), 0..150))
            .prop_map(|(person, bytes)| Action::Noise(person, bytes)),
        1 => person().prop_map(Action::GiveUp),
        1 => person().prop_map(Action::Drain),
        30 => (person(), 0..9usize).prop_map(|(person, max)| Action::Take(person, max)),
        3 => (0..6_000u64).prop_map(Action::Wait),
        1 => any::<bool>().prop_map(Action::Link),
        3 => (topic(), 8..60usize).prop_map(|(topic, length)| Action::Arrive(topic, length)),
        1 => topic().prop_map(Action::Miss),
    ]
}

fn config() -> Config {
    Config {
        limits: Limits { payload_bytes: 50, topics: 3 },
        connections: 4,
        subscribers_per_topic: 3,
        queue_frames: 5,
        queue_bytes: 400,
        unproven_frames_per_second: 15,
        overflow_window_ms: 500,
        round_bytes: 3_000,
        held_back_ms: 300,
        ..Config::default()
    }
}

/// A relay that holds a little, and one of several.
fn configs() -> impl Strategy<Value = Config> {
    let hold_per_topic = Backlog { frames: 4, bytes: 300 };
    prop_oneof![
        Just(config()),
        Just(Config { hold_ms: 2_000, hold_bytes: 1_500, hold_per_topic, ..config() }),
        Just(Config { clustered: true, ..config() }),
        Just(Config { waiting_bytes: 700, ..config() }),
    ]
}

/// What a client must believe, kept beside the relay and told only what crosses the wire.
#[derive(Default)]
struct Seat {
    connected: bool,
    told_to_go: bool,
    subscribed: BTreeSet<Topic>,
    last_words_seen: bool,
    /// The last delivery seen by topic, since it was last subscribed.
    seen: BTreeMap<Topic, Seen>,
    /// Topics with a Gap after the last delivery.
    gaps: BTreeSet<Topic>,
}

/// A delivery somebody saw.
struct Seen {
    sequence: u64,
    /// How many frames had been published when this one was: the order every subscriber should see.
    stamp: u64,
}

struct World {
    relay: Relay,
    now_ms: u64,
    generation: u64,
    seats: BTreeMap<u64, Seat>,
    connections: BTreeMap<u64, ConnectionId>,
    published: u64,
    config: Config,
    /// Who is not read from, and since when.
    paused: BTreeMap<ConnectionId, u64>,
    /// Topics that the cluster is asked for.
    listening: BTreeSet<Topic>,
    linked: bool,
}

impl World {
    fn new(config: Config) -> Self {
        World {
            relay: Relay::new(config.clone()),
            config,
            paused: BTreeMap::new(),
            listening: BTreeSet::new(),
            linked: false,
            now_ms: 0,
            generation: 0,
            seats: BTreeMap::new(),
            connections: BTreeMap::new(),
            published: 0,
        }
    }

    fn id(&self, person: Person) -> ConnectionId {
        self.connections.get(&person.0).copied().unwrap_or(ConnectionId(person.0))
    }

    fn input(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for command in self.relay.handle(input, self.now_ms) {
                self.command(command, &mut inputs);
            }
            self.check_bounds();
        }
    }

    /// Does what the relay asks for; what comes of it is an input for later.
    fn command(&mut self, command: Command, inputs: &mut VecDeque<Input>) {
        match command {
            // What a Gap has replaced meanwhile is there still.
            Command::Wake { connection } => assert_ne!(self.relay.backlog(connection), Backlog::default()),
            Command::Close { connection, reason } => {
                self.paused.remove(&connection);
                self.told_to_go(connection, reason);
            }
            Command::Pause { connection } => {
                assert!(self.connections.values().any(|known| *known == connection), "nobody is paused");
                assert!(self.paused.insert(connection, self.now_ms).is_none(), "paused twice");
            }
            Command::Resume { connection } => {
                assert!(self.paused.remove(&connection).is_some(), "resumed without a pause");
            }
            Command::EndRound => inputs.push_back(Input::RoundEnded),
            Command::Listen { topic } => assert!(self.listening.insert(topic), "asked for twice"),
            Command::Unlisten { topic } => assert!(self.listening.remove(&topic), "never asked for"),
            Command::Forward { topic, payload } => {
                assert!(self.linked && payload.len() <= 50);
                if self.listening.contains(&topic) {
                    inputs.push_back(Input::Arrived { topic, payload });
                }
            }
            Command::Recall { connection, topic } => {
                assert!(self.listening.contains(&topic));
                inputs.push_back(Input::Recalled { connection, topic, payloads: Vec::new() });
            }
        }
    }

    fn told_to_go(&mut self, connection: ConnectionId, reason: CloseReason) {
        let Some((person, _)) = self.connections.iter().find(|(_, id)| **id == connection) else {
            panic!("{connection:?} is nobody's");
        };
        let seat = self.seats.entry(*person).or_default();
        assert!(!seat.told_to_go, "told to go twice");
        seat.told_to_go = true;
        if reason == CloseReason::Full {
            assert_eq!(self.relay.backlog(connection), Backlog::default());
            let person = *person;
            self.connections.remove(&person);
            self.seats.remove(&person);
        } else if self.config.waiting_bytes < 1_000 {
            // What was said last may have been dropped to spare memory.
        } else {
            assert_ne!(self.relay.backlog(connection), Backlog::default(), "closed without a word");
        }
    }

    fn check_bounds(&self) {
        let config = &self.config;
        let topics = usize::from(config.limits.topics);
        // One Gap for each topic, a Drain and a Close may stand beyond the queue.
        let most = Backlog { frames: config.queue_frames + topics + 2, bytes: config.queue_bytes + 33 * topics + 8 };
        for connection in self.connections.values() {
            let backlog = self.relay.backlog(*connection);
            assert!(backlog.frames <= most.frames && backlog.bytes <= most.bytes, "{backlog:?}");
        }
        assert!(self.relay.connections() <= config.connections);
        assert!(self.relay.topics() <= config.connections * 2 * topics);
        assert!(self.relay.held().bytes <= config.hold_bytes);
        if config.waiting_bytes < 1_000 {
            let waiting: usize = self.connections.values().map(|id| self.relay.backlog(*id).bytes).sum();
            let answers = self.connections.len() * (config.queue_frames * 39 + 33 * topics + 8);
            assert!(waiting <= config.connections * config.waiting_bytes + answers);
            assert!(self.relay.frame_bytes() <= config.waiting_bytes, "{}", self.relay.frame_bytes());
        }
    }

    fn send(&mut self, person: Person, frame: FromClient) {
        let input = Input::Received { connection: self.id(person), bytes: frame.encode() };
        self.input(input);
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Open(person) => {
                if self.seats.get(&person.0).is_some_and(|seat| !seat.told_to_go) {
                    return;
                }
                self.act(Action::Leave(person));
                self.generation += 1;
                let connection = ConnectionId(1_000 + self.generation);
                self.connections.insert(person.0, connection);
                self.seats.insert(person.0, Seat { connected: true, ..Seat::default() });
                let challenge = challenge_of(person);
                self.input(Input::Opened { connection, host: HOST.into(), challenge });
            }
            Action::Leave(person) => {
                let connection = self.id(person);
                self.paused.remove(&connection);
                self.input(Input::Closed { connection });
                assert_eq!(self.relay.take(connection, 1), Vec::<Bytes>::new());
                self.connections.remove(&person.0);
                self.seats.remove(&person.0);
            }
            Action::Join(person, seed) => {
                self.act(Action::Prove(person, seed));
                self.act(Action::Subscribe(person, seed));
            }
            Action::Subscribe(person, seed) => {
                if let Some(seat) = self.seats.get_mut(&person.0)
                    && seat.subscribed.insert(topic_of(seed))
                {
                    seat.seen.remove(&topic_of(seed));
                    seat.gaps.remove(&topic_of(seed));
                }
                self.send(person, FromClient::Subscribe { topic: topic_of(seed) });
            }
            Action::Unsubscribe(person, seed) => {
                if let Some(seat) = self.seats.get_mut(&person.0)
                    && !seat.told_to_go
                {
                    seat.subscribed.remove(&topic_of(seed));
                }
                self.send(person, FromClient::Unsubscribe { topic: topic_of(seed) });
            }
            Action::Prove(person, seed) => self.send(person, proof(HOST, &challenge_of(person), seed)),
            Action::ProveElsewhere(person, seed) => {
                self.send(person, proof("relay.example", &challenge_of(person), seed));
            }
            Action::Publish(person, seed, length) => {
                self.published += 1;
                let mut payload = self.published.to_be_bytes().to_vec();
                payload.resize(length, 0);
                let id = FrameId(self.published);
                self.send(person, FromClient::Publish { topic: topic_of(seed), id, payload: payload.into() });
            }
            Action::Ping(person) => self.send(person, FromClient::Ping),
            Action::Noise(person, bytes) => {
                let input = Input::Received { connection: self.id(person), bytes: bytes.into() };
                self.input(input);
            }
            Action::GiveUp(person) => {
                let input = Input::GaveUp { connection: self.id(person), reason: CloseReason::Silent };
                self.input(input);
            }
            Action::Drain(person) => {
                let input = Input::Drained { connection: self.id(person), retry_after_ms: 1 };
                self.input(input);
            }
            Action::Take(person, max) => {
                self.read(person, max);
                self.input(Input::Taken { connection: self.id(person) });
            }
            Action::Wait(ms) => {
                self.now_ms += ms;
                self.input(Input::Tick);
                let patience_ms = self.config.held_back_ms;
                assert!(self.paused.values().all(|since| self.now_ms - since < patience_ms), "held back for ever");
            }
            Action::Link(linked) => {
                self.linked = linked && self.config.clustered;
                self.input(if linked { Input::Linked } else { Input::Unlinked });
            }
            Action::Arrive(seed, length) => {
                let topic = topic_of(seed);
                if self.listening.contains(&topic) {
                    self.published += 1;
                    let mut payload = self.published.to_be_bytes().to_vec();
                    payload.resize(length.min(50), 0);
                    self.input(Input::Arrived { topic, payload: payload.into() });
                }
            }
            Action::Miss(seed) => {
                if self.config.clustered {
                    self.input(Input::Missed { topic: topic_of(seed) });
                }
            }
        }
    }

    fn read(&mut self, person: Person, max: usize) {
        let frames = self.relay.take(self.id(person), max);
        assert!(frames.len() <= max.max(1));
        for bytes in frames {
            let seat = self.seats.get_mut(&person.0).expect("only the connected get frames");
            assert!(seat.connected && !seat.last_words_seen, "nothing follows a Close");
            match FromRelay::decode(bytes).expect("the relay keeps to the wire") {
                FromRelay::Deliver { topic, sequence, payload } => {
                    assert!(seat.subscribed.contains(&topic), "delivered to somebody who is not subscribed");
                    assert!(payload.len() <= 50);
                    let stamp = u64::from_be_bytes(payload[..8].try_into().expect("8 bytes"));
                    let gap = seat.gaps.remove(&topic);
                    if let Some(last) = seat.seen.insert(topic, Seen { sequence, stamp }) {
                        assert!(last.stamp < stamp, "not in the order of publishing");
                        assert!(last.sequence < sequence, "not in the order of the sequence");
                        assert!(gap || last.sequence + 1 == sequence, "dropped without a gap");
                    }
                }
                FromRelay::Gap { topic } => {
                    assert!(seat.subscribed.contains(&topic), "a gap for somebody who is not subscribed");
                    seat.gaps.insert(topic);
                }
                FromRelay::Close { .. } => {
                    assert!(seat.told_to_go);
                    seat.last_words_seen = true;
                }
                FromRelay::Hello { .. } | FromRelay::Refused { .. } | FromRelay::Pong => {}
                FromRelay::Drain { .. } => assert!(seat.told_to_go),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_promises_hold_for_any_sequence_of_inputs(
        config in configs(), actions in prop::collection::vec(action(), 0..400)
    ) {
        let mut world = World::new(config);
        for action in actions {
            world.act(action);
        }
        for person in 0..PEOPLE {
            world.act(Action::Leave(Person(person)));
        }
        world.act(Action::Wait(10_000));
        prop_assert_eq!((world.relay.connections(), world.relay.topics()), (0, 0));
        prop_assert_eq!((world.relay.frame_bytes(), world.relay.held()), (0, Backlog::default()));
        prop_assert!(world.listening.is_empty() && world.paused.is_empty());
    }

    #[test]
    fn the_same_inputs_give_the_same_bytes(
        config in configs(), actions in prop::collection::vec(action(), 0..100)
    ) {
        let run = || {
            let mut world = World::new(config.clone());
            let mut taken = Vec::new();
            for action in actions.clone() {
                world.act(action);
                for person in 0..PEOPLE {
                    taken.push(world.relay.take(world.id(Person(person)), 2));
                }
            }
            taken
        };
        prop_assert_eq!(run(), run());
    }
}
