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

/// The relay keeps all commits from a seat, so that it sees most others where it knows no way to; the hostile member brings it
/// there, but tells of the state there what is not so.
#[test]
fn place_that_is_not_as_most_know_it_is_not_taken() {
    let forgeries: [fn(&mut Node); 5] = [
        |_| (),
        |node| node.log = Arc::default(),
        |node| node.answered = Arc::new(node.answered.keys().map(|seat| (*seat, 1 << 50)).collect()),
        |node| node.era = StateId([9; 32]),
        |node| {
            let roster = node.roster.iter().map(|(seat, leaf)| (*seat, crate::policy::Leaf { fresh: true, ..*leaf }));
            node.roster = Arc::new(roster.collect::<BTreeMap<_, _>>());
        },
    ];
    for (n, forge) in forgeries.into_iter().enumerate() {
        let (mut table, mut thief) = table();
        let away = thief.rotates(table.rooms[0].tip);
        table.hear(&[0, 2], &away.encode());
        table.passes(5_000);
        let beacons = |table: &mut Table| [0, 2].map(|who| table.rooms[who].beacon()).to_vec();
        let (knock, key_package) = hears_only(&mut table, beacons).expect("knocks");
        let key_package = KeyPackage::parse(&key_package, Suite::Classical).expect("parses");
        let (commit, welcome, group) = thief.brings(table.rooms[0].tip, &key_package, &knock);
        let state = commit.body.new_state;
        table.hear(&[0, 2], &commit.encode());
        table.passes(5_000);
        assert_eq!(table.rooms[0].state(), state);
        let mut node = table.rooms[0].graph.node(&state).expect("known").clone();
        forge(&mut node);
        let (rules, era) = (table.rooms[0].rules, node.era);
        let graph = Graph::new(rules, state, node, Default::default(), VecDeque::new());
        let place = Place::of(&graph, &state).expect("a place");
        let message = brought(&mut table, &knock, &group, &welcome, era, place);
        for beacon in beacons(&mut table) {
            table.hear(&[VICTIM], &beacon);
        }
        table.hear(&[VICTIM], &message);
        assert_eq!(table.rooms[VICTIM].state() == state, n == 0, "forgery {n}");
        table.meets();
        table.comes_level(120_000);
        table.does(VICTIM, Input::Write(note("here again")));
        table.goes_on();
        assert!(table.notes(0).contains(&"here again".into()));
    }
}

fn brought(
    table: &mut Table,
    knock: &Signed<Knock>,
    group: &Group,
    welcome: &[u8],
    era: StateId,
    place: Place,
) -> Vec<u8> {
    let mut eras = table.rooms[0].eras.secrets();
    eras.push((era, ByteVec::from(vec![5; 64])));
    let plain = minicbor::to_vec((era, eras, Some(place))).expect("encodes");
    let rng = &mut table.rooms[HOSTILE].rng;
    let sealed = OpKey::of(group).expect("a key").seal(Sealing::Entry, &plain, rng);
    let entry = minicbor::to_vec((ByteVec::from(welcome.to_vec()), ByteVec::from(sealed))).expect("encodes");
    Welcome { knock: knock.hash(), entry }.encode()
}
