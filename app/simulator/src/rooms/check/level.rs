//! I1: all agree on state, roster and record.

use std::collections::BTreeSet;

use record::{AuthorKey, OpId};

use crate::rooms::trace::short;
use crate::rooms::verdict::{Breach, Class};
use crate::rooms::view::{ShownOp, View};

/// Returns the first disagreement between seats that should agree. `absent` are desired seats that need not be in
/// the tree: they never came in, or nobody can vouch for what they did.
pub(crate) fn level(views: &[View], absent: &BTreeSet<AuthorKey>) -> Result<(), Breach> {
    let Some(first) = views.first() else { return Ok(()) };
    let breach = |what: String| Err(Breach::new(Class::Diverged, "I1", what));
    for view in views {
        let (one, other) = (first.seat, view.seat);
        if !view.seated {
            return breach(format!("{other} says that it is not seated"));
        }
        if view.state != first.state {
            let (a, b) = (short(&first.state.0), short(&view.state.0));
            return breach(format!("{one} stands on {a}, {other} on {b}"));
        }
        if view.roster != first.roster {
            return breach(format!("{one} and {other} show different rosters of one state"));
        }
        if view.desired != first.desired || view.removed != first.removed {
            return breach(format!("{one} and {other} fold different tables"));
        }
        if view.number != first.number {
            return breach(format!("{one} and {other} show different room numbers"));
        }
        if !view.roster.is_subset(&view.desired) {
            return breach(format!("{other} has a seat in the tree that nobody desires"));
        }
        if view.desired.difference(&view.roster).any(|seat| !absent.contains(seat)) {
            return breach(format!("{other} lacks a desired seat in the tree"));
        }
        if !view.roster.contains(&view.key) {
            return breach(format!("{other} is not in its own tree"));
        }
    }
    same_record(views)
}

/// Everybody holds what anybody holds whole, but for what lies before a newcomer's base.
fn same_record(views: &[View]) -> Result<(), Breach> {
    let whole = |line: &&ShownOp| line.control || line.text.is_some();
    let all: BTreeSet<Entry> = views.iter().flat_map(|view| view.ops.iter().filter(whole).map(entry)).collect();
    for view in views {
        let held: BTreeSet<Entry> = view.ops.iter().map(entry).collect();
        let before_base = |author: &AuthorKey, number: u64| view.base.get(author).is_some_and(|base| number <= *base);
        let lacks = all.difference(&held).find(|(author, number, _)| !before_base(author, *number));
        if let Some((author, number, id)) = lacks {
            let (seat, author, id) = (view.seat, short(&author.0), short(&id.0));
            let what = format!("{seat} lacks op {number} of {author} ({id}), which another holds");
            return Err(Breach::new(Class::Diverged, "I1", what));
        }
    }
    Ok(())
}

type Entry = (AuthorKey, u64, OpId);

fn entry(line: &ShownOp) -> Entry {
    (line.author, line.number, line.id)
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{key, line, state, table};
    use super::*;

    fn trips(change: impl FnOnce(&mut Vec<View>)) {
        let (mut views, _) = table();
        change(&mut views);
        assert_eq!(level(&views, &BTreeSet::new()).expect_err("trips").class, Class::Diverged);
    }

    #[test]
    fn equal_seats_are_level() {
        let (views, _) = table();
        assert_eq!(level(&views, &BTreeSet::new()), Ok(()));
    }

    #[test]
    fn every_difference_trips() {
        trips(|views| views[1].state = state(2));
        trips(|views| views[2].seated = false);
        trips(|views| views[1].roster = [key(1), key(2)].into());
        trips(|views| views[1].desired = [key(1), key(2)].into());
        trips(|views| views[1].removed = [(key(9), 4)].into());
        trips(|views| views[1].number = None);
        trips(|views| views[1].ops.push(line(1, 2)));
    }

    #[test]
    fn a_tree_that_is_not_the_desired_roster_trips() {
        let also_dave = || (1..=3).chain([9]).map(key).collect::<BTreeSet<_>>();
        trips(|views| views.iter_mut().for_each(|view| view.roster = also_dave()));
        trips(|views| views.iter_mut().for_each(|view| view.desired = also_dave()));
        let (mut views, _) = table();
        views.iter_mut().for_each(|view| view.desired = also_dave());
        assert_eq!(level(&views, &BTreeSet::from([key(9)])), Ok(()), "a seat that never came in");
    }

    #[test]
    fn a_newcomer_need_not_hold_what_lies_before_it() {
        let (mut views, _) = table();
        for view in &mut views {
            view.ops = (1..=4).map(|number| line(1, number)).collect();
        }
        views[2].ops.drain(..2);
        views[2].base.insert(key(1), 2);
        assert_eq!(level(&views, &BTreeSet::new()), Ok(()));
        views[2].ops.remove(1);
        assert!(level(&views, &BTreeSet::new()).is_err(), "a hole is no beginning");
    }
}
