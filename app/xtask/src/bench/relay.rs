//! `cargo xtask bench relay`: the relay under load, beside others of its kind.

mod parts;
mod servers;
mod table;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;

use self::parts::{PARTS, Part};
use self::servers::{GENERATORS_CPU, Ranks, Running, Server, ranked};
use crate::relay_build;
use crate::say::{say, step};
use crate::workspace::Workspace;

/// How often everything is measured unless told.
const RUNS: u32 = 3;
/// How long clients publish before their server is stopped.
const BEFORE_RESTART: Duration = Duration::from_secs(2);

/// What follows `bench relay` on the command line.
struct Asked {
    peers: bool,
    runs: u32,
    parts: Vec<&'static Part>,
}

impl Asked {
    fn parse(words: &[&str]) -> anyhow::Result<Self> {
        let mut asked = Self { peers: false, runs: RUNS, parts: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--peers" => asked.peers = true,
                "--runs" => {
                    let runs = words.next().context("--runs takes a number")?;
                    asked.runs = runs.parse().with_context(|| format!("--runs takes a number, not `{runs}`"))?;
                }
                name => {
                    let names = || PARTS.iter().map(|part| part.name).collect::<Vec<_>>().join(", ");
                    let part = PARTS.iter().find(|part| part.name == name);
                    asked
                        .parts
                        .push(part.with_context(|| format!("there is no part `{name}`; there are {}", names()))?);
                }
            }
        }
        if asked.runs == 0 {
            bail!("nothing can be said of no runs");
        }
        if asked.parts.is_empty() {
            asked.parts = PARTS.iter().collect();
        }
        Ok(asked)
    }
}

/// What one run of a part said of each server; None where it could not be measured.
type Measured = Vec<Option<Value>>;

/// Measures what the words ask for and prints the medians as a table. All that was measured goes to `target/bench-relay.jsonl`.
pub fn run(workspace: &Workspace, words: &[&str]) -> anyhow::Result<ExitCode> {
    let asked = Asked::parse(words)?;
    let relay = relay_build::build(workspace)?;
    let generator = build_generator(workspace)?;
    let mut servers = vec![Server::Ours { program: relay }];
    if asked.peers {
        servers.extend(servers::peers(workspace));
    }
    let path = workspace.target().join("bench-relay.jsonl");
    let mut log = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut rows = Vec::new();
    for part in asked.parts {
        let beside = if part.beside_peers { servers.len() } else { 1 };
        let mut runs: Vec<Measured> = Vec::new();
        for run in 1..=asked.runs {
            // One after the other in every run, so that what else this machine does meets all alike.
            let measured = servers[..beside].iter().map(|server| measure(workspace, part, run, server, &generator));
            let measured: Measured = measured.collect::<anyhow::Result<_>>()?;
            for (server, figures) in servers.iter().zip(&measured) {
                let figures = figures.as_ref().unwrap_or(&Value::Null);
                let entry =
                    serde_json::json!({ "part": part.name, "server": server.name(), "run": run, "figures": figures });
                writeln!(log, "{entry}")?;
            }
            runs.push(measured);
        }
        rows.extend(table::rows(part, &runs, servers.len()));
    }
    let names: Vec<&str> = servers.iter().map(Server::name).collect();
    say(&format!("\n{}", table::markdown(&names, &rows)));
    say(&format!(
        "Medians of {} runs; ratios are the medians of each run's. Every run: {}",
        asked.runs,
        path.display()
    ));
    Ok(ExitCode::SUCCESS)
}

fn build_generator(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    step("Building the load generator (release)", || {
        let status = workspace.cargo().args(["build", "--release", "--package", "relay-load"]).status();
        if !status.context("cargo cannot be started")?.success() {
            bail!("the load generator does not compile (the compiler's own words are above)");
        }
        Ok(workspace.target().join("release/relay-load"))
    })
}

