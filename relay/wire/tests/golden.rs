//! The exact bytes of every frame. A change here is a new version of the wire.

use bytes::Bytes;
use wire::{CloseReason, FrameId, FromClient, FromRelay, Limits, Refusal, Topic, proof_bytes};

const TOPIC: Topic = Topic([0xab; 32]);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn client_frame_is(frame: FromClient, expected: &str) {
    assert_eq!(hex(&frame.encode()), expected, "{frame:?}");
    assert_eq!(FromClient::decode(frame.encode()), Ok(frame));
}

fn relay_frame_is(frame: FromRelay, expected: &str) {
    assert_eq!(hex(&frame.encode()), expected, "{frame:?}");
    assert_eq!(FromRelay::decode(frame.encode()), Ok(frame));
}

#[test]
fn subscribe_is_type_01_and_a_topic() {
    client_frame_is(FromClient::Subscribe { topic: TOPIC }, &format!("01{}", "ab".repeat(32)));
}

#[test]
fn unsubscribe_is_type_02_and_a_topic() {
    client_frame_is(FromClient::Unsubscribe { topic: TOPIC }, &format!("02{}", "ab".repeat(32)));
}

#[test]
fn prove_is_type_03_topic_key_and_signature() {
    client_frame_is(
        FromClient::Prove { topic: TOPIC, write_key: [0xcd; 32], signature: [0xef; 64] },
        &format!("03{}{}{}", "ab".repeat(32), "cd".repeat(32), "ef".repeat(64)),
    );
}

#[test]
fn publish_is_type_04_topic_id_length_and_payload() {
    client_frame_is(
        FromClient::Publish {
            topic: TOPIC,
            id: FrameId(0x0102_0304_0506_0708),
            payload: Bytes::from_static(b"sealed"),
        },
        &format!("04{}010203040506070800000006{}", "ab".repeat(32), "7365616c6564"),
    );
}

#[test]
fn an_empty_payload_has_length_zero() {
    client_frame_is(
        FromClient::Publish { topic: TOPIC, id: FrameId(0), payload: Bytes::new() },
        &format!("04{}{}00000000", "ab".repeat(32), "00".repeat(8)),
    );
}

#[test]
fn ping_is_type_05_alone() {
    client_frame_is(FromClient::Ping, "05");
}

#[test]
fn hello_is_type_81_limits_and_challenge() {
    relay_frame_is(
        FromRelay::Hello { limits: Limits::default(), challenge: [0x11; 32] },
        &format!("81000120000100{}", "11".repeat(32)),
    );
}

#[test]
fn deliver_is_type_82_topic_sequence_length_and_payload() {
    relay_frame_is(
        FromRelay::Deliver { topic: TOPIC, sequence: 258, payload: Bytes::from_static(b"sealed") },
        &format!("82{}000000000000010200000006{}", "ab".repeat(32), "7365616c6564"),
    );
}

#[test]
fn refused_is_type_83_topic_id_and_refusal() {
    for (reason, code) in [(Refusal::NotProven, "01"), (Refusal::TooLarge, "02")] {
        relay_frame_is(
            FromRelay::Refused { topic: TOPIC, id: FrameId(7), reason },
            &format!("83{}0000000000000007{code}", "ab".repeat(32)),
        );
    }
}

#[test]
fn gap_is_type_84_and_a_topic() {
    relay_frame_is(FromRelay::Gap { topic: TOPIC }, &format!("84{}", "ab".repeat(32)));
}

#[test]
fn drain_is_type_85_and_milliseconds() {
    relay_frame_is(FromRelay::Drain { retry_after_ms: 2_500 }, "85000009c4");
}

#[test]
fn pong_is_type_86_alone() {
    relay_frame_is(FromRelay::Pong, "86");
}

#[test]
fn close_is_type_87_and_the_close_code() {
    let codes = [
        (CloseReason::TooLarge, "03f1"),
        (CloseReason::Restart, "03f4"),
        (CloseReason::Full, "03f5"),
        (CloseReason::Malformed, "0fa0"),
        (CloseReason::Idle, "0fa1"),
        (CloseReason::Silent, "0fa2"),
        (CloseReason::BadProof, "0fa3"),
        (CloseReason::TooManyTopics, "0fa4"),
        (CloseReason::TopicFull, "0fa5"),
        (CloseReason::Slow, "0fa8"),
        (CloseReason::TooFast, "0fbd"),
    ];
    assert_eq!(codes.map(|(reason, _)| reason), CloseReason::ALL);
    for (reason, code) in codes {
        relay_frame_is(FromRelay::Close { reason }, &format!("87{code}"));
    }
}

#[test]
fn topic_is_the_tagged_hash_of_the_write_key() {
    // Computed apart: SHA-256 of the tag and 32 zero bytes.
    assert_eq!(hex(&Topic::of(&[0; 32]).0), "28e50b26509586e9607cff7b24d18c81269e283e90f4133290cfcbb85672917a");
}

#[test]
fn proof_bytes_name_relay_connection_and_topic() {
    assert_eq!(
        hex(&proof_bytes("localhost:8080", &[0x11; 32], &TOPIC)),
        format!(
            "6e6f6e70617065722f72656c61792f7631000e6c6f63616c686f73743a38303830{}{}",
            "11".repeat(32),
            "ab".repeat(32)
        ),
    );
}

#[test]
fn debug_output_shows_neither_topic_nor_payload() {
    let payload = Bytes::from_static(b"canary");
    let shown = format!(
        "{TOPIC:?} {:?} {:?} {:?}",
        FromClient::Publish { topic: TOPIC, id: FrameId(1), payload: payload.clone() },
        FromRelay::Deliver { topic: TOPIC, sequence: 1, payload },
        FromRelay::Gap { topic: TOPIC },
    );
    assert_eq!(shown, "Topic(..) Publish(1, 6 bytes) Deliver(1, 6 bytes) Gap");
}
