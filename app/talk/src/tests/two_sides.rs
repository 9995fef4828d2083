//! Where two sides must agree to a seat, and to its being taken away.

use record::{Authority, Role, WhoAdmits};

use super::Table;
use crate::view::{Invites, Phase, Stage, Standing, TurnedAway};
use crate::{Command, Error, PartyChoice};

/// Amina convenes (0), Leyla and Bahram speak for a party each (1, 2).
fn two_sides() -> Table {
    let mut table = Table::opened(WhoAdmits::TwoSides);
    let leyla = table.knocks("Leyla", PartyChoice::New, Role::Head);
    table.admits(0);
    assert_eq!(table.view(leyla).phase, Phase::Seated, "nobody else could agree yet");
    let bahram = table.knocks("Bahram", PartyChoice::New, Role::Head);
    table.admits(0);
    assert!(matches!(table.view(bahram).phase, Phase::AtTheDoor { .. }), "the convener is one side only");
    agrees(&mut table, leyla);
    assert_eq!(table.view(bahram).phase, Phase::Seated);
    table
}

fn agrees(table: &mut Table, who: usize) {
    let proposal = table.view(who).proposals[0].clone();
    table.does(who, Command::Agree(proposal.id)).expect("may agree");
    table.settles();
}

#[test]
fn door_says_who_has_to_agree_and_the_other_side_who_comes() {
    let mut table = two_sides();
    let own = table.view(1).parties[1].id;
    let newcomer = table.knocks_at(1, "Nasrin", PartyChoice::Existing(own), Role::Adviser);
    assert_eq!(table.view(1).door[0].stage, Stage::Waits);
    table.admits(1);
    assert_eq!(table.view(1).door[0].stage, Stage::NeedsSecondKey(vec!["Amina".into(), "Bahram".into()]));
    assert_eq!(table.view(1).proposals, [], "nobody agrees to the own proposal");
    for who in [0, 2] {
        let proposals = table.view(who).proposals;
        let [proposal] = &proposals[..] else { panic!("one proposal") };
        assert_eq!((&*proposal.name, &*proposal.party, proposal.role), ("Nasrin", "Party of Leyla", Role::Adviser));
        assert_eq!((&*proposal.by, proposal.digits_compared), ("Leyla", true));
    }
    agrees(&mut table, 2);
    assert_eq!(table.view(newcomer).phase, Phase::Seated);
    assert_eq!(table.seated(0), ["Amina", "Leyla", "Nasrin", "Bahram"]);
    assert!((0..4).all(|who| table.view(who).proposals.is_empty() && table.view(who).door.is_empty()));
}

#[test]
fn proposal_taken_back_is_gone_everywhere_and_the_newcomer_is_told() {
    let mut table = two_sides();
    let newcomer = table.knocks("Nasrin", PartyChoice::New, Role::Observer);
    table.admits(0);
    let proposal = table.view(1).proposals[0].clone();
    let knock = table.view(0).door[0].id;
    table.does(0, Command::Decline(knock)).expect("not decided yet");
    table.settles();
    assert_eq!(table.view(newcomer).phase, Phase::TurnedAway(TurnedAway::Declined));
    assert_eq!((table.view(0).door, table.view(1).proposals), (vec![], vec![]));
    assert_eq!(table.does(1, Command::Agree(proposal.id)), Err(Error::NotNow));
}

#[test]
fn who_is_let_in_cannot_be_turned_away_any_more() {
    let mut table = two_sides();
    let newcomer = table.knocks("Nasrin", PartyChoice::New, Role::Observer);
    table.admits(0);
    let knock = table.view(0).door[0].id;
    agrees(&mut table, 1);
    assert_eq!(table.does(0, Command::Decline(knock)), Err(Error::NotNow));
    assert_eq!(table.view(newcomer).phase, Phase::Seated);
}

#[test]
fn second_key_given_while_the_inviter_is_away_lets_in_when_it_is_back() {
    let mut table = two_sides();
    let newcomer = table.knocks("Nasrin", PartyChoice::New, Role::Observer);
    table.admits(0);
    table.happens(0, crate::Input::Disconnected);
    table.people[0].attends.clear();
    agrees(&mut table, 1);
    assert!(matches!(table.view(newcomer).phase, Phase::AtTheDoor { .. }));
    table.connects(0);
    table.settles();
    assert_eq!(table.view(newcomer).phase, Phase::Seated);
}

