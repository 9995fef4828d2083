//! What goes wrong besides frames on a link: connections, relays, stores, clocks, and everybody being away.

use super::SeatNo;
use super::draws::Draws;
use super::faults::Fault;
use super::knobs::Weights;
use super::network::REDIALS_MS;
use super::schedule::{Happening, Schedule};
use super::seat::{Fate, Seat};
use crate::Millis;

const CUT_MS: (Millis, Millis) = (1_000, 30_000);
const AWAY_MS: (Millis, Millis) = (1_000, 60_000);
/// A dead connection is noticed by pings that go unanswered.
const NOTICED_MS: (Millis, Millis) = (5_000, 40_000);
const UNREAD_MS: (Millis, Millis) = (1_000, 20_000);
const PARTED_MS: (Millis, Millis) = (3_000, 60_000);
const WITHHELD_MS: (Millis, Millis) = (5_000, 30_000);
const SLEEP_MS: Millis = 30 * 24 * 60 * 60 * 1000;
/// Within this long a page opens that was about to.
const PAGES_OPEN_MS: Millis = 60_000;
/// Most batches a store loses.
const LOST_BATCHES: u64 = 20;
/// So many honest seats are never lost for good.
const SURVIVORS: usize = 2;

impl Schedule {
    /// One thing goes wrong.
    pub(crate) fn troubles(&mut self) {
        let weights = self.knobs.weights;
        let choices = choices(&weights);
        let all: usize = choices.iter().map(|(weight, _)| weight).sum();
        if all == 0 {
            return;
        }
        let mut left = self.trouble.below(all);
        for (weight, trouble) in choices {
            match left.checked_sub(weight) {
                Some(rest) => left = rest,
                None => return trouble(self),
            }
        }
    }

    fn somebody_up(&mut self) -> Option<SeatNo> {
        let up: Vec<SeatNo> = self.seats.iter().filter(|seat| seat.is_up()).map(|seat| seat.no).collect();
        self.trouble.pick(&up)
    }

    fn cuts_one_way(&mut self) {
        let Some(seat) = self.somebody_up() else { return };
        let upwards = self.trouble.below(2) == 0;
        self.hits.hit(Fault::CutOneWay);
        self.says(&seat, format_args!("{}", if upwards { "is heard no more" } else { "hears no more" }));
        let link = &mut self.links[seat.0];
        let way = if upwards { &mut link.up } else { &mut link.down };
        way.cut = true;
        let after = self.trouble.between(CUT_MS.0, CUT_MS.1);
        self.later(after, Happening::MendsLink(seat));
    }

    fn cuts_both_ways(&mut self) {
        let Some(seat) = self.somebody_up() else { return };
        self.hits.hit(Fault::CutBothWays);
        self.breaks(seat, AWAY_MS);
    }

    fn half_opens(&mut self) {
        let Some(seat) = self.somebody_up() else { return };
        let Some(connection) = self.seats[seat.0].connection() else { return };
        self.hits.hit(Fault::HalfOpen);
        self.says(&seat, format_args!("has a half-open connection"));
        self.links[seat.0].up.cut = true;
        self.links[seat.0].down.cut = true;
        let after = self.trouble.between(NOTICED_MS.0, NOTICED_MS.1);
        self.later(after, Happening::NoticesDeadSocket(seat, connection));
        // Whatever became of the connection meanwhile, the network is there again.
        self.later(after, Happening::MendsLink(seat));
    }

    fn stops_reading(&mut self) {
        let Some(seat) = self.somebody_up() else { return };
        self.hits.hit(Fault::SlowReader);
        self.says(&seat, format_args!("stops reading"));
        self.links[seat.0].unread = true;
        let after = self.trouble.between(UNREAD_MS.0, UNREAD_MS.1);
        self.later(after, Happening::Reads(seat));
    }

    fn crashes_a_relay(&mut self) {
        let at = self.trouble.below(self.relays.count());
        self.hits.hit(Fault::RelayCrash);
        self.says(&"net", format_args!("relay {at} dies"));
        for (seat, _) in self.relays.crash(at) {
            self.breaks(seat, REDIALS_MS);
        }
    }

