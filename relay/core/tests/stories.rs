//! Alice, Bob and Carol at one relay.

mod people;

use bytes::Bytes;
use people::{HOST, People, Person, challenge_of, topic_of, write_key};
use relay_core::{Backlog, Command, Config};
use wire::{CloseReason, FrameId, FromClient, FromRelay, Limits, Refusal, Topic};

const ALICE: Person = Person(1);
const BOB: Person = Person(2);
const CAROL: Person = Person(3);

/// Key seeds of two topics.
const PLENARY: u8 = 10;
const CAUCUS: u8 = 11;

fn small(config: Config) -> Config {
    Config { limits: Limits { payload_bytes: 100, topics: 3 }, ..config }
}

#[test]
fn hello_is_the_first_frame_and_names_limits_and_challenge() {
    let mut people = People::new(small(Config::default()));
    people.open(ALICE);

    let hello = FromRelay::Hello { limits: Limits { payload_bytes: 100, topics: 3 }, challenge: challenge_of(ALICE) };
    assert_eq!(people.read(ALICE), [hello]);
}

#[test]
fn a_note_of_alice_reaches_bob_and_comes_back_to_her() {
    let mut people = People::with([ALICE, BOB, CAROL]);
    people.subscribe(ALICE, PLENARY);
    people.subscribe(BOB, PLENARY);
    people.subscribe(CAROL, CAUCUS);
    people.prove(ALICE, PLENARY);

    people.publish(ALICE, PLENARY, 1, "Salam");
    people.publish(ALICE, PLENARY, 2, "Hello");

    let both = [people.delivery(PLENARY, 1, "Salam"), people.delivery(PLENARY, 2, "Hello")];
    assert_eq!(people.read(ALICE), both);
    assert_eq!(people.read(BOB), both);
    assert_eq!(people.read(CAROL), []);
}

#[test]
fn all_subscribers_share_the_bytes_of_one_encoding() {
    let mut people = People::with([ALICE, BOB]);
    people.subscribe(ALICE, PLENARY);
    people.subscribe(BOB, PLENARY);
    people.prove(ALICE, PLENARY);

    people.publish(ALICE, PLENARY, 1, "Salam");

    let (hers, his) = (people.take(ALICE), people.take(BOB));
    assert_eq!(hers[0].as_ptr(), his[0].as_ptr());
}

#[test]
fn somebody_who_publishes_without_subscribing_hears_nothing() {
    let mut people = People::with([ALICE, BOB]);
    people.subscribe(BOB, PLENARY);
    people.prove(ALICE, PLENARY);

    people.publish(ALICE, PLENARY, 1, "Salam");

    assert_eq!(people.read(ALICE), []);
    assert_eq!(people.read(BOB), [people.delivery(PLENARY, 1, "Salam")]);
}

#[test]
fn a_topic_alone_lets_carol_listen_but_not_publish() {
    let mut people = People::with([ALICE, CAROL]);
    people.subscribe(ALICE, PLENARY);
    people.subscribe(CAROL, PLENARY);

    people.publish(CAROL, PLENARY, 7, "me too");

    let refused = FromRelay::Refused { topic: topic_of(PLENARY), id: FrameId(7), reason: Refusal::NotProven };
    assert_eq!(people.read(CAROL), [refused]);
    assert_eq!(people.read(ALICE), []);
}

#[test]
fn a_proof_for_one_topic_opens_no_other() {
    let mut people = People::with([ALICE]);
    people.prove(ALICE, PLENARY);
    people.publish(ALICE, CAUCUS, 7, "oops");
    let refused = FromRelay::Refused { topic: topic_of(CAUCUS), id: FrameId(7), reason: Refusal::NotProven };
    assert_eq!(people.read(ALICE), [refused]);
}

#[test]
fn a_proof_of_alice_is_worth_nothing_on_the_connection_of_carol() {
    let mut people = People::with([ALICE, CAROL]);
    let hers = people::proof(HOST, &challenge_of(ALICE), PLENARY);
    assert_eq!(people.send(CAROL, hers), [closes(CAROL, CloseReason::BadProof)]);
}

#[test]
fn a_proof_made_for_another_relay_is_worth_nothing_here() {
    let mut people = People::with([ALICE]);
    let elsewhere = people::proof("relay.example", &challenge_of(ALICE), PLENARY);
    assert_eq!(people.send(ALICE, elsewhere), [closes(ALICE, CloseReason::BadProof)]);
}

#[test]
fn a_key_that_is_not_the_topics_proves_nothing() {
    let mut people = People::with([ALICE]);
    let FromClient::Prove { write_key, signature, .. } = people::proof(HOST, &challenge_of(ALICE), CAUCUS) else {
        unreachable!("proof makes a Prove")
    };
    let mixed = FromClient::Prove { topic: topic_of(PLENARY), write_key, signature };
    assert_eq!(people.send(ALICE, mixed), [closes(ALICE, CloseReason::BadProof)]);
}

