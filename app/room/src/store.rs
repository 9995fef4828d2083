//! What a room keeps between two starts: rows of CBOR, written in batches.
//!
//! A batch holds everything that one input changed, keys that are due for deletion included: it is stored whole or not at
//! all, and nothing that was made of it goes out before.
//!
//! | row | key | value |
//! |---|---|---|
//! | 0 | | core: where this seat stands, its counter, what it waits for |
//! | 1 | state | image of the MLS group |
//! | 2 | op | op |
//! | 3 | commit | frame |
//! | 4 | state | whether it is earlier than the oldest kept, its readers |
//! | 5 | | intents cited on the way to the oldest state kept |
//! | 6 | state | own commit on it, with its Welcome |
//! | 7 | hash | own key package with its private keys |
//! | 8 | | heads this record starts from |
//! | 9 | | of the oldest state kept: seats, knocks answered, commits before it; commits that cannot be read here |
//! | 10 | | secrets of the eras |
//! | 11 | | keys of ops, by state |
//! | 12 | seat | its beacons, one for each branch it stood on |
//! | 13 | seat | its latest beacon, where that is none of those |
//! | 14 | | admissions not done yet |
//! | 15 | | alarms |
//!
//! Rows 0 and 9 to 15 are written when they changed: a note changes the first, a beacon one of its author's.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use record::{Add, AuthorKey, KeyPackageHash, Op, OpId, Record, RoomId, StateId, Vector};
use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::commit::{Admission, OwnCommit};
use crate::eras::Eras;
use crate::frame::{CommitId, Frame, Signed, SignedBytes};
use crate::graph::{Graph, Node, Taken};
use crate::input::{Alarm, Effect, Error, Millis};
use crate::knock::OwnKnock;
use crate::mls::{FORMAT, Group, Image, KeyPackage, KeyPackageSecrets, Rules, SeatKey, Suite};
use crate::op_key::OpKey;
use crate::policy::{Leaf, Roster};
use crate::receive::{JUMP, OWN_COUNTERS};
use crate::room::{Parts, Room};
use crate::walk::Images;

/// The key of one stored row.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Row(pub Vec<u8>);

/// What changes in the store, all of it or nothing.
#[derive(Clone, Default)]
pub struct Batch {
    /// Rows written, over what they held before.
    pub puts: Vec<(Row, Vec<u8>)>,
    /// Rows deleted.
    pub deletes: Vec<Row>,
}

const CORE: u8 = 0;
const IMAGE: u8 = 1;
const OP: u8 = 2;
const COMMIT: u8 = 3;
const STATE: u8 = 4;
const ROOT_LOG: u8 = 5;
const OWN_COMMIT: u8 = 6;
const OWN_KEY_PACKAGE: u8 = 7;
const BASE: u8 = 8;
const OLDEST: u8 = 9;
const ERAS: u8 = 10;
const OP_KEYS: u8 = 11;
const STOOD: u8 = 12;
const LATEST: u8 = 13;
const ADMISSIONS: u8 = 14;
const ALARMS: u8 = 15;

/// The rows that a backup has besides the core.
const LASTING: [u8; 11] = [OP, COMMIT, STATE, ROOT_LOG, BASE, OLDEST, ERAS, STOOD, LATEST, ADMISSIONS, ALARMS];
/// How far the clocks of two computers may be apart that one person uses one after the other.
const CLOCKS_DIFFER_MS: Millis = 24 * 60 * 60 * 1000;

impl Row {
    fn of(kind: u8, id: &[u8]) -> Self {
        Self([&[kind], id].concat())
    }
}

