//! One of several things to choose, with what it means.

use leptos::prelude::*;

/// A radio button with its label, and below it what choosing it means.
#[component]
pub fn Radio<T: Copy + PartialEq + Send + Sync + 'static>(
    /// Of the group: one of its buttons is pressed at a time.
    name: &'static str,
    id: &'static str,
    label: &'static str,
    means: &'static str,
    value: T,
    chosen: RwSignal<T>,
) -> impl IntoView {
    let hint = format!("{id}-hint");
    view! {
        <div class="choice">
            <input
                type="radio"
                name=name
                id=id
                aria-describedby=hint.clone()
                prop:checked=move || chosen.get() == value
                on:change=move |_| chosen.set(value)
            />
            <label for=id>{label}</label>
            <small id=hint>{means}</small>
        </div>
    }
}
