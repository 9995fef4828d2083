//! Staying level with the others: beacons, hellos, wants and answers.
//!
//! Whoever comes back says Hello. Those who hold more say so in a Beacon after a random delay, unless
//! somebody else did; the one who holds less asks with a Want; one of those who can, answers, sealed to the
//! one-time key in the Want, and the others who hear the answer keep silent. Commits are offered openly in the current
//! era; in old ones, where removed seats may listen, they are sealed to a one-time key in the Hello.

use std::collections::BTreeSet;

use rand_core::RngCore;
use record::{AuthorKey, Gap, Op, OpId, Vector};
use wire::Topic;

use crate::bounds;
use crate::channel::{Channel, MESSAGE_BYTES};
use crate::frame::{Answer, Beacon, CommitId, CommitIds, Frame, Given, Hello, Signed, SignedBytes, Want};
use crate::input::{Alarm, Error, Event, Millis};
use crate::mls::{OneTimeKey, seal_to};
use crate::pacing::{ANSWER_MS, DueAnswer, INSIST_EVERY, INSIST_FRUITLESS, Question, between, sooner};
use crate::room::{Room, Standing};

pub(crate) use crate::pacing::Pacing;

/// How long to wait for an answer.
const WANT_PATIENCE_MS: Millis = 2_000;
/// Patience doubles with each attempt without gain, up to this.
const WANT_PATIENCE_MAX_MS: Millis = 30_000;
/// After this many attempts without gain it is only asked again when somebody is heard to hold more.
const GIVE_UP: u32 = 8;
/// After so many attempts ops are taken although the state they were said in is not heard of.
const PATIENT_ATTEMPTS: u32 = 2;
/// How many bytes of ops one answer holds; one op is always sent, however long.
const PAGE_BYTES: usize = 48 * 1024;
/// How many bytes of commits one answer holds.
const WAY_BYTES: usize = MESSAGE_BYTES / 4;

impl Room {
    pub(crate) fn next_timer(&self) -> Option<Millis> {
        if self.connected && !self.elsewhere { self.pacing.next() } else { None }
    }

