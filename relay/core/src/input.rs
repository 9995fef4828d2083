//! What the owner of the sockets tells the relay, and what the relay asks of it.

use bytes::Bytes;
use wire::CloseReason;

/// Names a connection; chosen by the owner of the sockets, and never used for a second one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConnectionId(pub u64);

/// What happened on the sockets.
pub enum Input {
    /// A client has connected.
    Opened {
        /// A fresh id.
        connection: ConnectionId,
        /// The authority of the address at which the client knows the relay, in lower case:
        /// proofs on this connection must name it. At most [`wire::HOST_BYTES`].
        host: String,
        /// Fresh random bytes: proofs on this connection must sign them.
        challenge: [u8; 32],
    },
    /// A message has come in whole.
    Received {
        /// From whom.
        connection: ConnectionId,
        /// One frame, if the client keeps to the wire.
        bytes: Bytes,
    },
    /// The owner of the sockets wants the client told why, and gone.
    GaveUp {
        /// The connection to close.
        connection: ConnectionId,
        /// What the client is told.
        reason: CloseReason,
    },
    /// The relay is about to stop: the client gets what is queued, a Drain, and a Close.
    Drained {
        /// The connection to close.
        connection: ConnectionId,
        /// Milliseconds until the client should come back; draw it for each connection.
        retry_after_ms: u32,
    },
    /// The socket is gone, whoever closed it. Everything about the connection is forgotten.
    Closed {
        /// Which one.
        connection: ConnectionId,
    },
    /// Time has passed; expected about once a second.
    Tick,
}

/// What the owner of the sockets should do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    /// Frames wait where none did: call [`Relay::take`](crate::Relay::take) until it returns none.
    Wake {
        /// For whom they wait.
        connection: ConnectionId,
    },
    /// Write what [`Relay::take`](crate::Relay::take) still returns, then close the socket with the
    /// code of the reason, then report [`Input::Closed`]. A client that does not read need not be
    /// waited for. Given once for a connection, which takes no more part in anything.
    Close {
        /// Which one.
        connection: ConnectionId,
        /// Why; the last frame that waits says the same.
        reason: CloseReason,
    },
}
