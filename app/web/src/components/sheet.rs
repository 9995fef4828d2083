//! One sheet of paper in the middle: the frame of every screen that is not a talk.

use leptos::prelude::*;

use crate::words::words;

/// A column with the name of the app above it.
#[component]
pub fn Sheet(children: Children) -> impl IntoView {
    view! {
        <div class="sheet-screen">
            <header class="sheet-head">
                <a class="mark" href="#/">{words().nonpaper}</a>
            </header>
            <main class="sheet">{children()}</main>
        </div>
    }
}
