//! The operating system's randomness, replayed from a seed.
//!
//! OpenMLS, HPKE and the standard library's `HashMap` draw from the system and take no generator. In a program
//! that links this crate, a thread that has called [`replay`] gets what it draws from there from its own
//! generator instead: two runs on equal seeds are equal to the byte. All other threads, and all other system
//! calls, are served as ever.
//!
//! It works by defining the two functions of the C library through which the bytes are asked for: `getrandom`
//! (the standard library, getrandom 0.3 and later, which look it up at run time) and `syscall` (getrandom 0.2).
//! Never link it into anything that people use: a replayed key is no secret.

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
mod system;

use std::cell::Cell;

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

/// Whether this platform's randomness can be replayed. Elsewhere [`replay`] does nothing.
pub const REPLAYS: bool = cfg!(all(target_arch = "x86_64", target_os = "linux"));

thread_local! {
    static GENERATOR: Cell<Option<ChaCha20Rng>> = const { Cell::new(None) };
}

/// From now on this thread draws from a generator with this seed, until it ends.
///
/// Call it first on a fresh thread: what was drawn before is not replayed, and the standard library draws the
/// keys of a thread's `HashMap`s only once.
pub fn replay(seed: [u8; 32]) {
    GENERATOR.set(Some(ChaCha20Rng::from_seed(seed)));
}

/// Fills the bytes from this thread's generator; false when it has none.
#[cfg_attr(not(all(target_arch = "x86_64", target_os = "linux")), expect(dead_code, reason = "nobody to call it"))]
fn fill(bytes: &mut [u8]) -> bool {
    let Ok(Some(mut generator)) = GENERATOR.try_with(Cell::take) else { return false };
    generator.fill_bytes(bytes);
    GENERATOR.set(Some(generator));
    true
}
