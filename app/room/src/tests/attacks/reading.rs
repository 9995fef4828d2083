//! Reading what was not meant for the reader, and saying two things at once.

use record::{AuthorKey, Op, Role, Vector};

use super::super::{Table, Tell, forged, key, note, sealed};
use super::thief::Thief;
use crate::frame::{Frame, Given, Signed, Want};
use crate::mls::OneTimeKey;
use crate::{Alarm, Effect, Input, Suite};

/// Everything the others answer to a seat that asks for all there is, as often as it takes.
fn asks_for_everything(table: &mut Table, who: usize) -> Vec<Op> {
    let mut got = Vec::new();
    for seed in 1..=8u8 {
        let one_time = OneTimeKey::derive(Suite::Classical, &[seed; 32]).expect("a key");
        let room = &table.rooms[who];
        let (public, vector) = (one_time.public().to_vec(), Vector::default());
        let want = Want {
            room: room.id,
            author: room.me(),
            one_time: public.into(),
            insists: true,
            vector,
            only_these: false,
            apart: false,
            gaps: Vec::new(),
        };
        let want = Signed::sign(want, &room.key);
        let others: Vec<usize> = table.honest().into_iter().filter(|other| *other != who).collect();
        for other in others {
            table.gives(other, &want.encode()).expect("a want");
            for effect in table.rooms[other].tell(Input::Timer, table.now + 1_000).expect("timers") {
                let Effect::Send(_, message) = effect else { continue };
                let Ok(Frame::Answer(answer)) = Frame::decode(table.rooms[who].id, &message) else { continue };
                if answer.want == want.hash() {
                    let plain = one_time.open(&answer.sealed, &answer.want).expect("sealed to the asker");
                    for given in minicbor::decode::<Vec<Given>>(&plain).expect("a page") {
                        if let Given::Op(bytes) = given {
                            got.push(Op::decode(&bytes).expect("an op"));
                        }
                    }
                }
            }
        }
        table.now += 2_000;
    }
    got
}

fn texts(ops: &[Op]) -> Vec<String> {
    let mut texts: Vec<String> = ops
        .iter()
        .filter_map(|op| match op.body() {
            Some(record::Body::Note(note)) => Some(note.text.to_string()),
            Some(_) | None => None,
        })
        .collect();
    texts.sort();
    texts.dedup();
    texts
}

/// An observer admitted today asks for all that was ever said.
#[test]
fn observer_that_catches_up_reads_nothing_from_before_it_came() {
    let mut table = Table::of(&[Role::Head]);
    table.does(0, Input::Write(note("yesterday, by the convener")));
    table.does(1, Input::Write(note("yesterday, by a head")));
    table.settle();
    table.seats(9, Role::Observer);
    table.does(1, Input::Write(note("today")));
    table.settle();
    assert_eq!(table.notes(2), ["today"]);
    let given = asks_for_everything(&mut table, 2);
    assert!(given.iter().any(|op| !op.kind().is_control() && op.body().is_none()), "headers only");
    assert_eq!(texts(&given), ["today"]);
}

/// A note written on a branch that lost is to reach somebody admitted on the branch that won.
#[test]
fn note_of_a_lost_branch_is_read_by_its_readers_and_by_nobody_admitted_on_the_winning_one() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    let mut alone = Thief::of(&table.rooms[0]);
    let fork = table.rooms[0].tip;
    let lost = alone.rotates(fork);
    // One seat follows a commit no other hears of for long, and writes there without a connection.
    table.parts(&[3]);
    table.gives(3, &lost.encode()).expect("valid");
    assert_eq!(table.rooms[3].state(), lost.body.new_state);
    table.does(3, Input::Write(note("on the branch that loses")));
    table.does(3, Input::Disconnected);
    table.does(3, Input::Write(note("and not sent there")));
    table.seats(9, Role::Head);
    table.does(4, Input::Write(note("by the newcomer")));
    table.settle();
    table.meets();
    table.comes_level(60_000);
    assert_ne!(table.rooms[3].state(), lost.body.new_state);
    for who in 0..4 {
        for text in ["on the branch that loses", "and not sent there", "by the newcomer"] {
            let read = table.notes(who).contains(&text.into());
            // The seat on the lost branch is no reader of what was said without it, and is not promised it.
            assert!(read || who == 3 && text == "by the newcomer", "room {who} does not read {text:?}");
        }
    }
    assert_eq!(table.notes(4), ["by the newcomer"]);
    assert_eq!(texts(&asks_for_everything(&mut table, 4)), ["by the newcomer"]);
    table.goes_on();
}

/// A seat says yes to one half and no to the other under one number.
#[test]
fn two_ops_with_one_number_are_held_and_told_by_all() {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Observer]);
    let liar: AuthorKey = key(2).1;
    let (yes, no) = (forged(&table.rooms[1], note("yes"), &key(2).0), forged(&table.rooms[1], note("no"), &key(2).0));
    let messages = [sealed(&mut table, 1, &yes), sealed(&mut table, 1, &no)];
    table.puppets.insert(1);
    for (who, said) in [(0, 0), (2, 1), (3, 1)] {
        table.gives(who, &messages[said]).expect("an op");
    }
    table.comes_level(30_000);
    for who in table.honest() {
        let notes = table.notes(who);
        assert!(notes.contains(&"yes".into()) && notes.contains(&"no".into()), "room {who}: {notes:?}");
        assert!(table.rooms[who].alarms().any(|alarm| *alarm == Alarm::TwoVersions(liar)), "room {who} is not told");
    }
    table.goes_on();
}
