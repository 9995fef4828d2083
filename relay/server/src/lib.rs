//! The relay: sockets, static files and headers around `relay-core`.
//!
//! [`serve`] runs a relay on a listener until it is told to stop; the binary adds the command line
//! and the signals.

mod answers;
mod app_files;
mod asked;
mod beginning;
mod cluster;
mod config;
mod door;
mod events;
mod gate;
mod headers;
mod health;
mod hub;
mod jet_stream;
mod metrics;
mod random;
mod serve;
mod site;
mod sources;
mod stream;
mod tls;
mod visitors;
mod web_socket;

pub use app_files::{APP_BYTES, AppFiles};
pub use cluster::{Cluster, Hold};
pub use config::{Config, Notice};
pub use serve::serve;
pub use tls::Tls;
