//! The bounds of every map and queue of a room. What is beyond one is dropped, refused or made room for as its
//! user says; nothing is lost by it that cannot be asked for again.

/// Most commits kept of one author on one parent: those that [`crate::choose`] would rather stand on.
pub(crate) const COMMITS_PER_AUTHOR: usize = 2;
/// Most commits kept on one parent, chosen alike.
pub(crate) const COMMITS_PER_PARENT: usize = 64;
/// Longest way kept from the oldest to the newest state. Whoever was away for longer is brought in anew.
pub(crate) const WAY: usize = 512;
/// The way is kept at least this long, so that commits of branches left lately can still be handed on: they tell who
/// reads what was written there.
pub(crate) const WAY_KEPT: usize = 64;
/// Most commits replayed in one walk; on a longer way a seat asks to be swapped in.
pub(crate) const REPLAYED: usize = 200;
/// Most commits kept in all; branches nobody else stands on give way.
pub(crate) const COMMITS: usize = 2048;
/// Most commits kept whose parent is not known yet, and most bytes of them.
pub(crate) const ORPHANS: usize = 256;
pub(crate) const ORPHAN_BYTES: usize = 8 << 20;
/// Most frames kept that claim to lead to a state another frame leads to.
pub(crate) const DOUBLES: usize = 64;
/// Most refusals remembered.
pub(crate) const REFUSALS: usize = 65_536;
/// Most states remembered to lie before the oldest one that is kept.
pub(crate) const EARLIER: usize = 4096;
/// Most bytes of commits from before the oldest state that are kept for those who still need them.
pub(crate) const EARLIER_BYTES: usize = 1 << 20;
/// Most bytes of commits told to a newcomer as the way it came by.
pub(crate) const ENTRY_WAY_BYTES: usize = 1 << 20;
/// Most states whose readers are remembered.
pub(crate) const READERS: usize = 16_384;
/// Most newest commits in one Hello.
pub(crate) const NEWEST: usize = 128;
/// Most beacons kept of one seat: one for each branch it stood on.
pub(crate) const STANDS_PER_SEAT: usize = 64;
/// Most beacons in one Hello.
pub(crate) const STANDS_TOLD: usize = 512;
/// Most seats of which something is kept.
pub(crate) const SEATS: usize = 1024;
/// Most sessions remembered of one seat that tells; the one heard longest ago makes room.
pub(crate) const SESSIONS: usize = 8;
/// Most ops cited by one commit.
pub(crate) const CITED: usize = 1024;
/// Images kept besides the one of the tip.
pub(crate) const IMAGES: usize = 3;
/// Most keys of states ops can be opened with.
pub(crate) const OP_KEYS: usize = 1024;
/// Most eras listened to.
pub(crate) const ERAS: usize = 16;
/// Most bytes of ops kept that are sealed under a state not known yet.
pub(crate) const EARLY_BYTES: usize = 2 << 20;
/// Most people admitted and not yet in the tree.
pub(crate) const ADMISSIONS: usize = 64;
/// Own key packages that can still be answered.
pub(crate) const OWN_KNOCKS: usize = 3;
/// Most Welcomes waiting for the commit they belong to.
pub(crate) const WELCOMES: usize = 4;
/// Most bytes of one key package.
pub(crate) const KEY_PACKAGE_BYTES: usize = 8 << 10;
/// Most gaps in one Want.
pub(crate) const GAPS: usize = 16;
/// Answers to this many own wants can still be opened.
pub(crate) const WANTS: usize = 4;
/// Most commits waiting to be offered.
pub(crate) const OFFERS: usize = 1024;
/// Most commits that cannot be read here and are not refused.
pub(crate) const UNREADABLE: usize = 1024;