/// Measures a part with a server of its own. A peer that fails is left out; the relay must not fail.
fn measure(
    workspace: &Workspace,
    part: &Part,
    run: u32,
    server: &Server,
    generator: &Path,
) -> anyhow::Result<Option<Value>> {
    let what = format!("{} with {}, run {run}", part.name, server.name());
    let result = step(&what, || {
        let mut running = server.start(workspace, None)?;
        let settings = if server.is_ours() { part.settings } else { part.peers_settings.unwrap_or(part.settings) };
        let another = if part.attacked { Some(server.start_beside()?) } else { None };
        let mut settings: Vec<String> = settings.iter().copied().map(str::to_owned).collect();
        if let Some(another) = &another {
            settings.push(format!("elsewhere=127.0.0.1:{}", another.port()));
            settings.push(format!("launcher={}", Ranks::of_this_machine().last.join(" ")));
        }
        let mut generator = Generator::start(generator, part, &settings, server, &running)?;
        if part.restarts {
            generator.wait_until_ready()?;
            std::thread::sleep(BEFORE_RESTART);
            let port = running.port();
            running.terminate()?;
            let _again = server.start(workspace, Some(port))?;
            return generator.figures();
        }
        generator.figures().map_err(|error| match running.ended() {
            Some(status) => error.context(format!("the server ended by itself: {status}")),
            None => error,
        })
    });
    match result {
        Ok(figures) => Ok(Some(figures)),
        Err(error) if !server.is_ours() => {
            say(&format!("· {what}: {error:#}"));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The load generator at work.
struct Generator {
    process: Child,
    said: BufReader<ChildStdout>,
}

impl Generator {
    fn start(
        program: &Path,
        part: &Part,
        settings: &[String],
        server: &Server,
        running: &Running,
    ) -> anyhow::Result<Self> {
        let rank = if part.attacked { Ranks::of_this_machine().first } else { &[] };
        let mut command = ranked(rank, program, GENERATORS_CPU);
        command.arg(part.mode).arg(format!("address=127.0.0.1:{}", running.port())).args(settings);
        if part.mode != "restart" {
            command.arg(format!("process={}", running.process())).arg(format!("protocol={}", server.protocol()));
        }
        let mut process = command.stdout(Stdio::piped()).spawn().context("the load generator cannot be started")?;
        let said = BufReader::new(process.stdout.take().context("the load generator has no output")?);
        Ok(Self { process, said })
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let mut line = String::new();
        self.said.read_line(&mut line)?;
        if line.trim_end() != "ready" {
            bail!("the load generator could not connect everybody");
        }
        Ok(())
    }

    fn figures(mut self) -> anyhow::Result<Value> {
        let mut line = String::new();
        self.said.read_line(&mut line)?;
        if !self.process.wait()?.success() {
            bail!("the load generator failed (its own words are above)");
        }
        serde_json::from_str(&line).context("what the load generator says is not JSON")
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        // It has ended already unless something failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Sends a process the signal by which it is asked to stop.
fn terminate(process: u32) -> anyhow::Result<()> {
    let status = Command::new("kill").args(["-TERM", &process.to_string()]).status();
    if !status.context("`kill` cannot be started")?.success() {
        bail!("process {process} cannot be stopped");
    }
    Ok(())
}

/// Writes a file in a folder that may not be there yet.
fn write_in(folder: &Path, name: &str, text: &str) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = folder.join(name);
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_words_mean_everything_thrice_and_no_peers() {
        let asked = Asked::parse(&[]).expect("nothing to misread");
        assert_eq!((asked.peers, asked.runs, asked.parts.len()), (false, 3, PARTS.len()));
    }

    #[test]
    fn parts_may_be_chosen() {
        let asked = Asked::parse(&["--runs", "5", "rate", "--peers", "idle"]).expect("all of it is known");
        assert_eq!((asked.peers, asked.runs), (true, 5));
        assert_eq!(asked.parts.iter().map(|part| part.name).collect::<Vec<_>>(), ["rate", "idle"]);
        for wrong in [&["--runs"][..], &["--runs", "0"], &["raet"]] {
            assert!(Asked::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
