//! Coming in where one does not belong, and knocking without end.

use record::{Add, Body, Charter, Invite, LinkId, PartyId, PartyRef, Role, WhoAdmits};

use super::super::{Table, Tell, add, key, misbehaved, name};
use super::thief::{Deed, Thief};
use crate::frame::Addition;
use crate::mls::hostile::key_package_with_lifetime;
use crate::{Alarm, Effect, Founding, Input, KeyPackage, KeyPackageSecrets, Room, SeatKey, Standing, Suite};

const NOW: u64 = super::super::NOW;

/// An invitee's key package is valid by some clocks only: those seats would follow the commit that adds it, others not.
#[test]
fn key_package_with_another_lifetime_is_refused_whatever_the_clock() {
    let key = SeatKey::from_seed(&[9; 32]);
    for suite in [Suite::Classical, Suite::Hybrid] {
        let usual = key_package_with_lifetime(&key, suite, 0, i64::MAX as u64);
        assert!(KeyPackage::parse(&usual, suite).is_ok());
        let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
        for (from, until) in [
            (1, i64::MAX as u64),
            (0, i64::MAX as u64 - 1),
            (0, now + 3_600),
            (now - 3_600, now + 86_400),
            (now + 60, now + 90),
        ] {
            let other = key_package_with_lifetime(&key, suite, from, until);
            assert!(KeyPackage::parse(&other, suite).is_err(), "valid from {from} until {until}");
        }
    }
}

/// A head seats people of its own by calling itself, or somebody it lets type another party's name, the second key.
#[test]
fn party_typed_by_a_joiner_is_no_second_key() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let party = |table: &Table, who: usize| {
        let room = &table.rooms[who];
        room.table().seat(&room.me()).map(|seat| seat.party).expect("seated")
    };
    let (own, other): (PartyId, PartyId) = (party(&table, 1), party(&table, 2));
    // The invitation leads to one party; the joiner typed another, or a new one, and its Add says so.
    for (n, invited, typed) in [
        (30u8, Some(own), PartyRef::Existing(other)),
        (31, Some(own), PartyRef::New(name("Mediator"))),
        (32, None, PartyRef::Existing(other)),
    ] {
        let (link, role) = (LinkId([n; 16]), Role::Adviser);
        let key = SeatKey::from_seed(&[n; 32]);
        let secrets = KeyPackageSecrets::new(&key, Suite::Classical).expect("makes");
        let newcomer = KeyPackage::parse(secrets.bytes(), Suite::Classical).expect("parses");
        for who in [0, 1] {
            let invite = Invite { link, party: invited, role, expires_at: 0 };
            if table.rooms[who].handle(Input::Write(Body::Invite(invite)), table.now).1.is_err() {
                continue;
            }
            let add = Add { party: typed.clone(), ..add(&newcomer, link, role) };
            let proposed = table.rooms[who].tell(Input::Write(Body::Add(add)), table.now).expect("may be said");
            table.pass(proposed);
            let by_head = table.rooms[who].ops().next_back().expect("said").id();
            // Its own agreement, and that of its own party, is no second one.
            let agreed = table.rooms[1].handle(Input::Write(Body::Agree(by_head)), table.now).0;
            table.pass(agreed);
        }
        table.settle();
        for room in &table.rooms {
            assert!(room.table().seat(&newcomer.seat()).is_none(), "typed {n}");
        }
    }
    // What it is for: the link leads where the Add says, and a head of another party agrees.
    let key = SeatKey::from_seed(&[33; 32]);
    let secrets = KeyPackageSecrets::new(&key, Suite::Classical).expect("makes");
    let newcomer = KeyPackage::parse(secrets.bytes(), Suite::Classical).expect("parses");
    let (link, role) = (LinkId([33; 16]), Role::Adviser);
    table.does(1, Input::Write(Body::Invite(Invite { link, party: Some(own), role, expires_at: 0 })));
    let fair = Add { party: PartyRef::Existing(own), ..add(&newcomer, link, role) };
    table.does(1, Input::Write(Body::Add(fair)));
    let proposed = table.rooms[1].ops().next_back().expect("said").id();
    table.does(1, Input::Write(Body::Agree(proposed)));
    table.settle();
    assert!(!table.rooms[0].table().is_seated(&newcomer.seat()), "agreed with itself");
    table.does(2, Input::Write(Body::Agree(proposed)));
    table.settle();
    assert!(table.rooms.iter().all(|room| room.table().is_seated(&newcomer.seat())));
}

