//! Staying level with the others: beacons, hellos, wants and answers, paced so that many seats make no storm.
//!
//! Whoever comes back says Hello. Those who hold more say so in a Beacon after a random delay, unless
//! somebody else did; the one who holds less asks with a Want; one of those who can, answers, sealed to the
//! one-time key in the Want, and the others who hear the answer keep silent.

use std::collections::{BTreeMap, VecDeque};

use minicbor::bytes::ByteVec;
use rand_core::RngCore;
use record::{AuthorKey, Op};

use crate::frame::{Answer, Beacon, CommitId, CommitIds, Hello, Signed, Want};
use crate::input::{Error, Event, Millis};
use crate::mls::{OneTimeKey, seal_to};
use crate::presence::Presence;
use crate::room::Room;

/// An own beacon after ops came in: at least and at most this long after.
const BEACON_MS: (Millis, Millis) = (100, 700);
/// An own beacon when nothing happens.
const IDLE_BEACON_MS: (Millis, Millis) = (20_000, 40_000);
/// How long those who could answer wait for somebody else to do it.
const ANSWER_MS: (Millis, Millis) = (10, 250);
/// How long a missing op may still be on its way before it is asked for.
const WANT_MS: (Millis, Millis) = (50, 300);
/// How long to wait for an answer.
const WANT_PATIENCE_MS: Millis = 2_000;
/// Patience doubles with each attempt without gain, up to this.
const WANT_PATIENCE_MAX_MS: Millis = 30_000;
/// After this many attempts without gain others are to answer although somebody else did.
const INSIST_FRUITLESS: u32 = 2;
/// Every so many attempts they are to in any case: a seat that always answers first, with little, starves nobody.
const INSIST_EVERY: u32 = 8;
/// Answers to this many own wants can still be opened.
const WANTS_OPEN: usize = 4;
/// At least this long between two own Hellos.
const HELLO_PAUSE_MS: Millis = 2_000;
/// After this long without its echo an own op or commit is sent again: the same bytes. Doubles each time.
const ECHO_MS: Millis = 3_000;
/// After this many attempts without gain it is only asked again when somebody is heard to hold more.
const GIVE_UP: u32 = 8;
/// How many bytes of ops one answer holds; one op is always sent, however long.
const PAGE_BYTES: usize = 48 * 1024;
/// Most commits waiting to be offered.
const OFFERS: usize = 1024;
/// Most states remembered per seat to have been stood on.
const STOOD: usize = 4096;

/// What is due, and when.
#[derive(Default)]
pub(crate) struct Pacing {
    hello_at: Option<Millis>,
    beacon_at: Option<Millis>,
    /// A beacon only for somebody who holds less; not needed when another seat sends one.
    reply_at: Option<Millis>,
    want_at: Option<Millis>,
    resend_at: Option<Millis>,
    /// Somebody was heard to hold more since the last want.
    missing: bool,
    /// Own wants that may still be answered, newest last.
    open: VecDeque<OwnWant>,
    /// Whether the newest of them is being waited for.
    waiting: bool,
    /// Wants since this seat was level with all it heard of.
    attempts: u32,
    /// Wants since one brought something.
    fruitless: u32,
    /// Times the same bytes were sent since an echo came.
    resent: u32,
    hello_not_before: Millis,
    /// One for each asker, the newest.
    answers: BTreeMap<AuthorKey, DueAnswer>,
    offers: BTreeMap<CommitId, Millis>,
}

/// An own want that may still be answered.
struct OwnWant {
    hash: [u8; 32],
    key: OneTimeKey,
}

/// Somebody's want that this seat will answer if nobody else does before.
struct DueAnswer {
    at: Millis,
    hash: [u8; 32],
    want: Want,
}

impl Pacing {
    pub(crate) fn hello_soon(&mut self, now: Millis, rng: &mut impl RngCore) {
        let at = (now + between(ANSWER_MS, rng)).max(self.hello_not_before);
        sooner(&mut self.hello_at, at);
    }

    pub(crate) fn beacon_soon(&mut self, now: Millis, rng: &mut impl RngCore) {
        sooner(&mut self.beacon_at, now + between(BEACON_MS, rng));
    }

