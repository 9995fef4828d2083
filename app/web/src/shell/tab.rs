//! The browser tab: its title, its language, whether anybody looks at it.

use gloo::events::EventListener;
use web_sys::VisibilityState;

use crate::words::Language;

/// Sets the title of the tab.
pub fn set_title(title: &str) {
    document().set_title(title);
}

/// Tells browser and screen reader the language and direction of the page.
pub fn set_language(language: Language) {
    if let Some(root) = document().document_element() {
        // Fails only for names that no attribute can have.
        let _ = root.set_attribute("lang", language.tag());
        let _ = root.set_attribute("dir", language.direction());
    }
}

/// Returns whether the tab is in front.
pub fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// Returns whether the page has a window of its own, as an installed app.
pub fn is_installed() -> bool {
    let window = web_sys::window().expect("the page runs in a window with a document");
    window.match_media("(display-mode: standalone)").ok().flatten().is_some_and(|query| query.matches())
}

/// Calls back whenever the tab comes to the front or leaves it, while the listener is kept.
pub fn on_visibility(changed: impl Fn() + 'static) -> EventListener {
    EventListener::new(&document(), "visibilitychange", move |_| changed())
}

/// Loads the page anew.
pub fn reload() {
    let window = web_sys::window().expect("the page runs in a window with a document");
    // Fails only while the page is going away already.
    let _ = window.location().reload();
}

fn document() -> web_sys::Document {
    web_sys::window().and_then(|window| window.document()).expect("the page runs in a window with a document")
}
