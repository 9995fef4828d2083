//! What a relay is started with.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::{AppFiles, Cluster, Tls};

/// Takes a line for the operator.
pub type Notice = Arc<dyn Fn(&str) + Send + Sync>;

/// Everything that can be set about a relay; the default serves no app and answers at any address.
pub struct Config {
    /// The app to serve beside the relay.
    pub app: Option<AppFiles>,
    /// Authorities (`relay.example`, `localhost:8080`) under which clients reach this relay.
    ///
    /// When there are none, a relay that listens on a loopback address answers to `localhost`,
    /// `127.0.0.1` and `[::1]` with any port, and one that listens elsewhere to any authority. In the
    /// latter case another relay can pass on what clients sign for it.
    pub hosts: Vec<String>,
    /// Origins (`https://copy.example`) of pages served elsewhere that may open a WebSocket here.
    pub allow_origins: Vec<String>,
    /// Where `/live`, `/ready` and `/metrics` are answered, if anywhere.
    pub health: Option<TcpListener>,
    /// TLS, if it is not a proxy's work.
    pub tls: Option<Tls>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Most connections from one address, or one /64 of IPv6, where addresses are known: not on loopback without a trusted proxy.
    pub connections_per_source: usize,
    /// Most sockets that are no connections to the relay (yet); then the oldest of them goes.
    pub visitors: usize,
    /// Time from accepting a socket until the head of a request, TLS included.
    pub header_time: Duration,
    /// The other relays, if this one is not alone. Then `relay` must be `clustered`.
    pub cluster: Option<Cluster>,
    /// Told what the operator should read: never anything about a client.
    pub notice: Notice,
    /// The caps.
    pub relay: relay_core::Config,
    /// Time between two pings of a connection: drawn anew each time. Two unanswered ones close it.
    pub ping_every_ms: RangeInclusive<u64>,
    /// How long clients are asked to stay away when the relay stops: drawn for each connection.
    pub retry_after_ms: RangeInclusive<u32>,
    /// Most time a connection gets to read what is queued once it is to be closed.
    pub farewell: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            app: None,
            hosts: Vec::new(),
            allow_origins: Vec::new(),
            health: None,
            cluster: None,
            notice: Arc::new(|_| {}),
            tls: None,
            trusted_proxies: Vec::new(),
            connections_per_source: wire::CONNECTIONS_PER_SOURCE,
            visitors: 8_192,
            header_time: Duration::from_secs(5),
            relay: relay_core::Config::default(),
            ping_every_ms: 20_000..=30_000,
            retry_after_ms: 1_000..=10_000,
            farewell: Duration::from_secs(10),
        }
    }
}
