//! Section 9: long messages, many fragments, many messages.

use wire::CloseReason;

use crate::case::{Case, LONGEST, OVERHEAD, all_pass, ask};
use crate::fragments::fragments;
use crate::running::wires::{BINARY, CONTINUATION, Frame, PING, TEXT};

/// Longest message that is read: twice the longest frame.
const MESSAGE: usize = 2 * (LONGEST + OVERHEAD);

fn payload(length: usize) -> Vec<u8> {
    (0..length).map(|number| (number / 3) as u8).collect()
}

#[tokio::test]
async fn payloads_up_to_the_longest_come_back_in_one_frame_or_many() {
    let mut cases = Vec::new();
    for length in [1 << 10, 4 << 10, 16 << 10, 64 << 10, LONGEST - 1, LONGEST] {
        for bytes_each in [64, 256, 1024, 4096, 16_384, 65_536] {
            let case = Case::new(format!("{length} bytes in fragments of {bytes_each}"));
            let frames = fragments(BINARY, &case.publication(payload(length)), bytes_each);
            cases.push(case.send_all(frames).see_delivery(payload(length)).lives());
        }
        let case = Case::new(format!("{length} bytes in TCP pieces of 64"));
        let frame = Frame::new(BINARY, case.publication(payload(length)));
        cases.push(case.send_in_pieces(64, [frame]).see_delivery(payload(length)).lives());
    }
    let case = Case::new("a fragment for every byte of the longest");
    let frames = fragments(BINARY, &case.publication(payload(LONGEST)), 1);
    cases.push(case.send_all(frames).see_delivery(payload(LONGEST)).lives());
    assert_eq!(all_pass(cases).await, 43);
}

#[tokio::test]
async fn messages_up_to_the_limit_are_read_and_refused() {
    let mut cases = Vec::new();
    for message in [LONGEST + OVERHEAD + 1, 100_000, MESSAGE - 1, MESSAGE] {
        for bytes_each in [1024, 65_536, usize::MAX] {
            let case = Case::new(format!("{message} bytes in fragments of {bytes_each}"));
            let frames = fragments(BINARY, &case.publication(payload(message - OVERHEAD)), bytes_each.min(message));
            cases.push(case.send_all(frames).see_refusal().lives());
        }
    }
    assert_eq!(all_pass(cases).await, 12);
}

#[tokio::test]
async fn messages_beyond_the_limit_close_the_connection_with_1009() {
    let mut cases = Vec::new();
    for message in [MESSAGE + 1, 200_000, 1 << 20] {
        for bytes_each in [1024, 65_536, MESSAGE, usize::MAX] {
            for (name, opcode) in [("binary", BINARY), ("text", TEXT)] {
                let case = Case::new(format!("{message} bytes of {name} in fragments of {bytes_each}"));
                let frames = fragments(opcode, &vec![b'*'; message], bytes_each.min(message));
                cases.push(case.send_all(frames).gets_sent_away(CloseReason::TooLarge));
            }
        }
    }
    // Nobody waits for what is only said to come.
    for length in [MESSAGE as u64 + 1, u64::from(u32::MAX), 1 << 32, (1 << 63) - 1] {
        let case = Case::new(format!("a frame that says {length:#x}"));
        let frame = Frame::new(BINARY, []).says_in_eight(length);
        cases.push(case.send(frame).gets_sent_away(CloseReason::TooLarge));
        let case = Case::new(format!("a second fragment that says {length:#x}"));
        let second = Frame::new(CONTINUATION, []).says_in_eight(length);
        cases.push(case.send_all([ask().unfinished(), second]).gets_sent_away(CloseReason::TooLarge));
    }
    let case = Case::new("many fragments after the limit");
    let frames = fragments(BINARY, &vec![5; 4 * MESSAGE], 100);
    cases.push(case.send_all(frames).gets_sent_away(CloseReason::TooLarge));
    assert_eq!(all_pass(cases).await, 33);
}

#[tokio::test]
async fn many_messages_are_all_answered() {
    const NUMBER: usize = 1000;
    let mut cases = Vec::new();
    for length in [0, 16, 64, 256, 1024] {
        for (way, bytes_each) in [("at once", usize::MAX), ("in pieces of 1000", 1000)] {
            let case = Case::new(format!("{NUMBER} messages of {length} bytes {way}"));
            let frame = Frame::new(BINARY, case.publication(payload(length)));
            let case = case.send_in_pieces(bytes_each, vec![frame; NUMBER]);
            cases.push((0..NUMBER).fold(case, |case, _| case.see_delivery(payload(length))).lives());
        }
    }
    let case = Case::new("the smallest frame a thousand times").send_all(vec![ask(); NUMBER]);
    cases.push((0..NUMBER).fold(case, |case, _| case.see_answer()).lives());
    let case = Case::new("the smallest frame a thousand times, one by one");
    cases.push((0..NUMBER).fold(case, |case, _| case.send(ask()).see_answer()).lives());
    let case = Case::new("a thousand pings, one by one");
    cases.push((0..NUMBER).fold(case, |case, _| case.send(Frame::new(PING, *b"ping")).see_pong(*b"ping")).lives());
    let case = Case::new("a hundred of the longest");
    let frame = Frame::new(BINARY, case.publication(payload(LONGEST)));
    let case = (0..100).fold(case, |case, _| case.send(frame.clone()).see_delivery(payload(LONGEST)));
    cases.push(case.lives());
    assert_eq!(all_pass(cases).await, 14);
}
