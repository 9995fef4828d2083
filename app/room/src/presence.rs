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
    /// Digests of what it said it holds and of what was held here, when it was last to be told that it lacks something, and how
    /// often it was since either changed.
    pub(crate) replied: ([[u8; 32]; 2], u8),
}

/// How often a seat is told of the same difference: it may be one that never goes, of gaps that nobody can fill. Beacons that are
/// no reply tell of it too.
const REPLIES: u8 = 3;

impl Presence {
    /// Whether to tell the seat once more that it lacks something, given what both say they hold.
    pub(crate) fn is_worth_a_reply(&mut self, theirs: [u8; 32], ours: [u8; 32]) -> bool {
        let differ = [theirs, ours];
        if self.replied.0 != differ {
            self.replied = (differ, 0);
        }
        self.replied.1 = self.replied.1.saturating_add(1);
        self.replied.1 <= REPLIES
    }

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
