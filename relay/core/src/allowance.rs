//! How much a connection that has proved nothing may send.

use crate::Config;

/// Two buckets that fill with time, one for frames and one for bytes.
pub(crate) struct Allowance {
    frames: Bucket,
    bytes: Bucket,
    filled_at_ms: u64,
}

impl Allowance {
    /// Returns full buckets.
    pub(crate) fn new(config: &Config, now_ms: u64) -> Self {
        let burst = config.unproven_burst_seconds;
        Allowance {
            frames: Bucket::new(config.unproven_frames_per_second, burst),
            bytes: Bucket::new(config.unproven_bytes_per_second, burst),
            filled_at_ms: now_ms,
        }
    }

    /// Takes one frame of `length` bytes out of the buckets; false when they do not hold that much.
    pub(crate) fn take(&mut self, length: usize, now_ms: u64) -> bool {
        self.fill(now_ms);
        self.frames.take(1) && self.bytes.take(length)
    }

    /// Takes bytes that are no frame.
    pub(crate) fn take_bytes(&mut self, length: usize, now_ms: u64) -> bool {
        self.fill(now_ms);
        self.bytes.take(length)
    }

    fn fill(&mut self, now_ms: u64) {
        let elapsed_ms = now_ms.saturating_sub(self.filled_at_ms);
        self.filled_at_ms = self.filled_at_ms.max(now_ms);
        self.frames.fill(elapsed_ms);
        self.bytes.fill(elapsed_ms);
    }
}

/// Counts in thousandths, so that a millisecond's worth of a rate per second is a whole number.
struct Bucket {
    per_second: u64,
    most: u64,
    level: u64,
}

impl Bucket {
    fn new(per_second: u32, burst_seconds: u32) -> Self {
        let most = u64::from(per_second) * u64::from(burst_seconds).saturating_mul(1_000);
        Bucket { per_second: u64::from(per_second), most, level: most }
    }

    fn fill(&mut self, elapsed_ms: u64) {
        self.level = self.level.saturating_add(self.per_second.saturating_mul(elapsed_ms)).min(self.most);
    }

    fn take(&mut self, amount: usize) -> bool {
        match self.level.checked_sub((amount as u64).saturating_mul(1_000)) {
            Some(level) => {
                self.level = level;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ten_frames_and_a_thousand_bytes_a_second() -> Allowance {
        let config = Config {
            unproven_frames_per_second: 10,
            unproven_bytes_per_second: 1_000,
            unproven_burst_seconds: 1,
            ..Config::default()
        };
        Allowance::new(&config, 0)
    }

    #[test]
    fn frames_come_back_with_time() {
        let mut allowance = ten_frames_and_a_thousand_bytes_a_second();
        assert!((0..10).all(|_| allowance.take(1, 0)));
        assert!(!allowance.take(1, 99));
        assert!(allowance.take(1, 100));
        assert!(!allowance.take(1, 100));
    }

    #[test]
    fn bytes_come_back_with_time() {
        let mut allowance = ten_frames_and_a_thousand_bytes_a_second();
        assert!(allowance.take(1_000, 0));
        assert!(!allowance.take(200, 199));
        assert!(allowance.take(200, 200));
    }

    #[test]
    fn waiting_long_gives_no_more_than_the_burst() {
        let mut allowance = ten_frames_and_a_thousand_bytes_a_second();
        assert!((0..10).all(|_| allowance.take(1, u64::MAX)));
        assert!(!allowance.take(1, u64::MAX));
    }

    #[test]
    fn a_clock_that_steps_back_gives_nothing() {
        let mut allowance = ten_frames_and_a_thousand_bytes_a_second();
        assert!((0..10).all(|_| allowance.take(1, 10_000)));
        assert!(!allowance.take(1, 0));
        assert!(!allowance.take(1, 10_000));
    }
}
