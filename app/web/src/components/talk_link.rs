//! A link to a talk of this tab.

use leptos::prelude::*;
use talk::view::Phase;

use crate::session::OpenTalk;
use crate::shell::address;
use crate::words::words;

/// A link to a talk of this tab, with where it stands.
#[component]
pub fn TalkLink(talk: OpenTalk) -> impl IntoView {
    let words = words();
    let unread = talk.unread.clone();
    let unread = Memo::new(move |_| unread.with(|unread| unread.count()));
    let view = talk.view.clone();
    let name = Memo::new(move |_| {
        view.with(|view| match &view.phase {
            Phase::Seated => (view.title.to_string(), None),
            Phase::AtTheDoor { .. } => (words.you_are_invited.to_owned(), Some(words.waiting_to_be_admitted)),
            Phase::TurnedAway(_) => (words.you_are_invited.to_owned(), Some(words.the_door_stays_shut)),
        })
    });
    view! {
        <li>
            <a href=address::of_talk(talk.id)>
                <bdi>{move || name.get().0}</bdi>
                {move || name.get().1.map(|state| view! { <small>{state}</small> })}
                {move || {
                    let count = unread.get();
                    (count > 0).then(|| view! { <small class="unread-count">{(words.unread_notes)(count)}</small> })
                }}
            </a>
        </li>
    }
}
