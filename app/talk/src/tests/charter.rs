//! The charter: told at the door, signed on entering, changed by all parties, and the end of the talk.

use record::{Copies, FileTerms, Newcomers, Role, Terms, WhoAdmits};

use super::Table;
use crate::view::{Phase, Told, TurnedAway};
use crate::{CharterStep, Command, Error, PartyChoice};

const OFF: Terms = Terms { copies: Copies::OffTheRecord, newcomers: Newcomers::Nothing, files: FileTerms::Any };

/// Amina convenes (0), Leyla and Bahram speak for a party each (1, 2), Omid observes (3).
fn table() -> Table {
    Table::of(&[("Leyla", Role::Head), ("Bahram", Role::Head), ("Omid", Role::Observer)])
}

fn does(table: &mut Table, who: usize, step: CharterStep) -> Result<(), Error> {
    table.does(who, Command::Charter(step))?;
    table.settles();
    Ok(())
}

/// The convener proposes, and a head signs.
fn amends(table: &mut Table, terms: Terms, heads: &[usize]) {
    does(table, 0, CharterStep::Amend(terms)).expect("the convener may");
    for head in heads {
        let proposed = table.view(*head).charter.amendments[0].clone();
        assert!(proposed.may_sign && !proposed.you && &*proposed.by == "Amina");
        does(table, *head, CharterStep::Sign(proposed.id)).expect("a head may");
    }
}

#[test]
fn terms_are_told_at_the_door_and_signed_on_entering() {
    let mut table = Table::opened(WhoAdmits::Convener);
    amends(&mut table, OFF, &[]);
    assert_eq!(table.view(0).charter.terms, OFF, "the convener is the only party");
    let leyla = table.knocks("Leyla", PartyChoice::New, Role::Head);
    let Phase::AtTheDoor { told, .. } = table.view(leyla).phase else { panic!("not in yet") };
    assert_eq!(told, Some(Told { who_admits: WhoAdmits::Convener, terms: OFF, without_convener: false }));
    table.admits(0);
    let (me, agreed) = (table.key(leyla), table.room(0).table().agreed.clone());
    assert_eq!(agreed.signed.get(&me), agreed.by.as_ref(), "everybody holds the signature");
    assert_eq!((table.view(leyla).charter.sign, table.view(leyla).charter.terms), (None, OFF));
}

#[test]
fn terms_that_changed_while_somebody_waited_are_not_signed_unread() {
    let mut table = Table::opened(WhoAdmits::Convener);
    let leyla = table.knocks("Leyla", PartyChoice::New, Role::Head);
    table.does(0, Command::Charter(CharterStep::Amend(OFF))).expect("the convener may");
    let knock = table.view(0).door[0].id;
    table.does(0, Command::Admit(knock)).expect("may admit");
    table.settles();
    assert_eq!(table.view(leyla).phase, Phase::Seated);
    let terms = table.view(leyla).charter.sign.expect("the person is asked");
    does(&mut table, leyla, CharterStep::Sign(terms)).expect("whoever sits may");
    assert_eq!(table.view(leyla).charter.sign, None);
    assert_eq!(does(&mut table, leyla, CharterStep::Sign(terms)), Err(Error::NotNow), "once is enough");
}

#[test]
fn charter_changes_once_a_head_of_each_party_has_signed() {
    let mut table = table();
    amends(&mut table, OFF, &[1]);
    for who in 0..4 {
        let charter = table.view(who).charter;
        assert_eq!((charter.terms, charter.amendments.len()), (Terms::default(), 1));
        // Observers speak for no party.
        assert_eq!(charter.amendments[0].awaited, ["Party of Bahram".into()]);
        assert_eq!((charter.amendments[0].may_sign, charter.may_amend), (who == 2, who < 3));
    }
    let proposed = table.view(3).charter.amendments[0].id;
    assert_eq!(does(&mut table, 3, CharterStep::Sign(proposed)), Err(Error::NotNow));
    assert_eq!(does(&mut table, 3, CharterStep::Amend(OFF)), Err(Error::NotNow));
    does(&mut table, 2, CharterStep::Sign(proposed)).expect("the last party");
    assert!((0..4).all(|who| table.view(who).charter.terms == OFF && table.view(who).charter.amendments.is_empty()));
}

