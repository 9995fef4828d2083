//! What JetStream holds for members who are away.

use std::time::Duration;

use async_nats::jetstream::{self, stream::State};
use ed25519_dalek::SigningKey;
use relay::{Config, Hold};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};
use wire::{HOLD_BYTES_PER_TOPIC, HOLD_FRAMES_PER_TOPIC};

use crate::running::nats::Nats;
use crate::running::{Client, Introduction, soon, topic_of};
use crate::{AN_HOUR, LINKED, PLENARY, Relay, hears, meet, note, subscribe};

/// Sequence of a frame that was published before its reader came.
const EARLIER: u64 = 0;

/// Longest time for a cluster to agree on who leads what.
const ELECTIONS: Duration = Duration::from_secs(60);

/// Looks at what JetStream holds, beside the relays.
struct Stream(jetstream::Context);

impl Stream {
    async fn at(nats: &str) -> Stream {
        let client = async_nats::connect(nats.split(',').collect::<Vec<_>>()).await.expect("it is there");
        let mut context = jetstream::new(client);
        context.set_timeout(Duration::from_millis(500));
        Stream(context)
    }

    async fn state(&self) -> Option<State> {
        Some(self.0.get_stream("NONPAPER").await.ok()?.cached_info().state.clone())
    }

    /// Waits until so many frames are held.
    async fn holds(&self, frames: usize) {
        let mut ticks = interval(Duration::from_millis(50));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        soon(&format!("a stream of {frames} frames"), async {
            while self.state().await.is_none_or(|state| state.messages != frames as u64) {
                ticks.tick().await;
            }
        })
        .await;
    }

    /// Publishes until the stream holds one frame more: one that nobody leads takes nothing.
    async fn takes(&self, client: &mut Client, text: &str) {
        let frames = async || self.state().await.map(|state| state.messages);
        let before = loop {
            if let Some(before) = frames().await {
                break before;
            }
        };
        let mut ticks = interval(Duration::from_millis(250));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while frames().await.is_none_or(|now| now == before) {
            client.publish(PLENARY, 1, text.to_owned()).await;
            ticks.tick().await;
        }
    }

    /// Returns the name of the server that leads the stream.
    async fn leader(&self) -> String {
        let stream = self.0.get_stream("NONPAPER").await.expect("it is there");
        stream.cached_info().cluster.clone().and_then(|cluster| cluster.leader).expect("somebody leads")
    }
}

/// Publishes and waits for the echo.
async fn publish(client: &mut Client, text: &str) {
    client.publish(PLENARY, 1, text.to_owned()).await;
    hears(client, text).await;
}

/// Publishes until somebody else hears it: what was under way when a link was lost is lost with it.
async fn crosses(from: &mut Client, to: &mut Client, text: &str) {
    soon("a note at the other relay", async {
        loop {
            from.publish(PLENARY, 1, text.to_owned()).await;
            if timeout(Duration::from_secs(1), hears(to, text)).await.is_ok() {
                return;
            }
        }
    })
    .await;
}

/// Reads notes that were published before.
async fn recalls(client: &mut Client, texts: &[&str]) {
    for text in texts {
        assert_eq!(note(client).await, (EARLIER, (*text).to_owned()));
    }
}

#[tokio::test]
async fn who_subscribes_later_gets_the_last_128_frames_oldest_first() {
    let nats = Nats::with_jet_stream().await;
    let url = nats.url();
    let (first, second) = (Relay::linked(&url, Some(AN_HOUR)).await, Relay::linked(&url, Some(AN_HOUR)).await);
    let stream = Stream::at(&url).await;
    stream.holds(0).await;
    let mut alice = first.seat().await;
    for number in 1..=200 {
        publish(&mut alice, &format!("{number}")).await;
    }
    stream.holds(HOLD_FRAMES_PER_TOPIC).await;

    let mut bob = Client::connect(second.running.address).await;
    subscribe(&mut bob).await;
    for number in 200 - HOLD_FRAMES_PER_TOPIC + 1..=200 {
        assert_eq!(note(&mut bob).await, (EARLIER, format!("{number}")));
    }
    publish(&mut alice, "Welcome.").await;
    assert_eq!(note(&mut bob).await, (1, "Welcome.".to_owned()));
}

