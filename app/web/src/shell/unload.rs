//! Asks before the tab is closed or reloaded while something would be lost.

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::BeforeUnloadEvent;

/// Lets the browser ask, in its own words, for as long as `would_lose` says that something would be lost.
pub fn guard(would_lose: impl Fn() -> bool + 'static) {
    let Some(window) = web_sys::window() else { return };
    let options = EventListenerOptions::enable_prevent_default();
    EventListener::new_with_options(&window, "beforeunload", options, move |event| {
        if would_lose() {
            event.prevent_default();
            // Older browsers ask only when this is set.
            if let Some(event) = event.dyn_ref::<BeforeUnloadEvent>() {
                event.set_return_value("1");
            }
        }
    })
    .forget();
}
