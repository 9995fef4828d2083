//! Attacks by seats that hold valid keys: none stops the others, or makes them see what is not so.

mod branches;
mod commits;
mod door;
mod flood;
mod lies;
mod place;
mod reading;

pub(super) mod thief;

use std::collections::BTreeSet;

use ed25519_dalek::{Signer, SigningKey};
use record::{AuthorKey, Body, Draft, Head, Invite, LinkId, Op, OpId, Role, StateId, Vector};

use super::{NOW, Table, Tell, add, forged, key, note, sealed};
use crate::commit::Duty;
use crate::frame::{Answer, Beacon, Frame, Given, Signed, Want};
use crate::mls::{OneTimeKey, seal_to};
use crate::{Effect, Input, KeyPackage, KeyPackageSecrets, Room, SeatKey, Suite};

fn op_of(room: &Room, author: &SeatKey, number: u64, previous: OpId, depth: u64, origin: StateId, body: Body) -> Op {
    let previous_control = room.record.last_control(&author.public());
    let (room, heads, salt) = (room.id, vec![], [0; 16]);
    let draft = Draft { room, number, previous, previous_control, depth, origin, heads, body, salt };
    Op::sign(draft, author.signing_key())
}

/// A beacon of a hostile seat with any vector.
fn beacon(table: &Table, who: usize, counter: u64, vector: Vector) -> Vec<u8> {
    let room = &table.rooms[who];
    let holds = Beacon::digest(&vector);
    let knows = room.knows(&room.tip);
    let beacon = Beacon { room: room.id, author: room.me(), counter, tip: room.tip, holds, knows };
    Signed::sign(beacon, &room.key).encode_whole(&vector)
}

/// Makes `who` ask, and returns its Want.
fn asks(table: &mut Table, who: usize, hostile: usize, counter: u64) -> Signed<Want> {
    let mut vector = table.rooms[who].record.vector().clone();
    let (liar, held) = (table.rooms[hostile].me(), vector.number(&table.rooms[hostile].me()));
    vector.set(liar, Head { number: held + 1, depth: 1 << 10, id: OpId([1; 32]) });
    let message = beacon(table, hostile, counter, vector);
    table.gives(who, &message).expect("a beacon");
    let later = NOW + 1_000_000 + counter;
    for effect in table.rooms[who].tell(Input::Timer, later).expect("timers") {
        if let Effect::Send(_, message) = effect
            && let Ok(Frame::Want(want)) = Frame::decode(table.rooms[who].id, &message)
        {
            return want;
        }
    }
    panic!("asked nothing");
}

fn answer(want: &Signed<Want>, ops: &[Op]) -> Vec<u8> {
    answer_of(want, ops.iter().map(|op| Given::Op(op.encode().into())).collect())
}

fn answer_of(want: &Signed<Want>, page: Vec<Given>) -> Vec<u8> {
    let plain = minicbor::to_vec(&page).expect("encodes");
    let sealed = seal_to(Suite::Classical, &want.body.one_time, &want.hash(), &plain).expect("seals");
    Answer { want: want.hash(), more: false, sealed }.encode()
}

/// Control ops of authors that never had a seat, with an origin nobody knows, by an answer.
#[test]
fn ops_of_invented_authors_are_not_taken() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    let want = asks(&mut table, 1, 2, 1_000);
    let invite =
        |n: u32| Body::Invite(Invite { link: LinkId([n as u8; 16]), party: None, role: Role::Head, expires_at: 0 });
    let ops: Vec<Op> = (0..1_100u32)
        .map(|n| {
            let mut seed = [9; 32];
            seed[..4].copy_from_slice(&n.to_be_bytes());
            op_of(&table.rooms[2], &SeatKey::from_seed(&seed), 1, OpId::NONE, 1, StateId([9; 32]), invite(n))
        })
        .collect();
    table.gives(1, &answer(&want, &ops)).ok();
    let authors = table.rooms[1].record.vector().iter().count();
    // What the victim says now is understood by nobody: its vector has more authors than a vector may have.
    let victim = &mut table.rooms[1];
    victim.effects.clear();
    victim.send_beacon();
    let Some(Effect::Send(_, message)) = victim.effects.pop() else { panic!("a beacon") };
    let heard = table.gives(0, &message).map(|_| ());
    assert!(authors <= 3 && heard.is_ok(), "{authors} authors, own beacon: {heard:?}");
}