#[tokio::test]
async fn who_subscribes_later_gets_no_more_than_1_mib() {
    const NOTE: usize = 60_000;
    let nats = Nats::with_jet_stream().await;
    let relay = Relay::linked(&nats.url(), Some(AN_HOUR)).await;
    let stream = Stream::at(&nats.url()).await;
    stream.holds(0).await;
    let mut alice = relay.seat().await;
    let long = |number: usize| format!("{number:02}{}", " ".repeat(NOTE - 2));
    for number in 1..=40 {
        publish(&mut alice, &long(number)).await;
    }
    stream.holds(40).await;
    let mut bob = Client::connect(relay.running.address).await;
    subscribe(&mut bob).await;
    for number in 40 - HOLD_BYTES_PER_TOPIC / NOTE + 1..=40 {
        assert_eq!(note(&mut bob).await, (EARLIER, long(number)));
    }
    publish(&mut alice, "Welcome.").await;
    assert_eq!(note(&mut bob).await.1, "Welcome.");
}

#[tokio::test]
async fn after_its_time_nothing_is_held() {
    const TIME: Duration = Duration::from_secs(2);
    let nats = Nats::with_jet_stream().await;
    let relay = Relay::linked(&nats.url(), Some(Hold { time: TIME, ..AN_HOUR })).await;
    let stream = Stream::at(&nats.url()).await;
    stream.holds(0).await;
    let mut alice = relay.seat().await;
    let published = Instant::now();
    publish(&mut alice, "For those who are quick.").await;
    let mut bob = Client::connect(relay.running.address).await;
    stream.holds(1).await;
    subscribe(&mut bob).await;
    recalls(&mut bob, &["For those who are quick."]).await;
    stream.holds(0).await;
    assert!(published.elapsed() >= TIME);
    let mut carol = relay.seat().await;
    publish(&mut carol, "Am I late?").await;
    hears(&mut bob, "Am I late?").await;
}

#[tokio::test]
async fn with_one_of_three_servers_killed_frames_are_delivered_and_held() {
    // Setup.
    let mut nodes = Nats::three().await;
    let urls = nodes.each_ref().map(Nats::url).join(",");
    let hold = Hold { replicas: 3, ..AN_HOUR };
    let (first, second) = (Relay::linked(&urls, Some(hold)).await, Relay::linked(&urls, Some(hold)).await);
    let stream = Stream::at(&urls).await;
    stream.holds(0).await;
    let (mut alice, mut bob) = (first.seat().await, second.seat().await);
    for (client, text) in [(&mut alice, "one"), (&mut bob, "two")] {
        stream.takes(client, text).await;
    }
    let mut carol = Client::connect(first.running.address).await;
    let heard = recalled(&mut carol).await;
    assert!(has_in_order(&heard, &["one", "two"]), "{heard:?}");

    // Pressure: the server that matters most.
    let leader = stream.leader().await;
    let leader: usize = leader.trim_start_matches("node-").parse().expect("they are named so");
    nodes[leader].kill();

    // Expected: what is published still crosses, and is held again once another server leads.
    crosses(&mut alice, &mut bob, "three").await;
    crosses(&mut bob, &mut alice, "three").await;
    timeout(ELECTIONS, stream.takes(&mut alice, "four")).await.expect("another server leads");
    timeout(ELECTIONS, async {
        loop {
            let mut dora = Client::connect(second.running.address).await;
            if has_in_order(&recalled(&mut dora).await, &["one", "two", "four"]) {
                return;
            }
        }
    })
    .await
    .expect("somebody is given everything");
    nodes[leader].start_again().await;
}

/// Subscribes, and returns what is held as far as it comes before everything about a recall has had its time.
async fn recalled(client: &mut Client) -> Vec<String> {
    subscribe(client).await;
    let mut heard = Vec::new();
    while let Ok((sequence, text)) = timeout(Duration::from_secs(2), note(client)).await {
        if sequence == EARLIER {
            heard.push(text);
        }
    }
    heard
}

/// Says whether some texts are among what was heard, in their order.
fn has_in_order(heard: &[String], texts: &[&str]) -> bool {
    let mut heard = heard.iter();
    texts.iter().all(|text| heard.any(|heard| heard == text))
}

