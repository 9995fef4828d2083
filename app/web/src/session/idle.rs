//! Locks what is kept under a passphrase when nobody has used the page for a while.

use std::cell::Cell;
use std::rc::Rc;

use gloo::events::EventListener;
use gloo::timers::callback::Interval;
use leptos::prelude::WithUntracked;
use talk::Millis;
use wasm_bindgen_futures::spawn_local;

use super::keeping::{self, Gate, Kept};
use crate::shell::clock;

/// After so long.
const IDLE_MS: Millis = 15 * 60 * 1000;
/// How often it is looked at. A laptop that slept is looked at as soon as it wakes.
const LOOK_EVERY: u32 = 5_000;

/// Begins to watch.
pub fn watch() {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let used = Rc::new(Cell::new(clock::now()));
    for event in ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"] {
        let used = Rc::clone(&used);
        EventListener::new(&document, event, move |_| used.set(clock::now())).forget();
    }
    Interval::new(LOOK_EVERY, move || {
        let locks = keeping::gate().with_untracked(|gate| *gate == Gate::Open(Kept::Passphrase));
        if locks && clock::now().saturating_sub(used.get()) >= IDLE_MS {
            spawn_local(keeping::lock_up());
        }
    })
    .forget();
}
