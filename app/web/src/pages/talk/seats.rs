//! Who sits at the table, and the numbers to compare.

use gloo::timers::callback::Interval;
use leptos::prelude::*;
use record::{AuthorKey, Authority, Role};
use talk::view::{Confirmed, Invites, PartyView, SeatView, TalkView, WishView};
use talk::{Command, Millis};

use super::briefing::Brief;
use super::charter::Charter;
use super::removal::{RemovalDialog, Removing};
use super::{CloseSheet, Inviting, Whom};
use crate::components::digits::Number;
use crate::components::said::{Dot, Said, hue_class};
use crate::session::{self, OpenTalk};
use crate::shell::clock;
use crate::words::{intl, words};

/// Milliseconds between two looks at how long ago a seat was heard.
const LOOK_EVERY: u32 = 20_000;
/// A seat heard within this many milliseconds was heard just now.
const JUST_NOW: Millis = 60_000;

/// The seats, party by party.
#[component]
pub fn Seats(talk: OpenTalk) -> impl IntoView {
    let words = words();
    let id = talk.id;
    let side = talk.view.with_untracked(|view| view.side_of.is_some());
    provide_context(Removing(RwSignal::new(None)));
    let view = talk.view.clone();
    let seats = Memo::new(move |_| view.with(|view| view.seats.clone()));
    let view = talk.view.clone();
    let sits = |view: &talk::view::TalkView, index: usize| view.seats.iter().any(|seat| seat.party == index);
    let parties = Memo::new(move |_| {
        view.with(|view| {
            let parties = view.parties.iter().cloned().enumerate();
            parties.filter(|(index, _)| sits(view, *index)).collect::<Vec<_>>()
        })
    });
    let now = RwSignal::new(clock::now());
    // Kept for as long as this screen stands.
    StoredValue::new_local(Interval::new(LOOK_EVERY, move || {
        now.try_set(clock::now());
    }));
    view! {
        <aside class="side seats" id="seats" popover="auto">
            <CloseSheet sheet="seats" />
            <section aria-labelledby="seats-title">
                <h2 id="seats-title">{words.seats}</h2>
                <For
                    each=move || parties.get()
                    key=|(index, _)| *index
                    children=move |(index, party)| view! { <Party index party seats now /> }
                />
                <RoomNumber talk=talk.clone() />
                {(!side).then(|| view! { <Brief talk=talk.clone() /> <Charter talk=talk.clone() /> })}
                {(!side).then(|| view! { <WhoMayDoWhat talk /> })}
            </section>
            <RemovalDialog talk=id seats />
        </aside>
    }
}

#[component]
fn Party(index: usize, party: PartyView, seats: Memo<Vec<SeatView>>, now: RwSignal<Millis>) -> impl IntoView {
    let name = party.name.clone();
    let theirs =
        move || seats.with(|seats| seats.iter().filter(|seat| seat.party == index).cloned().collect::<Vec<_>>());
    view! {
        <p class=format!("party-title {}", hue_class(party.hue))>
            <Dot hue=party.hue />
            <bdi>{party.name}</bdi>
        </p>
        <ul role="list">
            <For
                each=theirs
                key=|seat| seat.key
                children=move |seat| view! { <Seat first=seat party=name.clone() seats now /> }
            />
        </ul>
    }
}