#[test]
fn ended_talk_is_read_and_nobody_writes_or_comes_in() {
    let mut table = table();
    table.writes(1, "the last word");
    let newcomer = table.knocks("Nasrin", PartyChoice::New, Role::Observer);
    assert_eq!(does(&mut table, 3, CharterStep::End), Err(Error::NotNow), "an observer");
    does(&mut table, 0, CharterStep::End).expect("the convener admits alone");
    assert_eq!(table.view(newcomer).phase, Phase::TurnedAway(TurnedAway::Revoked));
    for who in 0..4 {
        let view = table.view(who);
        assert!(view.charter.end.ended && view.charter.end.by == ["Amina".into()]);
        assert!(!view.rights.write && !view.rights.side_rooms && view.door.is_empty());
        assert_eq!(table.does(who, Command::Write("more".into())), Err(Error::NotNow));
        assert_eq!(table.reads(who), ["the last word"]);
    }
    assert_eq!(table.does(0, Command::Charter(CharterStep::End)), Err(Error::NotNow));
}

#[test]
fn end_by_two_sides_tells_who_wishes_it_and_whose_word_is_awaited() {
    let mut table = table();
    does(&mut table, 1, CharterStep::End).expect("a head may say so");
    assert!((0..4).all(|who| !table.view(who).charter.end.ended && table.view(who).charter.end.by.len() == 1));
    assert!((0..4).all(|who| table.view(who).charter.end.may_say == (who == 0 || who == 2)));
    assert!(table.view(2).charter.end.yours_would_do);
    table.writes(2, "it goes on until then");
    does(&mut table, 2, CharterStep::End).expect("the second key");
    assert!((0..4).all(|who| table.view(who).charter.end.ended));
}

#[test]
fn nobody_is_let_in_after_the_end_by_whichever_door() {
    let mut table = table();
    let own = table.view(1).parties[1].id;
    let proposed = table.knocks_at(1, "Nasrin", PartyChoice::Existing(own), Role::Adviser);
    table.admits(1);
    let waits = table.knocks_at(1, "Babak", PartyChoice::Existing(own), Role::Adviser);
    let proposal = table.view(2).proposals[0].id;
    does(&mut table, 0, CharterStep::End).expect("the convener");
    assert_eq!(table.view(waits).phase, Phase::TurnedAway(TurnedAway::Revoked), "at a head's door");
    assert_eq!(table.view(2).proposals, []);
    assert_eq!(table.does(2, Command::Agree(proposal)), Err(Error::NotNow));
    assert!(matches!(table.view(proposed).phase, Phase::AtTheDoor { .. }));
}

#[test]
fn word_of_a_head_that_left_counts_and_the_next_one_ends_the_talk() {
    let mut table = table();
    does(&mut table, 1, CharterStep::End).expect("a head");
    let leyla = table.key(1);
    table.does(1, Command::Remove(leyla)).expect("may leave");
    table.settles();
    assert!(table.view(2).charter.end.yours_would_do, "and its page says so");
    does(&mut table, 2, CharterStep::End).expect("a head");
    assert!(table.view(0).charter.end.ended);
}

#[test]
fn everybody_knows_only_when_all_who_sit_here_hold_the_end() {
    let mut table = table();
    table.happens(2, crate::Input::Disconnected);
    table.people[2].attends.clear();
    does(&mut table, 0, CharterStep::End).expect("the convener");
    assert!(table.view(1).charter.end.ended && !table.view(1).charter.end.known && !table.view(0).charter.end.known);
    table.connects(2);
    table.settles();
    assert!((0..4).all(|who| table.view(who).charter.end.known));
}

#[test]
fn charter_and_end_are_there_after_a_restart() {
    let mut table = table();
    amends(&mut table, OFF, &[1, 2]);
    does(&mut table, 0, CharterStep::End).expect("the convener");
    let store = table.people[2].store.clone();
    let mut again = crate::Talk::reopen(&store, [9; 32]).expect("what was stored");
    let view = again.view(table.now);
    assert!(view.charter.end.ended && view.charter.terms == OFF);
}
