//! Section 2: pings and pongs.

use crate::case::{Case, all_pass, ask};
use crate::running::wires::{BINARY, CONTINUATION, Frame, PING, PONG};

fn ping(payload: &[u8]) -> Frame {
    Frame::new(PING, payload)
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload() {
    let payloads: [(&str, Vec<u8>); 9] = [
        ("without payload", vec![]),
        ("of text", b"Hello, world!".to_vec()),
        ("of bytes", vec![0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff]),
        ("of one byte", vec![0]),
        ("of a close code", vec![3, 0xe8]),
        ("of no UTF-8", vec![0xc0, 0x80]),
        ("of 124 bytes", vec![0xfe; 124]),
        ("of 125 bytes", vec![0xfe; 125]),
        ("of a frame of the relay", vec![0x05]),
    ];
    let mut cases = Vec::new();
    for (name, payload) in payloads {
        let case = Case::new(format!("ping {name}"));
        cases.push(case.send(ping(&payload)).see_pong(payload.clone()).lives());
        for bytes_each in [1, 3, 7] {
            let case = Case::new(format!("ping {name} in pieces of {bytes_each}"));
            cases.push(case.send_in_pieces(bytes_each, [ping(&payload)]).see_pong(payload.clone()).lives());
        }
        let case = Case::new(format!("ping {name} masked with nothing"));
        cases.push(case.send(ping(&payload).masked_with([0; 4])).see_pong(payload).lives());
    }
    assert_eq!(all_pass(cases).await, 45);
}

#[tokio::test]
async fn a_ping_or_pong_that_is_too_long_fails_the_connection() {
    let mut cases = Vec::new();
    for (name, opcode) in [("ping", PING), ("pong", PONG)] {
        for length in [126, 127, 128, 1000, 65_535, 65_536] {
            let frame = Frame::new(opcode, vec![0xfe; length]);
            cases.push(Case::new(format!("{name} of {length} bytes")).send(frame.clone()).fails(1002));
            let case = Case::new(format!("{name} of {length} bytes after a good message"));
            cases.push(case.send_all([ask(), frame]).see_answer().fails(1002));
        }
    }
    let case = Case::new("ping of 126 bytes in pieces of 1");
    cases.push(case.send_in_pieces(1, [ping(&[0xfe; 126])]).fails(1002));
    assert_eq!(all_pass(cases).await, 25);
}

#[tokio::test]
async fn a_pong_nobody_asked_for_changes_nothing() {
    let mut cases = Vec::new();
    for length in [0, 1, 13, 125] {
        let pong = Frame::new(PONG, vec![0xc0; length]);
        cases.push(Case::new(format!("pong of {length} bytes")).send(pong.clone()).lives());
        let case = Case::new(format!("pong of {length} bytes, then a ping"));
        cases.push(case.send_all([pong.clone(), ping(b"ping")]).see_pong(*b"ping").lives());
        let case = Case::new(format!("ten pongs of {length} bytes"));
        cases.push(case.send_all(vec![pong.clone(); 10]).lives());
        let case = Case::new(format!("pong of {length} bytes between fragments"));
        let frames = [ask().unfinished(), pong.clone(), Frame::new(CONTINUATION, [])];
        cases.push(case.send_all(frames).see_answer().lives());
        let case = Case::new(format!("pong of {length} bytes in pieces of 1"));
        cases.push(case.send_in_pieces(1, [pong]).lives());
    }
    assert_eq!(all_pass(cases).await, 20);
}

#[tokio::test]
async fn ten_pings_are_answered_in_order() {
    let payloads: Vec<Vec<u8>> = (0..10).map(|number| format!("payload-{number}").into_bytes()).collect();
    let pings = || payloads.iter().map(|payload| ping(payload));

    let one_by_one = payloads
        .iter()
        .fold(Case::new("one by one"), |case, payload| case.send(ping(payload)).see_pong(payload.clone()));
    let mut cases = vec![one_by_one.lives()];
    // Of pings that came together the last one must be answered.
    cases.push(Case::new("at once").send_all(pings()).see_last_pong(payloads.clone()).lives());
    for bytes_each in [1, 2, 20] {
        let case = Case::new(format!("in pieces of {bytes_each}"));
        cases.push(case.send_in_pieces(bytes_each, pings()).see_last_pong(payloads.clone()).lives());
    }
    assert_eq!(all_pass(cases).await, 5);
}

#[tokio::test]
async fn a_ping_between_fragments_is_answered_before_the_message_is_whole() {
    let mut cases = Vec::new();
    for (name, length) in [("short", 20), ("long", 20_000)] {
        for fragments in [2, 3, 5] {
            let case = Case::new(format!("{name} message in {fragments} fragments"));
            let payload = vec![0x2a; length];
            let message = case.publication(payload.clone());
            let mut pieces = message.chunks(message.len().div_ceil(fragments)).peekable();
            let first = Frame::new(BINARY, pieces.next().expect("it is not empty")).unfinished();
            let mut case = case.send(first);
            while let Some(piece) = pieces.next() {
                case = case.send(ping(b"between")).see_pong(*b"between");
                let frame = Frame::new(CONTINUATION, piece);
                case = case.send(if pieces.peek().is_some() { frame.unfinished() } else { frame });
            }
            cases.push(case.see_delivery(payload).lives());
        }
    }
    let case = Case::new("two pings between two fragments");
    let case = case.send(ask().unfinished()).send(ping(b"1")).see_pong(*b"1").send(ping(b"2")).see_pong(*b"2");
    cases.push(case.send(Frame::new(CONTINUATION, [])).see_answer().lives());
    assert_eq!(all_pass(cases).await, 7);
}
