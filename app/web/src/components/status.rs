//! How the connection stands, in words.

use leptos::prelude::*;
use talk::view::Standing;

use crate::session::OpenTalk;
use crate::shell::socket::Connection;
use crate::words::words;

/// The word for the connection and, while it is away, what is safe; while it is slow, why. To stand inside an element with the role `status`.
#[component]
pub fn ConnectionWords(talk: OpenTalk) -> impl IntoView {
    let situation = Memo::new(move |_| {
        talk.view.with(|view| match view.standing {
            Some(Standing::Removed { .. } | Standing::OpenedElsewhere) => None,
            Some(Standing::Seated | Standing::Stranded | Standing::Restored) | None => {
                Some((view.unsent, view.rights.write))
            }
        })
    });
    let connection = talk.connection;
    move || {
        let words = &words().connection;
        let safe = || match situation.get() {
            // Beside the notes it is said what a seat that is gone still has.
            None => String::new(),
            Some((0, true)) => words.nothing_is_lost_write_on.to_owned(),
            Some((0, false)) => words.nothing_is_lost.to_owned(),
            Some((waiting, _)) => (words.notes_wait)(waiting),
        };
        let (class, word, beside) = match connection.get() {
            Connection::Live { slowly: false } => {
                return view! { <span class="connection live">{words.live}</span> }.into_any();
            }
            Connection::Live { slowly: true } => ("connection live", words.live, words.by_a_slower_way.to_owned()),
            Connection::Reconnecting => ("connection", words.reconnecting, safe()),
            Connection::Offline => ("connection offline", words.offline, safe()),
        };
        view! {
            <span class=class>{word}</span>
            " "
            <span class="safe">{beside}</span>
        }
        .into_any()
    }
}
