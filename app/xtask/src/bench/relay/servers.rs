//! The servers that are measured, and how each is started.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::{available_parallelism, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;

use super::{terminate, write_in};
use crate::nats_server;
use crate::say::{say, step};
use crate::workspace::{Workspace, on_path};

/// The processor that servers run on.
const SERVERS_CPU: &str = "0";
/// The processor that the load generator runs on.
pub const GENERATORS_CPU: &str = "1";
/// The packages of the broadcaster, by which it is compared.
const WS: [(&str, &str); 2] = [("ws", "8.23.0"), ("bufferutil", "4.1.0")];
/// How long a server gets to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A kind of server.
pub enum Server {
    /// The relay.
    Ours {
        /// Its binary.
        program: PathBuf,
    },
    /// nats-server, to which clients come by WebSocket.
    Nats {
        /// Its binary.
        program: PathBuf,
    },
    /// A broadcaster made of the npm package `ws`.
    Ws {
        /// The folder in which that is installed.
        packages: PathBuf,
    },
}

/// Returns the peers that there are or that could be installed.
pub fn peers(workspace: &Workspace) -> Vec<Server> {
    let nats = nats_server::find_or_install(workspace).map(|program| Server::Nats { program });
    let ws = install_ws(workspace).map(|packages| Server::Ws { packages });
    let mut peers = Vec::new();
    for peer in [nats, ws] {
        match peer {
            Ok(peer) => peers.push(peer),
            Err(error) => say(&format!("· One peer is left out: {error:#}")),
        }
    }
    peers
}

impl Server {
    /// Returns the name in the table.
    pub fn name(&self) -> &'static str {
        match self {
            Server::Ours { .. } => "relay",
            Server::Nats { .. } => "nats-server",
            Server::Ws { .. } => "ws",
        }
    }

    /// Returns what the load generator calls what is spoken with it.
    pub fn protocol(&self) -> &'static str {
        match self {
            Server::Ours { .. } => "ours",
            Server::Nats { .. } => "nats",
            Server::Ws { .. } => "ws",
        }
    }

    /// Tells whether it is the relay.
    pub fn is_ours(&self) -> bool {
        matches!(self, Server::Ours { .. })
    }

    /// Starts one of them beside a running one, which has the processor first.
    pub fn start_beside(&self) -> anyhow::Result<Running> {
        let Server::Ours { program } = self else { bail!("only the relay is started twice") };
        let mut command = ranked(Ranks::of_this_machine().last, program, SERVERS_CPU);
        command.args(["--listen", "127.0.0.1:0"]);
        Running::by_what_it_says(command)
    }

    /// Starts it and returns when it listens: at this port if told, which only the relay can be.
    pub fn start(&self, workspace: &Workspace, port: Option<u16>) -> anyhow::Result<Running> {
        match self {
            Server::Ours { program } => {
                let mut command = pinned(program, SERVERS_CPU);
                command.args(["--listen", &format!("127.0.0.1:{}", port.unwrap_or(0))]);
                Running::by_what_it_says(command)
            }
            Server::Ws { packages } => {
                let mut command = pinned("node", SERVERS_CPU);
                command.arg(workspace.root().join("relay/load/peers/ws.mjs")).env("PEERS", packages);
                Running::by_what_it_says(command)
            }
            Server::Nats { program } => {
                let [clients, web] = free_ports()?;
                let settings = format!(
                    "listen: \"127.0.0.1:{clients}\"\n\
                     websocket {{ listen: \"127.0.0.1:{web}\", no_tls: true, compression: false }}\n\
                     max_payload: 1MB\nmax_connections: 64K\n"
                );
                let settings = write_in(&workspace.target().join("bench-peers"), "nats.conf", &settings)?;
                let mut command = pinned(program, SERVERS_CPU);
                command.arg("-c").arg(settings).stdout(Stdio::null()).stderr(Stdio::null());
                Running::at(command, web)
            }
        }
    }
}

/// Returns a command on one processor, if there are two and `taskset` is there, which may open as many files as the system lets it.
fn pinned(program: impl AsRef<OsStr>, cpu: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -n \"$(ulimit -H -n)\"; exec \"$@\"", "sh"]);
    if available_parallelism().is_ok_and(|processors| processors.get() >= 2) && on_path("taskset").is_some() {
        command.args(["taskset", "-c", cpu]);
    }
    command.arg(program).stdin(Stdio::null());
    command
}

