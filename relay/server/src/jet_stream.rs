//! What JetStream holds for members who are away. It is told no more than the relay knows, and may lose everything.

use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::stream::{Config, DiscardPolicy, StorageType};
use async_nats::jetstream::{self, Context};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use wire::{HOLD_BYTES_PER_TOPIC, HOLD_FRAMES_PER_TOPIC, Topic};

use crate::cluster::{Hold, SUBJECTS, subject};

/// The stream of all topics.
const STREAM: &str = "NONPAPER";

/// Time for everything about one recall: a client that has waited for longer asks the members.
const TIME: Duration = Duration::from_secs(5);

/// Recalls at a time.
const AT_ONCE: usize = 32;

pub(crate) struct JetStream {
    context: Context,
    hold: Hold,
    places: Semaphore,
}

impl JetStream {
    pub(crate) fn new(client: Client, hold: Hold) -> Self {
        let mut context = jetstream::new(client);
        context.set_timeout(TIME);
        JetStream { context, hold, places: Semaphore::new(AT_ONCE) }
    }

    /// Sees to it that there is a stream, and says whether there is. Without one nothing is held.
    pub(crate) async fn prepare(&self) -> bool {
        let config = Config {
            name: STREAM.to_owned(),
            subjects: vec![format!("{SUBJECTS}*")],
            max_age: self.hold.time,
            max_bytes: self.hold.bytes,
            max_messages_per_subject: i64::try_from(HOLD_FRAMES_PER_TOPIC).unwrap_or(i64::MAX),
            discard: DiscardPolicy::Old,
            storage: StorageType::File,
            num_replicas: self.hold.replicas,
            no_ack: true,
            ..Config::default()
        };
        timeout(TIME, self.context.create_or_update_stream(config)).await.is_ok_and(|made| made.is_ok())
    }

    /// Returns what is held of a topic, oldest first: nothing if there is no stream, or if it cannot say so in time.
    pub(crate) async fn recall(&self, topic: Topic) -> Vec<Bytes> {
        let Ok(_place) = self.places.acquire().await else { return Vec::new() };
        match timeout(TIME, self.fetch(topic)).await {
            Ok(Some(payloads)) => newest(payloads),
            Ok(None) => {
                self.prepare().await;
                Vec::new()
            }
            Err(_) => Vec::new(),
        }
    }

    async fn fetch(&self, topic: Topic) -> Option<Vec<Bytes>> {
        let config = pull::Config {
            filter_subject: subject(topic),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::None,
            inactive_threshold: 2 * TIME,
            memory_storage: true,
            num_replicas: 1,
            ..pull::Config::default()
        };
        let consumer = self.context.create_consumer_on_stream(config, STREAM).await.ok()?;
        let info = consumer.cached_info();
        let (name, pending) = (info.name.clone(), info.num_pending);
        let mut payloads = Vec::new();
        if pending > 0
            && let Ok(mut messages) = consumer.fetch().max_messages(HOLD_FRAMES_PER_TOPIC).messages().await
        {
            while let Some(Ok(message)) = messages.next().await {
                payloads.push(message.payload.clone());
            }
        }
        // One that is not deleted goes by itself after a while.
        drop(self.context.delete_consumer_from_stream(name, STREAM).await);
        Some(payloads)
    }
}

/// Returns the last of them that fit into what is held of one topic.
fn newest(mut payloads: Vec<Bytes>) -> Vec<Bytes> {
    let mut bytes = 0;
    let fits = payloads.iter().rev().take_while(|payload| {
        bytes += payload.len();
        bytes <= HOLD_BYTES_PER_TOPIC
    });
    let count = fits.count();
    payloads.split_off(payloads.len() - count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept() {
        let payload = |size: usize| Bytes::from(vec![0; size]);
        assert_eq!(newest(Vec::new()), Vec::<Bytes>::new());
        let small = vec![payload(1), payload(2)];
        assert_eq!(newest(small.clone()), small);
        let lengths = |payloads: Vec<Bytes>| payloads.iter().map(Bytes::len).collect::<Vec<_>>();
        assert_eq!(lengths(newest(vec![payload(600_000), payload(1), payload(600_000)])), [1, 600_000]);
        assert_eq!(lengths(newest(vec![payload(1), payload(2_000_000)])), Vec::<usize>::new());
    }
}
