//! A WebSocket by hand: frames that no library would send, and what the relay sends, read to the letter of RFC 6455.

use std::net::SocketAddr;

use bytes::Bytes;
use ed25519_dalek::{Signer, SigningKey};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wire::{FromClient, FromRelay, Topic, proof_bytes};

use super::{PATIENCE, soon};

/// Opcode of a fragment after the first.
pub const CONTINUATION: u8 = 0x0;
/// Opcode of a text message.
pub const TEXT: u8 = 0x1;
/// Opcode of a binary message.
pub const BINARY: u8 = 0x2;
/// Opcode of the closing handshake.
pub const CLOSE: u8 = 0x8;
/// Opcode of a ping.
pub const PING: u8 = 0x9;
/// Opcode of a pong.
pub const PONG: u8 = 0xa;

/// The key of the example in RFC 6455 section 1.3.
pub const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
/// What that section says has to be answered to it.
pub const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A frame of a client, RFC 6455 section 5.2; whole, masked and as short as can be unless told otherwise.
#[derive(Clone)]
pub struct Frame {
    first: u8,
    mask: Option<[u8; 4]>,
    length: Length,
    payload: Vec<u8>,
}

/// How a frame says its length.
#[derive(Clone, Copy)]
enum Length {
    Shortest,
    Two(u16),
    Eight(u64),
}

impl Frame {
    /// Returns a frame.
    pub fn new(opcode: u8, payload: impl Into<Vec<u8>>) -> Frame {
        Frame {
            first: 0x80 | opcode,
            mask: Some([0x37, 0xfa, 0x21, 0x3d]),
            length: Length::Shortest,
            payload: payload.into(),
        }
    }

    /// Returns a Close with a code.
    pub fn close(code: u16, reason: &[u8]) -> Frame {
        Frame::new(CLOSE, [&code.to_be_bytes()[..], reason].concat())
    }

    /// More fragments follow.
    pub fn unfinished(self) -> Frame {
        Frame { first: self.first & 0x7f, ..self }
    }

    /// Sets the reserved bits, of which there are three.
    pub fn reserved(self, bits: u8) -> Frame {
        Frame { first: self.first | bits << 4, ..self }
    }

    /// Masks with a key of one's own.
    pub fn masked_with(self, key: [u8; 4]) -> Frame {
        Frame { mask: Some(key), ..self }
    }

    /// Masks nothing.
    pub fn unmasked(self) -> Frame {
        Frame { mask: None, ..self }
    }

    /// Says the length in two more bytes, true or not.
    pub fn says_in_two(self, length: u16) -> Frame {
        Frame { length: Length::Two(length), ..self }
    }

    /// Says the length in eight more bytes, true or not.
    pub fn says_in_eight(self, length: u64) -> Frame {
        Frame { length: Length::Eight(length), ..self }
    }

    /// Returns the bytes of the frame.
    pub fn bytes(&self) -> Vec<u8> {
        let length = match (self.length, self.payload.len()) {
            (Length::Shortest, length @ 0..=125) => return self.with_length(length as u8, &[]),
            (Length::Shortest, length @ 126..=0xffff) => Length::Two(length as u16),
            (Length::Shortest, length) => Length::Eight(length as u64),
            (said @ (Length::Two(_) | Length::Eight(_)), _) => said,
        };
        match length {
            Length::Two(length) => self.with_length(126, &length.to_be_bytes()),
            Length::Eight(length) => self.with_length(127, &length.to_be_bytes()),
            Length::Shortest => self.with_length(0, &[]),
        }
    }

