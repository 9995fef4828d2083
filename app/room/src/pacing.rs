//! What a room does later, and when: so that many seats make no storm.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rand_core::RngCore;
use record::{AuthorKey, OpId};
use wire::Topic;

use crate::bounds;
use crate::frame::{CommitId, Hello, Want};
use crate::input::Millis;
use crate::mls::OneTimeKey;

/// An own beacon after ops came in: at least and at most this long after.
const BEACON_MS: (Millis, Millis) = (100, 700);
/// An own beacon when nothing happens. Doubled with each that nobody was heard after, up to so many times.
const IDLE_BEACON_MS: (Millis, Millis) = (20_000, 40_000);
const IDLE_BEACON_DOUBLINGS: u32 = 5;
/// How long those who could answer wait for somebody else to do it.
pub(crate) const ANSWER_MS: (Millis, Millis) = (10, 250);
/// How long a missing op may still be on its way before it is asked for.
const WANT_MS: (Millis, Millis) = (50, 300);
/// How long others may stand elsewhere, or hold less, before it is talked about.
const APART_MS: (Millis, Millis) = (500, 1_500);
/// After this many questions without gain others are to answer although somebody else did.
pub(crate) const INSIST_FRUITLESS: u32 = 2;
/// Every so many questions they are to in any case: a seat that always answers first, with little, starves nobody.
pub(crate) const INSIST_EVERY: u32 = 8;
/// At least this long between two own Hellos; doubled with each that brought no news, up to the second.
const HELLO_PAUSE_MS: (Millis, Millis) = (2_000, 30_000);
/// After this long without its echo an own op or commit is sent again: the same bytes. Doubles each time.
const ECHO_MS: Millis = 3_000;

/// What is due, and when.
#[derive(Default)]
pub(crate) struct Pacing {
    pub(crate) hello_at: Option<Millis>,
    pub(crate) beacon_at: Option<Millis>,
    /// A beacon only for somebody who holds less; not needed when another seat sends one.
    pub(crate) reply_at: Option<Millis>,
    pub(crate) want_at: Option<Millis>,
    pub(crate) resend_at: Option<Millis>,
    /// When this seat leaves its branch for the one the room chose.
    pub(crate) walk_at: Option<Millis>,
    /// When this seat's turn to commit comes.
    pub(crate) work_at: Option<Millis>,
    pub(crate) knock_at: Option<Millis>,
    /// Somebody was heard to hold more since the last want.
    pub(crate) missing: bool,
    /// On which channels.
    pub(crate) wanted_on: BTreeSet<Topic>,
    /// Own wants and hellos that may still be answered, newest last.
    pub(crate) open: VecDeque<OwnWant>,
    /// Whether the newest of them is being waited for.
    pub(crate) waiting: bool,
    /// Wants since this seat was level with all it heard of.
    pub(crate) attempts: u32,
    /// Wants since one brought something.
    pub(crate) fruitless: u32,
    /// Of each author the last op that was given since, though it was held.
    pub(crate) given_in_vain: BTreeMap<AuthorKey, OpId>,
    /// Since when others say that they hold more of this seat than it does itself, and nothing of it came.
    pub(crate) behind_since: Option<Millis>,
    /// Times the same bytes were sent since an echo came.
    pub(crate) resent: u32,
    hello_last: Option<Millis>,
    /// Whether the next Hello hands on beacons although nothing else calls for it.
    pub(crate) tells_stands: bool,
    /// Not before is a removed seat asked for what it holds.
    pub(crate) removed_not_before: Millis,
    /// Hellos since one brought something.
    idle_hellos: u32,
    /// Idle beacons since anybody else was heard.
    unheard_beacons: u32,
    hellos: u32,
    /// One for each asker, the newest.
    pub(crate) answers: BTreeMap<AuthorKey, DueAnswer>,
    pub(crate) offers: BTreeMap<CommitId, Millis>,
}

/// An own want or hello that may still be answered.
pub(crate) struct OwnWant {
    /// Of the question, as it was put in the current era and in old ones.
    pub(crate) hashes: [[u8; 32]; 2],
    pub(crate) key: OneTimeKey,
    /// Whether it asked for whatever there is, joined to what is held or not.
    pub(crate) apart: bool,
}

/// Somebody's question that this seat will answer if nobody else does before.
pub(crate) struct DueAnswer {
    pub(crate) at: Millis,
    pub(crate) hash: [u8; 32],
    pub(crate) on: Topic,
    pub(crate) question: Question,
}

/// What is asked.
pub(crate) enum Question {
    /// Ops.
    Want(Want),
    /// Commits, on the channel of an old era.
    Hello(Hello),
}

impl Pacing {
    pub(crate) fn hello_soon(&mut self, now: Millis, rng: &mut impl RngCore) {
        let at = (now + between(ANSWER_MS, rng)).max(self.hello_not_before());
        sooner(&mut self.hello_at, at);
    }

    /// Something is known to be there that a Hello will bring.
    pub(crate) fn hello_now(&mut self, now: Millis) {
        self.idle_hellos = 0;
        let at = self.hello_not_before().max(now);
        sooner(&mut self.hello_at, at);
    }

    fn hello_not_before(&self) -> Millis {
        let pause = HELLO_PAUSE_MS.0 << self.idle_hellos.saturating_sub(1).min(5);
        self.hello_last.map_or(0, |last| last + pause.min(HELLO_PAUSE_MS.1))
    }

