//! What is said of files, in English.

use record::{FileTerms, PathError};

use super::charter::files as which_files;
use super::counted;
use crate::session::NotGiven;
use crate::shell::file_worker::NotSaved;
use crate::words::FileWords;
use crate::words::intl::{bytes, duration};

/// The sentences.
pub const FILES: FileWords = FileWords {
    files: "Files",
    attach_files: "Attach files",
    attach_a_folder: "Attach a folder",
    drop_here: "Drop files to give them into this room",
    none_yet: "No files yet.",
    none_found: "No file is called that.",
    search: "Search files",
    sorted_by: "Sorted by",
    orders: ["Newest", "Name", "Size"],
    show_more: |count| format!("Show {} more", super::number(count)),
    from: "from",
    come_by_themselves: "Files that come by themselves",
    up_to: |limit| match limit {
        Some(0) => "none".to_owned(),
        Some(limit) => format!("up to {}", bytes(limit)),
        None => "all".to_owned(),
    },
    in_memory: "This browser gives no place for files on the disk: they are in memory, and gone when the page is closed.",
    limits: |terms, room| {
        let here = room.map(|room| format!(" This browser has room for about {}.", bytes(room))).unwrap_or_default();
        match terms {
            FileTerms::Any => format!("Files of up to {}.{here}", bytes(record::FILE_BYTES)),
            FileTerms::Documents(_) => format!("{}{here}", which_files(terms)),
            FileTerms::None => which_files(terms),
        }
    },
    fetch: "Fetch",
    pause: "Pause",
    go_on: "Continue",
    save: "Save",
    save_as: "Save as…",
    show: "Show",
    hide: "Hide",
    delete: "Delete here",
    put_away: "Put away",
    in_files: "Open files",
    not_here: "Not on this device",
    not_let_in: "The charter does not let such a file be given: it does not come by itself.",
    known_to: |held, readers| format!("Known to {} of {}", super::number(held), counted(readers, "seat", "seats")),
    here: |held, seats| format!("All of it is with {} of {}", super::number(held), counted(seats, "seat", "seats")),
    comes: |coming| {
        let mut text = format!("{} of {}", bytes(coming.held), bytes(coming.size));
        if let Some(rate) = coming.rate.filter(|rate| *rate > 0) {
            let left = coming.size.saturating_sub(coming.held) / rate;
            text.push_str(&format!(" · {}/s · {} left", bytes(rate), duration(left)));
        }
        text
    },
    waits: |held, size| match held {
        0 => "Waiting for a seat that has it".to_owned(),
        _ => format!("{} of {} · waiting for a seat that has the rest", bytes(held), bytes(size)),
    },
    paused: |held, size| format!("Paused · {} of {}", bytes(held), bytes(size)),
    no_room: "Stopped: this browser has no room for it. Delete something, then continue.",
    sealing: |done, size| format!("Being sealed · {} of {}", bytes(done), bytes(size)),
    wait_to_be_given: |count| format!("{} to be sealed", counted(count, "more file waits", "more files wait")),
    saving: |done, size| format!("Being saved · {} of {}", bytes(done), bytes(size)),
    not_saved: |why| match why {
        NotSaved::Lost => "Not saved: part of it is no longer in this browser. It is being fetched again.",
        NotSaved::Disk => "Not saved: the disk did not take it.",
    },
    not_given: |why| match why {
        NotGiven::Name(why) => format!("Not given: {}", name_is_refused(why)),
        NotGiven::TooLong => format!("Not given: a file has at most {}.", bytes(record::FILE_BYTES)),
        NotGiven::Charter(terms) => format!("Not given, as the charter says. {}", which_files(terms)),
        NotGiven::Unreadable => "Not given: it cannot be read.".to_owned(),
        NotGiven::Changed => "Not given: it was changed while it was being read. Attach it again.".to_owned(),
        NotGiven::Full => "Not given: this browser has no room for its sealed copy.".to_owned(),
        NotGiven::Refused => "Not given: this seat may not, or not now.".to_owned(),
    },
    too_large_to_save: |most| {
        format!("This browser saves files of up to {} at once. Use “Save as…” in a browser that has it.", bytes(most))
    },
};

fn name_is_refused(why: PathError) -> String {
    match why {
        PathError::Empty => "its name, or that of a folder, is empty.".to_owned(),
        PathError::TooLong => format!("its name is too long: at most {} bytes, and 32 folders.", record::SEGMENT_BYTES),
        PathError::LeadsElsewhere => "its name leads to another folder.".to_owned(),
        PathError::Character(_) => {
            let which = crate::words::files::refused_character(why).unwrap_or_default();
            format!("its name has a character that names cannot have everywhere, or that nobody sees ({which}).")
        }
        PathError::Ends => "its name begins or ends in a blank or a dot, which some systems drop.".to_owned(),
        PathError::Device => "some systems keep its name for a device.".to_owned(),
    }
}
