//! Own commits: whose turn it is, what is in them, and the Welcomes that come of them.
//!
//! A commit makes the tree equal to the table, or only rotates keys. Any seat may make it: so that not all do, they wait in
//! an order that is the same for all who hear the same seats.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use record::{Add, AuthorKey, Body, Op, OpId, RoomId};
use sha2::{Digest, Sha256};

use crate::bounds;
use crate::frame::{Addition, Commit, Frame, Signed, SignedBytes};
use crate::input::{Effect, Error, Millis};
use crate::mls::KeyPackage;
use crate::room::Room;

/// Each seat waits this long for the one before it.
const TURN_MS: Millis = 1_500;
/// And at least this long on a state just reached, however long the task was open.
const STEP_MS: Millis = 150;
/// How long after a change of state the next rotation is, at least.
const ROTATE_MS: Millis = 5_000;
/// How long the next in the order waits to rotate in the place of one who does not.
const ROTATE_TURN_MS: Millis = 20_000;
/// A state rotates after so many ops.
const ROTATE_OPS: u32 = 100;
/// A state rotates after so long.
const ROTATE_AGE_MS: Millis = 24 * 60 * 60 * 1000;

/// Somebody admitted and not yet in the tree.
pub(crate) struct Admission {
    pub(crate) add: Add,
    pub(crate) key_package: KeyPackage,
    pub(crate) intent: OpId,
}

/// The one own commit on a state. There is never a second: it would re-use what the first one did.
pub(crate) struct OwnCommit {
    pub(crate) commit: Signed<Commit>,
    pub(crate) welcome: Vec<u8>,
    /// Whether those it brings in have been told.
    pub(crate) welcomed: bool,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Kept {
    #[n(0)]
    commit: ByteVec,
    #[n(1)]
    welcome: ByteVec,
    #[n(2)]
    welcomed: bool,
}

impl OwnCommit {
    /// As bytes for the vault.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let (commit, welcome) = (self.commit.encode().into(), self.welcome.clone().into());
        minicbor::to_vec(Kept { commit, welcome, welcomed: self.welcomed }).expect("encoding into memory")
    }

    pub(crate) fn decode(room: RoomId, bytes: &[u8]) -> Result<Self, Error> {
        let kept: Kept = minicbor::decode(bytes).map_err(|_| Error::Bug("a kept own commit"))?;
        let Frame::Commit(commit) = Frame::decode(room, &kept.commit)? else {
            return Err(Error::Bug("a kept own commit"));
        };
        Ok(Self { commit, welcome: kept.welcome.into(), welcomed: kept.welcomed })
    }
}

/// What a commit on the tip would have to do.
#[derive(Default)]
pub(crate) struct Duty {
    removes: BTreeSet<AuthorKey>,
    /// Those who knock, and those this seat admitted.
    adds: BTreeMap<AuthorKey, KeyPackage>,
    knocks: Vec<SignedBytes>,
    /// Whether only this seat can do it.
    only_here: bool,
}

#[cfg(test)]
impl Duty {
    /// What a client stages that asks nobody whether it may.
    pub(crate) fn adding(adds: &[KeyPackage]) -> Self {
        Self { adds: adds.iter().map(|add| (add.seat(), add.clone())).collect(), ..Self::default() }
    }
}

impl Room {
    pub(crate) fn admit(&mut self, add: Add, key_package: KeyPackage, now: Millis) -> Result<(), Error> {
        let link = self.table.links.get(&(self.me(), add.link)).ok_or(Error::NotNow)?;
        let usable = !link.revoked && link.spent.is_none();
        let fits = add.seat == key_package.seat() && add.key_package == key_package.hash();
        let known = self.table.seat(&add.seat).is_some() || self.table.removed.contains_key(&add.seat);
        if !usable || !fits || known || self.admissions.len() >= bounds::ADMISSIONS {
            return Err(Error::NotNow);
        }
        let intent = self.say(Body::Add(add.clone()), now)?.id();
        self.admissions.push(Admission { add, key_package, intent });
        Ok(())
    }

