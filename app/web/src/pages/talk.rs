//! A talk: rooms, notes and seats side by side, or one above the other on a phone.

mod composer;
mod door;
mod gone;
mod invite;
mod notes;
mod removal;
mod seats;
mod warnings;

use leptos::html;
use leptos::prelude::*;
use talk::view::{Invites, Phase};

use self::composer::Composer;
use self::door::{Door, KnocksAloud};
use self::invite::InviteDialog;
use self::notes::Notes;
use self::seats::Seats;
use self::warnings::Warnings;
use super::waiting::{Turned, Waiting};
use crate::components::said::Dot;
use crate::components::status::ConnectionWords;
use crate::components::talk_link::TalkLink;
use crate::components::title::{focused_heading, keep_title};
use crate::session::{self, OpenTalk};
use crate::shell::address;
use crate::words::{intl, words};

/// A talk, from the knock on.
#[component]
pub fn TalkScreen(talk: OpenTalk) -> impl IntoView {
    let view = talk.view.clone();
    let phase = Memo::new(move |_| view.with(|view| Stage::of(&view.phase)));
    move || match phase.get() {
        Stage::Waiting { name, party } => view! { <Waiting talk=talk.clone() name party /> }.into_any(),
        Stage::TurnedAway(reason) => view! { <Turned talk=talk.id reason /> }.into_any(),
        Stage::Seated => view! { <Table talk=talk.clone() /> }.into_any(),
    }
}

/// The part of the phase that decides which screen stands: what changes within a screen is left out.
#[derive(Clone, PartialEq, Eq)]
enum Stage {
    Waiting { name: std::sync::Arc<str>, party: std::sync::Arc<str> },
    TurnedAway(talk::view::TurnedAway),
    Seated,
}

impl Stage {
    fn of(phase: &Phase) -> Self {
        match phase {
            Phase::AtTheDoor { name, party, .. } => Self::Waiting { name: name.clone(), party: party.clone() },
            Phase::TurnedAway(reason) => Self::TurnedAway(*reason),
            Phase::Seated => Self::Seated,
        }
    }
}

/// Whether the dialog that makes links is open, and how to open it.
#[derive(Clone, Copy)]
struct Inviting(RwSignal<bool>);

/// Asks the notes to be shown from the first unread one, or else from the end.
#[derive(Clone, Copy)]
struct JumpToNew(Trigger);

#[component]
fn Table(talk: OpenTalk) -> impl IntoView {
    let words = words();
    provide_context(talk.clone());
    let inviting = Inviting(RwSignal::new(false));
    provide_context(inviting);
    let jump = JumpToNew(Trigger::new());
    provide_context(jump);
    // Not the title of the talk: browsers write what stands there to the disk.
    keep_title(move || words.nonpaper.to_owned());
    let view = talk.view.clone();
    let title = Memo::new(move |_| view.with(|view| view.title.clone()));
    let heading = focused_heading();
    let view = talk.view.clone();
    let may_invite = Memo::new(move |_| view.with(|view| view.rights.invite != Invites::None));
    view! {
        <div class="table">
            <header class="top">
                <a class="mark" href="#/">{words.nonpaper}</a>
                <h1 dir="auto" tabindex="-1" node_ref=heading>{move || title.get()}</h1>
                <p class="status" role="status"><ConnectionWords talk=talk.clone() /></p>
                <div class="top-buttons">
                    <button class="button narrow-only" type="button" popovertarget="rooms">{words.rooms}</button>
                    <button class="button narrow-only" type="button" popovertarget="seats">{words.seats}</button>
                    {move || {
                        may_invite
                            .get()
                            .then(|| {
                                view! {
                                    <button class="button" type="button" on:click=move |_| inviting.0.set(true)>
                                        {words.invite}
                                    </button>
                                }
                            })
                    }}
                </div>
                <KnocksAloud talk=talk.clone() />
            </header>
            <Warnings talk=talk.clone() />
            <Rooms talk=talk.clone() />
            <Door talk=talk.clone() />
            <main class="room">
                <Notes talk=talk.clone() />
                <Composer talk=talk.clone() />
            </main>
            <Seats talk=talk.clone() />
            {move || {
                let talk = talk.clone();
                inviting.0.get().then(|| view! { <InviteDialog talk /> })
            }}
        </div>
    }
}

/// The rooms of this talk, and the way to other talks of this tab.
#[component]
fn Rooms(talk: OpenTalk) -> impl IntoView {
    let words = words();
    let id = talk.id;
    let jump = expect_context::<JumpToNew>();
    let sheet = NodeRef::<html::Div>::new();
    let hide = move || {
        if let Some(sheet) = sheet.get_untracked() {
            // Refused where the column is not shown as a sheet.
            let _ = sheet.hide_popover();
        }
    };
    let parties = Memo::new(move |_| talk.view.with(|view| view.parties.clone()));
    let unread = talk.unread.clone();
    let unread = Memo::new(move |_| unread.with(|unread| unread.count()));
    let talks = session::talks();
    let others = move || talks.get().into_iter().filter(|talk| talk.id != id).collect::<Vec<_>>();
    view! {
        <div class="side rooms" id="rooms" popover="auto" node_ref=sheet>
            <CloseSheet sheet="rooms" />
            <nav aria-labelledby="rooms-title">
                <h2 id="rooms-title">{words.rooms}</h2>
                <ul role="list">
                    <li>
                        <a
                            href=address::of_talk(id)
                            aria-current="page"
                            on:click=move |_| {
                                hide();
                                jump.0.notify();
                            }
                        >
                            <span class="dots">
                                {move || {
                                    parties.get().into_iter().map(|party| view! { <Dot hue=party.hue /> }).collect_view()
                                }}
                            </span>
                            <span>{words.plenary}</span>
                            {move || {
                                let count = unread.get();
                                (count > 0)
                                    .then(|| {
                                        view! {
                                            <span class="count" aria-hidden="true">{intl::number(count)}</span>
                                            <span class="unseen">{(words.unread_notes)(count)}</span>
                                        }
                                    })
                            }}
                        </a>
                    </li>
                </ul>
            </nav>
            <nav aria-label=words.other_talks>
                {move || {
                    let others = others();
                    (!others.is_empty())
                        .then(|| {
                            view! {
                                <h2>{words.other_talks}</h2>
                                <ul role="list">
                                    {others.into_iter().map(|talk| view! { <TalkLink talk /> }).collect_view()}
                                </ul>
                            }
                        })
                }}
                <p class="to-start"><a href="#/">{words.start_page}</a></p>
            </nav>
        </div>
    }
}

/// Closes a sheet, for those who do not know that a tap beside it does.
#[component]
fn CloseSheet(sheet: &'static str) -> impl IntoView {
    view! {
        <button class="button close-sheet narrow-only" type="button" popovertarget=sheet popovertargetaction="hide">
            {words().close}
        </button>
    }
}
