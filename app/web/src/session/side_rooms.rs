//! Side rooms beside their talk: opened, gone to when called, left by whoever left the talk.

use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::{GetUntracked, With, WithUntracked};
use record::{AuthorKey, Authority, Conveyed, Name, Release, RoomId, Terms};
use talk::view::{CallView, Confirmed, NoteView, Phase, SeatView, Standing, TalkView};
use talk::{Command, Error, Input, Millis, SideRoom, Writing};
use wasm_bindgen_futures::spawn_local;

use super::{OpenTalk, Running, all, find};
use crate::shell::{clock, entropy};
use crate::talk_id::TalkId;
use crate::words::words;

/// Most side rooms of one talk that this page goes to by itself: somebody who calls without end opens no more.
const SIDE_ROOMS: usize = 32;

/// Opens a side room of a talk, calls people into it, and returns it.
pub fn open_side_room(id: TalkId, title: &str, guests: &[AuthorKey]) -> Result<OpenTalk, Error> {
    let plenary = find(id).ok_or(Error::NotNow)?;
    let opened = plenary.talk.borrow().open_side_room(title, guests, entropy::seed(), clock::now());
    let SideRoom { talk, effects, called } = opened?;
    let shown = Running::begin(talk, effects);
    plenary.handle(Input::Command(Command::Call(called)))?;
    plenary.draw();
    Ok(shown)
}

/// Returns the talk with this room, if it is here.
pub fn plenary(room: RoomId) -> Option<OpenTalk> {
    let mut copies: Vec<OpenTalk> = all().into_iter().map(|running| running.shown.clone()).collect();
    copies.retain(|talk| of(talk, |view| view.room == Some(room)));
    // One that has stopped may stand beside another that was restored from a backup.
    copies.sort_by_key(|talk| of(talk, |view| view.standing == Some(Standing::OpenedElsewhere)));
    copies.into_iter().next()
}

/// What the charter says that holds in a room: that of the plenary.
pub fn terms(room: &OpenTalk) -> Terms {
    let side_of = room.view.with(|view| view.side_of);
    let plenary = side_of.map_or(Some(room.clone()), plenary);
    plenary.map_or_else(Terms::default, |plenary| plenary.view.with(|view| view.charter.terms))
}

/// Returns the side rooms of a talk, as long as somebody may be in them.
pub fn side_rooms(plenary: &TalkView, talks: &[OpenTalk]) -> Vec<OpenTalk> {
    let inside = |view: &TalkView| view.side_of.is_some() && view.side_of == plenary.room;
    talks.iter().filter(|talk| of(talk, inside)).cloned().collect()
}

/// Returns all rooms of the talk that a room belongs to, the plenary first.
pub fn rooms_of(room: &OpenTalk) -> Vec<OpenTalk> {
    let talks: Vec<OpenTalk> = all().into_iter().map(|running| running.shown.clone()).collect();
    let plenary = room.view.with_untracked(|view| view.side_of).map_or(Some(room.clone()), plenary);
    let sides = match &plenary {
        Some(plenary) => plenary.view.with_untracked(|view| side_rooms(view, &talks)),
        None => vec![room.clone()],
    };
    plenary.into_iter().chain(sides).collect()
}

/// Returns the other rooms of the talk in which this person may write.
pub fn rooms_to_write_in(room: &OpenTalk) -> Vec<OpenTalk> {
    let rooms = rooms_of(room);
    let ended = rooms.first().is_some_and(|plenary| of(plenary, |view| view.charter.end.ended));
    let writes = |other: &OpenTalk| of(other, |view| !ended && view.phase == Phase::Seated && view.rights.write);
    rooms.into_iter().filter(|other| other.id != room.id && writes(other)).collect()
}

/// Returns what a room is called in the list of rooms.
pub fn room_name(room: &OpenTalk) -> String {
    room.view.with_untracked(|view| match view.side_of {
        None => words().plenary.to_owned(),
        Some(_) => view.title.to_string(),
    })
}

/// Whose words a note of this room holds, and when they were written: those of its author, unless it was carried here word for word.
/// In side rooms people are called what the opener says; for others they are named as in the plenary, and None is who does not sit there.
pub fn first_said(room: &OpenTalk, note: &NoteView) -> Option<(Arc<str>, Millis)> {
    if let Some(Conveyed::Verbatim { author, written_at }) = &note.conveyed {
        return Some((author.text(), *written_at));
    }
    let author = match room.view.with_untracked(|view| view.side_of) {
        None => Some(note.author.clone()),
        Some(side_of) => plenary(side_of)?.view.with_untracked(|view| {
            let seat = view.seats.iter().find(|seat| seat.key == note.by);
            seat.map(|seat| seat.name.clone())
        }),
    };
    author.map(|author| (author, note.written_at))
}

