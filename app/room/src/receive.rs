//! What comes in from the others.

use record::{AuthorKey, Inserted, Kind, NotTaken, Op};
use wire::Topic;

use crate::bounds;
use crate::frame::{COUNTERS, Commit, Frame, SealedOp, Signed};
use crate::graph::Taken;
use crate::input::{Alarm, Error, Event, Millis};
use crate::knock::AGAIN_MS;
use crate::op_key::Sealing;
use crate::policy;
use crate::room::Room;

/// By how much the counter of a seat that went back to an older copy jumps: by more than was ever lost with it.
pub(crate) const JUMP: u64 = 1 << 24;

/// What is signed with this seat's key beyond this, a thief signed: who went on from there would soon have no number left that
/// others take.
pub(crate) const OWN_COUNTERS: u64 = COUNTERS - (1 << 40);

impl Room {
    pub(crate) fn receive(&mut self, topic: Topic, bytes: &[u8], now: Millis) -> Result<(), Error> {
        if self.elsewhere {
            return Ok(());
        }
        self.receive_frame(Frame::decode(self.id, bytes)?, topic, now)
    }

    pub(crate) fn receive_frame(&mut self, frame: Frame, topic: Topic, now: Millis) -> Result<(), Error> {
        match frame {
            Frame::Commit(commit) => self.receive_commit(commit, now),
            Frame::Op(sealed) => self.receive_op(sealed, now),
            Frame::Beacon(beacon, vector) => self.receive_beacon(beacon, vector, topic, now),
            Frame::Hello(hello) => self.receive_hello(hello, topic, now),
            Frame::Want(want) => self.receive_want(want, topic, now),
            Frame::Answer(answer) => self.receive_answer(answer, topic, now),
            Frame::Knock(knock, key_package) => self.receive_knock(knock, key_package, topic, now),
            Frame::Welcome(welcome) => self.receive_welcome(welcome, now),
            Frame::Tell(tell) => self.receive_tell(tell),
        }
    }

    /// Remembers that a seat was heard.
    pub(crate) fn hear(&mut self, seat: AuthorKey, now: Millis) {
        if self.presence.len() < bounds::SEATS || self.presence.contains_key(&seat) {
            self.presence.entry(seat).or_default().heard = now;
        }
        self.knock_sooner(now);
        self.pacing.heard_somebody(now, &mut self.rng);
    }

    /// Somebody is there who may hear a knock.
    pub(crate) fn knock_sooner(&mut self, now: Millis) {
        if let Some(at) = &mut self.pacing.knock_at {
            *at = (*at).min(now + AGAIN_MS);
        }
    }

    /// A frame of this seat with a counter it never gave: it runs elsewhere, or went back to an older copy of itself.
    pub(crate) fn own_counter_heard(&mut self, counter: u64, not_ours: bool) {
        if counter > self.counter || not_ours {
            self.goes_on_from(counter);
            self.restored();
        }
    }

    /// What is signed from here on is newer.
    pub(crate) fn goes_on_from(&mut self, counter: u64) {
        self.counter = self.counter.max(counter.min(OWN_COUNTERS));
    }

    /// The others know of this seat what it does not know itself: it went back to an older copy.
    pub(crate) fn restored(&mut self) {
        if !self.jumped {
            // What it signs must be newer than all it ever signed, or the others take it for a replay.
            self.jumped = true;
            self.counter += JUMP;
        }
        self.alarm(Alarm::Restored);
    }

    fn receive_commit(&mut self, commit: Signed<Commit>, now: Millis) -> Result<(), Error> {
        let id = commit.id();
        self.pacing.offered(&id);
        let body = commit.body.clone();
        if body.author == self.me() {
            let own = self.own_commits.get(&body.parent).is_some_and(|own| own.commit.id() == id);
            self.own_counter_heard(body.counter, !own && self.own_commits.contains_key(&body.parent));
        }
        let taken = match self.graph.take(commit) {
            Taken::New(taken) => taken,
            Taken::Known => return Ok(()),
            Taken::Waits => {
                self.pacing.hello_soon(now, &mut self.rng);
                return Ok(());
            }
            Taken::Refused => {
                // A state this seat never stood in is only what the frames that lead there claim.
                if self.op_keys.contains_key(&body.parent) {
                    self.overstepped(body.author);
                }
                return Err(Error::PeerMisbehaved("a commit against the rules"));
            }
        };
        self.pacing.heard_news();
        if body.author != self.me() {
            self.hear(body.author, now);
        } else if !self.own_commits.contains_key(&body.parent) {
            // This seat forgot it, and with it who came in: what those said lately was refused.
            self.pacing.hello_soon(now, &mut self.rng);
        }
        for commit in taken {
            self.taken(&commit.body, now);
        }
        if !self.gaps().is_empty() {
            self.pacing.want_soon(now, &mut self.rng);
        }
        self.show(Event::Changed);
        Ok(())
    }

