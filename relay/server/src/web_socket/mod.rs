//! One client's WebSocket: the handshake, and the task that reads and writes.

mod incoming;
mod outgoing;

use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use wire::CloseReason;

use self::incoming::Incoming;
use self::outgoing::Outgoing;
use crate::Config;
use crate::answers::{Answer, sentence, whole};
use crate::gate::Ticket;
use crate::hub::{Hub, Place, Standing};
use crate::sources::Stay;
use crate::stream::Stream;

/// Messages read before their answers are written and others have their turn: fewer than fill a queue.
const TURN_MESSAGES: u32 = 64;

/// Answers to pings that may wait to be written.
const ANSWERS_BYTES: usize = 1024;

/// What a client that was told to go may still have on its way, and how long one that broke the protocol is waited for.
const UNREAD_BYTES: usize = 1024 * 1024;
const UNREAD_BYTES_OF_FLOODS: usize = 16 * 1024;
const UNREAD_TIME: Duration = Duration::from_secs(1);

/// Says whether a request is the handshake of a WebSocket, RFC 6455 section 4.2.
pub(crate) fn is_asked_for<B>(request: &Request<B>) -> bool {
    request.extensions().get::<OnUpgrade>().is_some() && handshake_key(request.headers()).is_some()
}

/// Returns the answer to a request that is none.
pub(crate) fn not_asked_for() -> Answer {
    let mut answer = sentence(StatusCode::UPGRADE_REQUIRED, "This address is a WebSocket.\n");
    answer.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    answer.headers_mut().insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    answer
}

/// Takes the request of a WebSocket and serves it in a task of its own.
pub(crate) fn accept<B>(
    request: &mut Request<B>,
    host: String,
    stay: Option<Stay>,
    hub: &Arc<Hub>,
    config: &Arc<Config>,
) -> Answer {
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let (Some(key), Some(upgrade)) = (handshake_key(request.headers()), upgrade) else { return not_asked_for() };
    let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) else {
        return whole(StatusCode::BAD_REQUEST, "");
    };
    let (hub, config) = (Arc::clone(hub), Arc::clone(config));
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            serve(upgraded, hub.open(host), stay, &config);
        }
    });
    let mut answer = whole(StatusCode::SWITCHING_PROTOCOLS, "");
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    answer
}

fn handshake_key(headers: &HeaderMap) -> Option<HeaderValue> {
    let names = |name: HeaderName, token: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
    };
    let only = |name: HeaderName| {
        let mut values = headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none())
    };
    let asks = names(header::CONNECTION, "upgrade")
        && names(header::UPGRADE, "websocket")
        && only(header::SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
    only(header::SEC_WEBSOCKET_KEY).filter(|key| asks && is_key(key.as_bytes())).cloned()
}

/// Says whether this is 16 bytes in base64, RFC 6455 section 4.1.
fn is_key(key: &[u8]) -> bool {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16)
}

/// Serves a connection whose handshake is done, in a task that holds nothing of the handshake.
fn serve(upgraded: Upgraded, place: Place, stay: Option<Stay>, config: &Config) {
    // Under the upgrade lies what was accepted, and maybe what the client has sent since; hyper's part of it is let go.
    let Ok(parts) = upgraded.downcast::<TokioIo<Stream>>() else { return };
    let stream = parts.io.into_inner().with_read(&parts.read_buf);
    let connection = WebSocket {
        stream,
        ticket: place.ticket(),
        place,
        incoming: Incoming::new(config.relay.limits.payload_bytes),
        outgoing: Outgoing::default(),
        answers: Vec::new(),
        answers_were_full: false,
        farewell_within: config.farewell,
        farewell: None,
        state: State::Open,
        broken: None,
        unread: UNREAD_BYTES,
        _stay: stay,
    };
    tokio::spawn(connection);
}

struct WebSocket {
    stream: Stream,
    place: Place,
    incoming: Incoming,
    outgoing: Outgoing,
    /// Frames with which the protocol answers control frames. While there are too many nothing is read.
    answers: Vec<u8>,
    answers_were_full: bool,
    farewell_within: Duration,
    /// When a connection that is to be closed has had its time.
    farewell: Option<Pin<Box<Sleep>>>,
    state: State,
    /// The close code of RFC 6455 for a client that breaks that protocol rather than ours.
    broken: Option<CloseCode>,
    /// How much is read at most after all is said.
    unread: usize,
    ticket: Ticket,
    _stay: Option<Stay>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The relay has said goodbye, and waits for the client's.
    SaidGoodbye,
    /// The client broke the WebSocket protocol: what else it sends cannot be told apart.
    Unreadable,
    /// As before, and the relay has said goodbye.
    UnreadableGoodbye,
    /// The client has said goodbye and been answered, once everything is written.
    Answered,
    /// All is said. What the client still has on its way is read and thrown away: closing a socket with unread bytes in it resets
    /// the connection, and the client might lose the goodbye it was just sent.
    Lingering,
}

impl Future for WebSocket {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.get_mut().turn(cx)
    }
}