    /// Does what the tip needs, as soon as it is this seat's turn: a commit that follows the table, or a rotation.
    pub(crate) fn work(&mut self, now: Millis) -> Result<(), Error> {
        self.pacing.work_at = None;
        let me = self.me();
        let Some(roster) = self.graph.roster(&self.tip).cloned() else { return Ok(()) };
        let seated = roster.contains_key(&me) && self.table.is_seated(&me);
        self.admissions.retain(|admission| !roster.contains_key(&admission.add.seat));
        // Also one that this seat has forgotten, unless nobody is there to bring it where that one led.
        let forgotten = |(id, commit): (_, &Arc<Signed<Commit>>)| commit.body.author == me && !self.lost.contains(&id);
        let forgotten = !self.alone && self.graph.commits_on(&self.tip).any(forgotten);
        let committed = self.own_commits.contains_key(&self.tip) || forgotten;
        let waits = self.elsewhere || self.chosen != self.tip || self.stranded.is_some() && !self.alone;
        if !self.connected || !seated || waits || committed || self.group.is_none() {
            return Ok(());
        }
        let duty = self.duty(now);
        let at = if duty.removes.is_empty() && duty.adds.is_empty() {
            self.open_tasks.clear();
            self.rotation_due(now)
        } else {
            let since = self.waiting_since(&duty, now);
            let turn = |place: Millis| (since + place * TURN_MS).max(self.tip_since + place * STEP_MS);
            if duty.only_here { Some(now) } else { self.turn(&duty, now).map(turn) }
        };
        match at {
            Some(at) if at <= now => self.commit(duty, now),
            at => {
                self.pacing.work_at = at;
                Ok(())
            }
        }
    }

    /// Since when the longest open task waits. Only its being done ends a wait: who is first in the order and always does
    /// something else starves nobody.
    fn waiting_since(&mut self, duty: &Duty, now: Millis) -> Millis {
        let open: BTreeSet<AuthorKey> = duty.removes.iter().chain(duty.adds.keys()).copied().collect();
        self.open_tasks.retain(|seat, _| open.contains(seat));
        for seat in open.into_iter().take(bounds::SEATS) {
            self.open_tasks.entry(seat).or_insert(now);
        }
        self.open_tasks.values().min().copied().unwrap_or(now)
    }

    fn duty(&mut self, now: Millis) -> Duty {
        let me = self.me();
        let mut duty = Duty::default();
        let Some(node) = self.graph.node(&self.tip).cloned() else { return duty };
        duty.removes = node.roster.keys().filter(|seat| **seat != me && !self.table.is_seated(seat)).copied().collect();
        for admission in &self.admissions {
            let named = self.table.seat(&admission.add.seat).is_some_and(|seat| seat.by == admission.intent);
            // What its author took back before a second key agreed is not given though one does.
            let stands = self.table.links.get(&(me, admission.add.link)).is_some_and(|link| !link.revoked);
            if named
                && stands
                && self.table.is_seated(&admission.add.seat)
                && !node.answered.contains_key(&admission.add.seat)
            {
                duty.adds.insert(admission.add.seat, admission.key_package.clone());
                duty.only_here = true;
            }
        }
        let mut unusable = Vec::new();
        let open: Vec<AuthorKey> = self.open_knocks(now).map(|(seat, _)| *seat).filter(|seat| *seat != me).collect();
        for seat in open {
            let Some(held) = self.knocks.get_mut(&seat) else { continue };
            match held.key_package(self.rules.suite) {
                Some(key_package) => {
                    duty.knocks.push(held.knock.bytes());
                    duty.adds.insert(seat, key_package);
                }
                None => unusable.push(seat),
            }
        }
        for seat in unusable {
            self.knocks.remove(&seat);
        }
        duty
    }

    /// Seats of the tip heard lately, this one included.
    fn present(&self, now: Millis) -> BTreeSet<AuthorKey> {
        let roster = self.graph.roster(&self.tip);
        let heard = |seat: &&AuthorKey| **seat == self.me() || self.is_present(seat, now);
        roster.into_iter().flat_map(|roster| roster.keys()).filter(heard).copied().collect()
    }

