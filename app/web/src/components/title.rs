//! The title of the tab: the screen's own, after what waits in any talk of the tab; and the heading of the screen.

use leptos::html;
use leptos::prelude::*;

use crate::session;
use crate::shell::tab;
use crate::words::{intl, words};

/// Keeps the title of the tab while the screen that calls this stands.
pub fn keep_title(of_the_screen: impl Fn() -> String + 'static) {
    let talks = session::talks();
    let waiting = Memo::new(move |_| {
        talks.with(|talks| {
            let unread: usize = talks.iter().map(|talk| talk.unread.with(|unread| unread.count())).sum();
            let knocks = |talk: &session::OpenTalk| talk.view.with(|view| view.door.iter().any(|knock| knock.here));
            (unread, talks.iter().any(knocks))
        })
    });
    Effect::new(move || {
        let (unread, somebody_knocks) = waiting.get();
        let title = of_the_screen();
        let title = if somebody_knocks { format!("{} – {title}", words().at_the_door) } else { title };
        match unread {
            0 => tab::set_title(&title),
            count => tab::set_title(&format!("({}) {title}", intl::number(count))),
        }
    });
}

/// The heading of a screen. Who comes there by the keyboard, or hears the page, begins with it.
pub fn focused_heading() -> NodeRef<html::H1> {
    let heading = NodeRef::<html::H1>::new();
    heading.on_load(|heading| {
        // Fails only for an element that cannot have the focus.
        let _ = heading.focus();
    });
    heading
}
