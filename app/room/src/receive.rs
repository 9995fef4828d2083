//! What comes in from the others.

use record::{Inserted, NotTaken, Op};

use crate::frame::{Commit, Frame, SealedOp, Signed};
use crate::graph::Taken;
use crate::input::{Error, Event, Millis};
use crate::op_key::Sealing;
use crate::policy;
use crate::room::Room;

/// Most ops kept that are sealed under a state not known yet. More are dropped: they will be asked for.
const EARLY: usize = 128;

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
        let cited = policy::cited(&commit.body);
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
                self.early.truncate(EARLY - 1);
                self.early.push_front(sealed);
            }
            return Ok(());
        };
        let misbehaved = |what| move || Error::PeerMisbehaved(what);
        let plain = key.open(Sealing::Op, &sealed.sealed).ok_or_else(misbehaved("a sealed op does not open"))?;
        let op = Op::decode(&plain).map_err(|_| Error::PeerMisbehaved("no op was sealed"))?;
        if op.origin() != sealed.state {
            return Err(Error::PeerMisbehaved("an op sealed under another state than its own"));
        }
        self.take_op(op, now)
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