    /// How many seats come before this one: the convener, heads, all others, each by lot.
    fn turn(&self, duty: &Duty, now: Millis) -> Option<Millis> {
        let roster = self.graph.roster(&self.tip)?;
        let lot = |seat: &AuthorKey| -> [u8; 32] {
            Sha256::new().chain_update(self.tip.0).chain_update(seat.0).finalize().into()
        };
        let mut order: Vec<AuthorKey> =
            self.present(now).into_iter().filter(|seat| !duty.removes.contains(seat)).collect();
        order.sort_by_key(|seat| (roster.get(seat).map(|leaf| leaf.role.rank()), lot(seat)));
        order.iter().position(|seat| *seat == self.me()).map(|place| place as Millis)
    }

    /// When this seat should rotate its keys: once after joining, after much use, and only while half of the seats are here.
    /// The turn is that of the oldest leaf: then hardly ever do two rotate at once.
    fn rotation_due(&self, now: Millis) -> Option<Millis> {
        let roster = self.graph.roster(&self.tip)?;
        let present = self.present(now);
        if roster.len() < 2 || 2 * present.len() < roster.len() {
            return None;
        }
        let fresh: Vec<&AuthorKey> =
            present.iter().filter(|seat| roster.get(*seat).is_some_and(|leaf| leaf.fresh)).collect();
        let worn = self.tip_since.saturating_add(if self.ops_since >= ROTATE_OPS { ROTATE_MS } else { ROTATE_AGE_MS });
        let (mut order, since) = if fresh.is_empty() {
            (present.iter().collect::<Vec<_>>(), worn)
        } else {
            (fresh, self.tip_since.saturating_add(ROTATE_MS))
        };
        let ages = self.leaf_ages();
        let lot = |seat: &AuthorKey| -> [u8; 32] {
            Sha256::new().chain_update(self.tip.0).chain_update(seat.0).finalize().into()
        };
        order.sort_by_key(|seat| (ages.get(*seat).copied().unwrap_or(0), lot(seat)));
        let place = order.iter().position(|seat| **seat == self.me())?;
        Some(since + place as Millis * ROTATE_TURN_MS)
    }

    /// For each seat, how far from the oldest state kept its leaf was last renewed; not named are those before.
    fn leaf_ages(&self) -> BTreeMap<AuthorKey, usize> {
        let way: Vec<_> = self.graph.way(self.tip).collect();
        let mut ages = BTreeMap::new();
        for (age, state) in way.iter().rev().enumerate() {
            let Some(commit) = self.graph.commit_to(state) else { continue };
            ages.insert(commit.body.author, age);
            ages.extend(commit.body.adds.iter().map(|add| (add.seat, age)));
        }
        ages
    }

    /// Stages what is due. One key package that MLS will not add must not keep the others out: then each is tried alone.
    fn commit(&mut self, mut duty: Duty, now: Millis) -> Result<(), Error> {
        loop {
            match self.stage_commit(&duty, self.citations(), now) {
                Ok(()) => return Ok(()),
                Err(_) if duty.adds.is_empty() => return Ok(()),
                Err(_) if duty.adds.len() == 1 => {
                    let Some((seat, _)) = duty.adds.pop_first() else { return Ok(()) };
                    self.knocks.remove(&seat);
                    self.admissions.retain(|admission| admission.add.seat != seat);
                    if duty.removes.is_empty() {
                        return self.work(now);
                    }
                }
                Err(_) => {
                    let first = duty.adds.pop_first();
                    duty.adds = first.into_iter().collect();
                }
            }
        }
    }