/// Words put into the convener's mouth by whoever answers: its next op, but for the signature.
#[test]
fn answer_with_an_op_nobody_signed_adds_nothing() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    let op = forged(&table.rooms[0], note("never said"), &key(1).0);
    let mut unsigned = op.encode();
    let mut decoder = minicbor::Decoder::new(&unsigned);
    decoder.array().and_then(|_| decoder.bytes()).and_then(|_| decoder.bytes()).expect("header and signature");
    let end = decoder.position();
    unsigned[end - 1] ^= 1;
    let want = asks(&mut table, 1, 2, 1_000);
    assert!(table.gives(1, &answer_of(&want, vec![Given::Op(unsigned.into())])).is_err());
    assert_eq!(table.notes(1), Vec::<String>::new());
    // It was the signature.
    let want = asks(&mut table, 1, 2, 2_000_000);
    table.gives(1, &answer(&want, &[op])).expect("the same with its signature");
    assert_eq!(table.notes(1), ["never said"]);
}

/// A want with a key that is none: the timers of those who would answer go on.
#[test]
fn want_with_a_key_that_is_none_does_not_stop_the_timers() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    table.does(0, Input::Write(note("something to ask for")));
    table.settle();
    let room = &table.rooms[2];
    let want = Want {
        room: room.id,
        author: room.me(),
        one_time: vec![1, 2, 3].into(),
        insists: false,
        vector: Vector::default(),
        only_these: false,
        apart: false,
        gaps: Vec::new(),
    };
    let message = Signed::sign(want, &room.key).encode();
    table.gives(1, &message).expect("a want");
    let result = table.rooms[1].tell(Input::Timer, NOW + 10_000_000);
    let woken = result.as_ref().is_ok_and(|effects| effects.iter().any(|effect| matches!(effect, Effect::Wake(_))));
    assert!(woken, "no timer any more: {:?}", result.err());
}

/// Two versions of one op, each to one seat: neither is told, and both show "held by all".
#[test]
fn equivocation_is_told_or_at_least_not_held_by_all() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    // Seat 1 lies to seats 0 and 2: each is given one version only (the other was away and was answered first).
    let liar = key(2).0;
    let (origin, head) = {
        let room = &table.rooms[1];
        (room.tip, room.record.vector().head(&liar.public()).copied())
    };
    let (number, previous, depth) = head.map_or((1, OpId::NONE, 20), |h| (h.number + 1, h.id, h.depth + 20));
    let yes = op_of(&table.rooms[1], &liar, number, previous, depth, origin, note("yes"));
    let no = op_of(&table.rooms[1], &liar, number, previous, depth, origin, note("no"));
    let yes2 = op_of(&table.rooms[1], &liar, number + 1, yes.id(), depth + 1, origin, note("go on"));
    let no2 = op_of(&table.rooms[1], &liar, number + 1, no.id(), depth + 1, origin, note("go on"));
    for (who, op) in [(0, &yes), (2, &no), (0, &yes2), (2, &no2), (0, &no2), (2, &yes2)] {
        let message = sealed(&mut table, 1, op);
        table.gives(who, &message).ok();
    }
    // The liar says that it holds both, in turn.
    for (who, op) in [(0, &yes2), (2, &no2)] {
        let mut vector = table.rooms[who].record.vector().clone();
        vector.set(liar.public(), Head { number: number + 1, depth: depth + 1, id: op.id() });
        let message = beacon(&table, 1, 5_000, vector);
        table.gives(who, &message).ok();
    }
    table.settle();
    for (who, op) in [(0, &yes), (2, &no)] {
        let texts = table.notes(who);
        let both = texts.contains(&"yes".into()) && texts.contains(&"no".into());
        let held = table.rooms[who].held(op);
        assert!(both || held.0 < held.1, "seat {who} sees {texts:?}, held {held:?}");
    }
}

