//! The sentences about the charter.

use std::sync::Arc;

use record::{Copies, FileTerms, Newcomers, Terms};
use talk::Millis;
use talk::view::Told;

use super::Phrase;

/// The sentences about the charter, in one language.
pub struct CharterWords {
    pub charter: &'static str,
    pub when_it_has_ended: &'static str,
    pub copies: fn(Copies) -> String,
    pub copies_mean: fn(Copies) -> &'static str,
    pub who_comes_later: &'static str,
    pub newcomers: fn(Newcomers) -> &'static str,
    pub newcomers_mean: fn(Newcomers) -> &'static str,
    pub which_files: &'static str,
    pub files: fn(FileTerms) -> String,
    pub files_mean: fn(FileTerms) -> &'static str,
    pub pages_keep_to_it: &'static str,
    pub told: fn(&Told) -> [String; 5],
    pub in_force: fn(Terms) -> [String; 3],
    pub not_signed: &'static str,
    pub sign_the_charter: &'static str,

    // Changing it.
    pub change_the_charter: &'static str,
    pub what_changing_takes: &'static str,
    pub propose_it: &'static str,
    pub as_it_is: &'static str,
    pub proposes: fn(&Arc<str>, Terms) -> Phrase,
    pub you_propose: fn(Terms) -> String,
    pub awaited: fn(&[Arc<str>]) -> Phrase,
    pub sign_the_change: &'static str,

    // The end.
    pub end_this_talk: &'static str,
    pub end_question: &'static str,
    pub ending: [&'static str; 2],
    pub ending_off_the_record: &'static str,
    pub asking_to_end: [&'static str; 2],
    pub ask_to_end_it: &'static str,
    pub end_it: &'static str,
    pub want_it_to_end: fn(&[Arc<str>]) -> Phrase,
    pub has_ended: fn(&[Arc<str>]) -> Phrase,
    pub after_the_end: fn(Copies, Millis) -> String,
    pub delete_my_copy: &'static str,
    pub deleting_means: &'static str,
    pub delete_it: &'static str,
    pub the_talk_has_ended: &'static str,
    pub copy_was_deleted: &'static str,
    pub you_deleted_your_copy: &'static str,
}
