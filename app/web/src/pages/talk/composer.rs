//! Where notes are written, under the line that says who can read them.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use record::{NOTE_BYTES, Release};
use talk::view::{SeatView, Standing, TalkView};
use talk::{Command, Writing};
use web_sys::KeyboardEvent;

use super::convey::Elsewhere;
use super::ended::{Ended, EndedHere};
use super::files::{AttachFiles, give};
use super::gone::{Departure, Gone};
use crate::components::said::Said;
use crate::session::{self, OpenTalk};
use crate::shell::given;
use crate::words::{Phrase, Piece, words};

/// The composer; for who may not write, a sentence that says so; for who is gone, what that means.
#[component]
pub fn Composer(talk: OpenTalk) -> impl IntoView {
    let room = talk.clone();
    let stands = Memo::new(move |_| match Ended::of(&room) {
        Some(ended) => Stands::Ended(ended),
        None => room.view.with(Stands::of),
    });
    move || match stands.get() {
        Stands::Writes => view! { <Writing talk=talk.clone() /> }.into_any(),
        Stands::Reads => view! {
            <div class="compose only-read">
                <CatchingUp talk=talk.clone() />
                <p>{words().observers_only_read}</p>
            </div>
        }
        .into_any(),
        Stands::Restored => view! {
            <div class="compose only-read">
                <p role="status">{words().restored}</p>
            </div>
        }
        .into_any(),
        Stands::Ended(ended) => view! { <EndedHere talk=talk.clone() ended /> }.into_any(),
        Stands::Gone(how) => view! { <Gone talk=talk.clone() how /> }.into_any(),
    }
}

/// What stands where notes are written.
#[derive(Clone, PartialEq, Eq)]
enum Stands {
    Writes,
    Reads,
    Restored,
    Gone(Departure),
    Ended(Ended),
}

impl Stands {
    fn of(view: &TalkView) -> Self {
        match Departure::of(view) {
            Some(how) => Self::Gone(how),
            None if view.standing == Some(Standing::Restored) => Self::Restored,
            None if view.rights.write => Self::Writes,
            None => Self::Reads,
        }
    }
}

/// Says that this seat is being brought back in. Always there, so that screen readers notice the change.
#[component]
fn CatchingUp(talk: OpenTalk) -> impl IntoView {
    let situation = Memo::new(move |_| {
        talk.view.with(|view| (view.standing == Some(Standing::Stranded)).then_some(view.rights.write))
    });
    view! {
        <p class="catching-up" aria-live="polite">
            {move || situation.get().map(|writes| (words().catching_up)(writes))}
        </p>
    }
}

