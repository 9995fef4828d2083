//! What passes between seats and relays, and the connections it passes on.

use bytes::Bytes;
use relay_core::ConnectionId;
use sha2::Digest;
use wire::{FromClient, FromRelay};

use super::SeatNo;
use super::draws::Draws;
use super::faults::Fault;
use super::relays::Out;
use super::schedule::{Happening, Schedule};
use super::verdict::{Breach, Class};
use crate::Millis;

/// What a bridge between two relays takes.
const BRIDGE_MS: (Millis, Millis) = (1, 40);
/// A connection that broke is made again after so long.
pub(crate) const REDIALS_MS: (Millis, Millis) = (200, 4_000);
const DELIVER: u8 = 0x82;
const GAP: u8 = 0x84;

impl Schedule {
    pub(crate) fn reaches_relay(&mut self, connection: ConnectionId, bytes: Bytes) {
        let Some(seat) = self.relays.owner(connection) else { return };
        self.passed(b">", connection, &bytes);
        if let Ok(FromClient::Publish { topic, payload, .. }) = FromClient::decode(bytes.clone()) {
            self.captured.push((topic, payload));
        }
        self.publishing = Some(seat);
        let outs = self.relays.received(connection, bytes, self.now);
        self.serves(outs);
        self.publishing = None;
    }

    pub(crate) fn reaches_seat(&mut self, seat: SeatNo, connection: ConnectionId, bytes: Bytes) {
        if self.seats[seat.0].connection() != Some(connection) {
            return;
        }
        self.passed(b"<", connection, &bytes);
        let Ok(frame) = FromRelay::decode(bytes) else {
            return self.breaches(Breach::new(Class::Wedged, "I12", "a relay speaks another language".into()));
        };
        let doom = self.doom(seat);
        let done = self.seats[seat.0].hears(frame, self.now, doom);
        self.performs(seat, done);
    }

    fn passed(&mut self, way: &[u8], connection: ConnectionId, bytes: &Bytes) {
        self.transcript.update(way);
        self.transcript.update(self.now.to_be_bytes());
        self.transcript.update(connection.0.to_be_bytes());
        self.transcript.update((bytes.len() as u64).to_be_bytes());
        self.transcript.update(bytes);
    }

    /// Does what relays ask for.
    pub(crate) fn serves(&mut self, outs: Vec<Out>) {
        for out in outs {
            match out {
                Out::Waiting(connection) => self.flushes(connection),
                Out::Carry { to, topic, payload } => {
                    let after = self.net.between(BRIDGE_MS.0, BRIDGE_MS.1);
                    self.later(after, Happening::Carried(to, topic, payload));
                }
                Out::Close(connection, reason) => {
                    let Some(seat) = self.relays.owner(connection) else { continue };
                    if reason == wire::CloseReason::Slow {
                        self.hits.hit(Fault::ClosedSlow);
                    }
                    self.says(&seat, format_args!("closed by the relay: {reason:?}"));
                    self.links[seat.0].unread = false;
                    self.breaks(seat, REDIALS_MS);
                }
            }
        }
    }

    /// Writes what waits for a seat to its socket, unless it does not read.
    fn flushes(&mut self, connection: ConnectionId) {
        let Some(seat) = self.relays.owner(connection) else { return };
        if self.links[seat.0].unread {
            return;
        }
        for bytes in self.relays.take(connection) {
            let is_payload = is_deliver(&bytes);
            if bytes.first() == Some(&GAP) {
                self.hits.hit(Fault::Gap);
            }
            let bytes = if is_payload && !self.calm {
                let corrupt = self.knobs.corrupt;
                match self.malice.passes(bytes, self.publishing, seat, corrupt, &mut self.net, &mut self.hits) {
                    Some(bytes) => bytes,
                    None => continue,
                }
            } else {
                bytes
            };
            self.sends_down(seat, connection, bytes, is_payload);
        }
    }

    pub(crate) fn sends_down(&mut self, seat: SeatNo, connection: ConnectionId, bytes: Bytes, is_payload: bool) {
        let way = &mut self.links[seat.0].down;
        for at in way.travel(self.now, is_payload, &self.rates, &mut self.net, &mut self.hits) {
            self.queue.push(at, Happening::ToSeat(seat, connection, bytes.clone()));
        }
    }

    /// A seat that did not read does again.
    pub(crate) fn reads(&mut self, seat: SeatNo) {
        self.links[seat.0].unread = false;
        if let Some(connection) = self.seats[seat.0].connection() {
            self.flushes(connection);
        }
    }

    pub(crate) fn mends_link(&mut self, seat: SeatNo) {
        self.links[seat.0].up.cut = false;
        self.links[seat.0].down.cut = false;
    }

    /// Makes a connection, if the seat wants one and has none.
    pub(crate) fn dials(&mut self, seat: SeatNo) {
        let who = &self.seats[seat.0];
        if !who.present || !who.is_open() || who.connection().is_some() {
            return;
        }
        let at = self.net.below(self.relays.count());
        let challenge = self.net.bytes();
        self.says(&seat, format_args!("connects to relay {at}"));
        let (connection, outs) = self.relays.open(at, seat, challenge, self.now);
        self.seats[seat.0].dials(connection);
        self.serves(outs);
    }

    /// The connection is gone, and the seat knows it.
    pub(crate) fn hangs_up(&mut self, seat: SeatNo) {
        let Some(connection) = self.seats[seat.0].connection() else { return };
        self.relays.closed(connection, self.now);
        self.links[seat.0].unread = false;
        self.says(&seat, format_args!("is disconnected"));
        let done = self.seats[seat.0].hangs_up(self.now);
        self.performs(seat, done);
    }

    /// The connection breaks and is made again after a while.
    pub(crate) fn breaks(&mut self, seat: SeatNo, redials_ms: (Millis, Millis)) {
        self.hangs_up(seat);
        let after = self.net.between(redials_ms.0, redials_ms.1);
        self.later(after, Happening::Dials(seat));
    }

    /// A page is gone from the world's point of view: its connection is dead.
    pub(crate) fn drops_socket_of(&mut self, seat: SeatNo) {
        for connection in self.relays.connections_of(seat) {
            self.relays.closed(connection, self.now);
        }
    }
}

pub(crate) fn is_deliver(bytes: &Bytes) -> bool {
    bytes.first() == Some(&DELIVER)
}
