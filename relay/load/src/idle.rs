//! What a connection costs that does nothing.

use std::time::Duration;

use anyhow::Context;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep};

use crate::crowd::{Crowd, Shape};
use crate::process::Process;
use crate::settings::Settings;

/// How long the server gets to put away what connecting took.
const SETTLING: Duration = Duration::from_secs(2);

/// Connects and subscribes everybody, and looks at the server's memory.
pub async fn run(mut settings: Settings) -> anyhow::Result<Map<String, Value>> {
    let connections: usize = settings.or("connections", 10_000)?;
    let members: usize = settings.or("members", 8)?;
    let shape = Shape::read(&mut settings, connections / members.max(2), members)?;
    let process = Process::of(settings.optional("process")?.context("process=PID of the server is missing")?);
    settings.end()?;

    let before = process.rss_kib()?;
    let cpu_before = process.cpu_ns()?;
    let begin = Instant::now();
    let crowd = Crowd::gather(shape, true, 0).await?;
    let seconds = begin.elapsed().as_secs_f64();
    let cpu = process.cpu_ns()?.saturating_sub(cpu_before);
    sleep(SETTLING).await;
    let after = process.rss_kib()?;

    let connections = shape.rooms * shape.members;
    let mut figures = Map::new();
    let mut put = |name: &str, value: Value| figures.insert(name.into(), value);
    put("connections", json!(connections));
    put("connect_s", json!(seconds));
    put("cpu_us_per_connection", json!(cpu as f64 / 1e3 / connections as f64));
    put("rss_before_kib", json!(before));
    put("rss_after_kib", json!(after));
    put("rss_peak_kib", json!(process.peak_kib()?));
    put("kib_per_connection", json!(after.saturating_sub(before) as f64 / connections as f64));
    crowd.arrivals.report(&mut figures);
    Ok(figures)
}
