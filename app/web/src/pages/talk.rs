//! A talk: rooms, notes and seats side by side, or one above the other on a phone.

mod briefing;
mod charter;
mod composer;
mod convey;
mod door;
mod ended;
mod files;
mod gone;
mod invite;
mod notes;
mod removal;
mod rooms;
mod seats;
mod side_room;
mod warnings;

use leptos::prelude::*;
use record::Copies;
use talk::view::{Invites, Phase, TalkView};

use self::charter::CharterNotices;
use self::composer::Composer;
use self::convey::{ConveyDialog, Conveying, Elsewhere};
use self::door::{Door, KnocksAloud};
use self::ended::{Deleted, Ended};
use self::files::{AtTheTable, DropHere, Files};
use self::invite::InviteDialog;
use self::notes::Notes;
use self::rooms::Rooms;
use self::seats::Seats;
use self::side_room::SideRoomDialog;
use self::warnings::Warnings;
use super::waiting::{Called, Turned, Waiting};
use crate::components::said::Said;
use crate::components::status::ConnectionWords;
use crate::components::title::{focused_heading, keep_title};
use crate::session::{self, End, OpenTalk, Unread};
use crate::shell::selected::selected;
use crate::words::{intl, words};

/// A talk, from the knock on.
#[component]
pub fn TalkScreen(talk: OpenTalk) -> impl IntoView {
    let (view, end) = (talk.view.clone(), talk.end.clone());
    let phase = Memo::new(move |_| match end.get() {
        End::Deleted => Stage::Deleted { by_hand: false },
        End::DeletedByHand => Stage::Deleted { by_hand: true },
        End::NotYet | End::HeardOf(_) => view.with(Stage::of),
    });
    move || match phase.get() {
        Stage::Deleted { by_hand } => view! { <Deleted by_hand /> }.into_any(),
        Stage::Called => view! { <Called talk=talk.clone() /> }.into_any(),
        Stage::Waiting { name, party } => view! { <Waiting talk=talk.clone() name party /> }.into_any(),
        Stage::TurnedAway(reason) => view! { <Turned talk=talk.id reason /> }.into_any(),
        Stage::Seated => view! { <Table talk=talk.clone() /> }.into_any(),
    }
}

/// The part of the phase that decides which screen stands: what changes within a screen is left out.
#[derive(Clone, PartialEq, Eq)]
enum Stage {
    Deleted { by_hand: bool },
    Called,
    Waiting { name: std::sync::Arc<str>, party: std::sync::Arc<str> },
    TurnedAway(talk::view::TurnedAway),
    Seated,
}

impl Stage {
    fn of(view: &TalkView) -> Self {
        match &view.phase {
            Phase::AtTheDoor { .. } if view.side_of.is_some() => Self::Called,
            Phase::AtTheDoor { name, party, .. } => Self::Waiting { name: name.clone(), party: party.clone() },
            Phase::TurnedAway(reason) => Self::TurnedAway(*reason),
            Phase::Seated => Self::Seated,
        }
    }
}

/// For whom the dialog that makes links is open, and how to open it.
#[derive(Clone, Copy)]
struct Inviting(RwSignal<Option<Whom>>);

/// Who is to be invited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whom {
    /// Somebody else.
    Another,
    /// This person, on another device.
    Oneself,
}

/// Asks the notes to be shown from the first unread one, or else from the end.
#[derive(Clone, Copy)]
struct JumpToNew(Trigger);

