//! The start page: begin a talk, use an invitation, go back to a talk of this tab.

use leptos::prelude::*;
use talk::Invitation;

use crate::components::field::Field;
use crate::components::form::{Complaint, Wrong, complaint_about, trimmed, what_is_wrong};
use crate::components::sheet::Sheet;
use crate::components::talk_link::TalkLink;
use crate::components::title::keep_title;
use crate::screen::Screens;
use crate::session;
use crate::words::words;

/// How the person got here, if it needs a sentence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice {
    /// The address named a talk that this tab does not have.
    TalkIsGone,
    /// An invitation was opened here that the tab no longer has.
    InvitationIsGone,
}

/// The start page.
#[component]
pub fn Start(notice: Option<Notice>) -> impl IntoView {
    let words = words();
    let filling_in = RwSignal::new(false);
    keep_title(move || words.nonpaper.to_owned());
    view! {
        <Sheet>
            {notice
                .map(|notice| {
                    let sentence = match notice {
                        Notice::TalkIsGone => words.talk_is_gone,
                        Notice::InvitationIsGone => words.invitation_is_gone,
                    };
                    view! { <p class="notice" role="alert">{sentence}</p> }
                })}
            <h1>{words.what_this_is[0]}</h1>
            <p class="lead">{words.what_this_is[1]}</p>
            <section class="step">
                {move || {
                    if filling_in.get() {
                        view! { <OpeningForm /> }.into_any()
                    } else {
                        view! {
                            <button class="button main large" type="button" on:click=move |_| filling_in.set(true)>
                                {words.start_a_talk}
                            </button>
                        }
                            .into_any()
                    }
                }}
            </section>
            <section class="step">
                <PastedInvitation />
            </section>
            <TalksOfThisTab />
            <footer class="small-print">
                <p>{words.only_in_this_tab} " " {words.opener_stays}</p>
                <p>{words.what_the_relay_sees}</p>
            </footer>
        </Sheet>
    }
}

#[component]
fn OpeningForm() -> impl IntoView {
    let words = words();
    let screens = Screens::here();
    let (title, name, party) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let wrong = RwSignal::new(None::<Complaint>);
    let open = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let filled_in =
            [(words.title_of_the_talk, title), (words.your_name, name), (words.your_party, party)].map(trimmed);
        if let Some(complaint) = what_is_wrong(&filled_in) {
            wrong.set(Some(complaint));
            return;
        }
        let [(_, title), (_, name), (_, party)] = filled_in;
        match session::open(title, name, party) {
            Ok(talk) => screens.talk(talk),
            Err(error) => wrong.set(Some(complaint_about(&error))),
        }
    };
    view! {
        <form class="form" aria-label=words.start_a_talk on:submit=open>
            <Field id="title" label=words.title_of_the_talk value=title wrong first=true />
            <Field id="name" label=words.your_name value=name wrong autocomplete="name" />
            <Field id="party" label=words.your_party value=party wrong hint=words.party_hint autocomplete="organization" />
            <Wrong wrong />
            <button class="button main" type="submit">{words.open_the_talk}</button>
        </form>
    }
}

#[component]
fn PastedInvitation() -> impl IntoView {
    let words = words();
    let screens = Screens::here();
    let link = RwSignal::new(String::new());
    let wrong = RwSignal::new(None::<Complaint>);
    let follow = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let complain = |sentence: &str| {
            wrong.set(Some(Complaint { sentence: sentence.to_owned(), field: Some(words.i_have_an_invitation) }));
        };
        let link = link.get_untracked();
        if link.trim().is_empty() {
            complain(words.paste_first);
            return;
        }
        match Invitation::parse(link.trim()) {
            Ok(invitation) => screens.invitation(Ok(invitation)),
            Err(error) => complain((words.bad_invitation)(error)),
        }
    };
    view! {
        <form class="form" aria-label=words.i_have_an_invitation on:submit=follow>
            <Field id="invitation-text" label=words.i_have_an_invitation value=link wrong placeholder=words.paste_it_here />
            <Wrong wrong />
            <button class="button" type="submit">{words.open_the_invitation}</button>
        </form>
    }
}

#[component]
fn TalksOfThisTab() -> impl IntoView {
    let words = words();
    let talks = session::talks();
    move || {
        let talks = talks.get();
        (!talks.is_empty()).then(|| {
            view! {
                <section class="step" aria-labelledby="talks-here">
                    <h2 id="talks-here">{words.talks_in_this_tab}</h2>
                    <ul class="talks" role="list">
                        {talks.into_iter().map(|talk| view! { <TalkLink talk /> }).collect_view()}
                    </ul>
                </section>
            }
        })
    }
}
