//! Chains that end, chains that fork, and what a record asks for and hands on then.

mod chains;

use std::collections::{BTreeMap, BTreeSet};

use chains::{after, author, chain, note, record_of};
use proptest::prelude::*;
use record::{AuthorKey, Body, Invite, LinkId, NotTaken, Op, OpId, Record, Removal, Remove, Role, Table, Vector};

fn invite(n: u8) -> Body {
    Body::Invite(Invite { link: LinkId([n; 16]), party: None, role: Role::Adviser, expires_at: 0 })
}

/// The removal of an author after these ops, as a table gives it.
fn removal(seed: u8, lasts: &[Option<&Op>]) -> BTreeMap<AuthorKey, Removal> {
    let mut ops: Vec<Op> = Vec::new();
    for last in lasts {
        let remove = Remove {
            seat: author(seed),
            last: last.map_or(0, Op::number),
            last_id: last.map_or(OpId::NONE, Op::id),
            last_control: last.map_or(OpId::NONE, Op::last_control),
        };
        ops.push(after(1, ops.last(), Body::Remove(remove)));
    }
    Table::fold(author(1), ops.iter()).removed
}

const NOBODY: AuthorKey = AuthorKey([0; 32]);

fn ids(record: &Record) -> Vec<OpId> {
    record.in_order().map(Op::id).collect()
}

#[test]
fn what_lies_beyond_the_end_leaves_and_what_lies_before_stays() {
    let ops = chain(2, None, &["1", "2", "3", "4"]);
    let mut record = record_of(&ops);
    let gone = record.end(&removal(2, &[Some(&ops[1])]), &BTreeSet::new(), &NOBODY);
    assert_eq!(gone.len(), 2);
    assert_eq!(ids(&record), [ops[0].id(), ops[1].id()]);
    assert_eq!(record.vector().number(&author(2)), 2);
    assert_eq!(record.insert(ops[2].clone()), Err(NotTaken::Void));
    assert!(record.end(&removal(2, &[Some(&ops[1])]), &BTreeSet::new(), &NOBODY).is_empty(), "once");
}

#[test]
fn author_removed_before_it_said_anything_has_said_nothing() {
    let ops = chain(2, None, &["1", "2"]);
    let mut record = record_of(&ops);
    assert_eq!(record.end(&removal(2, &[None]), &BTreeSet::new(), &NOBODY).len(), 2);
    assert!(record.vector().head(&author(2)).is_none());
    assert_eq!(record.insert(ops[0].clone()), Err(NotTaken::Void));
}

#[test]
fn own_chain_is_never_cut() {
    let ops = chain(2, None, &["1", "2"]);
    let mut record = record_of(&ops);
    assert!(record.end(&removal(2, &[None]), &BTreeSet::new(), &author(2)).is_empty());
    assert_eq!(record.in_order().count(), 2);
}

#[test]
fn end_that_is_not_held_yet_cuts_the_other_chain_when_it_comes() {
    let first = chain(2, None, &["1"]);
    let named = chain(2, Some(&first[0]), &["2 as named", "3 as named"]);
    let other = chain(2, Some(&first[0]), &["2 of the other", "3 of the other"]);
    let mut record = record_of(&first);
    record.end(&removal(2, &[Some(&named[1])]), &BTreeSet::new(), &NOBODY);
    for op in other.iter().chain(&named) {
        record.insert(op.clone()).expect("nobody can tell yet");
    }
    assert_eq!(ids(&record), [first[0].id(), named[0].id(), named[1].id()]);
    assert_eq!(record.insert(other[0].clone()), Err(NotTaken::Void));
    assert_eq!(record.vector().forks(&author(2)).count(), 0);
}

#[test]
fn removal_that_proves_void_lets_all_come_back() {
    let ops = chain(2, None, &["1", "2", "3"]);
    let other = record_of(&ops);
    let mut record = other.clone();
    record.end(&removal(2, &[Some(&ops[0])]), &BTreeSet::new(), &NOBODY);
    assert!(!record.lacks(other.vector()), "what is void is not asked for");
    assert!(record.end(&BTreeMap::new(), &BTreeSet::new(), &NOBODY).is_empty());
    assert_eq!(ids(&record), ids(&other), "nobody need have them any more");
    assert_eq!(record.vector(), other.vector());
}

