//! Which screen is shown.

use std::sync::Arc;

use leptos::prelude::*;
use talk::Invitation;
use talk::invitation::InvitationError;
use vault::{Damaged, Kinds};
use zeroize::Zeroizing;

use crate::pages::about::About;
use crate::pages::backup::Backup;
use crate::pages::gate::{CannotRead, Damage, Elsewhere, Recovery, Unlock};
use crate::pages::join::{BadInvitation, Join};
use crate::pages::start::{Notice, Start};
use crate::pages::talk::TalkScreen;
use crate::pages::ways::Ways;
use crate::session::{self, Gate, OpenTalk};
use crate::shell::address::{self, Place};

/// A screen.
#[derive(Clone)]
pub enum Screen {
    /// The start page, with a sentence about how the person got there if it needs one.
    Start(Option<Notice>),
    /// Somebody opened an invitation.
    Join(Invitation),
    /// What was opened is no invitation.
    BadInvitation(InvitationError),
    /// How this browser keeps the talks.
    Ways,
    /// Backup files.
    Backup,
    /// What this is; the one screen that nothing stands before.
    About,
    /// A talk, from the knock on.
    Talk(OpenTalk),
}

impl Screen {
    fn at(place: Place) -> Self {
        match place {
            Place::Start => {
                let deleted = session::gate().with_untracked(|gate| *gate == Gate::Fresh { was_deleted: true });
                Self::Start(deleted.then_some(Notice::StoreWasDeleted))
            }
            Place::Ways => Self::Ways,
            Place::Backup => Self::Backup,
            Place::About => Self::About,
            Place::Talk(id) => session::talk(id).map_or(Self::Start(Some(Notice::TalkIsGone)), Self::Talk),
            Place::NoTalk => Self::Start(Some(Notice::TalkIsGone)),
            Place::NoInvitation => Self::Start(Some(Notice::InvitationIsGone)),
            Place::Invitation(Ok(invitation)) => Self::Join(invitation),
            Place::Invitation(Err(error)) => Self::BadInvitation(error),
        }
    }

    fn shows(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Talk(here), Self::Talk(there)) => here.id == there.id,
            (Self::Ways, Self::Ways) | (Self::Backup, Self::Backup) | (Self::About, Self::About) => true,
            (
                Self::Start(_)
                | Self::Join(_)
                | Self::BadInvitation(_)
                | Self::Ways
                | Self::Backup
                | Self::About
                | Self::Talk(_),
                _,
            ) => false,
        }
    }
}

/// Leads from screen to screen.
#[derive(Clone, Copy)]
pub struct Screens(RwSignal<Screen>);

impl Screens {
    /// Returns the one of this page. To be called while a component is built.
    pub fn here() -> Self {
        expect_context()
    }

    /// Shows the start page.
    pub fn start(self) {
        address::show_start();
        self.0.set(Screen::Start(None));
    }

    /// Shows the start page in place of a talk that was given up.
    pub fn start_instead(self) {
        address::show_start_instead();
        self.0.set(Screen::Start(None));
    }

    /// Shows a talk.
    pub fn talk(self, talk: OpenTalk) {
        if self.0.with_untracked(|shown| matches!(shown, Screen::Join(_))) {
            // The invitation is used: the way back leads to the start page.
            address::show_start_instead();
        }
        address::show_talk(talk.id);
        self.0.set(Screen::Talk(talk));
    }

    /// Shows what a pasted text leads to.
    pub fn invitation(self, invitation: Result<Invitation, InvitationError>) {
        address::show_invitation();
        self.0.set(Screen::at(Place::Invitation(invitation)));
    }

    fn follow(self, place: Place) {
        let screen = Screen::at(place);
        if !self.0.with_untracked(|shown| shown.shows(&screen)) {
            self.0.set(screen);
        }
    }
}

/// The page: the screens, or what stands before them.
#[component]
pub fn App() -> impl IntoView {
    // At once, whatever else is shown: the address may hold a secret.
    let place = address::take();
    let screens =
        Screens(RwSignal::new(if matches!(place, Place::About) { Screen::About } else { Screen::Start(None) }));
    // The address keeps every other place until it is shown.
    let invitation = StoredValue::new_local(Some(place).filter(|place| matches!(place, Place::Invitation(_))));
    provide_context(screens);
    let gate = session::gate();
    let about = Memo::new(move |_| screens.0.with(|screen| matches!(screen, Screen::About)));
    // Who is asked for a passphrase may want to know first by what.
    let before = Memo::new(move |_| if about.get() { Before::Nothing } else { gate.with(Before::of) });
    address::on_change(move |place| {
        let stands_before = before.try_get_untracked().is_some_and(|before| before != Before::Nothing);
        if stands_before && matches!(place, Place::Invitation(_)) {
            invitation.set_value(Some(place));
        } else {
            screens.follow(place);
        }
    });
    move || match before.get() {
        Before::Opening => ().into_any(),
        Before::Locked(kinds) => view! { <Unlock kinds /> }.into_any(),
        Before::Recovery(code) => view! { <Recovery code /> }.into_any(),
        Before::Elsewhere => view! { <Elsewhere /> }.into_any(),
        Before::Damaged(why) => view! { <Damage why /> }.into_any(),
        Before::CannotRead => view! { <CannotRead /> }.into_any(),
        Before::Nothing => {
            // What stood there before is another tab's now, or was locked.
            if !about.get_untracked() {
                let place = match address::take() {
                    Place::NoInvitation => {
                        invitation.try_update_value(Option::take).flatten().unwrap_or(Place::NoInvitation)
                    }
                    place @ (Place::Start
                    | Place::Ways
                    | Place::Backup
                    | Place::About
                    | Place::Talk(_)
                    | Place::NoTalk
                    | Place::Invitation(_)) => place,
                };
                screens.0.set(Screen::at(place));
            }
            view! { <Shown screens /> }.into_any()
        }
    }
}

#[component]
fn Shown(screens: Screens) -> impl IntoView {
    move || match screens.0.get() {
        Screen::Start(notice) => view! { <Start notice /> }.into_any(),
        Screen::Join(invitation) => view! { <Join invitation /> }.into_any(),
        Screen::BadInvitation(error) => view! { <BadInvitation error /> }.into_any(),
        Screen::Ways => view! { <Ways /> }.into_any(),
        Screen::Backup => view! { <Backup /> }.into_any(),
        Screen::About => view! { <About /> }.into_any(),
        Screen::Talk(talk) => view! { <TalkScreen talk /> }.into_any(),
    }
}

/// What stands before the screens. Changes only when something else does.
#[derive(Clone, PartialEq)]
enum Before {
    Nothing,
    Opening,
    Locked(Kinds),
    Recovery(Arc<Zeroizing<String>>),
    Elsewhere,
    Damaged(Damaged),
    CannotRead,
}

impl Before {
    fn of(gate: &Gate) -> Self {
        match gate {
            Gate::Opening => Self::Opening,
            Gate::Fresh { .. } | Gate::Open(_) => Self::Nothing,
            Gate::Locked(kinds) => Self::Locked(*kinds),
            Gate::Recovery { code, .. } => Self::Recovery(Arc::clone(code)),
            Gate::Elsewhere => Self::Elsewhere,
            Gate::Damaged(why) => Self::Damaged(*why),
            Gate::CannotRead => Self::CannotRead,
        }
    }
}