    /// Stages the one own commit on the tip and sends it; it is merged when it comes back.
    pub(crate) fn stage_commit(&mut self, duty: &Duty, cited: Vec<ByteVec>, now: Millis) -> Result<(), Error> {
        let key_packages: Vec<KeyPackage> = duty.adds.values().cloned().collect();
        let addition = |k: &KeyPackage| Addition { seat: k.seat(), key_package: k.hash() };
        let mut adds: Vec<Addition> = key_packages.iter().map(addition).collect();
        adds.sort();
        let mut commit = Commit {
            room: self.id,
            parent: self.tip,
            new_state: self.tip,
            author: self.me(),
            counter: self.next_counter(),
            adds,
            removes: duty.removes.iter().copied().collect(),
            knocks: duty.knocks.clone(),
            cited,
            mls: Vec::new().into(),
        };
        let Some(group) = &mut self.group else { return Err(Error::Bug("a commit without a group")) };
        let staged = group.stage(&duty.removes, &key_packages, &self.key, &commit.claims())?;
        self.images.keep(group, self.tip, now)?;
        (commit.new_state, commit.mls) = (staged.new_state, staged.commit.into());
        let commit = Signed::sign(commit, &self.key);
        self.counts.commits += 1;
        self.own_commits.insert(self.tip, OwnCommit { commit, welcome: staged.welcome, welcomed: false });
        self.resend_commit(now);
        Ok(())
    }

    /// All intents held that no commit on the way here cites. Those they rest on are held too, or they could not be cited.
    pub(crate) fn citations(&self) -> Vec<ByteVec> {
        let Some(node) = self.graph.node(&self.tip) else { return Vec::new() };
        let mut new: Vec<&Op> = self.record.control().filter(|op| !node.log.contains_key(&op.id())).collect();
        loop {
            let ids: BTreeSet<OpId> = new.iter().map(|op| op.id()).collect();
            let rests = |id: OpId| id == OpId::NONE || ids.contains(&id) || node.log.contains_key(&id);
            let before = new.len();
            new.retain(|op| rests(op.previous_control()));
            if new.len() == before {
                break;
            }
        }
        new.sort_by_key(|op| (op.depth(), op.author(), op.number()));
        new.iter().take(bounds::CITED).map(|op| op.encode().into()).collect()
    }

    /// Sends the own commit on the tip, first or again: always the same bytes.
    pub(crate) fn resend_commit(&mut self, now: Millis) {
        let Some(own) = self.own_commits.get(&self.tip) else { return };
        let message = own.commit.encode();
        self.send(message);
        self.pacing.resend_after(now);
    }

    /// Has those told again whom own commits brought in and who were never heard here: a death may have swallowed the Welcome.
    pub(crate) fn welcome_again(&mut self) {
        let unheard = |own: &OwnCommit| {
            own.commit.body.adds.iter().any(|add| self.heard(&add.seat).is_none() && !self.stands.has(&add.seat))
        };
        let due: Vec<_> = self.own_commits.iter().filter(|(_, own)| unheard(own)).map(|(parent, _)| *parent).collect();
        for parent in due {
            if let Some(own) = self.own_commits.get_mut(&parent) {
                own.welcomed = false;
            }
        }
    }

    /// Tells those whom own commits on the way here bring in.
    pub(crate) fn welcome_arrived(&mut self) {
        let due = self.own_commits.iter().filter(|(_, own)| {
            !own.welcomed
                && !own.commit.body.adds.is_empty()
                && self.graph.is_at_or_below(&self.tip, &own.commit.body.new_state)
        });
        let due: Vec<_> = due.map(|(parent, _)| *parent).collect();
        for parent in due {
            let Some(own) = self.own_commits.get_mut(&parent) else { continue };
            own.welcomed = true;
            let (commit, welcome) = (own.commit.body.clone(), own.welcome.clone());
            for addition in &commit.adds {
                let knocked =
                    self.knocks.get(&addition.seat).filter(|held| held.knock.body.key_package == addition.key_package);
                let knocked = knocked.map(|held| (held.knock.hash(), held.knock.body.tip, held.heard_on));
                if let Some((hash, from, on)) = knocked {
                    self.counts.swaps += 1;
                    self.send_return(hash, &from, &commit.new_state, &welcome, on).ok();
                } else if let Some(entry) = self.entry_for(&addition.seat, &commit.new_state, &welcome) {
                    self.effects.push(Effect::Welcome { seat: addition.seat, entry });
                }
            }
        }
    }
}
