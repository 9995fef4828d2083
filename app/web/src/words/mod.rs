//! Every sentence the page can say, once per language.
//!
//! [`Words`] has one field per sentence; a language is one value of it, so a missing sentence does not compile.
//! What people typed stays apart from our words as [`Piece::Name`] and [`Piece::Party`], to be isolated on the screen.

mod about;
mod briefing;
mod charter;
mod connection;
mod en;
mod files;
pub mod intl;

use std::borrow::Cow;
use std::sync::Arc;

use record::{Release, Role, WhoAdmits};
use talk::Millis;
use talk::invitation::InvitationError;
use talk::view::{AlarmView, Confirmed, TurnedAway};
use vault::Kinds;

use self::about::AboutWords;
use self::briefing::BriefingWords;
use self::charter::CharterWords;
use self::connection::ConnectionWords;
pub use self::files::{Coming, FileWords};
use crate::session::{Backed, NoSecret};

/// A language of the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// English.
    English,
}

impl Language {
    /// Returns the BCP 47 tag, for `<html lang>` and for `Intl`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
        }
    }

    /// Returns the writing direction, for `<html dir>`.
    pub fn direction(self) -> &'static str {
        match self {
            Self::English => "ltr",
        }
    }

    fn words(self) -> &'static Words {
        match self {
            Self::English => &en::WORDS,
        }
    }
}

/// Returns the language of this page.
pub fn language() -> Language {
    Language::English
}

/// Returns the sentences in the language of this page.
pub fn words() -> &'static Words {
    language().words()
}

/// A sentence in pieces, in the order of its language.
pub type Phrase = Vec<Piece>;

/// A piece of a sentence.
#[derive(Clone, PartialEq, Eq)]
pub enum Piece {
    /// Our words.
    Words(Cow<'static, str>),
    /// A name somebody typed.
    Name(Arc<str>),
    /// The name of a party, shown in its colour.
    Party {
        /// Its name, as admitted.
        name: Arc<str>,
        /// Index of its colour.
        hue: usize,
    },
}

impl From<&'static str> for Piece {
    fn from(words: &'static str) -> Self {
        Self::Words(Cow::Borrowed(words))
    }
}

impl From<String> for Piece {
    fn from(words: String) -> Self {
        Self::Words(Cow::Owned(words))
    }
}

impl From<&Arc<str>> for Piece {
    fn from(name: &Arc<str>) -> Self {
        Self::Name(Arc::clone(name))
    }
}

/// What is said about an alarm.
pub struct Told {
    /// What was noticed.
    pub title: Phrase,
    /// Whether it is an accident or an attack, and what is safe.
    pub meaning: Phrase,
    /// What to do.
    pub next_step: Phrase,
}

/// What is said about a change of how this browser keeps the talks.
pub struct ChangeWords {
    /// What is done.
    pub what: &'static str,
    /// What follows from it.
    pub means: &'static str,
    /// That it was done.
    pub done: &'static str,
}

/// The sentences of one language.
pub struct Words {
    // Everywhere.
    pub nonpaper: &'static str,
    pub back_to_start: &'static str,
    pub close: &'static str,
    pub cancel: &'static str,
    pub role: fn(Role) -> &'static str,