#[test]
fn a_weak_key_proves_nothing() {
    // The all-zero signature by the neutral point satisfies a lax verifier for every message.
    let mut people = People::with([ALICE]);
    let mut write_key = [0; 32];
    write_key[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    let forged = FromClient::Prove { topic: Topic::of(&write_key), write_key, signature };
    assert_eq!(people.send(ALICE, forged), [closes(ALICE, CloseReason::BadProof)]);
}

#[test]
fn a_payload_over_the_limit_is_refused_and_the_connection_lives() {
    let mut people = People::new(small(Config::default()));
    people.open(ALICE);
    people.read(ALICE);
    people.subscribe(ALICE, PLENARY);
    people.prove(ALICE, PLENARY);

    people.publish(ALICE, PLENARY, 1, &"x".repeat(101));
    people.publish(ALICE, PLENARY, 2, &"x".repeat(100));

    let refused = FromRelay::Refused { topic: topic_of(PLENARY), id: FrameId(1), reason: Refusal::TooLarge };
    assert_eq!(people.read(ALICE), [refused, people.delivery(PLENARY, 1, &"x".repeat(100))]);
}

#[test]
fn bytes_that_are_no_frame_close_the_connection() {
    let mut people = People::with([ALICE]);
    let commands = people.send_bytes(ALICE, Bytes::from_static(&[0xff, 1, 2]));
    assert_eq!(commands, [closes(ALICE, CloseReason::Malformed)]);
    assert_eq!(people.read(ALICE), [FromRelay::Close { reason: CloseReason::Malformed }]);
}

#[test]
fn a_connection_told_to_go_is_not_listened_to() {
    let mut people = People::with([ALICE, BOB]);
    people.subscribe(BOB, PLENARY);
    people.prove(ALICE, PLENARY);
    people.send_bytes(ALICE, Bytes::new());

    people.publish(ALICE, PLENARY, 1, "still here");

    assert_eq!(people.read(BOB), []);
}

#[test]
fn after_unsubscribing_bob_gets_nothing_not_even_what_was_queued() {
    let mut people = People::with([ALICE, BOB]);
    people.subscribe(BOB, PLENARY);
    people.prove(ALICE, PLENARY);
    people.publish(ALICE, PLENARY, 1, "queued");

    people.send(BOB, FromClient::Unsubscribe { topic: topic_of(PLENARY) });
    people.publish(ALICE, PLENARY, 2, "later");

    assert_eq!(people.read(BOB), []);
}

#[test]
fn unsubscribing_takes_back_the_proof() {
    let mut people = People::with([ALICE]);
    people.prove(ALICE, PLENARY);
    people.send(ALICE, FromClient::Unsubscribe { topic: topic_of(PLENARY) });
    people.publish(ALICE, PLENARY, 7, "once more");
    let refused = FromRelay::Refused { topic: topic_of(PLENARY), id: FrameId(7), reason: Refusal::NotProven };
    assert_eq!(people.read(ALICE), [refused]);
}

#[test]
fn subscribing_twice_delivers_once() {
    let mut people = People::with([ALICE]);
    people.subscribe(ALICE, PLENARY);
    people.subscribe(ALICE, PLENARY);
    people.prove(ALICE, PLENARY);
    people.publish(ALICE, PLENARY, 1, "once");
    assert_eq!(people.read(ALICE), [people.delivery(PLENARY, 1, "once")]);
}

#[test]
fn pong_answers_ping_after_what_came_before() {
    let mut people = People::with([ALICE]);
    people.subscribe(ALICE, PLENARY);
    people.prove(ALICE, PLENARY);
    people.publish(ALICE, PLENARY, 1, "note");
    people.send(ALICE, FromClient::Ping);
    assert_eq!(people.read(ALICE), [people.delivery(PLENARY, 1, "note"), FromRelay::Pong]);
}

#[test]
fn a_wake_is_given_when_the_first_frame_waits_and_not_again() {
    let mut people = People::with([ALICE]);
    let wake = Command::Wake { connection: ALICE.connection() };
    assert_eq!(people.send(ALICE, FromClient::Ping), std::slice::from_ref(&wake));
    assert_eq!(people.send(ALICE, FromClient::Ping), []);
    people.read(ALICE);
    assert_eq!(people.send(ALICE, FromClient::Ping), [wake]);
}

#[test]
fn a_slow_reader_gets_a_gap_and_then_the_frames_that_follow() {
    let mut people = People::new(Config { queue_frames: 4, ..Config::default() });
    people.meet(ALICE, BOB, PLENARY);
    for number in 1..=6 {
        people.publish(ALICE, PLENARY, number, "note");
    }
    let gap = FromRelay::Gap { topic: topic_of(PLENARY) };
    assert_eq!(people.read(BOB), [gap, people.delivery(PLENARY, 6, "note")]);
}

#[test]
fn a_reader_that_stalls_is_closed_and_its_memory_is_free() {
    let mut people = People::new(Config { queue_frames: 4, ..Config::default() });
    people.meet(ALICE, BOB, PLENARY);
    for number in 1..=8 {
        // Bob is woken once, and once Alice is asked to wait for him.
        let commands = usize::from(number == 1 || number == 3);
        assert_eq!(people.publish(ALICE, PLENARY, number, "note").len(), commands, "{number}");
    }
    people.wait_ms(9_999);
    let commands = people.publish(ALICE, PLENARY, 9, "note");

    assert_eq!(commands, [closes(BOB, CloseReason::Slow)]);
    assert_eq!(people.relay.backlog(BOB.connection()), Backlog { frames: 2, bytes: 33 + 3 });
    assert_eq!(people.publish(ALICE, PLENARY, 10, "note"), []);
    let gap = FromRelay::Gap { topic: topic_of(PLENARY) };
    assert_eq!(people.read(BOB), [gap, FromRelay::Close { reason: CloseReason::Slow }]);
}

#[test]
fn a_reader_that_stalls_holds_up_nobody() {
    let mut people = People::new(Config { queue_frames: 4, ..Config::default() });
    people.meet(ALICE, BOB, PLENARY);
    people.open(CAROL);
    people.read(CAROL);
    people.subscribe(CAROL, PLENARY);
    for number in 1..=20 {
        people.publish(ALICE, PLENARY, number, "note");
        assert_eq!(people.read(CAROL), [people.delivery(PLENARY, number, "note")]);
    }
}

#[test]
fn a_client_that_pings_without_reading_is_too_slow() {
    let mut people = People::new(Config { queue_frames: 4, ..Config::default() });
    people.open(ALICE);
    people.prove(ALICE, PLENARY);
    for _ in 0..3 {
        assert_eq!(people.send(ALICE, FromClient::Ping), []);
    }
    assert_eq!(people.send(ALICE, FromClient::Ping), [closes(ALICE, CloseReason::Slow)]);
}

#[test]
fn a_stranger_who_sends_too_many_frames_is_closed() {
    let mut people = People::with([CAROL]);
    // Ten a second, two seconds' worth at once.
    for _ in 0..20 {
        people.send(CAROL, FromClient::Ping);
        people.read(CAROL);
    }
    people.wait_ms(99);
    assert_eq!(people.send(CAROL, FromClient::Ping), [closes(CAROL, CloseReason::TooFast)]);
}

#[test]
fn a_stranger_who_sends_too_many_bytes_is_closed() {
    let mut people = People::with([CAROL]);
    people.publish(CAROL, PLENARY, 1, &"x".repeat(70_000));
    people.read(CAROL);
    let commands = people.publish(CAROL, PLENARY, 2, &"x".repeat(70_000));
    assert_eq!(commands, [closes(CAROL, CloseReason::TooFast)]);
}

#[test]
fn a_proof_lifts_the_rates_of_a_stranger() {
    let mut people = People::with([ALICE]);
    people.prove(ALICE, PLENARY);
    for number in 0..1_000 {
        let commands = people.publish(ALICE, PLENARY, number, "note");
        assert!(!commands.contains(&closes(ALICE, CloseReason::TooFast)));
    }
}

#[test]
fn a_connection_that_wants_nothing_is_closed_after_ten_seconds() {
    let mut people = People::with([ALICE, BOB, CAROL]);
    people.subscribe(ALICE, PLENARY);
    people.prove(BOB, PLENARY);
    people.wait_ms(9_999);
    assert_eq!(people.tick(), []);
    people.wait_ms(1);
    assert_eq!(people.tick(), [closes(CAROL, CloseReason::Idle)]);
    assert_eq!(people.tick(), []);
}

#[test]
fn idleness_counts_from_the_last_unsubscribe() {
    let mut people = People::with([ALICE]);
    people.subscribe(ALICE, PLENARY);
    people.wait_ms(60_000);
    people.send(ALICE, FromClient::Unsubscribe { topic: topic_of(PLENARY) });
    people.wait_ms(9_999);
    assert_eq!(people.tick(), []);
    people.wait_ms(1);
    assert_eq!(people.tick(), [closes(ALICE, CloseReason::Idle)]);
}

#[test]
fn one_topic_more_than_the_limit_closes_the_connection() {
    let mut people = People::new(small(Config::default()));
    people.open(ALICE);
    for topic in 0..3 {
        people.subscribe(ALICE, topic);
    }
    let fourth = FromClient::Subscribe { topic: topic_of(3) };
    assert_eq!(people.send(ALICE, fourth), [closes(ALICE, CloseReason::TooManyTopics)]);

    people.open(BOB);
    for topic in 0..3 {
        people.prove(BOB, topic);
    }
    let fourth = people::proof(HOST, &challenge_of(BOB), 3);
    assert_eq!(people.send(BOB, fourth), [closes(BOB, CloseReason::TooManyTopics)]);
}

#[test]
fn one_subscriber_more_than_the_limit_is_turned_away() {
    let mut people = People::new(Config { subscribers_per_topic: 2, ..Config::default() });
    for person in [ALICE, BOB, CAROL] {
        people.open(person);
    }
    people.subscribe(ALICE, PLENARY);
    people.subscribe(BOB, PLENARY);
    let third = FromClient::Subscribe { topic: topic_of(PLENARY) };
    assert_eq!(people.send(CAROL, third), [closes(CAROL, CloseReason::TopicFull)]);
}

#[test]
fn one_connection_more_than_the_limit_is_turned_away_and_leaves_no_trace() {
    let mut people = People::new(Config { connections: 2, ..Config::default() });
    people.open(ALICE);
    people.open(BOB);
    assert_eq!(people.open(CAROL), [closes(CAROL, CloseReason::Full)]);
    assert_eq!(people.relay.connections(), 2);

    people.leave(BOB);
    assert_eq!(people.open(CAROL), [Command::Wake { connection: CAROL.connection() }]);
}

#[test]
fn a_topic_without_subscribers_and_proofs_is_forgotten() {
    let mut people = People::with([ALICE, BOB]);
    people.subscribe(BOB, PLENARY);
    people.prove(ALICE, PLENARY);
    people.publish(ALICE, PLENARY, 1, "note");

    people.leave(BOB);
    assert_eq!(people.relay.topics(), 1);
    people.subscribe(ALICE, PLENARY);
    people.publish(ALICE, PLENARY, 2, "note");
    assert_eq!(people.read(ALICE), [people.delivery(PLENARY, 2, "note")]);

    people.send(ALICE, FromClient::Unsubscribe { topic: topic_of(PLENARY) });
    assert_eq!(people.relay.topics(), 0);
    people.subscribe(ALICE, PLENARY);
    people.prove(ALICE, PLENARY);
    people.publish(ALICE, PLENARY, 3, "note");
    assert_eq!(people.read(ALICE), [people.delivery(PLENARY, 1, "note")]);
}

#[test]
fn draining_gives_bob_what_is_queued_and_a_time_to_come_back() {
    let mut people = People::with([ALICE, BOB]);
    people.subscribe(BOB, PLENARY);
    people.prove(ALICE, PLENARY);
    people.publish(ALICE, PLENARY, 1, "note");

    assert_eq!(people.drain(BOB, 2_500), [closes(BOB, CloseReason::Restart)]);

    assert_eq!(
        people.read(BOB),
        [
            people.delivery(PLENARY, 1, "note"),
            FromRelay::Drain { retry_after_ms: 2_500 },
            FromRelay::Close { reason: CloseReason::Restart },
        ]
    );
}

#[test]
fn a_connection_given_up_is_told_why() {
    let mut people = People::with([ALICE]);
    assert_eq!(people.give_up(ALICE, CloseReason::TooLarge), [closes(ALICE, CloseReason::TooLarge)]);
    assert_eq!(people.give_up(ALICE, CloseReason::Silent), []);
    assert_eq!(people.read(ALICE), [FromRelay::Close { reason: CloseReason::TooLarge }]);
}

#[test]
fn bob_who_comes_back_is_a_new_connection_with_a_new_challenge() {
    let mut people = People::with([ALICE, BOB]);
    people.prove(BOB, PLENARY);
    people.leave(BOB);
    people.open(BOB);
    people.read(BOB);
    people.publish(BOB, PLENARY, 7, "did you miss me");
    let refused = FromRelay::Refused { topic: topic_of(PLENARY), id: FrameId(7), reason: Refusal::NotProven };
    assert_eq!(people.read(BOB), [refused]);
}

#[test]
fn debug_output_of_the_relay_counts_and_names_nothing() {
    let mut people = People::with([ALICE]);
    people.subscribe(ALICE, PLENARY);
    assert_eq!(format!("{:?}", people.relay), "Relay { connections: 1, topics: 1, .. }");
    assert_eq!(topic_of(PLENARY), Topic::of(&write_key(PLENARY)));
}

fn closes(person: Person, reason: CloseReason) -> Command {
    Command::Close { connection: person.connection(), reason }
}