    /// Draws from a commit that is new in the graph what it says besides.
    fn taken(&mut self, commit: &Commit, now: Millis) {
        let rivals: Vec<&Commit> = self.graph.commits_on(&commit.parent).map(|(_, rival)| &rival.body).collect();
        let twice = rivals.iter().filter(|rival| rival.author == commit.author).count() > 1;
        // Who stands on the other one is heard on another channel: neither hears the other's beacons.
        let parted = rivals.len() > 1 && rivals.iter().any(|rival| !rival.removes.is_empty());
        if twice {
            self.alarm(Alarm::TwoCommits(commit.author));
        }
        if parted {
            self.pacing.hello_if_apart(now, &mut self.rng);
        }
        let before = self.graph.readers(&commit.parent).cloned();
        let sat = |seat: &AuthorKey| before.as_ref().is_some_and(|roster| roster.contains_key(seat));
        let rejoined = commit.adds.iter().map(|add| add.seat).filter(|seat| sat(seat) && *seat != self.key.public());
        for seat in rejoined.collect::<Vec<_>>() {
            self.alarm(Alarm::Rejoined(seat));
            if self.brought.len() < bounds::SEATS || self.brought.contains_key(&seat) {
                self.brought.insert(seat, now);
            }
        }
        for op in commit.cited.iter().filter_map(|bytes| Op::decode(bytes).ok()) {
            if self.record.contradicts(&op) {
                self.alarm(Alarm::TwoVersions(op.author()));
            }
            self.record.cite(op);
        }
        if !commit.cited.is_empty() {
            self.refold();
        }
    }

    fn receive_op(&mut self, sealed: SealedOp, now: Millis) -> Result<(), Error> {
        let Some(key) = self.op_keys.get(&sealed.state) else {
            if !self.graph.knows_state(&sealed.state) {
                self.early.push_front(sealed);
                while self.early.iter().map(SealedOp::size).sum::<usize>() > bounds::EARLY_BYTES {
                    self.early.pop_back();
                }
            }
            return Ok(());
        };
        let misbehaved = |what| move || Error::PeerMisbehaved(what);
        let plain = key.open(Sealing::Op, &sealed.sealed).ok_or_else(misbehaved("a sealed op does not open"))?;
        let op = Op::decode(&plain).map_err(|_| Error::PeerMisbehaved("no op was sealed"))?;
        if op.body().is_none() {
            return Err(Error::PeerMisbehaved("a sealed op without its content"));
        }
        if op.origin() != sealed.state {
            return Err(Error::PeerMisbehaved("an op sealed under another state than its own"));
        }
        let (author, known) = (op.author(), self.record.op(&op.id()).is_some());
        if self.take_op(op, false, now)? {
            self.refold();
        }
        // Ops of others than their author come in answers: this one was sent by the author itself.
        if !known && author != self.me() {
            self.hear(author, now);
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

    /// Judges an op and puts it into the record; `apart` also when its author's previous one is missing. Returns whether the
    /// table is to be folded anew, which is dear.
    pub(crate) fn take_op(&mut self, op: Op, apart: bool, now: Millis) -> Result<bool, Error> {
        if op.room() != self.id {
            return Err(Error::PeerMisbehaved("an op of another room"));
        }
        let (id, author, control) = (op.id(), op.author(), op.kind().is_control());
        if self.graph.readers(&op.origin()).is_some_and(|readers| !readers.contains_key(&author)) {
            return Err(Error::PeerMisbehaved("an op said where its author had no seat"));
        }
        if !policy::judge_op(&self.rules, &self.table, &op) && !op.removes(&author) {
            // What a later version says is not for this one to judge.
            if !matches!(op.kind(), Kind::Newer(_)) {
                self.overstepped(author);
            }
            return Err(Error::PeerMisbehaved("an op by nobody who may say it"));
        }
        let gaps = self.record.apart().len();
        let inserted = if apart { self.record.insert_apart(op) } else { self.record.insert(op) };
        // A new gap is asked for at once: somebody else may hold what is missing.
        self.pacing.missing |= self.record.apart().len() > gaps;
        match inserted {
            Ok(Inserted::Known) => {
                if author == self.me() {
                    self.echoed(&id);
                }
                return Ok(false);
            }
            Ok(Inserted::New | Inserted::Filled) => {}
            Ok(Inserted::Twin) => self.alarm(Alarm::TwoVersions(author)),
            Err(NotTaken::MissingPrevious) => {
                self.pacing.want_soon(now, &mut self.rng);
                return Ok(false);
            }
            Err(NotTaken::Void) => return Ok(false),
            Err(NotTaken::BreaksChain) => return Err(Error::PeerMisbehaved("an op that breaks its author's chain")),
        }
        self.ops_since = self.ops_since.saturating_add(1);
        if author == self.me() {
            // From before this seat went back to an older copy of itself. More may come.
            self.pacing.behind_since = self.pacing.behind_since.map(|_| now);
            self.restored();
        } else if !self.record.is_void(&id) {
            self.show(Event::Arrived(id));
        }
        self.show(Event::Changed);
        self.pacing.beacon_soon(now, &mut self.rng);
        Ok(control)
    }
}