    pub(crate) fn beacon_idle(&mut self, now: Millis, rng: &mut impl RngCore) {
        self.beacon_at = Some(now + between(IDLE_BEACON_MS, rng));
    }

    /// Somebody holds more: ask, unless an answer is being waited for.
    pub(crate) fn want_soon(&mut self, now: Millis, rng: &mut impl RngCore) {
        self.missing = true;
        if !self.waiting {
            sooner(&mut self.want_at, now + between(WANT_MS, rng));
        }
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

    fn next(&self) -> Option<Millis> {
        let single = [self.hello_at, self.beacon_at, self.reply_at, self.want_at, self.resend_at];
        let answers = self.answers.values().map(|answer| answer.at);
        single.into_iter().flatten().chain(answers).chain(self.offers.values().copied()).min()
    }
}

impl Room {
    pub(crate) fn next_timer(&self) -> Option<Millis> {
        if self.connected { self.pacing.next() } else { None }
    }

    pub(crate) fn timers(&mut self, now: Millis) -> Result<(), Error> {
        if !self.connected {
            return Ok(());
        }
        let due = |at: &mut Option<Millis>| at.take_if(|at| *at <= now).is_some();
        if due(&mut self.pacing.hello_at) {
            self.pacing.hello_not_before = now + HELLO_PAUSE_MS;
            self.send_hello();
        }
        let (beacon, reply) = (due(&mut self.pacing.beacon_at), due(&mut self.pacing.reply_at));
        if beacon || reply {
            self.send_beacon();
            self.pacing.beacon_idle(now, &mut self.rng);
        }
        if due(&mut self.pacing.resend_at) {
            self.pacing.resent = self.pacing.resent.saturating_add(1);
            self.send_unechoed(now);
            self.resend_commit(now);
        }
        if due(&mut self.pacing.want_at) {
            self.send_want(now)?;
        }
        let offers: Vec<CommitId> =
            self.pacing.offers.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id).collect();
        for id in offers {
            self.pacing.offers.remove(&id);
            if let Some(message) = self.graph.commit(&id).map(|commit| commit.encode()) {
                self.send(message);
            }
        }
        let answers: Vec<AuthorKey> =
            self.pacing.answers.iter().filter(|(_, answer)| answer.at <= now).map(|(asker, _)| *asker).collect();
        for asker in answers {
            if let Some(due) = self.pacing.answers.remove(&asker) {
                self.send_answer(&due);
            }
        }
        Ok(())
    }

    pub(crate) fn send_beacon(&mut self) {
        self.counter += 1;
        let vector = self.record.vector().clone();
        let beacon = Beacon { room: self.id, author: self.me(), counter: self.counter, tip: self.tip, vector };
        let message = Signed::sign(beacon, &self.key).encode();
        self.send(message);
    }

    pub(crate) fn send_hello(&mut self) {
        let hello = Hello {
            room: self.id,
            author: self.me(),
            root: self.graph.root(),
            tip: self.tip,
            commits: CommitIds(self.graph.commit_ids()),
            vector: self.record.vector().clone(),
        };
        let message = Signed::sign(hello, &self.key).encode();
        self.send(message);
    }

    fn is_seat(&self, author: &AuthorKey) -> bool {
        self.graph.roster(&self.tip).is_some_and(|roster| roster.contains_key(author))
    }

    pub(crate) fn receive_beacon(&mut self, beacon: Beacon, now: Millis) -> Result<(), Error> {
        if beacon.author == self.me() {
            return Ok(());
        }
        let unknown = self.graph.roster(&beacon.tip).is_none() && !self.graph.is_earlier(&beacon.tip);
        if unknown {
            self.pacing.hello_soon(now, &mut self.rng);
        }
        if !self.is_seat(&beacon.author) {
            return Err(Error::PeerMisbehaved("a beacon by no seat of the room"));
        }
        let presence = self.presence.entry(beacon.author).or_default();
        if beacon.counter <= presence.counter {
            return Ok(());
        }
        *presence = Presence { counter: beacon.counter, vector: beacon.vector, heard: now };
        let theirs = &presence.vector;
        if theirs.exceeds(self.record.vector()) {
            self.pacing.want_soon(now, &mut self.rng);
        }
        if !self.record.vector().exceeds(theirs) {
            self.pacing.reply_at = None;
        }
        self.show(Event::Changed);
        // Also where this seat cannot follow yet: where others stand must not depend on what came first.
        let stood = self.stood.entry(beacon.author).or_default();
        if stood.len() < STOOD && stood.insert(beacon.tip) && !unknown { self.walk(now) } else { Ok(()) }
    }

