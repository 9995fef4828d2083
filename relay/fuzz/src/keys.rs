//! A few fixed keys, and everything ever signed with them: signing in each run would take most of it.

use std::sync::LazyLock;

use bytes::Bytes;
use ed25519_dalek::{Signer, SigningKey};
use wire::{FromClient, Topic, proof_bytes};

/// How many people there are. A challenge belongs to a person, on whatever connection.
pub(crate) const PEOPLE: u8 = 5;

/// How many topics there are: one more than a connection may have.
pub(crate) const TOPICS: u8 = 4;

/// The address at which everybody knows the relay.
pub(crate) const HOST: &str = "localhost:8080";

const ELSEWHERE: &str = "relay.example";

struct Signed {
    topics: Vec<Topic>,
    /// By person, then by topic.
    here: Vec<Vec<Bytes>>,
    elsewhere: Vec<Vec<Bytes>>,
}

static SIGNED: LazyLock<Signed> = LazyLock::new(|| {
    let keys: Vec<SigningKey> = (0..TOPICS).map(|seed| SigningKey::from_bytes(&[seed; 32])).collect();
    let by_person = |host: &str| {
        let of_person = |person| keys.iter().map(|key| sign(host, person, key)).collect();
        (0..PEOPLE).map(of_person).collect()
    };
    Signed {
        topics: keys.iter().map(|key| Topic::of(&key.verifying_key().to_bytes())).collect(),
        here: by_person(HOST),
        elsewhere: by_person(ELSEWHERE),
    }
});

fn sign(host: &str, person: u8, key: &SigningKey) -> Bytes {
    let write_key = key.verifying_key().to_bytes();
    let topic = Topic::of(&write_key);
    let signature = key.sign(&proof_bytes(host, &challenge_of(person), &topic)).to_bytes();
    FromClient::Prove { topic, write_key, signature }.encode()
}

/// Returns the challenge a person is given.
pub(crate) fn challenge_of(person: u8) -> [u8; 32] {
    [person; 32]
}

/// Returns one of the topics.
pub(crate) fn topic_of(seed: u8) -> Topic {
    SIGNED.topics[usize::from(seed)]
}

/// Returns a Prove that holds on the connections of this person at this relay.
pub(crate) fn proof(person: u8, seed: u8) -> Bytes {
    SIGNED.here[usize::from(person)][usize::from(seed)].clone()
}

/// Returns a Prove that holds at another relay.
pub(crate) fn proof_elsewhere(person: u8, seed: u8) -> Bytes {
    SIGNED.elsewhere[usize::from(person)][usize::from(seed)].clone()
}

/// Says whether a Prove holds on the connections of a person: there is no way to others than signing them.
pub(crate) fn holds(person: u8, proof: &Bytes) -> bool {
    SIGNED.here[usize::from(person)].contains(proof)
}
