//! The relays in the middle. Several are joined by bridges that hand every payload on; a bridge can break.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use relay_core::{Command, Config, ConnectionId, Input, Relay};
use room::Channel;
use sha2::{Digest, Sha256};
use wire::{FrameId, FromClient, FromRelay, Topic};

use super::SeatNo;
use crate::Millis;

/// The host every client proves its keys for.
pub(crate) const HOST: &str = "relay.example";

/// The relays and who is connected to which.
pub(crate) struct Relays {
    nodes: Vec<Node>,
    config: Config,
    connections: u64,
    /// Channels that were ever attended: the bridges carry them.
    channels: BTreeMap<Topic, Channel>,
    /// Directed links that are broken.
    broken: BTreeSet<(usize, usize)>,
}

struct Node {
    relay: Relay,
    owners: BTreeMap<ConnectionId, SeatNo>,
    bridge: Option<Bridge>,
}

/// The client that carries payloads to the other relays.
struct Bridge {
    connection: ConnectionId,
    challenge: [u8; 32],
    frames: u64,
    /// What it published itself comes back to it and goes nowhere.
    carried: BTreeSet<[u8; 32]>,
}

/// What a relay does.
pub(crate) enum Out {
    /// Frames wait for a seat; take them when it reads.
    Waiting(ConnectionId),
    /// A payload is to be carried to another relay.
    Carry { to: usize, topic: Topic, payload: Bytes },
    /// The relay closes a seat's connection after what still waits.
    Close(ConnectionId, wire::CloseReason),
}

impl Relays {
    pub(crate) fn new(count: usize, queue_frames: usize) -> Self {
        let config = Config { queue_frames, ..Config::default() };
        let mut relays =
            Self { nodes: Vec::new(), config, connections: 0, channels: BTreeMap::new(), broken: BTreeSet::new() };
        for _ in 0..count {
            let node = Node { relay: Relay::new(relays.config.clone()), owners: BTreeMap::new(), bridge: None };
            relays.nodes.push(node);
        }
        relays
    }

    pub(crate) fn count(&self) -> usize {
        self.nodes.len()
    }

    /// Opens a connection for a seat.
    pub(crate) fn open(
        &mut self,
        at: usize,
        seat: SeatNo,
        challenge: [u8; 32],
        now: Millis,
    ) -> (ConnectionId, Vec<Out>) {
        self.ensure_bridge(at, challenge, now);
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        self.nodes[at].owners.insert(connection, seat);
        let opened = Input::Opened { connection, host: HOST.into(), challenge };
        (connection, self.take_in(at, opened, now))
    }

    /// Takes bytes from a client.
    pub(crate) fn received(&mut self, connection: ConnectionId, bytes: Bytes, now: Millis) -> Vec<Out> {
        let Some(at) = self.node_of(connection) else { return Vec::new() };
        self.take_in(at, Input::Received { connection, bytes }, now)
    }

    /// The socket of a client is gone.
    pub(crate) fn closed(&mut self, connection: ConnectionId, now: Millis) {
        let Some(at) = self.node_of(connection) else { return };
        self.nodes[at].owners.remove(&connection);
        self.nodes[at].relay.handle(Input::Closed { connection }, now);
    }

    /// Who holds a connection that is open.
    pub(crate) fn owner(&self, connection: ConnectionId) -> Option<SeatNo> {
        self.nodes.iter().find_map(|node| node.owners.get(&connection).copied())
    }

    /// The connections a seat holds: at most one is alive, others may be dead without the relay knowing.
    pub(crate) fn connections_of(&self, seat: SeatNo) -> Vec<ConnectionId> {
        let owners = self.nodes.iter().flat_map(|node| &node.owners);
        owners.filter(|(_, owner)| **owner == seat).map(|(connection, _)| *connection).collect()
    }

    /// What waits for a client.
    pub(crate) fn take(&mut self, connection: ConnectionId) -> Vec<Bytes> {
        match self.node_of(connection) {
            Some(at) => self.nodes[at].relay.take(connection, usize::MAX),
            None => Vec::new(),
        }
    }

