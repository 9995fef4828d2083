//! What is said of a file when it is given into a room. Its bytes travel beside the ops.

use minicbor::{Decode, Encode};

use crate::path::FilePath;
use crate::{ContentKey, ContentRoot, Name, Release};

/// Longest file, in bytes: 1 TiB.
pub const FILE_BYTES: u64 = 1 << 40;

/// A file given into a room: everything by which its bytes can be asked for, opened and checked.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Manifest {
    /// When it was given, in milliseconds since 1970 by the author's clock. Shown, never judged by.
    #[n(0)]
    pub written_at: u64,
    /// Its name, with the folders it was given in.
    #[n(1)]
    pub path: FilePath,
    /// Its length in bytes, at most [`FILE_BYTES`].
    #[n(2)]
    pub size: u64,
    /// Root over the digests of its chunks (`files`): there is one content for each manifest.
    #[n(3)]
    pub root: ContentRoot,
    /// The key its chunks are sealed under: random, and of this content alone.
    #[n(4)]
    pub key: ContentKey,
    /// What its author takes it for, as `image/png`. Shown, never judged by.
    #[n(5)]
    pub media: Option<Name>,
    /// When it was last changed, in milliseconds since 1970, as its author's system said.
    #[n(6)]
    pub modified_at: Option<u64>,
    /// What its author lets others carry to another room. None: nothing, it is for this room only.
    #[n(7)]
    pub release: Option<Release>,
}
