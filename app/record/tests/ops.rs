//! Ops are read exactly as they were signed, or not at all.

use std::num::NonZeroU16;

use ed25519_dalek::SigningKey;
use minicbor::bytes::ByteVec;
use proptest::prelude::*;
use record::{
    Amend, Body, Briefing, Charter, ContentKey, ContentRoot, Conveyed, Copies, Draft, FILE_BYTES, FilePath, Kind,
    Manifest, Name, Newcomers, Note, Op, OpError, OpId, Release, RoomId, StateId, Terms, WhoAdmits,
};

fn name(text: &str) -> Name {
    Name::typed(text).expect("a fair name")
}

fn draft(body: Body) -> Draft {
    Draft {
        room: RoomId([1; 32]),
        number: 1,
        previous: OpId::NONE,
        depth: 1,
        previous_control: OpId::NONE,
        origin: StateId([2; 32]),
        heads: vec![],
        body,
        salt: [3; 16],
    }
}

fn note(text: &str) -> Op {
    Op::sign(draft(Body::Note(Note::new(7, text))), &SigningKey::from_bytes(&[9; 32]))
}

fn charter(who_admits: WhoAdmits) -> Op {
    let body = Body::Charter(Charter {
        title: name("T"),
        party: name("P"),
        name: name("N"),
        who_admits,
        call_key: None,
        parties: None,
        terms: None,
    });
    Op::sign(draft(body), &SigningKey::from_bytes(&[9; 32]))
}

#[test]
fn golden_bytes_of_a_charter() {
    // As it was before there was a choice who admits.
    let op = charter(WhoAdmits::Convener);
    let hex: String = op.encode().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, include_str!("charter.hex").trim());
    assert_eq!(Op::decode(&op.encode()).expect("own bytes").id(), op.id());
}

#[test]
fn note_says_what_may_be_carried_to_another_room_and_how_it_came_from_one() {
    let sign = |note: Note| Op::sign(draft(Body::Note(note)), &SigningKey::from_bytes(&[9; 32]));
    let plain = Note::new(7, "A");
    assert!(sign(plain.clone()).encode().ends_with(&[0x82, 7, 0x61, b'A']), "nothing is written of what is not there");
    let labelled = Note { release: Some(Release::Verbatim), ..plain.clone() };
    assert!(sign(labelled.clone()).encode().ends_with(&[0x83, 7, 0x61, b'A', 1]));
    let shown = Conveyed::Verbatim { author: name("N"), written_at: 5 };
    let shown = Note { conveyed: Some(shown), ..plain.clone() };
    let end = [0x84, 7, 0x61, b'A', 0xf6, 0x82, 1, 0x82, 0x61, b'N', 5];
    assert!(sign(shown.clone()).encode().ends_with(&end));
    for note in [plain, labelled, shown, Note { conveyed: Some(Conveyed::Substance), ..Note::new(7, "A") }] {
        let Some(Body::Note(read)) = Op::decode(&sign(note.clone()).encode()).expect("own bytes").body().cloned()
        else {
            panic!("a note")
        };
        assert!(read == note);
    }
}

#[test]
fn charter_says_that_two_sides_must_agree() {
    let op = charter(WhoAdmits::TwoSides);
    assert!(op.encode().ends_with(&[0x84, 0x61, b'T', 0x61, b'P', 0x61, b'N', 1]));
    let Some(Body::Charter(read)) = Op::decode(&op.encode()).expect("own bytes").body().cloned() else {
        panic!("a charter")
    };
    assert_eq!(read.who_admits, WhoAdmits::TwoSides);
}

