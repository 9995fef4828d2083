//! The binary: what it prints, how it ends, what it costs.

#[expect(dead_code, reason = "the relay is a process here")]
mod running;

use std::net;
use std::process::Command;

use running::process::Process;
use running::{Client, Introduction, topic_of};
use wire::FromRelay;

const PLENARY: u8 = 1;

#[tokio::test]
async fn sigterm_sends_clients_away_and_ends_with_exit_code_0() {
    let process = Process::start();
    let mut alice = Client::connect(process.address).await;
    alice.subscribe(PLENARY).await;
    process.terminate();
    let (frames, code) = alice.read_to_end().await;
    assert!(matches!(frames[0], FromRelay::Drain { .. }));
    assert_eq!(code, Some(1012));
    let ended = tokio::task::spawn_blocking(|| process.end()).await.expect("it ends");
    assert_eq!(ended, (Some(0), "stopped\n".to_owned()));
}

#[tokio::test]
async fn nothing_about_clients_is_printed() {
    let process = Process::start();
    let mut alice = Client::connect(process.address).await;
    alice.prove(PLENARY).await;
    alice.subscribe(PLENARY).await;
    alice.publish(PLENARY, 1, "canary").await;
    alice.next().await;
    drop(alice);
    let mut mallory = Client::connect(process.address).await;
    mallory.prove_for("elsewhere.example", PLENARY).await;
    mallory.read_to_end().await;
    process.terminate();
    let ended = tokio::task::spawn_blocking(|| process.end()).await.expect("it ends");
    assert_eq!(ended, (Some(0), "stopped\n".to_owned()));
}

#[test]
fn a_taken_port_is_said_in_one_sentence_with_exit_code_1() {
    let taken = net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it is bound");
    let output = Command::new(env!("CARGO_BIN_EXE_relay"))
        .args(["--listen", &address.to_string()])
        .output()
        .expect("the relay can be started");
    assert_eq!(output.status.code(), Some(1));
    let sentence = format!("Port {} is taken by another program; choose another one with --listen.\n", address.port());
    assert_eq!(String::from_utf8_lossy(&output.stderr), sentence);
    assert!(output.stdout.is_empty());
}

#[test]
fn a_command_line_that_makes_no_sense_is_explained() {
    for (words, explained) in [
        (&["--port", "8080"][..], "`--port` is not known here; --help lists what is.\n"),
        (&["--listen"][..], "--listen wants a value; see --help.\n"),
        (&["--app", "/nowhere/at/all"][..], "The app in /nowhere/at/all cannot be served: "),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_relay")).args(words).output().expect("the relay can be started");
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.starts_with(explained), "{said}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_reader_that_stalls_costs_the_relay_a_bounded_amount_of_memory() {
    const QUEUE_BYTES: u64 = 4 * 1024 * 1024;
    let process = Process::start();
    let mut alice = Client::connect(process.address).await;
    let small = Introduction { receive_buffer: Some(16 * 1024), ..Introduction::default() };
    let mut bob = Client::introduce(process.address, small).await.expect("the relay takes him");
    let mut carol = Client::connect(process.address).await;
    alice.prove(PLENARY).await;
    bob.subscribe(PLENARY).await;
    carol.subscribe(PLENARY).await;
    let before = process.resident_bytes();

    let mut most = before;
    for sequence in 1..=1_000 {
        alice.publish(PLENARY, sequence, vec![0; 64 * 1024]).await;
        let FromRelay::Deliver { topic, sequence: got, .. } = carol.next().await else { panic!("no delivery") };
        assert_eq!((topic, got), (topic_of(PLENARY), sequence));
        most = most.max(process.resident_bytes());
    }

    let growth = most - before;
    assert!(growth < QUEUE_BYTES * 2, "{growth} bytes more for 64 MB sent past a stalled reader");
}