#[test]
fn who_gets_a_seat_after_all_has_said_what_was_held() {
    let ops = chain(2, None, &["1", "2"]);
    let other = record_of(&ops);
    let mut record = other.clone();
    assert_eq!(record.know(BTreeSet::from([author(1)])).len(), 2);
    assert!(record.is_empty());
    record.know(BTreeSet::from([author(1), author(2)]));
    assert_eq!((ids(&record), record.vector()), (ids(&other), other.vector()));
}

#[test]
fn control_op_beyond_the_end_is_still_there_to_be_judged_anew() {
    let charter = after(2, None, invite(1));
    let late = after(2, Some(&charter), invite(2));
    let mut record = record_of(&[charter.clone(), late.clone()]);
    record.end(&removal(2, &[Some(&charter)]), &BTreeSet::new(), &NOBODY);
    assert!(record.op(&late.id()).is_none() && record.control_op(&late.id()).is_some());
    assert!(record.control().any(|op| op.id() == late.id()), "the fold needs it if the removal proves void");
}

#[test]
fn of_a_decider_what_lies_beyond_the_end_is_held_and_handed_on_but_shown_to_nobody() {
    let ops = chain(2, None, &["1", "2", "3"]);
    let deciders = BTreeSet::from([author(2)]);
    let mut early = record_of(&ops);
    early.end(&removal(2, &[Some(&ops[0])]), &deciders, &NOBODY);
    let mut late = record_of(&ops[..1]);
    late.end(&removal(2, &[Some(&ops[0])]), &deciders, &NOBODY);
    assert!(late.lacks(early.vector()));
    assert_eq!(catches_up(&mut late, &early), 2);
    for record in [&early, &late] {
        assert_eq!(ids(record), [ops[0].id()]);
        assert!(record.op(&ops[2].id()).is_some() && record.is_void(&ops[2].id()));
        assert_eq!(record.vector().number(&author(2)), 3);
    }
    late.end(&BTreeMap::new(), &deciders, &NOBODY);
    assert_eq!(ids(&late).len(), 3, "the removal proved void");
}

#[test]
fn removed_decider_that_goes_on_for_ever_fills_nobodys_record() {
    let texts: Vec<String> = (0..400).map(|n| n.to_string()).collect();
    let ops = chain(2, None, &texts.iter().map(String::as_str).collect::<Vec<_>>());
    let all = record_of(&ops);
    let mut record = Record::default();
    let deciders = BTreeSet::from([author(2)]);
    record.end(&removal(2, &[Some(&ops[0])]), &deciders, &NOBODY);
    let taken = ops.iter().take_while(|op| record.insert((*op).clone()).is_ok()).count();
    assert_eq!(taken, 257);
    assert!(!record.lacks(all.vector()));
}

/// The removed head answers first, with more versions of a number than are kept.
#[test]
fn valid_words_of_a_removed_head_are_taken_however_many_versions_there_are() {
    let deciders = BTreeSet::from([author(2)]);
    let mut record = Record::default();
    for n in 0..40 {
        record.insert(after(2, None, note(&n.to_string()))).ok();
    }
    let valid = chain(2, None, &["first", "last"]);
    record.end(&removal(2, &[Some(&valid[1])]), &deciders, &NOBODY);
    assert!(record.lacks(record_of(&valid).vector()));
    record.insert_apart(valid[1].clone()).expect("where the removal ends the chain");
    record.insert(valid[0].clone()).expect("leads there");
    assert_eq!(ids(&record), [valid[0].id(), valid[1].id()]);
}