    pub(crate) fn receive_hello(&mut self, hello: Hello, now: Millis) -> Result<(), Error> {
        if hello.author == self.me() {
            return Ok(());
        }
        let unknown = self.graph.roster(&hello.tip).is_none() && !self.graph.is_earlier(&hello.tip);
        let same_root = self.graph.root() == hello.root;
        if unknown || same_root && hello.commits.0.iter().any(|id| !self.graph.knows(id)) {
            self.pacing.hello_soon(now, &mut self.rng);
        }
        if !self.is_seat(&hello.author) {
            return Err(Error::PeerMisbehaved("a hello by no seat of the room"));
        }
        for (place, id) in self.graph.commits_for(hello.root, &hello.commits.0).into_iter().enumerate() {
            if self.pacing.offers.len() < OFFERS {
                // In order, as far as the delays allow: a commit that comes before its parent waits for it.
                let at = now + between(ANSWER_MS, &mut self.rng) + place as Millis;
                self.pacing.offers.entry(id).or_insert(at);
            }
        }
        if hello.vector.exceeds(self.record.vector()) {
            self.pacing.want_soon(now, &mut self.rng);
        }
        if self.record.vector().exceeds(&hello.vector) {
            sooner(&mut self.pacing.reply_at, now + between(ANSWER_MS, &mut self.rng));
        }
        Ok(())
    }

    /// Asks for what is missing, or stops waiting when nothing is or nobody seems to have it.
    fn send_want(&mut self, now: Millis) -> Result<(), Error> {
        let level = !self.lacks_something();
        if level {
            self.pacing.attempts = 0;
        }
        let hopeless = level || self.pacing.fruitless >= GIVE_UP;
        if hopeless && !self.pacing.missing {
            self.pacing.waiting = false;
            return Ok(());
        }
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        let key = OneTimeKey::derive(self.rules.suite, &seed)?;
        self.pacing.attempts = self.pacing.attempts.saturating_add(1);
        let want = Want {
            room: self.id,
            author: self.me(),
            one_time: key.public().to_vec().into(),
            insists: self.pacing.fruitless >= INSIST_FRUITLESS || self.pacing.attempts.is_multiple_of(INSIST_EVERY),
            vector: self.record.vector().clone(),
        };
        let want = Signed::sign(want, &self.key);
        let open = &mut self.pacing.open;
        open.push_back(OwnWant { hash: want.hash(), key });
        if open.len() > WANTS_OPEN {
            open.pop_front();
        }
        let patience = WANT_PATIENCE_MS << self.pacing.fruitless.min(4);
        self.pacing.fruitless = self.pacing.fruitless.saturating_add(1);
        self.pacing.missing = false;
        self.pacing.waiting = true;
        self.pacing.want_at = Some(now + patience.min(WANT_PATIENCE_MAX_MS));
        self.send(want.encode());
        Ok(())
    }

    fn lacks_something(&self) -> bool {
        self.presence.values().any(|presence| presence.vector.exceeds(self.record.vector()))
    }

    pub(crate) fn receive_want(&mut self, want: Signed<Want>, now: Millis) -> Result<(), Error> {
        if want.body.author == self.me() {
            return Ok(());
        }
        if !self.is_seat(&want.body.author) {
            return Err(Error::PeerMisbehaved("a want by no seat of the room"));
        }
        if !self.page_for(&want.body).0.is_empty() {
            let at = now + between(ANSWER_MS, &mut self.rng);
            let answer = DueAnswer { at, hash: want.hash(), want: want.body };
            self.pacing.answers.insert(answer.want.author, answer);
        }
        Ok(())
    }

