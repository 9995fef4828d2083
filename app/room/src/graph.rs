//! The graph of states and commits, and who sits in each state.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use record::{AuthorKey, Op, OpId, StateId, Table};
use sha2::{Digest, Sha256};

use crate::bounds;
use crate::frame::{Commit, CommitId, Signed};
use crate::mls::Rules;
use crate::policy::{self, Answered, Judged, Roster, Standing};

/// Control ops by id.
pub(crate) type Log = BTreeMap<OpId, Op>;

/// States as folded from commit frames, from the oldest one kept on; no MLS needed.
pub(crate) struct Graph {
    rules: Rules,
    root: StateId,
    nodes: BTreeMap<StateId, Node>,
    valid: BTreeMap<CommitId, Arc<Signed<Commit>>>,
    to: BTreeMap<StateId, CommitId>,
    children: BTreeMap<StateId, BTreeSet<CommitId>>,
    orphans: BTreeMap<CommitId, Signed<Commit>>,
    /// Other frames that claim to lead to a known state. One of them tells the truth; which, only following shows.
    doubles: BTreeMap<CommitId, Signed<Commit>>,
    refused: BTreeSet<CommitId>,
    /// States that are not kept any more, or lie before this seat joined.
    earlier: BTreeSet<StateId>,
    /// Commits that led to the oldest state, oldest first: only kept for those who still need them.
    earlier_commits: VecDeque<Arc<Signed<Commit>>>,
    /// Seats of states, also of those not kept any more: the readers of what was said there.
    readers: BTreeMap<StateId, Arc<Roster>>,
    removed: BTreeSet<AuthorKey>,
    version: u64,
    pub(crate) changes: Changes,
}

/// What must be stored anew.
#[derive(Default)]
pub(crate) struct Changes {
    pub(crate) commits: BTreeSet<CommitId>,
    pub(crate) states: BTreeSet<StateId>,
}

/// What is known of one state.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) roster: Arc<Roster>,
    pub(crate) answered: Arc<Answered>,
    /// All intents cited on the way here: the table they fold to is what the tree follows.
    pub(crate) log: Arc<Log>,
    /// The state made by the latest removal on the way here, or the first one: it gives the channel.
    pub(crate) era: StateId,
}

impl Node {
    /// SHA-256 over it, the ids of the intents standing for them.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let roster: Vec<_> = self.roster.iter().collect();
        let answered: Vec<_> = self.answered.iter().collect();
        let log: Vec<_> = self.log.keys().collect();
        Sha256::digest(minicbor::to_vec((roster, answered, log, self.era)).expect("encoding into memory")).into()
    }
}

