//! What people do: sit down, write, come and go, admit, agree, remove.

use record::{Add, Authority, Body, Charter, Invite, LinkId, Name, OpId, PartyId, PartyRef, Role, Table, WhoAdmits};
use room::Input;

use super::SeatNo;
use super::draws::Draws;
use super::faults::Fault;
use super::knobs::{Family, Habits};
use super::schedule::{Happening, Schedule};
use super::seat::{Fate, Seat};
use super::verdict::{Breach, Class};
use crate::Millis;

/// The first seats have so long to sit down, by the clock of the world.
const SITTING_DOWN_MS: Millis = 20_000;
const LINK_LIFE_MS: Millis = 7 * 24 * 60 * 60 * 1000;
/// How many acts a session of seats that never meet lasts.
const SESSION_ACTS: (u64, u64) = (3, 8);
/// Seats at the table that are never removed, so that somebody is left.
const STAY: usize = 2;

fn name(text: &str) -> Name {
    Name::typed(text).expect("a fair name")
}

impl Schedule {
    /// The first seats sit down while nothing goes wrong.
    pub(crate) fn sits_down(&mut self) {
        let founder = SeatNo(0);
        let rng = self.seat_rng(founder);
        match Seat::founds(founder, self.knobs.suite, rng) {
            Ok(seat) => self.sits(seat),
            Err(error) => return self.breaches(Breach::new(Class::Wedged, "I12", format!("cannot found: {error}"))),
        }
        let charter = Charter {
            title: name("A talk"),
            party: name("Mediator"),
            name: name("A"),
            who_admits: if self.two_sides() { WhoAdmits::TwoSides } else { WhoAdmits::Convener },
            call_key: None,
            parties: None,
            terms: None,
        };
        let _ = self.gives(founder, Input::Write(Body::Charter(charter)));
        self.dials(founder);
        self.passes(2_000);
        while self.seats.len() < self.knobs.founding {
            if !self.admits(founder) {
                break;
            }
        }
        let until = self.now + SITTING_DOWN_MS;
        while self.now < until && self.seats.iter().any(|seat| !seat.is_up()) {
            self.passes(500);
            self.all_agree();
        }
        let absent: Vec<String> =
            self.seats.iter().filter(|seat| seat.fate != Fate::Seated).map(|seat| seat.no.to_string()).collect();
        if !absent.is_empty() {
            let what = format!("{} did not come in although nothing went wrong", absent.join(", "));
            self.breaches(Breach::new(Class::Wedged, "I12", what));
        }
        for place in 1..=self.knobs.hostile {
            // A head: what it says has weight.
            if let Some(seat) = self.seats.get_mut(place) {
                seat.turns_hostile();
                let key = seat.author();
                self.facts.honest.remove(&key);
                self.facts.forked.insert(key);
            }
        }
    }

    fn two_sides(&self) -> bool {
        self.knobs.family == Family::TwoSides
    }

    /// Where two sides must agree, everybody who is asked does.
    fn all_agree(&mut self) {
        if self.two_sides() {
            self.open().into_iter().for_each(|seat| self.agrees(seat));
        }
    }

    /// People do what they do while things go wrong.
    pub(crate) fn lives(&mut self) {
        self.calm = false;
        self.rates = self.knobs.rates;
        let mut session_ends = 0;
        for act in 0..self.knobs.acts {
            if self.knobs.session.is_some() && act as u64 >= session_ends {
                session_ends = act as u64 + self.people.between(SESSION_ACTS.0, SESSION_ACTS.1);
                self.next_session();
            }
            self.acts();
            self.hostile_acts();
            if self.trouble.chance(self.knobs.trouble) {
                self.troubles();
            }
            let pause = self.people.between(1, self.knobs.pause_ms);
            let pause = if self.people.below(4) == 0 { pause.min(15) } else { pause };
            self.passes(pause);
            if act % 4 == 3 {
                self.looks_around();
            }
        }
    }

    /// The others go, one to three come: most of them never meet.
    fn next_session(&mut self) {
        let most = self.knobs.session.unwrap_or(1);
        let alive = self.alive();
        for seat in self.open() {
            self.goes(seat);
        }
        for _ in 0..1 + self.people.below(most) {
            if let Some(seat) = self.people.pick(&alive) {
                self.seats[seat.0].present = true;
                self.dials(seat);
            }
        }
        self.hits.hit(Fault::NeverTogether);
    }

    pub(crate) fn goes(&mut self, seat: SeatNo) {
        self.seats[seat.0].present = false;
        self.hangs_up(seat);
    }

