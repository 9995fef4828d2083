//! One sheet of paper in the middle: the frame of every screen that is not a talk.

use leptos::prelude::*;

use super::keeping_banner::KeepingBanner;
use crate::screen::Screens;
use crate::words::words;

/// A column with the name of the app above it.
#[component]
pub fn Sheet(children: Children) -> impl IntoView {
    let screens = Screens::here();
    let to_start = move |event: web_sys::MouseEvent| {
        // The browser itself does nothing where the address stays the same. Another tab is the browser's affair.
        if !event.ctrl_key() && !event.meta_key() && !event.shift_key() {
            event.prevent_default();
            screens.start();
        }
    };
    view! {
        <div class="sheet-screen">
            <header class="sheet-head">
                <a class="mark" href="#/" on:click=to_start>{words().nonpaper}</a>
            </header>
            <KeepingBanner />
            <main class="sheet">{children()}</main>
        </div>
    }
}
