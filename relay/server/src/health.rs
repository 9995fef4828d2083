//! What the operator asks, at an address of its own.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::answers::{Answer, not_allowed, not_found, sentence, unavailable, whole};
use crate::hub::Hub;

/// Requests answered at a time, and the time for each.
const AT_ONCE: usize = 16;
const TIME: Duration = Duration::from_secs(5);

/// Answers `/live`, `/ready` and `/metrics` for as long as the relay runs.
pub(crate) async fn serve(listener: Option<TcpListener>, hub: Arc<Hub>) {
    let Some(listener) = listener else { return std::future::pending().await };
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((tcp, _)) = listener.accept().await else {
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        let hub = Arc::clone(&hub);
        tokio::spawn(async move {
            let service = service_fn(|request| std::future::ready(Ok::<_, Infallible>(answer(&request, &hub))));
            let http = http1::Builder::new()
                .timer(TokioTimer::new())
                .keep_alive(false)
                .serve_connection(TokioIo::new(tcp), service);
            drop(timeout(TIME, http).await);
            drop(place);
        });
    }
}

fn answer(request: &Request<Incoming>, hub: &Hub) -> Answer {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return not_allowed("GET, HEAD");
    }
    match request.uri().path() {
        "/live" => sentence(StatusCode::OK, "live\n"),
        "/ready" if hub.is_ready() => sentence(StatusCode::OK, "ready\n"),
        "/ready" => unavailable(),
        "/metrics" => {
            let mut answer = whole(StatusCode::OK, hub.inspect(|relay| hub.metrics.page(relay)));
            let text = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            answer.headers_mut().insert(header::CONTENT_TYPE, text);
            answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            answer
        }
        _ => not_found(),
    }
}