    fn acts(&mut self) {
        let Habits { write, go, come, admit, agree, remove, leave, at_once } = self.knobs.habits;
        let alone = self.knobs.session.is_some();
        let weights =
            [write, if alone { 0 } else { go }, if alone { 0 } else { come }, admit, agree, remove, leave, at_once];
        let mut left = self.people.below(weights.iter().sum());
        let chosen = weights.iter().position(|weight| match left.checked_sub(*weight) {
            Some(rest) => {
                left = rest;
                false
            }
            None => true,
        });
        match chosen {
            Some(0) => self.somebody_writes(),
            Some(1) => {
                let up: Vec<SeatNo> = self.seats.iter().filter(|seat| seat.is_up()).map(|seat| seat.no).collect();
                if let Some(seat) = self.people.pick(&up) {
                    self.goes(seat);
                }
            }
            Some(2) => {
                let away: Vec<SeatNo> = self.seats.iter().filter(|seat| !seat.present).map(|seat| seat.no).collect();
                if let Some(seat) = self.people.pick(&away) {
                    self.seats[seat.0].present = true;
                    self.dials(seat);
                }
            }
            Some(3) => {
                if let Some(inviter) = self.somebody_who_admits() {
                    self.admits(inviter);
                }
            }
            Some(4) => self.somebody_agrees(),
            Some(5) => self.somebody_removes(),
            Some(6) => self.somebody_leaves(),
            Some(7) => {
                for _ in 0..2 + self.people.below(2) {
                    if self.people.below(2) == 0 {
                        self.somebody_removes();
                    } else if let Some(inviter) = self.somebody_who_admits() {
                        self.admits(inviter);
                    }
                }
            }
            Some(_) | None => {}
        }
    }

    /// Seats at which somebody may be sitting just now: with seats that never meet, mostly those that are there.
    fn at_work(&mut self) -> Vec<SeatNo> {
        let open = self.open();
        let up: Vec<SeatNo> = open.iter().copied().filter(|seat| self.seats[seat.0].is_up()).collect();
        if self.knobs.session.is_some() && !up.is_empty() && self.people.below(5) > 0 { up } else { open }
    }

    fn somebody_writes(&mut self) {
        let open = self.at_work();
        let Some(seat) = self.people.pick(&open) else { return };
        let padding = match self.people.below(40) {
            0 => 60_000,
            1 => 20_000,
            2..5 => 3_000,
            _ => self.people.below(200),
        };
        self.writes(seat, padding);
        // Others may write without having heard of a removal: that is what its cut-off is for.
        let underway = self.seats[seat.0].roster().is_some_and(|roster| {
            self.seats
                .iter()
                .filter_map(Seat::table)
                .any(|table| roster.iter().any(|key| table.removed.contains_key(key)))
        });
        if underway {
            self.hits.hit(Fault::RemovalUnderway);
        }
    }

    fn somebody_who_admits(&mut self) -> Option<SeatNo> {
        let at_work = self.at_work();
        let admit: Vec<SeatNo> = at_work
            .into_iter()
            .filter(|seat| match Self::role_of(*seat) {
                Role::Convener | Role::Head => true,
                Role::Adviser | Role::Interpreter | Role::Observer => false,
            })
            .collect();
        if self.seats.len() < self.knobs.most { self.people.pick(&admit) } else { None }
    }

    /// Somebody invites and admits a newcomer at once; false when it may not.
    pub(crate) fn admits(&mut self, inviter: SeatNo) -> bool {
        let no = SeatNo(self.seats.len());
        let by_convener = inviter == SeatNo(0);
        let gone = self.seats[inviter.0].table().is_some_and(Table::convener_is_gone);
        let role = match Self::role_of(no) {
            Role::Convener => Role::Head,
            Role::Head if !by_convener && !gone => Role::Adviser,
            Role::Head | Role::Adviser | Role::Interpreter | Role::Observer => Self::role_of(no),
        };
        let Some((party, reference)) = self.party_for(inviter, role, no) else { return false };
        let rng = self.seat_rng(no);
        let (newcomer, key_package) = match Seat::knocks(no, self.knobs.suite, rng) {
            Ok(made) => made,
            Err(error) => {
                self.breaches(Breach::new(Class::Wedged, "I12", format!("cannot make a key package: {error}")));
                return false;
            }
        };
        let link = LinkId(self.people.bytes());
        let expires_at = self.seats[inviter.0].clock(self.now) + LINK_LIFE_MS;
        let invite = Body::Invite(Invite { link, party, role, expires_at });
        if self.gives(inviter, Input::Write(invite)).is_err() {
            return false;
        }
        let add = Add {
            seat: key_package.seat(),
            key_package: key_package.hash(),
            link,
            party: reference,
            role,
            name: name(&no.to_string()),
            digits_compared: true,
            call_key: None,
        };
        self.says(&inviter, format_args!("admits {no} as {role:?}"));
        self.inviters.insert(no, inviter);
        self.sits(newcomer);
        // When it is refused, or the page dies over it, the newcomer waits in vain.
        self.gives(inviter, Input::Admit(add, Box::new(key_package))).is_ok()
    }

