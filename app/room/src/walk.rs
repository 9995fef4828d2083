//! From the state this seat stands on to the one the room chose.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use record::StateId;

use crate::bounds;
use crate::channel::ChannelSecret;
use crate::choose::Choice;
use crate::eras::Eras;
use crate::frame::{Commit, CommitId, Signed};
use crate::input::{Effect, Error, Event, Millis};
use crate::mls::{Group, Image, MlsError};
use crate::op_key::OpKey;
use crate::room::Room;

/// How long an image besides the one of the tip is kept.
const KEPT_MS: Millis = 24 * 60 * 60 * 1000;
/// How long a seat waits before it leaves its branch for another: more may be on its way that decides otherwise.
const LEAVE_MS: (Millis, Millis) = (300, 1_000);
/// How long a key of a state that was left opens ops.
const OP_KEY_MS: Millis = 7 * 24 * 60 * 60 * 1000;

/// One image for each state lately stood on, written over whenever that state changes (a commit staged).
pub(crate) struct Images {
    images: BTreeMap<StateId, (Image, u64)>,
    /// Oldest first, with the time of arrival.
    order: Vec<(StateId, Millis)>,
    versions: u64,
}

impl Images {
    pub(crate) fn of(group: &Group, now: Millis) -> Result<Self, MlsError> {
        let mut images = Self { images: BTreeMap::new(), order: Vec::new(), versions: 0 };
        images.keep(group, group.state(), now)?;
        Ok(images)
    }

    /// Takes what a store kept.
    pub(crate) fn from_kept(kept: BTreeMap<StateId, Image>, mut order: Vec<(StateId, Millis)>) -> Self {
        order.retain(|(state, _)| kept.contains_key(state));
        let images = kept.into_iter().map(|(state, image)| (state, (image, 0))).collect();
        Self { images, order, versions: 0 }
    }

    /// Keeps an image of where the group is. The one of `standing` stays, however long a walk from there is.
    pub(crate) fn keep(&mut self, group: &Group, standing: StateId, now: Millis) -> Result<(), MlsError> {
        let state = group.state();
        self.versions += 1;
        self.images.insert(state, (group.image()?, self.versions));
        self.order.retain(|(kept, _)| *kept != state);
        self.order.push((state, now));
        while self.order.len() > bounds::IMAGES + 1 {
            let oldest = usize::from(self.order.first().is_some_and(|(state, _)| *state == standing));
            self.images.remove(&self.order.remove(oldest).0);
        }
        Ok(())
    }

    /// Forgets images that were kept long enough. The one of `standing` stays.
    pub(crate) fn expire(&mut self, standing: StateId, now: Millis) {
        let old = |(state, at): &(StateId, Millis)| *state != standing && now >= at.saturating_add(KEPT_MS);
        for (state, _) in self.order.iter().copied().filter(old).collect::<Vec<_>>() {
            self.images.remove(&state);
        }
        self.order.retain(|(state, _)| self.images.contains_key(state));
    }

    pub(crate) fn get(&self, state: &StateId) -> Option<&Image> {
        self.images.get(state).map(|(image, _)| image)
    }

    /// All images, each with a number that changes when it is written over.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&StateId, &Image, u64)> {
        self.images.iter().map(|(state, (image, version))| (state, image, *version))
    }

    pub(crate) fn order(&self) -> &[(StateId, Millis)] {
        &self.order
    }
}

/// The image a walk starts from, and the commits to follow.
type Way = (StateId, Vec<Arc<Signed<Commit>>>);

/// How a walk ended.
enum Walked {
    Arrived,
    /// A commit on the way is not what it claims, or does not open here; the choice is made again without it.
    Refused,
    /// It cannot be walked: no image to start from, an own commit whose image is gone, or the way swaps this seat.
    Stranded,
}

