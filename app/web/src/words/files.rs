//! The sentences about files.

use record::{FileTerms, PathError};

use crate::session::NotGiven;
use crate::shell::file_worker::NotSaved;

/// How far a file is that comes.
#[derive(Clone, Copy)]
pub struct Coming {
    /// Bytes that are here.
    pub held: u64,
    /// Its bytes.
    pub size: u64,
    /// Bytes in a second, once that can be told.
    pub rate: Option<u64>,
}

/// The sentences about files, in one language.
pub struct FileWords {
    pub files: &'static str,
    pub attach_files: &'static str,
    pub attach_a_folder: &'static str,
    pub drop_here: &'static str,
    pub none_yet: &'static str,
    pub none_found: &'static str,
    pub search: &'static str,
    pub sorted_by: &'static str,
    /// Newest, name, size.
    pub orders: [&'static str; 3],
    pub show_more: fn(usize) -> String,
    pub from: &'static str,
    pub come_by_themselves: &'static str,
    pub up_to: fn(Option<u64>) -> String,
    pub in_memory: &'static str,
    /// What files the charter lets in, and how many bytes there is room for here, if that is known.
    pub limits: fn(FileTerms, Option<u64>) -> String,

    // What can be done; then the name of the file follows.
    pub fetch: &'static str,
    pub pause: &'static str,
    pub go_on: &'static str,
    pub save: &'static str,
    pub save_as: &'static str,
    pub show: &'static str,
    pub hide: &'static str,
    pub delete: &'static str,
    pub put_away: &'static str,
    pub in_files: &'static str,

    // How a file stands.
    pub not_here: &'static str,
    pub not_let_in: &'static str,
    pub known_to: fn(usize, usize) -> String,
    pub here: fn(usize, usize) -> String,
    pub comes: fn(Coming) -> String,
    pub waits: fn(u64, u64) -> String,
    pub paused: fn(u64, u64) -> String,
    pub no_room: &'static str,
    pub sealing: fn(u64, u64) -> String,
    pub wait_to_be_given: fn(usize) -> String,
    pub saving: fn(u64, u64) -> String,
    pub not_saved: fn(NotSaved) -> &'static str,
    pub not_given: fn(NotGiven) -> String,
    pub too_large_to_save: fn(u64) -> String,
}

/// Why a name is refused, and the character that is to blame if there is one.
pub fn refused_character(why: PathError) -> Option<String> {
    match why {
        PathError::Character(character) if character.is_control() || character.is_whitespace() => {
            Some(format!("U+{:04X}", u32::from(character)))
        }
        PathError::Character(character) => Some(character.escape_unicode().to_string()),
        PathError::Empty | PathError::TooLong | PathError::LeadsElsewhere | PathError::Ends | PathError::Device => None,
    }
}