#[component]
fn Table(talk: OpenTalk) -> impl IntoView {
    let words = words();
    provide_context(talk.clone());
    let inviting = Inviting(RwSignal::new(None));
    provide_context(inviting);
    let opening = RwSignal::new(false);
    let conveying = Conveying(RwSignal::new(None));
    provide_context(conveying);
    let from = talk.clone();
    let talks = session::talks();
    provide_context(Elsewhere(Memo::new(move |_| {
        talks.track();
        session::rooms_of(&from).iter().for_each(|room| room.view.track());
        !session::rooms_to_write_in(&from).is_empty()
    })));
    let view = talk.view.clone();
    provide_context(AtTheTable(Memo::new(move |_| view.with(|view| view.seats.len()))));
    let elsewhere = unread_elsewhere(&talk);
    let jump = JumpToNew(Trigger::new());
    provide_context(jump);
    // Not the title of the talk: browsers write what stands there to the disk.
    keep_title(move || words.nonpaper.to_owned());
    let view = talk.view.clone();
    let title = Memo::new(move |_| view.with(|view| view.title.clone()));
    let heading = focused_heading();
    let id = talk.id;
    let remember = move || session::copied(id, &selected());
    let side_of = talk.view.with_untracked(|view| view.side_of).and_then(session::plenary);
    let side_of = side_of.map(|plenary| plenary.view.with_untracked(|view| view.title.clone()));
    let view = talk.view.clone();
    let may_invite = Memo::new(move |_| view.with(|view| view.rights.invite != Invites::None));
    let ended = talk.clone();
    let off_the_record = Memo::new(move |_| Ended::copies(&ended) == Copies::OffTheRecord);
    let ended = talk.clone();
    let hidden = Memo::new(move |_| Ended::of(&ended).is_some_and(|ended| ended.hides_notes()));
    view! {
        <div class="table" class:off-the-record=move || off_the_record.get() on:copy=move |_| remember() on:cut=move |_| remember()>
            <header class="top">
                <a class="mark" href="#/">{words.nonpaper}</a>
                <h1 dir="auto" tabindex="-1" node_ref=heading>{move || title.get()}</h1>
                {side_of.map(|title| view! { <p class="side-of"><Said phrase=(words.side_room_of)(&title) /></p> })}
                <p class="status" role="status"><ConnectionWords talk=talk.clone() /></p>
                <div class="top-buttons">
                    <button class="button narrow-only" type="button" popovertarget="rooms">
                        {words.rooms}
                        {move || {
                            let count = elsewhere.get();
                            (count > 0)
                                .then(|| {
                                    view! {
                                        " "
                                        <span class="count" aria-hidden="true">{intl::number(count)}</span>
                                        <span class="unseen">{(words.unread_notes)(count)}</span>
                                    }
                                })
                        }}
                    </button>
                    <button class="button narrow-only" type="button" popovertarget="files">{words.files.files}</button>
                    <button class="button narrow-only" type="button" popovertarget="seats">{words.seats}</button>
                    {move || {
                        may_invite
                            .get()
                            .then(|| {
                                view! {
                                    <button class="button" type="button" on:click=move |_| inviting.0.set(Some(Whom::Another))>
                                        {words.invite}
                                    </button>
                                }
                            })
                    }}
                </div>
                <KnocksAloud talk=talk.clone() />
            </header>
            <Warnings talk=talk.clone() />
            <div class="left">
                <Rooms talk=talk.clone() opening />
                <Files talk=talk.clone() />
            </div>
            <div class="asks">
                <Door talk=talk.clone() />
                <CharterNotices talk=talk.clone() />
            </div>
            <main class="room">
                {
                    let talk = talk.clone();
                    move || (!hidden.get()).then(|| view! { <Notes talk=talk.clone() /> })
                }
                <Composer talk=talk.clone() />
            </main>
            <Seats talk=talk.clone() />
            {
                let talk = talk.clone();
                move || inviting.0.get().map(|_| view! { <InviteDialog talk=talk.clone() /> })
            }
            {
                let talk = talk.clone();
                move || conveying.0.get().filter(|_| !hidden.get()).map(|note| view! { <ConveyDialog talk=talk.clone() note /> })
            }
            <DropHere talk=talk.clone() />
            {move || opening.get().then(|| view! { <SideRoomDialog talk=talk.clone() opening /> })}
        </div>
    }
}

/// How many notes in other rooms of the talk were not read.
fn unread_elsewhere(talk: &OpenTalk) -> Memo<usize> {
    let (talk, talks) = (talk.clone(), session::talks());
    Memo::new(move |_| {
        talks.track();
        let others = session::rooms_of(&talk).into_iter().filter(|room| room.id != talk.id);
        others.map(|room| room.unread.with(Unread::count)).sum()
    })
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
