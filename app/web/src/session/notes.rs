//! Rows of the notes: the list tells when notes come or move, each row when its note changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::{ArcRwSignal, Set, WithUntracked};
use record::OpId;
use talk::view::NoteView;

/// A note on the screen.
#[derive(Clone)]
pub struct NoteRow {
    /// Which note.
    pub id: OpId,
    /// The note; changes when more seats hold it.
    pub note: ArcRwSignal<Arc<NoteView>>,
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
        None => NoteRow { id: note.id, note: ArcRwSignal::new(Arc::clone(note)) },
    };
    Some(notes.iter().map(row_of).collect())
}

fn refresh(row: &NoteRow, note: &Arc<NoteView>) {
    let changed = row.note.with_untracked(|shown| !Arc::ptr_eq(shown, note) && shown != note);
    if changed {
        row.note.set(Arc::clone(note));
    }
}
