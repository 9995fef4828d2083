//! Time that never goes back.

use crate::input::Millis;

/// The shell's clock, which somebody may set while a room is open. What a room waits for would wait for as long again as the
/// clock went back; so its own time goes on from where it was.
#[derive(Default)]
pub(crate) struct Clock {
    last: Millis,
    /// How far the room's time is ahead of the shell's.
    ahead: Millis,
}

impl Clock {
    /// A clock that goes on from the latest time a store remembers.
    pub(crate) fn after(last: Millis) -> Self {
        Self { last, ahead: 0 }
    }

    /// The room's time, when the shell's clock shows this.
    pub(crate) fn read(&mut self, shell: Millis) -> Millis {
        self.ahead = self.ahead.max(self.last.saturating_sub(shell));
        self.last = shell.saturating_add(self.ahead);
        self.last
    }

    /// What the shell's clock shows at a time of the room.
    pub(crate) fn shell(&self, at: Millis) -> Millis {
        at.saturating_sub(self.ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_set_back_goes_on_from_where_it_was() {
        let mut clock = Clock::default();
        assert_eq!(clock.read(1_000), 1_000);
        assert_eq!(clock.read(400), 1_000);
        assert_eq!(clock.read(500), 1_100);
        assert_eq!(clock.shell(1_250), 650);
        // Set right again: what was waited for is over at once, as after a sleep.
        assert_eq!(clock.read(2_000), 2_600);
    }

    #[test]
    fn clock_set_back_while_nothing_was_open_goes_on_from_what_was_stored() {
        let mut clock = Clock::after(5_000);
        assert_eq!((clock.read(1_000), clock.read(1_200)), (5_000, 5_200));
    }
}
