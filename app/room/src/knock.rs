//! Coming back to a branch that cannot be walked to: knocking with a fresh key package, and being swapped in.
//!
//! A seat is *stranded* when it belongs to the table but the room stands where it cannot follow: no image is left to start
//! from, an own commit came back whose image is gone, secrets did not open, or it is not in the tree there. It
//! knocks on every channel it knows; whoever's turn it is on the other side takes the old leaf out and adds a new one in one
//! commit that cites the signed knock, so nobody is swapped who did not ask.

use std::collections::BTreeMap;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use record::{AuthorKey, KeyPackageHash, StateId};
use wire::Topic;
use zeroize::Zeroizing;

use crate::bounds;
use crate::channel::{Channel, ChannelSecret};
use crate::eras::Eras;
use crate::frame::{Commit, Knock, Signed, SignedBytes, Welcome};
use crate::graph::Node;
use crate::input::{Alarm, Error, Event, Millis};
use crate::mls::{Group, KeyPackage, KeyPackageSecrets, Suite};
use crate::op_key::{OpKey, Sealing};
use crate::place::Place;
use crate::presence::Presence;
use crate::room::Room;

/// How often a knock is repeated.
pub(crate) const AGAIN_MS: Millis = 5_000;
/// And how often when nobody was heard lately.
const NOBODY_MS: Millis = 60_000;
/// How long one key package is knocked with.
const FRESH_MS: Millis = 45_000;
/// And how long when a commit answers it and no Welcome comes: whoever has that may be gone.
const ANSWERED_MS: Millis = 12_000;
/// A stranded seat whose knock nobody answered for this long carries on where it stands.
const ALONE_MS: Millis = 20_000;
/// A seat that was just brought in waits this long for the next time, and so long between two of its knocks.
const PAUSE_MS: Millis = 4_000;
/// The tip in the knock of a seat that knows no way.
const NOWHERE: StateId = StateId([0; 32]);
/// The tip in the knock of a seat restored from a backup: it stands on no state at all, and goes on from wherever it is brought.
const ANYWHERE: StateId = StateId([0xff; 32]);
/// How many key packages a seat remembers to have knocked with.
pub(crate) const ASKED: usize = 64;

/// An own key package that may still be answered.
pub(crate) struct OwnKnock {
    /// None for the key package this seat came in with.
    pub(crate) knock: Option<Signed<Knock>>,
    pub(crate) secrets: KeyPackageSecrets,
    pub(crate) made: Millis,
}

impl OwnKnock {
    pub(crate) fn hash(&self) -> KeyPackageHash {
        self.secrets.hash()
    }
}

/// Somebody's knock that waits for a commit.
pub(crate) struct HeldKnock {
    pub(crate) knock: Signed<Knock>,
    pub(crate) key_package: Vec<u8>,
    /// Where it was heard: there the answer goes.
    pub(crate) heard_on: Topic,
    heard_at: Millis,
    /// Read when it is first looked at; a second look is dear.
    read: Option<KeyPackage>,
}

impl HeldKnock {
    /// Whether a copy restored from a backup knocks.
    pub(crate) fn restored(&self) -> bool {
        self.knock.body.tip == ANYWHERE
    }

    /// Whether the seat signed something later, by this counter.
    pub(crate) fn is_older(&self, counter: u64) -> bool {
        self.knock.body.counter < counter
    }

    /// The key package, if it can be added to this room.
    pub(crate) fn key_package(&mut self, suite: Suite) -> Option<KeyPackage> {
        if self.read.is_none() {
            let read = KeyPackage::parse(&self.key_package, suite).ok();
            self.read = read.filter(|read| read.seat() == self.knock.body.author);
        }
        self.read.clone()
    }
}

/// A Welcome that waits until the room stands where it leads.
pub(crate) struct HeldWelcome {
    welcome: Welcome,
    /// Where it leads, once it was opened.
    state: Option<StateId>,
}

/// What a seat that knocked gets besides its Welcome, sealed under the op key of the state it comes to.
#[derive(Encode, Decode)]
#[cbor(array)]
struct Return {
    #[n(0)]
    welcome: ByteVec,
    #[n(1)]
    sealed: ByteVec,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Inside {
    #[n(0)]
    era: StateId,
    #[n(1)]
    eras: Vec<(StateId, ByteVec)>,
    /// For who stands where no way leads that is known here.
    #[n(2)]
    place: Option<Place>,
}

impl Opened {
    /// The channel of an era, as told.
    pub(crate) fn topic(&self, era: &StateId) -> Option<Topic> {
        self.eras.get(era).map(|secret| Channel::new(secret).topic())
    }
}

/// A Welcome opened on a copy of the private keys.
pub(crate) struct Opened {
    pub(crate) group: Group,
    eras: BTreeMap<StateId, ChannelSecret>,
    pub(crate) era: StateId,
    pub(crate) place: Option<Place>,
}

impl Room {
    /// The way to the chosen state is closed to this seat.
    pub(crate) fn strand(&mut self, now: Millis) {
        if self.elsewhere {
            return;
        }
        if self.stranded.is_none() {
            self.stranded = Some(now);
            self.counts.stranded += 1;
            self.pacing.knock_at = Some(now);
            self.show(Event::Changed);
        }
        let since = self.stranded.unwrap_or(now);
        if !self.alone && now >= since.saturating_add(ALONE_MS) {
            self.alone = true;
        }
    }

