//! A connection to the relay that comes back by itself: a WebSocket, or what `static/lines.js` has in its place.
//!
//! Connecting → Live on the first frame → Reconnecting or Offline when it breaks → Connecting, for ever.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use bytes::Bytes;
use gloo::events::EventListener;
use gloo::timers::callback::{Interval, Timeout};
use js_sys::{ArrayBuffer, Uint8Array};
use leptos::prelude::{ArcRwSignal, GetUntracked, Set};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, WebSocket};
use wire::{FromClient, FromRelay};

use super::{address, entropy, tab};

/// Milliseconds between two tries at first, and at most.
const FIRST_PAUSE: f64 = 500.0;
const LONGEST_PAUSE: f64 = 30_000.0;
/// A try that takes longer than this has failed.
const PATIENCE_TO_OPEN: u32 = 15_000;
/// Pings keep proxies from cutting a quiet connection, and find one that is dead.
const PING_EVERY: u32 = 25_000;
const PONG_WITHIN: u32 = 10_000;

/// How the connection stands, as the person is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connection {
    /// Frames come and go.
    Live {
        /// By the slower way, because the network breaks WebSockets.
        slowly: bool,
    },
    /// Being opened, or about to be.
    Reconnecting,
    /// The browser says that there is no network. Tries go on all the same.
    Offline,
}

/// What the connection reports.
pub enum Happened {
    /// A connection opened.
    Opened,
    /// A frame came.
    Frame(FromRelay),
    /// The connection that opened last is gone.
    Lost,
}

// The build puts the address of the file in.
#[wasm_bindgen(raw_module = "{{lines.js}}")]
extern "C" {
    /// Chooses by which way the next connection goes.
    type Lines;

    #[wasm_bindgen(constructor)]
    fn new() -> Lines;

    #[wasm_bindgen(method, catch)]
    fn open(this: &Lines, relay: &str) -> Result<WebSocket, JsValue>;

    /// What is used like a WebSocket where the network breaks those.
    type SlowLine;
}

/// A supervised connection. Dropping it closes it.
pub struct Socket(Rc<Supervisor>);

struct Supervisor {
    report: Box<dyn Fn(Happened)>,
    state: ArcRwSignal<Connection>,
    lines: Lines,
    link: RefCell<Option<Link>>,
    /// Counts links, so that what an old one still reports is told apart.
    generation: Cell<u64>,
    failures: Cell<i32>,
    next_try: RefCell<Option<Timeout>>,
    page: RefCell<Vec<EventListener>>,
}

struct Link {
    socket: WebSocket,
    open: bool,
    deadline: Option<Timeout>,
    _listeners: [EventListener; 4],
    _ping: Interval,
}

impl Drop for Link {
    fn drop(&mut self) {
        // Closing a socket that is closed already does nothing.
        let _ = self.socket.close();
    }
}

impl Socket {
    /// Opens the connection to the relay behind this page; `report` is never called before this returns.
    pub fn open(state: ArcRwSignal<Connection>, report: impl Fn(Happened) + 'static) -> Self {
        let supervisor = Rc::new(Supervisor {
            report: Box::new(report),
            state,
            lines: Lines::new(),
            link: RefCell::new(None),
            generation: Cell::new(0),
            failures: Cell::new(0),
            next_try: RefCell::new(None),
            page: RefCell::new(Vec::new()),
        });
        supervisor.listen_to_the_page();
        supervisor.connect();
        Self(supervisor)
    }

    /// Sends a frame if the connection is open, else drops it.
    pub fn send(&self, frame: &FromClient) {
        self.0.send(frame);
    }
}

impl Supervisor {
    fn connect(self: &Rc<Self>) {
        self.next_try.replace(None);
        let generation = self.generation.get() + 1;
        self.generation.set(generation);
        let Ok(socket) = self.lines.open(&address::relay()) else {
            self.fail();
            return;
        };
        let listeners = [
            self.listen(&socket, generation, "open", |supervisor, _| supervisor.opened()),
            self.listen(&socket, generation, "message", |supervisor, event| supervisor.received(event)),
            self.listen(&socket, generation, "error", |supervisor, _| supervisor.fail()),
            self.listen(&socket, generation, "close", |supervisor, _| supervisor.fail()),
        ];
        let supervisor = Rc::downgrade(self);
        let ping = Interval::new(PING_EVERY, move || {
            if let Some(supervisor) = supervisor.upgrade() {
                supervisor.ping();
            }
        });
        let deadline = Some(self.fail_after(PATIENCE_TO_OPEN));
        self.link.replace(Some(Link { socket, open: false, deadline, _listeners: listeners, _ping: ping }));
    }

    fn listen(
        self: &Rc<Self>,
        socket: &WebSocket,
        generation: u64,
        event: &'static str,
        then: impl Fn(&Rc<Self>, &web_sys::Event) + 'static,
    ) -> EventListener {
        let supervisor = Rc::downgrade(self);
        EventListener::new(socket, event, move |event| {
            let current = supervisor.upgrade().filter(|supervisor| supervisor.generation.get() == generation);
            if let Some(supervisor) = current {
                then(&supervisor, event);
            }
        })
    }

