//! Staying level with the others: beacons, hellos, wants and answers.
//!
//! Whoever comes back says Hello. Those who hold more say so in a Beacon after a random delay, unless
//! somebody else did; the one who holds less asks with a Want; one of those who can, answers, sealed to the
//! one-time key in the Want, and the others who hear the answer keep silent. Commits are offered openly in the current
//! era; in old ones, where removed seats may listen, they are sealed to a one-time key in the Hello.

use rand_core::RngCore;
use record::{AuthorKey, Op, StateId, Vector};
use wire::Topic;

use crate::bounds;
use crate::channel::Channel;
use crate::frame::{Beacon, CommitId, CommitIds, Hello, Signed, SignedBytes};
use crate::input::{Alarm, Error, Event, Millis};
use crate::left_behind;
use crate::mls::OneTimeKey;
use crate::pacing::{ANSWER_MS, DueAnswer, Question, between, sooner};
use crate::room::{Room, Standing};
use crate::want::GIVE_UP;

impl Room {
    pub(crate) fn next_timer(&self) -> Option<Millis> {
        if self.connected && !self.elsewhere { self.pacing.next() } else { None }
    }

    pub(crate) fn timers(&mut self, now: Millis) -> Result<(), Error> {
        if !self.connected || self.elsewhere {
            return Ok(());
        }
        let due = |at: &mut Option<Millis>| at.take_if(|at| *at <= now).is_some();
        if due(&mut self.pacing.hello_at) {
            self.send_hello(now)?;
        }
        let (beacon, reply) = (due(&mut self.pacing.beacon_at), due(&mut self.pacing.reply_at));
        if beacon || reply {
            if self.standing() == Standing::Removed {
                // Its beacons are nobody's business any more; but the removal may prove void.
                self.send_hello(now)?;
            } else {
                self.send_beacon();
            }
            self.pacing.beacon_idle(now, &mut self.rng);
        }
        if due(&mut self.pacing.resend_at) {
            self.pacing.resent = self.pacing.resent.saturating_add(1);
            self.send_unechoed(now);
            self.resend_commit(now);
        }
        if due(&mut self.pacing.want_at) {
            self.send_want(now)?;
        }
        let offers: Vec<CommitId> =
            self.pacing.offers.iter().filter(|(_, at)| **at <= now).map(|(id, _)| *id).collect();
        for id in offers {
            self.pacing.offers.remove(&id);
            if let Some(message) = self.graph.commit(&id).map(|commit| commit.encode()) {
                self.send(message);
            }
        }
        let answers: Vec<AuthorKey> =
            self.pacing.answers.iter().filter(|(_, answer)| answer.at <= now).map(|(asker, _)| *asker).collect();
        for asker in answers {
            if let Some(due) = self.pacing.answers.remove(&asker) {
                self.send_answer(&due);
            }
        }
        Ok(())
    }

    /// Says where this seat stands and what it holds. One restored from a backup stands nowhere.
    pub(crate) fn send_beacon(&mut self) {
        if !self.elsewhere && self.group.is_some() {
            let message = self.beacon();
            self.send(message);
        }
    }

    pub(crate) fn beacon(&mut self) -> Vec<u8> {
        let vector = self.record.vector().clone();
        let counter = self.next_counter();
        let (holds, knows) = (Beacon::digest(&vector), self.knows(&self.tip));
        let beacon = Beacon { room: self.id, author: self.me(), counter, tip: self.tip, holds, knows };
        let beacon = Signed::sign(beacon, &self.key);
        let message = beacon.encode_whole(&vector);
        self.stands.take(&self.graph, beacon);
        message
    }

    /// What is known of a state, in one number: zero when it is not known.
    pub(crate) fn knows(&self, state: &StateId) -> [u8; 32] {
        let topic = |era: &StateId| self.eras.get(era).map(|era| era.channel.topic());
        self.graph.node(state).and_then(|node| left_behind::knows(node, topic)).unwrap_or_default()
    }

    /// Asks everybody to compare, on every channel; on old ones with no word about other seats and their ops.
    pub(crate) fn send_hello(&mut self, now: Millis) -> Result<(), Error> {
        if !self.connected || self.elsewhere {
            return Ok(());
        }
        let insists = self.pacing.hello_said(now);
        let apart = self.graph.is_contested() || self.chosen != self.tip || self.stranded.is_some();
        let told = if std::mem::take(&mut self.pacing.tells_stands) || apart {
            self.stands.all().map(Signed::bytes).take(bounds::STANDS_TOLD).collect()
        } else {
            Vec::new()
        };
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        let key = OneTimeKey::derive(self.rules.suite, &seed)?;
        let short = Hello {
            room: self.id,
            author: self.me(),
            root: self.graph.root(),
            tip: self.tip,
            newest: CommitIds(self.graph.newest()),
            one_time: key.public().to_vec().into(),
            stands: Vec::new(),
            // Who has no seat any more may hold last words that nobody else does, and stands where nobody hears it.
            vector: if self.standing() == Standing::Removed { self.last_words() } else { Vector::default() },
            insists,
        };
        let mut vector = self.record.vector().clone();
        self.tell_of_own_removals(&mut vector);
        let full = Hello { stands: told, vector, ..short.clone() };
        let (full, short) = (Signed::sign(full, &self.key), Signed::sign(short, &self.key));
        let current = self.topic();
        let old: Vec<Topic> = self.channels().map(Channel::topic).filter(|topic| Some(*topic) != current).collect();
        for topic in &old {
            self.send_on(*topic, short.encode());
        }
        self.send(full.encode());
        self.pacing.asked([full.hash(), short.hash()], key, false);
        Ok(())
    }

