//! One talk as seen from one seat: charter, parties, invitations, the door. Without IO.
//!
//! [`Talk::handle`] takes what happened and the time, and returns what the shell must do, in order.

mod alarms;
mod backup;
mod briefing;
mod charter;
mod door;
mod doors;
mod files;
mod input;
pub mod invitation;
mod line;
mod side_room;
mod store;
mod talk;
#[cfg(test)]
mod tests;
pub mod view;
mod viewing;

pub use backup::{Backup, Rows};
pub use charter::CharterStep;
pub use door::{DoorDigits, KnockId};
pub use doors::LINK_LIFE_MS;
pub use input::{Command, Effect, Event, Giving, Input, Millis, PartyChoice, Writing};
pub use invitation::Invitation;
pub use room::{Suite, TELL_BYTES};
pub use side_room::SideRoom;
pub use store::Batch;
pub use talk::{Asking, Error, Opening, Talk};
