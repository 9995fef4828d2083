//! What is said of the charter, in English.

use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;

use record::{Copies, FileTerms, Newcomers, Terms};

use super::people::who_admits_here;
use crate::words::intl::{bytes, day_and_time};
use crate::words::{CharterWords, Phrase};

/// The sentences.
pub const CHARTER: CharterWords = CharterWords {
    charter: "Charter",
    when_it_has_ended: "When the talk has ended",
    copies: |copies| match copies {
        Copies::Kept => "Everybody keeps their copy".to_owned(),
        Copies::DeletedAfter(days) => format!("Every page deletes its copy after {}", counted(days)),
        Copies::OffTheRecord => "Off the record: hidden at once, deleted within a week".to_owned(),
    },
    copies_mean: |copies| match copies {
        Copies::Kept => "All of it stays readable for everybody who was at the table.",
        Copies::DeletedAfter(_) => "Until then it stays readable.",
        Copies::OffTheRecord => {
            "Every page hides the notes as soon as it hears of the end, deletes them within a week, and does not print them before."
        }
    },
    who_comes_later: "People who join later",
    newcomers: |newcomers| match newcomers {
        Newcomers::Nothing => "See nothing from before",
        Newcomers::Briefed => "Can be given notes from before",
    },
    newcomers_mean: |newcomers| match newcomers {
        Newcomers::Nothing => "What was written before stays with those who were at the table.",
        Newcomers::Briefed => {
            "The convener or a head chooses notes and gives them, as their authors signed them. Everybody sees which. Only notes \
             written under this rule can be given."
        }
    },
    which_files: "Files",
    files: |terms| match terms {
        FileTerms::Any => "Any can be given".to_owned(),
        FileTerms::Documents(megabytes) => format!("Documents, pictures and recordings up to {}", in_bytes(megabytes)),
        FileTerms::None => "None can be given".to_owned(),
    },
    files_mean: |terms| match terms {
        FileTerms::Any => "Nobody is kept from giving a program.",
        FileTerms::Documents(_) => {
            "Told by the endings of their names, as .pdf, .docx, .jpg or .mp3. Nobody looks at what is inside."
        }
        FileTerms::None => "Notes only.",
    },
    pages_keep_to_it: "Pages keep to this by themselves once they hear of the end; those of people who left before do not. Nobody can be \
                       made to: whoever reads a note can copy it by hand.",
    told: |told| {
        let who = who_admits_here(told.who_admits_now());
        [
            "When you are let in, you sign the charter:".to_owned(),
            who.to_owned(),
            after_the_end(told.terms),
            match told.terms.newcomers {
                Newcomers::Nothing => "You are shown nothing that was written before you came in.".to_owned(),
                Newcomers::Briefed => {
                    "You are shown nothing that was written before you came in, unless the convener or a head gives it to you."
                        .to_owned()
                }
            },
            files(told.terms.files),
        ]
    },
    in_force: |terms| {
        let newcomers = format!("People who join later {}.", newcomers(terms.newcomers));
        [after_the_end(terms), newcomers, files(terms.files)]
    },
    not_signed: "You have not signed the charter of this talk yet.",
    sign_the_charter: "Sign the charter",
    change_the_charter: "Change the charter",
    what_changing_takes: "A change holds once a head, or the convener, of each party has signed it. Until then all stays as it is.",
    propose_it: "Propose it",
    as_it_is: "That is what the charter says now.",
    proposes: |name, terms| {
        vec![name.into(), " proposes to change the charter: ".into(), in_one_sentence(terms).into()]
    },
    you_propose: |terms| format!("You propose to change the charter: {}", in_one_sentence(terms)),
    awaited: |parties| {
        let mut phrase: Phrase = vec!["Not signed yet by ".into()];
        phrase.extend(list(parties));
        phrase.push(".".into());
        phrase
    },
    sign_the_change: "Sign the change",
    end_this_talk: "End this talk",
    end_question: "End this talk?",
    ending: [
        "Nobody can write any more, in the plenary or in a side room, and nobody can be let in. Everybody is told.",
        "This cannot be taken back. To go on, somebody opens a new talk.",
    ],
    ending_off_the_record: "It is off the record: every page hides the notes at once and deletes them within a week.",
    ask_to_end_it: "Ask to end it",
    asking_to_end: [
        "Everybody is told that you want this talk to end. It ends once somebody who decides for another party says so too.",
        "This cannot be taken back.",
    ],
    end_it: "End it",
    want_it_to_end: |names| {
        let mut phrase = list(names);
        let one = names.len() == 1;
        phrase.push(if one { " wants this talk to end." } else { " want this talk to end." }.into());
        phrase.push(
            " It ends once somebody who decides for another party says so too, by “End this talk” in the charter."
                .into(),
        );
        phrase
    },
    has_ended: |names| {
        let mut phrase = list(names);
        phrase.push(if names.len() == 1 { " has ended this talk." } else { " have ended this talk." }.into());
        phrase
    },
    after_the_end: |copies, at| match copies {
        Copies::Kept => "Nobody writes any more. Your copy stays here until you delete it.".to_owned(),
        Copies::DeletedAfter(_) => format!(
            "Nobody writes any more. This page deletes your copy on {}, or when it is next opened after that.",
            day_and_time(at)
        ),
        Copies::OffTheRecord => format!(
            "It was off the record: its notes are not shown any more. This page deletes them as soon as everybody has heard of \
             the end, on {} at the latest, or when it is next opened after that.",
            day_and_time(at)
        ),
    },
    delete_my_copy: "Delete my copy",
    deleting_means: "This deletes the notes of all rooms of this talk, your seat and its keys from this browser, for good.",
    delete_it: "Delete it",
    the_talk_has_ended: "The talk has ended",
    copy_was_deleted: "Your copy is deleted from this browser, as the charter of the talk says.",
    you_deleted_your_copy: "Your copy is deleted from this browser. Nothing of the talk is kept here.",
};

