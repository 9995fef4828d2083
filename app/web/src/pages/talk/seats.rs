//! Who sits at the table.

use gloo::timers::callback::Interval;
use leptos::prelude::*;
use talk::Millis;
use talk::view::{Confirmed, PartyView, SeatView};

use super::CloseSheet;
use crate::components::said::{Dot, Said, hue_class};
use crate::session::OpenTalk;
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
    let table = Memo::new(move |_| talk.view.with(|view| (view.parties.clone(), view.seats.clone())));
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
                {move || {
                    let (parties, seats) = table.get();
                    parties
                        .into_iter()
                        .enumerate()
                        .map(|(index, party)| {
                            let seats = seats.iter().filter(|seat| seat.party == index).cloned().collect();
                            view! { <Party party seats now /> }
                        })
                        .collect_view()
                }}
            </section>
        </aside>
    }
}

#[component]
fn Party(party: PartyView, seats: Vec<SeatView>, now: RwSignal<Millis>) -> impl IntoView {
    (!seats.is_empty()).then(|| {
        let name = party.name.clone();
        let seats = seats.into_iter().map(|seat| view! { <Seat seat party=name.clone() now /> }).collect_view();
        view! {
            <p class=format!("party-title {}", hue_class(party.hue))>
                <Dot hue=party.hue />
                <bdi>{party.name}</bdi>
            </p>
            <ul role="list">{seats}</ul>
        }
    })
}

#[component]
fn Seat(seat: SeatView, party: std::sync::Arc<str>, now: RwSignal<Millis>) -> impl IntoView {
    let words = words();
    let sure = match seat.confirmed {
        Confirmed::You | Confirmed::ByYou | Confirmed::By(_) | Confirmed::FromYourLink => "confirmed",
        Confirmed::NotConfirmed => "confirmed not",
    };
    let (you, heard) = (seat.you, seat.heard);
    let presence = move || {
        if you {
            return words.here.to_owned();
        }
        let Some(heard) = heard else { return words.not_heard_yet.to_owned() };
        match now.get().saturating_sub(heard) {
            0..JUST_NOW => words.heard_just_now.to_owned(),
            longer => (words.heard)(intl::ago(longer)),
        }
    };
    view! {
        <li>
            <b><bdi>{seat.name.clone()}</bdi></b>
            " "
            <span class=sure><Said phrase=(words.confirmed)(&seat.confirmed) /></span>
            <small>
                {(words.role)(seat.role)} " · " <span class="unseen"><bdi>{party}</bdi> " · "</span> {presence}
            </small>
        </li>
    }
}
