//! Ops against the rules are refused by everybody.

use record::{Body, LinkId, Role};

use super::{Table, Tell, add, forged, key, misbehaved, note, sealed};
use crate::{Error, Input, KeyPackage, KeyPackageSecrets, Suite};

#[test]
fn observer_writes_and_nobody_takes_it() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    assert_eq!(table.rooms[2].tell(Input::Write(note("may I?")), super::NOW).err(), Some(Error::NotNow));
    let op = forged(&table.rooms[2], note("I do"), &key(3).0);
    let message = sealed(&mut table, 2, &op);
    assert!(misbehaved(&table.broadcasts(&message)));
    table.goes_on();
    assert_eq!(table.notes(0).len(), 1);
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
        assert!(room.table().links.get(&LinkId([2; 16])).is_some_and(|link| !link.revoked));
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
    assert!(matches!(room.take_answered(next.withheld(), super::NOW), Err(Error::PeerMisbehaved(_))));
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