#[test]
fn what_is_said_of_the_charter_is_read_as_it_was_written() {
    let thirty = Copies::DeletedAfter(NonZeroU16::new(30).expect("not zero"));
    let amend = |copies| Body::Amend(Amend { replaces: OpId([5; 32]), terms: Terms { copies, ..Terms::default() } });
    let bodies =
        [amend(Copies::Kept), amend(Copies::OffTheRecord), amend(thirty), Body::Sign(OpId([6; 32])), Body::End];
    let numbers = [7, 7, 7, 8, 9];
    for (body, number) in bodies.into_iter().zip(numbers) {
        let op = Op::sign(draft(body.clone()), &SigningKey::from_bytes(&[9; 32]));
        assert!(op.kind().is_control());
        let header_with_kind = [0x80, number, 0x58, 0x20];
        assert!(op.encode().windows(4).any(|window| window == header_with_kind), "no heads, the kind, a hash");
        assert!(Op::decode(&op.encode()).expect("own bytes").body() == Some(&body));
    }
    let end = |copies| Op::sign(draft(amend(copies)), &SigningKey::from_bytes(&[9; 32])).encode();
    assert!(end(Copies::Kept).ends_with(&[&[5; 32][..], &[0x80]].concat()));
    assert!(end(Copies::OffTheRecord).ends_with(&[0x81, 0]));
    assert!(end(thirty).ends_with(&[0x81, 0x18, 30]));
    let briefed = Terms { newcomers: Newcomers::Briefed, ..Terms::default() };
    let briefed = Body::Amend(Amend { replaces: OpId([5; 32]), terms: briefed });
    let op = Op::sign(draft(briefed.clone()), &SigningKey::from_bytes(&[9; 32]));
    assert!(op.encode().ends_with(&[0x82, 0xf6, 1]));
    assert!(Op::decode(&op.encode()).expect("own bytes").body() == Some(&briefed));
}

#[test]
fn a_briefing_has_some_notes_and_no_more_than_fit() {
    let briefing = |notes: Vec<Vec<u8>>| {
        let notes = notes.into_iter().map(ByteVec::from).collect();
        let body = Body::Brief(Briefing { written_at: 7, notes });
        let op = Op::sign(draft(body.clone()), &SigningKey::from_bytes(&[9; 32]));
        assert!(!op.kind().is_control(), "who comes later is not given it of itself");
        let read = Op::decode(&op.encode()).map(|op| op.body() == Some(&body));
        read.expect("held by those who do not know it, so held by all")
    };
    assert!(briefing(vec![b"a".to_vec(); 32]) && briefing(vec![vec![0; 64 * 1024]]));
    for junk in [vec![], vec![b"a".to_vec(); 33], vec![vec![0; 32 * 1024]; 2].into_iter().chain([vec![0]]).collect()] {
        assert!(!briefing(junk), "nothing that is shown");
    }
}

#[test]
fn golden_bytes_of_a_manifest() {
    let manifest = Manifest {
        written_at: 7,
        path: FilePath::read("annex/map.png").expect("a fair name"),
        size: 1_000_000,
        root: ContentRoot([1; 32]),
        key: ContentKey([2; 32]),
        media: None,
        modified_at: None,
        release: None,
    };
    let sign = |manifest: Manifest| Op::sign(draft(Body::File(manifest)), &SigningKey::from_bytes(&[9; 32]));
    let op = sign(manifest.clone());
    let body = [
        &[0x85, 7, 0x6d][..],
        b"annex/map.png",
        &[0x1a, 0, 0x0f, 0x42, 0x40, 0x58, 32],
        &[1; 32],
        &[0x58, 32],
        &[2; 32],
    ]
    .concat();
    assert!(op.encode().ends_with(&body));
    assert!(Op::decode(&op.encode()).expect("own bytes").body() == Some(&Body::File(manifest.clone())));
    assert!(!op.kind().is_control(), "who comes later reads it no more than a note");

    let full = Manifest {
        media: Some(name("image/png")),
        modified_at: Some(3),
        release: Some(Release::Verbatim),
        ..manifest.clone()
    };
    let op = sign(full.clone());
    assert!(Op::decode(&op.encode()).expect("own bytes").body() == Some(&Body::File(full)));
    let op = sign(Manifest { size: FILE_BYTES + 1, ..manifest });
    let read = Op::decode(&op.encode()).expect("held by those who do not know it");
    assert!(matches!(read.body(), Some(Body::Newer(19, _))), "nothing that is shown");
}

