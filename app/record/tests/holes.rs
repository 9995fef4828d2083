//! Holes in an author's chain: left when nobody has what is missing, and filled when somebody has.

mod chains;

use std::collections::BTreeMap;

use chains::{after, author, chain, key, note, record_of};
use record::{
    AuthorKey, Body, Charter, Draft, Gap, Head, Inserted, Invite, LinkId, Name, NotTaken, Op, OpId, Record, Role,
    RoomId, StateId, Table, Vector, WhoAdmits,
};

fn alice() -> AuthorKey {
    author(1)
}

fn notes(from: Option<&Op>, texts: &[&str]) -> Vec<Op> {
    chain(1, from, texts)
}

fn head(op: &Op) -> Head {
    Head { number: op.number(), depth: op.depth(), id: op.id() }
}

/// What a newcomer holds who was let in after this op.
fn newcomer_after(op: &Op) -> Record {
    let mut base = Vector::default();
    base.set(alice(), head(op));
    Record::from_base(base)
}

fn gaps(record: &Record) -> Vec<Gap> {
    record.gaps().collect()
}

#[test]
fn hole_nobody_can_fill_is_left_and_what_follows_is_held() {
    let ops = notes(None, &["one", "two", "three", "four"]);
    let mut record = Record::default();
    record.insert(ops[0].clone()).expect("first");
    assert_eq!(record.insert(ops[3].clone()), Err(NotTaken::MissingPrevious));
    record.insert_apart(ops[3].clone()).expect("apart");
    assert_eq!(gaps(&record), [Gap { author: alice(), after: 1, to: 3 }]);
    assert_eq!((record.vector().number(&alice()), record.len()), (4, 2));
}

#[test]
fn hole_is_filled_from_below_and_is_none_then() {
    let ops = notes(None, &["one", "two", "three", "four"]);
    let whole = record_of(&ops);
    let mut record = Record::default();
    record.insert(ops[0].clone()).expect("first");
    record.insert_apart(ops[3].clone()).expect("apart");
    let gap = gaps(&record)[0];
    let missing: Vec<Op> = whole.within(&gap, false).cloned().collect();
    assert_eq!(missing.iter().map(Op::number).collect::<Vec<_>>(), [2, 3]);
    for op in missing {
        record.insert(op).expect("joins on");
    }
    assert_eq!(gaps(&record), []);
    assert_eq!(record.vector(), whole.vector());
}

#[test]
fn chain_that_parts_before_the_base_is_taken_and_told_of() {
    let ops = notes(None, &["one", "two", "three"]);
    let other = notes(ops.first(), &["two again", "three again", "four again"]);
    let mut record = newcomer_after(&ops[2]);
    for op in &other {
        record.insert_apart(op.clone()).expect("on the other chain");
    }
    assert!(record.may_have_several_ends(&alice()));
    assert!(record.vector().tells_of(&alice(), &ops[2].id()), "the base is still an end");
    assert!(record.vector().tells_of(&alice(), &other[2].id()));
    assert_eq!(gaps(&record), [Gap { author: alice(), after: 0, to: 1 }], "what both begin with is asked for");
    assert!(!record.lacks(record.vector()));
}

#[test]
fn what_lies_before_the_base_is_not_taken_unasked() {
    let ops = notes(None, &["one", "two"]);
    let mut record = newcomer_after(&ops[1]);
    assert!(record.insert(ops[0].clone()).is_ok());
    assert_eq!(record.len(), 0);
}

#[test]
fn depth_is_bounded_across_a_hole_too() {
    let mut draft = notes(None, &["one", "two"]);
    let deep = Draft {
        room: RoomId([1; 32]),
        number: 3,
        previous: draft.pop().expect("two").id(),
        previous_control: OpId::NONE,
        depth: 1 << 40,
        origin: StateId([2; 32]),
        heads: vec![],
        body: note("three"),
        salt: [0; 16],
    };
    let deep = Op::sign(deep, &key(1));
    assert_eq!(Record::default().insert_apart(deep), Err(NotTaken::BreaksChain));
}

