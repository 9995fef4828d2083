//! Several relays that act as one: topics are subjects of core NATS, and JetStream may hold what is published.
//!
//! NATS is told what the relay knows: topics, sealed payloads, and when. Nothing depends on what it holds: with the stream deleted
//! or a node gone clients see a Gap and ask each other.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, Subscriber};
use futures_util::StreamExt;
use relay_core::Input;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};
use wire::Topic;

use crate::asked::{Errand, Next, ToDo};
use crate::hub::Hub;
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

/// How often clients are told that NATS dropped frames, if it does.
const SLOW_EVERY: Duration = Duration::from_secs(1);

/// Recalls that may wait for JetStream. Who is not served asks the members.
const WAITING_RECALLS: usize = 4_096;

/// Frames and other things that may wait for the connection to take them.
const WAITING_ERRANDS: usize = 256;

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
        .client_capacity(WAITING_ERRANDS)
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
    pub(crate) async fn run(self, to_do: ToDo, hub: Arc<Hub>) {
        let Link { client, happened, jet_stream, notice } = self;
        let (linked, is_linked) = watch::channel(false);
        let state = LinkState { hub: Arc::clone(&hub), jet_stream: jet_stream.clone(), notice, linked };
        let topics = Topics { client: client.clone(), hub: Arc::clone(&hub), listening: HashMap::new() };
        let errands = Errands { client, hub, jet_stream, topics, linked: is_linked, to_do };
        tokio::select! {
            // An event before what was asked: a link that is down is not asked for anything.
            biased;
            () = state.follow(happened) => {}
            () = errands.run() => {}
        }
    }
}

/// Knows whether there is a link, however long an errand waits for NATS.
struct LinkState {
    hub: Arc<Hub>,
    jet_stream: Option<Arc<JetStream>>,
    notice: Notice,
    linked: watch::Sender<bool>,
}

impl LinkState {
    async fn follow(self, mut happened: UnboundedReceiver<Event>) {
        let mut preparing = JoinSet::new();
        let mut slow = false;
        let mut ticks = interval(SLOW_EVERY);
        loop {
            tokio::select! {
                // Each dropped frame is an event: they are told of together. Of which topic it was only NATS knows.
                _ = ticks.tick() => if std::mem::take(&mut slow) && *self.linked.borrow() {
                    self.hub.handle(Input::Unlinked);
                    self.hub.handle(Input::Linked);
                },
                event = happened.recv() => match event {
                    Some(Event::SlowConsumer(_)) => slow = true,
                    Some(event) => self.event(&event, &mut preparing),
                    None => return,
                },
                Some(_) = preparing.join_next() => {}
            }
        }
    }

    fn event(&self, event: &Event, preparing: &mut JoinSet<()>) {
        match event {
            Event::Connected => {
                (self.notice)("linked to NATS");
                self.hub.metrics.linked(true);
                // That the link was lost may not have been said: there is room for a few events only.
                self.hub.handle(Input::Unlinked);
                self.hub.handle(Input::Linked);
                self.linked.send_replace(true);
                if let Some(jet_stream) = self.jet_stream.clone() {
                    preparing.spawn(prepare(jet_stream, Arc::clone(&self.notice)));
                }
            }
            Event::Disconnected | Event::Closed => {
                (self.notice)("the link to NATS is lost; working alone until it is back");
                self.hub.metrics.linked(false);
                self.hub.handle(Input::Unlinked);
                self.linked.send_replace(false);
                preparing.abort_all();
            }
            Event::SlowConsumer(_)
            | Event::LameDuckMode
            | Event::Draining
            | Event::ServerError(_)
            | Event::ClientError(_) => {}
        }
    }
}

/// Tries until JetStream holds frames: servers that have just begun, or too few of them, do not.
async fn prepare(jet_stream: Arc<JetStream>, notice: Notice) {
    for tries in 0.. {
        if jet_stream.prepare().await {
            return;
        }
        if tries == 0 {
            notice("JetStream does not hold frames; trying again and again");
        }
        sleep(pause(tries)).await;
    }
}

