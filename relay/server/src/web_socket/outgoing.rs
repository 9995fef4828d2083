//! What the relay sends: frames to bytes, many at once and without copying them.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use wire::FromRelay;

/// Pieces handed to the operating system at once.
const PIECES: usize = 64;

/// The longest header of a frame that is not masked: RFC 6455 section 5.2.
const HEADER_BYTES: usize = 10;

/// The writing half of RFC 6455.
#[derive(Default)]
pub(super) struct Outgoing {
    pieces: VecDeque<Piece>,
    /// How much of the first piece is written.
    written: usize,
    /// What lies between may still hold some of what is written.
    unflushed: bool,
}

/// A frame: its header and its payload, which others share.
struct Piece {
    header: [u8; HEADER_BYTES],
    header_length: usize,
    payload: Bytes,
}

impl Piece {
    fn new(opcode: OpCode, payload: Bytes) -> Self {
        let mut header = [0; HEADER_BYTES];
        let mut rest = &mut header[..];
        let frame = FrameHeader { opcode, ..FrameHeader::default() };
        frame.format(payload.len() as u64, &mut rest).expect("a header without a mask has at most 10 bytes");
        let header_length = HEADER_BYTES - rest.len();
        Piece { header, header_length, payload }
    }

    fn len(&self) -> usize {
        self.header_length + self.payload.len()
    }

    fn is_gap(&self) -> bool {
        matches!(FromRelay::decode(self.payload.clone()), Ok(FromRelay::Gap { .. }))
    }
}

impl Outgoing {
    /// Adds a message.
    pub(super) fn message(&mut self, payload: Bytes) {
        self.pieces.push_back(Piece::new(OpCode::Data(Data::Binary), payload));
    }

    /// Adds a ping.
    pub(super) fn ping(&mut self) {
        self.pieces.push_back(Piece::new(OpCode::Control(Control::Ping), Bytes::new()));
    }

    /// Adds bytes that are frames already.
    pub(super) fn raw(&mut self, bytes: Vec<u8>) {
        self.pieces.push_back(Piece { header: [0; HEADER_BYTES], header_length: 0, payload: bytes.into() });
    }

    /// Drops what is not begun, but for the Gaps: what is missing is told.
    pub(super) fn drop_unwritten(&mut self) {
        let mut begun = self.written > 0;
        self.pieces.retain(|piece| std::mem::take(&mut begun) || piece.is_gap());
        self.pieces.shrink_to_fit();
    }

    /// Says whether everything has been written.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && !self.unflushed
    }

    /// Writes until nothing is left.
    pub(super) fn poll_write(
        &mut self,
        stream: &mut (impl AsyncWrite + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !self.pieces.is_empty() {
            let mut slices = [IoSlice::new(&[]); PIECES];
            let mut count = 0;
            let mut skipped = self.written;
            for piece in self.pieces.iter().take(PIECES / 2) {
                for part in [&piece.header[..piece.header_length], &piece.payload] {
                    let begin = skipped.min(part.len());
                    skipped -= begin;
                    if begin < part.len() {
                        slices[count] = IoSlice::new(&part[begin..]);
                        count += 1;
                    }
                }
            }
            match ready!(Pin::new(&mut *stream).poll_write_vectored(cx, &slices[..count])) {
                Ok(0) => return Poll::Ready(Err(ErrorKind::WriteZero.into())),
                Ok(written) => {
                    self.unflushed = true;
                    self.advance(written);
                }
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
        // A burst must not keep its memory for as long as the connection lives.
        self.pieces = VecDeque::new();
        ready!(Pin::new(stream).poll_flush(cx))?;
        self.unflushed = false;
        Poll::Ready(Ok(()))
    }

    fn advance(&mut self, written: usize) {
        self.written += written;
        while let Some(first) = self.pieces.front().filter(|first| first.len() <= self.written) {
            self.written -= first.len();
            self.pieces.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use wire::Topic;

    use super::*;

    #[test]
    fn who_reads_too_slowly_is_told_the_gaps_behind_what_is_begun() {
        let topic = Topic([7; 32]);
        let delivery = FromRelay::Deliver { topic, sequence: 1, payload: "x".into() }.encode();
        let gap = FromRelay::Gap { topic }.encode();
        for begun in [0, 3] {
            let mut outgoing = Outgoing::default();
            for frame in [&delivery, &gap, &delivery, &delivery] {
                outgoing.message(frame.clone());
            }
            outgoing.advance(begun);
            outgoing.drop_unwritten();
            let left: Vec<_> = outgoing.pieces.iter().map(|piece| piece.payload.clone()).collect();
            let wanted = if begun > 0 { vec![delivery.clone(), gap.clone()] } else { vec![gap.clone()] };
            assert_eq!(left, wanted);
        }
    }
}
