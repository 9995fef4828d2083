//! Section 5: messages in fragments, in every order.

use crate::case::{Case, OVERHEAD, all_pass, ask};
use crate::running::wires::{BINARY, CLOSE, CONTINUATION, Frame, PING, PONG, TEXT};

/// One frame of an order: the relay's smallest frame is all in the first fragment of its message.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    First,
    Whole,
    Next,
    Last,
    Pong,
}

impl Part {
    const ALL: [Part; 5] = [Part::First, Part::Whole, Part::Next, Part::Last, Part::Pong];

    fn name(self) -> &'static str {
        match self {
            Part::First => "first",
            Part::Whole => "whole",
            Part::Next => "next",
            Part::Last => "last",
            Part::Pong => "pong",
        }
    }

    fn frame(self) -> Frame {
        match self {
            Part::First => ask().unfinished(),
            Part::Whole => ask(),
            Part::Next => Frame::new(CONTINUATION, []).unfinished(),
            Part::Last => Frame::new(CONTINUATION, []),
            Part::Pong => Frame::new(PONG, []),
        }
    }
}

/// Returns a case that says what RFC 6455 section 5.4 makes of the order.
fn order(parts: &[Part]) -> Case {
    let names: Vec<&str> = parts.iter().map(|part| part.name()).collect();
    let mut case = Case::new(names.join(" ")).send_all(parts.iter().map(|part| part.frame()));
    let mut unfinished = false;
    for part in parts {
        (case, unfinished) = match (part, unfinished) {
            (Part::Pong, unfinished) => (case, unfinished),
            (Part::Whole, false) => (case.see_answer(), false),
            (Part::First, false) | (Part::Next, true) => (case, true),
            (Part::Last, true) => (case.see_answer(), false),
            (Part::First | Part::Whole, true) | (Part::Next | Part::Last, false) => return case.fails(1002),
        };
    }
    if unfinished { case.send(Part::Last.frame()).see_answer().lives() } else { case.lives() }
}

#[tokio::test]
async fn every_order_of_three_frames_is_taken_or_fails_the_connection() {
    let mut cases = Vec::new();
    for first in Part::ALL {
        for second in Part::ALL {
            for third in Part::ALL {
                cases.push(order(&[first, second, third]));
            }
        }
    }
    assert_eq!(all_pass(cases).await, 125);
}

#[tokio::test]
async fn longer_orders_are_taken_or_fail_the_connection() {
    use Part::{First, Last, Next, Pong, Whole};
    let orders: [&[Part]; 10] = [
        &[First, Next, Next, Next, Next, Next, Next, Next, Next, Last],
        &[First, Last, First, Last, First, Next, Last, Whole],
        &[Whole, Whole, Whole, Whole, Whole, Whole, Whole, Whole],
        &[First, Pong, Next, Pong, Pong, Next, Pong, Last, Pong],
        &[First, Last, Next, Whole],
        &[First, Last, Last, Whole],
        &[First, Next, Next, First, Last],
        &[First, Next, Next, Whole],
        &[Whole, First, Next, Last, Last],
        &[First, Next, Last, First, Next, Last, Next],
    ];
    assert_eq!(all_pass(orders.map(order).into()).await, 10);
}

#[tokio::test]
async fn a_message_may_be_cut_anywhere() {
    let payload: Vec<u8> = (0..20).collect();
    let mut cases = Vec::new();
    for place in 0..=OVERHEAD + payload.len() {
        let case = Case::new(format!("cut after {place} bytes"));
        let message = case.publication(payload.clone());
        let (first, last) = message.split_at(place);
        let frames = [Frame::new(BINARY, first).unfinished(), Frame::new(CONTINUATION, last)];
        cases.push(case.send_all(frames).see_delivery(payload.clone()).lives());
    }
    assert_eq!(all_pass(cases).await, 66);
}

