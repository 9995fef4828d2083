//! Rows on a disk that forgets, mixes and alters them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use vault::{Batch, Damaged, DataKey, Name, ROOT, Sealed, Store, StoreId};

const ID: StoreId = StoreId([7; 16]);
const SCHEMA: u32 = 1;

fn key() -> DataKey {
    DataKey::from_random([1; 32])
}

/// Nonces that never repeat.
struct Nonces(u64);

impl Nonces {
    fn fill(&mut self, nonce: &mut [u8; 24]) {
        self.0 += 1;
        nonce[..8].copy_from_slice(&self.0.to_be_bytes());
    }
}

type Disk = BTreeMap<Name, Vec<u8>>;
type Values = BTreeMap<Vec<u8>, Vec<u8>>;

fn write(disk: &mut Disk, sealed: &Sealed) {
    for name in &sealed.deletes {
        disk.remove(name);
    }
    disk.extend(sealed.puts.iter().cloned());
}

fn put(key: &str, value: &str) -> (Vec<u8>, Vec<u8>) {
    (key.into(), value.into())
}

fn read(disk: &Disk) -> Result<(Store, Values), Damaged> {
    Store::open(ID, &key(), SCHEMA, disk.clone())
}

/// A disk after these batches, one after the other.
fn disk_after(batches: &[Batch]) -> (Disk, Store) {
    let (mut disk, mut store, mut nonces) = (Disk::new(), Store::new(ID, &key(), SCHEMA), Nonces(0));
    for batch in batches {
        write(&mut disk, &store.seal(batch, |nonce| nonces.fill(nonce)));
    }
    (disk, store)
}

fn three_rows() -> Disk {
    let puts = vec![put("a", "first"), put("b", "second"), put("c", "third")];
    disk_after(&[Batch { puts, deletes: vec![] }]).0
}

#[test]
fn what_was_written_is_read() {
    let first = Batch { puts: vec![put("a", "1"), put("b", "2")], deletes: vec![] };
    let second = Batch { puts: vec![put("a", "3")], deletes: vec![b"b".to_vec(), b"never there".to_vec()] };
    let (disk, _) = disk_after(&[first, second]);
    let (store, values) = read(&disk).expect("sound");
    assert_eq!(values, Values::from([put("a", "3")]));
    assert_eq!(store.generation(), 2);
    assert_eq!(disk.len(), 2, "the row and the root");
}

#[test]
fn disk_shows_no_keys_no_values_and_not_which_rows_are_the_same() {
    let secret = "a secret that is long enough to be found";
    let (disk, _) = disk_after(&[Batch { puts: vec![put(secret, secret), put("other", secret)], deletes: vec![] }]);
    let values: Vec<&Vec<u8>> = disk.values().collect();
    assert!(values.iter().all(|value| !value.windows(8).any(|part| secret.as_bytes().windows(8).any(|s| s == part))));
    let mut sealed = values.clone();
    sealed.sort();
    sealed.dedup();
    assert_eq!(sealed.len(), values.len());
}

#[test]
fn every_altered_bit_is_seen() {
    let disk = three_rows();
    for (name, value) in &disk {
        for bit in 0..value.len() * 8 {
            let mut altered = disk.clone();
            altered.get_mut(name).expect("there")[bit / 8] ^= 1 << (bit % 8);
            let expected = if *name == ROOT { Damaged::Root } else { Damaged::Rows };
            assert_eq!(read(&altered).err(), Some(expected));
        }
    }
}

#[test]
fn rows_that_are_missing_swapped_moved_or_of_another_store_are_seen() {
    let disk = three_rows();
    let names: Vec<Name> = disk.keys().filter(|name| **name != ROOT).copied().collect();
    for name in &names {
        let mut missing = disk.clone();
        missing.remove(name);
        assert_eq!(read(&missing).err(), Some(Damaged::Rows));
    }
    let mut swapped = disk.clone();
    let (one, two) = (disk[&names[0]].clone(), disk[&names[1]].clone());
    swapped.insert(names[0], two);
    swapped.insert(names[1], one.clone());
    assert_eq!(read(&swapped).err(), Some(Damaged::Rows));
    let mut copied = disk.clone();
    copied.insert([9; 32], one);
    assert_eq!(read(&copied).err(), Some(Damaged::Rows));
    let mut headless = disk.clone();
    headless.remove(&ROOT);
    assert_eq!(read(&headless).err(), Some(Damaged::Root));
    assert!(Store::open(StoreId([8; 16]), &key(), SCHEMA, disk.clone()).is_err(), "under another name");
    assert!(Store::open(ID, &DataKey::from_random([2; 32]), SCHEMA, disk).is_err(), "with another key");
}

