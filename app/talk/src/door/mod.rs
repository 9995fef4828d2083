//! The door: from a knock to a seat.
//!
//! Both sides meet on a *lobby*, a channel derived from the link secret. The digits both screens show are a
//! commit-then-reveal: the newcomer commits to `n_j` before it learns `n_i`, so neither side, nor anybody
//! who holds the link, can search for matching digits.
//!
//! ```text
//! newcomer → inviter   Knock{body, commitment = SHA-256(tag ‖ n_j ‖ body)}     signed by the newcomer's seat key
//! inviter → newcomer   Challenge{knock, n_i}                                   signed by the key in the link
//! newcomer → inviter   Reveal{knock, n_j}
//! inviter → newcomer   Reply{knock, entry}  or  Closed{knock, reason}          signed by the key in the link
//! ```

mod digits;
mod inviter;
mod message;
mod newcomer;

pub use digits::DoorDigits;
pub(crate) use inviter::{Doorway, Expected, KeptDoorway, Knocking};
pub(crate) use message::{DoorMessage, Reason};
pub(crate) use newcomer::{KeptNewcomer, Newcomer, Outcome};

/// Names a knock on this browser: the first half of its hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KnockId(pub [u8; 16]);
