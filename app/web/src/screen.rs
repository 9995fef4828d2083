//! Which screen is shown.

use leptos::prelude::*;
use talk::Invitation;
use talk::invitation::InvitationError;

use crate::pages::join::{BadInvitation, Join};
use crate::pages::start::{Notice, Start};
use crate::pages::talk::TalkScreen;
use crate::session::{self, OpenTalk};
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
    /// A talk, from the knock on.
    Talk(OpenTalk),
}

impl Screen {
    fn at(place: Place) -> Self {
        match place {
            Place::Start => Self::Start(None),
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
            (Self::Start(_) | Self::Join(_) | Self::BadInvitation(_) | Self::Talk(_), _) => false,
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

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let screens = Screens(RwSignal::new(Screen::at(address::take())));
    provide_context(screens);
    address::on_change(move |place| screens.follow(place));
    move || match screens.0.get() {
        Screen::Start(notice) => view! { <Start notice /> }.into_any(),
        Screen::Join(invitation) => view! { <Join invitation /> }.into_any(),
        Screen::BadInvitation(error) => view! { <BadInvitation error /> }.into_any(),
        Screen::Talk(talk) => view! { <TalkScreen talk /> }.into_any(),
    }
}
