//! Saying something: the next own op.

use rand_core::RngCore;
use record::{Body, Draft, Op, OpId};

use crate::frame::SealedOp;
use crate::input::{Error, Event, Millis};
use crate::op_key::Sealing;
use crate::policy;
use crate::presence::Presence;
use crate::room::{Room, Standing};

/// How long others may say that they hold more of this seat than it does, and give nothing of it: anybody can say so.
const BEHIND_MS: Millis = 10_000;

impl Room {
    /// Signs, takes and sends the next own op.
    pub(crate) fn say(&mut self, body: Body, now: Millis) -> Result<Op, Error> {
        let me = self.me();
        let head = self.record.vector().head(&me).copied();
        let (heads, depth) = self.record.heads_for(&me);
        let mut salt = [0; 16];
        self.rng.fill_bytes(&mut salt);
        let draft = Draft {
            room: self.id,
            number: head.map_or(1, |head| head.number + 1),
            previous: head.map_or(OpId::NONE, |head| head.id),
            previous_control: self.record.last_control(&me),
            depth,
            origin: self.tip,
            heads,
            body,
            salt,
        };
        let op = Op::sign(draft, self.key.signing_key());
        // The others judge it by the same function: what they would refuse is not said. Nor is anything that would be a
        // second op of one number, while others hold more of this seat than it does itself: those ops will come, if it is true.
        let more = |presence: &Presence| presence.vector.number(&me) > op.number() - 1;
        let told = self.presence.iter().any(|(seat, presence)| self.is_peer(seat) && more(presence));
        let waits = self.pacing.behind_since.is_some_and(|since| now < since.saturating_add(BEHIND_MS));
        let unheard = told && waits;
        let may = policy::judge_op(&self.rules, &self.table, &op) && self.may_speak();
        if !may || unheard {
            return Err(Error::NotNow);
        }
        self.record.insert(op.clone()).map_err(|_| Error::Bug("own op breaks the own chain"))?;
        if op.kind().is_control() {
            self.refold();
        }
        self.ops_since = self.ops_since.saturating_add(1);
        self.unechoed.push_back(op.id());
        self.send_op(&op);
        self.pacing.resend_after(now);
        self.show(Event::Changed);
        Ok(op)
    }

    /// Whether this seat may say anything at all.
    fn may_speak(&self) -> bool {
        match self.standing() {
            Standing::Seated | Standing::Stranded => true,
            Standing::Restored | Standing::Removed | Standing::OpenedElsewhere => false,
        }
    }

    /// Seals an op under the key of its origin state, whose seats are its readers, and sends it.
    fn send_op(&mut self, op: &Op) {
        let Some(key) = self.op_keys.get(&op.origin()) else { return };
        let sealed = key.seal(Sealing::Op, &op.encode(), &mut self.rng);
        self.send(SealedOp { state: op.origin(), sealed }.encode());
    }

    pub(crate) fn send_unechoed(&mut self, now: Millis) {
        let ops: Vec<Op> = self.unechoed.iter().filter_map(|id| self.record.op(id).cloned()).collect();
        for op in &ops {
            self.send_op(op);
        }
        if !ops.is_empty() {
            self.pacing.resend_after(now);
        }
    }

    pub(crate) fn echoed(&mut self, id: &OpId) {
        let before = self.unechoed.len();
        self.unechoed.retain(|waiting| waiting != id);
        if self.unechoed.len() < before {
            self.pacing.echoed();
            self.show(Event::Changed);
        }
    }
}
