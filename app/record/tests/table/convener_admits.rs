//! Who is at the table follows from the ops alone: not from their order, and not from who speaks last.

use crate::people::{Signer, Talk, name};
use proptest::prelude::*;
use record::{Add, Body, LinkId, Op, OpId, PartyId, PartyRef, Remove, Role, Table};

#[test]
fn convener_heads_and_advisers_sit_where_their_links_lead() {
    let talk = Talk::new();
    let table = talk.table();
    let seats: Vec<(Role, PartyId)> = table.seats.iter().map(|seat| (seat.role, seat.party)).collect();
    let own = table.seat(&talk.convener.me()).expect("the convener").party;
    let [one, two] = talk.parties;
    assert_eq!(seats.len(), 5);
    for expected in
        [(Role::Convener, own), (Role::Head, one), (Role::Head, two), (Role::Adviser, one), (Role::Adviser, two)]
    {
        assert!(seats.contains(&expected), "{expected:?}");
    }
}

#[test]
fn convener_takes_anybody_away_and_nobody_the_convener() {
    for seed in [2, 3, 4, 5] {
        let mut talk = Talk::new();
        let op = talk.convener.removes(&Signer::new(seed));
        talk.ops.push(op);
        assert!((1..=5).all(|other| talk.seated(other) == (other != seed)), "removed {seed}");
    }
    for by in [2, 3, 4, 5] {
        let mut talk = Talk::new();
        let convener = talk.convener.clone();
        talk.ops.push(Signer::new(by).removes(&convener));
        assert!((1..=5).all(|seed| talk.seated(seed)), "by {by}");
    }
}

#[test]
fn head_takes_those_of_its_own_party_away_and_no_others() {
    for (seed, gone) in [(3, false), (4, true), (5, false)] {
        let mut talk = Talk::new();
        let op = talk.heads[0].removes(&Signer::new(seed));
        talk.ops.push(op);
        assert_eq!(talk.seated(seed), !gone, "head removes {seed}");
        assert!((1..=5).filter(|other| *other != seed).all(|other| talk.seated(other)));
    }
}

#[test]
fn adviser_takes_nobody_away_but_itself() {
    for seed in [2, 3, 5] {
        let mut talk = Talk::new();
        let op = talk.advisers[0].removes(&Signer::new(seed));
        talk.ops.push(op);
        assert!((1..=5).all(|other| talk.seated(other)), "adviser removes {seed}");
    }
}

#[test]
fn stranger_changes_nothing() {
    let mut talk = Talk::new();
    let mut stranger = Signer::new(77);
    let party = talk.parties[0];
    let head = talk.heads[0].clone();
    let invite = stranger.invites(9, Some(party), Role::Adviser);
    let add = stranger.adds(9, PartyRef::Existing(party), Role::Adviser);
    talk.ops.extend([invite, add.clone(), stranger.agrees(&add), stranger.removes(&head)]);
    assert!((1..=5).all(|seed| talk.seated(seed)) && !talk.seated(9));
}

#[test]
fn add_of_a_head_counts_with_the_second_key_of_the_convener_or_another_partys_head() {
    type Agree = fn(&mut Talk, &Op) -> Op;
    let keys: [(&str, bool, Agree); 6] = [
        ("the convener", true, |talk, add| talk.convener.agrees(add)),
        ("a head of another party", true, |talk, add| talk.heads[1].agrees(add)),
        ("itself", false, |talk, add| talk.heads[0].agrees(add)),
        ("an adviser of its own party", false, |talk, add| talk.advisers[0].agrees(add)),
        ("an adviser of another party", false, |talk, add| talk.advisers[1].agrees(add)),
        ("the newcomer", false, |_, add| Signer::new(9).agrees(add)),
    ];
    for (who, counts, agree) in keys {
        let mut talk = Talk::new();
        let add = talk.head_proposes();
        assert!(!talk.seated(9), "alone");
        let agreed = agree(&mut talk, &add);
        talk.ops.push(agreed);
        assert_eq!(talk.seated(9), counts, "second key of {who}");
    }
}

