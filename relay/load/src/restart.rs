//! Clients of a relay that stops and starts again: when they are back, in what throng, and what is lost.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio::select;
use tokio::task::spawn_local;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep, sleep_until, timeout};

use crate::crowd::{self, Entry, Member};
use crate::protocol::{Heard, Protocol};
use crate::settings::Settings;

/// The first and the longest time that a client draws from when it cannot connect: it doubles each time.
const BACKOFF: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(30)];
/// The span in which connections are counted.
const THRONG: Duration = Duration::from_millis(100);
/// How long the server gets to be stopped, and how long everybody gets to be back.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long what was published last gets to come back.
const SETTLING: Duration = Duration::from_secs(5);
/// How often a client that publishes does so, and how many bytes.
const PERIOD: Duration = Duration::from_millis(20);
const PAYLOAD_BYTES: usize = 1024;

/// What all clients tell of themselves.
#[derive(Default)]
struct Log {
    subscribed: Cell<usize>,
    /// When the first one was told to go, or lost its connection.
    lost_first: Cell<Option<Instant>>,
    /// When somebody tried to connect, and when somebody was subscribed, since then.
    attempts: RefCell<Vec<Instant>>,
    returns: RefCell<Vec<Instant>>,
    drains: Cell<u64>,
    published: Cell<u64>,
    published_again: Cell<u64>,
    came_again: Cell<u64>,
    /// What has been published and has not come back, of all clients together.
    kept: Cell<usize>,
    stop: Cell<bool>,
}

/// Subscribes everybody, says `ready`, and waits until the server was stopped and everybody is back.
pub async fn run(mut settings: Settings) -> anyhow::Result<Map<String, Value>> {
    let server = settings.address()?;
    let clients: usize = settings.or("clients", 1_000)?;
    let members: usize = settings.or("members", 10)?;
    let publishers: usize = settings.or("publishers", 10)?;
    if members == 0 || publishers * members > clients {
        bail!("one client of each room may publish, and there are not so many rooms");
    }
    settings.end()?;
    let log = Rc::new(Log::default());
    for number in 0..clients {
        let entry = Entry { room: number / members, subscribes: true, receive_bytes: None };
        let publishes = number % members == 0 && number / members < publishers;
        spawn_local(live(server, entry, publishes.then(Outbox::default), Rc::clone(&log)));
        sleep(Duration::from_millis(1)).await;
    }
    until("nobody could connect", || log.subscribed.get() == clients).await?;
    writeln!(io::stdout(), "ready")?;

    until("the server was not stopped", || log.lost_first.get().is_some()).await?;
    let begin = log.lost_first.get().context("somebody lost its connection")?;
    until("not everybody came back", || log.subscribed.get() == clients && log.returns.borrow().len() >= clients)
        .await?;
    let back = begin.elapsed();
    // What is published after the return must come as well.
    sleep(Duration::from_secs(1)).await;
    log.stop.set(true);
    drop(timeout(SETTLING, until("", || log.kept.get() == 0)).await);

    let mut figures = Map::new();
    let mut put = |name: &str, value: Value| figures.insert(name.into(), value);
    put("clients", json!(clients));
    put("all_back_s", json!(back.as_secs_f64()));
    put("told_to_drain", json!(log.drains.get()));
    put("attempts", json!(log.attempts.borrow().len()));
    put("most_attempts_in_100_ms", json!(most_within(&log.attempts.borrow(), THRONG)));
    put("most_returns_in_100_ms", json!(most_within(&log.returns.borrow(), THRONG)));
    put("published", json!(log.published.get()));
    put("published_again", json!(log.published_again.get()));
    put("came_again", json!(log.came_again.get()));
    put("lost", json!(log.kept.get()));
    Ok(figures)
}

async fn until(otherwise: &'static str, condition: impl Fn() -> bool) -> anyhow::Result<()> {
    let looking = async {
        while !condition() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, looking).await.context(otherwise)
}

/// What a client has published and not seen come back.
#[derive(Default)]
struct Outbox {
    last: u64,
    kept: BTreeSet<u64>,
}

impl Outbox {
    fn payload(number: u64) -> Bytes {
        let mut bytes = vec![0x55; PAYLOAD_BYTES];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        bytes.into()
    }
}

