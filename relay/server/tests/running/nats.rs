//! Real NATS servers: processes of their own that can be killed, frozen and started again.

use std::fmt::Write;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval};

use super::{ask, soon};

/// Where Debian's package puts the program, which is not on everybody's path.
const DEBIANS: &str = "/usr/sbin/nats-server";

/// Tells the folders of servers in one process apart.
static STARTED: AtomicU32 = AtomicU32::new(0);

/// A NATS server, killed with the test.
pub struct Nats {
    child: Child,
    folder: PathBuf,
    port: u16,
    monitor: SocketAddr,
}

impl Nats {
    /// Starts a server that is alone and holds nothing.
    pub async fn start() -> Nats {
        Nats::start_with("").await
    }

    /// Starts a server that is alone and has JetStream.
    pub async fn with_jet_stream() -> Nats {
        Nats::start_with("jetstream { store_dir: \"STORE\" }\n").await
    }

    /// Starts a server with further lines in its configuration.
    pub async fn start_with(more: &str) -> Nats {
        let nats = Nats::launch("alone", more, [free_port(), free_port()]);
        nats.is_up().await;
        nats
    }

    /// Starts three servers that are one cluster with JetStream.
    pub async fn three() -> [Nats; 3] {
        let routes = [free_port(), free_port(), free_port()];
        let all = routes.map(|port| format!("nats://127.0.0.1:{port}")).join(", ");
        let nodes = [0, 1, 2].map(|number: usize| {
            let more = format!(
                "jetstream {{ store_dir: \"STORE\" }}\n\
                 cluster {{ name: three, listen: \"127.0.0.1:{}\", routes: [{all}] }}\n",
                routes[number]
            );
            Nats::launch(&format!("node-{number}"), &more, [free_port(), free_port()])
        });
        for node in &nodes {
            node.is_up().await;
        }
        nodes
    }

    fn launch(name: &str, more: &str, [port, monitor]: [u16; 2]) -> Nats {
        let number = STARTED.fetch_add(1, Relaxed);
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("nats-{}-{number}", std::process::id()));
        // One that an earlier process of this number left behind.
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).expect("cargo's folder for tests can be written");
        let mut config = String::new();
        for line in [
            format!("server_name: {name}"),
            format!("listen: \"127.0.0.1:{port}\""),
            format!("http: \"127.0.0.1:{monitor}\""),
            format!("log_file: \"{}\"", folder.join("log").display()),
            more.replace("STORE", &folder.join("store").display().to_string()),
        ] {
            writeln!(config, "{line}").expect("a string takes everything");
        }
        fs::write(folder.join("conf"), config).expect("the folder can be written");
        let child = spawn(&folder);
        Nats { child, folder, port, monitor: SocketAddr::from(([127, 0, 0, 1], monitor)) }
    }

    /// Returns the address a relay is told.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Returns what JetStream has written, file by file.
    pub fn store(&self) -> Vec<u8> {
        let mut all = Vec::new();
        gather(&self.folder.join("store"), &mut all);
        all
    }

    /// Kills the server without a chance to say goodbye. What it has stored stays.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Starts a server that was killed, where it was.
    pub async fn start_again(&mut self) {
        self.child = spawn(&self.folder);
        self.is_up().await;
    }

    /// Freezes the server: its sockets stay open, and nothing is answered.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(status.expect("kill can be run").success());
    }

    /// Waits until its monitoring says something.
    pub async fn says(&self, path: &str, what: impl Fn(&str) -> bool) {
        let mut ticks = interval(Duration::from_millis(20));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        soon(&format!("what {path} should say"), async {
            loop {
                ticks.tick().await;
                // It may not listen yet.
                if TcpStream::connect(self.monitor).await.is_ok() {
                    let answer = ask(self.monitor, "GET", path, "").await;
                    if what(&String::from_utf8_lossy(&answer.body)) {
                        return;
                    }
                }
            }
        })
        .await;
    }

    /// Waits until clients of the server are subscribed so many times to topics.
    pub async fn has_subscriptions(&self, count: usize) {
        self.says("/connz?subs=1", |answer| answer.matches("\"nonpaper.").count() == count).await;
    }

    async fn is_up(&self) {
        self.says("/healthz", |answer| answer.contains("\"ok\"")).await;
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() {
            return;
        }
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn spawn(folder: &Path) -> Child {
    let mut command = Command::new(program());
    command.arg("--config").arg(folder.join("conf")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("a nats-server that says its version can be started")
}

/// Returns the first nats-server that starts.
fn program() -> PathBuf {
    let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("nats-server").join("bin/nats-server");
    let places = std::env::var_os("NATS_SERVER").filter(|named| !named.is_empty()).map_or_else(
        || vec![PathBuf::from("nats-server"), PathBuf::from(DEBIANS), installed],
        |named| vec![PathBuf::from(named)],
    );
    let starts =
        |program: &PathBuf| Command::new(program).arg("--version").output().is_ok_and(|said| said.status.success());
    places.into_iter().find(starts).expect("There is no nats-server here; `cargo xtask test` installs one.")
}

/// Returns a port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

fn gather(folder: &Path, all: &mut Vec<u8>) {
    for entry in fs::read_dir(folder).expect("it is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            gather(&path, all);
        } else {
            all.extend(fs::read(&path).expect("it can be read"));
        }
    }
}