impl WebSocket {
    /// Reads and writes what can be; ready when the connection is over.
    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let standing = self.place.standing(cx.waker());
        self.prepare_to_close(standing);
        let may_read = standing.may_read && (standing.proven || self.ticket.poll_pass(cx).is_ready());
        if may_read && self.read(standing.proven, cx).is_none() {
            return Poll::Ready(());
        }
        // What was read may be why.
        if may_read {
            self.prepare_to_close(self.place.standing(cx.waker()));
        }
        loop {
            if self.outgoing.is_empty() && !self.gather(cx) {
                break;
            }
            match self.outgoing.poll_write(&mut self.stream, cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        if self.answers_were_full && self.answers.is_empty() {
            // Reading goes on where it stopped for want of room.
            self.answers_were_full = false;
            cx.waker().wake_by_ref();
        }
        if self.outgoing.is_empty() && matches!(self.state, State::Answered | State::UnreadableGoodbye) {
            self.state = State::Lingering;
            self.farewell = Some(Box::pin(sleep(UNREAD_TIME)));
        }
        if self.state == State::Lingering && self.linger(cx).is_ready() {
            return Poll::Ready(());
        }
        match &mut self.farewell {
            Some(farewell) => farewell.as_mut().poll(cx),
            None => Poll::Pending,
        }
    }

    /// Hands what has come to the relay. None when the client is gone.
    fn read(&mut self, proven: bool, cx: &mut Context<'_>) -> Option<()> {
        if !matches!(self.state, State::Open | State::SaidGoodbye) {
            return Some(());
        }
        self.incoming.begin_turn(proven);
        let mut messages = 0;
        loop {
            if self.answers.len() >= ANSWERS_BYTES {
                self.answers_were_full = true;
                break;
            }
            let Poll::Ready(result) = self.incoming.poll_message(&mut self.stream, &mut self.answers, cx) else {
                break;
            };
            match result {
                Ok(Message::Binary(bytes)) => {
                    if !self.place.received(bytes) {
                        break;
                    }
                }
                Ok(Message::Text(_)) => self.place.give_up(CloseReason::Malformed),
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_)) => {}
                Err(error) => {
                    self.end_reading(&error)?;
                    break;
                }
            }
            messages += 1;
            if messages == TURN_MESSAGES {
                cx.waker().wake_by_ref();
                break;
            }
        }
        if self.incoming.has_read() {
            self.place.heard();
        }
        if let Some(bytes) = self.incoming.noise() {
            self.place.noise(bytes);
        }
        // Who was told to go and sends on all the same is not listened to for long.
        (self.incoming.ignored <= self.unread).then_some(())
    }

    /// Sees to it that a client that breaks the WebSocket protocol is told. None when it is just gone.
    fn end_reading(&mut self, error: &Error) -> Option<()> {
        let reason = match error {
            Error::Capacity(_) => CloseReason::TooLarge,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return None,
            Error::Protocol(_) => {
                self.broken = Some(CloseCode::Protocol);
                CloseReason::Malformed
            }
            Error::Utf8(_) => {
                self.broken = Some(CloseCode::Invalid);
                CloseReason::Malformed
            }
            Error::ConnectionClosed => {
                self.state = State::Answered;
                self.hurry();
                return Some(());
            }
            Error::AlreadyClosed
            | Error::Io(_)
            | Error::Tls(_)
            | Error::WriteBufferFull(_)
            | Error::AttackAttempt
            | Error::Url(_)
            | Error::Http(_)
            | Error::HttpFormat(_) => return None,
        };
        self.state = if self.state == State::SaidGoodbye { State::UnreadableGoodbye } else { State::Unreadable };
        self.place.give_up(reason);
        Some(())
    }

    /// Puts together what is to be written next. False if there is nothing.
    fn gather(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.answers.is_empty() {
            self.outgoing.raw(std::mem::take(&mut self.answers));
        }
        match self.state {
            State::Open | State::Unreadable => {
                let news = self.place.news(cx.waker());
                if news.ping {
                    self.outgoing.ping();
                }
                let is_last = news.frames.is_empty();
                for frame in news.frames {
                    self.outgoing.message(frame);
                }
                if let Some(reason) = news.closing {
                    self.hurry();
                    if is_last {
                        self.say_goodbye(reason);
                    }
                }
            }
            State::SaidGoodbye | State::UnreadableGoodbye | State::Answered | State::Lingering => {}
        }
        !self.outgoing.is_empty()
    }

    fn say_goodbye(&mut self, reason: CloseReason) {
        if reason == CloseReason::TooFast {
            self.unread = UNREAD_BYTES_OF_FLOODS;
        }
        let code = self.broken.unwrap_or_else(|| reason.code().into());
        let goodbye = CloseFrame { code, reason: Utf8Bytes::default() };
        self.incoming.say_goodbye(goodbye, &mut self.answers);
        self.outgoing.raw(std::mem::take(&mut self.answers));
        self.state = match self.state {
            State::Unreadable => State::UnreadableGoodbye,
            State::Open | State::SaidGoodbye | State::UnreadableGoodbye | State::Answered | State::Lingering => {
                State::SaidGoodbye
            }
        };
    }

    /// Reads and throws away; ready when that is enough.
    fn linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Shut down before or not: it is over for this side.
        let _ = Pin::new(&mut self.stream).poll_shutdown(cx);
        let mut bytes = [MaybeUninit::uninit(); 4096];
        while self.unread > 0 {
            let mut buffer = ReadBuf::uninit(&mut bytes);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
                Ok(()) if buffer.filled().is_empty() => break,
                Ok(()) => self.unread = self.unread.saturating_sub(buffer.filled().len()),
                Err(_) => break,
            }
        }
        Poll::Ready(())
    }

    /// Notes that the connection is to be closed, if it is.
    fn prepare_to_close(&mut self, standing: Standing) {
        if let Some(reason) = standing.closing {
            self.hurry();
            if matches!(reason, CloseReason::Slow | CloseReason::Silent) {
                // The memory is wanted back.
                self.outgoing.drop_unwritten();
            }
        }
    }

    /// From now on the client has a bounded time to read the rest.
    fn hurry(&mut self) {
        self.farewell.get_or_insert_with(|| Box::pin(sleep(self.farewell_within)));
    }
}
