//! The end of a schedule: the faults stop, everybody is there, and nobody does anything. Then all must become level.

use std::collections::BTreeSet;

use record::AuthorKey;
use room::Input;

use super::SeatNo;
use super::check::{author, caps, held, level, order, readers};
use super::draws::{Draws, stream};
use super::faults::Fault;
use super::knobs::Rates;
use super::network::is_deliver;
use super::schedule::{Happening, Schedule};
use super::seat::{Doom, Fate, Seat};
use super::verdict::{Breach, Class};
use super::view::View;
use crate::Millis;

/// Everybody must be level so long after the faults have stopped (I12).
const PATIENCE_MS: Millis = 30_000;
/// Level means level for so long: keys may rotate 5 s after the last change, one seat after the other.
const STEADY_MS: Millis = 3_000;
/// So long do hostile members go on after that.
const HELD_OUT_MS: Millis = 10_000;
const LOOK_EVERY_MS: Millis = 250;
/// What a sound network takes.
const SOUND_MS: (Millis, Millis) = (2, 40);
/// Everybody is back within so long.
const BACK_MS: Millis = 500;
/// Most messages given to each eavesdropper.
const OVERHEARD: usize = 150;

impl Schedule {
    pub(crate) fn heals(&mut self) {
        self.stops_the_faults();
        self.becomes_level();
        if self.is_nobody_left() {
            // It ends there: the talk is to be begun anew.
            self.figures.add("rooms in which all who were left came from backups", 1);
            return;
        }
        if self.heal_ms.is_some() && self.seats.iter().any(|seat| seat.hostile) {
            self.holds_out();
        }
        self.checks();
        if self.knobs.eavesdrop {
            self.eavesdrops();
        }
    }

    fn stops_the_faults(&mut self) {
        self.says(&"all", format_args!("the faults stop"));
        self.calm = true;
        self.rates = Rates::default();
        self.relays.mend();
        self.malice.stop_withholding();
        let soon = self.now + SOUND_MS.1;
        self.queue.retain(|at, happening| match happening {
            // What was held up for longer is lost: a fault that comes later would be one more.
            Happening::ToRelay(..) | Happening::Carried(..) => at <= soon,
            Happening::ToSeat(_, _, bytes) => at <= soon || !is_deliver(bytes),
            Happening::Wakes(_) => true,
            Happening::Hands { .. } => false,
            Happening::Dials(_)
            | Happening::Comes(_)
            | Happening::Reopens(_)
            | Happening::NoticesDeadSocket(..)
            | Happening::Reads(_)
            | Happening::MendsLink(_)
            | Happening::MendsBridge(..)
            | Happening::StopsWithholding => at <= soon,
        });
        for (to, inviter, entry) in std::mem::take(&mut self.at_the_door) {
            self.hands(to, inviter, &entry);
        }
        let mut seats = self.alive();
        self.people.shuffle(&mut seats);
        for seat in seats {
            self.links[seat.0].mend(SOUND_MS);
            self.reopens(seat);
            self.reads(seat);
            self.hangs_up(seat);
            self.seats[seat.0].present = true;
            let after = self.people.between(0, BACK_MS);
            self.later(after, Happening::Dials(seat));
        }
        self.looks_around();
    }

    /// Waits until all are level and stay so.
    fn becomes_level(&mut self) {
        let stopped = self.now;
        let mut since = None;
        let mut last = None;
        while self.now < stopped + PATIENCE_MS + STEADY_MS {
            self.passes(LOOK_EVERY_MS);
            match self.is_level() {
                Ok(()) => {
                    let level = *since.get_or_insert(self.now);
                    if self.now - level >= STEADY_MS {
                        self.heal_ms = Some(level - stopped);
                        self.says(&"all", format_args!("have been level since {} ms after", level - stopped));
                        return;
                    }
                }
                Err(breach) => {
                    since = None;
                    last = Some(breach);
                }
            }
        }
        // Level too late is not level.
        let Some(breach) = last.filter(|_| !self.is_nobody_left()) else { return };
        let class = if breach.class == Class::Diverged { Class::Diverged } else { Class::Wedged };
        let (seconds, of, what) = (PATIENCE_MS / 1000, breach.invariant, breach.what);
        let what = format!("not level {seconds} s after the faults stopped: {of} {what}");
        // A hostile member must not even be able to hold the others up.
        let hostile = self.seats.iter().any(|seat| seat.hostile);
        self.breaches(Breach::new(class, if hostile { "I13" } else { "I12" }, what));
    }

