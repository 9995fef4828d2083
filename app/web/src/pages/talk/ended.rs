//! What stands where notes are written once the talk has ended, and in place of the talk once it is deleted here.

use std::sync::Arc;

use leptos::prelude::*;
use record::Copies;

use super::gone::WhatYouWereWriting;
use crate::components::said::Said;
use crate::components::sheet::Sheet;
use crate::components::title::{focused_heading, keep_title};
use crate::screen::Screens;
use crate::session::{self, End, OpenTalk};
use crate::words::words;

/// That a talk has ended, as a room of it tells.
#[derive(Clone, PartialEq, Eq)]
pub struct Ended {
    by: Vec<Arc<str>>,
    copies: Copies,
}

impl Ended {
    /// Returns how the talk of a room has ended, if it has. What the plenary says holds in all rooms.
    pub fn of(room: &OpenTalk) -> Option<Self> {
        let side_of = room.view.with(|view| view.side_of);
        let plenary = side_of.map_or(Some(room.clone()), session::plenary)?;
        plenary.view.with(|view| {
            let charter = &view.charter;
            charter.end.ended.then(|| Self { by: charter.end.by.clone(), copies: charter.terms.copies })
        })
    }

    /// What becomes of everybody's copy of this room, as the plenary's charter says.
    pub fn copies(room: &OpenTalk) -> Copies {
        session::terms(room).copies
    }

    /// Whether its notes are shown no more.
    pub fn hides_notes(&self) -> bool {
        self.copies == Copies::OffTheRecord
    }
}

/// Says that the talk has ended, what becomes of the copy here, and deletes it.
#[component]
pub fn EndedHere(talk: OpenTalk, ended: Ended) -> impl IntoView {
    let words = words();
    let draft = talk.draft.get_untracked();
    let side_of = talk.view.with_untracked(|view| view.side_of);
    let plenary = side_of.map_or(Some(talk.clone()), session::plenary);
    let until = plenary.as_ref().map(|plenary| plenary.end.clone());
    let copies = ended.copies;
    let becomes = move || {
        let heard_of = match until.as_ref().map(Get::get) {
            Some(End::HeardOf(at)) => at,
            Some(End::NotYet | End::Deleted | End::DeletedByHand) | None => return String::new(),
        };
        (words.charter.after_the_end)(copies, session::kept_until(copies, heard_of).unwrap_or(heard_of))
    };
    view! {
        <div class="compose gone" role="alert">
            <p class="lead"><Said phrase=(words.charter.has_ended)(&ended.by) /></p>
            <p>{becomes}</p>
            <WhatYouWereWriting draft />
            {plenary
                .map(|plenary| {
                    view! {
                        <details>
                            <summary>{words.charter.delete_my_copy}</summary>
                            <p>{words.charter.deleting_means}</p>
                            <button class="button" type="button" on:click=move |_| session::delete_copy(&plenary)>
                                {words.charter.delete_it}
                            </button>
                        </details>
                    }
                })}
        </div>
    }
}

/// In place of a talk that was deleted here with its end.
#[component]
pub fn Deleted(by_hand: bool) -> impl IntoView {
    let words = words();
    let screens = Screens::here();
    keep_title(move || words.nonpaper.to_owned());
    let heading = focused_heading();
    view! {
        <Sheet>
            <h1 tabindex="-1" node_ref=heading>{words.charter.the_talk_has_ended}</h1>
            <p class="lead" role="status">{if by_hand { words.charter.you_deleted_your_copy } else { words.charter.copy_was_deleted }}</p>
            <button class="button main" type="button" on:click=move |_| screens.start_instead()>
                {words.back_to_start}
            </button>
        </Sheet>
    }
}