/// One seat. Its row stays while the seat does: what is unfolded in it stays unfolded.
#[component]
fn Seat(
    first: SeatView,
    party: std::sync::Arc<str>,
    seats: Memo<Vec<SeatView>>,
    now: RwSignal<Millis>,
) -> impl IntoView {
    let words = words();
    let (key, you, name) = (first.key, first.you, first.name.clone());
    // All but this is fixed with the seat.
    let (confirmed, heard) = (first.confirmed.clone(), first.heard);
    let seat = move |seats: &[SeatView]| seats.iter().find(|seat| seat.key == key).cloned();
    let confirmed = Memo::new(move |_| seats.with(|s| seat(s)).map_or(confirmed.clone(), |seat| seat.confirmed));
    let heard = Memo::new(move |_| seats.with(|s| seat(s)).map_or(heard, |seat| seat.heard));
    let wishes = Memo::new(move |_| seats.with(|s| seat(s)).map(|seat| seat.wished_away_by).unwrap_or_default());
    let may_remove = Memo::new(move |_| {
        let asked = wishes.with(|wishes| wishes.iter().any(|by| by.you));
        !asked && seats.with(|s| seat(s)).is_some_and(|seat| seat.may_remove != Authority::None)
    });
    let sure = move || match confirmed.get() {
        Confirmed::You | Confirmed::ByYou | Confirmed::By(_) | Confirmed::FromYourLink => "confirmed",
        Confirmed::NotConfirmed => "confirmed not",
    };
    let presence = move || {
        if you {
            return words.here.to_owned();
        }
        let Some(heard) = heard.get() else { return words.not_heard_yet.to_owned() };
        match now.get().saturating_sub(heard) {
            0..JUST_NOW => words.heard_just_now.to_owned(),
            longer => (words.heard)(intl::ago(longer)),
        }
    };
    let compared = Memo::new(move |_| seats.with(|s| seat(s)).is_some_and(|seat| seat.compared));
    let comparable = first.comparable;
    let talk = expect_context::<OpenTalk>().id;
    let say_so = move || {
        comparable.then(|| {
            let same = !compared.get();
            let label = if same { words.it_is_the_same } else { words.take_it_back };
            // Fails only for a seat that is gone; its row goes with it.
            let say = move |_| drop(session::command(talk, Command::Compared { seat: key, same }));
            view! { <button class="button" type="button" on:click=say>{label}</button> }
        })
    };
    let number = first.pairwise.map(|digits| {
        let label = (words.your_number_with)(&name);
        view! {
            <details>
                <summary>{words.compare_by_voice} <span class="unseen">{format!(" – {label}")}</span></summary>
                <Number label=label.clone() digits />
                <p class="small"><Said phrase=(words.how_to_compare_with)(&name) /></p>
                {say_so}
            </details>
        }
    });
    let invites = {
        let view = expect_context::<OpenTalk>().view;
        Memo::new(move |_| you && view.with(|view| view.rights.invite != Invites::None))
    };
    let inviting = expect_context::<Inviting>();
    let elsewhere = move || {
        invites.get().then(|| {
            let invite = move |_| inviting.0.set(Some(Whom::Oneself));
            view! { <button class="quiet" type="button" on:click=invite>{words.sit_elsewhere}</button> }
        })
    };
    let removal = move || may_remove.get().then(|| view! { <Remove seat=key you name=name.clone() /> });
    view! {
        <li>
            <b><bdi>{first.name}</bdi></b>
            " "
            <span class=sure>{move || view! { <Said phrase=(words.confirmed)(&confirmed.get()) /> }}</span>
            <small>
                {(words.role)(first.role)} " · " <span class="unseen"><bdi>{party}</bdi> " · "</span> {presence}
            </small>
            {move || wishes.get().into_iter().map(wished_away).collect_view()}
            {move || {
                let void = wishes.with(|wishes| wishes.iter().any(|by| by.voids));
                (you && void).then(|| view! { <p class="small wish">{words.until_it_is_decided}</p> })
            }}
            <div class="seat-more">{number} {elsewhere} {removal}</div>
        </li>
    }
}

fn wished_away(by: WishView) -> impl IntoView {
    let words = words();
    let phrase = if by.you { vec![words.you_asked_to_remove.into()] } else { (words.asks_to_remove)(&by.name) };
    view! { <p class="small wish"><Said phrase /></p> }
}

/// What each role may do.
#[component]
fn WhoMayDoWhat(talk: OpenTalk) -> impl IntoView {
    let words = words();
    let who_admits = Memo::new(move |_| talk.view.with(TalkView::who_admits_now));
    let role = move |role| {
        view! {
            <dt>{(words.role)(role)}</dt>
            <dd>{move || (words.what_a_role_may_do)(role, who_admits.get())}</dd>
        }
    };
    let roles = [Role::Convener, Role::Head, Role::Adviser, Role::Interpreter, Role::Observer];
    view! {
        <details class="rules">
            <summary>{words.who_may_do_what}</summary>
            <dl>{roles.map(role).into_iter().collect_view()}</dl>
        </details>
    }
}

#[component]
fn Remove(seat: AuthorKey, you: bool, name: std::sync::Arc<str>) -> impl IntoView {
    let words = words();
    let removing = expect_context::<Removing>();
    let ask = move |_| removing.0.set(Some(seat));
    if you {
        let side = expect_context::<OpenTalk>().view.with_untracked(|view| view.side_of.is_some());
        let leave = if side { words.leave_this_room } else { words.leave_this_talk };
        view! { <button class="quiet" type="button" on:click=ask>{leave}</button> }.into_any()
    } else {
        let whom = (words.remove_whom)(&name);
        view! { <button class="quiet" type="button" aria-label=whom on:click=ask>{words.remove}</button> }.into_any()
    }
}

/// The number of the room. Not there while it would differ from everybody's.
#[component]
fn RoomNumber(talk: OpenTalk) -> impl IntoView {
    let words = words();
    let view = talk.view.clone();
    let number = Memo::new(move |_| view.with(|view| view.number.clone()));
    let shown = Memo::new(move |_| number.with(Option::is_some));
    let now = move || {
        number.get().map(|number| {
            view! {
                <p>{(words.after_key_changes)(number.state as usize)}</p>
                <Number label=words.room_number.to_owned() digits=number.digits />
            }
        })
    };
    move || {
        shown.get().then(|| {
            view! {
                <details class="room-number">
                    <summary>{words.room_number}</summary>
                    {now}
                    <p class="small">{words.how_to_compare_the_room}</p>
                </details>
            }
        })
    }
}
