//! I2: a note held by one is at every seat entitled to it, byte for byte. And what a seat has once shown stays.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use record::OpId;

use crate::rooms::facts::Facts;
use crate::rooms::trace::short;
use crate::rooms::verdict::{Breach, Class};
use crate::rooms::view::{ShownOp, View};

/// Every note that one of these seats shows is shown by all of them that may read it, as it was written.
pub(crate) fn everywhere(views: &[View], facts: &Facts) -> Vec<Breach> {
    let shown: Vec<BTreeMap<OpId, &Arc<str>>> =
        views.iter().map(|view| view.notes().map(|(line, text)| (line.id, text)).collect()).collect();
    let mut held: BTreeMap<OpId, (&View, &ShownOp, &Arc<str>)> = BTreeMap::new();
    for view in views {
        for (line, text) in view.notes() {
            held.entry(line.id).or_insert((view, line, text));
        }
    }
    let mut breaches = Vec::new();
    for (id, (holder, line, text)) in held {
        for (view, shown) in views.iter().zip(&shown) {
            let entitled = facts.reads(&view.key, &line.origin) == Some(true);
            if !entitled || facts.may_lack(view, &line.author, line.number) || shown.get(&id) == Some(&text) {
                continue;
            }
            let (seat, holder, note) = (view.seat, holder.seat, beginning(text));
            let what = match shown.get(&id) {
                None if view.ops.iter().any(|line| line.id == id) => {
                    format!("{seat} holds only the header of note {note}, which {holder} shows")
                }
                None => format!("{seat} lacks note {note}, which {holder} shows"),
                Some(_) => format!("{seat} shows note {note} otherwise than {holder}"),
            };
            breaches.push(Breach::new(Class::Lost, "I2", what));
        }
    }
    breaches
}

/// The number of a note and who wrote it.
fn beginning(text: &str) -> String {
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// A seat still shows what it has shown, less what its store lost and what a removal made void.
pub(crate) fn still(view: &View, facts: &Facts) -> Option<Breach> {
    let shown: BTreeSet<OpId> = view.notes().map(|(line, _)| line.id).collect();
    let once = facts.shown.get(&view.seat)?;
    let gone =
        once.iter().find(|(id, (author, number))| !shown.contains(*id) && !facts.may_lack(view, author, *number));
    let (gone, _) = gone?;
    let what = format!("{} has shown note {} and does not any more", view.seat, short(&gone.0));
    Some(Breach::new(Class::Lost, "I2", what))
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{key, line, state, table};
    use super::*;

    #[test]
    fn a_note_missing_at_a_reader_trips() {
        let (mut views, facts) = table();
        assert_eq!(everywhere(&views, &facts), []);
        views[1].ops.remove(0);
        let breaches = everywhere(&views, &facts);
        assert!(breaches.iter().all(|breach| breach.class == Class::Lost) && !breaches.is_empty());
    }

    #[test]
    fn a_note_with_other_words_trips() {
        let (mut views, facts) = table();
        views[1].ops[0].text = Some("other words".into());
        assert!(!everywhere(&views, &facts).is_empty());
    }

    #[test]
    fn nobody_else_need_show_it() {
        let (mut views, mut facts) = table();
        facts.stands(state(2), [key(1), key(2)].into());
        let mut later = line(1, 2);
        later.origin = state(2);
        views[0].ops.push(later.clone());
        views[1].ops.push(later);
        assert_eq!(everywhere(&views, &facts), [], "Carol was not there");
        for view in &mut views {
            view.removed.insert(key(2), 0);
        }
        views[0].ops.retain(|line| line.author != key(2));
        assert_eq!(everywhere(&views, &facts), [], "what Bob said is void");
    }

    #[test]
    fn what_was_shown_must_stay() {
        let (mut views, mut facts) = table();
        facts.shows(&views[0]);
        assert_eq!(still(&views[0], &facts), None);
        views[0].ops.remove(2);
        assert!(still(&views[0], &facts).is_some());
        views[0].removed.insert(key(3), 0);
        assert_eq!(still(&views[0], &facts), None, "its author was removed");
    }
}