#[test]
fn head_makes_links_for_its_own_party_only() {
    let mut table = two_sides();
    let [mediator, own, other] = [0, 1, 2].map(|party| table.view(0).parties[party].id);
    assert_eq!(table.view(0).rights.invite, Invites::All);
    assert_eq!(table.view(1).rights.invite, Invites::OwnParty(1));
    let existing = PartyChoice::Existing;
    for (party, role) in [
        (PartyChoice::New, Role::Adviser),
        (existing(mediator), Role::Adviser),
        (existing(other), Role::Adviser),
        (existing(own), Role::Head),
        (existing(own), Role::Convener),
    ] {
        assert_eq!(table.does(1, Command::Invite { party, role }), Err(Error::NotNow));
    }
    assert_eq!(table.does(1, Command::Invite { party: existing(own), role: Role::Interpreter }), Ok(()));
}

#[test]
fn seat_of_another_party_goes_when_two_sides_ask_for_it() {
    let mut table = two_sides();
    let leyla = table.key(1);
    assert_eq!(table.view(0).seats[1].may_remove, Authority::WithSecondKey);
    table.does(0, Command::Remove(leyla)).expect("may ask for it");
    table.settles();
    assert_eq!(table.standing(1), Standing::Seated);
    for (who, you, yours_would_do) in [(0, true, false), (1, false, false), (2, false, true)] {
        let wishes = table.view(who).seats[1].wished_away_by.clone();
        let [wish] = &wishes[..] else { panic!("one wish") };
        assert_eq!((&*wish.name, wish.you, wish.yours_would_do), ("Amina", you, yours_would_do));
    }
    table.writes(1, "still here");
    table.does(2, Command::Remove(leyla)).expect("may agree");
    table.settles();
    // The convener's word says from when on: the second key agrees that the seat goes, not when.
    assert!(matches!(table.standing(1), Standing::Removed { void: 1, .. }));
    assert_eq!(table.seated(0), ["Amina", "Bahram"]);
    assert!(table.reads(0).is_empty());
}

#[test]
fn convener_that_is_gone_is_taken_away_by_two_heads_who_go_on_together() {
    let mut table = two_sides();
    table.happens(0, crate::Input::Disconnected);
    table.people[0].attends.clear();
    let amina = table.key(0);
    for who in [1, 2] {
        table.does(who, Command::Remove(amina)).expect("may ask for it");
        table.settles();
    }
    assert_eq!(table.seated(1), ["Leyla", "Bahram"]);
    let own = table.view(1).parties[1].id;
    let newcomer = table.knocks_at(1, "Nasrin", PartyChoice::Existing(own), Role::Adviser);
    table.admits(1);
    agrees(&mut table, 2);
    assert_eq!(table.view(newcomer).phase, Phase::Seated);

    // And another mediator, under the same name; nobody decides alone as the first one did.
    assert_eq!(table.view(1).rights.invite, Invites::OwnPartyAndNew(1));
    let bahram = table.view(1).seats.iter().find(|seat| &*seat.name == "Bahram").expect("sits here").clone();
    assert_eq!(bahram.may_remove, Authority::None, "that took the convener");
    let mediator = table.knocks_at(1, "Amina", PartyChoice::New, Role::Head);
    assert!(table.view(1).door[0].name_is_taken && table.view(1).door[0].founds, "somebody of that name sat here");
    table.admits(1);
    assert!(matches!(table.view(mediator).phase, Phase::AtTheDoor { .. }));
    agrees(&mut table, 2);
    assert_eq!(table.view(mediator).phase, Phase::Seated);
    table.writes(mediator, "let us go on");
    assert_eq!(table.reads(2), ["let us go on"]);
    let second = table.knocks_at(mediator, "Leyla", PartyChoice::New, Role::Observer);
    assert!(table.view(mediator).door[0].name_is_taken);
    table.admits(mediator);
    assert!(table.view(1).proposals[0].name_is_taken);
    agrees(&mut table, 1);
    assert_eq!(table.view(second).phase, Phase::Seated);
}
