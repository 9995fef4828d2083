//! The relay without WebSockets: frames come as server-sent events, and go by requests of their own.
//!
//! `GET /v1/events` opens a connection; its first event names the session, every other is one frame in base64. `POST /v1/publish`
//! takes the session and any number of frames, each behind its length.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::{Buf, Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::{Body, Frame};
use hyper::header::{self, HeaderName, HeaderValue};
use relay_core::Input;
use tokio::time::{Instant, timeout_at};
use wire::PUBLISH_BODY_BYTES;

use crate::answers::{Answer, Content, sentence, whole};
use crate::hub::{Hub, Place, Posting, Session};
use crate::sources::Stay;
use crate::visitors::Visitor;

/// Most time the body of a request may take.
const BODY_TIME: Duration = Duration::from_secs(30);

/// A connection without a WebSocket, as the body of an answer.
pub(crate) struct EventStream {
    place: Place,
    session: Option<Session>,
    over: bool,
    _stay: Option<Stay>,
    _visitor: Arc<Visitor>,
}

/// Opens a connection whose proofs must name `host`.
pub(crate) fn open(host: String, stay: Option<Stay>, visitor: Arc<Visitor>, hub: &Arc<Hub>) -> Answer {
    let (place, session) = hub.open_session(host);
    visitor.stays_as(place.connection());
    let events = EventStream { place, session: Some(session), over: false, _stay: stay, _visitor: visitor };
    let mut answer = Answer::new(Content::Events(Box::new(events)));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    // Proxies that gather what they pass on would keep frames back.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    answer
}

impl Body for EventStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if this.over {
            return Poll::Ready(None);
        }
        let mut text = String::new();
        if let Some(session) = this.session.take() {
            text = format!("event: session\ndata: {}\n\n", URL_SAFE_NO_PAD.encode(session));
        }
        let news = this.place.news(cx.waker());
        if news.ping {
            text.push_str(":\n\n");
        }
        for frame in &news.frames {
            text.push_str("data: ");
            STANDARD.encode_string(frame, &mut text);
            text.push_str("\n\n");
        }
        if !text.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(text.into()))));
        }
        if news.closing.is_some() {
            this.over = true;
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

/// Takes the frames of a session; of one that has proved nothing when a stranger's turn comes.
pub(crate) async fn publish<B>(body: B, hub: &Hub) -> Answer
where
    B: Body<Data = Bytes> + Unpin,
{
    let deadline = Instant::now() + BODY_TIME;
    match timeout_at(deadline, read(body, hub)).await {
        Ok(Ok((session, _posting, frames))) => take(session, frames, hub).await,
        Ok(Err(status)) => {
            hub.gate.pass().await;
            whole(status, "")
        }
        Err(_) => whole(StatusCode::REQUEST_TIMEOUT, ""),
    }
}

/// Reads a body, of which no more is wanted once the session turns out not to be there.
async fn read<B>(mut body: B, hub: &Hub) -> Result<(Session, Posting<'_>, Bytes), StatusCode>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut all = BytesMut::new();
    let mut session = None;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return Err(StatusCode::BAD_REQUEST) };
        let Ok(data) = frame.into_data() else { continue };
        if all.len() + data.len() > PUBLISH_BODY_BYTES {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        all.extend_from_slice(&data);
        if session.is_none()
            && let Some(named) = all.first_chunk::<32>().copied()
        {
            if !hub.has_proved(hub.session(&named).ok_or(StatusCode::GONE)?) {
                hub.gate.pass().await;
            }
            all.advance(32);
            session = Some((named, hub.begin_post(&named).ok_or(StatusCode::CONFLICT)?));
        }
    }
    let (session, posting) = session.ok_or(StatusCode::BAD_REQUEST)?;
    Ok((session, posting, all.freeze()))
}

/// Hands frames to the relay, no faster than it reads of this connection.
async fn take(session: Session, mut frames: Bytes, hub: &Hub) -> Answer {
    let gone = || sentence(StatusCode::GONE, "This session is over.\n");
    while !frames.is_empty() {
        let Some(connection) = hub.session(&session) else { return gone() };
        let Ok(length) = frames.try_get_u32() else { return whole(StatusCode::BAD_REQUEST, "") };
        if frames.len() < length as usize {
            return whole(StatusCode::BAD_REQUEST, "");
        }
        poll_fn(|cx| {
            let standing = hub.standing_of_session(connection, cx.waker());
            if standing.may_read || standing.closing.is_some() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        hub.handle(Input::Received { connection, bytes: frames.split_to(length as usize) });
    }
    let Some(connection) = hub.session(&session) else { return gone() };
    hub.heard(connection);
    whole(StatusCode::NO_CONTENT, "")
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use ed25519_dalek::{Signer, SigningKey};
    use http_body_util::Full;
    use tokio::time::timeout;
    use wire::{FromClient, FromRelay, Topic, proof_bytes};

    use super::*;
    use crate::Config;

    const HOST: &str = "relay.example";

    /// What is said to a post of nothing, if it waits for nobody: the gate is shut.
    async fn post(session: Session, hub: &Hub) -> Option<StatusCode> {
        let body = Full::new(Bytes::copy_from_slice(&session));
        let answer = timeout(Duration::from_millis(50), publish(body, hub)).await.ok()?;
        Some(answer.status())
    }

    #[tokio::test]
    async fn what_a_member_posts_waits_for_no_stranger() {
        let hub = Arc::new(Hub::new(&Config::default()).0);
        let (place, session) = hub.open_session(HOST.to_owned());
        assert_eq!(post(session, &hub).await, None);
        assert_eq!(post([0; 32], &hub).await, None);

        let hello = place.news(Waker::noop()).frames.remove(0);
        let FromRelay::Hello { challenge, .. } = FromRelay::decode(hello).expect("a frame") else {
            panic!("Hello comes first")
        };
        let key = SigningKey::from_bytes(&[7; 32]);
        let write_key = key.verifying_key().to_bytes();
        let topic = Topic::of(&write_key);
        let signature = key.sign(&proof_bytes(HOST, &challenge, &topic)).to_bytes();
        let proof = FromClient::Prove { topic, write_key, signature }.encode();
        hub.handle(Input::Received { connection: place.connection(), bytes: proof });
        assert_eq!(post(session, &hub).await, Some(StatusCode::NO_CONTENT));
    }
}
