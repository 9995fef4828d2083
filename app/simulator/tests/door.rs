//! Nobody gets in by accident, and whoever does not learns why.

use record::Role;
use simulator::{Person, World};
use talk::view::{Invites, LinkState, Phase, TurnedAway};
use talk::{Command, LINK_LIFE_MS, PartyChoice};

fn phase(world: &mut World, who: Person) -> Phase {
    world.view(who).phase
}

fn turned_away(why: TurnedAway) -> Phase {
    Phase::TurnedAway(why)
}

#[test]
fn declined_newcomer_is_told_and_the_link_still_works() {
    let mut world = World::new(21);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let link = world.invites(amina, PartyChoice::New, Role::Head);
    let stranger = world.asks(&link, "Stranger", "North");
    world.settles();
    let knock = world.knocks(amina)[0].id;
    world.does(amina, Command::Decline(knock)).expect("may decline");
    world.settles();
    assert_eq!(phase(&mut world, stranger), turned_away(TurnedAway::Declined));
    assert!(world.knocks(amina).is_empty());
    let leyla = world.asks(&link, "Leyla", "North");
    world.settles();
    let knock = world.knocks(amina)[0].id;
    world.admits(amina, knock).expect("the link is not spent");
    world.settles();
    assert_eq!(phase(&mut world, leyla), Phase::Seated);
}

#[test]
fn used_link_turns_the_next_one_away_and_those_who_wait() {
    let mut world = World::new(22);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let link = world.invites(amina, PartyChoice::New, Role::Head);
    let leyla = world.asks(&link, "Leyla", "North");
    let other = world.asks(&link, "Other", "North");
    world.settles();
    let knock = world.knocks(amina).iter().find(|knock| &*knock.name == "Leyla").expect("she knocks").id;
    world.admits(amina, knock).expect("may admit");
    world.settles();
    assert_eq!(phase(&mut world, leyla), Phase::Seated);
    assert_eq!(phase(&mut world, other), turned_away(TurnedAway::Spent));
    let late = world.asks(&link, "Late", "North");
    world.settles();
    assert_eq!(phase(&mut world, late), turned_away(TurnedAway::Spent));
    assert_eq!(world.view(amina).links[0].state, LinkState::Spent);
}

#[test]
fn revoked_and_expired_links_say_so() {
    let mut world = World::new(23);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let revoked = world.invites(amina, PartyChoice::New, Role::Head);
    let id = world.view(amina).links[0].id;
    let waiting = world.asks(&revoked, "Waiting", "North");
    world.settles();
    world.does(amina, Command::Revoke(id)).expect("may revoke");
    world.settles();
    assert_eq!(phase(&mut world, waiting), turned_away(TurnedAway::Revoked));
    let late = world.asks(&revoked, "Late", "North");
    world.settles();
    assert_eq!(phase(&mut world, late), turned_away(TurnedAway::Revoked));

    let old = world.invites(amina, PartyChoice::New, Role::Head);
    world.passes(LINK_LIFE_MS);
    let late = world.asks(&old, "Late", "North");
    world.settles();
    assert_eq!(phase(&mut world, late), turned_away(TurnedAway::Expired));
}

#[test]
fn ninth_at_one_door_is_told_that_it_is_crowded() {
    let mut world = World::new(24);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let link = world.invites(amina, PartyChoice::New, Role::Head);
    for n in 0..8 {
        world.asks(&link, &format!("Guest {n}"), "North");
    }
    world.settles();
    let ninth = world.asks(&link, "Ninth", "North");
    world.settles();
    assert_eq!(world.knocks(amina).len(), 8);
    assert_eq!(phase(&mut world, ninth), turned_away(TurnedAway::Crowded));
}

#[test]
fn two_who_knock_with_one_link_have_different_digits() {
    let mut world = World::new(25);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let link = world.invites(amina, PartyChoice::New, Role::Head);
    let leyla = world.asks(&link, "Leyla", "North");
    let thief = world.asks(&link, "Leyla", "North");
    world.settles();
    let (hers, theirs) = (world.digits(leyla).expect("digits"), world.digits(thief).expect("digits"));
    assert_ne!(hers, theirs);
    let shown: Vec<String> =
        world.knocks(amina).iter().filter_map(|k| k.digits.as_deref().map(str::to_owned)).collect();
    assert!(shown.contains(&hers) && shown.contains(&theirs));
}