/// What is known to be written.
#[derive(Default)]
pub(crate) struct Written {
    /// Rows that are small, as they were written.
    small: BTreeMap<Row, Vec<u8>>,
    /// Rows that come and go, by a number that grows with every change.
    versions: BTreeMap<Row, u64>,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Core {
    #[n(0)]
    room: RoomId,
    #[n(1)]
    suite: Suite,
    #[n(2)]
    founder: AuthorKey,
    #[n(3)]
    tip: StateId,
    #[n(4)]
    root: StateId,
    #[n(5)]
    era: StateId,
    #[n(6)]
    counter: u64,
    #[n(7)]
    unechoed: Vec<OpId>,
    #[n(8)]
    own_knocks: Vec<(KeyPackageHash, Option<SignedBytes>, Millis)>,
    #[n(9)]
    asked: Vec<(u64, KeyPackageHash)>,
    #[n(10)]
    elsewhere: bool,
    #[n(11)]
    tip_since: Millis,
    #[n(12)]
    ops_since: u32,
    #[n(13)]
    images: Vec<(StateId, Millis)>,
    #[n(14)]
    apart: Vec<OpId>,
    /// Whether there is a group to go on with: there is none in a backup.
    #[n(15)]
    live: bool,
}

#[derive(Default, Encode, Decode)]
#[cbor(array)]
struct Oldest {
    #[n(0)]
    roster: Vec<(AuthorKey, Leaf)>,
    #[n(1)]
    answered: Vec<(AuthorKey, u64)>,
    #[n(2)]
    earlier_commits: Vec<ByteVec>,
    #[n(3)]
    unreadable: Vec<ByteVec>,
}

type Secrets = Vec<(StateId, ByteVec, Option<Millis>)>;
type Admissions = Vec<(Add, ByteVec, OpId)>;

/// What a backup keeps of a room's rows: its record, what is known of its states, its channels. Nothing by which MLS could go
/// on, and no key of a state: who has the backup alone is a seat that asks to be brought in.
///
/// # Errors
/// [`Error::Bug`] when the rows are not those of a room.
pub fn backup(rows: &BTreeMap<Row, Vec<u8>>) -> Result<BTreeMap<Row, Vec<u8>>, Error> {
    let core = rows.get(&Row::of(CORE, &[])).ok_or(Error::Bug("a store without a room"))?;
    let mut core: Core = minicbor::decode(core).map_err(|_| Error::Bug("a damaged store"))?;
    core.own_knocks.clear();
    core.images.clear();
    core.live = false;
    // What a restored seat signs must be newer than all this one signs from here on.
    core.counter += JUMP;
    let lasts = |row: &Row| row.0.first().is_some_and(|kind| LASTING.contains(kind));
    let mut kept: BTreeMap<_, _> =
        rows.iter().filter(|(row, _)| lasts(row)).map(|(k, v)| (k.clone(), v.clone())).collect();
    kept.insert(Row::of(CORE, &[]), minicbor::to_vec(core).expect("encoding into memory"));
    Ok(kept)
}

/// Checks rows that somebody else may have written, as a backup's: that they hold no more than [`backup`] gives, numbers there is
/// room above, and ops that their authors signed. A store's own rows were checked before they were kept, and [`Room::open`] does not
/// ask again. `made` is when the rows were written, as far as is known.
///
/// # Errors
/// [`Error::PeerMisbehaved`] when it is otherwise.
pub fn check(rows: &BTreeMap<Row, Vec<u8>>, made: Millis) -> Result<(), Error> {
    let misbehaved = Error::PeerMisbehaved;
    let core = rows.get(&Row::of(CORE, &[])).ok_or(misbehaved("a backup without a room"))?;
    let core: Core = minicbor::decode(core).map_err(|_| misbehaved("a backup"))?;
    let live = core.live || !core.own_knocks.is_empty() || !core.images.is_empty();
    if live || core.counter >= OWN_COUNTERS || core.tip_since > made.saturating_add(CLOCKS_DIFFER_MS) {
        return Err(misbehaved("a backup that is none"));
    }
    for (row, bytes) in rows {
        match row.0.first() {
            Some(&OP) => {
                let op = Op::decode(bytes).map_err(|_| misbehaved("an op that nobody signed"))?;
                if op.room() != core.room {
                    return Err(misbehaved("an op of another room"));
                }
            }
            Some(kind) if *kind == CORE || LASTING.contains(kind) => {}
            Some(_) | None => return Err(misbehaved("a row that no backup has")),
        }
    }
    Ok(())
}

impl Room {
    /// Puts what changed in front of the effects.
    pub(crate) fn persist(&mut self) {
        let batch = self.batch();
        if !batch.puts.is_empty() || !batch.deletes.is_empty() {
            self.effects.insert(0, Effect::Persist(batch));
        }
    }

