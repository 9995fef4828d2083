//! The caps of a relay.

use wire::Limits;

use crate::Backlog;

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
    /// Most bytes of frames that wait for all connections together, a frame that waits for several counted once. Beyond it the
    /// connection with the longest queue is closed.
    pub waiting_bytes: usize,
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
    /// Bytes that a topic may cost, sum over its subscribers, before other topics get their turn.
    pub round_bytes: u64,
    /// Longest time for which somebody who publishes is made to wait for those who read.
    pub held_back_ms: u64,
    /// How long frames are held for those who subscribe later; 0 for not at all.
    pub hold_ms: u64,
    /// Most bytes of held frames.
    pub hold_bytes: usize,
    /// Most frames and bytes held of one topic.
    pub hold_per_topic: Backlog,
    /// Frames are exchanged with other relays: see [`Command::Forward`](crate::Command::Forward).
    pub clustered: bool,
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
            waiting_bytes: wire::WAITING_BYTES,
            round_bytes: wire::ROUND_BYTES,
            held_back_ms: wire::HELD_BACK_MS,
            hold_ms: 0,
            hold_bytes: wire::HOLD_BYTES,
            hold_per_topic: Backlog { frames: wire::HOLD_FRAMES_PER_TOPIC, bytes: wire::HOLD_BYTES_PER_TOPIC },
            clustered: false,
        }
    }
}
