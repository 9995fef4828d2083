//! Randomness from the browser.

/// Returns fresh random bytes for the keys of a seat.
pub fn seed() -> [u8; 32] {
    bytes()
}

/// Returns fresh random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// Fills in fresh random bytes.
pub fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("every browser that runs WebAssembly has a random generator");
}

/// Returns a number from 0 to 1 that nothing secret depends on, to spread things in time.
pub fn fraction() -> f64 {
    js_sys::Math::random()
}
