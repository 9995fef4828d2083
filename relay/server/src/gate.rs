//! Strangers take turns.
//!
//! Who has proved a topic is served at once. Everybody else passes gates, one by one, and what has come from members meanwhile is
//! served in between:
//!
//! - Sockets come in at the entrance, so many in a millisecond, each with its first request. Who is in is served: more than can be
//!   wait in the network, where nothing is spent on them.
//! - A handshake of TLS, another request, and reading of somebody who has proved nothing take a pass of the hub's gate, which lets
//!   so many pass in a millisecond.
//! - Every step that is done for a socket that is no connection yet, its end too, is done at a gate that is always open. Else the
//!   ends of all sockets that came in one millisecond would come in one.
//!
//! However many come, and however fast, most of the time is the members'. What waits at a gate waits in the network.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// Who waits, by their tickets.
    waiting: BTreeMap<u64, Waker>,
    /// The last ticket given, and the last called.
    given: u64,
    called: u64,
}

struct Passes {
    rate: Rate,
    left: u32,
    filled_at: Instant,
}

/// A place at a gate, and in its queue while it waits there: who goes away is not waited for.
pub(crate) struct Ticket {
    gate: Arc<Gate>,
    number: Option<u64>,
}

enum Called {
    One,
    NoPassLeft,
    NobodyWaits,
}

impl Gate {
    /// A gate that lets so many pass.
    pub(crate) fn limited(rate: Rate) -> Arc<Self> {
        Self::new(Some(Passes { rate, left: rate.at_once, filled_at: Instant::now() }))
    }

    /// A gate that lets everybody pass, one by one.
    pub(crate) fn open() -> Arc<Self> {
        Self::new(None)
    }

    fn new(passes: Option<Passes>) -> Arc<Self> {
        let state = State { passes, waiting: BTreeMap::new(), given: 0, called: 0 };
        Arc::new(Gate { state: Mutex::new(state), somebody_waits: Notify::new() })
    }

    /// A place at the gate.
    pub(crate) fn ticket(self: &Arc<Self>) -> Ticket {
        Ticket { gate: Arc::clone(self), number: None }
    }

    /// Waits until one may pass.
    pub(crate) async fn pass(self: &Arc<Self>) {
        let mut ticket = self.ticket();
        poll_fn(|cx| ticket.poll_pass(cx)).await;
    }

    /// Does each step of what is to be done, and drops it, only when one may pass, as long as it is done for a stranger.
    pub(crate) async fn in_turn<F: Future>(self: &Arc<Self>, for_stranger: impl Fn() -> bool, to_do: F) -> F::Output {
        let mut to_do = pin!(to_do);
        let mut ticket = self.ticket();
        poll_fn(|cx| {
            if for_stranger() {
                ready!(ticket.poll_pass(cx));
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
        let State { passes, waiting, called, .. } = &mut *state;
        let Some(next) = waiting.first_entry() else { return Called::NobodyWaits };
        if passes.as_mut().is_some_and(|passes| !passes.take()) {
            return Called::NoPassLeft;
        }
        *called = *next.key();
        next.remove().wake();
        Called::One
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Ready when one may pass; else it is woken when its turn comes.
    pub(crate) fn poll_pass(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Ticket { gate, number } = self;
        let mut state = gate.state();
        match *number {
            Some(mine) if mine <= state.called => {
                *number = None;
                return Poll::Ready(());
            }
            Some(_) => {}
            None => {
                state.given += 1;
                let mine = *number.insert(state.given);
                state.waiting.insert(mine, cx.waker().clone());
                gate.somebody_waits.notify_one();
            }
        }
        Poll::Pending
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.gate.state().waiting.remove(&number);
        }
    }
}

impl Passes {
    /// Takes one if there is one.
    fn take(&mut self) -> bool {
        if let elapsed_ms @ 1.. = u32::try_from(self.filled_at.elapsed().as_millis()).unwrap_or(u32::MAX) {
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
        let gate = Gate::limited(RATE);
        let started = Instant::now();
        let most = RATE.at_once as usize + 100;
        let passed: Vec<usize> = crowd(&gate, most).await.into_iter().flatten().collect();
        assert!(passed.into_iter().eq(0..most));
        assert!(started.elapsed() >= Duration::from_millis(10), "{:?}", started.elapsed());
    }

    #[tokio::test]
    async fn members_are_served_between_two_strangers() {
        for gate in [Gate::limited(RATE), Gate::open()] {
            let order = crowd(&gate, 100).await;
            let strangers_together = order.windows(3).filter(|three| three.iter().all(Option::is_some)).count();
            assert_eq!(strangers_together, 0, "{order:?}");
        }
    }

    #[tokio::test]
    async fn a_gate_that_is_open_lets_pass_as_many_as_come() {
        let passed = tokio::time::timeout(Duration::from_secs(5), crowd(&Gate::open(), 100_000)).await;
        assert!(passed.is_ok_and(|order| order.into_iter().flatten().eq(0..100_000)));
    }

    #[tokio::test]
    async fn who_goes_away_is_not_waited_for_and_takes_no_pass() {
        let gate = Gate::limited(RATE);
        let mut cx = Context::from_waker(Waker::noop());
        let gone: Vec<Ticket> = (0..10 * RATE.at_once)
            .map(|_| {
                let mut ticket = gate.ticket();
                assert!(ticket.poll_pass(&mut cx).is_pending());
                ticket
            })
            .collect();
        drop(gone);
        assert!(gate.state().waiting.is_empty());
        let called = tokio::time::timeout(Duration::from_millis(5), async {
            tokio::join!(gate.run(), gate.pass());
        });
        drop(called.await);
        let State { called, given, .. } = *gate.state();
        assert_eq!(called, given);
    }

    #[test]
    fn after_any_time_there_are_passes_again() {
        for days in [0, 1, 49, 50, 1_000] {
            let Some(filled_at) = Instant::now().checked_sub(Duration::from_secs(days * 86_400 + 1)) else { continue };
            let mut passes = Passes { rate: RATE, left: 0, filled_at };
            assert!((0..RATE.at_once).all(|_| passes.take()), "after {days} days");
        }
    }

    #[tokio::test]
    async fn who_stays_waits_for_no_turn() {
        assert_eq!(Gate::open().in_turn(|| false, async { 1 }).await, 1);
    }
}
