//! What people are told when a seat breaks the rules.

use std::collections::BTreeSet;

use record::{Body, Note, Role, StateId};

use room::parts::{Hoard, Lie};

use super::Table;
use crate::Command;
use crate::view::{Alarm, Remedy};

fn told(table: &mut Table, who: usize) -> Vec<(Alarm, Option<String>, bool, Remedy)> {
    let alarms = table.view(who).alarms;
    alarms.into_iter().map(|a| (a.what, a.name.map(|name| name.to_string()), a.you, a.remedy)).collect()
}

fn twin(table: &mut Table, who: usize) {
    table.writes(who, "one version");
    let body = Body::Note(Note::new(1, "another"));
    let frame = table.room(who).hostile_twin(body).expect("something was said");
    table.says(who, &frame);
    table.settles();
}

#[test]
fn honest_people_are_told_nothing() {
    let mut table = Table::of(&[("Leyla", Role::Head), ("Bahram", Role::Adviser)]);
    table.writes(1, "a note");
    for who in 0..3 {
        assert_eq!(told(&mut table, who), []);
    }
}

#[test]
fn two_versions_are_told_with_the_name_and_what_each_can_do() {
    let mut table = Table::of(&[("Leyla", Role::Head), ("Bahram", Role::Head)]);
    twin(&mut table, 2);
    let bahram = || Some("Bahram".to_owned());
    assert_eq!(told(&mut table, 0), [(Alarm::TwoVersions, bahram(), false, Remedy::Remove)]);
    assert_eq!(told(&mut table, 1), [(Alarm::TwoVersions, bahram(), false, Remedy::AskConvener)]);
    let own = told(&mut table, 2);
    assert!(own.contains(&(Alarm::TwoVersions, bahram(), true, Remedy::Remove)), "{own:?}");
    let texts = table.reads(0);
    assert!(texts.contains(&"one version".into()) && texts.contains(&"another".into()), "both are shown");

    let gone = table.key(2);
    table.does(0, Command::Remove(gone)).expect("the convener may");
    table.settles();
    assert_eq!(told(&mut table, 1), [(Alarm::TwoVersions, bahram(), false, Remedy::Done)]);
}

#[test]
fn against_the_convener_only_a_new_talk_helps() {
    let mut table = Table::of(&[("Leyla", Role::Head)]);
    twin(&mut table, 0);
    assert_eq!(told(&mut table, 1), [(Alarm::TwoVersions, Some("Amina".into()), false, Remedy::NewTalk)]);
}

#[test]
fn seat_that_runs_twice_is_told_once_however_it_shows() {
    let mut table = Table::of(&[("Leyla", Role::Head), ("Bahram", Role::Head)]);
    let state = table.room(2).state();
    for (at, same_counter) in [(state, false), (StateId([9; 32]), true)] {
        let beacon = table.room(2).hostile_beacon(at, same_counter);
        table.says(2, &beacon);
        table.delivers();
    }
    let mut hoard = Hoard::default();
    hoard.keep(table.room(2));
    for _ in 0..2 {
        let nobody = BTreeSet::new();
        let commit = hoard.commit(table.room(2), state, &nobody, Lie::None).expect("a held state");
        table.says(2, &commit);
        table.delivers();
    }
    let bahram = table.key(2);
    let noticed: Vec<room::Alarm> = table.room(0).alarms().copied().collect();
    assert!(noticed.contains(&room::Alarm::TwoBeacons(bahram)) && noticed.contains(&room::Alarm::TwoCommits(bahram)));
    let told = told(&mut table, 0).into_iter().filter(|(what, ..)| *what == Alarm::RunsTwice);
    assert_eq!(told.collect::<Vec<_>>(), [(Alarm::RunsTwice, Some("Bahram".into()), false, Remedy::Remove)]);
}
