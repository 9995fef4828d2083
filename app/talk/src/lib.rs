//! One talk as seen from one seat: charter, parties, invitations, the door. Without IO.
//!
//! [`Talk::handle`] takes what happened and the time, and returns what the shell must do, in order.

mod door;
mod input;
pub mod invitation;
mod talk;
pub mod view;

pub use door::KnockId;
pub use input::{Command, Effect, Event, Input, Millis, PartyChoice};
pub use invitation::Invitation;
pub use talk::{Asking, Error, Opening, Talk};