    /// A relay dies with everything it knew and another is started. Returns who lost the connection.
    pub(crate) fn crash(&mut self, at: usize) -> Vec<(SeatNo, ConnectionId)> {
        let node = &mut self.nodes[at];
        node.relay = Relay::new(self.config.clone());
        node.bridge = None;
        std::mem::take(&mut node.owners).into_iter().map(|(connection, seat)| (seat, connection)).collect()
    }

    /// Breaks or mends the way from one relay to another.
    pub(crate) fn part(&mut self, from: usize, to: usize, broken: bool) {
        if broken {
            self.broken.insert((from, to));
        } else {
            self.broken.remove(&(from, to));
        }
    }

    /// All relays hear each other again.
    pub(crate) fn mend(&mut self) {
        self.broken.clear();
    }

    /// A channel somebody attends: the bridges carry it from now on.
    pub(crate) fn learns(&mut self, channel: &Channel, now: Millis) {
        if self.nodes.len() < 2 || self.channels.contains_key(&channel.topic()) {
            return;
        }
        self.channels.insert(channel.topic(), channel.clone());
        for at in 0..self.nodes.len() {
            self.attend(at, std::slice::from_ref(channel), now);
        }
    }

    /// Publishes a payload that came over a bridge.
    pub(crate) fn carried(&mut self, to: usize, topic: Topic, payload: Bytes, now: Millis) -> Vec<Out> {
        let Some(bridge) = &mut self.nodes[to].bridge else { return Vec::new() };
        bridge.carried.insert(Sha256::digest(&payload).into());
        bridge.frames += 1;
        let (connection, id) = (bridge.connection, FrameId(bridge.frames));
        let bytes = FromClient::Publish { topic, id, payload }.encode();
        self.take_in(to, Input::Received { connection, bytes }, now)
    }

    fn node_of(&self, connection: ConnectionId) -> Option<usize> {
        self.nodes.iter().position(|node| {
            node.owners.contains_key(&connection)
                || node.bridge.as_ref().is_some_and(|bridge| bridge.connection == connection)
        })
    }

    fn ensure_bridge(&mut self, at: usize, challenge: [u8; 32], now: Millis) {
        if self.nodes.len() < 2 || self.nodes[at].bridge.is_some() {
            return;
        }
        self.connections += 1;
        let connection = ConnectionId(self.connections);
        self.nodes[at].bridge = Some(Bridge { connection, challenge, frames: 0, carried: BTreeSet::new() });
        self.take_in(at, Input::Opened { connection, host: HOST.into(), challenge }, now);
        let channels: Vec<Channel> = self.channels.values().cloned().collect();
        self.attend(at, &channels, now);
    }

    fn attend(&mut self, at: usize, channels: &[Channel], now: Millis) {
        let Some(bridge) = &self.nodes[at].bridge else { return };
        let (connection, challenge) = (bridge.connection, bridge.challenge);
        for channel in channels {
            let proof = channel.prove(HOST, &challenge).encode();
            self.take_in(at, Input::Received { connection, bytes: proof }, now);
            let bytes = FromClient::Subscribe { topic: channel.topic() }.encode();
            self.take_in(at, Input::Received { connection, bytes }, now);
        }
    }

    fn take_in(&mut self, at: usize, input: Input, now: Millis) -> Vec<Out> {
        let mut outs = Vec::new();
        for command in self.nodes[at].relay.handle(input, now) {
            match command {
                Command::Wake { connection } if self.is_bridge(at, connection) => self.carry(at, &mut outs),
                Command::Wake { connection } => outs.push(Out::Waiting(connection)),
                Command::Close { connection, reason } => outs.push(Out::Close(connection, reason)),
                // Nobody here is too fast for the others, and the relays of this network know nothing of each other.
                Command::Pause { .. }
                | Command::Resume { .. }
                | Command::EndRound
                | Command::Listen { .. }
                | Command::Unlisten { .. }
                | Command::Forward { .. }
                | Command::Recall { .. } => {}
            }
        }
        outs
    }