/// One client, for ever.
async fn live(server: SocketAddr, entry: Entry, mut outbox: Option<Outbox>, log: Rc<Log>) {
    let mut failures = 0;
    loop {
        if log.lost_first.get().is_some() {
            log.attempts.borrow_mut().push(Instant::now());
        }
        let Ok(member) = crowd::enter(Protocol::Ours, server, entry).await else {
            sleep(backoff(failures)).await;
            failures += 1;
            continue;
        };
        failures = 0;
        log.subscribed.set(log.subscribed.get() + 1);
        if log.lost_first.get().is_some() {
            log.returns.borrow_mut().push(Instant::now());
        }
        let come_back = stay(member, outbox.as_mut(), &log).await;
        log.subscribed.set(log.subscribed.get() - 1);
        log.lost_first.set(log.lost_first.get().or(Some(Instant::now())));
        match come_back {
            Some(at) => sleep_until(at).await,
            None => sleep(backoff(0)).await,
        }
    }
}

/// Is subscribed until the connection ends; returns when to come back, if the relay said so.
async fn stay(mut member: Member, mut outbox: Option<&mut Outbox>, log: &Log) -> Option<Instant> {
    let mut out = Vec::new();
    if let Some(outbox) = outbox.as_deref() {
        for number in &outbox.kept {
            member.voice.publish(&mut out, &Outbox::payload(*number));
            log.published_again.set(log.published_again.get() + 1);
        }
        drop(member.outgoing.push(&out));
    }
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut come_back = None;
    let mut closed = false;
    loop {
        let Member { incoming, ear, outgoing, voice, .. } = &mut member;
        let publishes = outbox.is_some() && come_back.is_none() && !log.stop.get();
        select! {
            more = incoming.read(|frame| ear.hear(frame, |heard| match heard {
                Heard::Delivery(payload) => {
                    if let (Some(outbox), Some(number)) = (outbox.as_deref_mut(), payload.first_chunk()) {
                        if outbox.kept.remove(&u64::from_be_bytes(*number)) {
                            log.kept.set(log.kept.get() - 1);
                        } else {
                            log.came_again.set(log.came_again.get() + 1);
                        }
                    }
                }
                Heard::Answer(bytes) => drop(outgoing.push(&bytes)),
                Heard::Drain(milliseconds) => {
                    log.drains.set(log.drains.get() + 1);
                    come_back = Some(Instant::now() + Duration::from_millis(milliseconds.into()));
                    log.lost_first.set(log.lost_first.get().or(Some(Instant::now())));
                }
                Heard::Close(_) => closed = true,
                Heard::Ready | Heard::OutOfOrder | Heard::Gap | Heard::Refused | Heard::Unknown => {}
            })) => {
                if closed || !more.is_ok_and(|more| more) {
                    return come_back;
                }
            }
            () = tick(&mut ticks), if publishes => {
                if let Some(outbox) = outbox.as_deref_mut() {
                    outbox.last += 1;
                    outbox.kept.insert(outbox.last);
                    log.kept.set(log.kept.get() + 1);
                    log.published.set(log.published.get() + 1);
                    out.clear();
                    voice.publish(&mut out, &Outbox::payload(outbox.last));
                    // If it cannot be written it is kept, and published again.
                    drop(outgoing.push(&out));
                }
            }
        }
    }
}

async fn tick(ticks: &mut Interval) {
    ticks.tick().await;
}

/// Returns a time anywhere between none at all and the longest after so many failures.
fn backoff(failures: u32) -> Duration {
    let [first, longest] = BACKOFF;
    let most = first.saturating_mul(1 << failures.min(16)).min(longest);
    let drawn = getrandom::u32().unwrap_or(u32::MAX);
    most.mul_f64(f64::from(drawn) / f64::from(u32::MAX))
}

/// Returns the largest number of these times, which go up, within any span.
fn most_within(times: &[Instant], span: Duration) -> usize {
    let mut within = VecDeque::new();
    let mut most = 0;
    for time in times {
        within.push_back(*time);
        while within.front().is_some_and(|first| *time - *first >= span) {
            within.pop_front();
        }
        most = most.max(within.len());
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thickest_span_is_found_wherever_it_is() {
        let begin = Instant::now();
        let times: Vec<Instant> = [0, 50, 90, 100, 120, 189, 400].map(|at| begin + Duration::from_millis(at)).into();
        assert_eq!(most_within(&times, Duration::from_millis(100)), 4);
        assert_eq!(most_within(&[], Duration::from_millis(100)), 0);
    }

    #[test]
    fn backing_off_is_bounded() {
        for failures in [0, 1, 6, 40] {
            assert!(backoff(failures) <= BACKOFF[1], "{failures}");
        }
        assert!(backoff(0) <= BACKOFF[0]);
    }
}
