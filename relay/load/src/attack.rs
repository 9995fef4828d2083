//! What an attacker without any proof does to a server, from a process of its own.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::pin;
use std::str::FromStr;
use std::time::Duration;

use anyhow::bail;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncWriteExt, sink};
use tokio::net::TcpStream;
use tokio::select;
use tokio::sync::watch;
use tokio::task::{JoinSet, yield_now};
use tokio::time::{Instant, sleep, timeout};
use wire::FromClient;

use crate::connection;
use crate::frames;
use crate::ours::{self, Topics};
use crate::settings::Settings;

/// How long a byte of a request that trickles takes.
const TRICKLE: Duration = Duration::from_millis(500);
/// How long to stay away from a server that takes no connection.
const TURNED_AWAY: Duration = Duration::from_millis(20);
/// Frames written at once.
const BURST: usize = 64;

/// A way to attack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Attack {
    /// Valid frames as fast as the server takes them, on connections that come back whenever they are closed.
    Frames,
    /// Sockets that say nothing.
    Silent,
    /// Sockets that send the header of a request one byte at a time.
    Trickle,
}

impl Attack {
    /// Every way.
    pub const ALL: [Attack; 3] = [Attack::Frames, Attack::Silent, Attack::Trickle];

    /// Returns the name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Attack::Frames => "frames",
            Attack::Silent => "silent",
            Attack::Trickle => "trickle",
        }
    }

    /// Returns how many connections it has unless told.
    pub fn connections(self) -> usize {
        match self {
            Attack::Frames => 100,
            Attack::Silent | Attack::Trickle => 5_000,
        }
    }
}

impl FromStr for Attack {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Attack::ALL.into_iter().find(|attack| attack.name() == name).ok_or(())
    }
}

/// What became of the connections.
#[derive(Default)]
struct Fate {
    opened: u64,
    refused: u64,
    closed: u64,
    written: u64,
    longest: Duration,
    open: u64,
}

/// Attacks for so many seconds, saying when all connections were there once.
pub async fn run(mut settings: Settings) -> anyhow::Result<Map<String, Value>> {
    let server = settings.address()?;
    let attack = settings.or("attack", Attack::Frames)?;
    let connections: usize = settings.or("connections", attack.connections())?;
    let time = settings.seconds_or("seconds", 15.0)?;
    if connections == 0 {
        bail!("nobody attacks");
    }

    settings.end()?;
    let (stop, stopped) = watch::channel(false);
    let mut all = JoinSet::new();
    let begin = Instant::now();
    for _ in 0..connections {
        // One after the other to begin with, so that nobody waits for a place in the queue of the listener.
        let first = dial(server).await;
        all.spawn_local(one(attack, server, first.ok(), stopped.clone()));
    }
    let opening = begin.elapsed();
    writeln!(io::stdout(), "attacking")?;
    sleep(time).await;
    stop.send(true)?;
    let mut total = Fate::default();
    while let Some(fate) = all.join_next().await {
        let fate = fate?;
        total.opened += fate.opened;
        total.refused += fate.refused;
        total.closed += fate.closed;
        total.written += fate.written;
        total.longest = total.longest.max(fate.longest);
        total.open += fate.open;
    }
    let mut figures = Map::new();
    let mut put = |name: &str, value: Value| figures.insert(name.into(), value);
    put("opening_s", json!(opening.as_secs_f64()));
    put("opened", json!(total.opened));
    put("turned_away", json!(total.refused));
    put("closed_by_server", json!(total.closed));
    put("open_at_end", json!(total.open));
    put("longest_open_s", json!(total.longest.as_secs_f64()));
    put("mb_written", json!(total.written as f64 / 1e6));
    Ok(figures)
}

/// Connects, and says when.
async fn dial(server: SocketAddr) -> io::Result<(TcpStream, Instant)> {
    let stream = connection::dial(server, None).await?;
    Ok((stream, Instant::now()))
}

/// Keeps one connection at it until the end.
async fn one(
    attack: Attack,
    server: SocketAddr,
    first: Option<(TcpStream, Instant)>,
    mut stop: watch::Receiver<bool>,
) -> Fate {
    let mut fate = Fate::default();
    let mut next = first;
    while !*stop.borrow() {
        let stream = match next.take() {
            Some(stream) => Ok(stream),
            None => dial(server).await,
        };
        let Ok((stream, opened)) = stream else {
            fate.refused += 1;
            sleep(TURNED_AWAY).await;
            continue;
        };
        fate.opened += 1;
        let written = &mut fate.written;
        let attacking = async {
            match attack {
                Attack::Frames => frames(stream, server, written).await,
                Attack::Silent => silent(stream).await,
                Attack::Trickle => trickle(stream, server, written).await,
            }
        };
        let over = select! {
            () = attacking => true,
            _ = stop.wait_for(|stop| *stop) => false,
        };
        if over {
            fate.closed += 1;
        } else {
            fate.open += 1;
        }
        fate.longest = fate.longest.max(opened.elapsed());
    }
    fate
}

/// Returns when the server has closed the connection.
async fn silent(mut stream: TcpStream) {
    // Whatever it says before, it says to nobody.
    drop(tokio::io::copy(&mut stream, &mut sink()).await);
}

async fn trickle(stream: TcpStream, server: SocketAddr, written: &mut u64) {
    let (mut read, mut write) = stream.into_split();
    let request = connection::request(server, "/v1/relay");
    let mut end = pin!(async { drop(tokio::io::copy(&mut read, &mut sink()).await) });
    for byte in request.as_bytes() {
        if write.write_all(&[*byte]).await.is_err() {
            return;
        }
        *written += 1;
        if timeout(TRICKLE, &mut end).await.is_ok() {
            return;
        }
    }
    end.await;
}

/// Opens a WebSocket and sends frames that are whole and mean something, until the server says or does goodbye.
async fn frames(stream: TcpStream, server: SocketAddr, written: &mut u64) {
    let Ok((mut incoming, outgoing)) = connection::shake_hands(stream, server, "/v1/relay").await else { return };
    let burst = burst();
    let mut closed = false;
    while !closed {
        if !outgoing.is_blocked() {
            if outgoing.push(&burst).is_err() {
                return;
            }
            *written += burst.len() as u64;
        }
        select! {
            more = incoming.read(|frame| closed |= frame.opcode == frames::CLOSE) => {
                if !more.is_ok_and(|more| more) {
                    return;
                }
            }
            result = outgoing.flush() => if result.is_err() { return },
        }
        // Else one connection would not let the others attack.
        yield_now().await;
    }
}

fn burst() -> Vec<u8> {
    let topic = Topics::of_room(0).topic;
    let payload = Bytes::from_static(&[0x55; 64]);
    let mut out = Vec::new();
    for id in 0..BURST as u64 {
        ours::publish(&mut out, topic, id, payload.clone());
        ours::say(&mut out, &FromClient::Ping);
    }
    out
}
