//! What comes in from the others.

use record::{Inserted, NotTaken, Op};

use crate::frame::{Commit, Frame, SealedOp, Signed};
use crate::graph::Taken;
use crate::input::{Error, Event, Millis};
use crate::op_key::Sealing;
use crate::policy;
use crate::room::Room;

/// Most bytes of ops kept that are sealed under a state not known yet. More are dropped: they will be asked for.
const EARLY_BYTES: usize = 2 << 20;

impl Room {
    pub(crate) fn receive(&mut self, bytes: &[u8], now: Millis) -> Result<(), Error> {
        match Frame::decode(self.id, bytes)? {
            Frame::Commit(commit) => self.receive_commit(commit, now),
            Frame::Op(sealed) => self.receive_op(sealed, now),
            Frame::Beacon(beacon) => self.receive_beacon(beacon.body, now),
            Frame::Hello(hello) => self.receive_hello(hello.body, now),
            Frame::Want(want) => self.receive_want(want, now),
            Frame::Answer(answer) => self.receive_answer(answer, now),
        }
    }

    fn receive_commit(&mut self, commit: Signed<Commit>, now: Millis) -> Result<(), Error> {
        let id = commit.id();
        self.pacing.offered(&id);
        let cited = policy::cited(&self.rules, &commit.body);
        match self.graph.take(commit) {
            Taken::New => {}
            Taken::Known => return Ok(()),
            Taken::Waits => {
                self.pacing.hello_soon(now, &mut self.rng);
                return Ok(());
            }
            Taken::Refused => return Err(Error::PeerMisbehaved("a commit against the rules")),
        }
        for op in cited.unwrap_or_default() {
            self.record.cite(op);
        }
        self.refold();
        self.walk(now)
    }

    fn receive_op(&mut self, sealed: SealedOp, now: Millis) -> Result<(), Error> {
        let Some(key) = self.op_keys.get(&sealed.state) else {
            if self.graph.roster(&sealed.state).is_none() && !self.graph.is_earlier(&sealed.state) {
                self.early.push_front(sealed);
                while self.early.iter().map(|early| early.sealed.len()).sum::<usize>() > EARLY_BYTES {
                    self.early.pop_back();
                }
            }
            return Ok(());
        };
        let misbehaved = |what| move || Error::PeerMisbehaved(what);
        let plain = key.open(Sealing::Op, &sealed.sealed).ok_or_else(misbehaved("a sealed op does not open"))?;
        let op = Op::decode(&plain).map_err(|_| Error::PeerMisbehaved("no op was sealed"))?;
        if op.origin() != sealed.state {
            return Err(Error::PeerMisbehaved("an op sealed under another state than its own"));
        }
        let (author, known) = (op.author(), self.record.op(&op.id()).is_some());
        self.take_op(op, now)?;
        // Ops of others than their author come in answers: this one was sent by the author itself.
        if !known && author != self.me() {
            self.presence.entry(author).or_default().heard = now;
        }
        Ok(())
    }

    /// Ops that came before the state they were sealed under.
    pub(crate) fn receive_early(&mut self, now: Millis) {
        for sealed in std::mem::take(&mut self.early).into_iter().rev() {
            // What does not fit now either is asked for later like everything missed.
            self.receive_op(sealed, now).ok();
        }
    }

    /// Judges an op and puts it into the record.
    pub(crate) fn take_op(&mut self, op: Op, now: Millis) -> Result<(), Error> {
        if op.room() != self.id || self.graph.judge_op(&op) == Some(false) {
            return Err(Error::PeerMisbehaved("an op against the rules"));
        }
        let (id, author, control) = (op.id(), op.author(), op.kind().is_control());
        // Said in a state from before this seat joined: then at least by somebody who was ever admitted.
        let founder = author == self.rules.founder;
        let stranger = !founder && (control || self.table.seat(&author).is_none());
        if stranger && self.graph.judge_op(&op).is_none() {
            return Err(Error::PeerMisbehaved("an op by nobody who may say it"));
        }
        match self.record.insert(op) {
            Ok(Inserted::Known) => {
                if author == self.me() {
                    self.echoed(&id);
                }
                return Ok(());
            }
            Ok(Inserted::New | Inserted::Filled) => {}
            Ok(Inserted::Twin) => self.show(Event::TwoVersions(author)),
            Err(NotTaken::MissingPrevious) => {
                self.pacing.want_soon(now, &mut self.rng);
                return Ok(());
            }
            Err(NotTaken::Void) => return Ok(()),
            Err(NotTaken::BreaksChain) => return Err(Error::PeerMisbehaved("an op that breaks its author's chain")),
        }
        if control {
            self.refold();
        }
        if author != self.me() {
            self.show(Event::Arrived(id));
        }
        self.show(Event::Changed);
        self.pacing.beacon_soon(now, &mut self.rng);
        Ok(())
    }
}
