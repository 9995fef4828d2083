//! Where two sides must agree: no seat without two keys of two parties, and none taken from another party.

use crate::people::{Signer, Talk, name};
use record::{
    Authority, Body, Charter, Draft, Invite, Op, OpId, PartyId, PartyRef, Remove, Role, RoomId, StateId, Table,
    WhoAdmits,
};

fn talk() -> Talk {
    Talk::in_which(WhoAdmits::TwoSides)
}

/// The convener proposes somebody (9) of a new party.
fn proposes_a_party(talk: &mut Talk) -> Op {
    let invite = talk.convener.invites(9, None, Role::Head);
    let add = talk.convener.adds(9, PartyRef::New(name("Third")), Role::Head);
    talk.ops.extend([invite, add.clone()]);
    add
}

fn awaited(table: &Table) -> Vec<u8> {
    (1..=9).filter(|seed| table.proposals.iter().any(|p| p.add.seat == Signer::new(*seed).me())).collect()
}

#[test]
fn first_head_is_admitted_by_the_convener_alone_and_all_others_by_two_keys() {
    let talk = talk();
    assert_eq!((1..=5).filter(|seed| talk.seated(*seed)).count(), 5);
    for (agreed, without) in [(3, 3), (4, 4), (5, 5)] {
        let mut talk = self::talk();
        let seat = Signer::new(agreed).me();
        let add = talk.ops.iter().find(|op| matches!(op.body(), Some(Body::Add(add)) if add.seat == seat));
        let add = add.expect("an Add").id();
        talk.ops.retain(|op| !matches!(op.body(), Some(Body::Agree(agreed)) if *agreed == add));
        assert!(!talk.seated(without));
        assert!(awaited(&talk.table()).contains(&without));
    }
}

#[test]
fn convener_alone_gives_no_seat() {
    let mut talk = talk();
    let add = proposes_a_party(&mut talk);
    assert!(!talk.seated(9));
    assert_eq!(awaited(&talk.table()), [9]);
    let own = talk.convener.agrees(&add);
    talk.ops.push(own);
    assert!(!talk.seated(9), "its own second key");
    let adviser = talk.advisers[0].agrees(&add);
    talk.ops.push(adviser);
    assert!(!talk.seated(9), "an adviser is no key");
    let head = talk.heads[1].agrees(&add);
    talk.ops.push(head);
    assert!(talk.seated(9));
    assert_eq!(awaited(&talk.table()), []);
}

#[test]
fn head_of_the_conveners_party_is_no_second_side() {
    let mut talk = talk();
    let own = talk.table().seat(&talk.convener.me()).expect("the convener").party;
    let invite = talk.convener.invites(8, Some(own), Role::Head);
    let add = talk.convener.adds(8, PartyRef::Existing(own), Role::Head);
    let agree = talk.heads[0].agrees(&add);
    talk.ops.extend([invite, add, agree]);
    assert!(talk.seated(8));
    let proposed = proposes_a_party(&mut talk);
    let same_side = Signer::new(8).agrees(&proposed);
    talk.ops.push(same_side);
    assert!(!talk.seated(9));
}

#[test]
fn proposal_taken_back_is_said_to_be() {
    let mut talk = talk();
    let add = proposes_a_party(&mut talk);
    let Some(Body::Add(what)) = add.body() else { panic!("an Add") };
    let revoke = talk.convener.says(Body::Revoke(what.link));
    talk.ops.push(revoke);
    assert!(talk.table().proposals.iter().all(|proposal| proposal.withdrawn));
}

#[test]
fn second_key_of_a_head_admitted_later_counts_for_an_earlier_proposal() {
    let mut talk = talk();
    let early = proposes_a_party(&mut talk);
    let invite = talk.convener.invites(8, None, Role::Head);
    let add = talk.convener.adds(8, PartyRef::New(name("Fourth")), Role::Head);
    let agree = talk.heads[0].agrees(&add);
    let later = Signer::new(8).agrees(&early);
    talk.ops.extend([invite, add, agree, later]);
    assert!(talk.seated(8) && talk.seated(9));
}

#[test]
fn each_takes_away_alone_only_in_the_own_party() {
    let talk = talk();
    let table = talk.table();
    let may = |by: &Signer, seat: &Signer| table.may_remove(&by.me(), &seat.me());
    let (convener, [head, other], [adviser, theirs]) = (&talk.convener, &talk.heads, &talk.advisers);
    assert_eq!(may(head, adviser), Authority::Alone);
    assert_eq!(may(adviser, adviser), Authority::Alone);
    for (by, seat) in [(convener, head), (convener, adviser), (head, theirs), (head, convener), (other, head)] {
        assert_eq!(may(by, seat), Authority::WithSecondKey);
    }
    for (by, seat) in [(adviser, theirs), (adviser, head), (adviser, convener)] {
        assert_eq!(may(by, seat), Authority::None);
    }
}

