//! What a charter says beyond who admits, to choose.

use std::num::{NonZeroU16, NonZeroU32};

use leptos::prelude::*;
use record::{Copies, FileTerms, Newcomers, Terms};

use crate::words::words;

const DAYS: [u16; 3] = [7, 30, 90];
const MEGABYTES: [u32; 3] = [10, 100, 1_000];

/// The choices, with what the chosen ones mean.
#[component]
pub fn TermsChoice(terms: RwSignal<Terms>) -> impl IntoView {
    let words = &words().charter;
    let after = DAYS.into_iter().filter_map(NonZeroU16::new).map(Copies::DeletedAfter);
    let now = terms.get_untracked();
    let copies = with(now.copies, [Copies::Kept].into_iter().chain(after).chain([Copies::OffTheRecord]));
    let newcomers = vec![Newcomers::Nothing, Newcomers::Briefed];
    let documents = MEGABYTES.into_iter().filter_map(NonZeroU32::new).map(FileTerms::Documents);
    let files = with(now.files, [FileTerms::Any].into_iter().chain(documents).chain([FileTerms::None]));
    view! {
        <Choice
            id="copies"
            label=words.when_it_has_ended
            choices=copies.iter().map(|copies| (words.copies)(*copies)).collect()
            chosen=place_of(terms, copies.clone(), |terms| terms.copies)
            choose=Callback::new(move |place: usize| terms.update(|terms| terms.copies = copies[place]))
            means=Signal::derive(move || (words.copies_mean)(terms.get().copies))
        />
        <Choice
            id="newcomers"
            label=words.who_comes_later
            choices=newcomers.iter().map(|choice| (words.newcomers)(*choice).to_owned()).collect()
            chosen=place_of(terms, newcomers.clone(), |terms| terms.newcomers)
            choose=Callback::new(move |place: usize| terms.update(|terms| terms.newcomers = newcomers[place]))
            means=Signal::derive(move || (words.newcomers_mean)(terms.get().newcomers))
        />
        <Choice
            id="file-terms"
            label=words.which_files
            choices=files.iter().map(|choice| (words.files)(*choice)).collect()
            chosen=place_of(terms, files.clone(), |terms| terms.files)
            choose=Callback::new(move |place: usize| terms.update(|terms| terms.files = files[place]))
            means=Signal::derive(move || (words.files_mean)(terms.get().files))
        />
    }
}

/// The choices, and what the terms say now if that is not among them.
fn with<T: PartialEq>(now: T, choices: impl Iterator<Item = T>) -> Vec<T> {
    let mut choices: Vec<T> = choices.collect();
    if !choices.contains(&now) {
        choices.push(now);
    }
    choices
}

/// Which of the choices the terms say now.
fn place_of<T: PartialEq + Send + Sync + 'static>(
    terms: RwSignal<Terms>,
    choices: Vec<T>,
    of: fn(&Terms) -> T,
) -> Signal<Option<usize>> {
    Signal::derive(move || terms.with(|terms| choices.iter().position(|choice| *choice == of(terms))))
}

/// One of a few things, by their places.
#[component]
fn Choice(
    id: &'static str,
    label: &'static str,
    choices: Vec<String>,
    chosen: Signal<Option<usize>>,
    choose: Callback<usize>,
    means: Signal<&'static str>,
) -> impl IntoView {
    let count = choices.len();
    let option = |(place, label): (usize, String)| {
        view! {
            <option value=place.to_string() prop:selected=move || chosen.get() == Some(place)>
                {label}
            </option>
        }
    };
    let options = choices.into_iter().enumerate().map(option).collect_view();
    let change = move |event: web_sys::Event| {
        if let Some(place) = event_target_value(&event).parse().ok().filter(|place| *place < count) {
            choose.run(place);
        }
    };
    let hint = format!("{id}-hint");
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <select id=id aria-describedby=hint.clone() on:change=change>
                {options}
            </select>
            <small id=hint>{move || means.get()}</small>
        </div>
    }
}
