//! Files given into a talk, and what pages tell each other of them.

use std::sync::Arc;

use record::{ContentKey, ContentRoot, FILE_BYTES, FilePath, Name, Newcomers, Release, Role, Terms, WhoAdmits};

use super::Table;
use crate::view::Standing;
use crate::view::{FileView, NoteView};
use crate::{CharterStep, Command, Effect, Error, Event, Giving, Input, PartyChoice, TELL_BYTES, Talk};

fn file() -> FileView {
    FileView {
        path: FilePath::read("annex/map 3.pdf").expect("a fair way"),
        size: 123_456_789,
        root: ContentRoot([1; 32]),
        key: ContentKey([2; 32]),
        media: Some(Name::typed("application/pdf").expect("a fair name")),
        modified_at: Some(1_700_000_000_000),
    }
}

fn giving(file: &FileView) -> Command {
    let FileView { path, size, root, key, media, modified_at } = file.clone();
    Command::Give(Giving { path, size, root, key, media, modified_at, release: Some(Release::Verbatim) })
}

/// The only file among the notes, as somebody sees it.
fn given(table: &mut Table, who: usize) -> Arc<NoteView> {
    let view = table.view(who);
    let mut files = view.notes.iter().filter(|note| note.file.is_some());
    let file = files.next().expect("a file").clone();
    assert!(files.next().is_none());
    file
}

#[test]
fn file_stands_among_the_notes_as_it_was_given() {
    let mut table = Table::of(&[("Leyla", Role::Head), ("Omid", Role::Observer)]);
    table.writes(0, "please");
    let at = table.now;
    table.does(1, giving(&file())).expect("a head may");
    assert_eq!(table.view(1).unsent, 1);
    table.settles();
    table.writes(0, "thank you");
    for who in 0..3 {
        assert_eq!(table.reads(who), ["please", "", "thank you"]);
        let note = given(&mut table, who);
        assert!(note.file.as_deref() == Some(&file()));
        assert!(note.briefing.is_none() && note.conveyed.is_none());
        assert_eq!((&*note.author, note.written_at, note.own), ("Leyla", at, who == 1));
        assert_eq!((note.release, note.held, note.readers), (Some(Release::Verbatim), 3, 3));
        assert!(!note.may_leave(Release::Verbatim) && !note.may_leave(Release::Substance));
        assert_eq!(table.view(who).unsent, 0);
    }
    assert!(!format!("{:?}", file()).contains("map"));
    let store = table.people[2].store.clone();
    let again = Talk::reopen(&store, [9; 32]).expect("what was stored").view(table.now);
    let files: Vec<_> = again.notes.iter().map(|note| note.file.as_deref().cloned()).collect();
    assert!(files == [None, Some(file()), None], "and after a restart");
}

#[test]
fn page_is_told_that_a_file_came() {
    let mut table = Table::of(&[("Leyla", Role::Head)]);
    table.does(1, giving(&file())).expect("a head may");
    let (mut arrived, published) = (Vec::new(), std::mem::take(&mut table.published));
    for (topic, payload) in published {
        let deliver = wire::FromRelay::Deliver { topic, sequence: 99, payload };
        let effects = table.people[0].talk.handle(Input::Relay(deliver), table.now).expect("only commands fail");
        arrived.extend(effects.into_iter().filter_map(|effect| match effect {
            Effect::Show(Event::NoteArrived(op)) => Some(op),
            Effect::Show(Event::Changed | Event::Knocked(_)) | Effect::Told { .. } => None,
            Effect::Persist(_) | Effect::Send(_) | Effect::Schedule(_) => None,
        }));
    }
    assert_eq!(arrived, [given(&mut table, 0).id]);
}

#[test]
fn who_may_not_give_files_gives_none() {
    let roles = [Role::Convener, Role::Head, Role::Adviser, Role::Interpreter, Role::Observer];
    let mut table = Table::of(&[("Leyla", roles[1]), ("Bahram", roles[2]), ("Ilse", roles[3]), ("Omid", roles[4])]);
    for (who, role) in roles.into_iter().enumerate() {
        let done = table.does(who, giving(&file()));
        assert_eq!(done, if role.gives_files() { Ok(()) } else { Err(Error::NotNow) });
        assert_eq!(table.view(who).rights.give_files, role.gives_files());
    }
    table.settles();
    assert_eq!(table.reads(4).len(), 3);
}

#[test]
fn file_has_a_length() {
    let mut table = Table::of(&[("Leyla", Role::Head)]);
    assert_eq!(table.does(1, giving(&FileView { size: FILE_BYTES + 1, ..file() })), Err(Error::NotNow));
    table.does(1, giving(&FileView { size: FILE_BYTES, ..file() })).expect("just as long");
    table.settles();
    assert_eq!(given(&mut table, 0).file.as_ref().map(|file| file.size), Some(FILE_BYTES));
}

