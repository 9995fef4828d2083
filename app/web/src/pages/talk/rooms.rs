//! The rooms of this talk, and the way to other talks of this tab.

use leptos::html;
use leptos::prelude::*;
use talk::view::Phase;

use super::{CloseSheet, JumpToNew};
use crate::components::said::Dot;
use crate::components::talk_link::TalkLink;
use crate::session::{self, OpenTalk};
use crate::shell::address;
use crate::words::{intl, words};

/// The rooms, and the other talks. `opening` tells that a side room is wanted.
#[component]
pub fn Rooms(talk: OpenTalk, opening: RwSignal<bool>) -> impl IntoView {
    let words = words();
    let here = talk.id;
    let sheet = NodeRef::<html::Div>::new();
    let hide = move || {
        if let Some(sheet) = sheet.get_untracked() {
            // Refused where the column is not shown as a sheet.
            let _ = sheet.hide_popover();
        }
    };
    let view = talk.view.clone();
    let may_open = Memo::new(move |_| view.with(|view| view.rights.side_rooms));
    let side_of = talk.view.with_untracked(|view| view.side_of);
    let talks = session::talks();
    let all = talks.clone();
    let rooms = move || {
        all.track();
        session::rooms_of(&talk)
    };
    let others = move || {
        let own = |talk: &OpenTalk| talk.id == here || side_of.is_some_and(|room| is_room(talk, room));
        talks.get().into_iter().filter(|talk| session::is_plenary(talk) && !own(talk)).collect::<Vec<_>>()
    };
    let open = move |_| {
        hide();
        opening.set(true);
    };
    view! {
        <div class="side rooms" id="rooms" popover="auto" node_ref=sheet>
            <CloseSheet sheet="rooms" />
            <nav aria-labelledby="rooms-title">
                <h2 id="rooms-title">{words.rooms}</h2>
                <ul role="list">
                    <For
                        each=rooms
                        key=|room| room.id
                        children=move |room| view! { <Room here=room.id == here room on_follow=hide /> }
                    />
                </ul>
                {move || {
                    may_open
                        .get()
                        .then(|| {
                            view! {
                                <button class="button new-room" type="button" on:click=open>
                                    {words.new_side_room}
                                </button>
                            }
                        })
                }}
            </nav>
            <nav aria-label=words.other_talks>
                {move || {
                    let others = others();
                    (!others.is_empty())
                        .then(|| {
                            view! {
                                <h2>{words.other_talks}</h2>
                                <ul role="list">
                                    {others.into_iter().map(|talk| view! { <TalkLink talk /> }).collect_view()}
                                </ul>
                            }
                        })
                }}
                <p class="to-start"><a href="#/">{words.start_page}</a></p>
            </nav>
        </div>
    }
}

fn is_room(talk: &OpenTalk, room: record::RoomId) -> bool {
    talk.view.with_untracked(|view| view.room == Some(room))
}

/// One room, in the colours of those who sit in it. A room this seat was turned away from is not shown.
#[component]
fn Room(room: OpenTalk, here: bool, on_follow: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let words = words();
    let jump = expect_context::<JumpToNew>();
    let OpenTalk { id, view, unread, .. } = room;
    let shut = view.clone();
    let shut = Memo::new(move |_| shut.with(|view| matches!(view.phase, Phase::TurnedAway(_))));
    let hues = view.clone();
    let hues = Memo::new(move |_| {
        hues.with(|view| {
            let sits = |index: usize| view.seats.iter().any(|seat| seat.party == index);
            let parties = view.parties.iter().enumerate().filter(|(index, _)| sits(*index));
            parties.map(|(_, party)| party.hue).collect::<Vec<_>>()
        })
    });
    let name = Memo::new(move |_| {
        view.with(|view| match (view.side_of, &view.phase) {
            (None, _) => words.plenary.to_owned(),
            (Some(_), Phase::Seated) => view.title.to_string(),
            (Some(_), Phase::AtTheDoor { .. } | Phase::TurnedAway(_)) => words.side_room_that_opens.to_owned(),
        })
    });
    let count = Memo::new(move |_| unread.with(|unread| unread.count()));
    let follow = move |_| {
        on_follow();
        if here {
            jump.0.notify();
        }
    };
    move || {
        (!shut.get()).then(|| {
            view! {
                <li>
                    <a href=address::of_talk(id) aria-current=here.then_some("page") on:click=follow>
                        <span class="dots">
                            {move || hues.get().into_iter().map(|hue| view! { <Dot hue /> }).collect_view()}
                        </span>
                        <bdi>{move || name.get()}</bdi>
                        {move || {
                            let count = count.get();
                            (count > 0)
                                .then(|| {
                                    view! {
                                        <span class="count" aria-hidden="true">{intl::number(count)}</span>
                                        <span class="unseen">{(words.unread_notes)(count)}</span>
                                    }
                                })
                        }}
                    </a>
                </li>
            }
        })
    }
}
