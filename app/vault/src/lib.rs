//! What a seat holds, sealed for the disk. Does no IO: the shell moves bytes, draws randomness and waits.
//!
//! A store has one [`Header`], in the clear, and rows. Each row is sealed under the store's data key and has a name that
//! tells nothing. The header says by which [`Way`]s the data key is unwrapped. Every batch also writes the root row, which
//! names all others: a row that was left out, brought back or put in another place is seen when the store is opened.

mod backup;
mod key;
mod recovery;
mod store;
mod ways;

pub use backup::{BackupError, BackupHeader, CHUNK_BYTES, open_backup, seal_backup};
pub use key::{DataKey, StoreId};
pub use recovery::{NotACode, RecoveryCode};
pub use store::{Batch, Damaged, Name, ROOT, Sealed, Store};
pub use ways::{Cost, Header, Kinds, NotUnlocked, Way};
