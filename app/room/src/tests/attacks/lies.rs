//! Lies about what somebody holds or said, and work that grows faster than what causes it.

use record::{Body, Draft, Head, Invite, LinkId, Op, OpId, Remove, Role, StateId};

use super::super::{Table, Tell, forged, key, note, sealed};
use super::{answer, beacon, op_of, want_of};
use crate::frame::{Frame, SealedOp};
use crate::op_key::Sealing;
use crate::{Alarm, Effect, Input, Standing, bounds};

/// An observer says of everybody that it holds one op more of them than there is.
#[test]
fn one_beacon_of_an_observer_mutes_nobody() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    table.settle();
    table.puppets.insert(2);
    let mut vector = table.rooms[2].record.vector().clone();
    for who in [0, 1] {
        let me = table.rooms[who].me();
        vector.set(me, Head { number: 1 << 20, depth: 1 << 20, id: OpId([1; 32]) });
    }
    let lie = beacon(&table, 2, 9_000, vector);
    table.hears(&lie);
    table.passes(600_000);
    let gone = table.rooms[2].me();
    let now = table.now;
    let removed = table.rooms[0].handle(Input::Remove(gone), now).1;
    let said = table.rooms[1].handle(Input::Write(note("hello")), now).1;
    let alarms: Vec<Vec<Alarm>> = [0, 1].map(|who| table.rooms[who].alarms().copied().collect()).to_vec();
    assert!(removed.is_ok() && said.is_ok(), "remove {removed:?}, write {said:?}");
    assert!(alarms.iter().all(Vec::is_empty), "{alarms:?}");
}

/// Who says so also gives something new with every answer, so that no question is ever in vain.
#[test]
fn lie_fed_with_new_ops_mutes_nobody() {
    let mut table = Table::of(&[Role::Head]);
    table.settle();
    table.puppets.insert(1);
    let mut vector = table.rooms[1].record.vector().clone();
    let me = table.rooms[0].me();
    vector.set(me, Head { number: 1 << 20, depth: 1 << 20, id: OpId([1; 32]) });
    let lie = beacon(&table, 1, 9_000, vector);
    let mut now = table.now;
    table.rooms[0].hears(&lie, now).expect("a beacon");
    assert!(table.rooms[0].handle(Input::Write(note("too early")), now).1.is_err(), "it may be true");
    let origin = table.rooms[1].tip;
    let (mut number, mut previous) = (0, OpId::NONE);
    while now < table.now + 60_000 {
        let Some((want, _)) = want_of(&mut table, 0, &mut now) else { break };
        number += 1;
        let op = op_of(&table.rooms[1], &key(2).0, number, previous, number, origin, note("something new"));
        previous = op.id();
        table.rooms[0].hears(&answer(&want, &[op]), now).expect("taken");
        now += 2_000;
    }
    assert!(number > 3, "fed only {number} times");
    assert!(table.rooms[0].handle(Input::Write(note("hello")), now).1.is_ok());
}

/// The relay (or a lost connection) takes a note and what follows from one newcomer; later only another newcomer is there.
#[test]
fn honest_seats_are_not_blamed_by_what_a_newcomer_serves() {
    let mut table = Table::of(&[Role::Head]);
    table.settle();
    let convener = table.rooms[0].me();
    // The head hears nothing for a while.
    table.parts(&[1]);
    table.does(0, Input::Write(note("a note")));
    table.seats(9, Role::Head);
    table.settle();
    // The convener goes; the two others meet.
    table.puppets.insert(0);
    table.does(0, Input::Disconnected);
    table.meets();
    table.passes(120_000);
    for who in [1, 2] {
        let alarms: Vec<Alarm> = table.rooms[who].alarms().copied().collect();
        assert!(!alarms.contains(&Alarm::TwoVersions(convener)), "room {who} blames the honest convener: {alarms:?}");
    }
}

/// A hostile member answers a newcomer with the header of an honest seat's old note.
#[test]
fn old_op_in_an_answer_blames_nobody() {
    let mut table = Table::of(&[Role::Head]);
    table.does(0, Input::Write(note("yesterday")));
    table.settle();
    table.seats(9, Role::Observer);
    table.settle();
    let convener = table.rooms[0].me();
    let old = table.rooms[0].ops().find(|op| !op.kind().is_control()).expect("the note").clone().withheld();
    let mut now = table.now + 100_000;
    let mut vector = table.rooms[2].record.vector().clone();
    vector.set(table.rooms[1].me(), Head { number: 1 << 10, depth: 1 << 10, id: OpId([1; 32]) });
    let lie = beacon(&table, 1, 9_000, vector);
    table.rooms[2].hears(&lie, now).expect("a beacon");
    for _ in 0..3 {
        let (want, _) = want_of(&mut table, 2, &mut now).expect("asks");
        table.rooms[2].hears(&answer(&want, std::slice::from_ref(&old)), now).ok();
    }
    let alarms: Vec<Alarm> = table.rooms[2].alarms().copied().collect();
    assert!(!alarms.contains(&Alarm::TwoVersions(convener)), "{alarms:?}");
}

