//! What a talk keeps between two starts: rows, written in batches.
//!
//! A batch holds all that one input changed; nothing that was made of it goes out before it is stored. A room's rows are
//! its own affair.
//!
//! | row | value, CBOR |
//! |---|---|
//! | 0 | the seat: seed of its key, the link it came by, where it is, with whom it compared numbers |
//! | 1 ‖ row of the room | as the room wrote it |
//! | 2 ‖ link | a door: its invitation, how many were made before, those who knocked |
//! | 3 | what a newcomer knocks with, private keys included |

use std::collections::BTreeMap;

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use record::AuthorKey;
use room::{Room, Row, SeatKey};

use crate::door::{Doorway, KeptDoorway, KeptNewcomer, Newcomer};
use crate::invitation::Invitation;
use crate::side_room::Side;
use crate::talk::{Error, Place, Talk};
use crate::view::TurnedAway;

/// What changes in the store, all of it or nothing.
#[derive(Clone, Default, Debug)]
pub struct Batch {
    /// Rows written, over what they held before.
    pub puts: Vec<(Vec<u8>, Vec<u8>)>,
    /// Rows deleted. None of them is written by the same batch.
    pub deletes: Vec<Vec<u8>>,
}

const SEAT: u8 = 0;
pub(crate) const ROOM: u8 = 1;
const DOOR: u8 = 2;
const NEWCOMER: u8 = 3;

#[derive(Encode, Decode)]
#[cbor(array)]
struct Seat {
    #[n(0)]
    key: ByteArray<32>,
    #[n(1)]
    came_by: Option<Invitation>,
    #[n(2)]
    turned_away: Option<TurnedAway>,
    #[n(3)]
    side: Option<Side>,
    /// None for nobody.
    #[n(4)]
    compared: Option<Vec<AuthorKey>>,
}

/// What is to be stored, and what of this talk's own rows is known to be.
#[derive(Default)]
pub(crate) struct Kept {
    /// Whether any of the own rows may have changed.
    pub(crate) touched: bool,
    written: BTreeMap<Vec<u8>, Vec<u8>>,
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Kept {
    /// Nothing is stored yet.
    pub(crate) fn new() -> Self {
        Self { touched: true, ..Self::default() }
    }

    /// Takes what a room wants stored.
    pub(crate) fn room(&mut self, batch: room::Batch) {
        self.changes.extend(batch.deletes.iter().map(|row| (room_row(row), None)));
        self.changes.extend(batch.puts.into_iter().map(|(row, value)| (room_row(&row), Some(value))));
    }
}

/// The key of a room's row among those of its talk.
pub(crate) fn room_row(row: &Row) -> Vec<u8> {
    [&[ROOM], &row.0[..]].concat()
}

/// Whether rows are those of a talk with a seat.
pub(crate) fn is_seated(rows: &BTreeMap<Vec<u8>, Vec<u8>>) -> Result<bool, Error> {
    let seat: Seat = decode(rows.get(&[SEAT][..]).ok_or(Error::Damaged)?)?;
    Ok(seat.turned_away.is_none() && !rows.contains_key(&[NEWCOMER][..]))
}

impl Talk {
    /// What changed since the last batch, if anything did.
    pub(crate) fn batch(&mut self) -> Option<Batch> {
        if std::mem::take(&mut self.kept.touched) {
            let rows = self.rows();
            let gone = self.kept.written.keys().filter(|key| !rows.contains_key(*key));
            let gone: Vec<_> = gone.map(|key| (key.clone(), None)).collect();
            let new = rows.iter().filter(|(key, value)| self.kept.written.get(*key) != Some(value));
            let new: Vec<_> = new.map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
            self.kept.changes.extend(gone.into_iter().chain(new));
            self.kept.written = rows;
        }
        let mut batch = Batch::default();
        for (key, value) in std::mem::take(&mut self.kept.changes) {
            match value {
                Some(value) => batch.puts.push((key, value)),
                None => batch.deletes.push(key),
            }
        }
        (!batch.puts.is_empty() || !batch.deletes.is_empty()).then_some(batch)
    }

    /// The rows that are not the room's.
    fn rows(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let turned_away = match &self.place {
            Place::TurnedAway(why) => Some(*why),
            Place::AtTheDoor(_) | Place::Seated(_) => None,
        };
        let key = self.key.signing_key().to_bytes().into();
        let compared = Some(self.compared.iter().copied().collect::<Vec<_>>()).filter(|seats| !seats.is_empty());
        let mut rows = BTreeMap::from([(
            vec![SEAT],
            encode(Seat { key, came_by: self.came_by.clone(), turned_away, side: self.side.clone(), compared }),
        )]);
        for (link, doorway) in &self.doors {
            rows.insert([&[DOOR], &link.0[..]].concat(), encode(doorway.kept()));
        }
        if let Place::AtTheDoor(newcomer) = &self.place {
            rows.insert(vec![NEWCOMER], encode(newcomer.kept()));
        }
        rows
    }

    /// Opens a talk from what its batches left in the store. `seed` is fresh randomness.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the rows are not those of a talk.
    pub fn reopen(rows: &BTreeMap<Vec<u8>, Vec<u8>>, seed: [u8; 32]) -> Result<Self, Error> {
        let mut rng = ChaCha20Rng::from_seed(seed);
        let seat: Seat = decode(rows.get(&vec![SEAT]).ok_or(Error::Damaged)?)?;
        let key = SeatKey::from_seed(&seat.key);
        let of = |kind: u8| rows.iter().filter(move |(row, _)| row.first() == Some(&kind));
        let room: BTreeMap<Row, Vec<u8>> =
            of(ROOM).map(|(row, value)| (Row(row[1..].to_vec()), value.clone())).collect();
        let place = if let Some(why) = seat.turned_away {
            Place::TurnedAway(why)
        } else if let Some(newcomer) = rows.get(&vec![NEWCOMER]) {
            let (kept, invitation) = (decode::<KeptNewcomer>(newcomer)?, seat.came_by.clone());
            let invitation = invitation.ok_or(Error::Damaged)?;
            Place::AtTheDoor(Box::new(Newcomer::reopen(kept, invitation, key.clone()).ok_or(Error::Damaged)?))
        } else {
            let opened = Room::open(key.clone(), &room, crate::talk::draw(&mut rng));
            Place::Seated(Box::new(opened.map_err(|_| Error::Damaged)?))
        };
        let mut talk = Self::new(place, key, rng, seat.came_by);
        (talk.side, talk.compared) = (seat.side, seat.compared.into_iter().flatten().collect());
        if let Some(suite) = talk.room().map(Room::suite) {
            for (_, bytes) in of(DOOR) {
                let doorway = Doorway::reopen(decode::<KeptDoorway>(bytes)?, suite).ok_or(Error::Damaged)?;
                talk.doors.insert(doorway.invitation.link, doorway);
            }
        }
        talk.kept = Kept { touched: false, written: talk.rows(), changes: BTreeMap::new() };
        Ok(talk)
    }
}

fn encode(value: impl Encode<()>) -> Vec<u8> {
    minicbor::to_vec(value).expect("encoding into memory")
}

fn decode<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, Error> {
    minicbor::decode(bytes).map_err(|_| Error::Damaged)
}
