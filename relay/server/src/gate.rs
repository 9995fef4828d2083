//! Strangers take turns.
//!
//! Who has proved a topic is served at once. Everybody else passes gates, one by one, and what has come from members meanwhile is
//! served in between:
//!
//! - Sockets come in at the entrance, so many in a millisecond.
//! - Serving a socket, answering a request, and reading of somebody who has proved nothing take a pass of the hub's gate, which lets
//!   so many pass in a millisecond.
//! - Every step that is done for a socket that is no connection yet, its end too, is done at a gate that is always open. Else the
//!   ends of all sockets that came in one millisecond would come in one.
//!
//! However many come, and however fast, most of the time is the members'. What waits at a gate waits in the network.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::sleep;

/// How many may pass a gate in a millisecond, and how many at once after a quiet time.
#[derive(Clone, Copy)]
pub(crate) struct Rate {
    pub(crate) per_ms: u32,
    pub(crate) at_once: u32,
}

pub(crate) struct Gate {
    state: Mutex<State>,
    somebody_waits: Notify,
}

struct State {
    /// None where it is always open.
    passes: Option<Passes>,
    waiting: VecDeque<Waker>,
    /// Tickets given, and tickets whose turn has come.
    given: u64,
    called: u64,
}

struct Passes {
    rate: Rate,
    left: u32,
    filled_at: Instant,
}

/// A place in the queue, if any.
#[derive(Default)]
pub(crate) struct Ticket(Option<u64>);

enum Called {
    One,
    NoPassLeft,
    NobodyWaits,
}

impl Gate {
    /// A gate that lets so many pass.
    pub(crate) fn limited(rate: Rate) -> Self {
        Self::new(Some(Passes { rate, left: rate.at_once, filled_at: Instant::now() }))
    }

    /// A gate that lets everybody pass, one by one.
    pub(crate) fn open() -> Self {
        Self::new(None)
    }

    fn new(passes: Option<Passes>) -> Self {
        let state = State { passes, waiting: VecDeque::new(), given: 0, called: 0 };
        Gate { state: Mutex::new(state), somebody_waits: Notify::new() }
    }

    /// Ready when one may pass; else it is woken when its turn comes.
    pub(crate) fn poll_pass(&self, ticket: &mut Ticket, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        match ticket.0 {
            Some(number) if number <= state.called => {
                ticket.0 = None;
                return Poll::Ready(());
            }
            Some(_) => {}
            None => {
                state.given += 1;
                ticket.0 = Some(state.given);
                state.waiting.push_back(cx.waker().clone());
                self.somebody_waits.notify_one();
            }
        }
        Poll::Pending
    }

    /// Waits until one may pass.
    pub(crate) async fn pass(&self) {
        let mut ticket = Ticket::default();
        poll_fn(|cx| self.poll_pass(&mut ticket, cx)).await;
    }

    /// Does each step of what is to be done, and drops it, only when one may pass, as long as `whose` is true.
    pub(crate) async fn in_turn<F: Future>(&self, whose: impl Fn() -> bool, to_do: F) -> F::Output {
        let mut to_do = pin!(to_do);
        let mut ticket = Ticket::default();
        poll_fn(|cx| {
            if whose() {
                ready!(self.poll_pass(&mut ticket, cx));
            }
            to_do.as_mut().poll(cx)
        })
        .await
    }

    /// Calls those who wait, in the order in which they came, for as long as the relay runs.
    pub(crate) async fn run(&self) {
        loop {
            match self.call() {
                // The runtime looks at its sockets before it goes on here.
                Called::One => yield_now().await,
                Called::NoPassLeft => sleep(Duration::from_millis(1)).await,
                Called::NobodyWaits => self.somebody_waits.notified().await,
            }
        }
    }

    fn call(&self) -> Called {
        let mut state = self.state();
        if state.waiting.is_empty() {
            return Called::NobodyWaits;
        }
        if state.passes.as_mut().is_some_and(|passes| !passes.take()) {
            return Called::NoPassLeft;
        }
        state.called += 1;
        if let Some(next) = state.waiting.pop_front() {
            next.wake();
        }
        Called::One
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Passes {
    /// Takes one if there is one.
    fn take(&mut self) -> bool {
        if let Ok(elapsed_ms @ 1..) = u32::try_from(self.filled_at.elapsed().as_millis()) {
            self.filled_at += Duration::from_millis(u64::from(elapsed_ms));
            self.left = self.left.saturating_add(elapsed_ms.saturating_mul(self.rate.per_ms)).min(self.rate.at_once);
        }
        let taken = self.left > 0;
        self.left = self.left.saturating_sub(1);
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::task::JoinSet;

    use super::*;

    const RATE: Rate = Rate { per_ms: 4, at_once: 400 };

    /// Lets so many through and returns in which order they came through, with what else was done in between.
    async fn crowd(gate: &Arc<Gate>, most: usize) -> Vec<Option<usize>> {
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut everybody = JoinSet::new();
        for number in 0..most {
            let (gate, order) = (Arc::clone(gate), Arc::clone(&order));
            everybody.spawn(async move {
                gate.in_turn(|| true, async { order.lock().expect("nobody panics").push(Some(number)) }).await;
            });
        }
        let member = async {
            loop {
                yield_now().await;
                order.lock().expect("nobody panics").push(None);
            }
        };
        tokio::select! {
            () = gate.run() => {}
            () = member => {}
            _ = everybody.join_all() => {}
        }
        order.lock().expect("nobody panics").clone()
    }

    #[tokio::test]
    async fn so_many_pass_at_once_and_the_others_by_and_by_in_order() {
        let gate = Arc::new(Gate::limited(RATE));
        let started = Instant::now();
        let most = RATE.at_once as usize + 100;
        let passed: Vec<usize> = crowd(&gate, most).await.into_iter().flatten().collect();
        assert!(passed.into_iter().eq(0..most));
        assert!(started.elapsed() >= Duration::from_millis(10), "{:?}", started.elapsed());
    }

    #[tokio::test]
    async fn members_are_served_between_two_strangers() {
        for gate in [Gate::limited(RATE), Gate::open()] {
            let order = crowd(&Arc::new(gate), 100).await;
            let strangers_together = order.windows(3).filter(|three| three.iter().all(Option::is_some)).count();
            assert_eq!(strangers_together, 0, "{order:?}");
        }
    }

    #[tokio::test]
    async fn a_gate_that_is_open_lets_pass_as_many_as_come() {
        let passed = tokio::time::timeout(Duration::from_secs(5), crowd(&Arc::new(Gate::open()), 100_000)).await;
        assert!(passed.is_ok_and(|order| order.into_iter().flatten().eq(0..100_000)));
    }

    #[tokio::test]
    async fn who_stays_waits_for_no_turn() {
        assert_eq!(Gate::open().in_turn(|| false, async { 1 }).await, 1);
    }
}
