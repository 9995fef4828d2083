//! A member that holds valid keys and breaks the rules. It never stops while the faults last.

use rand_core::RngCore;

use super::SeatNo;
use super::draws::Draws;
use super::faults::Fault;
use super::schedule::Schedule;

/// Of a thousand acts of the others, it answers so many.
const BUSY: u32 = 600;

impl Schedule {
    /// Hostile members do what they do.
    pub(crate) fn hostile_acts(&mut self) {
        for place in 0..self.seats.len() {
            let seat = &self.seats[place];
            if seat.hostile && seat.is_up() && self.trouble.chance(BUSY) {
                self.hostile_act(SeatNo(place));
            }
        }
    }

    fn hostile_act(&mut self, seat: SeatNo) {
        match self.trouble.below(2) {
            0 => self.says_noise(seat),
            _ => self.says_what_others_said_but_not_quite(seat),
        }
    }

    fn says_noise(&mut self, seat: SeatNo) {
        let mut message = vec![0; 1 + self.trouble.below(2_000)];
        self.trouble.fill_bytes(&mut message);
        self.speaks(seat, &message);
    }

    /// A frame that passed before, with bits turned: its envelope is in order, its signature is not.
    fn says_what_others_said_but_not_quite(&mut self, seat: SeatNo) {
        let Some((topic, payload)) = self.trouble.pick(&self.captured) else { return };
        let opened = self.channels.get(&topic).and_then(|channel| channel.open(&payload));
        let Some(mut message) = opened.and_then(|part| room::Assembler::default().take(part)) else { return };
        for _ in 0..self.trouble.below(4) {
            let at = self.trouble.below(message.len());
            message[at] ^= 1 << self.trouble.below(8);
        }
        self.speaks(seat, &message);
    }

    fn speaks(&mut self, seat: SeatNo, message: &[u8]) {
        let Some(topic) = self.seats[seat.0].channels().first().map(room::Channel::topic) else { return };
        self.hits.hit(Fault::HostileLie);
        let done = self.seats[seat.0].says_raw(topic, message);
        self.performs(seat, done);
    }
}
