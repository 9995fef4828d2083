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
    CONNECTIONS, FRAME_OVERHEAD_BYTES, HOST_BYTES, Limits, OVERFLOW_WINDOW_MS, PAYLOAD_BYTES, QUEUE_BYTES,
    QUEUE_FRAMES, SUBSCRIBERS_PER_TOPIC, TOPICS_PER_CONNECTION, UNPROVEN_BURST_SECONDS, UNPROVEN_BYTES_PER_SECOND,
    UNPROVEN_FRAMES_PER_SECOND, UNSUBSCRIBED_MS,
};
pub use topic::{Topic, proof_bytes};
