//! Section 6: text, which the relay does not take, and bytes that are no text.

use wire::CloseReason;

use crate::case::{Case, all_pass};
use crate::fragments::fragments;
use crate::running::wires::{CONTINUATION, Frame, PING, TEXT};

/// UTF-8, RFC 3629.
const TEXTS: [&[u8]; 27] = [
    b"",
    b"\x00",
    b"\x7f",
    b"Hello, world!",
    "Hello-µ@ßöäüàá-UTF-8!!".as_bytes(),
    "κόσμε".as_bytes(),
    "سلام".as_bytes(),
    "👩‍👩‍👧‍👦".as_bytes(),
    "e\u{301}".as_bytes(),
    // The first and last of every length.
    "\u{80}".as_bytes(),
    "\u{7ff}".as_bytes(),
    "\u{800}".as_bytes(),
    "\u{ffff}".as_bytes(),
    "\u{10000}".as_bytes(),
    "\u{10ffff}".as_bytes(),
    // Around the surrogates.
    "\u{d7ff}".as_bytes(),
    "\u{e000}".as_bytes(),
    // Around the changes of the second byte.
    "\u{fff}\u{1000}\u{cfff}\u{d000}".as_bytes(),
    "\u{3ffff}\u{40000}\u{fffff}\u{100000}".as_bytes(),
    // The byte order mark, the replacement character, and those that will never be characters.
    "\u{feff}text".as_bytes(),
    "\u{fffd}".as_bytes(),
    "\u{fffe}".as_bytes(),
    "\u{fdd0}\u{fdef}".as_bytes(),
    "\u{1fffe}\u{1ffff}\u{2fffe}\u{2ffff}".as_bytes(),
    "\u{10fffe}".as_bytes(),
    "\u{f8ff}\u{f0000}".as_bytes(),
    "\u{202e}\u{200b}\u{2060}".as_bytes(),
];

/// What is no UTF-8.
pub const NO_TEXTS: [&[u8]; 50] = [
    // Continuation bytes with nothing to continue.
    b"\x80",
    b"\xbf",
    b"\x80\xbf",
    b"\x80\xbf\x80\xbf\x80\xbf\x80",
    b"a\x80b",
    // Beginnings of which nothing comes.
    b"\xc2",
    b"\xc3 ",
    b"\xdf ",
    b"\xe1",
    b"\xe1\x80",
    b"\xe2\x82 ",
    b"\xef\xbf",
    b"\xf0\x90\x80",
    b"\xf1\x80\x80 ",
    b"\xf4\x8f\xbf",
    b"\xc2\xc2\x80",
    b"\xe1\x80\xe1\x80\x80",
    // Longer than needed.
    b"\xc0\x80",
    b"\xc0\xaf",
    b"\xc1\xbf",
    b"\xe0\x80\x80",
    b"\xe0\x80\xaf",
    b"\xe0\x9f\xbf",
    b"\xf0\x80\x80\x80",
    b"\xf0\x80\x80\xaf",
    b"\xf0\x8f\xbf\xbf",
    b"\xf8\x80\x80\x80\xaf",
    b"\xfc\x80\x80\x80\x80\xaf",
    // Surrogates.
    b"\xed\xa0\x80",
    b"\xed\xad\xbf",
    b"\xed\xae\x80",
    b"\xed\xaf\xbf",
    b"\xed\xb0\x80",
    b"\xed\xbe\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xed\xaf\xbf\xed\xbf\xbf",
    // Above U+10FFFF.
    b"\xf4\x90\x80\x80",
    b"\xf5\x80\x80\x80",
    b"\xf7\xbf\xbf\xbf",
    b"\xf8\x88\x80\x80\x80",
    b"\xfb\xbf\xbf\xbf\xbf",
    b"\xfc\x84\x80\x80\x80\x80",
    b"\xfd\xbf\xbf\xbf\xbf\xbf",
    // Never in UTF-8.
    b"\xfe",
    b"\xff",
    b"\xfe\xfe\xff\xff",
    // In good company.
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited",
    b"Hello-\xb5@\xdf\xf6\xe4\xfc\xe0\xe1-Latin-1!!",
];

/// Returns a text in every way it can be sent.
fn ways(text: &[u8]) -> Vec<Case> {
    let name = |way: &str| Case::new(format!("{text:02x?} {way}"));
    let whole = Frame::new(TEXT, text);
    let (one, other) = text.split_at(text.len() / 2);
    let halves = [Frame::new(TEXT, one).unfinished(), Frame::new(CONTINUATION, other)];
    let mut ways = vec![
        name("whole").send(whole.clone()),
        name("in two fragments").send_all(halves),
        name("octet by octet").send_in_pieces(1, [whole]),
    ];
    if text.len() > 1 {
        ways.push(name("in fragments of one byte").send_all(fragments(TEXT, text, 1)));
    }
    ways
}

#[tokio::test]
async fn text_is_not_taken_in_whatever_way_it_comes() {
    let cases: Vec<Case> = TEXTS.into_iter().flat_map(ways).map(sent_away).collect();
    assert_eq!(all_pass(cases).await, 105);
}

#[tokio::test]
async fn what_is_no_utf8_fails_the_connection_in_whatever_way_it_comes() {
    let cases: Vec<Case> = NO_TEXTS.into_iter().flat_map(ways).map(|case| case.fails(1007)).collect();
    assert_eq!(all_pass(cases).await, 194);
}

#[tokio::test]
async fn a_ping_within_a_character_does_not_break_it() {
    let mut cases = Vec::new();
    for text in ["µ", "€", "\u{10ffff}"] {
        let case = Case::new(format!("ping within {text}"));
        let mut pieces = fragments(TEXT, text.as_bytes(), 1).into_iter();
        let mut case = case.send(pieces.next().expect("it is not empty"));
        for piece in pieces {
            case = case.send(Frame::new(PING, *b"within")).see_pong(*b"within").send(piece);
        }
        cases.push(sent_away(case));
    }
    assert_eq!(all_pass(cases).await, 3);
}

#[tokio::test]
async fn long_text_is_judged_to_its_last_byte() {
    let mut cases = Vec::new();
    for length in [125, 126, 4096, 65_535, 65_536, 100_000] {
        let text = "κ".repeat(length / 2).into_bytes();
        let cut = text[..text.len() - 1].to_vec();
        for bytes_each in [1000, 1001, usize::MAX] {
            let case = Case::new(format!("{length} bytes in fragments of {bytes_each}"));
            let pieces = fragments(TEXT, &text, bytes_each.min(length));
            cases.push(sent_away(case.send_all(pieces)));
            let case = Case::new(format!("{length} bytes in fragments of {bytes_each}, cut"));
            cases.push(case.send_all(fragments(TEXT, &cut, bytes_each.min(length))).fails(1007));
        }
    }
    assert_eq!(all_pass(cases).await, 36);
}

fn sent_away(case: Case) -> Case {
    case.gets_sent_away(CloseReason::Malformed)
}
