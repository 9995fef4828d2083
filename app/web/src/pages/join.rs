//! What the receiver of an invitation fills in before knocking.

use leptos::prelude::*;
use talk::Invitation;
use talk::invitation::InvitationError;

use crate::components::field::Field;
use crate::components::form::{Complaint, Wrong, trimmed, what_is_wrong};
use crate::components::keeping_choice::{Chosen, KeepingChoice, begin_talk};
use crate::components::sheet::Sheet;
use crate::components::title::keep_title;
use crate::screen::Screens;
use crate::session;
use crate::words::words;

/// The form before the door.
#[component]
pub fn Join(invitation: Invitation) -> impl IntoView {
    let words = words();
    let screens = Screens::here();
    let (name, party) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let wrong = RwSignal::new(None::<Complaint>);
    let chosen = Chosen::preset();
    keep_title(move || words.nonpaper.to_owned());
    let knock = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let filled_in = [(words.your_name, name), (words.your_party, party)].map(trimmed);
        if let Some(complaint) = what_is_wrong(&filled_in) {
            wrong.set(Some(complaint));
            return;
        }
        let ([(_, name), (_, party)], invitation) = (filled_in, invitation.clone());
        begin_talk(chosen, wrong, screens, move || session::ask(invitation, name, party));
    };
    view! {
        <Sheet>
            <h1>{words.you_are_invited}</h1>
            <p class="lead">{words.how_joining_goes}</p>
            <form class="form step" aria-label=words.you_are_invited on:submit=knock>
                <Field id="name" label=words.your_name value=name wrong first=true />
                <Field
                    id="party"
                    label=words.your_party
                    value=party
                    wrong
                    hint=words.party_hint
                />
                <KeepingChoice chosen wrong />
                <Wrong wrong />
                <button class="button main" type="submit">{words.ask_to_join}</button>
            </form>
            <footer class="small-print">
                <p>{words.earlier_notes_will_not_be_shown}</p>
            </footer>
        </Sheet>
    }
}

/// What was opened is no invitation.
#[component]
pub fn BadInvitation(error: InvitationError) -> impl IntoView {
    let words = words();
    let screens = Screens::here();
    keep_title(move || words.nonpaper.to_owned());
    view! {
        <Sheet>
            <p class="lead" role="alert">{(words.bad_invitation)(error)}</p>
            <button class="button main" type="button" on:click=move |_| screens.start()>
                {words.back_to_start}
            </button>
        </Sheet>
    }
}
