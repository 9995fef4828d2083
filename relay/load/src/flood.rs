//! What the members of quiet rooms notice of an attack.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::attack::Attack;
use crate::crowd::{Crowd, Shape};
use crate::measured::{self, Pace, Plan};
use crate::settings::Settings;

/// How much longer an attack goes on than it is measured.
const LONGER: Duration = Duration::from_secs(2);

/// Measures the latency of a rate without and with each attack, and with the same attack on another server, if one is told: what
/// an attacker takes from the clients by being on the same machine is not the server's doing.
pub async fn run(mut settings: Settings) -> anyhow::Result<Map<String, Value>> {
    let shape = Shape::read(&mut settings, 50, 8)?;
    let rate = settings.or("rate", 1_000.0)?;
    let plan = Plan::read(&mut settings, Pace::Rate(rate), 1024, 10.0)?;
    let attacks = match settings.optional::<String>("attacks")? {
        None => Attack::ALL.to_vec(),
        Some(names) => {
            let named =
                names.split(',').map(|name| name.parse().ok().with_context(|| format!("no attack is `{name}`")));
            named.collect::<anyhow::Result<_>>()?
        }
    };
    let connections: Option<usize> = settings.optional("connections")?;
    let launcher: Option<String> = settings.optional("launcher")?;
    let elsewhere = settings.optional_address("elsewhere")?;
    settings.end()?;

    let mut crowd = Crowd::gather(shape, false, 0).await?;
    let quiet = measured::run(&mut crowd, plan).await?;
    let mut figures = Map::new();
    for attack in attacks {
        let mut under_attack = async |server| {
            let attacker = Attacker::start(attack, server, connections, launcher.as_deref(), plan).await?;
            let mut figures = measured::run(&mut crowd, plan).await?;
            figures.insert("attack".into(), attacker.end().await?);
            anyhow::Ok(figures)
        };
        let beside = match elsewhere {
            Some(other) => Some(under_attack(other).await?),
            None => None,
        };
        let mut here = under_attack(shape.server).await?;
        let ratio = |to: &Map<String, Value>| Some(here["p99_ms"].as_f64()? / to["p99_ms"].as_f64()?);
        let (to_quiet, to_beside) = (ratio(&quiet), beside.as_ref().and_then(ratio));
        here.insert("p99_ratio".into(), json!(to_quiet));
        here.insert("p99_ratio_to_elsewhere".into(), json!(to_beside));
        here.insert("elsewhere".into(), json!(beside));
        figures.insert(attack.name().into(), Value::Object(here));
    }
    figures.insert("quiet".into(), Value::Object(quiet));
    Ok(figures)
}

/// This program in a second process, which attacks: the thread that measures has nothing to do with it.
struct Attacker {
    process: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Attacker {
    /// Starts an attack and returns when all of it is there. `launcher` is a command that starts what stands behind it.
    async fn start(
        attack: Attack,
        server: SocketAddr,
        connections: Option<usize>,
        launcher: Option<&str>,
        plan: Plan,
    ) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("this program does not know where it is")?;
        let mut words = launcher.unwrap_or_default().split_whitespace();
        let mut command = match words.next() {
            None => Command::new(&program),
            Some(first) => {
                let mut command = Command::new(first);
                command.args(words).arg(&program);
                command
            }
        };
        let seconds = (plan.warm_up + plan.time + LONGER).as_secs_f64();
        command.arg("attack").arg(format!("attack={}", attack.name()));
        command.arg(format!("address={server}")).arg(format!("seconds={seconds}"));
        if let Some(connections) = connections {
            command.arg(format!("connections={connections}"));
        }
        command.stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().context("the attacker cannot be started")?;
        let stdout = process.stdout.take().context("the attacker has no output")?;
        let mut said = BufReader::new(stdout).lines();
        if said.next_line().await?.as_deref() != Some("attacking") {
            bail!("the attacker does not get to attack");
        }
        Ok(Self { process, said })
    }

    /// Waits for the end of the attack and returns what the attacker says of it.
    async fn end(mut self) -> anyhow::Result<Value> {
        let line = self.said.next_line().await?.context("the attacker says nothing")?;
        self.process.wait().await?;
        serde_json::from_str(&line).context("the attacker says nonsense")
    }
}
