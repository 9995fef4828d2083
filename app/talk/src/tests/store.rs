//! What a talk stores is the talk.

use std::collections::BTreeMap;
use std::sync::Arc;

use record::Role;

use super::Table;
use crate::view::{KnockView, Phase, TalkView};
use crate::{Command, Error, PartyChoice, Talk};

impl Table {
    /// The page is closed and opened again.
    fn reloads(&mut self, who: usize) {
        let seed = [self.now as u8; 32];
        self.people[who].talk = Talk::reopen(&self.people[who].store, seed).expect("opens");
        self.people[who].attends.clear();
        self.connects(who);
    }

    /// What a page shows of what is there, not of who is being heard.
    fn shown(&mut self, who: usize) -> Shown {
        let TalkView { phase, seats, notes, door, links, .. } = self.view(who);
        Shown {
            phase,
            seats: seats.into_iter().map(|seat| (seat.name.to_string(), seat.key)).collect(),
            notes: notes.iter().map(|note| note.text.to_string()).collect(),
            door: door.into_iter().map(|KnockView { id, digits, .. }| (id, digits)).collect(),
            links: links.into_iter().map(|link| (link.fragment.clone(), link.state)).collect(),
        }
    }
}

#[derive(PartialEq, Debug)]
struct Shown {
    phase: Phase,
    seats: Vec<(String, record::AuthorKey)>,
    notes: Vec<String>,
    door: Vec<(crate::KnockId, Option<Arc<str>>)>,
    links: Vec<(Arc<str>, crate::view::LinkState)>,
}

#[test]
fn talk_that_is_opened_again_shows_what_it_showed() {
    let mut table = Table::of(&[("Daniel", Role::Head)]);
    table.writes(0, "a note");
    table.writes(1, "an answer");
    let newcomer = table.knocks("Farah", PartyChoice::New, Role::Adviser);
    for who in [0, 1, newcomer] {
        let before = table.shown(who);
        let stored = Talk::reopen(&table.people[who].store, [9; 32]).expect("opens");
        let running = std::mem::replace(&mut table.people[who].talk, stored);
        let after = table.shown(who);
        table.people[who].talk = running;
        match (&before.phase, &after.phase) {
            // Whether the inviter is here must be heard anew.
            (Phase::AtTheDoor { digits, .. }, Phase::AtTheDoor { digits: again, .. }) => assert_eq!(digits, again),
            _ => assert_eq!(before, after, "person {who}"),
        }
    }
}

/// Both sides of the door reload, one after the other, at every stage of coming in.
#[test]
fn knock_survives_reloads_of_either_side_at_any_stage() {
    for stage in 0..4 {
        for side in [0, 1] {
            let mut table = Table::of(&[]);
            table.does(0, Command::Invite { party: PartyChoice::New, role: Role::Head }).expect("may invite");
            let fragment = table.view(0).links[0].fragment.clone();
            let reloads = |table: &mut Table, at: usize, newcomer: usize| {
                if at == stage {
                    table.reloads([0, newcomer][side]);
                    table.settles();
                }
            };
            let newcomer = table.knocks_with(&fragment, "Daniel");
            reloads(&mut table, 0, newcomer);
            let digits = table.view(0).door[0].digits.clone();
            assert!(digits.is_some());
            reloads(&mut table, 1, newcomer);
            assert_eq!(table.view(0).door[0].digits, digits, "the same digits as before");
            let knock = table.view(0).door[0].id;
            table.does(0, Command::Admit(knock)).expect("may admit");
            reloads(&mut table, 2, newcomer);
            table.settles();
            reloads(&mut table, 3, newcomer);
            table.writes(0, "welcome");
            assert_eq!(table.view(newcomer).phase, Phase::Seated, "stage {stage}, side {side}");
            assert_eq!(table.reads(newcomer), ["welcome"], "stage {stage}, side {side}");
        }
    }
}

#[test]
fn store_that_is_no_talk_is_told_from_one() {
    let mut table = Table::of(&[("Daniel", Role::Head)]);
    table.writes(0, "a note");
    let store = table.people[0].store.clone();
    assert_eq!(Talk::reopen(&BTreeMap::new(), [1; 32]).err(), Some(Error::Damaged));
    for row in store.keys() {
        let mut cut = store.clone();
        cut.get_mut(row).expect("there").pop();
        // An op that is cut off, or a state: whatever it is, it is not opened as though it were whole.
        let opened = Talk::reopen(&cut, [1; 32]);
        assert!(opened.is_err(), "row {row:?}");
    }
}
