//! The MLS engine of one room: state in, effects out. No IO, no clock, no storage.
//!
//! Three things are kept apart: the *record* (signed ops, held by every seat, served by anybody), the *log
//! of intents* in it, which decides who is at the table, and *MLS*, which follows it and gives keys.

mod answer;
mod bounds;
mod channel;
mod choose;
mod clock;
mod commit;
mod entry;
mod eras;
mod frame;
mod graph;
mod holdings;
mod input;
mod knock;
mod left_behind;
mod mls;
mod number;
mod op_key;
mod pacing;
#[cfg(feature = "parts")]
pub mod parts;
mod place;
mod policy;
mod presence;
mod receive;
mod room;
mod stands;
mod store;
mod support;
mod sync;
mod tell;
#[cfg(test)]
mod tests;
mod walk;
mod want;
mod write;

pub use channel::{Assembler, BUCKETS, Channel, ChannelSecret, MESSAGE_BYTES, Part};
pub use frame::{CommitId, FrameError};
pub use holdings::Holdings;
pub use input::{Alarm, Effect, Error, Event, Input, Millis};
pub use mls::{KeyPackage, KeyPackageSecrets, MlsError, Rules, SeatKey, Suite, call_key, open_slip, seal_slip};
pub use number::{Digits, RoomNumber};
pub use room::{Counts, Founding, Room, Standing};
pub use store::{Batch, Row, backup, check};
pub use tell::TELL_BYTES;