    /// Somebody stands elsewhere: unless it comes along by itself, it is talked about.
    pub(crate) fn hello_if_apart(&mut self, now: Millis, rng: &mut impl RngCore) {
        let at = (now + between(APART_MS, rng)).max(self.hello_not_before());
        sooner(&mut self.hello_at, at);
    }

    /// Somebody may not know what it signed itself.
    pub(crate) fn hello_with_stands(&mut self, now: Millis, rng: &mut impl RngCore) {
        self.tells_stands = true;
        self.hello_if_apart(now, rng);
    }

    /// Somebody holds less: unless that is on its way, it is told.
    pub(crate) fn reply_later(&mut self, now: Millis, rng: &mut impl RngCore) {
        sooner(&mut self.reply_at, now + between(APART_MS, rng));
    }

    /// A Hello goes out; returns whether it insists.
    pub(crate) fn hello_said(&mut self, now: Millis) -> bool {
        self.hello_at = None;
        self.hellos = self.hellos.saturating_add(1);
        let insists = self.idle_hellos >= INSIST_FRUITLESS || self.hellos.is_multiple_of(INSIST_EVERY);
        self.hello_last = Some(now);
        self.idle_hellos = self.idle_hellos.saturating_add(1);
        insists
    }

    /// A commit or a beacon came that was not known.
    pub(crate) fn heard_news(&mut self) {
        self.idle_hellos = 0;
    }

    pub(crate) fn beacon_soon(&mut self, now: Millis, rng: &mut impl RngCore) {
        sooner(&mut self.beacon_at, now + between(BEACON_MS, rng));
    }

    pub(crate) fn beacon_idle(&mut self, now: Millis, rng: &mut impl RngCore) {
        let wait = between(IDLE_BEACON_MS, rng) << self.unheard_beacons.min(IDLE_BEACON_DOUBLINGS);
        self.unheard_beacons = self.unheard_beacons.saturating_add(1);
        self.beacon_at = Some(now + wait);
    }

    /// Somebody else is there: it hears of this seat as often as of others.
    pub(crate) fn heard_somebody(&mut self, now: Millis, rng: &mut impl RngCore) {
        if std::mem::take(&mut self.unheard_beacons) > 1 {
            sooner(&mut self.beacon_at, now + between(IDLE_BEACON_MS, rng));
        }
    }

    /// Whether the wait before leaving the own branch is over; starts it.
    pub(crate) fn may_leave(&mut self, now: Millis, wait: (Millis, Millis), rng: &mut impl RngCore) -> bool {
        let at = *self.walk_at.get_or_insert_with(|| now + between(wait, rng));
        at <= now
    }

    /// This seat stands somewhere else now.
    pub(crate) fn moved(&mut self) {
        (self.walk_at, self.work_at) = (None, None);
    }

    /// Somebody holds more: ask, unless an answer is being waited for.
    pub(crate) fn want_soon(&mut self, now: Millis, rng: &mut impl RngCore) {
        self.missing = true;
        if !self.waiting {
            sooner(&mut self.want_at, now + between(WANT_MS, rng));
        }
    }

    /// Somebody on this channel holds more.
    pub(crate) fn want_on(&mut self, topic: Topic, now: Millis, rng: &mut impl RngCore) {
        if self.wanted_on.len() < bounds::ERAS {
            self.wanted_on.insert(topic);
        }
        self.want_soon(now, rng);
    }

    /// What was asked on a connection that is gone will not be answered there.
    pub(crate) fn disconnected(&mut self) {
        *self = Self::default();
    }

    /// Something was sent whose echo must come.
    pub(crate) fn resend_after(&mut self, now: Millis) {
        sooner(&mut self.resend_at, now + (ECHO_MS << self.resent.min(4)));
    }

    /// The relay takes and gives: what else waits for its echo need not wait longer than at first.
    pub(crate) fn echoed(&mut self) {
        self.resent = 0;
    }

    /// Somebody sent the commit: no need to offer it.
    pub(crate) fn offered(&mut self, commit: &CommitId) {
        self.offers.remove(commit);
    }

    /// An own question that may be answered.
    pub(crate) fn asked(&mut self, hashes: [[u8; 32]; 2], key: OneTimeKey, apart: bool) {
        self.open.push_back(OwnWant { hashes, key, apart });
        if self.open.len() > bounds::WANTS {
            self.open.pop_front();
        }
    }

    pub(crate) fn answer(&mut self, asker: AuthorKey, answer: DueAnswer) {
        if self.answers.len() < bounds::SEATS || self.answers.contains_key(&asker) {
            self.answers.insert(asker, answer);
        }
    }

    pub(crate) fn next(&self) -> Option<Millis> {
        let single = [self.hello_at, self.beacon_at, self.reply_at, self.want_at, self.resend_at];
        let turns = [self.walk_at, self.work_at, self.knock_at];
        let answers = self.answers.values().map(|answer| answer.at);
        single.into_iter().chain(turns).flatten().chain(answers).chain(self.offers.values().copied()).min()
    }

    pub(crate) fn sizes(&self) -> [(&'static str, usize, usize); 3] {
        [
            ("questions", self.open.len(), bounds::WANTS),
            ("answers", self.answers.len(), bounds::SEATS),
            ("offers", self.offers.len(), bounds::OFFERS),
        ]
    }
}

pub(crate) fn sooner(slot: &mut Option<Millis>, at: Millis) {
    *slot = Some(slot.map_or(at, |before| before.min(at)));
}

pub(crate) fn between((least, most): (Millis, Millis), rng: &mut impl RngCore) -> Millis {
    least + rng.next_u64() % (most - least + 1)
}
