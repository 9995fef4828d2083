//! The dialog that carries a note to another room of the talk, as far as its author lets.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use record::{NOTE_BYTES, Release};
use talk::view::NoteView;

use super::composer::{Readers, readers};
use crate::components::form::{Complaint, Wrong};
use crate::components::radio::Radio;
use crate::components::said::Said;
use crate::screen::Screens;
use crate::session::{self, OpenTalk};
use crate::talk_id::TalkId;
use crate::words::words;

/// The note that is to be carried to another room, while its dialog is open.
#[derive(Clone, Copy)]
pub struct Conveying(pub RwSignal<Option<Arc<NoteView>>>);

/// Whether there is another room of the talk to carry notes to.
#[derive(Clone, Copy)]
pub struct Elsewhere(pub Memo<bool>);

/// The dialog. Made when it opens and dropped when it closes.
#[component]
pub fn ConveyDialog(talk: OpenTalk, note: Arc<NoteView>) -> impl IntoView {
    let words = words();
    let screens = Screens::here();
    let conveying = expect_context::<Conveying>();
    let dialog = NodeRef::<html::Dialog>::new();
    dialog.on_load(|dialog| {
        // Fails only for a dialog that is open already.
        let _ = dialog.show_modal();
    });
    // As they are now: what is being chosen must not move under the hand.
    let rooms: Vec<OpenTalk> = session::rooms_to_write_in(&talk);
    let target = RwSignal::new(rooms.first().filter(|_| rooms.len() == 1).map(|room| room.id));
    let verbatim = note.may_leave(Release::Verbatim);
    let first_said = session::first_said(&talk, &note);
    let word_for_word = verbatim && first_said.is_some();
    let not_so = if verbatim { words.author_not_known_there } else { words.only_the_substance };
    let how = RwSignal::new(Release::Substance);
    let text = RwSignal::new(String::new());
    let wrong = RwSignal::new(None::<Complaint>);
    let said = note.clone();
    let send = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let complain = |sentence: &str| wrong.set(Some(Complaint { sentence: sentence.to_owned(), field: None }));
        let Some(room) = target.get_untracked().and_then(session::talk) else { return complain(words.choose_a_room) };
        let (how, text) = (how.get_untracked(), text.get_untracked());
        if how == Release::Substance && text.trim().is_empty() {
            return complain(words.say_it_first);
        }
        if text.len() > NOTE_BYTES {
            return complain(&(words.note_too_long)(text.len(), NOTE_BYTES));
        }
        let own_words = (how == Release::Substance).then_some(text);
        match session::convey(&talk, &said, own_words, room.id) {
            Ok(()) => {
                conveying.0.set(None);
                screens.talk(room);
            }
            Err(_) => complain(words.not_sent),
        }
    };
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let room = move |(place, room): (usize, OpenTalk)| view! { <Room room place target /> };
    let who_reads = move || target.get().and_then(session::talk).map(|room| room.view.with(readers));
    let own_words = Memo::new(move |_| how.get() == Release::Substance);
    let (quoted, leaves) = (note.clone(), note.clone());
    view! {
        <dialog class="dialog" aria-labelledby="convey-title" node_ref=dialog on:close=move |_| conveying.0.set(None)>
            <h2 id="convey-title">{words.convey_to_another_room}</h2>
            <form class="form" aria-label=words.convey_to_another_room on:submit=send>
                <figure class="quoted">
                    <figcaption><bdi>{quoted.author.clone()}</bdi></figcaption>
                    <blockquote dir="auto" tabindex="0">{quoted.text.to_string()}</blockquote>
                </figure>
                <fieldset class="choices">
                    <legend>{words.to_which_room}</legend>
                    {rooms.into_iter().enumerate().map(room).collect_view()}
                </fieldset>
                {if word_for_word {
                    view! {
                        <fieldset class="choices">
                            <legend>{words.how_it_is_said_there}</legend>
                            <Radio
                                name="how"
                                id="in-my-words"
                                label=words.in_my_words
                                means=words.what_in_my_words_means
                                value=Release::Substance
                                chosen=how
                            />
                            <Radio
                                name="how"
                                id="word-for-word"
                                label=words.word_for_word
                                means=words.what_word_for_word_means
                                value=Release::Verbatim
                                chosen=how
                            />
                        </fieldset>
                    }
                        .into_any()
                } else {
                    view! { <p class="small">{not_so}</p> }.into_any()
                }}
                <section class="leaves" aria-labelledby="leaves-title">
                    <h3 id="leaves-title">{words.this_is_what_leaves}</h3>
                    {move || match own_words.get() {
                        true => {
                            view! {
                                <p class="conveyed">{words.conveyed_in_own_words}</p>
                                <textarea
                                    dir="auto"
                                    rows="4"
                                    autocomplete="off"
                                    spellcheck="false"
                                    aria-label=words.in_my_words
                                    prop:value=move || text.get()
                                    on:input=move |event| text.set(event_target_value(&event))
                                ></textarea>
                            }
                                .into_any()
                        }
                        false => {
                            let by = first_said.as_ref().map(|(by, at)| (words.conveyed_word_for_word)(by, *at));
                            view! {
                                <p class="conveyed"><Said phrase=by.unwrap_or_default() /></p>
                                <blockquote dir="auto" tabindex="0">{leaves.text.to_string()}</blockquote>
                            }
                                .into_any()
                        }
                    }}
                    {move || {
                        who_reads()
                            .map(|Readers { now, still }| {
                                view! {
                                    <p class="small">
                                        <Said phrase=now />
                                        <span class="still"><Said phrase=still /></span>
                                    </p>
                                }
                            })
                    }}
                    <p class="small">{words.nothing_else_leaves}</p>
                </section>
                <Wrong wrong />
                <div class="buttons">
                    <button class="button main" type="submit">{words.convey_it}</button>
                    <button class="button" type="button" on:click=close>{words.cancel}</button>
                </div>
                <p class="small">{words.what_labels_cannot}</p>
            </form>
        </dialog>
    }
}

/// A room to choose.
#[component]
fn Room(room: OpenTalk, place: usize, target: RwSignal<Option<TalkId>>) -> impl IntoView {
    let (id, input) = (room.id, format!("room-{place}"));
    view! {
        <div class="choice">
            <input
                type="radio"
                name="room"
                id=input.clone()
                prop:checked=move || target.get() == Some(id)
                on:change=move |_| target.set(Some(id))
            />
            <label for=input><bdi>{session::room_name(&room)}</bdi></label>
        </div>
    }
}