/// A removal whose author's earlier control ops are missing counted here, and could not be cited in a commit.
#[test]
fn control_op_that_rests_on_nothing_here_does_not_count() {
    let name = || Name::typed("Alice").expect("a fair name");
    let charter = after(
        1,
        None,
        Body::Charter(Charter {
            title: name(),
            party: name(),
            name: name(),
            who_admits: WhoAdmits::Convener,
            call_key: None,
            parties: None,
            terms: None,
        }),
    );
    let invite = |n: u8| Body::Invite(Invite { link: LinkId([n; 16]), party: None, role: Role::Head, expires_at: 0 });
    let first = after(1, Some(&charter), invite(1));
    let second = after(1, Some(&first), invite(2));
    let links = |ops: &[&Op]| Table::fold(alice(), ops.iter().copied()).links.len();
    assert_eq!(links(&[&charter, &first, &second]), 2);
    assert_eq!(links(&[&charter, &second]), 0);
}

#[test]
fn record_tells_of_which_ops_only_the_header_is_held() {
    let ops = notes(None, &["one", "two"]);
    let mut record = Record::default();
    record.insert(ops[0].clone().withheld()).expect("a header");
    record.insert(ops[1].clone()).expect("whole");
    assert_eq!(record.withheld().map(Op::id).collect::<Vec<_>>(), [ops[0].id()]);
    record.insert(ops[0].clone()).expect("filled");
    assert_eq!(record.withheld().count(), 0);
}

#[test]
fn who_tells_of_earlier_ops_is_given_only_what_follows_on_the_last_one_shared() {
    let shared: Vec<String> = (0..100).map(|n| format!("note {n}")).collect();
    let shared = notes(None, &shared.iter().map(String::as_str).collect::<Vec<_>>());
    let record = |end: &str| {
        let last = notes(shared.last(), &[end]);
        (record_of(shared.iter().chain(&last)), last)
    };
    let ((mine, _), (theirs, last)) = (record("here"), record("there"));
    let given = |vector: &Vector| theirs.beyond(vector).map(Op::id).collect::<Vec<_>>();
    assert!(given(mine.vector()).len() > 60, "nobody knows where the chains part");
    assert_eq!(given(&mine.vector_to_part_from(&BTreeMap::new())), [last[0].id()]);
}

#[test]
fn op_given_in_vain_is_named_as_shared() {
    let shared = notes(None, &["one", "two", "three", "four", "five"]);
    let record = |rest: &[&str]| record_of(shared.iter().chain(&notes(shared.last(), rest)));
    let (mine, theirs) = (record(&["six", "seven", "eight"]), record(&["seven"]));
    let numbers = |vector: &Vector| theirs.beyond(vector).map(Op::number).collect::<Vec<_>>();
    assert_eq!(numbers(&mine.vector_to_part_from(&BTreeMap::new())), [5, 6], "told of four and six to eight");
    let given = BTreeMap::from([(alice(), shared[4].id())]);
    assert_eq!(numbers(&mine.vector_to_part_from(&given)), [6]);
}

#[test]
fn chain_that_ends_below_an_op_on_another_one_is_told_of() {
    let first = notes(None, &["one", "two"]);
    let there = notes(Some(&first[0]), &["there", "there too"]);
    let mut mine = record_of(&first);
    // "there" is gone with whoever held it.
    assert_eq!(mine.insert_apart(there[1].clone()), Ok(Inserted::Twin));
    assert_eq!(mine.vector().forks(&alice()).collect::<Vec<_>>(), [&first[1].id()]);
    assert_eq!(gaps(&mine), [Gap { author: alice(), after: 1, to: 2 }]);

    let mut theirs = Record::default();
    theirs.insert(first[0].clone()).expect("first");
    theirs.insert_apart(there[1].clone()).expect("apart");
    assert!(theirs.lacks(mine.vector()));
    assert!(mine.beyond(theirs.vector()).any(|op| op.id() == first[1].id()));
    assert_eq!(theirs.insert(first[1].clone()), Ok(Inserted::Twin));
    assert_eq!(theirs.vector(), mine.vector());
}
