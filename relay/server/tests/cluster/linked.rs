//! The link to NATS: what crosses it, and what happens when it is lost.

use std::time::Duration;

use tokio::time::Instant;
use wire::FromClient;

use crate::running::nats::Nats;
use crate::running::process::Process;
use crate::running::{Client, topic_of};
use crate::{ALONE, LINKED, PLENARY, Relay, hears, meet, misses, note};

/// A connection that is torn down is noticed at once; the machine may be busy.
const AT_ONCE: Duration = Duration::from_secs(2);

#[tokio::test]
async fn what_two_relays_publish_reaches_everybody_once_and_in_the_order_of_each() {
    const EACH: usize = 100;
    let nats = Nats::start().await;
    let (first, second) = (Relay::linked(&nats.url(), None).await, Relay::linked(&nats.url(), None).await);
    let (mut alice, mut bob) = (first.seat().await, second.seat().await);
    let (mut carol, mut dora) = (first.seat().await, second.seat().await);
    meet(&mut [&mut alice, &mut bob, &mut carol, &mut dora]).await;

    for number in 0..EACH {
        alice.publish(PLENARY, number as u64, format!("Alice {number}")).await;
        bob.publish(PLENARY, number as u64, format!("Bob {number}")).await;
    }

    let mut heard = Vec::new();
    for client in [&mut alice, &mut bob, &mut carol, &mut dora] {
        let mut notes = Vec::new();
        let mut last = None;
        for _ in 0..2 * EACH {
            let (sequence, text) = note(client).await;
            assert!(last.is_none_or(|last| sequence == last + 1), "{sequence} after {last:?}");
            last = Some(sequence);
            notes.push(text);
        }
        for name in ["Alice", "Bob"] {
            let own: Vec<&String> = notes.iter().filter(|text| text.starts_with(name)).collect();
            let all: Vec<String> = (0..EACH).map(|number| format!("{name} {number}")).collect();
            assert_eq!(own, all.iter().collect::<Vec<_>>());
        }
        heard.push(notes);
    }
    // Between relays, frames of different people may pass each other.
    assert_eq!(heard[0], heard[2], "those at one relay hear one order");
    assert_eq!(heard[1], heard[3], "those at one relay hear one order");
}

#[tokio::test]
async fn the_binary_exchanges_frames_with_another_relay() {
    let nats = Nats::start().await;
    let mut process = Process::start_with(&["--nats", &nats.url()]);
    assert_eq!(process.line(), LINKED);
    let mut other = Relay::start(&nats.url(), None, relay::Config::default()).await;
    other.is_told(LINKED).await;
    let mut alice = Client::connect(process.address).await;
    alice.prove(PLENARY).await;
    alice.subscribe(PLENARY).await;
    let mut bob = other.seat().await;
    nats.has_subscriptions(2).await;
    alice.publish(PLENARY, 1, "Salam").await;
    hears(&mut bob, "Salam").await;
    hears(&mut alice, "Salam").await;
    bob.publish(PLENARY, 1, "Hello").await;
    for client in [&mut alice, &mut bob] {
        assert_eq!(note(client).await.1, "Hello");
    }
}

#[tokio::test]
async fn nothing_is_left_at_nats_of_those_who_go() {
    let nats = Nats::start().await;
    let relay = Relay::linked(&nats.url(), None).await;
    let (mut alice, mut bob) = (relay.seat().await, relay.seat().await);
    meet(&mut [&mut alice, &mut bob]).await;
    nats.has_subscriptions(1).await;
    alice.send(FromClient::Unsubscribe { topic: topic_of(PLENARY) }).await;
    alice.catch_up().await;
    bob.publish(PLENARY, 1, "Still here.").await;
    assert_eq!(note(&mut bob).await.1, "Still here.");
    nats.has_subscriptions(1).await;
    drop(bob);
    nats.has_subscriptions(0).await;
    // The topic is as good as new.
    alice.prove(PLENARY).await;
    alice.subscribe(PLENARY).await;
    alice.publish(PLENARY, 2, "Back again.").await;
    assert_eq!(note(&mut alice).await, (1, "Back again.".to_owned()));
    relay.running.stop().await;
    nats.has_subscriptions(0).await;
}