#[component]
fn Writing(talk: OpenTalk) -> impl IntoView {
    let words = words();
    let id = talk.id;
    let draft = talk.draft.clone();
    let shown = talk.draft.clone();
    let catching_up = talk.clone();
    let wrong = RwSignal::new(None::<String>);
    let textbox = NodeRef::<html::Textarea>::new();
    let attaching = talk.clone();
    let readers = Memo::new(move |_| talk.view.with(readers));
    let pasted = RwSignal::new(None::<Pasted>);
    let release = RwSignal::new(None::<Release>);
    let paste = move |event: web_sys::ClipboardEvent| {
        let Some(data) = event.clipboard_data() else { return };
        let text = data.get_data("text/plain").unwrap_or_default();
        if text.is_empty() && given::has_files(&data) {
            event.prevent_default();
            give(id, &data, release.get_untracked());
            return;
        }
        if let Some(from) = session::copied_elsewhere(id, &text) {
            event.prevent_default();
            pasted.set(Some(Pasted { from, text }));
        }
    };
    let go_on = move |text: Option<String>| {
        pasted.set(None);
        let Some(textbox) = textbox.get_untracked() else { return };
        // Fails only for an element that cannot have the focus.
        let _ = textbox.focus();
        if let Some(text) = text {
            let at = (textbox.selection_start().ok().flatten(), textbox.selection_end().ok().flatten());
            let (start, end) = (at.0.unwrap_or(0), at.1.unwrap_or(0));
            // Fails only for positions that are none.
            let _ = textbox.set_range_text_with_start_and_end_and_mode(&text, start, end, "end");
            session::draft(id, textbox.value());
        }
    };

    let typed = {
        let draft = draft.clone();
        move |event: web_sys::Event| {
            session::draft(id, event_target_value(&event));
            if wrong.with_untracked(Option::is_some) {
                wrong.set(draft.with_untracked(|text| too_long(text)));
            }
        }
    };
    let send = move || {
        let text = draft.get_untracked();
        if let Some(textbox) = textbox.get_untracked() {
            // Fails only for an element that cannot have the focus.
            let _ = textbox.focus();
        }
        if text.trim().is_empty() {
            return;
        }
        if let Some(sentence) = too_long(&text) {
            wrong.set(Some(sentence));
            return;
        }
        let writing = Writing { release: release.get_untracked(), ..text.into() };
        match session::command(id, Command::Write(writing)) {
            Ok(()) => {
                release.set(None);
                session::draft(id, String::new());
                wrong.set(None);
            }
            Err(_) => wrong.set(Some(words.not_sent.to_owned())),
        }
    };
    let send_by_key = {
        let send = send.clone();
        move |event: KeyboardEvent| {
            if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) && !event.is_composing() {
                event.prevent_default();
                send();
            }
        }
    };
    view! {
        <section class="compose" aria-label=words.write>
            <CatchingUp talk=catching_up />
            <p class="readers" id="readers">
                {move || view! { <Said phrase=readers.get().now /> }}
                <span class="still">
                    {move || view! { <Said phrase=readers.get().still /> }}
                </span>
            </p>
            {move || wrong.get().map(|sentence| view! { <p class="wrong" role="alert">{sentence}</p> })}
            {move || {
                pasted
                    .get()
                    .map(|Pasted { from, text }| {
                        view! {
                            <div class="pasted" role="alertdialog" aria-labelledby="pasted-title">
                                <p id="pasted-title"><Said phrase=(words.copied_in)(&from) /></p>
                                <div class="buttons">
                                    <button class="button" type="button" on:click=move |_| go_on(Some(text.clone()))>
                                        {words.paste_it}
                                    </button>
                                    <button class="button main" type="button" on:click=move |_| go_on(None)>
                                        {words.do_not_paste}
                                    </button>
                                </div>
                            </div>
                        }
                    })
            }}
            <div class="compose-row">
                <AttachFiles talk=attaching release />
                <textarea
                    dir="auto"
                    rows="2"
                    autocomplete="off"
                    // Some browsers send what they check to a server.
                    spellcheck="false"
                    aria-label=words.write_a_note
                    aria-describedby="readers"
                    placeholder=words.write_a_note
                    title=words.send_keys
                    node_ref=textbox
                    prop:value=move || shown.get()
                    on:input=typed
                    on:paste=paste
                    on:keydown=send_by_key
                ></textarea>
                <button class="button main" type="button" on:click=move |_| send()>{words.send}</button>
            </div>
            <ReleaseChoice release />
        </section>
    }
}

/// What of the note others may carry to another room. Not there while there is none; forgotten with every note sent.
#[component]
fn ReleaseChoice(release: RwSignal<Option<Release>>) -> impl IntoView {
    let words = words();
    let elsewhere = expect_context::<Elsewhere>();
    let choices = [None, Some(Release::Substance), Some(Release::Verbatim)];
    let choose = move |event: web_sys::Event| {
        let chosen = event_target_value(&event).parse::<usize>().ok().and_then(|place| choices.get(place).copied());
        release.set(chosen.flatten());
    };
    let choice = move |(place, choice): (usize, Option<Release>)| {
        view! {
            <option value=place.to_string() prop:selected=move || release.get() == choice>
                {(words.release)(choice)}
            </option>
        }
    };
    move || {
        elsewhere.0.get().then(|| {
            view! {
                <label class="release">
                    <span>{words.others_may_carry_it}</span>
                    " "
                    <select on:change=choose>{choices.into_iter().enumerate().map(choice).collect_view()}</select>
                </label>
            }
        })
    }
}

/// What was copied in another room and is not pasted yet.
#[derive(Clone, PartialEq, Eq)]
struct Pasted {
    from: Arc<str>,
    text: String,
}

/// The sentences of who can read.
#[derive(Clone, PartialEq, Eq)]
pub struct Readers {
    /// All of them.
    pub now: Phrase,
    /// Who of them is gone already, and reads until the keys change.
    pub still: Phrase,
}

/// Who can read what is written in a room.
pub fn readers(view: &TalkView) -> Readers {
    let words = words();
    let talk::view::Readers { parties, seats, shut_out_next } = &view.readers;
    let parties = parties.iter().filter_map(|index| view.parties.get(*index));
    let parties: Vec<Piece> = match view.side_of {
        None => parties.map(|party| Piece::Party { name: party.name.clone(), hue: party.hue }).collect(),
        // Some of a party say nothing of the others.
        Some(_) => view.seats.iter().map(|seat| in_colour(view, seat)).collect(),
    };
    let still = shut_out_next.iter().flat_map(|name| (words.still_reads)(name));
    Readers { now: (words.who_can_read)(parties, *seats), still: still.collect() }
}

fn in_colour(view: &TalkView, seat: &SeatView) -> Piece {
    let hue = view.parties.get(seat.party).map_or(0, |party| party.hue);
    Piece::Party { name: seat.name.clone(), hue }
}

fn too_long(text: &str) -> Option<String> {
    (text.len() > NOTE_BYTES).then(|| (words().note_too_long)(text.len(), NOTE_BYTES))
}
