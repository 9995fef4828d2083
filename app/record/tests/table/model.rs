//! Whatever is said by whomever, in any order: everybody sees the same table, and nobody sits there, or is gone, without
//! the words that takes. The rules are told once more in
//! [`Table::beyond_the_words`].

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use record::{Amend, AuthorKey, Body, Copies, Op, PartyId, PartyRef, Role, Seat, Table, Terms, WhoAdmits};

use crate::people::{Signer, Talk, name};

/// Talks, and things said in each.
const TALKS: u64 = 2_000;
const STEPS: usize = 60;
/// Keys that may speak: the five of the talk, and those that may come in or never do.
const KEYS: u8 = 12;

struct World {
    talk: Talk,
    signers: Vec<Signer>,
    /// Each key as it was at some time, for those who speak twice and for removals that cut off early.
    earlier: Vec<Signer>,
    rng: ChaCha8Rng,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut talk = Talk::in_which(if seed.is_multiple_of(2) { WhoAdmits::Convener } else { WhoAdmits::TwoSides });
        if seed % 3 == 2 {
            let Talk { ops, convener, heads, .. } = &mut talk;
            ops.extend(heads.each_mut().map(|head| head.removes(convener)));
        }
        let known = [std::slice::from_ref(&talk.convener), &talk.heads[..], &talk.advisers[..]].concat();
        let signers: Vec<Signer> = known.into_iter().chain((6..=KEYS).map(Signer::new)).collect();
        Self { talk, earlier: signers.clone(), signers, rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    fn below(&mut self, most: usize) -> usize {
        self.rng.next_u64() as usize % most
    }

    /// Once in so many times.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn one_of<T: Clone>(&mut self, things: &[T]) -> Option<T> {
        let at = self.below(things.len().max(1));
        things.get(at).cloned()
    }

    /// Somebody, mostly one of those who decide something.
    fn anybody(&mut self) -> usize {
        let most = if self.once_in(3) { self.signers.len() } else { 3 };
        self.below(most)
    }

    fn said(&self, what: impl Fn(&Body) -> bool) -> Vec<Op> {
        self.talk.ops.iter().filter(|op| op.body().is_some_and(&what)).cloned().collect()
    }

    fn step(&mut self) {
        let (who, whom) = (self.anybody(), self.below(self.signers.len()));
        if self.once_in(10) {
            self.earlier[whom] = self.signers[whom].clone();
        }
        let target = if self.once_in(6) { self.earlier[whom].clone() } else { self.signers[whom].clone() };
        let parties: Vec<PartyId> = self.talk.table().parties.iter().map(|party| party.id).collect();
        let party = self.one_of(&parties).filter(|_| !self.once_in(3));
        let role =
            self.one_of(&[Role::Head, Role::Head, Role::Adviser, Role::Interpreter, Role::Observer, Role::Convener]);
        let role = role.expect("a role");
        // Mostly the last: a second key to who is at the door.
        let adds = self.said(|body| matches!(body, Body::Add(_)));
        let add = if self.once_in(3) { self.one_of(&adds) } else { adds.last().cloned() };
        let link = self.one_of(&self.said(|body| matches!(body, Body::Invite(_))));
        let link = link.and_then(|op| op.body().cloned());
        let terms =
            self.one_of(&self.said(|body| matches!(body, Body::Charter(_) | Body::Amend(_)))).expect("a charter");
        let (twice, what) = (self.once_in(20), self.below(15));
        let speaker = if twice { &mut self.earlier[who] } else { &mut self.signers[who] };
        let ops = match (what, add, link) {
            (0, ..) => vec![speaker.notes("a note")],
            (1 | 2, ..) => vec![speaker.removes(&target)],
            (3, ..) if whom.is_multiple_of(4) => vec![speaker.leaves()],
            (4..=6, Some(add), _) => vec![speaker.agrees(&add)],
            (7, _, Some(Body::Invite(link))) => vec![speaker.says(Body::Revoke(link.link))],
            // With a link that may be somebody else's, spent, or lead elsewhere.
            (8, ..) => vec![speaker.adds(whom as u8 + 1, PartyRef::New(name("Typed")), role)],
            (10, ..) if whom < 3 => vec![speaker.says(Body::End)],
            (10 | 11, ..) => {
                speaker.hears([&terms]);
                vec![speaker.says(Body::Sign(terms.id()))]
            }
            (12, ..) => {
                let copies = if whom.is_multiple_of(2) { Copies::OffTheRecord } else { Copies::Kept };
                vec![
                    speaker
                        .says(Body::Amend(Amend { replaces: terms.id(), terms: Terms { copies, ..Terms::default() } })),
                ]
            }
            _ => {
                let seat = whom as u8 + 1;
                let leads = party.map_or(PartyRef::New(name("Founded")), PartyRef::Existing);
                vec![speaker.invites(seat, party, role), speaker.adds(seat, leads, role)]
            }
        };
        self.talk.ops.extend(ops);
    }