/// The same, started by the words of a rank.
pub fn ranked(rank: &[&str], program: impl AsRef<OsStr>, cpu: &str) -> Command {
    let Some((first, rest)) = rank.split_first() else { return pinned(program, cpu) };
    let mut command = pinned(first, cpu);
    command.args(rest).arg(program);
    command
}

/// Who has the processor first where an attacker runs beside the clients it is measured by: else these wait for the attacker
/// rather than for the server. Commands that start what stands behind them.
#[derive(Clone, Copy)]
pub struct Ranks {
    /// For what measures.
    pub first: &'static [&'static str],
    /// For what gives way.
    pub last: &'static [&'static str],
}

impl Ranks {
    /// Returns the best that this machine allows.
    pub fn of_this_machine() -> Self {
        let real_time = Ranks { first: &["chrt", "--fifo", "1"], last: &["chrt", "--idle", "0"] };
        let mut tried = Command::new(real_time.first[0]);
        let allowed = tried.args(&real_time.first[1..]).arg("true").stderr(Stdio::null()).status();
        if allowed.is_ok_and(|status| status.success()) {
            real_time
        } else {
            Ranks { first: &[], last: &["nice", "-n", "19"] }
        }
    }
}

/// A server that runs; dropping it ends it.
pub struct Running {
    process: Child,
    port: u16,
    /// A server whose output nobody holds could not write that it stops.
    _output: Option<BufReader<ChildStdout>>,
}

impl Running {
    /// Starts a server that says where it listens.
    fn by_what_it_says(mut command: Command) -> anyhow::Result<Self> {
        let mut process = command.stdout(Stdio::piped()).spawn().context("the server cannot be started")?;
        let mut output = BufReader::new(process.stdout.take().context("the server has no output")?);
        let mut line = String::new();
        output.read_line(&mut line)?;
        let port = line.trim_end().rsplit(':').next().and_then(|port| port.parse().ok());
        let Some(port) = port else {
            let _ = process.kill();
            let _ = process.wait();
            bail!("the server does not say where it listens (its own words are above)");
        };
        Ok(Self { process, port, _output: Some(output) })
    }

    /// Starts a server that is known to listen at a port.
    fn at(mut command: Command, port: u16) -> anyhow::Result<Self> {
        let process = command.spawn().context("the server cannot be started")?;
        let mut running = Self { process, port, _output: None };
        let begin = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if running.process.try_wait()?.is_some() || begin.elapsed() > PATIENCE {
                bail!("the server does not listen");
            }
            sleep(Duration::from_millis(20));
        }
        Ok(running)
    }

    /// Returns the port for WebSockets.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the number of its process: `sh` and `taskset` have made way for it.
    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// Says how it ended, if it has by itself.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().ok().flatten()
    }

    /// Asks it to stop and waits until it has.
    pub fn terminate(mut self) -> anyhow::Result<()> {
        terminate(self.process.id())?;
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_ports() -> anyhow::Result<[u16; 2]> {
    let listener = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("there is no free port");
    // Both are held until both are known, so that they differ.
    let [one, other] = [listener()?, listener()?];
    Ok([one.local_addr()?.port(), other.local_addr()?.port()])
}

/// Returns the folder in which the packages of the broadcaster are installed.
fn install_ws(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let folder = workspace.target().join("bench-peers");
    if WS.iter().all(|(name, version)| is_installed(&folder, name, version)) {
        return Ok(folder);
    }
    step("Installing ws and bufferutil (npm)", || {
        // Without one npm would look for the manifest of a folder further up.
        write_in(&folder, "package.json", "{ \"private\": true }\n")?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--save-exact", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]).arg(&folder);
        npm.args(WS.iter().map(|(name, version)| format!("{name}@{version}")));
        if !npm.status().context("npm cannot be started; install Node.js with npm")?.success() {
            bail!("npm could not install them (its own words are above). Is there a network?");
        }
        Ok(())
    })?;
    Ok(folder)
}

fn is_installed(folder: &Path, name: &str, version: &str) -> bool {
    let manifest = std::fs::read(folder.join("node_modules").join(name).join("package.json"));
    let manifest: Option<Value> = manifest.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    manifest.is_some_and(|manifest| manifest["version"] == version)
}
