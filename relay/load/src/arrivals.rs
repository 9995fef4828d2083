//! What came to the members of all rooms, counted.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tokio::sync::Notify;

use crate::latency::Latency;

/// Bytes at the beginning of every payload that say when it was sent.
pub const STAMP_BYTES: usize = 8;

/// What was sent to a room and came out of it.
#[derive(Default)]
pub struct Room {
    /// Messages published.
    pub sent: Cell<u64>,
    /// Deliveries of them, to all members together.
    pub delivered: Cell<u64>,
    /// Rung when as many deliveries more have come as a message has.
    pub came: Notify,
}

/// What went wrong, and how often.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    /// A server said that it dropped deliveries.
    Gap,
    /// A server did not forward a message.
    Refused,
    /// A delivery did not follow the one before it, without a Gap.
    OutOfOrder,
    /// Something that is not understood, or has no stamp.
    Unknown,
    /// A connection ended.
    Closed,
}

/// What came to the members.
pub struct Arrivals {
    begin: Instant,
    /// The rooms by number.
    pub rooms: Vec<Room>,
    /// Deliveries that a message has.
    pub fan_out: u64,
    recording: Cell<bool>,
    recorded: Cell<u64>,
    latency: RefCell<Latency>,
    faults: RefCell<BTreeMap<Fault, u64>>,
    codes: RefCell<BTreeMap<u16, u64>>,
}

impl Arrivals {
    /// Returns those of rooms in which a message has so many deliveries.
    pub fn new(rooms: usize, fan_out: u64) -> Self {
        Self {
            begin: Instant::now(),
            rooms: (0..rooms).map(|_| Room::default()).collect(),
            fan_out,
            recording: Cell::new(false),
            recorded: Cell::new(0),
            latency: RefCell::new(Latency::new()),
            faults: RefCell::default(),
            codes: RefCell::default(),
        }
    }

    /// Returns the stamp of a message that is sent, or was due, at this time.
    pub fn stamp(&self, at: Instant) -> [u8; STAMP_BYTES] {
        let since = at.saturating_duration_since(self.begin);
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX).to_be_bytes()
    }

    /// Counts a delivery that came to a member of a room at `now`.
    pub fn delivered(&self, room: usize, payload: &[u8], now: Instant) {
        let Some(stamp) = payload.first_chunk() else { return self.fault(Fault::Unknown) };
        let room = &self.rooms[room];
        let delivered = room.delivered.get() + 1;
        room.delivered.set(delivered);
        if delivered.is_multiple_of(self.fan_out) {
            room.came.notify_one();
        }
        if self.recording.get() {
            self.recorded.set(self.recorded.get() + 1);
            let sent = self.begin + Duration::from_nanos(u64::from_be_bytes(*stamp));
            self.latency.borrow_mut().record(now.saturating_duration_since(sent));
        }
    }

    /// Counts a fault.
    pub fn fault(&self, fault: Fault) {
        *self.faults.borrow_mut().entry(fault).or_default() += 1;
    }

    /// Counts a connection that the server closes with a code.
    pub fn closed(&self, code: u16) {
        *self.codes.borrow_mut().entry(code).or_default() += 1;
    }

    /// Returns how often a fault was counted since the recording began.
    pub fn faults(&self, fault: Fault) -> u64 {
        self.faults.borrow().get(&fault).copied().unwrap_or_default()
    }

    /// Begins to record, with nothing recorded and no faults.
    pub fn record(&self) {
        *self.latency.borrow_mut() = Latency::new();
        self.recorded.set(0);
        self.faults.borrow_mut().clear();
        self.codes.borrow_mut().clear();
        self.recording.set(true);
    }

    /// Ends the recording and returns how many deliveries were recorded.
    pub fn end_of_record(&self) -> u64 {
        self.recording.set(false);
        self.recorded.get()
    }

    /// Returns how many messages were published in all.
    pub fn sent(&self) -> u64 {
        self.rooms.iter().map(|room| room.sent.get()).sum()
    }

    /// Returns how many deliveries of what was published have not come.
    pub fn missing(&self) -> u64 {
        let expected = |room: &Room| room.sent.get() * self.fan_out;
        self.rooms.iter().map(|room| expected(room).saturating_sub(room.delivered.get())).sum()
    }

    /// Adds latency and faults to what is reported.
    pub fn report(&self, figures: &mut Map<String, Value>) {
        let latency = self.latency.borrow();
        for (name, part) in [("p50_ms", 0.5), ("p99_ms", 0.99), ("p999_ms", 0.999), ("max_ms", 1.0)] {
            figures.insert(name.into(), json!(latency.milliseconds(part)));
        }
        for (name, fault) in [
            ("gaps", Fault::Gap),
            ("refused", Fault::Refused),
            ("out_of_order", Fault::OutOfOrder),
            ("unknown", Fault::Unknown),
            ("closed", Fault::Closed),
        ] {
            figures.insert(name.into(), json!(self.faults(fault)));
        }
        let codes = self.codes.borrow();
        let codes: Map<String, Value> = codes.iter().map(|(code, count)| (code.to_string(), json!(count))).collect();
        figures.insert("close_codes".into(), Value::Object(codes));
    }
}
