//! The MLS engine of one room: state in, effects out. No IO, no clock, no storage.
//!
//! Three things are kept apart: the *record* (signed ops, held by every seat, served by anybody), the *log
//! of intents* in it, which decides who is at the table, and *MLS*, which follows it and gives keys.

mod channel;
mod choose;
mod commit;
mod entry;
mod frame;
mod graph;
mod input;
mod mls;
mod op_key;
mod policy;
mod presence;
mod receive;
mod room;
mod sync;
#[cfg(test)]
mod tests;
mod walk;
mod write;

pub use channel::{Assembler, BUCKETS, Channel, ChannelSecret, MESSAGE_BYTES, Part};
pub use frame::{CommitId, FrameError};
pub use input::{Effect, Error, Event, Input, Millis};
pub use mls::{KeyPackage, KeyPackageSecrets, MlsError, Rules, SeatKey, Suite};
pub use room::{Founding, Room};
