//! A link to a talk of this tab.

use leptos::prelude::*;
use talk::view::{Phase, Standing, TalkView};

use crate::components::said::Said;
use crate::session::{self, OpenTalk};
use crate::shell::address;
use crate::words::words;

/// A link to a talk of this tab, with where it stands.
#[component]
pub fn TalkLink(talk: OpenTalk) -> impl IntoView {
    let words = words();
    // Its side rooms are not listed beside it.
    let (talks, room) = (session::talks(), talk.clone());
    let unread = Memo::new(move |_| {
        talks.track();
        session::rooms_of(&room).iter().map(|room| room.unread.with(|unread| unread.count())).sum::<usize>()
    });
    let view = talk.view.clone();
    let somebody_knocks = Memo::new(move |_| view.with(|view| view.door.iter().any(|knock| knock.here)));
    let view = talk.view.clone();
    let name = Memo::new(move |_| {
        view.with(|view| match &view.phase {
            Phase::Seated => (vec![(&view.title).into()], gone(view).or_else(|| ended(view))),
            Phase::AtTheDoor { name, party, .. } => {
                ((words.asking_as)(name, party), Some(words.waiting_to_be_admitted))
            }
            Phase::TurnedAway(_) => (vec![words.you_are_invited.into()], Some(words.the_door_stays_shut)),
        })
    });
    view! {
        <li>
            <a href=address::of_talk(talk.id)>
                <span>{move || view! { <Said phrase=name.get().0 /> }}</span>
                {move || name.get().1.map(|state| view! { <small>{state}</small> })}
                {move || {
                    somebody_knocks.get().then(|| view! { <small class="talk-state knocks">{words.at_the_door}</small> })
                }}
                {move || {
                    let count = unread.get();
                    (count > 0).then(|| view! { <small class="unread-count">{(words.unread_notes)(count)}</small> })
                }}
            </a>
        </li>
    }
}

fn ended(view: &TalkView) -> Option<&'static str> {
    view.charter.end.ended.then_some(words().charter.the_talk_has_ended)
}

fn gone(view: &TalkView) -> Option<&'static str> {
    match view.standing.as_ref()? {
        Standing::Seated | Standing::Stranded => None,
        Standing::Restored => Some(words().read_only_for_now),
        Standing::Removed { .. } => Some(words().no_longer_at_the_table),
        Standing::OpenedElsewhere => Some(words().opened_elsewhere),
    }
}
