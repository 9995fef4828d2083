//! The relay: sockets, static files and headers around `relay-core`.
//!
//! [`serve`] runs a relay on a listener until it is told to stop; the binary adds the command line
//! and the signals.

mod app_files;
mod config;
mod door;
mod headers;
mod hub;
mod random;
mod serve;
mod socket;

pub use app_files::{APP_BYTES, AppFiles};
pub use config::Config;
pub use serve::serve;
