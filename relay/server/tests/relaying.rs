//! Frames over real WebSockets.

#[expect(dead_code, reason = "plain HTTP is for the other files")]
mod running;

use std::time::Duration;

use bytes::Bytes;
use relay::Config;
use running::{Client, Introduction, Running, soon, topic_of};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::{Error, Message};
use wire::{CloseReason, FrameId, FromClient, FromRelay, Limits, Refusal};

const PLENARY: u8 = 1;

fn delivery(sequence: u64, payload: impl Into<Bytes>) -> FromRelay {
    FromRelay::Deliver { topic: topic_of(PLENARY), sequence, payload: payload.into() }
}

fn close(reason: CloseReason) -> (Vec<FromRelay>, Option<u16>) {
    (vec![FromRelay::Close { reason }], Some(reason.code()))
}

#[tokio::test]
async fn hello_comes_first_with_the_limits_and_a_fresh_challenge() {
    let relay = Running::start(Config::default()).await;
    // `connect` fails unless Hello is the first frame.
    let client = Client::connect(relay.address).await;
    assert_eq!(client.limits, Limits { payload_bytes: 72 * 1024, topics: 256 });
}

#[tokio::test]
async fn two_clients_exchange_frames_and_get_their_own_back() {
    let relay = Running::start(Config::default()).await;
    let mut alice = Client::connect(relay.address).await;
    let mut bob = Client::connect(relay.address).await;
    for client in [&mut alice, &mut bob] {
        client.prove(PLENARY).await;
        client.subscribe(PLENARY).await;
    }

    alice.publish(PLENARY, 1, "Salam").await;
    for client in [&mut alice, &mut bob] {
        assert_eq!(client.next().await, delivery(1, "Salam"));
    }
    bob.publish(PLENARY, 1, "Hello").await;
    for client in [&mut alice, &mut bob] {
        assert_eq!(client.next().await, delivery(2, "Hello"));
    }
}

#[tokio::test]
async fn the_largest_payload_arrives_whole() {
    let relay = Running::start(Config::default()).await;
    let mut alice = Client::connect(relay.address).await;
    alice.prove(PLENARY).await;
    alice.subscribe(PLENARY).await;
    let largest: Bytes = (0..alice.limits.payload_bytes).map(|number| number as u8).collect();
    alice.publish(PLENARY, 1, largest.clone()).await;
    assert_eq!(alice.next().await, delivery(1, largest));
}

#[tokio::test]
async fn a_payload_over_the_limit_is_refused_and_the_connection_lives() {
    let relay = Running::start(Config::default()).await;
    let mut alice = Client::connect(relay.address).await;
    alice.prove(PLENARY).await;
    alice.publish(PLENARY, 7, vec![0; alice.limits.payload_bytes as usize + 1]).await;
    let refused = FromRelay::Refused { topic: topic_of(PLENARY), id: FrameId(7), reason: Refusal::TooLarge };
    assert_eq!(alice.next().await, refused);
    alice.catch_up().await;
}

#[tokio::test]
async fn a_message_far_over_the_limit_closes_the_connection_with_1009() {
    let relay = Running::start(Config::default()).await;
    let mut alice = Client::connect(relay.address).await;
    alice.prove(PLENARY).await;
    alice.publish(PLENARY, 7, vec![0; 200 * 1024]).await;
    assert_eq!(alice.read_to_end().await, close(CloseReason::TooLarge));
}

#[tokio::test]
async fn publishing_without_a_proof_is_refused() {
    let relay = Running::start(Config::default()).await;
    let mut carol = Client::connect(relay.address).await;
    carol.subscribe(PLENARY).await;
    carol.publish(PLENARY, 7, "me too").await;
    let refused = FromRelay::Refused { topic: topic_of(PLENARY), id: FrameId(7), reason: Refusal::NotProven };
    assert_eq!(carol.next().await, refused);
    carol.catch_up().await;
}

#[tokio::test]
async fn a_proof_made_out_to_another_host_is_refused() {
    let relay = Running::start(Config::default()).await;
    let mut alice = Client::connect(relay.address).await;
    alice.prove_for("relay.example", PLENARY).await;
    assert_eq!(alice.read_to_end().await, close(CloseReason::BadProof));
}

#[tokio::test]
async fn a_proof_names_the_host_that_the_client_addressed() {
    let relay = Running::start(Config { hosts: vec!["relay.example".to_owned()], ..Config::default() }).await;
    let introduction = Introduction { host: Some("relay.example"), ..Introduction::default() };
    let mut alice = Client::introduce(relay.address, introduction).await.expect("it goes by this name");
    alice.prove(PLENARY).await;
}

#[tokio::test]
async fn a_page_served_elsewhere_proves_under_its_own_address_when_it_is_allowed() {
    let config = Config { allow_origins: vec!["https://copy.example".to_owned()], ..Config::default() };
    let relay = Running::start(config).await;
    let introduction = Introduction { origin: Some("https://copy.example"), ..Introduction::default() };
    let mut alice = Client::introduce(relay.address, introduction).await.expect("its origin is allowed");
    alice.prove_for("copy.example", PLENARY).await;
    alice.catch_up().await;
}