/// What somebody hands over who founded a room of its own and lets a newcomer in there.
fn entry_into_a_room_of(founder: &SeatKey, newcomer: &KeyPackage, also: Option<KeyPackage>) -> Vec<u8> {
    let founding = Founding { key: founder.clone(), suite: Suite::Classical, seed: [99; 32] };
    let mut room = Room::found(founding).expect("founds");
    let charter = Charter {
        title: name("Title"),
        party: name("Mediator"),
        name: name("Amina"),
        who_admits: WhoAdmits::Convener,
        call_key: None,
        parties: None,
        terms: None,
    };
    room.tell(Input::Write(Body::Charter(charter)), NOW).expect("may");
    room.tell(Input::Connected, NOW).expect("connects");
    let mut entry = None;
    for (n, key_package) in also.into_iter().chain([newcomer.clone()]).enumerate() {
        let (link, role) = (LinkId([n as u8; 16]), Role::Head);
        room.tell(Input::Write(Body::Invite(Invite { link, party: None, role, expires_at: 0 })), NOW).expect("may");
        let admit = Input::Admit(add(&key_package, link, role), Box::new(key_package));
        let mut waiting = room.tell(admit, NOW).expect("admits");
        while let Some(effect) = waiting.pop() {
            match effect {
                Effect::Send(_, message) => waiting.extend(room.hears(&message, NOW).unwrap_or_default()),
                Effect::Welcome { entry: given, .. } => entry = Some(given),
                Effect::Persist(_) | Effect::Attend(_) | Effect::Leave(_) | Effect::Wake(_) => {}
                Effect::Told { .. } | Effect::Show(_) => {}
            }
        }
    }
    entry.expect("welcomed")
}

/// Somebody who has the link, from a forwarded mail, answers the knock with a room of its own.
#[test]
fn interceptor_of_a_link_that_answers_the_knock_gets_nobody_in() {
    let (inviter, interceptor) = (SeatKey::from_seed(&[1; 32]), SeatKey::from_seed(&[66; 32]));
    let newcomer = SeatKey::from_seed(&[9; 32]);
    // The inviter's own key package may be known, from a knock of its own.
    let public = KeyPackageSecrets::new(&inviter, Suite::Classical).expect("makes");
    let public = KeyPackage::parse(public.bytes(), Suite::Classical).expect("parses");
    for also in [None, Some(public)] {
        let secrets = KeyPackageSecrets::new(&newcomer, Suite::Classical).expect("makes");
        let key_package = KeyPackage::parse(secrets.bytes(), Suite::Classical).expect("parses");
        let entry = entry_into_a_room_of(&interceptor, &key_package, also);
        let entered = Room::enter(newcomer.clone(), secrets, inviter.public(), &entry, [3; 32]);
        assert!(entered.is_err(), "in a room of the interceptor");
    }
    // The same entry from the inviter itself is good.
    let secrets = KeyPackageSecrets::new(&newcomer, Suite::Classical).expect("makes");
    let key_package = KeyPackage::parse(secrets.bytes(), Suite::Classical).expect("parses");
    let entry = entry_into_a_room_of(&inviter, &key_package, None);
    assert!(Room::enter(newcomer, secrets, inviter.public(), &entry, [3; 32]).is_ok());
}

/// A hostile committer swaps a seat that did not ask: with a key package of its own making, or with an old knock once more.
#[test]
fn seat_is_not_swapped_that_did_not_ask() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    let (mut thief, mut victim) = (Thief::of(&table.rooms[3]), Thief::of(&table.rooms[1]));
    table.puppets.insert(3);
    let secrets = KeyPackageSecrets::new(&victim.key, Suite::Classical).expect("makes");
    let recorded = KeyPackage::parse(secrets.bytes(), Suite::Classical).expect("parses");
    let tip = table.rooms[0].tip;
    let other = thief.knocks(recorded.hash());
    for knocks in [vec![], vec![other.bytes()]] {
        let deed = Deed { adds: vec![recorded.clone()], knocks, ..Deed::default() };
        assert!(misbehaved(&table.broadcasts(&thief.commits(tip, &deed).encode())));
    }
    assert!(table.rooms[..3].iter().all(|room| room.state() == tip));
    // The victim itself asks once and is served; the same knock does not serve a second time.
    let asked = victim.knocks(recorded.hash());
    let deed = Deed { adds: vec![recorded.clone()], knocks: vec![asked.bytes()], ..Deed::default() };
    let first = thief.commits(tip, &deed);
    table.puppets.insert(1);
    table.hears(&first.encode());
    assert_eq!(table.rooms[0].state(), first.body.new_state);
    let again = thief.commits(first.body.new_state, &Deed::default());
    let mut again = again.body;
    again.adds = vec![Addition { seat: victim.key.public(), key_package: recorded.hash() }];
    again.knocks = vec![asked.bytes()];
    let again = crate::frame::Signed::sign(again, &thief.key).encode();
    for who in [0, 2] {
        assert!(table.gives(who, &again).is_err(), "an old knock counted twice");
    }
    table.goes_on();
}

