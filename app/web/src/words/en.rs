//! The sentences in English.

mod about;
mod alarms;
mod briefing;
mod charter;
mod connection;
mod files;
mod keeping;
mod people;

use talk::invitation::InvitationError;
use talk::view::TurnedAway;

use self::about::ABOUT;
use self::briefing::BRIEFING;
use self::charter::CHARTER;
use self::connection::CONNECTION;
use self::files::FILES;
use self::keeping::{kept_under, room_in_this_browser};
use self::people::{
    confirmed, founds_a_party, how_to_sit_elsewhere, name_is_taken, needs_second_key, release, role, what_a_role_may,
    what_a_role_may_do, who_admits_here, who_can_read, who_knocks,
};
use super::intl::{Plural, day_and_time, number, plural};
use super::{ChangeWords, Phrase, Piece, Words};
use crate::session::{Backed, NoSecret};

/// English.
pub static WORDS: Words = Words {
    nonpaper: "Nonpaper",
    back_to_start: "Back to the start page",
    close: "Close",
    cancel: "Cancel",
    role,

    what_this_is: [
        "A place where parties who do not trust each other exchange notes and files.",
        "Only the people at the table can read what is written. The computer in the middle passes on what they exchange \
         without being able to read it, and keeps nothing.",
    ],
    start_a_talk: "Start a talk",
    title_of_the_talk: "Title of the talk",
    your_name: "Your name",
    your_party: "Your party",
    party_hint: "The side you sit with, such as a delegation or an office.",
    who_admits: "Who admits",
    the_convener: "The convener",
    the_convener_means: "You let people in, and take seats away, by yourself.",
    two_sides: "Two sides must agree",
    two_sides_means: "You let the first other party in by yourself. From then on every new seat needs two parties to agree, and \
                      so does taking a seat of another party away.",
    open_the_talk: "Open the talk",
    i_have_an_invitation: "I have an invitation",
    paste_it_here: "Paste the link here",
    open_the_invitation: "Use the link",
    your_talks: "Your talks",
    paste_first: "Please paste the link first.",
    asking_as: |name, party| vec!["Asking as ".into(), name.into(), " of ".into(), party.into()],
    invitation_is_gone: "The invitation is not kept here. Please open the link you were sent once more.",
    what_the_relay_sees: "The computer in the middle sees from which network addresses, when and roughly how much is sent, never \
                          what. Whoever runs this website could change the page so that it shows them your notes. Use an \
                          address run by somebody you trust.",
    talk_is_gone: "This browser does not have that talk. If nothing was kept of it, your seat is gone: ask the person who \
                   opened the talk for a new invitation. If you opened it yourself, nobody can be let in any more: start a \
                   new talk.",
    fill_in_all: "Please fill in every line.",
    too_long: |what, letters| {
        format!("“{what}” is too long. Please shorten it by about {}.", counted(letters, "letter", "letters"))
    },
    names_are_one_line: "A title, a name or a party holds invisible control characters. Please type it anew.",
    not_opened: "That did not work, and nothing was sent. Please try again.",

    how_kept: "How this browser keeps the talk",
    this_browser_only: "This browser only",
    this_browser_only_means: "It is here again after closing or restarting the browser. It is encrypted on the disk, but \
                              whoever can use this browser as you can open it.",
    passphrase: "Passphrase",
    passphrase_means: "As above, but it opens only with a passphrase. It locks when nobody uses it.",
    passphrase_hint: "At least 12 characters; several words are easier to remember. Nobody can tell it you again.",
    passphrase_again: "Passphrase once more",
    passphrase_too_short: "The passphrase is too short. Please take at least 12 characters.",
    passphrases_differ: "The two passphrases are not the same.",
    passkey: "Passkey",
    passkey_means: "As above, but it opens only with a passkey: your fingerprint, your face, a PIN or a security key. It locks \
                    when nobody uses it.",
    no_secret: |why| match why {
        NoSecret::NotGiven => "No passkey was given. Nothing is lost or changed: try again, or take another way.",
        NoSecret::Unable => "This passkey cannot do it. Nothing is lost or changed: take another one, or another way.",
    },
    nothing_is_kept: "Nothing is kept",
    nothing_is_kept_means: "When this tab is closed or reloaded, your seat and all notes are gone from here. The others keep \
                            their copies.",
    nothing_is_kept_banner: "Nothing is kept here: when this tab is closed or reloaded, your seat and all notes are gone.",
    no_storage_banner: "This browser offers no storage here, as in private windows: nothing is kept. When this tab is closed \
                        or reloaded, your seat and all notes are gone.",
    storage_gone_banner: "The browser has deleted what it kept of your talks. They go on in this tab only: when it is closed \
                          or reloaded, your seat and all notes are gone.",
    storage_fails: "The browser cannot write to its storage: most often because the disk is full. Until it can, nothing new is \
                    shown or sent. Nothing is lost while this tab stays open: make room on the disk, then try again.",
    try_again: "Try again",
    store_was_deleted: "What this browser kept of your talks was deleted, by the browser or by somebody who uses it. To come \
                        back into a talk, ask for a new invitation.",
    this_browser: "This browser",
    kept_by_browser: "This browser keeps your talks, encrypted on the disk. Whoever can use it as you can open them.",
    kept_under,
    unreadable_talks: |count| {
        counted(
            count,
            "talk that is kept here cannot be read by this version of the page.",
            "talks that are kept here cannot be read by this version of the page.",
        )
    },
    room_in_this_browser,

    how_talks_are_kept: "How this browser keeps your talks",
    nothing_to_change: "Nothing is kept here. How talks are to be kept is chosen when the first one begins.",
    set_passphrase: ChangeWords {
        what: "Use a passphrase",
        means: "From then on the talks open only with the passphrase, or with a recovery code that is shown next, and lock when \
                nobody uses them. Traces of the key used until now may stay on the disk for some time.",
        done: "The talks now open only with your passphrase, or with the recovery code.",
    },
    change_passphrase: ChangeWords {
        what: "Change the passphrase",
        means: "The passphrase you have now will no longer work. The recovery code stays as it is.",
        done: "The new passphrase works from now on.",
    },
    add_passphrase: ChangeWords {
        what: "Add a passphrase",
        means: "The talks then open with the passphrase as well as with the passkey. The recovery code stays as it is.",
        done: "The passphrase works from now on, beside the passkey.",
    },
    drop_passphrase: ChangeWords {
        what: "Take the passphrase away",
        means: "The talks then open with the passkey only, or with the recovery code.",
        done: "The passphrase no longer works.",
    },
    set_passkey: ChangeWords {
        what: "Use a passkey",
        means: "From then on the talks open only with a passkey of this device or with a security key, or with a recovery code \
                that is shown next, and lock when nobody uses them. Traces of the key used until now may stay on the disk for \
                some time.",
        done: "The talks now open only with your passkey, or with the recovery code.",
    },
    add_passkey: ChangeWords {
        what: "Add a passkey",
        means: "The talks then open with the passkey as well as with the passphrase. The recovery code stays as it is.",
        done: "The passkey works from now on, beside the passphrase.",
    },
    other_passkey: ChangeWords {
        what: "Use another passkey",
        means: "The passkey you have now will no longer work. The recovery code stays as it is.",
        done: "The new passkey works from now on.",
    },
    drop_passkey: ChangeWords {
        what: "Take the passkey away",
        means: "The talks then open with the passphrase only, or with the recovery code.",
        done: "The passkey no longer works.",
    },
    new_code: ChangeWords {
        what: "Make a new recovery code",
        means: "The code you have now will no longer work.",
        done: "The new recovery code works from now on. Destroy the one from before.",
    },
    browser_only: ChangeWords {
        what: "Back to this browser only",
        means: "The talks then open without being asked for anything, and do not lock: whoever can use this browser as you can \
                open them. Every other way to open them is deleted.",
        done: "The talks now open by themselves in this browser.",
    },
    present_passphrase_or_code: "Present passphrase or recovery code",
    empty_for_the_passkey: "Leave this empty to show your passkey instead.",
    new_passphrase: "New passphrase",
    new_passphrase_again: "New passphrase once more",
    changing: "One moment…",
    wrong_passphrase_or_code: "That is neither the passphrase nor the recovery code.",
    not_changed: "This browser could not do it. All is as it was. Close other tabs and programs, and try again.",
    not_changed_yet: "Nothing is changed until the code is written down.",
    lock_after: "Lock when nobody has used this page for",
    minutes: |minutes| counted(minutes, "minute", "minutes"),

    backup_file: "Backup file",
    what_a_backup_is: "A file with your seats and all that your talks hold, sealed under a passphrase of its own. With it you \
                       can go on in another browser when this one is lost.",
    save_a_backup: "Save a backup",
    who_has_the_backup: "Whoever has the file and its passphrase can read all of it and take your seats. Keep the two apart. \
                         Nobody can open the file without the passphrase.",
    passphrase_of_backup: "Passphrase for the file",
    passphrase_of_backup_again: "Passphrase for the file once more",
    sealing: "Sealing the file…",
    save_the_file: "Save the file",
    backup_is_made,
    backup_failed: "The file could not be made. Nothing has changed. Please try again.",
    open_a_backup: "Open a backup",
    what_opening_does: "For when the old browser is lost. If your seat is still open there, it stops there.",
    file: "File",
    passphrase_of_the_file: "Passphrase of the file",
    open_the_file: "Open the file",
    choose_a_file: "Please choose a file that this browser can read.",
    not_a_backup: "This file is not a backup made by Nonpaper.",
    backup_is_damaged: "This file is damaged or cut off. Nothing of it was taken. Please look for another copy of it.",
    wrong_passphrase_of_backup: "This passphrase does not open the file.",
    all_here_already: "Everything in this file is here already.",
    restored: "This is from a backup. You can read it. You can write as soon as somebody else of the talk is online and \
               this browser has been let back in, which happens by itself.",
    read_only_for_now: "from a backup, read only for now",

    lock: "Lock (Ctrl+Shift+L)",
    locked: "Locked",
    unlock: "Unlock",
    unlocking: "Unlocking…",
    wrong_passphrase: "That is not the passphrase.",
    cannot_unlock: "This browser could not do it. Close other tabs and programs, and try again. Nothing is lost.",
    use_the_code: "Use the recovery code",
    use_the_passphrase: "Use the passphrase",
    use_the_passkey: "Use the passkey",
    unlock_by_passkey: "Unlock with the passkey",
    recovery_code: "Recovery code",
    wrong_code: "That is not the recovery code.",
    write_down_the_code: "Write this code down",
    what_the_code_is_for: "With it you come in when the passphrase is forgotten or the passkey lost. It is shown only now. Keep \
                           it on paper, where nobody else finds it.",
    last_group: "The last group of the code",
    last_group_hint: "The last four characters, as you wrote them down.",
    not_the_last_group: "That is not the last group. Please compare what you wrote down.",
    it_is_written_down: "It is written down",
    open_in_another_tab: "Open in another tab",
    one_tab_at_a_time: "Your talks are open in another tab of this browser. Only one tab can have them at a time.",
    use_here: "Use here",
    cannot_be_opened: "Your talks cannot be opened",
    cannot_be_read: "The browser could not read its storage just now. Nothing of it is lost. Close other tabs and programs, and \
                     try again.",
    store_is_damaged: "What is on the disk is not what this page wrote last: it is damaged, or somebody has changed it. Nothing \
                       of it is shown.",
    after_damage: "The others still have the notes. If you have a copy of the browser's profile from before, close the browser \
                   and put that back. Otherwise delete what is here and ask for a new invitation.",
    written_by_newer: "What is on the disk was written by a newer version of this page.",
    reload_for_newer: "Reload the page to get the newer version. Nothing is lost.",
    is_deleted_now: "Everything is being deleted. Leave this page open until it is done.",
    leave_this_computer: "Leave this computer",
    leaving_deletes: "This deletes your seat, all notes and all keys from this browser, for good. The others keep their copies.",
    delete_all: "Delete all",
    not_all_deleted: "The browser did not delete everything. Please clear the data of this site in the browser's settings.",

    you_are_invited: "You are invited to a talk",
    how_joining_goes: "Say who you are. Then you and the person who invited you compare twelve digits by voice, and \
                       they let you in.",
    earlier_notes_will_not_be_shown: "Notes written before you join are not shown to you, unless somebody at the table gives them to you.",
    only_notes_in_sight_are_drawn: "The browser's own search finds the notes around those you see.",
    ask_to_join: "Ask to join",
    bad_invitation,
    waiting_to_be_admitted: "Waiting to be admitted",
    you_ask_as: |name, party| vec!["You ask as ".into(), name.into(), " of ".into(), party.into(), ".".into()],
    door_digits: "Door digits",
    read_the_digits: "Call the person who invited you on a phone number you knew before you got this link, and read \
                      them these digits. They let you in if theirs are the same.",
    a_second_side_may_have_to_agree: "In some talks a second side has to agree as well. That can take a while after the digits \
                                      were compared; this page goes on by itself.",
    digits_are_coming: "The person who invited you is there. The digits to compare come in a moment.",
    inviter_is_away: "The person who invited you does not answer yet. This page waits, and goes on by itself when they come.",
    keep_this_tab_open: "Keep this tab open: closing or reloading it, you would have to ask again.",
    knock_is_kept: "If you close this page, your place at the door is kept: open it again, and it goes on.",
    stop_asking: "Stop asking",
    turned_away,
    the_door_stays_shut: "You were not let in",

    connection: CONNECTION,
    about: ABOUT,
    charter: CHARTER,
    briefing: BRIEFING,
    files: FILES,

    invite: "Invite",
    rooms: "Rooms",
    plenary: "Plenary",
    new_side_room: "New side room",
    what_a_side_room_is: "Only those you choose can read what is written there, with keys of its own. The pages of the others do not \
                          show it; who looks closely can see that you called somebody, not whom. It opens for each of them as soon as their page and yours are \
                          online.",
    name_of_the_room: "Name of the room",
    who_sits_in_it: "Who sits in it with you",
    open_the_room: "Open the room",
    choose_somebody: "Please choose at least one person.",
    nobody_to_call: "Nobody else who writes sits at the table yet.",
    side_room_that_opens: "A side room",
    others_may_carry_it: "This note is",
    side_room_of: |title| vec!["Side room of ".into(), title.into()],
    release,
    convey: "Convey\u{2026}",
    convey_to_another_room: "Convey to another room",
    to_which_room: "To which room",
    choose_a_room: "Please choose the room.",
    how_it_is_said_there: "How it is said there",
    in_my_words: "In my words",
    what_in_my_words_means: "You write what is to be known. Whose thought it was they learn only if you say so.",
    word_for_word: "Word for word",
    what_word_for_word_means: "The text as it stands, with its author's name.",
    only_the_substance: "Its author lets others convey what it says, in their own words.",
    author_not_known_there: "Who wrote it does not sit in the plenary under a name that is known there. It can be carried in your words only.",
    this_is_what_leaves: "This is what leaves",
    say_it_first: "Please write what is to be known in the other room.",
    conveyed_in_own_words: "Conveyed from another room",
    conveyed_word_for_word: |author, written_at| {
        vec![
            author.into(),
            " wrote this in another room, ".into(),
            day_and_time(written_at).into(),
            ", as the sender tells".into(),
        ]
    },
    nothing_else_leaves: "Nothing else leaves: not the name of this room, nor who sits in it.",
    convey_it: "Convey it",
    what_labels_cannot: "What its author allows is a request to the others. Whoever reads a note can always retype it.",
    you_are_called: "You were called into a side room.",
    room_is_opening: "It opens in a moment.",
    room_opens_later: "It opens by itself once the page of the person who called you is online.",
    back_to_the_plenary: "Back to the plenary",
    other_talks: "Other talks",
    start_page: "Start page",
    unread_notes: |count| counted(count, "unread note", "unread notes"),

    notes: "Notes",
    new: "New",
    jump_to_new: |count| counted(count, "new note", "new notes"),
    // "1 of 1 seats" reads well enough, and one wording is easier to find.
    held_by: |held, readers| format!("Held by {} of {}", number(held), counted(readers, "seat", "seats")),
    you_wrote: "(you)",
    earlier_notes_are_not_shown: |count| {
        counted(count, "entry from before you joined is not shown.", "entries from before you joined are not shown.")
    },
    earlier_notes_come: |count| {
        counted(count, "earlier note comes when you scroll up.", "earlier notes come when you scroll up.")
    },
    show_all_notes: "Show all now",
    nobody_else_yet: "Nobody else is here yet",
    how_to_begin: "Invite the other side: make a link, send it to them, and compare digits by voice when they knock.",
    make_a_link: "Make a link",
    no_notes_to_read: "No notes since you joined.",
    no_notes_yet: "No notes yet. The first one can be yours.",

    write: "Write",
    who_can_read,
    still_reads: |name| vec![name.into(), " can still read what you write until the keys have changed. ".into()],
    write_a_note: "Write a note",
    send: "Send",
    copied_in: |room| {
        vec![
            "This text was copied in another room, ".into(),
            room.into(),
            ". Should those read it who can read here?".into(),
        ]
    },
    paste_it: "Paste it here",
    do_not_paste: "Do not paste",
    send_keys: "Enter makes a new line, Ctrl+Enter sends",
    note_too_long: |bytes, most| {
        format!(
            "This note is too long to send: {} bytes, and a note may have {} (64 KiB). Your text is kept: shorten it, or \
             send it in parts.",
            number(bytes),
            number(most)
        )
    },
    not_sent: "This could not be sent now. Your text is kept: please try again.",
    observers_only_read: "You sit here as an observer: you read along, and do not write.",
    catching_up: |writes| {
        if writes {
            "Catching up: this page asks the others to bring this seat back in. What you write is kept and sent."
        } else {
            "Catching up: this page asks the others to bring this seat back in. It goes on by itself."
        }
    },

    no_longer_at_the_table: "You are no longer at this table",
    removed: |by| match by {
        Some(by) => vec!["You are no longer at this table: ".into(), by.into(), " took your seat away.".into()],
        None => vec!["You are no longer at this table: you left the talk.".into()],
    },
    void_notes: |count| {
        counted(
            count,
            "note you wrote after that is not taken by the others.",
            "notes you wrote after that are not taken by the others.",
        )
    },
    after_removal: "What is here stays readable. Nothing new arrives. To come back, ask \
                    somebody at the table for a new invitation.",
    opened_elsewhere: "This seat was opened elsewhere",
    after_opened_elsewhere: "This page has stopped: nothing is sent from here, and nothing new arrives. What is here stays \
                             readable.",
    what_you_were_writing: "What you were writing",

    warnings: "Warnings",
    so_many_warnings: |count| counted(count, "warning", "warnings"),
    alarm: alarms::told,
    dismiss: "Dismiss",

    remove: "Remove",
    remove_whom: |name| format!("Remove {name}"),
    remove_question: |name| vec!["Remove ".into(), name.into(), "?".into()],
    removing: [
        "Their seat is shut out with the next change of keys, which takes a moment, and reads nothing written after it. \
         What they have received so far stays with them, and their notes stay here.",
        "The seat cannot be given back. To let the same person in again, send them a new link and compare digits again.",
    ],
    asking_to_remove: [
        "No party takes a seat of another party away alone. The others are told that you ask for it; the seat stays until \
         a second party asks for the same. For the seat of a head, one of the two has to be the convener.",
        "What you ask for cannot be taken back.",
    ],
    asks_to_remove: |name| {
        vec![name.into(), " asks for this seat to be taken away. A second party has to agree.".into()]
    },
    until_it_is_decided: "Should another party agree, what you write from now on will not count.",
    you_asked_to_remove: "You asked for this seat to be taken away. A second party has to agree.",
    sit_elsewhere: "Sit on another device too",
    leave_this_talk: "Leave this talk",
    leave_this_room: "Leave this room",
    leave: "Leave",
    leave_question: "Leave this talk?",
    leave_room_question: "Leave this room?",
    leaving_a_room: [
        "What is here stays readable, but nothing new arrives, and you can write nothing more here. The others keep your \
         notes. In the talk you stay.",
        "To come back somebody has to open another room with you.",
    ],
    leaving: [
        "What is here stays readable, but nothing new arrives, and you can write nothing more. The \
         others keep your notes.",
        "To come back you need a new invitation.",
    ],
    leaving_as_convener: [
        "What is here stays readable, but nothing new arrives, and you can write nothing more. The \
         others keep your notes and go on without you.",
        "You opened this talk: once you have left, heads of two parties together let people in, and nobody takes the seat of a head \
         away any more. Your open links stop working.",
    ],
    not_done: "This could not be done now. Please try again.",

    compare_by_voice: "Compare by voice",
    your_number_with: |name| format!("Your number with {name}"),
    it_is_the_same: "It is the same",
    take_it_back: "Take it back",
    how_to_compare_with: |name| {
        vec![
            "Call ".into(),
            name.into(),
            " on a number you knew before, and read out these digits: the page of ".into(),
            name.into(),
            " shows the same ones at your seat, or somebody stands between you.".into(),
        ]
    },
    room_number: "Room number",
    after_key_changes: |count| format!("After key change {}:", number(count)),
    how_to_compare_the_room: "Read these digits out in a call: whoever shows the same key change must show the same \
                              digits, or somebody stands between you. They change with every key change; then begin \
                              again.",

    seats: "Seats",
    here: "here",
    confirmed,
    heard: |ago| format!("heard {ago}"),
    heard_just_now: "heard just now",
    not_heard_yet: "not heard yet",
    who_may_do_what: "Who may do what",
    who_admits_here,
    what_a_role_may_do,

    at_the_door: "At the door",
    who_knocks,
    says_to_be_of: |claimed, party| {
        vec![
            "They wrote “".into(),
            claimed.into(),
            "” as their party. You made this link for ".into(),
            party.into(),
            ", so they will sit with ".into(),
            party.into(),
            ".".into(),
        ]
    },
    compare_the_digits: |name| {
        vec![
            "When ".into(),
            name.into(),
            " calls, or you call the number you know, let them read their digits first. Admit only if they are the same \
             as these."
                .into(),
        ]
    },
    digits_are_being_made: "The digits to compare come in a moment.",
    has_left_the_door: |name| vec![name.into(), " is no longer at the door.".into()],
    is_at_the_door: |name| vec![name.into(), " is at the door".into()],
    go_to_the_door: "Go to the door",
    admit: |name| vec!["Admit ".into(), name.into()],
    decline: |name| vec!["Decline ".into(), name.into()],
    admitting: |name| vec![name.into(), " is being let in…".into()],
    needs_second_key,
    name_is_taken,
    founds_a_party,
    link_is_shared: "Several people wait with this one link. Admit only the one whose digits you heard; somebody else has the link too.",
    who_is_proposed: |name, role, party| {
        let mut phrase: Phrase = vec!["To let in: ".into()];
        phrase.extend(who_knocks(name, role, party));
        phrase
    },
    who_proposes: |by, name, compared| {
        let compared = if compared { " has compared the door digits with " } else { " has not compared digits with " };
        vec![
            by.into(),
            compared.into(),
            name.into(),
            ", and needs a second party to agree. With your agreement they come in, and read what is written from then on."
                .into(),
        ]
    },
    agree_to: |name| vec!["Agree to ".into(), name.into()],

    invitation: "Invitation",
    how_to_invite: "One link lets one person in. Send it on a channel you trust; you will still compare digits by voice \
                    before you admit anybody.",
    how_a_head_invites: "You invite for your own party. Before somebody comes in, the convener or a head of another party has to \
                         agree.",
    how_heads_invite: "The convener is gone. You invite for your own party and for new ones, heads too; before somebody comes in, \
                       the head of another party has to agree.",
    how_to_sit_elsewhere,
    party: "Party",
    a_new_party: "A new party",
    role_label: "Role",
    what_a_role_may,
    invitation_link: "Invitation link",
    copy_link: "Copy link",
    link_copied: "Copied. This link stays open until somebody is admitted with it or you revoke it.",
    copy_by_hand: "The browser does not let this page copy. The link is selected: copy it with Ctrl+C.",
    show_as_qr: "Show as a QR code",
    qr_of_the_link: "QR code of the link",
    link_is_used: "This link no longer works: it was used, revoked or is too old.",
    make_another_link: "Make another link",
    no_link: "No link could be made just now. Please try again.",
    open_links: "Links still open",
    link_leads_to: |party, role| match party {
        Some(party) => vec![role_of(role), " for ".into(), party.into()],
        None => vec![role_of(role), " for a new party".into()],
    },
    link_expires: |day| format!("until {day}"),
    revoke: "Revoke",
    revoke_link_to: |party, of| match party {
        Some(party) => format!("Revoke {} for {party}", role(of)),
        None => format!("Revoke {} for a new party", role(of)),
    },
};

