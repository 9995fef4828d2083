//! What is said of briefings, in English.

use super::counted;
use crate::words::BriefingWords;

/// The sentences.
pub const BRIEFING: BriefingWords = BriefingWords {
    brief_newcomers: "Brief newcomers",
    what_it_does: "Gives notes from before to those who have come since, as their authors signed them. Everybody at the table reads \
                   what you give.",
    notes_to_give: "Which notes",
    show_earlier: "Show earlier notes",
    choose_some: "Choose a note to give.",
    too_much: |notes, kib| {
        format!(
            "That is too much for one briefing: at most {notes} notes, and {kib} KiB of them. Give them in parts; one longer than that cannot be given."
        )
    },
    give_them: "Give them",
    received_from: |name| vec!["Received by briefing from ".into(), name.into()],
    gave: |count| format!("Gave {} to those who came later", counted(count, "note from before", "notes from before")),
    notes: |count| counted(count, "note, signed by its author", "notes, each signed by its author"),
    contradicted: |name| {
        vec![
            name.into(),
            " signed something else in its place, and your browser holds that. Ask both which one was meant.".into(),
        ]
    },
    not_shown: |count| {
        counted(
            count,
            "note is not shown: it was not signed by anybody at this table, was never said, or does not count.",
            "notes are not shown: they were not signed by anybody at this table, were never said, or do not count.",
        )
    },
    not_allowed: "Gave notes from before. They are not shown, because the charter does not allow it.",
};
