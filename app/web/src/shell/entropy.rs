//! Randomness from the browser.

/// Returns fresh random bytes for the keys of a seat.
pub fn seed() -> [u8; 32] {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("every browser that runs WebAssembly has a random generator");
    seed
}

/// Returns a number from 0 to 1 that nothing secret depends on, to spread things in time.
pub fn fraction() -> f64 {
    js_sys::Math::random()
}
