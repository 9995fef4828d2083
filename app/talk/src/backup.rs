//! Talks in a backup file: what each was, and nothing by which MLS could go on.
//!
//! ```text
//! file content = CBOR [1, time of making in ms since 1970-01-01 UTC, [talk, …]]
//! talk         = CBOR [[row, value], …], rows as in `store.rs`, by row
//! ```
//!
//! Row `1 ‖ 2 ‖ op id` holds an op as it was signed (`record/op.rs`), row `0` the seat with the seed of its key. The file is
//! sealed by `vault/backup.rs`.

use std::collections::BTreeMap;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use room::Row;

use crate::input::Millis;
use crate::store::{self, ROOM};
use crate::talk::{Error, Place, Talk};

/// Rows of one talk, by their keys.
pub type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// The one format of a file's content.
const FORMAT: u8 = 1;
/// Most talks in one file.
const TALKS: usize = 256;

/// What a backup file holds.
pub struct Backup {
    /// When it was made, by the clock of the computer that made it.
    pub made: Millis,
    /// The rows of each talk. [`Talk::reopen`] opens them.
    pub talks: Vec<Rows>,
    /// How many talks more there are that cannot be opened: one must not keep the others out.
    pub left_out: usize,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Content {
    #[n(0)]
    format: u8,
    #[n(1)]
    made: Millis,
    #[n(2)]
    talks: Vec<Vec<(ByteVec, ByteVec)>>,
}

impl Backup {
    /// Makes a backup of stored talks, of which each will open. Those that are still at a door, or were turned away, hold nothing to
    /// keep.
    pub fn of<'a>(talks: impl IntoIterator<Item = &'a Rows>, made: Millis) -> Self {
        let mut backup = Self { made, talks: Vec::new(), left_out: 0 };
        for kept in talks.into_iter().map(kept_of).filter_map(Result::transpose) {
            match kept.and_then(|rows| sound(&rows, made).map(|()| rows)) {
                Ok(rows) => backup.talks.push(rows),
                Err(_) => backup.left_out += 1,
            }
        }
        backup
    }

    /// As bytes, to be sealed.
    pub fn encode(&self) -> Vec<u8> {
        let rows = |rows: &Rows| rows.iter().map(|(k, v)| (k.clone().into(), v.clone().into())).collect();
        let content = Content { format: FORMAT, made: self.made, talks: self.talks.iter().map(rows).collect() };
        minicbor::to_vec(content).expect("encoding into memory")
    }

    /// Reads what [`Backup::encode`] wrote. Of each talk is made sure that it opens, that it can do nothing before it is brought in, and
    /// that what people say in it was signed by them: whoever made the file could write anything into it.
    ///
    /// # Errors
    /// [`Error::Damaged`] for anything else, and when no talk in it is sound.
    pub fn read(content: &[u8]) -> Result<Self, Error> {
        let content: Content = minicbor::decode(content).map_err(|_| Error::Damaged)?;
        if content.format != FORMAT || content.talks.len() > TALKS {
            return Err(Error::Damaged);
        }
        let rows = |talk: Vec<(ByteVec, ByteVec)>| talk.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        let all: Vec<Rows> = content.talks.into_iter().map(rows).collect();
        let (talks, unsound): (Vec<Rows>, Vec<Rows>) =
            all.into_iter().partition(|rows| sound(rows, content.made).is_ok());
        let backup = Self { made: content.made, talks, left_out: unsound.len() };
        if backup.talks.is_empty() && backup.left_out > 0 { Err(Error::Damaged) } else { Ok(backup) }
    }
}

fn sound(rows: &Rows, made: Millis) -> Result<(), Error> {
    room::check(&split(rows).0, made).map_err(|_| Error::Damaged)?;
    // Only to see whether it can be done: nothing is drawn from it.
    let talk = Talk::reopen(rows, [0; 32])?;
    if matches!(talk.place, Place::Seated(_)) { Ok(()) } else { Err(Error::Damaged) }
}

fn kept_of(rows: &Rows) -> Result<Option<Rows>, Error> {
    if !store::is_seated(rows)? {
        return Ok(None);
    }
    let (room, mut kept) = split(rows);
    let room = room::backup(&room).map_err(|_| Error::Damaged)?;
    kept.extend(room.into_iter().map(|(row, value)| (store::room_row(&row), value)));
    Ok(Some(kept))
}

/// The rows of the room, and the others.
fn split(rows: &Rows) -> (BTreeMap<Row, Vec<u8>>, Rows) {
    let (room, others): (Rows, Rows) =
        rows.iter().map(|(k, v)| (k.clone(), v.clone())).partition(|(row, _)| row.first() == Some(&ROOM));
    (room.into_iter().map(|(row, value)| (Row(row[1..].to_vec()), value)).collect(), others)
}