#[test]
fn convener_and_a_head_take_another_head_away_and_neither_alone() {
    for convener_first in [true, false] {
        let mut talk = talk();
        let gone = talk.heads[1].clone();
        let mut says = [talk.convener.removes(&gone), talk.heads[0].removes(&gone)];
        if !convener_first {
            says.reverse();
        }
        let [first, second] = says;
        let by = first.author();
        talk.ops.push(first);
        assert!(talk.seated(3));
        assert!(talk.table().wished_away[&gone.me()].contains(&by));
        talk.ops.push(second);
        assert!(!talk.seated(3));
        assert!(talk.table().wished_away.is_empty());
    }
}

#[test]
fn two_heads_take_an_adviser_away_and_not_a_head() {
    let mut talk = talk();
    let (head, adviser) = (talk.heads[1].clone(), talk.advisers[1].clone());
    let says = [talk.heads[0].removes(&adviser), talk.heads[0].removes(&head)];
    talk.ops.extend(says);
    assert!(talk.seated(5));
    let agreed = talk.heads[1].removes(&adviser);
    talk.ops.push(agreed);
    assert!(!talk.seated(5) && talk.seated(3));
}

#[test]
fn key_of_a_removed_head_does_not_help_an_old_removal_along() {
    let mut talk = talk();
    let add = proposes_a_party(&mut talk);
    let agree = talk.heads[0].agrees(&add);
    talk.ops.push(agree);
    // Wished away long ago by the convener alone.
    let (wished, gone) = (talk.heads[0].clone(), talk.heads[1].clone());
    let wish = talk.convener.removes(&wished);
    let takes = talk.convener.removes(&gone);
    let second = Signer::new(9).removes(&gone);
    talk.ops.extend([wish, takes, second]);
    assert!(!talk.seated(3) && talk.seated(2));
    let ghost = talk.heads[1].removes(&wished);
    talk.ops.push(ghost);
    assert!(talk.seated(2), "said after it was taken away");
    let admits = proposes_by_link(&mut talk, 8);
    let ghost = talk.heads[1].agrees(&admits);
    talk.ops.push(ghost);
    assert!(!talk.seated(8));
}

fn proposes_by_link(talk: &mut Talk, seed: u8) -> Op {
    let invite = talk.convener.invites(seed, None, Role::Head);
    let add = talk.convener.adds(seed, PartyRef::New(name("Another")), Role::Head);
    talk.ops.extend([invite, add.clone()]);
    add
}

#[test]
fn two_heads_take_the_convener_away_whoever_admits() {
    for who_admits in [WhoAdmits::Convener, WhoAdmits::TwoSides] {
        let mut talk = Talk::in_which(who_admits);
        let gone = talk.convener.clone();
        let first = talk.heads[0].removes(&gone);
        talk.ops.push(first);
        assert!(talk.seated(1));
        let second = talk.heads[1].removes(&gone);
        talk.ops.push(second);
        assert!(!talk.seated(1));
        assert!((2..=5).all(|seed| talk.seated(seed)));
        // What it says from now on is void.
        let late =
            [talk.convener.invites(7, None, Role::Head), talk.convener.adds(7, PartyRef::New(name("X")), Role::Head)];
        talk.ops.extend(late);
        assert!(!talk.seated(7));
        // The heads go on together: one proposes for the own party, the other is the second key.
        let add = talk.head_proposes();
        let agree = talk.heads[1].agrees(&add);
        talk.ops.push(agree);
        assert!(talk.seated(9));
    }
}

#[test]
fn heads_long_gone_do_not_take_the_convener_away() {
    for who_admits in [WhoAdmits::Convener, WhoAdmits::TwoSides] {
        let mut talk = Talk::in_which(who_admits);
        let convener = talk.convener.clone();
        let both = talk.heads.clone();
        let says = both.iter().map(|gone| talk.convener.removes(gone)).collect::<Vec<_>>();
        talk.ops.extend(says);
        if who_admits == WhoAdmits::TwoSides {
            let says = [talk.heads[0].removes(&both[1]), talk.heads[1].removes(&both[0])];
            // Each agrees to the other's removal: of two that need each other one stands.
            talk.ops.extend(says);
        }
        let ghosts = talk.heads.each_mut().map(|head| head.removes(&convener));
        talk.ops.extend(ghosts);
        assert!(talk.seated(1));
    }
}

