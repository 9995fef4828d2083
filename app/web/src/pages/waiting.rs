//! At the door: waiting to be admitted, or turned away.

use std::sync::Arc;

use leptos::prelude::*;
use record::WhoAdmits;
use talk::view::{Phase, TurnedAway};

use crate::components::digits::DoorDigits;
use crate::components::said::Said;
use crate::components::sheet::Sheet;
use crate::components::status::ConnectionWords;
use crate::components::title::{focused_heading, keep_title};
use crate::screen::Screens;
use crate::session::{self, OpenTalk};
use crate::shell::address;
use crate::talk_id::TalkId;
use crate::words::words;

/// Waiting to be admitted.
#[component]
pub fn Waiting(talk: OpenTalk, name: Arc<str>, party: Arc<str>) -> impl IntoView {
    let words = words();
    let view = talk.view.clone();
    let door = Memo::new(move |_| {
        view.with(|view| match &view.phase {
            Phase::AtTheDoor { digits, inviter_here, .. } => (digits.clone(), *inviter_here),
            Phase::TurnedAway(_) | Phase::Seated => (None, true),
        })
    });
    let view = talk.view.clone();
    let told = Memo::new(move |_| {
        view.with(|view| match &view.phase {
            Phase::AtTheDoor { told, .. } => *told,
            Phase::TurnedAway(_) | Phase::Seated => None,
        })
    });
    keep_title(move || format!("{} – {}", words.waiting_to_be_admitted, words.nonpaper));
    let heading = focused_heading();
    let id = talk.id;
    let screens = Screens::here();
    let stop = move |_| {
        screens.start_instead();
        session::forget(id);
    };
    view! {
        <Sheet>
            <div class="waiting" role="status">
                <h1 tabindex="-1" node_ref=heading>{words.waiting_to_be_admitted}</h1>
                <p class="small"><ConnectionWords talk /></p>
            </div>
            <p class="lead"><Said phrase=(words.you_ask_as)(&name, &party) /></p>
            <section class="door-card" aria-live="polite">
                {move || match door.get() {
                    (Some(digits), here) => {
                        view! {
                            <DoorDigits digits />
                            <p>{words.read_the_digits}</p>
                            {move || {
                                let alone = told.get().is_some_and(|told| told.who_admits == WhoAdmits::Convener);
                                (!alone).then(|| view! { <p class="small">{words.a_second_side_may_have_to_agree}</p> })
                            }}
                            {(!here).then(|| view! { <p class="wrong">{words.inviter_is_away}</p> })}
                        }
                            .into_any()
                    }
                    (None, true) => view! { <p>{words.digits_are_coming}</p> }.into_any(),
                    (None, false) => view! { <p>{words.inviter_is_away}</p> }.into_any(),
                }}
            </section>
            {move || told.get().map(|told| {
                let [title, rest @ ..] = (words.charter.told)(&told);
                view! {
                    <section class="told">
                        <p><b>{title}</b></p>
                        {rest.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
                        <p class="small">{words.charter.pages_keep_to_it}</p>
                    </section>
                }
            })}
            <button class="button" type="button" on:click=stop>{words.stop_asking}</button>
            <footer class="small-print">
                <p>{if session::keeps() { words.knock_is_kept } else { words.keep_this_tab_open }}</p>
            </footer>
        </Sheet>
    }
}

/// On the way into a side room, whose door opens by itself.
#[component]
pub fn Called(talk: OpenTalk) -> impl IntoView {
    let words = words();
    keep_title(move || words.nonpaper.to_owned());
    let heading = focused_heading();
    let view = talk.view.clone();
    let here = Memo::new(move |_| {
        view.with(|view| matches!(view.phase, Phase::AtTheDoor { inviter_here: true, .. } | Phase::Seated))
    });
    let plenary = talk.view.with_untracked(|view| view.side_of).and_then(session::plenary);
    view! {
        <Sheet>
            <div class="waiting" role="status">
                <h1 tabindex="-1" node_ref=heading>{words.side_room_that_opens}</h1>
                <p class="small"><ConnectionWords talk /></p>
            </div>
            <p class="lead">{words.you_are_called}</p>
            <p>{move || if here.get() { words.room_is_opening } else { words.room_opens_later }}</p>
            {plenary.map(|plenary| view! { <a class="button" href=address::of_talk(plenary.id)>{words.back_to_the_plenary}</a> })}
        </Sheet>
    }
}

/// The door stays shut.
#[component]
pub fn Turned(talk: TalkId, reason: TurnedAway) -> impl IntoView {
    let words = words();
    let screens = Screens::here();
    keep_title(move || words.nonpaper.to_owned());
    let back = move |_| {
        screens.start_instead();
        session::forget(talk);
    };
    view! {
        <Sheet>
            <h1>{words.the_door_stays_shut}</h1>
            <p class="lead" role="alert">{(words.turned_away)(reason)}</p>
            <button class="button main" type="button" on:click=back>{words.back_to_start}</button>
        </Sheet>
    }
}
