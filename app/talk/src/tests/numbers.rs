//! Numbers to compare by voice.

use record::Role;

use super::Table;
use crate::view::Confirmed;
use crate::{Command, Error, Talk};

#[test]
fn all_screens_show_one_room_number_and_another_after_a_change() {
    let mut table = Table::of(&[("Leyla", Role::Head), ("Bahram", Role::Head)]);
    let before = table.view(0).number.expect("level with the others");
    for who in [1, 2] {
        assert_eq!(table.view(who).number, Some(before.clone()));
    }
    let gone = table.key(2);
    table.does(0, Command::Remove(gone)).expect("the convener may");
    table.settles();
    let after = table.view(0).number.expect("level with the others");
    assert!(after.state > before.state && after.digits != before.digits);
    assert_eq!(table.view(1).number, Some(after));
}

#[test]
fn who_compared_the_number_is_sure_of_the_other_until_it_has_another_key() {
    let mut table = Table::of(&[("Leyla", Role::Head), ("Bahram", Role::Head)]);
    let (leyla, bahram) = (table.key(1), table.key(2));
    let sure = |table: &mut Table, who: usize, of| {
        let view = table.view(who);
        view.seats.iter().find(|seat| seat.key == of).map(|seat| seat.confirmed.clone()).expect("at the table")
    };
    assert_eq!(sure(&mut table, 1, bahram), Confirmed::By("Amina".into()));
    table.does(1, Command::Compared { seat: bahram, same: true }).expect("at the table");
    assert_eq!(sure(&mut table, 1, bahram), Confirmed::ByYou);
    let store = table.people[1].store.clone();
    table.people[1].talk = Talk::reopen(&store, [7; 32]).expect("its own rows");
    assert_eq!(sure(&mut table, 1, bahram), Confirmed::ByYou, "kept");
    assert_eq!(sure(&mut table, 2, leyla), Confirmed::By("Amina".into()), "one's own word counts for oneself only");
    table.does(1, Command::Compared { seat: bahram, same: false }).expect("at the table");
    assert_eq!(sure(&mut table, 1, bahram), Confirmed::By("Amina".into()));
    assert_eq!(table.does(1, Command::Compared { seat: leyla, same: true }), Err(Error::NotNow), "oneself");
    table.does(0, Command::Remove(bahram)).expect("the convener may");
    table.settles();
    assert_eq!(table.does(1, Command::Compared { seat: bahram, same: true }), Err(Error::NotNow));
}

#[test]
fn two_seats_show_each_other_one_number_that_nobody_else_has() {
    let mut table = Table::of(&[("Leyla", Role::Head), ("Bahram", Role::Head)]);
    let keys = [table.key(0), table.key(1), table.key(2)];
    let mut of = |who: usize, other: usize| {
        let view = table.view(who);
        view.seats.iter().find(|seat| seat.key == keys[other]).and_then(|seat| seat.pairwise.clone())
    };
    let pairs = [(of(0, 1), of(1, 0)), (of(0, 2), of(2, 0)), (of(1, 2), of(2, 1))];
    for (here, there) in &pairs {
        assert!(here.is_some() && here == there);
    }
    assert!(pairs[0].0 != pairs[1].0 && pairs[1].0 != pairs[2].0 && pairs[0].0 != pairs[2].0);
    assert_eq!(of(0, 0), None);
}
