//! Sockets that are no connection to the relay yet: how many there may be, and how long each may take.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use relay_core::ConnectionId;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::gate::{Gate, Rate};

/// How many come in, each with its first request. Those who say nothing go as they came, so as many at most go at once.
const ARRIVALS: Rate = Rate { per_ms: 8, at_once: 80 };

/// All sockets that are served over HTTP. When there are too many the oldest goes: who is honest is served in no time, and who
/// only wants to be in the way is the oldest.
pub(crate) struct Visitors {
    state: Mutex<State>,
    left: Notify,
    /// Where they come in.
    pub(crate) entrance: Arc<Gate>,
    /// At which each step is done for them.
    pub(crate) turns: Arc<Gate>,
}

#[derive(Default)]
struct State {
    last: u64,
    /// What ends each, by the order in which they came. Those who stay on purpose are not among them.
    passing: BTreeMap<u64, AbortHandle>,
    all: usize,
}

/// A visitor. Dropping it takes it off the list.
pub(crate) struct Visitor {
    visitors: Arc<Visitors>,
    number: u64,
    stays_as: OnceLock<ConnectionId>,
}

impl Visitors {
    pub(crate) fn new() -> Self {
        Visitors {
            state: Mutex::default(),
            left: Notify::new(),
            entrance: Gate::limited(ARRIVALS),
            turns: Gate::open(),
        }
    }

    /// Adds a visitor.
    pub(crate) fn add(self: &Arc<Self>) -> Visitor {
        let mut state = self.state();
        state.last += 1;
        state.all += 1;
        Visitor { visitors: Arc::clone(self), number: state.last, stays_as: OnceLock::new() }
    }

    /// Says how a visitor can be ended, and ends the oldest if there are more than `most`.
    pub(crate) fn may_be_ended(&self, number: u64, handle: AbortHandle, most: usize) {
        let mut state = self.state();
        if handle.is_finished() {
            return;
        }
        state.passing.insert(number, handle);
        while state.passing.len() > most {
            if let Some((_, oldest)) = state.passing.pop_first() {
                oldest.abort();
            }
        }
    }

    /// Ends the oldest.
    pub(crate) fn end_oldest(&self) {
        if let Some((_, oldest)) = self.state().passing.pop_first() {
            oldest.abort();
        }
    }

    /// Waits until there are none.
    pub(crate) async fn emptied(&self) {
        loop {
            let left = self.left.notified();
            if self.state().all == 0 {
                return;
            }
            left.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visitor {
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The visitor stays: it is a client of the relay now.
    pub(crate) fn stays_as(&self, connection: ConnectionId) {
        self.stays_as.get_or_init(|| connection);
        self.visitors.state().passing.remove(&self.number);
    }

    /// Returns which connection the visitor has become.
    pub(crate) fn connection(&self) -> Option<ConnectionId> {
        self.stays_as.get().copied()
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        let mut state = self.visitors.state();
        state.passing.remove(&self.number);
        state.all -= 1;
        drop(state);
        self.visitors.left.notify_waiters();
    }
}
