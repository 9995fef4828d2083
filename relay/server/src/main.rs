//! The relay as a program.

mod command_line;

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use relay::{AppFiles, Cluster, Config, Hold, Tls, serve};
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{SignalKind, signal};

use crate::command_line::{Asked, HELP};

/// Sockets that may wait to be accepted: one that the system drops believes that it is connected.
const BACKLOG: u32 = 4096;

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when this fails too.
            drop(writeln!(io::stderr(), "{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn start() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help") {
        return say(HELP.trim_end());
    }
    run(Asked::read(&words)?)
}

// One thread: the work is moving bytes, and whoever needs more runs more relays.
#[tokio::main(flavor = "current_thread")]
async fn run(asked: Asked) -> anyhow::Result<()> {
    // Every connection is an open file. What cannot be had is not needed before it is missing.
    drop(rlimit::increase_nofile_limit(u64::MAX));
    let app = asked.app.as_deref().map(read_app).transpose()?;
    let tls = match (&asked.tls_cert, &asked.tls_key) {
        (Some(certificates), Some(key)) => Some(Tls::read(certificates, key).with_context(|| {
            format!("The certificate in {} and the key in {} cannot be used", certificates.display(), key.display())
        })?),
        (_, _) => None,
    };
    let listener = listen(asked.listen, "--listen")?;
    let health = asked.health.map(|address| listen(address, "--health")).transpose()?;
    let mut terminate = signal(SignalKind::terminate()).context("Signals cannot be received")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("Signals cannot be received")?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    say(&format!("listening on {scheme}://{}", shown(listener.local_addr()?)))?;
    if let Some(health) = &health {
        say(&format!("health on http://{}", shown(health.local_addr()?)))?;
    }

    let (relay, cluster) = caps(&asked);
    let config = Config {
        app,
        hosts: asked.hosts,
        allow_origins: asked.allow_origins,
        health,
        tls,
        trusted_proxies: asked.trusted_proxies,
        cluster,
        notice: Arc::new(|line| {
            // Nobody is left to tell when this fails too.
            drop(say(line));
        }),
        relay,
        ..Config::default()
    };
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    serve(listener, config, stop).await.context("The relay cannot go on")?;
    say("stopped")
}

/// Returns the caps, and the cluster. Frames are held in one place: in JetStream where there is one.
fn caps(asked: &Asked) -> (relay_core::Config, Option<Cluster>) {
    let hold_bytes = asked.hold_bytes.unwrap_or(wire::HOLD_BYTES as u64);
    let mut caps = relay_core::Config::default();
    let Some(nats) = &asked.nats else {
        caps.hold_ms = u64::try_from(asked.hold.as_millis()).unwrap_or(u64::MAX);
        caps.hold_bytes = usize::try_from(hold_bytes).unwrap_or(usize::MAX);
        return (caps, None);
    };
    caps.clustered = true;
    let bytes = i64::try_from(hold_bytes).unwrap_or(i64::MAX);
    let hold = Hold { time: asked.hold, bytes, replicas: asked.hold_replicas };
    let hold = Some(hold).filter(|hold| !hold.time.is_zero());
    (caps, Some(Cluster { nats: nats.clone(), hold }))
}

fn listen(address: SocketAddr, option: &str) -> anyhow::Result<TcpListener> {
    let bound = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // So that a relay that starts again does not wait for the sockets of its former life.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    match bound() {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("Port {} is taken by another program; choose another one with {option}.", address.port())
        }
        Err(error) => Err(error).with_context(|| format!("The relay cannot listen on {address}")),
    }
}

fn read_app(folder: &Path) -> anyhow::Result<AppFiles> {
    AppFiles::read(folder).with_context(|| format!("The app in {} cannot be served", folder.display()))
}

/// Browsers give passkeys and other things to `localhost` that they refuse to `127.0.0.1`.
fn shown(address: SocketAddr) -> String {
    if address.ip().is_loopback() { format!("localhost:{}", address.port()) } else { address.to_string() }
}

fn say(line: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context("Nothing can be written to the terminal")
}
