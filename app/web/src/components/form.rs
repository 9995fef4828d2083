//! What the two forms that begin a talk have in common: reading fields, and saying what is wrong.

use leptos::prelude::*;
use talk::Error;

use crate::words::words;

/// What is wrong with a form, if anything is.
#[component]
pub fn Wrong(wrong: RwSignal<Option<String>>) -> impl IntoView {
    move || wrong.get().map(|sentence| view! { <p class="wrong" role="alert">{sentence}</p> })
}

/// Reads a field without the blanks around what was typed.
pub fn trimmed((label, value): (&'static str, RwSignal<String>)) -> (&'static str, String) {
    (label, value.with_untracked(|value| value.trim().to_owned()))
}

/// Returns what to tell about fields that are empty or too long.
pub fn what_is_wrong(filled_in: &[(&'static str, String)]) -> Option<String> {
    if filled_in.iter().any(|(_, value)| value.is_empty()) {
        return Some(words().fill_in_all.to_owned());
    }
    let too_long = filled_in.iter().find(|(_, value)| value.len() > record::NAME_BYTES);
    too_long.map(|(label, _)| (words().too_long)(label, record::NAME_BYTES))
}

/// Returns what to tell when a talk could not be begun although the form looked right.
pub fn sentence_for(error: &Error) -> String {
    match error {
        // What is empty or too long was told before.
        Error::Name => words().names_are_one_line.to_owned(),
        Error::NoteLength | Error::NotNow | Error::Bug => words().not_opened.to_owned(),
    }
}
