//! The charter: what it says, who has still to sign, how it is changed, and how the talk ends.

use leptos::html;
use leptos::prelude::*;
use record::{Copies, OpId};
use talk::view::{AmendmentView, CharterView, EndView, TalkView};
use talk::{CharterStep, Command};

use crate::components::said::Said;
use crate::components::terms_choice::TermsChoice;
use crate::session::{self, OpenTalk};
use crate::talk_id::TalkId;
use crate::words::{Phrase, words};

fn charter_of(talk: &OpenTalk) -> Memo<CharterView> {
    let view = talk.view.clone();
    Memo::new(move |_| view.with(|view| view.charter.clone()))
}

/// What the charter says, beside who admits; and what this person may do about it.
#[component]
pub fn Charter(talk: OpenTalk) -> impl IntoView {
    let words = words();
    let charter = charter_of(&talk);
    let who_admits = Memo::new(move |_| talk.view.with(TalkView::who_admits_now));
    let (changing, ending) = (RwSignal::new(false), RwSignal::new(false));
    let may_amend = Memo::new(move |_| charter.with(|charter| charter.may_amend));
    let may_end = Memo::new(move |_| charter.with(|charter| charter.end.may_say));
    view! {
        <details class="rules">
            <summary>{words.charter.charter}</summary>
            <p>{move || (words.who_admits_here)(who_admits.get())}</p>
            {move || {
                let sentences = (words.charter.in_force)(charter.with(|charter| charter.terms));
                sentences.map(|sentence| view! { <p>{sentence}</p> }).collect_view()
            }}
            <p class="small">{words.charter.pages_keep_to_it}</p>
            <div class="buttons">
                {move || may_amend.get().then(|| quiet(words.charter.change_the_charter, changing))}
                {move || may_end.get().then(|| quiet(words.charter.end_this_talk, ending))}
            </div>
        </details>
        {move || changing.get().then(|| view! { <Changing talk=talk.id charter changing /> })}
        {move || ending.get().then(|| view! { <Ending talk=talk.id charter ending /> })}
    }
}

fn quiet(label: &'static str, opens: RwSignal<bool>) -> impl IntoView {
    view! {
        <button class="quiet" type="button" on:click=move |_| opens.set(true)>
            {label}
        </button>
    }
}

/// What the charter asks of this person, or waits for. There only while it does.
#[component]
pub fn CharterNotices(talk: OpenTalk) -> impl IntoView {
    let words = &words().charter;
    let (charter, id) = (charter_of(&talk), talk.id);
    let side = talk.view.with_untracked(|view| view.side_of.is_some());
    let notices = Memo::new(move |_| if side { Vec::new() } else { charter.with(notices) });
    let anything = Memo::new(move |_| notices.with(|notices| !notices.is_empty()));
    move || {
        anything.get().then(|| {
            view! {
                <section class="door" aria-labelledby="charter-title">
                    <h2 id="charter-title">{words.charter}</h2>
                    <ul role="list">
                        {move || notices.get().into_iter().map(|notice| view! { <Notice talk=id notice /> }).collect_view()}
                    </ul>
                </section>
            }
        })
    }
}

