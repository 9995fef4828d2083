//! Where no way leads any more that is known here: seeing that it is so, and starting anew from where the others stand.
//!
//! It comes of sleeping for longer than commits are kept, and of a room parted for so long that both sides forgot where. Those
//! who are fewer knock like anybody who is stranded; their Welcome comes with a [`crate::place::Place`].

use std::collections::BTreeSet;

use record::{AuthorKey, StateId};
use sha2::{Digest, Sha256};
use wire::Topic;

use crate::graph::Node;
use crate::input::Millis;
use crate::knock::{Opened, sits};
use crate::presence::Presence;
use crate::room::Room;

/// How long so many stand where no known way leads before that is taken to be so: what leads there may be on its way.
const LEFT_BEHIND_MS: Millis = 45_000;
/// A seat restored from a backup has no way of its own to wait for, and nobody who counts on where it stands.
const RESTORED_MS: Millis = 10_000;

impl Room {
    /// Whether so many of the table stand where no way leads any more that is known here, and for so long that it is not for want
    /// of asking.
    pub(crate) fn is_left_behind(&self, now: Millis) -> bool {
        let patience = if self.group.is_some() { LEFT_BEHIND_MS } else { RESTORED_MS };
        self.outnumbered.is_some_and(|since| now >= since.saturating_add(patience))
    }

    /// Looks where the others stand. Where this seat has forgotten too, they count while they are here.
    pub(crate) fn count_those_away(&mut self, now: Millis) {
        let away = |seat: &AuthorKey, presence: &Presence| {
            let unknown = |tip: &StateId| !self.graph.knows_state(tip);
            let forgotten = |tip: &StateId| self.graph.is_earlier(tip) && self.is_present(seat, now);
            presence.tip.is_some_and(|tip| unknown(&tip) || forgotten(&tip))
        };
        let away = self.presence.iter().filter(|(seat, presence)| away(seat, presence)).map(|(seat, _)| *seat);
        let outnumbered = self.decide(away.collect());
        self.outnumbered = if outnumbered { self.outnumbered.or(Some(now)) } else { None };
    }

    /// Whether these are more than half of the table, or half of it and the founder among them: of two sides that count alike, at
    /// most one is to move, and no few can move anybody.
    fn decide(&self, mut seats: BTreeSet<AuthorKey>) -> bool {
        seats.retain(|seat| self.table.is_seated(seat));
        let all = self.table.seats.iter().filter(|seat| self.table.is_seated(&seat.key)).count();
        2 * seats.len() + usize::from(seats.contains(&self.rules.founder)) > all
    }

    /// Takes the graph that comes with a Welcome in the place of the own one, if it leads where the Welcome does, and those
    /// who outnumber this seat say of where they stand, on the way there, just what it says. What it says of states before the
    /// last of those is not taken: nobody vouches for it.
    pub(crate) fn moves(&mut self, opened: &Opened) -> bool {
        let Some(place) = opened.place.clone() else { return false };
        let Ok(graph) = place.graph(self.rules, self.id) else { return false };
        let state = opened.group.state();
        let sound = graph.node(&state).is_some_and(|node| node.era == opened.era && sits(node, &opened.group));
        let way: Vec<StateId> = graph.way(state).collect();
        let mut vouch = BTreeSet::new();
        let mut newest = way.len();
        for (seat, presence) in &self.presence {
            let at = presence.tip.and_then(|tip| way.iter().position(|state| *state == tip));
            let told = at.and_then(|at| Some((at, knows(graph.node(&way[at])?, |era| opened.topic(era))?)));
            if let Some((at, _)) = told.filter(|(_, told)| *told == presence.knows) {
                vouch.insert(*seat);
                newest = newest.min(at);
            }
        }
        if !sound || !self.decide(vouch) {
            return false;
        }
        let Some(graph) = graph.begun_at(way[newest]) else { return false };
        let gone = self.graph.give_way(graph);
        self.stands.forget(&gone);
        for op in self.graph.intents() {
            self.record.cite(op);
        }
        self.refold();
        true
    }
}

/// What a beacon says of the state its author stands on: the digest of what is known of it, and the channel of its era.
pub(crate) fn knows(node: &Node, topic: impl FnOnce(&StateId) -> Option<Topic>) -> Option<[u8; 32]> {
    let topic = topic(&node.era)?;
    Some(Sha256::new().chain_update(node.digest()).chain_update(topic.0).finalize().into())
}
