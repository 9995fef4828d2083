//! The caps of a relay.

use wire::Limits;

/// Every cap of a relay. The defaults are those of `wire`'s limits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// What clients are told in Hello.
    pub limits: Limits,
    /// Most connections.
    pub connections: usize,
    /// Most connections subscribed to one topic.
    pub subscribers_per_topic: usize,
    /// Most frames waiting for one connection, besides one Gap for each of its topics and the last words.
    pub queue_frames: usize,
    /// Most bytes waiting for one connection, besides one Gap for each of its topics and the last words.
    pub queue_bytes: usize,
    /// A queue that overflows twice within this many milliseconds closes its connection.
    pub overflow_window_ms: u64,
    /// Frames per second taken from a connection that has proved no topic.
    pub unproven_frames_per_second: u32,
    /// Bytes per second taken from a connection that has proved no topic.
    pub unproven_bytes_per_second: u32,
    /// Seconds' worth of the unproven rates that may come at once.
    pub unproven_burst_seconds: u32,
    /// Milliseconds after which a connection that is subscribed to nothing and has proved nothing is closed.
    pub unsubscribed_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            limits: Limits::default(),
            connections: wire::CONNECTIONS,
            subscribers_per_topic: wire::SUBSCRIBERS_PER_TOPIC,
            queue_frames: wire::QUEUE_FRAMES,
            queue_bytes: wire::QUEUE_BYTES,
            overflow_window_ms: wire::OVERFLOW_WINDOW_MS,
            unproven_frames_per_second: wire::UNPROVEN_FRAMES_PER_SECOND,
            unproven_bytes_per_second: wire::UNPROVEN_BYTES_PER_SECOND,
            unproven_burst_seconds: wire::UNPROVEN_BURST_SECONDS,
            unsubscribed_ms: wire::UNSUBSCRIBED_MS,
        }
    }
}
