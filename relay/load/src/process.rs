//! What the operating system says of a process: processor time and memory.

use std::fs;

use anyhow::Context;

/// Nanoseconds of a tick of `/proc/PID/stat`: a hundredth of a second on every Linux there is.
const TICK: u64 = 10_000_000;

/// A process on this machine.
#[derive(Clone, Copy)]
pub struct Process(u32);

impl Process {
    /// Returns the process of this number.
    pub fn of(id: u32) -> Self {
        Self(id)
    }

    /// Returns the process that runs this program.
    pub fn this() -> Self {
        Self(std::process::id())
    }

    /// Returns the processor time that its threads have used, in nanoseconds.
    pub fn cpu_ns(self) -> anyhow::Result<u64> {
        self.scheduled().or_else(|| self.ticks()).with_context(|| format!("there is no process {}", self.0))
    }

    /// Returns the memory it has now, in KiB.
    pub fn rss_kib(self) -> anyhow::Result<u64> {
        self.status("VmRSS:")
    }

    /// Returns the most memory it had since [`Process::forget_peak`], in KiB.
    pub fn peak_kib(self) -> anyhow::Result<u64> {
        self.status("VmHWM:")
    }

    /// Has the peak begin at what it has now.
    pub fn forget_peak(self) {
        // Where this is not allowed the peak is that of its whole life.
        drop(fs::write(format!("/proc/{}/clear_refs", self.0), "5"));
    }

    /// To the nanosecond, where the kernel keeps it.
    fn scheduled(self) -> Option<u64> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.0)).ok()?;
        let times = threads.map(|thread| {
            let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        });
        // A thread may have ended since the folder was read.
        let (count, total) = times.flatten().fold((0, 0), |(count, total), time| (count + 1, total + time));
        (count > 0).then_some(total)
    }

    fn ticks(self) -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{}/stat", self.0)).ok()?;
        // The name of the program stands in brackets and may hold anything.
        let fields: Vec<&str> = text.rsplit(')').next()?.split_whitespace().collect();
        let user: u64 = fields.get(11)?.parse().ok()?;
        let system: u64 = fields.get(12)?.parse().ok()?;
        Some((user + system) * TICK)
    }

    fn status(self, name: &str) -> anyhow::Result<u64> {
        let path = format!("/proc/{}/status", self.0);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().split(' ').next()?.parse().ok());
        value.with_context(|| format!("{path} says nothing of {name}"))
    }
}
