//! How long things took, in a space that does not grow with their number.

use std::time::Duration;

/// Steps between one power of two and the next: what is read is at most 1.6 % above what was recorded.
const STEPS: usize = 64;
/// What nanoseconds there are in 64 bits.
const SLOTS: usize = 59 * STEPS;

/// Times by their size.
pub struct Latency {
    slots: Vec<u64>,
    recorded: u64,
}

impl Latency {
    /// Returns one with nothing in it.
    pub fn new() -> Self {
        Self { slots: vec![0; SLOTS], recorded: 0 }
    }

    /// Adds a time.
    pub fn record(&mut self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.slots[slot(nanoseconds)] += 1;
        self.recorded += 1;
    }

    /// Returns the time in milliseconds that this part of all times (0.5 for half of them) does not exceed; None of no times.
    pub fn milliseconds(&self, part: f64) -> Option<f64> {
        let rank = (self.recorded as f64 * part).ceil().max(1.0) as u64;
        let mut seen = 0;
        let slot = self.slots.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(upper(slot) as f64 / 1e6)
    }
}

fn slot(nanoseconds: u64) -> usize {
    let shift = (64 - nanoseconds.leading_zeros()).saturating_sub(7);
    // From STEPS up to below twice as much, but for the smallest times.
    let step = (nanoseconds >> shift) as usize;
    (shift as usize * STEPS + step).min(SLOTS - 1)
}

/// Returns the longest time of a slot.
fn upper(slot: usize) -> u64 {
    let shift = (slot / STEPS).saturating_sub(1);
    let step = (slot - shift * STEPS) as u64;
    (step + 1).checked_mul(1 << shift).map_or(u64::MAX, |above| above - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_hardly_above_what_was_recorded() {
        for nanoseconds in (0..62).flat_map(|power| [1 << power, (1 << power) + (1 << power) / 3]) {
            let read = upper(slot(nanoseconds));
            assert!(read >= nanoseconds && read - nanoseconds <= nanoseconds / 63, "{nanoseconds} is read as {read}");
        }
    }

    #[test]
    fn parts_are_counted_from_the_shortest() {
        let mut latency = Latency::new();
        assert_eq!(latency.milliseconds(0.5), None);
        for milliseconds in 1..=100 {
            latency.record(Duration::from_millis(milliseconds));
        }
        for (part, wanted) in [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0)] {
            let read = latency.milliseconds(part).expect("there are times");
            assert!((wanted..wanted * 1.02).contains(&read), "{part}: {read}");
        }
    }
}
