//! One client's WebSocket: the handshake, and the tasks that read, write and ping.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32};
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, sink};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use wire::{CloseReason, FRAME_OVERHEAD_BYTES};

use crate::hub::{Hub, Place};
use crate::{Config, random};

/// With the usual 128 KiB, ten thousand idle connections would hold more than a gigabyte.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// Frames are gathered up to this size before they go to the operating system.
const WRITE_BUFFER_BYTES: usize = 16 * 1024;

/// Frames taken out of the queue at once.
const WRITE_BATCH: usize = 64;

/// Messages read before other connections get their turn: fewer than fill a queue.
const READ_BATCH: u32 = 32;

/// Pings in a row that may stay unanswered.
const MISSED_PINGS: u32 = 2;

/// What a client that broke the protocol may still have on its way, and how long it is waited for.
const UNREAD_BYTES: u64 = 1024 * 1024;
const UNREAD_TIME: Duration = Duration::from_secs(1);

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Takes the request of a WebSocket, RFC 6455 section 4.2, and serves it in a task of its own.
pub(crate) fn accept(mut request: Request<Body>, host: String, hub: Arc<Hub>, config: Arc<Config>) -> Response {
    let Some(key) = handshake_key(request.headers()) else {
        let upgrade = [(header::UPGRADE, "websocket"), (header::SEC_WEBSOCKET_VERSION, "13")];
        return (StatusCode::UPGRADE_REQUIRED, upgrade, "This address is a WebSocket.\n").into_response();
    };
    let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return StatusCode::UPGRADE_REQUIRED.into_response();
    };
    let Ok(accept) = HeaderValue::from_str(&derive_accept_key(key.as_bytes())) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            let limits = web_socket_limits(config.relay.limits.payload_bytes);
            let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(limits)).await;
            run(socket, &hub.open(host), &config).await;
        }
    });
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

fn handshake_key(headers: &HeaderMap) -> Option<HeaderValue> {
    let names = |name: HeaderName, token: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(token))
    };
    let asks = names(header::CONNECTION, "upgrade")
        && names(header::UPGRADE, "websocket")
        && names(header::SEC_WEBSOCKET_VERSION, "13");
    headers.get(header::SEC_WEBSOCKET_KEY).filter(|_| asks).cloned()
}

fn web_socket_limits(payload_bytes: u32) -> WebSocketConfig {
    let frame_bytes = (payload_bytes + FRAME_OVERHEAD_BYTES) as usize;
    // A payload somewhat over the limit is read, so that it is refused by name and costs nobody the
    // connection; what is longer than that is nobody's mistake.
    let message_bytes = 2 * frame_bytes;
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_BUFFER_BYTES + 2 * frame_bytes)
        .max_message_size(Some(message_bytes))
        .max_frame_size(Some(message_bytes))
}

/// What the reading, writing and pinging of one connection know of each other.
#[derive(Default)]
struct Shared {
    unanswered_pings: AtomicU32,
    ping_wanted: AtomicBool,
    /// The client broke the WebSocket protocol: what else it sends cannot be told apart.
    unreadable: AtomicBool,
    said_goodbye: AtomicBool,
    /// The close code of RFC 6455 for a client that breaks that protocol rather than ours; zero for none.
    broken: AtomicU16,
}

async fn run(socket: Socket, place: &Place, config: &Config) {
    let shared = Shared::default();
    let (mut outgoing, mut incoming) = socket.split();
    tokio::select! {
        () = read(&mut incoming, place, &shared) => {}
        // After a goodbye that went out, the client's goodbye ends `read`.
        Err(Over) = write(&mut outgoing, place, &shared) => {}
        never = ping(place, &shared, config) => match never {},
        () = out_of_patience(place, config) => {}
    }
    if shared.unreadable.load(Relaxed)
        && let Ok(mut socket) = outgoing.reunite(incoming)
    {
        // Closing a socket with unread bytes in it resets the connection, and the client might lose
        // the reason it was just sent. What is still on its way is read and thrown away.
        let last = async {
            socket.get_mut().shutdown().await?;
            tokio::io::copy(&mut socket.get_mut().take(UNREAD_BYTES), &mut sink()).await
        };
        // Whether it works out or not, the connection ends here.
        drop(timeout(UNREAD_TIME, last).await);
    }
}