/// Whoever removes one seat could name the words of another, long gone, as those that stay.
#[test]
fn removal_keeps_no_words_of_another_seat() {
    for who_admits in [WhoAdmits::Convener, WhoAdmits::TwoSides] {
        let mut talk = Talk::in_which(who_admits);
        let (gone, junior, convener) = (talk.heads[1].clone(), talk.advisers[0].clone(), talk.convener.clone());
        let says = [talk.convener.removes(&gone), talk.heads[0].removes(&gone)];
        talk.ops.extend(says);
        assert!(!talk.seated(3));
        let ghost = talk.heads[1].removes(&convener);
        let (last_id, last_control) = (OpId::NONE, ghost.id());
        let alone = Remove { seat: junior.me(), last: 0, last_id, last_control };
        let says = [talk.heads[0].says(Body::Remove(alone)), talk.heads[0].removes(&convener), ghost];
        talk.ops.extend(says);
        assert!(!talk.seated(4) && talk.seated(1));
    }
}

/// Who agrees to a removal late names a later end, and the removed head has said something in between.
#[test]
fn second_key_does_not_have_later_words_of_a_removed_head_count() {
    let mut talk = talk();
    let add = proposes_a_party(&mut talk);
    let takes = talk.convener.removes(&talk.heads[1].clone());
    let late = talk.heads[1].agrees(&add);
    let second = talk.heads[0].removes(&talk.heads[1].clone());
    talk.ops.extend([takes, late, second]);
    assert!(!talk.seated(3) && !talk.seated(9));
}

/// An op as somebody signs it who keeps to no order.
fn out_of_order(by: &Signer, number: u64, previous: OpId, body: Body) -> Op {
    let draft = Draft {
        room: RoomId([1; 32]),
        number,
        previous,
        previous_control: OpId::NONE,
        depth: 0,
        origin: StateId([2; 32]),
        heads: vec![],
        body,
        salt: [0; 16],
    };
    Op::sign(draft, &by.key)
}

#[test]
fn another_charter_does_not_take_back_that_two_sides_must_agree() {
    let mut talk = talk();
    let Some(Body::Charter(charter)) = talk.ops[0].body().cloned() else { panic!("a charter") };
    let other = Body::Charter(Charter { who_admits: WhoAdmits::Convener, ..charter });
    let other = out_of_order(&talk.convener, 1, OpId::NONE, other);
    talk.ops.push(other);
    assert_eq!(talk.table().who_admits, WhoAdmits::TwoSides);
    proposes_a_party(&mut talk);
    assert!(!talk.seated(9));
}

#[test]
fn link_with_the_id_of_anothers_takes_nobody_away() {
    for who_admits in [WhoAdmits::Convener, WhoAdmits::TwoSides] {
        let mut talk = Talk::in_which(who_admits);
        let add = talk.head_proposes();
        let agree = talk.convener.agrees(&add);
        talk.ops.push(agree);
        assert!(talk.seated(9));
        let Some(Body::Add(given)) = add.body() else { panic!("an Add") };
        let invite = Invite { link: given.link, party: None, role: Role::Observer, expires_at: 0 };
        let same = out_of_order(&talk.heads[1], 1 << 30, add.id(), Body::Invite(invite));
        talk.ops.push(same);
        assert!(talk.seated(9));
    }
}

/// A convener could name heads without number.
#[test]
fn only_who_has_or_had_a_seat_decides() {
    let mut talk = talk();
    proposes_a_party(&mut talk);
    assert_eq!(talk.table().deciders, [1, 2, 3].map(|seed| Signer::new(seed).me()).into());
    let says = [talk.convener.removes(&talk.heads[1].clone()), talk.heads[0].removes(&talk.heads[1].clone())];
    talk.ops.extend(says);
    assert!(!talk.seated(3) && talk.table().deciders.contains(&Signer::new(3).me()));
}

#[test]
fn convener_that_is_cut_off_before_its_heads_stays() {
    let mut talk = Talk::new();
    // The heads say that nothing the convener said after the charter stays: then they are no heads either.
    let charter = talk.ops[0].clone();
    let mut early = Signer::new(1);
    (early.number, early.previous, early.control) = (1, charter.id(), charter.id());
    let says = talk.heads.each_mut().map(|head| head.removes(&early));
    talk.ops.extend(says);
    assert!((1..=5).all(|seed| talk.seated(seed)));
}