/// One op too long to be answered with stops catching up.
#[test]
fn op_too_long_for_an_answer_is_not_taken() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    let room = &table.rooms[1];
    let origin = room.tip;
    let head = room.record.vector().head(&key(2).1).copied();
    let (number, previous, depth) = head.map_or((1, OpId::NONE, 20), |h| (h.number + 1, h.id, h.depth + 20));
    let body = Body::Newer(200, vec![0; crate::MESSAGE_BYTES - 398]);
    let op = op_of(room, &key(2).0, number, previous, depth, origin, body);
    let message = sealed(&mut table, 1, &op);
    assert!(message.len() <= crate::MESSAGE_BYTES, "it can be sent");
    let taken = table.gives(0, &message).is_ok();
    let want = Want {
        room: table.rooms[2].id,
        author: table.rooms[2].me(),
        one_time: OneTimeKey::derive(Suite::Classical, &[1; 32]).expect("key").public().to_vec().into(),
        insists: false,
        vector: table.rooms[2].record.vector().clone(),
        only_these: false,
        apart: false,
        gaps: Vec::new(),
    };
    let message = Signed::sign(want, &table.rooms[2].key).encode();
    table.gives(0, &message).expect("a want");
    let effects = table.rooms[0].tell(Input::Timer, NOW + 10_000_000).expect("timers");
    let longest = effects.iter().map(|e| if let Effect::Send(_, m) = e { m.len() } else { 0 }).max();
    assert!(!taken || longest <= Some(crate::MESSAGE_BYTES), "taken, and the answer has {longest:?} bytes: never sent");
}

/// A key package whose init key has five bytes, signed as it should be.
fn crippled(n: u8, suite: Suite) -> Option<KeyPackage> {
    let key = SeatKey::from_seed(&[n; 32]);
    let secrets = KeyPackageSecrets::new(&key, suite).expect("makes");
    let bytes = secrets.bytes().to_vec();
    let (length, skip) = if bytes[8] >> 6 == 0 {
        (usize::from(bytes[8]), 9)
    } else {
        (usize::from(bytes[8] & 0x3f) << 8 | usize::from(bytes[9]), 10)
    };
    let mut tbs = bytes[4..8].to_vec();
    tbs.push(5);
    tbs.extend_from_slice(&[1, 2, 3, 4, 5]);
    tbs.extend_from_slice(&bytes[skip + length..bytes.len() - 66]);
    let label = b"MLS 1.0 KeyPackageTBS";
    let mut content = vec![label.len() as u8];
    content.extend_from_slice(label);
    if tbs.len() < 64 {
        content.push(tbs.len() as u8)
    } else {
        content.extend_from_slice(&(0x4000u16 | tbs.len() as u16).to_be_bytes())
    }
    content.extend_from_slice(&tbs);
    let signing: &SigningKey = key.signing_key();
    let signature = signing.sign(&content).to_bytes();
    let mut whole = bytes[..4].to_vec();
    whole.extend_from_slice(&tbs);
    whole.extend_from_slice(&[0x40, 0x40]);
    whole.extend_from_slice(&signature);
    KeyPackage::parse(&whole, suite).ok()
}

/// A crippled key package must not stop the convener from admitting others.
#[test]
fn crippled_key_package_does_not_stop_admissions() {
    let mut table = Table::of(&[Role::Head]);
    let Some(key_package) = crippled(9, Suite::Classical) else { return };
    let (link, role) = (LinkId([9; 16]), Role::Head);
    table.does(0, Input::Write(Body::Invite(Invite { link, party: None, role, expires_at: 0 })));
    let first =
        table.rooms[0].tell(Input::Admit(add(&key_package, link, role), Box::new(key_package)), NOW).map(|_| ());
    table.rooms[0].tell(Input::Disconnected, NOW).expect("goes");
    let again = table.rooms[0].tell(Input::Connected, NOW).map(|effects| effects.len());
    assert!(again.is_ok(), "coming back says nothing: {again:?} after {first:?}");
}

/// One newcomer, two knocks with one key, admitted while the convener is offline.
#[test]
fn one_key_admitted_twice_while_offline_does_not_stop_the_convener() {
    let mut table = Table::of(&[Role::Head]);
    let key = SeatKey::from_seed(&[9; 32]);
    table.rooms[0].tell(Input::Disconnected, NOW).expect("goes");
    for n in [21, 22] {
        let (link, role) = (LinkId([n; 16]), Role::Head);
        let secrets = KeyPackageSecrets::new(&key, Suite::Classical).expect("makes");
        let key_package = KeyPackage::parse(secrets.bytes(), Suite::Classical).expect("parses");
        table.rooms[0]
            .tell(Input::Write(Body::Invite(Invite { link, party: None, role, expires_at: 0 })), NOW)
            .expect("may");
        table.rooms[0].tell(Input::Admit(add(&key_package, link, role), Box::new(key_package)), NOW).ok();
    }
    let again = table.rooms[0].tell(Input::Connected, NOW).map(|effects| effects.len());
    assert!(again.is_ok(), "coming back says nothing: {again:?}");
}

