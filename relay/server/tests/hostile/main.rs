//! The relay as a process, given what no client would send: it stays up, stays as large as it is, and says nothing.

#[path = "../running/mod.rs"]
#[expect(dead_code, reason = "polite clients and the relay within this process are for the other files")]
mod running;

mod by_hand;
mod random;

use std::time::Duration;

use running::process::Process;
use running::wires::{Line, Seen};
use tokio::time::sleep;
use wire::{FromClient, FromRelay};

/// Stands in everything that is sent, and must be in nothing that is printed.
const CANARY: &str = "canary-5b1e9d";

/// Random frames after those that warm up.
const FRAMES: u32 = 100_000;

/// Random frames that bring the relay to its usual size.
const WARM_UP_FRAMES: u32 = 10_000;

/// By how much the relay may be larger after all that.
const GROWTH: u64 = 4 * 1024 * 1024;

#[tokio::test]
async fn whatever_is_sent_the_relay_is_up_as_large_as_before_and_has_said_nothing() {
    let process = Process::start();
    by_hand::send_all(process.address).await;
    random::send(process.address, WARM_UP_FRAMES, 1).await;
    let before = settled(&process).await;

    let inputs = by_hand::send_all(process.address).await;
    assert_eq!(inputs, 100);
    let tally = random::send(process.address, FRAMES, 2).await;
    assert_eq!(tally.values().sum::<u32>(), FRAMES);
    for fate in ["malformed", "bad proof", "taken", "delivered", "refused", "answered"] {
        assert!(tally.get(fate).is_some_and(|frames| *frames > FRAMES / 500), "{fate} hardly occurs: {tally:?}");
    }

    let after = settled(&process).await;
    serves(&process).await;
    process.terminate();
    let (code, printed) = tokio::task::spawn_blocking(|| process.end()).await.expect("it ends");
    assert!(!printed.contains(CANARY), "{printed}");
    assert_eq!((code, printed.as_str()), (Some(0), "stopped\n"));
    let growth = after.saturating_sub(before);

    assert!(growth < GROWTH, "{growth} bytes more than {before} after {FRAMES} frames");
}

/// Sees that somebody new is served.
async fn serves(process: &Process) {
    let mut line = Line::open(process.address).await;
    line.send(&FromClient::Ping).await;
    assert_eq!(line.next().await, Seen::Told(FromRelay::Pong));
}

/// Returns the memory the process holds once it has cleared away what it was sent.
#[cfg(target_os = "linux")]
async fn settled(process: &Process) -> u64 {
    // Longer than a connection that broke the protocol is listened to.
    sleep(Duration::from_millis(1500)).await;
    process.resident_bytes()
}

/// Elsewhere the rest of the test stands for itself.
#[cfg(not(target_os = "linux"))]
async fn settled(_: &Process) -> u64 {
    sleep(Duration::ZERO).await;
    0
}
