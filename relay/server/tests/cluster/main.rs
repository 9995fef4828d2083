//! Several relays that act as one, by way of real NATS servers.

#[path = "../running/mod.rs"]
#[expect(dead_code, reason = "plain HTTP and bare lines are for the other files")]
mod running;

mod frozen;
mod held;
mod linked;
mod printed;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use relay::{Cluster, Config, Hold};
use running::{Client, Running, soon, topic_of};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use wire::{FromClient, FromRelay};

const PLENARY: u8 = 1;

const LINKED: &str = "linked to NATS";
const ALONE: &str = "the link to NATS is lost; working alone until it is back";

/// What JetStream is asked to hold in most tests.
const AN_HOUR: Hold = Hold { time: Duration::from_secs(3_600), bytes: 64 << 20, replicas: 1 };

/// A relay of a cluster, in this process, and what its operator is told.
struct Relay {
    running: Running,
    told: UnboundedReceiver<String>,
}

impl Relay {
    /// Starts a relay and waits until it is linked.
    async fn linked(nats: &str, hold: Option<Hold>) -> Relay {
        let mut relay = Relay::start(nats, hold, Config::default()).await;
        relay.is_told(LINKED).await;
        relay
    }

    async fn start(nats: &str, hold: Option<Hold>, config: Config) -> Relay {
        let (tell, told) = unbounded_channel();
        let caps = relay_core::Config { clustered: true, ..relay_core::Config::default() };
        let config = Config {
            cluster: Some(Cluster { nats: nats.to_owned(), hold }),
            notice: Arc::new(move |line| drop(tell.send(line.to_owned()))),
            relay: caps,
            ..config
        };
        Relay { running: Running::start(config).await, told }
    }

    /// Waits until its operator is told something.
    async fn is_told(&mut self, line: &str) {
        soon(line, async { while self.told.recv().await.expect("it runs") != line {} }).await;
    }

    /// Connects somebody who may publish in the plenary and is subscribed to it.
    async fn seat(&self) -> Client {
        let mut client = Client::connect(self.running.address).await;
        client.prove(PLENARY).await;
        client.subscribe(PLENARY).await;
        client
    }
}

/// Waits until everybody is subscribed at NATS as well, and what was said for that has been heard.
///
/// A relay answers a Subscribe before NATS has it, but whoever hears an echo by way of NATS is subscribed there.
async fn meet(clients: &mut [&mut Client]) {
    for (number, client) in clients.iter_mut().enumerate() {
        let here = format!("{number} is here");
        client.publish(PLENARY, 0, here.clone()).await;
        hears(client, &here).await;
    }
    clients[0].publish(PLENARY, 0, "all are here").await;
    for client in clients {
        hears(client, "all are here").await;
    }
}

/// Reads up to a note, and returns what came before it.
async fn hears(client: &mut Client, note: &str) -> Vec<FromRelay> {
    let mut before = Vec::new();
    loop {
        let frame = client.next().await;
        if matches!(&frame, FromRelay::Deliver { payload, .. } if payload == note) {
            return before;
        }
        before.push(frame);
    }
}

/// Reads up to a Gap, and returns the payloads that came before it.
async fn misses(client: &mut Client) -> Vec<Bytes> {
    let mut before = Vec::new();
    loop {
        let frame = client.next().await;
        if frame == (FromRelay::Gap { topic: topic_of(PLENARY) }) {
            return before;
        }
        let FromRelay::Deliver { payload, .. } = frame else { panic!("neither a note nor a Gap but {frame:?}") };
        before.push(payload);
    }
}

/// Reads a note, and returns its sequence and what it says.
async fn note(client: &mut Client) -> (u64, String) {
    let frame = client.next().await;
    let FromRelay::Deliver { topic, sequence, payload } = frame else { panic!("no note but {frame:?}") };
    assert_eq!(topic, topic_of(PLENARY));
    (sequence, String::from_utf8(payload.to_vec()).expect("notes are text here"))
}

/// Subscribes and waits for nothing: what is held may come at any time.
async fn subscribe(client: &mut Client) {
    client.send(FromClient::Subscribe { topic: topic_of(PLENARY) }).await;
}