fn backup_is_made(name: &str, backed: Backed) -> String {
    let talks = counted(backed.talks, "talk", "talks");
    let made = format!("Your browser was given {name}, with {talks}. Look for it among your downloads.");
    match backed.left_out {
        0 => made,
        left_out => format!("{made} Not in it: {} that cannot be opened.", counted(left_out, "talk", "talks")),
    }
}

fn role_of(which: record::Role) -> Piece {
    role(which).into()
}

fn bad_invitation(error: InvitationError) -> &'static str {
    match error {
        InvitationError::Malformed => {
            "This is not a whole invitation link, or a part of it was damaged. Please copy all of it, or ask for it to be sent again."
        }
        InvitationError::NewerVersion => {
            "This invitation was made with a newer version of Nonpaper. Please open the link at the address it came \
             with, or reload this page."
        }
    }
}

fn turned_away(reason: TurnedAway) -> &'static str {
    match reason {
        TurnedAway::Declined => "The person who invited you declined. If that is a surprise, call them.",
        TurnedAway::Spent => "This link was already used to let somebody in. Ask for a new one.",
        TurnedAway::Revoked => "This link was taken back by the person who made it. Ask for a new one.",
        TurnedAway::Expired => "This link is too old. Ask for a new one.",
        TurnedAway::Crowded => "Too many people wait with this link. Ask for a link of your own.",
        TurnedAway::NotGenuine => {
            "What came back did not come from the person who invited you, so nobody was let in. Call them on a phone \
             number you knew before, and ask for a new link."
        }
    }
}

fn counted(count: usize, one: &str, more: &str) -> String {
    let what = if plural(count) == Plural::One { one } else { more };
    format!("{} {what}", number(count))
}
