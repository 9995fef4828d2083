//! Who may do what: pure functions of the state before, the rules, and the commit or op.
//!
//! Every client calls them on everything it receives, so all refuse the same. Clocks are no part of it.

use std::collections::{BTreeMap, BTreeSet};

use record::{AuthorKey, Body, Kind, Op, Role};

use crate::frame::Commit;
use crate::mls::Rules;

/// Seats of a state, with their roles.
pub(crate) type Roster = BTreeMap<AuthorKey, Role>;

/// Why a commit is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("its author is not the convener in the parent state")]
    NotConvener,
    #[error("it removes somebody, which these rules do not allow")]
    Removes,
    #[error("it adds somebody without an intent that names the key package")]
    AddWithoutIntent,
    #[error("it cites what is no op, or not one of this room")]
    Citation,
}

/// Judges what a commit frame claims; returns the roster it leads to.
///
/// Only the convener commits: while nobody else has anything to change, a commit by another seat could only
/// compete. A commit that adds nobody rotates keys.
pub(crate) fn judge_commit(rules: &Rules, parent: &Roster, commit: &Commit) -> Result<Roster, Refused> {
    if commit.author != rules.founder || !parent.contains_key(&commit.author) {
        return Err(Refused::NotConvener);
    }
    if !commit.removes.is_empty() {
        return Err(Refused::Removes);
    }
    let cited = cited(rules, commit)?;
    let mut roster = parent.clone();
    let mut links = BTreeSet::new();
    for addition in &commit.adds {
        let intent = cited.iter().filter(|op| op.author() == rules.founder).find_map(|op| match op.body() {
            Some(Body::Add(add)) if add.seat == addition.seat && add.key_package == addition.key_package => Some(add),
            Some(_) | None => None,
        });
        let add = intent.ok_or(Refused::AddWithoutIntent)?;
        let invited = cited.iter().filter(|op| op.author() == rules.founder).any(|op| match op.body() {
            Some(Body::Invite(invite)) => invite.link == add.link && invite.role == add.role,
            Some(_) | None => false,
        });
        let fresh = !roster.contains_key(&addition.seat) && links.insert(add.link);
        if !invited || !fresh || add.role == Role::Convener {
            return Err(Refused::AddWithoutIntent);
        }
        roster.insert(addition.seat, add.role);
    }
    Ok(roster)
}

/// Reads the ops a commit cites; all are intents of the convener.
pub(crate) fn cited(rules: &Rules, commit: &Commit) -> Result<Vec<Op>, Refused> {
    let ops = commit.cited.iter().map(|bytes| Op::decode(bytes).map_err(|_| Refused::Citation));
    let ops: Vec<Op> = ops.collect::<Result<_, _>>()?;
    let fitting = |op: &Op| {
        op.room() == commit.room && op.author() == rules.founder && op.kind().is_control() && op.body().is_some()
    };
    if ops.iter().all(fitting) { Ok(ops) } else { Err(Refused::Citation) }
}

/// Judges whether an op may be said by its author in the state it was said in.
pub(crate) fn judge_op(rules: &Rules, origin: &Roster, op: &Op) -> bool {
    let Some(role) = origin.get(&op.author()) else { return false };
    match op.kind() {
        Kind::Charter => op.author() == rules.founder && op.number() == 1,
        Kind::Invite | Kind::Revoke | Kind::Add | Kind::Remove | Kind::Agree => {
            op.author() == rules.founder && role.admits()
        }
        Kind::Note | Kind::Newer(_) => role.writes(),
    }
}
