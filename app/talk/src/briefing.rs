//! Briefings: notes from before given to those who have come since, as their authors signed them.
//!
//! A briefing holds whole ops of the room. Each is checked as though it came by itself, but for its place in its author's chain: who
//! came later does not hold that. So it can have been void already, or one of two versions; who holds the chain is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minicbor::bytes::ByteVec;
use record::{BRIEFED, Body, Briefing, NOTE_BYTES, Op, OpId, Removal, Role, Table};
use room::Room;

use crate::input::Millis;
use crate::side_room::Side;
use crate::talk::{Error, Talk};
use crate::view::{BriefedView, BriefingView};
use crate::viewing::hue;

impl Talk {
    /// Gives these notes, as this seat holds them, to all who are at the table now.
    pub(crate) fn brief(&mut self, notes: &[OpId], now: Millis) -> Result<(), Error> {
        let room = self.room().ok_or(Error::NotNow)?;
        let since = self.may_brief_since(room).ok_or(Error::NotNow)?;
        let note = |id| room.op(id).and_then(whole_note).filter(|op| op.depth() > since);
        let notes: Option<Vec<ByteVec>> = notes.iter().map(|id| Some(note(id)?.encode().into())).collect();
        let notes = notes.ok_or(Error::NotNow)?;
        let size: usize = notes.iter().map(|note| note.len()).sum();
        if !(1..=BRIEFED).contains(&notes.len()) || size > NOTE_BYTES {
            return Err(Error::BriefingSize);
        }
        self.say(Body::Brief(Briefing { written_at: now, notes }), now)
    }

    /// The depth from which on this seat may give notes to those who have come since; None if it may not.
    pub(crate) fn may_brief_since(&self, room: &Room) -> Option<u64> {
        let role = room.table().seat(&room.me()).map(|seat| seat.role);
        let may = self.may_act() && !self.has_ended() && role.is_some_and(Role::admits);
        briefed_since(room.table(), self.side.as_ref()).filter(|_| may)
    }
}

/// The depth from which on notes can be given to newcomers: what was written before was written on other terms. Side rooms have no
/// charter of their own, and no newcomers.
fn briefed_since(table: &Table, side: Option<&Side>) -> Option<u64> {
    table.agreed.briefed_since.filter(|_| side.is_none())
}

fn whole_note(op: &Op) -> Option<&Op> {
    matches!(op.body(), Some(Body::Note(_))).then_some(op)
}

/// What was in briefings and is signed by whom it says, so that each signature is checked once.
#[derive(Default)]
pub(crate) struct Briefings(BTreeMap<OpId, Arc<[Op]>>);

impl Briefings {
    /// What of a briefing is shown.
    pub(crate) fn view(&mut self, room: &Room, side: Option<&Side>, id: OpId, briefing: &Briefing) -> BriefingView {
        let (table, given) = (room.table(), briefing.notes.len());
        let Some(since) = briefed_since(table, side) else {
            return BriefingView { allowed: false, notes: Vec::new(), not_shown: given };
        };
        let signed = self.0.entry(id).or_insert_with(|| {
            let ops = briefing.notes.iter().filter_map(|note| Op::decode(note).ok());
            let mut seen = BTreeSet::new();
            ops.filter(|op| whole_note(op).is_some() && seen.insert(op.id())).collect()
        });
        let notes: Vec<BriefedView> =
            signed.iter().filter(|op| op.depth() > since).filter_map(|op| briefed(room, op)).collect();
        BriefingView { allowed: true, not_shown: given - notes.len(), notes }
    }
}

fn briefed(room: &Room, op: &Op) -> Option<BriefedView> {
    let table = room.table();
    let seat = table.seat(&op.author()).filter(|seat| seat.role.writes() && op.room() == room.id())?;
    let stays = |removal: &Removal| removal.last.iter().any(|(last, _)| op.number() <= *last);
    let void = room.is_void(&op.id()) || table.removed.get(&seat.key).is_some_and(|removal| !stays(removal));
    let (here, contradicted) = (room.op(&op.id()), room.contradicts(op));
    // What is not from before this seat came it would hold, if it had ever been said.
    let before = op.number() <= room.base().number(&seat.key);
    let Some(Body::Note(note)) = op.body().filter(|_| !void && (here.is_some() || before || contradicted)) else {
        return None;
    };
    let held = here.is_some_and(|held| held.body().is_some());
    let (place, party) = table.party(&seat.party)?;
    Some(BriefedView {
        id: op.id(),
        author: seat.name.text(),
        party: party.name.text(),
        hue: hue(None, party, place),
        role: seat.role,
        written_at: note.written_at,
        text: note.text.clone(),
        conveyed: note.conveyed.clone(),
        held,
        contradicted,
    })
}
