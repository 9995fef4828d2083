//! Door digits: twelve decimals that are equal on both screens if nobody stands between.

use record::{AuthorKey, LinkId};
use sha2::{Digest, Sha256};

const MODULUS: u128 = 1_000_000_000_000;

/// Twelve decimal digits over everything both sides said at the door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DoorDigits(u64);

impl DoorDigits {
    /// `SHA-256("nonpaper/door/v1" ‖ link id ‖ inviter key ‖ body ‖ n_j ‖ n_i)`: its first 16 bytes, big-endian, modulo 10^12.
    pub(crate) fn of(link: &LinkId, inviter: &AuthorKey, body: &[u8], n_j: &[u8; 32], n_i: &[u8; 32]) -> Self {
        let hash = Sha256::new()
            .chain_update(b"nonpaper/door/v1")
            .chain_update(link.0)
            .chain_update(inviter.0)
            .chain_update(body)
            .chain_update(n_j)
            .chain_update(n_i)
            .finalize();
        let number = hash.iter().take(16).fold(0u128, |number, byte| number << 8 | u128::from(*byte));
        Self((number % MODULUS) as u64)
    }
}

/// Three groups of four, for reading aloud.
impl std::fmt::Display for DoorDigits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (high, low) = (self.0 / 100_000_000, self.0 % 100_000_000);
        write!(f, "{high:04} {:04} {:04}", low / 10_000, low % 10_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answer() {
        let digits = DoorDigits::of(&LinkId([1; 16]), &AuthorKey([2; 32]), b"body", &[3; 32], &[4; 32]);
        // Calculated with Python's hashlib: int.from_bytes(digest[:16], "big") % 10**12.
        assert_eq!(digits.to_string(), "0351 6459 4946");
    }

    #[test]
    fn short_numbers_are_padded() {
        assert_eq!(DoorDigits(42).to_string(), "0000 0000 0042");
        assert_eq!(DoorDigits(471_902_835_566).to_string(), "4719 0283 5566");
    }
}
