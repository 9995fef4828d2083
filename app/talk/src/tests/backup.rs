//! Backups: what they hold, and coming back from one.

use record::{Authority, Role};

use super::Table;
use crate::view::{Alarm, Invites, Phase, Standing};
use crate::{Backup, Command, Error, PartyChoice, Talk};

impl Table {
    fn backup_of(&self, who: usize) -> Vec<u8> {
        Backup::of([&self.people[who].store], self.now).encode()
    }

    /// The page is gone for good, and somebody opens a backup in another browser.
    fn restores(&mut self, who: usize, content: &[u8]) {
        let mut backup = Backup::read(content).expect("sound");
        let rows = backup.talks.pop().expect("one talk");
        self.people[who].talk = Talk::reopen(&rows, [99; 32]).expect("opens");
        self.people[who].store = rows;
        self.people[who].attends.clear();
        self.connects(who);
    }

    fn texts(&mut self, who: usize) -> Vec<String> {
        self.view(who).notes.iter().map(|note| note.text.to_string()).collect()
    }
}

#[test]
fn seat_comes_back_from_its_backup_and_the_others_are_told() {
    let mut table = Table::of(&[("Daniel", Role::Head), ("Farah", Role::Observer)]);
    table.writes(1, "before");
    let content = table.backup_of(1);
    table.writes(1, "after");
    table.people[1].attends.clear();
    table.writes(0, "meanwhile");
    table.restores(1, &content);

    let view = table.view(1);
    assert_eq!((view.phase, view.standing), (Phase::Seated, Some(Standing::Restored)));
    assert!(!view.rights.write && view.rights.invite == Invites::None && view.number.is_none());
    assert!(view.seats.iter().all(|seat| seat.may_remove == Authority::None));
    assert_eq!(table.texts(1), ["before"]);
    assert_eq!(table.does(1, Command::Write("too early".into())), Err(Error::NotNow));

    table.settles();
    assert_eq!(table.view(1).standing, Some(Standing::Seated));
    assert!(table.view(1).rights.write);
    assert_eq!(table.texts(1), ["before", "after", "meanwhile"]);
    table.writes(1, "back");
    assert_eq!(table.texts(0), ["before", "after", "meanwhile", "back"]);
    let me = table.view(1).seats.iter().find(|seat| seat.you).expect("seated").key;
    let told = |alarm: &crate::view::AlarmView| alarm.what == Alarm::Rejoined && alarm.seat == me;
    assert!(table.view(0).alarms.iter().any(told));
    assert_eq!(table.view(0).number, table.view(1).number);
}

#[test]
fn convener_restored_from_a_backup_answers_at_the_doors_made_before() {
    let mut table = Table::of(&[("Daniel", Role::Head)]);
    table.does(0, Command::Invite { party: PartyChoice::New, role: Role::Adviser }).expect("may invite");
    let fragment = table.view(0).links[0].fragment.clone();
    let content = table.backup_of(0);
    table.restores(0, &content);
    table.settles();
    assert_eq!(table.view(0).standing, Some(Standing::Seated));
    let newcomer = table.knocks_with(&fragment, "Farah");
    let knock = table.view(0).door[0].id;
    table.does(0, Command::Admit(knock)).expect("may admit");
    table.settles();
    assert_eq!(table.view(newcomer).phase, Phase::Seated);
}

#[test]
fn backup_holds_no_talk_without_a_seat() {
    let mut table = Table::of(&[]);
    let newcomer = table.knocks("Farah", PartyChoice::New, Role::Adviser);
    let turned_away = table.knocks("Daniel", PartyChoice::New, Role::Adviser);
    let knock = table.view(0).door.iter().find(|knock| &*knock.name == "Daniel").expect("knocks").id;
    table.does(0, Command::Decline(knock)).expect("may decline");
    table.settles();
    let stores = [0, newcomer, turned_away].map(|who| table.people[who].store.clone());
    assert_eq!(Backup::of(&stores, table.now).talks.len(), 1);
    assert_eq!(Backup::of(&stores[1..], table.now).talks.len(), 0);
}

#[test]
fn content_that_is_not_a_whole_backup_gives_nothing() {
    let table = Table::of(&[("Daniel", Role::Head)]);
    let content = table.backup_of(1);
    let backup = Backup::read(&content).expect("sound");
    assert_eq!((backup.made, backup.encode()), (table.now, content.clone()));
    for end in [0, 1, content.len() / 2, content.len() - 1] {
        assert_eq!(Backup::read(&content[..end]).err(), Some(Error::Damaged), "cut off at {end}");
    }
    for row in backup.talks[0].keys().filter(|row| [&[0][..], &[1, 0]].contains(&&row[..])) {
        let mut without = Backup { made: backup.made, talks: backup.talks.clone(), left_out: 0 };
        without.talks[0].remove(row);
        assert_eq!(Backup::read(&without.encode()).err(), Some(Error::Damaged), "without row {row:?}");
    }
}

#[test]
fn talk_that_cannot_be_opened_keeps_no_other_out() {
    let (one, other) = (Table::of(&[("Daniel", Role::Head)]), Table::of(&[("Farah", Role::Head)]));
    let mut damaged = one.people[1].store.clone();
    damaged.retain(|row, _| row[..] != [1, 9] && row[..] != [1, 10]);
    let backup = Backup::of([&damaged, &other.people[1].store], one.now);
    assert_eq!((backup.talks.len(), backup.left_out), (1, 1));
    let mut both = Backup::of([&one.people[1].store, &other.people[1].store], one.now);
    both.talks[0].remove(&[1, 0][..]);
    let read = Backup::read(&both.encode()).expect("one is sound");
    assert_eq!((read.talks.len(), read.left_out), (1, 1));
}

/// Whoever made the file knows its passphrase, and could put words into anybody's mouth.
#[test]
fn backup_in_which_somebody_elses_note_is_forged_gives_nothing() {
    let mut table = Table::of(&[("Daniel", Role::Head)]);
    table.writes(0, "what Amina wrote");
    let mut backup = Backup::read(&table.backup_of(1)).expect("sound");
    let op = backup.talks[0].values_mut().find(|row| row.windows(16).any(|text| text == b"what Amina wrote"));
    let op = op.expect("kept");
    // At its end the content, some 45 bytes long, and before that the signature.
    let signature = op.len() - 80;
    op[signature] ^= 1;
    assert_eq!(Backup::read(&backup.encode()).err(), Some(Error::Damaged));
}