    fn batch(&mut self) -> Batch {
        let mut batch = Batch::default();
        let mut kept = BTreeSet::new();
        let versions = &mut self.written.versions;
        let mut keep = |row: Row, version: u64, value: &dyn Fn() -> Vec<u8>| {
            if versions.get(&row) != Some(&version) {
                batch.puts.push((row.clone(), value()));
                versions.insert(row.clone(), version);
            }
            kept.insert(row);
        };
        for (state, image, version) in self.images.all() {
            keep(Row::of(IMAGE, &state.0), version, &|| image.encode());
        }
        for (state, own) in &self.own_commits {
            keep(Row::of(OWN_COMMIT, &state.0), u64::from(own.welcomed) + 1, &|| own.encode());
        }
        for knock in &self.own_knocks {
            keep(Row::of(OWN_KEY_PACKAGE, &knock.hash().0), 1, &|| knock.secrets.encode());
        }
        if let Some(node) = self.graph.node(&self.graph.root()) {
            let log = node.log.clone();
            keep(Row::of(ROOT_LOG, &[]), Arc::as_ptr(&log) as u64, &|| {
                let ops: Vec<ByteVec> = log.values().map(|op| op.encode().into()).collect();
                minicbor::to_vec(ops).expect("encoding into memory")
            });
        }
        keep(Row::of(BASE, &[]), 1, &|| minicbor::to_vec(self.record.base()).expect("encoding into memory"));
        let gone: Vec<Row> = versions.keys().filter(|row| !kept.contains(*row)).cloned().collect();
        for row in gone {
            versions.remove(&row);
            batch.deletes.push(row);
        }
        self.batch_changes(&mut batch);
        let (small, before) = (self.small(), std::mem::take(&mut self.written.small));
        let changed = small.iter().filter(|(row, value)| before.get(*row) != Some(*value));
        batch.puts.extend(changed.map(|(row, value)| (row.clone(), value.clone())));
        batch.deletes.extend(before.into_keys().filter(|row| !small.contains_key(row)));
        self.written.small = small;
        batch
    }

    fn batch_changes(&mut self, batch: &mut Batch) {
        let mut put = |row: Row, value: Option<Vec<u8>>| match value {
            Some(value) => batch.puts.push((row, value)),
            None => batch.deletes.push(row),
        };
        let changes = std::mem::take(&mut self.graph.changes);
        for id in changes.commits {
            put(Row::of(COMMIT, &id.0), self.graph.commit(&id).map(|commit| commit.encode()));
        }
        for state in changes.states {
            let readers: Option<Vec<(AuthorKey, Leaf)>> =
                self.graph.readers(&state).map(|readers| readers.iter().map(|(key, leaf)| (*key, *leaf)).collect());
            let value = minicbor::to_vec((self.graph.is_earlier(&state), readers)).expect("encoding into memory");
            put(Row::of(STATE, &state.0), Some(value));
        }
        for id in self.record.take_changed() {
            let record = &self.record;
            let op = record.control_op(&id).or_else(|| record.op(&id)).or_else(|| record.void_op(&id));
            put(Row::of(OP, &id.0), op.map(Op::encode));
        }
    }

    /// What is compared with what was written, row by row.
    fn small(&self) -> BTreeMap<Row, Vec<u8>> {
        let root = self.graph.root();
        let node = self.graph.node(&root);
        let core = Core {
            room: self.id,
            suite: self.rules.suite,
            founder: self.rules.founder,
            tip: self.tip,
            root,
            era: node.map_or(root, |node| node.era),
            counter: self.counter,
            unechoed: self.unechoed.iter().copied().collect(),
            own_knocks: self
                .own_knocks
                .iter()
                .map(|k| (k.hash(), k.knock.as_ref().map(Signed::bytes), k.made))
                .collect(),
            asked: self.asked.iter().copied().collect(),
            elsewhere: self.elsewhere,
            tip_since: self.tip_since,
            ops_since: self.ops_since,
            images: self.images.order().to_vec(),
            apart: self.record.apart().iter().copied().collect(),
            live: self.group.is_some(),
        };
        let oldest = Oldest {
            roster: node.map(|node| node.roster.iter().map(|(key, leaf)| (*key, *leaf)).collect()).unwrap_or_default(),
            answered: node.map(|node| node.answered.iter().map(|(key, n)| (*key, *n)).collect()).unwrap_or_default(),
            earlier_commits: self.graph.earlier_commits().map(|id| id.0.to_vec().into()).collect(),
            unreadable: self.unreadable.iter().map(|id| id.0.to_vec().into()).collect(),
        };
        let op_keys: Secrets =
            self.op_keys.iter().map(|(state, key)| (*state, key.bytes().to_vec().into(), key.left)).collect();
        let bytes =
            |admission: &Admission| (admission.add.clone(), admission.key_package.encode().into(), admission.intent);
        let admissions: Admissions = self.admissions.iter().map(bytes).collect();
        let alarms: Vec<(Alarm, u32)> = self.alarms.iter().map(|(alarm, times)| (*alarm, *times)).collect();
        let mut rows = BTreeMap::from([
            (Row::of(CORE, &[]), encoded(core)),
            (Row::of(OLDEST, &[]), encoded(oldest)),
            (Row::of(ERAS, &[]), encoded(self.eras.rows())),
            (Row::of(OP_KEYS, &[]), encoded(op_keys)),
            (Row::of(ADMISSIONS, &[]), encoded(admissions)),
            (Row::of(ALARMS, &[]), encoded(alarms)),
        ]);
        rows.extend(self.stands.stood().map(|(seat, stood)| {
            (Row::of(STOOD, &seat.0), encoded(stood.into_iter().map(Signed::bytes).collect::<Vec<_>>()))
        }));
        rows.extend(self.stands.besides().map(|(seat, latest)| (Row::of(LATEST, &seat.0), encoded(latest.bytes()))));
        rows
    }

