//! One schedule: the loop that moves time, and what each event does.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;

use bytes::Bytes;
use rand_chacha::ChaCha20Rng;
use record::{AuthorKey, Body, StateId};
use relay_core::ConnectionId;
use room::{Channel, Error, Input};
use sha2::{Digest, Sha256};
use wire::Topic;

use super::check::wire::Sent;
use super::check::{author, caps};
use super::draws::{Draws, stream};
use super::facts::Facts;
use super::faults::{Fault, Hits};
use super::frames::Frame;
use super::knobs::{Family, Knobs, Rates};
use super::link::Link;
use super::malice::Malice;
use super::network::REDIALS_MS;
use super::relays::Relays;
use super::seat::{Deed, Done, Doom, Fate, Seat};
use super::trace::{Trace, short};
use super::verdict::{Breach, Class, Figures, Outcome};
use super::{SeatNo, knobs};
use crate::Millis;
use crate::queue::Queue;

/// Virtual time starts here: 2026-01-01.
const START: Millis = 1_767_225_600_000;
/// A page that was killed is opened again after so long.
const REOPENS_MS: (Millis, Millis) = (50, 5_000);
/// A schedule that makes more events than this does not come to an end.
const EVENTS: u64 = 2_000_000;
/// Sizes are looked at after so many inputs of a seat.
const SIZES_EVERY: u64 = 16;
/// OpenMLS wants stack, above all without optimisation.
const STACK: usize = 16 << 20;

/// How to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The family; drawn from the seed if none.
    pub family: Option<Family>,
    /// Whether to keep a log of what happens.
    pub trace: bool,
}

/// Runs the schedule of a seed on a thread of its own, on which all randomness is replayed from the seed.
pub fn run(seed: u64, options: Options) -> Outcome {
    // OpenMLS seals a path with rayon. In a pool of one thread, on that thread, it draws in order and from the replay.
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).stack_size(STACK).build().expect("a thread can be made");
    alone.install(|| {
        entropy::replay(stream(seed, "system").bytes());
        let mut schedule = Schedule::new(seed, options);
        let ended = std::panic::catch_unwind(AssertUnwindSafe(|| schedule.runs()));
        schedule.outcome(ended.err().map(|panic| words_of(&*panic)))
    })
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    format!("panic: {}", words.unwrap_or("without words"))
}

/// Something that is still to happen.
pub(crate) enum Happening {
    ToRelay(ConnectionId, Bytes),
    ToSeat(SeatNo, ConnectionId, Bytes),
    Carried(usize, Topic, Bytes),
    Wakes(SeatNo),
    Dials(SeatNo),
    Comes(SeatNo),
    Reopens(SeatNo),
    Hands { to: SeatNo, inviter: AuthorKey, entry: Vec<u8> },
    NoticesDeadSocket(SeatNo, ConnectionId),
    Reads(SeatNo),
    MendsLink(SeatNo),
    MendsBridge(usize, usize),
    StopsWithholding,
}

/// One schedule.
pub(crate) struct Schedule {
    pub(crate) seed: u64,
    pub(crate) knobs: Knobs,
    pub(crate) now: Millis,
    pub(crate) queue: Queue<Happening>,
    pub(crate) seats: Vec<Seat>,
    pub(crate) links: Vec<Link>,
    pub(crate) relays: Relays,
    pub(crate) malice: Malice,
    pub(crate) rates: Rates,
    /// Nothing goes wrong: before the troubles, and after them.
    pub(crate) calm: bool,
    pub(crate) people: ChaCha20Rng,
    pub(crate) trouble: ChaCha20Rng,
    pub(crate) net: ChaCha20Rng,
    /// Welcomes on their way by the door.
    pub(crate) at_the_door: Vec<(SeatNo, AuthorKey, Vec<u8>)>,
    /// Who invited a seat.
    pub(crate) inviters: BTreeMap<SeatNo, SeatNo>,
    pub(crate) channels: BTreeMap<Topic, Channel>,
    /// Every payload a relay was given.
    pub(crate) captured: Vec<(Topic, Bytes)>,
    pub(crate) publishing: Option<SeatNo>,
    standing: BTreeMap<SeatNo, StateId>,
    inputs: BTreeMap<SeatNo, u64>,
    pub(crate) sent: Sent,
    pub(crate) facts: Facts,
    pub(crate) hits: Hits,
    pub(crate) figures: Figures,
    pub(crate) breaches: Vec<Breach>,
    pub(crate) heal_ms: Option<Millis>,
    pub(crate) trace: Trace,
    pub(crate) transcript: Sha256,
    events: u64,
    pub(crate) written: u64,
}

