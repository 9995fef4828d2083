//! The rules told a second time, each as a question about a finished table and all that was said. For tests and the simulator: two
//! tellings do not make the same mistake.

use std::collections::{BTreeMap, BTreeSet};

use super::{Role, Seat, Table};
use crate::{AuthorKey, Body, Op, OpId, PartyId, WhoAdmits};

impl Table {
    /// Returns what in this table is more than the words it was folded from give; None for a fair one.
    pub fn beyond_the_words<'a>(&self, control: impl Iterator<Item = &'a Op>) -> Option<String> {
        let judge = Judge { table: self, ops: control.map(|op| (op.id(), op)).collect() };
        let gone = self.seats.iter().filter(|seat| self.removed.contains_key(&seat.key));
        let seats = self.seats.iter().enumerate().map(|(place, seat)| (seat, judge.may_sit(place, seat)));
        let all = seats.chain(gone.map(|seat| (seat, judge.may_be_gone(seat))));
        let wrong = all
            .filter_map(|(seat, judged)| Some(format!("{} as {:?}: {}", seat.name.text(), seat.role, judged.err()?)));
        wrong.chain(judge.may_hold().err().map(str::to_owned)).next()
    }
}

struct Judge<'a> {
    table: &'a Table,
    ops: BTreeMap<OpId, &'a Op>,
}

impl<'a> Judge<'a> {
    fn key(&self, seat: &Seat) -> bool {
        matches!(seat.role, Role::Convener | Role::Head) && self.table.seat(&seat.key).is_some()
    }

    fn seats_saying(&self, says: impl Fn(&Body) -> bool) -> Vec<&'a Seat> {
        let said = self.ops.values().filter(|op| op.body().is_some_and(&says));
        let authors: BTreeSet<AuthorKey> = said.map(|op| op.author()).collect();
        self.table.seats.iter().filter(|seat| authors.contains(&seat.key)).collect()
    }

    fn may_sit(&self, place: usize, seat: &Seat) -> Result<(), &'static str> {
        let Some((by, _)) = seat.admitted else {
            return if place == 0 && seat.role == Role::Convener { Ok(()) } else { Err("nobody admitted it") };
        };
        let author = self.table.seat(&by).ok_or("admitted by nobody at the table")?;
        let Some(Body::Add(add)) = self.ops[&seat.by].body() else { return Err("given by no Add") };
        let link = &self.table.links[&(by, add.link)];
        let fits = link.invite.role == seat.role && link.spent == Some(seat.key);
        let leads = link.invite.party.is_none_or(|party| party == seat.party);
        if !fits || !leads || seat.role == Role::Convener {
            return Err("not as the link says");
        }
        let agreed = self.seats_saying(|body| matches!(body, Body::Agree(add) if *add == seat.by));
        let second = agreed.iter().any(|other| self.key(other) && other.party != author.party);
        let convener = &self.table.seats[0];
        let before = &self.table.seats[..place];
        let another_side = before.iter().any(|seat| seat.role == Role::Head && seat.party != convener.party);
        let alone = self.table.who_admits == WhoAdmits::Convener || !another_side;
        match author.role {
            Role::Convener if alone || second => Ok(()),
            Role::Convener => Err("the convener alone"),
            Role::Head if self.beyond_a_head(author, seat) => Err("beyond a head"),
            Role::Head if second => Ok(()),
            Role::Head => Err("a head alone"),
            Role::Adviser | Role::Interpreter | Role::Observer => Err("admits nobody"),
        }
    }

    /// Once the convener is gone, heads also bring in heads, and new parties: those that the Add itself founds.
    fn beyond_a_head(&self, author: &Seat, seat: &Seat) -> bool {
        let gone = self.table.removed.contains_key(&self.table.seats[0].key);
        let own = author.party == seat.party || gone && seat.party == PartyId::founded_by(&seat.by);
        !own || seat.role == Role::Head && !gone
    }

    fn may_be_gone(&self, seat: &Seat) -> Result<(), &'static str> {
        let says = self.seats_saying(|body| matches!(body, Body::Remove(remove) if remove.seat == seat.key));
        let mut keys = says.iter().filter(|by| self.key(by));
        let convener = says.iter().any(|by| by.role == Role::Convener);
        let sides: BTreeSet<PartyId> = keys.clone().map(|by| by.party).collect();
        let own_side = keys.any(|by| by.party == seat.party);
        let left = says.iter().any(|by| by.key == seat.key);
        let junior = !matches!(seat.role, Role::Convener | Role::Head);
        let alone = self.table.who_admits == WhoAdmits::Convener;
        let fair = match seat.role {
            _ if left => true,
            Role::Convener => sides.len() > 1,
            _ if convener && (alone || sides.len() > 1) => true,
            Role::Head => convener && own_side,
            Role::Adviser | Role::Interpreter | Role::Observer => junior && (own_side || sides.len() > 1),
        };
        if fair { Ok(()) } else { Err("taken away by too few") }
    }

    fn may_hold(&self) -> Result<(), &'static str> {
        let agreed = &self.table.agreed;
        if self.table.seats.is_empty() {
            return Ok(());
        }
        let ends = self.seats_saying(|body| *body == Body::End);
        let sides: BTreeSet<PartyId> = ends.iter().filter(|by| self.key(by)).map(|by| by.party).collect();
        let alone = self.table.who_admits == WhoAdmits::Convener && ends.iter().any(|by| by.role == Role::Convener);
        if agreed.ended && !alone && sides.len() < 2 {
            return Err("ended by too few");
        }
        let by = agreed.by.ok_or("no charter")?;
        let proposed = self.table.seat(&self.ops[&by].author()).is_some_and(|seat| self.key(seat));
        let set = matches!(self.ops[&by].body(), Some(Body::Charter(_) | Body::Amend(_)));
        if set && proposed { Ok(()) } else { Err("set by neither charter nor amendment") }
    }
}
