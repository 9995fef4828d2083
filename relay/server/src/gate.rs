//! Strangers take turns.
//!
//! Who has proved a topic is served at once. Serving a socket, answering a request, and reading of somebody who has proved nothing
//! goes through one gate, that lets so many pass in a millisecond: however many come, and however fast, most of the time is the
//! members'. What waits at the gate waits in the network.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::sleep;

/// Passes in a millisecond. One takes about 20 µs, so strangers have about a tenth of the time.
const PER_MS: u32 = 4;

/// Passes at once after a quiet time: more than a talk needs that comes together.
const AT_ONCE: u32 = 400;

pub(crate) struct Gate {
    state: Mutex<State>,
    somebody_waits: Notify,
}

struct State {
    passes: u32,
    filled_at: Instant,
    waiting: VecDeque<Waker>,
    /// Tickets given, and tickets whose turn has come.
    given: u64,
    called: u64,
}

/// A place in the queue, if any.
#[derive(Default)]
pub(crate) struct Ticket(Option<u64>);

impl Gate {
    pub(crate) fn new() -> Self {
        let state = State { passes: AT_ONCE, filled_at: Instant::now(), waiting: VecDeque::new(), given: 0, called: 0 };
        Gate { state: Mutex::new(state), somebody_waits: Notify::new() }
    }

    /// Ready when one may pass; else it is woken when its turn comes.
    pub(crate) fn poll_pass(&self, ticket: &mut Ticket, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        state.fill();
        let has_been_called = ticket.0.is_some_and(|number| number <= state.called);
        if state.passes > 0 && (state.waiting.is_empty() || has_been_called) {
            state.passes -= 1;
            ticket.0 = None;
            return Poll::Ready(());
        }
        if ticket.0.is_none() || has_been_called {
            state.given += 1;
            ticket.0 = Some(state.given);
            state.waiting.push_back(cx.waker().clone());
            self.somebody_waits.notify_one();
        }
        Poll::Pending
    }

    /// Waits until one may pass.
    pub(crate) async fn pass(&self) {
        let mut ticket = Ticket::default();
        poll_fn(|cx| self.poll_pass(&mut ticket, cx)).await;
    }

    /// Calls those who wait, in the order in which they came, for as long as the relay runs.
    pub(crate) async fn run(&self) {
        loop {
            if self.state().waiting.is_empty() {
                self.somebody_waits.notified().await;
            }
            sleep(Duration::from_millis(1)).await;
            let mut state = self.state();
            state.fill();
            let next = state.waiting.len().min(state.passes as usize);
            state.called += next as u64;
            for waker in state.waiting.drain(..next) {
                waker.wake();
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fill(&mut self) {
        let elapsed = self.filled_at.elapsed();
        let Ok(elapsed_ms @ 1..) = u32::try_from(elapsed.as_millis()) else { return };
        self.filled_at += Duration::from_millis(u64::from(elapsed_ms));
        self.passes = self.passes.saturating_add(elapsed_ms.saturating_mul(PER_MS)).min(AT_ONCE);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use super::*;

    #[tokio::test]
    async fn so_many_pass_at_once_and_the_others_by_and_by_in_order() {
        let gate = Arc::new(Gate::new());
        let order = Arc::new(Mutex::new(Vec::new()));
        let passed = Arc::new(AtomicUsize::new(0));
        let started = Instant::now();
        let most = AT_ONCE as usize + 100;
        let everybody = (0..most).map(|number| {
            let (gate, order, passed) = (Arc::clone(&gate), Arc::clone(&order), Arc::clone(&passed));
            tokio::spawn(async move {
                gate.pass().await;
                order.lock().expect("nobody panics").push(number);
                passed.fetch_add(1, Relaxed);
            })
        });
        let everybody: Vec<_> = everybody.collect();
        for _ in 0..most {
            tokio::task::yield_now().await;
        }
        let at_once = passed.load(Relaxed);
        assert!((AT_ONCE as usize..most).contains(&at_once), "{at_once}");
        tokio::select! {
            () = gate.run() => {}
            () = async { for one in everybody { one.await.expect("nobody panics"); } } => {}
        }
        assert!(started.elapsed() >= Duration::from_millis(10), "{:?}", started.elapsed());
        assert!(order.lock().expect("nobody panics").is_sorted());
    }
}