#[test]
fn newcomer_waits_while_the_inviter_is_away_and_goes_on_when_it_is_back() {
    let mut world = World::new(26);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let link = world.invites(amina, PartyChoice::New, Role::Head);
    world.disconnects(amina);
    let leyla = world.asks(&link, "Leyla", "North");
    world.passes(3_600_000);
    let Phase::AtTheDoor { digits, inviter_here, .. } = phase(&mut world, leyla) else { panic!("still at the door") };
    assert_eq!((digits, inviter_here), (None, false));
    world.connects(amina);
    world.passes(100);
    let Phase::AtTheDoor { digits, inviter_here, .. } = phase(&mut world, leyla) else { panic!("still at the door") };
    assert!(digits.is_some() && inviter_here);
    let knock = world.knocks(amina)[0].id;
    // Even if the inviter's connection breaks between deciding and being heard.
    world.disconnects(amina);
    world.admits(amina, knock).expect("may admit");
    world.passes(60_000);
    world.connects(amina);
    world.settles();
    assert_eq!(phase(&mut world, leyla), Phase::Seated);
}

#[test]
fn reply_lost_with_the_relay_is_given_again() {
    for pause in (0..60).step_by(4) {
        let mut world = World::new(3_000 + pause);
        let amina = world.opens("Transit corridor", "Amina", "Mediator");
        let link = world.invites(amina, PartyChoice::New, Role::Head);
        let leyla = world.asks(&link, "Leyla", "North");
        world.settles();
        let knock = world.knocks(amina)[0].id;
        world.admits(amina, knock).expect("may admit");
        world.passes(pause);
        world.relay_dies();
        world.settles();
        assert_eq!(phase(&mut world, leyla), Phase::Seated, "killed after {pause} ms");
        assert_eq!(world.view(amina).seats.len(), 2);
    }
}

#[test]
fn role_and_party_come_from_the_invitation_not_from_what_is_typed() {
    let mut world = World::new(27);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let mediator = world.view(amina).parties[0].id;
    let link = world.invites(amina, PartyChoice::Existing(mediator), Role::Observer);
    let joe = world.asks(&link, "Joe", "South");
    world.settles();
    let knock = world.knocks(amina).remove(0);
    assert_eq!((&*knock.claimed_party, &*knock.party, knock.role), ("South", "Mediator", Role::Observer));
    world.admits(amina, knock.id).expect("may admit");
    world.settles();
    let view = world.view(joe);
    assert_eq!(view.seats[1].role, Role::Observer);
    assert_eq!(view.parties.len(), 1);
    assert!(!view.rights.write && view.rights.invite == Invites::None);
    assert!(world.does(joe, Command::Write("may I?".into())).is_err());
    assert!(world.does(joe, Command::Invite { party: PartyChoice::New, role: Role::Head }).is_err());
}

#[test]
fn several_admitted_at_once_all_come_in() {
    let mut world = World::new(28);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let mut guests = Vec::new();
    for n in 0..5 {
        let link = world.invites(amina, PartyChoice::New, Role::Head);
        guests.push(world.asks(&link, &format!("Guest {n}"), &format!("Party {n}")));
    }
    world.settles();
    for knock in world.knocks(amina) {
        world.admits(amina, knock.id).expect("may admit");
    }
    world.settles();
    world.writes(amina, "welcome");
    world.settles();
    for guest in guests {
        assert_eq!(world.reads(guest), ["welcome"]);
        assert_eq!(world.view(guest).seats.len(), 6);
    }
}

#[test]
fn newcomer_who_closed_the_page_is_no_longer_at_the_door() {
    let mut world = World::new(29);
    let amina = world.opens("Transit corridor", "Amina", "Mediator");
    let link = world.invites(amina, PartyChoice::New, Role::Head);
    let leyla = world.asks(&link, "Leyla", "North");
    world.passes(600_000);
    assert!(world.knocks(amina)[0].here, "she waits for as long as it takes");
    world.closes(leyla);
    world.passes(100_000);
    assert!(!world.knocks(amina)[0].here);
}
