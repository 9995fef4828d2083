//! Whoever finds the key of somebody who left can sign with it as of before: what it says then gives and takes nothing.

use record::{Body, PartyRef, Role, WhoAdmits};

use crate::people::{Signer, Talk, name};

const BOTH: [WhoAdmits; 2] = [WhoAdmits::Convener, WhoAdmits::TwoSides];

/// Somebody says some more and leaves. Returns the key as it was before.
fn leaves(talk: &mut Talk, who: impl Fn(&mut Talk) -> &mut Signer) -> Signer {
    let before = who(talk).clone();
    let said: Vec<_> = (0..3).map(|_| who(talk).notes("some more")).collect();
    talk.ops.extend(said);
    let leave = who(talk).leaves();
    talk.ops.push(leave);
    before
}

fn sit(talk: &Talk) -> Vec<u8> {
    (1..10).filter(|seed| talk.table().is_seated(&Signer::new(*seed).me())).collect()
}

/// The first head proposes another mediator (6) as head of a party of its own.
fn proposes(talk: &mut Talk) -> record::Op {
    let head = &mut talk.heads[0];
    head.hears(&talk.ops);
    let invite = head.invites(6, None, Role::Head);
    let add = head.adds(6, PartyRef::New(name("Second office")), Role::Head);
    talk.ops.extend([invite, add.clone()]);
    add
}

#[test]
fn key_of_a_head_that_left_is_no_second_key_for_a_seat() {
    for who_admits in BOTH {
        let mut talk = Talk::in_which(who_admits);
        leaves(&mut talk, |talk| &mut talk.convener);
        let mut thief = leaves(&mut talk, |talk| &mut talk.heads[1]);
        let add = proposes(&mut talk);
        talk.ops.extend([thief.agrees(&add), thief.leaves()]);
        assert_eq!(sit(&talk), [2, 4, 5], "{who_admits:?}");
    }
}

#[test]
fn key_of_a_head_that_left_is_no_second_key_against_the_convener() {
    for who_admits in BOTH {
        let mut talk = Talk::in_which(who_admits);
        let mut thief = leaves(&mut talk, |talk| &mut talk.heads[1]);
        let convener = talk.convener.clone();
        let removal = talk.heads[0].removes(&convener);
        talk.ops.extend([removal, thief.removes(&convener), thief.leaves()]);
        assert_eq!(sit(&talk), [1, 2, 4, 5], "{who_admits:?}");
    }
}

#[test]
fn key_of_a_convener_that_left_takes_nobody_away_and_gives_no_seat() {
    for who_admits in BOTH {
        let mut talk = Talk::in_which(who_admits);
        let mut thief = leaves(&mut talk, |talk| &mut talk.convener);
        let add = proposes(&mut talk);
        let agreed = talk.heads[1].agrees(&add);
        talk.ops.push(agreed);
        assert_eq!(sit(&talk), [2, 3, 4, 5, 6]);
        let others = [&talk.heads[0], &talk.heads[1], &Signer::new(6)].map(Signer::clone);
        talk.ops.extend(others.map(|other| thief.removes(&other)));
        talk.ops.extend([thief.invites(7, None, Role::Head), thief.adds(7, PartyRef::New(name("Thief")), Role::Head)]);
        talk.ops.push(thief.leaves());
        assert_eq!(sit(&talk), [2, 3, 4, 5, 6], "{who_admits:?}");
    }
}

#[test]
fn whom_heads_brought_in_does_not_say_since_when_the_convener_is_gone() {
    // The convener takes the second head away and leaves; that head stays away.
    let mut talk = Talk::new();
    let before = talk.convener.clone();
    let stolen = talk.heads[1].clone();
    let removal = talk.convener.removes(&stolen);
    let given =
        [talk.convener.invites(8, None, Role::Head), talk.convener.adds(8, PartyRef::New(name("Third")), Role::Head)];
    talk.ops.push(removal);
    talk.ops.extend(given);
    leaves(&mut talk, |talk| &mut talk.convener);
    let add = proposes(&mut talk);
    talk.ops.push(Signer::new(8).agrees(&add));
    assert_eq!(sit(&talk), [2, 4, 5, 6, 8]);
    let again = talk.heads[0].removes(&before);
    talk.ops.extend([again, Signer::new(6).removes(&before)]);
    assert_eq!(sit(&talk), [2, 4, 5, 6, 8]);
}

#[test]
fn a_party_is_awaited_from_when_its_seat_was_agreed_to() {
    let mut talk = Talk::in_which(WhoAdmits::TwoSides);
    leaves(&mut talk, |talk| &mut talk.convener);
    let add = proposes(&mut talk);
    let off = record::Terms { copies: record::Copies::OffTheRecord, ..Default::default() };
    let replaces = talk.ops[0].id();
    let [first, second] = &mut talk.heads;
    first.hears(&talk.ops);
    let amend = first.says(Body::Amend(record::Amend { replaces, terms: off }));
    second.hears([&amend]);
    let sign = second.says(Body::Sign(amend.id()));
    talk.ops.extend([amend, sign]);
    assert!(talk.table().agreed.terms == off);
    let agreed = talk.heads[1].agrees(&add);
    talk.ops.push(agreed);
    assert_eq!(sit(&talk), [2, 3, 4, 5, 6]);
    assert!(talk.table().agreed.terms == off, "who comes later undoes nothing");
}