#[tokio::test]
async fn the_operator_is_told_when_nothing_is_held_and_frames_are_delivered_all_the_same() {
    // One server cannot hold on three.
    let nats = Nats::with_jet_stream().await;
    let mut relay = Relay::linked(&nats.url(), Some(Hold { replicas: 3, ..AN_HOUR })).await;
    relay.is_told("JetStream does not hold frames; trying again and again").await;
    let (mut alice, mut bob) = (relay.seat().await, relay.seat().await);
    meet(&mut [&mut alice, &mut bob]).await;
}

#[tokio::test]
async fn with_the_stream_deleted_frames_are_delivered_and_those_that_follow_are_held_again() {
    let nats = Nats::with_jet_stream().await;
    let url = nats.url();
    let (first, second) = (Relay::linked(&url, Some(AN_HOUR)).await, Relay::linked(&url, Some(AN_HOUR)).await);
    let stream = Stream::at(&url).await;
    stream.holds(0).await;
    let (mut alice, mut bob) = (first.seat().await, second.seat().await);
    meet(&mut [&mut alice, &mut bob]).await;
    publish(&mut alice, "held").await;

    stream.0.delete_stream("NONPAPER").await.expect("it is there");
    publish(&mut alice, "not held").await;
    hears(&mut bob, "not held").await;
    // Nothing is there to be had, and whoever finds that out sees to it that there is a stream.
    let mut carol = Client::connect(second.running.address).await;
    subscribe(&mut carol).await;
    stream.holds(0).await;
    publish(&mut alice, "held again").await;
    assert_eq!(note(&mut carol).await.1, "held again");
    stream.holds(1).await;
    let mut dora = Client::connect(first.running.address).await;
    subscribe(&mut dora).await;
    recalls(&mut dora, &["held again"]).await;
}

#[tokio::test]
async fn nats_stores_topics_and_payloads_and_nothing_else_of_a_client() {
    const HOST: &str = "canary-host.example";
    const ORIGIN: &str = "https://canary-origin.example";
    const PAYLOAD: &str = "sealed-canary-payload";
    const FRAME: u64 = u64::from_be_bytes(*b"CanaryID");
    let nats = Nats::with_jet_stream().await;
    let config = Config { hosts: vec![HOST.to_owned()], allow_origins: vec![ORIGIN.to_owned()], ..Config::default() };
    let mut relay = Relay::start(&nats.url(), Some(AN_HOUR), config).await;
    relay.is_told(LINKED).await;
    Stream::at(&nats.url()).await.holds(0).await;
    let introduction = Introduction { host: Some(HOST), origin: Some(ORIGIN), ..Introduction::default() };
    let mut alice = Client::introduce(relay.running.address, introduction).await.expect("it goes by this name");
    alice.prove_for("canary-origin.example", PLENARY).await;
    alice.subscribe(PLENARY).await;
    alice.publish(PLENARY, FRAME, PAYLOAD).await;
    hears(&mut alice, PAYLOAD).await;
    // Somebody who has it recalled leaves no more behind.
    let mut bob =
        Client::introduce(relay.running.address, Introduction { host: Some(HOST), ..Introduction::default() })
            .await
            .expect("it goes by this name");
    subscribe(&mut bob).await;
    hears(&mut bob, PAYLOAD).await;

    let holds = |store: &[u8], what: &[u8]| store.windows(what.len()).any(|window| window == what);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let mut ticks = interval(Duration::from_millis(50));
    soon("the payload on the disk", async {
        while !holds(&nats.store(), PAYLOAD.as_bytes()) {
            ticks.tick().await;
        }
    })
    .await;
    let store = nats.store();
    assert!(holds(&store, hex(&topic_of(PLENARY).0).as_bytes()));
    let write_key = SigningKey::from_bytes(&[PLENARY; 32]).verifying_key().to_bytes();
    let port = alice.tcp().local_addr().expect("it is connected").port();
    for (what, bytes) in [
        ("host", b"canary-host".to_vec()),
        ("origin", b"canary-origin".to_vec()),
        ("challenge", alice.challenge.to_vec()),
        ("challenge", hex(&alice.challenge).into_bytes()),
        ("write key", write_key.to_vec()),
        ("write key", hex(&write_key).into_bytes()),
        ("frame id", FRAME.to_be_bytes().to_vec()),
        ("frame id", FRAME.to_string().into_bytes()),
        ("address", format!("127.0.0.1:{port}").into_bytes()),
    ] {
        assert!(!holds(&store, &bytes), "the store holds the {what} of a client");
    }
}
