//! The charter after its opening: signed by who enters, changed by a head of each party, ended.

use std::collections::BTreeSet;
use std::num::NonZeroU16;

use record::{Agreed, Amend, Body, Copies, FileTerms, Newcomers, Op, OpId, PartyRef, Role, Terms, WhoAdmits};

use crate::people::{Signer, Talk, name};

const OFF: Terms = Terms { copies: Copies::OffTheRecord, newcomers: Newcomers::Nothing, files: FileTerms::Any };

fn month() -> Terms {
    Terms { copies: Copies::DeletedAfter(NonZeroU16::new(30).expect("not zero")), ..Terms::default() }
}

fn agreed(talk: &Talk) -> Agreed {
    talk.table().agreed
}

fn charter(talk: &Talk) -> OpId {
    talk.ops[0].id()
}

/// Says something after all that was said.
fn says(ops: &mut Vec<Op>, who: &mut Signer, body: Body) -> OpId {
    who.hears(&*ops);
    let op = who.says(body);
    let id = op.id();
    ops.push(op);
    id
}

fn amend(talk: &mut Talk, terms: Terms) -> OpId {
    let replaces = agreed(talk).by.expect("a charter");
    says(&mut talk.ops, &mut talk.convener, Body::Amend(Amend { replaces, terms }))
}

fn sign(talk: &mut Talk, head: usize, terms: OpId) {
    says(&mut talk.ops, &mut talk.heads[head], Body::Sign(terms));
}

#[test]
fn founder_signs_by_opening_and_others_on_entering() {
    let mut talk = Talk::new();
    let charter = charter(&talk);
    assert_eq!(agreed(&talk).by, Some(charter));
    assert_eq!(agreed(&talk).signed.into_iter().collect::<Vec<_>>(), [(talk.convener.me(), charter)]);
    says(&mut talk.ops, &mut talk.advisers[0], Body::Sign(charter));
    assert_eq!(agreed(&talk).signed.get(&talk.advisers[0].me()), Some(&charter));
    says(&mut talk.ops, &mut Signer::new(11), Body::Sign(charter));
    assert_eq!(agreed(&talk).signed.len(), 2, "somebody without a seat");
}

#[test]
fn other_terms_hold_once_a_head_of_each_party_has_signed() {
    let mut talk = Talk::new();
    let other = amend(&mut talk, OFF);
    assert_eq!(agreed(&talk).terms, Terms::default());
    let parties = BTreeSet::from(talk.parties);
    assert_eq!(agreed(&talk).amendments[0].awaited, parties);
    sign(&mut talk, 0, other);
    assert_eq!(agreed(&talk).amendments[0].awaited, BTreeSet::from([talk.parties[1]]));
    says(&mut talk.ops, &mut talk.advisers[1], Body::Sign(other));
    assert_eq!(agreed(&talk).terms, Terms::default(), "an adviser does not speak for a party");
    sign(&mut talk, 1, other);
    assert_eq!((agreed(&talk).terms, agreed(&talk).by), (OFF, Some(other)));
    assert_eq!(agreed(&talk).amendments, []);
}

#[test]
fn advisers_and_outsiders_propose_nothing() {
    let mut talk = Talk::new();
    let body = || Body::Amend(Amend { replaces: talk.ops[0].id(), terms: OFF });
    let (one, two) = (body(), body());
    says(&mut talk.ops, &mut talk.advisers[0], one);
    says(&mut talk.ops, &mut Signer::new(11), two);
    assert_eq!(agreed(&talk).amendments, []);
}

#[test]
fn party_that_comes_later_undoes_nothing() {
    let mut talk = Talk::new();
    let other = amend(&mut talk, OFF);
    (0..2).for_each(|head| sign(&mut talk, head, other));
    talk.convener.hears(&talk.ops);
    let invite = talk.convener.invites(9, None, Role::Head);
    let add = talk.convener.adds(9, PartyRef::New(name("Third")), Role::Head);
    talk.ops.extend([invite, add]);
    assert!(talk.seated(9));
    assert_eq!(agreed(&talk).terms, OFF);
    // But what is changed after it came needs it.
    let back = amend(&mut talk, month());
    (0..2).for_each(|head| sign(&mut talk, head, back));
    assert_eq!(agreed(&talk).terms, OFF);
    says(&mut talk.ops, &mut Signer::new(9), Body::Sign(back));
    assert_eq!(agreed(&talk).terms, month());
}

#[test]
fn party_that_comes_while_a_change_waits_is_awaited_at_once() {
    let mut talk = Talk::new();
    let other = amend(&mut talk, OFF);
    talk.convener.hears(&talk.ops);
    let invite = talk.convener.invites(9, None, Role::Head);
    let add = talk.convener.adds(9, PartyRef::New(name("Third")), Role::Head);
    talk.ops.extend([invite, add]);
    let third = talk.table().seat(&Signer::new(9).me()).expect("a seat").party;
    assert!(agreed(&talk).amendments[0].awaited.contains(&third));
    (0..2).for_each(|head| sign(&mut talk, head, other));
    assert_eq!(agreed(&talk).amendments[0].awaited, BTreeSet::from([third]));
    says(&mut talk.ops, &mut Signer::new(9), Body::Sign(other));
    assert_eq!(agreed(&talk).terms, OFF);
}

