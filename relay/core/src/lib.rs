//! The relay without its sockets: (input, now) -> commands.
