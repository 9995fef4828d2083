//! The start page: begin a talk, use an invitation, go back to a talk.

use leptos::prelude::*;
use leptos::task::spawn_local;
use record::{Terms, WhoAdmits};
use talk::Invitation;

use crate::components::field::Field;
use crate::components::form::{Complaint, Wrong, trimmed, what_is_wrong};
use crate::components::keeping_choice::{Chosen, KeepingChoice, begin_talk};
use crate::components::radio::Radio;
use crate::components::sheet::Sheet;
use crate::components::talk_link::TalkLink;
use crate::components::terms_choice::TermsChoice;
use crate::components::title::keep_title;
use crate::pages::gate::Leaving;
use crate::screen::Screens;
use crate::session::{self, Gate, Kept};
use crate::shell::{address, storage};
use crate::words::words;

/// How the person got here, if it needs a sentence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice {
    /// The address named a talk that this browser does not have.
    TalkIsGone,
    /// An invitation was opened here that the tab no longer has.
    InvitationIsGone,
    /// What this browser kept was deleted.
    StoreWasDeleted,
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
                        Notice::StoreWasDeleted => words.store_was_deleted,
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
            <Talks />
            <ThisBrowser />
            {(!session::keeps())
                .then(|| {
                    view! {
                        <section class="step">
                            <a class="button" href=address::of_backup()>{words.open_a_backup}</a>
                        </section>
                    }
                })}
            <footer class="small-print">
                <p>{words.what_the_relay_sees}</p>
                <p><a href=address::of_about()>{words.about.about}</a></p>
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
    let chosen = Chosen::preset();
    let (who_admits, terms) = (RwSignal::new(WhoAdmits::Convener), RwSignal::new(Terms::default()));
    let open = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let filled_in =
            [(words.title_of_the_talk, title), (words.your_name, name), (words.your_party, party)].map(trimmed);
        if let Some(complaint) = what_is_wrong(&filled_in) {
            wrong.set(Some(complaint));
            return;
        }
        let [(_, title), (_, name), (_, party)] = filled_in;
        let (who_admits, terms) = (who_admits.get_untracked(), terms.get_untracked());
        begin_talk(chosen, wrong, screens, move || session::open(title, name, party, who_admits, terms));
    };
    view! {
        <form class="form" aria-label=words.start_a_talk on:submit=open>
            <Field id="title" label=words.title_of_the_talk value=title wrong first=true />
            <Field id="name" label=words.your_name value=name wrong />
            <Field id="party" label=words.your_party value=party wrong hint=words.party_hint />
            <fieldset class="choices" role="radiogroup">
                <legend>{words.who_admits}</legend>
                <Radio
                    name="who-admits"
                    id="convener-admits"
                    label=words.the_convener
                    means=words.the_convener_means
                    value=WhoAdmits::Convener
                    chosen=who_admits
                />
                <Radio
                    name="who-admits"
                    id="two-sides-admit"
                    label=words.two_sides
                    means=words.two_sides_means
                    value=WhoAdmits::TwoSides
                    chosen=who_admits
                />
            </fieldset>
            <TermsChoice terms />
            <KeepingChoice chosen wrong />
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
fn Talks() -> impl IntoView {
    let words = words();
    let talks = session::talks();
    move || {
        let talks: Vec<_> = talks.get().into_iter().filter(session::is_plenary).collect();
        (!talks.is_empty()).then(|| {
            view! {
                <section class="step" aria-labelledby="talks-here">
                    <h2 id="talks-here">{words.your_talks}</h2>
                    <ul class="talks" role="list">
                        {talks.into_iter().map(|talk| view! { <TalkLink talk /> }).collect_view()}
                    </ul>
                </section>
            }
        })
    }
}

/// How this browser keeps the talks, and what can be done about it. Empty while nothing is kept.
#[component]
fn ThisBrowser() -> impl IntoView {
    let words = words();
    let gate = session::gate();
    move || {
        let (sentence, lock) = match gate.with(Gate::kept)? {
            Kept::Browser => (words.kept_by_browser, false),
            Kept::Locking(kinds) => ((words.kept_under)(kinds), true),
            Kept::Nothing(_) => return None,
        };
        Some(view! {
            <section class="step spaced" aria-labelledby="this-browser">
                <h2 id="this-browser">{words.this_browser}</h2>
                <p>{sentence}</p>
                {(session::unreadable() > 0)
                    .then(|| view! { <p class="wrong">{(words.unreadable_talks)(session::unreadable())}</p> })}
                <Room />
                <div class="buttons">
                    {lock
                        .then(|| {
                            view! {
                                <button class="button" type="button" on:click=|_| spawn_local(session::lock_up())>
                                    {words.lock}
                                </button>
                            }
                        })}
                    <a class="button" href=address::of_ways()>{words.how_talks_are_kept}</a>
                    <a class="button" href=address::of_backup()>{words.backup_file}</a>
                </div>
                <Leaving />
            </section>
        })
    }
}

/// What the browser says of the room it gives.
#[component]
fn Room() -> impl IntoView {
    let words = words();
    let said = RwSignal::new(None::<String>);
    spawn_local(async move {
        let (promised, room) = (storage::persisted().await, storage::room().await);
        said.try_set(room.map(|room| (words.room_in_this_browser)(room.used, room.allowed, promised)));
    });
    move || said.get().map(|said| view! { <p class="small">{said}</p> })
}
