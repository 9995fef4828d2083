//! A running relay: how sockets are accepted, and how it stops.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::yield_now;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout, timeout_at};

use crate::beginning::said_enough;
use crate::door::Door;
use crate::hub::Hub;
use crate::site::{Caller, Site};
use crate::sources::{Sources, Stay};
use crate::stream::Stream;
use crate::visitors::{Visitor, Visitors};
use crate::{Config, cluster, health, random};

/// How often the relay looks for connections that idle.
const TICK: Duration = Duration::from_secs(1);

/// Time the answers of ordinary requests get to be read when the relay stops.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// Time for everything between a request and the end of its answer, for a page on a slow line.
const VISIT: Duration = Duration::from_secs(600);

/// Bytes of a request's head, and of an answer that wait for a slow reader.
pub(crate) const HTTP_BUFFER_BYTES: usize = 16 * 1024;

/// Serves relay and app on a listener until `shutdown` is there.
///
/// Then takes nobody new, asks every client to come back later, gives them the time of
/// [`Config::farewell`] to read what is queued, closes them, and returns.
///
/// # Errors
///
/// When the listener has no address, or the address of NATS makes no sense.
pub async fn serve(listener: TcpListener, mut config: Config, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let (hub, to_do) = Hub::new(&config);
    let hub = Arc::new(hub);
    let link = match (&config.cluster, to_do) {
        (Some(cluster), Some(to_do)) => {
            let link = cluster::connect(cluster, Arc::clone(&config.notice)).await.map_err(io::Error::other)?;
            Some(tokio::spawn(link.run(to_do, Arc::clone(&hub))))
        }
        (_, _) => None,
    };
    let operator = config.health.take();
    let config = Arc::new(config);
    let site = Arc::new(Site {
        hub: Arc::clone(&hub),
        door: Door::new(&config, listener.local_addr()?.ip()),
        sources: Sources::new(config.connections_per_source, config.trusted_proxies.clone()),
        config: Arc::clone(&config),
    });
    let visitors = Arc::new(Visitors::new());
    tokio::select! {
        () = accept(&listener, &site, &visitors) => {}
        () = shutdown => {}
        () = ticking(&hub) => {}
        () = hub.end_rounds() => {}
        () = hub.gate.run() => {}
        () = visitors.entrance.run() => {}
        () = visitors.turns.run() => {}
        () = health::serve(operator, Arc::clone(&hub)) => {}
    }

    drop(listener);
    let retry = u64::from(*config.retry_after_ms.start())..=u64::from(*config.retry_after_ms.end());
    hub.drain(|| u32::try_from(random::between(&retry)).unwrap_or(u32::MAX));
    let drained = async {
        hub.emptied().await;
        // What was said last over HTTP has still to be written.
        drop(timeout(LAST_REQUESTS, visitors.emptied()).await);
    };
    tokio::select! {
        () = hub.end_rounds() => {}
        () = hub.gate.run() => {}
        () = visitors.turns.run() => {}
        () = ticking(&hub) => {}
        _ = timeout(config.farewell + LAST_REQUESTS, drained) => {}
    }
    if let Some(link) = link {
        link.abort();
    }
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

async fn accept(listener: &TcpListener, site: &Arc<Site>, visitors: &Arc<Visitors>) {
    loop {
        let Ok((tcp, peer)) = listener.accept().await else {
            // One that was gone before it was accepted, or no file descriptors left: then somebody has to go.
            visitors.end_oldest();
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        site.hub.metrics.socket();
        let Ok(stay) = site.sources.socket(peer.ip()) else {
            yield_now().await;
            continue;
        };
        visitors.entrance.pass().await;
        // Frames are gathered before they are written; waiting for more would only delay them.
        drop(tcp.set_nodelay(true));
        let visitor = Arc::new(visitors.add());
        let number = visitor.number();
        let site = Arc::clone(site);
        let most = site.config.visitors;
        let turns = Arc::clone(&visitors.turns);
        let task = tokio::spawn(async move {
            let is_stranger = || visitor.connection().is_none();
            turns.in_turn(is_stranger, visit(tcp, peer, site, Arc::clone(&visitor), stay)).await;
        });
        visitors.may_be_ended(number, task.abort_handle(), most);
    }
}

/// Serves one socket until it is gone or has become a client's.
async fn visit(
    tcp: TcpStream,
    peer: SocketAddr,
    site: Arc<Site>,
    visitor: Arc<Visitor>,
    stay: Option<Stay>,
) -> Option<()> {
    // One that says nothing, or little, costs next to nothing until it is gone: what serves it is made only then.
    let deadline = Instant::now() + site.config.header_time;
    timeout_at(deadline, said_enough(&tcp)).await.ok()?.ok()?;
    Box::pin(answer(tcp, peer, site, visitor, stay, deadline)).await
}

async fn answer(
    tcp: TcpStream,
    peer: SocketAddr,
    site: Arc<Site>,
    visitor: Arc<Visitor>,
    stay: Option<Stay>,
    deadline: Instant,
) -> Option<()> {
    let over_tls = site.config.tls.is_some();
    let (stream, head_time) = match &site.config.tls {
        None => (Stream::tcp(tcp), site.config.header_time),
        Some(tls) => {
            timeout_at(deadline, site.hub.gate.pass()).await.ok()?;
            let stream = timeout_at(deadline, tls.0.accept(tcp)).await.ok()?.ok()?;
            (Stream::tls(stream), deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1)))
        }
    };
    let address = peer.ip();
    let caller = Arc::new(Caller::new(address, Arc::clone(&visitor), over_tls, stay));
    let service = service_fn(|request| {
        let (site, caller) = (Arc::clone(&site), Arc::clone(&caller));
        async move { Ok::<_, Infallible>(site.answer(request, &caller).await) }
    });
    let http = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_time)
        .max_buf_size(HTTP_BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::select! {
        _ = http => Some(()),
        () = over(&visitor, &site) => None,
    }
}

/// Returns when a visitor has had its time: a passing one after that of a visit, one that has become a client when its connection
/// has ended and it has had the time to read the rest.
async fn over(visitor: &Visitor, site: &Site) {
    let started = Instant::now();
    loop {
        sleep(TICK).await;
        match visitor.connection() {
            None if started.elapsed() < VISIT => {}
            None => return,
            Some(connection) if site.hub.is_open(connection) => {}
            Some(_) => {
                sleep(site.config.farewell).await;
                return;
            }
        }
    }
}
