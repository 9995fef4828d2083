//! What stands in place of the composer when the seat of this page is gone.

use std::sync::Arc;

use leptos::prelude::*;
use talk::view::{Standing, TalkView};

use crate::components::said::Said;
use crate::session::OpenTalk;
use crate::words::words;

/// How a seat came to be gone from this page.
#[derive(Clone, PartialEq, Eq)]
pub enum Departure {
    /// Somebody took it away: their name; or the person left.
    Removed {
        /// Who did it; None when the person left.
        by: Option<Arc<str>>,
        /// Own notes the others do not take.
        void: usize,
    },
    /// It is open in another place.
    OpenedElsewhere,
}

impl Departure {
    /// Returns how the seat of this page is gone, if it is.
    pub fn of(view: &TalkView) -> Option<Self> {
        match view.standing.as_ref()? {
            Standing::Seated | Standing::Stranded | Standing::Restored => None,
            Standing::Removed { by, void } => Some(Self::Removed { by: by.clone(), void: *void }),
            Standing::OpenedElsewhere => Some(Self::OpenedElsewhere),
        }
    }
}

/// Says that the seat is gone, what is left, and how to come back.
#[component]
pub fn Gone(talk: OpenTalk, how: Departure) -> impl IntoView {
    let words = words();
    let draft = talk.draft.get_untracked();
    let (sentence, void, what_now) = match how {
        Departure::Removed { by, void } => ((words.removed)(by.as_ref()), void, words.after_removal),
        Departure::OpenedElsewhere => (vec![words.opened_elsewhere.into()], 0, words.after_opened_elsewhere),
    };
    view! {
        <div class="compose gone" role="alert">
            <p class="lead"><Said phrase=sentence /></p>
            {(void > 0).then(|| view! { <p>{(words.void_notes)(void)}</p> })}
            <p>{what_now}</p>
            <WhatYouWereWriting draft />
        </div>
    }
}

/// What stands in the composer that is there no more.
#[component]
pub fn WhatYouWereWriting(draft: String) -> impl IntoView {
    (!draft.trim().is_empty()).then(|| {
        view! {
            <details>
                <summary>{words().what_you_were_writing}</summary>
                <p class="draft" dir="auto">{draft}</p>
            </details>
        }
    })
}