/// Something about the charter that is to be known, and what can be done.
#[derive(Clone, PartialEq, Eq)]
struct NoticeView {
    says: Phrase,
    more: Option<Phrase>,
    may: Option<(&'static str, CharterStep)>,
}

fn notices(charter: &CharterView) -> Vec<NoticeView> {
    let words = &words().charter;
    let unsigned = charter.sign.map(|terms| NoticeView {
        says: vec![words.not_signed.into()],
        more: Some(vec![(words.in_force)(charter.terms).join(" ").into()]),
        may: Some((words.sign_the_charter, CharterStep::Sign(terms))),
    });
    let proposed = charter.amendments.iter().map(proposed);
    let EndView { by, ended, .. } = &charter.end;
    let wished =
        (!by.is_empty() && !ended).then(|| NoticeView { says: (words.want_it_to_end)(by), more: None, may: None });
    unsigned.into_iter().chain(proposed).chain(wished).collect()
}

fn proposed(amendment: &AmendmentView) -> NoticeView {
    let words = &words().charter;
    let sign = |terms: OpId| (words.sign_the_change, CharterStep::Sign(terms));
    NoticeView {
        says: match amendment.you {
            true => vec![(words.you_propose)(amendment.terms).into()],
            false => (words.proposes)(&amendment.by, amendment.terms),
        },
        more: Some((words.awaited)(&amendment.awaited)),
        may: amendment.may_sign.then(|| sign(amendment.id)),
    }
}

#[component]
fn Notice(talk: TalkId, notice: NoticeView) -> impl IntoView {
    let failed = RwSignal::new(false);
    let NoticeView { says, more, may } = notice;
    view! {
        <li>
            <p><Said phrase=says /></p>
            {more.map(|more| view! { <p class="small"><Said phrase=more /></p> })}
            {may
                .map(|(label, step)| {
                    let go = move |_| failed.set(session::command(talk, Command::Charter(step)).is_err());
                    view! {
                        <div class="buttons">
                            <button class="button main" type="button" on:click=go>{label}</button>
                        </div>
                    }
                })}
            {move || failed.get().then(|| view! { <p class="wrong" role="alert">{words().not_done}</p> })}
        </li>
    }
}

#[component]
fn Changing(talk: TalkId, charter: Memo<CharterView>, changing: RwSignal<bool>) -> impl IntoView {
    let words = words();
    let terms = RwSignal::new(charter.with_untracked(|charter| charter.terms));
    let wrong = RwSignal::new(None::<&'static str>);
    let propose = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let terms = terms.get_untracked();
        if charter.with_untracked(|charter| charter.terms == terms) {
            wrong.set(Some(words.charter.as_it_is));
        } else if session::command(talk, Command::Charter(CharterStep::Amend(terms))).is_err() {
            wrong.set(Some(words.not_done));
        } else {
            changing.set(false);
        }
    };
    let dialog = opened_dialog();
    view! {
        <dialog class="dialog" aria-labelledby="changing-title" node_ref=dialog on:close=move |_| changing.set(false)>
            <h2 id="changing-title">{words.charter.change_the_charter}</h2>
            <p>{words.charter.what_changing_takes}</p>
            <form class="form" aria-label=words.charter.change_the_charter on:submit=propose>
                <TermsChoice terms />
                {move || wrong.get().map(|sentence| view! { <p class="wrong" role="alert">{sentence}</p> })}
                <div class="buttons">
                    <button class="button main" type="submit">{words.charter.propose_it}</button>
                    <Cancel dialog />
                </div>
            </form>
        </dialog>
    }
}

#[component]
fn Ending(talk: TalkId, charter: Memo<CharterView>, ending: RwSignal<bool>) -> impl IntoView {
    let words = words();
    let failed = RwSignal::new(false);
    let decides = Memo::new(move |_| charter.with(|charter| charter.end.yours_would_do));
    let go = move |_| {
        let done = session::command(talk, Command::Charter(CharterStep::End));
        failed.set(done.is_err());
        ending.set(done.is_err());
    };
    let dialog = opened_dialog();
    let off_the_record = Memo::new(move |_| charter.with(|charter| charter.terms.copies == Copies::OffTheRecord));
    let means = move || if decides.get() { words.charter.ending } else { words.charter.asking_to_end };
    view! {
        <dialog class="dialog" aria-labelledby="ending-title" node_ref=dialog on:close=move |_| ending.set(false)>
            <h2 id="ending-title">{words.charter.end_question}</h2>
            {move || means().into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
            {move || off_the_record.get().then(|| view! { <p>{words.charter.ending_off_the_record}</p> })}
            {move || failed.get().then(|| view! { <p class="wrong" role="alert">{words.not_done}</p> })}
            <div class="buttons">
                <button class="button main" type="button" on:click=go>{move || if decides.get() { words.charter.end_it } else { words.charter.ask_to_end_it }}</button>
                <Cancel dialog />
            </div>
        </dialog>
    }
}

fn opened_dialog() -> NodeRef<html::Dialog> {
    let dialog = NodeRef::<html::Dialog>::new();
    dialog.on_load(|dialog| {
        // Fails only for a dialog that is open already.
        let _ = dialog.show_modal();
    });
    dialog
}

#[component]
fn Cancel(dialog: NodeRef<html::Dialog>) -> impl IntoView {
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    view! { <button class="button" type="button" on:click=close>{words().cancel}</button> }
}