#[test]
fn seat_given_by_words_that_undo_themselves_is_no_second_key() {
    let mut talk = Talk::in_which(WhoAdmits::TwoSides);
    let before = talk.heads[0].clone();
    // A head (8) by the first head's second key; its own second key takes that head away, as of before.
    let invite = talk.convener.invites(8, None, Role::Head);
    let add = talk.convener.adds(8, PartyRef::New(name("Third")), Role::Head);
    let agree = talk.heads[0].agrees(&add);
    let mut third = Signer::new(8);
    let removes = [talk.convener.removes(&before), third.removes(&before)];
    talk.ops.extend([invite, add, agree]);
    talk.ops.extend(removes);
    let proposed = proposes_a_party(&mut talk);
    talk.ops.push(third.agrees(&proposed));
    assert!(!talk.seated(9) || talk.seated(8), "admitted by the convener and somebody without a seat");
}

/// Heads of two parties take the convener away.
fn without_convener(who_admits: WhoAdmits) -> Talk {
    let mut talk = Talk::in_which(who_admits);
    let Talk { ops, convener, heads, .. } = &mut talk;
    ops.extend(heads.each_mut().map(|head| head.removes(convener)));
    assert!(!talk.table().is_seated(&talk.convener.me()));
    talk
}

#[test]
fn once_the_convener_is_gone_heads_of_two_parties_bring_in_a_new_party_with_a_head() {
    for who_admits in [WhoAdmits::Convener, WhoAdmits::TwoSides] {
        let mut talk = without_convener(who_admits);
        talk.ops.push(talk.heads[0].invites(6, None, Role::Head));
        let add = talk.heads[0].adds(6, PartyRef::New(name("Another mediator")), Role::Head);
        talk.ops.push(add.clone());
        assert_eq!((talk.table().seats.len(), talk.table().proposals.len()), (5, 1), "{who_admits:?}: one key");
        talk.ops.push(talk.heads[1].agrees(&add));
        let table = talk.table();
        let seat = table.seat(&Signer::new(6).me()).expect("two keys of two parties");
        assert_eq!((seat.role, seat.party), (Role::Head, PartyId::founded_by(&add.id())));
    }
}

#[test]
fn a_head_brought_in_by_heads_is_the_second_key_of_others_whatever_comes_first() {
    let mut talk = without_convener(WhoAdmits::TwoSides);
    let party = talk.parties[1];
    let [first, second] = &mut talk.heads;
    talk.ops.push(first.invites(6, None, Role::Head));
    let add = first.adds(6, PartyRef::New(name("Another mediator")), Role::Head);
    let mut third = Signer::new(6);
    // What it says comes before what gives it its seat.
    talk.ops.push(second.invites(7, Some(party), Role::Head));
    let next = second.adds(7, PartyRef::Existing(party), Role::Head);
    talk.ops.extend([third.agrees(&next), next, second.agrees(&add), add]);
    let fourth = PartyRef::New(name("A fourth side"));
    let mut seventh = Signer::new(7);
    talk.ops.push(third.invites(8, None, Role::Head));
    let last = third.adds(8, fourth, Role::Head);
    talk.ops.extend([seventh.agrees(&last), last]);
    assert!([6, 7, 8].iter().all(|seed| talk.table().is_seated(&Signer::new(*seed).me())));
}

#[test]
fn while_the_convener_sits_heads_bring_in_no_head_and_no_party() {
    let mut talk = talk();
    let parties = [(6, None), (7, Some(talk.parties[0]))];
    let [first, second] = &mut talk.heads;
    for (seed, party) in parties {
        talk.ops.push(first.invites(seed, party, Role::Head));
        let add = first.adds(seed, party.map_or(PartyRef::New(name("Another")), PartyRef::Existing), Role::Head);
        talk.ops.extend([second.agrees(&add), add]);
    }
    assert_eq!((talk.table().seats.len(), talk.table().proposals.len()), (5, 0));
}

#[test]
fn who_sits_here_only_because_the_convener_is_gone_does_not_keep_it_away() {
    let mut talk = Talk::new();
    let Talk { ops, convener, heads: [first, second], .. } = &mut talk;
    let before = convener.clone();
    ops.extend([convener.invites(9, None, Role::Head), convener.adds(9, PartyRef::New(name("Late")), Role::Head)]);
    // The second key sits here by words of the convener that the removal would have void.
    ops.extend([first.removes(&before), Signer::new(9).removes(&before)]);
    assert!(Table::fold(before.me(), ops.iter()).is_seated(&before.me()));
    ops.push(first.invites(6, None, Role::Head));
    let add = first.adds(6, PartyRef::New(name("A friend")), Role::Head);
    ops.extend([second.agrees(&add), add, Signer::new(6).removes(&before)]);
    let table = talk.table();
    assert!(table.is_seated(&talk.convener.me()) && !table.is_seated(&Signer::new(6).me()));
}
