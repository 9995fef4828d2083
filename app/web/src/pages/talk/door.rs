//! Who waits at the door, for those who admit.

use std::sync::Arc;

use leptos::prelude::*;
use record::Role;
use talk::view::{KnockView, ProposalView, Stage};
use talk::{Command, KnockId};

use crate::components::digits::DoorDigits;
use crate::components::said::Said;
use crate::session::{self, OpenTalk};
use crate::shell::focus;
use crate::talk_id::TalkId;
use crate::words::words;

/// The door. There only while somebody knocks, or another party would let somebody in.
#[component]
pub fn Door(talk: OpenTalk) -> impl IntoView {
    let words = words();
    let id = talk.id;
    let view = talk.view.clone();
    let knocks = Memo::new(move |_| view.with(|view| view.door.clone()));
    let proposals = Memo::new(move |_| talk.view.with(|view| view.proposals.clone()));
    let anybody = Memo::new(move |_| knocks.with(|knocks| !knocks.is_empty()) || proposals.with(|p| !p.is_empty()));
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
                        <For
                            each=move || proposals.get()
                            key=|proposal| proposal.id
                            children=move |proposal| view! { <Proposed talk=id proposal /> }
                        />
                    </ul>
                </section>
            }
        })
    }
}

/// Returns the names of those at the door about whom this person has to decide.
pub fn who_is_there(talk: &OpenTalk) -> Memo<Vec<Arc<str>>> {
    let view = talk.view.clone();
    Memo::new(move |_| {
        view.with(|view| {
            let knocking = view.door.iter().filter(|knock| knock.here && knock.stage == Stage::Waits);
            let proposed = view.proposals.iter().map(|proposal| proposal.name.clone());
            knocking.map(|knock| knock.name.clone()).chain(proposed).collect()
        })
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
    let KnockView { id, name, name_is_taken, claimed_party, party, founds, shares_link, role, digits, stage, here } =
        knock;
    let waits = stage == Stage::Waits;
    let claims_otherwise = claimed_party != party;
    let admit = digits.is_some() && here && waits;
    let decided = stage == Stage::Admitting;
    view! {
        <li>
            <p><Said phrase=(words.who_knocks)(&name, role, &party) /></p>
            {(shares_link && waits).then(|| view! { <p class="wrong">{words.link_is_shared}</p> })}
            {(founds && role == Role::Head && waits).then(|| view! { <p class="small"><Said phrase=(words.founds_a_party)(&party) /></p> })}
            {(name_is_taken && !decided).then(|| view! { <p class="small"><Said phrase=(words.name_is_taken)(&name) /></p> })}
            {claims_otherwise.then(|| view! { <p class="small"><Said phrase=(words.says_to_be_of)(&claimed_party, &party) /></p> })}
            {match digits {
                _ if !here && waits => {
                    view! { <p class="small"><Said phrase=(words.has_left_the_door)(&name) /></p> }.into_any()
                }
                _ if !waits => ().into_any(),
                Some(digits) => {
                    view! {
                        <DoorDigits digits />
                        <p class="small"><Said phrase=(words.compare_the_digits)(&name) /></p>
                    }
                        .into_any()
                }
                None => view! { <p class="small">{words.digits_are_being_made}</p> }.into_any(),
            }}
            {match &stage {
                Stage::Waits => None,
                Stage::NeedsSecondKey(from) => Some((words.needs_second_key)(&name, from)),
                Stage::Admitting => Some((words.admitting)(&name)),
            }
                .map(|phrase| view! { <p role="status"><Said phrase /></p> })}
            {(!decided).then(|| {
                view! {
                    <div class="buttons">
                        {admit
                            .then(|| {
                                view! {
                                    <button
                                        class="button main"
                                        type="button"
                                        on:click=move |_| decide(talk, Command::Admit(id))
                                    >
                                        <Said phrase=(words.admit)(&name) />
                                    </button>
                                }
                            })}
                        <button class="button" type="button" on:click=move |_| decide(talk, Command::Decline(id))>
                            <Said phrase=(words.decline)(&name) />
                        </button>
                    </div>
                }
            })}
        </li>
    }
}

/// Somebody whom another party would let in.
#[component]
fn Proposed(talk: TalkId, proposal: ProposalView) -> impl IntoView {
    let words = words();
    let ProposalView { id, name, name_is_taken, party, founds, role, by, digits_compared } = proposal;
    let agree = move |_| decide(talk, Command::Agree(id));
    view! {
        <li>
            <p><Said phrase=(words.who_is_proposed)(&name, role, &party) /></p>
            {(founds && role == Role::Head).then(|| view! { <p class="small"><Said phrase=(words.founds_a_party)(&party) /></p> })}
            {name_is_taken.then(|| view! { <p class="small"><Said phrase=(words.name_is_taken)(&name) /></p> })}
            <p class="small"><Said phrase=(words.who_proposes)(&by, &name, digits_compared) /></p>
            <div class="buttons">
                <button class="button main" type="button" on:click=agree>
                    <Said phrase=(words.agree_to)(&name) />
                </button>
            </div>
        </li>
    }
}

fn decide(talk: TalkId, command: Command) {
    // Refused when the matter went away meanwhile: then it leaves the list too.
    let _ = session::command(talk, command);
    // The pressed button is gone: on to who is next, or back to the notes.
    request_animation_frame(|| focus::first_of(&[".door .main", ".door button", ".compose textarea", ".notes"]));
}
