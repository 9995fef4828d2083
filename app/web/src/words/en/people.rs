//! Who people are and what they may do, in English.

use std::sync::Arc;

use record::{Release, Role, WhoAdmits};
use talk::view::Confirmed;

use super::counted;
use crate::words::{Phrase, Piece};

/// Returns the name of a role.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Convener => "Convener",
        Role::Head => "Head",
        Role::Adviser => "Adviser",
        Role::Interpreter => "Interpreter",
        Role::Observer => "Observer",
    }
}

/// Returns what a link of a role gives.
pub fn what_a_role_may(role: Role) -> &'static str {
    match role {
        Role::Convener => "Opened the talk and admits people.",
        Role::Head => "Speaks for the party, reads and writes.",
        Role::Adviser => "Advises the party, reads and writes.",
        Role::Interpreter => "Translates, reads and writes.",
        Role::Observer => "Reads from the moment of joining, does not write.",
    }
}

/// Returns what others may do with a note, to follow "This note is".
pub fn release(release: Option<Release>) -> &'static str {
    match release {
        None => "for this room only",
        Some(Release::Substance) => "to be conveyed in substance",
        Some(Release::Verbatim) => "to be shown word for word",
    }
}

/// Returns the rule of the talk. None: the convener is gone.
pub fn who_admits_here(who: Option<WhoAdmits>) -> &'static str {
    match who {
        None => "The convener is gone. In this talk heads of two parties together let people in, whole parties too.",
        Some(WhoAdmits::Convener) => {
            "In this talk the convener lets people in and takes seats away alone. A head lets people into the own party together with \
             the convener or another party's head."
        }
        Some(WhoAdmits::TwoSides) => {
            "In this talk two parties must agree to every new seat, once a second party has a head, and to take a seat of \
             another party away."
        }
    }
}

/// Returns what a role may do under the rule of the talk. None: the convener is gone.
pub fn what_a_role_may_do(role: Role, who: Option<WhoAdmits>) -> &'static str {
    match (role, who) {
        (Role::Convener, Some(WhoAdmits::Convener) | None) => "Reads and writes, lets people in and takes seats away.",
        (Role::Convener, Some(WhoAdmits::TwoSides)) => {
            "Reads and writes, lets people in and takes seats of other parties away together with a head of another party."
        }
        (Role::Head, None) => {
            "Reads and writes, lets people into the own party, and whole parties in, together with another party's head, takes \
             those of the own party away who are no heads."
        }
        (Role::Head, Some(_)) => {
            "Reads and writes, lets people into the own party together with the convener or another party's head, takes \
             those of the own party away. Heads of two parties together can take the convener away."
        }
        (Role::Adviser | Role::Interpreter, _) => "Reads and writes.",
        (Role::Observer, _) => "Reads, and writes nothing.",
    }
}

/// Returns who has to agree to somebody.
pub fn needs_second_key(name: &Arc<str>, from: &[Arc<str>]) -> Phrase {
    if from.is_empty() {
        return vec!["Nobody of another party is there who could agree to ".into(), name.into(), ".".into()];
    }
    let mut phrase: Phrase = vec!["You agreed to ".into(), name.into(), ". A second party has to agree too: ".into()];
    for (place, who) in from.iter().enumerate() {
        if place > 0 {
            phrase.push(" or ".into());
        }
        phrase.push(who.into());
    }
    phrase.push(".".into());
    phrase
}

/// Returns what is to be thought of before somebody of the same name comes in.
pub fn name_is_taken(name: &Arc<str>) -> Phrase {
    vec![
        "Somebody called ".into(),
        name.into(),
        " sits here already, or did. Make sure that this is the same person.".into(),
    ]
}

/// Returns what it means to let in somebody of a new party.
pub fn founds_a_party(party: &Arc<str>) -> Phrase {
    vec!["That makes ".into(), party.into(), " a party of its own, whose head is a second key beside yours.".into()]
}

/// Returns what another device of one's own is good for. None: the convener is gone.
pub fn how_to_sit_elsewhere(role: Role, who: Option<WhoAdmits>) -> &'static str {
    match (role, who) {
        (Role::Convener, Some(WhoAdmits::Convener)) => {
            "Open this link on your other device, type your name, and compare the digits on both screens yourself. That device gets a \
             seat of its own. If this one is lost, it and the head of another party together take this seat away."
        }
        (Role::Convener, _) => {
            "Open this link on your other device, type your name, and compare the digits on both screens yourself. That device gets a \
             seat of its own, once another party agrees. If this one is lost, it and the head of another party together take this \
             seat away."
        }
        (_, Some(_)) => {
            "Open this link on your other device, type your name, and compare the digits on both screens yourself. That device gets a \
             seat as adviser, once the convener or another party's head agrees: it reads and writes. If this one is lost, ask the \
             convener to take this seat away."
        }
        (_, None) => {
            "Open this link on your other device, type your name, and compare the digits on both screens yourself. That device gets a \
             seat of its own, once another party agrees. The convener is gone: the seat of a head that is lost cannot be taken away."
        }
    }
}

/// Returns who reads what is written.
pub fn who_can_read(parties: Vec<Piece>, seats: usize) -> Phrase {
    if seats <= 1 {
        return vec!["Only you can read this so far".into()];
    }
    let mut phrase: Phrase = vec!["Only ".into()];
    let last = parties.len().saturating_sub(1);
    for (index, party) in parties.into_iter().enumerate() {
        match index {
            0 => {}
            middle if middle < last => phrase.push(", ".into()),
            _ => phrase.push(" and ".into()),
        }
        phrase.push(party);
    }
    phrase.push(format!(" can read this: {}", counted(seats, "seat", "seats")).into());
    phrase
}

/// Returns who somebody at the door will be.
pub fn who_knocks(name: &Arc<str>, role: Role, party: &Arc<str>) -> Phrase {
    let role = match role {
        Role::Convener => ", convener for ",
        Role::Head => ", head for ",
        Role::Adviser => ", adviser for ",
        Role::Interpreter => ", interpreter for ",
        Role::Observer => ", observer for ",
    };
    vec![name.into(), role.into(), party.into()]
}

/// Returns how sure it is who somebody is.
pub fn confirmed(how: &Confirmed) -> Phrase {
    match how {
        Confirmed::You => vec!["Your own seat".into()],
        Confirmed::ByYou => vec!["Confirmed by you".into()],
        Confirmed::By(name) => vec!["Confirmed by ".into(), name.into()],
        Confirmed::FromYourLink => vec!["Confirmed by your link".into()],
        Confirmed::NotConfirmed => vec!["Not confirmed".into()],
    }
}
