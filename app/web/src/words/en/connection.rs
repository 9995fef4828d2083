//! What is said of the connection, in English.

use super::counted;
use crate::words::ConnectionWords;

/// The sentences.
pub const CONNECTION: ConnectionWords = ConnectionWords {
    live: "Live",
    by_a_slower_way: "This network blocks the fast way; a slower one works the same",
    reconnecting: "Reconnecting…",
    offline: "Offline",
    notes_wait: |count| counted(count, "note waits here and will be sent", "notes wait here and will be sent"),
    nothing_is_lost_write_on: "Nothing is lost; you can go on writing",
    nothing_is_lost: "Nothing is lost; it goes on by itself",
    two_ways: [
        "The fast way and the slower one",
        "Notes and files go over a line that is kept open, a WebSocket. Some networks block such lines. Then they go by ordinary \
         requests: more slowly, sealed just the same, and nothing else changes. Beside “Live” it says so. After each break the \
         fast way is tried first.",
    ],
};
