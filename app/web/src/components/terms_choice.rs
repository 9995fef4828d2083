//! What a charter says beyond who admits, to choose.

use std::num::NonZeroU16;

use leptos::prelude::*;
use record::{Copies, Newcomers, Terms};

use crate::words::words;

const DAYS: [u16; 3] = [7, 30, 90];

/// The choices, with what the chosen ones mean.
#[component]
pub fn TermsChoice(terms: RwSignal<Terms>) -> impl IntoView {
    let words = &words().charter;
    let after = DAYS.into_iter().filter_map(NonZeroU16::new).map(Copies::DeletedAfter);
    let copies = [Copies::Kept].into_iter().chain(after).chain([Copies::OffTheRecord]);
    let (now, now_newcomers) = (move || terms.get().copies, move || terms.get().newcomers);
    view! {
        <Choice
            id="copies"
            label=words.when_it_has_ended
            choices=copies.map(|copies| (copies, (words.copies)(copies))).collect()
            chosen=now
            choose=move |copies| terms.update(|terms| terms.copies = copies)
            means=move || (words.copies_mean)(now())
        />
        <Choice
            id="newcomers"
            label=words.who_comes_later
            choices=[Newcomers::Nothing, Newcomers::Briefed].map(|choice| (choice, (words.newcomers)(choice).to_owned())).to_vec()
            chosen=now_newcomers
            choose=move |newcomers| terms.update(|terms| terms.newcomers = newcomers)
            means=move || (words.newcomers_mean)(now_newcomers())
        />
    }
}

/// One of a few things, each with its label.
#[component]
fn Choice<T: Copy + PartialEq + Send + Sync + 'static>(
    id: &'static str,
    label: &'static str,
    choices: Vec<(T, String)>,
    chosen: impl Fn() -> T + Copy + Send + Sync + 'static,
    choose: impl Fn(T) + 'static,
    means: impl Fn() -> &'static str + Send + 'static,
) -> impl IntoView {
    let values: Vec<T> = choices.iter().map(|(choice, _)| *choice).collect();
    let option = |(place, (choice, label)): (usize, (T, String))| {
        view! {
            <option value=place.to_string() prop:selected=move || chosen() == choice>
                {label}
            </option>
        }
    };
    let options = choices.into_iter().enumerate().map(option).collect_view();
    let change = move |event: web_sys::Event| {
        let place = event_target_value(&event).parse::<usize>().ok();
        if let Some(value) = place.and_then(|place| values.get(place)) {
            choose(*value);
        }
    };
    let hint = format!("{id}-hint");
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <select id=id aria-describedby=hint.clone() on:change=change>
                {options}
            </select>
            <small id=hint>{means}</small>
        </div>
    }
}