impl Room {
    pub(crate) fn choice(&self) -> Choice<'_> {
        let Self { graph, stands, unreadable, lost, drawn, table, .. } = self;
        Choice { graph, support: drawn.get(graph, stands), unreadable, lost, me: self.me(), table }
    }

    /// Walks to the chosen state, however often a commit on the way proves invalid.
    pub(crate) fn walk(&mut self, now: Millis) -> Result<(), Error> {
        self.count_those_away(now);
        for _ in 0..bounds::COMMITS {
            self.trim();
            let target = self.choice().target();
            self.chosen = target;
            if target == self.tip && (self.is_left_behind(now) || self.group.is_none()) {
                self.strand(now);
                return Ok(());
            }
            if target == self.tip {
                self.pacing.walk_at = None;
                self.found_the_way();
                return Ok(());
            }
            if !self.table.is_seated(&self.me()) || self.elsewhere {
                return Ok(());
            }
            let Some((from, way)) = self.way_to(target) else {
                if self.gives_up(target) {
                    continue;
                }
                return self.carry_on(now);
            };
            let leaves = !self.graph.is_at_or_below(&target, &self.tip);
            if leaves && !self.pacing.may_leave(now, LEAVE_MS, &mut self.rng) {
                return Ok(());
            }
            match self.walk_along(from, &way, now)? {
                Walked::Arrived => {
                    self.counts.reorgs += u64::from(leaves);
                    self.found_the_way();
                    self.arrived(now)?;
                }
                Walked::Refused => {}
                Walked::Stranded => return self.carry_on(now),
            }
        }
        Ok(())
    }

    /// The way to the chosen state is closed: knocks, and when nobody answers for long goes on below its own tip.
    fn carry_on(&mut self, now: Millis) -> Result<(), Error> {
        self.strand(now);
        while self.alone {
            let (target, way) = self.best_within_reach();
            self.chosen = target;
            let Some((from, way)) = way else { break };
            match self.walk_along(from, &way, now)? {
                Walked::Arrived => self.arrived(now)?,
                Walked::Refused => {}
                Walked::Stranded => break,
            }
        }
        Ok(())
    }

    /// The state to stand on among those below the tip that can be walked to, and the way there; the tip when there is none.
    fn best_within_reach(&mut self) -> (StateId, Option<Way>) {
        let (mut at, mut way) = (self.tip, None);
        loop {
            let rivals = self.choice().ranked(at).into_iter().filter(|rival| rival.stands);
            let rivals: Vec<StateId> = rivals.map(|rival| rival.state).collect();
            let Some((next, to)) = rivals.into_iter().find_map(|state| Some((state, self.way_to(state)?))) else {
                return (at, way);
            };
            (at, way) = (next, Some(to));
        }
    }

    /// Whether a branch that cannot be reached is given up, because nobody else stands there who could bring this seat.
    fn gives_up(&mut self, target: StateId) -> bool {
        let below: BTreeSet<StateId> = self.graph.way(self.tip).collect();
        let mut way: Vec<StateId> = self.graph.way(target).take_while(|state| !below.contains(state)).collect();
        while let Some(state) = way.pop() {
            let Some(commit) = self.graph.commit_to(&state).map(|commit| commit.id()) else { return false };
            if !self.choice().others_stand_on(&commit) && self.way_to(state).is_none() {
                return self.lost.len() < bounds::UNREADABLE && self.lost.insert(commit);
            }
        }
        false
    }

    /// From which image, and by which commits, a state is reached. None when it cannot be.
    fn way_to(&mut self, target: StateId) -> Option<Way> {
        let me = self.me();
        if self.graph.roster(&target).is_none_or(|roster| !roster.contains_key(&me)) {
            return None;
        }
        let mut way = Vec::new();
        let mut from = target;
        while self.images.get(&from).is_none() {
            let commit = self.graph.commit_to(&from).cloned()?;
            if let Some(swap) = commit.body.adds.iter().find(|add| add.seat == me) {
                let key_package = swap.key_package;
                self.swapped(&commit.body, key_package);
                return None;
            }
            let own = self.own_commits.get(&commit.body.parent).is_some_and(|own| own.commit.id() == commit.id());
            let foreign = commit.body.author == me && !own;
            if foreign || self.unreadable.contains(&commit.id()) || way.len() >= bounds::REPLAYED {
                return None;
            }
            from = commit.body.parent;
            way.push(commit);
        }
        way.reverse();
        Some((from, way))
    }

    fn walk_along(&mut self, from: StateId, way: &[Arc<Signed<Commit>>], now: Millis) -> Result<Walked, Error> {
        let image = self.images.get(&from).cloned().ok_or(Error::Bug("an image vanished"))?;
        self.live()?.restore(&image)?;
        for commit in way {
            if commit.body.author == self.me() {
                // An own commit can never be replayed from its bytes, only from the image it was staged in.
                if self.live()?.pending_state() != Some(commit.body.new_state) {
                    return self.turn_back(Walked::Stranded);
                }
                self.live()?.merge_pending()?;
            } else {
                match self.follow(&commit.body) {
                    Ok(()) => {}
                    Err(Followed::Lies) => {
                        self.graph.refuse(commit.id());
                        self.overstepped(commit.body.author);
                        return self.turn_back(Walked::Refused);
                    }
                    Err(Followed::DoesNotOpen) => {
                        self.does_not_open(commit.id());
                        return self.turn_back(Walked::Refused);
                    }
                }
            }
            self.step_made(now)?;
        }
        Ok(Walked::Arrived)
    }

    /// Keeps what only this state can give: an image, its op key, and the secret of its era if it begins one.
    pub(crate) fn step_made(&mut self, now: Millis) -> Result<(), Error> {
        let Some(group) = &self.group else { return Err(Error::Bug("a step without a group")) };
        let state = group.state();
        self.graph.proved(&state);
        self.images.keep(group, self.tip, now)?;
        self.op_keys.insert(state, OpKey::of(group)?);
        if self.graph.node(&state).is_some_and(|node| node.era == state) && self.eras.get(&state).is_none() {
            let secret = Eras::secret_of(group)?;
            self.begin_era(state, secret);
        }
        Ok(())
    }

    /// Listens to an era from now on.
    pub(crate) fn begin_era(&mut self, state: StateId, secret: ChannelSecret) {
        if self.eras.get(&state).is_none() {
            let channel = self.eras.insert(state, secret).clone();
            self.effects.push(Effect::Attend(Box::new(channel)));
        }
    }

    /// Processes one commit and merges it if it does exactly what its frame says.
    fn follow(&mut self, commit: &Commit) -> Result<(), Followed> {
        let group = self.live().map_err(|_| Followed::DoesNotOpen)?;
        let seated = group.seats().map_err(|_| Followed::DoesNotOpen)?;
        let candidate = group.process(&commit.mls).map_err(|_| Followed::DoesNotOpen)?;
        let adds = candidate.adds.iter().map(|(seat, hash)| (*seat, *hash));
        let swapped = commit.adds.iter().map(|add| add.seat).filter(|seat| seated.contains(seat));
        let mut removes: Vec<_> = commit.removes.iter().copied().chain(swapped).collect();
        removes.sort();
        let as_claimed = candidate.committer == commit.author
            && adds.eq(commit.adds.iter().map(|add| (add.seat, add.key_package)))
            && candidate.removes.iter().eq(removes.iter())
            && candidate.new_state == Some(commit.new_state)
            && candidate.claims == commit.claims()
            && candidate.plain;
        if !as_claimed {
            return Err(Followed::Lies);
        }
        group.merge(candidate).map_err(|_| Followed::DoesNotOpen)
    }

    fn does_not_open(&mut self, commit: CommitId) {
        if self.unreadable.len() < bounds::UNREADABLE {
            self.unreadable.insert(commit);
        } else {
            self.graph.refuse(commit);
        }
    }

    fn turn_back(&mut self, why: Walked) -> Result<Walked, Error> {
        let image = self.images.get(&self.tip).cloned().ok_or(Error::Bug("no image of the tip"))?;
        self.live()?.restore(&image)?;
        // Keys of states on the way are kept: what was said there can be read all the same.
        Ok(why)
    }

    pub(crate) fn arrived(&mut self, now: Millis) -> Result<(), Error> {
        if let Some(left) = self.op_keys.get_mut(&self.tip) {
            left.left = Some(now);
        }
        self.tip = self.live()?.state();
        if let Some(key) = self.op_keys.get_mut(&self.tip) {
            key.left = None;
        }
        (self.tip_since, self.ops_since) = (now, 0);
        self.pacing.moved();
        // Whatever closed the way before, this seat is there now.
        for commit in self.graph.way(self.tip).filter_map(|state| self.graph.commit_to(&state)) {
            self.lost.remove(&commit.id());
            self.unreadable.remove(&commit.id());
        }
        let era = self.graph.node(&self.tip).map(|node| node.era).ok_or(Error::Bug("no node of the tip"))?;
        if self.eras.get(&era).is_none() {
            return Err(Error::Bug("no era of the tip"));
        }
        for topic in self.eras.stand_in(era, now) {
            self.effects.push(Effect::Leave(topic));
        }
        self.receive_early(now);
        self.send_beacon();
        self.welcome_arrived();
        self.show(Event::Changed);
        Ok(())
    }

    /// Deletes keys and images whose time is over.
    pub(crate) fn expire(&mut self, now: Millis) {
        self.images.expire(self.tip, now);
        let tip = self.tip;
        let expired = |key: &OpKey| key.left.is_some_and(|left| now >= left.saturating_add(OP_KEY_MS));
        self.op_keys.retain(|state, key| *state == tip || !expired(key));
        while self.op_keys.len() > bounds::OP_KEYS {
            let oldest = self.op_keys.iter().filter_map(|(state, key)| key.left.map(|left| (left, *state))).min();
            let Some((_, oldest)) = oldest else { break };
            self.op_keys.remove(&oldest);
        }
        self.own_commits.retain(|parent, _| self.graph.node(parent).is_some());
        self.unreadable.retain(|id| self.graph.commit(id).is_some());
        self.lost.retain(|id| self.graph.commit(id).is_some());
    }

    /// Drops commits nobody would stand on when there are too many, and what all have left behind for good.
    pub(crate) fn trim(&mut self) {
        let choice = self.choice();
        let mut drop = Vec::new();
        for parent in self.graph.crowded() {
            let mut by_author = BTreeMap::new();
            // What this seat lost takes nobody's place: a seat that forgot its own commits twice could make no other here.
            let within_reach = choice.ranked(parent).into_iter().filter(|rival| !self.lost.contains(&rival.id));
            for (place, rival) in within_reach.enumerate() {
                let by_author: &mut usize = by_author.entry(rival.author).or_default();
                *by_author += 1;
                let crowd = place >= bounds::COMMITS_PER_PARENT || *by_author > bounds::COMMITS_PER_AUTHOR;
                if crowd && !self.graph.is_at_or_below(&self.tip, &rival.state) {
                    drop.push(rival.id);
                }
            }
        }
        self.graph.drop_branches(drop);
        self.thin();
        self.settle();
    }

    /// Makes room where all branches together are too large: what fewest stand on goes first, the newest of it before the older.
    ///
    /// The order is the same for all who know the same, so that all keep the same.
    fn thin(&mut self) {
        let excess = self.graph.commits().count().saturating_sub(bounds::COMMITS);
        if excess == 0 {
            return;
        }
        let choice = self.choice();
        let own: BTreeSet<StateId> = self.graph.way(self.tip).collect();
        let chosen: BTreeSet<StateId> = self.graph.way(choice.target()).collect();
        let mut depths = BTreeMap::from([(self.graph.root(), 0)]);
        let mut weakest = Vec::new();
        for id in self.graph.commits_below(self.graph.root()) {
            let Some(commit) = self.graph.commit(&id).map(|commit| &commit.body) else { continue };
            let depth = depths.get(&commit.parent).map_or(0, |above: &usize| above + 1);
            depths.insert(commit.new_state, depth);
            if !own.contains(&commit.new_state) {
                weakest.push((chosen.contains(&commit.new_state), choice.support.ever(&id), Reverse(depth), id));
            }
        }
        weakest.sort();
        self.graph.drop_branches(weakest.into_iter().take(excess).map(|(.., id)| id));
    }

    /// Moves the oldest state on when the way from it is long and its choice is settled, or much too long.
    fn settle(&mut self) {
        loop {
            let way: Vec<StateId> = self.graph.way(self.tip).collect();
            if way.len() <= bounds::WAY_KEPT {
                return;
            }
            let Some(next) = way.len().checked_sub(2).map(|at| way[at]) else { return };
            if way.len() <= bounds::WAY && !self.is_settled(self.graph.root(), next) {
                return;
            }
            let Some(commit) = self.graph.commit_to(&next).map(|commit| commit.id()) else { return };
            let gone = self.graph.advance(commit);
            self.stands.forget(&gone);
        }
    }

    /// Whether nothing can be heard any more that would change the choice on a state: all of its seats have stood below
    /// the one of its commits that leads to `next`.
    fn is_settled(&self, state: StateId, next: StateId) -> bool {
        let choice = self.choice();
        let (Some(commit), Some(roster)) = (self.graph.commit_to(&next), self.graph.roster(&state)) else {
            return false;
        };
        let id = commit.id();
        roster.keys().all(|seat| choice.support.stood(&id, seat) || self.graph.removed().contains(seat))
            && choice.ranked(state).first().is_some_and(|best| best.state == next)
    }
}

/// Why a commit was not followed.
enum Followed {
    /// It does something else than its frame says: nobody follows it.
    Lies,
    /// MLS does not take it here. Others may be able to: its author can have sealed its secrets to some only.
    DoesNotOpen,
}
