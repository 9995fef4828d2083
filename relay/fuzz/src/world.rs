//! A relay, the people at it, and what it has promised them.

use std::collections::BTreeMap;

use bytes::Bytes;
use relay_core::{Backlog, Command, Config, ConnectionId, Input, Relay};
use wire::{CloseReason, FromClient, FromRelay, HOST_BYTES, Limits, Refusal, Topic};

use crate::guest::Guest;
use crate::keys::{HOST, PEOPLE, challenge_of, holds};
use crate::step::Step;

/// Small caps, so that few steps reach each of them. The queue's are the fuzzer's choice.
fn config(setting: u8) -> Config {
    Config {
        limits: Limits { payload_bytes: 50, topics: 3 },
        connections: 4,
        subscribers_per_topic: 3,
        queue_frames: 1 + usize::from(setting & 0x07),
        queue_bytes: 100 * (1 + usize::from(setting >> 3 & 0x07)),
        unproven_frames_per_second: 15,
        overflow_window_ms: 500,
        round_bytes: 5_000,
        held_back_ms: 300,
        ..Config::default()
    }
}

pub(crate) struct World {
    config: Config,
    relay: Relay,
    now_ms: u64,
    /// The last id given to a connection.
    last_id: u64,
    /// The people who are connected.
    guests: BTreeMap<u8, Guest>,
    /// The topics that somebody holds, with their last sequence.
    topics: BTreeMap<Topic, u64>,
    /// Who is not read from, and since when.
    paused: BTreeMap<ConnectionId, u64>,
}

/// What came of an input.
struct Outcome {
    closed: Vec<(ConnectionId, CloseReason)>,
}

impl Outcome {
    fn of(&self, id: ConnectionId) -> Option<CloseReason> {
        self.closed.iter().find(|(closed, _)| *closed == id).map(|(_, reason)| *reason)
    }

    fn nothing(&self) -> bool {
        self.closed.is_empty()
    }
}

impl World {
    pub(crate) fn new(setting: u8) -> Self {
        let config = config(setting);
        World {
            relay: Relay::new(config.clone()),
            config,
            now_ms: 0,
            last_id: 0,
            guests: BTreeMap::new(),
            topics: BTreeMap::new(),
            paused: BTreeMap::new(),
        }
    }

    pub(crate) fn take(&mut self, step: Step) {
        match step {
            Step::Open { person, host_fits } => self.open(person, host_fits),
            Step::Leave { person } => self.leave(person),
            Step::Receive { person, bytes } => self.receive(person, bytes),
            Step::Noise { person, bytes } => self.noise(person, bytes),
            Step::GiveUp { person, reason } => self.give_up(person, reason),
            Step::Drain { person, retry_after_ms } => self.drain(person, retry_after_ms),
            Step::Write { person, max } => self.write(person, max),
            Step::Wait { ms } => self.wait(ms),
        }
        self.check();
    }

    /// Lets everybody read the rest and leave: nothing may remain.
    pub(crate) fn end(mut self) {
        for person in 0..PEOPLE {
            self.write(person, usize::MAX);
            self.leave(person);
            self.check();
        }
        assert_eq!((self.relay.connections(), self.relay.topics()), (0, 0));
    }

    /// Tells the relay what happened, and notes what it asks for.
    fn input(&mut self, input: Input) -> Outcome {
        let asleep: Vec<ConnectionId> =
            self.guests.values().map(|guest| guest.id).filter(|id| self.waiting(*id) == Backlog::default()).collect();
        let mut woken = Vec::new();
        let mut closed = Vec::new();
        let mut round_ends = false;
        for command in self.relay.handle(input, self.now_ms) {
            match command {
                Command::Wake { connection } => woken.push(connection),
                Command::Close { connection, reason } => {
                    self.paused.remove(&connection);
                    closed.push((connection, reason));
                }
                Command::Pause { connection } => {
                    assert!(self.paused.insert(connection, self.now_ms).is_none(), "paused twice");
                }
                Command::Resume { connection } => {
                    assert!(self.paused.remove(&connection).is_some(), "resumed without a pause");
                }
                Command::EndRound => round_ends = true,
                Command::Listen { .. }
                | Command::Unlisten { .. }
                | Command::Forward { .. }
                | Command::Recall { .. } => panic!("this relay is alone"),
            }
        }
        let roused = |id: &ConnectionId| woken.contains(id) || closed.iter().any(|(closed, _)| closed == id);
        for id in &woken {
            assert_ne!(self.waiting(*id), Backlog::default(), "woken for nothing");
        }
        for id in asleep {
            assert!(self.waiting(id) == Backlog::default() || roused(&id), "frames wait and nobody was woken");
        }
        if round_ends {
            assert!(self.input(Input::RoundEnded).nothing());
        }
        Outcome { closed }
    }

    fn waiting(&self, id: ConnectionId) -> Backlog {
        self.relay.backlog(id)
    }

    /// Returns the connection of a person, or one that does not exist.
    fn id(&self, person: u8) -> ConnectionId {
        self.guests.get(&person).map_or(ConnectionId(0), |guest| guest.id)
    }

