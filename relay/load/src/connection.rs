//! One client's WebSocket: its handshake, and bytes in and out with as little work as can be.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::Poll;

use anyhow::{Context, bail};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};

use crate::frames::{self, Frame};

/// What all connections together read into: memory for each would be touched too seldom to stay in the processor's caches.
const READ_BYTES: usize = 256 * 1024;
/// Most bytes of an answer to the handshake.
const ANSWER_BYTES: usize = 16 * 1024;
/// The last number of the last address that connections may come from.
const MORE_SOURCES: u8 = 9;
thread_local! {
    static READ: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// Opens a TCP connection; `receive_bytes` is the size of its receive buffer, if not the usual one.
///
/// When there are no ports left it comes from another address of this machine, of which each has ports of its own. Not from the
/// outset: to choose a port before it is known where to takes the system milliseconds when there were many connections lately.
pub async fn dial(to: SocketAddr, receive_bytes: Option<u32>) -> io::Result<TcpStream> {
    let mut result = dial_from(Ipv4Addr::UNSPECIFIED, to, receive_bytes).await;
    for last in 2..=MORE_SOURCES {
        if !result.as_ref().is_err_and(|error| error.kind() == ErrorKind::AddrNotAvailable) {
            break;
        }
        result = dial_from(Ipv4Addr::new(127, 0, 0, last), to, receive_bytes).await;
    }
    result
}

async fn dial_from(from: Ipv4Addr, to: SocketAddr, receive_bytes: Option<u32>) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if let Some(bytes) = receive_bytes {
        socket.set_recv_buffer_size(bytes)?;
    }
    if !from.is_unspecified() {
        // Ports of connections that ended a moment ago may be taken again.
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
    }
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Returns the request for a WebSocket. The key is that of the example in RFC 6455: it only has to be there.
pub fn request(host: SocketAddr, path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

/// Asks for a WebSocket and returns it when the server agrees.
pub async fn shake_hands(mut stream: TcpStream, to: SocketAddr, path: &str) -> anyhow::Result<(Incoming, Outgoing)> {
    stream.write_all(request(to, path).as_bytes()).await.context("the request cannot be written")?;
    let mut answer = Vec::new();
    let end = loop {
        if let Some(at) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break at + 4;
        }
        if answer.len() > ANSWER_BYTES || stream.read_buf(&mut answer).await.context("the handshake is cut off")? == 0 {
            bail!("the handshake ends too early");
        }
    };
    if !answer.starts_with(b"HTTP/1.1 101 ") {
        let line = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
        bail!("the server says `{}`", String::from_utf8_lossy(line));
    }
    let (read, write) = stream.into_split();
    let waiting = RefCell::new(Vec::new());
    Ok((Incoming { half: read, rest: answer.split_off(end) }, Outgoing { half: write, waiting }))
}

/// What a client writes.
pub struct Outgoing {
    half: OwnedWriteHalf,
    waiting: RefCell<Vec<u8>>,
}

impl Outgoing {
    /// Writes bytes; what the socket does not take at once waits, and goes before what is pushed later.
    pub fn push(&self, bytes: &[u8]) -> io::Result<()> {
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.is_empty() {
            waiting.extend_from_slice(bytes);
            return self.drain(&mut waiting);
        }
        let written = self.written(bytes)?;
        waiting.extend_from_slice(&bytes[written..]);
        Ok(())
    }

    /// Waits until the socket has taken everything.
    pub async fn flush(&self) -> io::Result<()> {
        while !self.waiting.borrow().is_empty() {
            self.half.writable().await?;
            self.drain(&mut self.waiting.borrow_mut())?;
        }
        Ok(())
    }

    /// Says whether the socket has not taken everything yet.
    pub fn is_blocked(&self) -> bool {
        !self.waiting.borrow().is_empty()
    }

    fn drain(&self, waiting: &mut Vec<u8>) -> io::Result<()> {
        let written = self.written(waiting)?;
        waiting.drain(..written);
        Ok(())
    }

    fn written(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < bytes.len() {
            match self.half.try_write(&bytes[written..]) {
                Ok(more) => written += more,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }
}

/// What a client reads.
pub struct Incoming {
    half: OwnedReadHalf,
    /// The beginning of a frame whose end has not come.
    rest: Vec<u8>,
}

impl Incoming {
    /// Waits for bytes and hands on the frames that are whole with them; returns false when there will be no more.
    pub async fn read(&mut self, mut take: impl FnMut(Frame<'_>)) -> io::Result<bool> {
        // Only of what came with the handshake can there be whole frames that nobody has taken.
        let end = take_whole(&self.rest, &mut take);
        if end > 0 {
            self.rest.drain(..end);
            return Ok(true);
        }
        poll_fn(|context| {
            READ.with_borrow_mut(|buffer| {
                let mut buffer = ReadBuf::new(buffer);
                match Pin::new(&mut self.half).poll_read(context, &mut buffer) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Ready(Ok(())) => {}
                }
                let new = buffer.filled();
                if self.rest.is_empty() {
                    let end = take_whole(new, &mut take);
                    self.rest.extend_from_slice(&new[end..]);
                } else {
                    self.rest.extend_from_slice(new);
                    let end = take_whole(&self.rest, &mut take);
                    self.rest.drain(..end);
                }
                Poll::Ready(Ok(!new.is_empty()))
            })
        })
        .await
    }
}

/// Hands on the whole frames and returns where they end.
fn take_whole(bytes: &[u8], take: &mut impl FnMut(Frame<'_>)) -> usize {
    let mut end = 0;
    while let Some((frame, length)) = frames::first(&bytes[end..]) {
        take(frame);
        end += length;
    }
    end
}
