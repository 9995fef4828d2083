//! Chains of ops, made up.

use ed25519_dalek::SigningKey;
use record::{AuthorKey, Body, Draft, Note, Op, OpId, Record, RoomId, StateId};

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub fn author(seed: u8) -> AuthorKey {
    AuthorKey(key(seed).verifying_key().to_bytes())
}

/// The op of an author after another one.
pub fn after(seed: u8, previous: Option<&Op>, body: Body) -> Op {
    let draft = Draft {
        room: RoomId([1; 32]),
        number: previous.map_or(1, |op| op.number() + 1),
        previous: previous.map_or(OpId::NONE, Op::id),
        previous_control: previous.map_or(OpId::NONE, Op::last_control),
        depth: previous.map_or(1, |op| op.depth() + 1),
        origin: StateId([2; 32]),
        heads: vec![],
        body,
        salt: [0; 16],
    };
    Op::sign(draft, &key(seed))
}

pub fn note(text: &str) -> Body {
    Body::Note(Note::new(0, text))
}

/// A chain of notes.
pub fn chain(seed: u8, from: Option<&Op>, texts: &[&str]) -> Vec<Op> {
    let mut ops: Vec<Op> = Vec::new();
    for text in texts {
        let op = after(seed, ops.last().or(from), note(text));
        ops.push(op);
    }
    ops
}

pub fn record_of<'a>(ops: impl IntoIterator<Item = &'a Op>) -> Record {
    let mut record = Record::default();
    for op in ops {
        record.insert(op.clone()).expect("follows");
    }
    record
}