#[tokio::test]
async fn a_message_may_be_cut_into_many_fragments() {
    let payload: Vec<u8> = (0..=255).collect();
    let mut cases = Vec::new();
    for bytes_each in [1, 2, 7, 100, 125, 126, 300] {
        for (way, pieces_of) in [("in one write", usize::MAX), ("octet by octet", 1), ("in pieces of 5", 5)] {
            let case = Case::new(format!("{bytes_each} bytes a fragment, {way}"));
            let frames = fragments(BINARY, &case.publication(payload.clone()), bytes_each);
            cases.push(case.send_in_pieces(pieces_of, frames).see_delivery(payload.clone()).lives());
        }
    }
    let case = Case::new("pongs between all fragments");
    let frames = fragments(BINARY, &case.publication(payload.clone()), 60);
    let frames = frames.into_iter().flat_map(|frame| [Frame::new(PONG, *b"between"), frame]);
    cases.push(case.send_all(frames).see_delivery(payload.clone()).lives());
    let case = Case::new("empty fragments between all fragments");
    let mut frames = vec![Frame::new(BINARY, []).unfinished()];
    for byte in case.publication(payload.clone()) {
        frames.push(Frame::new(CONTINUATION, [byte]).unfinished());
        frames.push(Frame::new(CONTINUATION, []).unfinished());
    }
    frames.push(Frame::new(CONTINUATION, []));
    cases.push(case.send_all(frames).see_delivery(payload.clone()).lives());
    let case = Case::new("every fragment masked otherwise");
    let frames = (0..).zip(fragments(BINARY, &case.publication(payload.clone()), 3));
    let frames = frames.map(|(number, frame)| frame.masked_with([number, 1, !number, 77]));
    cases.push(case.send_all(frames).see_delivery(payload).lives());
    assert_eq!(all_pass(cases).await, 24);
}

#[tokio::test]
async fn an_empty_message_is_one_also_in_fragments() {
    let mut cases = Vec::new();
    for next in [0, 1, 5] {
        let mut frames = vec![Frame::new(BINARY, []).unfinished()];
        frames.extend(vec![Frame::new(CONTINUATION, []).unfinished(); next]);
        frames.push(Frame::new(CONTINUATION, []));
        let case = Case::new(format!("nothing in {} fragments", next + 2));
        cases.push(case.send_all(frames).gets_sent_away(wire::CloseReason::Malformed));
    }
    assert_eq!(all_pass(cases).await, 3);
}

#[tokio::test]
async fn a_control_frame_in_fragments_fails_the_connection() {
    let mut cases = Vec::new();
    for (name, opcode) in [("ping", PING), ("pong", PONG), ("close", CLOSE)] {
        for length in [0, 2, 125] {
            let first = Frame::new(opcode, vec![3; length]).unfinished();
            let case = Case::new(format!("unfinished {name} of {length} bytes"));
            cases.push(case.send(first.clone()).fails(1002));
            let case = Case::new(format!("{name} of {length} bytes in two fragments"));
            let last = Frame::new(CONTINUATION, *b"rest");
            cases.push(case.send_all([first.clone(), last.clone()]).fails(1002));
            let case = Case::new(format!("unfinished {name} of {length} bytes between fragments"));
            cases.push(case.send_all([ask().unfinished(), first.clone(), last]).fails(1002));
            let case = Case::new(format!("unfinished {name} of {length} bytes in pieces of 1"));
            cases.push(case.send_in_pieces(1, [first]).fails(1002));
        }
    }
    assert_eq!(all_pass(cases).await, 36);
}

#[tokio::test]
async fn a_message_within_a_message_fails_the_connection() {
    let mut cases = Vec::new();
    for (outer, opcode) in [("text", TEXT), ("binary", BINARY)] {
        for (inner, within) in [("text", TEXT), ("binary", BINARY)] {
            let first = Frame::new(opcode, [0x05]).unfinished();
            let second = Frame::new(within, [0x05]);
            let case = Case::new(format!("{inner} within {outer}"));
            cases.push(case.send_all([first.clone(), second.clone()]).fails(1002));
            let case = Case::new(format!("unfinished {inner} within {outer}"));
            cases.push(case.send_all([first.clone(), second.clone().unfinished()]).fails(1002));
            let case = Case::new(format!("{inner} within {outer} in pieces of 1"));
            cases.push(case.send_in_pieces(1, [first, second]).fails(1002));
        }
    }
    assert_eq!(all_pass(cases).await, 12);
}

/// Cuts a message.
pub fn fragments(opcode: u8, message: &[u8], bytes_each: usize) -> Vec<Frame> {
    let mut frames: Vec<Frame> =
        message.chunks(bytes_each).map(|piece| Frame::new(CONTINUATION, piece).unfinished()).collect();
    let number = frames.len();
    if let Some(last) = frames.last_mut() {
        *last = Frame::new(CONTINUATION, &message[(number - 1) * bytes_each..]);
    }
    if let Some(first) = frames.first_mut() {
        let piece = &message[..bytes_each.min(message.len())];
        *first = if number == 1 { Frame::new(opcode, piece) } else { Frame::new(opcode, piece).unfinished() };
    }
    frames
}
