//! The address bar: the fragment is read once and is at once replaced by one that holds no secret.

use gloo::events::EventListener;
use talk::Invitation;
use talk::invitation::InvitationError;
use wasm_bindgen::JsValue;

use crate::talk_id::TalkId;

const TALK: &str = "/talk/";
const WAYS: &str = "/this-browser";
const BACKUP: &str = "/backup";
const ABOUT: &str = "/about";
/// Stands where an invitation was opened; holds nothing of it.
const INVITATION: &str = "#/invitation";

/// Where an address leads.
pub enum Place {
    /// The start page.
    Start,
    /// How this browser keeps the talks.
    Ways,
    /// Backup files.
    Backup,
    /// What this is.
    About,
    /// A talk of this browser.
    Talk(TalkId),
    /// An address of a talk that is written wrongly.
    NoTalk,
    /// Where an invitation was opened that is no longer here.
    NoInvitation,
    /// An invitation.
    Invitation(Result<Invitation, InvitationError>),
}

/// Reads the fragment; one that may hold a secret is gone from the address bar and the history when this returns.
pub fn take() -> Place {
    let fragment = location().hash().unwrap_or_default();
    let fragment = fragment.strip_prefix('#').unwrap_or(&fragment);
    if fragment.is_empty() || fragment == "/" {
        return Place::Start;
    }
    if INVITATION.strip_prefix('#') == Some(fragment) {
        return Place::NoInvitation;
    }
    if fragment == WAYS {
        return Place::Ways;
    }
    if fragment == BACKUP {
        return Place::Backup;
    }
    if fragment == ABOUT {
        return Place::About;
    }
    if let Some(id) = fragment.strip_prefix(TALK) {
        return TalkId::parse(id).map_or(Place::NoTalk, Place::Talk);
    }
    let invitation = Invitation::parse(fragment);
    write(History::Replace, INVITATION);
    Place::Invitation(invitation)
}

/// Writes the address of the start page.
pub fn show_start() {
    write(History::Push, "");
}

/// Writes the address of the start page over the one shown, to which no way back leads.
pub fn show_start_instead() {
    write(History::Replace, "");
}

/// Writes the address of an invitation that did not come through the address bar.
pub fn show_invitation() {
    write(History::Push, INVITATION);
}

/// Writes the address of a talk.
pub fn show_talk(talk: TalkId) {
    write(History::Push, &of_talk(talk));
}

/// Returns the address of how this browser keeps the talks, for links within the page.
pub fn of_ways() -> String {
    format!("#{WAYS}")
}

/// Returns the address of backup files, for links within the page.
pub fn of_backup() -> String {
    format!("#{BACKUP}")
}

/// Returns the address of what this is, for links within the page.
pub fn of_about() -> String {
    format!("#{ABOUT}")
}

/// Returns the address of a talk, for links within the page.
pub fn of_talk(talk: TalkId) -> String {
    format!("#{TALK}{talk}")
}

/// Returns the whole link for the fragment of an invitation.
pub fn of_invitation(fragment: &str) -> String {
    format!("{}{}#{fragment}", origin(), location().pathname().unwrap_or_default())
}

/// Returns the address of the host, with its scheme.
pub fn origin() -> String {
    location().origin().unwrap_or_default()
}

/// Returns host and port, as they go into proofs for the relay.
pub fn host() -> String {
    location().host().unwrap_or_default()
}

/// Returns the address of the relay behind this page.
pub fn relay() -> String {
    let scheme = if location().protocol().is_ok_and(|protocol| protocol == "http:") { "ws" } else { "wss" };
    format!("{scheme}://{}/v1/relay", host())
}

/// Calls back whenever the person changed the address: by a link, by typing, by going back.
pub fn on_change(changed: impl Fn(Place) + 'static) {
    EventListener::new(&window(), "hashchange", move |_| changed(take())).forget();
}

enum History {
    Push,
    Replace,
}

fn write(history: History, fragment: &str) {
    let location = location();
    let address = format!("{}{fragment}", location.pathname().unwrap_or_default());
    let Ok(entries) = window().history() else { return };
    // Browsers refuse this only when called hundreds of times in a few seconds; the page works on without.
    let _ = match history {
        History::Push => entries.push_state_with_url(&JsValue::NULL, "", Some(&address)),
        History::Replace => entries.replace_state_with_url(&JsValue::NULL, "", Some(&address)),
    };
}

fn location() -> web_sys::Location {
    window().location()
}

fn window() -> web_sys::Window {
    web_sys::window().expect("the page runs in a window")
}
