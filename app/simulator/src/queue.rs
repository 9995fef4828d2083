//! What is still to happen, by time; of one time, first come first.

use std::collections::BTreeMap;

use crate::Millis;

/// What is still to happen.
pub(crate) struct Queue<T> {
    entered: u64,
    events: BTreeMap<(Millis, u64), T>,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        Self { entered: 0, events: BTreeMap::new() }
    }

    pub(crate) fn push(&mut self, at: Millis, event: T) {
        self.entered += 1;
        self.events.insert((at, self.entered), event);
    }

    /// Takes the next event that happens no later than `until`.
    pub(crate) fn pop(&mut self, until: Millis) -> Option<(Millis, T)> {
        let next = self.events.first_entry().filter(|entry| entry.key().0 <= until)?;
        let ((at, _), event) = next.remove_entry();
        Some((at, event))
    }

    /// Drops what is not to happen any more.
    pub(crate) fn retain(&mut self, keep: impl Fn(Millis, &T) -> bool) {
        self.events.retain(|(at, _), event| keep(*at, event));
    }
}