    /// Opens a room from what its batches left in the store. `seed` is fresh randomness.
    ///
    /// # Errors
    /// [`Error::Bug`] when the rows are not those of a room: then the store is damaged.
    pub fn open(key: SeatKey, rows: &BTreeMap<Row, Vec<u8>>, seed: [u8; 32]) -> Result<Self, Error> {
        let damaged = |_| Error::Bug("a damaged store");
        let core = rows.get(&Row::of(CORE, &[])).ok_or(Error::Bug("a store without a room"))?;
        let core: Core = minicbor::decode(core).map_err(damaged)?;
        let of = |kind: u8| rows.iter().filter(move |(row, _)| row.0.first() == Some(&kind));
        let oldest: Oldest = decoded(rows, OLDEST)?;
        let (eras, op_keys): (Secrets, Secrets) = (decoded(rows, ERAS)?, decoded(rows, OP_KEYS)?);
        let (admissions, alarms): (Admissions, Vec<(Alarm, u32)>) =
            (decoded(rows, ADMISSIONS)?, decoded(rows, ALARMS)?);
        let id = |row: &Row| {
            <[u8; 32]>::try_from(row.0.get(1..).unwrap_or_default()).map_err(|_| Error::Bug("a stored row"))
        };

        let base: Vector = match rows.get(&Row::of(BASE, &[])) {
            Some(base) => minicbor::decode(base).map_err(damaged)?,
            None => Vector::default(),
        };
        let record = kept_record(base, &core.apart, of(OP).map(|(_, bytes)| bytes))?;

        let rules = Rules { format: FORMAT, suite: core.suite, founder: core.founder };
        let mut frames = BTreeMap::new();
        for (row, bytes) in of(COMMIT) {
            let Frame::Commit(commit) = Frame::decode(core.room, bytes)? else {
                return Err(Error::Bug("a kept commit"));
            };
            frames.insert(CommitId(id(row)?), commit);
        }
        let named = |id: &ByteVec| id.as_slice().try_into().ok().map(CommitId);
        let earlier_commits = oldest.earlier_commits.iter().filter_map(named);
        let earlier_commits: VecDeque<_> = earlier_commits.filter_map(|id| frames.remove(&id).map(Arc::new)).collect();
        let mut log = BTreeMap::new();
        if let Some(ops) = rows.get(&Row::of(ROOT_LOG, &[])) {
            let ops: Vec<ByteVec> = minicbor::decode(ops).map_err(damaged)?;
            for op in ops {
                let op = Op::decode(&op).map_err(|_| Error::Bug("a kept op"))?;
                log.insert(op.id(), op);
            }
        }
        let node = Node {
            roster: Arc::new(oldest.roster.into_iter().collect()),
            answered: Arc::new(oldest.answered.into_iter().collect()),
            log: Arc::new(log),
            era: core.era,
        };
        let mut graph = Graph::new(rules, core.root, node, BTreeSet::new(), earlier_commits);
        while let Some(id) = frames.iter().find(|(_, c)| graph.node(&c.body.parent).is_some()).map(|(id, _)| *id) {
            if let Some(commit) = frames.remove(&id)
                && matches!(graph.take(commit), Taken::Refused)
            {
                return Err(Error::Bug("a kept commit that is refused"));
            }
        }
        for (row, bytes) in of(STATE) {
            let (earlier, readers): (bool, Option<Vec<(AuthorKey, Leaf)>>) =
                minicbor::decode(bytes).map_err(damaged)?;
            let readers = readers.map(|readers| readers.into_iter().collect::<Roster>());
            graph.remember(StateId(id(row)?), earlier, readers);
        }
        graph.changes = Default::default();

        let mut images = BTreeMap::new();
        for (row, bytes) in of(IMAGE) {
            images.insert(StateId(id(row)?), Image::decode(bytes)?);
        }
        let group = if core.live {
            let standing = images.get(&core.tip).ok_or(Error::Bug("no image of where this seat stands"))?;
            Some(Group::from_image(core.room, standing)?)
        } else {
            None
        };
        let (rng, eras) = (ChaCha20Rng::from_seed(seed), Eras::from_rows(eras)?);
        let images = Images::from_kept(images, core.images);
        let (room, tip) = (core.room, core.tip);
        let mut room = Self::of(Parts { id: room, tip, group, key, rules, rng, graph, record, eras, images })?;
        room.op_keys.clear();
        for (state, bytes, left) in op_keys {
            let bytes = Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| Error::Bug("a kept key"))?);
            room.op_keys.insert(state, OpKey::from_bytes(core.room, state, bytes, left));
        }
        // In this order: where a seat stood twice, the first beacon counts.
        for (_, bytes) in of(STOOD) {
            for stand in minicbor::decode::<Vec<SignedBytes>>(bytes).map_err(damaged)? {
                room.stands.take(&room.graph, Signed::from_bytes(&stand)?);
            }
        }
        for (_, bytes) in of(LATEST) {
            let stand: SignedBytes = minicbor::decode(bytes).map_err(damaged)?;
            room.stands.take(&room.graph, Signed::from_bytes(&stand)?);
        }
        for (row, bytes) in of(OWN_COMMIT) {
            room.own_commits.insert(StateId(id(row)?), OwnCommit::decode(core.room, bytes)?);
        }
        for (add, key_package, intent) in admissions {
            if let Ok(key_package) = KeyPackage::parse(&key_package, core.suite) {
                room.admissions.push(Admission { add, key_package, intent });
            }
        }
        for (hash, knock, made) in core.own_knocks {
            let Some(secrets) = rows.get(&Row::of(OWN_KEY_PACKAGE, &hash.0)) else { continue };
            let knock = knock.map(|knock| Signed::from_bytes(&knock)).transpose()?;
            room.own_knocks.push_back(OwnKnock { knock, secrets: KeyPackageSecrets::decode(secrets)?, made });
        }
        room.may_be_older = true;
        room.counter = core.counter;
        room.unechoed = core.unechoed.into();
        room.asked = core.asked.into();
        room.unreadable = oldest.unreadable.iter().filter_map(named).collect();
        room.elsewhere = core.elsewhere;
        room.alarms = alarms.into_iter().collect();
        room.tip_since = core.tip_since;
        room.clock = Clock::after(room.images.order().iter().map(|(_, at)| *at).fold(core.tip_since, u64::max));
        room.ops_since = core.ops_since;
        // What is stored is what was read: only what changes from here on is written.
        room.batch();
        Ok(room)
    }
}

