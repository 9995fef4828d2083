//! Above everything, while nothing is kept or nothing can be written.

use leptos::prelude::*;

use crate::session::{self, Gate, Kept, WhyNothing};
use crate::words::words;

/// The banner. Empty while all is well.
#[component]
pub fn KeepingBanner() -> impl IntoView {
    let words = words();
    let gate = session::gate();
    let kept = Memo::new(move |_| gate.with(Gate::kept));
    // Always there, so that screen readers notice what comes.
    view! {
        <div class="banner-place" role="status">
            {move || {
                let sentence = match kept.get()? {
                    Kept::Nothing(WhyNothing::Chosen) => words.nothing_is_kept_banner,
                    Kept::Nothing(WhyNothing::NoStorage) => words.no_storage_banner,
                    Kept::Nothing(WhyNothing::Gone) => words.storage_gone_banner,
                    Kept::Browser | Kept::Locking(_) => {
                        return session::stuck().map(|stuck| view! { <Stuck stuck /> }.into_any());
                    }
                };
                Some(view! { <p class="banner">{sentence}</p> }.into_any())
            }}
        </div>
    }
}

#[component]
fn Stuck(stuck: ArcRwSignal<bool>) -> impl IntoView {
    let words = words();
    move || {
        stuck.get().then(|| {
            view! {
                <p class="banner">
                    <span>{words.storage_fails}</span>
                    <button class="button" type="button" on:click=|_| session::try_again()>{words.try_again}</button>
                </p>
            }
        })
    }
}
