//! People with connections to a relay in memory.

use bytes::Bytes;
use ed25519_dalek::{Signer, SigningKey};
use relay_core::{Command, Config, ConnectionId, Input, Relay};
use wire::{CloseReason, FrameId, FromClient, FromRelay, Topic, proof_bytes};

/// The address at which everybody knows the relay.
pub const HOST: &str = "localhost:8080";

/// Somebody with one connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Person(pub u64);

impl Person {
    /// Returns the id of the connection.
    pub fn connection(self) -> ConnectionId {
        ConnectionId(self.0)
    }
}

/// Returns the challenge the relay gives a person.
pub fn challenge_of(person: Person) -> [u8; 32] {
    [person.0 as u8; 32]
}

/// Returns the public key made from a seed.
pub fn write_key(seed: u8) -> [u8; 32] {
    SigningKey::from_bytes(&[seed; 32]).verifying_key().to_bytes()
}

/// Returns the topic of the key made from a seed.
pub fn topic_of(seed: u8) -> Topic {
    Topic::of(&write_key(seed))
}

/// Returns a Prove for the topic of a seed.
pub fn proof(host: &str, challenge: &[u8; 32], seed: u8) -> FromClient {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let topic = topic_of(seed);
    let signature = key.sign(&proof_bytes(host, challenge, &topic)).to_bytes();
    FromClient::Prove { topic, write_key: write_key(seed), signature }
}

/// A relay, the people at it, and the time.
pub struct People {
    /// The relay.
    pub relay: Relay,
    now_ms: u64,
}

impl People {
    /// Returns a relay with nobody at it.
    pub fn new(config: Config) -> Self {
        People { relay: Relay::new(config), now_ms: 1_000_000 }
    }

    /// Returns a relay with these people connected, their Hello read.
    pub fn with<const N: usize>(persons: [Person; N]) -> Self {
        let mut people = People::new(Config::default());
        for person in persons {
            people.open(person);
            people.read(person);
        }
        people
    }

    /// Connects a writer and a reader of one topic.
    pub fn meet(&mut self, writer: Person, reader: Person, seed: u8) {
        for person in [writer, reader] {
            self.open(person);
            self.read(person);
        }
        self.prove(writer, seed);
        self.subscribe(reader, seed);
    }

    /// Connects somebody.
    pub fn open(&mut self, person: Person) -> Vec<Command> {
        let input =
            Input::Opened { connection: person.connection(), host: HOST.into(), challenge: challenge_of(person) };
        self.relay.handle(input, self.now_ms)
    }

    /// Loses the connection of somebody.
    pub fn leave(&mut self, person: Person) -> Vec<Command> {
        self.relay.handle(Input::Closed { connection: person.connection() }, self.now_ms)
    }

    /// Sends bytes.
    pub fn send_bytes(&mut self, person: Person, bytes: Bytes) -> Vec<Command> {
        self.relay.handle(Input::Received { connection: person.connection(), bytes }, self.now_ms)
    }

    /// Sends a frame.
    pub fn send(&mut self, person: Person, frame: FromClient) -> Vec<Command> {
        self.send_bytes(person, frame.encode())
    }

    /// Sends a Subscribe that is taken.
    pub fn subscribe(&mut self, person: Person, seed: u8) {
        assert_eq!(self.send(person, FromClient::Subscribe { topic: topic_of(seed) }), []);
    }

    /// Sends a Prove that is taken.
    pub fn prove(&mut self, person: Person, seed: u8) {
        assert_eq!(self.send(person, proof(HOST, &challenge_of(person), seed)), []);
    }

    /// Sends a Publish.
    pub fn publish(&mut self, person: Person, seed: u8, id: u64, text: &str) -> Vec<Command> {
        let payload = Bytes::copy_from_slice(text.as_bytes());
        self.send(person, FromClient::Publish { topic: topic_of(seed), id: FrameId(id), payload })
    }

    /// Gives up on a connection.
    pub fn give_up(&mut self, person: Person, reason: CloseReason) -> Vec<Command> {
        self.relay.handle(Input::GaveUp { connection: person.connection(), reason }, self.now_ms)
    }

    /// Drains a connection.
    pub fn drain(&mut self, person: Person, retry_after_ms: u32) -> Vec<Command> {
        let input = Input::Drained { connection: person.connection(), retry_after_ms };
        self.relay.handle(input, self.now_ms)
    }

    /// Hands anything else to the relay.
    pub fn happens(&mut self, input: Input) -> Vec<Command> {
        self.relay.handle(input, self.now_ms)
    }

    /// Lets time pass.
    pub fn wait_ms(&mut self, ms: u64) {
        self.now_ms += ms;
    }

    /// Tells the relay the time.
    pub fn tick(&mut self) -> Vec<Command> {
        self.happens(Input::Tick)
    }

    /// Returns the bytes of everything that waits for somebody.
    pub fn take(&mut self, person: Person) -> Vec<Bytes> {
        self.relay.take(person.connection(), usize::MAX)
    }

    /// Returns everything that waits for somebody.
    pub fn read(&mut self, person: Person) -> Vec<FromRelay> {
        let frames = self.take(person).into_iter();
        frames.map(|bytes| FromRelay::decode(bytes).expect("the relay keeps to the wire")).collect()
    }

    /// Returns the frame a subscriber should get.
    pub fn delivery(&self, seed: u8, sequence: u64, text: &str) -> FromRelay {
        let payload = Bytes::copy_from_slice(text.as_bytes());
        FromRelay::Deliver { topic: topic_of(seed), sequence, payload }
    }
}