#[tokio::test]
async fn another_origin_is_turned_away_with_403_before_the_upgrade() {
    let relay = Running::start(Config::default()).await;
    let own = format!("http://{}", relay.address);
    let introduce = |origin| Introduction { origin: Some(origin), ..Introduction::default() };
    assert!(Client::introduce(relay.address, introduce(&own)).await.is_ok());
    match Client::introduce(relay.address, introduce("https://evil.example")).await.err() {
        Some(Error::Http(answer)) => assert_eq!(answer.status(), 403),
        other => panic!("not turned away but {other:?}"),
    }
}

#[tokio::test]
async fn a_name_the_relay_does_not_go_by_is_turned_away() {
    let relay = Running::start(Config::default()).await;
    let introduction = Introduction { host: Some("evil.example"), ..Introduction::default() };
    match Client::introduce(relay.address, introduction).await.err() {
        Some(Error::Http(answer)) => assert_eq!(answer.status(), 421),
        other => panic!("not turned away but {other:?}"),
    }
}

#[tokio::test]
async fn bytes_that_are_no_frame_close_the_connection_with_4000() {
    let relay = Running::start(Config::default()).await;
    for nonsense in [
        Message::Binary(Bytes::new()),
        Message::Binary(Bytes::from_static(&[0xff; 40])),
        Message::Binary(Bytes::from_static(&[0x01; 32])),
        Message::Binary(Bytes::from_static(&[0x05, 0x00])),
        Message::text("hello"),
    ] {
        let mut mallory = Client::connect(relay.address).await;
        mallory.send_message(nonsense).await.expect("the relay is there");
        assert_eq!(mallory.read_to_end().await, close(CloseReason::Malformed));
    }
}

#[tokio::test]
async fn a_client_that_breaks_the_websocket_protocol_gets_that_protocols_codes() {
    let relay = Running::start(Config::default()).await;
    let unmasked = &[0x82, 0x01, 0x05][..];
    let reserved_opcode = &[0x83, 0x80, 0, 0, 0, 0][..];
    let text_that_is_no_utf8 = &[0x81, 0x81, 0, 0, 0, 0, 0xff][..];
    for (bytes, code) in [(unmasked, 1002), (reserved_opcode, 1002), (text_that_is_no_utf8, 1007)] {
        let mut mallory = Client::connect(relay.address).await;
        mallory.tcp().write_all(bytes).await.expect("the relay is there");
        let told = vec![FromRelay::Close { reason: CloseReason::Malformed }];
        assert_eq!(mallory.read_to_end().await, (told, Some(code)), "{bytes:x?}");
    }
}

#[tokio::test]
async fn a_stranger_who_floods_is_closed_with_4029() {
    let relay = Running::start(Config::default()).await;
    let mut mallory = Client::connect(relay.address).await;
    for _ in 0..100 {
        if mallory.send_message(Message::Binary(FromClient::Ping.encode())).await.is_err() {
            break;
        }
    }
    let (frames, code) = mallory.read_to_end().await;
    assert_eq!(code, Some(4029));
    assert_eq!(frames.last(), Some(&FromRelay::Close { reason: CloseReason::TooFast }));
}

#[tokio::test]
async fn somebody_who_proved_may_send_as_fast_as_the_line_takes() {
    let relay = Running::start(Config::default()).await;
    let mut alice = Client::connect(relay.address).await;
    let mut bob = Client::connect(relay.address).await;
    bob.subscribe(PLENARY).await;
    alice.prove(PLENARY).await;
    for number in 1..=200 {
        alice.publish(PLENARY, number, vec![7; 4096]).await;
    }
    for sequence in 1..=200 {
        assert_eq!(bob.next().await, delivery(sequence, vec![7; 4096]));
    }
}

#[tokio::test]
async fn a_client_that_wants_nothing_is_closed_with_4001() {
    let core = relay_core::Config { unsubscribed_ms: 50, ..relay_core::Config::default() };
    let relay = Running::start(Config { relay: core, ..Config::default() }).await;
    let mut carol = Client::connect(relay.address).await;
    assert_eq!(carol.read_to_end().await, close(CloseReason::Idle));
}

#[tokio::test]
async fn a_connection_too_many_gets_503() {
    let core = relay_core::Config { connections: 1, ..relay_core::Config::default() };
    let relay = Running::start(Config { relay: core, ..Config::default() }).await;
    let mut alice = Client::connect(relay.address).await;
    match Client::introduce(relay.address, Introduction::default()).await.err() {
        Some(Error::Http(answer)) => assert_eq!(answer.status(), 503),
        other => panic!("not turned away but {other:?}"),
    }
    alice.catch_up().await;
}

