//! Notes from before: how they are given to those who have come since, and how they stand among the others.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use record::{BRIEFED, NOTE_BYTES, OpId};
use talk::view::{BriefedView, BriefingView, NoteView, TalkView};
use talk::{Command, Error};

use super::notes::{Body, came};
use crate::components::form::{Complaint, Wrong};
use crate::components::said::{PartyName, Said, hue_class};
use crate::components::tick::Tick;
use crate::session::{self, OpenTalk};
use crate::words::{intl, words};

/// How many notes more are offered at a time.
const OFFERED: usize = 50;
/// How many letters of a note are enough to know it by.
const KNOWN_BY: usize = 140;

/// The button, there while this person may give notes and there are some; and its dialog.
#[component]
pub fn Brief(talk: OpenTalk) -> impl IntoView {
    let briefing = RwSignal::new(false);
    let view = talk.view.clone();
    let may = Memo::new(move |_| view.with(|view| view.notes.iter().any(|note| can_be_given(view, note))));
    view! {
        {move || {
            may.get().then(|| {
                view! {
                    <button class="button" type="button" on:click=move |_| briefing.set(true)>
                        {words().briefing.brief_newcomers}
                    </button>
                }
            })
        }}
        {move || briefing.get().then(|| view! { <BriefDialog talk=talk.clone() briefing /> })}
    }
}

fn can_be_given(view: &TalkView, note: &NoteView) -> bool {
    note.briefing.is_none()
        && note.file.is_none()
        && view.charter.may_brief_since.is_some_and(|since| note.depth > since)
}

#[component]
fn BriefDialog(talk: OpenTalk, briefing: RwSignal<bool>) -> impl IntoView {
    let words = words();
    let dialog = NodeRef::<html::Dialog>::new();
    dialog.on_load(|dialog| {
        // Fails only for a dialog that is open already.
        let _ = dialog.show_modal();
    });
    // As they are now: what is being chosen must not move under the hand.
    let notes: Arc<[Arc<NoteView>]> =
        talk.view.with_untracked(|view| view.notes.iter().filter(|note| can_be_given(view, note)).cloned().collect());
    let offered = RwSignal::new(OFFERED.min(notes.len()));
    let chosen = RwSignal::new(Vec::<OpId>::new());
    let wrong = RwSignal::new(None::<Complaint>);
    let (id, all) = (talk.id, notes.clone());
    let give = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let complain = |sentence: String| wrong.set(Some(Complaint { sentence, field: None }));
        let chosen = chosen.get_untracked();
        if chosen.is_empty() {
            return complain(words.briefing.choose_some.to_owned());
        }
        // As they stand, not as they were ticked.
        let chosen = all.iter().map(|note| note.id).filter(|id| chosen.contains(id)).collect();
        match session::command(id, Command::Brief(chosen)) {
            Ok(()) => briefing.set(false),
            Err(Error::BriefingSize) => complain((words.briefing.too_much)(BRIEFED, NOTE_BYTES / 1024)),
            Err(_) => complain(words.not_done.to_owned()),
        }
    };
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let (count, any_earlier) = (notes.len(), Memo::new(move |_| offered.get()));
    let rows = move || {
        let skipped = notes.len() - offered.get();
        notes.iter().cloned().enumerate().skip(skipped).collect::<Vec<_>>()
    };
    view! {
        <dialog class="dialog" aria-labelledby="brief-title" node_ref=dialog on:close=move |_| briefing.set(false)>
            <h2 id="brief-title">{words.briefing.brief_newcomers}</h2>
            <p class="small">{words.briefing.what_it_does}</p>
            <form class="form" aria-label=words.briefing.brief_newcomers on:submit=give>
                <fieldset class="choices many">
                    <legend>{words.briefing.notes_to_give}</legend>
                    {move || {
                        (any_earlier.get() < count).then(|| {
                            let more = move |_| offered.update(|offered| *offered = (*offered + OFFERED).min(count));
                            view! {
                                <button class="quiet" type="button" on:click=more>{words.briefing.show_earlier}</button>
                            }
                        })
                    }}
                    <For each=rows key=|(place, _)| *place children=move |(place, note)| view! { <Choice place note chosen /> } />
                </fieldset>
                <Wrong wrong />
                <div class="buttons">
                    <button class="button main" type="submit">{words.briefing.give_them}</button>
                    <button class="button" type="button" on:click=close>{words.cancel}</button>
                </div>
            </form>
        </dialog>
    }
}

#[component]
fn Choice(place: usize, note: Arc<NoteView>, chosen: RwSignal<Vec<OpId>>) -> impl IntoView {
    view! {
        <Tick id=format!("brief-{place}") value=note.id chosen>
            <b><bdi>{note.author.clone()}</bdi></b>
            " "
            <time datetime=intl::machine_time(note.written_at)>{intl::day_and_time(note.written_at)}</time>
            <span class="beginning" dir="auto">{beginning(&note.text)}</span>
        </Tick>
    }
}

/// The first letters of a text, on one line.
fn beginning(text: &str) -> String {
    let mut letters = text.split_whitespace().flat_map(|word| word.chars().chain([' ']));
    let mut beginning: String = letters.by_ref().take(KNOWN_BY).collect();
    beginning.truncate(beginning.trim_end().len());
    if letters.next().is_some() {
        beginning.push('…');
    }
    beginning
}

/// A briefing among the notes.
#[component]
pub fn Briefing(by: Arc<str>, briefing: Memo<Option<Arc<BriefingView>>>) -> impl IntoView {
    move || briefing.get().map(|briefing| view! { <Given by=by.clone() briefing /> })
}

#[component]
fn Given(by: Arc<str>, briefing: Arc<BriefingView>) -> impl IntoView {
    let words = &words().briefing;
    if !briefing.allowed {
        return view! { <p class="conveyed">{words.not_allowed}</p> }.into_any();
    }
    let count = briefing.notes.len();
    // Who was there has read them.
    let news = briefing.notes.iter().any(|note| !note.held);
    let says = if news { (words.received_from)(&by) } else { vec![(words.gave)(count).into()] };
    let not_shown = briefing.not_shown;
    view! {
        <p class="conveyed"><Said phrase=says /></p>
        {(count > 0)
            .then(|| {
                view! {
                    <details class="briefed" open=news>
                        <summary>{(words.notes)(count)}</summary>
                        {briefing.notes.iter().cloned().map(|note| view! { <Briefed note /> }).collect_view()}
                    </details>
                }
            })}
        {(not_shown > 0).then(|| view! { <p class="small">{(words.not_shown)(not_shown)}</p> })}
    }
    .into_any()
}

#[component]
fn Briefed(note: BriefedView) -> impl IntoView {
    let words = words();
    let contradicted = note.contradicted.then(|| (words.briefing.contradicted)(&note.author));
    view! {
        <figure class=hue_class(note.hue)>
            <figcaption>
                <b><bdi>{note.author}</bdi></b>
                " "
                <PartyName name=note.party hue=note.hue />
                " "
                <span>{(words.role)(note.role)}</span>
                " "
                <time datetime=intl::machine_time(note.written_at)>{intl::day_and_time(note.written_at)}</time>
            </figcaption>
            {came(note.conveyed.as_ref())}
            <Body text=note.text />
            {contradicted.map(|phrase| view! { <p class="wrong"><Said phrase /></p> })}
        </figure>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_known_by_its_first_letters() {
        assert_eq!(beginning("one\n\n two "), "one two");
        let long = beginning(&"گام ".repeat(100));
        assert_eq!((long.chars().count(), long.ends_with("گام…")), (KNOWN_BY, true));
    }
}