#[test]
fn second_head_of_the_same_party_is_no_second_key() {
    let mut talk = Talk::new();
    let party = talk.parties[0];
    let invite = talk.convener.invites(6, Some(party), Role::Head);
    let add = talk.convener.adds(6, PartyRef::Existing(party), Role::Head);
    talk.ops.extend([invite, add]);
    assert!(talk.seated(6));
    let add = talk.head_proposes();
    let agreed = Signer::new(6).agrees(&add);
    talk.ops.push(agreed);
    assert!(!talk.seated(9));
}

#[test]
fn head_gives_no_seat_beyond_its_own_party_and_rank_whoever_agrees() {
    type Invited = fn(&Talk) -> Option<PartyId>;
    type Given = fn(&Talk) -> PartyRef;
    let cases: [(Invited, Given, Role); 5] = [
        (|talk| Some(talk.parties[1]), |talk| PartyRef::Existing(talk.parties[1]), Role::Adviser),
        (|_| None, |_| PartyRef::New(name("Typed")), Role::Adviser),
        (|talk| Some(talk.parties[0]), |talk| PartyRef::Existing(talk.parties[1]), Role::Adviser),
        (|talk| Some(talk.parties[0]), |_| PartyRef::New(name("Typed")), Role::Adviser),
        (|talk| Some(talk.parties[0]), |talk| PartyRef::Existing(talk.parties[0]), Role::Head),
    ];
    for (n, (invited, given, role)) in cases.iter().enumerate() {
        let mut talk = Talk::new();
        let (invited, given) = (invited(&talk), given(&talk));
        let invite = talk.heads[0].invites(9, invited, *role);
        let add = talk.heads[0].adds(9, given, *role);
        let agreed = [talk.convener.agrees(&add), talk.heads[1].agrees(&add)];
        talk.ops.extend([invite, add]);
        talk.ops.extend(agreed);
        assert!(!talk.seated(9), "case {n}");
        assert_eq!(talk.table().parties.len(), 3);
    }
}

#[test]
fn role_and_party_come_from_the_link_and_not_from_the_add() {
    for (role, party) in [(Role::Head, 0), (Role::Adviser, 1), (Role::Convener, 0)] {
        let mut talk = Talk::new();
        let invite = talk.convener.invites(9, Some(talk.parties[0]), Role::Adviser);
        let add = talk.convener.adds(9, PartyRef::Existing(talk.parties[party]), role);
        talk.ops.extend([invite, add]);
        assert!(!talk.seated(9), "{role:?} in party {party}");
    }
}

#[test]
fn link_gives_one_seat_to_the_first_and_only_by_its_author() {
    let mut talk = Talk::new();
    let party = talk.parties[0];
    let invite = talk.convener.invites(9, Some(party), Role::Adviser);
    let add = talk.convener.adds(9, PartyRef::Existing(party), Role::Adviser);
    let again = Add { seat: Signer::new(10).me(), ..add_of(&add) };
    let second = talk.convener.says(Body::Add(again));
    talk.ops.extend([invite, add, second]);
    assert!(talk.seated(9) && !talk.seated(10));
    // A link of the convener, used by a head.
    let invite = talk.convener.invites(11, Some(party), Role::Adviser);
    let add = talk.heads[0].adds(11, PartyRef::Existing(party), Role::Adviser);
    let agreed = talk.convener.agrees(&add);
    talk.ops.extend([invite, add, agreed]);
    assert!(!talk.seated(11));
}

fn add_of(op: &Op) -> Add {
    match op.body() {
        Some(Body::Add(add)) => add.clone(),
        Some(_) | None => panic!("no add"),
    }
}

