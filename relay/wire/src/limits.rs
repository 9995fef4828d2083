//! Every limit of the relay in one place, with its default.

/// What the relay takes, told in its first frame so that no client learns a limit by losing its connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Longest payload of a Publish, in bytes.
    pub payload_bytes: u32,
    /// Most topics one connection may be subscribed to, and most topics it may have proved.
    pub topics: u16,
}

impl Default for Limits {
    /// Returns [`PAYLOAD_BYTES`] and [`TOPICS_PER_CONNECTION`].
    fn default() -> Self {
        Limits { payload_bytes: PAYLOAD_BYTES, topics: TOPICS_PER_CONNECTION }
    }
}

/// Longest payload of a Publish, in bytes: the largest sealed envelope with room to spare.
pub const PAYLOAD_BYTES: u32 = 72 * 1024;

/// Most bytes a frame has besides its payload: the fixed part of a Deliver.
pub const FRAME_OVERHEAD_BYTES: u32 = 1 + 32 + 8 + 4;

/// Most topics one connection may be subscribed to, and most topics it may have proved.
pub const TOPICS_PER_CONNECTION: u16 = 256;

/// Most connections subscribed to one topic.
pub const SUBSCRIBERS_PER_TOPIC: usize = 512;

/// Most connections to one relay.
pub const CONNECTIONS: usize = 10_000;

/// Most frames waiting for one connection.
pub const QUEUE_FRAMES: usize = 256;

/// Most bytes waiting for one connection.
pub const QUEUE_BYTES: usize = 4 * 1024 * 1024;

/// Most bytes of frames that wait for all connections of a relay, a frame that waits for several counted once.
pub const WAITING_BYTES: usize = 256 * 1024 * 1024;

/// A queue that overflows twice within this many milliseconds closes its connection.
pub const OVERFLOW_WINDOW_MS: u64 = 10_000;

/// Frames per second taken from a connection that has proved no topic.
pub const UNPROVEN_FRAMES_PER_SECOND: u32 = 10;

/// Bytes per second taken from a connection that has proved no topic.
pub const UNPROVEN_BYTES_PER_SECOND: u32 = 64 * 1024;

/// Seconds' worth of the unproven rates that may come at once, so that an ordinary start is never too fast.
pub const UNPROVEN_BURST_SECONDS: u32 = 2;

/// Milliseconds after which a connection that is subscribed to nothing and has proved nothing is closed.
pub const UNSUBSCRIBED_MS: u64 = 10_000;

/// Bytes that a topic may cost a relay, sum over its subscribers, before other topics get their turn.
pub const ROUND_BYTES: u64 = 512 * 1024;

/// Longest time, in milliseconds, for which somebody who publishes is made to wait for those who read.
pub const HELD_BACK_MS: u64 = 1_000;

/// Most bytes of frames that a relay holds in memory for those who subscribe later, where it is told to hold any.
pub const HOLD_BYTES: usize = 64 * 1024 * 1024;

/// Most frames of one topic that a relay holds.
pub const HOLD_FRAMES_PER_TOPIC: usize = 128;

/// Most bytes of frames of one topic that a relay holds.
pub const HOLD_BYTES_PER_TOPIC: usize = 1024 * 1024;

/// Most connections from one address, where the relay knows addresses.
pub const CONNECTIONS_PER_SOURCE: usize = 512;

/// Longest body of a POST to `/v1/publish`, in bytes.
pub const PUBLISH_BODY_BYTES: usize = 256 * 1024;

/// A client without a WebSocket that posts nothing for so long, in milliseconds, is closed.
pub const POST_WITHIN_MS: u64 = 75_000;

/// Longest host a proof may name, in bytes.
pub const HOST_BYTES: usize = 255;
