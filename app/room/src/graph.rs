//! The graph of states and commits, and who sits in each state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use record::{Op, StateId};

use crate::frame::{Commit, CommitId, HELLO_COMMITS, Signed};
use crate::mls::Rules;
use crate::policy::{self, Roster};

/// Most commits kept of one author on one parent.
const PER_AUTHOR: usize = 2;
/// Most commits kept on one parent.
const PER_PARENT: usize = 64;
/// Most commits kept whose parent is not known yet, and most bytes of them.
const ORPHANS: usize = 256;
const ORPHAN_BYTES: usize = 8 << 20;
/// Most refusals remembered.
const REFUSALS: usize = 65_536;
/// Most bytes of commits from before this seat joined that it keeps for others.
const EARLIER_BYTES: usize = 1 << 20;

/// States as folded from commit frames; no MLS needed.
pub(crate) struct Graph {
    rules: Rules,
    root: StateId,
    rosters: BTreeMap<StateId, Arc<Roster>>,
    valid: BTreeMap<CommitId, Arc<Signed<Commit>>>,
    to: BTreeMap<StateId, CommitId>,
    children: BTreeMap<StateId, Vec<CommitId>>,
    orphans: BTreeMap<CommitId, Signed<Commit>>,
    refused: BTreeSet<CommitId>,
    /// States from before this seat joined: their seats are not known.
    earlier: BTreeSet<StateId>,
    /// Commits from before this seat joined, oldest first: only kept for those who still need them.
    earlier_commits: Vec<Arc<Signed<Commit>>>,
}

/// What became of a commit frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    /// Valid; it, and perhaps others that waited for it, are in the graph now.
    New,
    /// Known before.
    Known,
    /// Its parent is not known yet.
    Waits,
    /// Refused, by everybody and for ever.
    Refused,
}

impl Graph {
    pub(crate) fn new(
        rules: Rules,
        root: StateId,
        roster: Roster,
        earlier: BTreeSet<StateId>,
        earlier_commits: Vec<Arc<Signed<Commit>>>,
    ) -> Self {
        let rosters = BTreeMap::from([(root, Arc::new(roster))]);
        let (valid, to, children) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (orphans, refused) = (BTreeMap::new(), BTreeSet::new());
        Self { rules, root, rosters, valid, to, children, orphans, refused, earlier, earlier_commits }
    }

    /// Takes a commit frame and judges it as soon as its parent is known.
    pub(crate) fn take(&mut self, commit: Signed<Commit>) -> Taken {
        let id = commit.id();
        if self.refused.contains(&id) {
            return Taken::Refused;
        }
        let from_before = commit.body.new_state == self.root || self.earlier.contains(&commit.body.new_state);
        if self.valid.contains_key(&id) || from_before {
            return Taken::Known;
        }
        if !self.rosters.contains_key(&commit.body.parent) {
            let bytes: usize = self.orphans.values().map(Signed::size).sum();
            if self.orphans.len() < ORPHANS && bytes + commit.size() <= ORPHAN_BYTES {
                self.orphans.insert(id, commit);
            }
            return Taken::Waits;
        }
        let taken = self.judge(id, commit);
        while let Some((id, commit)) = self.next_orphan() {
            self.judge(id, commit);
        }
        taken
    }

    fn next_orphan(&mut self) -> Option<(CommitId, Signed<Commit>)> {
        let known = self.orphans.iter().find(|(_, commit)| self.rosters.contains_key(&commit.body.parent));
        let id = *known?.0;
        self.orphans.remove_entry(&id)
    }

    fn judge(&mut self, id: CommitId, commit: Signed<Commit>) -> Taken {
        let body = &commit.body;
        let siblings = self.children.get(&body.parent).map_or(&[][..], Vec::as_slice);
        let by_author = siblings.iter().filter(|id| self.valid[id].body.author == body.author).count();
        let new_state_taken = self.rosters.contains_key(&body.new_state);
        if siblings.len() >= PER_PARENT || by_author >= PER_AUTHOR || new_state_taken {
            self.remember_refusal(id);
            return Taken::Refused;
        }
        let verdict = self.rosters.get(&body.parent).map(|parent| policy::judge_commit(&self.rules, parent, body));
        let Some(Ok(roster)) = verdict else {
            self.remember_refusal(id);
            return Taken::Refused;
        };
        self.rosters.insert(body.new_state, Arc::new(roster));
        self.to.insert(body.new_state, id);
        self.children.entry(body.parent).or_default().push(id);
        self.valid.insert(id, Arc::new(commit));
        Taken::New
    }