/// A number at its end in somebody's vector.
#[test]
fn vector_at_its_end_does_not_overflow() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    let room = &table.rooms[2];
    let mut vector = Vector::default();
    vector.set(table.rooms[0].me(), Head { number: u64::MAX, depth: 1, id: OpId([1; 32]) });
    let want = Want {
        room: room.id,
        author: room.me(),
        one_time: vec![0; 32].into(),
        insists: false,
        vector,
        only_these: false,
        apart: false,
        gaps: Vec::new(),
    };
    let message = Signed::sign(want, &room.key).encode();
    table.gives(0, &message).ok();
}

/// What a commit cites of invented authors stays out of the entry of newcomers.
#[test]
fn citations_of_invented_authors_do_not_fill_the_entry() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    let cited: Vec<minicbor::bytes::ByteVec> = (0..5_000u32)
        .map(|n| {
            let mut seed = [9; 32];
            seed[..4].copy_from_slice(&n.to_be_bytes());
            let body = Body::Invite(Invite { link: LinkId([1; 16]), party: None, role: Role::Head, expires_at: 0 });
            op_of(&table.rooms[2], &SeatKey::from_seed(&seed), 1, OpId::NONE, 1, StateId([9; 32]), body).encode().into()
        })
        .collect();
    table.rooms[2].stage_commit(&Duty::default(), cited, NOW).expect("stages");
    let message = table.rooms[2].own_commits[&table.rooms[2].tip].commit.encode();
    table.broadcasts(&message);
    let held = table.rooms[0].record.control().count();
    assert!(held < 50, "{held} control ops, all of them in every entry from now on");
}

/// A rival that was hidden behind the limit: two seats that keep two different commits of one author.
#[test]
fn four_commits_of_one_author_leave_all_on_one_state_and_quiet() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    // Seat 2 makes four valid commits on one state, in copies of itself.
    let image = table.rooms[2].group.as_ref().expect("a group").image().expect("image");
    let mut commits = Vec::new();
    for _ in 0..4 {
        table.rooms[2].live().expect("a group").restore(&image).expect("restores");
        let tip = table.rooms[2].tip;
        table.rooms[2].own_commits.remove(&tip);
        table.rooms[2].stage_commit(&Duty::default(), vec![], NOW).expect("stages");
        commits.push(table.rooms[2].own_commits[&tip].commit.encode());
    }
    for (who, order) in [(0, [0, 1, 2, 3]), (1, [2, 3, 0, 1])] {
        for at in order {
            table.gives(who, &commits[at]).ok();
        }
    }
    // Only the two honest seats from here on.
    table.rooms.pop();
    let mut frames = [0usize; 2];
    let mut now = NOW + 100_000;
    let mut queue: Vec<Vec<u8>> = Vec::new();
    for who in 0..2 {
        for effect in table.rooms[who].tell(Input::Connected, now).expect("connects") {
            if let Effect::Send(_, message) = effect {
                queue.push(message)
            }
        }
    }
    for count in &mut frames {
        for _ in 0..600 {
            now += 50;
            let mut next = Vec::new();
            for message in queue.drain(..) {
                *count += 1;
                for room in &mut table.rooms {
                    for effect in room.hears(&message, now).unwrap_or_default() {
                        if let Effect::Send(_, message) = effect {
                            next.push(message)
                        }
                    }
                }
            }
            for room in &mut table.rooms {
                for effect in room.tell(Input::Timer, now).unwrap_or_default() {
                    if let Effect::Send(_, message) = effect {
                        next.push(message)
                    }
                }
            }
            queue = next;
        }
    }
    let level = table.rooms[0].state() == table.rooms[1].state();
    assert!(level && frames[1] < 20, "level {level}, frames per 30 s {frames:?}");
}

