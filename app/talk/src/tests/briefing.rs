//! Notes from before, given to somebody who came since.

use minicbor::bytes::ByteVec;
use record::{Body, Briefing, Draft, Kind, Newcomers, Note, Op, OpId, Role, RoomId, StateId, Terms, WhoAdmits};

use super::Table;
use crate::view::{BriefingView, TalkView};
use crate::{CharterStep, Command, Error, PartyChoice};

const BRIEFED: Terms =
    Terms { copies: record::Copies::Kept, newcomers: Newcomers::Briefed, files: record::FileTerms::Any };

/// Amina convenes (0), Leyla came at once (1), wrote, and then came Bahram (2), who reads nothing of it.
fn table(terms: Terms) -> Table {
    let mut table = Table::opened(WhoAdmits::Convener);
    if terms != Terms::default() {
        table.does(0, Command::Charter(CharterStep::Amend(terms))).expect("the convener is alone");
    }
    table.knocks("Leyla", PartyChoice::New, Role::Head);
    table.admits(0);
    table.writes(1, "we could live with the ninth");
    table.writes(0, "I shall ask them");
    table.knocks("Bahram", PartyChoice::New, Role::Head);
    table.admits(0);
    assert_eq!((table.reads(2), table.view(2).withheld), (vec![], 2));
    table
}

fn ids(view: &TalkView) -> Vec<OpId> {
    view.notes.iter().filter(|note| note.briefing.is_none()).map(|note| note.id).collect()
}

/// The only briefing somebody sees.
fn briefing(table: &mut Table, who: usize) -> BriefingView {
    let view = table.view(who);
    let mut briefings = view.notes.iter().filter_map(|note| note.briefing.clone());
    let briefing = briefings.next().expect("one briefing");
    assert!(briefings.next().is_none());
    (*briefing).clone()
}

/// What a page that keeps to no rule gives.
fn gives(table: &mut Table, who: usize, notes: Vec<Vec<u8>>) {
    let notes = notes.into_iter().map(ByteVec::from).collect();
    let now = table.now;
    table.people[who].talk.say(Body::Brief(Briefing { written_at: now, notes }), now).expect("its role allows it");
    let effects = table.people[who].talk.finish();
    table.performs(who, effects);
    table.settles();
}

/// A note that somebody signs with any number.
fn signed(table: &mut Table, who: usize, room: RoomId, number: u64, text: &str) -> Vec<u8> {
    let before = if number == 1 { OpId::NONE } else { OpId([1; 32]) };
    let body = Body::Note(Note::new(0, text));
    let (origin, heads, salt) = (StateId([2; 32]), vec![], [3; 16]);
    let draft = Draft {
        room,
        number,
        previous: before,
        previous_control: before,
        depth: 100 + number,
        origin,
        heads,
        body,
        salt,
    };
    Op::sign(draft, table.people[who].talk.key.signing_key()).encode()
}

#[test]
fn newcomer_is_given_notes_as_their_authors_signed_them() {
    let mut table = table(BRIEFED);
    let notes = ids(&table.view(0));
    assert!(table.view(0).charter.may_brief_since.is_some());
    table.does(0, Command::Brief(notes.clone())).expect("the convener may");
    table.settles();
    let view = table.view(2);
    assert_eq!((&*view.notes[0].author, &*view.notes[0].text, view.withheld), ("Amina", "", 2));
    for (who, held) in [(0, true), (1, true), (2, false)] {
        let briefing = briefing(&mut table, who);
        assert!(briefing.allowed && briefing.not_shown == 0);
        let said: Vec<_> =
            briefing.notes.iter().map(|note| (note.id, &*note.author, &*note.party, &*note.text)).collect();
        assert_eq!(
            said,
            [
                (notes[0], "Leyla", "Party of Leyla", "we could live with the ninth"),
                (notes[1], "Amina", "Mediator", "I shall ask them"),
            ]
        );
        assert!(briefing.notes.iter().all(|note| note.held == held && !note.contradicted));
    }
    let store = table.people[2].store.clone();
    let again = crate::Talk::reopen(&store, [9; 32]).expect("what was stored").view(table.now);
    assert!(again.notes[0].briefing == view.notes[0].briefing, "and after a restart");
}

#[test]
fn nothing_is_given_where_the_charter_says_so_and_nothing_is_shown() {
    let mut table = table(Terms::default());
    let notes = ids(&table.view(0));
    assert!(table.view(0).charter.may_brief_since.is_none());
    assert_eq!(table.does(0, Command::Brief(notes.clone())), Err(Error::NotNow));
    let bytes = table.room(0).op(&notes[0]).expect("held").encode();
    gives(&mut table, 0, vec![bytes]);
    let hidden = BriefingView { allowed: false, notes: vec![], not_shown: 1 };
    assert_eq!((briefing(&mut table, 2), briefing(&mut table, 1)), (hidden.clone(), hidden));
}

#[test]
fn observers_give_nothing() {
    let mut table = table(BRIEFED);
    table.knocks("Omid", PartyChoice::New, Role::Observer);
    table.admits(0);
    table.writes(0, "while Omid listens");
    let notes = ids(&table.view(3));
    assert!(notes.len() == 1 && table.view(3).charter.may_brief_since.is_none());
    assert_eq!(table.does(3, Command::Brief(notes)), Err(Error::NotNow));
    let now = table.now;
    let briefing = Briefing { written_at: now, notes: vec![vec![0].into()] };
    assert!(table.people[3].talk.say(Body::Brief(briefing), now).is_err());
}