impl Schedule {
    pub(crate) fn new(seed: u64, options: Options) -> Self {
        let knobs = Knobs::draw(seed, options.family);
        Self {
            seed,
            now: START,
            queue: Queue::new(),
            seats: Vec::new(),
            links: Vec::new(),
            relays: Relays::new(knobs.relays, knobs.queue_frames),
            malice: Malice::default(),
            rates: Rates::default(),
            calm: true,
            people: stream(seed, "people"),
            trouble: stream(seed, "trouble"),
            net: stream(seed, "net"),
            at_the_door: Vec::new(),
            inviters: BTreeMap::new(),
            channels: BTreeMap::new(),
            captured: Vec::new(),
            publishing: None,
            standing: BTreeMap::new(),
            inputs: BTreeMap::new(),
            sent: Sent::default(),
            facts: Facts::default(),
            hits: Hits::default(),
            figures: Figures::default(),
            breaches: Vec::new(),
            heal_ms: None,
            trace: Trace::new(options.trace),
            transcript: Sha256::new(),
            events: 0,
            written: 0,
            knobs,
        }
    }

    fn runs(&mut self) {
        self.sits_down();
        self.lives();
        self.heals();
    }

    fn outcome(mut self, panic: Option<String>) -> Outcome {
        self.breaches.extend(panic.map(|words| Breach::new(Class::Wedged, "I12", words)));
        self.breaches.dedup();
        for seat in self.seats.iter().filter(|seat| !seat.hostile) {
            for (name, count) in seat.counts().0 {
                self.figures.add(name, count);
            }
        }
        self.figures.add("seats", self.seats.len() as u64);
        self.figures.add("notes", self.written);
        self.figures.add("frames", self.captured.len() as u64);
        Outcome {
            seed: self.seed,
            family: self.knobs.family.name(),
            breaches: self.breaches,
            hits: self.hits,
            figures: self.figures,
            heal_ms: self.heal_ms,
            transcript: self.transcript.finalize().into(),
            trace: self.trace.lines(),
        }
    }

    /// Time passes.
    pub(crate) fn passes(&mut self, duration: Millis) {
        let until = self.now + duration;
        while let Some((at, happening)) = self.queue.pop(until) {
            self.now = self.now.max(at);
            self.events += 1;
            assert!(self.events < EVENTS, "more than {EVENTS} events");
            self.takes_place(happening);
        }
        self.now = until;
    }

    pub(crate) fn later(&mut self, after: Millis, happening: Happening) {
        self.queue.push(self.now + after, happening);
    }

    pub(crate) fn says(&mut self, who: &dyn std::fmt::Display, what: std::fmt::Arguments<'_>) {
        if self.trace.is_on() {
            self.trace.say(self.now - START, &who.to_string(), what);
        }
    }

    pub(crate) fn breaches(&mut self, breach: Breach) {
        self.says(&"!", format_args!("{} {}: {}", breach.class.name(), breach.invariant, breach.what));
        self.breaches.push(breach);
    }

    fn takes_place(&mut self, happening: Happening) {
        match happening {
            Happening::ToRelay(connection, bytes) => self.reaches_relay(connection, bytes),
            Happening::ToSeat(seat, connection, bytes) => self.reaches_seat(seat, connection, bytes),
            Happening::Carried(to, topic, payload) => {
                let outs = self.relays.carried(to, topic, payload, self.now);
                self.serves(outs);
            }
            Happening::Wakes(seat) => {
                if self.seats[seat.0].wake.is_some_and(|at| at <= self.now) {
                    self.seats[seat.0].wake = None;
                    // What it refuses or cannot do is dealt with where its effects are performed.
                    let _ = self.gives(seat, Input::Timer);
                }
            }
            Happening::Dials(seat) => self.dials(seat),
            Happening::Comes(seat) => {
                self.seats[seat.0].present = true;
                self.dials(seat);
            }
            Happening::Reopens(seat) => self.reopens(seat),
            Happening::Hands { to, inviter, entry } => self.hands(to, inviter, &entry),
            Happening::NoticesDeadSocket(seat, connection) => {
                if self.seats[seat.0].connection() == Some(connection) {
                    self.mends_link(seat);
                    self.breaks(seat, REDIALS_MS);
                }
            }
            Happening::Reads(seat) => self.reads(seat),
            Happening::MendsLink(seat) => self.mends_link(seat),
            Happening::MendsBridge(from, to) => {
                self.says(&"net", format_args!("relay {from} reaches relay {to} again"));
                self.relays.part(from, to, false);
            }
            Happening::StopsWithholding => self.malice.stop_withholding(),
        }
    }