#[test]
fn add_beyond_its_authors_cut_off_is_void_and_one_within_it_stays() {
    for within in [true, false] {
        let mut talk = Talk::new();
        let before = talk.heads[0].clone();
        let add = talk.head_proposes();
        let agreed = talk.heads[1].agrees(&add);
        talk.ops.push(agreed);
        assert!(talk.seated(9));
        let cut = if within { talk.heads[0].clone() } else { before };
        let removed = talk.convener.removes(&cut);
        talk.ops.push(removed);
        assert!(!talk.seated(2));
        assert_eq!(talk.seated(9), within);
    }
}

#[test]
fn second_key_beyond_its_authors_cut_off_is_void() {
    let mut talk = Talk::new();
    let add = talk.head_proposes();
    let before = talk.heads[1].clone();
    let agreed = talk.heads[1].agrees(&add);
    let removed = talk.convener.removes(&before);
    talk.ops.extend([agreed, removed]);
    assert!(!talk.seated(9));
}

#[test]
fn removal_by_somebody_whose_cut_off_came_before_is_void() {
    let mut talk = Talk::new();
    let before = talk.heads[0].clone();
    let adviser = talk.advisers[0].clone();
    let removal = talk.heads[0].removes(&adviser);
    talk.ops.push(removal);
    assert!(!talk.seated(4));
    let removed = talk.convener.removes(&before);
    talk.ops.push(removed);
    assert!(talk.seated(4), "the adviser is back without a word of anybody");
}

#[test]
fn twin_chain_beside_the_one_that_ends_at_the_cut_off_is_void() {
    for honest_is_named in [true, false] {
        let mut talk = Talk::new();
        let mut copy = talk.heads[0].clone();
        // The copy counts as far as the true one: only the chain tells them apart.
        let add = talk.head_proposes();
        let adviser = talk.advisers[0].clone();
        let chatter = copy.notes("as if nothing were");
        let removal = copy.removes(&adviser);
        let agreed = talk.convener.agrees(&add);
        talk.ops.extend([chatter, removal, agreed]);
        assert!(talk.seated(9) && !talk.seated(4), "both count until one is named");
        let named = if honest_is_named { talk.heads[0].clone() } else { copy };
        assert_eq!(named.number, talk.heads[0].number);
        let removed = talk.convener.removes(&named);
        talk.ops.push(removed);
        assert_eq!((talk.seated(9), talk.seated(4)), (honest_is_named, honest_is_named));
    }
}

#[test]
fn of_two_cut_offs_both_chains_stay() {
    let mut talk = Talk::new();
    let mut copy = talk.heads[0].clone();
    let add = talk.head_proposes();
    let adviser = talk.advisers[0].clone();
    let removal = copy.removes(&adviser);
    let agreed = talk.convener.agrees(&add);
    let (one, two) = (talk.convener.removes(&talk.heads[0].clone()), talk.convener.removes(&copy));
    talk.ops.extend([removal, agreed, one, two]);
    assert!(talk.seated(9) && !talk.seated(4));
    assert_eq!(talk.table().removed[&Signer::new(2).me()].last.len(), 2);
}

#[test]
fn removed_key_never_returns() {
    let mut talk = Talk::new();
    let adviser = talk.advisers[0].clone();
    let removed = talk.convener.removes(&adviser);
    talk.ops.push(removed);
    // The old Add is still there; a new one, with another link, names the key again.
    let party = talk.parties[0];
    let invite = talk.convener.invites(20, Some(party), Role::Adviser);
    let old = talk.ops.iter().find(|op| matches!(op.body(), Some(Body::Add(add)) if add.seat == adviser.me()));
    let again = Add { link: LinkId([20; 16]), ..add_of(old.expect("seated once")) };
    let anew = talk.convener.says(Body::Add(again));
    talk.ops.extend([invite, anew]);
    assert!(!talk.seated(4));
    assert!(talk.table().seated().all(|seat| seat.key != adviser.me()));
}

