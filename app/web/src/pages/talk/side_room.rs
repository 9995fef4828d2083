//! The dialog that opens a side room.

use leptos::html;
use leptos::prelude::*;
use record::AuthorKey;
use talk::view::SeatView;

use crate::components::field::Field;
use crate::components::form::{Complaint, Wrong, complaint_about, trimmed, what_is_wrong};
use crate::components::said::PartyName;
use crate::components::tick::Tick;
use crate::screen::Screens;
use crate::session::{self, OpenTalk};
use crate::words::words;

/// The dialog. Made when it opens and dropped when it closes.
#[component]
pub fn SideRoomDialog(talk: OpenTalk, opening: RwSignal<bool>) -> impl IntoView {
    let words = words();
    let screens = Screens::here();
    let dialog = NodeRef::<html::Dialog>::new();
    dialog.on_load(|dialog| {
        // Fails only for a dialog that is open already.
        let _ = dialog.show_modal();
    });
    let title = RwSignal::new(String::new());
    let chosen = RwSignal::new(Vec::<AuthorKey>::new());
    let wrong = RwSignal::new(None::<Complaint>);
    let id = talk.id;
    // As it is now: what is being chosen must not move under the hand.
    let (seats, parties) = talk.view.with_untracked(|view| (view.seats.clone(), view.parties.clone()));
    let seats: Vec<SeatView> = seats.into_iter().filter(|seat| seat.callable).collect();
    let nobody = seats.is_empty();
    let open = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let filled_in = [(words.name_of_the_room, title)].map(trimmed);
        if let Some(complaint) = what_is_wrong(&filled_in) {
            wrong.set(Some(complaint));
            return;
        }
        let (guests, [(_, title)]) = (chosen.get_untracked(), filled_in);
        if guests.is_empty() {
            wrong.set(Some(Complaint { sentence: words.choose_somebody.to_owned(), field: None }));
            return;
        }
        match session::open_side_room(id, &title, &guests) {
            Ok(room) => {
                opening.set(false);
                screens.talk(room);
            }
            Err(error) => wrong.set(Some(complaint_about(&error))),
        }
    };
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let choice = move |(place, seat): (usize, SeatView)| {
        let party = parties.get(seat.party).cloned();
        view! {
            <Tick id=format!("guest-{place}") value=seat.key chosen>
                <bdi>{seat.name}</bdi>
                ", "
                {party.map(|party| view! { <PartyName name=party.name hue=party.hue /> })}
                " "
                <small>{(words.role)(seat.role)}</small>
            </Tick>
        }
    };
    view! {
        <dialog class="dialog" aria-labelledby="side-room-title" node_ref=dialog on:close=move |_| opening.set(false)>
            <h2 id="side-room-title">{words.new_side_room}</h2>
            <p class="small">{words.what_a_side_room_is}</p>
            {if nobody {
                view! { <p>{words.nobody_to_call}</p> }.into_any()
            } else {
                view! {
                    <form class="form" aria-label=words.new_side_room on:submit=open>
                        <Field id="room-name" label=words.name_of_the_room value=title wrong first=true />
                        <fieldset class="choices">
                            <legend>{words.who_sits_in_it}</legend>
                            {seats.into_iter().enumerate().map(choice).collect_view()}
                        </fieldset>
                        <Wrong wrong />
                        <div class="buttons">
                            <button class="button main" type="submit">{words.open_the_room}</button>
                            <button class="button" type="button" on:click=close>{words.cancel}</button>
                        </div>
                    </form>
                }
                    .into_any()
            }}
            {nobody.then(|| view! { <button class="button" type="button" on:click=close>{words.close}</button> })}
        </dialog>
    }
}
