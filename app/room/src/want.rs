//! Asking for what is missing, and taking what others answer.

use std::collections::BTreeSet;

use rand_core::RngCore;
use record::{AuthorKey, Gap, Op, Vector};
use wire::Topic;

use crate::bounds;
use crate::frame::{Answer, Frame, Given, Signed, Want};
use crate::input::{Error, Event, Millis};
use crate::mls::OneTimeKey;
use crate::pacing::{INSIST_EVERY, INSIST_FRUITLESS, Question};
use crate::room::Room;

/// How long to wait for an answer.
const WANT_PATIENCE_MS: Millis = 2_000;
/// Patience doubles with each attempt without gain, up to this.
const WANT_PATIENCE_MAX_MS: Millis = 30_000;
/// After this many attempts without gain it is only asked again when somebody is heard to hold more.
pub(crate) const GIVE_UP: u32 = 8;
/// After so many attempts ops are taken although the state they were said in is not heard of.
const PATIENT_ATTEMPTS: u32 = 2;

impl Room {
    /// Asks for what is missing, or stops waiting when nothing is or nobody seems to have it.
    pub(crate) fn send_want(&mut self, now: Millis) -> Result<(), Error> {
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
        let vector = if answered_in_vain { record.vector_to_part_from(&known) } else { record.vector_to_ask_by() };
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
    pub(crate) fn want_of_removed(
        &mut self,
        seat: &AuthorKey,
        told: &Vector,
        on: Topic,
        now: Millis,
    ) -> Result<(), Error> {
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
        let mut gaps = self.gaps();
        gaps.retain(|gap| !only_these || vector.head(&gap.author).is_some());
        if gaps.len() > bounds::GAPS {
            // Each time others: some may never be filled.
            let first = self.rng.next_u64() % gaps.len() as u64;
            gaps.rotate_left(first as usize);
        }
        let want = Want {
            room: self.id,
            author: self.me(),
            one_time: key.public().to_vec().into(),
            insists,
            gaps: gaps.into_iter().take(bounds::GAPS).collect(),
            vector,
            only_these,
            apart,
        };
        let want = Signed::sign(want, &self.key);
        self.pacing.asked([want.hash(); 2], key, apart);
        Ok(want)
    }

    pub(crate) fn lacks_something(&self) -> bool {
        let peers = self.presence.iter().filter(|(seat, _)| self.is_peer(seat));
        peers.into_iter().any(|(_, presence)| self.record.lacks(&presence.vector))
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
        // Whoever stands on a branch that this seat cannot follow is heard on no channel of its own.
        self.knock_sooner(now);
        let before = (self.record.vector().clone(), self.record.len(), self.record.withheld().count());
        let (mut done, mut stale) = (Ok(()), false);
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
                    if stale && op.as_ref().is_ok_and(|op| self.table.seat(&op.author()).is_none()) {
                        // What this author may say follows from what was just taken.
                        self.refold();
                        stale = false;
                    }
                    op.and_then(|op| self.take_answered(op, apart, now)).map(|changed| stale |= changed)
                }
                Given::Frame(bytes) => self.take_given(&bytes, on, now),
            };
            done = done.and(taken);
        }
        if stale {
            self.refold();
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
            | Frame::Welcome(_)
            | Frame::Tell(_) => Err(Error::PeerMisbehaved("an answer with another frame")),
        }
    }

    /// Takes an op that came by an answer, whole or as a header; returns whether the table is to be folded anew.
    pub(crate) fn take_answered(&mut self, op: Op, apart: bool, now: Millis) -> Result<bool, Error> {
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
                    return Ok(false);
                }
                None => op,
            }
        };
        // What lies before the base is only given when it is on another chain than the one that leads there.
        let apart = apart || op.number() <= self.record.base().number(&op.author());
        self.take_op(op, apart, now)
    }
}