    fn opened(&self) {
        if let Some(link) = &mut *self.link.borrow_mut() {
            link.open = true;
        }
        (self.report)(Happened::Opened);
    }

    fn received(self: &Rc<Self>, event: &web_sys::Event) {
        let bytes = event.dyn_ref::<MessageEvent>().and_then(|event| event.data().dyn_into::<ArrayBuffer>().ok());
        let frame = bytes.map(|bytes| FromRelay::decode(Bytes::from(Uint8Array::new(&bytes).to_vec())));
        let Some(Ok(frame)) = frame else {
            // Not the relay's language: perhaps a page that asks for a login.
            self.fail();
            return;
        };
        let mut slowly = false;
        if let Some(link) = &mut *self.link.borrow_mut() {
            link.deadline = None;
            slowly = link.socket.has_type::<SlowLine>();
        }
        self.failures.set(0);
        self.say(Connection::Live { slowly });
        match frame {
            FromRelay::Pong => {}
            FromRelay::Drain { retry_after_ms } => {
                self.lose();
                self.try_again_in(f64::from(retry_after_ms).min(LONGEST_PAUSE) + entropy::fraction() * FIRST_PAUSE);
            }
            FromRelay::Close { .. } => self.fail(),
            frame @ (FromRelay::Hello { .. }
            | FromRelay::Deliver { .. }
            | FromRelay::Refused { .. }
            | FromRelay::Gap { .. }) => (self.report)(Happened::Frame(frame)),
        }
    }

    fn send(&self, frame: &FromClient) {
        if let Some(link) = self.link.borrow().as_ref().filter(|link| link.open) {
            // A socket that is closing drops what it is given, and its close event follows.
            let _ = link.socket.send_with_u8_array(&frame.encode());
        }
    }

    /// Asks for a sign of life. Only while the person looks: timers of a hidden tab are too late to judge by.
    fn ping(self: &Rc<Self>) {
        self.send(&FromClient::Ping);
        if !tab::is_visible() {
            return;
        }
        let deadline = self.fail_after(PONG_WITHIN);
        if let Some(link) = self.link.borrow_mut().as_mut().filter(|link| link.open) {
            link.deadline.get_or_insert(deadline);
        }
    }

    fn fail_after(self: &Rc<Self>, millis: u32) -> Timeout {
        let supervisor = Rc::downgrade(self);
        let generation = self.generation.get();
        Timeout::new(millis, move || {
            let current = supervisor.upgrade().filter(|supervisor| supervisor.generation.get() == generation);
            if let Some(supervisor) = current {
                supervisor.fail();
            }
        })
    }

    fn fail(self: &Rc<Self>) {
        self.lose();
        let failures = self.failures.get();
        self.failures.set(failures.saturating_add(1));
        let ceiling = (FIRST_PAUSE * 2_f64.powi(failures.min(16))).min(LONGEST_PAUSE);
        self.try_again_in(entropy::fraction() * ceiling);
    }

    fn lose(&self) {
        // What the link still reports is of an old generation from here on.
        self.generation.set(self.generation.get() + 1);
        let link = self.link.replace(None);
        self.say(if is_online() { Connection::Reconnecting } else { Connection::Offline });
        if link.is_some_and(|link| link.open) {
            (self.report)(Happened::Lost);
        }
    }

    fn try_again_in(self: &Rc<Self>, millis: f64) {
        let supervisor = Rc::downgrade(self);
        let timeout = Timeout::new(millis as u32, move || {
            if let Some(supervisor) = supervisor.upgrade() {
                supervisor.connect();
            }
        });
        self.next_try.replace(Some(timeout));
    }

    fn say(&self, state: Connection) {
        if self.state.get_untracked() != state {
            self.state.set(state);
        }
    }

    fn listen_to_the_page(self: &Rc<Self>) {
        let Some(window) = web_sys::window() else { return };
        let of = |name: &'static str, then: fn(&Rc<Self>)| {
            let supervisor: Weak<Self> = Rc::downgrade(self);
            EventListener::new(&window, name, move |_| {
                if let Some(supervisor) = supervisor.upgrade() {
                    then(&supervisor);
                }
            })
        };
        let mut listeners = vec![of("online", Self::come_back), of("pageshow", Self::come_back)];
        listeners.push(of("offline", |supervisor| {
            // The browser knows first. If it is wrong, the next try finds out.
            supervisor.fail();
        }));
        let supervisor = Rc::downgrade(self);
        listeners.push(tab::on_visibility(move || {
            if let Some(supervisor) = supervisor.upgrade().filter(|_| tab::is_visible()) {
                supervisor.come_back();
            }
        }));
        self.page.replace(listeners);
    }

    /// Connects without waiting for the next try; a connection that seems open is asked for a sign of life.
    fn come_back(self: &Rc<Self>) {
        let connected = self.link.borrow().is_some();
        if connected {
            self.ping();
        } else {
            self.failures.set(0);
            self.connect();
        }
    }
}

fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}
