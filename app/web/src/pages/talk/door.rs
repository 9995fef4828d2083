//! Who waits at the door, for those who admit.

use std::sync::Arc;

use leptos::prelude::*;
use talk::view::KnockView;
use talk::{Command, KnockId};

use crate::components::digits::DoorDigits;
use crate::components::said::Said;
use crate::session::{self, OpenTalk};
use crate::shell::focus;
use crate::talk_id::TalkId;
use crate::words::words;

/// The door. There only while somebody knocks.
#[component]
pub fn Door(talk: OpenTalk) -> impl IntoView {
    let words = words();
    let id = talk.id;
    let knocks = Memo::new(move |_| talk.view.with(|view| view.door.clone()));
    let anybody = Memo::new(move |_| knocks.with(|knocks| !knocks.is_empty()));
    move || {
        anybody.get().then(|| {
            view! {
                <section class="door" aria-labelledby="door-title">
                    <h2 id="door-title">{words.at_the_door}</h2>
                    <ul role="list">
                        <For
                            each=move || knocks.get()
                            key=|knock| knock.id
                            children=move |knock| view! { <Knock talk=id knocks first=knock /> }
                        />
                    </ul>
                </section>
            }
        })
    }
}

/// Returns the names of those who are at the door.
pub fn who_is_there(talk: &OpenTalk) -> Memo<Vec<Arc<str>>> {
    let view = talk.view.clone();
    Memo::new(move |_| {
        view.with(|view| view.door.iter().filter(|knock| knock.here).map(|knock| knock.name.clone()).collect())
    })
}

/// Says who knocks to those who hear the page. Always there, so that screen readers notice the change.
#[component]
pub fn KnocksAloud(talk: OpenTalk) -> impl IntoView {
    let names = who_is_there(&talk);
    view! {
        <p class="unseen" aria-live="polite">
            {move || {
                let sentence = |name| view! { <span><Said phrase=(words().is_at_the_door)(&name) />". "</span> };
                names.get().into_iter().map(sentence).collect_view()
            }}
        </p>
    }
}

/// Brings the keyboard to the door.
pub fn go_to_the_door() {
    focus::first_of(&[".door .main", ".door button"]);
}

#[component]
fn Knock(talk: TalkId, knocks: Memo<Vec<KnockView>>, first: KnockView) -> impl IntoView {
    let knock: KnockId = first.id;
    // A row outlives its knock by the moment it takes to be removed.
    let now = Memo::new(move |_| {
        knocks.with(|knocks| knocks.iter().find(|candidate| candidate.id == knock).unwrap_or(&first).clone())
    });
    move || view! { <Person talk knock=now.get() /> }
}

#[component]
fn Person(talk: TalkId, knock: KnockView) -> impl IntoView {
    let words = words();
    let KnockView { id, name, claimed_party, party, role, digits, admitting, here } = knock;
    let claims_otherwise = claimed_party != party;
    let admit = digits.is_some() && here;
    let decide = move |command: Command| {
        // Refused when the knock went away meanwhile: then it leaves the list too.
        let _ = session::command(talk, command);
        // The pressed button is gone: on to who knocks next, or back to the notes.
        request_animation_frame(|| focus::first_of(&[".door .main", ".door button", ".compose textarea", ".notes"]));
    };
    view! {
        <li>
            <p><Said phrase=(words.who_knocks)(&name, role, &party) /></p>
            {claims_otherwise.then(|| view! { <p class="small"><Said phrase=(words.says_to_be_of)(&claimed_party, &party) /></p> })}
            {match digits {
                _ if !here && !admitting => {
                    view! { <p class="small"><Said phrase=(words.has_left_the_door)(&name) /></p> }.into_any()
                }
                Some(digits) => {
                    view! {
                        <DoorDigits digits />
                        <p class="small"><Said phrase=(words.compare_the_digits)(&name) /></p>
                    }
                        .into_any()
                }
                None => view! { <p class="small">{words.digits_are_being_made}</p> }.into_any(),
            }}
            {if admitting {
                view! { <p><Said phrase=(words.admitting)(&name) /></p> }.into_any()
            } else {
                view! {
                    <div class="buttons">
                        {admit
                            .then(|| {
                                view! {
                                    <button
                                        class="button main"
                                        type="button"
                                        on:click=move |_| decide(Command::Admit(id))
                                    >
                                        <Said phrase=(words.admit)(&name) />
                                    </button>
                                }
                            })}
                        <button class="button" type="button" on:click=move |_| decide(Command::Decline(id))>
                            <Said phrase=(words.decline)(&name) />
                        </button>
                    </div>
                }
                    .into_any()
            }}
        </li>
    }
}
