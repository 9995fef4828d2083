//! Properties of the codec: what is written can be read, and nothing else can hurt.

use bytes::Bytes;
use proptest::prelude::*;
use wire::{CloseReason, DecodeError, FrameId, FromClient, FromRelay, Limits, Refusal, Topic};

fn topic() -> impl Strategy<Value = Topic> {
    any::<[u8; 32]>().prop_map(Topic)
}

fn payload() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..2_000).prop_map(Bytes::from)
}

fn signature() -> impl Strategy<Value = [u8; 64]> {
    prop::collection::vec(any::<u8>(), 64).prop_map(|bytes| bytes.try_into().expect("64 bytes were asked for"))
}

fn from_client() -> impl Strategy<Value = FromClient> {
    prop_oneof![
        topic().prop_map(|topic| FromClient::Subscribe { topic }),
        topic().prop_map(|topic| FromClient::Unsubscribe { topic }),
        (topic(), any::<[u8; 32]>(), signature())
            .prop_map(|(topic, write_key, signature)| { FromClient::Prove { topic, write_key, signature } }),
        (topic(), any::<u64>(), payload()).prop_map(|(topic, id, payload)| FromClient::Publish {
            topic,
            id: FrameId(id),
            payload
        }),
        Just(FromClient::Ping),
    ]
}

fn from_relay() -> impl Strategy<Value = FromRelay> {
    prop_oneof![
        (any::<u32>(), any::<u16>(), any::<[u8; 32]>()).prop_map(|(payload_bytes, topics, challenge)| {
            FromRelay::Hello { limits: Limits { payload_bytes, topics }, challenge }
        }),
        (topic(), any::<u64>(), payload())
            .prop_map(|(topic, sequence, payload)| { FromRelay::Deliver { topic, sequence, payload } }),
        (topic(), any::<u64>(), prop_oneof![Just(Refusal::NotProven), Just(Refusal::TooLarge)])
            .prop_map(|(topic, id, reason)| FromRelay::Refused { topic, id: FrameId(id), reason }),
        topic().prop_map(|topic| FromRelay::Gap { topic }),
        any::<u32>().prop_map(|retry_after_ms| FromRelay::Drain { retry_after_ms }),
        Just(FromRelay::Pong),
        prop::sample::select(CloseReason::ALL.to_vec()).prop_map(|reason| FromRelay::Close { reason }),
    ]
}

/// Bytes that often get past the type byte.
fn nearly_a_frame() -> impl Strategy<Value = Bytes> {
    let kind = prop_oneof![0x00..=0x06u8, 0x80..=0x88u8, any::<u8>()];
    (kind, prop::collection::vec(any::<u8>(), 0..200)).prop_map(|(kind, mut bytes)| {
        bytes.insert(0, kind);
        Bytes::from(bytes)
    })
}

fn says_cut(error: Option<DecodeError>, cut: &Bytes, whole: &Bytes) -> bool {
    match error {
        Some(DecodeError::Empty) => cut.is_empty(),
        Some(DecodeError::Truncated { missing }) => missing > 0 && missing <= whole.len() - cut.len(),
        other => panic!("{other:?} for a frame cut short"),
    }
}

proptest! {
    #[test]
    fn client_frames_round_trip(frame in from_client()) {
        prop_assert_eq!(FromClient::decode(frame.encode()), Ok(frame));
    }

    #[test]
    fn relay_frames_round_trip(frame in from_relay()) {
        prop_assert_eq!(FromRelay::decode(frame.encode()), Ok(frame));
    }

    #[test]
    fn a_client_frame_cut_short_or_run_on_is_refused(frame in from_client(), at in any::<prop::sample::Index>()) {
        let bytes = frame.encode();
        let cut = bytes.slice(..at.index(bytes.len()));
        prop_assert!(says_cut(FromClient::decode(cut.clone()).err(), &cut, &bytes));

        let longer = Bytes::from([&bytes[..], b"x"].concat());
        prop_assert_eq!(FromClient::decode(longer), Err(DecodeError::Trailing { extra: 1 }));
    }

    #[test]
    fn a_relay_frame_cut_short_or_run_on_is_refused(frame in from_relay(), at in any::<prop::sample::Index>()) {
        let bytes = frame.encode();
        let cut = bytes.slice(..at.index(bytes.len()));
        prop_assert!(says_cut(FromRelay::decode(cut.clone()).err(), &cut, &bytes));

        let longer = Bytes::from([&bytes[..], b"x"].concat());
        prop_assert_eq!(FromRelay::decode(longer), Err(DecodeError::Trailing { extra: 1 }));
    }

    #[test]
    fn bytes_that_decode_are_the_one_encoding_of_the_frame(bytes in nearly_a_frame()) {
        if let Ok(frame) = FromClient::decode(bytes.clone()) {
            prop_assert_eq!(&frame.encode(), &bytes);
        }
        if let Ok(frame) = FromRelay::decode(bytes.clone()) {
            prop_assert_eq!(&frame.encode(), &bytes);
        }
    }
}

#[test]
fn no_bytes_are_no_frame() {
    assert_eq!(FromClient::decode(Bytes::new()), Err(DecodeError::Empty));
    assert_eq!(FromRelay::decode(Bytes::new()), Err(DecodeError::Empty));
}

#[test]
fn frames_of_the_other_direction_are_refused() {
    let pong = FromRelay::Pong.encode();
    assert_eq!(FromClient::decode(pong), Err(DecodeError::UnknownType { got: 0x86 }));
    let ping = FromClient::Ping.encode();
    assert_eq!(FromRelay::decode(ping), Err(DecodeError::UnknownType { got: 0x05 }));
}

#[test]
fn a_length_of_four_gigabytes_is_refused_without_reserving_it() {
    let mut bytes = vec![0x04; 1 + 32 + 8];
    bytes.extend_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(FromClient::decode(bytes.into()), Err(DecodeError::Truncated { missing: u32::MAX as usize }));
}

#[test]
fn codes_that_are_not_in_the_tables_are_refused() {
    let mut refused = vec![0x83; 1 + 32 + 8];
    refused.push(0x03);
    assert_eq!(FromRelay::decode(refused.into()), Err(DecodeError::UnknownRefusal { got: 0x03 }));
    assert_eq!(
        FromRelay::decode(Bytes::from_static(&[0x87, 0x03, 0xe8])),
        Err(DecodeError::UnknownCloseCode { got: 1000 })
    );
}
