//! I4: who is shown as the author wrote it.

use crate::rooms::facts::Facts;
use crate::rooms::trace::short;
use crate::rooms::verdict::{Breach, Class};
use crate::rooms::view::View;

/// Every note shown under an honest name was written by that seat, in those words.
pub(crate) fn signed(view: &View, facts: &Facts) -> Option<Breach> {
    let false_note = view.notes().find(|(line, text)| match facts.notes.get(*text) {
        Some(note) => note.author != line.author,
        None => facts.honest.contains(&line.author),
    })?;
    let what = format!("{} shows note {}, which its author never wrote", view.seat, short(&false_note.0.id.0));
    Some(Breach::new(Class::Diverged, "I4", what))
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{key, line, table};
    use super::*;

    #[test]
    fn what_was_written_is_fair() {
        let (views, facts) = table();
        assert_eq!(signed(&views[0], &facts), None);
    }

    #[test]
    fn another_author_other_words_or_an_invention_trips() {
        let (mut views, facts) = table();
        views[0].ops[0].author = key(2);
        assert!(signed(&views[0], &facts).is_some());
        views[1].ops[0].text = Some("never said".into());
        assert!(signed(&views[1], &facts).is_some());
        views[2].ops.push(line(1, 2));
        assert!(signed(&views[2], &facts).is_some());
    }

    #[test]
    fn what_a_hostile_member_says_is_its_own() {
        let (mut views, mut facts) = table();
        facts.honest.remove(&key(1));
        views[2].ops.push(line(1, 2));
        assert_eq!(signed(&views[2], &facts), None);
    }
}
