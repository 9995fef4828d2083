//! The way by the door: how a Welcome reaches a newcomer.

use record::AuthorKey;

use super::SeatNo;
use super::draws::Draws;
use super::faults::Fault;
use super::schedule::{Happening, Schedule};
use super::seat::Fate;
use super::verdict::{Breach, Class};
use crate::Millis;

/// What the door takes.
const DOOR_MS: (Millis, Millis) = (5, 60);
/// What it takes when it is slow.
const LATE_MS: (Millis, Millis) = (1_000, 30_000);
/// What was lost at the door is asked for again after so long.
const AGAIN_MS: (Millis, Millis) = (2_000, 8_000);

impl Schedule {
    /// A seat hands a Welcome to somebody at the door.
    pub(crate) fn takes_to_the_door(&mut self, from: SeatNo, to: AuthorKey, entry: Vec<u8>) {
        let Some(to) = self.by_key(&to).filter(|to| self.seats[to.0].fate == Fate::AtTheDoor) else { return };
        let Some(inviter) = self.inviters.get(&to).map(|inviter| self.seats[inviter.0].author()) else { return };
        self.says(&from, format_args!("has a welcome for {to}"));
        let mut after = self.people.between(DOOR_MS.0, DOOR_MS.1);
        if !self.calm && self.trouble.chance(self.knobs.welcome_lost) {
            self.hits.hit(Fault::WelcomeLost);
            after += self.trouble.between(AGAIN_MS.0, AGAIN_MS.1);
        } else if !self.calm && self.trouble.chance(self.knobs.welcome_late) {
            self.hits.hit(Fault::WelcomeLate);
            after += self.trouble.between(LATE_MS.0, LATE_MS.1);
        }
        self.at_the_door.push((to, inviter, entry.clone()));
        self.later(after, Happening::Hands { to, inviter, entry });
    }

    /// A Welcome has come to a newcomer.
    pub(crate) fn hands(&mut self, to: SeatNo, inviter: AuthorKey, entry: &[u8]) {
        match self.seats[to.0].enters(inviter, entry) {
            Some(Ok(())) => {
                self.says(&to, format_args!("comes in"));
                self.at_the_door.retain(|(waiting, _, _)| *waiting != to);
                let here = self.seats[to.0].state();
                let ahead = self.seats.iter().any(|seat| {
                    seat.no != to && seat.is_up() && !seat.hostile && seat.author() != inviter && seat.state() != here
                });
                if ahead && !self.calm {
                    self.hits.hit(Fault::WelcomeFirst);
                }
                self.dials(to);
            }
            Some(Err(error)) => {
                let what = format!("{to} cannot come in with its welcome: {error}");
                self.breaches(Breach::new(Class::Wedged, "I12", what));
            }
            None => {}
        }
    }
}
