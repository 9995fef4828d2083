//! What a person at the terminal is told.

use std::io::Write;
use std::time::{Duration, Instant};

/// Prints one line. A closed terminal is nobody's fault, so a failing write is dropped.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// Says which step begins, runs it, and says how long it took.
pub fn step<T>(name: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    say(&format!("· {name} …"));
    let begin = Instant::now();
    let result = work();
    let verdict = if result.is_ok() { "done" } else { "failed" };
    say(&format!("· {name}: {verdict} in {}", duration(begin.elapsed())));
    result
}

/// Returns a duration as people read it: `0.4 s`, `41 s`, `3 min 20 s`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 10.0 {
        format!("{seconds:.1} s")
    } else if seconds < 60.0 {
        format!("{seconds:.0} s")
    } else {
        format!("{} min {} s", time.as_secs() / 60, time.as_secs() % 60)
    }
}

/// Returns a size as people read it, in units of 1,000 bytes.
pub fn size(bytes: usize) -> String {
    if bytes < 1_000 { format!("{bytes} B") } else { format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_a_person_says_them() {
        assert_eq!(duration(Duration::from_millis(420)), "0.4 s");
        assert_eq!(duration(Duration::from_secs(41)), "41 s");
        assert_eq!(duration(Duration::from_secs(200)), "3 min 20 s");
    }

    #[test]
    fn sizes_are_in_thousands_of_bytes() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(447_960), "447.9 kB");
    }
}
