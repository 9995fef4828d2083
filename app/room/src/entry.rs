//! What a newcomer gets besides its Welcome, and coming in with it.
//!
//! ```text
//! entry  = CBOR [MLS Welcome, sealed]
//! sealed = under the op key of the state joined: CBOR [channel secret, roster, earlier states, base, control ops,
//!          earlier commits]
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use record::{AuthorKey, Head, Op, Record, Role, StateId, Vector};
use zeroize::Zeroizing;

use crate::frame::Frame;
use crate::graph::Graph;
use crate::input::Error;
use crate::mls::{Group, KeyPackageSecrets, SeatKey};
use crate::op_key::{OpKey, Sealing};
use crate::policy::Roster;
use crate::room::Room;

/// Most earlier states told to a newcomer; the newest count.
const EARLIER: usize = 4096;

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
    channel: ByteVec,
    #[n(1)]
    roster: Vec<(AuthorKey, Role)>,
    #[n(2)]
    earlier: Vec<StateId>,
    #[n(3)]
    base: Vector,
    #[n(4)]
    control: Vec<ByteVec>,
    #[n(5)]
    commits: Vec<ByteVec>,
}

impl Room {
    pub(crate) fn entry_for(&mut self, seat: &AuthorKey, welcome: &[u8]) -> Option<Vec<u8>> {
        let roster = self.graph.roster(&self.tip)?;
        let mut earlier: Vec<StateId> = self.graph.states().into_iter().filter(|state| *state != self.tip).collect();
        earlier.truncate(EARLIER);
        let inside = Inside {
            channel: self.channel_secret.to_vec().into(),
            roster: roster.iter().map(|(key, role)| (*key, *role)).collect(),
            earlier,
            base: self.base_of(seat),
            control: self.record.control().map(|op| op.encode().into()).collect(),
            commits: self.graph.commits_to(self.tip).iter().map(|commit| commit.encode().into()).collect(),
        };
        let plain = Zeroizing::new(minicbor::to_vec(&inside).ok()?);
        let sealed = self.op_keys.get(&self.tip)?.seal(Sealing::Entry, &plain, &mut self.rng);
        minicbor::to_vec(Entry { welcome: welcome.to_vec().into(), sealed: sealed.into() }).ok()
    }

    /// The heads before the first op of each author that the newcomer is a reader of.
    fn base_of(&self, seat: &AuthorKey) -> Vector {
        let mut base = Vector::default();
        let mut closed = BTreeSet::new();
        for op in self.record.beyond(&Vector::default()) {
            let reads = self.graph.roster(&op.origin()).is_some_and(|roster| roster.contains_key(seat));
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
    /// `inviter` is the key in the link: its seat must be in the tree and must be the founder of the room,
    /// and the intent that gave this seat must be signed by it. Refused otherwise, and the key package is spent.
    pub fn enter(
        key: SeatKey,
        secrets: KeyPackageSecrets,
        inviter: AuthorKey,
        entry: &[u8],
        seed: [u8; 32],
    ) -> Result<Self, Error> {
        let misbehaved = Error::PeerMisbehaved;
        let entry: Entry = minicbor::decode(entry).map_err(|_| misbehaved("entry"))?;
        let group = Group::join(secrets, &entry.welcome)?;
        let plain = OpKey::of(&group)?.open(Sealing::Entry, &entry.sealed).map(Zeroizing::new);
        let plain = plain.ok_or(misbehaved("entry does not open"))?;
        let inside: Inside = minicbor::decode(&plain).map_err(|_| misbehaved("entry"))?;
        let channel = <[u8; 64]>::try_from(inside.channel.as_slice()).map_err(|_| misbehaved("channel of an entry"))?;
        let roster: Roster = inside.roster.into_iter().collect();
        let rules = group.rules()?;
        let tree = group.seats()?;
        if !tree.iter().eq(roster.keys()) || !tree.contains(&key.public()) || rules.founder != inviter {
            return Err(misbehaved("a room without its inviter, or with other seats than told"));
        }
        let bounded = |head: &Head| head.number < 1 << 40 && head.depth < 1 << 60;
        if !inside.base.iter().all(|(_, head)| bounded(head)) {
            return Err(misbehaved("base of an entry"));
        }
        let mut commits = Vec::new();
        for bytes in &inside.commits {
            let Frame::Commit(commit) = Frame::decode(group.room(), bytes)? else {
                return Err(misbehaved("commit of an entry"));
            };
            commits.push(Arc::new(commit));
        }
        let mut record = Record::from_base(inside.base);
        for bytes in &inside.control {
            let op = Op::decode(bytes).map_err(|_| misbehaved("op of an entry"))?;
            if op.room() != group.room() {
                return Err(misbehaved("op of another room"));
            }
            record.cite(op);
        }
        let graph = Graph::new(rules, group.state(), roster.clone(), inside.earlier.into_iter().collect(), commits);
        let room = Self::at(key, rules, ChaCha20Rng::from_seed(seed), Zeroizing::new(channel), group, graph, record)?;
        let told = |(seat, role): (&AuthorKey, &Role)| room.table.seat(seat).is_some_and(|seat| seat.role == *role);
        if !roster.iter().all(told) {
            return Err(misbehaved("seats without the intents that gave them"));
        }
        Ok(room)
    }
}