    pub(crate) fn timers(&mut self, now: Millis) -> Result<(), Error> {
        if !self.connected || self.elsewhere {
            return Ok(());
        }
        let due = |at: &mut Option<Millis>| at.take_if(|at| *at <= now).is_some();
        if due(&mut self.pacing.hello_at) {
            self.send_hello(now)?;
        }
        let (beacon, reply) = (due(&mut self.pacing.beacon_at), due(&mut self.pacing.reply_at));
        if beacon || reply {
            if self.standing() == Standing::Removed {
                // Its beacons are nobody's business any more; but the removal may prove void.
                self.send_hello(now)?;
            } else {
                self.send_beacon();
            }
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

    /// Says where this seat stands and what it holds.
    pub(crate) fn send_beacon(&mut self) {
        if !self.elsewhere {
            let message = self.beacon();
            self.send(message);
        }
    }

    fn beacon(&mut self) -> Vec<u8> {
        let vector = self.record.vector().clone();
        let counter = self.next_counter();
        let beacon =
            Beacon { room: self.id, author: self.me(), counter, tip: self.tip, holds: Beacon::digest(&vector) };
        let beacon = Signed::sign(beacon, &self.key);
        let message = beacon.encode_whole(&vector);
        self.stands.take(&self.graph, beacon);
        message
    }

    /// Asks everybody to compare, on every channel; on old ones with no word about other seats and their ops.
    pub(crate) fn send_hello(&mut self, now: Millis) -> Result<(), Error> {
        if !self.connected || self.elsewhere {
            return Ok(());
        }
        let insists = self.pacing.hello_said(now);
        let apart = self.graph.is_contested() || self.chosen != self.tip || self.stranded.is_some();
        let told = if std::mem::take(&mut self.pacing.tells_stands) || apart {
            self.stands.all().map(Signed::bytes).take(bounds::STANDS_TOLD).collect()
        } else {
            Vec::new()
        };
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        let key = OneTimeKey::derive(self.rules.suite, &seed)?;
        let short = Hello {
            room: self.id,
            author: self.me(),
            root: self.graph.root(),
            tip: self.tip,
            newest: CommitIds(self.graph.newest()),
            one_time: key.public().to_vec().into(),
            stands: Vec::new(),
            // Who has no seat any more may hold last words that nobody else does, and stands where nobody hears it.
            vector: if self.standing() == Standing::Removed { self.last_words() } else { Vector::default() },
            insists,
        };
        let full = Hello { stands: told, vector: self.record.vector().clone(), ..short.clone() };
        let (full, short) = (Signed::sign(full, &self.key), Signed::sign(short, &self.key));
        let current = self.topic();
        let old: Vec<Topic> = self.channels().map(Channel::topic).filter(|topic| Some(*topic) != current).collect();
        for topic in &old {
            self.send_on(*topic, short.encode());
        }
        self.send(full.encode());
        self.pacing.asked([full.hash(), short.hash()], key, false);
        Ok(())
    }

    /// What a seat without a seat tells of: the ops it said, and those of who took it away.
    fn last_words(&self) -> Vector {
        let mut words = Vector::default();
        let by = self.table.removed.get(&self.me()).map(|removal| removal.by);
        for author in by.into_iter().chain([self.me()]) {
            words.copy(&author, self.record.vector());
        }
        words
    }

    /// Whether the seat belongs here: in the tree, or at the table.
    fn is_peer(&self, author: &AuthorKey) -> bool {
        let removed = self.table.removed.contains_key(author);
        let roster = self.graph.roster(&self.tip);
        !removed && (self.table.is_seated(author) || roster.is_some_and(|roster| roster.contains_key(author)))
    }

    pub(crate) fn receive_beacon(
        &mut self,
        signed: Signed<Beacon>,
        vector: Option<Vector>,
        on: Topic,
        now: Millis,
    ) -> Result<(), Error> {
        let beacon = signed.body.clone();
        if beacon.author == self.me() {
            self.own_counter_heard(beacon.counter, false);
            return Ok(());
        }
        if !self.graph.knows_state(&beacon.tip) {
            self.pacing.hello_soon(now, &mut self.rng);
        }
        // Also where this seat cannot follow yet, and also of seats only the own log says are removed: where others stand
        // must depend neither on what came first nor on the log.
        let ever = self.table.seat(&beacon.author).is_some();
        if ever && !self.graph.is_earlier(&beacon.tip) && self.stands.take(&self.graph, signed.clone()) {
            self.pacing.heard_news();
        }
        if !self.is_peer(&beacon.author) {
            return Err(Error::PeerMisbehaved("a beacon by no seat of the room"));
        }
        let Some(vector) = vector else { return Ok(()) };
        self.hear(beacon.author, now);
        let Some(presence) = self.presence.get_mut(&beacon.author) else { return Ok(()) };
        if beacon.counter < presence.counter {
            // Late, or of a seat that went back to an older copy and does not know: it is shown what it signed later.
            if self.record.lacks(&vector) {
                self.pacing.want_on(on, now, &mut self.rng);
            }
            self.pacing.hello_with_stands(now, &mut self.rng);
            return Ok(());
        }
        if beacon.counter == presence.counter {
            let differs = presence.frame != [0; 32] && presence.frame != signed.hash();
            if differs {
                self.alarm(Alarm::TwoBeacons(beacon.author));
            }
            return Ok(());
        }
        (presence.counter, presence.frame, presence.tip, presence.vector) =
            (beacon.counter, signed.hash(), Some(beacon.tip), vector);
        let theirs = &presence.vector;
        let behind_myself = theirs.number(&self.key.public()) > self.record.vector().number(&self.key.public());
        let (lacks, level) = (self.record.lacks(theirs), !self.record.vector().exceeds(theirs));
        if behind_myself {
            self.restored();
        }
        if lacks {
            self.pacing.want_on(on, now, &mut self.rng);
        }
        if level {
            self.pacing.reply_at = None;
        } else {
            self.pacing.reply_later(now, &mut self.rng);
        }
        if beacon.tip != self.tip {
            self.pacing.hello_if_apart(now, &mut self.rng);
        } else {
            // It stands here: whatever it knocked for is done.
            self.knocks.remove(&beacon.author);
        }
        self.show(Event::Changed);
        Ok(())
    }

    pub(crate) fn receive_hello(&mut self, signed: Signed<Hello>, on: Topic, now: Millis) -> Result<(), Error> {
        let hello = &signed.body;
        if hello.author == self.me() {
            return Ok(());
        }
        if !self.is_peer(&hello.author) {
            if self.table.removed.contains_key(&hello.author) {
                let (at, hash) = (now + between(ANSWER_MS, &mut self.rng), signed.hash());
                self.pacing.answer(hello.author, DueAnswer { at, hash, on, question: Question::Hello(hello.clone()) });
                return self.want_of_removed(&hello.author, &hello.vector, on, now);
            }
            return Err(Error::PeerMisbehaved("a hello by no seat of the room"));
        }
        self.hear(hello.author, now);
        let unknown = !self.graph.knows_state(&hello.tip);
        if unknown || hello.newest.0.iter().any(|id| !self.graph.knows(id)) && self.graph.knows_state(&hello.root) {
            self.pacing.hello_soon(now, &mut self.rng);
        } else if hello.tip != self.tip {
            self.pacing.hello_if_apart(now, &mut self.rng);
        }
        // Who comes may also fill a gap that nobody could fill before.
        if self.record.lacks(&hello.vector) || !self.gaps().is_empty() {
            self.pacing.want_on(on, now, &mut self.rng);
        }
        if Some(on) != self.topic() {
            let lacks = !self.graph.commits_for(hello.root, &hello.newest.0).is_empty();
            // Who knows all commits and stands elsewhere may not know who else stands where.
            let weighs_otherwise = hello.tip != self.tip && self.graph.is_contested();
            if lacks || weighs_otherwise {
                let (at, hash) = (now + between(ANSWER_MS, &mut self.rng), signed.hash());
                self.pacing.answer(hello.author, DueAnswer { at, hash, on, question: Question::Hello(hello.clone()) });
            }
            return Ok(());
        }
        self.take_stands(&hello.stands);
        for (place, id) in self.graph.commits_for(hello.root, &hello.newest.0).into_iter().enumerate() {
            if self.pacing.offers.len() < bounds::OFFERS {
                // In order, as far as the delays allow: a commit that comes before its parent waits for it.
                let at = now + between(ANSWER_MS, &mut self.rng) + place as Millis;
                self.pacing.offers.entry(id).or_insert(at);
            }
        }
        if self.record.vector().exceeds(&hello.vector) {
            sooner(&mut self.pacing.reply_at, now + between(ANSWER_MS, &mut self.rng));
        }
        Ok(())
    }

    /// Takes beacons handed on by somebody else.
    fn take_stands(&mut self, stands: &[SignedBytes]) {
        for bytes in stands.iter().take(bounds::STANDS_TOLD) {
            // Checking signatures is the dear part.
            let told = bytes.peek::<Beacon>();
            if told.is_none_or(|told| self.stands.knows(&self.graph, &told)) {
                continue;
            }
            let Ok(stand) = Signed::<Beacon>::from_bytes(bytes) else { continue };
            let (author, tip) = (stand.body.author, stand.body.tip);
            let ours = stand.body.room == self.id && !self.graph.is_earlier(&tip);
            let known = self.table.seat(&author).is_some();
            if author == self.me() {
                self.own_counter_heard(stand.body.counter, false);
            }
            if ours && known && self.stands.take(&self.graph, stand) {
                self.pacing.heard_news();
            }
        }
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
        self.pacing.attempts = self.pacing.attempts.saturating_add(1);
        let in_vain = self.pacing.fruitless >= INSIST_FRUITLESS;
        let insists = in_vain || self.pacing.attempts.is_multiple_of(INSIST_EVERY);
        // Whoever answered with nothing new may hold another chain of an author, and does not know from where on.
        let answered_in_vain = self.pacing.fruitless > 0;
        let known = std::mem::take(&mut self.pacing.given_in_vain);
        let record = &self.record;
        let vector = if answered_in_vain { record.vector_to_part_from(&known) } else { record.vector().clone() };
        let want = self.want(vector, insists, in_vain, false)?;
        let patience = WANT_PATIENCE_MS << self.pacing.fruitless.min(4);
        self.pacing.fruitless = self.pacing.fruitless.saturating_add(1);
        self.pacing.missing = false;
        self.pacing.waiting = true;
        self.pacing.want_at = Some(now + patience.min(WANT_PATIENCE_MAX_MS));
        let current = self.topic();
        // Whoever holds more may not have found to this era yet.
        for topic in std::mem::take(&mut self.pacing.wanted_on).into_iter().chain(current).collect::<BTreeSet<_>>() {
            self.send_on(topic, want.encode());
        }
        Ok(())
    }

    /// Asks a removed seat, on the channel it knows, for what it said while it had its seat, and for nothing else.
    fn want_of_removed(&mut self, seat: &AuthorKey, told: &Vector, on: Topic, now: Millis) -> Result<(), Error> {
        let mut theirs = Vector::default();
        theirs.copy(seat, told);
        if now < self.pacing.removed_not_before || !self.record.lacks(&theirs) {
            return Ok(());
        }
        self.pacing.removed_not_before = now + WANT_PATIENCE_MS;
        let mut ours = Vector::default();
        ours.copy(seat, self.record.vector());
        let want = self.want(ours, false, false, true)?;
        self.send_on(on, want.encode());
        Ok(())
    }

    /// What is missing below what is held: ops, and the content of those whose reader this seat turned out to be.
    pub(crate) fn gaps(&self) -> Vec<Gap> {
        let me = self.me();
        let reads = |op: &&Op| self.graph.readers(&op.origin()).is_some_and(|readers| readers.contains_key(&me));
        let content = |op: &Op| Gap { author: op.author(), after: op.number() - 1, to: op.number() };
        self.record.gaps().chain(self.record.withheld().filter(reads).map(content)).collect()
    }

    /// A question for ops, which can be answered from now on.
    fn want(&mut self, vector: Vector, insists: bool, apart: bool, only_these: bool) -> Result<Signed<Want>, Error> {
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        let key = OneTimeKey::derive(self.rules.suite, &seed)?;
        let gaps = self.gaps().into_iter().filter(|gap| !only_these || vector.head(&gap.author).is_some());
        let want = Want {
            room: self.id,
            author: self.me(),
            one_time: key.public().to_vec().into(),
            insists,
            gaps: gaps.take(bounds::GAPS).collect(),
            vector,
            only_these,
            apart,
        };
        let want = Signed::sign(want, &self.key);
        self.pacing.asked([want.hash(); 2], key, apart);
        Ok(want)
    }

    fn lacks_something(&self) -> bool {
        let peers = self.presence.iter().filter(|(seat, _)| self.is_peer(seat));
        peers.into_iter().any(|(_, presence)| self.record.lacks(&presence.vector))
    }

    pub(crate) fn receive_want(&mut self, want: Signed<Want>, on: Topic, now: Millis) -> Result<(), Error> {
        if want.body.author == self.me() {
            return Ok(());
        }
        if !self.is_peer(&want.body.author) {
            return Err(Error::PeerMisbehaved("a want by no seat of the room"));
        }
        if !self.page_for(&want.body).0.is_empty() {
            let at = now + between(ANSWER_MS, &mut self.rng);
            let (hash, asker) = (want.hash(), want.body.author);
            self.pacing.answer(asker, DueAnswer { at, hash, on, question: Question::Want(want.body) });
        }
        Ok(())
    }

    /// The next ops for an asker, never more than it may read, and whether there are more.
    fn page_for(&self, want: &Want) -> (Vec<Given>, bool) {
        let (mut page, mut bytes) = (Vec::new(), 0);
        let mut stuck: BTreeSet<OpId> = BTreeSet::new();
        let asked = |author: &AuthorKey| !want.only_these || want.vector.head(author).is_some();
        // Who asked in vain before is given also what follows on ops that nobody may have any more.
        let joins = |author: &AuthorKey| want.apart || self.record.joins_on(&want.vector, author);
        let gaps = want
            .gaps
            .iter()
            .take(bounds::GAPS)
            .flat_map(|gap| self.record.within(gap, want.apart))
            .map(|op| (op, true));
        let beyond = self.record.beyond(&want.vector).filter(|op| joins(&op.author())).map(|op| (op, false));
        // Or the table changed by ops from before the base, and their author does not remember.
        let cited = self.record.cited_beside(&want.vector).filter(|_| want.apart).map(|op| (op, true));
        for (op, in_gap) in gaps.chain(cited).chain(beyond) {
            if !asked(&op.author()) {
                continue;
            }
            let follows_on_stuck = stuck.contains(&op.previous());
            let Some(encoded) = self.as_readable(op, &want.author).filter(|_| !follows_on_stuck) else {
                // Without this op the asker cannot take those that follow on it, unless it takes them apart.
                if !in_gap && !want.apart {
                    stuck.insert(op.id());
                }
                continue;
            };
            if !page.is_empty() && bytes + encoded.len() > PAGE_BYTES {
                return (page, true);
            }
            bytes += encoded.len();
            page.push(Given::Op(encoded.into()));
        }
        (page, false)
    }

    /// An op as far as the asker may read it: whole for its readers, the header for others. None when this
    /// seat holds less than the asker may read.
    fn as_readable(&self, op: &Op, asker: &AuthorKey) -> Option<Vec<u8>> {
        // Of a state from before this seat joined it cannot tell the readers: it tells only those who joined later.
        let place = |key: &AuthorKey| self.table.seats.iter().position(|seat| seat.key == *key);
        let readers = self.graph.readers(&op.origin());
        if !op.kind().is_control() && readers.is_none() && place(asker) < place(&self.me()) {
            return None;
        }
        let reader = readers.is_some_and(|roster| roster.contains_key(asker));
        if op.kind().is_control() || reader {
            return op.body().map(|_| op.encode());
        }
        Some(op.encode_withheld())
    }

    /// What somebody on the channel of an old era is told: the way to here; or, if it was taken away, only that.
    fn way_for(&mut self, hello: &Hello) -> Vec<Given> {
        if self.table.removed.contains_key(&hello.author) {
            let removals = self.record.control().filter(|op| op.removes(&hello.author));
            return removals.map(|op| Given::Op(op.encode().into())).collect();
        }
        let (mut given, mut bytes) = (Vec::new(), 0);
        for id in self.graph.commits_for(hello.root, &hello.newest.0).into_iter().take(bounds::REPLAYED) {
            let Some(commit) = self.graph.commit(&id) else { continue };
            let frame = commit.encode();
            bytes += frame.len();
            if bytes > WAY_BYTES {
                break;
            }
            given.push(Given::Frame(frame.into()));
        }
        given.extend(self.stands.all().take(bounds::STANDS_TOLD).map(|stand| Given::Frame(stand.encode().into())));
        if self.graph.roster(&self.tip).is_some_and(|roster| !roster.contains_key(&hello.author)) {
            // It cannot walk here, and may not even know of its seat: what is held here it hears nowhere else.
            given.push(Given::Frame(self.beacon().into()));
        }
        given
    }

    fn send_answer(&mut self, due: &DueAnswer) {
        let (page, more, one_time) = match &due.question {
            Question::Want(want) => {
                let (page, more) = self.page_for(want);
                (page, more, want.one_time.clone())
            }
            Question::Hello(hello) => (self.way_for(hello), false, hello.one_time.clone()),
        };
        let Ok(plain) = minicbor::to_vec(&page) else { return };
        // A want whose one-time key is none gets no answer.
        let sealed = seal_to(self.rules.suite, &one_time, &due.hash, &plain);
        if let Ok(sealed) = sealed
            && !page.is_empty()
        {
            self.send_on(due.on, Answer { want: due.hash, more, sealed }.encode());
        }
    }

    pub(crate) fn receive_answer(&mut self, answer: Answer, on: Topic, now: Millis) -> Result<(), Error> {
        self.pacing.answers.retain(|_, due| {
            let insists = match &due.question {
                Question::Want(want) => want.insists,
                Question::Hello(hello) => hello.insists,
            };
            due.hash != answer.want || insists
        });
        let Some(own) = self.pacing.open.iter().find(|own| own.hashes.contains(&answer.want)) else {
            return Ok(());
        };
        let apart = own.apart;
        let plain = own.key.open(&answer.sealed, &answer.want)?;
        let page: Vec<Given> = minicbor::decode(&plain).map_err(|_| Error::PeerMisbehaved("an answer"))?;
        let before = (self.record.vector().clone(), self.record.len(), self.record.withheld().count());
        let mut done = Ok(());
        for given in page {
            // One bad op does not spoil the others.
            let taken = match given {
                Given::Op(bytes) => {
                    let op = Op::decode(&bytes).map_err(|_| Error::PeerMisbehaved("an answer with no op"));
                    if let Some(held) = op.as_ref().ok().filter(|op| self.record.op(&op.id()).is_some())
                        && self.pacing.given_in_vain.len() < bounds::SEATS
                    {
                        self.pacing.given_in_vain.insert(held.author(), held.id());
                    }
                    op.and_then(|op| self.take_answered(op, apart, now))
                }
                Given::Frame(bytes) => self.take_given(&bytes, on, now),
            };
            done = done.and(taken);
        }
        let (vector, len, withheld) = before;
        let fills = self.record.len() > len || self.record.withheld().count() < withheld;
        if fills || self.record.vector().exceeds(&vector) {
            self.pacing.fruitless = 0;
            self.pacing.waiting = false;
            let lacks = answer.more || self.lacks_something() || !self.gaps().is_empty();
            self.pacing.missing |= lacks;
            self.pacing.want_at = lacks.then_some(now);
        }
        done
    }

    /// Takes a signed frame that came in an answer: a commit, somebody's beacon, or the answerer's own with what it holds.
    fn take_given(&mut self, bytes: &[u8], on: Topic, now: Millis) -> Result<(), Error> {
        let frame = Frame::decode(self.id, bytes)?;
        match &frame {
            Frame::Commit(_) | Frame::Beacon(_, Some(_)) => self.receive_frame(frame, on, now),
            Frame::Beacon(beacon, None) => {
                self.take_stands(&[beacon.bytes()]);
                Ok(())
            }
            Frame::Op(_)
            | Frame::Hello(_)
            | Frame::Want(_)
            | Frame::Answer(_)
            | Frame::Knock(..)
            | Frame::Welcome(_) => Err(Error::PeerMisbehaved("an answer with another frame")),
        }
    }

    /// Takes an op that came by an answer, whole or as a header.
    pub(crate) fn take_answered(&mut self, op: Op, apart: bool, now: Millis) -> Result<(), Error> {
        let op = if op.kind().is_control() {
            if op.body().is_none() {
                return Err(Error::PeerMisbehaved("a control op without content"));
            }
            if op.removes(&self.me()) && op.room() == self.id && self.record.op(&op.id()).is_none() {
                // Said to one who is told nothing else any more.
                self.record.cite(op.clone());
                self.refold();
                self.show(Event::Changed);
            }
            op
        } else {
            match self.graph.readers(&op.origin()) {
                // A reader does not settle for the header: it would seem to hold what it cannot show.
                Some(roster) if roster.contains_key(&self.me()) => {
                    if op.body().is_none() {
                        return Err(Error::PeerMisbehaved("a header for a reader"));
                    }
                    op
                }
                Some(_) => op.withheld(),
                // On a branch this seat never saw it may have had a seat: who answers knows.
                None if self.graph.is_earlier(&op.origin()) => op,
                // A state still to be heard of: its commit comes first. If it does not come, it was on a branch all
                // have left: who answers knows its readers.
                None if self.pacing.attempts < PATIENT_ATTEMPTS => {
                    self.pacing.hello_soon(now, &mut self.rng);
                    return Ok(());
                }
                None => op,
            }
        };
        // What lies before the base is only given when it is on another chain than the one that leads there.
        let apart = apart || op.number() <= self.record.base().number(&op.author());
        self.take_op(op, apart, now)
    }
}
