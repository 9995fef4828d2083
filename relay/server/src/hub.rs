//! The relay's state, shared by the tasks of all connections.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use relay_core::{Command, ConnectionId, Input, Relay};
use tokio::sync::Notify;
use wire::CloseReason;

use crate::{Config, random};

/// One relay and the doorbells of its connections.
pub(crate) struct Hub {
    state: Mutex<State>,
    most_connections: usize,
    started: Instant,
    left: Notify,
}

struct State {
    relay: Relay,
    doorbells: BTreeMap<ConnectionId, Arc<Doorbell>>,
    last_id: u64,
    draining: bool,
}

/// How the tasks of a connection learn that there is something to do.
#[derive(Default)]
pub(crate) struct Doorbell {
    /// Rung when there is something to write.
    pub(crate) writer: Notify,
    /// Rung once, when the connection is to be closed.
    pub(crate) farewell: Notify,
    closing: OnceLock<CloseReason>,
}

impl Hub {
    pub(crate) fn new(config: &Config) -> Self {
        let state =
            State { relay: Relay::new(config.relay.clone()), doorbells: BTreeMap::new(), last_id: 0, draining: false };
        Hub {
            state: Mutex::new(state),
            most_connections: config.relay.connections,
            started: Instant::now(),
            left: Notify::new(),
        }
    }

    /// Says whether one more connection would be taken.
    pub(crate) fn is_ready(&self) -> bool {
        let state = self.state();
        !state.draining && state.relay.connections() < self.most_connections
    }

    /// Adds a connection whose proofs must name `host`.
    pub(crate) fn open(self: &Arc<Self>, host: String) -> Place {
        let mut state = self.state();
        state.last_id += 1;
        let connection = ConnectionId(state.last_id);
        let doorbell = Arc::new(Doorbell::default());
        state.doorbells.insert(connection, Arc::clone(&doorbell));
        drop(state);
        let place = Place { hub: Arc::clone(self), connection, doorbell };
        self.handle(Input::Opened { connection, host, challenge: random::challenge() });
        if self.state().draining {
            place.give_up(CloseReason::Restart);
        }
        place
    }

    /// Tells the relay the time.
    pub(crate) fn tick(&self) {
        self.handle(Input::Tick);
    }

    /// Takes no more connections and sends those there are away, to come back after a time drawn by `retry_after_ms`.
    pub(crate) fn drain(&self, retry_after_ms: impl Fn() -> u32) {
        let connections: Vec<ConnectionId> = {
            let mut state = self.state();
            state.draining = true;
            state.doorbells.keys().copied().collect()
        };
        for connection in connections {
            self.handle(Input::Drained { connection, retry_after_ms: retry_after_ms() });
        }
    }

    /// Waits until there are no connections.
    pub(crate) async fn emptied(&self) {
        loop {
            let left = self.left.notified();
            if self.state().doorbells.is_empty() {
                return;
            }
            left.await;
        }
    }

    fn handle(&self, input: Input) {
        let now_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut state = self.state();
        let commands = state.relay.handle(input, now_ms);
        for command in commands {
            match command {
                Command::Wake { connection } => {
                    if let Some(doorbell) = state.doorbells.get(&connection) {
                        doorbell.writer.notify_one();
                    }
                }
                Command::Close { connection, reason } => {
                    if let Some(doorbell) = state.doorbells.get(&connection) {
                        doorbell.closing.get_or_init(|| reason);
                        doorbell.writer.notify_one();
                        doorbell.farewell.notify_one();
                    }
                }
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding the state")
    }
}

/// One connection's place in the hub; dropping it forgets the connection.
pub(crate) struct Place {
    hub: Arc<Hub>,
    connection: ConnectionId,
    doorbell: Arc<Doorbell>,
}

impl Place {
    /// Hands a message of the client to the relay.
    pub(crate) fn received(&self, bytes: Bytes) {
        self.hub.handle(Input::Received { connection: self.connection, bytes });
    }

    /// Asks the relay to close the connection.
    pub(crate) fn give_up(&self, reason: CloseReason) {
        self.hub.handle(Input::GaveUp { connection: self.connection, reason });
    }

    /// Returns up to `max` frames to write.
    pub(crate) fn take(&self, max: usize) -> Vec<Bytes> {
        self.hub.state().relay.take(self.connection, max)
    }

    /// Returns why the connection is to be closed, once it is.
    pub(crate) fn closing(&self) -> Option<CloseReason> {
        self.doorbell.closing.get().copied()
    }

    /// Returns what rings when there is something to do.
    pub(crate) fn doorbell(&self) -> &Doorbell {
        &self.doorbell
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.hub.handle(Input::Closed { connection: self.connection });
        self.hub.state().doorbells.remove(&self.connection);
        self.hub.left.notify_waiters();
    }
}
