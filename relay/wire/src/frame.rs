//! The frames and their bytes.
//!
//! A frame is one type byte followed by its fields in the order written here, nothing between them
//! and nothing after them. Integers are big-endian. `payload` is always the last field and stands
//! behind its length, so that a frame cut short or run on is recognised. Frames from a client have
//! types below `0x80`, frames from the relay have types from `0x80`.

use core::fmt;

use bytes::Bytes;

use crate::{Limits, Topic};

/// Number a client gives to a frame it publishes; only [`FromRelay::Refused`] names it again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FrameId(pub u64);

/// What a client may send.
///
/// | frame | type | fields | bytes in all |
/// |---|---|---|---|
/// | Subscribe | `01` | topic 32 | 33 |
/// | Unsubscribe | `02` | topic 32 | 33 |
/// | Prove | `03` | topic 32 · write key 32 · signature 64 | 129 |
/// | Publish | `04` | topic 32 · id 8 · length 4 · payload | 45 + length |
/// | Ping | `05` | | 1 |
#[derive(Clone, PartialEq, Eq)]
pub enum FromClient {
    /// Asks for what is published on a topic from now on. Knowing the topic is enough.
    Subscribe {
        /// The topic to listen to.
        topic: Topic,
    },
    /// Asks for no more of it, and takes back the proof for it.
    Unsubscribe {
        /// The topic to forget.
        topic: Topic,
    },
    /// Shows that the client holds the write key of a topic: an Ed25519 signature over
    /// [`proof_bytes`](crate::proof_bytes). Holds for this connection only.
    Prove {
        /// The topic to publish on; must be [`Topic::of`] the write key.
        topic: Topic,
        /// Ed25519 public key, RFC 8032.
        write_key: [u8; 32],
        /// Ed25519 signature by that key over [`proof_bytes`](crate::proof_bytes).
        signature: [u8; 64],
    },
    /// Sends a sealed frame to everybody subscribed to the topic, the sender included if it subscribes.
    Publish {
        /// The topic to publish on.
        topic: Topic,
        /// The client's number for this frame, named again only if it is refused.
        id: FrameId,
        /// Sealed bytes; the relay does not look into them.
        payload: Bytes,
    },
    /// Asks for a [`FromRelay::Pong`]: browsers cannot send WebSocket pings.
    ///
    /// The answer comes after everything that earlier frames of this connection caused for it.
    Ping,
}

/// What the relay may send.
///
/// | frame | type | fields | bytes in all |
/// |---|---|---|---|
/// | Hello | `81` | payload bytes 4 · topics 2 · challenge 32 | 39 |
/// | Deliver | `82` | topic 32 · sequence 8 · length 4 · payload | 45 + length |
/// | Refused | `83` | topic 32 · id 8 · refusal 1 | 42 |
/// | Gap | `84` | topic 32 | 33 |
/// | Drain | `85` | retry after, in milliseconds 4 | 5 |
/// | Pong | `86` | | 1 |
/// | Close | `87` | close code 2 | 3 |
#[derive(Clone, PartialEq, Eq)]
pub enum FromRelay {
    /// First frame on every connection.
    Hello {
        /// What this relay takes.
        limits: Limits,
        /// Random bytes of this connection, to be signed by every Prove on it.
        challenge: [u8; 32],
    },
    /// A frame published on a subscribed topic.
    Deliver {
        /// The topic it was published on.
        topic: Topic,
        /// Counts up by one from 1, equal at all subscribers. It starts again when the relay does,
        /// and when nobody had subscribed to or proved the topic for a moment.
        sequence: u64,
        /// The bytes that were published.
        payload: Bytes,
    },
    /// A published frame was not forwarded.
    Refused {
        /// The topic of the Publish.
        topic: Topic,
        /// The number of the Publish.
        id: FrameId,
        /// Why it was not forwarded.
        reason: Refusal,
    },
    /// Frames of this topic were dropped for this connection: ask the other members.
    Gap {
        /// The topic of the dropped frames.
        topic: Topic,
    },
    /// The relay is about to stop: come back after this many milliseconds.
    Drain {
        /// Milliseconds to wait, different for every connection.
        retry_after_ms: u32,
    },
    /// Answers a Ping.
    Pong,
    /// Last frame on a connection that the relay closes.
    Close {
        /// Why; the code of the WebSocket close frame that follows says the same.
        reason: CloseReason,
    },
}

