//! The relay: sockets, static files and headers.
fn main() {}