#[test]
fn seats_that_cut_at_different_times_do_not_ask_each_other_for_ever() {
    let first = chain(2, None, &["1"]);
    let named = chain(2, Some(&first[0]), &["2 as named"]);
    let other = chain(2, Some(&first[0]), &["2 of the other", "3 of the other", "4 of the other"]);
    let all: Vec<Op> = first.iter().chain(&named).chain(&other).cloned().collect();
    let late = record_of(&all);
    let mut cut = late.clone();
    cut.end(&removal(2, &[Some(&named[0])]), &BTreeSet::new(), &NOBODY);
    assert!(!cut.lacks(late.vector()));
    assert!(!late.lacks(cut.vector()));
    // And whoever was given only the void chain lacks the named one.
    let mut misled = record_of(&first.iter().chain(&other).cloned().collect::<Vec<_>>());
    misled.end(&removal(2, &[Some(&named[0])]), &BTreeSet::new(), &NOBODY);
    assert!(misled.lacks(cut.vector()));
    assert_eq!(catches_up(&mut misled, &cut), 1);
    assert_eq!(ids(&misled), ids(&cut));
    assert!(!misled.lacks(cut.vector()) && !cut.lacks(misled.vector()));
}

/// Takes everything the other hands on; returns how many ops were new.
fn catches_up(record: &mut Record, other: &Record) -> usize {
    let page: Vec<Op> = other.beyond(record.vector()).cloned().collect();
    page.into_iter()
        .filter(|op| matches!(record.insert(op.clone()), Ok(taken) if taken != record::Inserted::Known))
        .count()
}

/// Both ask and answer until nothing new comes; then they must be level and quiet.
fn exchange(one: &mut Record, two: &mut Record) {
    for _ in 0..40 {
        let asks = (one.lacks(two.vector()), two.lacks(one.vector()));
        if asks == (false, false) {
            break;
        }
        let new = if asks.0 { catches_up(one, two) } else { 0 } + if asks.1 { catches_up(two, one) } else { 0 };
        assert!(new > 0, "asks and gains nothing: {asks:?}");
    }
    assert_eq!(ids(one), ids(two));
    assert_eq!(one.vector(), two.vector());
    assert!(!one.lacks(two.vector()) && !two.lacks(one.vector()));
}

/// A tree of ops by one author: each hangs on an earlier one. Some are control ops.
fn tree(shape: &[u8]) -> Vec<Op> {
    let mut ops: Vec<Op> = vec![after(2, None, note("root"))];
    for (n, place) in shape.iter().enumerate() {
        let previous = ops[usize::from(*place) % ops.len()].clone();
        let beside = ops.iter().filter(|op| op.number() == previous.number() + 1).count();
        if beside < 3 {
            let body = if place % 5 == 0 { invite(n as u8) } else { note(&n.to_string()) };
            ops.push(after(2, Some(&previous), body));
        }
    }
    ops
}

/// The part of a tree that a seat came to hold: ops whose previous ones it holds.
fn part(ops: &[Op], choice: u64) -> Record {
    let mut record = Record::default();
    for (n, op) in ops.iter().enumerate() {
        if choice >> (n % 64) & 1 == 1 {
            record.insert(op.clone()).ok();
        }
    }
    record
}

