//! What RFC 6455 wants of a server, case by case, in the order of the Autobahn testsuite.
//!
//! The relay echoes nothing, so what it got is seen by its own answers: a Ping (one byte) is answered
//! by a Pong, and what is published comes back as a Deliver of the same length.

#[path = "../running/mod.rs"]
#[expect(dead_code, reason = "the binary and polite clients are for the other files")]
mod running;

mod case;
mod closing;
mod fragments;
mod framing;
mod handshake;
mod limits;
mod pings;
mod reserved;
mod text;
