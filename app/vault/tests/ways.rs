//! Unlocking: every way by its own secret, and by no other.

use proptest::prelude::*;
use vault::{Cost, DataKey, Header, Kinds, NotACode, NotUnlocked, RecoveryCode, Store, StoreId, Way};

/// As little as Argon2 takes: what a passphrase costs is not what these tests are about.
const CHEAP: Cost = Cost { memory: 8, passes: 1, lanes: 1 };
const ID: StoreId = StoreId([7; 16]);

fn key() -> DataKey {
    DataKey::from_random([5; 32])
}

/// A header with three ways.
fn header() -> Header {
    let mut header = Header::new(ID);
    header.set_passphrase(&key(), "correct horse", CHEAP, [1; 16], [1; 24]).expect("fair");
    header.set_passkey(&key(), b"credential", [2; 32], &[3; 32], [2; 24]);
    header.set_recovery(&key(), &RecoveryCode::from_random([4; 16]), [3; 24]);
    header
}

/// Whether two keys are one: they open each other's stores.
fn same(one: &DataKey, two: &DataKey) -> bool {
    let sealed = Store::new(ID, one, 1).seal(&vault::Batch::default(), |nonce| nonce.fill(9));
    Store::open(ID, two, 1, sealed.puts).is_ok()
}

#[test]
fn every_way_gives_the_same_key() {
    let header = Header::decode(&header().encode()).expect("its own bytes");
    assert!(same(&header.by_passphrase("correct horse").expect("right"), &key()));
    assert!(same(&header.by_passkey(b"credential", &[3; 32]).expect("right"), &key()));
    assert!(same(&header.by_recovery(&RecoveryCode::from_random([4; 16])).expect("right"), &key()));
}

#[test]
fn nothing_else_gives_any() {
    let header = header();
    for wrong in ["", "correct hors", "Correct horse", "correct horse "] {
        assert_eq!(header.by_passphrase(wrong).err(), Some(NotUnlocked::Wrong), "{wrong:?}");
    }
    assert_eq!(header.by_passkey(b"credential", &[4; 32]).err(), Some(NotUnlocked::Wrong));
    assert_eq!(header.by_passkey(b"another", &[3; 32]).err(), Some(NotUnlocked::NoSuchWay));
    assert_eq!(header.by_recovery(&RecoveryCode::from_random([5; 16])).err(), Some(NotUnlocked::Wrong));
    assert_eq!(Header::new(ID).by_passphrase("correct horse").err(), Some(NotUnlocked::NoSuchWay));
}

#[test]
fn what_one_way_wrapped_is_of_no_use_in_another_place() {
    let mut header = header();
    let wrapped = header.ways.iter().find_map(|way| match way {
        Way::Passphrase { wrapped, .. } => Some(wrapped.clone()),
        Way::Passkey { .. } | Way::Recovery { .. } | Way::Browser { .. } => None,
    });
    header.ways.retain(|way| !matches!(way, Way::Recovery { .. }));
    header.ways.push(Way::Recovery { wrapped: wrapped.expect("there") });
    assert_eq!(header.by_recovery(&RecoveryCode::from_random([4; 16])).err(), Some(NotUnlocked::Wrong));
    header.store = StoreId([8; 16]);
    assert_eq!(header.by_passphrase("correct horse").err(), Some(NotUnlocked::Wrong));
}

#[test]
fn another_passphrase_takes_the_place_of_the_first() {
    let mut header = header();
    header.set_passphrase(&key(), "battery staple", CHEAP, [9; 16], [9; 24]).expect("fair");
    assert_eq!(header.by_passphrase("correct horse").err(), Some(NotUnlocked::Wrong));
    assert!(same(&header.by_passphrase("battery staple").expect("right"), &key()));
    assert_eq!(header.ways.len(), 3);
}

#[test]
fn key_of_the_browser_stands_alone() {
    let mut header = header();
    header.set_browser(b"wrapped".to_vec());
    assert_eq!(header.kinds(), Kinds { browser: true, ..Kinds::default() });
    let only_browser = header.clone();
    header.set_passphrase(&key(), "correct horse", CHEAP, [1; 16], [1; 24]).expect("fair");
    assert_eq!(header.kinds(), Kinds { passphrase: true, ..Kinds::default() });
    header.clone_from(&only_browser);
    header.set_passkey(&key(), b"credential", [2; 32], &[3; 32], [2; 24]);
    assert_eq!(header.kinds(), Kinds { passkey: true, ..Kinds::default() });
    header.clone_from(&only_browser);
    header.set_recovery(&key(), &RecoveryCode::from_random([4; 16]), [3; 24]);
    assert_eq!(header.kinds(), Kinds { recovery: true, ..Kinds::default() });
}

