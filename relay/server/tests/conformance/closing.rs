//! Section 7: the closing handshake.

use std::iter;
use std::time::Duration;

use relay::Config;
use wire::{CloseReason, FromRelay};

use crate::case::{Case, all_pass, ask};
use crate::running::Running;
use crate::running::wires::{BINARY, CLOSE, CONTINUATION, Frame, Line, PING, PONG, Seen, TEXT};
use crate::text::NO_TEXTS;

/// Codes a client may send: those of RFC 6455 section 7.4.1, some of its registry, and the ranges for anybody.
const CODES: [u16; 16] =
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4001, 4999];

/// Codes nobody may send: of no range, reserved, only for what did not come over the wire, or, as 1014, only for gateways.
const NO_CODES: [u16; 16] =
    [0, 1, 999, 1004, 1005, 1006, 1014, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 0x8000, 0xffff];

#[tokio::test]
async fn a_close_with_a_code_is_answered_with_it_and_ends_the_connection() {
    let mut cases = Vec::new();
    for code in CODES {
        for (name, reason) in [("no reason", ""), ("a reason", "Reason, with µ and €")] {
            let close = Frame::close(code, reason.as_bytes());
            let case = Case::new(format!("{code} with {name}"));
            cases.push(case.send(close.clone()).gets_closed(Some(code)));
            let case = Case::new(format!("{code} with {name} after a message"));
            cases.push(case.send(ask()).see_answer().send(close.clone()).gets_closed(Some(code)));
            let case = Case::new(format!("{code} with {name} in pieces of 1"));
            cases.push(case.send_in_pieces(1, [close]).gets_closed(Some(code)));
        }
    }
    assert_eq!(all_pass(cases).await, 96);
}

#[tokio::test]
async fn a_close_with_a_code_nobody_may_send_is_answered_with_1002() {
    let mut cases = Vec::new();
    for code in NO_CODES {
        for (name, reason) in [("no reason", ""), ("a reason", "Reason")] {
            let close = Frame::close(code, reason.as_bytes());
            let case = Case::new(format!("{code} with {name}"));
            cases.push(case.send(close.clone()).gets_closed(Some(1002)));
            let case = Case::new(format!("{code} with {name} in pieces of 1"));
            cases.push(case.send_in_pieces(1, [close]).gets_closed(Some(1002)));
        }
    }
    assert_eq!(all_pass(cases).await, 64);
}

#[tokio::test]
async fn a_close_without_a_code_is_answered_without_one() {
    let close = Frame::new(CLOSE, []);
    let cases = vec![
        Case::new("alone").send(close.clone()).gets_closed(None),
        Case::new("after a message").send(ask()).see_answer().send(close.clone()).gets_closed(None),
        Case::new("in pieces of 1").send_in_pieces(1, [close.clone()]).gets_closed(None),
        Case::new("and the end of TCP").send(close.clone()).finish().gets_closed(None),
        Case::new("masked with nothing").send(close.masked_with([0; 4])).gets_closed(None),
    ];
    assert_eq!(all_pass(cases).await, 5);
}

#[tokio::test]
async fn a_reason_fills_a_control_frame_and_no_more() {
    let mut cases = Vec::new();
    for length in [1, 2, 122, 123] {
        let case = Case::new(format!("reason of {length} bytes"));
        cases.push(case.send(Frame::close(1000, &vec![b'*'; length])).gets_closed(Some(1000)));
    }
    for length in [124, 125, 1000, 65_534] {
        let case = Case::new(format!("reason of {length} bytes"));
        cases.push(case.send(Frame::close(1000, &vec![b'*'; length])).fails(1002));
    }
    for byte in [0, 3, 0xff] {
        let case = Case::new(format!("payload {byte:02x}"));
        cases.push(case.send(Frame::new(CLOSE, [byte])).fails(1002));
    }
    let case = Case::new("one byte in pieces of 1");
    cases.push(case.send_in_pieces(1, [Frame::new(CLOSE, [3])]).fails(1002));
    assert_eq!(all_pass(cases).await, 12);
}

#[tokio::test]
async fn a_reason_that_is_no_utf8_fails_the_connection_with_1007() {
    let mut cases = Vec::new();
    for reason in NO_TEXTS {
        let case = Case::new(format!("reason {reason:02x?}"));
        cases.push(case.send(Frame::close(1000, reason)).fails(1007));
    }
    let case = Case::new("reason in which the 123rd byte is missing");
    cases.push(case.send(Frame::close(1000, &"€".repeat(42).as_bytes()[..122])).fails(1007));
    assert_eq!(all_pass(cases).await, 51);
}