    /// What a seat without a seat tells of: the ops it said, and those of who took it away. Who did may have gone back to an older
    /// copy and not know; then nobody else has been told of the removal.
    fn last_words(&self) -> Vector {
        let mut words = Vector::default();
        let by = self.table.removed.get(&self.me()).map(|removal| removal.by);
        for author in by.into_iter().chain([self.me()]) {
            words.copy(&author, self.record.vector());
        }
        self.tell_of_own_removals(&mut words);
        words
    }

    fn tell_of_own_removals(&self, vector: &mut Vector) {
        for removal in self.own_removals() {
            vector.tell(&removal.author(), removal.id());
        }
    }

    /// The ops that take this seat away and are on no chain held here.
    pub(crate) fn own_removals(&self) -> impl Iterator<Item = &Op> {
        let me = self.me();
        let by = self.table.removed.get(&me).map(|removal| removal.by);
        let beside = move |op: &&Op| Some(op.author()) == by && op.removes(&me) && self.record.op(&op.id()).is_none();
        self.record.control().filter(beside)
    }

    /// Whether the seat belongs here: in the tree, or at the table.
    pub(crate) fn is_peer(&self, author: &AuthorKey) -> bool {
        let removed = self.table.removed.contains_key(author);
        let roster = self.graph.roster(&self.tip);
        !removed && (self.table.is_seated(author) || roster.is_some_and(|roster| roster.contains_key(author)))
    }

    /// Whether the seat is or was at the table, or in the tree on the way here: also one whose admission proved void since. On a
    /// branch of its own somebody could seat keys without number.
    fn has_sat(&self, author: &AuthorKey) -> bool {
        let sat = |state: StateId| self.graph.roster(&state).is_some_and(|roster| roster.contains_key(author));
        self.table.seat(author).is_some() || self.graph.way(self.tip).any(sat)
    }

    pub(crate) fn receive_beacon(
        &mut self,
        signed: Signed<Beacon>,
        vector: Option<Vector>,
        on: Topic,
        now: Millis,
    ) -> Result<(), Error> {
        let beacon = signed.body.clone();
        if beacon.author == self.me() {
            self.own_counter_heard(beacon.counter, false);
            return Ok(());
        }
        if !self.graph.knows_state(&beacon.tip) {
            self.pacing.hello_soon(now, &mut self.rng);
        }
        // Also where this seat cannot follow yet, and also of seats only the own log says are removed: where others stand
        // must depend neither on what came first nor on the log.
        let ever = self.has_sat(&beacon.author);
        let before = self.stands.last_counter(&beacon.author);
        if ever && !self.graph.is_earlier(&beacon.tip) && self.stands.take(&self.graph, signed.clone()) {
            self.pacing.heard_news();
        }
        if !self.is_peer(&beacon.author) {
            return Err(Error::PeerMisbehaved("a beacon by no seat of the room"));
        }
        let Some(vector) = vector else { return Ok(()) };
        // Only a beacon newer than all before shows that the seat is here: anybody can send an old one again.
        let known = self.presence.get(&beacon.author).map_or(0, |presence| presence.counter);
        if beacon.counter > known && beacon.counter >= before {
            self.hear(beacon.author, now);
        }
        let Some(presence) = self.presence.get_mut(&beacon.author) else { return Ok(()) };
        if beacon.counter < presence.counter.max(before) {
            // Late, or of a seat that went back to an older copy and does not know: it is shown what it signed later.
            if self.record.lacks(&vector) {
                self.pacing.want_on(on, now, &mut self.rng);
            }
            self.pacing.hello_with_stands(now, &mut self.rng);
            return Ok(());
        }
        if beacon.counter == presence.counter {
            let differs = presence.frame != [0; 32] && presence.frame != signed.hash();
            if differs {
                self.alarm(Alarm::TwoBeacons(beacon.author));
            }
            return Ok(());
        }
        (presence.counter, presence.frame) = (beacon.counter, signed.hash());
        (presence.tip, presence.told) = (Some(beacon.tip), now);
        (presence.knows, presence.vector) = (beacon.knows, vector);
        let theirs = &presence.vector;
        let behind_myself = theirs.number(&self.key.public()) > self.record.vector().number(&self.key.public());
        let fills = self.pacing.fruitless < GIVE_UP && self.record.may_be_filled_by(theirs);
        let (lacks, level) = (self.record.lacks(theirs), !self.record.exceeds(theirs));
        let replies = !level && presence.is_worth_a_reply(beacon.holds, Beacon::digest(self.record.vector()));
        if behind_myself {
            self.pacing.behind_since.get_or_insert(now);
        }
        if lacks || fills {
            self.pacing.want_on(on, now, &mut self.rng);
        }
        if level {
            self.pacing.reply_at = None;
        } else if replies {
            self.pacing.reply_later(now, &mut self.rng);
        }
        if beacon.tip != self.tip {
            self.pacing.hello_if_apart(now, &mut self.rng);
        } else if self.knocks.get(&beacon.author).is_some_and(|held| !held.restored() || held.is_older(beacon.counter))
        {
            // It stands here: whatever it knocked for is done.
            self.knocks.remove(&beacon.author);
        }
        self.show(Event::Changed);
        Ok(())
    }

