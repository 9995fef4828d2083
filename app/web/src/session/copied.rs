//! What was last copied on this page, and in which room: pasted in another one, it is asked about first.

use std::cell::RefCell;
use std::sync::Arc;

use leptos::prelude::WithUntracked;

use super::talk;
use crate::talk_id::TalkId;

struct Copied {
    from: TalkId,
    /// Without blanks: how lines are set differs between what is copied and what is pasted.
    bare: String,
}

thread_local! {
    static COPIED: RefCell<Option<Copied>> = const { RefCell::new(None) };
}

/// Text was copied in a room.
pub fn copied(from: TalkId, text: &str) {
    COPIED.set(Some(Copied { from, bare: bare(text) }).filter(|copied| !copied.bare.is_empty()));
}

/// The room a text was copied from, if that is another one than this; its title.
pub fn copied_elsewhere(here: TalkId, text: &str) -> Option<Arc<str>> {
    let from = COPIED.with_borrow(|copied| {
        let copied = copied.as_ref().filter(|copied| copied.from != here)?;
        overlaps(&copied.bare, &bare(text)).then_some(copied.from)
    })?;
    Some(talk(from)?.view.with_untracked(|view| view.title.clone()))
}

fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Whether one is all of the other, or part of it. Nothing at all is part of nothing.
fn overlaps(copied: &str, pasted: &str) -> bool {
    !pasted.is_empty() && (copied.contains(pasted) || pasted.contains(copied))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_text_is_known_however_its_lines_are_set() {
        let copied = bare("Ninety days,\n\nnot more.");
        for pasted in ["Ninety days, not more.", "days,", "He said: Ninety days, not more. And left."] {
            assert!(overlaps(&copied, &bare(pasted)), "{pasted}");
        }
        for pasted in ["", "  ", "A hundred days"] {
            assert!(!overlaps(&copied, &bare(pasted)), "{pasted}");
        }
    }
}
