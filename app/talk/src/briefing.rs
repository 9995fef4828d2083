//! Briefings: notes from before given to those who have come since, as their authors signed them.
//!
//! A briefing holds whole ops of the room. Each is checked as though it came by itself, but for its place in its author's chain: who
//! came later does not hold that. So it can have been void already, or one of two versions; who holds the chain is told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minicbor::bytes::ByteVec;
use record::{BRIEFED, Body, Briefing, NOTE_BYTES, Newcomers, Op, OpId, Removal, Table};
use room::Room;

use crate::input::Millis;
use crate::side_room::Side;
use crate::talk::{Error, Talk};
use crate::view::{BriefedView, BriefingView};
use crate::viewing::hue;

impl Talk {
    /// Gives these notes, as this seat holds them, to all who are at the table now.
    pub(crate) fn brief(&mut self, notes: &[OpId], now: Millis) -> Result<(), Error> {
        let room = self.room().filter(|room| self.may_brief(room)).ok_or(Error::NotNow)?;
        let notes: Option<Vec<ByteVec>> =
            notes.iter().map(|id| Some(whole_note(room.op(id)?)?.encode().into())).collect();
        let notes = notes.ok_or(Error::NotNow)?;
        let size: usize = notes.iter().map(|note| note.len()).sum();
        if !(1..=BRIEFED).contains(&notes.len()) || size > NOTE_BYTES {
            return Err(Error::BriefingSize);
        }
        self.say(Body::Brief(Briefing { written_at: now, notes }), now)
    }

    /// Whether this seat may give notes from before to those who have come since.
    pub(crate) fn may_brief(&self, room: &Room) -> bool {
        let role = room.table().seat(&room.me()).map(|seat| seat.role);
        self.may_act()
            && !self.has_ended()
            && allowed(room.table(), self.side.as_ref())
            && role.is_some_and(|role| role.admits())
    }
}

/// Whether the charter lets newcomers be given notes. Side rooms have none of their own, and no newcomers.
fn allowed(table: &Table, side: Option<&Side>) -> bool {
    side.is_none() && table.agreed.terms.newcomers == Newcomers::Briefed
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
        if !allowed(table, side) {
            return BriefingView { allowed: false, notes: Vec::new(), not_shown: given };
        }
        let signed = self.0.entry(id).or_insert_with(|| {
            let ops = briefing.notes.iter().filter_map(|note| Op::decode(note).ok());
            let mut seen = BTreeSet::new();
            ops.filter(|op| whole_note(op).is_some() && seen.insert(op.id())).collect()
        });
        let notes: Vec<BriefedView> = signed.iter().filter_map(|op| briefed(room, op)).collect();
        BriefingView { allowed: true, not_shown: given - notes.len(), notes }
    }
}

fn briefed(room: &Room, op: &Op) -> Option<BriefedView> {
    let table = room.table();
    let seat = table.seat(&op.author()).filter(|seat| seat.role.writes() && op.room() == room.id())?;
    let stays = |removal: &Removal| removal.last.iter().any(|(last, _)| op.number() <= *last);
    let void = table.removed.get(&seat.key).is_some_and(|removal| !stays(removal));
    let Some(Body::Note(note)) = op.body().filter(|_| !void) else { return None };
    let held = room.op(&op.id()).is_some_and(|held| held.body().is_some());
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
        contradicted: room.contradicts(op),
    })
}
