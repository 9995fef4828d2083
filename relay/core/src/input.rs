//! What the owner of the sockets tells the relay, and what the relay asks of it.

use bytes::Bytes;
use wire::{CloseReason, Topic};

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
    /// Bytes have come in that are no part of a message: control frames, and messages that are not whole.
    Noise {
        /// From whom.
        connection: ConnectionId,
        /// How many.
        bytes: usize,
    },
    /// Some of what waits for a connection has been taken.
    Taken {
        /// By whom.
        connection: ConnectionId,
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
    /// Every connection that could be read has had its turn; only after [`Command::EndRound`].
    RoundEnded,
    /// In a cluster: from now on what is published can be forwarded, and what others publish arrives.
    Linked,
    /// In a cluster: from now on it cannot, and does not. Until the next `Linked` the relay works alone.
    Unlinked,
    /// In a cluster: a frame was published, here or at another relay.
    Arrived {
        /// The topic it was published on.
        topic: Topic,
        /// What was published.
        payload: Bytes,
    },
    /// In a cluster: frames of a topic did not arrive.
    Missed {
        /// The topic of those frames.
        topic: Topic,
    },
    /// In a cluster: frames that were published earlier, for one that has just subscribed.
    Recalled {
        /// Who has subscribed.
        connection: ConnectionId,
        /// To what.
        topic: Topic,
        /// What was published, oldest first.
        payloads: Vec<Bytes>,
    },
}

/// What the owner of the sockets should do.
///
/// A cluster is several relays that act as one; only a relay whose [`Config`](crate::Config) says that it is `clustered` gives and
/// takes what is marked so.
#[derive(Clone, PartialEq, Eq, Debug)]
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
    /// Read nothing from this connection until it is to be resumed: what it sends now waits in the network.
    Pause {
        /// Which one.
        connection: ConnectionId,
    },
    /// Read from this connection again.
    Resume {
        /// Which one.
        connection: ConnectionId,
    },
    /// Give every connection that can be read its turn, then report [`Input::RoundEnded`].
    EndRound,
    /// In a cluster: see to it that what other relays publish on this topic arrives.
    Listen {
        /// A topic with its first subscriber here.
        topic: Topic,
    },
    /// In a cluster: the topic has lost its last subscriber here.
    Unlisten {
        /// Which one.
        topic: Topic,
    },
    /// In a cluster: hand this to all relays, this one too, from where it comes back as [`Input::Arrived`].
    Forward {
        /// The topic it is published on.
        topic: Topic,
        /// What is published.
        payload: Bytes,
    },
    /// In a cluster: if earlier frames of the topic are held somewhere, report them as [`Input::Recalled`].
    Recall {
        /// Who has subscribed.
        connection: ConnectionId,
        /// To what.
        topic: Topic,
    },
}
