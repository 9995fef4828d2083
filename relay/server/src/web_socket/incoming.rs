//! What a client sends: bytes to messages.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tokio_tungstenite::tungstenite::{Error, Message};
use wire::FRAME_OVERHEAD_BYTES;

/// Bytes read at once. There only while something of a message is.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// Bytes read of one client before others have their turn; of one that has proved nothing, and has no business sending much.
const TURN_BYTES: usize = 64 * 1024;
const STRANGERS_TURN_BYTES: usize = 4 * 1024;

/// Bytes that are no message are told in portions of this.
const NOISE_BYTES: usize = 1024;

/// The reading half of RFC 6455.
///
/// The state of the protocol, buffers included, is dropped whenever a message is whole and nothing of the next has come: a
/// connection that says nothing holds none of it.
pub(super) struct Incoming {
    protocol: Option<Box<WebSocketContext>>,
    config: WebSocketConfig,
    /// Bytes the protocol has read, and bytes of the messages that came out of it as they are at least on the wire.
    read: usize,
    told: usize,
    /// Bytes read that have come out in no message, and that [`Incoming::noise`] has not told.
    noise: usize,
    /// Bytes that may still be read in this turn, and were at its beginning.
    turn: usize,
    whole_turn: usize,
    /// Bytes read after the relay has said goodbye.
    pub(super) ignored: usize,
    closing: bool,
}

impl Incoming {
    pub(super) fn new(payload_bytes: u32) -> Self {
        // A payload somewhat over the limit is read, so that it is refused by name and costs nobody the connection; what is
        // longer than that is nobody's mistake.
        let message_bytes = 2 * (payload_bytes + FRAME_OVERHEAD_BYTES) as usize;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(message_bytes))
            .max_frame_size(Some(message_bytes));
        Incoming {
            protocol: None,
            config,
            read: 0,
            told: 0,
            noise: 0,
            turn: 0,
            whole_turn: 0,
            ignored: 0,
            closing: false,
        }
    }

    /// Begins a turn, in which a bounded number of bytes is read.
    pub(super) fn begin_turn(&mut self, proven: bool) {
        self.whole_turn = if proven { TURN_BYTES } else { STRANGERS_TURN_BYTES };
        self.turn = self.whole_turn;
    }

    /// Says whether anything was read in this turn.
    pub(super) fn has_read(&self) -> bool {
        self.turn < self.whole_turn
    }

    /// Returns the next message. Answers that the protocol demands are added to `answers`.
    pub(super) fn poll_message(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        answers: &mut Vec<u8>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Message, Error>> {
        let mut io = Io { stream, answers, cx, turn: &mut self.turn, read: 0, turn_over: false };
        let protocol =
            self.protocol.get_or_insert_with(|| Box::new(WebSocketContext::new(Role::Server, Some(self.config))));
        let result = protocol.read(&mut io);
        let (read, turn_over) = (io.read, io.turn_over);
        self.read += read;
        self.noise += read;
        if self.closing {
            self.ignored += read;
        }
        match result {
            Ok(message) => {
                let length = message.len();
                self.told += least_length(length);
                self.noise = match message {
                    Message::Binary(_) | Message::Text(_) => self.noise.saturating_sub(length),
                    Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => self.noise,
                };
                self.closing |= message.is_close();
                Poll::Ready(Ok(message))
            }
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                if self.read == self.told && !self.closing {
                    self.protocol = None;
                    (self.read, self.told) = (0, 0);
                }
                if turn_over {
                    cx.waker().wake_by_ref();
                }
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    /// Returns how many bytes have come in that neither were a message nor can become one, if there are enough to mention.
    pub(super) fn noise(&mut self) -> Option<usize> {
        // A message that is not whole yet may be as long as any.
        let excess = self.noise.saturating_sub(self.config.max_message_size.unwrap_or_default());
        (excess >= NOISE_BYTES).then(|| {
            self.noise -= excess;
            excess
        })
    }

    /// Adds the relay's goodbye to the answers; from then on only the client's is waited for.
    pub(super) fn say_goodbye(&mut self, goodbye: CloseFrame, answers: &mut Vec<u8>) {
        self.closing = true;
        let mut nothing = tokio::io::empty();
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let turn = &mut 0;
        let mut io = Io { stream: &mut nothing, answers, cx: &mut cx, turn, read: 0, turn_over: false };
        let protocol =
            self.protocol.get_or_insert_with(|| Box::new(WebSocketContext::new(Role::Server, Some(self.config))));
        // Fails only when the client has said goodbye before, which is answered already.
        drop(protocol.close(&mut io, Some(goodbye)));
    }
}

/// Returns how long a frame of a client with a payload of this length is at least: RFC 6455 section 5.2.
fn least_length(payload: usize) -> usize {
    let extended = match payload {
        0..=125 => 0,
        126..=0xffff => 2,
        0x1_0000.. => 8,
    };
    2 + extended + 4 + payload
}

/// The socket as the protocol sees it: what it writes is put aside, because frames of the relay may be half written.
struct Io<'io, 'cx, S> {
    stream: &'io mut S,
    answers: &'io mut Vec<u8>,
    cx: &'io mut Context<'cx>,
    turn: &'io mut usize,
    read: usize,
    turn_over: bool,
}

impl<S: AsyncRead + Unpin> io::Read for Io<'_, '_, S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if *self.turn == 0 {
            self.turn_over = true;
            return Err(ErrorKind::WouldBlock.into());
        }
        let most = into.len().min(*self.turn);
        let mut buffer = ReadBuf::new(&mut into[..most]);
        match Pin::new(&mut *self.stream).poll_read(self.cx, &mut buffer) {
            Poll::Ready(Ok(())) => {
                let read = buffer.filled().len();
                self.read += read;
                *self.turn -= read;
                Ok(read)
            }
            Poll::Ready(Err(error)) => Err(error),
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

impl<S> io::Write for Io<'_, '_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.answers.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
