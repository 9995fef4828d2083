//! Clients by the thousand in one thread, for the figures of `cargo xtask bench relay`. Each mode prints one line of JSON.

mod arrivals;
mod attack;
mod connection;
mod crowd;
mod flood;
mod frames;
mod idle;
mod latency;
mod measured;
mod nats;
mod ours;
mod process;
mod protocol;
mod restart;
mod settings;
mod stalled;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};
use serde_json::{Map, Value};
use tokio::task::LocalSet;

use crate::crowd::{Crowd, Shape};
use crate::measured::{Pace, Plan};
use crate::settings::Settings;

const HELP: &str = "\
relay-load MODE address=127.0.0.1:PORT [NAME=VALUE]...    harms what it talks to, so only on this machine

throughput  every room publishes as fast as `window` messages on their way let it
rate        all rooms together publish `rate` messages a second
idle        `connections` are subscribed and do nothing
stalled     one member in a hundred does not read while the others do
flood       `rate` without and with each of `attacks`=frames,silent,trickle, made by `launcher` if told, and on another server,
            if `elsewhere`=127.0.0.1:PORT is told
file        one member sends pieces of 64 KiB to eight others
restart     `clients` of a server that is stopped, once they say `ready`, and started again
attack      one `attack` with `connections` for some `seconds`; what `flood` starts

protocol=ours|nats|ws  process=PID of the server  rooms= members= payload= warm_up= seconds=
";

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
    let Some((mode, rest)) = words.split_first().filter(|(mode, _)| *mode != "--help") else {
        return Ok(write!(io::stdout(), "{HELP}")?);
    };
    let settings = Settings::read(rest)?;
    // As many sockets as the system lets this program have.
    rlimit::increase_nofile_limit(u64::MAX).context("no more files may be opened")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let figures = LocalSet::new().block_on(&runtime, run(mode, settings))?;
    Ok(writeln!(io::stdout(), "{}", Value::Object(figures))?)
}

async fn run(mode: &str, mut settings: Settings) -> anyhow::Result<Map<String, Value>> {
    match mode {
        "throughput" => {
            let window = settings.or("window", 4)?;
            steady(settings, (50, 8), Pace::Window(window), 1024).await
        }
        "file" => {
            let window = settings.or("window", 16)?;
            steady(settings, (1, 9), Pace::Window(window), 64 * 1024).await
        }
        "rate" => {
            let rate = settings.or("rate", 1_000.0)?;
            steady(settings, (50, 8), Pace::Rate(rate), 1024).await
        }
        "idle" => idle::run(settings).await,
        "stalled" => stalled::run(settings).await,
        "flood" => flood::run(settings).await,
        "restart" => restart::run(settings).await,
        "attack" => attack::run(settings).await,
        other => bail!("there is no mode `{other}`\n\n{HELP}"),
    }
}

async fn steady(
    mut settings: Settings,
    (rooms, members): (usize, usize),
    pace: Pace,
    payload: usize,
) -> anyhow::Result<Map<String, Value>> {
    let shape = Shape::read(&mut settings, rooms, members)?;
    let plan = Plan::read(&mut settings, pace, payload, 4.0)?;
    settings.end()?;
    let mut crowd = Crowd::gather(shape, false, 0).await?;
    measured::run(&mut crowd, plan).await
}
