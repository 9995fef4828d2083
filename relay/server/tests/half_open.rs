//! Connections that never become anything.

#[expect(dead_code, reason = "only the process and bare lines are wanted")]
mod running;

use std::time::Duration;

use running::process::Process;
use running::wires::{Line, Seen};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout, timeout_at};
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

#[tokio::test]
async fn a_request_that_comes_in_pieces_is_answered_once_it_is_whole() {
    let process = Process::start();
    for length in [1, 7, 100] {
        for end_of_line in ["\r\n", "\n"] {
            let mut line = Line::connect(process.address).await;
            let request = line.request().replace("\r\n", end_of_line);
            for piece in request.as_bytes().chunks(length) {
                line.write(piece).await;
                sleep(Duration::from_millis(1)).await;
            }
            let head = line.head().await.expect("the relay answers");
            assert!(head.starts_with("HTTP/1.1 101"), "in pieces of {length}, {end_of_line:?}: {head}");
        }
    }
}

#[tokio::test]
async fn who_goes_in_the_middle_of_a_request_is_let_go_at_once() {
    let process = Process::start();
    let mut line = Line::connect(process.address).await;
    let request = line.request();
    line.write(&request.as_bytes()[..request.len() / 2]).await;
    sleep(PAUSE).await;
    line.finish().await;
    assert!(ends(line, Instant::now() + ROUND_TRIP).await);
}

/// Requests on one socket, and the least time they take when four pass in a millisecond, and 400 at once.
const REQUESTS: usize = 2_500;
const THEIR_TIME: Duration = Duration::from_millis(500);

#[tokio::test]
async fn whatever_is_asked_on_one_socket_waits_for_its_turns() {
    let process = Process::start();
    let foreign = "Origin: https://evil.example\r\nContent-Length: 0\r\n";
    for (asked, more) in [("GET /", ""), ("GET /v1/publish", ""), ("POST /v1/publish", foreign)] {
        let mut line = Line::connect(process.address).await;
        let request = |more: &str| format!("{asked} HTTP/1.1\r\nHost: {}\r\n{more}\r\n", process.address);
        let begun = Instant::now();
        line.write(request(more).repeat(REQUESTS - 1).as_bytes()).await;
        line.write(request(&format!("{more}Connection: close\r\n")).as_bytes()).await;
        line.read_to_end().await;
        assert!(begun.elapsed() >= THEIR_TIME, "{asked}: all {REQUESTS} in {:?}", begun.elapsed());
    }
}

/// Sockets that say nothing or little, and the memory each may take.
#[cfg(target_os = "linux")]
const SILENT: u32 = 1_000;
#[cfg(target_os = "linux")]
const SILENT_BYTES: u64 = 4 * 1024;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn sockets_that_say_nothing_or_half_a_request_take_hardly_any_memory() {
    let process = Process::start();
    // Whoever comes after them is served, so they are there.
    let arrive = async |count: u32, half: usize| {
        let mut lines = Vec::new();
        for _ in 0..count {
            let mut line = Line::connect(process.address).await;
            let request = line.request();
            line.write(&request.as_bytes()[..request.len() / 2 * half]).await;
            lines.push(line);
        }
        drop(Line::open(process.address).await);
        lines
    };
    let _first = (arrive(20, 0).await, arrive(20, 1).await);
    for half in [0, 1] {
        let before = process.resident_bytes();
        let _silent = arrive(SILENT, half).await;
        let each = process.resident_bytes().saturating_sub(before) / u64::from(SILENT);
        assert!(each < SILENT_BYTES, "{each} bytes for a socket that has said {half} halves of a request");
    }
}
