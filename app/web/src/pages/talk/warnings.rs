//! What the person should know of and do something about. Stays until put away.

use leptos::prelude::*;
use record::AuthorKey;
use talk::view::{Alarm, AlarmView};

use crate::components::keeping_banner::KeepingBanner;
use crate::components::said::Said;
use crate::session::{self, OpenTalk};
use crate::shell::focus;
use crate::words::words;

/// The warnings, above everything else of the talk. Empty while there are none.
#[component]
pub fn Warnings(talk: OpenTalk) -> impl IntoView {
    let words = words();
    let view = talk.view.clone();
    let alarms = Memo::new(move |_| view.with(|view| view.alarms.clone()));
    let count = Memo::new(move |_| alarms.with(Vec::len));
    let anything = Memo::new(move |_| count.get() > 0);
    // Always there, so that screen readers notice what comes.
    view! {
        <div class="warnings-place" aria-live="polite">
            <KeepingBanner />
            {move || {
                let talk = talk.clone();
                anything.get().then(|| {
                    view! {
                        <section class="warnings" aria-label=words.warnings>
                            {move || {
                                let count = count.get();
                                (count > 1).then(|| view! { <p class="how-many">{(words.so_many_warnings)(count)}</p> })
                            }}
                            <ul role="list">
                                <For
                                    each=move || alarms.get()
                                    key=name_of
                                    children=move |alarm| view! { <Warning talk=talk.clone() alarms first=alarm /> }
                                />
                            </ul>
                        </section>
                    }
                })
            }}
        </div>
    }
}

fn name_of(alarm: &AlarmView) -> (Alarm, AuthorKey) {
    (alarm.what, alarm.seat)
}

#[component]
fn Warning(talk: OpenTalk, alarms: Memo<Vec<AlarmView>>, first: AlarmView) -> impl IntoView {
    let words = words();
    let name = name_of(&first);
    // A row outlives its warning by the moment it takes to be removed.
    let alarm = Memo::new(move |_| {
        alarms.with(|alarms| alarms.iter().find(|alarm| name_of(alarm) == name).unwrap_or(&first).clone())
    });
    let dismiss = move |_| {
        session::dismiss(talk.id, &alarm.get_untracked());
        request_animation_frame(|| focus::first_of(&[".warnings button", ".compose textarea", ".notes"]));
    };
    view! {
        <li>
            <div class="warning">
                {move || {
                    let told = (words.alarm)(&alarm.get());
                    view! {
                        <h2><Said phrase=told.title /></h2>
                        <p><Said phrase=told.meaning /></p>
                        <p><Said phrase=told.next_step /></p>
                    }
                }}
            </div>
            <button class="button" type="button" on:click=dismiss>{words.dismiss}</button>
        </li>
    }
}
