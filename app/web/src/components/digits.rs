//! The digits to compare by voice.

use std::sync::Arc;

use leptos::prelude::*;

use crate::words::words;

/// Door digits, in three groups of four.
#[component]
pub fn DoorDigits(digits: Arc<str>) -> impl IntoView {
    view! { <p class="digits" role="group" aria-label=words().door_digits dir="ltr">{digits}</p> }
}

/// A longer number, in groups of five.
#[component]
pub fn Number(label: String, digits: Arc<str>) -> impl IntoView {
    view! { <p class="digits number" role="group" aria-label=label dir="ltr">{digits}</p> }
}
