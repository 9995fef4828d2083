//! How this browser keeps the talks, in English.

use vault::Kinds;

use super::number;

/// Says how talks are kept under what opens them.
pub fn kept_under(kinds: Kinds) -> &'static str {
    match (kinds.passphrase, kinds.passkey) {
        (true, true) => {
            "This browser keeps your talks, encrypted. They open with your passphrase or your passkey, and lock when nobody \
             uses them."
        }
        (false, true) => {
            "This browser keeps your talks, encrypted. They open with your passkey, and lock when nobody uses them."
        }
        (true | false, false) => {
            "This browser keeps your talks, encrypted. They open with your passphrase, and lock when nobody uses them."
        }
    }
}

/// Says how much room is used of how much, both in bytes, and whether the browser has promised to keep it.
pub fn room_in_this_browser(used: f64, allowed: f64, promised: bool) -> String {
    let room = format!("{} of {} in use.", megabytes(used), megabytes(allowed));
    if promised {
        format!("{room} The browser has promised not to delete it by itself.")
    } else {
        format!("{room} The browser may delete it when the disk is full.")
    }
}

fn megabytes(bytes: f64) -> String {
    format!("{} MB", number((bytes / 1e6).ceil() as usize))
}