#[test]
fn what_says_nothing_about_the_charter_is_held_as_it_is() {
    // As a version that does not know these kinds would hold it.
    for number in [7, 8, 9, 18] {
        let op = Op::sign(draft(Body::Newer(number, b"junk".to_vec())), &SigningKey::from_bytes(&[9; 32]));
        let read = Op::decode(&op.encode()).expect("an op all the same");
        assert!(read.body() == Some(&Body::Newer(number, b"junk".to_vec())) && read.encode() == op.encode());
    }
}

#[test]
fn header_alone_tells_everything_but_the_text() {
    let op = note("secret words");
    let bytes = op.encode_withheld();
    assert!(!bytes.windows(6).any(|window| window == b"secret"));
    let withheld = Op::decode(&bytes).expect("a header is an op");
    assert_eq!((withheld.id(), withheld.kind(), withheld.body().is_none()), (op.id(), Kind::Note, true));
}

#[test]
fn content_of_another_op_is_refused() {
    let (one, two) = (note("one"), note("two"));
    let (head, tail) = (one.encode_withheld(), two.encode());
    let content = &tail[two.encode_withheld().len() - 1..];
    let mixed = [&head[..head.len() - 1], content].concat();
    assert_eq!(Op::decode(&mixed).err(), Some(OpError::WrongContent));
}

#[test]
fn every_flipped_bit_is_noticed() {
    let bytes = note("a note").encode();
    for position in 0..bytes.len() * 8 {
        let mut bent = bytes.clone();
        bent[position / 8] ^= 1 << (position % 8);
        assert!(Op::decode(&bent).is_err(), "bit {position}");
    }
}

/// What was checked when it was taken, and then sealed for the disk, is not checked again: only whoever reads what comes from
/// outside must use `decode`.
#[test]
fn kept_op_is_read_without_its_signature_and_hashes_being_checked_again() {
    let op = note("a note");
    let bytes = op.encode();
    let bent = |position: usize| {
        let mut bent = bytes.clone();
        bent[position] ^= 1;
        bent
    };
    let signature = bent(op.encode_withheld().len() - 65);
    assert_eq!(Op::decode(&signature).err(), Some(OpError::WrongSignature));
    assert_eq!(Op::decode_kept(&signature).expect("not checked").id(), op.id());
    let content = bent(bytes.len() - 1);
    assert_eq!(Op::decode(&content).err(), Some(OpError::WrongContent));
    assert_eq!(Op::decode_kept(&content).expect("not checked").id(), op.id());
    for length in 0..bytes.len() {
        assert!(Op::decode_kept(&bytes[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn every_truncation_is_refused() {
    let bytes = note("a note").encode();
    for length in 0..bytes.len() {
        assert!(Op::decode(&bytes[..length]).is_err());
    }
    assert_eq!(Op::decode(&[&bytes[..], &[0]].concat()).err(), Some(OpError::Malformed));
}

#[test]
fn kinds_of_a_newer_version_are_kept() {
    let op = Op::sign(draft(Body::Newer(99, vec![1, 2, 3])), &SigningKey::from_bytes(&[9; 32]));
    let read = Op::decode(&op.encode()).expect("kept");
    assert_eq!(read.kind(), Kind::Newer(99));
    assert!(matches!(read.body(), Some(Body::Newer(99, bytes)) if bytes == &[1, 2, 3]));
}

proptest! {
    #[test]
    fn random_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(Op::decode(&bytes).is_err());
    }

    #[test]
    fn notes_of_any_text_survive(text in ".{1,300}") {
        let op = note(&text);
        let read = Op::decode(&op.encode()).expect("own bytes");
        match read.body() {
            Some(Body::Note(note)) => prop_assert_eq!(&*note.text, text.as_str()),
            Some(_) | None => prop_assert!(false, "not a note"),
        }
    }
}
