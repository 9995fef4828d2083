//! Several relays that act as one: topics are subjects of core NATS, and JetStream may hold what is published.
//!
//! NATS is told what the relay knows: topics, sealed payloads, and when. Nothing depends on what it holds: with the stream deleted
//! or a node gone clients see a Gap and ask each other.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event};
use futures_util::StreamExt;
use relay_core::Input;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use wire::Topic;

use crate::hub::{ForCluster, Hub};
use crate::jet_stream::JetStream;
use crate::{Notice, random};

/// A node that says nothing for two of these is taken for dead.
const PING_EVERY: Duration = Duration::from_secs(5);

/// Time for a connection to come about.
const CONNECT_TIME: Duration = Duration::from_secs(5);

/// Milliseconds between two tries to connect: drawn anew each time, more as it goes on.
const FIRST_PAUSE_MS: u64 = 100;
const LONGEST_PAUSE_MS: u64 = 4_000;

/// Frames that may wait in one topic's subscription before NATS says that some were dropped.
const WAITING_FRAMES: usize = 4_096;

/// Where the other relays are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cluster {
    /// Addresses of NATS servers of one cluster, separated by commas: `nats://user:password@10.0.0.2:4222`.
    pub nats: String,
    /// How long JetStream holds frames for members who are away, if it does.
    pub hold: Option<Hold>,
}

/// What JetStream is asked to hold. A cache, never a truth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// For how long.
    pub time: Duration,
    /// Most bytes of all topics together.
    pub bytes: i64,
    /// On how many servers, 1 to 5.
    pub replicas: usize,
}

/// What a subject of ours begins with.
pub(crate) const SUBJECTS: &str = "nonpaper.";

/// Returns the subject of a topic.
pub(crate) fn subject(topic: Topic) -> String {
    topic.0.iter().fold(SUBJECTS.to_owned(), |subject, byte| subject + &format!("{byte:02x}"))
}

/// Exchanges frames with other relays for as long as the relay runs.
///
/// # Errors
///
/// When the address of the NATS server makes no sense. A server that is not there is waited for.
pub(crate) async fn connect(cluster: &Cluster, notice: Notice) -> Result<Link, async_nats::ConnectError> {
    let (events, happened) = mpsc::unbounded_channel();
    let client = ConnectOptions::new()
        .name("relay")
        .ping_interval(PING_EVERY)
        .connection_timeout(CONNECT_TIME)
        .subscription_capacity(WAITING_FRAMES)
        .retry_on_initial_connect()
        .reconnect_delay_callback(pause)
        .event_callback(move |event| {
            // Nobody listens any more when the relay stops.
            drop(events.send(event));
            std::future::ready(())
        })
        .connect(cluster.nats.split(',').collect::<Vec<_>>())
        .await?;
    let jet_stream = cluster.hold.map(|hold| Arc::new(JetStream::new(client.clone(), hold)));
    Ok(Link { client, happened, jet_stream, notice })
}

fn pause(tries: usize) -> Duration {
    let most = FIRST_PAUSE_MS.saturating_mul(1 << tries.min(16)).min(LONGEST_PAUSE_MS);
    Duration::from_millis(random::between(&(FIRST_PAUSE_MS / 2..=most)))
}

/// A connection to NATS that comes back by itself.
pub(crate) struct Link {
    client: Client,
    happened: UnboundedReceiver<Event>,
    jet_stream: Option<Arc<JetStream>>,
    notice: Notice,
}

impl Link {
    /// Does what the hub asks for, and tells it what arrives.
    pub(crate) async fn run(mut self, mut asked: UnboundedReceiver<ForCluster>, hub: Arc<Hub>) {
        let mut topics = Topics { client: self.client.clone(), hub: Arc::clone(&hub), listening: HashMap::new() };
        let mut recalls = JoinSet::new();
        loop {
            tokio::select! {
                // An event before what was asked: a link that is down is not asked for anything.
                biased;
                Some(event) = self.happened.recv() => self.event(&event, &hub, &mut recalls),
                Some(_) = recalls.join_next() => {}
                Some(what) = asked.recv() => match what {
                    ForCluster::Listen(topic) => topics.listen(topic).await,
                    ForCluster::Unlisten(topic) => topics.unlisten(topic),
                    ForCluster::Forward(topic, payload) => {
                        hub.forwarded(payload.len());
                        if self.client.publish(subject(topic), payload).await.is_err() {
                            hub.handle(Input::Missed { topic });
                        }
                    }
                    ForCluster::Recall(connection, topic) => {
                        if let Some(jet_stream) = self.jet_stream.clone() {
                            let hub = Arc::clone(&hub);
                            recalls.spawn(async move {
                                let payloads = jet_stream.recall(topic).await;
                                hub.handle(Input::Recalled { connection, topic, payloads });
                            });
                        }
                    }
                },
                else => return,
            }
        }
    }

    fn event(&self, event: &Event, hub: &Hub, tasks: &mut JoinSet<()>) {
        match event {
            Event::Connected => {
                (self.notice)("linked to NATS");
                hub.metrics.linked(true);
                hub.handle(Input::Linked);
                if let Some(jet_stream) = self.jet_stream.clone() {
                    tasks.spawn(async move { jet_stream.prepare().await });
                }
            }
            Event::Disconnected | Event::Closed => {
                (self.notice)("the link to NATS is lost; working alone until it is back");
                hub.metrics.linked(false);
                hub.handle(Input::Unlinked);
            }
            // Frames of some topic were dropped: which, only NATS knows.
            Event::SlowConsumer(_) => {
                hub.handle(Input::Unlinked);
                hub.handle(Input::Linked);
            }
            Event::LameDuckMode | Event::Draining | Event::ServerError(_) | Event::ClientError(_) => {}
        }
    }
}

/// The topics that somebody here is subscribed to.
struct Topics {
    client: Client,
    hub: Arc<Hub>,
    /// Dropping one ends its task.
    listening: HashMap<Topic, oneshot::Sender<()>>,
}

impl Topics {
    async fn listen(&mut self, topic: Topic) {
        let Ok(mut messages) = self.client.subscribe(subject(topic)).await else {
            self.hub.handle(Input::Missed { topic });
            return;
        };
        let hub = Arc::clone(&self.hub);
        let (listening, mut ended) = oneshot::channel::<()>();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    message = messages.next() => match message {
                        Some(message) => hub.handle(Input::Arrived { topic, payload: message.payload }),
                        None => return,
                    },
                    _ = &mut ended => {
                        drop(messages.unsubscribe().await);
                        return;
                    }
                }
            }
        });
        self.listening.insert(topic, listening);
    }

    fn unlisten(&mut self, topic: Topic) {
        self.listening.remove(&topic);
    }
}
