//! The relay's command line.

use std::io::{self, ErrorKind, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use relay::{AppFiles, Config, serve};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

const HELP: &str = "\
Orders sealed frames and hands them to whoever is subscribed. Keeps nothing.

relay [--listen ADDR] [--app DIR] [--host NAME]... [--allow-origin ORIGIN]...

  --listen ADDR           where to listen, 127.0.0.1:8080 unless told
  --app DIR               a built app to serve beside the relay
  --host NAME             name under which clients reach this relay, such as relay.example or
                          relay.example:8443; wanted whenever that is not this machine itself
  --allow-origin ORIGIN   a page served elsewhere that may use this relay, such as
                          https://copy.example
  --help                  this text
";

/// What the command line asks for.
struct Asked {
    listen: SocketAddr,
    app: Option<PathBuf>,
    hosts: Vec<String>,
    allow_origins: Vec<String>,
}

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
    run(asked(&words)?)
}

fn asked(words: &[String]) -> anyhow::Result<Asked> {
    let mut asked = Asked {
        listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
        app: None,
        hosts: Vec::new(),
        allow_origins: Vec::new(),
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        if !["--listen", "--app", "--host", "--allow-origin"].contains(&name) {
            bail!("`{word}` is not known here; --help lists what is.");
        }
        let value =
            value.or_else(|| words.next().cloned()).with_context(|| format!("{name} wants a value; see --help."))?;
        match name {
            "--listen" => {
                asked.listen =
                    value.parse().with_context(|| format!("`{value}` is no address; it looks like 127.0.0.1:8080"))?;
            }
            "--app" => asked.app = Some(value.into()),
            "--host" => asked.hosts.push(value),
            _ => asked.allow_origins.push(value),
        }
    }
    Ok(asked)
}

// One thread: the work is moving bytes, and whoever needs more runs more relays.
#[tokio::main(flavor = "current_thread")]
async fn run(asked: Asked) -> anyhow::Result<()> {
    let app = asked.app.as_deref().map(read_app).transpose()?;
    let listener = match TcpListener::bind(asked.listen).await {
        Ok(listener) => listener,
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            bail!("Port {} is taken by another program; choose another one with --listen.", asked.listen.port())
        }
        Err(error) => return Err(error).with_context(|| format!("The relay cannot listen on {}", asked.listen)),
    };
    let mut terminate = signal(SignalKind::terminate()).context("Signals cannot be received")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("Signals cannot be received")?;
    say(&format!("listening on http://{}", shown(listener.local_addr()?)))?;

    let config = Config { app, hosts: asked.hosts, allow_origins: asked.allow_origins, ..Config::default() };
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    serve(listener, config, stop).await.context("The relay cannot go on")?;
    say("stopped")
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
