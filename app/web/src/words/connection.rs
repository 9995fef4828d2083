//! The sentences about the connection.

/// The sentences about the connection, in one language.
pub struct ConnectionWords {
    pub live: &'static str,
    /// Beside `live` where the network breaks WebSockets.
    pub by_a_slower_way: &'static str,
    pub reconnecting: &'static str,
    pub offline: &'static str,
    pub notes_wait: fn(usize) -> String,
    pub nothing_is_lost_write_on: &'static str,
    pub nothing_is_lost: &'static str,
    /// On the page about the app: a heading, and what the slower way is.
    pub two_ways: [&'static str; 2],
}
