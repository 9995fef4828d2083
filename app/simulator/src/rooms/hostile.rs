//! A member that holds valid keys and breaks the rules, with relays that help it. It does not stop while the faults last.

use std::collections::BTreeSet;

use rand_core::RngCore;
use record::{AuthorKey, Body, Op, OpId, StateId};
use room::parts::{Hoard, Lie};
use wire::{FromRelay, Topic};

use super::SeatNo;
use super::draws::Draws;
use super::faults::Fault;
use super::schedule::Schedule;
use super::seat::Seat;

/// Of a thousand acts of the others, it answers so many.
const BUSY: u32 = 600;

impl Seat {
    /// Breaks the rules from now on.
    pub(crate) fn turns_hostile(&mut self) {
        self.hostile = true;
        self.hoard = Some(Hoard::default());
    }

    /// Keeps every image it comes by.
    fn hoards(&mut self) {
        if let (Some(hoard), Some(room)) = (&mut self.hoard, &self.room) {
            hoard.keep(room);
        }
    }

    fn topic(&self) -> Option<Topic> {
        self.room.as_ref().and_then(room::Room::current_topic)
    }

    /// A commit on any state it ever had an image of.
    fn bad_commit(&mut self, on: StateId, removes: &BTreeSet<AuthorKey>, lie: Lie) -> Option<Vec<u8>> {
        let (hoard, room) = (self.hoard.as_mut()?, self.room.as_mut()?);
        hoard.commit(room, on, removes, lie).ok()
    }
}

impl Schedule {
    /// Hostile members do what they do.
    pub(crate) fn hostile_acts(&mut self) {
        for place in 0..self.seats.len() {
            if !self.seats[place].hostile {
                continue;
            }
            self.seats[place].hoards();
            if self.seats[place].is_up() && self.trouble.chance(BUSY) {
                self.hostile_act(SeatNo(place));
            }
        }
    }

    fn hostile_act(&mut self, seat: SeatNo) {
        match self.trouble.below(8) {
            0 => self.commits_anywhere(seat),
            1 => self.splits(seat),
            2 => self.stands_everywhere(seat),
            3 => self.says_two_things(seat),
            4 => self.says_noise(seat),
            5 => self.speaks_for_another(seat),
            6 => self.hands_on(seat),
            _ => self.says_what_others_said_but_not_quite(seat),
        }
    }

    /// A commit nobody asked for on any state, perhaps removing somebody, perhaps lying about it.
    fn commits_anywhere(&mut self, seat: SeatNo) {
        let who = &self.seats[seat.0];
        let states: Vec<StateId> = who.hoard.iter().flat_map(Hoard::states).copied().collect();
        let others: Vec<AuthorKey> = who.roster().into_iter().flatten().filter(|key| *key != who.author()).collect();
        let Some(on) = self.trouble.pick(&states) else { return };
        let removes =
            if self.trouble.below(2) == 0 { self.trouble.pick(&others).into_iter().collect() } else { BTreeSet::new() };
        let lies = [Lie::None, Lie::None, Lie::HidesRemovals, Lie::OtherState, Lie::Garbage];
        let lie = self.trouble.pick(&lies).unwrap_or(Lie::None);
        let Some(message) = self.seats[seat.0].bad_commit(on, &removes, lie) else { return };
        self.says(&seat, format_args!("commits badly: {lie:?}, {} out", removes.len()));
        self.hits.hit(if lie == Lie::None { Fault::HostileCommit } else { Fault::HostileLie });
        self.speaks(seat, &message);
    }

    /// Two rotations of one state, each shown to one half of the others; and it stands on both.
    fn splits(&mut self, seat: SeatNo) {
        let Some(room) = &self.seats[seat.0].room else { return };
        let chosen = room.chosen_state();
        // A sibling of the newest state, or two children of it.
        let before = room.parent_of(&chosen).unwrap_or(chosen);
        let on = if self.trouble.below(2) == 0 { before } else { chosen };
        let Some(topic) = self.seats[seat.0].topic() else { return };
        let mut halves: [Vec<SeatNo>; 2] = Default::default();
        for other in self.open() {
            halves[self.trouble.below(2)].push(other);
        }
        for half in halves {
            let Some(message) = self.seats[seat.0].bad_commit(on, &BTreeSet::new(), Lie::None) else { return };
            self.slips(seat, topic, &message, &half);
        }
        self.says(&seat, format_args!("shows two commits to two halves"));
        self.hits.hit(Fault::HostileSiblings);
        self.stands_everywhere(seat);
    }

