//! Sections 3 and 4: reserved bits, of which no extension was agreed on that uses them, and reserved opcodes.

use crate::case::{Case, all_pass, ask};
use crate::running::wires::{BINARY, CLOSE, CONTINUATION, Frame, PING, PONG, TEXT};

const RESERVED_OPCODES: [u8; 10] = [0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf];

#[tokio::test]
async fn reserved_bits_fail_the_connection() {
    let kinds = [("text", TEXT), ("binary", BINARY), ("close", CLOSE), ("ping", PING), ("pong", PONG)];
    let mut cases = Vec::new();
    for bits in 1..=7 {
        for (name, opcode) in kinds {
            let payload: &[u8] = if opcode == CLOSE { &[3, 0xe8] } else { &[5] };
            let frame = Frame::new(opcode, payload).reserved(bits);
            cases.push(Case::new(format!("{bits:03b} on {name}")).send(frame.clone()).fails(1002));
            // A ping that comes after it is not answered.
            let case = Case::new(format!("{bits:03b} on {name} between a message and a ping"));
            cases.push(case.send_all([ask(), frame, Frame::new(PING, [])]).see_answer().fails(1002));
        }
        let case = Case::new(format!("{bits:03b} on an empty message"));
        cases.push(case.send(Frame::new(BINARY, []).reserved(bits)).fails(1002));
        let case = Case::new(format!("{bits:03b} on a first fragment"));
        cases.push(case.send(ask().unfinished().reserved(bits)).fails(1002));
        let case = Case::new(format!("{bits:03b} on a last fragment"));
        let last = Frame::new(CONTINUATION, []).reserved(bits);
        cases.push(case.send_all([ask().unfinished(), last]).fails(1002));
        let case = Case::new(format!("{bits:03b} on 65536 bytes"));
        cases.push(case.send(Frame::new(BINARY, vec![0; 65_536]).reserved(bits)).fails(1002));
        let case = Case::new(format!("{bits:03b} in pieces of 1"));
        cases.push(case.send_in_pieces(1, [ask().reserved(bits)]).fails(1002));
    }
    assert_eq!(all_pass(cases).await, 105);
}

#[tokio::test]
async fn reserved_opcodes_fail_the_connection() {
    let mut cases = Vec::new();
    for opcode in RESERVED_OPCODES {
        let empty = Frame::new(opcode, []);
        let full = Frame::new(opcode, b"reserved opcode payload".to_vec());
        cases.push(Case::new(format!("opcode {opcode}")).send(empty.clone()).fails(1002));
        cases.push(Case::new(format!("opcode {opcode} with a payload")).send(full.clone()).fails(1002));
        let case = Case::new(format!("opcode {opcode} between a message and a ping"));
        cases.push(case.send_all([ask(), full.clone(), Frame::new(PING, [])]).see_answer().fails(1002));
        let case = Case::new(format!("opcode {opcode} unfinished"));
        cases.push(case.send(empty.unfinished()).fails(1002));
        let case = Case::new(format!("opcode {opcode} between fragments"));
        cases.push(case.send_all([ask().unfinished(), full.clone(), Frame::new(CONTINUATION, [])]).fails(1002));
        let case = Case::new(format!("opcode {opcode} in pieces of 1"));
        cases.push(case.send_in_pieces(1, [full]).fails(1002));
    }
    assert_eq!(all_pass(cases).await, 60);
}
