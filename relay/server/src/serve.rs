//! A running relay: its addresses, and how it stops.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use axum::{Router, serve as serve_http};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::door::{Door, TurnedAway};
use crate::hub::Hub;
use crate::{Config, app_files, headers, random, socket};

/// How often the relay looks for connections that idle.
const TICK: Duration = Duration::from_secs(1);

/// Time an ordinary request gets to end when the relay stops.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// What every request may need.
struct Site {
    hub: Arc<Hub>,
    door: Door,
    config: Arc<Config>,
}

/// Serves relay and app on a listener until `shutdown` is there.
///
/// Then takes nobody new, asks every client to come back later, gives them the time of
/// [`Config::farewell`] to read what is queued, closes them, and returns.
///
/// # Errors
///
/// When the listener fails.
pub async fn serve(listener: TcpListener, config: Config, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let hub = Arc::new(Hub::new(&config));
    let door = Door::new(&config, listener.local_addr()?.ip());
    let config = Arc::new(config);
    let site = Arc::new(Site { hub: Arc::clone(&hub), door, config: Arc::clone(&config) });
    let router = Router::new()
        .route("/v1/relay", get(relay))
        .route("/live", get(live))
        .route("/ready", get(ready))
        .fallback(app_file)
        .layer(middleware::from_fn(headers::add))
        .with_state(site);

    // Frames are gathered before they are written; waiting for more would only delay them.
    let listener = listener.tap_io(|tcp| drop(tcp.set_nodelay(true)));
    let (stop, stopped) = oneshot::channel::<()>();
    let http = serve_http(listener, router).with_graceful_shutdown(async { drop(stopped.await) }).into_future();
    tokio::pin!(http);
    tokio::select! {
        result = &mut http => return result,
        () = shutdown => {}
        () = ticking(&hub) => {}
    }

    let retry = u64::from(*config.retry_after_ms.start())..=u64::from(*config.retry_after_ms.end());
    hub.drain(|| u32::try_from(random::between(&retry)).unwrap_or(u32::MAX));
    drop(stop);
    // The listener is closed while `http` is waited for; sockets still open after the time are dropped.
    drop(timeout(LAST_REQUESTS, &mut http).await);
    drop(timeout(config.farewell, hub.emptied()).await);
    Ok(())
}

async fn ticking(hub: &Hub) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        hub.tick();
    }
}

async fn relay(State(site): State<Arc<Site>>, request: Request<Body>) -> Response {
    let host = match site.door.admit(request.headers()) {
        Ok(host) => host,
        Err(TurnedAway::NoHost) => return (StatusCode::BAD_REQUEST, "Which relay do you mean?\n").into_response(),
        Err(TurnedAway::UnknownHost) => {
            return (StatusCode::MISDIRECTED_REQUEST, "This relay does not go by this name; see --host.\n")
                .into_response();
        }
        Err(TurnedAway::ForeignOrigin) => {
            return (StatusCode::FORBIDDEN, "Pages of this origin may not use this relay; see --allow-origin.\n")
                .into_response();
        }
    };
    if !site.hub.is_ready() {
        return unavailable();
    }
    socket::accept(request, host, Arc::clone(&site.hub), Arc::clone(&site.config))
}

async fn live() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], "live\n").into_response()
}

async fn ready(State(site): State<Arc<Site>>) -> Response {
    if !site.hub.is_ready() {
        return unavailable();
    }
    ([(header::CACHE_CONTROL, "no-store")], "ready\n").into_response()
}

fn unavailable() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::CACHE_CONTROL, "no-store")], "Not now.\n").into_response()
}

async fn app_file(State(site): State<Arc<Site>>, request: Request<Body>) -> Response {
    match &site.config.app {
        Some(app) => app.answer(request.method(), request.uri().path(), request.headers()),
        None => app_files::not_found(),
    }
}