    fn parts_relays(&mut self) {
        let count = self.relays.count();
        if count < 2 {
            return;
        }
        let from = self.trouble.below(count);
        let to = (from + 1 + self.trouble.below(count - 1)) % count;
        let one_way = self.trouble.below(4) == 0;
        self.hits.hit(if one_way { Fault::BridgeOneWay } else { Fault::BridgeCut });
        let after = self.trouble.between(PARTED_MS.0, PARTED_MS.1);
        let ways = if one_way { vec![(from, to)] } else { vec![(from, to), (to, from)] };
        for (from, to) in ways {
            self.says(&"net", format_args!("relay {from} does not reach relay {to}"));
            self.relays.part(from, to, true);
            self.later(after, Happening::MendsBridge(from, to));
        }
    }

    fn withholds(&mut self) {
        let apart: Vec<SeatNo> = (0..self.seats.len()).map(SeatNo).filter(|_| self.trouble.below(3) == 0).collect();
        self.says(&"net", format_args!("the relay keeps {} seats apart", apart.len()));
        self.malice.withholds_from(apart);
        let after = self.trouble.between(WITHHELD_MS.0, WITHHELD_MS.1);
        self.later(after, Happening::StopsWithholding);
    }

    fn replays(&mut self) {
        for _ in 0..1 + self.trouble.below(12) {
            let (Some(seat), Some(bytes)) = (self.somebody_up(), self.malice.replays(&mut self.trouble)) else {
                return;
            };
            let Some(connection) = self.seats[seat.0].connection() else { continue };
            self.hits.hit(Fault::Replayed);
            self.sends_down(seat, connection, bytes, true);
        }
    }

    fn honest_and_open(&self) -> Vec<SeatNo> {
        self.seats.iter().filter(|seat| seat.is_open() && !seat.hostile).map(|seat| seat.no).collect()
    }

    fn rolls_back(&mut self) {
        self.goes_back(Fault::RolledBack, "loses its last", Seat::rolls_back);
    }

    fn restores(&mut self) {
        // Where everybody comes from a backup nobody is left who could bring anybody in.
        let helpers = self.seats.iter().filter(|seat| seat.fate == Fate::Seated && !seat.hostile && seat.can_help());
        if helpers.count() < SURVIVORS {
            return;
        }
        self.goes_back(Fault::Restored, "comes from a backup that lacks its last", Seat::is_restored);
    }

    fn goes_back(&mut self, fault: Fault, words: &str, back: fn(&mut Seat, usize) -> usize) {
        let open = self.honest_and_open();
        let Some(seat) = self.trouble.pick(&open) else { return };
        self.looks_around();
        let batches = self.trouble.between(1, LOST_BATCHES) as usize;
        self.goes_dead(seat);
        let lost = back(&mut self.seats[seat.0], batches);
        self.says(&seat, format_args!("{words} {lost} transactions"));
        self.hits.hit(fault);
        // What its store lost, it need not show; and what it signs next may bear a number it gave before.
        self.facts.shown.remove(&seat);
        let key = self.seats[seat.0].author();
        self.facts.forked.insert(key);
        self.sent.went_back(&key);
        let after = self.trouble.between(50, 5_000);
        self.later(after, Happening::Reopens(seat));
    }

    /// Its page is closed without its knowing.
    fn goes_dead(&mut self, seat: SeatNo) {
        self.drops_socket_of(seat);
        self.seats[seat.0].is_killed();
    }

    fn loses_for_good(&mut self, fault: Fault, words: &str) {
        let open = self.honest_and_open();
        let survivors = self.seats.iter().filter(|seat| seat.fate == Fate::Seated && !seat.hostile).count();
        // The founder stays: without it few may admit or remove, and little would go on.
        let others: Vec<SeatNo> = open.into_iter().filter(|seat| *seat != SeatNo(0)).collect();
        let (true, Some(seat)) = (survivors > SURVIVORS, self.trouble.pick(&others)) else { return };
        self.hits.hit(fault);
        self.says(&seat, format_args!("{words}"));
        self.drops_socket_of(seat);
        self.seats[seat.0].vanishes();
        self.facts.shown.remove(&seat);
    }

