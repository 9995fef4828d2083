//! The relay's state, shared by the tasks of all connections.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Waker;
use std::time::Instant;

use bytes::Bytes;
use relay_core::{Command, ConnectionId, Input, Relay};
use rustc_hash::FxHashMap;
use tokio::sync::Notify;
use wire::CloseReason;

use crate::asked::{Asked, ToDo};
use crate::gate::{Gate, Rate, Ticket};
use crate::metrics::Metrics;
use crate::{Config, random};

/// What strangers may do: one thing takes about 20 µs, so they have about a tenth of the time. At once more than a talk needs that
/// comes together.
const STRANGERS: Rate = Rate { per_ms: 4, at_once: 400 };

/// Pings in a row that may stay unanswered.
const MISSED_PINGS: u8 = 2;

/// Frames taken out of a queue at once, and bytes after which no more are.
const BATCH_FRAMES: usize = 64;
const BATCH_BYTES: usize = 128 * 1024;
const HANDFUL: usize = 4;

/// One relay and what the tasks of its connections should know.
pub(crate) struct Hub {
    state: Mutex<State>,
    most_connections: usize,
    ping_every_ms: std::ops::RangeInclusive<u64>,
    started: Instant,
    left: Notify,
    round_ends: Notify,
    asked: Option<Arc<Asked>>,
    pub(crate) metrics: Metrics,
    pub(crate) gate: Arc<Gate>,
}

struct State {
    relay: Relay,
    slots: FxHashMap<ConnectionId, Slot>,
    sessions: HashMap<Session, ConnectionId>,
    last_id: u64,
    draining: bool,
}

/// What the task of one connection should know.
#[derive(Default)]
struct Slot {
    waker: Option<Waker>,
    /// Of a request that waits to hand over what it has brought.
    poster: Option<Waker>,
    /// There is such a request. Of several nobody could say in which order they came.
    posting: bool,
    closing: Option<CloseReason>,
    paused: bool,
    ping_at_ms: u64,
    ping_wanted: bool,
    unanswered_pings: u8,
}

/// What names a connection without a WebSocket to whoever opened it, and to nobody else.
pub(crate) type Session = [u8; 32];

/// How a connection stands.
#[derive(Clone, Copy)]
pub(crate) struct Standing {
    /// What the client sends is read.
    pub(crate) may_read: bool,
    /// The client has proved a topic, and may send much.
    pub(crate) proven: bool,
    /// The connection is to be closed.
    pub(crate) closing: Option<CloseReason>,
}

/// How a connection stands that is not there any more.
const GONE: Standing = Standing { may_read: false, proven: false, closing: Some(CloseReason::Restart) };

/// What there is to do for a connection.
#[derive(Default)]
pub(crate) struct News {
    /// To be written, in order.
    pub(crate) frames: Vec<Bytes>,
    /// The client should be asked for a sign of life.
    pub(crate) ping: bool,
    /// The connection is to be closed once everything is written.
    pub(crate) closing: Option<CloseReason>,
}

impl Hub {
    /// Returns a hub, and what it asks of the cluster if it is to be in one.
    pub(crate) fn new(config: &Config) -> (Self, Option<ToDo>) {
        let (asked, to_do) = config.relay.clustered.then(Asked::new).unzip();
        let state = State {
            relay: Relay::new(config.relay.clone()),
            slots: FxHashMap::default(),
            sessions: HashMap::new(),
            last_id: 0,
            draining: false,
        };
        let hub = Hub {
            state: Mutex::new(state),
            most_connections: config.relay.connections,
            ping_every_ms: config.ping_every_ms.clone(),
            started: Instant::now(),
            left: Notify::new(),
            round_ends: Notify::new(),
            asked,
            metrics: Metrics::default(),
            gate: Gate::limited(STRANGERS),
        };
        (hub, to_do)
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
        let ping_at_ms = self.now_ms() + random::between(&self.ping_every_ms);
        state.slots.insert(connection, Slot { ping_at_ms, ..Slot::default() });
        self.apply(&mut state, Input::Opened { connection, host, challenge: random::challenge() }, None);
        if state.draining {
            self.apply(&mut state, Input::GaveUp { connection, reason: CloseReason::Restart }, None);
        }
        drop(state);
        Place { hub: Arc::clone(self), connection, session: None }
    }

    /// Adds a connection that publishes by requests of their own, and names it.
    pub(crate) fn open_session(self: &Arc<Self>, host: String) -> (Place, Session) {
        let mut place = self.open(host);
        let session = random::challenge();
        self.state().sessions.insert(session, place.connection);
        place.session = Some(session);
        (place, session)
    }

    /// Returns the connection that a session names, if it is there and not about to be closed.
    pub(crate) fn session(&self, session: &Session) -> Option<ConnectionId> {
        let state = self.state();
        let connection = state.sessions.get(session)?;
        state.slots.get(connection).filter(|slot| slot.closing.is_none()).map(|_| *connection)
    }

