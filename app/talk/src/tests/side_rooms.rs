//! Side rooms: opened from the talk, for those called and nobody else.

use std::collections::BTreeSet;

use record::{Add, Body, Kind, PartyRef, Role};

use super::Table;
use crate::side_room::Side;
use crate::view::{Confirmed, Invites, Phase, TurnedAway};
use crate::{Command, Error, PartyChoice, SideRoom, Talk};

impl Table {
    /// Somebody opens a side room and calls; returns who that person is in it.
    pub(super) fn opens_side_room(&mut self, host: usize, title: &str, guests: &[usize]) -> usize {
        let guests: Vec<_> = guests.iter().map(|guest| self.key(*guest)).collect();
        let opened =
            self.people[host].talk.open_side_room(title, &guests, [90 + self.people.len() as u8; 32], self.now);
        let SideRoom { talk, effects, called } = opened.expect("may open one");
        let side = self.sits_down(talk, effects);
        self.does(host, Command::Call(called)).expect("may call");
        self.settles();
        side
    }

    /// Goes where the last call leads.
    pub(super) fn follows(&mut self, guest: usize) -> usize {
        let call = self.view(guest).calls.pop().expect("a call");
        let seed = [100 + self.people.len() as u8; 32];
        let (talk, effects) = self.people[guest].talk.answer_call(&call, seed).expect("at the table");
        let side = self.sits_down(talk, effects);
        self.settles();
        side
    }

    fn topics(&self, who: usize) -> BTreeSet<[u8; 32]> {
        self.people[who].attends.iter().map(|topic| topic.0).collect()
    }
}

fn plenary() -> Table {
    Table::of(&[("Leyla", Role::Head), ("Bahram", Role::Head), ("Omid", Role::Observer)])
}

#[test]
fn called_seats_are_in_without_digits_and_under_the_names_they_have_at_the_table() {
    let mut table = plenary();
    let own = table.view(0).parties[1].id;
    let nasrin = table.knocks("Nasrin", PartyChoice::Existing(own), Role::Adviser);
    table.admits(0);
    let amina = table.opens_side_room(0, "Shuttle", &[1, nasrin]);
    let guests = [1, nasrin].map(|guest| table.follows(guest));
    for who in [amina, guests[0], guests[1]] {
        let view = table.view(who);
        assert_eq!((view.phase, &*view.title), (Phase::Seated, "Shuttle"));
        assert_eq!(view.side_of, table.view(0).room);
        assert_ne!(view.room, table.view(0).room);
        let seats: Vec<_> = view.seats.iter().map(|seat| (&*seat.name, &*view.parties[seat.party].name)).collect();
        assert_eq!(seats, [("Amina", "Mediator"), ("Leyla", "Party of Leyla"), ("Nasrin", "Party of Leyla")]);
        assert_eq!(view.rights.invite, Invites::None);
        assert!(view.door.is_empty() && view.links.is_empty());
    }
    let hues =
        |view: &crate::view::TalkView| -> Vec<_> { view.seats.iter().map(|s| view.parties[s.party].hue).collect() };
    assert_eq!(hues(&table.view(guests[1])), [0, 1, 1], "the colours of the plenary");
    assert_eq!(table.key(amina), table.key(0), "known by the same key");
    table.writes(guests[0], "between us");
    for who in [amina, guests[0], guests[1]] {
        assert_eq!(table.reads(who), ["between us"]);
    }
    assert!((0..=nasrin).all(|who| table.reads(who).is_empty()), "nothing of it in the plenary");
}

#[test]
fn who_is_not_called_sees_that_somebody_called_and_not_whom() {
    let mut table = plenary();
    table.opens_side_room(0, "Shuttle", &[1]);
    assert_eq!([1, 2, 3].map(|who| table.view(who).calls.len()), [1, 0, 0]);
    for who in 0..4 {
        let room = table.room(who);
        let calls: Vec<_> = room.ops().filter(|op| op.kind() == Kind::Call).filter_map(|op| op.body()).collect();
        let [Body::Call(slips)] = &calls[..] else { panic!("one call") };
        let lengths: BTreeSet<usize> = slips.iter().map(|slip| slip.sealed.len()).collect();
        assert_eq!((slips.len(), lengths.len()), (3, 1), "a slip of one size for everybody else");
    }
    assert_eq!(table.view(2).withheld, 0);
    // Who comes later reads no call from before.
    let late = table.knocks("Nasrin", PartyChoice::New, Role::Head);
    table.admits(0);
    assert_eq!(table.view(late).calls.len(), 0);
}

#[test]
fn rooms_share_no_channel_and_a_link_lets_nobody_else_in() {
    let mut table = plenary();
    let first = table.opens_side_room(0, "With Leyla", &[1]);
    let leyla = table.follows(1);
    let second = table.opens_side_room(0, "With both", &[1, 2]);
    let both = [table.follows(1), table.follows(2)];
    let bahram = table.view(both[0]).seats[2].party;
    assert_eq!(table.view(both[0]).parties[bahram].hue, 2);
    let rooms = [table.topics(0), table.topics(first), table.topics(second)];
    for (n, topics) in rooms.iter().enumerate() {
        assert!(rooms[n + 1..].iter().all(|other| topics.is_disjoint(other)));
    }
    assert_eq!(table.seated(leyla), ["Amina", "Leyla"]);
    assert_eq!(table.seated(both[1]), ["Amina", "Leyla", "Bahram"]);

    // A link passed on is of no use: the door expects one key.
    let third = table.opens_side_room(0, "Again", &[1]);
    let call = table.view(1).calls.pop().expect("a call");
    let stranger = table.knocks_with(&call.invitation.fragment(), "Leyla");
    assert_eq!(table.view(stranger).phase, Phase::TurnedAway(TurnedAway::Declined));
    let other = table.people[2].talk.answer_call(&call, [70; 32]).expect("at the table");
    let other = table.sits_down(other.0, other.1);
    table.settles();
    assert_eq!(table.view(other).phase, Phase::TurnedAway(TurnedAway::Declined));
    assert_eq!(table.seated(third), ["Amina"]);
}

