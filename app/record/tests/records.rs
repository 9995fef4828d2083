//! Equal ops make equal records, in whatever order they came.

use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use record::{AuthorKey, Body, Draft, Inserted, NotTaken, Note, Op, OpId, Record, RoomId, StateId, Vector};

/// An author with a record, writing notes.
struct Author {
    key: SigningKey,
    record: Record,
}

impl Author {
    fn new(seed: u8) -> Self {
        Self { key: SigningKey::from_bytes(&[seed; 32]), record: Record::default() }
    }

    fn writes(&mut self, text: &str) -> Op {
        let me = AuthorKey(self.key.verifying_key().to_bytes());
        let (heads, depth) = self.record.heads_for(&me);
        let head = self.record.vector().head(&me).copied();
        let draft = Draft {
            room: RoomId([1; 32]),
            number: head.map_or(1, |head| head.number + 1),
            previous: head.map_or(OpId::NONE, |head| head.id),
            depth,
            previous_control: OpId::NONE,
            origin: StateId([2; 32]),
            heads,
            body: Body::Note(Note::new(0, text)),
            salt: [0; 16],
        };
        let op = Op::sign(draft, &self.key);
        self.record.insert(op.clone()).expect("own op");
        op
    }
}

/// Three authors who hear of one another now and then.
fn conversation(hearing: &[u8]) -> Vec<Op> {
    let mut authors = [Author::new(1), Author::new(2), Author::new(3)];
    let mut ops: Vec<Op> = Vec::new();
    for (n, choice) in hearing.iter().enumerate() {
        let author = &mut authors[usize::from(choice % 3)];
        if choice % 2 == 0 {
            for op in &ops {
                author.record.insert(op.clone()).expect("in order of writing");
            }
        }
        ops.push(author.writes(&n.to_string()));
    }
    ops
}

fn order(record: &Record) -> Vec<OpId> {
    record.in_order().map(Op::id).collect()
}

#[test]
fn op_without_its_previous_one_is_not_taken() {
    let mut alice = Author::new(1);
    let (first, second) = (alice.writes("1"), alice.writes("2"));
    let mut bob = Record::default();
    assert_eq!(bob.insert(second.clone()), Err(NotTaken::MissingPrevious));
    assert_eq!(bob.insert(first.clone()), Ok(Inserted::New));
    assert_eq!(bob.insert(second), Ok(Inserted::New));
    assert_eq!(bob.insert(first), Ok(Inserted::Known));
}

#[test]
fn header_is_filled_by_the_whole_op_and_not_the_other_way() {
    let op = Author::new(1).writes("1");
    let mut bob = Record::default();
    assert_eq!(bob.insert(op.clone().withheld()), Ok(Inserted::New));
    assert_eq!(bob.insert(op.clone()), Ok(Inserted::Filled));
    assert_eq!(bob.insert(op.withheld()), Ok(Inserted::Known));
    assert!(bob.in_order().all(|op| op.body().is_some()));
}

#[test]
fn two_ops_with_one_number_are_both_kept_and_told() {
    let (mut profile, mut copy) = (Author::new(1), Author::new(1));
    let mut bob = Record::default();
    assert_eq!(bob.insert(profile.writes("yes")), Ok(Inserted::New));
    assert_eq!(bob.insert(copy.writes("no")), Ok(Inserted::Twin));
    assert_eq!(bob.in_order().count(), 2);
}

#[test]
fn depth_that_leaps_is_refused() {
    let key = SigningKey::from_bytes(&[1; 32]);
    let body = Body::Note(Note::new(0, "last for ever"));
    let draft = Draft {
        room: RoomId([1; 32]),
        number: 1,
        previous: OpId::NONE,
        previous_control: OpId::NONE,
        depth: u64::MAX,
        origin: StateId([2; 32]),
        heads: vec![],
        body,
        salt: [0; 16],
    };
    assert_eq!(Record::default().insert(Op::sign(draft, &key)), Err(NotTaken::BreaksChain));
}

proptest! {
    #[test]
    fn order_does_not_depend_on_arrival(hearing in prop::collection::vec(any::<u8>(), 1..30), shuffle in any::<u64>()) {
        let ops = conversation(&hearing);
        let mut in_order = Record::default();
        for op in &ops {
            in_order.insert(op.clone()).expect("in order of writing");
        }
        let mut pending = ops.clone();
        let mut shuffled = Record::default();
        let mut turn = shuffle;
        while !pending.is_empty() {
            turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let pick = pending.remove((turn >> 33) as usize % pending.len());
            if shuffled.insert(pick.clone()).is_err() {
                pending.push(pick);
            }
        }
        prop_assert_eq!(order(&in_order), order(&shuffled));
        prop_assert_eq!(in_order.vector(), shuffled.vector());
    }

    #[test]
    fn what_lies_beyond_a_vector_makes_records_level(hearing in prop::collection::vec(any::<u8>(), 1..30), cut in 0usize..30) {
        let ops = conversation(&hearing);
        let (mut whole, mut part) = (Record::default(), Record::default());
        for (n, op) in ops.iter().enumerate() {
            whole.insert(op.clone()).expect("in order of writing");
            if n < cut {
                part.insert(op.clone()).expect("in order of writing");
            }
        }
        let missing: Vec<Op> = whole.beyond(part.vector()).cloned().collect();
        prop_assert_eq!(missing.len(), ops.len() - cut.min(ops.len()));
        for op in missing {
            part.insert(op).expect("each author's ops come in order");
        }
        prop_assert_eq!(order(&whole), order(&part));
        prop_assert!(!whole.vector().exceeds(part.vector()));
    }

    #[test]
    fn vectors_of_random_bytes_are_refused_or_survive(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(vector) = minicbor::decode::<Vector>(&bytes) {
            let again: Vector = minicbor::decode(&minicbor::to_vec(&vector).expect("encodes")).expect("decodes");
            prop_assert_eq!(again, vector);
        }
    }
}
