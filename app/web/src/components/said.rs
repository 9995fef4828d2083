//! A sentence on the screen.

use std::sync::Arc;

use leptos::prelude::*;

use crate::words::{Phrase, Piece};

/// Colours that are told apart; later parties take them again from the first.
const HUES: usize = 8;

/// A sentence; what people typed stands isolated, so that it cannot turn the words around it.
#[component]
pub fn Said(phrase: Phrase) -> impl IntoView {
    let pieces = phrase.into_iter().map(|piece| match piece {
        Piece::Words(words) => words.into_owned().into_any(),
        Piece::Name(name) => view! { <bdi>{name}</bdi> }.into_any(),
        Piece::Party { name, hue } => view! { <PartyName name hue /> }.into_any(),
    });
    pieces.collect_view()
}

/// The name of a party in its colour.
#[component]
pub fn PartyName(name: Arc<str>, hue: usize) -> impl IntoView {
    view! { <bdi class=format!("party {}", hue_class(hue))>{name}</bdi> }
}

/// A dot in the colour of a party, beside its name.
#[component]
pub fn Dot(hue: usize) -> impl IntoView {
    view! { <span class=format!("dot {}", hue_class(hue)) aria-hidden="true"></span> }
}

/// Returns the class that gives a colour.
pub fn hue_class(hue: usize) -> String {
    format!("hue-{}", hue % HUES)
}