proptest! {
    #[test]
    fn forks_are_handed_on_until_both_are_level(shape in prop::collection::vec(any::<u8>(), 0..12), a in any::<u64>(), b in any::<u64>()) {
        let ops = tree(&shape);
        exchange(&mut part(&ops, a), &mut part(&ops, b));
    }

    #[test]
    fn forks_beside_an_end_are_level_too(
        shape in prop::collection::vec(any::<u8>(), 0..12),
        a in any::<u64>(),
        b in any::<u64>(),
        cut in any::<prop::sample::Index>(),
        late in any::<bool>(),
    ) {
        let ops = tree(&shape);
        let removed = removal(2, &[Some(&ops[cut.index(ops.len())])]);
        let (mut one, mut two) = (part(&ops, a), part(&ops, b));
        one.end(&removed, &BTreeSet::new(), &NOBODY);
        if !late {
            two.end(&removed, &BTreeSet::new(), &NOBODY);
            exchange(&mut one, &mut two);
        } else {
            // The other side hears of the removal only after they exchanged.
            for _ in 0..4 {
                catches_up(&mut one, &two);
                catches_up(&mut two, &one);
            }
            two.end(&removed, &BTreeSet::new(), &NOBODY);
            exchange(&mut one, &mut two);
        }
    }

    #[test]
    fn end_and_ops_in_any_order_leave_the_same(
        shape in prop::collection::vec(any::<u8>(), 0..12),
        cut in any::<prop::sample::Index>(),
        when in any::<prop::sample::Index>(),
    ) {
        let ops = tree(&shape);
        let removed = removal(2, &[Some(&ops[cut.index(ops.len())])]);
        let mut first = record_of(&ops);
        first.end(&removed, &BTreeSet::new(), &NOBODY);
        let mut between = Record::default();
        let when = when.index(ops.len());
        for (n, op) in ops.iter().enumerate() {
            if n == when {
                between.end(&removed, &BTreeSet::new(), &NOBODY);
            }
            between.insert(op.clone()).ok();
        }
        between.end(&removed, &BTreeSet::new(), &NOBODY);
        prop_assert_eq!(ids(&first), ids(&between));
        prop_assert_eq!(first.vector(), between.vector());
    }

    #[test]
    fn cited_ops_and_chains_in_any_order_leave_the_same(shape in prop::collection::vec(any::<u8>(), 0..12), shuffle in any::<u64>()) {
        let ops = tree(&shape);
        let whole = record_of(&ops);
        let mut record = Record::default();
        let mut pending: Vec<Op> = ops.clone();
        let mut turn = shuffle;
        for _ in 0..2_000 {
            if pending.is_empty() {
                break;
            }
            turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let op = pending.remove((turn >> 33) as usize % pending.len());
            // A control op may come with a commit, out of order; then nobody sends it again by itself.
            if op.kind().is_control() {
                record.cite(op);
            } else if record.insert(op.clone()).is_err() {
                pending.push(op);
            }
        }
        prop_assert_eq!(ids(&whole), ids(&record));
        prop_assert_eq!(whole.vector(), record.vector());
        prop_assert_eq!(whole.control().count(), record.control().count());
    }

    #[test]
    fn base_and_forks_do_not_make_a_newcomer_ask_for_ever(shape in prop::collection::vec(any::<u8>(), 0..12), at in any::<prop::sample::Index>()) {
        let ops = tree(&shape);
        let mut whole = record_of(&ops);
        let start = &ops[at.index(ops.len())];
        let mut base = Vector::default();
        base.set(author(2), record::Head { number: start.number(), depth: start.depth(), id: start.id() });
        let mut newcomer = Record::from_base(base);
        for _ in 0..20 {
            if !newcomer.lacks(whole.vector()) || catches_up(&mut newcomer, &whole) == 0 {
                break;
            }
        }
        prop_assert_eq!(catches_up(&mut newcomer, &whole), 0);
        prop_assert_eq!(catches_up(&mut whole, &newcomer), 0);
    }
}

#[test]
fn nothing_beyond_the_end_is_asked_for() {
    let ops = chain(2, None, &["1", "2", "3"]);
    let other = record_of(&ops);
    let mut record = record_of(&ops[..1]);
    let given = |record: &Record| other.beyond(&record.vector_to_ask_by()).map(Op::id).collect::<Vec<_>>();
    assert_eq!(given(&record), [ops[1].id(), ops[2].id()]);
    record.end(&removal(2, &[Some(&ops[0])]), &BTreeSet::new(), &NOBODY);
    assert_eq!(given(&record), [], "all that counts is held");
    record.end(&removal(2, &[Some(&ops[1])]), &BTreeSet::new(), &NOBODY);
    assert!(given(&record).contains(&ops[1].id()), "the end is missing");
}

