//! The dialog that asks before a seat is taken away, or left.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use record::{AuthorKey, Authority, Role};
use talk::Command;
use talk::view::SeatView;

use crate::components::said::Said;
use crate::session;
use crate::shell::focus;
use crate::talk_id::TalkId;
use crate::words::words;

/// The seat that is asked about, if any, and how to ask about one.
#[derive(Clone, Copy)]
pub struct Removing(pub RwSignal<Option<AuthorKey>>);

/// What the dialog says depends on these alone: it stays as it is while the seat is heard.
#[derive(Clone, PartialEq, Eq)]
struct Subject {
    key: AuthorKey,
    name: Arc<str>,
    role: Role,
    you: bool,
    /// Whether a second key is needed that nobody has given yet.
    asks_only: bool,
}

/// The dialog, while there is something to ask. It goes by itself when the seat does.
#[component]
pub fn RemovalDialog(talk: TalkId, seats: Memo<Vec<SeatView>>) -> impl IntoView {
    let removing = expect_context::<Removing>();
    let subject = Memo::new(move |_| {
        let key = removing.0.get()?;
        let found = |seat: &&SeatView| seat.key == key && seat.may_remove != Authority::None;
        let of = |seat: &SeatView| {
            let decides = seat.may_remove == Authority::Alone || seat.wished_away_by.iter().any(|by| by.yours_would_do);
            Subject { key, name: seat.name.clone(), role: seat.role, you: seat.you, asks_only: !decides }
        };
        seats.with(|seats| seats.iter().find(found).map(of))
    });
    move || subject.get().map(|subject| view! { <Asking talk subject /> })
}

#[component]
fn Asking(talk: TalkId, subject: Subject) -> impl IntoView {
    let words = words();
    let removing = expect_context::<Removing>();
    let dialog = NodeRef::<html::Dialog>::new();
    let failed = RwSignal::new(false);
    dialog.on_load(|dialog| {
        // Fails only for a dialog that is open already.
        let _ = dialog.show_modal();
    });
    let Subject { key, name, role, you, asks_only } = subject;
    let confirm = move |_| {
        if session::command(talk, Command::Remove(key)).is_err() {
            failed.set(true);
            return;
        }
        removing.0.set(None);
        // The pressed button and its row are gone.
        request_animation_frame(|| focus::first_of(&[".seats summary", ".compose textarea", ".notes"]));
    };
    let cancel = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let side = session::talk(talk).is_some_and(|talk| talk.view.with_untracked(|view| view.side_of.is_some()));
    let (title, meaning, go) = match (you, role) {
        (true, _) if side => (vec![words.leave_room_question.into()], words.leaving_a_room, words.leave),
        (true, Role::Convener) => (vec![words.leave_question.into()], words.leaving_as_convener, words.leave),
        (true, Role::Head | Role::Adviser | Role::Interpreter | Role::Observer) => {
            (vec![words.leave_question.into()], words.leaving, words.leave)
        }
        (false, _) if asks_only => ((words.remove_question)(&name), words.asking_to_remove, words.remove),
        (false, _) => ((words.remove_question)(&name), words.removing, words.remove),
    };
    view! {
        <dialog
            class="dialog"
            aria-labelledby="removal-title"
            node_ref=dialog
            on:close=move |_| removing.0.set(None)
        >
            <h2 id="removal-title"><Said phrase=title /></h2>
            {meaning.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
            {move || failed.get().then(|| view! { <p class="wrong" role="alert">{words.not_done}</p> })}
            <div class="buttons">
                <button class="button main" type="button" on:click=confirm>{go}</button>
                <button class="button" type="button" on:click=cancel>{words.cancel}</button>
            </div>
        </dialog>
    }
}
