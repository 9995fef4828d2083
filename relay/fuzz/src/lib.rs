//! What a fuzzer's bytes mean, and what must hold whatever they are.
//!
//! Two targets: [`frames`] reads the bytes as a frame, [`core`] as things that happen to a relay
//! without sockets. `cargo xtask fuzz` links them with libFuzzer; the inputs under `corpus/` run
//! with the ordinary tests.

mod guest;
mod keys;
mod replay;
mod step;
mod world;

use bytes::Bytes;
use wire::{FromClient, FromRelay};

pub use replay::replay;

/// Reads the bytes as a frame of either direction. What can be read has these bytes and no others.
///
/// # Panics
///
/// If that is not so.
pub fn frames(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    if let Ok(frame) = FromClient::decode(bytes.clone()) {
        assert_eq!(frame.encode(), bytes);
    }
    if let Ok(frame) = FromRelay::decode(bytes.clone()) {
        assert_eq!(frame.encode(), bytes);
    }
}

/// Reads the bytes as steps, and takes them at a relay that must keep its promises after each.
///
/// # Panics
///
/// If it does not.
pub fn core(bytes: &[u8]) {
    let (setting, steps) = bytes.split_first().unwrap_or((&0, &[]));
    let mut world = world::World::new(*setting);
    for step in step::Steps::new(steps) {
        world.take(step);
    }
    world.end();
}