/// Does what the hub asks for.
struct Errands {
    client: Client,
    hub: Arc<Hub>,
    jet_stream: Option<Arc<JetStream>>,
    topics: Topics,
    linked: watch::Receiver<bool>,
    to_do: ToDo,
}

impl Errands {
    async fn run(mut self) {
        let mut recalls = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                changed = self.linked.changed() => match changed {
                    Ok(()) => self.topics.catch_up(&mut self.linked).await,
                    Err(_) => return,
                },
                Some(_) = recalls.join_next() => {}
                next = self.to_do.next() => match next {
                    Next::Listening(topic, listens) => self.topics.change(topic, listens, &mut self.linked).await,
                    Next::Errand(errand) => self.errand(errand, &mut recalls).await,
                    Next::Over => return,
                },
            }
        }
    }

    async fn errand(&mut self, errand: Errand, recalls: &mut JoinSet<()>) {
        match errand {
            Errand::Forward(topic, payload) => {
                let bytes = payload.len();
                let published = while_linked(&mut self.linked, self.client.publish(subject(topic), payload)).await;
                self.to_do.forwarded(bytes);
                // With the link lost everybody has been told.
                if let Some(Err(_)) = published {
                    self.hub.handle(Input::Missed { topic });
                }
            }
            Errand::Recall(connection, topic) => {
                self.to_do.recalled();
                // First what is published from here on, then what was before.
                if let Some(listens) = self.to_do.take_listening(topic) {
                    self.topics.change(topic, listens, &mut self.linked).await;
                }
                let serves = *self.linked.borrow() && recalls.len() < WAITING_RECALLS;
                if let Some(jet_stream) = self.jet_stream.clone().filter(|_| serves) {
                    let hub = Arc::clone(&self.hub);
                    recalls.spawn(async move {
                        let payloads = jet_stream.recall(topic).await;
                        hub.handle(Input::Recalled { connection, topic, payloads });
                    });
                }
            }
        }
    }
}

/// Waits for NATS to take something, unless there is no link or it is lost meanwhile.
async fn while_linked<T>(linked: &mut watch::Receiver<bool>, taken: impl Future<Output = T>) -> Option<T> {
    let mut linked = linked.clone();
    tokio::select! {
        biased;
        _ = linked.wait_for(|linked| !linked) => None,
        taken = taken => Some(taken),
    }
}

/// The topics that somebody here is subscribed to.
struct Topics {
    client: Client,
    hub: Arc<Hub>,
    /// Those that NATS knows of, and those that it has still to be told of. Dropping what is held of one ends its task.
    listening: HashMap<Topic, Option<oneshot::Sender<()>>>,
}

impl Topics {
    /// Tells NATS of the topics that are new since the link was lost.
    async fn catch_up(&mut self, linked: &mut watch::Receiver<bool>) {
        let new = self.listening.iter().filter(|(_, listening)| listening.is_none()).map(|(topic, _)| *topic);
        for topic in new.collect::<Vec<_>>() {
            self.listen(topic, linked).await;
        }
    }

    async fn change(&mut self, topic: Topic, listens: bool, linked: &mut watch::Receiver<bool>) {
        if listens {
            self.listen(topic, linked).await;
        } else {
            self.listening.remove(&topic);
        }
    }

    async fn listen(&mut self, topic: Topic, linked: &mut watch::Receiver<bool>) {
        let listening = match while_linked(linked, self.client.subscribe(subject(topic))).await {
            Some(Ok(messages)) => Some(self.hear(topic, messages)),
            Some(Err(_)) | None => None,
        };
        self.listening.insert(topic, listening);
    }

    /// Hands on what arrives until what is returned is dropped.
    fn hear(&self, topic: Topic, mut messages: Subscriber) -> oneshot::Sender<()> {
        let hub = Arc::clone(&self.hub);
        let (listening, mut ended) = oneshot::channel::<()>();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    // The end first: another subscription to the topic may have begun, and would hear the same.
                    biased;
                    _ = &mut ended => {
                        drop(messages.unsubscribe().await);
                        return;
                    }
                    message = messages.next() => match message {
                        Some(message) => hub.handle(Input::Arrived { topic, payload: message.payload }),
                        None => return,
                    },
                }
            }
        });
        listening
    }
}