fn after_the_end(terms: Terms) -> String {
    format!("When the talk has ended, {}.", copies(terms.copies))
}

fn in_one_sentence(terms: Terms) -> String {
    let (copies, newcomers, files) = (copies(terms.copies), newcomers(terms.newcomers), files(terms.files));
    format!("when the talk has ended, {copies}; people who join later {newcomers}. {files}")
}

/// What the charter says of files.
pub fn files(terms: FileTerms) -> String {
    match terms {
        FileTerms::Any => "Files: any can be given.".to_owned(),
        FileTerms::Documents(megabytes) => {
            format!("Files: only documents, pictures and recordings of up to {}.", in_bytes(megabytes))
        }
        FileTerms::None => "Files: none can be given.".to_owned(),
    }
}

fn in_bytes(megabytes: NonZeroU32) -> String {
    bytes(u64::from(megabytes.get()) * 1_000_000)
}

fn newcomers(newcomers: Newcomers) -> &'static str {
    match newcomers {
        Newcomers::Nothing => "see nothing from before",
        Newcomers::Briefed => "can be given notes from before",
    }
}

fn copies(copies: Copies) -> String {
    match copies {
        Copies::Kept => "everybody keeps their copy".to_owned(),
        Copies::DeletedAfter(days) => format!("every page deletes its copy after {}", counted(days)),
        Copies::OffTheRecord => {
            "every page hides its copy at once and deletes it within a week: it is off the record".to_owned()
        }
    }
}

fn counted(days: NonZeroU16) -> String {
    super::counted(days.get().into(), "day", "days")
}

/// "A", "A and B", "A, B and C".
fn list(names: &[Arc<str>]) -> Phrase {
    let mut phrase = Phrase::new();
    for (place, name) in names.iter().enumerate() {
        if place > 0 {
            phrase.push(if place + 1 == names.len() { " and " } else { ", " }.into());
        }
        phrase.push(name.into());
    }
    phrase
}