#[tokio::test]
async fn what_comes_after_a_close_is_not_answered() {
    let after: [(&str, Vec<Frame>); 11] = [
        ("a close", vec![Frame::close(1000, b"")]),
        ("a close with another code", vec![Frame::close(1001, b"again")]),
        ("a close without a code", vec![Frame::new(CLOSE, [])]),
        ("a ping", vec![Frame::new(PING, *b"after")]),
        ("a pong", vec![Frame::new(PONG, *b"after")]),
        ("a message", vec![ask()]),
        ("text", vec![Frame::new(TEXT, *b"after")]),
        ("a fragment", vec![ask().unfinished()]),
        ("what is no frame", vec![Frame::new(0x7, *b"after").reserved(7).unmasked()]),
        ("a hundred messages", vec![ask(); 100]),
        ("64 KiB and a ping", vec![Frame::new(BINARY, vec![5; 65_536]), Frame::new(PING, *b"after")]),
    ];
    let mut cases = Vec::new();
    for (name, frames) in after {
        let together = iter::once(Frame::close(1000, b"")).chain(frames.clone());
        cases.push(Case::new(name).send_all(together.clone()).gets_closed(Some(1000)));
        let case = Case::new(format!("{name} in pieces of 100"));
        cases.push(case.send_in_pieces(100, together).gets_closed(Some(1000)));
        let case = Case::new(format!("{name} later"));
        let case = case.send(Frame::close(1000, b"")).see(Seen::Close(Some(1000)));
        cases.push(case.send_all(frames).see(Seen::End));
    }
    assert_eq!(all_pass(cases).await, 33);
}

#[tokio::test]
async fn a_close_ends_a_message_that_is_not_whole() {
    let first = || ask().unfinished();
    let last = || Frame::new(CONTINUATION, []);
    let close = || Frame::close(1000, b"");
    let cases = vec![
        Case::new("between fragments").send_all([first(), close(), last()]).gets_closed(Some(1000)),
        Case::new("after a fragment").send_all([first(), close()]).gets_closed(Some(1000)),
        Case::new("after half a text")
            .send_all([Frame::new(TEXT, [0xce]).unfinished(), close()])
            .gets_closed(Some(1000)),
    ];
    assert_eq!(all_pass(cases).await, 3);
}

#[tokio::test]
async fn a_client_that_was_sent_away_gets_no_more_answers() {
    let text = || Frame::new(TEXT, *b"not taken");
    let mut cases = Vec::new();
    for (name, frame) in [
        ("messages", ask()),
        ("pings", Frame::new(PING, *b"after")),
        ("pongs", Frame::new(PONG, [])),
        ("text", text()),
        ("fragments", Frame::new(BINARY, []).unfinished()),
    ] {
        let case = Case::new(format!("{name} after text"));
        let sent = if name == "fragments" { vec![frame] } else { vec![frame; 10] };
        cases.push(case.send(text()).gets_sent_away_and_sends(CloseReason::Malformed, sent));
    }
    assert_eq!(all_pass(cases).await, 5);
}

#[tokio::test]
async fn the_end_of_tcp_without_a_close_ends_the_connection() {
    let half = Frame::new(BINARY, vec![5; 100]).bytes()[..50].to_vec();
    let cases = vec![
        Case::new("at once").finish().see(Seen::End),
        Case::new("after a message").send(ask()).see_answer().finish().see(Seen::End),
        Case::new("after a fragment").send(ask().unfinished()).finish().see(Seen::End),
        Case::new("within a frame").write(half).finish().see(Seen::End),
        Case::new("within a header").write(vec![0x82]).finish().see(Seen::End),
    ];
    assert_eq!(all_pass(cases).await, 5);
}

#[tokio::test]
async fn a_client_that_answers_no_close_is_not_waited_for_long() {
    let relay = Running::start(Config { farewell: Duration::from_millis(50), ..Config::default() }).await;
    let mut line = Line::open(relay.address).await;
    line.write(&Frame::new(TEXT, *b"not taken").bytes()).await;
    assert_eq!(line.next().await, Seen::Told(FromRelay::Close { reason: CloseReason::Malformed }));
    assert_eq!(line.next().await, Seen::Close(Some(4000)));
    assert_eq!(line.next().await, Seen::End);
}
