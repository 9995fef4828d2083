//! Numbers people compare by voice: equal on all screens, or somebody is in between.

use std::fmt;

use record::AuthorKey;
use sha2::{Digest, Sha256};

use crate::mls::Group;
use crate::room::Room;

/// Decimal digits to be read out, in groups of five.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Digits(String);

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What everybody in one state sees alike: 30 digits over the epoch authenticator, RFC 9420 section 8.7.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoomNumber {
    /// How many changes of the table lie before. Only numbers with the same one can be compared.
    pub state: u64,
    /// The digits.
    pub digits: Digits,
}

impl Room {
    /// The room number: equal on the screens of all who stand on this state, and of nobody else. A seat restored from a backup
    /// stands on none until it is brought in.
    pub fn number(&self) -> Option<RoomNumber> {
        self.group.as_ref().map(|group| RoomNumber { state: group.epoch(), digits: of_group(group) })
    }

    /// The number of two seats: 30 digits over their signature keys, the same on both screens, for as long as both keep
    /// their seats.
    pub fn pairwise(&self, other: &AuthorKey) -> Digits {
        let me = self.me();
        let (first, second) = if me < *other { (&me, other) } else { (other, &me) };
        digits(&[b"nonpaper/pair/v1", &self.id.0, &first.0, &second.0])
    }
}

fn of_group(group: &Group) -> Digits {
    digits(&[b"nonpaper/number/v1", &group.state().0, group.authenticator()])
}

/// 30 decimal digits: each half of a SHA-256, as a big-endian number, modulo 10^15.
fn digits(parts: &[&[u8]]) -> Digits {
    let hash: [u8; 32] = Sha256::digest(parts.concat()).into();
    let half = |bytes: &[u8]| bytes.iter().fold(0u128, |n, byte| n << 8 | u128::from(*byte)) % 1_000_000_000_000_000;
    let all = format!("{:015}{:015}", half(&hash[..16]), half(&hash[16..]));
    let groups: Vec<&str> = (0..6).map(|n| &all[n * 5..n * 5 + 5]).collect();
    Digits(groups.join(" "))
}
