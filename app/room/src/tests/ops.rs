//! Ops against the rules are refused by everybody.

use std::collections::BTreeSet;

use record::{Body, LinkId, Op, Role, StateId};

use super::{Table, Tell, add, forged, key, misbehaved, note, sealed};
use crate::frame::Frame;
use crate::op_key::Sealing;
use crate::{Alarm, Error, Input, KeyPackage, KeyPackageSecrets, Suite};

#[test]
fn observer_writes_and_nobody_takes_it() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    assert_eq!(table.rooms[2].tell(Input::Write(note("may I?")), super::NOW).err(), Some(Error::NotNow));
    let op = forged(&table.rooms[2], note("I do"), &key(3).0);
    let message = sealed(&mut table, 2, &op);
    assert!(misbehaved(&table.broadcasts(&message)));
    let observer = table.rooms[2].me();
    for room in &table.rooms[..2] {
        assert_eq!(room.alarms().collect::<Vec<_>>(), [&Alarm::Overstepped(observer)]);
    }
    table.goes_on();
    assert_eq!(table.notes(0).len(), 1);
}

#[test]
fn who_speaks_for_nobody_signs_once() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    let terms = table.rooms[0].table().agreed.by.expect("a charter");
    for who in [1, 2] {
        table.does(who, Input::Write(Body::Sign(terms)));
        assert!(table.rooms[0].table().agreed.signed.contains_key(&table.rooms[who].me()));
    }
    table.does(1, Input::Write(Body::Sign(terms)));
    for body in [Body::Sign(terms), Body::Newer(15, vec![])] {
        assert_eq!(table.rooms[2].tell(Input::Write(body.clone()), super::NOW).err(), Some(Error::NotNow));
        let op = forged(&table.rooms[2], body, &key(3).0);
        let message = sealed(&mut table, 2, &op);
        assert!(misbehaved(&table.broadcasts(&message)));
    }
    table.goes_on();
}

#[test]
fn what_a_head_proposes_alone_admits_nobody_and_closes_no_link() {
    let mut table = Table::of(&[Role::Head, Role::Adviser]);
    let secrets = KeyPackageSecrets::new(&key(9).0, Suite::Classical).expect("makes");
    let newcomer = KeyPackage::parse(secrets.bytes(), Suite::Classical).expect("own key package");
    let invite = record::Invite { link: LinkId([7; 16]), party: None, role: Role::Head, expires_at: 0 };
    for body in
        [Body::Invite(invite), Body::Add(add(&newcomer, LinkId([7; 16]), Role::Head)), Body::Revoke(LinkId([2; 16]))]
    {
        let op = forged(&table.rooms[1], body, &key(2).0);
        let message = sealed(&mut table, 1, &op);
        table.broadcasts(&message);
    }
    table.goes_on();
    for room in &table.rooms {
        assert!(room.table().seat(&newcomer.seat()).is_none());
        let mut links = room.table().links.iter().filter(|((_, id), _)| *id == LinkId([2; 16]));
        assert!(links.next().is_some_and(|(_, link)| !link.revoked));
    }
}

#[test]
fn outsider_with_the_channel_key_says_nothing() {
    let mut table = Table::of(&[Role::Head]);
    let op = forged(&table.rooms[1], note("I was here"), &key(9).0);
    let message = sealed(&mut table, 1, &op);
    assert!(misbehaved(&table.broadcasts(&message)));
    table.goes_on();
}

#[test]
fn op_sealed_under_another_state_than_its_own_is_refused() {
    let mut table = Table::of(&[Role::Head]);
    let op = forged(&table.rooms[1], note("from here"), &key(2).0);
    // The state moves on; the op still names the old one.
    table.seats(3, Role::Adviser);
    let message = sealed(&mut table, 1, &op);
    assert!(misbehaved(&table.broadcasts(&message)));
    table.goes_on();
}