#[test]
fn of_two_changes_of_the_same_terms_one_holds_and_the_other_is_over() {
    let mut talk = Talk::new();
    let replaces = charter(&talk);
    let mine = says(&mut talk.ops, &mut talk.convener, Body::Amend(Amend { replaces, terms: OFF }));
    let theirs = says(&mut talk.ops, &mut talk.heads[0], Body::Amend(Amend { replaces, terms: month() }));
    assert_eq!(agreed(&talk).amendments.len(), 2);
    says(&mut talk.ops, &mut talk.convener, Body::Sign(theirs));
    sign(&mut talk, 1, theirs);
    assert_eq!((agreed(&talk).terms, agreed(&talk).amendments), (month(), vec![]));
    (0..2).for_each(|head| sign(&mut talk, head, mine));
    assert_eq!(agreed(&talk).terms, month(), "it would have replaced what stands no more");
}

#[test]
fn who_proposes_anew_takes_the_first_back() {
    let mut talk = Talk::new();
    let first = amend(&mut talk, OFF);
    sign(&mut talk, 0, first);
    let second = amend(&mut talk, month());
    sign(&mut talk, 1, first);
    assert_eq!(agreed(&talk).terms, Terms::default());
    assert_eq!(agreed(&talk).amendments.iter().map(|amendment| amendment.id).collect::<Vec<_>>(), [second]);
}

#[test]
fn party_whose_head_is_gone_is_not_waited_for() {
    let mut talk = Talk::new();
    let other = amend(&mut talk, OFF);
    sign(&mut talk, 0, other);
    let gone = talk.convener.removes(&talk.heads[1].clone());
    talk.ops.push(gone);
    assert_eq!(agreed(&talk).terms, OFF);
}

#[test]
fn head_that_leaves_later_brings_back_no_terms_it_did_not_sign() {
    let mut talk = Talk::new();
    amend(&mut talk, OFF);
    let other = amend(&mut talk, month());
    (0..2).for_each(|head| sign(&mut talk, head, other));
    assert_eq!(agreed(&talk).terms, month());
    for head in &mut talk.heads {
        head.hears(&talk.ops);
        talk.ops.push(head.leaves());
    }
    assert_eq!((agreed(&talk).terms, agreed(&talk).by), (month(), Some(other)));
}

#[test]
fn terms_change_no_more_after_the_end() {
    let mut talk = Talk::new();
    let waiting = amend(&mut talk, OFF);
    sign(&mut talk, 0, waiting);
    says(&mut talk.ops, &mut talk.convener, Body::End);
    sign(&mut talk, 1, waiting);
    amend(&mut talk, OFF);
    for head in &mut talk.heads {
        head.hears(&talk.ops);
        talk.ops.push(head.leaves());
    }
    assert_eq!(agreed(&talk).terms, Terms::default());
}

#[test]
fn convener_alone_at_the_table_ends_alone() {
    let mut talk = Talk::in_which(WhoAdmits::TwoSides);
    talk.convener = Signer::new(1);
    talk.ops = vec![talk.convener.says(talk.ops[0].body().expect("a charter").clone())];
    says(&mut talk.ops, &mut talk.convener, Body::End);
    assert!(agreed(&talk).ended);
}

#[test]
fn word_of_a_head_from_after_its_removal_signs_nothing() {
    let mut talk = Talk::new();
    let mut thief = talk.heads[1].clone();
    let gone = talk.convener.removes(&talk.heads[1].clone());
    talk.ops.push(gone);
    let replaces = charter(&talk);
    says(&mut talk.ops, &mut thief, Body::Amend(Amend { replaces, terms: OFF }));
    says(&mut talk.ops, &mut thief, Body::End);
    assert!(agreed(&talk).amendments.is_empty() && agreed(&talk).ended_by.is_empty());
}

#[test]
fn convener_that_admits_alone_ends_alone() {
    let mut talk = Talk::new();
    says(&mut talk.ops, &mut talk.advisers[0], Body::End);
    says(&mut talk.ops, &mut talk.heads[0], Body::End);
    assert!(!agreed(&talk).ended, "one head and an adviser");
    says(&mut talk.ops, &mut talk.convener, Body::End);
    assert!(agreed(&talk).ended);
}

#[test]
fn heads_of_two_parties_end_without_the_convener() {
    for rule in [WhoAdmits::Convener, WhoAdmits::TwoSides] {
        let mut talk = Talk::in_which(rule);
        for head in &mut talk.heads {
            says(&mut talk.ops, head, Body::End);
        }
        assert!(agreed(&talk).ended);
    }
}

#[test]
fn where_two_sides_must_agree_the_convener_alone_ends_nothing() {
    let mut talk = Talk::in_which(WhoAdmits::TwoSides);
    says(&mut talk.ops, &mut talk.convener, Body::End);
    assert!(!agreed(&talk).ended);
    says(&mut talk.ops, &mut talk.heads[1], Body::End);
    assert!(agreed(&talk).ended);
}