/// Depth of others' notes: a hostile op that names deep heads but stays shallow itself.
#[test]
fn shallow_op_does_not_pull_later_notes_of_others_up() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    for n in 0..10 {
        table.does(0, Input::Write(note(&format!("question {n}"))));
    }
    table.settle();
    let room = &table.rooms[1];
    let head = room.record.vector().head(&key(2).1).copied();
    let (number, previous, depth) = head.map_or((1, OpId::NONE, 1), |h| (h.number + 1, h.id, h.depth + 1));
    let heads: BTreeSet<OpId> = room.record.in_order().map(Op::id).collect();
    let draft = Draft {
        room: room.id,
        number,
        previous,
        previous_control: room.record.last_control(&key(2).1),
        depth,
        origin: room.tip,
        heads: heads.into_iter().collect(),
        body: Body::Newer(99, vec![]),
        salt: [0; 16],
    };
    let op = Op::sign(draft, key(2).0.signing_key());
    let message = sealed(&mut table, 1, &op);
    table.broadcasts(&message);
    // A third seat that can write would stand before the questions; seen here from what it would be given.
    let (_, depth) = table.rooms[0].record.heads_for(&AuthorKey([5; 32]));
    let deepest = table.rooms[0].record.in_order().map(Op::depth).max().unwrap_or(0);
    assert!(depth > deepest, "next depth {depth}, deepest held {deepest}");
}

fn sends(effects: Vec<Effect>) -> Vec<Vec<u8>> {
    effects.into_iter().filter_map(|e| if let Effect::Send(_, m) = e { Some(m) } else { None }).collect()
}

/// Runs the timers of one room alone from `now` on until it sends a Want.
fn want_of(table: &mut Table, who: usize, now: &mut u64) -> Option<(Signed<Want>, Vec<u8>)> {
    for _ in 0..800 {
        *now += 50;
        for message in sends(table.rooms[who].tell(Input::Timer, *now).unwrap_or_default()) {
            if let Ok(Frame::Want(want)) = Frame::decode(table.rooms[who].id, &message) {
                return Some((want, message));
            }
        }
    }
    None
}

/// A hostile seat that answers first, always with one more op of its own, starves nobody.
#[test]
fn hostile_answers_do_not_keep_others_silent_for_ever() {
    let mut table = Table::of(&[Role::Head, Role::Observer, Role::Head]);
    // Seat 3 is hostile and may write; seat 1 missed a note of seat 0.
    let liar = key(4).0;
    let missed = sends(table.rooms[0].tell(Input::Write(note("missed")), NOW).expect("may"));
    for message in &missed {
        table.gives(0, message).ok();
        table.gives(3, message).ok();
    }
    let vector = table.rooms[0].record.vector().clone();
    let mut number = table.rooms[3].record.vector().number(&liar.public());
    let head = table.rooms[3].record.vector().head(&liar.public()).copied();
    let (mut previous, mut depth) = head.map_or((OpId::NONE, 20), |h| (h.id, h.depth + 20));
    let origin = table.rooms[3].tip;
    let message = beacon(&table, 0, 9_000, vector);
    table.gives(1, &message).expect("hears of it");
    let mut now = NOW + 100_000;
    let mut rounds = 0;
    for _ in 0..40 {
        let Some((want, message)) = want_of(&mut table, 1, &mut now) else { break };
        rounds += 1;
        table.gives(0, &message).ok();
        number += 1;
        depth += 1;
        let op = op_of(&table.rooms[3], &liar, number, previous, depth, origin, Body::Newer(99, vec![]));
        previous = op.id();
        let reply = answer(&want, &[op]);
        table.gives(0, &reply).ok();
        table.rooms[1].hears(&reply, now).ok();
        for _ in 0..10 {
            now += 50;
            for message in sends(table.rooms[0].tell(Input::Timer, now).unwrap_or_default()) {
                table.rooms[1].hears(&message, now).ok();
            }
        }
    }
    assert!(table.notes(1).contains(&"missed".into()), "after {rounds} rounds still starved: {:?}", table.notes(1));
}