#[test]
fn store_of_a_newer_build_is_left_alone() {
    let mut nonces = Nonces(0);
    let mut newer = Store::new(ID, &key(), SCHEMA + 1);
    let mut disk = Disk::new();
    let batch = Batch { puts: vec![put("a", "1")], deletes: vec![] };
    write(&mut disk, &newer.seal(&batch, |nonce| nonces.fill(nonce)));
    assert_eq!(read(&disk).err(), Some(Damaged::Newer(SCHEMA + 1)));
    assert!(Store::open(ID, &key(), SCHEMA + 1, disk).is_ok());
}

#[test]
fn store_without_rows_is_one_too() {
    let (disk, _) = disk_after(&[Batch::default()]);
    assert!(read(&disk).expect("sound").1.is_empty());
    assert_eq!(read(&Disk::new()).err(), Some(Damaged::Root));
}

/// Nonces are drawn at random, so that a store that goes back in time draws others: each row of each batch asks for its own.
#[test]
fn no_nonce_seals_twice_over_reopenings_and_restored_copies() {
    let (mut nonces, mut seen, mut asked) = (Nonces(0), BTreeSet::new(), 0);
    let (mut disk, mut store) = (Disk::new(), Store::new(ID, &key(), SCHEMA));
    let mut copies = Vec::new();
    for number in 0..300 {
        // Always the same rows: what differs on the disk is the nonces' doing.
        let batch = Batch { puts: vec![put("a", "1"), put("b", "2"), put("c", "")], deletes: vec![b"d".to_vec()] };
        let sealed = store.seal(&batch, |nonce| nonces.fill(nonce));
        asked += sealed.puts.len() as u64;
        assert_eq!((sealed.puts.len(), nonces.0), (4, asked), "one nonce for each row and the root");
        for (_, value) in &sealed.puts {
            assert!(seen.insert(value[..24].to_vec()), "batch {number}");
        }
        write(&mut disk, &sealed);
        match number % 10 {
            3 => copies.push(disk.clone()),
            5 => store = read(&disk).expect("sound").0,
            9 => {
                disk = copies[number % copies.len()].clone();
                store = read(&disk).expect("sound").0;
            }
            _ => {}
        }
    }
    assert_eq!(seen.len(), 1_200);
}

fn batches() -> impl Strategy<Value = Vec<Batch>> {
    let key = || prop::collection::vec(0u8..4, 1..3);
    let puts = prop::collection::vec((key(), prop::collection::vec(any::<u8>(), 0..8)), 0..4);
    let batch = (puts, prop::collection::vec(key(), 0..3)).prop_map(|(puts, deletes)| Batch { puts, deletes });
    prop::collection::vec(batch, 1..8)
}

proptest! {
    #[test]
    fn store_is_what_its_batches_say(batches in batches()) {
        let mut model = Values::new();
        for batch in &batches {
            for key in &batch.deletes {
                model.remove(key);
            }
            model.extend(batch.puts.iter().cloned());
        }
        let (disk, _) = disk_after(&batches);
        prop_assert_eq!(read(&disk).expect("sound").1, model);
    }

    /// Any mixture of two moments is either one of them or seen: no row, new or old, slips in.
    #[test]
    fn mixture_of_two_moments_is_seen(batches in batches(), at in any::<prop::sample::Index>(), choice in any::<u64>()) {
        let (new, _) = disk_after(&batches);
        let (old, _) = disk_after(&batches[..=at.index(batches.len())]);
        let names = old.keys().chain(new.keys()).collect::<BTreeSet<_>>();
        let mixed: Disk = names.into_iter().enumerate().filter_map(|(n, name)| {
            let from = if choice >> (n % 64) & 1 == 0 { &old } else { &new };
            from.get(name).map(|value| (*name, value.clone()))
        }).collect();
        if mixed != new && mixed != old {
            prop_assert!(read(&mixed).is_err());
        }
    }

    /// Going on after opening is the same as never having closed.
    #[test]
    fn opened_store_goes_on(batches in batches(), more in batches()) {
        let (mut disk, mut store) = disk_after(&batches);
        let mut opened = read(&disk).expect("sound").0;
        let mut nonces = Nonces(1 << 32);
        for batch in &more {
            let mut kept = disk.clone();
            let start = nonces.0;
            write(&mut kept, &store.seal(batch, |nonce| nonces.fill(nonce)));
            nonces.0 = start;
            write(&mut disk, &opened.seal(batch, |nonce| nonces.fill(nonce)));
            prop_assert_eq!(&disk, &kept);
        }
    }
}
