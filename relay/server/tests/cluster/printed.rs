//! The binary in a cluster: what it prints, and how it ends.

use std::process::Command;

use tokio::task::spawn_blocking;
use wire::FromRelay;

use crate::running::nats::Nats;
use crate::running::process::Process;
use crate::running::{Client, topic_of};
use crate::{ALONE, LINKED, PLENARY, hears};

#[tokio::test]
async fn it_prints_when_the_link_comes_and_goes_and_nothing_about_clients() {
    let mut nats = Nats::with_jet_stream().await;
    let mut process = Process::start_with(&["--nats", &nats.url(), "--hold", "1h"]);
    assert_eq!(process.line(), LINKED);
    let mut alice = Client::connect(process.address).await;
    alice.prove(PLENARY).await;
    alice.send(wire::FromClient::Subscribe { topic: topic_of(PLENARY) }).await;
    nats.has_subscriptions(1).await;
    alice.publish(PLENARY, 1, "canary").await;
    hears(&mut alice, "canary").await;
    nats.kill();
    while !matches!(alice.next().await, FromRelay::Gap { .. }) {}
    alice.publish(PLENARY, 2, "canary alone").await;
    hears(&mut alice, "canary alone").await;
    nats.start_again().await;
    while !matches!(alice.next().await, FromRelay::Gap { .. }) {}
    process.terminate();
    let (frames, code) = alice.read_to_end().await;
    assert!(frames.iter().any(|frame| matches!(frame, FromRelay::Drain { .. })));
    assert_eq!(code, Some(1012));
    let ended = spawn_blocking(|| process.end()).await.expect("it ends");
    assert_eq!(ended, (Some(0), format!("{ALONE}\n{LINKED}\nstopped\n")));
}

#[test]
fn an_address_of_nats_that_makes_no_sense_is_said_in_one_sentence_with_exit_code_1() {
    for address in
        ["http://127.0.0.1:4222", "nats://a b", "nats://user:canary@127.0.0.1:99999", "", "nats://127.0.0.1,,"]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_relay"))
            .args(["--listen", "127.0.0.1:0", "--nats", address])
            .output()
            .expect("the relay can be started");
        assert_eq!(output.status.code(), Some(1), "{address}");
        let sentence = "--nats wants addresses such as nats://127.0.0.1:4222, with commas between them.\n";
        assert_eq!(String::from_utf8_lossy(&output.stderr), sentence, "{address}");
        assert!(output.stdout.is_empty());
    }
}
