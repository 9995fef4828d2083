//! Members who never read, and what the others notice of them.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::timeout;

use crate::crowd::{Crowd, Member, Shape};
use crate::measured::{self, Pace, Plan};
use crate::protocol::Heard;
use crate::settings::Settings;

/// How long nothing may come to a member that reads again before it has seen everything.
const SILENCE: Duration = Duration::from_secs(1);
/// One in so many members does not read.
const ONE_IN: usize = 100;

/// Has one member in a hundred, and at least one, not read while the others do; then lets it read what there is for it.
pub async fn run(mut settings: Settings) -> anyhow::Result<Map<String, Value>> {
    let shape = Shape::read(&mut settings, 1, 8)?;
    let rate = settings.or("rate", 4_000.0)?;
    let plan = Plan::read(&mut settings, Pace::Rate(rate), 1024, 6.0)?;
    let stalled = settings.or("stalled", (shape.members / ONE_IN).max(1))?;
    settings.end()?;
    let mut crowd = Crowd::gather(shape, false, stalled).await?;
    let mut figures = measured::run(&mut crowd, plan).await?;
    let mut seen = Vec::new();
    for member in crowd.stalled {
        seen.push(read_again(member).await);
    }
    figures.insert("stalled".into(), Value::Array(seen));
    Ok(figures)
}

/// Reads until the connection ends or nothing comes any more, and returns what that was.
async fn read_again(member: Member) -> Value {
    let Member { mut incoming, mut ear, .. } = member;
    let (mut deliveries, mut gaps, mut out_of_order, mut code) = (0, 0, 0, None);
    let end = loop {
        let read = incoming.read(|frame| {
            ear.hear(frame, |heard| match heard {
                Heard::Delivery(_) => deliveries += 1,
                Heard::Gap => gaps += 1,
                Heard::OutOfOrder => out_of_order += 1,
                Heard::Close(with) => code = Some(with),
                Heard::Ready | Heard::Answer(_) | Heard::Refused | Heard::Drain(_) | Heard::Unknown => {}
            });
        });
        match timeout(SILENCE, read).await {
            Err(_) => break "open",
            Ok(Ok(true)) if code.is_none() => {}
            Ok(Ok(true)) => break "told",
            Ok(Ok(false)) => break "closed",
            Ok(Err(_)) => break "reset",
        }
    };
    json!({ "deliveries": deliveries, "gaps": gaps, "out_of_order": out_of_order, "close_code": code, "end": end })
}
