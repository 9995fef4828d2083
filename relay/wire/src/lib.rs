//! The language between the app and the relay: frames, their codec, and the limits.
//!
//! A client opens one binary WebSocket at `GET /v1/relay`; every WebSocket message is one frame.
//! [`FromClient`] and [`FromRelay`] say what can be said and how each frame is laid out in bytes.

mod codec;
mod frame;
mod limits;
mod topic;

pub use codec::DecodeError;
pub use frame::{CloseReason, FrameId, FromClient, FromRelay, Refusal};
pub use limits::{
    CONNECTIONS, CONNECTIONS_PER_SOURCE, FRAME_OVERHEAD_BYTES, HELD_BACK_MS, HOLD_BYTES, HOLD_BYTES_PER_TOPIC,
    HOLD_FRAMES_PER_TOPIC, HOST_BYTES, Limits, OVERFLOW_WINDOW_MS, PAYLOAD_BYTES, POST_WITHIN_MS, PUBLISH_BODY_BYTES,
    QUEUE_BYTES, QUEUE_FRAMES, ROUND_BYTES, SUBSCRIBERS_PER_TOPIC, TOPICS_PER_CONNECTION, UNPROVEN_BURST_SECONDS,
    UNPROVEN_BYTES_PER_SECOND, UNPROVEN_FRAMES_PER_SECOND, UNSUBSCRIBED_MS, WAITING_BYTES,
};
pub use topic::{Topic, proof_bytes};