    // The start page.
    pub what_this_is: [&'static str; 2],
    pub start_a_talk: &'static str,
    pub title_of_the_talk: &'static str,
    pub your_name: &'static str,
    pub your_party: &'static str,
    pub party_hint: &'static str,
    pub who_admits: &'static str,
    pub the_convener: &'static str,
    pub the_convener_means: &'static str,
    pub two_sides: &'static str,
    pub two_sides_means: &'static str,
    pub open_the_talk: &'static str,
    pub i_have_an_invitation: &'static str,
    pub paste_it_here: &'static str,
    pub open_the_invitation: &'static str,
    pub your_talks: &'static str,
    pub paste_first: &'static str,
    pub asking_as: fn(&Arc<str>, &Arc<str>) -> Phrase,
    pub invitation_is_gone: &'static str,
    pub what_the_relay_sees: &'static str,
    pub talk_is_gone: &'static str,
    pub fill_in_all: &'static str,
    pub too_long: fn(&str, usize) -> String,
    pub names_are_one_line: &'static str,
    pub not_opened: &'static str,

    // How this browser keeps the talks.
    pub how_kept: &'static str,
    pub this_browser_only: &'static str,
    pub this_browser_only_means: &'static str,
    pub passphrase: &'static str,
    pub passphrase_means: &'static str,
    pub passphrase_hint: &'static str,
    pub passphrase_again: &'static str,
    pub passphrase_too_short: &'static str,
    pub passphrases_differ: &'static str,
    pub passkey: &'static str,
    pub passkey_means: &'static str,
    pub no_secret: fn(NoSecret) -> &'static str,
    pub nothing_is_kept: &'static str,
    pub nothing_is_kept_means: &'static str,
    pub nothing_is_kept_banner: &'static str,
    pub no_storage_banner: &'static str,
    pub storage_gone_banner: &'static str,
    pub storage_fails: &'static str,
    pub try_again: &'static str,
    pub store_was_deleted: &'static str,
    pub this_browser: &'static str,
    pub kept_by_browser: &'static str,
    pub kept_under: fn(Kinds) -> &'static str,
    pub unreadable_talks: fn(usize) -> String,
    pub room_in_this_browser: fn(f64, f64, bool) -> String,

    // The page where that is changed.
    pub how_talks_are_kept: &'static str,
    pub nothing_to_change: &'static str,
    pub set_passphrase: ChangeWords,
    pub change_passphrase: ChangeWords,
    pub add_passphrase: ChangeWords,
    pub drop_passphrase: ChangeWords,
    pub set_passkey: ChangeWords,
    pub add_passkey: ChangeWords,
    pub other_passkey: ChangeWords,
    pub drop_passkey: ChangeWords,
    pub new_code: ChangeWords,
    pub browser_only: ChangeWords,
    pub present_passphrase_or_code: &'static str,
    pub empty_for_the_passkey: &'static str,
    pub new_passphrase: &'static str,
    pub new_passphrase_again: &'static str,
    pub changing: &'static str,
    pub wrong_passphrase_or_code: &'static str,
    pub not_changed: &'static str,
    pub not_changed_yet: &'static str,
    pub lock_after: &'static str,
    pub minutes: fn(usize) -> String,

    // Backup files.
    pub backup_file: &'static str,
    pub what_a_backup_is: &'static str,
    pub save_a_backup: &'static str,
    pub who_has_the_backup: &'static str,
    pub passphrase_of_backup: &'static str,
    pub passphrase_of_backup_again: &'static str,
    pub sealing: &'static str,
    pub save_the_file: &'static str,
    pub backup_is_made: fn(&str, Backed) -> String,
    pub backup_failed: &'static str,
    pub open_a_backup: &'static str,
    pub what_opening_does: &'static str,
    pub file: &'static str,
    pub passphrase_of_the_file: &'static str,
    pub open_the_file: &'static str,
    pub choose_a_file: &'static str,
    pub not_a_backup: &'static str,
    pub backup_is_damaged: &'static str,
    pub wrong_passphrase_of_backup: &'static str,
    pub all_here_already: &'static str,
    pub restored: &'static str,
    pub read_only_for_now: &'static str,

    // Locked, open elsewhere, damaged.
    pub lock: &'static str,
    pub locked: &'static str,
    pub unlock: &'static str,
    pub unlocking: &'static str,
    pub wrong_passphrase: &'static str,
    pub cannot_unlock: &'static str,
    pub use_the_code: &'static str,
    pub use_the_passphrase: &'static str,
    pub use_the_passkey: &'static str,
    pub unlock_by_passkey: &'static str,
    pub recovery_code: &'static str,
    pub wrong_code: &'static str,
    pub write_down_the_code: &'static str,
    pub what_the_code_is_for: &'static str,
    pub last_group: &'static str,
    pub last_group_hint: &'static str,
    pub not_the_last_group: &'static str,
    pub it_is_written_down: &'static str,
    pub open_in_another_tab: &'static str,
    pub one_tab_at_a_time: &'static str,
    pub use_here: &'static str,
    pub cannot_be_opened: &'static str,
    pub cannot_be_read: &'static str,
    pub store_is_damaged: &'static str,
    pub after_damage: &'static str,
    pub written_by_newer: &'static str,
    pub reload_for_newer: &'static str,
    pub leave_this_computer: &'static str,
    pub is_deleted_now: &'static str,
    pub leaving_deletes: &'static str,
    pub delete_all: &'static str,
    pub not_all_deleted: &'static str,

    // Invitations as their receiver meets them.
    pub you_are_invited: &'static str,
    pub how_joining_goes: &'static str,
    pub earlier_notes_will_not_be_shown: &'static str,
    pub only_notes_in_sight_are_drawn: &'static str,
    pub ask_to_join: &'static str,
    pub bad_invitation: fn(InvitationError) -> &'static str,
    pub waiting_to_be_admitted: &'static str,
    pub you_ask_as: fn(&Arc<str>, &Arc<str>) -> Phrase,
    pub door_digits: &'static str,
    pub read_the_digits: &'static str,
    pub a_second_side_may_have_to_agree: &'static str,
    pub digits_are_coming: &'static str,
    pub inviter_is_away: &'static str,
    pub keep_this_tab_open: &'static str,
    pub knock_is_kept: &'static str,
    pub stop_asking: &'static str,
    pub turned_away: fn(TurnedAway) -> &'static str,
    pub the_door_stays_shut: &'static str,

    pub connection: ConnectionWords,
    pub about: AboutWords,
    pub charter: CharterWords,
    pub briefing: BriefingWords,
    pub files: FileWords,

    // The top bar and the rooms.
    pub invite: &'static str,
    pub rooms: &'static str,
    pub plenary: &'static str,
    pub new_side_room: &'static str,
    pub what_a_side_room_is: &'static str,
    pub name_of_the_room: &'static str,
    pub who_sits_in_it: &'static str,
    pub open_the_room: &'static str,
    pub choose_somebody: &'static str,
    pub nobody_to_call: &'static str,
    pub side_room_that_opens: &'static str,
    pub others_may_carry_it: &'static str,
    pub side_room_of: fn(&Arc<str>) -> Phrase,
    pub release: fn(Option<Release>) -> &'static str,
    pub convey: &'static str,
    pub convey_to_another_room: &'static str,
    pub to_which_room: &'static str,
    pub choose_a_room: &'static str,
    pub how_it_is_said_there: &'static str,
    pub in_my_words: &'static str,
    pub what_in_my_words_means: &'static str,
    pub word_for_word: &'static str,
    pub what_word_for_word_means: &'static str,
    pub only_the_substance: &'static str,
    pub author_not_known_there: &'static str,
    pub this_is_what_leaves: &'static str,
    pub say_it_first: &'static str,
    pub conveyed_in_own_words: &'static str,
    pub conveyed_word_for_word: fn(&Arc<str>, Millis) -> Phrase,
    pub nothing_else_leaves: &'static str,
    pub convey_it: &'static str,
    pub what_labels_cannot: &'static str,
    pub you_are_called: &'static str,
    pub room_is_opening: &'static str,
    pub room_opens_later: &'static str,
    pub back_to_the_plenary: &'static str,
    pub other_talks: &'static str,
    pub start_page: &'static str,
    pub unread_notes: fn(usize) -> String,

    // Notes.
    pub notes: &'static str,
    pub new: &'static str,
    pub jump_to_new: fn(usize) -> String,
    pub held_by: fn(usize, usize) -> String,
    pub you_wrote: &'static str,
    pub earlier_notes_are_not_shown: fn(usize) -> String,
    pub earlier_notes_come: fn(usize) -> String,
    pub show_all_notes: &'static str,
    pub nobody_else_yet: &'static str,
    pub how_to_begin: &'static str,
    pub make_a_link: &'static str,
    pub no_notes_to_read: &'static str,
    pub no_notes_yet: &'static str,

    // Writing.
    pub write: &'static str,
    pub who_can_read: fn(Vec<Piece>, usize) -> Phrase,
    pub still_reads: fn(&Arc<str>) -> Phrase,
    pub write_a_note: &'static str,
    pub send: &'static str,
    pub copied_in: fn(&Arc<str>) -> Phrase,
    pub paste_it: &'static str,
    pub do_not_paste: &'static str,
    pub send_keys: &'static str,
    pub note_too_long: fn(usize, usize) -> String,
    pub not_sent: &'static str,
    pub observers_only_read: &'static str,
    pub catching_up: fn(bool) -> &'static str,

    // A seat that is gone.
    pub no_longer_at_the_table: &'static str,
    pub removed: fn(Option<&Arc<str>>) -> Phrase,
    pub void_notes: fn(usize) -> String,
    pub after_removal: &'static str,
    pub opened_elsewhere: &'static str,
    pub after_opened_elsewhere: &'static str,
    pub what_you_were_writing: &'static str,

    // Warnings.
    pub warnings: &'static str,
    pub so_many_warnings: fn(usize) -> String,
    pub alarm: fn(&AlarmView) -> Told,
    pub dismiss: &'static str,

    // Taking a seat away, and leaving.
    pub remove: &'static str,
    pub remove_whom: fn(&Arc<str>) -> String,
    pub remove_question: fn(&Arc<str>) -> Phrase,
    pub removing: [&'static str; 2],
    pub asking_to_remove: [&'static str; 2],
    pub asks_to_remove: fn(&Arc<str>) -> Phrase,
    pub you_asked_to_remove: &'static str,
    pub until_it_is_decided: &'static str,
    pub leave_this_talk: &'static str,
    pub leave_this_room: &'static str,
    pub leave: &'static str,
    pub leave_question: &'static str,
    pub leave_room_question: &'static str,
    pub leaving_a_room: [&'static str; 2],
    pub leaving: [&'static str; 2],
    pub leaving_as_convener: [&'static str; 2],
    pub not_done: &'static str,

    // Numbers to compare.
    pub compare_by_voice: &'static str,
    pub your_number_with: fn(&Arc<str>) -> String,
    pub it_is_the_same: &'static str,
    pub take_it_back: &'static str,
    pub how_to_compare_with: fn(&Arc<str>) -> Phrase,
    pub room_number: &'static str,
    pub after_key_changes: fn(usize) -> String,
    pub how_to_compare_the_room: &'static str,

    // Seats.
    pub seats: &'static str,
    pub here: &'static str,
    pub confirmed: fn(&Confirmed) -> Phrase,
    pub heard: fn(String) -> String,
    pub heard_just_now: &'static str,
    pub not_heard_yet: &'static str,
    pub who_may_do_what: &'static str,
    pub who_admits_here: fn(Option<WhoAdmits>) -> &'static str,
    pub what_a_role_may_do: fn(Role, Option<WhoAdmits>) -> &'static str,

    // The door.
    pub at_the_door: &'static str,
    pub who_knocks: fn(&Arc<str>, Role, &Arc<str>) -> Phrase,
    pub says_to_be_of: fn(&Arc<str>, &Arc<str>) -> Phrase,
    pub compare_the_digits: fn(&Arc<str>) -> Phrase,
    pub digits_are_being_made: &'static str,
    pub has_left_the_door: fn(&Arc<str>) -> Phrase,
    pub is_at_the_door: fn(&Arc<str>) -> Phrase,
    pub go_to_the_door: &'static str,
    pub admit: fn(&Arc<str>) -> Phrase,
    pub decline: fn(&Arc<str>) -> Phrase,
    pub admitting: fn(&Arc<str>) -> Phrase,
    pub needs_second_key: fn(&Arc<str>, &[Arc<str>]) -> Phrase,
    pub who_is_proposed: fn(&Arc<str>, Role, &Arc<str>) -> Phrase,
    pub who_proposes: fn(&Arc<str>, &Arc<str>, bool) -> Phrase,
    pub agree_to: fn(&Arc<str>) -> Phrase,

    // The dialog that makes links.
    pub invitation: &'static str,
    pub how_to_invite: &'static str,
    pub how_a_head_invites: &'static str,
    pub how_heads_invite: &'static str,
    pub how_to_sit_elsewhere: fn(Role, Option<WhoAdmits>) -> &'static str,
    pub sit_elsewhere: &'static str,
    pub name_is_taken: fn(&Arc<str>) -> Phrase,
    pub founds_a_party: fn(&Arc<str>) -> Phrase,
    pub link_is_shared: &'static str,
    pub party: &'static str,
    pub a_new_party: &'static str,
    pub role_label: &'static str,
    pub what_a_role_may: fn(Role) -> &'static str,
    pub invitation_link: &'static str,
    pub copy_link: &'static str,
    pub link_copied: &'static str,
    pub copy_by_hand: &'static str,
    pub show_as_qr: &'static str,
    pub qr_of_the_link: &'static str,
    pub link_is_used: &'static str,
    pub make_another_link: &'static str,
    pub no_link: &'static str,
    pub open_links: &'static str,
    pub link_leads_to: fn(Option<&Arc<str>>, Role) -> Phrase,
    pub link_expires: fn(String) -> String,
    pub revoke: &'static str,
    pub revoke_link_to: fn(Option<&Arc<str>>, Role) -> String,
}