#[test]
fn another_code_takes_the_place_of_the_first() {
    let mut header = header();
    header.set_recovery(&key(), &RecoveryCode::from_random([6; 16]), [9; 24]);
    assert_eq!(header.by_recovery(&RecoveryCode::from_random([4; 16])).err(), Some(NotUnlocked::Wrong));
    assert!(same(&header.by_recovery(&RecoveryCode::from_random([6; 16])).expect("right"), &key()));
    assert!(same(&header.by_passphrase("correct horse").expect("untouched"), &key()));
}

#[test]
fn passphrase_and_passkey_go_only_while_the_other_is_left() {
    let mut one = header();
    assert!(one.drop_passphrase());
    assert_eq!(one.by_passphrase("correct horse").err(), Some(NotUnlocked::NoSuchWay));
    assert!(!one.drop_passkey() && !one.drop_passphrase());
    assert!(same(&one.by_passkey(b"credential", &[3; 32]).expect("left"), &key()));
    let mut other = header();
    assert!(other.drop_passkey());
    assert_eq!(other.passkey(), None);
    assert!(!other.drop_passphrase() && !other.drop_passkey());
    assert!(same(&other.by_passphrase("correct horse").expect("left"), &key()));
    assert!(one.kinds().recovery && other.kinds().recovery);
}

#[test]
fn another_passkey_takes_the_place_of_the_first() {
    let mut header = header();
    assert_eq!(header.passkey(), Some((&b"credential"[..], &[2; 32])));
    header.set_passkey(&key(), b"another", [6; 32], &[7; 32], [8; 24]);
    assert_eq!(header.passkey(), Some((&b"another"[..], &[6; 32])));
    assert!(same(&header.by_passkey(b"another", &[7; 32]).expect("right"), &key()));
    assert_eq!(header.by_passkey(b"credential", &[3; 32]).err(), Some(NotUnlocked::NoSuchWay));
}

#[test]
fn header_that_would_stop_the_browser_is_refused_at_once() {
    let huge = Cost { memory: u32::MAX, passes: u32::MAX, lanes: 1 };
    assert_eq!(Header::new(ID).set_passphrase(&key(), "x", huge, [1; 16], [1; 24]), Err(NotUnlocked::Header));
    let mut header = header();
    for way in &mut header.ways {
        if let Way::Passphrase { cost, .. } = way {
            *cost = huge;
        }
    }
    assert_eq!(header.by_passphrase("correct horse").err(), Some(NotUnlocked::Header));
}

#[test]
fn every_bit_of_a_header_counts() {
    let bytes = header().encode();
    for bit in 0..bytes.len() * 8 {
        let mut altered = bytes.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let Ok(header) = Header::decode(&altered) else { continue };
        let opened = [
            header.by_passphrase("correct horse"),
            header.by_passkey(b"credential", &[3; 32]),
            header.by_recovery(&RecoveryCode::from_random([4; 16])),
        ];
        let still = opened.iter().filter(|key| key.as_ref().is_ok_and(|opened| same(opened, &key_of()))).count();
        // The salt of a passkey is only handed to the browser, which then gives something else.
        let only_salt = header.ways.iter().any(|way| matches!(way, Way::Passkey { salt, .. } if *salt != [2; 32]));
        assert!(still < 3 || only_salt, "bit {bit}");
    }
}

fn key_of() -> DataKey {
    key()
}

#[test]
fn recovery_code_reads_as_people_write_it() {
    let code = RecoveryCode::from_random(*b"sixteen bytes ok");
    let text = code.text();
    assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [4; 7]);
    let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
    assert_eq!(*RecoveryCode::read(&sloppy).expect("the same").text(), *text);
    for wrong in ["", "0000", &text[1..], &format!("{}0", *text), &text.replace('-', "*")] {
        assert_eq!(RecoveryCode::read(wrong).err(), Some(NotACode), "{wrong}");
    }
}

proptest! {
    #[test]
    fn one_wrong_character_is_told_from_the_right_code(bytes in any::<[u8; 16]>(), at in 0usize..28, other in 1usize..32) {
        let text = RecoveryCode::from_random(bytes).text();
        prop_assert_eq!(&*RecoveryCode::read(&text).expect("its own").text(), &*text);
        let alphabet = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let mut typed: Vec<u8> = text.bytes().filter(|c| *c != b'-').collect();
        let place = alphabet.iter().position(|c| *c == typed[at]).expect("of the alphabet");
        typed[at] = alphabet[(place + other) % 32];
        let typed = String::from_utf8(typed).expect("ASCII");
        // One time in a thousand the check fits: then it is another code, which opens nothing.
        let read = RecoveryCode::read(&typed);
        prop_assert!(read.is_err() || *read.expect("a code").text() != *text);
    }
}