    /// What was said, as it may have come to somebody else.
    fn shuffled(&mut self) -> Vec<Op> {
        let mut ops = self.talk.ops.clone();
        for at in (1..ops.len()).rev() {
            let other = self.below(at + 1);
            ops.swap(at, other);
        }
        ops
    }
}

/// Whether the parties of those first heads that still sit have signed the terms in force. While the convener sits: it gave every head
/// its seat before it signs anything.
fn all_first_parties_have_signed(table: &Table, ops: &[Op]) -> bool {
    let Some(by) = table.agreed.by else { return table.seats.is_empty() };
    let said = |body: &Body| *body == Body::Sign(by);
    let signs: BTreeSet<AuthorKey> =
        ops.iter().filter(|op| op.id() == by || op.body().is_some_and(said)).map(Op::author).collect();
    let key = |seat: &&Seat| matches!(seat.role, Role::Convener | Role::Head);
    let signed: BTreeSet<PartyId> =
        table.seats.iter().filter(key).filter(|seat| signs.contains(&seat.key)).map(|seat| seat.party).collect();
    let charter = ops.iter().any(|op| op.id() == by && matches!(op.body(), Some(Body::Charter(_))));
    let first = |seat: &&Seat| (1..=3).any(|seed| Signer::new(seed).me() == seat.key);
    charter
        || table.convener_is_gone()
        || table.seated().filter(key).filter(first).all(|seat| signed.contains(&seat.party))
}

fn shown(table: &Table) -> String {
    let seats: Vec<_> = table.seats.iter().map(|seat| (seat.key, seat.role, seat.party, seat.by)).collect();
    let links: Vec<_> = table.links.iter().map(|(id, link)| (*id, link.revoked, link.spent)).collect();
    let proposals: Vec<_> = table.proposals.iter().map(|p| (p.id, p.withdrawn)).collect();
    let agreed = &table.agreed;
    let agreed = (&agreed.terms, agreed.by, &agreed.signed, &agreed.amendments, &agreed.ended_by, agreed.ended);
    format!("{seats:?} {links:?} {:?} {proposals:?} {:?} {agreed:?}", table.removed, table.wished_away)
}

fn by_a_head(table: &Table, seat: &Seat) -> bool {
    let by = seat.admitted.and_then(|(by, _)| table.seat(&by));
    by.is_some_and(|by| by.role == Role::Head)
}

#[test]
fn everybody_sees_one_table_and_nobody_more_than_the_words_give() {
    let (mut given, mut by_heads, mut taken, mut refused, mut amended, mut ended) = (0, 0, 0, 0, 0, 0);
    for seed in 0..TALKS {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
        }
        // Three who heard it in another order, and one look at what each heard on the way.
        let founder = world.talk.convener.me();
        let table = world.talk.table();
        let mut heard = Vec::new();
        for _ in 0..3 {
            heard = world.shuffled();
            assert_eq!(shown(&Table::fold(founder, heard.iter())), shown(&table), "seed {seed}");
        }
        let part = world.below(heard.len());
        for ops in [&world.talk.ops[..], &heard[..part]] {
            let table = Table::fold(founder, ops.iter());
            assert_eq!(table.beyond_the_words(ops.iter()), None, "seed {seed}");
            assert!(all_first_parties_have_signed(&table, ops), "seed {seed}");
        }
        given += table.seats.len() - 1;
        by_heads += table.seats.iter().filter(|seat| seat.role == Role::Head && by_a_head(&table, seat)).count();
        taken += table.seats.iter().filter(|seat| table.removed.contains_key(&seat.key)).count();
        let charter = world.talk.ops[0].id();
        amended += usize::from(table.agreed.by.is_some_and(|by| by != charter));
        ended += usize::from(table.agreed.ended);
        refused += table.proposals.len() + table.wished_away.len();
    }
    // It says nothing where nothing happens.
    assert!(given > 8_000 && taken > 2_000 && refused > 2_000, "{given} given, {taken} taken, {refused} waiting");
    assert!(by_heads > 50, "{by_heads} heads brought in by heads");
    assert!(amended > 100 && ended > 100 && ended < TALKS as usize, "{amended} amended, {ended} ended");
}
