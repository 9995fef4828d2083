//! A recovery code, shown this once.

use std::sync::Arc;

use leptos::prelude::*;
use zeroize::Zeroizing;

use super::field::Field;
use super::form::{Complaint, Wrong};
use crate::words::words;

/// Letters in a group.
const GROUP: usize = 4;

/// Shows the code until its last group has been typed.
#[component]
pub fn RecoveryCode(
    code: Arc<Zeroizing<String>>,
    written_down: impl Fn() + 'static,
    /// What else can be done.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let words = words();
    let typed = RwSignal::new(String::new());
    let wrong = RwSignal::new(None::<Complaint>);
    let shown = Arc::clone(&code);
    let go_on = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let last = code.rsplit('-').next().unwrap_or_default();
        let same = typed.with_untracked(|typed| typed.trim().eq_ignore_ascii_case(last));
        if same && last.len() == GROUP {
            written_down();
        } else {
            let sentence = words.not_the_last_group.to_owned();
            wrong.set(Some(Complaint { sentence, field: Some(words.last_group) }));
        }
    };
    view! {
        <p class="lead">{words.what_the_code_is_for}</p>
        <p class="code" dir="ltr">{shown.to_string()}</p>
        <form class="form step" aria-label=words.write_down_the_code on:submit=go_on>
            <Field id="last-group" label=words.last_group value=typed wrong hint=words.last_group_hint first=true />
            <Wrong wrong />
            <div class="buttons">
                <button class="button main" type="submit">{words.it_is_written_down}</button>
                {children.map(|children| children())}
            </div>
        </form>
    }
}
