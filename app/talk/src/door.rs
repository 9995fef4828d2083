//! The door: from a knock to a seat.

/// Names a knock on this browser; made from its hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KnockId(pub [u8; 16]);
