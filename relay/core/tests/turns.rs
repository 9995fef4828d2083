//! Who waits for whom: those who publish for those who read, busy topics for others, all for the memory there is.

#[expect(dead_code, reason = "people do more in the stories")]
mod people;

use people::{People, Person};
use relay_core::{Command, Config, Input};
use wire::{CloseReason, FromRelay};

const ALICE: Person = Person(1);
const BOB: Person = Person(2);
const CAROL: Person = Person(3);
const PLENARY: u8 = 10;
const CAUCUS: u8 = 11;

fn pauses(person: Person) -> Command {
    Command::Pause { connection: person.connection() }
}

fn resumes(person: Person) -> Command {
    Command::Resume { connection: person.connection() }
}

/// Alice publishes faster than Bob reads, until she is asked to wait.
fn held_back(people: &mut People) {
    people.meet(ALICE, BOB, PLENARY);
    let mut number = 0;
    loop {
        number += 1;
        assert!(number < 10, "nobody is asked to wait");
        if people.publish(ALICE, PLENARY, number, "note").contains(&pauses(ALICE)) {
            return;
        }
    }
}

#[test]
fn somebody_who_publishes_faster_than_anybody_reads_waits_until_one_has_read() {
    let mut people = People::new(Config { queue_frames: 8, ..Config::default() });
    held_back(&mut people);
    assert_eq!(people.happens(Input::Taken { connection: BOB.connection() }), []);
    people.read(BOB);
    assert_eq!(people.happens(Input::Taken { connection: BOB.connection() }), [resumes(ALICE)]);
    assert!(people.read(BOB).is_empty());
}

#[test]
fn somebody_who_hears_itself_is_not_who_it_waits_for() {
    let mut people = People::new(Config { queue_frames: 8, ..Config::default() });
    people.open(CAROL);
    people.prove(CAROL, PLENARY);
    people.subscribe(CAROL, PLENARY);
    people.open(BOB);
    people.read(BOB);
    people.subscribe(BOB, PLENARY);
    let mut number = 0;
    while !people.publish(CAROL, PLENARY, number, "note").contains(&pauses(CAROL)) {
        number += 1;
        assert!(number < 10, "nobody is asked to wait");
    }
    people.read(CAROL);
    assert_eq!(people.happens(Input::Taken { connection: CAROL.connection() }), []);
    people.read(BOB);
    assert_eq!(people.happens(Input::Taken { connection: BOB.connection() }), [resumes(CAROL)]);
}

#[test]
fn nobody_waits_for_one_who_does_not_read_while_another_does() {
    let mut people = People::new(Config { queue_frames: 8, ..Config::default() });
    people.meet(ALICE, BOB, PLENARY);
    people.open(CAROL);
    people.subscribe(CAROL, PLENARY);
    for number in 1..100 {
        assert!(!people.publish(ALICE, PLENARY, number, "note").contains(&pauses(ALICE)), "{number}");
        people.read(CAROL);
    }
}

#[test]
fn one_who_reads_nothing_is_waited_for_once() {
    let mut people = People::new(Config { queue_frames: 8, ..Config::default() });
    held_back(&mut people);
    people.wait_ms(999);
    assert_eq!(people.tick(), []);
    people.wait_ms(1);
    assert_eq!(people.tick(), [resumes(ALICE)]);
    for number in 20..40 {
        assert!(!people.publish(ALICE, PLENARY, number, "note").contains(&pauses(ALICE)), "{number}");
    }
    // He got the reason why nobody waits.
    assert!(people.read(BOB).contains(&FromRelay::Close { reason: CloseReason::Slow }));
}

#[test]
fn a_publisher_alone_on_its_topic_waits_for_nobody() {
    let mut people = People::new(Config { queue_frames: 8, ..Config::default() });
    people.open(ALICE);
    people.prove(ALICE, PLENARY);
    people.subscribe(ALICE, PLENARY);
    for number in 1..=8 {
        assert!(!people.publish(ALICE, PLENARY, number, "note").contains(&pauses(ALICE)), "{number}");
    }
}

#[test]
fn a_topic_that_has_had_its_share_waits_for_the_next_round_and_others_do_not() {
    let mut people = People::new(Config { round_bytes: 10_000, ..Config::default() });
    people.meet(ALICE, BOB, PLENARY);
    people.open(CAROL);
    people.prove(CAROL, CAUCUS);
    let big = "x".repeat(2_000);
    assert!(!people.publish(ALICE, PLENARY, 1, &big).contains(&Command::EndRound));
    let commands = people.publish(ALICE, PLENARY, 2, &big);
    assert_eq!(commands, [pauses(ALICE), Command::EndRound]);
    assert_eq!(people.publish(CAROL, CAUCUS, 1, &big), []);
    assert_eq!(people.happens(Input::RoundEnded), [resumes(ALICE)]);
    assert!(people.publish(ALICE, PLENARY, 3, &big).is_empty());
}

#[test]
fn several_publishers_of_a_topic_share_its_share() {
    let mut people = People::new(Config { round_bytes: 10_000, ..Config::default() });
    let big = "x".repeat(2_000);
    for person in [ALICE, BOB, CAROL] {
        people.open(person);
        people.prove(person, PLENARY);
        people.publish(person, PLENARY, 1, &big);
    }
    assert_eq!(people.publish(CAROL, PLENARY, 2, &big), [pauses(CAROL), Command::EndRound]);
    assert_eq!(people.publish(BOB, PLENARY, 2, &big), [pauses(BOB)]);
    assert_eq!(people.happens(Input::RoundEnded), [resumes(CAROL), resumes(BOB)]);
}

#[test]
fn the_longest_queue_goes_when_all_together_take_too_much_memory() {
    let mut people = People::new(Config { waiting_bytes: 20_000, queue_bytes: 40_000, ..Config::default() });
    people.meet(ALICE, BOB, PLENARY);
    people.meet(CAROL, Person(4), CAUCUS);
    people.publish(CAROL, CAUCUS, 1, &"x".repeat(2_000));
    for number in 1..=4 {
        people.publish(ALICE, PLENARY, number, &"x".repeat(5_000));
    }
    assert!(people.relay.frame_bytes() <= 20_000);
    assert_eq!(people.read(BOB), [FromRelay::Close { reason: CloseReason::Slow }]);
    assert_eq!(people.read(Person(4)).len(), 1);
}

#[test]
fn frames_that_several_wait_for_take_memory_once() {
    let mut people = People::new(Config::default());
    people.meet(ALICE, BOB, PLENARY);
    people.open(CAROL);
    people.read(CAROL);
    people.subscribe(CAROL, PLENARY);
    people.publish(ALICE, PLENARY, 1, "note");
    assert_eq!(people.relay.frame_bytes(), 45 + 4);
    people.read(BOB);
    assert_eq!(people.relay.frame_bytes(), 45 + 4);
    people.read(CAROL);
    assert_eq!(people.relay.frame_bytes(), 0);
}

#[test]
fn noise_of_a_stranger_counts_against_its_allowance() {
    let mut people = People::new(Config::default());
    people.open(CAROL);
    let connection = CAROL.connection();
    assert_eq!(people.happens(Input::Noise { connection, bytes: 100_000 }), []);
    let closed = Command::Close { connection, reason: CloseReason::TooFast };
    assert_eq!(people.happens(Input::Noise { connection, bytes: 100_000 }), [closed]);
}
