//! Values of OpenMLS as CBOR, RFC 8949, with bytes packed.
//!
//! Serde hands over a `Vec<u8>` as a sequence of numbers. An array of numbers below 256 is written as the typed
//! array of RFC 8746 section 2, tag 64 and a byte string; on reading it becomes an array again. Only what is
//! written here is read: definite lengths, no other tag, bounded depth.

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

/// Tag 64, uint8 typed array.
const TYPED_ARRAY: [u8; 2] = [0xd8, 64];
/// A pending commit goes deepest: some 20 levels.
const DEPTH: usize = 64;

const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

/// Writes a value; `None` when the type has no form in CBOR.
pub(super) fn encode<T: Serialize + ?Sized>(value: &T) -> Option<Zeroizing<Vec<u8>>> {
    let plain = Zeroizing::new(minicbor_serde::to_vec(value).ok()?);
    let mut rest = plain.as_slice();
    let mut packed = Zeroizing::new(Vec::with_capacity(plain.len()));
    pack(&mut rest, &mut packed, DEPTH)?;
    Some(packed)
}

/// Reads a value; `None` when the bytes hold no such value, or more than it.
pub(super) fn decode<T: DeserializeOwned>(packed: &[u8]) -> Option<T> {
    let mut rest = packed;
    // Every byte may become two. Growing would leave copies behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(packed.len() * 2));
    unpack(&mut rest, &mut plain, DEPTH)?;
    if rest.is_empty() { minicbor_serde::from_slice(&plain).ok() } else { None }
}

fn pack(rest: &mut &[u8], out: &mut Vec<u8>, depth: usize) -> Option<()> {
    let start = *rest;
    let (major, argument) = head(rest)?;
    if major == ARRAY
        && argument > 0
        && let Some((bytes, after)) = small_numbers(rest, argument)
    {
        out.extend_from_slice(&TYPED_ARRAY);
        put_head(out, BYTES, bytes.len());
        out.extend_from_slice(&bytes);
        *rest = after;
        return Some(());
    }
    if major == TAG {
        return None;
    }
    out.extend_from_slice(&start[..start.len() - rest.len()]);
    for_content(major, argument, rest, out, depth, pack)
}

fn unpack(rest: &mut &[u8], out: &mut Vec<u8>, depth: usize) -> Option<()> {
    if let Some(after) = rest.strip_prefix(&TYPED_ARRAY) {
        *rest = after;
        let (BYTES, length) = head(rest)? else { return None };
        let bytes = take(rest, length)?;
        put_head(out, ARRAY, bytes.len());
        for &byte in bytes {
            put_head(out, 0, byte.into());
        }
        return Some(());
    }
    let start = *rest;
    let (major, argument) = head(rest)?;
    if major == TAG {
        return None;
    }
    out.extend_from_slice(&start[..start.len() - rest.len()]);
    for_content(major, argument, rest, out, depth, unpack)
}

/// Goes on with what a head announces.
fn for_content(
    major: u8,
    argument: u64,
    rest: &mut &[u8],
    out: &mut Vec<u8>,
    depth: usize,
    each: fn(&mut &[u8], &mut Vec<u8>, usize) -> Option<()>,
) -> Option<()> {
    let items = match major {
        BYTES | TEXT => {
            out.extend_from_slice(take(rest, argument)?);
            0
        }
        ARRAY => argument,
        MAP => argument.checked_mul(2)?,
        _ => 0,
    };
    let depth = if items > 0 { depth.checked_sub(1)? } else { depth };
    // A count that is a lie ends with the bytes.
    (0..items).try_for_each(|_| each(rest, out, depth))
}

/// The numbers at the front, if all are below 256, and what comes after them.
fn small_numbers(mut rest: &[u8], count: u64) -> Option<(Zeroizing<Vec<u8>>, &[u8])> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(rest.len().min(usize::try_from(count).ok()?)));
    for _ in 0..count {
        let (0, number) = head(&mut rest)? else { return None };
        bytes.push(u8::try_from(number).ok()?);
    }
    Some((bytes, rest))
}

