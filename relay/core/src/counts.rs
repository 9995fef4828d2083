//! What a relay counts: sums over all connections, from which nobody can be told apart.

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use wire::CloseReason;

/// Sums since the relay started.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Frames taken for publishing, here or from the cluster.
    pub published: u64,
    /// Bytes of their payloads.
    pub published_bytes: u64,
    /// Deliver frames put into queues.
    pub delivered: u64,
    /// Published frames that were refused.
    pub refused: u64,
    /// Gap frames put into queues.
    pub gaps: u64,
    /// Times somebody who published was made to wait for those who read.
    pub held_back: u64,
    /// Closed connections, by the close code of the reason.
    pub closed: BTreeMap<u16, u64>,
}

impl Counts {
    pub(crate) fn close(&mut self, reason: CloseReason) {
        *self.closed.entry(reason.code()).or_default() += 1;
    }
}

/// Counts the memory of frames for as long as somebody has them, however many share them.
#[derive(Clone, Default)]
pub(crate) struct Ledger(Arc<AtomicUsize>);

impl Ledger {
    /// Returns the same bytes; they are counted until the last copy is dropped.
    pub(crate) fn enter(&self, bytes: Bytes) -> Bytes {
        self.0.fetch_add(bytes.len(), Relaxed);
        Bytes::from_owner(Entered { bytes, ledger: self.clone() })
    }

    /// Returns the sum.
    pub(crate) fn bytes(&self) -> usize {
        self.0.load(Relaxed)
    }
}

struct Entered {
    bytes: Bytes,
    ledger: Ledger,
}

impl AsRef<[u8]> for Entered {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.ledger.0.fetch_sub(self.bytes.len(), Relaxed);
    }
}