/// A seat driven to its fourth attempt takes the header of a note it is a reader of, and never gets the note.
#[test]
fn note_is_not_lost_when_its_state_is_heard_of_after_it() {
    let mut table = Table::of(&[Role::Head, Role::Observer]);
    let mut now = NOW + 100_000;
    let mut vector = table.rooms[1].record.vector().clone();
    vector.set(AuthorKey([7; 32]), Head { number: 1, depth: 1, id: OpId([1; 32]) });
    let lie = beacon(&table, 2, 9_000, vector);
    table.rooms[1].hears(&lie, now).expect("a lie");
    for _ in 0..5 {
        want_of(&mut table, 1, &mut now);
    }
    // A new state and a note in it, both lost on the way to seat 1.
    table.rooms[0].stage_commit(&Duty::default(), vec![], now).expect("stages");
    let tip = table.rooms[0].tip;
    let commit = table.rooms[0].own_commits[&tip].commit.encode();
    table.gives(0, &commit).expect("merges");
    assert_ne!(table.rooms[0].tip, tip);
    for message in sends(table.rooms[0].tell(Input::Write(note("important")), now).expect("may")) {
        table.rooms[0].hears(&message, now).ok();
    }
    table.rooms[0].effects.clear();
    table.rooms[0].send_beacon();
    let Some(Effect::Send(_, message)) = table.rooms[0].effects.pop() else { panic!() };
    table.rooms[1].hears(&message, now).ok();
    let (_, message) = want_of(&mut table, 1, &mut now).expect("asks");
    table.rooms[0].hears(&message, now).expect("hears");
    for message in sends(table.rooms[0].tell(Input::Timer, now + 1_000).expect("answers")) {
        table.rooms[1].hears(&message, now + 1_000).ok();
    }
    // Now the commit, and everything honest goes on.
    table.rooms[1].hears(&commit, now + 1_100).ok();
    table.rooms[2].hears(&commit, now + 1_100).ok();
    table.now = now + 2_000;
    for _ in 0..10 {
        table.settle();
    }
    assert_eq!(table.rooms[0].state(), table.rooms[1].state());
    let op = table.rooms[0].ops().last().expect("the note").clone();
    let held = table.rooms[0].held(&op);
    assert!(
        table.notes(1).contains(&"important".into()),
        "seat 1 reads {:?}, seat 0 shows held {held:?}",
        table.notes(1)
    );
}

/// A seat keeps a rotation in its sleeve and so turns the next newcomer out.
#[test]
fn rival_commit_does_not_turn_a_newcomer_out() {
    let mut bad = 0;
    for _ in 0..12 {
        let mut table = Table::of(&[Role::Observer]);
        table.rooms[1].stage_commit(&Duty::default(), vec![], NOW).expect("stages");
        let rival = table.rooms[1].own_commits[&table.rooms[1].tip].commit.encode();
        table.rooms.pop();
        table.seats(3, Role::Head);
        assert_eq!(table.rooms[0].state(), table.rooms[1].state());
        table.broadcasts(&rival);
        table.settle();
        table.does(0, Input::Write(note("welcome")));
        table.settle();
        if table.rooms[0].state() != table.rooms[1].state() || !table.notes(1).contains(&"welcome".into()) {
            bad += 1;
        }
    }
    assert_eq!(bad, 0, "{bad} of 12 newcomers are out and were told nothing");
}

/// A long way that ends in a commit that lies: the image of the tip is gone.
#[test]
fn lying_commit_at_the_end_of_a_long_way_leaves_the_seat_on_its_feet() {
    let mut table = Table::of(&[Role::Head, Role::Head]);
    let mut frames = Vec::new();
    for _ in 0..6 {
        let tip = table.rooms[0].tip;
        table.rooms[0].stage_commit(&Duty::default(), vec![], NOW).expect("stages");
        let message = table.rooms[0].own_commits[&tip].commit.encode();
        table.gives(0, &message).expect("merges");
        table.gives(2, &message).expect("follows");
        frames.push(message);
    }
    let tip = table.rooms[0].tip;
    table.rooms[0].stage_commit(&Duty::default(), vec![], NOW).expect("stages");
    let mut commit = table.rooms[0].own_commits[&tip].commit.body.clone();
    commit.new_state.0[0] ^= 1;
    let lie = Signed::sign(commit, &table.rooms[0].key).encode();
    table.gives(1, &lie).ok();
    let mut last = Ok(());
    for message in frames.iter().rev() {
        last = table.gives(1, message).map(|_| ());
    }
    let room = &table.rooms[1];
    assert!(
        last.is_ok() && room.tip == room.group.as_ref().expect("a group").state() && room.tip == table.rooms[0].tip,
        "{last:?}; group where the seat stands: {}; level: {}",
        room.tip == room.group.as_ref().expect("a group").state(),
        room.tip == table.rooms[0].tip
    );
}