/// Major type and argument of the next item; `None` for an indefinite length.
fn head(rest: &mut &[u8]) -> Option<(u8, u64)> {
    let first = *take(rest, 1)?.first()?;
    let argument = match first & 0x1f {
        small @ 0..24 => u64::from(small),
        24 => take(rest, 1)?.first().copied()?.into(),
        25 => u16::from_be_bytes(take(rest, 2)?.try_into().ok()?).into(),
        26 => u32::from_be_bytes(take(rest, 4)?.try_into().ok()?).into(),
        27 => u64::from_be_bytes(take(rest, 8)?.try_into().ok()?),
        _ => return None,
    };
    Some((first >> 5, argument))
}

fn put_head(out: &mut Vec<u8>, major: u8, argument: usize) {
    let major = major << 5;
    match argument {
        0..24 => out.push(major | argument as u8),
        24..0x100 => out.extend_from_slice(&[major | 24, argument as u8]),
        0x100..0x1_0000 => {
            out.push(major | 25);
            out.extend_from_slice(&(argument as u16).to_be_bytes());
        }
        _ => {
            out.push(major | 26);
            out.extend_from_slice(&(argument as u32).to_be_bytes());
        }
    }
}

fn take<'a>(rest: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = after;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn returns<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T, bytes: &[u8]) {
        let encoded = encode(value).expect("has a form");
        assert_eq!(*encoded, bytes);
        assert_eq!(decode::<T>(&encoded).as_ref(), Some(value));
    }

    #[test]
    fn numbers_below_256_are_packed_and_nothing_else() {
        returns(&vec![1u8, 2, 255], &[0xd8, 64, 0x43, 1, 2, 255]);
        returns(&vec![1u32, 2, 255], &[0xd8, 64, 0x43, 1, 2, 255]);
        returns(&[1u16, 256], &[0x82, 1, 0x19, 1, 0]);
        returns(&vec![-1i8, 1], &[0x82, 0x20, 1]);
        returns(&Vec::<u8>::new(), &[0x80]);
        returns(&vec![Some(vec![7u8]), None], &[0x82, 0xd8, 64, 0x41, 7, 0xf6]);
        returns(
            &(String::from("a"), true, u64::MAX),
            &[0x83, 0x61, b'a', 0xf5, 0x1b, 255, 255, 255, 255, 255, 255, 255, 255],
        );
        returns(&BTreeMap::from([(vec![1u8], 300u16)]), &[0xa1, 0xd8, 64, 0x41, 1, 0x19, 1, 0x2c]);
    }

    #[test]
    fn long_bytes_return() {
        for length in [23, 24, 255, 256, 65_535, 65_536] {
            let value: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let encoded = encode(&value).expect("has a form");
            assert!(encoded.len() <= length + 7);
            assert_eq!(decode::<Vec<u8>>(&encoded), Some(value));
        }
    }

    #[test]
    fn other_cbor_is_refused() {
        let deep = [vec![0x81; DEPTH + 1], vec![0]].concat();
        for bytes in [
            &deep[..],
            &[],
            &[0x9f, 1, 0xff],                                          // indefinite length
            &[0xc1, 0x81, 1],                                          // another tag
            &[0xd8, 64, 0x81, 1],                                      // the tag on an array
            &[0xd8, 64, 0x42, 1],                                      // cut
            &[0x81, 1, 0],                                             // something behind
            &[0x9b, 255, 255, 255, 255, 255, 255, 255, 255, 1],        // a count that is a lie
            &[0xbb, 255, 255, 255, 255, 255, 255, 255, 255, 1],        // of a map
            &[0xd8, 64, 0x5b, 255, 255, 255, 255, 255, 255, 255, 255], // of bytes
        ] {
            assert_eq!(decode::<Vec<u8>>(bytes), None, "{bytes:x?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_returns(value: (Vec<u8>, Option<Vec<u16>>, BTreeMap<u64, Vec<i64>>, String)) {
            let encoded = encode(&value).expect("has a form");
            prop_assert_eq!(decode(&encoded), Some(value));
        }

        #[test]
        fn bytes_from_anywhere_do_not_panic(bytes: Vec<u8>) {
            decode::<(Vec<u8>, Option<Vec<u16>>, BTreeMap<u64, Vec<i64>>, String)>(&bytes);
        }
    }
}