    /// The way is open again.
    pub(crate) fn found_the_way(&mut self) {
        (self.stranded, self.alone, self.pacing.knock_at) = (None, false, None);
    }

    /// Knocks when it is time, with a fresh key package now and then.
    pub(crate) fn knock_if_due(&mut self, now: Millis) -> Result<(), Error> {
        if self.stranded.is_none()
            || self.elsewhere
            || !self.connected
            || self.pacing.knock_at.is_none_or(|at| at > now)
        {
            return Ok(());
        }
        let anybody = self.presence.keys().any(|seat| self.is_present(seat, now));
        self.pacing.knock_at = Some(now + if anybody { AGAIN_MS } else { NOBODY_MS });
        // An older copy of this seat may have knocked before, with higher numbers. The number that was answered is knocked with
        // again: the Welcome may be lost.
        let answered = self.graph.answered(&self.me());
        // Who knows the state it names brings it from there only, and one that is left behind lost the way.
        let tip = match &self.group {
            None => ANYWHERE,
            Some(_) if self.is_left_behind(now) => NOWHERE,
            Some(_) => self.tip,
        };
        let fresh = |own: &OwnKnock| {
            own.knock.as_ref().is_some_and(|knock| {
                let most = if knock.body.counter == answered { ANSWERED_MS } else { FRESH_MS };
                knock.body.tip == tip && knock.body.counter >= answered && now < own.made.saturating_add(most)
            })
        };
        if !self.own_knocks.back().is_some_and(fresh) {
            let secrets = KeyPackageSecrets::new(&self.key, self.rules.suite)?;
            self.goes_on_from(answered);
            let counter = self.next_counter();
            let knock = Knock { room: self.id, author: self.me(), counter, tip, key_package: secrets.hash() };
            self.asks(counter, secrets.hash());
            self.own_knocks.push_back(OwnKnock { knock: Some(Signed::sign(knock, &self.key)), secrets, made: now });
            if self.own_knocks.len() > bounds::OWN_KNOCKS {
                self.own_knocks.pop_front();
            }
        }
        let Some(own) = self.own_knocks.back() else { return Ok(()) };
        if let Some(knock) = &own.knock {
            let message = knock.encode_whole(own.secrets.bytes());
            self.send_everywhere(&message);
        }
        Ok(())
    }

    /// Somebody knocks: remembers it for the next commit, or gives the Welcome again.
    pub(crate) fn receive_knock(
        &mut self,
        knock: Signed<Knock>,
        key_package: Vec<u8>,
        on: Topic,
        now: Millis,
    ) -> Result<(), Error> {
        let body = &knock.body;
        if body.author == self.me() {
            let asked = self.has_asked(body.counter, &body.key_package);
            // One that was answered long ago can be played again, also to another copy than the one that knocked.
            let new = body.counter > self.graph.answered(&self.me());
            if !asked && new && body.tip == ANYWHERE && self.group.is_some() {
                self.gives_way();
            } else {
                self.own_counter_heard(body.counter, !asked);
            }
            return Ok(());
        }
        if !self.table.is_seated(&body.author) || key_package.len() > bounds::KEY_PACKAGE_BYTES {
            return Err(Error::PeerMisbehaved("a knock by nobody who belongs here"));
        }
        let hash = knock.hash();
        let served = self.own_commits.values().find(|own| {
            let standing = self.graph.is_at_or_below(&self.tip, &own.commit.body.new_state)
                || self.graph.is_earlier(&own.commit.body.new_state);
            standing
                && own.commit.body.adds.iter().any(|add| add.seat == body.author && add.key_package == body.key_package)
        });
        if let Some(own) = served {
            let (state, welcome) = (own.commit.body.new_state, own.welcome.clone());
            self.counts.welcomes_again += 1;
            let tip = body.tip;
            return self.send_return(hash, &tip, &state, &welcome, on);
        }
        let newer = self
            .knocks
            .get(&body.author)
            .is_none_or(|held| held.knock.body.counter < body.counter && now >= held.heard_at.saturating_add(PAUSE_MS));
        if newer && (self.knocks.len() < bounds::SEATS || self.knocks.contains_key(&body.author)) {
            self.knocks.insert(body.author, HeldKnock { knock, key_package, heard_on: on, heard_at: now, read: None });
        }
        Ok(())
    }