/// Makes `who` take an op of a hostile seat apart, with any number.
fn takes_apart(table: &mut Table, who: usize, hostile: usize, ops: &[Op]) {
    let mut vector = table.rooms[who].record.vector().clone();
    vector.set(table.rooms[hostile].me(), Head { number: 1 << 41, depth: 1 << 10, id: OpId([1; 32]) });
    let lie = beacon(table, hostile, 9_000, vector);
    let mut now = table.now;
    table.rooms[who].hears(&lie, now).expect("a beacon");
    for _ in 0..8 {
        let Some((want, _)) = want_of(table, who, &mut now) else { break };
        if want.body.apart {
            table.rooms[who].hears(&answer(&want, ops), now).ok();
            break;
        }
    }
    table.now = now;
}

#[test]
fn op_with_a_huge_number_does_not_close_the_door() {
    let mut table = Table::of(&[Role::Head]);
    table.settle();
    table.puppets.insert(1);
    let origin = table.rooms[1].tip;
    let op = op_of(&table.rooms[1], &key(2).0, 1 << 41, OpId([7; 32]), 5, origin, note("far"));
    takes_apart(&mut table, 0, 1, std::slice::from_ref(&op));
    assert!(table.rooms[0].record.op(&op.id()).is_none());
    // Panics inside, where the newcomer refuses the entry.
    table.seats(9, Role::Observer);
}

#[test]
fn op_with_the_last_number_does_not_overflow() {
    let mut table = Table::of(&[Role::Head]);
    table.settle();
    table.puppets.insert(1);
    let origin = table.rooms[1].tip;
    let op = op_of(&table.rooms[1], &key(2).0, u64::MAX, OpId([7; 32]), 5, origin, note("last"));
    takes_apart(&mut table, 0, 1, std::slice::from_ref(&op));
}

fn sealed_header(table: &mut Table, who: usize, op: &Op) -> Vec<u8> {
    let room = &mut table.rooms[who];
    let sealed = room.op_keys[&op.origin()].seal(Sealing::Op, &op.encode_withheld(), &mut room.rng);
    SealedOp { state: op.origin(), sealed }.encode()
}

/// A hostile member hands on the header alone of an honest note that did not reach one reader, in the way only whole ops go.
#[test]
fn reader_does_not_settle_for_a_header() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    table.settle();
    // Seat 3 is hostile. It says many notes of which only the headers are sent.
    let hostile = key(4).0;
    let mut fakes = Vec::new();
    for n in 0..bounds::GAPS {
        let head = table.rooms[3].record.vector().head(&hostile.public()).copied();
        let number = head.map_or(1, |head| head.number + 1);
        // Ground so that its id is low: it stands first among all gaps.
        let op = (0u32..)
            .map(|salt| {
                let draft = Draft {
                    room: table.rooms[3].id,
                    number,
                    previous: head.map_or(OpId::NONE, |head| head.id),
                    previous_control: OpId::NONE,
                    depth: head.map_or(0, |head| head.depth) + 1,
                    origin: table.rooms[3].tip,
                    heads: vec![],
                    body: Body::Newer(99, format!("{n} {salt}").into_bytes()),
                    salt: [0; 16],
                };
                Op::sign(draft, hostile.signing_key())
            })
            .find(|op| op.id().0[0] < 8)
            .expect("found");
        table.rooms[3].record.insert(op.clone()).expect("follows");
        fakes.push(op);
    }
    for op in &fakes {
        let message = sealed_header(&mut table, 3, op);
        table.hear(&[0, 1, 2], &message);
    }
    table.puppets.insert(3);
    // A note that the relay keeps from seat 2; the hostile one gives it the header.
    table.parts(&[2]);
    table.does(0, Input::Write(note("important")));
    let op = table.rooms[0]
        .ops()
        .find(|op| matches!(op.body(), Some(Body::Note(n)) if &*n.text == "important"))
        .expect("said")
        .clone();
    let message = sealed_header(&mut table, 0, &op);
    assert!(table.gives(2, &message).is_err());
    table.meets();
    table.passes(60_000);
    for _ in 0..5 {
        // A Hello is what makes seat 2 ask for gaps.
        table.does(1, Input::Disconnected);
        table.does(1, Input::Connected);
        table.passes(60_000);
    }
    table.passes(600_000);
    table.does(1, Input::Write(note("later")));
    table.passes(600_000);
    let held = table.rooms[0].held(&op);
    assert!(
        table.notes(2).contains(&"important".into()),
        "id {:?}: seat 2 reads {:?}; the author is told held by {held:?}",
        op.id().0[0],
        table.notes(2)
    );
}

