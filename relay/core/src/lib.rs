//! The relay without its sockets: (input, now) -> commands.
//!
//! Whoever owns the sockets, or a simulator in their place, tells the [`Relay`] what happened on
//! them and does what the commands say. The relay orders what is published on a topic and hands it
//! to whoever is subscribed. It never waits, holds no history, and keeps every queue below the
//! caps of its [`Config`]. The same inputs give the same commands and the same bytes.
//!
//! ```
//! use relay_core::{Command, Config, ConnectionId, Input, Relay};
//!
//! let mut relay = Relay::new(Config::default());
//! let alice = ConnectionId(1);
//! let opened = Input::Opened { connection: alice, host: "localhost:8080".into(), challenge: [7; 32] };
//! assert_eq!(relay.handle(opened, 0), [Command::Wake { connection: alice }]);
//! let hello = relay.take(alice, 16);
//! assert_eq!(hello.len(), 1);
//! ```

mod allowance;
mod close;
mod config;
mod connection;
mod counts;
mod hold;
mod input;
mod outbox;
mod pace;
mod publish;
mod relay;
mod topics;

pub use config::Config;
pub use counts::Counts;
pub use input::{Command, ConnectionId, Input};
pub use outbox::Backlog;
pub use relay::Relay;