    /// A commit swaps this seat with a key package it does not remember to have knocked with.
    ///
    /// Either this browser went back to an older copy, from before it knocked, or the seat is open elsewhere too. It is
    /// taken for the first until the seat has come back by a knock of its own; then it stops, so that two copies do not
    /// turn each other out for ever. It stops at once for a copy that somebody restored from a backup: who does that wants that one.
    pub(crate) fn swapped(&mut self, commit: &Commit, key_package: KeyPackageHash) {
        let state = &commit.new_state;
        let answered = self.graph.node(state).and_then(|node| node.answered.get(&self.me())).copied().unwrap_or(0);
        if self.has_asked(answered, &key_package) {
            return;
        }
        // The first that fits is the one whose signature was checked.
        let me = self.me();
        let cited = commit.knocks.iter().filter_map(SignedBytes::peek::<Knock>);
        let answers = cited.into_iter().find(|knock| knock.author == me && knock.key_package == key_package);
        let restored = answers.is_some_and(|knock| knock.tip == ANYWHERE);
        if self.group.is_none() || self.may_be_older && !restored {
            self.goes_on_from(answered);
            self.asks(answered, key_package);
            self.restored();
        } else {
            self.gives_way();
        }
    }

    /// This seat is open elsewhere: it stops here.
    fn gives_way(&mut self) {
        self.elsewhere = true;
        self.alarm(Alarm::OpenedElsewhere);
    }

    /// Whether this seat knocked with a key package, or did so before what it remembers.
    fn has_asked(&self, counter: u64, key_package: &KeyPackageHash) -> bool {
        let forgotten =
            self.asked.front().filter(|_| self.asked.len() == ASKED).is_some_and(|(first, _)| counter < *first);
        forgotten || self.asked.iter().any(|(_, asked)| asked == key_package)
    }

    fn asks(&mut self, counter: u64, key_package: KeyPackageHash) {
        self.asked.push_back((counter, key_package));
        if self.asked.len() > ASKED {
            self.asked.pop_front();
        }
    }

    /// Knocks that no commit on the way here has answered. Who stands here cannot be brought here: it looks for a branch this
    /// seat is not on either. Two such seats give each other the time to come along, or they bring each other to and fro.
    pub(crate) fn open_knocks(&self, now: Millis) -> impl Iterator<Item = (&AuthorKey, &HeldKnock)> {
        let answered = self.graph.node(&self.tip).map(|node| &node.answered);
        self.knocks.iter().filter(move |(seat, held)| {
            let last = answered.and_then(|answered| answered.get(seat)).copied();
            let brought = self.brought.get(*seat).is_some_and(|at| now < at.saturating_add(PAUSE_MS));
            // Not by their counters: those of an older copy are behind what was heard of the seat before. Those of a copy restored
            // from a backup are ahead, and what the older one says meanwhile does not count.
            let older = |presence: &Presence| held.restored() && !held.is_older(presence.counter);
            let told = |presence: &&Presence| presence.told >= held.heard_at && !older(presence);
            let said = self.presence.get(*seat).filter(told);
            let tip = said.and_then(|presence| presence.tip).unwrap_or(held.knock.body.tip);
            let moved = self.alone && now < self.tip_since.saturating_add(PAUSE_MS);
            let here = tip == self.tip || moved && self.graph.is_at_or_below(&self.tip, &tip);
            self.table.is_seated(seat) && !brought && !here && last.is_none_or(|last| held.knock.body.counter > last)
        })
    }

    /// Gives a seat that was swapped in what it needs; `from` is where it stands.
    pub(crate) fn send_return(
        &mut self,
        knock: [u8; 32],
        from: &StateId,
        state: &StateId,
        welcome: &[u8],
        on: Topic,
    ) -> Result<(), Error> {
        let era = match self.graph.node(state) {
            Some(node) => node.era,
            None => self.graph.node(&self.graph.root()).map_or(*state, |node| node.era),
        };
        let (Some(_), Some(key)) = (self.eras.get(&era), self.op_keys.get(state)) else { return Ok(()) };
        let lost = self.graph.node(from).is_none();
        let place = if lost { Place::of(&self.graph, state) } else { None };
        let inside = Inside { era, eras: self.eras.secrets(), place };
        let plain = Zeroizing::new(minicbor::to_vec(&inside).expect("encoding into memory"));
        let sealed = key.seal(Sealing::Entry, &plain, &mut self.rng);
        let entry = minicbor::to_vec(Return { welcome: welcome.to_vec().into(), sealed: sealed.into() });
        let message = Welcome { knock, entry: entry.expect("encoding into memory") }.encode();
        self.send_on(on, message);
        Ok(())
    }