/// Who was removed left a gap behind, and repeats an old Hello of somebody else on the channel it still has.
#[test]
fn old_era_hears_no_vector() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    let gone = table.rooms[2].me();
    // It leaves a gap that nobody can fill.
    let origin = table.rooms[2].tip;
    let op = op_of(&table.rooms[2], &key(3).0, 5, OpId([7; 32]), 5, origin, note("after nothing"));
    takes_apart(&mut table, 0, 2, &[op]);
    assert!(!table.rooms[0].gaps().is_empty());
    let old = table.rooms[0].topic().expect("a topic");
    // An ordinary Hello, heard before the removal.
    let from = table.wire.len();
    table.does(1, Input::Disconnected);
    table.does(1, Input::Connected);
    let hello = table.wire[from..]
        .iter()
        .find(|(topic, m)| *topic == old && matches!(Frame::decode(table.rooms[0].id, m), Ok(Frame::Hello(_))))
        .expect("a hello")
        .1
        .clone();
    table.settle();
    table.does(0, Input::Remove(gone));
    table.settle();
    table.puppets.insert(2);
    table.does(0, Input::Write(note("without you")));
    table.seats(9, Role::Head);
    table.passes(120_000);
    let from = table.wire.len();
    let now = table.now;
    let effects = table.rooms[0].handle(Input::Message(old, &hello), now).0;
    drop(effects);
    table.passes(10_000);
    let newcomer = key(9).1;
    let leaks = table.wire[from..].iter().filter(|(topic, m)| {
        *topic == old
            && matches!(Frame::decode(table.rooms[0].id, m), Ok(Frame::Want(want)) if want.body.vector.iter().any(|(a, _)| *a == newcomer) || want.body.vector.number(&table.rooms[0].me()) > 0)
    });
    assert_eq!(leaks.count(), 0, "a want with the vector on the channel of who was removed");
}

/// A head of another party orders a removal it may not; later the convener orders one.
#[test]
fn void_removal_does_not_hide_the_valid_one() {
    for sabotage in [false, true] {
        let mut table = Table::of(&[Role::Head, Role::Head]);
        table.settle();
        let gone = table.rooms[2].me();
        if sabotage {
            let remove = Remove { seat: gone, last: 0, last_id: OpId::NONE, last_control: OpId::NONE };
            let op = forged(&table.rooms[1], Body::Remove(remove), &key(2).0);
            let message = sealed(&mut table, 1, &op);
            table.hears(&message);
            table.settle();
            assert_eq!(table.rooms[2].standing(), Standing::Seated);
        }
        table.parts(&[2]);
        // What the removal rests on is not told to who was removed.
        let invite = Invite { link: LinkId([77; 16]), party: None, role: Role::Head, expires_at: 0 };
        table.does(0, Input::Write(Body::Invite(invite)));
        table.does(0, Input::Remove(gone));
        table.settle();
        table.meets();
        table.passes(300_000);
        assert_eq!(table.rooms[2].standing(), Standing::Removed, "sabotage {sabotage}");
    }
}

/// One answer of many small control ops.
#[test]
fn answer_of_thousands_of_ops_is_taken_whole() {
    let mut table = Table::of(&[Role::Head]);
    table.settle();
    table.puppets.insert(1);
    const COUNT: u32 = 8_000;
    let mut ops: Vec<Op> = Vec::new();
    let room = &table.rooms[1];
    for n in 0..COUNT {
        let mut link = [0; 16];
        link[..4].copy_from_slice(&n.to_be_bytes());
        let last = ops.last();
        let draft = Draft {
            room: room.id,
            number: u64::from(n) + 1,
            previous: last.map_or(OpId::NONE, Op::id),
            previous_control: last.map_or(OpId::NONE, Op::id),
            depth: u64::from(n) + 1,
            origin: room.tip,
            heads: vec![],
            body: Body::Invite(Invite { link: LinkId(link), party: None, role: Role::Adviser, expires_at: 0 }),
            salt: [0; 16],
        };
        ops.push(Op::sign(draft, key(2).0.signing_key()));
    }
    let mut vector = table.rooms[0].record.vector().clone();
    vector.set(table.rooms[1].me(), Head { number: u64::from(COUNT), depth: 1 << 14, id: OpId([1; 32]) });
    let lie = beacon(&table, 1, 9_000, vector);
    let mut now = table.now;
    table.rooms[0].hears(&lie, now).expect("a beacon");
    let (want, _) = want_of(&mut table, 0, &mut now).expect("asks");
    let page = answer(&want, &ops);
    table.rooms[0].hears(&page, now).expect("taken");
    let gone = table.rooms[1].me();
    assert_eq!(table.rooms[0].record.vector().number(&gone), u64::from(COUNT));
    // What each of these costs must not grow with the square of what was said.
    table.rooms[0].tell(Input::Remove(gone), now).expect("may");
    let invite = Invite { link: LinkId([255; 16]), party: None, role: Role::Head, expires_at: 0 };
    table.rooms[0].tell(Input::Write(Body::Invite(invite)), now).expect("may");
}

