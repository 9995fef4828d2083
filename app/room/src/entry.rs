//! What a newcomer gets besides its Welcome, and coming in with it.
//!
//! ```text
//! entry  = CBOR [MLS Welcome, sealed]
//! sealed = under the op key of the state joined: CBOR [era, secrets of eras, place, base, other control ops]
//! place  = CBOR [oldest state told, its roster, its era, knocks answered and intents cited on the way there, commits from
//!          there to the state joined, earlier states, earlier commits]
//! ```

use std::collections::BTreeSet;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use record::{AuthorKey, DEPTHS, Head, NUMBERS, Record, StateId, Table, Vector};
use zeroize::Zeroizing;

use crate::eras::Eras;
use crate::input::Error;
use crate::mls::{Group, KeyPackageSecrets, SeatKey};
use crate::op_key::{OpKey, Sealing};
use crate::place::{Place, read_control};
use crate::policy::Leaf;
use crate::room::{Parts, Room};
use crate::walk::Images;

#[derive(Encode, Decode)]
#[cbor(array)]
struct Entry {
    #[n(0)]
    welcome: ByteVec,
    #[n(1)]
    sealed: ByteVec,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Inside {
    #[n(0)]
    era: StateId,
    #[n(1)]
    eras: Vec<(StateId, ByteVec)>,
    #[n(2)]
    place: Place,
    #[n(3)]
    base: Vector,
    #[n(4)]
    control: Vec<ByteVec>,
}

impl Room {
    /// What a newcomer gets that an own commit brings to this state.
    pub(crate) fn entry_for(&mut self, seat: &AuthorKey, state: &StateId, welcome: &[u8]) -> Option<Vec<u8>> {
        let era = self.graph.node(state)?.era;
        let log = self.graph.node(state)?.log.clone();
        let control = self.record.control().filter(|op| !log.contains_key(&op.id()));
        let inside = Inside {
            era,
            eras: self.eras.secrets(),
            place: Place::of(&self.graph, state)?,
            base: self.base_of(seat),
            control: control.map(|op| op.encode().into()).collect(),
        };
        let plain = Zeroizing::new(minicbor::to_vec(&inside).ok()?);
        let sealed = self.op_keys.get(state)?.seal(Sealing::Entry, &plain, &mut self.rng);
        minicbor::to_vec(Entry { welcome: welcome.to_vec().into(), sealed: sealed.into() }).ok()
    }

    /// The heads before the first op of each author that the newcomer is a reader of.
    fn base_of(&self, seat: &AuthorKey) -> Vector {
        let mut base = Vector::default();
        let mut closed = BTreeSet::new();
        for op in self.record.beyond(&Vector::default()) {
            let reads = self.graph.readers(&op.origin()).is_some_and(|roster| roster.contains_key(seat));
            if reads || closed.contains(&op.author()) {
                closed.insert(op.author());
            } else {
                base.set(op.author(), Head { number: op.number(), depth: op.depth(), id: op.id() });
            }
        }
        base
    }

    /// Comes in with what the door handed over.
    ///
    /// `inviter` is the key in the link: its seat must be in the tree, and the intent that gave this seat must be signed
    /// by it. Refused otherwise, and the key package is spent.
    pub fn enter(
        key: SeatKey,
        secrets: KeyPackageSecrets,
        inviter: AuthorKey,
        entry: &[u8],
        seed: [u8; 32],
    ) -> Result<Self, Error> {
        let misbehaved = Error::PeerMisbehaved;
        let entry: Entry = minicbor::decode(entry).map_err(|_| misbehaved("entry"))?;
        let own = secrets.hash();
        let group = Group::join(secrets, &entry.welcome)?;
        let plain = OpKey::of(&group)?.open(Sealing::Entry, &entry.sealed).map(Zeroizing::new);
        let plain = plain.ok_or(misbehaved("entry does not open"))?;
        let inside: Inside = minicbor::decode(&plain).map_err(|_| misbehaved("entry"))?;
        let secrets = Eras::read(&inside.eras).ok_or(misbehaved("channels of an entry"))?;
        let rules = group.rules()?;
        let tree = group.seats()?;
        if !tree.contains(&key.public()) || !tree.contains(&inviter) {
            return Err(misbehaved("a room without its inviter"));
        }
        let bounded = |head: &Head| head.number < NUMBERS && head.depth < DEPTHS;
        if !inside.base.iter().all(|(_, head)| bounded(head)) {
            return Err(misbehaved("base of an entry"));
        }
        let mut record = Record::from_base(inside.base);
        let graph = inside.place.graph(rules, group.room())?;
        for op in graph.intents() {
            record.cite(op);
        }
        for bytes in &inside.control {
            record.cite(read_control(group.room(), bytes)?);
        }
        let joined = graph.node(&group.state()).ok_or(misbehaved("a way that leads elsewhere"))?;
        let (roster_told, table) = (joined.roster.clone(), Table::fold(rules.founder, joined.log.values()));
        if joined.era != inside.era || !tree.iter().eq(roster_told.keys()) {
            return Err(misbehaved("other seats than told"));
        }
        if !secrets.contains_key(&inside.era) {
            return Err(misbehaved("an entry without its channel"));
        }
        let mut eras = Eras::default();
        for (state, secret) in secrets {
            eras.insert(state, secret);
        }
        let images = Images::of(&group, 0)?;
        let (id, tip, rng) = (group.room(), group.state(), ChaCha20Rng::from_seed(seed));
        let group = Some(group);
        let mut room = Self::of(Parts { id, tip, group, key, rules, rng, graph, record, eras, images })?;
        let told = |(seat, leaf): (&AuthorKey, &Leaf)| table.seat(seat).is_some_and(|seat| seat.role == leaf.role);
        if !roster_told.iter().all(told) {
            return Err(misbehaved("seats without the intents that gave them"));
        }
        let admitted = table.seat(&room.me()).and_then(|seat| seat.admitted);
        if admitted.is_none_or(|(by, _)| by != inviter) {
            return Err(misbehaved("admitted by somebody else than the link names"));
        }
        // If this very commit loses against another, being swapped with this key package was asked for.
        room.asked.push_back((0, own));
        Ok(room)
    }
}
