//! Taking a seat away, and leaving.

use record::{Authority, Role};

use super::Table;
use crate::view::{Invites, Phase, Readers, Standing, TurnedAway};
use crate::{Command, Error, PartyChoice};

#[test]
fn removed_seat_is_told_by_whom_and_can_do_nothing_more() {
    let mut table = Table::of(&[("Leyla", Role::Head), ("Bahram", Role::Head)]);
    table.writes(2, "before");
    let gone = table.key(2);
    table.does(0, Command::Remove(gone)).expect("the convener may");
    table.settles();
    table.writes(0, "after");

    let view = table.view(2);
    assert_eq!(view.standing, Some(Standing::Removed { by: Some("Amina".into()), void: 0 }));
    assert!(!view.rights.write && view.rights.invite == Invites::None);
    assert!(view.seats.iter().all(|seat| !seat.you && seat.may_remove == Authority::None && seat.pairwise.is_none()));
    assert_eq!(view.number, None);
    assert_eq!(table.does(2, Command::Write("no".into())), Err(Error::NotNow));
    assert_eq!(table.reads(2), ["before"]);
    for who in [0, 1] {
        assert_eq!(table.seated(who), ["Amina", "Leyla"]);
        assert_eq!(table.reads(who), ["before", "after"]);
        assert_eq!(&*table.view(who).notes[0].author, "Bahram", "the name stays with the note");
    }
}

#[test]
fn notes_after_the_own_removal_are_counted_as_void() {
    let mut table = Table::of(&[("Leyla", Role::Head)]);
    table.writes(1, "in time");
    table.happens(1, crate::Input::Disconnected);
    table.people[1].attends.clear();
    let gone = table.key(1);
    table.does(0, Command::Remove(gone)).expect("the convener may");
    table.settles();
    table.writes(1, "too late");
    table.happens(1, crate::Input::Connected { host: "talks.example".into() });
    let hello = wire::FromRelay::Hello { limits: wire::Limits::default(), challenge: [8; 32] };
    table.happens(1, crate::Input::Relay(hello));
    table.settles();
    assert_eq!(table.standing(1), Standing::Removed { by: Some("Amina".into()), void: 1 });
    assert_eq!(table.reads(0), ["in time"]);
}

#[test]
fn who_may_remove_whom_is_shown_and_kept() {
    let mut table = Table::of(&[("Leyla", Role::Head), ("Bahram", Role::Observer)]);
    let may = |table: &mut Table, who: usize| -> Vec<Authority> {
        table.view(who).seats.iter().map(|seat| seat.may_remove).collect()
    };
    let (alone, second, none) = (Authority::Alone, Authority::WithSecondKey, Authority::None);
    assert_eq!(may(&mut table, 0), [alone, alone, alone]);
    assert_eq!(may(&mut table, 1), [second, alone, none]);
    assert_eq!(may(&mut table, 2), [none, none, alone]);
    let other = table.key(2);
    assert_eq!(table.does(1, Command::Remove(other)), Err(Error::NotNow));
    table.settles();
    assert_eq!(table.seated(0).len(), 3);
}

#[test]
fn who_leaves_is_gone_for_the_others_and_keeps_what_was_there() {
    let mut table = Table::of(&[("Leyla", Role::Head), ("Bahram", Role::Observer)]);
    table.writes(0, "before");
    let own = table.key(2);
    table.does(2, Command::Remove(own)).expect("everybody may leave");
    table.settles();
    table.writes(1, "after");
    assert_eq!(table.standing(2), Standing::Removed { by: None, void: 0 });
    assert_eq!(table.reads(2), ["before"]);
    assert_eq!(table.seated(0), ["Amina", "Leyla"]);
}

#[test]
fn door_of_a_convener_who_left_is_shut() {
    let mut table = Table::of(&[("Leyla", Role::Head)]);
    let waiting = table.knocks("Bahram", PartyChoice::New, Role::Head);
    let link = table.view(0).links[0].fragment.clone();
    let own = table.key(0);
    table.does(0, Command::Remove(own)).expect("everybody may leave");
    table.settles();
    assert!(table.view(0).door.is_empty());
    assert_eq!(table.view(waiting).phase, Phase::TurnedAway(TurnedAway::Revoked));
    let late = table.knocks_with(&link, "Nadia");
    assert_eq!(table.view(late).phase, Phase::TurnedAway(TurnedAway::Revoked));
}

#[test]
fn seat_just_taken_away_is_a_reader_until_the_keys_change() {
    let mut table = Table::of(&[("Leyla", Role::Head), ("Bahram", Role::Head)]);
    let gone = table.key(2);
    table.does(0, Command::Remove(gone)).expect("the convener may");
    assert_eq!(table.seated(0), ["Amina", "Leyla"]);
    let readers = |parties: &[usize], gone: &[&str]| Readers {
        parties: parties.to_vec(),
        seats: parties.len(),
        shut_out_next: gone.iter().map(|name| (*name).into()).collect(),
    };
    assert_eq!(table.view(0).readers, readers(&[0, 1, 2], &["Bahram"]));
    table.settles();
    assert_eq!(table.view(0).readers, readers(&[0, 1], &[]));
}
