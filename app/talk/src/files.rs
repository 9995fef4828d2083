//! Giving a file into the room: an op that says what it is.

use record::{Body, FILE_BYTES, Manifest};

use crate::input::{Giving, Millis};
use crate::talk::{Error, Talk};

impl Talk {
    /// Gives a file to all who are at the table now. Whether the role may the room judges.
    pub(crate) fn give(&mut self, giving: Giving, now: Millis) -> Result<(), Error> {
        let Giving { path, size, root, key, media, modified_at, release } = giving;
        // An op that says more is none: the others would not read it.
        if self.has_ended() || size > FILE_BYTES {
            return Err(Error::NotNow);
        }
        self.say(Body::File(Manifest { written_at: now, path, size, root, key, media, modified_at, release }), now)
    }
}