    /// Beacons at any states, now and then two with one counter.
    fn stands_everywhere(&mut self, seat: SeatNo) {
        for _ in 0..1 + self.trouble.below(3) {
            let again = self.trouble.below(3) == 0;
            let Some(room) = &mut self.seats[seat.0].room else { return };
            let states = room.known_states();
            let Some(at) = self.trouble.pick(&states) else { return };
            let message = room.hostile_beacon(at, again);
            self.hits.hit(Fault::HostileBeacon);
            self.speaks(seat, &message);
        }
    }

    /// Two notes with one number, each to one half.
    fn says_two_things(&mut self, seat: SeatNo) {
        self.writes(seat, 20);
        let text = format!("{} by {seat} otherwise", self.written);
        let note = record::Note::new(self.seats[seat.0].clock(self.now), text);
        let Some(room) = &mut self.seats[seat.0].room else { return };
        let Some(message) = room.hostile_twin(Body::Note(note)) else { return };
        self.hits.hit(Fault::HostileTwin);
        let Some(topic) = self.seats[seat.0].topic() else { return };
        let half: Vec<SeatNo> = self.open().into_iter().filter(|_| self.trouble.below(2) == 0).collect();
        self.slips(seat, topic, &message, &half);
    }

    /// A note in the name of somebody honest.
    fn speaks_for_another(&mut self, seat: SeatNo) {
        let text = format!("{} by {seat} for another", self.written);
        let note = record::Note::new(self.seats[seat.0].clock(self.now), text);
        let honest: Vec<AuthorKey> = self.facts.honest.iter().copied().collect();
        let Some(of) = self.trouble.pick(&honest) else { return };
        let Some(room) = &mut self.seats[seat.0].room else { return };
        let Some(message) = room.hostile_forgery(&of, Body::Note(note)) else { return };
        self.hits.hit(Fault::HostileForgery);
        self.speaks(seat, &message);
    }

    /// What was said to others, to those who are here now.
    fn hands_on(&mut self, seat: SeatNo) {
        let Some(room) = &mut self.seats[seat.0].room else { return };
        let notes: Vec<OpId> =
            room.ops().filter(|op| !op.kind().is_control() && op.body().is_some()).map(Op::id).collect();
        let Some(note) = self.trouble.pick(&notes) else { return };
        let Some(message) = room.hostile_gossip(&note) else { return };
        self.hits.hit(Fault::HostileGossip);
        self.speaks(seat, &message);
    }

    fn says_noise(&mut self, seat: SeatNo) {
        let mut message = vec![0; 1 + self.trouble.below(2_000)];
        self.trouble.fill_bytes(&mut message);
        self.hits.hit(Fault::HostileLie);
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
        self.hits.hit(Fault::HostileLie);
        self.speaks(seat, &message);
    }

    /// Says it to everybody.
    fn speaks(&mut self, seat: SeatNo, message: &[u8]) {
        let Some(topic) = self.seats[seat.0].topic() else { return };
        let done = self.seats[seat.0].says_raw(topic, message);
        self.performs(seat, done);
    }

    /// Has the relay show it to some only.
    fn slips(&mut self, from: SeatNo, topic: Topic, message: &[u8], to: &[SeatNo]) {
        let channel = self.seats[from.0].channels().into_iter().find(|channel| channel.topic() == topic);
        let Some(payloads) = channel.and_then(|channel| channel.seal(message, &mut self.trouble)) else { return };
        for payload in payloads {
            let frame = FromRelay::Deliver { topic, sequence: self.trouble.between(1, 1 << 40), payload }.encode();
            for seat in to {
                if let Some(connection) = self.seats[seat.0].connection() {
                    self.sends_down(*seat, connection, frame.clone(), true);
                }
            }
        }
    }
}