    /// The hostile members go on although everything else is in order: how often do the others stand together all the same,
    /// and are they level again when it ends?
    fn holds_out(&mut self) {
        let until = self.now + HELD_OUT_MS;
        while self.now < until {
            self.hostile_acts();
            self.passes(LOOK_EVERY_MS);
            self.figures.add("looks while a hostile member went on", 1);
            let final_seats = self.final_seats();
            let states: BTreeSet<_> = final_seats.iter().map(|seat| self.seats[seat.0].state()).collect();
            self.figures.add("of them, all others stood on one state", u64::from(states.len() == 1));
        }
        let healed = self.heal_ms.take();
        self.becomes_level();
        self.heal_ms = self.heal_ms.and(healed);
    }

    fn is_level(&self) -> Result<(), Breach> {
        let final_seats = self.final_seats();
        // Nobody can remove the founder, and it never leaves: without it everything below would hold of nobody.
        if !final_seats.contains(&SeatNo(0)) {
            return Err(Breach::new(Class::Wedged, "I12", "the founder is not at its table".into()));
        }
        let mut states = final_seats.iter().map(|seat| self.seats[seat.0].state());
        let first = states.next();
        // Cheap, and mostly what it is as long as something is wrong.
        if states.any(|state| Some(state) != first) {
            return Err(Breach::new(Class::Diverged, "I1", "they stand on different states".into()));
        }
        let views = self.views(&final_seats);
        level::level(&views, &self.absent())?;
        match held::everywhere(&views, &self.facts).into_iter().next() {
            Some(breach) => Err(breach),
            None => Ok(()),
        }
    }

    /// Whether all who are left come from backups: nobody has keys of any state, and no seat can bring another in.
    fn is_nobody_left(&self) -> bool {
        let final_seats = self.final_seats();
        !final_seats.is_empty() && final_seats.iter().all(|seat| self.seats[seat.0].waits_as_restored())
    }

    /// Honest seats that are there and have not been removed, by the table of the first of them in rank.
    pub(crate) fn final_seats(&self) -> Vec<SeatNo> {
        let there = || self.seats.iter().filter(|seat| seat.is_open() && !seat.hostile);
        let seated = |seat: &&Seat, by: &Seat| by.table().is_some_and(|table| table.is_seated(&seat.author()));
        let Some(judge) = there().find(|seat| seated(seat, seat)) else { return Vec::new() };
        there().filter(|seat| seated(seat, judge)).map(|seat| seat.no).collect()
    }

    fn views(&self, seats: &[SeatNo]) -> Vec<View> {
        seats.iter().filter_map(|seat| self.seats[seat.0].view()).collect()
    }

    /// Desired seats that need not be in the tree: hostile or gone, or admitted by somebody who is.
    fn absent(&self) -> BTreeSet<AuthorKey> {
        let final_seats = self.final_seats();
        let vouched = |seat: &Seat| {
            let inviter = self.inviters.get(&seat.no);
            inviter.is_none_or(|inviter| {
                final_seats.contains(inviter) && !self.facts.forked.contains(&self.seats[inviter.0].author())
            })
        };
        let absent =
            |seat: &&Seat| seat.hostile || seat.fate == Fate::Gone || seat.fate == Fate::AtTheDoor && !vouched(seat);
        self.seats.iter().filter(absent).map(Seat::author).collect()
    }

