//! The digits to compare by voice.

use std::sync::Arc;

use leptos::prelude::*;

use crate::words::words;

/// Door digits, in three groups of four.
#[component]
pub fn DoorDigits(digits: Arc<str>) -> impl IntoView {
    view! { <p class="digits" role="group" aria-label=words().door_digits dir="ltr">{digits}</p> }
}