    /// The next ops for an asker, never more than it may read, and whether there are more.
    fn page_for(&self, want: &Want) -> (Vec<ByteVec>, bool) {
        let (mut page, mut bytes): (Vec<ByteVec>, usize) = (Vec::new(), 0);
        let mut stuck: Option<AuthorKey> = None;
        for op in self.record.beyond(&want.vector) {
            if stuck == Some(op.author()) || !self.record.joins_on(&want.vector, &op.author()) {
                continue;
            }
            let Some(encoded) = self.as_readable(op, &want.author) else {
                // Without this op the asker cannot take the author's later ones.
                stuck = Some(op.author());
                continue;
            };
            if !page.is_empty() && bytes + encoded.len() > PAGE_BYTES {
                return (page, true);
            }
            bytes += encoded.len();
            page.push(encoded.into());
        }
        (page, false)
    }

    /// An op as far as the asker may read it: whole for its readers, the header for others. None when this
    /// seat holds less than the asker may read.
    fn as_readable(&self, op: &Op, asker: &AuthorKey) -> Option<Vec<u8>> {
        // Of a state from before this seat joined it cannot tell the readers: it tells only those who joined later.
        let place = |key: &AuthorKey| self.table.seats.iter().position(|seat| seat.key == *key);
        if !op.kind().is_control() && self.graph.roster(&op.origin()).is_none() && place(asker) < place(&self.me()) {
            return None;
        }
        let reader = self.graph.roster(&op.origin()).is_some_and(|roster| roster.contains_key(asker));
        if op.kind().is_control() || reader {
            return op.body().map(|_| op.encode());
        }
        Some(op.encode_withheld())
    }

    fn send_answer(&mut self, due: &DueAnswer) {
        let (page, more) = self.page_for(&due.want);
        let Ok(plain) = minicbor::to_vec(&page) else { return };
        // A want whose one-time key is none gets no answer.
        let sealed = seal_to(self.rules.suite, &due.want.one_time, &due.hash, &plain);
        if let Ok(sealed) = sealed
            && !page.is_empty()
        {
            self.send(Answer { want: due.hash, more, sealed }.encode());
        }
    }

    pub(crate) fn receive_answer(&mut self, answer: Answer, now: Millis) -> Result<(), Error> {
        self.pacing.answers.retain(|_, due| due.hash != answer.want || due.want.insists);
        let Some(own) = self.pacing.open.iter().find(|own| own.hash == answer.want) else {
            return Ok(());
        };
        let plain = own.key.open(&answer.sealed, &answer.want)?;
        let page: Vec<ByteVec> = minicbor::decode(&plain).map_err(|_| Error::PeerMisbehaved("an answer"))?;
        let before = self.record.vector().clone();
        let mut done = Ok(());
        for bytes in &page {
            // One bad op does not spoil the others.
            let taken = Op::decode(bytes).map_err(|_| Error::PeerMisbehaved("an answer with no op"));
            done = done.and(taken.and_then(|op| self.take_answered(op, now)));
        }
        if self.record.vector().exceeds(&before) {
            self.pacing.fruitless = 0;
            self.pacing.waiting = false;
            self.pacing.want_at = (answer.more || self.lacks_something()).then_some(now);
            self.pacing.missing |= answer.more;
        }
        done
    }

    /// Takes an op that came by an answer, whole or as a header.
    pub(crate) fn take_answered(&mut self, op: Op, now: Millis) -> Result<(), Error> {
        let op = if op.kind().is_control() {
            if op.body().is_none() {
                return Err(Error::PeerMisbehaved("a control op without content"));
            }
            op
        } else {
            match self.graph.roster(&op.origin()) {
                // A reader does not settle for the header: it would seem to hold what it cannot show.
                Some(roster) if roster.contains_key(&self.me()) => {
                    if op.body().is_none() {
                        return Err(Error::PeerMisbehaved("a header for a reader"));
                    }
                    op
                }
                Some(_) => op.withheld(),
                None if self.graph.is_earlier(&op.origin()) => op.withheld(),
                // A state still to be heard of: its commit comes first.
                None => {
                    self.pacing.hello_soon(now, &mut self.rng);
                    return Ok(());
                }
            }
        };
        self.take_op(op, now)
    }
}

fn sooner(slot: &mut Option<Millis>, at: Millis) {
    *slot = Some(slot.map_or(at, |before| before.min(at)));
}

fn between((least, most): (Millis, Millis), rng: &mut impl RngCore) -> Millis {
    least + rng.next_u64() % (most - least + 1)
}
