//! A hostile member tells a seat that lost its way where the room stands.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use minicbor::bytes::ByteVec;
use record::{Role, StateId};

use super::super::{Table, note};
use super::thief::Thief;
use crate::frame::{Frame, Knock, Signed, Welcome};
use crate::graph::{Graph, Node};
use crate::mls::Group;
use crate::op_key::{OpKey, Sealing};
use crate::place::Place;
use crate::policy::{Leaf, Roster};
use crate::{Input, KeyPackage, Standing, Suite};

const VICTIM: usize = 1;
const HOSTILE: usize = 3;

fn table() -> (Table, Thief) {
    let mut table = Table::of(&[Role::Head, Role::Head, Role::Head]);
    table.settle();
    table.puppets.insert(HOSTILE);
    let thief = Thief::of(&table.rooms[HOSTILE]);
    table.parts(&[VICTIM]);
    (table, thief)
}

/// What the victim hears for so long: nothing but these beacons. Returns its newest knock, if it knocks.
fn hears_only(
    table: &mut Table,
    mut beacons: impl FnMut(&mut Table) -> Vec<Vec<u8>>,
) -> Option<(Signed<Knock>, Vec<u8>)> {
    let from = table.wire.len();
    for _ in 0..20 {
        for beacon in beacons(table) {
            table.hear(&[VICTIM], &beacon);
        }
        table.passes(5_000);
    }
    let (room, me) = (table.rooms[VICTIM].id, table.rooms[VICTIM].me());
    table.wire[from..].iter().rev().find_map(|(_, message)| match Frame::decode(room, message) {
        Ok(Frame::Knock(knock, key_package)) if knock.body.author == me => Some((knock, key_package)),
        Ok(_) | Err(_) => None,
    })
}

#[test]
fn one_seat_that_says_it_stands_elsewhere_moves_nobody() {
    let (mut table, mut thief) = table();
    let knock =
        hears_only(&mut table, |table| vec![thief.beacon(StateId([9; 32]), table.rooms[VICTIM].record.vector())]);
    assert!(knock.is_none());
    assert_eq!(table.rooms[VICTIM].standing(), Standing::Seated);
    table.meets();
    table.goes_on();
}

/// A seat that the relay keeps all commits from, so that it sees most others where it knows no way to; and what a hostile member
/// needs to bring it there: the Welcome is in order, what is told besides is up to it.
struct Led {
    table: Table,
    knock: Signed<Knock>,
    welcome: Vec<u8>,
    group: Group,
}

fn beacons(table: &mut Table) -> Vec<Vec<u8>> {
    [0, 2].map(|who| table.rooms[who].beacon()).to_vec()
}

fn led() -> Led {
    let (mut table, mut thief) = table();
    let away = thief.rotates(table.rooms[0].tip);
    table.hear(&[0, 2], &away.encode());
    table.passes(5_000);
    let (knock, key_package) = hears_only(&mut table, beacons).expect("knocks");
    let key_package = KeyPackage::parse(&key_package, Suite::Classical).expect("parses");
    let (commit, welcome, group) = thief.brings(table.rooms[0].tip, &key_package, &knock);
    table.hear(&[0, 2], &commit.encode());
    table.passes(5_000);
    assert_eq!(table.rooms[0].state(), commit.body.new_state);
    Led { table, knock, welcome, group }
}

impl Led {
    /// Whether the victim goes there by what it is told.
    fn follows(&mut self, era: StateId, secret: Option<[u8; 64]>, place: Place) -> bool {
        let mut eras = self.table.rooms[0].eras.secrets();
        eras.extend(secret.map(|secret| (era, ByteVec::from(secret.to_vec()))));
        let plain = minicbor::to_vec((era, eras, Some(place))).expect("encodes");
        let rng = &mut self.table.rooms[HOSTILE].rng;
        let sealed = OpKey::of(&self.group).expect("a key").seal(Sealing::Entry, &plain, rng);
        let entry = minicbor::to_vec((ByteVec::from(self.welcome.clone()), ByteVec::from(sealed))).expect("encodes");
        for beacon in beacons(&mut self.table) {
            self.table.hear(&[VICTIM], &beacon);
        }
        self.table.hear(&[VICTIM], &Welcome { knock: self.knock.hash(), entry }.encode());
        self.table.rooms[VICTIM].state() == self.group.state()
    }

    fn goes_on(mut self) {
        self.table.meets();
        self.table.comes_level(120_000);
        self.table.does(VICTIM, Input::Write(note("here again")));
        self.table.goes_on();
        assert!(self.table.notes(0).contains(&"here again".into()));
    }
}

/// Told with another history, other knocks, another channel or other leaves than there are.
#[test]
fn place_that_is_not_as_most_know_it_is_not_taken() {
    let forgeries: [fn(&mut Node); 5] = [
        |_| (),
        |node| node.log = Arc::default(),
        |node| node.answered = Arc::new(node.answered.keys().map(|seat| (*seat, 1 << 50)).collect()),
        |node| node.era = StateId([9; 32]),
        |node| {
            let roster = node.roster.iter().map(|(seat, leaf)| (*seat, Leaf { fresh: true, ..*leaf }));
            node.roster = Arc::new(roster.collect::<BTreeMap<_, _>>());
        },
    ];
    for (n, forge) in forgeries.into_iter().enumerate() {
        for secret in [None, Some([5; 64])] {
            let mut led = led();
            let state = led.group.state();
            let mut node = led.table.rooms[0].graph.node(&state).expect("known").clone();
            forge(&mut node);
            let (rules, era) = (led.table.rooms[0].rules, node.era);
            let graph = Graph::new(rules, state, node, Default::default(), VecDeque::new());
            let place = Place::of(&graph, &state).expect("a place");
            assert_eq!(led.follows(era, secret, place), n == 0 && secret.is_none(), "forgery {n}, {secret:?}");
            led.goes_on();
        }
    }
}

/// What is told of states long before those that others vouch for would say who reads what was written there.
#[test]
fn place_makes_nobody_a_reader_of_what_was_before() {
    let mut led = led();
    let state = led.group.state();
    let room = &led.table.rooms[0];
    let hostile = led.table.rooms[HOSTILE].me();
    let first = room.graph.way(state).last().expect("a first state");
    let mut node = room.graph.node(&first).expect("known").clone();
    assert!(!node.roster.contains_key(&hostile));
    let era = node.era;
    let mut roster = (*node.roster).clone();
    roster.insert(hostile, Leaf { role: Role::Head, fresh: false });
    node.roster = Arc::new(roster);
    let mut graph = Graph::new(room.rules, first, node, Default::default(), VecDeque::new());
    for id in room.graph.commits_below(first) {
        graph.take(Signed::clone(room.graph.commit(&id).expect("known")));
    }
    let place = Place::of(&graph, &state).expect("a place");
    let before = led.table.rooms[VICTIM].graph.readers(&first).cloned();
    assert!(led.follows(era, None, place), "it leads where it says");
    // Nobody vouches for what was before.
    assert_eq!(led.table.rooms[VICTIM].graph.root(), state);
    let after = led.table.rooms[VICTIM].graph.readers(&first).cloned();
    let readers = |roster: Option<Arc<Roster>>| roster.map(|roster| roster.keys().copied().collect::<Vec<_>>());
    assert_eq!(readers(after), readers(before));
    led.goes_on();
}