#[test]
fn whoever_may_not_opens_no_side_room_and_calls_nobody() {
    let mut table = plenary();
    let key = |table: &mut Table, who: usize| table.key(who);
    let (amina, leyla, omid) = (key(&mut table, 0), key(&mut table, 1), key(&mut table, 3));
    let opens = |table: &Table, who: usize, guests: &[_]| {
        table.people[who].talk.open_side_room("Aside", guests, [9; 32], table.now).map(|_| ())
    };
    assert_eq!(opens(&table, 3, &[leyla]), Err(Error::NotNow), "an observer");
    assert_eq!(opens(&table, 1, &[omid]), Err(Error::NotNow), "with an observer");
    assert_eq!(opens(&table, 1, &[leyla]), Err(Error::NotNow), "with oneself alone");
    assert_eq!(opens(&table, 1, &[]), Err(Error::NotNow), "with nobody");
    assert_eq!(opens(&table, 1, &[amina]), Ok(()));
    assert!(table.does(3, Command::Call(Vec::new())).is_err());
    let side = table.opens_side_room(0, "Shuttle", &[1]);
    assert_eq!(opens(&table, side, &[leyla]), Err(Error::NotNow), "of a side room");
}

#[test]
fn call_waits_for_who_is_away_and_survives_reloads_of_both_sides() {
    let mut table = plenary();
    table.happens(1, crate::Input::Disconnected);
    table.people[1].attends.clear();
    let amina = table.opens_side_room(0, "Shuttle", &[1]);
    let reopened = |table: &Table, who: usize| Talk::reopen(&table.people[who].store, [8; 32]).expect("as stored");
    table.people[amina].talk = reopened(&table, amina);
    table.people[amina].attends.clear();
    table.connects(amina);
    table.people[1].talk = reopened(&table, 1);
    table.connects(1);
    table.settles();
    // Asked, and gone before the answer came.
    let call = table.view(1).calls.pop().expect("a call");
    let (talk, effects) = table.people[1].talk.answer_call(&call, [70; 32]).expect("at the table");
    let leyla = table.sits_down(talk, effects);
    table.published.clear();
    table.people[leyla].talk = reopened(&table, leyla);
    assert_eq!(table.view(leyla).side_of, table.view(0).room);
    table.people[leyla].attends.clear();
    table.connects(leyla);
    table.settles();
    assert_eq!(table.seated(leyla), ["Amina", "Leyla"]);
    table.people[leyla].talk = reopened(&table, leyla);
    assert_eq!((table.view(leyla).side_of, &*table.view(leyla).title), (table.view(0).room, "Shuttle"));
}

#[test]
fn room_that_claims_to_be_the_plenary_once_more_is_not_entered() {
    let mut table = plenary();
    let side = table.opens_side_room(0, "Shuttle", &[1]);
    let (claimed, call) = (table.room(side).id(), table.view(1).calls.pop().expect("a call"));
    let (mut talk, effects) = table.people[1].talk.answer_call(&call, [70; 32]).expect("at the table");
    // As if the talk it was called from were the room that opens.
    let other = Side::of(table.room(side));
    assert_eq!(other.plenary, claimed);
    talk.side = Some(other);
    let leyla = table.sits_down(talk, effects);
    table.settles();
    assert_eq!(table.view(leyla).phase, Phase::TurnedAway(TurnedAway::NotGenuine));
}

#[test]
fn seat_given_with_the_call_key_of_somebody_else_is_not_taken() {
    let mut table = plenary();
    let nasrin = table.knocks("Nasrin", PartyChoice::New, Role::Head);
    let now = table.now;
    let talk = &mut table.people[0].talk;
    let (link, doorway) = talk.doors.iter_mut().find(|(_, doorway)| doorway.waiting().count() > 0).expect("a knock");
    let (id, knocking) = doorway.waiting().next().expect("a knock");
    let (link, id, key_package) = (*link, *id, knocking.key_package.clone());
    let add = Add {
        seat: key_package.seat(),
        key_package: key_package.hash(),
        link,
        party: PartyRef::New(knocking.name.clone()),
        role: Role::Head,
        name: knocking.name.clone(),
        digits_compared: true,
        call_key: room::call_key(&talk.key, crate::Suite::Classical).ok(),
    };
    doorway.admitted(&id);
    talk.room_input(room::Input::Admit(add, Box::new(key_package)), now).expect("may admit");
    let effects = talk.finish();
    table.performs(0, effects);
    table.settles();
    assert_eq!(table.view(nasrin).phase, Phase::TurnedAway(TurnedAway::NotGenuine));
}

#[test]
fn nobody_is_confirmed_by_a_side_room() {
    let mut table = plenary();
    let amina = table.opens_side_room(0, "Shuttle", &[1]);
    let leyla = table.follows(1);
    for who in [amina, leyla] {
        let sure: Vec<_> =
            table.view(who).seats.into_iter().filter(|seat| !seat.you).map(|seat| seat.confirmed).collect();
        assert_eq!(sure, [Confirmed::NotConfirmed], "the page asks the plenary");
    }
}