    /// Every invariant that can be seen at the end.
    fn checks(&mut self) {
        let final_seats = self.final_seats();
        let views = self.views(&final_seats);
        let mut breaches = held::everywhere(&views, &self.facts);
        for view in &views {
            breaches.extend(held::still(view, &self.facts));
            breaches.extend(order::sound(view, &self.facts));
            breaches.extend(author::signed(view, &self.facts));
            breaches.extend(caps::within(view.seat, &self.seats[view.seat.0].sizes()));
            let beyond = self.seats[view.seat.0].beyond_the_words();
            breaches
                .extend(beyond.map(|what| Breach::new(Class::Diverged, "I14", format!("{} has {what}", view.seat))));
        }
        for (one, other) in views.iter().zip(views.iter().skip(1)) {
            breaches.extend(order::same(one, other));
        }
        if let (Some(first), Some(last)) = (views.first(), views.last()) {
            breaches.extend(order::same(first, last));
        }
        for seat in self.seats.iter().filter(|seat| !seat.hostile) {
            let Some(view) = seat.view() else { continue };
            breaches.extend(readers::only_readers(&view, &self.facts));
            if !final_seats.contains(&seat.no) {
                self.figures.add("read while leaving", readers::read_while_leaving(&view, &self.facts) as u64);
            }
        }
        for breach in breaches {
            self.breaches(breach);
        }
        for view in &views {
            self.says(&view.seat, format_args!("holds {}", view.holds()));
        }
        self.figures.add("final seats", final_seats.len() as u64);
    }

    /// Removed seats, a room of another group and a seated one are given what passed the relays, opened.
    fn eavesdrops(&mut self) {
        let from = self.captured.len().saturating_sub(OVERHEARD);
        let messages: Vec<_> = self.captured[from..].to_vec();
        let final_seats = self.final_seats();
        let removed: Vec<SeatNo> = self
            .seats
            .iter()
            .filter(|seat| seat.is_open() && !seat.hostile && !final_seats.contains(&seat.no))
            .map(|seat| seat.no)
            .collect();
        for seat in removed {
            self.hits.hit(Fault::RemovedListened);
            self.overhears(seat, &messages);
        }
        if let Ok(mut outsider) =
            Seat::founds(SeatNo(self.seats.len()), self.knobs.suite, stream(self.seed, "outsider"))
        {
            outsider.present = false;
            self.hits.hit(Fault::Outsider);
            let no = outsider.no;
            self.sits(outsider);
            let before = self.seats[no.0].view().map(|view| (view.state, view.ops.len()));
            self.overhears(no, &messages);
            if self.seats[no.0].view().map(|view| (view.state, view.ops.len())) != before {
                self.breaches(Breach::new(Class::Diverged, "I5", "a room of another group took something in".into()));
            }
            self.seats[no.0].vanishes();
        }
        self.takes_noise();
    }

    fn overhears(&mut self, seat: SeatNo, messages: &[(wire::Topic, bytes::Bytes)]) {
        let Some(own) = self.seats[seat.0].channels().first().map(room::Channel::topic) else { return };
        let mut assembler = room::Assembler::default();
        for (topic, payload) in messages {
            let part = self.channels.get(topic).and_then(|channel| channel.open(payload));
            let Some(message) = part.and_then(|part| assembler.take(part)) else { continue };
            self.seats[seat.0].takes(Input::Message(own, &message), self.now, Doom::Lives);
        }
        let Some(view) = self.seats[seat.0].view() else { return };
        if let Some(breach) = readers::only_readers(&view, &self.facts) {
            self.breaches(breach);
        }
    }

    /// Bytes that are no frame, and frames with a bit turned, change nothing (I4).
    fn takes_noise(&mut self) {
        let final_seats = self.final_seats();
        let Some(seat) = self.people.pick(&final_seats) else { return };
        let Some(topic) = self.seats[seat.0].channels().first().map(room::Channel::topic) else { return };
        let Some(before) = self.seats[seat.0].view() else { return };
        for _ in 0..20 {
            let mut message = vec![0; 1 + self.people.below(300)];
            rand_core::RngCore::fill_bytes(&mut self.people, &mut message);
            self.seats[seat.0].takes(Input::Message(topic, &message), self.now, Doom::Lives);
        }
        let after = self.seats[seat.0].view();
        if after.is_none_or(|after| after.state != before.state || after.ops != before.ops) {
            self.breaches(Breach::new(Class::Diverged, "I4", format!("{seat} takes noise for something")));
        }
    }
}
