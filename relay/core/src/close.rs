//! Why and how the relay closes a connection.
//!
//! | reason | when | decided in |
//! |---|---|---|
//! | `Malformed` | a message is no frame, or the host is longer than a proof may name | `relay.rs` |
//! | `Slow` | the queue overflows for the second time within the window, or answers are not read | `outbox.rs` |
//! | `Slow` | it is the longest when all queues together take too much memory | `publish.rs` |
//! | `TooFast` | the allowance of a connection that has proved nothing is used up | `allowance.rs` |
//! | `Idle` | no subscription and no proof for `unsubscribed_ms` | `relay.rs`, on Tick |
//! | `BadProof` | the key is not the topic's, or the signature not for this host and challenge | `connection.rs` |
//! | `TooManyTopics` | one subscription or proof more than the limits in Hello | `relay.rs` |
//! | `TopicFull` | a topic has `subscribers_per_topic` subscribers | `topics.rs` |
//! | `Full` | there are `connections` connections | `relay.rs` |
//! | `TooLarge`, `Silent` | the owner of the sockets says so with `GaveUp` | the server |
//! | `Restart` | the owner of the sockets says so with `Drained` | the server |

use wire::{CloseReason, FromRelay};

use crate::{Command, ConnectionId, Relay};

impl Relay {
    /// Tells a connection why it is closed, takes it out of all topics, and asks for its end.
    pub(crate) fn close(&mut self, id: ConnectionId, reason: CloseReason) {
        let Some(connection) = self.open(id) else { return };
        connection.closing = Some(reason);
        connection.paused = false;
        if !keeps_queue(reason) {
            connection.outbox.clear();
        }
        connection.outbox.last_words(&FromRelay::Close { reason });
        self.counts.close(reason);
        self.leave_topics(id);
        self.commands.push(Command::Close { connection: id, reason });
    }
}

/// Says whether the client still gets what was queued before the reason arose.
fn keeps_queue(reason: CloseReason) -> bool {
    match reason {
        // What it could not read in time it will not read now, and the memory is wanted back.
        CloseReason::Slow | CloseReason::Silent => false,
        CloseReason::TooLarge
        | CloseReason::Restart
        | CloseReason::Full
        | CloseReason::Malformed
        | CloseReason::Idle
        | CloseReason::BadProof
        | CloseReason::TooManyTopics
        | CloseReason::TopicFull
        | CloseReason::TooFast => true,
    }
}