#[test]
fn nothing_is_given_after_the_end_and_what_was_stays() {
    let mut table = Table::of(&[("Leyla", Role::Head)]);
    table.does(1, giving(&file())).expect("a head may");
    table.settles();
    table.does(0, CharterStep::End.into()).expect("the convener admits alone");
    table.settles();
    assert!(table.view(1).charter.end.ended);
    for who in 0..2 {
        assert_eq!(table.does(who, giving(&file())), Err(Error::NotNow));
        assert!(!table.view(who).rights.give_files);
        assert!(given(&mut table, who).file.as_deref() == Some(&file()));
    }
}

#[test]
fn file_from_before_somebody_came_is_counted_and_not_seen() {
    let mut table = Table::of(&[("Leyla", Role::Head)]);
    table.does(1, giving(&file())).expect("a head may");
    table.settles();
    let bahram = table.knocks("Bahram", PartyChoice::New, Role::Head);
    table.admits(0);
    assert_eq!((table.reads(bahram).len(), table.view(bahram).withheld), (0, 1));
}

#[test]
fn file_given_in_a_side_room_stays_there() {
    let mut table = Table::of(&[("Leyla", Role::Head), ("Bahram", Role::Head)]);
    let amina = table.opens_side_room(0, "Shuttle", &[1]);
    let leyla = table.follows(1);
    table.does(leyla, giving(&file())).expect("a head may");
    table.does(leyla, Command::Tell(b"here it is".to_vec())).expect("may tell");
    table.settles();
    assert!(given(&mut table, amina).file.as_deref() == Some(&file()));
    assert_eq!(table.people[amina].told.len(), 1);
    assert!((0..3).all(|who| table.reads(who).is_empty() && table.people[who].told.is_empty()));
}

#[test]
fn files_are_in_no_briefing() {
    let mut table = Table::opened(WhoAdmits::Convener);
    let terms = Terms { newcomers: Newcomers::Briefed, ..Terms::default() };
    table.does(0, CharterStep::Amend(terms).into()).expect("the convener is alone");
    table.does(0, giving(&file())).expect("the convener may");
    table.settles();
    assert!(table.view(0).charter.may_brief_since.is_some());
    let file = given(&mut table, 0).id;
    assert_eq!(table.does(0, Command::Brief(vec![file])), Err(Error::NotNow));
}

#[test]
fn file_given_unheard_by_who_was_removed_is_void() {
    let mut table = Table::of(&[("Leyla", Role::Head)]);
    let leyla = table.key(1);
    table.happens(1, Input::Disconnected);
    table.people[1].attends.clear();
    table.does(0, Command::Remove(leyla)).expect("the convener may");
    table.settles();
    table.does(1, giving(&file())).expect("it knows nothing of that");
    table.connects(1);
    table.settles();
    let by = Some("Amina".into());
    assert_eq!(table.standing(1), Standing::Removed { by, void: 1 });
    assert!(table.reads(0).is_empty());
}

#[test]
fn told_bytes_pass_from_page_to_page() {
    let mut table = Table::of(&[("Leyla", Role::Head), ("Omid", Role::Observer)]);
    let (amina, leyla, omid) = (table.key(0), table.key(1), table.key(2));
    let stores: Vec<_> = table.people.iter().map(|person| person.store.clone()).collect();
    table.does(1, Command::Tell(b"who has it?".to_vec())).expect("may tell");
    table.delivers();
    table.does(0, Command::Tell(vec![1; TELL_BYTES])).expect("may tell");
    table.does(2, Command::Tell(b"I".to_vec())).expect("an observer, too");
    table.delivers();
    let told = |who: usize| table.people[who].told.clone();
    let (asked, long, answered) =
        ((leyla, b"who has it?".to_vec()), (amina, vec![1; TELL_BYTES]), (omid, b"I".to_vec()));
    assert_eq!(told(0), [asked.clone(), answered.clone()]);
    assert_eq!(told(1), [long.clone(), answered]);
    assert_eq!(told(2), [asked, long]);
    for (person, store) in table.people.iter().zip(stores) {
        assert!(person.store == store, "nothing is written");
    }
    table.settles();
    assert!((0..3).all(|who| table.reads(who).is_empty()));
}

#[test]
fn tells_need_a_connection_and_a_seat() {
    let mut table = Table::of(&[("Leyla", Role::Head)]);
    assert_eq!(table.does(1, Command::Tell(vec![0; TELL_BYTES + 1])), Err(Error::NotNow));
    table.happens(1, Input::Disconnected);
    assert_eq!(table.does(1, Command::Tell(vec![1])), Err(Error::NotNow));
    table.connects(1);
    let leyla = table.key(1);
    table.does(0, Command::Remove(leyla)).expect("the convener may");
    table.settles();
    assert_eq!(table.does(1, Command::Tell(vec![1])), Err(Error::NotNow));
    let waiting = table.knocks("Bahram", PartyChoice::New, Role::Head);
    assert_eq!(table.does(waiting, Command::Tell(vec![1])), Err(Error::NotNow));
}
