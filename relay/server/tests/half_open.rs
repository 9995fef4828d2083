//! Connections that never become anything.

#[expect(dead_code, reason = "only the process and bare lines are wanted")]
mod running;

use std::time::Duration;

use running::process::Process;
use running::wires::{Line, Seen};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout, timeout_at};
use wire::{FromClient, FromRelay};

/// How many of each kind.
const EACH: usize = 500;

/// Time after which the relay must have closed them; a request gets 5 seconds.
const TIME: Duration = Duration::from_secs(6);

/// Time between two bytes: a request would take minutes.
const PAUSE: Duration = Duration::from_millis(250);

/// Longest a ping of somebody else may take meanwhile.
const ROUND_TRIP: Duration = Duration::from_secs(1);

/// Waits for the end of a line and says whether it came in time.
async fn ends(mut line: Line, until: Instant) -> bool {
    timeout_at(until, line.read_to_end()).await.is_ok()
}

/// Sends a request so slowly that it never ends, and says whether the line ended in time.
async fn trickles(mut line: Line, until: Instant) -> bool {
    let request = line.request();
    for byte in request.bytes() {
        line.write(&[byte]).await;
        if timeout(PAUSE, line.read_to_end()).await.is_ok() {
            return Instant::now() <= until;
        }
        if Instant::now() > until {
            return false;
        }
    }
    panic!("a whole request was sent");
}

#[tokio::test]
async fn connections_that_send_no_request_are_closed_and_hold_up_nobody() {
    // Setup: Alice talks to the relay.
    let process = Process::start();
    let mut alice = Line::open(process.address).await;
    alice.send(&FromClient::Subscribe { topic: wire::Topic([1; 32]) }).await;

    // Pressure: some send nothing, some half a request, some a byte now and then.
    let mut waiting = JoinSet::new();
    let mut trickling = JoinSet::new();
    for number in 0..EACH {
        let mut line = Line::connect(process.address).await;
        if number % 2 == 0 {
            let request = line.request();
            line.write(&request.as_bytes()[..request.len() / 2]).await;
        }
        waiting.spawn(ends(line, Instant::now() + TIME));
        trickling.spawn(trickles(Line::connect(process.address).await, Instant::now() + TIME));
    }
    let (mut closed_waiting, mut closed_trickling) = (0, 0);
    let mut slowest = Duration::ZERO;
    let mut pings = interval(Duration::from_millis(200));
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !(waiting.is_empty() && trickling.is_empty()) {
        tokio::select! {
            _ = pings.tick() => {
                let asked = Instant::now();
                alice.send(&FromClient::Ping).await;
                assert_eq!(alice.next().await, Seen::Told(FromRelay::Pong));
                slowest = slowest.max(asked.elapsed());
            }
            Some(ended) = waiting.join_next() => closed_waiting += usize::from(ended.expect("it does not panic")),
            Some(ended) = trickling.join_next() => closed_trickling += usize::from(ended.expect("it does not panic")),
        }
    }

    // Expected: all of them are closed, and Alice noticed nothing.
    assert!(slowest < ROUND_TRIP, "a ping took {slowest:?}");
    let closed = (closed_waiting, closed_trickling);
    assert_eq!(closed, (EACH, EACH), "closed within {TIME:?}: those who wait, those who trickle");
}

/// Sockets that say nothing, and the memory each may take.
#[cfg(target_os = "linux")]
const SILENT: u32 = 1_000;
#[cfg(target_os = "linux")]
const SILENT_BYTES: u64 = 4 * 1024;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn sockets_that_say_nothing_take_hardly_any_memory() {
    let process = Process::start();
    // Whoever comes after them is served, so they are there.
    let arrive = async |count: u32| {
        let mut lines = Vec::new();
        for _ in 0..count {
            lines.push(Line::connect(process.address).await);
        }
        drop(Line::open(process.address).await);
        lines
    };
    let _first = arrive(20).await;
    let before = process.resident_bytes();
    let _silent = arrive(SILENT).await;
    let each = process.resident_bytes().saturating_sub(before) / u64::from(SILENT);
    assert!(each < SILENT_BYTES, "{each} bytes for a socket that says nothing");
}
