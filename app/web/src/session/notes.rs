//! Rows of the notes: the list tells when notes come or move, each row when its note changes.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use leptos::prelude::{ArcRwSignal, Set, WithUntracked};
use record::OpId;
use talk::view::NoteView;

use crate::words::intl;

/// A note on the screen.
#[derive(Clone)]
pub struct NoteRow {
    /// Which note.
    pub id: OpId,
    /// The note; changes when more seats hold it.
    pub note: ArcRwSignal<Arc<NoteView>>,
    day: Arc<OnceLock<i64>>,
}

impl NoteRow {
    /// A number that all notes of one day have in common. The browser is asked once for each note.
    pub fn day(&self) -> i64 {
        *self.day.get_or_init(|| intl::day_number(self.note.with_untracked(|note| note.written_at)))
    }
}

/// Brings rows up to date with the notes. Returns a new list if notes came, went or moved, else `None`.
pub fn refresh_rows(rows: &[NoteRow], notes: &[Arc<NoteView>]) -> Option<Vec<NoteRow>> {
    let same_list = rows.len() == notes.len() && rows.iter().zip(notes).all(|(row, note)| row.id == note.id);
    if same_list {
        rows.iter().zip(notes).for_each(|(row, note)| refresh(row, note));
        return None;
    }
    let known: BTreeMap<OpId, &NoteRow> = rows.iter().map(|row| (row.id, row)).collect();
    let row_of = |note: &Arc<NoteView>| match known.get(&note.id) {
        Some(row) => {
            refresh(row, note);
            NoteRow::clone(row)
        }
        None => NoteRow { id: note.id, note: ArcRwSignal::new(Arc::clone(note)), day: Arc::default() },
    };
    Some(notes.iter().map(row_of).collect())
}

fn refresh(row: &NoteRow, note: &Arc<NoteView>) {
    let changed = row.note.with_untracked(|shown| !Arc::ptr_eq(shown, note) && shown != note);
    if changed {
        row.note.set(Arc::clone(note));
    }
}
