//! A passphrase that is chosen: typed twice, and long enough.

use leptos::prelude::*;
use zeroize::Zeroizing;

use super::field::Field;
use super::form::Complaint;
use crate::words::words;

/// Fewest letters of a passphrase.
const LETTERS: usize = 12;

/// What is typed.
#[derive(Clone, Copy)]
pub struct NewPassphrase {
    labels: [&'static str; 2],
    typed: RwSignal<String>,
    again: RwSignal<String>,
}

impl NewPassphrase {
    /// Nothing typed yet, in two fields with these labels.
    pub fn empty(labels: [&'static str; 2]) -> Self {
        Self { labels, typed: RwSignal::new(String::new()), again: RwSignal::new(String::new()) }
    }

    /// Empties the fields, if they are still there.
    pub fn forget(self) {
        for typed in [self.typed, self.again] {
            typed.try_set(String::new());
        }
    }

    /// Reads it, or says what is wrong with it.
    pub fn read(self) -> Result<Zeroizing<String>, Complaint> {
        let complain = |sentence: &str, field| Err(Complaint { sentence: sentence.to_owned(), field: Some(field) });
        let typed = Zeroizing::new(self.typed.get_untracked());
        if typed.chars().count() < LETTERS {
            return complain(words().passphrase_too_short, self.labels[0]);
        }
        if *typed != *Zeroizing::new(self.again.get_untracked()) {
            return complain(words().passphrases_differ, self.labels[1]);
        }
        Ok(typed)
    }
}

/// The two fields.
#[component]
pub fn NewPassphraseFields(
    passphrase: NewPassphrase,
    wrong: RwSignal<Option<Complaint>>,
    /// The first of them takes the focus.
    #[prop(optional)]
    first: bool,
) -> impl IntoView {
    let [label, again] = passphrase.labels;
    view! {
        <Field
            id="passphrase"
            label
            value=passphrase.typed
            wrong
            secret=true
            first
            hint=words().passphrase_hint
            autocomplete="new-password"
        />
        <Field id="passphrase-again" label=again value=passphrase.again wrong secret=true autocomplete="new-password" />
    }
}