/// A seat is to be thrown back to the key package it came in with, which an intent names and whose private keys are spent.
#[test]
fn seat_is_not_swapped_with_the_key_package_it_came_in_with() {
    let mut table = Table::of(&[Role::Head]);
    let secrets = KeyPackageSecrets::new(&key(9).0, Suite::Classical).expect("makes");
    let first = KeyPackage::parse(secrets.bytes(), Suite::Classical).expect("parses");
    let (link, role) = (LinkId([9; 16]), Role::Adviser);
    table.does(0, Input::Write(Body::Invite(Invite { link, party: None, role, expires_at: 0 })));
    table.does(0, Input::Admit(add(&first, link, role), Box::new(first.clone())));
    table.enters(9, secrets);
    table.goes_on();
    let mut thief = Thief::of(&table.rooms[1]);
    let deed = Deed { adds: vec![first], ..Deed::default() };
    let again = thief.commits(table.rooms[1].tip, &deed).encode();
    assert!(misbehaved(&table.broadcasts(&again)));
    table.goes_on();
}

/// A thief of a seat's key knocks and is swapped in: the true seat must not go on as if nothing were, nor swap back.
#[test]
fn seat_that_is_swapped_without_having_asked_stops_and_says_so() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let mut thief = Thief::of(&table.rooms[2]);
    let secrets = KeyPackageSecrets::new(&thief.key, Suite::Classical).expect("makes");
    let knock = thief.knocks(secrets.hash());
    table.does(2, Input::Disconnected);
    table.parts(&[2]);
    table.hears(&knock.encode_whole(secrets.bytes()));
    table.settle();
    let victim = table.rooms[2].me();
    for who in [0, 1] {
        assert!(table.rooms[who].alarms().any(|alarm| *alarm == Alarm::Rejoined(victim)), "room {who} is not told");
    }
    table.meets();
    table.settle();
    assert_eq!(table.rooms[2].standing(), Standing::OpenedElsewhere);
    assert!(table.rooms[2].alarms().any(|alarm| *alarm == Alarm::OpenedElsewhere));
    let before = table.rooms[0].state();
    table.settle();
    assert_eq!(table.rooms[0].state(), before, "no swapping to and fro");
    table.puppets.insert(2);
    table.goes_on();
}

/// Somebody at the table knocks in the name of another, with keys of its own: it would be brought in as that one.
#[test]
fn knock_in_another_name_is_refused() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let mut thief = Thief::of(&table.rooms[2]);
    let secrets = KeyPackageSecrets::new(&thief.key, Suite::Classical).expect("makes");
    let mut knock = thief.knocks(secrets.hash()).body;
    knock.author = table.rooms[1].me();
    let knock = crate::frame::Signed::sign(knock, &thief.key);
    assert!(misbehaved(&table.broadcasts(&knock.encode_whole(secrets.bytes()))));
    assert!(table.rooms.iter().all(|room| room.knocks.is_empty()));
    table.goes_on();
}

/// One seat knocks without end: memory, or everybody's time, is to run out.
#[test]
fn thirty_thousand_knocks_leave_the_room_small_and_at_work() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let mut hostile = Thief::of(&table.rooms[2]);
    table.puppets.insert(2);
    // Most name key packages that are none; some a good one, each time a fresh one.
    let before = table.rooms[0].counts().commits + table.rooms[1].counts().commits;
    for n in 0..30_000u32 {
        let junk = n.to_be_bytes();
        let knock = if n % 100 == 0 {
            let secrets = KeyPackageSecrets::new(&hostile.key, Suite::Classical).expect("makes");
            hostile.knocks(secrets.hash()).encode_whole(secrets.bytes())
        } else {
            let hash = record::KeyPackageHash(<sha2::Sha256 as sha2::Digest>::digest(junk).into());
            hostile.knocks(hash).encode_whole(&junk)
        };
        table.hears(&knock);
        if n % 1_000 == 0 {
            table.passes(1_000);
            for room in &table.rooms[..2] {
                for (what, length, bound) in room.sizes() {
                    assert!(length <= bound, "{what}: {length} of {bound}");
                }
            }
        }
        let commits = table.rooms[0].counts().commits + table.rooms[1].counts().commits - before;
        // One swap brings it in; it has no reason to be brought in every second.
        assert!(commits <= 40, "{commits} commits after {n} knocks in {} ms", table.now - NOW);
    }
    table.seats(9, Role::Head);
    table.goes_on();
}