#[test]
fn reader_does_not_settle_for_a_header() {
    let mut table = Table::of(&[Role::Head]);
    table.does(0, Input::Write(note("whole")));
    let op = table.rooms[0].ops().last().expect("written").clone();
    let room = &mut table.rooms[1];
    let before = room.record.vector().number(&op.author());
    let next = forged(room, note("next"), &key(1).0);
    assert!(matches!(room.take_answered(next.withheld(), false, super::NOW), Err(Error::PeerMisbehaved(_))));
    assert_eq!(room.record.vector().number(&op.author()), before);
    table.goes_on();
}

#[test]
fn two_versions_from_one_seat_are_told() {
    let mut table = Table::of(&[Role::Head]);
    let (yes, no) = (forged(&table.rooms[1], note("yes"), &key(2).0), forged(&table.rooms[1], note("no"), &key(2).0));
    let (first, second) = (sealed(&mut table, 1, &yes), sealed(&mut table, 1, &no));
    table.gives(0, &first).expect("taken");
    let effects = table.gives(0, &second).expect("taken");
    let told = |effect: &crate::Effect| matches!(effect, crate::Effect::Show(crate::Event::Alarm(crate::Alarm::TwoVersions(seat))) if *seat == key(2).1);
    assert!(effects.iter().any(told));
}

/// The sealed ops that went over the wire, with the state and the nonce of each.
fn sealed_ops(table: &Table) -> Vec<(StateId, [u8; 24], Op)> {
    let room = &table.rooms[0];
    let frames = table.wire.iter().filter_map(|(_, message)| Frame::decode(room.id, message).ok());
    let sealed = frames.filter_map(|frame| if let Frame::Op(sealed) = frame { Some(sealed) } else { None });
    let opened = sealed.map(|sealed| {
        let plain = room.op_keys[&sealed.state].open(Sealing::Op, &sealed.sealed).expect("opens");
        let nonce = sealed.sealed[..24].try_into().expect("a nonce");
        (sealed.state, nonce, Op::decode(&plain).expect("an op"))
    });
    opened.collect()
}

/// A note has no echo yet when somebody is admitted: it is sent again, to those it was said to.
#[test]
fn op_sent_again_is_sealed_to_the_seats_it_was_said_to() {
    let mut table = Table::of(&[Role::Head]);
    table.losses.extend([(0, 2), (1, 2)]);
    table.does(1, Input::Write(note("before you came")));
    let said_in = table.rooms[1].state();
    table.seats(9, Role::Adviser);
    table.goes_on();
    assert_ne!(table.rooms[1].state(), said_in);
    let sent = sealed_ops(&table);
    assert!(sent.iter().filter(|(state, _, _)| *state == said_in).count() > 1, "sent again");
    assert!(sent.iter().all(|(state, _, op)| op.origin() == *state), "sealed under another state than its own");
    assert!(table.notes(0).contains(&"before you came".into()));
    assert!(!table.notes(2).contains(&"before you came".into()));
}

#[test]
fn every_time_an_op_is_sealed_it_has_another_nonce() {
    let mut table = Table::of(&[Role::Head]);
    for text in ["one", "two", "three"] {
        table.losses.push((1, 2));
        table.does(1, Input::Write(note(text)));
    }
    table.settle();
    let sent = sealed_ops(&table);
    let nonces: BTreeSet<[u8; 24]> = sent.iter().map(|(_, nonce, _)| *nonce).collect();
    assert!(sent.len() > 3, "some were sent again");
    assert_eq!(nonces.len(), sent.len());
}

/// Somebody who answers is too generous: what was said before the newcomer came is left without its text.
#[test]
fn newcomer_keeps_no_text_it_is_no_reader_of() {
    let mut table = Table::of(&[Role::Head]);
    let op = forged(&table.rooms[1], note("before you came"), &key(2).0);
    table.seats(9, Role::Adviser);
    let room = &mut table.rooms[2];
    assert!(room.take_answered(op.clone(), false, super::NOW).is_ok());
    assert!(room.record.op(&op.id()).is_some_and(|held| held.body().is_none()));
}