    fn is_bridge(&self, at: usize, connection: ConnectionId) -> bool {
        self.nodes[at].bridge.as_ref().is_some_and(|bridge| bridge.connection == connection)
    }

    fn carry(&mut self, at: usize, outs: &mut Vec<Out>) {
        let others: Vec<usize> =
            (0..self.nodes.len()).filter(|to| *to != at && !self.broken.contains(&(at, *to))).collect();
        let Node { relay, bridge: Some(bridge), .. } = &mut self.nodes[at] else { return };
        for bytes in relay.take(bridge.connection, usize::MAX) {
            let Ok(FromRelay::Deliver { topic, payload, .. }) = FromRelay::decode(bytes) else { continue };
            if bridge.carried.remove(&<[u8; 32]>::from(Sha256::digest(&payload))) {
                continue;
            }
            for to in &others {
                outs.push(Out::Carry { to: *to, topic, payload: payload.clone() });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use room::{Channel, ChannelSecret};

    use super::*;

    struct Client {
        connection: ConnectionId,
        at: usize,
    }

    fn joins(relays: &mut Relays, channel: &Channel, at: usize, seat: usize) -> Client {
        let (connection, _) = relays.open(at, SeatNo(seat), [7; 32], 0);
        relays.learns(channel, 0);
        relays.received(connection, channel.prove(HOST, &[7; 32]).encode(), 0);
        relays.received(connection, FromClient::Subscribe { topic: channel.topic() }.encode(), 0);
        relays.take(connection);
        Client { connection, at }
    }

    fn says(relays: &mut Relays, channel: &Channel, client: &Client, text: &'static str) {
        let (topic, payload) = (channel.topic(), Bytes::from(text));
        let mut outs =
            relays.received(client.connection, FromClient::Publish { topic, id: FrameId(1), payload }.encode(), 0);
        while let Some(out) = outs.pop() {
            if let Out::Carry { to, topic, payload } = out {
                assert_ne!(to, client.at);
                outs.extend(relays.carried(to, topic, payload, 0));
            }
        }
    }

    fn hears(relays: &mut Relays, client: &Client) -> Vec<Bytes> {
        let frames = relays.take(client.connection).into_iter().map(|bytes| FromRelay::decode(bytes).expect("fair"));
        frames
            .filter_map(|frame| {
                let FromRelay::Deliver { payload, .. } = frame else { return None };
                Some(payload)
            })
            .collect()
    }

    #[test]
    fn bridges_carry_until_they_break_and_once_only() {
        let channel = Channel::new(&ChannelSecret::new([3; 64]));
        let mut relays = Relays::new(3, 256);
        let clients: Vec<Client> = (0..3).map(|at| joins(&mut relays, &channel, at, at)).collect();
        says(&mut relays, &channel, &clients[0], "one");
        for client in &clients {
            assert_eq!(hears(&mut relays, client), ["one"]);
        }
        relays.part(0, 1, true);
        says(&mut relays, &channel, &clients[0], "two");
        says(&mut relays, &channel, &clients[1], "three");
        assert_eq!(hears(&mut relays, &clients[0]), ["two", "three"]);
        assert_eq!(hears(&mut relays, &clients[1]), ["three"]);
        assert_eq!(hears(&mut relays, &clients[2]), ["two", "three"]);
        relays.mend();
        says(&mut relays, &channel, &clients[0], "four");
        assert_eq!(hears(&mut relays, &clients[1]), ["four"]);
    }

    #[test]
    fn a_killed_relay_knows_nobody() {
        let channel = Channel::new(&ChannelSecret::new([3; 64]));
        let mut relays = Relays::new(1, 256);
        let client = joins(&mut relays, &channel, 0, 4);
        assert_eq!(relays.crash(0), [(SeatNo(4), client.connection)]);
        says(&mut relays, &channel, &client, "lost");
        assert!(hears(&mut relays, &client).is_empty());
        assert_eq!(relays.owner(client.connection), None);
    }
}
