//! A seat's key and images in hands that keep to no rule.

use std::collections::{BTreeMap, BTreeSet};

use record::{Add, AuthorKey, Body, KeyPackageHash, Op, Remove, RoomId, StateId, Vector};

use super::super::forged;
use crate::frame::{Addition, Beacon, Commit, Knock, Signed, SignedBytes};
use crate::mls::{Group, Image};
use crate::{KeyPackage, Room, SeatKey};

/// Deletes nothing, commits on whatever it ever held, as often as it likes.
pub(in crate::tests) struct Thief {
    pub(in crate::tests) key: SeatKey,
    room: RoomId,
    images: BTreeMap<StateId, Image>,
    counter: u64,
}

/// What a commit of a thief does.
#[derive(Default)]
pub(in crate::tests) struct Deed {
    pub(in crate::tests) removes: BTreeSet<AuthorKey>,
    pub(in crate::tests) adds: Vec<KeyPackage>,
    pub(in crate::tests) knocks: Vec<SignedBytes>,
    pub(in crate::tests) cited: Vec<Op>,
}

impl Thief {
    /// Copies all a room holds. Nothing may be staged there.
    pub(in crate::tests) fn of(room: &Room) -> Self {
        assert!(!room.own_commits.contains_key(&room.tip), "an image with a pending commit");
        let images = BTreeMap::from([(room.tip, room.group.as_ref().expect("a group").image().expect("an image"))]);
        Self { key: room.key.clone(), room: room.id, images, counter: room.counter + 1_000 }
    }

    /// Commits on a state it holds, and holds where that leads.
    pub(in crate::tests) fn commits(&mut self, on: StateId, deed: &Deed) -> Signed<Commit> {
        self.stages(on, deed, |_| ()).0
    }

    /// Commits, and says of it what is not so, in the frame and in what MLS carries of it.
    pub(in crate::tests) fn lies(&mut self, on: StateId, deed: &Deed, lie: impl FnOnce(&mut Commit)) -> Signed<Commit> {
        self.stages(on, deed, lie).0
    }

    /// Brings somebody in who knocked: the commit, the Welcome and where they lead.
    pub(in crate::tests) fn brings(
        &mut self,
        on: StateId,
        add: &KeyPackage,
        knock: &Signed<Knock>,
    ) -> (Signed<Commit>, Vec<u8>, Group) {
        self.stages(on, &Deed { adds: vec![add.clone()], knocks: vec![knock.bytes()], ..Deed::default() }, |_| ())
    }

    fn stages(
        &mut self,
        on: StateId,
        deed: &Deed,
        alter: impl FnOnce(&mut Commit),
    ) -> (Signed<Commit>, Vec<u8>, Group) {
        let mut group = Group::from_image(self.room, &self.images[&on]).expect("opens");
        let mut adds: Vec<Addition> =
            deed.adds.iter().map(|add| Addition { seat: add.seat(), key_package: add.hash() }).collect();
        adds.sort();
        let mut commit = Commit {
            room: self.room,
            parent: on,
            new_state: on,
            author: self.key.public(),
            counter: self.next(),
            adds,
            removes: deed.removes.iter().copied().collect(),
            knocks: deed.knocks.clone(),
            cited: deed.cited.iter().map(|op| op.encode().into()).collect(),
            mls: Vec::new().into(),
        };
        alter(&mut commit);
        let staged = group.stage(&deed.removes, &deed.adds, &self.key, &commit.claims()).expect("MLS does not mind");
        group.merge_pending().expect("merges");
        self.images.insert(staged.new_state, group.image().expect("an image"));
        (commit.new_state, commit.mls) = (staged.new_state, staged.commit.into());
        (Signed::sign(commit, &self.key), staged.welcome, group)
    }

    /// Only rotates.
    pub(in crate::tests) fn rotates(&mut self, on: StateId) -> Signed<Commit> {
        self.commits(on, &Deed::default())
    }

    /// Follows what others did, as far as it can.
    pub(in crate::tests) fn follows(&mut self, commit: &Commit) {
        let Some(image) = self.images.get(&commit.parent) else { return };
        let mut group = Group::from_image(self.room, image).expect("opens");
        if let Ok(candidate) = group.process(&commit.mls)
            && group.merge(candidate).is_ok()
        {
            self.images.insert(commit.new_state, group.image().expect("an image"));
        }
    }

    /// Follows all commits a room knows of.
    pub(in crate::tests) fn follows_all(&mut self, room: &Room) {
        for id in room.graph.commits_below(room.graph.root()) {
            let commit = room.graph.commit(&id).expect("known").body.clone();
            if commit.author != self.key.public() && !self.images.contains_key(&commit.new_state) {
                self.follows(&commit);
            }
        }
    }

    /// Signs another frame with the same content.
    pub(in crate::tests) fn reframes(&mut self, honest: &Commit, alter: impl FnOnce(&mut Commit)) -> Signed<Commit> {
        let mut commit = Commit { author: self.key.public(), counter: self.next(), ..honest.clone() };
        alter(&mut commit);
        Signed::sign(commit, &self.key)
    }

    /// Signs another frame for an own commit.
    pub(in crate::tests) fn again(&mut self, own: &Commit, alter: impl FnOnce(&mut Commit)) -> Signed<Commit> {
        let mut commit = own.clone();
        alter(&mut commit);
        Signed::sign(commit, &self.key)
    }

    /// Says that it stands there.
    pub(in crate::tests) fn beacon(&mut self, at: StateId, vector: &Vector) -> Vec<u8> {
        let (room, author, counter) = (self.room, self.key.public(), self.next());
        let (holds, knows) = (Beacon::digest(vector), [0; 32]);
        let beacon = Beacon { room, author, counter, tip: at, holds, knows };
        Signed::sign(beacon, &self.key).encode_whole(vector)
    }

    /// Knocks with a key package, whosever it is, from a state nobody knows.
    pub(in crate::tests) fn knocks(&mut self, key_package: KeyPackageHash) -> Signed<Knock> {
        let (room, author, counter) = (self.room, self.key.public(), self.next());
        Signed::sign(Knock { room, author, counter, tip: StateId([7; 32]), key_package }, &self.key)
    }

    /// Orders the removal of seats, one op for each, on top of what a room holds of it.
    pub(in crate::tests) fn orders_removals(&self, room: &Room, seats: &[AuthorKey]) -> Vec<Op> {
        let mut seen = room.record.clone();
        let ops = seats.iter().map(|seat| {
            let head = seen.vector().head(seat).copied();
            let (last, last_id) = head.map_or((0, record::OpId::NONE), |head| (head.number, head.id));
            let remove = Remove { seat: *seat, last, last_id, last_control: seen.last_control(seat) };
            let op = self.says(room, &seen, Body::Remove(remove));
            seen.insert(op.clone()).expect("follows");
            op
        });
        ops.collect()
    }

    /// Orders that somebody be added.
    pub(in crate::tests) fn orders_add(&self, room: &Room, add: Add) -> Op {
        forged(room, Body::Add(add), &self.key)
    }

    fn says(&self, room: &Room, seen: &record::Record, body: Body) -> Op {
        let me = self.key.public();
        let head = seen.vector().head(&me).copied();
        let draft = record::Draft {
            room: room.id,
            number: head.map_or(1, |head| head.number + 1),
            previous: head.map_or(record::OpId::NONE, |head| head.id),
            previous_control: seen.last_control(&me),
            depth: head.map_or(0, |head| head.depth) + 1,
            origin: room.tip,
            heads: vec![],
            body,
            salt: [0; 16],
        };
        Op::sign(draft, self.key.signing_key())
    }

    fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }
}