#[test]
fn removed_key_does_not_return_by_a_head_and_a_second_key() {
    let mut talk = Talk::new();
    let adviser = talk.advisers[0].clone();
    let removed = talk.convener.removes(&adviser);
    let invite = talk.heads[0].invites(20, Some(talk.parties[0]), Role::Adviser);
    let old = talk.ops.iter().find(|op| matches!(op.body(), Some(Body::Add(add)) if add.seat == adviser.me()));
    let anew = talk.heads[0].says(Body::Add(Add { link: LinkId([20; 16]), ..add_of(old.expect("seated once")) }));
    let agreed = talk.heads[1].agrees(&anew);
    talk.ops.extend([removed, invite, anew, agreed]);
    assert!(!talk.seated(4));
    // Neither does one that never had a seat.
    let removed = talk.convener.removes(&Signer::new(9));
    let add = talk.head_proposes();
    let agreed = talk.heads[1].agrees(&add);
    talk.ops.extend([removed, agreed]);
    assert!(!talk.seated(9));
}

#[test]
fn key_removed_before_it_was_ever_added_does_not_come_in_later() {
    let mut talk = Talk::new();
    let removed = talk.convener.removes(&Signer::new(9));
    let invite = talk.convener.invites(9, Some(talk.parties[0]), Role::Adviser);
    let add = talk.convener.adds(9, PartyRef::Existing(talk.parties[0]), Role::Adviser);
    talk.ops.extend([removed, invite, add]);
    assert!(!talk.seated(9));
}

#[test]
fn who_leaves_is_gone_and_what_it_said_before_stays() {
    let mut talk = Talk::new();
    let add = talk.head_proposes();
    let agreed = talk.convener.agrees(&add);
    let left = talk.heads[0].leaves();
    let (me, removed_by) = (talk.heads[0].me(), talk.heads[0].me());
    talk.ops.extend([agreed, left]);
    assert!(!talk.seated(2) && talk.seated(9));
    assert_eq!(talk.table().removed[&me].by, removed_by);
    // What it signs after that, or had ready on another chain, is void.
    let adviser = talk.advisers[0].clone();
    let late = talk.heads[0].removes(&adviser);
    talk.ops.push(late);
    assert!(talk.seated(4));
}

#[test]
fn leaving_names_its_own_cut_off_whatever_it_claims() {
    let mut talk = Talk::new();
    let early = talk.heads[0].clone();
    let add = talk.head_proposes();
    let agreed = talk.convener.agrees(&add);
    // It says that it left before it proposed anybody.
    let left = Remove { seat: early.me(), last: 0, last_id: OpId::NONE, last_control: OpId::NONE };
    let left = talk.heads[0].says(Body::Remove(left));
    talk.ops.extend([agreed, left]);
    assert!(!talk.seated(2) && talk.seated(9));
}

#[test]
fn who_was_removed_before_it_left_keeps_the_earlier_cut_off() {
    let mut talk = Talk::new();
    let before = talk.heads[0].clone();
    let add = talk.head_proposes();
    let agreed = talk.heads[1].agrees(&add);
    let left = talk.heads[0].leaves();
    let removed = talk.convener.removes(&before);
    talk.ops.extend([agreed, left, removed]);
    assert!(!talk.seated(2) && !talk.seated(9), "its leaving lies beyond the cut-off too");
}

#[test]
fn convener_may_leave_and_the_others_stay() {
    let mut talk = Talk::new();
    let left = talk.convener.leaves();
    talk.ops.push(left);
    assert!(!talk.seated(1) && (2..=5).all(|seed| talk.seated(seed)));
}

/// One thing somebody may say, chosen by numbers: who, what, of whom, and whether by a copied profile.
type Said = (usize, usize, usize, bool);