#[tokio::test]
async fn a_client_that_leaves_makes_room_for_another() {
    let core = relay_core::Config { connections: 1, ..relay_core::Config::default() };
    let relay = Running::start(Config { relay: core, ..Config::default() }).await;
    for _ in 0..20 {
        let mut client = Client::connect(relay.address).await;
        client.send_message(Message::Close(None)).await.expect("the relay is there");
        // The answer comes when the relay has taken note.
        client.read_to_end().await;
    }
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_closed_with_4002() {
    let config = Config { ping_every_ms: 20..=30, farewell: Duration::from_millis(50), ..Config::default() };
    let relay = Running::start(config).await;
    let mut alice = Client::connect(relay.address).await;
    let mut carol = Client::connect(relay.address).await;
    alice.subscribe(PLENARY).await;
    carol.subscribe(PLENARY).await;

    // Reading messages answers pings; reading bare bytes does not.
    let mut bytes = Vec::new();
    tokio::select! {
        message = alice.next_message() => panic!("Alice is there: {message:?}"),
        read = soon("the end of Carol", carol.tcp().read_to_end(&mut bytes)) => drop(read),
    }

    let ping = [0x89, 0x00];
    let close_frame = [0x82, 0x03, 0x87, 0x0f, 0xa2];
    let goodbye = [0x88, 0x02, 0x0f, 0xa2];
    assert_eq!(bytes.strip_prefix(&[ping; 2].concat()[..]).map(|rest| rest.ends_with(&goodbye)), Some(true));
    assert!(bytes.windows(close_frame.len()).any(|window| window == close_frame));
    alice.catch_up().await;
}

#[tokio::test]
async fn a_reader_that_stalls_gets_a_gap_then_4008_and_holds_up_nobody() {
    // Setup: Bob stops reading; Carol reads on.
    let config = Config { farewell: Duration::from_secs(60), ..Config::default() };
    let relay = Running::start(config).await;
    let mut alice = Client::connect(relay.address).await;
    let small = Introduction { receive_buffer: Some(16 * 1024), ..Introduction::default() };
    let mut bob = Client::introduce(relay.address, small).await.expect("the relay takes him");
    let mut carol = Client::connect(relay.address).await;
    alice.prove(PLENARY).await;
    bob.subscribe(PLENARY).await;
    carol.subscribe(PLENARY).await;

    // Pressure: far more than his queue and the sockets between hold.
    let frames = 600;
    for sequence in 1..=frames {
        alice.publish(PLENARY, sequence, vec![sequence as u8; 64 * 1024]).await;
        assert_eq!(carol.next().await, delivery(sequence, vec![sequence as u8; 64 * 1024]));
    }

    // Expected: he sees a beginning in order, then the end with its reason, and nothing in between is silent.
    let (seen, code) = bob.read_to_end().await;
    assert_eq!(code, Some(4008));
    let last_words = [FromRelay::Gap { topic: topic_of(PLENARY) }, FromRelay::Close { reason: CloseReason::Slow }];
    assert_eq!(seen[seen.len() - 2..], last_words);
    let deliveries = seen.len() as u64 - 2;
    assert!(deliveries < frames / 2, "{deliveries} frames for somebody who does not read");
    for (sequence, frame) in (1..).zip(&seen[..seen.len() - 2]) {
        assert_eq!(*frame, delivery(sequence, vec![sequence as u8; 64 * 1024]));
    }
}

#[tokio::test]
async fn a_relay_that_stops_sends_everybody_away_and_ends() {
    let relay = Running::start(Config::default()).await;
    let mut alice = Client::connect(relay.address).await;
    alice.prove(PLENARY).await;
    alice.subscribe(PLENARY).await;
    alice.publish(PLENARY, 1, "last words").await;
    assert_eq!(alice.next().await, delivery(1, "last words"));

    let address = relay.address;
    let done = relay.begin_to_stop();
    let (frames, code) = alice.read_to_end().await;
    assert_eq!(code, Some(1012));
    let [FromRelay::Drain { retry_after_ms }, FromRelay::Close { reason: CloseReason::Restart }] = frames[..] else {
        panic!("{frames:?}")
    };
    assert!((1_000..=10_000).contains(&retry_after_ms));
    soon("the end of the relay", done).await.expect("it does not panic").expect("it ends well");
    assert!(Client::introduce(address, Introduction::default()).await.is_err());
}

#[tokio::test]
async fn a_relay_that_starts_again_serves_those_who_come_back() {
    let relay = Running::start(Config::default()).await;
    let address = relay.address;
    let mut alice = Client::connect(address).await;
    alice.prove(PLENARY).await;
    alice.subscribe(PLENARY).await;
    alice.publish(PLENARY, 1, "before").await;
    assert_eq!(alice.next().await, delivery(1, "before"));
    let stopped = relay.begin_to_stop();
    alice.read_to_end().await;
    soon("the end of the relay", stopped).await.expect("it does not panic").expect("it ends well");

    let _again = Running::start_at(address, Config::default()).await;
    let mut alice = Client::connect(address).await;
    let mut bob = Client::connect(address).await;
    bob.subscribe(PLENARY).await;
    alice.prove(PLENARY).await;
    alice.publish(PLENARY, 2, "after").await;
    assert_eq!(bob.next().await, delivery(1, "after"));
}