    fn party_for(&mut self, inviter: SeatNo, role: Role, no: SeatNo) -> Option<(Option<PartyId>, PartyRef)> {
        let who = &self.seats[inviter.0];
        let table = who.table()?;
        let own = table.seat(&who.author())?.party;
        if role == Role::Head {
            return Some((None, PartyRef::New(name(&format!("Party {no}")))));
        }
        let parties: Vec<PartyId> = table.parties.iter().map(|party| party.id).collect();
        let party = if inviter == SeatNo(0) { self.people.pick(&parties).unwrap_or(own) } else { own };
        Some((Some(party), PartyRef::Existing(party)))
    }

    /// A second key for an admission by a head.
    fn somebody_agrees(&mut self) {
        let waiting: Vec<SeatNo> = self.at_work();
        let waiting: Vec<SeatNo> = waiting.into_iter().filter(|seat| !self.asked_of(*seat).is_empty()).collect();
        match self.people.pick(&waiting) {
            Some(seat) => self.agrees(seat),
            None if self.two_sides() => self.somebody_agrees_to_a_removal(),
            None => {}
        }
    }

    /// Admissions a seat may be the second key for. Where the convener admits alone, those it heard of while it was there.
    fn asked_of(&self, seat: SeatNo) -> Vec<OpId> {
        let seat = &self.seats[seat.0];
        match seat.table().filter(|_| self.two_sides()) {
            Some(table) => table.proposals.iter().map(|proposal| proposal.id).collect(),
            None => seat.waits_for_second_key(),
        }
    }

    fn agrees(&mut self, seat: SeatNo) {
        for add in self.asked_of(seat) {
            self.says(&seat, format_args!("agrees to an admission"));
            // Who is no second key is refused by its own room.
            let _ = self.gives(seat, Input::Write(Body::Agree(add)));
        }
    }

    fn somebody_agrees_to_a_removal(&mut self) {
        let mut wishes = Vec::new();
        for by in self.at_work() {
            let me = self.seats[by.0].author();
            let Some(table) = self.seats[by.0].table() else { continue };
            let open = table.wished_away.iter().filter(|(seat, others)| {
                !others.contains(&me) && others.iter().any(|other| table.take_away(other, &me, seat))
            });
            wishes.extend(open.map(|(seat, _)| (by, *seat)));
        }
        let Some((by, seat)) = self.people.pick(&wishes) else { return };
        self.says(&by, format_args!("agrees to a removal"));
        if self.gives(by, Input::Remove(seat)).is_ok() {
            self.figures.add("removals", 1);
        }
    }

    fn somebody_removes(&mut self) {
        let (at_work, asks) = (self.at_work(), self.two_sides());
        let pairs: Vec<(SeatNo, SeatNo)> = at_work
            .iter()
            .filter_map(|by| self.seats[by.0].table().map(|table| (*by, table)))
            .filter(|(_, table)| table.seated().count() > STAY)
            .flat_map(|(by, table)| {
                let me = self.seats[by.0].author();
                let others = self.seats.iter().filter(move |seat| seat.no != by && seat.no != SeatNo(0));
                let may = move |seat: &&Seat| {
                    let authority = table.may_remove(&me, &seat.author());
                    let counts = authority == Authority::Alone || asks && authority == Authority::WithSecondKey;
                    table.is_seated(&seat.author()) && counts
                };
                others.filter(may).map(move |seat| (by, seat.no))
            })
            .collect();
        let Some((by, seat)) = self.people.pick(&pairs) else { return };
        self.says(&by, format_args!("removes {seat}"));
        let key = self.seats[seat.0].author();
        if self.gives(by, Input::Remove(key)).is_ok() {
            self.figures.add("removals", 1);
        }
    }

    fn somebody_leaves(&mut self) {
        let at_work = self.at_work();
        let may: Vec<SeatNo> = at_work
            .into_iter()
            .filter(|seat| *seat != SeatNo(0))
            .filter(|seat| self.seats[seat.0].table().is_some_and(|table| table.seated().count() > STAY))
            .collect();
        let Some(seat) = self.people.pick(&may) else { return };
        self.says(&seat, format_args!("leaves"));
        let key = self.seats[seat.0].author();
        if self.gives(seat, Input::Remove(key)).is_ok() {
            self.figures.add("removals", 1);
        }
    }

    /// Lets a seat come back after a while.
    pub(crate) fn comes_later(&mut self, seat: SeatNo, after: Millis) {
        self.later(after, Happening::Comes(seat));
    }
}
