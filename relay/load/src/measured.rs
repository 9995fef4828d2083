//! A crowd that publishes for some seconds, and what it took.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context;
use bytes::{Bytes, BytesMut};
use serde_json::{Map, Value, json};
use tokio::task::{JoinHandle, spawn_local};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::arrivals::{Arrivals, STAMP_BYTES};
use crate::crowd::{Crowd, Publisher};
use crate::process::Process;
use crate::settings::Settings;

/// A message that goes out this long after it was due counts from when it was due: it was held up, by the server or by this machine.
const LATE: Duration = Duration::from_millis(5);
/// How long nothing may come before whoever publishes takes what it waits for as lost.
const STANDSTILL: Duration = Duration::from_secs(1);
/// How long what was published last gets to come.
const SETTLING: Duration = Duration::from_secs(3);

/// How fast the rooms publish.
#[derive(Clone, Copy)]
pub enum Pace {
    /// Each has so many messages on their way at most, and as many as that.
    Window(u64),
    /// All together so many messages a second.
    Rate(f64),
}

/// How long, and how much at once.
#[derive(Clone, Copy)]
pub struct Plan {
    /// How fast.
    pub pace: Pace,
    /// Bytes of a message.
    pub payload: usize,
    /// How long before it counts.
    pub warm_up: Duration,
    /// How long it counts.
    pub time: Duration,
    /// The server.
    pub process: Process,
}

impl Plan {
    /// Takes everything but the pace out of the settings.
    pub fn read(settings: &mut Settings, pace: Pace, payload: usize, seconds: f64) -> anyhow::Result<Self> {
        let payload: usize = settings.or("payload", payload)?;
        Ok(Self {
            pace,
            payload: payload.max(STAMP_BYTES),
            warm_up: settings.seconds_or("warm_up", 1.0)?,
            time: settings.seconds_or("seconds", seconds)?,
            process: Process::of(settings.optional("process")?.context("process=PID of the server is missing")?),
        })
    }
}

/// Has the crowd publish as planned, and returns the figures.
pub async fn run(crowd: &mut Crowd, plan: Plan) -> anyhow::Result<Map<String, Value>> {
    let Plan { process, .. } = plan;
    let arrivals = Rc::clone(&crowd.arrivals);
    process.forget_peak();
    let rss_before = process.rss_kib()?;
    let stop = Rc::new(Cell::new(false));
    let late = Rc::new(Cell::new(0));
    let begin = Instant::now();
    let publishers: Vec<JoinHandle<anyhow::Result<Publisher>>> = crowd
        .publishers
        .drain(..)
        .enumerate()
        .map(|(number, publisher)| {
            let work = Work { arrivals: Rc::clone(&arrivals), stop: Rc::clone(&stop), late: Rc::clone(&late) };
            match plan.pace {
                Pace::Window(window) => spawn_local(work.by_window(publisher, plan.payload, window)),
                Pace::Rate(rate) => {
                    let period = Duration::from_secs_f64(crowd.shape.rooms as f64 / rate);
                    let first = begin + period.mul_f64(number as f64 / crowd.shape.rooms as f64);
                    spawn_local(work.by_clock(publisher, plan.payload, first, period))
                }
            }
        })
        .collect();
    sleep(plan.warm_up).await;

    let (server_begin, own_begin) = (process.cpu_ns()?, Process::this().cpu_ns()?);
    let sent_begin = arrivals.sent();
    late.set(0);
    arrivals.record();
    let begin = Instant::now();
    sleep(plan.time).await;
    let deliveries = arrivals.end_of_record();
    let seconds = begin.elapsed().as_secs_f64();
    let sent = arrivals.sent() - sent_begin;
    let server = process.cpu_ns()?.saturating_sub(server_begin) as f64;
    let own = Process::this().cpu_ns()?.saturating_sub(own_begin) as f64;
    let rss_after = process.rss_kib()?;
    let rss_peak = process.peak_kib()?.max(rss_after);

    stop.set(true);
    for publisher in publishers {
        crowd.publishers.push(publisher.await??);
    }
    let settled = Instant::now() + SETTLING;
    while arrivals.missing() > 0 && Instant::now() < settled {
        sleep(Duration::from_millis(10)).await;
    }

    let per_second = deliveries as f64 / seconds;
    let mut figures = Map::new();
    let mut put = |name: &str, value: Value| figures.insert(name.into(), value);
    put("sent", json!(sent));
    put("deliveries", json!(deliveries));
    put("missing", json!(arrivals.missing()));
    put("deliveries_per_s", json!(per_second));
    put("mb_per_s", json!(per_second * plan.payload as f64 / 1e6));
    put("sent_mb_per_s", json!(sent as f64 / seconds * plan.payload as f64 / 1e6));
    put("cpu_us_per_delivery", json!(server / 1e3 / deliveries.max(1) as f64));
    put("server_cpu_percent", json!(server / 1e7 / seconds));
    put("own_cpu_percent", json!(own / 1e7 / seconds));
    put("rss_before_kib", json!(rss_before));
    put("rss_after_kib", json!(rss_after));
    put("rss_peak_kib", json!(rss_peak));
    put("rss_growth_kib", json!(rss_peak.saturating_sub(rss_before)));
    put("late", json!(late.get()));
    arrivals.report(&mut figures);
    Ok(figures)
}

