//! From the state this seat stands on to the one the room chose.

use std::collections::BTreeMap;
use std::sync::Arc;

use record::StateId;

use crate::choose::choose;
use crate::frame::{Commit, Signed};
use crate::input::{Error, Event, Millis};
use crate::mls::{Group, Image, MlsError};
use crate::op_key::OpKey;
use crate::room::Room;

/// Images kept besides the one of the tip.
const KEPT: usize = 3;

/// One image for each state lately stood on, written over whenever that state changes (a commit staged).
pub(crate) struct Images {
    images: BTreeMap<StateId, Image>,
    /// Oldest first.
    order: Vec<StateId>,
}

impl Images {
    pub(crate) fn of(group: &Group) -> Result<Self, MlsError> {
        let mut images = Self { images: BTreeMap::new(), order: Vec::new() };
        images.keep(group, group.state())?;
        Ok(images)
    }

    /// Keeps an image of where the group is. The one of `standing` stays, however long a walk from there is.
    pub(crate) fn keep(&mut self, group: &Group, standing: StateId) -> Result<(), MlsError> {
        let state = group.state();
        self.images.insert(state, group.image()?);
        self.order.retain(|kept| *kept != state);
        self.order.push(state);
        while self.order.len() > KEPT + 1 {
            let oldest = usize::from(self.order.first() == Some(&standing));
            self.images.remove(&self.order.remove(oldest));
        }
        Ok(())
    }

    fn get(&self, state: &StateId) -> Option<&Image> {
        self.images.get(state)
    }
}

/// How a walk ended.
enum Walked {
    Arrived,
    /// A commit on the way is not what it claims; it is refused now.
    Refused,
    /// No image to start from, or an own commit whose image is gone.
    Stranded,
}

impl Room {
    /// Walks to the chosen state, however often a commit on the way proves invalid.
    pub(crate) fn walk(&mut self, now: Millis) -> Result<(), Error> {
        loop {
            let target = choose(&self.graph, &self.stood);
            if target == self.tip {
                return Ok(());
            }
            match self.walk_to(target)? {
                Walked::Arrived => return self.arrived(now),
                Walked::Refused => {}
                Walked::Stranded => return Ok(()),
            }
        }
    }

    fn walk_to(&mut self, target: StateId) -> Result<Walked, Error> {
        let mut way: Vec<Arc<Signed<Commit>>> = Vec::new();
        let mut from = target;
        while self.images.get(&from).is_none() {
            let Some(commit) = self.graph.commit_to(&from) else { return Ok(Walked::Stranded) };
            way.push(commit.clone());
            from = commit.body.parent;
        }
        let image = self.images.get(&from).cloned().ok_or(Error::Bug("an image vanished"))?;
        self.group.restore(&image)?;
        for commit in way.iter().rev() {
            let own = self.own_commits.get(&commit.body.parent).is_some_and(|own| own.commit.id() == commit.id());
            if own {
                // An own commit can never be replayed from its bytes, only from the image it was staged in.
                if self.group.pending_state() != Some(commit.body.new_state) {
                    return self.turn_back(Walked::Stranded);
                }
                self.group.merge_pending()?;
            } else if self.follow(&commit.body).is_err() {
                self.graph.refuse(commit.id());
                return self.turn_back(Walked::Refused);
            }
            self.images.keep(&self.group, self.tip)?;
            self.op_keys.insert(commit.body.new_state, OpKey::of(&self.group)?);
        }
        Ok(Walked::Arrived)
    }

    /// Processes one commit and merges it if it does exactly what its frame says.
    fn follow(&mut self, commit: &Commit) -> Result<(), Error> {
        let candidate = self.group.process(&commit.mls)?;
        let adds = candidate.adds.iter().map(|(seat, hash)| (*seat, *hash));
        let as_claimed = candidate.committer == commit.author
            && adds.eq(commit.adds.iter().map(|add| (add.seat, add.key_package)))
            && candidate.removes.iter().eq(commit.removes.iter())
            && candidate.new_state == Some(commit.new_state)
            && candidate.plain;
        if !as_claimed {
            return Err(Error::PeerMisbehaved("a commit that does something else than it says"));
        }
        Ok(self.group.merge(candidate)?)
    }

    fn turn_back(&mut self, why: Walked) -> Result<Walked, Error> {
        let image = self.images.get(&self.tip).cloned().ok_or(Error::Bug("no image of the tip"))?;
        self.group.restore(&image)?;
        Ok(why)
    }

    fn arrived(&mut self, now: Millis) -> Result<(), Error> {
        self.tip = self.group.state();
        let me = self.me();
        self.stood.entry(me).or_default().insert(self.tip);
        self.welcome_admitted();
        self.receive_early(now);
        self.send_beacon();
        self.show(Event::Changed);
        self.commit_admissions(now)
    }
}
