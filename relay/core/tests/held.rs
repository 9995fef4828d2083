//! Frames held for those who come later, and several relays that act as one.

#[expect(dead_code, reason = "people do more in the stories")]
mod people;

use bytes::Bytes;
use people::{People, Person, topic_of};
use relay_core::{Backlog, Command, Config, Input};
use wire::FromRelay;

const ALICE: Person = Person(1);
const BOB: Person = Person(2);
const PLENARY: u8 = 10;
const CAUCUS: u8 = 11;

/// A relay that holds for a second, at which Alice has proved two topics.
fn holding(config: Config) -> People {
    let mut people = People::new(Config { hold_ms: 1_000, ..config });
    people.open(ALICE);
    people.prove(ALICE, PLENARY);
    people.prove(ALICE, CAUCUS);
    people.open(BOB);
    people.read(BOB);
    people
}

fn texts(frames: Vec<FromRelay>) -> Vec<String> {
    let text = |frame| {
        let FromRelay::Deliver { payload, .. } = frame else { return format!("{frame:?}") };
        String::from_utf8(payload.to_vec()).expect("a text")
    };
    frames.into_iter().map(text).collect()
}

#[test]
fn a_relay_holds_nothing_unless_told() {
    let mut people = People::with([ALICE, BOB]);
    people.prove(ALICE, PLENARY);
    people.publish(ALICE, PLENARY, 1, "before");
    people.subscribe(BOB, PLENARY);
    assert_eq!((people.read(BOB), people.relay.frame_bytes()), (Vec::new(), 0));
}

#[test]
fn who_subscribes_later_gets_what_is_held_in_order_and_then_what_comes() {
    let mut people = holding(Config::default());
    people.publish(ALICE, PLENARY, 1, "one");
    people.publish(ALICE, CAUCUS, 2, "elsewhere");
    people.publish(ALICE, PLENARY, 3, "two");
    let frame = wire::FromClient::Subscribe { topic: topic_of(PLENARY) };
    assert_eq!(people.send(BOB, frame), [Command::Wake { connection: BOB.connection() }]);
    people.publish(ALICE, PLENARY, 4, "three");
    let all =
        [people.delivery(PLENARY, 1, "one"), people.delivery(PLENARY, 2, "two"), people.delivery(PLENARY, 3, "three")];
    assert_eq!(people.read(BOB), all);
}

#[test]
fn what_has_been_held_for_its_time_is_gone_and_the_topic_forgotten() {
    let mut people = holding(Config::default());
    people.publish(ALICE, PLENARY, 1, "one");
    people.leave(ALICE);
    people.leave(BOB);
    people.wait_ms(999);
    people.tick();
    assert_eq!((people.relay.held().frames, people.relay.topics()), (1, 1));
    people.wait_ms(1);
    people.tick();
    assert_eq!((people.relay.held(), people.relay.topics()), (Backlog::default(), 0));
    assert_eq!(people.relay.frame_bytes(), 0);
}

#[test]
fn of_one_topic_only_the_newest_are_held() {
    let mut people = holding(Config { hold_per_topic: Backlog { frames: 2, bytes: 200 }, ..Config::default() });
    for text in ["one", "two", "three"] {
        people.publish(ALICE, PLENARY, 1, text);
    }
    people.publish(ALICE, CAUCUS, 1, "four");
    people.send(BOB, wire::FromClient::Subscribe { topic: topic_of(PLENARY) });
    assert_eq!(texts(people.read(BOB)), ["two", "three"]);
    people.publish(ALICE, CAUCUS, 1, &"x".repeat(150));
    people.send(BOB, wire::FromClient::Subscribe { topic: topic_of(CAUCUS) });
    assert_eq!(texts(people.read(BOB)), ["x".repeat(150)]);
}

#[test]
fn of_all_topics_only_the_newest_are_held() {
    let mut people = holding(Config { hold_bytes: 600, ..Config::default() });
    people.publish(ALICE, PLENARY, 1, "one");
    people.publish(ALICE, CAUCUS, 2, "two");
    people.publish(ALICE, CAUCUS, 3, "three");
    people.send(BOB, wire::FromClient::Subscribe { topic: topic_of(PLENARY) });
    people.send(BOB, wire::FromClient::Subscribe { topic: topic_of(CAUCUS) });
    assert_eq!(texts(people.read(BOB)), ["two", "three"]);
}