    pub(crate) fn reopens(&mut self, seat: SeatNo) {
        if self.seats[seat.0].is_open() || self.seats[seat.0].fate != Fate::Seated {
            return;
        }
        match self.seats[seat.0].reopens() {
            Ok(()) => self.says(&seat, format_args!("opens its page again")),
            Err(why) => self.breaches(Breach::new(Class::Wedged, "I7", format!("{seat} cannot be opened: {why}"))),
        }
        self.notes_standing(seat);
        self.dials(seat);
    }

    /// Gives a seat an input.
    pub(crate) fn gives(&mut self, seat: SeatNo, input: Input<'_>) -> Result<(), Error> {
        let doom = self.doom(seat);
        let done = self.seats[seat.0].takes(input, self.now, doom);
        let result = done.result;
        self.performs(seat, done);
        result
    }

    /// Whether, and where, the seat is killed in the middle of its next effects.
    pub(crate) fn doom(&mut self, seat: SeatNo) -> Doom {
        if self.calm || self.seats[seat.0].hostile {
            return Doom::Lives;
        }
        if self.trouble.chance(self.knobs.kill) {
            return match self.trouble.below(5) {
                0 | 1 => Doom::BeforeWrite,
                2 | 3 => Doom::AfterWrite(self.trouble.below(4)),
                _ => Doom::WriteFails,
            };
        }
        if self.trouble.chance(self.knobs.kill_committer) {
            return if self.trouble.below(2) == 0 { Doom::BeforeCommit } else { Doom::AfterCommit };
        }
        Doom::Lives
    }

    /// Performs what a seat does, strictly in order.
    pub(crate) fn performs(&mut self, seat: SeatNo, done: Done) {
        for deed in done.deeds {
            match deed {
                Deed::Say(bytes, is_payload) => {
                    let Some(connection) = self.relays.connections_of(seat).first().copied() else { continue };
                    let way = &mut self.links[seat.0].up;
                    for at in way.travel(self.now, is_payload, &self.rates, &mut self.net, &mut self.hits) {
                        self.queue.push(at, Happening::ToRelay(connection, bytes.clone()));
                    }
                }
                Deed::Sent(frame) => self.sent(seat, &frame),
                Deed::Wake(at) => self.queue.push(at, Happening::Wakes(seat)),
                Deed::Hand(to, entry) => self.takes_to_the_door(seat, to, entry),
                Deed::Attends(channel) => {
                    self.relays.learns(&channel, self.now);
                    self.channels.entry(channel.topic()).or_insert(channel);
                }
                Deed::Alarm(alarm) => {
                    self.says(&seat, format_args!("{alarm}"));
                    self.figures.add(alarm, 1);
                }
            }
        }
        match done.result {
            Err(Error::Bug(what)) => {
                self.breaches(Breach::new(Class::Wedged, "I12", format!("{seat}: a fault of the program: {what}")));
            }
            Err(Error::PeerMisbehaved(what)) => {
                self.says(&seat, format_args!("refuses: {what}"));
                self.figures.add("refused", 1);
            }
            Err(Error::NotNow) | Ok(()) => {}
        }
        if let Some(doom) = done.died {
            self.died(seat, doom);
        }
        self.notes_standing(seat);
        let inputs = self.inputs.entry(seat).or_default();
        *inputs += 1;
        if inputs.is_multiple_of(SIZES_EVERY)
            && let Some(breach) = caps::within(seat, &self.seats[seat.0].sizes())
        {
            self.breaches(breach);
        }
    }

    fn died(&mut self, seat: SeatNo, doom: Doom) {
        let (fault, words) = match doom {
            Doom::Lives => return,
            Doom::BeforeWrite => (Fault::KilledBeforeWrite, "is killed before a write"),
            Doom::AfterWrite(_) => (Fault::KilledAfterWrite, "is killed after a write"),
            Doom::WriteFails => (Fault::WriteFailed, "cannot write"),
            Doom::BeforeCommit => (Fault::CommitterDiedBefore, "is killed before publishing its commit"),
            Doom::AfterCommit => (Fault::CommitterDiedAfter, "is killed after publishing its commit"),
        };
        self.hits.hit(fault);
        self.says(&seat, format_args!("{words}"));
        self.drops_socket_of(seat);
        let after = self.trouble.between(REOPENS_MS.0, REOPENS_MS.1);
        self.later(if doom == Doom::WriteFails { 1 } else { after }, Happening::Reopens(seat));
    }