fn encoded(value: impl Encode<()>) -> Vec<u8> {
    minicbor::to_vec(value).expect("encoding into memory")
}

/// What stands in a row of which there is one; nothing when there is none.
fn decoded<'b, T: Decode<'b, ()> + Default>(rows: &'b BTreeMap<Row, Vec<u8>>, kind: u8) -> Result<T, Error> {
    let value = rows.get(&Row::of(kind, &[])).map(|bytes| minicbor::decode(bytes)).transpose();
    Ok(value.map_err(|_| Error::Bug("a damaged store"))?.unwrap_or_default())
}

fn kept_record<'a>(base: Vector, apart: &[OpId], rows: impl Iterator<Item = &'a Vec<u8>>) -> Result<Record, Error> {
    let ops = rows.map(|bytes| Op::decode_kept(bytes).map_err(|_| Error::Bug("a kept op")));
    let mut ops: Vec<Op> = ops.collect::<Result<_, _>>()?;
    ops.sort_by_cached_key(|op| (op.author(), op.number()));
    let mut record = Record::from_base(base);
    for op in ops {
        if op.kind().is_control() {
            record.cite(op.clone());
        }
        let apart = apart.contains(&op.id());
        let inserted = if apart { record.insert_apart(op) } else { record.insert(op) };
        // An op that is only cited joins no chain yet.
        inserted.ok();
    }
    record.take_changed();
    Ok(record)
}
