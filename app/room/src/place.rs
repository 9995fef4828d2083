//! Where a room stands, told to somebody who knows no way there: a state, what led to it, and who sits in it.

use std::collections::VecDeque;
use std::sync::Arc;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use record::{AuthorKey, Op, RoomId, StateId};

use crate::bounds;
use crate::frame::{COUNTERS, Commit, Frame, Signed};
use crate::graph::{Graph, Log, Node};
use crate::input::Error;
use crate::mls::Rules;
use crate::policy::Leaf;

/// The oldest state told with what is known of it, the commits from there to the state it is about, and what was before.
#[derive(Clone, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Place {
    #[n(0)]
    root: StateId,
    #[n(1)]
    roster: Vec<(AuthorKey, Leaf)>,
    #[n(2)]
    era: StateId,
    #[n(3)]
    answered: Vec<(AuthorKey, u64)>,
    #[n(4)]
    log: Vec<ByteVec>,
    /// With these the way can be weighed against rivals like everybody else does it.
    #[n(5)]
    way: Vec<ByteVec>,
    #[n(6)]
    earlier: Vec<StateId>,
    /// Commits from before the oldest state, for others who need them.
    #[n(7)]
    commits: Vec<ByteVec>,
}

impl Place {
    /// Of a state, with as much of the way there as fits: who was there before may come back to an older state and commit on
    /// it, and all must weigh that alike.
    pub(crate) fn of(graph: &Graph, state: &StateId) -> Option<Self> {
        let (mut way, mut bytes) = (Vec::new(), 0);
        for commit in graph.way(*state).filter_map(|at| graph.commit_to(&at)) {
            bytes += commit.size();
            if bytes > bounds::ENTRY_WAY_BYTES {
                break;
            }
            way.push(commit);
        }
        let root = way.last().map_or(*state, |commit| commit.body.parent);
        let node = graph.node(&root)?.clone();
        let encoded = |commit: &Arc<Signed<Commit>>| ByteVec::from(commit.encode());
        let commits = graph.commits_to(root, bounds::ENTRY_WAY_BYTES.saturating_sub(bytes));
        Some(Self {
            root,
            roster: node.roster.iter().map(|(key, leaf)| (*key, *leaf)).collect(),
            era: node.era,
            answered: node.answered.iter().map(|(key, counter)| (*key, *counter)).collect(),
            log: node.log.values().map(|op| op.encode().into()).collect(),
            way: way.into_iter().rev().map(encoded).collect(),
            earlier: graph.earlier(&root).into_iter().take(bounds::EARLIER).collect(),
            commits: commits.iter().map(encoded).collect(),
        })
    }

    /// The graph as told.
    pub(crate) fn graph(self, rules: Rules, room: RoomId) -> Result<Graph, Error> {
        let misbehaved = Error::PeerMisbehaved;
        let (mut commits, mut bytes) = (VecDeque::new(), 0);
        for commit in &self.commits {
            let commit = read_commit(room, commit)?;
            bytes += commit.size();
            commits.push_back(Arc::new(commit));
        }
        let counted = self.answered.iter().all(|(_, counter)| *counter < COUNTERS);
        if bytes > bounds::EARLIER_BYTES || self.earlier.len() > bounds::EARLIER || !counted {
            return Err(misbehaved("a place beyond its bounds"));
        }
        let mut log = Log::new();
        for bytes in &self.log {
            let op = read_control(room, bytes)?;
            log.insert(op.id(), op);
        }
        let node = Node {
            roster: Arc::new(self.roster.into_iter().collect()),
            answered: Arc::new(self.answered.into_iter().collect()),
            log: Arc::new(log),
            era: self.era,
        };
        let mut graph = Graph::new(rules, self.root, node, self.earlier.into_iter().collect(), commits);
        for bytes in &self.way {
            graph.take(read_commit(room, bytes)?);
        }
        Ok(graph)
    }
}

fn read_commit(room: RoomId, bytes: &[u8]) -> Result<Signed<Commit>, Error> {
    let Frame::Commit(commit) = Frame::decode(room, bytes)? else {
        return Err(Error::PeerMisbehaved("another frame in the place of a commit"));
    };
    Ok(commit)
}

/// Reads a control op with its content.
pub(crate) fn read_control(room: RoomId, bytes: &[u8]) -> Result<Op, Error> {
    let op = Op::decode(bytes).ok().filter(|op| op.room() == room && op.kind().is_control() && op.body().is_some());
    op.ok_or(Error::PeerMisbehaved("another op in the place of a control op"))
}
