//! I5: only those who sat in the state a note was written in can read it.

use crate::rooms::facts::Facts;
use crate::rooms::trace::short;
use crate::rooms::verdict::{Breach, Class};
use crate::rooms::view::View;

/// The seat shows no note that it is no reader of: none from before it came, none from after it was removed.
pub(crate) fn only_readers(view: &View, facts: &Facts) -> Option<Breach> {
    let stolen = view.notes().find(|(line, _)| facts.reads(&view.key, &line.origin) == Some(false))?;
    let what = format!("{} reads note {}, of whose state it was no seat", view.seat, short(&stolen.0.id.0));
    Some(Breach::new(Class::Diverged, "I5", what))
}

/// How many notes the seat reads although their author knew of its removal when writing: the tree had not followed yet.
pub(crate) fn read_while_leaving(view: &View, facts: &Facts) -> usize {
    let notes = view.notes().filter_map(|(_, text)| facts.notes.get(text));
    notes.filter(|note| note.author != view.key && note.removed.contains(&view.key)).count()
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{key, line, state, table, text};
    use super::*;
    use crate::rooms::facts::Note;

    #[test]
    fn readers_read() {
        let (views, facts) = table();
        assert_eq!(only_readers(&views[0], &facts), None);
        assert_eq!(read_while_leaving(&views[0], &facts), 0);
    }

    #[test]
    fn a_note_of_a_state_without_the_seat_trips() {
        let (mut views, mut facts) = table();
        facts.stands(state(2), [key(1), key(2)].into());
        let mut later = line(1, 2);
        later.origin = state(2);
        views[2].ops.push(later);
        assert!(only_readers(&views[2], &facts).is_some());
    }

    #[test]
    fn a_note_written_past_a_known_removal_is_counted() {
        let (mut views, mut facts) = table();
        let later = line(1, 2);
        facts.notes.insert(text(&later), Note { author: key(1), removed: [key(3)].into() });
        views[2].ops.push(later);
        assert_eq!(read_while_leaving(&views[2], &facts), 1);
    }
}
