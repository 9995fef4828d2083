//! What is held, what is asked for, what is answered: against a plain set.

use std::collections::BTreeSet;
use std::ops::Range;

use files::{Held, RANGES};
use proptest::prelude::*;

fn held(count: u32, indices: &BTreeSet<u32>) -> Held {
    let mut held = Held::none(count);
    for index in indices {
        held.insert(*index);
    }
    held
}

fn all(ranges: &[Range<u32>]) -> Vec<u32> {
    ranges.iter().cloned().flatten().collect()
}

#[test]
fn chunks_come_and_go() {
    let mut held = Held::none(10);
    assert!(held.insert(3) && !held.insert(3) && held.insert(4) && !held.insert(10));
    assert_eq!((held.count(), held.contains(4), held.contains(10), held.is_whole()), (2, true, false, false));
    assert_eq!(held.missing(), [0..3, 5..10]);
    held.remove(4);
    held.remove(10);
    assert_eq!(held.missing(), [0..3, 4..10]);
    for index in 0..10 {
        held.insert(index);
    }
    assert!(held.is_whole() && held.missing().is_empty());
}

#[test]
fn a_message_never_names_too_many_ranges() {
    let every_second = held(10_000, &(0..10_000).step_by(2).collect());
    assert_eq!(every_second.missing().len(), RANGES);
    assert_eq!(every_second.wanted(&[0..5_000, 5_000..10_000]).len(), RANGES);
    let everything = 0..u32::MAX;
    assert_eq!(Held::none(7).wanted(&[everything]), []);
}

#[test]
fn other_bytes_are_refused() {
    let good = minicbor::to_vec(held(10, &BTreeSet::from([0, 9]))).expect("writes");
    assert_eq!(good, [0x82, 10, 0x42, 0b1, 0b10]);
    for bytes in [
        &[0x82, 10, 0x42, 0b1, 0b100][..], // a chunk beyond the last
        &[0x82, 10, 0x41, 0b1],            // too few bits
        &[0x82, 10, 0x43, 0b1, 0b10, 0],   // too many
        &[0x82, 0x1a, 255, 255, 255, 255, 0x41, 0],
        &[0x81, 10],
        &[],
    ] {
        assert!(minicbor::decode::<Held>(bytes).is_err(), "{bytes:x?}");
    }
}

proptest! {
    #[test]
    fn ranges_are_those_of_a_plain_set(count in 1..400u32, indices: BTreeSet<u16>, asked: Vec<(u16, u16)>) {
        let indices: BTreeSet<u32> = indices.iter().map(|index| u32::from(*index) % count).collect();
        let held = held(count, &indices);
        prop_assert_eq!(held.count() as usize, indices.len());
        prop_assert_eq!(all(&held.missing()), (0..count).filter(|index| !indices.contains(index)).collect::<Vec<_>>());
        let asked: Vec<Range<u32>> = asked.iter().map(|(start, length)| u32::from(*start) % 500..u32::from(*start) % 500 + u32::from(*length) % 50).collect();
        let answered: BTreeSet<u32> = all(&held.wanted(&asked)).into_iter().collect();
        let expected: BTreeSet<u32> = all(&asked).into_iter().filter(|index| indices.contains(index)).collect();
        prop_assert!(answered == expected || held.wanted(&asked).len() == RANGES);
        let bytes = minicbor::to_vec(&held).expect("writes");
        prop_assert_eq!(minicbor::decode::<Held>(&bytes).expect("own bytes"), held);
    }

    #[test]
    fn bytes_from_anywhere_do_not_panic(bytes: Vec<u8>) {
        let _ = minicbor::decode::<Held>(&bytes);
    }
}
