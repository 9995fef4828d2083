//! Section 1: every way to say a length, and masks.

use wire::CloseReason;

use crate::case::{Case, LONGEST, OVERHEAD, all_pass, ask};
use crate::running::wires::{BINARY, CLOSE, CONTINUATION, Frame, PING, PONG, TEXT};

/// Lengths of messages around every change of their encoding, and of the relay's buffers.
const LENGTHS: [usize; 20] = [
    OVERHEAD,
    46,
    100,
    124,
    125,
    126,
    127,
    128,
    255,
    256,
    1000,
    4095,
    4096,
    4097,
    16_384,
    32_768,
    65_534,
    65_535,
    65_536,
    LONGEST + OVERHEAD,
];

/// Keys, of which some leave the payload or parts of it as it is.
const MASKS: [[u8; 4]; 5] = [[0; 4], [0xff; 4], [0x37, 0xfa, 0x21, 0x3d], [0, 0, 0, 1], [0x80, 0, 0, 0]];

fn payload_of(message: usize) -> Vec<u8> {
    (0..message - OVERHEAD).map(|number| (number * 7) as u8).collect()
}

#[tokio::test]
async fn binary_messages_of_any_length_and_mask_come_back_whole() {
    let mut cases = Vec::new();
    for length in LENGTHS {
        for mask in MASKS {
            let case = Case::new(format!("{length} bytes masked with {mask:02x?}"));
            let message = case.publication(payload_of(length));
            assert_eq!(message.len(), length);
            let frame = Frame::new(BINARY, message).masked_with(mask);
            cases.push(case.send(frame).see_delivery(payload_of(length)).lives());
        }
    }
    for mask in MASKS {
        let case = Case::new(format!("one byte masked with {mask:02x?}"));
        cases.push(case.send(ask().masked_with(mask)).see_answer().lives());
    }
    assert_eq!(all_pass(cases).await, 105);
}

#[tokio::test]
async fn messages_come_back_whole_however_tcp_cuts_them() {
    let mut cases = Vec::new();
    for length in LENGTHS {
        // Octet by octet where that is quick.
        for bytes_each in [1, 2, 3, 5, 13, 997, 4096] {
            if length / bytes_each > 1000 || bytes_each > length {
                continue;
            }
            let case = Case::new(format!("{length} bytes in pieces of {bytes_each}"));
            let frame = Frame::new(BINARY, case.publication(payload_of(length)));
            cases.push(case.send_in_pieces(bytes_each, [frame]).see_delivery(payload_of(length)).lives());
        }
    }
    let case = Case::new("several messages octet by octet");
    let frames = [1, 2, 3].map(|number| Frame::new(BINARY, case.publication([number])));
    let case = case.send_in_pieces(1, frames).see_delivery([1]).see_delivery([2]).see_delivery([3]);
    cases.push(case.lives());
    let case = Case::new("several messages at once");
    let frames = [1, 2, 3].map(|number| Frame::new(BINARY, case.publication([number])));
    cases.push(case.send_all(frames).see_delivery([1]).see_delivery([2]).see_delivery([3]).lives());
    assert_eq!(all_pass(cases).await, 81);
}

#[tokio::test]
async fn text_of_any_length_is_read_and_not_taken() {
    let mut cases = Vec::new();
    for length in [0, 1, 2, 125, 126, 127, 128, 65_535, 65_536, 100_000] {
        let text = Frame::new(TEXT, vec![b'*'; length]);
        let case = Case::new(format!("{length} bytes of text"));
        cases.push(case.send(text.clone()).gets_sent_away(CloseReason::Malformed));
        let case = Case::new(format!("{length} bytes of text in pieces of 997"));
        cases.push(case.send_in_pieces(997, [text]).gets_sent_away(CloseReason::Malformed));
    }
    assert_eq!(all_pass(cases).await, 20);
}

#[tokio::test]
async fn binary_messages_that_are_no_frame_are_read_and_not_taken() {
    let mut cases = Vec::new();
    for length in [0, 2, 3, 125, 126, 127, 128, 65_535, 65_536, 100_000] {
        let case = Case::new(format!("{length} bytes that are no frame"));
        cases.push(case.send(Frame::new(BINARY, vec![0x05; length])).gets_sent_away(CloseReason::Malformed));
    }
    assert_eq!(all_pass(cases).await, 10);
}

#[tokio::test]
async fn frames_without_a_mask_fail_the_connection() {
    let mut cases = Vec::new();
    for (name, opcode) in
        [("text", TEXT), ("binary", BINARY), ("close", CLOSE), ("ping", PING), ("pong", PONG), ("rest", CONTINUATION)]
    {
        for length in [0, 2, 125] {
            let case = Case::new(format!("unmasked {name} of {length} bytes"));
            cases.push(case.send(Frame::new(opcode, vec![3; length]).unmasked()).fails(1002));
        }
    }
    for length in [126, 65_536] {
        let case = Case::new(format!("unmasked binary of {length} bytes"));
        cases.push(case.send(Frame::new(BINARY, vec![3; length]).unmasked()).fails(1002));
    }
    let case = Case::new("unmasked after a good one");
    cases.push(case.send_all([ask(), ask().unmasked()]).see_answer().fails(1002));
    let case = Case::new("unmasked second fragment");
    let second = Frame::new(CONTINUATION, []).unmasked();
    cases.push(case.send_all([ask().unfinished(), second]).fails(1002));
    assert_eq!(all_pass(cases).await, 22);
}

#[tokio::test]
async fn lengths_with_the_top_bit_fail_the_connection() {
    let mut cases = Vec::new();
    for (name, opcode) in [("text", TEXT), ("binary", BINARY), ("ping", PING), ("rest", CONTINUATION)] {
        for length in [1 << 63, (1 << 63) + 1, u64::MAX] {
            let case = Case::new(format!("{name} that says {length:#x}"));
            // Nothing so long is taken, whatever else is wrong with it.
            cases.push(case.send(Frame::new(opcode, [5]).says_in_eight(length)).gets_sent_away(CloseReason::TooLarge));
        }
    }
    assert_eq!(all_pass(cases).await, 12);
}
