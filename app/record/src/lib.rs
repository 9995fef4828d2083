//! Signed ops, version vectors and what folds out of them. Knows no MLS and does no IO.
//!
//! Everything people do in a room is an [`Op`]. A [`Record`] is the set of ops one seat holds; a
//! [`Vector`] says which ones; a [`Table`] is what the control ops among them fold to.

mod body;
mod id;
mod manifest;
mod name;
mod nil;
mod op;
mod path;
mod record;
mod table;
mod terms;
mod vector;

pub use body::{
    Add, BRIEFED, Body, Briefing, Charter, Conveyed, Invite, Kind, Note, PARTIES, PartyRef, Release, Remove, SLIPS,
    Slip, WhoAdmits,
};
pub use id::{AuthorKey, CallKey, ContentKey, ContentRoot, KeyPackageHash, LinkId, OpId, PartyId, RoomId, StateId};
pub use manifest::{FILE_BYTES, Manifest};
pub use name::{NAME_BYTES, Name, NameError};
pub use op::{DEPTHS, Draft, HEADS, NUMBERS, Op, OpError};
pub use path::{FilePath, PATH_BYTES, PathError, SEGMENT_BYTES, SEGMENTS};
pub use record::{Gap, Inserted, NotTaken, Record};
pub use table::{Agreed, Amendment, Authority, Link, Party, Proposal, Rank, Removal, Role, Seat, Table};
pub use terms::{Amend, Copies, FileTerms, Newcomers, Terms};
pub use vector::{Head, Vector};

/// Longest note, in bytes of UTF-8.
pub const NOTE_BYTES: usize = 64 * 1024;