    /// Says whether a connection has proved a topic.
    pub(crate) fn has_proved(&self, connection: ConnectionId) -> bool {
        self.state().relay.has_proved(connection)
    }

    /// Says whether a connection is there, and not about to be closed.
    pub(crate) fn is_open(&self, connection: ConnectionId) -> bool {
        self.state().slots.get(&connection).is_some_and(|slot| slot.closing.is_none())
    }

    /// Begins a request that brings something for a session. None if there is one, or no such session.
    pub(crate) fn begin_post(&self, session: &Session) -> Option<Posting<'_>> {
        let connection = self.session(session)?;
        let mut state = self.state();
        let slot = state.slots.get_mut(&connection).filter(|slot| !slot.posting)?;
        slot.posting = true;
        Some(Posting { hub: self, connection })
    }

    /// Tells the relay the time, and asks clients for signs of life.
    pub(crate) fn tick(&self) {
        let now_ms = self.now_ms();
        let mut state = self.state();
        self.apply(&mut state, Input::Tick, None);
        let mut silent = Vec::new();
        for (connection, slot) in state.slots.iter_mut().filter(|(_, slot)| slot.ping_at_ms <= now_ms) {
            slot.ping_at_ms = now_ms + random::between(&self.ping_every_ms);
            if slot.unanswered_pings >= MISSED_PINGS {
                silent.push(*connection);
            }
            slot.unanswered_pings = slot.unanswered_pings.saturating_add(1);
            slot.ping_wanted = true;
            if let Some(waker) = &slot.waker {
                waker.wake_by_ref();
            }
        }
        for connection in silent {
            self.apply(&mut state, Input::GaveUp { connection, reason: CloseReason::Silent }, None);
        }
    }

    /// Ends a round of reading whenever there is one to end: the tasks that can read have all been polled by then.
    pub(crate) async fn end_rounds(&self) {
        loop {
            self.round_ends.notified().await;
            tokio::task::yield_now().await;
            self.handle(Input::RoundEnded);
        }
    }

    /// Takes no more connections and sends those there are away, to come back after a time drawn by `retry_after_ms`.
    pub(crate) fn drain(&self, retry_after_ms: impl Fn() -> u32) {
        let mut state = self.state();
        state.draining = true;
        let connections: Vec<ConnectionId> = state.slots.keys().copied().collect();
        for connection in connections {
            self.apply(&mut state, Input::Drained { connection, retry_after_ms: retry_after_ms() }, None);
        }
    }

    /// Waits until there are no connections.
    pub(crate) async fn emptied(&self) {
        loop {
            let left = self.left.notified();
            if self.state().slots.is_empty() {
                return;
            }
            left.await;
        }
    }

    /// Hands something to the relay that concerns all connections, or one by its id.
    pub(crate) fn handle(&self, input: Input) {
        self.apply(&mut self.state(), input, None);
    }

    /// Says how a connection stands. The waker is woken when that changes.
    pub(crate) fn standing(&self, connection: ConnectionId, waker: &Waker) -> Standing {
        let mut state = self.state();
        let proven = state.relay.has_proved(connection);
        let Some(slot) = state.slots.get_mut(&connection) else { return GONE };
        slot.remember(waker);
        Standing { may_read: !slot.paused, proven, closing: slot.closing }
    }

    /// Says how a connection stands to a request that brings something for it; the waker is woken when that changes.
    pub(crate) fn standing_of_session(&self, connection: ConnectionId, waker: &Waker) -> Standing {
        let mut state = self.state();
        let Some(slot) = state.slots.get_mut(&connection) else { return GONE };
        slot.poster = slot.paused.then(|| waker.clone());
        Standing { may_read: !slot.paused, proven: false, closing: slot.closing }
    }

    /// Notes that a client is there still.
    pub(crate) fn heard(&self, connection: ConnectionId) {
        if let Some(slot) = self.state().slots.get_mut(&connection) {
            slot.unanswered_pings = 0;
        }
    }

    /// Lets somebody look at the relay.
    pub(crate) fn inspect<T>(&self, look: impl FnOnce(&Relay) -> T) -> T {
        look(&self.state().relay)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Does what the relay asks for. The task of connection `me` is at work and looks for news itself.
    fn apply(&self, state: &mut State, input: Input, me: Option<ConnectionId>) {
        let commands = state.relay.handle(input, self.now_ms());
        for command in commands {
            match command {
                Command::Wake { connection } => state.wake(connection, me, |_| {}),
                Command::Close { connection, reason } => {
                    state.wake(connection, me, |slot| (slot.closing, slot.paused) = (Some(reason), false));
                }
                Command::Pause { connection } => {
                    if let Some(slot) = state.slots.get_mut(&connection) {
                        slot.paused = true;
                    }
                }
                // Whoever it is: what it looks at next is not whether it may be read from.
                Command::Resume { connection } => state.wake(connection, None, |slot| slot.paused = false),
                Command::EndRound => self.round_ends.notify_one(),
                Command::Listen { topic } => self.ask(|asked| asked.listen(topic, true)),
                Command::Unlisten { topic } => self.ask(|asked| asked.listen(topic, false)),
                Command::Forward { topic, payload } => {
                    if self.asked.as_ref().is_some_and(|asked| !asked.forward(topic, &payload)) {
                        self.apply(state, Input::Missed { topic }, None);
                    }
                }
                Command::Recall { connection, topic } => self.ask(|asked| asked.recall(connection, topic)),
            }
        }
    }

    fn ask(&self, what: impl FnOnce(&Asked)) {
        if let Some(asked) = &self.asked {
            what(asked);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding the state")
    }
}

impl State {
    fn wake(&mut self, connection: ConnectionId, me: Option<ConnectionId>, change: impl FnOnce(&mut Slot)) {
        if let Some(slot) = self.slots.get_mut(&connection) {
            change(slot);
            if me != Some(connection)
                && let Some(waker) = &slot.waker
            {
                waker.wake_by_ref();
            }
            if let Some(poster) = slot.poster.take_if(|_| !slot.paused) {
                poster.wake();
            }
        }
    }
}

impl Slot {
    fn remember(&mut self, waker: &Waker) {
        if self.waker.as_ref().is_none_or(|known| !known.will_wake(waker)) {
            self.waker = Some(waker.clone());
        }
    }
}

/// A request that brings something for a session, until it is dropped.
pub(crate) struct Posting<'hub> {
    hub: &'hub Hub,
    connection: ConnectionId,
}