/// Writes in another room what somebody said in this one: in words of one's own, or without any word for word.
pub fn convey(from: &OpenTalk, note: &NoteView, own_words: Option<String>, to: TalkId) -> Result<(), Error> {
    let how = if own_words.is_some() { Release::Substance } else { Release::Verbatim };
    if !note.may_leave(how) {
        return Err(Error::NotNow);
    }
    let conveyed = match how {
        Release::Substance => Conveyed::Substance,
        Release::Verbatim => {
            let (author, written_at) = first_said(from, note).ok_or(Error::NotNow)?;
            Conveyed::Verbatim { author: Name::typed(&author).map_err(|_| Error::Name)?, written_at }
        }
    };
    let text = own_words.unwrap_or_else(|| note.text.to_string());
    super::command(to, Command::Write(Writing { text, release: None, conveyed: Some(conveyed) }))
}

/// Returns whether a talk is a plenary, to be listed by itself.
pub fn is_plenary(talk: &OpenTalk) -> bool {
    of(talk, |view| view.side_of.is_none())
}

fn of(talk: &OpenTalk, asks: impl Fn(&TalkView) -> bool) -> bool {
    talk.view.with_untracked(asks)
}

impl Running {
    /// Draws the consequences for side rooms of what is shown of their plenary.
    pub(super) fn keep_side_rooms(self: &Rc<Self>, view: &TalkView) {
        if view.side_of.is_some() || view.standing != Some(Standing::Seated) {
            return;
        }
        let talks: Vec<OpenTalk> = all().into_iter().map(|running| running.shown.clone()).collect();
        let gone_to = |call: &&CallView| {
            let link = Some(call.invitation.id());
            talks.iter().any(|talk| of(talk, |view| view.came_by == link))
        };
        let room_for = SIDE_ROOMS.saturating_sub(side_rooms(view, &talks).len());
        let calls = view.calls.iter().filter(|call| !gone_to(call) && !view.gone.contains(&call.by));
        for call in calls.take(room_for) {
            // Not while something is being drawn.
            let (this, call) = (Rc::downgrade(self), call.clone());
            spawn_local(async move {
                if let Some(plenary) = this.upgrade() {
                    plenary.answer(&call);
                }
            });
        }
        for side in side_rooms(view, &talks) {
            for seat in no_longer_at_the_table(view, &side.view.get_untracked()) {
                let id = side.id;
                // Refused for who does not convene it; whoever does will.
                spawn_local(async move { drop(super::command(id, Command::Remove(seat))) });
            }
        }
    }

    fn answer(&self, call: &CallView) {
        let link = Some(call.invitation.id());
        if all().iter().any(|running| of(&running.shown, |view| view.came_by == link)) {
            return;
        }
        let asked = self.talk.borrow().answer_call(call, entropy::seed());
        if let Ok((talk, effects)) = asked {
            Running::begin(talk, effects);
        }
    }

    /// In a side room people are as sure of each other as in the plenary, where they sign with the same keys under the same names.
    pub(super) fn confirm_as_in_the_plenary(view: &mut TalkView) {
        let Some(plenary) = view.side_of.and_then(plenary) else { return };
        plenary.view.with_untracked(|plenary| {
            let party = |view: &TalkView, seat: &SeatView| view.parties.get(seat.party).map(|party| party.name.clone());
            let own: Vec<_> = view.seats.iter().map(|seat| party(view, seat)).collect();
            for (seat, own) in view.seats.iter_mut().zip(own).filter(|(seat, _)| !seat.you) {
                // Whoever opened the room says how people are called here.
                let same = |known: &&SeatView| {
                    known.key == seat.key && known.name == seat.name && party(plenary, known) == own
                };
                let known = plenary.seats.iter().find(same);
                seat.confirmed = known.map_or(Confirmed::NotConfirmed, |known| known.confirmed.clone());
            }
        });
    }
}

fn no_longer_at_the_table(plenary: &TalkView, side: &TalkView) -> Vec<AuthorKey> {
    // Not where a second key would be needed: whoever convenes the room does it.
    let may = |seat: &&SeatView| !seat.you && seat.may_remove == Authority::Alone;
    let left = side.seats.iter().filter(may).filter(|seat| plenary.gone.contains(&seat.key));
    left.map(|seat| seat.key).collect()
}
