//! The sentences about briefings.

use std::sync::Arc;

use super::Phrase;

/// The sentences about briefings, in one language.
pub struct BriefingWords {
    pub brief_newcomers: &'static str,
    pub what_it_does: &'static str,
    pub notes_to_give: &'static str,
    pub show_earlier: &'static str,
    pub choose_some: &'static str,
    pub too_much: fn(usize, usize) -> String,
    pub give_them: &'static str,

    // Among the notes.
    pub received_from: fn(&Arc<str>) -> Phrase,
    pub gave: fn(usize) -> String,
    pub notes: fn(usize) -> String,
    pub contradicted: fn(&Arc<str>) -> Phrase,
    pub not_shown: fn(usize) -> String,
    pub not_allowed: &'static str,
}