/// What became of a commit frame.
pub(crate) enum Taken {
    /// Valid; these are in the graph now: it, and others that waited for it.
    New(Vec<Arc<Signed<Commit>>>),
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
        node: Node,
        earlier: BTreeSet<StateId>,
        earlier_commits: VecDeque<Arc<Signed<Commit>>>,
    ) -> Self {
        let readers = BTreeMap::from([(root, node.roster.clone())]);
        let changes = Changes {
            commits: earlier_commits.iter().map(|commit| commit.id()).collect(),
            states: earlier.iter().copied().chain([root]).collect(),
        };
        let mut graph = Self {
            rules,
            root,
            nodes: BTreeMap::from([(root, node)]),
            valid: BTreeMap::new(),
            to: BTreeMap::new(),
            children: BTreeMap::new(),
            orphans: BTreeMap::new(),
            doubles: BTreeMap::new(),
            refused: BTreeSet::new(),
            earlier,
            earlier_commits,
            readers,
            removed: BTreeSet::new(),
            version: 0,
            changes,
        };
        graph.fold_removed();
        graph
    }

    /// Adds what a stored graph remembered of a state: whether it lies before the oldest one, and who read there.
    pub(crate) fn remember(&mut self, state: StateId, earlier: bool, readers: Option<Roster>) {
        if let Some(readers) = readers {
            self.readers.insert(state, Arc::new(readers));
        }
        if earlier && !self.nodes.contains_key(&state) {
            self.earlier.insert(state);
        }
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
        if self.earlier.contains(&commit.body.parent) {
            // A rival on a state all have left for good.
            return Taken::Known;
        }
        if !self.nodes.contains_key(&commit.body.parent) {
            let bytes: usize = self.orphans.values().map(Signed::size).sum();
            if self.orphans.len() < bounds::ORPHANS && bytes + commit.size() <= bounds::ORPHAN_BYTES {
                self.orphans.insert(id, commit);
            }
            return Taken::Waits;
        }
        let mut taken = self.judge(id, commit);
        while let Some((id, commit)) = self.next_orphan() {
            if let (Taken::New(all), Taken::New(more)) = (&mut taken, self.judge(id, commit)) {
                all.extend(more);
            }
        }
        taken
    }

    fn next_orphan(&mut self) -> Option<(CommitId, Signed<Commit>)> {
        let known = self.orphans.iter().find(|(_, commit)| self.nodes.contains_key(&commit.body.parent));
        let id = *known?.0;
        self.orphans.remove_entry(&id)
    }

    fn judge(&mut self, id: CommitId, commit: Signed<Commit>) -> Taken {
        let body = &commit.body;
        let verdict = self.nodes.get(&body.parent).map(|parent| {
            let standing = Standing { roster: &parent.roster, answered: &parent.answered, log: &parent.log };
            (parent.clone(), policy::judge_commit(&self.rules, &standing, body))
        });
        let Some((parent, Ok(Judged { roster, answered, cited }))) = verdict else {
            self.remember_refusal(id);
            return Taken::Refused;
        };
        if self.knows_state(&body.new_state) {
            if self.doubles.len() < bounds::DOUBLES {
                self.doubles.insert(id, commit);
            }
            return Taken::Known;
        }
        let cites = !cited.is_empty();
        let log = if cites {
            let mut log = (*parent.log).clone();
            log.extend(cited.into_iter().map(|op| (op.id(), op)));
            Arc::new(log)
        } else {
            parent.log
        };
        let era = if body.removes.is_empty() { parent.era } else { body.new_state };
        let roster = Arc::new(roster);
        if self.readers.len() < bounds::READERS {
            self.readers.insert(body.new_state, roster.clone());
            self.changes.states.insert(body.new_state);
        }
        self.nodes.insert(body.new_state, Node { roster, answered: Arc::new(answered), log, era });
        self.to.insert(body.new_state, id);
        self.children.entry(body.parent).or_default().insert(id);
        let commit = Arc::new(commit);
        self.valid.insert(id, commit.clone());
        self.changes.commits.insert(id);
        self.version += 1;
        if cites {
            self.fold_removed();
        }
        Taken::New(vec![commit])
    }

    fn remember_refusal(&mut self, id: CommitId) {
        if self.refused.len() < bounds::REFUSALS {
            self.refused.insert(id);
        }
    }

    fn fold_removed(&mut self) {
        self.version += 1;
        let newest = self.nodes.iter().filter(|(state, _)| self.children.get(state).is_none_or(BTreeSet::is_empty));
        let mut all: Log = BTreeMap::new();
        for (_, node) in newest {
            all.extend(
                node.log
                    .iter()
                    .filter(|(id, _)| !all.contains_key(id))
                    .map(|(id, op)| (*id, op.clone()))
                    .collect::<Vec<_>>(),
            );
        }
        self.removed = Table::fold(self.rules.founder, all.values()).removed.into_keys().collect();
    }

    /// Refuses a commit that lies about itself. What is built on it goes with it, but may come again: another frame may lead to
    /// the same state and tell the truth.
    pub(crate) fn refuse(&mut self, id: CommitId) {
        self.remember_refusal(id);
        let state = self.valid.get(&id).map(|commit| commit.body.new_state);
        self.drop_branches([id]);
        let doubles = self.doubles.iter().filter(|(_, double)| Some(double.body.new_state) == state);
        for id in doubles.map(|(id, _)| *id).collect::<Vec<_>>() {
            if let Some(double) = self.doubles.remove(&id) {
                self.take(double);
            }
        }
    }

    /// A commit was followed and told the truth: other frames that claim to lead there lie.
    pub(crate) fn proved(&mut self, state: &StateId) {
        self.doubles.retain(|_, double| double.body.new_state != *state);
    }

    /// Drops commits with everything built on them. They may come again.
    pub(crate) fn drop_branches(&mut self, ids: impl IntoIterator<Item = CommitId>) {
        let mut next: Vec<CommitId> = ids.into_iter().collect();
        let before = self.valid.len();
        while let Some(id) = next.pop() {
            let Some(commit) = self.valid.remove(&id) else { continue };
            let state = commit.body.new_state;
            self.nodes.remove(&state);
            self.to.remove(&state);
            if let Some(siblings) = self.children.get_mut(&commit.body.parent) {
                siblings.remove(&id);
            }
            next.extend(self.children.remove(&state).unwrap_or_default());
            self.changes.commits.insert(id);
        }
        if self.valid.len() < before {
            self.fold_removed();
        }
    }

    /// Makes a child of the oldest state the oldest: everything beside it is dropped. Returns the states that are gone.
    pub(crate) fn advance(&mut self, to: CommitId) -> BTreeSet<StateId> {
        let Some(commit) = self.valid.get(&to).cloned() else { return BTreeSet::new() };
        if commit.body.parent != self.root {
            return BTreeSet::new();
        }
        let rivals: Vec<CommitId> =
            self.children.get(&self.root).into_iter().flatten().copied().filter(|id| *id != to).collect();
        let mut gone = BTreeSet::from([self.root]);
        for rival in &rivals {
            let states = |id: &CommitId| self.valid.get(id).map(|commit| commit.body.new_state);
            gone.extend(states(rival));
            let below: Vec<CommitId> = states(rival).map(|state| self.commits_below(state)).unwrap_or_default();
            gone.extend(below.iter().filter_map(states));
        }
        self.drop_branches(rivals);
        self.nodes.remove(&self.root);
        self.children.remove(&self.root);
        self.valid.remove(&to);
        self.to.remove(&commit.body.new_state);
        self.root = commit.body.new_state;
        self.earlier_commits.push_back(commit);
        while self.earlier_commits.iter().map(|commit| commit.size()).sum::<usize>() > bounds::EARLIER_BYTES {
            let oldest = self.earlier_commits.pop_front();
            self.changes.commits.extend(oldest.map(|commit| commit.id()));
        }
        for state in &gone {
            if self.earlier.len() < bounds::EARLIER {
                self.earlier.insert(*state);
            }
            self.changes.states.insert(*state);
        }
        self.fold_removed();
        gone
    }

    /// The same with one of its states as the oldest, and nothing of what was before.
    pub(crate) fn begun_at(&self, root: StateId) -> Option<Self> {
        let node = self.nodes.get(&root)?.clone();
        let mut graph = Self::new(self.rules, root, node, BTreeSet::new(), VecDeque::new());
        for commit in self.commits_below(root).iter().filter_map(|id| self.valid.get(id)) {
            graph.take(Signed::clone(commit));
        }
        Some(graph)
    }

    /// All intents cited by commits kept, or on the way to the oldest state.
    pub(crate) fn intents(&self) -> Vec<Op> {
        let before = self.nodes.get(&self.root).into_iter().flat_map(|node| node.log.values().cloned());
        let cited = self.valid.values().flat_map(|commit| &commit.body.cited);
        before.chain(cited.filter_map(|op| Op::decode(op).ok())).collect()
    }

    /// Gives way to another graph of the same room, from elsewhere; who read what here is still known, and what waited for what
    /// was not known here is judged there. Returns the states that are not kept any more.
    pub(crate) fn give_way(&mut self, other: Self) -> BTreeSet<StateId> {
        let before = std::mem::replace(self, other);
        for commit in before.orphans.into_values() {
            self.take(commit);
        }
        let gone: BTreeSet<StateId> =
            before.nodes.into_keys().filter(|state| !self.nodes.contains_key(state)).collect();
        for state in gone.iter().chain(&before.earlier).filter(|state| !self.nodes.contains_key(state)) {
            if self.earlier.len() < bounds::EARLIER {
                self.earlier.insert(*state);
            }
        }
        for (state, readers) in before.readers {
            if self.readers.len() < bounds::READERS || self.readers.contains_key(&state) {
                self.readers.insert(state, readers);
            }
        }
        self.changes.commits.extend(before.changes.commits);
        self.changes
            .commits
            .extend(before.valid.into_keys().chain(before.earlier_commits.iter().map(|commit| commit.id())));
        self.changes.states.extend(self.nodes.keys().chain(&self.earlier).chain(self.readers.keys()).copied());
        self.version += before.version + 1;
        gone
    }

    /// Grows with every change of the commits kept.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// The oldest state kept.
    pub(crate) fn root(&self) -> StateId {
        self.root
    }

    /// Keys removed by intents that commits cite, on whatever branch.
    pub(crate) fn removed(&self) -> &BTreeSet<AuthorKey> {
        &self.removed
    }

    pub(crate) fn node(&self, state: &StateId) -> Option<&Node> {
        self.nodes.get(state)
    }

    pub(crate) fn roster(&self, state: &StateId) -> Option<&Arc<Roster>> {
        self.nodes.get(state).map(|node| &node.roster)
    }

    /// Who reads what was said in a state, as far as that is remembered.
    pub(crate) fn readers(&self, state: &StateId) -> Option<&Arc<Roster>> {
        self.readers.get(state)
    }

    /// Whether the state is known, be it only as one from before.
    pub(crate) fn knows_state(&self, state: &StateId) -> bool {
        self.nodes.contains_key(state) || self.earlier.contains(state)
    }

    /// Whether the state is from before the oldest one kept.
    pub(crate) fn is_earlier(&self, state: &StateId) -> bool {
        self.earlier.contains(state)
    }

    /// The states known that neither are this one nor descend from it: for a newcomer who starts there, they are earlier.
    pub(crate) fn earlier(&self, root: &StateId) -> BTreeSet<StateId> {
        let kept = self.nodes.keys().filter(|state| !self.is_at_or_below(state, root));
        kept.chain(&self.earlier).copied().collect()
    }

    /// The counter of the last knock of a seat that any commit answers.
    pub(crate) fn answered(&self, seat: &AuthorKey) -> u64 {
        self.nodes.values().filter_map(|node| node.answered.get(seat)).max().copied().unwrap_or(0)
    }

    /// Whether one state is the other or descends from it.
    pub(crate) fn is_at_or_below(&self, state: &StateId, above: &StateId) -> bool {
        self.way(*state).any(|at| at == *above)
    }

    /// A state and those before it, newest first.
    pub(crate) fn way(&self, state: StateId) -> impl Iterator<Item = StateId> + '_ {
        let known = self.nodes.contains_key(&state).then_some(state);
        std::iter::successors(known, |at| self.commit_to(at).map(|commit| commit.body.parent))
    }

    /// The commit that leads to a state.
    pub(crate) fn commit_to(&self, state: &StateId) -> Option<&Arc<Signed<Commit>>> {
        self.valid.get(self.to.get(state)?)
    }

    /// The commits on a state.
    pub(crate) fn commits_on(&self, state: &StateId) -> impl Iterator<Item = (CommitId, &Arc<Signed<Commit>>)> {
        let ids = self.children.get(state).into_iter().flatten();
        ids.filter_map(|id| self.valid.get(id).map(|commit| (*id, commit)))
    }

    pub(crate) fn commit(&self, id: &CommitId) -> Option<&Arc<Signed<Commit>>> {
        self.valid.get(id).or_else(|| self.earlier_commits.iter().find(|commit| commit.id() == *id))
    }

    /// All commits kept, those from before included, in no particular order.
    pub(crate) fn commits(&self) -> impl Iterator<Item = (CommitId, &Arc<Signed<Commit>>)> {
        self.valid.iter().map(|(id, commit)| (*id, commit))
    }

    /// The ids of the commits that led to the oldest state, oldest first.
    pub(crate) fn earlier_commits(&self) -> impl Iterator<Item = CommitId> {
        self.earlier_commits.iter().map(|commit| commit.id())
    }

    pub(crate) fn knows(&self, id: &CommitId) -> bool {
        self.valid.contains_key(id)
            || self.refused.contains(id)
            || self.orphans.contains_key(id)
            || self.doubles.contains_key(id)
            || self.earlier_commits.iter().any(|commit| commit.id() == *id)
    }

    /// The newest commit of every branch, or the one that led to the oldest state when there is none newer.
    pub(crate) fn newest(&self) -> BTreeSet<CommitId> {
        let ends = self.valid.iter().filter(|(_, commit)| self.commits_on(&commit.body.new_state).next().is_none());
        let ends: BTreeSet<CommitId> = ends.map(|(id, _)| *id).take(bounds::NEWEST).collect();
        if ends.is_empty() { self.earlier_commits.back().map(|commit| commit.id()).into_iter().collect() } else { ends }
    }

    /// States with more commits on them than one author may have.
    pub(crate) fn crowded(&self) -> Vec<StateId> {
        let many = self.children.iter().filter(|(_, rivals)| rivals.len() > bounds::COMMITS_PER_AUTHOR);
        many.map(|(state, _)| *state).collect()
    }

    /// Whether there is more than one branch.
    pub(crate) fn is_contested(&self) -> bool {
        self.children.values().any(|rivals| rivals.len() > 1)
    }

    /// Commits below a state, parents first.
    pub(crate) fn commits_below(&self, state: StateId) -> Vec<CommitId> {
        let mut found = Vec::new();
        let mut states = VecDeque::from([state]);
        while let Some(state) = states.pop_front() {
            for (id, commit) in self.commits_on(&state) {
                found.push(id);
                states.push_back(commit.body.new_state);
            }
        }
        found
    }

    /// The commits somebody lacks who knows the room from `root` on up to these, and stands at `tip`; parents first.
    pub(crate) fn commits_for(&self, root: StateId, tip: StateId, newest: &BTreeSet<CommitId>) -> Vec<CommitId> {
        let mut has: BTreeSet<CommitId> = BTreeSet::new();
        for id in newest {
            let mut at = self.valid.get(id);
            while let Some(commit) = at.filter(|commit| has.insert(commit.id())) {
                at = self.commit_to(&commit.body.parent);
            }
        }
        let earlier: Vec<&Arc<Signed<Commit>>> = self.earlier_commits.iter().collect();
        let reached = earlier.iter().rposition(|commit| newest.contains(&commit.id())).map(|at| at + 1);
        let from = if has.is_empty() {
            reached.or_else(|| earlier.iter().position(|commit| commit.body.parent == root))
        } else {
            Some(earlier.len())
        };
        // What leads to where it stands it knows, though the oldest state it knows is not known here.
        let known = [root, tip].into_iter().find(|state| self.nodes.contains_key(state));
        if from.is_none() && known.is_none() {
            return Vec::new();
        }
        let mut lacks: Vec<CommitId> =
            earlier[from.unwrap_or(earlier.len())..].iter().map(|commit| commit.id()).collect();
        let above = known.filter(|_| from.is_none() || self.nodes.contains_key(&root)).unwrap_or(self.root);
        lacks.extend(self.commits_below(above).into_iter().filter(|id| !has.contains(id)));
        lacks
    }

    /// The newest commits up to this state, oldest first, at most so many bytes, for a newcomer to keep for others.
    pub(crate) fn commits_to(&self, state: StateId, most: usize) -> Vec<Arc<Signed<Commit>>> {
        let mut commits: Vec<_> = self.way(state).filter_map(|at| self.commit_to(&at)).cloned().collect();
        commits.extend(self.earlier_commits.iter().rev().cloned());
        let mut bytes = 0;
        let fitting = commits.iter().take_while(|commit| {
            bytes += commit.size();
            bytes <= most
        });
        let count = fitting.count();
        commits.truncate(count);
        commits.reverse();
        commits
    }

    /// Names, lengths and bounds of what is kept.
    pub(crate) fn sizes(&self) -> Vec<(&'static str, usize, usize)> {
        let most = self.children.values().map(BTreeSet::len).max().unwrap_or(0);
        vec![
            ("commits", self.valid.len(), bounds::COMMITS),
            ("commits on one state", most, bounds::COMMITS_PER_PARENT),
            ("orphans", self.orphans.len(), bounds::ORPHANS),
            ("orphan bytes", self.orphans.values().map(Signed::size).sum(), bounds::ORPHAN_BYTES),
            ("doubles", self.doubles.len(), bounds::DOUBLES),
            ("refusals", self.refused.len(), bounds::REFUSALS),
            ("earlier states", self.earlier.len(), bounds::EARLIER),
            ("earlier bytes", self.earlier_commits.iter().map(|c| c.size()).sum(), bounds::EARLIER_BYTES),
            ("readers", self.readers.len(), bounds::READERS),
        ]
    }
}
