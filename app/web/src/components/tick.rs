//! One of several things of which any number can be chosen.

use leptos::prelude::*;

/// A checkbox with its label.
#[component]
pub fn Tick<T: Copy + PartialEq + Send + Sync + 'static>(
    id: String,
    value: T,
    chosen: RwSignal<Vec<T>>,
    children: Children,
) -> impl IntoView {
    let choose = move |event| {
        let checked = event_target_checked(&event);
        chosen.update(|chosen| {
            chosen.retain(|other| *other != value);
            chosen.extend(checked.then_some(value));
        });
    };
    view! {
        <div class="choice">
            <input type="checkbox" id=id.clone() on:change=choose />
            <label for=id>{children()}</label>
        </div>
    }
}
