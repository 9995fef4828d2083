//! What becomes of everybody's copy once a talk has ended.

use std::num::NonZeroU16;

use leptos::prelude::*;
use record::Copies;

use crate::words::words;

const DAYS: [u16; 3] = [7, 30, 90];

/// The choices, with what the chosen one means.
#[component]
pub fn CopiesChoice(copies: RwSignal<Copies>) -> impl IntoView {
    let words = &words().charter;
    let after = DAYS.into_iter().filter_map(NonZeroU16::new).map(Copies::DeletedAfter);
    let choices: Vec<Copies> = [Copies::Kept].into_iter().chain(after).chain([Copies::OffTheRecord]).collect();
    let option = |(place, choice): (usize, Copies)| {
        view! {
            <option value=place.to_string() prop:selected=move || copies.get() == choice>
                {(words.copies)(choice)}
            </option>
        }
    };
    let options = choices.iter().copied().enumerate().map(option).collect_view();
    let choose = move |event: web_sys::Event| {
        let place = event_target_value(&event).parse::<usize>().ok();
        copies.set(place.and_then(|place| choices.get(place).copied()).unwrap_or_default());
    };
    view! {
        <div class="field">
            <label for="copies">{words.when_it_has_ended}</label>
            <select id="copies" aria-describedby="copies-hint" on:change=choose>
                {options}
            </select>
            <small id="copies-hint">{move || (words.copies_mean)(copies.get())}</small>
        </div>
    }
}