#[test]
fn what_nobody_signed_is_not_shown() {
    let mut table = table(BRIEFED);
    let notes = ids(&table.view(0));
    let fair = table.room(0).op(&notes[0]).expect("held").encode();
    let mut changed = fair.clone();
    let at = changed.windows(5).position(|window| window == b"ninth").expect("its text");
    changed[at..at + 5].copy_from_slice(b"tenth");
    let elsewhere = signed(&mut table, 1, RoomId([9; 32]), 1, "in another room");
    let header = table.room(0).op(&notes[0]).expect("held").encode_withheld();
    gives(&mut table, 0, vec![changed, elsewhere, header, vec![], fair.clone(), fair]);
    let shown = briefing(&mut table, 2);
    assert_eq!((shown.not_shown, shown.notes.len(), shown.notes[0].id), (5, 1, notes[0]), "and nothing twice");
}

#[test]
fn what_an_author_wrote_after_it_was_taken_away_is_not_shown() {
    let mut table = table(BRIEFED);
    let leyla = table.key(1);
    table.does(0, Command::Remove(leyla)).expect("the convener may");
    table.settles();
    let room = table.room(1).id();
    let late = signed(&mut table, 1, room, 9, "as though I still sat here");
    gives(&mut table, 0, vec![late]);
    assert_eq!((briefing(&mut table, 2).notes, briefing(&mut table, 2).not_shown), (vec![], 1));
}

#[test]
fn who_holds_another_version_is_told() {
    let mut table = table(BRIEFED);
    let notes = ids(&table.view(0));
    let number = table.room(0).op(&notes[0]).expect("held").number();
    let room = table.room(1).id();
    let twin = signed(&mut table, 1, room, number, "we could live with the tenth");
    gives(&mut table, 1, vec![twin]);
    assert!(briefing(&mut table, 0).notes[0].contradicted);
    assert!(!briefing(&mut table, 2).notes[0].contradicted, "who came later cannot know");
}

#[test]
fn what_was_never_said_is_not_shown() {
    let mut table = table(BRIEFED);
    let room = table.room(0).id();
    let never = signed(&mut table, 0, room, 9999, "as we agreed in March");
    gives(&mut table, 0, vec![never]);
    for who in 0..3 {
        assert_eq!((briefing(&mut table, who).notes, briefing(&mut table, who).not_shown), (vec![], 1));
    }
}

#[test]
fn void_version_of_a_note_of_a_removed_head_is_not_shown() {
    let mut table = table(BRIEFED);
    let twin = table.room(1).hostile_twin(Body::Note(Note::new(0, "we could live with the tenth"))).expect("a twin");
    table.says(1, &twin);
    table.settles();
    let leyla = table.key(1);
    let versions: Vec<_> =
        table.room(0).ops().filter(|op| op.author() == leyla && op.kind() == Kind::Note).cloned().collect();
    assert_eq!(versions.len(), 2, "both are shown until one of them is void");
    table.does(0, Command::Remove(leyla)).expect("the convener may");
    table.settles();
    let void = versions.iter().find(|op| table.room(0).is_void(&op.id())).expect("one chain ends");
    gives(&mut table, 0, vec![void.encode()]);
    assert_eq!((briefing(&mut table, 0).notes, briefing(&mut table, 0).not_shown), (vec![], 1));
}

#[test]
fn what_was_written_before_the_charter_let_is_not_given() {
    let mut table = table(Terms::default());
    let before = ids(&table.view(0))[0];
    let bytes = table.room(0).op(&before).expect("held").encode();
    table.does(0, Command::Charter(CharterStep::Amend(BRIEFED))).expect("the convener may");
    table.settles();
    for head in [1, 2] {
        let change = table.view(head).charter.amendments[0].id;
        table.does(head, Command::Charter(CharterStep::Sign(change))).expect("a head may");
        table.settles();
    }
    table.writes(0, "on the new terms");
    assert_eq!(table.does(0, Command::Brief(vec![before])), Err(Error::NotNow));
    gives(&mut table, 0, vec![bytes]);
    assert_eq!((briefing(&mut table, 2).notes, briefing(&mut table, 2).not_shown), (vec![], 1));
    let after = *ids(&table.view(0)).last().expect("a note");
    table.does(0, Command::Brief(vec![after])).expect("written since");
}

#[test]
fn a_briefing_has_a_size() {
    let mut table = table(BRIEFED);
    assert_eq!(table.does(0, Command::Brief(vec![])), Err(Error::BriefingSize));
    assert_eq!(table.does(0, Command::Brief(vec![OpId([1; 32])])), Err(Error::NotNow), "nobody holds it");
    for place in 0..2 {
        table.writes(0, &format!("{place}{}", "x".repeat(33_000)));
    }
    let notes = ids(&table.view(0));
    assert_eq!(table.does(0, Command::Brief(notes[2..].to_vec())), Err(Error::BriefingSize));
    table.does(0, Command::Brief(notes[..3].to_vec())).expect("one of them fits");
    table.settles();
    assert_eq!(briefing(&mut table, 2).notes.len(), 3);
}
