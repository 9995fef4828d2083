//! What an alarm means and what to do about it, in English.

use std::borrow::Cow;

use talk::view::{Alarm, AlarmView, Remedy};

use crate::words::{Phrase, Piece, Told};

/// Returns what to say about an alarm.
pub fn told(alarm: &AlarmView) -> Told {
    let title = match (alarm.what, alarm.you) {
        (Alarm::TwoVersions, false) => phrase(alarm, "Two versions of one note from NAME"),
        (Alarm::TwoVersions, true) => phrase(alarm, "Two versions of one note from your own seat"),
        (Alarm::RunsTwice, false) => phrase(alarm, "The seat of NAME seems to run twice"),
        (Alarm::RunsTwice, true) => phrase(alarm, "Your own seat seems to run twice"),
        (Alarm::OpenedElsewhere, _) => phrase(alarm, "This seat was opened elsewhere"),
        (Alarm::Restored, _) => phrase(alarm, "This browser went back to an older copy of your seat"),
        (Alarm::Rejoined, _) => phrase(alarm, "NAME is back, with new keys"),
        (Alarm::Overstepped, false) => phrase(alarm, "NAME tried what this seat may not do"),
        (Alarm::Overstepped, true) => phrase(alarm, "Your own seat tried what it may not do"),
    };
    let meaning = match (alarm.what, alarm.you) {
        (Alarm::TwoVersions, false) => {
            "The seat signed two different entries where there can be only one. It is an accident when their browser was \
             copied or set back to a backup. It is an attack when somebody else has their keys, or when NAME shows \
             different people different things. Both versions are kept and shown."
        }
        (Alarm::RunsTwice, false) => {
            "It said two things that one page alone never says. It is an accident when their browser was copied or set \
             back to a backup. It is an attack when somebody else has their keys: then they read along, and can write as \
             NAME. No note is lost."
        }
        (Alarm::TwoVersions | Alarm::RunsTwice, true) => {
            "Something was said with your keys that this page did not say. It is an accident when this browser was copied \
             or set back to a backup. It is an attack when somebody else has your keys: then they read along, and can \
             write as you. No note is lost."
        }
        (Alarm::OpenedElsewhere, _) => {
            "The same seat is now in use in another place, and this page has stopped. It is all right if that was you. It \
             is an attack if it was not: somebody else has your keys."
        }
        (Alarm::Restored, _) => {
            "The others have more from your seat than this browser had: it was set back to a backup, or a copy of it wrote \
             meanwhile. Nothing is lost: the others give back what is missing here."
        }
        (Alarm::Overstepped, false) => {
            "Every page at the table refused it, and nothing has come of it. A page of Nonpaper never tries such a thing: theirs \
             was altered, or somebody else has their keys. Then they read along, and can write as NAME."
        }
        (Alarm::Overstepped, true) => {
            "Every page at the table refused it, and nothing has come of it. This page never tries such a thing: somebody else \
             has your keys. Then they read along, and can write as you."
        }
        (Alarm::Rejoined, _) => {
            "Their seat had lost touch, and the others brought it back in. It is the same seat as before. That happens \
             after a long time away, and when a backup is opened in another browser. It is no attack by itself."
        }
    };
    Told { title, meaning: phrase(alarm, meaning), next_step: phrase(alarm, next_step(alarm)) }
}

