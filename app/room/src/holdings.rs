//! Who holds an op: asked of thousands of notes at a time, so what many of them have in common is looked up once.

use std::collections::BTreeMap;

use record::{AuthorKey, Op, StateId};

use crate::room::Room;

/// Tells who holds ops, as everything stands now.
pub struct Holdings<'a> {
    room: &'a Room,
    /// By the state an op was said in and its author.
    known: BTreeMap<(StateId, AuthorKey), Readers>,
}

/// Those who may read what an author said in one state, and are still at the table.
struct Readers {
    all: Vec<AuthorKey>,
    /// Up to which number each of them holds the author's ops; None where it has to be followed for each op.
    levels: Option<Vec<u64>>,
}

impl Room {
    /// Tells who holds ops, as everything stands now.
    pub fn holdings(&self) -> Holdings<'_> {
        Holdings { room: self, known: BTreeMap::new() }
    }

    /// How many readers hold the op, the author included, and how many readers it has. Readers taken away since do not count.
    pub fn held(&self, op: &Op) -> (usize, usize) {
        self.holdings().of(op)
    }
}

impl Holdings<'_> {
    /// How many readers hold the op, and how many it has: [`Room::held`].
    pub fn of(&mut self, op: &Op) -> (usize, usize) {
        let room = self.room;
        let readers = self.known.entry((op.origin(), op.author())).or_insert_with(|| Readers::of(room, op));
        let held = match &readers.levels {
            Some(levels) => levels.iter().filter(|level| **level >= op.number()).count(),
            None => {
                readers.all.iter().filter(|seat| room.has_in_any_case(seat, op) || room.is_held_by(op, seat)).count()
            }
        };
        (held, readers.all.len())
    }
}

impl Readers {
    fn of(room: &Room, op: &Op) -> Self {
        let (all, author) = (room.readers(op), op.author());
        let level = |seat: &AuthorKey| {
            if room.has_in_any_case(seat, op) {
                return u64::MAX;
            }
            let head = room.presence.get(seat).and_then(|presence| presence.vector.head(&author));
            // Until its head is held here too, nobody knows what leads there.
            head.filter(|head| room.record.op(&head.id).is_some()).map_or(0, |head| head.number)
        };
        let several = room.record.may_have_several_ends(&author);
        let levels = (!several).then(|| all.iter().map(level).collect());
        Self { all, levels }
    }
}

impl Room {
    fn has_in_any_case(&self, seat: &AuthorKey, op: &Op) -> bool {
        *seat == op.author() || *seat == self.me()
    }
}