#[tokio::test]
async fn coming_and_going_in_a_hurry_doubles_nothing_and_leaves_nothing_behind() {
    let nats = Nats::start().await;
    let (first, second) = (Relay::linked(&nats.url(), None).await, Relay::linked(&nats.url(), None).await);
    let (mut alice, mut bob) = (first.seat().await, second.seat().await);
    meet(&mut [&mut alice, &mut bob]).await;
    // Somebody who has proved something may hurry.
    bob.prove(PLENARY + 1).await;
    for number in 0..200 {
        alice.publish(PLENARY, number, format!("{number}")).await;
        assert_eq!(note(&mut alice).await.1, format!("{number}"));
        for frame in [
            FromClient::Unsubscribe { topic: topic_of(PLENARY) },
            bob.proof(&bob.host, PLENARY),
            FromClient::Subscribe { topic: topic_of(PLENARY) },
        ] {
            bob.send(frame).await;
        }
        // Bob hears his own and at most what Alice said meanwhile; nothing twice.
        bob.publish(PLENARY, number, format!("Bob {number}")).await;
        let before = hears(&mut bob, &format!("Bob {number}")).await;
        assert!(before.len() <= 1, "{before:?}");
        hears(&mut alice, &format!("Bob {number}")).await;
    }
    nats.has_subscriptions(2).await;
    drop(bob);
    nats.has_subscriptions(1).await;
    drop(alice);
    nats.has_subscriptions(0).await;
}

#[tokio::test]
async fn without_nats_each_relay_goes_on_alone_and_with_it_they_are_one_again() {
    // Setup: Alice and Carol at one relay, Bob at another.
    let mut nats = Nats::start().await;
    let (mut first, mut second) = (Relay::linked(&nats.url(), None).await, Relay::linked(&nats.url(), None).await);
    let (mut alice, mut bob, mut carol) = (first.seat().await, second.seat().await, first.seat().await);
    meet(&mut [&mut alice, &mut bob, &mut carol]).await;

    // Pressure: NATS is killed. Expected: everybody is told, and those at one relay still hear each other.
    let killed = Instant::now();
    nats.kill();
    for client in [&mut alice, &mut bob, &mut carol] {
        assert!(misses(client).await.is_empty());
    }
    let noticed = killed.elapsed();
    assert!(noticed < AT_ONCE, "it took {noticed:?} to notice that NATS is gone");
    first.is_told(ALONE).await;
    second.is_told(ALONE).await;
    alice.publish(PLENARY, 1, "Is anybody there?").await;
    for client in [&mut alice, &mut carol] {
        assert_eq!(note(client).await.1, "Is anybody there?");
    }
    bob.catch_up().await;

    // Pressure: NATS is back. Expected: everybody is told again, and frames cross.
    nats.start_again().await;
    for client in [&mut alice, &mut bob, &mut carol] {
        assert!(misses(client).await.is_empty());
    }
    first.is_told(LINKED).await;
    second.is_told(LINKED).await;
    meet(&mut [&mut alice, &mut bob, &mut carol]).await;
    nats.has_subscriptions(2).await;
}

#[tokio::test]
async fn who_comes_and_goes_while_nats_is_away_is_known_to_it_afterwards() {
    let mut nats = Nats::start().await;
    let (mut first, mut second) = (Relay::linked(&nats.url(), None).await, Relay::linked(&nats.url(), None).await);
    let (mut alice, mut bob) = (first.seat().await, second.seat().await);
    meet(&mut [&mut alice, &mut bob]).await;
    nats.kill();
    first.is_told(ALONE).await;
    second.is_told(ALONE).await;
    drop(alice);
    let mut carol = second.seat().await;
    for _ in 0..5_000 {
        carol.send(FromClient::Subscribe { topic: topic_of(PLENARY + 1) }).await;
        carol.send(FromClient::Unsubscribe { topic: topic_of(PLENARY + 1) }).await;
    }
    let mut dora = first.seat().await;
    nats.start_again().await;
    first.is_told(LINKED).await;
    second.is_told(LINKED).await;
    nats.has_subscriptions(2).await;
    meet(&mut [&mut bob, &mut carol, &mut dora]).await;
}

#[tokio::test]
async fn a_relay_that_is_there_before_nats_works_alone_until_it_comes() {
    let mut nats = Nats::start().await;
    nats.kill();
    let mut first = Relay::start(&nats.url(), None, relay::Config::default()).await;
    let mut second = Relay::start(&nats.url(), None, relay::Config::default()).await;
    let (mut alice, mut carol, mut bob) = (first.seat().await, first.seat().await, second.seat().await);
    alice.publish(PLENARY, 1, "Good morning.").await;
    for client in [&mut alice, &mut carol] {
        assert_eq!(note(client).await, (1, "Good morning.".to_owned()));
    }
    bob.catch_up().await;
    nats.start_again().await;
    for client in [&mut alice, &mut bob, &mut carol] {
        assert!(misses(client).await.is_empty());
    }
    first.is_told(LINKED).await;
    second.is_told(LINKED).await;
    meet(&mut [&mut alice, &mut bob, &mut carol]).await;
}
