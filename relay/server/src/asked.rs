//! What the relay asks of the cluster, in bounded memory however slowly the cluster does it.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use relay_core::ConnectionId;
use tokio::sync::Notify;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use wire::Topic;

/// Bytes that may wait to be forwarded, and what each frame takes of them besides its payload.
const FORWARDING_BYTES: usize = 32 * 1024 * 1024;
const FORWARD_BYTES: usize = 256;

/// Recalls that may wait to be begun.
const WAITING_RECALLS: usize = 4_096;

/// What the relay asks for.
pub(crate) struct Asked {
    /// Topics of which the cluster has yet to be told whether somebody here listens. What has changed back is told no more.
    listening: Mutex<BTreeMap<Topic, bool>>,
    listening_changed: Notify,
    errands: UnboundedSender<Errand>,
    forwarding: AtomicUsize,
    recalling: AtomicUsize,
}

/// The other end: what there is to do, and nobody else does it.
pub(crate) struct ToDo {
    asked: Arc<Asked>,
    errands: UnboundedReceiver<Errand>,
}

/// What is done once, in order.
pub(crate) enum Errand {
    Forward(Topic, Bytes),
    Recall(ConnectionId, Topic),
}

/// What to do next.
pub(crate) enum Next {
    /// Somebody here listens to a topic, or nobody does any more.
    Listening(Topic, bool),
    Errand(Errand),
    /// The relay stops.
    Over,
}

impl Asked {
    pub(crate) fn new() -> (Arc<Self>, ToDo) {
        let (sender, errands) = mpsc::unbounded_channel();
        let asked = Arc::new(Asked {
            listening: Mutex::default(),
            listening_changed: Notify::new(),
            errands: sender,
            forwarding: AtomicUsize::new(0),
            recalling: AtomicUsize::new(0),
        });
        (Arc::clone(&asked), ToDo { asked, errands })
    }

    /// Has the cluster told whether somebody here listens to a topic.
    pub(crate) fn listen(&self, topic: Topic, listens: bool) {
        let mut listening = self.listening();
        if listening.get(&topic).is_some_and(|before| *before != listens) {
            listening.remove(&topic);
        } else {
            listening.insert(topic, listens);
            self.listening_changed.notify_one();
        }
    }

    /// Has a payload forwarded. Returns false if there is no room for it, because the cluster takes them too slowly.
    pub(crate) fn forward(&self, topic: Topic, payload: &Bytes) -> bool {
        let bytes = payload.len() + FORWARD_BYTES;
        let room = self.forwarding.fetch_add(bytes, Relaxed) < FORWARDING_BYTES;
        if room {
            // The payload is a part of what was read of its sender.
            self.ask(Errand::Forward(topic, Bytes::copy_from_slice(payload)));
        } else {
            self.forwarding.fetch_sub(bytes, Relaxed);
        }
        room
    }

    /// Has a client handed what is held of a topic, if there is room for that. Who is not served asks the members.
    pub(crate) fn recall(&self, connection: ConnectionId, topic: Topic) {
        if self.recalling.load(Relaxed) < WAITING_RECALLS {
            self.recalling.fetch_add(1, Relaxed);
            self.ask(Errand::Recall(connection, topic));
        }
    }

    fn ask(&self, errand: Errand) {
        // The cluster is given up only when the relay stops.
        drop(self.errands.send(errand));
    }

    fn listening(&self) -> MutexGuard<'_, BTreeMap<Topic, bool>> {
        self.listening.lock().expect("nobody panics while holding the topics")
    }
}

impl ToDo {
    /// Waits for something to do. What there is a lot of does not keep the other waiting.
    pub(crate) async fn next(&mut self) -> Next {
        tokio::select! {
            (topic, listens) = next_listening(&self.asked) => Next::Listening(topic, listens),
            errand = self.errands.recv() => errand.map_or(Next::Over, Next::Errand),
        }
    }

    /// Returns whether somebody listens to a topic, if that is still to be told.
    pub(crate) fn take_listening(&self, topic: Topic) -> Option<bool> {
        self.asked.listening().remove(&topic)
    }

    /// Makes room: a payload of so many bytes is off.
    pub(crate) fn forwarded(&self, bytes: usize) {
        self.asked.forwarding.fetch_sub(bytes + FORWARD_BYTES, Relaxed);
    }

    /// Makes room: a recall is begun.
    pub(crate) fn recalled(&self) {
        self.asked.recalling.fetch_sub(1, Relaxed);
    }
}

async fn next_listening(asked: &Asked) -> (Topic, bool) {
    loop {
        let next = asked.listening().pop_first();
        match next {
            Some(next) => return next,
            None => asked.listening_changed.notified().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLENARY: Topic = Topic([1; 32]);

    #[tokio::test]
    async fn however_long_somebody_comes_and_goes_little_waits_and_the_last_word_counts() {
        let (asked, mut to_do) = Asked::new();
        for _ in 0..100_000 {
            asked.listen(PLENARY, true);
            asked.recall(ConnectionId(1), PLENARY);
            asked.listen(PLENARY, false);
        }
        assert_eq!(asked.listening().len(), 0);
        assert_eq!(to_do.errands.len(), WAITING_RECALLS);
        asked.listen(PLENARY, true);
        assert_eq!(to_do.take_listening(PLENARY), Some(true));
        asked.listen(PLENARY, false);
        let mut last = None;
        while last.is_none() || !to_do.errands.is_empty() {
            match to_do.next().await {
                Next::Listening(topic, listens) => last = Some((topic, listens)),
                Next::Errand(_) => to_do.recalled(),
                Next::Over => panic!("the relay goes on"),
            }
        }
        assert_eq!(last, Some((PLENARY, false)));
        asked.recall(ConnectionId(1), PLENARY);
        assert_eq!(to_do.errands.len(), 1);
    }

    #[test]
    fn payloads_wait_up_to_a_bound_and_again_when_there_is_room() {
        let (asked, to_do) = Asked::new();
        let payload = Bytes::from(vec![0; 1 << 20]);
        let waiting = (0..100).filter(|_| asked.forward(PLENARY, &payload)).count();
        assert_eq!(waiting, 32);
        to_do.forwarded(payload.len());
        assert!(asked.forward(PLENARY, &payload));
        assert!(!asked.forward(PLENARY, &payload));
    }
}