fn next_step(alarm: &AlarmView) -> &'static str {
    match (alarm.what, alarm.you, alarm.remedy) {
        (_, false, Remedy::Done) => "The seat was removed meanwhile. There is nothing left to do.",
        (_, true, Remedy::Done) => "You are no longer at this table. There is nothing left to do.",
        (Alarm::Overstepped, false, Remedy::Remove) => {
            "Call NAME on a number you knew before. Unless they can explain it, remove the seat (under Seats)."
        }
        (Alarm::Overstepped, false, Remedy::AskConvener) => {
            "Call NAME on a number you knew before. Unless they can explain it, ask the convener to remove the seat."
        }
        (Alarm::Overstepped, false, Remedy::NewTalk) => {
            "Call NAME on a number you knew before. Unless they can explain it, write nothing more here, and start a new talk."
        }
        (Alarm::Overstepped, true, Remedy::Remove | Remedy::AskConvener) => {
            "Call the convener, leave this talk and ask for a new invitation."
        }
        (Alarm::Overstepped, true, Remedy::NewTalk) => {
            "Call the others, write nothing more here, and start a new talk."
        }
        (Alarm::TwoVersions | Alarm::RunsTwice, false, Remedy::Remove) => {
            "Call NAME on a number you knew before. If they can explain it, let them close the copy. If they cannot, \
             remove the seat (under Seats) and invite NAME again."
        }
        (Alarm::TwoVersions | Alarm::RunsTwice, false, Remedy::AskConvener) => {
            "Call NAME on a number you knew before. If they can explain it, let them close the copy. If they cannot, ask \
             the convener to remove the seat and to invite NAME again."
        }
        (Alarm::TwoVersions | Alarm::RunsTwice, false, Remedy::NewTalk) => {
            "Call NAME on a number you knew before. If they can explain it, let them close the copy. If they cannot, write \
             nothing more here, and start a new talk: this one has nobody who could let them in again."
        }
        (Alarm::TwoVersions | Alarm::RunsTwice, true, Remedy::Remove | Remedy::AskConvener) => {
            "If you know of a copy, close it. If you do not, call the convener, leave this talk and ask for a new \
             invitation."
        }
        (Alarm::TwoVersions | Alarm::RunsTwice, true, Remedy::NewTalk) => {
            "If you know of a copy, close it. If you do not, call the others, write nothing more here, and start a new talk."
        }
        (Alarm::OpenedElsewhere, _, Remedy::Remove | Remedy::AskConvener) => {
            "If it was you, go on there and close this page. If it was not, call the convener now: they can remove the \
             seat and invite you again."
        }
        (Alarm::OpenedElsewhere, _, Remedy::NewTalk) => {
            "If it was you, go on there and close this page. If it was not, call the others now, and start a new talk."
        }
        (Alarm::Restored, _, Remedy::Remove | Remedy::AskConvener) => {
            "Wait a moment until everything is here again: only then can this page send. If you set nothing back and know \
             of no copy, call the convener, leave this talk and ask for a new invitation."
        }
        (Alarm::Restored, _, Remedy::NewTalk) => {
            "Wait a moment until everything is here again: only then can this page send. If you set nothing back and know \
             of no copy, call the others, and start a new talk."
        }
        (Alarm::Rejoined, _, Remedy::Remove) => {
            "If you did not expect it, call NAME on a number you knew before, and compare digits (under Seats, Compare by \
             voice). If they differ, or the page of NAME has stopped, remove the seat and invite NAME again."
        }
        (Alarm::Rejoined, _, Remedy::AskConvener) => {
            "If you did not expect it, call NAME on a number you knew before, and compare digits (under Seats, Compare by \
             voice). If they differ, or the page of NAME has stopped, ask the convener to remove the seat and to invite \
             NAME again."
        }
        (Alarm::Rejoined, _, Remedy::NewTalk) => {
            "If you did not expect it, call NAME on a number you knew before, and compare digits (under Seats, Compare by \
             voice). If they differ, or the page of NAME has stopped, write nothing more here, and start a new talk."
        }
    }
}

/// Puts the name of the seat where the sentence says NAME.
fn phrase(alarm: &AlarmView, sentence: &'static str) -> Phrase {
    let name = || alarm.name.as_ref().map_or(Piece::from("somebody whose seat is not known here"), Piece::from);
    let mut phrase = Vec::new();
    for (index, words) in sentence.split("NAME").enumerate() {
        if index > 0 {
            phrase.push(name());
        }
        if !words.is_empty() {
            phrase.push(Piece::Words(Cow::Borrowed(words)));
        }
    }
    phrase
}

#[cfg(test)]
mod tests {
    use record::AuthorKey;

    use super::*;

    const REMEDIES: [Remedy; 4] = [Remedy::Remove, Remedy::AskConvener, Remedy::NewTalk, Remedy::Done];

    fn text(phrase: &Phrase) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Words(words) => words.to_string(),
            Piece::Name(name) | Piece::Party { name, .. } => format!("<{name}>"),
        };
        phrase.iter().map(piece).collect()
    }

    fn alarm(what: Alarm, you: bool, remedy: Remedy) -> AlarmView {
        AlarmView { what, seat: AuthorKey([1; 32]), you, name: Some("Leyla".into()), remedy, times: 1 }
    }

    #[test]
    fn every_alarm_says_what_it_is_what_it_means_and_one_step() {
        for what in Alarm::ALL {
            for you in [false, true] {
                for remedy in REMEDIES {
                    let told = told(&alarm(what, you, remedy));
                    for phrase in [&told.title, &told.meaning, &told.next_step] {
                        let text = text(phrase);
                        assert!(text.len() > 20 && !text.contains("NAME"), "{text}");
                        assert!(!you || !text.contains("<Leyla>") || what == Alarm::Rejoined, "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn only_who_may_is_told_to_remove_the_seat() {
        let step = |remedy| text(&told(&alarm(Alarm::RunsTwice, false, remedy)).next_step);
        assert!(step(Remedy::Remove).contains("remove the seat (under Seats) and invite <Leyla> again"));
        assert!(step(Remedy::AskConvener).contains("ask the convener to remove the seat"));
        assert!(step(Remedy::NewTalk).contains("start a new talk"));
        assert!(step(Remedy::Done).contains("nothing left to do"));
    }
}
