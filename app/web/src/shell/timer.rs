//! Waiting: a timer that rings once at the last time it was set to, and a pause.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use gloo::timers::callback::Timeout;
use js_sys::Promise;
use talk::Millis;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::clock;

/// Longest single wait. Browsers take at most 2^31 ms, and a laptop that slept is noticed sooner this way.
const LONGEST_WAIT: Millis = 600_000;

/// Waits so many milliseconds.
pub async fn pause(millis: u32) {
    let over = Promise::new(&mut |resolve, _| {
        // Resolving cannot fail.
        Timeout::new(millis, move || drop(resolve.call0(&JsValue::NULL))).forget();
    });
    // It is never rejected.
    let _ = JsFuture::from(over).await;
}

/// A timer. Dropping it silences it.
pub struct Timer(Rc<Inner>);

struct Inner {
    ring: Box<dyn Fn()>,
    pending: RefCell<Option<Timeout>>,
}

impl Timer {
    /// Makes a timer that is not set.
    pub fn new(ring: impl Fn() + 'static) -> Self {
        Self(Rc::new(Inner { ring: Box::new(ring), pending: RefCell::new(None) }))
    }

    /// Rings at this time, or at once if it has passed; replaces the time set before.
    pub fn set(&self, at: Millis) {
        Inner::wait(&self.0, at);
    }
}

impl Inner {
    fn wait(self: &Rc<Self>, until: Millis) {
        let wait = until.saturating_sub(clock::now()).min(LONGEST_WAIT);
        let inner = Rc::downgrade(self);
        let timeout = Timeout::new(wait as u32, move || Self::waited(&inner, until));
        self.pending.replace(Some(timeout));
    }

    fn waited(inner: &Weak<Self>, until: Millis) {
        let Some(inner) = inner.upgrade() else { return };
        if clock::now() < until {
            inner.wait(until);
        } else {
            inner.pending.replace(None);
            (inner.ring)();
        }
    }
}