    /// Returns a person who takes part: connected, and not told to go.
    fn present(&mut self, person: u8) -> Option<&mut Guest> {
        self.guests.get_mut(&person).filter(|guest| !guest.told_to_go)
    }

    fn open(&mut self, person: u8, host_fits: bool) {
        let challenge = challenge_of(person);
        let host = if host_fits { HOST.to_owned() } else { "h".repeat(HOST_BYTES + 1) };
        if self.guests.contains_key(&person) {
            let connection = self.id(person);
            let again = self.input(Input::Opened { connection, host, challenge });
            assert!(again.nothing(), "an id that is known changes nothing");
            return;
        }
        self.last_id += 1;
        let connection = ConnectionId(self.last_id);
        let full = self.guests.len() >= self.config.connections;
        let mut guest = Guest::new(connection, self.now_ms);
        if host_fits {
            guest.owe(FromRelay::Hello { limits: self.config.limits, challenge });
        }
        let outcome = self.input(Input::Opened { connection, host, challenge });
        if full {
            assert_eq!(outcome.closed, [(connection, CloseReason::Full)]);
            assert_eq!(self.waiting(connection), Backlog::default());
            return;
        }
        let malformed = [(connection, CloseReason::Malformed)];
        assert_eq!(outcome.closed, if host_fits { &[][..] } else { &malformed });
        self.guests.insert(person, guest);
        self.send_away(&outcome);
    }

    fn leave(&mut self, person: u8) {
        let connection = self.id(person);
        self.paused.remove(&connection);
        let outcome = self.input(Input::Closed { connection });
        assert!(outcome.nothing());
        self.guests.remove(&person);
        assert_eq!(self.waiting(connection), Backlog::default());
        assert!(self.relay.take(connection, 1).is_empty(), "something waits for somebody who is gone");
    }

    fn receive(&mut self, person: u8, bytes: Bytes) {
        let connection = self.id(person);
        let stranger = self.present(person).is_some_and(|guest| guest.proven.is_empty());
        let outcome = self.input(Input::Received { connection, bytes: bytes.clone() });
        if self.present(person).is_none() {
            assert!(outcome.nothing(), "who does not take part causes nothing");
            return;
        }
        let verdict = outcome.of(connection);
        if verdict == Some(CloseReason::TooFast) {
            assert!(stranger, "only who has proved nothing can be too fast");
            assert_eq!(outcome.closed.len(), 1);
        } else {
            let due = self.expect(person, &bytes);
            let behind = self.present(person).is_some_and(|guest| guest.is_behind());
            let too_slow = verdict == Some(CloseReason::Slow) && due.is_none() && behind;
            assert!(verdict == due || too_slow, "closed for {verdict:?}, expected {due:?}");
        }
        for (other, reason) in &outcome.closed {
            assert!(*other == connection || *reason == CloseReason::Slow, "closed for what another sent: {reason:?}");
        }
        self.send_away(&outcome);
    }

    /// Notes what a frame, or no frame, should bring about. Returns why the sender should be told to go for it.
    fn expect(&mut self, person: u8, bytes: &Bytes) -> Option<CloseReason> {
        let Ok(frame) = FromClient::decode(bytes.clone()) else { return Some(CloseReason::Malformed) };
        let (most, now_ms) = (usize::from(self.config.limits.topics), self.now_ms);
        match frame {
            FromClient::Subscribe { topic } => {
                let listeners = self.listeners(topic).count();
                let room = listeners < self.config.subscribers_per_topic;
                let guest = self.present(person)?;
                if guest.subscribed.contains(&topic) {
                    return None;
                }
                if guest.subscribed.len() >= most {
                    return Some(CloseReason::TooManyTopics);
                }
                if !room {
                    return Some(CloseReason::TopicFull);
                }
                guest.subscribed.insert(topic);
                guest.note_idleness(now_ms);
            }
            FromClient::Unsubscribe { topic } => {
                let guest = self.present(person)?;
                guest.forget(&topic);
                guest.note_idleness(now_ms);
            }
            FromClient::Prove { topic, .. } => {
                let guest = self.present(person)?;
                if guest.proven.contains(&topic) {
                    return None;
                }
                if guest.proven.len() >= most {
                    return Some(CloseReason::TooManyTopics);
                }
                if !holds(person, bytes) {
                    return Some(CloseReason::BadProof);
                }
                guest.proven.insert(topic);
                guest.note_idleness(now_ms);
            }
            FromClient::Publish { topic, id, payload } => {
                let longest = self.config.limits.payload_bytes as usize;
                let guest = self.present(person)?;
                if !guest.proven.contains(&topic) {
                    guest.owe(FromRelay::Refused { topic, id, reason: Refusal::NotProven });
                } else if payload.len() > longest {
                    guest.owe(FromRelay::Refused { topic, id, reason: Refusal::TooLarge });
                } else {
                    self.expect_delivery(topic, &payload);
                }
            }
            FromClient::Ping => self.present(person)?.owe(FromRelay::Pong),
        }
        None
    }