/// Hands every message to the relay; returns when the client is gone.
async fn read(incoming: &mut SplitStream<Socket>, place: &Place, shared: &Shared) {
    let mut batch = 0;
    while let Some(message) = incoming.next().await {
        shared.unanswered_pings.store(0, Relaxed);
        match message {
            Ok(Message::Binary(bytes)) => place.received(bytes),
            Ok(Message::Text(_)) => place.give_up(CloseReason::Malformed),
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_)) => {}
            Err(error) => return broken(&error, place, shared).await,
        }
        batch += 1;
        if batch == READ_BATCH {
            batch = 0;
            tokio::task::yield_now().await;
        }
    }
}

/// Sees to it that a client that breaks the WebSocket protocol is told; returns when it was, or is just gone.
async fn broken(error: &Error, place: &Place, shared: &Shared) {
    let reason = match error {
        Error::Capacity(_) => CloseReason::TooLarge,
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => return,
        Error::Protocol(_) => {
            shared.broken.store(CloseCode::Protocol.into(), Relaxed);
            CloseReason::Malformed
        }
        Error::Utf8(_) => {
            shared.broken.store(CloseCode::Invalid.into(), Relaxed);
            CloseReason::Malformed
        }
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Io(_)
        | Error::Tls(_)
        | Error::WriteBufferFull(_)
        | Error::AttackAttempt
        | Error::Url(_)
        | Error::Http(_)
        | Error::HttpFormat(_) => return,
    };
    shared.unreadable.store(true, Relaxed);
    place.give_up(reason);
    if !shared.said_goodbye.load(Relaxed) {
        // The writer ends the connection once it has said goodbye.
        pending::<()>().await;
    }
}

/// The connection is over: nothing can be written, or nothing is left to be written or read.
struct Over;

impl From<Error> for Over {
    fn from(_: Error) -> Self {
        Over
    }
}

/// Writes what waits, and the goodbye.
async fn write(outgoing: &mut SplitSink<Socket, Message>, place: &Place, shared: &Shared) -> Result<(), Over> {
    loop {
        // Looked at before the queue: whoever is to be closed has its last words in the queue already.
        let closing = place.closing();
        let frames = place.take(WRITE_BATCH);
        if !frames.is_empty() {
            for frame in frames {
                outgoing.feed(Message::Binary(frame)).await?;
            }
            continue;
        }
        if shared.ping_wanted.swap(false, Relaxed) {
            outgoing.feed(Message::Ping(Bytes::new())).await?;
        }
        outgoing.flush().await?;
        if let Some(reason) = closing {
            let code = match shared.broken.load(Relaxed) {
                0 => reason.code(),
                code => code,
            };
            let goodbye = CloseFrame { code: code.into(), reason: Utf8Bytes::default() };
            outgoing.send(Message::Close(Some(goodbye))).await?;
            shared.said_goodbye.store(true, Relaxed);
            return if shared.unreadable.load(Relaxed) { Err(Over) } else { Ok(()) };
        }
        place.doorbell().writer.notified().await;
    }
}

/// Asks now and then whether the client is still there.
async fn ping(place: &Place, shared: &Shared, config: &Config) -> Infallible {
    loop {
        sleep(Duration::from_millis(random::between(&config.ping_every_ms))).await;
        if shared.unanswered_pings.fetch_add(1, Relaxed) >= MISSED_PINGS {
            place.give_up(CloseReason::Silent);
        }
        shared.ping_wanted.store(true, Relaxed);
        place.doorbell().writer.notify_one();
    }
}

/// Returns when a connection that is to be closed has had its time.
async fn out_of_patience(place: &Place, config: &Config) {
    place.doorbell().farewell.notified().await;
    sleep(config.farewell).await;
}