    pub(crate) fn receive_welcome(&mut self, welcome: Welcome, now: Millis) -> Result<(), Error> {
        let asked = |own: &OwnKnock| own.knock.as_ref().is_some_and(|knock| knock.hash() == welcome.knock);
        if self.stranded.is_none() || !self.own_knocks.iter().any(asked) {
            return Ok(());
        }
        if !self.welcomes.iter().any(|held| held.welcome.entry == welcome.entry) {
            self.welcomes.push_back(HeldWelcome { welcome, state: None });
            if self.welcomes.len() > bounds::WELCOMES {
                self.welcomes.pop_front();
            }
        }
        self.come_back(now)
    }

    /// Uses a Welcome that leads to where the room stands. One that does not waits: its commit may still come.
    pub(crate) fn come_back(&mut self, now: Millis) -> Result<(), Error> {
        let target = self.choice().target();
        for at in (0..self.welcomes.len()).rev() {
            // Opening one is dear, and whoever waits for its commit asks with everything that comes in.
            let (state, opened) = match self.welcomes[at].state {
                Some(state) => (Some(state), None),
                None => self.opened(&self.welcomes[at].welcome).map(|opened| (opened.group.state(), opened)).unzip(),
            };
            self.welcomes[at].state = state;
            // Never back to a state once held: its image may carry a pending commit, and its keys were used.
            let Some(state) = state.filter(|state| !self.op_keys.contains_key(state) && !self.graph.is_earlier(state))
            else {
                self.welcomes.remove(at);
                continue;
            };
            let known = self.graph.node(&state).is_some();
            if !known && !self.is_left_behind(now) {
                // Brought to a state whose commits are still to be heard of.
                self.pacing.hello_now(now);
                continue;
            }
            // Two who carry on alone, each for want of somebody gone for good, meet where the better of their branches is.
            let better = || self.alone && self.choice().prefers(&state, &self.tip);
            if known && !self.graph.is_at_or_below(&target, &state) && !better() {
                continue;
            }
            let opened = opened.or_else(|| self.opened(&self.welcomes[at].welcome));
            if let Some(opened) = opened.filter(|opened| known || self.moves(opened)) {
                return self.comes_in(opened, now);
            }
            self.welcomes.remove(at);
        }
        Ok(())
    }

    /// Goes on with the group of a Welcome.
    fn comes_in(&mut self, opened: Opened, now: Millis) -> Result<(), Error> {
        self.welcomes.clear();
        self.own_knocks.clear();
        // The one that begins here follows from the state itself.
        let here = opened.group.state();
        self.group = Some(opened.group);
        for (era, secret) in opened.eras.into_iter().filter(|(era, _)| *era != here) {
            self.begin_era(era, secret);
        }
        (self.may_be_older, self.outnumbered) = (false, None);
        self.step_made(now)?;
        self.counts.swapped += 1;
        self.arrived(now)?;
        self.pacing.hello_soon(now, &mut self.rng);
        self.walk(now)
    }

    fn opened(&self, welcome: &Welcome) -> Option<Opened> {
        let entry: Return = minicbor::decode(&welcome.entry).ok()?;
        let own = self.own_knocks.iter().find(|own| own.knock.as_ref().is_some_and(|k| k.hash() == welcome.knock))?;
        // On a copy: a Welcome that fails would take the private keys with it.
        let secrets = KeyPackageSecrets::decode(&own.secrets.encode()).ok()?;
        let group = Group::join(secrets, &entry.welcome).ok()?;
        if group.room() != self.id || group.rules().ok()? != self.rules {
            return None;
        }
        let plain = Zeroizing::new(OpKey::of(&group).ok()?.open(Sealing::Entry, &entry.sealed)?);
        let inside: Inside = minicbor::decode(&plain).ok()?;
        let eras = Eras::read(&inside.eras)?;
        let node = self.graph.node(&group.state());
        let era = node.map_or(inside.era, |node| node.era);
        let fits = era == inside.era && eras.contains_key(&era) && node.is_none_or(|node| sits(node, &group));
        fits.then_some(Opened { group, eras, era, place: inside.place })
    }
}

/// Whether the seats of the group are those the state is known to have.
pub(crate) fn sits(node: &Node, group: &Group) -> bool {
    group.seats().is_ok_and(|seats| node.roster.keys().eq(&seats))
}
