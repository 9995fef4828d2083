//! The only source of randomness of the relay.

use std::ops::RangeInclusive;

/// Returns a fresh challenge.
///
/// # Panics
///
/// If the operating system has no randomness to give.
pub(crate) fn challenge() -> [u8; 32] {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the operating system gives randomness");
    bytes
}

/// Returns a number of the range, for spreading things in time.
pub(crate) fn between(range: &RangeInclusive<u64>) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = challenge();
    let span = range.end().saturating_sub(*range.start()).saturating_add(1);
    range.start() + u64::from_be_bytes([a, b, c, d, e, f, g, h]) % span
}