    fn with_length(&self, short: u8, long: &[u8]) -> Vec<u8> {
        let mut bytes = vec![self.first, short | if self.mask.is_some() { 0x80 } else { 0 }];
        bytes.extend(long);
        bytes.extend(self.mask.iter().flatten());
        let key = self.mask.unwrap_or_default();
        bytes.extend(self.payload.iter().zip(key.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        bytes
    }
}

/// Something that came from the relay, or that nothing more will.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// A frame of the relay's own, in a whole binary message.
    Told(FromRelay),
    /// A WebSocket pong.
    Pong(Vec<u8>),
    /// A WebSocket close, with its code if it has one.
    Close(Option<u16>),
    /// The connection was ended in order.
    End,
    /// The connection was torn down, and might have lost what was on its way.
    Reset,
    /// Nothing for a long time.
    Silence,
    /// What no server may send.
    Wrong(&'static str),
}

/// A client's end of a connection.
pub struct Line {
    tcp: TcpStream,
    unread: Vec<u8>,
    over: Option<Seen>,
    host: String,
    challenge: [u8; 32],
}

impl Line {
    /// Connects, and sends nothing.
    pub async fn connect(address: SocketAddr) -> Line {
        let tcp = soon("the connection", TcpStream::connect(address)).await.expect("the relay listens");
        tcp.set_nodelay(true).expect("a socket has this option");
        Line { tcp, unread: Vec::new(), over: None, host: address.to_string(), challenge: [0; 32] }
    }

    /// Connects and reads Hello.
    pub async fn open(address: SocketAddr) -> Line {
        let mut line = Line::connect(address).await;
        line.write(line.request().as_bytes()).await;
        let head = line.head().await.expect("the relay answers");
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        line.read_hello().await;
        line
    }

    /// Returns a request for a WebSocket in which nothing is missing.
    pub fn request(&self) -> String {
        format!(
            "GET /v1/relay HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n",
            self.host
        )
    }

    /// Reads the first frame.
    pub async fn read_hello(&mut self) {
        let seen = self.next().await;
        let Seen::Told(FromRelay::Hello { challenge, .. }) = seen else {
            panic!("Hello comes first, not {seen:?}");
        };
        self.challenge = challenge;
    }

    /// Returns the frame that proves a key on this line.
    pub fn proof(&self, key: &SigningKey) -> FromClient {
        let write_key = key.verifying_key().to_bytes();
        let topic = Topic::of(&write_key);
        let signature = key.sign(&proof_bytes(&self.host, &self.challenge, &topic)).to_bytes();
        FromClient::Prove { topic, write_key, signature }
    }

    /// Sends a frame of the relay's language.
    pub async fn send(&mut self, frame: &FromClient) {
        self.write(&Frame::new(BINARY, frame.encode()).bytes()).await;
    }

    /// Proves a key and subscribes to its topic, and waits until that has happened.
    pub async fn enter(&mut self, key: &SigningKey) {
        self.send(&self.proof(key)).await;
        self.send(&FromClient::Subscribe { topic: Topic::of(&key.verifying_key().to_bytes()) }).await;
        self.send(&FromClient::Ping).await;
        assert_eq!(self.next().await, Seen::Told(FromRelay::Pong));
    }

    /// Writes bytes and meanwhile takes in what comes. Whether the relay still reads is seen by what it sends.
    pub async fn write(&mut self, bytes: &[u8]) {
        self.unread.reserve(4096);
        let (mut incoming, mut outgoing) = self.tcp.split();
        let write = timeout(PATIENCE, outgoing.write_all(bytes));
        tokio::pin!(write);
        while self.over.is_none() {
            tokio::select! {
                biased;
                written = &mut write => return drop(written),
                read = incoming.read_buf(&mut self.unread) => self.over = ended(read),
            }
        }
        drop(write.await);
    }

    /// Tells the relay that nothing more will be written.
    pub async fn finish(&mut self) {
        // A relay that has gone already needs not be told.
        drop(self.tcp.shutdown().await);
    }

    /// Lets go of the connection at once, so that a hundred thousand of them leave no trace in the system.
    pub fn tear_down(self) {
        self.tcp.set_zero_linger().expect("a socket has this option");
    }

    /// Returns the status line and headers of an answer, or what came instead.
    pub async fn head(&mut self) -> Result<String, Seen> {
        loop {
            if let Some(end) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                let head: Vec<u8> = self.unread.drain(..end + 4).collect();
                return String::from_utf8(head).map_err(|_| Seen::Wrong("headers that are no text"));
            }
            self.read_more().await?;
        }
    }

    /// Returns what comes next; pings of the relay, which may come at any time, are passed over.
    pub async fn next(&mut self) -> Seen {
        timeout(PATIENCE, self.whatever_next()).await.unwrap_or(Seen::Silence)
    }

    async fn whatever_next(&mut self) -> Seen {
        loop {
            match self.parse() {
                Some((PING, _)) => {}
                Some((PONG, payload)) => return Seen::Pong(payload),
                Some((CLOSE, payload)) => {
                    return match payload[..] {
                        [] => Seen::Close(None),
                        [high, low, ref reason @ ..] if std::str::from_utf8(reason).is_ok() => {
                            Seen::Close(Some(u16::from_be_bytes([high, low])))
                        }
                        _ => Seen::Wrong("a close that is none"),
                    };
                }
                Some((BINARY, payload)) => {
                    return FromRelay::decode(Bytes::from(payload)).map_or(Seen::Wrong("no frame"), Seen::Told);
                }
                Some(_) => return Seen::Wrong("a message that is not binary"),
                None => match self.read_more().await {
                    Ok(()) if self.is_against_the_rules() => return Seen::Wrong("a header against RFC 6455"),
                    Ok(()) => {}
                    Err(Seen::End) if !self.unread.is_empty() => return Seen::Wrong("an end in the middle of a frame"),
                    Err(over) => return over,
                },
            }
            if self.is_against_the_rules() {
                return Seen::Wrong("a header against RFC 6455");
            }
        }
    }

    /// Reads and drops what is left, and returns how it ended.
    pub async fn read_to_end(&mut self) -> Seen {
        loop {
            self.unread.clear();
            if let Err(over) = self.read_more().await {
                return over;
            }
        }
    }

    async fn read_more(&mut self) -> Result<(), Seen> {
        if self.over.is_none() {
            self.unread.reserve(4096);
            match timeout(PATIENCE, self.tcp.read_buf(&mut self.unread)).await {
                Ok(read) => self.over = ended(read),
                Err(_) => return Err(Seen::Silence),
            }
        }
        self.over.clone().map_or(Ok(()), Err)
    }

    /// Takes a whole frame out of what was read.
    fn parse(&mut self) -> Option<(u8, Vec<u8>)> {
        let (start, length) = self.extent()?;
        let end = start.checked_add(length)?;
        if self.unread.len() < end {
            return None;
        }
        let opcode = self.unread[0] & 0x0f;
        let payload = self.unread.drain(..end).skip(start).collect();
        Some((opcode, payload))
    }

    /// Returns where the payload of the first frame starts and how long it is.
    fn extent(&self) -> Option<(usize, usize)> {
        match self.unread.get(1)? {
            126 => Some((4, usize::from(u16::from_be_bytes(self.unread.get(2..4)?.try_into().ok()?)))),
            127 => Some((10, u64::from_be_bytes(self.unread.get(2..10)?.try_into().ok()?).try_into().ok()?)),
            short => Some((2, usize::from(short & 0x7f))),
        }
    }

    /// Says whether the next frame is reserved, fragmented, masked or longer said than needed.
    ///
    /// The relay's frames are short enough for fragments to be pointless, so it is held to sending none.
    fn is_against_the_rules(&self) -> bool {
        let [first, second, ..] = self.unread[..] else { return false };
        let stray = first & 0xf0 != 0x80 || second & 0x80 != 0 || (first & 0x08 != 0 && second > 125);
        let padded = match (second, self.extent()) {
            (126, Some((_, length))) => length < 126,
            (127, Some((_, length))) => length <= 0xffff,
            (_, Some(_) | None) => false,
        };
        stray || padded
    }
}

/// Returns how a connection ended, if a read says that it did.
fn ended(read: std::io::Result<usize>) -> Option<Seen> {
    match read {
        Ok(0) => Some(Seen::End),
        Ok(_) => None,
        Err(_) => Some(Seen::Reset),
    }
}