/// Why a published frame was not forwarded. On the wire: one byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// `01`: the connection has not proved the write key of the topic.
    NotProven,
    /// `02`: the payload is longer than [`Limits::payload_bytes`].
    TooLarge,
}

/// Why the relay closes a connection. On the wire: the two bytes of [`CloseReason::code`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CloseReason {
    /// 1009: a message far longer than any frame.
    TooLarge,
    /// 1012: the relay is stopping, come back.
    Restart,
    /// 1013: the relay has all the connections it takes, come back later.
    Full,
    /// 4000: bytes that are no frame.
    Malformed,
    /// 4001: subscribed to nothing and proved nothing for too long.
    Idle,
    /// 4002: two pings in a row went unanswered.
    Silent,
    /// 4003: a Prove whose signature or write key does not fit this relay, connection and topic.
    BadProof,
    /// 4004: more topics than [`Limits::topics`].
    TooManyTopics,
    /// 4005: a topic with as many subscribers as the relay takes.
    TopicFull,
    /// 4008: the client read too slowly for what it subscribed to.
    Slow,
    /// 4029: more frames or bytes than a connection without a proof may send.
    TooFast,
}

impl CloseReason {
    /// Every reason, by code.
    pub const ALL: [CloseReason; 11] = [
        CloseReason::TooLarge,
        CloseReason::Restart,
        CloseReason::Full,
        CloseReason::Malformed,
        CloseReason::Idle,
        CloseReason::Silent,
        CloseReason::BadProof,
        CloseReason::TooManyTopics,
        CloseReason::TopicFull,
        CloseReason::Slow,
        CloseReason::TooFast,
    ];

    /// Returns the close code of the WebSocket, RFC 6455 section 7.4.
    pub const fn code(self) -> u16 {
        match self {
            CloseReason::TooLarge => 1009,
            CloseReason::Restart => 1012,
            CloseReason::Full => 1013,
            CloseReason::Malformed => 4000,
            CloseReason::Idle => 4001,
            CloseReason::Silent => 4002,
            CloseReason::BadProof => 4003,
            CloseReason::TooManyTopics => 4004,
            CloseReason::TopicFull => 4005,
            CloseReason::Slow => 4008,
            CloseReason::TooFast => 4029,
        }
    }

    /// Returns the reason with this close code, if it is one of ours.
    pub fn from_code(code: u16) -> Option<CloseReason> {
        CloseReason::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

impl fmt::Debug for FromClient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FromClient::Subscribe { .. } => out.write_str("Subscribe"),
            FromClient::Unsubscribe { .. } => out.write_str("Unsubscribe"),
            FromClient::Prove { .. } => out.write_str("Prove"),
            FromClient::Publish { id, payload, .. } => {
                write!(out, "Publish({}, {} bytes)", id.0, payload.len())
            }
            FromClient::Ping => out.write_str("Ping"),
        }
    }
}

impl fmt::Debug for FromRelay {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FromRelay::Hello { limits, .. } => write!(out, "Hello({limits:?})"),
            FromRelay::Deliver { sequence, payload, .. } => {
                write!(out, "Deliver({sequence}, {} bytes)", payload.len())
            }
            FromRelay::Refused { id, reason, .. } => write!(out, "Refused({}, {reason:?})", id.0),
            FromRelay::Gap { .. } => out.write_str("Gap"),
            FromRelay::Drain { retry_after_ms } => write!(out, "Drain({retry_after_ms} ms)"),
            FromRelay::Pong => out.write_str("Pong"),
            FromRelay::Close { reason } => write!(out, "Close({reason:?})"),
        }
    }
}
