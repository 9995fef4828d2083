//! I3: nothing twice, each author's ops in order, causes before effects, one order for all.

use std::collections::{BTreeMap, BTreeSet};

use record::{AuthorKey, OpId};

use crate::rooms::facts::Facts;
use crate::rooms::trace::short;
use crate::rooms::verdict::{Breach, Class};
use crate::rooms::view::View;

/// One seat's order is sound in itself.
pub(crate) fn sound(view: &View, facts: &Facts) -> Option<Breach> {
    let breach = |what: String| Some(Breach::new(Class::Duplicated, "I3", what));
    let seat = view.seat;
    let mut places: BTreeMap<OpId, usize> = BTreeMap::new();
    let mut last: BTreeMap<AuthorKey, u64> = BTreeMap::new();
    for (place, line) in view.ops.iter().enumerate() {
        let id = short(&line.id.0);
        if places.insert(line.id, place).is_some() {
            return breach(format!("{seat} shows {id} twice"));
        }
        let last = last.entry(line.author).or_insert(line.number);
        // Of two chains of one author the numbers interleave; what follows on what is looked at below.
        if line.number < *last && !facts.forked.contains(&line.author) {
            return breach(format!("{seat} shows op {} of an author after op {last}", line.number));
        }
        *last = line.number;
    }
    let mut said = BTreeSet::new();
    if let Some((line, _)) = view.notes().find(|(line, text)| !said.insert((line.author, (*text).clone()))) {
        return breach(format!("{seat} shows the note {} under two ids", short(&line.id.0)));
    }
    for (place, line) in view.ops.iter().enumerate() {
        for cause in line.heads.iter().chain([&line.previous]) {
            if places.get(cause).is_some_and(|cause| *cause >= place) {
                return breach(format!("{seat} shows {} before what it follows on", short(&line.id.0)));
            }
        }
    }
    None
}

/// Two seats show what both hold in one order.
pub(crate) fn same(one: &View, other: &View) -> Option<Breach> {
    let places: BTreeMap<OpId, usize> = other.ops.iter().enumerate().map(|(place, line)| (line.id, place)).collect();
    let mut last = 0;
    for line in &one.ops {
        let Some(place) = places.get(&line.id) else { continue };
        if *place < last {
            let what = format!("{} and {} show {} at different places", one.seat, other.seat, short(&line.id.0));
            return Some(Breach::new(Class::Duplicated, "I3", what));
        }
        last = *place;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{key, line, table};
    use super::*;

    #[test]
    fn fair_views_are_sound() {
        let (views, facts) = table();
        assert_eq!(sound(&views[0], &facts), None);
        assert_eq!(same(&views[0], &views[1]), None);
    }

    #[test]
    fn doubles_trip() {
        let (mut views, facts) = table();
        let again = views[0].ops[0].clone();
        views[0].ops.push(again);
        assert!(sound(&views[0], &facts).is_some());
        let mut reworded = line(1, 2);
        reworded.text = views[1].ops[0].text.clone();
        views[1].ops.push(reworded);
        assert!(sound(&views[1], &facts).is_some(), "the same note under another id");
    }

    #[test]
    fn an_author_out_of_order_trips() {
        let (mut views, facts) = table();
        let mut second = line(1, 2);
        second.previous = record::OpId::NONE;
        views[0].ops.insert(0, second);
        assert!(sound(&views[0], &facts).is_some());
        let forked = Facts { forked: [key(1)].into(), ..facts };
        assert_eq!(sound(&views[0], &forked), None, "two chains of one author");
    }

    #[test]
    fn an_effect_before_its_cause_trips() {
        let (mut views, facts) = table();
        views[0].ops[0].heads = vec![views[0].ops[2].id];
        assert!(sound(&views[0], &facts).is_some());
    }

    #[test]
    fn two_orders_trip() {
        let (mut views, _) = table();
        views[1].ops.swap(0, 1);
        assert!(same(&views[0], &views[1]).is_some());
    }
}
