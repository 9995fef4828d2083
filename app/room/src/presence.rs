//! What is known of another seat by its own signed frames.

use record::{Op, Record, StateId, Vector};

use crate::input::Millis;

/// What is known of another seat.
#[derive(Default)]
pub(crate) struct Presence {
    /// The last counter heard: an older frame, replayed, changes nothing.
    pub(crate) counter: u64,
    /// SHA-256 of that beacon.
    pub(crate) frame: [u8; 32],
    /// Where the seat stood then.
    pub(crate) tip: Option<StateId>,
    /// When it said so.
    pub(crate) told: Millis,
    /// What it knows of that state, as a digest.
    pub(crate) knows: [u8; 32],
    /// What it holds.
    pub(crate) vector: Vector,
    /// When it was last heard.
    pub(crate) heard: Millis,
}

impl Presence {
    /// Whether the seat says that it holds this very op.
    pub(crate) fn holds(&self, op: &Op, record: &Record) -> bool {
        let Some(head) = self.vector.head(&op.author()) else { return false };
        if head.number == op.number() {
            return head.id == op.id();
        }
        // Until its head is held here too, nobody knows on which of two chains it is.
        if record.op(&head.id).is_none() {
            return false;
        }
        // Of two ops with one number the seat may hold the other one: follow its chain while it is known here.
        let mut at = head.id;
        while let Some(held) = record.op(&at) {
            if held.number() <= op.number() {
                return at == op.id();
            }
            if !record.may_have_several_ends(&op.author()) {
                break;
            }
            at = held.previous();
        }
        head.number > op.number()
    }
}
