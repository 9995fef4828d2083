//! Images go through bytes and back; damaged ones give no panic.

use std::collections::BTreeSet;

use record::RoomId;

use super::*;
use crate::Suite;
use crate::mls::group::Staged;
use crate::mls::{FORMAT, Group, KeyPackage, KeyPackageSecrets, Rules, SeatKey};

const ROOM: RoomId = RoomId([7; 32]);

fn key(n: u8) -> SeatKey {
    SeatKey::from_seed(&[n; 32])
}

fn key_package(n: u8, suite: Suite) -> (KeyPackageSecrets, KeyPackage) {
    let secrets = KeyPackageSecrets::new(&key(n), suite).expect("makes");
    let key_package = KeyPackage::parse(secrets.bytes(), suite).expect("own key package");
    (secrets, key_package)
}

/// Alice and Bob in one room.
fn pair(suite: Suite) -> (Group, Group) {
    let rules = Rules { format: FORMAT, suite, founder: key(1).public() };
    let mut alice = Group::found(ROOM, &rules, &key(1)).expect("founds");
    let (secrets, bob) = key_package(2, suite);
    let staged = stages(&mut alice, &[bob], 1);
    alice.merge_pending().expect("merges");
    (alice, Group::join(secrets, &staged.welcome).expect("joins"))
}

/// What another process makes of a group.
fn reopened(group: Group) -> Group {
    let bytes = group.image().expect("an image").encode();
    drop(group);
    Group::from_image(ROOM, &Image::decode(&bytes).expect("own bytes")).expect("opens")
}

fn stages(group: &mut Group, adds: &[KeyPackage], n: u8) -> Staged {
    group.stage(&BTreeSet::new(), adds, &key(n), &[]).expect("stages")
}

fn follows(group: &mut Group, commit: &[u8]) {
    let candidate = group.process(commit).expect("a commit");
    group.merge(candidate).expect("merges");
}

fn level(groups: &[&Group]) {
    let secrets: Vec<_> = groups.iter().map(|group| *group.export::<32>("test").expect("exports")).collect();
    assert!(groups.iter().all(|group| group.state() == groups[0].state() && group.seats() == groups[0].seats()));
    assert!(secrets.iter().all(|secret| *secret == secrets[0]));
}

#[test]
fn pending_commit_survives_in_bytes() {
    for suite in [Suite::Classical, Suite::Hybrid] {
        let (mut alice, mut bob) = pair(suite);
        let (secrets, carol) = key_package(3, suite);
        let staged = stages(&mut alice, &[carol], 1);
        let mut alice = reopened(alice);
        assert_eq!(alice.pending_state(), Some(staged.new_state));
        assert!(alice.stage(&BTreeSet::new(), &[], &key(1), &[]).is_err(), "one commit is pending");
        alice.merge_pending().expect("merges");
        follows(&mut bob, &staged.commit);
        let carol = Group::join(secrets, &staged.welcome).expect("joins");
        level(&[&alice, &bob, &carol]);
    }
}

#[test]
fn member_opened_from_bytes_goes_on() {
    for suite in [Suite::Classical, Suite::Hybrid] {
        let (mut alice, bob) = pair(suite);
        let mut bob = reopened(bob);
        for _ in 0..3 {
            let staged = stages(&mut alice, &[], 1);
            alice.merge_pending().expect("merges");
            follows(&mut bob, &staged.commit);
            let staged = stages(&mut bob, &[], 2);
            bob = reopened(bob);
            bob.merge_pending().expect("merges");
            follows(&mut alice, &staged.commit);
            level(&[&alice, &bob]);
            alice = reopened(alice);
        }
    }
}

#[test]
fn image_stays_as_it_was_taken() {
    let (mut alice, _) = pair(Suite::Classical);
    let (state, image) = (alice.state(), alice.image().expect("an image"));
    let bytes = image.encode();
    stages(&mut alice, &[], 1);
    alice.merge_pending().expect("merges");
    assert_ne!(alice.state(), state);
    assert_eq!(image.encode(), bytes);
    alice.restore(&image).expect("restores");
    assert_eq!((alice.state(), alice.pending_state()), (state, None));
    assert_eq!(alice.image().expect("an image").encode(), bytes, "what came later is gone");
}

#[test]
fn image_of_another_room_is_refused() {
    let (mut alice, _) = pair(Suite::Classical);
    let image = alice.image().expect("an image");
    assert!(Group::from_image(RoomId([8; 32]), &image).is_err());
    let empty = Image::decode(&foreign(0xa1, &[], &[])).expect("an empty map");
    assert!(alice.restore(&empty).is_err());
    level(&[&alice, &Group::from_image(ROOM, &image).expect("opens")]);
}

/// An image of these entries as somebody else would write it, with the right digest.
fn foreign(head: u8, entries: &[u8], behind: &[u8]) -> Vec<u8> {
    [&[head, 0x40, 0x58, 32][..], &digest(entries), entries, behind].concat()
}

#[test]
fn image_has_one_encoding() {
    let entries = [0x41, 1, 0x40, 0x42, 0, 0, 0x40];
    let good = foreign(0xa3, &entries, &[]);
    assert_eq!(Image::decode(&good).map(|image| image.encode()).ok(), Some(good));
    for bent in [
        foreign(0xa3, &[0x42, 0, 0, 0x40, 0x41, 1, 0x40], &[]), // longer name first
        foreign(0xa3, &[0x41, 1, 0x40, 0x41, 1, 0x40], &[]),    // one name twice
        foreign(0xa2, &[0x41, 1, 0x58, 1, 0], &[]),             // a length longer than it need be
        foreign(0xa2, &[0x61, 1, 0x40], &[]),                   // a text
        foreign(0xa3, &entries, &[0]),                          // something behind
        foreign(0xbf, &entries, &[0xff]),                       // indefinite length
        foreign(0xa2, &entries, &[]),                           // one more than announced
        foreign(0xa4, &entries, &[]),                           // one less
        [&[0xa2], &entries[..]].concat(),                       // no digest
        [&[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], &entries[..]].concat(),
    ] {
        assert_eq!(Image::decode(&bent).err(), Some(MlsError::Invalid("image")), "{bent:x?}");
    }
}

#[test]
fn bent_image_is_refused() {
    let (mut alice, _) = pair(Suite::Classical);
    stages(&mut alice, &[], 1);
    let bytes = alice.image().expect("an image").encode();
    for length in 0..bytes.len() {
        assert!(Image::decode(&bytes[..length]).is_err());
    }
    for position in 0..bytes.len() * 8 {
        let mut bent = bytes.clone();
        bent[position / 8] ^= 1 << (position % 8);
        assert!(Image::decode(&bent).is_err(), "bit {position}");
    }
}

/// An image whose digest is right and whose values are cut: no group, or one that follows nobody.
#[test]
fn group_of_cut_values_goes_nowhere() {
    let (mut alice, bob) = pair(Suite::Classical);
    let commit = stages(&mut alice, &[], 1).commit;
    let image = bob.image().expect("an image");
    for (name, value) in image.0.iter() {
        for length in 0..value.len() {
            let mut values = (*image.0).clone();
            values.insert(name.clone(), Arc::new(Zeroizing::new(value[..length].to_vec())));
            let bytes = Image(Arc::new(values)).encode();
            if let Ok(mut group) = Group::from_image(ROOM, &Image::decode(&bytes).expect("an image")) {
                assert_eq!(name[0], Kind::EpochKeyPairs as u8, "all others are read at once");
                assert!(group.process(&commit).is_err());
            }
        }
    }
}