impl Drop for Posting<'_> {
    fn drop(&mut self) {
        if let Some(slot) = self.hub.state().slots.get_mut(&self.connection) {
            (slot.posting, slot.poster) = (false, None);
        }
    }
}

/// One connection's place in the hub; dropping it forgets the connection.
pub(crate) struct Place {
    hub: Arc<Hub>,
    connection: ConnectionId,
    session: Option<Session>,
}

impl Place {
    /// Returns what the hub calls the connection.
    pub(crate) fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// Hands a message of the client to the relay. Says whether more of the client should be read now.
    pub(crate) fn received(&self, bytes: Bytes) -> bool {
        let mut state = self.hub.state();
        let input = Input::Received { connection: self.connection, bytes };
        self.hub.apply(&mut state, input, Some(self.connection));
        state.slots.get(&self.connection).is_none_or(|slot| !slot.paused)
    }

    /// Tells the relay of bytes that are no message.
    pub(crate) fn noise(&self, bytes: usize) {
        let input = Input::Noise { connection: self.connection, bytes };
        self.hub.apply(&mut self.hub.state(), input, Some(self.connection));
    }

    /// Asks the relay to close the connection.
    pub(crate) fn give_up(&self, reason: CloseReason) {
        let input = Input::GaveUp { connection: self.connection, reason };
        self.hub.apply(&mut self.hub.state(), input, Some(self.connection));
    }

    /// Says how the connection stands. The waker is woken when that changes, or there is news.
    pub(crate) fn standing(&self, waker: &Waker) -> Standing {
        self.hub.standing(self.connection, waker)
    }

    /// A place at the gate at which a stranger waits to be read from.
    pub(crate) fn ticket(&self) -> Ticket {
        self.hub.gate.ticket()
    }

    /// Notes that the client is there still.
    pub(crate) fn heard(&self) {
        self.hub.heard(self.connection);
    }

    /// Returns what there is to do now. The waker is woken when there is more.
    pub(crate) fn news(&self, waker: &Waker) -> News {
        let mut state = self.hub.state();
        let State { relay, slots, .. } = &mut *state;
        let Some(slot) = slots.get_mut(&self.connection) else { return News::default() };
        slot.remember(waker);
        let (ping, closing) = (core::mem::take(&mut slot.ping_wanted), slot.closing);
        let mut frames = relay.take(self.connection, HANDFUL);
        let mut bytes: usize = frames.iter().map(Bytes::len).sum();
        while !frames.is_empty() && frames.len() < BATCH_FRAMES && bytes < BATCH_BYTES {
            let more = relay.take(self.connection, HANDFUL);
            if more.is_empty() {
                break;
            }
            bytes += more.iter().map(Bytes::len).sum::<usize>();
            frames.extend(more);
        }
        if !frames.is_empty() {
            let connection = self.connection;
            self.hub.apply(&mut state, Input::Taken { connection }, Some(connection));
        }
        News { frames, ping, closing }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        self.hub.apply(&mut state, Input::Closed { connection: self.connection }, None);
        if let Some(Slot { poster: Some(poster), .. }) = state.slots.remove(&self.connection) {
            poster.wake();
        }
        if let Some(session) = self.session {
            state.sessions.remove(&session);
        }
        drop(state);
        self.hub.left.notify_waiters();
    }
}