    fn remember_refusal(&mut self, id: CommitId) {
        if self.refused.len() < REFUSALS {
            self.refused.insert(id);
        }
    }

    /// Refuses a commit that MLS does not take or that lies about itself, with everything built on it.
    pub(crate) fn refuse(&mut self, id: CommitId) {
        let mut refused = vec![id];
        while let Some(id) = refused.pop() {
            self.remember_refusal(id);
            let Some(commit) = self.valid.remove(&id) else { continue };
            let state = commit.body.new_state;
            self.rosters.remove(&state);
            self.to.remove(&state);
            if let Some(siblings) = self.children.get_mut(&commit.body.parent) {
                siblings.retain(|sibling| *sibling != id);
            }
            refused.extend(self.children.remove(&state).unwrap_or_default());
        }
    }

    /// The oldest state this seat knows.
    pub(crate) fn root(&self) -> StateId {
        self.root
    }

    pub(crate) fn roster(&self, state: &StateId) -> Option<&Arc<Roster>> {
        self.rosters.get(state)
    }

    /// Whether the state is known, be it only as one from before this seat joined.
    pub(crate) fn is_earlier(&self, state: &StateId) -> bool {
        self.earlier.contains(state)
    }

    /// All states known, for a newcomer to tell what lies before it from what it has not heard of yet.
    pub(crate) fn states(&self) -> BTreeSet<StateId> {
        self.rosters.keys().chain(&self.earlier).copied().collect()
    }

    /// The commit that leads to a state.
    pub(crate) fn commit_to(&self, state: &StateId) -> Option<&Arc<Signed<Commit>>> {
        self.valid.get(self.to.get(state)?)
    }

    /// The commits on a state.
    pub(crate) fn commits_on(&self, state: &StateId) -> impl Iterator<Item = (CommitId, &Arc<Signed<Commit>>)> {
        let ids = self.children.get(state).map_or(&[][..], Vec::as_slice);
        ids.iter().filter_map(|id| self.valid.get(id).map(|commit| (*id, commit)))
    }

    pub(crate) fn commit(&self, id: &CommitId) -> Option<&Arc<Signed<Commit>>> {
        self.valid.get(id).or_else(|| self.earlier_commits.iter().find(|commit| commit.id() == *id))
    }

    pub(crate) fn knows(&self, id: &CommitId) -> bool {
        self.valid.contains_key(id) || self.refused.contains(id) || self.orphans.contains_key(id)
    }

    /// The ids of all commits, for a Hello.
    pub(crate) fn commit_ids(&self) -> BTreeSet<CommitId> {
        self.valid.keys().copied().take(HELLO_COMMITS).collect()
    }

    /// Commits below a state, parents first.
    pub(crate) fn commits_below(&self, state: StateId) -> Vec<CommitId> {
        let mut found = Vec::new();
        let mut states = vec![state];
        while let Some(state) = states.pop() {
            for (id, commit) in self.commits_on(&state) {
                found.push(id);
                states.push(commit.body.new_state);
            }
        }
        found
    }

    /// The commits somebody lacks who knows the room from `root` on and has these, parents first.
    pub(crate) fn commits_for(&self, root: StateId, has: &BTreeSet<CommitId>) -> Vec<CommitId> {
        let mut lacks = Vec::new();
        if self.earlier.contains(&root) {
            lacks.extend(self.earlier_commits.iter().map(|commit| commit.id()));
            lacks.extend(self.commits_below(self.root));
        } else {
            lacks.extend(self.commits_below(root));
        }
        lacks.retain(|id| !has.contains(id));
        lacks
    }

    /// The newest commits up to this state, oldest first, for a newcomer to keep for others.
    pub(crate) fn commits_to(&self, state: StateId) -> Vec<Arc<Signed<Commit>>> {
        let mut commits = Vec::new();
        let mut at = state;
        while let Some(commit) = self.commit_to(&at) {
            at = commit.body.parent;
            commits.push(commit.clone());
        }
        commits.extend(self.earlier_commits.iter().rev().cloned());
        let mut bytes = 0;
        commits.retain(|commit| {
            bytes += commit.size();
            bytes <= EARLIER_BYTES
        });
        commits.reverse();
        commits
    }

    /// Whether the op may be said by its author, judged by the state it was said in. None when that state is not known.
    pub(crate) fn judge_op(&self, op: &Op) -> Option<bool> {
        self.rosters.get(&op.origin()).map(|roster| policy::judge_op(&self.rules, roster, op))
    }
}