    fn expect_delivery(&mut self, topic: Topic, payload: &Bytes) {
        let last = self.topics.entry(topic).or_default();
        *last += 1;
        let sequence = *last;
        for guest in self.listeners(topic) {
            guest.owe(FromRelay::Deliver { topic, sequence, payload: payload.clone() });
        }
    }

    fn listeners(&mut self, topic: Topic) -> impl Iterator<Item = &mut Guest> {
        self.guests.values_mut().filter(move |guest| !guest.told_to_go && guest.subscribed.contains(&topic))
    }

    fn noise(&mut self, person: u8, bytes: usize) {
        let connection = self.id(person);
        let stranger = self.present(person).is_some_and(|guest| guest.proven.is_empty());
        let outcome = self.input(Input::Noise { connection, bytes });
        assert!(outcome.nothing() || stranger && outcome.closed == [(connection, CloseReason::TooFast)]);
        self.send_away(&outcome);
    }

    fn give_up(&mut self, person: u8, reason: CloseReason) {
        let connection = self.id(person);
        let present = self.present(person).is_some();
        let outcome = self.input(Input::GaveUp { connection, reason });
        assert_eq!(outcome.closed, if present { vec![(connection, reason)] } else { vec![] });
        self.send_away(&outcome);
    }

    fn drain(&mut self, person: u8, retry_after_ms: u32) {
        let connection = self.id(person);
        let outcome = self.input(Input::Drained { connection, retry_after_ms });
        let mut due = Vec::new();
        if let Some(guest) = self.present(person) {
            guest.owe(FromRelay::Drain { retry_after_ms });
            due.push((connection, CloseReason::Restart));
        }
        assert_eq!(outcome.closed, due);
        self.send_away(&outcome);
    }

    fn write(&mut self, person: u8, max: usize) {
        let connection = self.id(person);
        let before = self.waiting(connection);
        let frames = self.relay.take(connection, max);
        let after = self.waiting(connection);
        assert!(frames.len() <= max.max(1));
        assert_eq!(before.frames - after.frames, frames.len());
        assert_eq!(before.bytes - after.bytes, frames.iter().map(Bytes::len).sum::<usize>());
        assert!(!frames.is_empty() || before == Backlog::default(), "frames wait, and none is given out");
        let Some(guest) = self.guests.get_mut(&person) else {
            assert!(frames.is_empty(), "something waits for nobody");
            return;
        };
        for bytes in frames {
            guest.hear(&FromRelay::decode(bytes).expect("the relay keeps to the wire"));
        }
        if after == Backlog::default() {
            guest.has_heard_everything();
        }
        assert!(self.input(Input::Taken { connection }).nothing());
    }

    fn wait(&mut self, ms: u64) {
        self.now_ms += ms;
        let outcome = self.input(Input::Tick);
        let held_back_ms = self.config.held_back_ms;
        assert!(self.paused.values().all(|since| self.now_ms - since < held_back_ms), "made to wait for ever");
        let overdue = |since: u64| self.now_ms - since >= self.config.unsubscribed_ms;
        let due = self.guests.values().filter(|guest| !guest.told_to_go && guest.idle_since_ms.is_some_and(overdue));
        let mut due: Vec<_> = due.map(|guest| (guest.id, CloseReason::Idle)).collect();
        due.sort_by_key(|(id, _)| *id);
        assert_eq!(outcome.closed, due);
        self.send_away(&outcome);
    }

    /// Notes who was told to go.
    fn send_away(&mut self, outcome: &Outcome) {
        for (id, reason) in &outcome.closed {
            let guest = self.guests.values_mut().find(|guest| guest.id == *id).expect("a connection of somebody's");
            guest.told_to_go(*reason);
            assert_ne!(self.relay.backlog(*id), Backlog::default(), "closed without a word");
        }
    }

    /// Checks what must hold at any time.
    fn check(&mut self) {
        let guests = &self.guests;
        let held = |topic: &Topic| guests.values().any(|guest| guest.holds(topic));
        self.topics.retain(|topic, _| held(topic));
        for topic in guests.values().filter(|guest| !guest.told_to_go).flat_map(|guest| {
            let proven: Vec<Topic> = guest.proven.iter().chain(&guest.subscribed).copied().collect();
            proven
        }) {
            self.topics.entry(topic).or_default();
        }
        assert_eq!(self.relay.topics(), self.topics.len(), "the topics are those that somebody holds");
        assert_eq!(self.relay.connections(), self.guests.len());

        let topics = usize::from(self.config.limits.topics);
        // One Gap for each topic, a Drain and a Close may stand beyond the queue.
        let most = Backlog {
            frames: self.config.queue_frames + topics + 2,
            bytes: self.config.queue_bytes + 33 * topics + 5 + 3,
        };
        for guest in self.guests.values() {
            let waiting = self.waiting(guest.id);
            assert!(waiting.frames <= most.frames && waiting.bytes <= most.bytes, "{waiting:?}");
        }
    }
}
