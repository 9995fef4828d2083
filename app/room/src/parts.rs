//! Parts of the engine for clients that break the rules: what a hostile seat can do with the keys it holds.
//!
//! Only built for tests and the simulator (feature `parts`). Nothing here is used by a room.

use std::collections::{BTreeMap, BTreeSet};

use rand_core::RngCore;
use record::{AuthorKey, Body, Draft, Op, OpId, StateId, Vector};
use wire::Topic;

use crate::frame::{Beacon, Commit, SealedOp, Signed};
use crate::input::Error;
use crate::mls::{Group, Image};
use crate::op_key::Sealing;
use crate::room::Room;

/// Every image a hostile seat ever had: nothing is deleted.
#[derive(Default)]
pub struct Hoard {
    images: BTreeMap<StateId, Image>,
}

/// How a hostile commit frame differs from an honest one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lie {
    /// Not at all: a rotation nobody needs, or a removal nobody ordered.
    None,
    /// It does not say whom it removes.
    HidesRemovals,
    /// It names another state than it leads to.
    OtherState,
    /// Its MLS commit is no commit.
    Garbage,
}

impl Hoard {
    /// Keeps copies of all images the room has now.
    pub fn keep(&mut self, room: &Room) {
        for (state, image, _) in room.images.all() {
            self.images.entry(*state).or_insert_with(|| image.clone());
        }
    }

    /// The states a commit can be made on.
    pub fn states(&self) -> impl Iterator<Item = &StateId> {
        self.images.keys()
    }

    /// Makes a commit on any state ever held, a second and third one too, and keeps an image of where it leads.
    ///
    /// # Errors
    /// When the state is not held, or MLS itself will not do it.
    pub fn commit(
        &mut self,
        room: &mut Room,
        on: StateId,
        removes: &BTreeSet<AuthorKey>,
        lie: Lie,
    ) -> Result<Vec<u8>, Error> {
        let image = self.images.get(&on).ok_or(Error::NotNow)?;
        let mut group = Group::from_image(room.id, image)?;
        group.forget_pending()?;
        let mut commit = Commit {
            room: room.id,
            parent: on,
            new_state: on,
            author: room.me(),
            counter: room.next_counter(),
            adds: Vec::new(),
            removes: removes.iter().copied().collect(),
            knocks: Vec::new(),
            cited: Vec::new(),
            mls: Vec::new().into(),
        };
        if lie == Lie::HidesRemovals {
            commit.removes.clear();
        }
        let staged = group.stage(removes, &[], &room.key, &commit.claims())?;
        group.merge_pending()?;
        self.images.insert(staged.new_state, group.image()?);
        (commit.new_state, commit.mls) = (staged.new_state, staged.commit.into());
        match lie {
            Lie::None | Lie::HidesRemovals => {}
            Lie::OtherState => commit.new_state.0[0] ^= 1,
            Lie::Garbage => commit.mls = vec![1, 2, 3].into(),
        }
        Ok(Signed::sign(commit, &room.key).encode())
    }
}

impl Room {
    /// A beacon at any state, with the next counter or the last one again.
    pub fn hostile_beacon(&mut self, at: StateId, same_counter: bool) -> Vec<u8> {
        let counter = if same_counter { self.counter } else { self.next_counter() };
        let vector: Vector = self.record.vector().clone();
        let (holds, knows) = (Beacon::digest(&vector), self.knows(&at));
        let beacon = Beacon { room: self.id, author: self.me(), counter, tip: at, holds, knows };
        Signed::sign(beacon, &self.key).encode_whole(&vector)
    }

    /// The states this room knows of.
    pub fn known_states(&self) -> Vec<StateId> {
        self.graph.commits().map(|(_, commit)| commit.body.new_state).chain([self.graph.root()]).collect()
    }

    /// The state the room chose, be it reachable or not.
    pub fn chosen_state(&self) -> StateId {
        self.choice().target()
    }

    /// The state before this one.
    pub fn parent_of(&self, state: &StateId) -> Option<StateId> {
        self.graph.commit_to(state).map(|commit| commit.body.parent)
    }

    /// A second op with the number of the seat's last one, sealed as an honest one is; not taken into the own record.
    pub fn hostile_twin(&mut self, body: Body) -> Option<Vec<u8>> {
        let me = self.me();
        let last = self.record.vector().head(&me).and_then(|head| self.record.op(&head.id)).cloned()?;
        let before = self.record.op(&last.previous()).map_or(OpId::NONE, Op::last_control);
        let mut salt = [0; 16];
        self.rng.fill_bytes(&mut salt);
        let draft = Draft {
            room: self.id,
            number: last.number(),
            previous: last.previous(),
            previous_control: before,
            depth: last.depth(),
            origin: self.tip,
            heads: Vec::new(),
            body,
            salt,
        };
        self.sealed_here(&Op::sign(draft, self.key.signing_key()).encode())
    }

    /// An op in the name of another seat, the next one of its chain, signed with this seat's key.
    pub fn hostile_forgery(&mut self, of: &AuthorKey, body: Body) -> Option<Vec<u8>> {
        let head = self.record.vector().head(of).copied();
        let mut salt = [0; 16];
        self.rng.fill_bytes(&mut salt);
        let draft = Draft {
            room: self.id,
            number: head.map_or(1, |head| head.number + 1),
            previous: head.map_or(OpId::NONE, |head| head.id),
            previous_control: self.record.last_control(of),
            depth: head.map_or(1, |head| head.depth + 1),
            origin: self.tip,
            heads: Vec::new(),
            body,
            salt,
        };
        let mut op = Op::sign(draft, self.key.signing_key()).encode();
        let me = self.me().0;
        let at = op.windows(me.len()).position(|bytes| bytes == me)?;
        op[at..at + me.len()].copy_from_slice(&of.0);
        self.sealed_here(&op)
    }

    /// An op held, as its author signed it, sealed to the seats of today.
    pub fn hostile_gossip(&mut self, op: &OpId) -> Option<Vec<u8>> {
        let op = self.record.op(op)?.encode();
        self.sealed_here(&op)
    }

    fn sealed_here(&mut self, op: &[u8]) -> Option<Vec<u8>> {
        let sealed = self.op_keys.get(&self.tip)?.seal(Sealing::Op, op, &mut self.rng);
        Some(SealedOp { state: self.tip, sealed }.encode())
    }

    /// The topic this room sends on.
    pub fn current_topic(&self) -> Option<Topic> {
        self.topic()
    }
}