    pub(crate) fn receive_hello(&mut self, signed: Signed<Hello>, on: Topic, now: Millis) -> Result<(), Error> {
        let hello = &signed.body;
        if hello.author == self.me() {
            return Ok(());
        }
        if !self.is_peer(&hello.author) {
            if self.table.removed.contains_key(&hello.author) {
                let (at, hash) = (now + between(ANSWER_MS, &mut self.rng), signed.hash());
                self.pacing.answer(hello.author, DueAnswer { at, hash, on, question: Question::Hello(hello.clone()) });
                return self.want_of_removed(&hello.author, &hello.vector, on, now);
            }
            return Err(Error::PeerMisbehaved("a hello by no seat of the room"));
        }
        let unknown = !self.graph.knows_state(&hello.tip);
        if unknown || hello.newest.0.iter().any(|id| !self.graph.knows(id)) && self.graph.knows_state(&hello.root) {
            self.pacing.hello_soon(now, &mut self.rng);
        } else if hello.tip != self.tip {
            self.pacing.hello_if_apart(now, &mut self.rng);
        }
        // Who comes may also fill a gap that nobody could fill before. Old eras, where the same Hello can be played again, hear of
        // no gaps.
        let here = Some(on) == self.topic();
        if self.record.lacks(&hello.vector) || here && !self.gaps().is_empty() {
            self.pacing.want_on(on, now, &mut self.rng);
        }
        if !here {
            let lacks = !self.graph.commits_for(hello.root, hello.tip, &hello.newest.0).is_empty();
            let weighs_otherwise = hello.tip != self.tip && self.graph.is_contested();
            if lacks || weighs_otherwise || unknown {
                let (at, hash) = (now + between(ANSWER_MS, &mut self.rng), signed.hash());
                self.pacing.answer(hello.author, DueAnswer { at, hash, on, question: Question::Hello(hello.clone()) });
            }
            return Ok(());
        }
        self.take_stands(&hello.stands);
        let lacking = self.graph.commits_for(hello.root, hello.tip, &hello.newest.0);
        // Who knows all commits and stands elsewhere may not know who else stands where: it took no beacon of seats it did not
        // know yet.
        self.pacing.tells_stands |= lacking.is_empty() && hello.tip != self.tip;
        for (place, id) in lacking.into_iter().enumerate() {
            if self.pacing.offers.len() < bounds::OFFERS {
                // In order, as far as the delays allow: a commit that comes before its parent waits for it.
                let at = now + between(ANSWER_MS, &mut self.rng) + place as Millis;
                self.pacing.offers.entry(id).or_insert(at);
            }
        }
        if self.record.exceeds(&hello.vector) {
            sooner(&mut self.pacing.reply_at, now + between(ANSWER_MS, &mut self.rng));
        }
        Ok(())
    }

    /// Takes beacons handed on by somebody else.
    pub(crate) fn take_stands(&mut self, stands: &[SignedBytes]) {
        for bytes in stands.iter().take(bounds::STANDS_TOLD) {
            // Checking signatures is the dear part.
            let told = bytes.peek::<Beacon>();
            if told.is_none_or(|told| self.stands.knows(&self.graph, &told)) {
                continue;
            }
            let Ok(stand) = Signed::<Beacon>::from_bytes(bytes) else { continue };
            let (author, tip) = (stand.body.author, stand.body.tip);
            let ours = stand.body.room == self.id && !self.graph.is_earlier(&tip);
            let known = self.has_sat(&author);
            if author == self.me() {
                self.own_counter_heard(stand.body.counter, false);
            }
            if ours && known && self.stands.take(&self.graph, stand) {
                self.pacing.heard_news();
            }
        }
    }
}