    fn wipes(&mut self) {
        self.loses_for_good(Fault::Wiped, "loses its store");
    }

    fn vanishes(&mut self) {
        self.loses_for_good(Fault::Left, "closes its page for good");
    }

    fn steps_a_clock(&mut self) {
        let open = self.open();
        let Some(seat) = self.trouble.pick(&open) else { return };
        let by = self.trouble.between(60_000, 24 * 60 * 60 * 1000) as i64;
        let by = if self.trouble.below(2) == 0 { by } else { -by };
        self.hits.hit(Fault::ClockStepped);
        self.says(&seat, format_args!("has its clock set by {} s", by / 1000));
        self.seats[seat.0].skew_ms += by;
    }

    fn everybody_goes(&mut self) -> Vec<SeatNo> {
        let alive = self.alive();
        for seat in &alive {
            self.goes(*seat);
        }
        alive
    }

    fn sleeps(&mut self) {
        self.hits.hit(Fault::Slept);
        self.says(&"all", format_args!("sleep for 30 days"));
        self.everybody_goes();
        self.queue.retain(|_, happening| !matches!(happening, Happening::Comes(_)));
        // Pages that were about to open still do, and are left too.
        self.passes(PAGES_OPEN_MS);
        let all = self.everybody_goes();
        self.passes(SLEEP_MS);
        self.come_back(all);
    }

    fn all_go_and_come_back(&mut self) {
        self.hits.hit(Fault::AllOffline);
        self.says(&"all", format_args!("go"));
        let all = self.everybody_goes();
        let pause = self.trouble.between(10, 20_000);
        self.passes(pause);
        self.come_back(all);
    }

    /// One after the other, in any order.
    fn come_back(&mut self, mut seats: Vec<SeatNo>) {
        self.trouble.shuffle(&mut seats);
        let mut after = 0;
        for seat in seats {
            after += self.trouble.between(1, 6_000);
            self.comes_later(seat, after);
        }
    }

    fn leaves_the_newcomer_alone(&mut self) {
        let Some(newest) = self.seats.iter().rev().find(|seat| seat.fate == Fate::Seated).map(|seat| seat.no) else {
            return;
        };
        self.hits.hit(Fault::OnlyNewcomer);
        self.says(&newest, format_args!("is left alone"));
        let mut others = self.everybody_goes();
        self.comes_later(newest, 1);
        others.retain(|seat| *seat != newest);
        let alone = self.trouble.between(3_000, 30_000);
        self.trouble.shuffle(&mut others);
        for (place, seat) in others.into_iter().enumerate() {
            self.comes_later(seat, alone + 500 * place as Millis);
        }
    }
}

type Trouble = fn(&mut Schedule);

fn choices(weights: &Weights) -> Vec<(usize, Trouble)> {
    vec![
        (weights.cut_one_way, Schedule::cuts_one_way),
        (weights.cut_both_ways, Schedule::cuts_both_ways),
        (weights.half_open, Schedule::half_opens),
        (weights.slow_reader, Schedule::stops_reading),
        (weights.relay_crash, Schedule::crashes_a_relay),
        (weights.bridge, Schedule::parts_relays),
        (weights.withhold, Schedule::withholds),
        (weights.replay, Schedule::replays),
        (weights.roll_back, Schedule::rolls_back),
        (weights.wipe, Schedule::wipes),
        (weights.leave, Schedule::vanishes),
        (weights.step_clock, Schedule::steps_a_clock),
        (weights.sleep, Schedule::sleeps),
        (weights.all_offline, Schedule::all_go_and_come_back),
        (weights.only_newcomer, Schedule::leaves_the_newcomer_alone),
        (weights.restore, Schedule::restores),
    ]
}
