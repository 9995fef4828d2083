//! What an answer is made of.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};

use crate::events::EventStream;

/// The body of an answer.
pub(crate) enum Content {
    /// All of it is known.
    Whole(Full<Bytes>),
    /// Frames for as long as the client stays.
    Events(Box<EventStream>),
}

/// An answer.
pub(crate) type Answer = Response<Content>;

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Content::Whole(whole) => Pin::new(whole).poll_frame(cx),
            Content::Events(events) => Pin::new(&mut **events).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Content::Whole(whole) => whole.is_end_stream(),
            Content::Events(events) => events.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Content::Whole(whole) => whole.size_hint(),
            Content::Events(events) => events.size_hint(),
        }
    }
}

/// Returns an answer of bytes.
pub(crate) fn whole(status: StatusCode, content: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Content::Whole(Full::new(content.into())));
    *answer.status_mut() = status;
    answer
}

/// Returns a sentence that nobody should keep.
pub(crate) fn sentence(status: StatusCode, sentence: &'static str) -> Answer {
    let mut answer = whole(status, sentence);
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}

/// Returns the answer to a method that an address does not take.
pub(crate) fn not_allowed(allowed: &'static str) -> Answer {
    let mut answer = whole(StatusCode::METHOD_NOT_ALLOWED, Bytes::new());
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    answer
}

/// Returns the answer for an address at which there is nothing.
pub(crate) fn not_found() -> Answer {
    sentence(StatusCode::NOT_FOUND, "There is nothing at this address.\n")
}

/// Returns the answer of a relay that takes nobody now.
pub(crate) fn unavailable() -> Answer {
    sentence(StatusCode::SERVICE_UNAVAILABLE, "Not now.\n")
}