/// A talk in which anything is said by anybody.
fn story(said: &[Said]) -> Talk {
    let mut talk = Talk::new();
    let mut signers: Vec<Signer> = [&[talk.convener.clone()], &talk.heads[..], &talk.advisers[..]].concat();
    let mut copies = signers.clone();
    let mut adds: Vec<Op> = Vec::new();
    for (n, (who, what, whom, copied)) in said.iter().enumerate() {
        let (who, whom, fresh) = (who % 5, whom % 5, 20 + n as u8);
        let target = if *copied { signers[whom].clone() } else { copies[whom].clone() };
        let party = talk.parties[whom % 2];
        let speaker = if *copied { &mut copies[who] } else { &mut signers[who] };
        match what % 7 {
            0 => talk.ops.push(speaker.notes("a note")),
            1 | 2 => talk.ops.push(speaker.removes(&target)),
            3 => talk.ops.push(speaker.leaves()),
            4 if !adds.is_empty() => talk.ops.push(speaker.agrees(&adds[whom % adds.len()])),
            _ => {
                talk.ops.push(speaker.invites(fresh, Some(party), Role::Adviser));
                let add = speaker.adds(fresh, PartyRef::Existing(party), Role::Adviser);
                adds.push(add.clone());
                talk.ops.push(add);
            }
        }
    }
    talk
}

fn shown(table: &Table) -> String {
    let seats = table.seats.iter().map(|seat| (seat.key, seat.role, seat.party, seat.by, seat.admitted));
    let links = table.links.iter().map(|(id, link)| (*id, link.revoked, link.spent));
    let removed = table.removed.iter().map(|(key, removal)| (*key, removal.by, removal.last.clone()));
    let parties: Vec<PartyId> = table.parties.iter().map(|party| party.id).collect();
    let seats: Vec<_> = seats.map(|s| (s.0.0, s.1, s.2.0, s.3.0, s.4.map(|(by, compared)| (by.0, compared)))).collect();
    let links: Vec<_> = links.map(|l| ((l.0.0.0, l.0.1.0), l.1, l.2.map(|key| key.0))).collect();
    let removed: Vec<_> = removed
        .map(|r| (r.0.0, r.1.0, r.2.into_iter().map(|(number, id)| (number, id.0)).collect::<Vec<_>>()))
        .collect();
    format!("{seats:?} {links:?} {removed:?} {:?}", parties.iter().map(|id| id.0).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn fold_does_not_depend_on_order_or_repetition(
        said in prop::collection::vec((0usize..5, 0usize..7, 0usize..5, any::<bool>()), 0..14),
        shuffle in any::<u64>(),
    ) {
        let talk = story(&said);
        let mut shuffled = [&talk.ops[..], &talk.ops[..]].concat();
        let mut turn = shuffle;
        for at in (1..shuffled.len()).rev() {
            turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(at, (turn >> 33) as usize % (at + 1));
        }
        let again = Table::fold(talk.convener.me(), shuffled.iter());
        prop_assert_eq!(shown(&talk.table()), shown(&again));
    }

    #[test]
    fn whatever_juniors_say_removes_no_senior(
        said in prop::collection::vec((1usize..5, 0usize..7, 0usize..5, any::<bool>()), 0..14),
    ) {
        // Only heads and advisers speak here: the convener goes only by the word of both heads, and heads go only by themselves.
        let talk = story(&said);
        let table = talk.table();
        let convener = talk.convener.me();
        let says = |by: &Signer| {
            let removal = |op: &&Op| matches!(op.body(), Some(Body::Remove(remove)) if remove.seat == convener);
            talk.ops.iter().filter(removal).any(|op| op.author() == by.me())
        };
        prop_assert!(table.is_seated(&convener) || talk.heads.iter().all(says));
        for (key, removal) in &table.removed {
            let head = talk.heads.iter().any(|head| head.me() == *key);
            prop_assert!(!head || removal.by == *key);
        }
    }

    #[test]
    fn removal_by_the_convener_is_final_whatever_is_said(
        said in prop::collection::vec((0usize..5, 0usize..7, 0usize..5, any::<bool>()), 0..14),
        gone in 2u8..6,
    ) {
        let mut talk = story(&said);
        // On the very first of the convener's chains, so that nothing it said itself comes in between.
        let removed = talk.convener.removes(&Signer::new(gone));
        talk.ops.push(removed);
        let left = talk.table().removed.contains_key(&talk.convener.me());
        prop_assert!(left || !talk.seated(gone));
    }
}
