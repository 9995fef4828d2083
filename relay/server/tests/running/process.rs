//! The binary as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A relay as its own process, killed with the test.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    stdout: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a relay on a free port.
    pub fn start() -> Process {
        Process::start_with(&[])
    }

    /// Starts a relay on a free port with further words on its command line.
    pub fn start_with(words: &[&str]) -> Process {
        let mut child = Command::new(env!("CARGO_BIN_EXE_relay"))
            .args(["--listen", "127.0.0.1:0"])
            .args(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the relay can be started");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let line = next_line(&mut stdout);
        let port = line.strip_prefix("listening on http://localhost:").expect("that is how it starts");
        let address = SocketAddr::from(([127, 0, 0, 1], port.parse().expect("a port")));
        Process { child, address, stdout }
    }

    /// Returns the next line printed.
    pub fn line(&mut self) -> String {
        next_line(&mut self.stdout)
    }

    /// Asks the relay to stop.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(status.expect("kill can be run").success());
    }

    /// Returns the exit code and everything printed after the lines read.
    pub fn end(mut self) -> (Option<i32>, String) {
        let mut printed = String::new();
        self.stdout.read_to_string(&mut printed).expect("text");
        let mut stderr = self.child.stderr.take().expect("it is piped");
        stderr.read_to_string(&mut printed).expect("text");
        (self.child.wait().expect("it ends").code(), printed)
    }

    /// Returns the memory the process holds, in bytes.
    #[cfg(target_os = "linux")]
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux says so");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }
}

fn next_line(stdout: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    stdout.read_line(&mut line).expect("the relay prints text");
    line.trim_end().to_owned()
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