/// It answers every question with its last words, which are void, and others who hear that keep silent.
#[test]
fn of_who_was_removed_before_it_said_anything_nothing_is_asked_for() {
    let other = record_of(&chain(2, None, &["1", "2"]));
    let mut record = Record::default();
    record.know(BTreeSet::from([author(1), author(2)]));
    record.end(&removal(2, &[None]), &BTreeSet::new(), &NOBODY);
    assert_eq!(other.beyond(&record.vector_to_ask_by()).count(), 0);
    // Keys that never had a seat can be removed without number: naming each would make the question too long to be read.
    record.know(BTreeSet::from([author(1)]));
    assert_eq!(record.vector_to_ask_by().iter().count(), 0);
}

#[test]
fn end_held_apart_cuts_the_other_chain_when_it_is_linked_up() {
    let first = chain(2, None, &["1"]);
    let named = chain(2, Some(&first[0]), &["2 as named", "3 as named"]);
    let other = chain(2, Some(&first[0]), &["2 of the other"]);
    let mut record = record_of(&first);
    record.end(&removal(2, &[Some(&named[1])]), &BTreeSet::new(), &NOBODY);
    record.insert_apart(named[1].clone()).expect("the end");
    record.insert(other[0].clone()).expect("nobody can tell yet");
    record.insert(named[0].clone()).expect("what leads to the end");
    assert_eq!(ids(&record), [first[0].id(), named[0].id(), named[1].id()]);
}

/// More ops of one number than are kept, the first of them said to one half and the rest to the other.
#[test]
fn of_an_author_with_too_many_versions_nobody_asks_for_the_others() {
    let versions: Vec<Op> = (0..40).map(|n| after(2, None, note(&n.to_string()))).collect();
    let mut halves = [Record::default(), Record::default()];
    for (half, said) in halves.iter_mut().zip(versions.chunks(20)) {
        for op in said {
            half.insert(op.clone()).ok();
        }
        // Those that came first stay: who said something cannot take it back by saying more.
        assert!(half.len() < said.len());
        assert!(said[..half.len()].iter().all(|op| half.op(&op.id()).is_some()));
    }
    let [left, right] = &halves;
    assert!(!left.lacks(right.vector()) && !left.exceeds(right.vector()));
    let other = after(3, None, note("of somebody else"));
    let mut more = right.clone();
    more.insert(other).expect("follows");
    assert!(left.lacks(more.vector()) && more.exceeds(left.vector()));
}

/// The removal names an op that follows on a version beyond those kept.
#[test]
fn chain_that_a_removal_ends_is_taken_whole_however_many_versions_there_are() {
    let mut record = Record::default();
    for n in 0..40 {
        record.insert(after(2, None, note(&n.to_string()))).ok();
    }
    let valid = chain(2, None, &["first", "last"]);
    assert_eq!(record.insert(valid[0].clone()), Err(NotTaken::BreaksChain));
    record.end(&removal(2, &[Some(&valid[1])]), &BTreeSet::new(), &NOBODY);
    let told = record_of(&valid);
    assert!(record.lacks(told.vector()));
    record.insert_apart(valid[1].clone()).expect("where the removal ends the chain");
    record.insert(valid[0].clone()).expect("leads there");
    assert_eq!(ids(&record), [valid[0].id(), valid[1].id()]);
    assert!(!record.lacks(told.vector()) && !record.exceeds(told.vector()));
}

/// Another chain of the author, as long as the one that leads to the base: whichever of the two others name first.
#[test]
fn newcomer_misses_the_chain_beside_its_base_that_is_as_long() {
    for n in 0..8 {
        let known = chain(2, None, &["1", "2", "3"]);
        let beside = chain(2, Some(&known[0]), &["another 2", &format!("another 3, {n}")]);
        let base = record_of(&known).vector().clone();
        let mut newcomer = Record::from_base(base);
        let whole = record_of(known.iter().chain(&beside));
        assert!(newcomer.lacks(whole.vector()), "{n}");
        for op in &beside {
            newcomer.insert_apart(op.clone()).expect("signed by its author");
        }
        assert!(!newcomer.lacks(whole.vector()), "{n}");
    }
}
