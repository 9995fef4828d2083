//! Locks what is kept under a secret when nobody has used the page for a while, and when the person presses the keys for it.

use std::cell::Cell;
use std::rc::Rc;

use gloo::events::EventListener;
use gloo::timers::callback::Interval;
use leptos::prelude::WithUntracked;
use talk::Millis;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::KeyboardEvent;

use super::PAGE;
use super::keeper::{IDLE, Rows};
use super::keeping::{self, Gate, Kept};
use crate::shell::clock;

/// After how many minutes it can be told to lock.
pub const IDLE_MINUTES: [u8; 3] = [5, 15, 60];
/// After how many it does where nobody said.
pub(super) const PRESET: u8 = 15;
const MINUTE: Millis = 60_000;
/// How often it is looked at. A laptop that slept is looked at as soon as it wakes.
const LOOK_EVERY: u32 = 5_000;

/// Returns after how many minutes without use what is kept locks.
pub fn idle_minutes() -> u8 {
    PAGE.with(|page| page.idle_minutes.get())
}

/// Locks from now on after so many.
pub fn set_idle_minutes(minutes: u8) {
    PAGE.with(|page| page.idle_minutes.set(minutes));
    if let Some(keeper) = keeping::keeper() {
        keeper.keep_own(IDLE, vec![minutes]);
    }
}

/// Takes over what was kept.
pub(super) fn restore(rows: &Rows) {
    let kept = rows.get(IDLE).and_then(|row| IDLE_MINUTES.into_iter().find(|minutes| row.as_slice() == [*minutes]));
    PAGE.with(|page| page.idle_minutes.set(kept.unwrap_or(PRESET)));
}

/// Begins to watch.
pub fn watch() {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let used = Rc::new(Cell::new(clock::now()));
    for event in ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"] {
        let used = Rc::clone(&used);
        EventListener::new(&document, event, move |_| used.set(clock::now())).forget();
    }
    EventListener::new(&document, "keydown", |event| {
        if event.dyn_ref::<KeyboardEvent>().is_some_and(is_lock) && locks() {
            spawn_local(keeping::lock_up());
        }
    })
    .forget();
    Interval::new(LOOK_EVERY, move || {
        if locks() && clock::now().saturating_sub(used.get()) >= Millis::from(idle_minutes()) * MINUTE {
            spawn_local(keeping::lock_up());
        }
    })
    .forget();
}

/// Ctrl+Shift+L, where that key is on a Latin keyboard: people write in several scripts.
fn is_lock(event: &KeyboardEvent) -> bool {
    event.ctrl_key() && event.shift_key() && event.code() == "KeyL"
}

/// Whether there is anything to unlock by.
fn locks() -> bool {
    keeping::gate().with_untracked(|gate| matches!(gate, Gate::Open(Kept::Locking(_))))
}
