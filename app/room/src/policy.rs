//! Who may do what: pure functions of the state before, the rules, and the commit or op.
//!
//! Every client calls them on everything it receives, so all refuse the same. Clocks are no part of it.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use record::{AuthorKey, Body, KeyPackageHash, Kind, Op, OpId, Rank, Role, RoomId, Table};

use crate::bounds;
use crate::frame::{Addition, Commit, Knock, Signed};
use crate::mls::Rules;

/// What the states of a room know of one seat that is in the tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub(crate) struct Leaf {
    #[n(0)]
    pub(crate) role: Role,
    /// Whether its keys are still those of its key package.
    #[n(1)]
    pub(crate) fresh: bool,
}

/// Seats of a state.
pub(crate) type Roster = BTreeMap<AuthorKey, Leaf>;

/// For every seat that ever was in the tree on the way here, the counter of the last knock answered, 0 for none.
pub(crate) type Answered = BTreeMap<AuthorKey, u64>;

/// Why a commit is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("its author is no seat of the parent state, or takes itself away")]
    NotSeated,
    #[error("it takes a seat away that belongs to the table")]
    RemovesSeated,
    #[error("it adds a seat that does not belong to the table, or with a key package nobody named")]
    AddWithoutIntent,
    #[error("it cites what is no op of this room, or leaves out what the cited ops rest on")]
    Citation,
}

/// What a state is judged by: who is in the tree, and all intents cited on the way to it.
pub(crate) struct Standing<'a> {
    pub(crate) roster: &'a Roster,
    pub(crate) answered: &'a Answered,
    pub(crate) log: &'a BTreeMap<OpId, Op>,
}

/// What an accepted commit leads to.
pub(crate) struct Judged {
    pub(crate) roster: Roster,
    pub(crate) answered: Answered,
    pub(crate) cited: Vec<Op>,
}

/// Judges what a commit frame claims.
///
/// Any seat may commit: authority is in the intents. A commit makes the tree follow the table, as the intents
/// cited on the way fold to it: it takes away only who does not belong there, and adds only who does, with the key
/// package the intent names or one the seat itself knocked with. A commit that does neither rotates keys.
pub(crate) fn judge_commit(rules: &Rules, parent: &Standing<'_>, commit: &Commit) -> Result<Judged, Refused> {
    let seats = |seats: &mut dyn Iterator<Item = AuthorKey>| seats.collect::<BTreeSet<_>>();
    let (removes, adds) =
        (seats(&mut commit.removes.iter().copied()), seats(&mut commit.adds.iter().map(|add| add.seat)));
    let touched = removes.contains(&commit.author) || adds.contains(&commit.author);
    if !parent.roster.contains_key(&commit.author) || touched {
        return Err(Refused::NotSeated);
    }
    let ordered = commit.removes.iter().eq(&removes) && commit.adds.iter().map(|add| &add.seat).eq(&adds);
    let cited = cited(commit.room, parent.log, commit)?;
    let mut next = Judged { roster: parent.roster.clone(), answered: parent.answered.clone(), cited };
    if let Some(leaf) = next.roster.get_mut(&commit.author) {
        leaf.fresh = false;
    }
    if removes.is_empty() && adds.is_empty() {
        return Ok(next);
    }
    let table = Table::fold(rules.founder, parent.log.values().chain(&next.cited));
    if !ordered || removes.iter().any(|seat| table.is_seated(seat) || next.roster.remove(seat).is_none()) {
        return Err(Refused::RemovesSeated);
    }
    for addition in &commit.adds {
        let seat = table.seat(&addition.seat).filter(|seat| table.is_seated(&seat.key));
        let seat = seat.ok_or(Refused::AddWithoutIntent)?;
        let knock = knock(commit, addition)?;
        let before = next.answered.get(&seat.key).copied();
        let fair = match knock {
            Some(counter) => before.is_none_or(|before| counter > before),
            None => {
                let named = parent.log.get(&seat.by).or_else(|| next.cited.iter().find(|op| op.id() == seat.by));
                before.is_none() && named.and_then(key_package) == Some(addition.key_package)
            }
        };
        if !fair {
            return Err(Refused::AddWithoutIntent);
        }
        next.answered.insert(seat.key, knock.unwrap_or(0));
        next.roster.insert(seat.key, Leaf { role: seat.role, fresh: true });
    }
    Ok(next)
}

fn key_package(op: &Op) -> Option<KeyPackageHash> {
    match op.body() {
        Some(Body::Add(add)) => Some(add.key_package),
        Some(_) | None => None,
    }
}

/// The counter of the knock this addition answers. Nobody is swapped who did not ask.
fn knock(commit: &Commit, addition: &Addition) -> Result<Option<u64>, Refused> {
    for bytes in &commit.knocks {
        let knock = Signed::<Knock>::from_bytes(bytes).map_err(|_| Refused::AddWithoutIntent)?.body;
        if knock.author == addition.seat && knock.key_package == addition.key_package && knock.room == commit.room {
            return Ok(Some(knock.counter));
        }
    }
    Ok(None)
}

/// Reads the ops a commit cites. Each rests only on ops of its author that are cited too, or were before.
fn cited(room: RoomId, log: &BTreeMap<OpId, Op>, commit: &Commit) -> Result<Vec<Op>, Refused> {
    if commit.cited.len() > bounds::CITED {
        return Err(Refused::Citation);
    }
    let ops = commit.cited.iter().map(|bytes| Op::decode(bytes).map_err(|_| Refused::Citation));
    let ops: Vec<Op> = ops.collect::<Result<_, _>>()?;
    let ids: BTreeSet<OpId> = ops.iter().map(Op::id).collect();
    let rests = |id: OpId| id == OpId::NONE || ids.contains(&id) || log.contains_key(&id);
    let fitting =
        |op: &Op| op.room() == room && op.kind().is_control() && op.body().is_some() && rests(op.previous_control());
    if ops.iter().all(fitting) { Ok(ops) } else { Err(Refused::Citation) }
}

/// Judges whether an op may be said by its author: by the role it was admitted with, which never changes.
pub(crate) fn judge_op(rules: &Rules, table: &Table, op: &Op) -> bool {
    let founder = op.author() == rules.founder;
    let Some(role) = table.seat(&op.author()).map(|seat| seat.role).or(founder.then_some(Role::Convener)) else {
        return false;
    };
    match (op.kind(), op.body()) {
        (Kind::Charter, _) => founder && op.number() == 1,
        (Kind::Invite | Kind::Revoke | Kind::Add | Kind::Agree | Kind::Amend | Kind::End, _) => match role {
            Role::Convener | Role::Head => true,
            Role::Adviser | Role::Interpreter | Role::Observer => false,
        },
        // Whom a head may remove the table decides, whenever it hears of that seat: the removal may come before it.
        (Kind::Remove, Some(Body::Remove(remove))) => remove.seat == op.author() || role.rank() != Rank::Other,
        (Kind::Remove, _) => true,
        // Of those who speak for nobody once: a commit cites what was said to all, and must not be crowded out.
        (Kind::Sign, _) => role.rank() != Rank::Other || op.previous_control() == OpId::NONE,
        (Kind::Call | Kind::Brief, _) => role.admits(),
        (Kind::Newer(_), _) if op.kind().is_control() => {
            role.rank() != Rank::Other || op.previous_control() == OpId::NONE
        }
        (Kind::File, _) => role.gives_files(),
        (Kind::Note | Kind::Newer(_), _) => role.writes(),
    }
}