/// Messages of no length, sealed under states nobody knows.
#[test]
fn empty_ops_of_unknown_states_do_not_pile_up() {
    let mut table = Table::of(&[Role::Head]);
    for n in 0..20_000u32 {
        let mut state = [3; 32];
        state[..4].copy_from_slice(&n.to_be_bytes());
        let message = SealedOp { state: StateId(state), sealed: Vec::new() }.encode();
        table.gives(0, &message).expect("kept");
    }
    assert!(table.rooms[0].early.len() < bounds::EARLY_BYTES / 64, "{} kept", table.rooms[0].early.len());
}

/// Muted by somebody who is then removed: still muted.
#[test]
fn lie_about_others_ends_with_the_seat_that_lied() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    table.settle();
    table.puppets.insert(2);
    let mut vector = table.rooms[2].record.vector().clone();
    vector.set(table.rooms[1].me(), Head { number: 1 << 20, depth: 1 << 20, id: OpId([1; 32]) });
    let lie = beacon(&table, 2, 9_000, vector);
    table.hears(&lie);
    let gone = table.rooms[2].me();
    table.does(0, Input::Remove(gone));
    table.passes(600_000);
    assert!(!table.rooms[1].roster().contains_key(&gone));
    let now = table.now;
    let said = table.rooms[1].handle(Input::Write(note("hello")), now).1;
    assert!(said.is_ok(), "{said:?}");
}

/// Forty versions of one op, half of them said to each side.
#[test]
fn more_versions_than_are_kept_make_nobody_ask_for_ever() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    table.settle();
    table.puppets.insert(3);
    let hostile = key(4).0;
    for n in 0..40 {
        let op = forged(&table.rooms[3], note(&format!("version {n}")), &hostile);
        let message = sealed(&mut table, 3, &op);
        table.hear(&[if n < 20 { 0 } else { 2 }], &message);
    }
    table.passes(60_000);
    for who in table.honest() {
        let alarms: Vec<Alarm> = table.rooms[who].alarms().copied().collect();
        assert!(alarms.contains(&Alarm::TwoVersions(hostile.public())), "room {who} is not told");
    }
    let from = table.wire.len();
    table.passes(600_000);
    let frames = table.wire.len() - from;
    // Three seats that have nothing to say send sixty to ninety beacons in ten minutes.
    assert!(frames < 150, "{frames} frames");
    table.goes_on();
}

/// The relay sends again all that a seat ever said, while that seat is away.
#[test]
fn repeated_frames_do_not_make_an_absent_seat_look_present() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    table.settle();
    let from = table.wire.len();
    table.does(2, Input::Disconnected);
    table.does(2, Input::Connected);
    table.does(2, Input::Write(note("going")));
    table.settle();
    let said = table.wire[from..].to_vec();
    let gone = table.rooms[2].me();
    table.puppets.insert(2);
    table.passes(600_000);
    let heard = table.rooms[0].heard_at(&gone);
    for (topic, message) in said {
        let now = table.now;
        table.rooms[0].handle(Input::Message(topic, &message), now).1.ok();
    }
    assert_eq!(table.rooms[0].heard_at(&gone), heard);
}

/// So many knocks ago that it is not remembered.
#[test]
fn own_old_knock_sent_again_does_not_make_a_seat_think_it_was_restored() {
    let mut table = Table::of(&[Role::Head]);
    table.settle();
    let topic = table.rooms[1].topic().expect("a topic");
    let mut knocks = Vec::new();
    for _ in 0..100 {
        table.rooms[1].strand(table.now);
        table.rooms[1].pacing.knock_at = Some(table.now);
        table.rooms[1].knock_if_due(table.now).expect("knocks");
        let effects = std::mem::take(&mut table.rooms[1].effects);
        for effect in effects {
            if let Effect::Send(_, message) = effect {
                knocks.push(message);
            }
        }
        table.now += 60_000;
    }
    assert!(knocks.len() > 64, "{} knocks", knocks.len());
    for knock in &knocks {
        table.rooms[1].handle(Input::Message(topic, knock), table.now).1.ok();
    }
    assert!(!table.rooms[1].alarms().any(|alarm| *alarm == Alarm::Restored));
}
