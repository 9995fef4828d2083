//! What is said of the app itself, in English.

use super::counted;
use crate::words::AboutWords;

/// The sentences.
pub const ABOUT: AboutWords = AboutWords {
    about: "About Nonpaper, and installing it",
    lead: "Nonpaper is free software: whoever has its source code can read how it is made, build it, and compare.",
    which_version: "Which version this is",
    version: "Version",
    commit: "Made from commit",
    compiler: "Compiler",
    fingerprint: "Fingerprint",
    looking: "Looking…",
    no_answer: "There is no connection just now, and this browser does not keep the page yet, so it cannot be told which version this is.",
    not_said: "This host does not say which version this is. Treat the page with care, and tell whoever runs it.",
    another_version: "A newer version is there, but this page still runs the one before. Reload to see which it is.",
    in_no_commit: "Parts of it are in no commit: nobody else can build this version and compare.",
    copy: "Copy the fingerprint",
    copied: "Copied.",
    copy_by_hand: "Your browser does not let the page copy. Select the fingerprint and copy it.",
    files: |count| counted(count, "file with its hash (SHA-256)", "files, each with its hash (SHA-256)"),
    what_it_proves: [
        "What comparing proves",
        "One commit and one compiler are meant to give the same files wherever they are built, so the same fingerprint. If yours is \
         the one that somebody you trust has built and read out to you, and the page is honest, then what you use is what they built.",
    ],
    what_it_does_not: [
        "What it does not prove",
        "This page says itself what it is made of. A host that serves you another page can have it say anything, can serve it \
         to you alone, and can serve another one tomorrow. Nor does the right fingerprint say that the code is good, or that \
         your computer is.",
    ],
    checked_from_outside: "Asking from outside is surer. On a computer you trust, with the source code of this commit and this compiler:",
    install: "Install it",
    what_installing_does: "Nonpaper then has an icon of its own and a window of its own. Nothing else changes: once it was opened, \
                           it opens without a network either way.",
    installed: "You are using it that way now.",
    ways_to_install: &[
        ("iPhone and iPad", "In Safari: Share, then “Add to Home Screen”."),
        ("Android", "In Chrome, Edge or Firefox: the menu, then “Install app” or “Add to Home screen”."),
        (
            "Chrome and Edge on a computer",
            "The install sign at the end of the address bar, or the menu, then “Install”.",
        ),
        ("Safari on a Mac", "File, then “Add to Dock”."),
        (
            "Firefox on a computer",
            "Keep a bookmark. Firefox installs pages on Windows alone, by a sign in the address bar.",
        ),
    ],
    iphones_keep_apart: "On iPhones and iPads the icon and the browser keep things apart: a talk begun in one is not in the other. \
                         Open the icon first, and paste the link of your invitation there.",
    licence: "Licensed under MIT or Apache-2.0, as you like.",
};