#[test]
fn holding_many_frames_of_a_topic_takes_no_more_memory_than_holding_a_few() {
    let mut people = holding(Config { hold_per_topic: Backlog { frames: 3, bytes: 1_000 }, ..Config::default() });
    for number in 0..10_000 {
        people.publish(ALICE, PLENARY, number, "note");
    }
    assert_eq!((people.relay.held().frames, people.relay.frame_bytes()), (3, 3 * (45 + 4)));
}

/// A relay of several, at which Alice has proved the plenary and Bob is to hear it.
fn one_of_several() -> People {
    let mut people = People::new(Config { clustered: true, ..Config::default() });
    people.open(ALICE);
    people.open(BOB);
    people.read(BOB);
    people.prove(ALICE, PLENARY);
    people
}

fn subscribes(people: &mut People, person: Person) -> Vec<Command> {
    people.send(person, wire::FromClient::Subscribe { topic: topic_of(PLENARY) })
}

#[test]
fn a_topic_is_listened_to_from_its_first_subscriber_to_its_last() {
    let mut people = one_of_several();
    let topic = topic_of(PLENARY);
    let recall = |person: Person| Command::Recall { connection: person.connection(), topic };
    assert_eq!(subscribes(&mut people, BOB), [Command::Listen { topic }, recall(BOB)]);
    assert_eq!(subscribes(&mut people, ALICE), [recall(ALICE)]);
    assert_eq!(people.leave(BOB), []);
    assert_eq!(people.send(ALICE, wire::FromClient::Unsubscribe { topic }), [Command::Unlisten { topic }]);
}

#[test]
fn what_is_published_goes_to_all_relays_and_is_delivered_when_it_comes_back() {
    let mut people = one_of_several();
    let topic = topic_of(PLENARY);
    subscribes(&mut people, BOB);
    people.happens(Input::Linked);
    people.read(BOB);
    let payload = Bytes::from_static(b"note");
    let forwarded = [Command::Forward { topic, payload: payload.clone() }];
    assert_eq!(people.publish(ALICE, PLENARY, 1, "note"), forwarded);
    assert_eq!(people.read(BOB), []);
    people.happens(Input::Arrived { topic, payload });
    assert_eq!(people.read(BOB), [people.delivery(PLENARY, 1, "note")]);
}

#[test]
fn without_its_link_a_relay_works_alone_and_says_that_frames_may_be_missing() {
    let mut people = one_of_several();
    subscribes(&mut people, BOB);
    let gap = FromRelay::Gap { topic: topic_of(PLENARY) };
    people.happens(Input::Linked);
    people.happens(Input::Unlinked);
    assert_eq!(people.read(BOB), std::slice::from_ref(&gap));
    people.publish(ALICE, PLENARY, 1, "alone");
    assert_eq!(people.read(BOB), [people.delivery(PLENARY, 1, "alone")]);
    people.happens(Input::Linked);
    assert_eq!(people.read(BOB), std::slice::from_ref(&gap));
    people.happens(Input::Missed { topic: topic_of(PLENARY) });
    assert_eq!(people.read(BOB), [gap]);
}

#[test]
fn recalled_frames_go_to_the_one_who_subscribed() {
    let mut people = one_of_several();
    let topic = topic_of(PLENARY);
    subscribes(&mut people, ALICE);
    subscribes(&mut people, BOB);
    let payloads = vec![Bytes::from_static(b"one"), Bytes::from_static(b"two")];
    people.happens(Input::Recalled { connection: BOB.connection(), topic, payloads: payloads.clone() });
    assert_eq!(people.read(BOB), [people.delivery(PLENARY, 0, "one"), people.delivery(PLENARY, 0, "two")]);
    people.send(BOB, wire::FromClient::Unsubscribe { topic });
    people.happens(Input::Recalled { connection: BOB.connection(), topic, payloads });
    assert_eq!(people.read(BOB), []);
}

#[test]
fn a_frame_for_a_topic_that_nobody_here_has_leaves_nothing_behind() {
    let mut people = one_of_several();
    people.happens(Input::Arrived { topic: topic_of(CAUCUS), payload: Bytes::from_static(b"note") });
    assert_eq!((people.relay.topics(), people.relay.frame_bytes()), (1, 0));
}