/// What all who publish share.
struct Work {
    arrivals: Rc<Arrivals>,
    stop: Rc<Cell<bool>>,
    late: Rc<Cell<u64>>,
}

impl Work {
    async fn by_window(self, mut publisher: Publisher, payload: usize, window: u64) -> anyhow::Result<Publisher> {
        let room = &self.arrivals.rooms[publisher.room];
        let fan_out = self.arrivals.fan_out;
        let mut message = Message::of(payload);
        let mut out = Vec::new();
        // Deliveries that are not waited for any more.
        let mut given_up = 0;
        while !self.stop.get() {
            let delivered = room.delivered.get();
            let on_their_way = (room.sent.get() * fan_out).saturating_sub(delivered + given_up);
            let free = window.saturating_sub(on_their_way.div_ceil(fan_out));
            if free == 0 {
                let waited = timeout(STANDSTILL, room.came.notified()).await;
                if waited.is_err() && room.delivered.get() == delivered {
                    given_up += on_their_way;
                }
                continue;
            }
            out.clear();
            for _ in 0..free {
                let payload = message.stamped(self.arrivals.stamp(std::time::Instant::now()));
                publisher.voice.publish(&mut out, &payload);
            }
            room.sent.set(room.sent.get() + free);
            publisher.outgoing.push(&out).context("cannot publish")?;
            publisher.outgoing.flush().await.context("cannot publish")?;
        }
        Ok(publisher)
    }

    async fn by_clock(
        self,
        mut publisher: Publisher,
        payload: usize,
        mut due: Instant,
        period: Duration,
    ) -> anyhow::Result<Publisher> {
        let room = &self.arrivals.rooms[publisher.room];
        let mut message = Message::of(payload);
        let mut out = Vec::new();
        loop {
            sleep_until(due).await;
            if self.stop.get() {
                return Ok(publisher);
            }
            let now = Instant::now();
            let is_late = now - due > LATE;
            if is_late {
                self.late.set(self.late.get() + 1);
            }
            let stamp = self.arrivals.stamp(if is_late { due } else { now }.into_std());
            out.clear();
            publisher.voice.publish(&mut out, &message.stamped(stamp));
            room.sent.set(room.sent.get() + 1);
            publisher.outgoing.push(&out).context("cannot publish")?;
            publisher.outgoing.flush().await.context("cannot publish")?;
            due += period;
        }
    }
}

/// The bytes of a message, made once.
struct Message(BytesMut);

impl Message {
    fn of(length: usize) -> Self {
        Self(BytesMut::from(&vec![0x55; length][..]))
    }

    fn stamped(&mut self, stamp: [u8; STAMP_BYTES]) -> Bytes {
        self.0[..STAMP_BYTES].copy_from_slice(&stamp);
        Bytes::copy_from_slice(&self.0)
    }
}
