//! What becomes of this browser's copy once a talk has ended: as its charter says.
//!
//! The row that tells when the end was heard of: milliseconds since 1970 by this browser's clock, big-endian.

use std::rc::Rc;

use gloo::timers::callback::Timeout;
use leptos::prelude::{GetUntracked, Set, WithUntracked};
use record::Copies;
use talk::view::TalkView;
use talk::{Batch, Effect, Millis};
use wasm_bindgen_futures::spawn_local;

use super::keeper::ENDED_AT;
use super::side_rooms::{plenary, side_rooms};
use super::{OpenTalk, Running, forget, talks};
use crate::shell::clock;

const DAY_MS: Millis = 24 * 60 * 60 * 1000;
/// How long what was off the record is still held, unshown, for those who have not heard of the end: whoever deletes it can tell
/// nobody any more.
const HELD_FOR_OTHERS_MS: Millis = 7 * DAY_MS;
/// How long a page that has heard of the end stays, for the others to hear that it has.
const TOLD_MS: u32 = 10_000;

/// How far a talk is from being deleted here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum End {
    /// It has not ended, as far as this page knows.
    #[default]
    NotYet,
    /// When this page heard that it has.
    HeardOf(Millis),
    /// Its time has come: nothing of it is here any more.
    Deleted,
    /// The person deleted it before.
    DeletedByHand,
}

/// Until when this browser keeps its copy at most; None: until the person deletes it.
pub fn kept_until(copies: Copies, heard_of: Millis) -> Option<Millis> {
    match copies {
        Copies::Kept => None,
        Copies::DeletedAfter(days) => Some(heard_of.saturating_add(Millis::from(days.get()) * DAY_MS)),
        Copies::OffTheRecord => Some(heard_of.saturating_add(HELD_FOR_OTHERS_MS)),
    }
}

/// Deletes a talk from this browser, with all its rooms, because the person wants it.
pub fn delete_copy(talk: &OpenTalk) {
    delete(talk, End::DeletedByHand);
}

fn delete(talk: &OpenTalk, how: End) {
    let all = talks().get_untracked();
    let mut rooms = vec![talk.clone()];
    // Where a backup was opened beside a copy that has stopped, side rooms belong to the one that goes on.
    if talk.view.with_untracked(|view| view.room).and_then(plenary).is_some_and(|plenary| plenary.id == talk.id) {
        rooms.extend(side_rooms(&talk.view.get_untracked(), &all));
    }
    for room in rooms {
        room.end.set(how);
        forget(room.id);
    }
}

/// Reads the row.
pub(super) fn decode(row: &[u8]) -> End {
    row.try_into().map_or(End::NotYet, |bytes| End::HeardOf(Millis::from_be_bytes(bytes)))
}

fn is_due(view: &TalkView, heard_of: Millis, now: Millis) -> bool {
    let copies = view.charter.terms.copies;
    let told = now >= heard_of.saturating_add(TOLD_MS.into());
    let nobody_waits = copies == Copies::OffTheRecord && view.charter.end.known && told;
    nobody_waits || kept_until(copies, heard_of).is_some_and(|until| now >= until)
}

impl Running {
    /// Remembers when the end was heard of, and deletes the copy when its time has come.
    pub(super) fn keep_to_the_end(self: &Rc<Self>, view: &TalkView) {
        let (ended, now) = (view.charter.end.ended && view.side_of.is_none(), clock::now());
        match self.shown.end.get_untracked() {
            End::Deleted | End::DeletedByHand => {}
            End::NotYet if ended => self.heard_of_the_end(Some(now)),
            End::NotYet => {}
            // Words that ended it can turn out to be void.
            End::HeardOf(_) if !ended => self.heard_of_the_end(None),
            // This browser's clock was ahead.
            End::HeardOf(at) if at > now => self.heard_of_the_end(Some(now)),
            End::HeardOf(at) if is_due(view, at, now) => {
                // Not while something is being drawn.
                let talk = self.shown.clone();
                spawn_local(async move { delete(&talk, End::Deleted) });
            }
            End::HeardOf(_) if view.charter.terms.copies == Copies::OffTheRecord => self.look_again_soon(),
            End::HeardOf(_) => {}
        }
    }

    fn heard_of_the_end(self: &Rc<Self>, at: Option<Millis>) {
        self.shown.end.set(at.map_or(End::NotYet, End::HeardOf));
        let batch = match at {
            Some(at) => Batch { puts: vec![(ENDED_AT.to_vec(), at.to_be_bytes().to_vec())], deletes: Vec::new() },
            None => Batch { puts: Vec::new(), deletes: vec![ENDED_AT.to_vec()] },
        };
        self.keep(vec![Effect::Persist(batch)]);
        self.look_again_soon();
    }

    /// What nobody waits for goes although nothing else happens.
    fn look_again_soon(self: &Rc<Self>) {
        let mut looking = self.looking_again.borrow_mut();
        if looking.is_none() {
            let this = Rc::downgrade(self);
            *looking = Some(Timeout::new(TOLD_MS, move || {
                if let Some(running) = this.upgrade() {
                    running.looking_again.replace(None);
                    running.draw();
                }
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use super::*;

    #[test]
    fn copies_are_kept_as_long_as_the_charter_says() {
        let month = Copies::DeletedAfter(NonZeroU16::new(30).expect("not zero"));
        assert_eq!(kept_until(Copies::Kept, 5), None);
        assert_eq!(kept_until(month, 5), Some(5 + 30 * DAY_MS));
        assert_eq!(kept_until(Copies::OffTheRecord, 5), Some(5 + 7 * DAY_MS));
    }

    #[test]
    fn when_the_end_was_heard_of_is_read_as_it_was_written() {
        assert_eq!(decode(&7_u64.to_be_bytes()), End::HeardOf(7));
        assert_eq!(decode(b"damaged"), End::NotYet);
    }
}
