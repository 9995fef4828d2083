//! NATS, or a relay, that is there and does nothing.

use std::time::Duration;

use tokio::time::Instant;
use wire::FromRelay;

use crate::running::Client;
use crate::running::nats::Nats;
use crate::running::process::Process;
use crate::{ALONE, LINKED, PLENARY, Relay, hears, meet, misses};

/// Two pings, five seconds apart, may stay unanswered; and the machine may be busy.
const TWO_PINGS: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_frozen_nats_is_given_up_after_two_pings_however_much_waits_for_it() {
    // Setup.
    let nats = Nats::start().await;
    let (mut first, mut second) = (Relay::linked(&nats.url(), None).await, Relay::linked(&nats.url(), None).await);
    let (mut alice, mut bob) = (first.seat().await, second.seat().await);
    meet(&mut [&mut alice, &mut bob]).await;

    // Pressure: enough to fill the network, then more frames than NATS' own queues take.
    let frozen = Instant::now();
    nats.freeze();
    for _ in 0..128 {
        alice.publish(PLENARY, 1, vec![0; 64 * 1024]).await;
    }
    for _ in 0..4_000 {
        alice.publish(PLENARY, 1, "Does anybody hear me?").await;
    }

    // Expected: both relays go on alone.
    misses(&mut alice).await;
    misses(&mut bob).await;
    let noticed = frozen.elapsed();
    assert!(noticed < TWO_PINGS, "it took {noticed:?} to notice that NATS does nothing");
    first.is_told(ALONE).await;
    second.is_told(ALONE).await;
    alice.publish(PLENARY, 2, "Then I speak to myself.").await;
    hears(&mut alice, "Then I speak to myself.").await;

    nats.thaw();
    first.is_told(LINKED).await;
    second.is_told(LINKED).await;
    misses(&mut bob).await;
    alice.publish(PLENARY, 3, "There you are.").await;
    hears(&mut alice, "There you are.").await;
    meet(&mut [&mut bob, &mut alice]).await;
}

#[tokio::test]
async fn what_a_relay_takes_too_slowly_from_nats_is_not_lost_in_silence() {
    const FRAMES: usize = 300;
    // Setup: NATS that lets little wait for anybody.
    let nats = Nats::start_with("max_pending: 1MB\nwrite_deadline: \"1s\"\n").await;
    let first = Relay::linked(&nats.url(), None).await;
    let mut process = Process::start_with(&["--nats", &nats.url()]);
    assert_eq!(process.line(), LINKED);
    let mut alice = first.seat().await;
    let mut bob = Client::connect(process.address).await;
    bob.prove(PLENARY).await;
    bob.subscribe(PLENARY).await;
    nats.has_subscriptions(2).await;

    // Pressure: Bob's relay stops for a while.
    process.signal("-STOP");
    for _ in 0..FRAMES {
        alice.publish(PLENARY, 1, vec![0; 64 * 1024]).await;
        let FromRelay::Deliver { .. } = alice.next().await else { panic!("no echo") };
    }
    nats.says("/varz", |answer| !answer.contains("\"slow_consumers\": 0")).await;
    process.signal("-CONT");

    // Expected: he gets some, and learns that there was more.
    let got = misses(&mut bob).await.len();
    assert!(got < FRAMES);
    bob.publish(PLENARY, 1, "What did I miss?").await;
    hears(&mut bob, "What did I miss?").await;
    nats.has_subscriptions(2).await;
    meet(&mut [&mut bob, &mut alice]).await;
}