    /// An honest seat has sent something: what the wire must never see is looked for here.
    fn sent(&mut self, seat: SeatNo, frame: &Frame) {
        if let Frame::Commit { parent, adds, removes, .. } = frame {
            let parent = short(&parent.0);
            self.says(&seat, format_args!("sends a commit on {parent}: {} in, {} out", adds.len(), removes.len()));
        } else {
            self.says(&seat, format_args!("sends: {}", frame.name()));
        }
        if self.seats[seat.0].hostile {
            return;
        }
        let key = self.seats[seat.0].author();
        match self.sent.sends(seat, &key, frame) {
            Ok(met) => {
                if met.rival {
                    self.hits.hit(Fault::RivalCommits);
                }
                if met.removal {
                    self.hits.hit(Fault::CommitBesideRemoval);
                }
            }
            Err(breach) => self.breaches(breach),
        }
    }

    /// Notes where a seat stands now, if it has moved.
    fn notes_standing(&mut self, seat: SeatNo) {
        let who = &self.seats[seat.0];
        let (Some(state), false) = (who.state(), who.hostile) else { return };
        if self.standing.insert(seat, state) == Some(state) {
            return;
        }
        let Some(roster) = who.roster() else { return };
        let (count, id) = (roster.len(), short(&state.0));
        self.says(&seat, format_args!("stands on {id} with {count} seats"));
        self.figures.add("arrivals", 1);
        if !self.facts.stands(state, roster) {
            let what = format!("{seat} stands on {id} with other seats than somebody before");
            self.breaches(Breach::new(Class::Diverged, "I1", what));
        }
    }

    /// A seat writes a note that nobody wrote before.
    pub(crate) fn writes(&mut self, seat: SeatNo, padding: usize) {
        let text: std::sync::Arc<str> = format!("{} by {seat} {}", self.written, "x".repeat(padding)).into();
        let who = &self.seats[seat.0];
        let removed: BTreeSet<AuthorKey> =
            who.table().map(|table| table.removed.keys().copied().collect()).unwrap_or_default();
        let note = super::facts::Note { author: who.author(), removed };
        let written_at = who.clock(self.now);
        let number = self.written;
        self.says(&seat, format_args!("writes note {number}"));
        self.facts.notes.insert(text.clone(), note);
        let body = Body::Note(record::Note::new(written_at, text.clone()));
        match self.gives(seat, Input::Write(body)) {
            Ok(()) => self.written += 1,
            Err(_) => {
                self.says(&seat, format_args!("may not write"));
                self.facts.notes.remove(&text);
            }
        }
    }

    /// Notes what every honest seat shows, so that it can be missed later.
    pub(crate) fn looks_around(&mut self) {
        for place in 0..self.seats.len() {
            if self.seats[place].hostile {
                continue;
            }
            let Some(view) = self.seats[place].view() else { continue };
            if let Some(breach) = author::signed(&view, &self.facts) {
                self.breaches(breach);
            }
            self.facts.shows(&view);
        }
    }

    /// Adds a seat to the world.
    pub(crate) fn sits(&mut self, mut seat: Seat) {
        let skewed = !self.seats.is_empty() && self.trouble.chance(self.knobs.skew);
        if skewed {
            const HOUR: i64 = 3_600_000;
            let skews = [HOUR, -HOUR, 10 * 365 * 24 * HOUR, -10 * 365 * 24 * HOUR];
            seat.skew_ms = self.trouble.pick(&skews).unwrap_or(0);
            self.hits.hit(Fault::ClockSkewed);
        }
        if !seat.hostile {
            self.facts.honest.insert(seat.author());
        }
        self.seats.push(seat);
        self.links.push(Link::new(self.knobs.latency_ms));
    }

    pub(crate) fn seat_rng(&self, no: SeatNo) -> ChaCha20Rng {
        stream(self.seed, &format!("seat {}", no.0))
    }

    /// Seats whose page is open.
    pub(crate) fn open(&self) -> Vec<SeatNo> {
        self.seats.iter().filter(|seat| seat.is_open()).map(|seat| seat.no).collect()
    }

    /// Seats that are seated and not gone, open or not.
    pub(crate) fn alive(&self) -> Vec<SeatNo> {
        self.seats.iter().filter(|seat| seat.fate == Fate::Seated).map(|seat| seat.no).collect()
    }

    pub(crate) fn by_key(&self, key: &AuthorKey) -> Option<SeatNo> {
        self.seats.iter().find(|seat| seat.author() == *key).map(|seat| seat.no)
    }

    pub(crate) fn role_of(no: SeatNo) -> record::Role {
        knobs::Knobs::role(no.0)
    }
}
