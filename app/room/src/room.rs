//! One room as seen from one seat.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use record::{
    AuthorKey, Authority, Body, KeyPackageHash, Op, OpId, Record, Remove, Role, RoomId, StateId, Table, Vector,
};
use sha2::{Digest, Sha256};
use wire::Topic;

use crate::bounds;
use crate::channel::Channel;
use crate::clock::Clock;
use crate::commit::{Admission, OwnCommit};
use crate::eras::Eras;
use crate::frame::{CommitId, SealedOp};
use crate::graph::{Graph, Node};
use crate::input::{Alarm, Effect, Error, Event, Input, Millis};
use crate::knock::{HeldKnock, HeldWelcome, OwnKnock};
use crate::mls::{Group, Rules, SeatKey, Suite};
use crate::op_key::OpKey;
use crate::pacing::Pacing;
use crate::policy::{Leaf, Roster};
use crate::presence::Presence;
use crate::stands::Stands;
use crate::store::Written;
use crate::support::Drawn;
use crate::tell::Tells;
use crate::walk::Images;

/// Who was heard within this time is there.
const PRESENT_MS: Millis = 60_000;

/// One room as seen from one seat: the group, the record, and what keeps them level with the others.
///
/// [`Room::handle`] takes what happened and the time, and returns what to do, in order.
pub struct Room {
    pub(crate) id: RoomId,
    pub(crate) key: SeatKey,
    pub(crate) rules: Rules,
    pub(crate) rng: ChaCha20Rng,
    /// None in a seat that was restored from a backup, until it is brought in.
    pub(crate) group: Option<Group>,
    pub(crate) clock: Clock,
    pub(crate) tip: StateId,
    pub(crate) tip_since: Millis,
    pub(crate) ops_since: u32,
    /// The state the room chose; the tip, unless the way there is closed or it is waited for.
    pub(crate) chosen: StateId,
    pub(crate) images: Images,
    pub(crate) graph: Graph,
    pub(crate) stands: Stands,
    pub(crate) drawn: Drawn,
    pub(crate) unreadable: BTreeSet<CommitId>,
    /// Commits that cannot be reached any more, and nobody else stood on them.
    pub(crate) lost: BTreeSet<CommitId>,
    pub(crate) eras: Eras,
    pub(crate) own_commits: BTreeMap<StateId, OwnCommit>,
    /// Seats to be added or removed, and since when.
    pub(crate) open_tasks: BTreeMap<AuthorKey, Millis>,
    pub(crate) admissions: Vec<Admission>,
    /// The newest knock of each seat.
    pub(crate) knocks: BTreeMap<AuthorKey, HeldKnock>,
    /// When seats were last brought in anew.
    pub(crate) brought: BTreeMap<AuthorKey, Millis>,
    pub(crate) own_knocks: VecDeque<OwnKnock>,
    /// Counters and key packages of this seat's knocks: who swaps it with another one was asked by somebody else.
    pub(crate) asked: VecDeque<(u64, KeyPackageHash)>,
    pub(crate) welcomes: VecDeque<HeldWelcome>,
    /// Since when the way to the chosen state is closed.
    pub(crate) stranded: Option<Millis>,
    /// Whether nobody answered the knock for so long that this seat carries on where it stands.
    pub(crate) alone: bool,
    pub(crate) elsewhere: bool,
    /// Since when so many of the table stand where no known way leads that this seat may have to be brought there.
    pub(crate) outnumbered: Option<Millis>,
    /// Whether this seat was opened from a store and has not come back by a knock of its own since: what the others know of it
    /// and it does not may be from before the store went back.
    pub(crate) may_be_older: bool,
    pub(crate) op_keys: BTreeMap<StateId, OpKey>,
    pub(crate) record: Record,
    pub(crate) table: Table,
    pub(crate) unechoed: VecDeque<OpId>,
    pub(crate) early: VecDeque<SealedOp>,
    pub(crate) presence: BTreeMap<AuthorKey, Presence>,
    pub(crate) tells: Tells,
    pub(crate) pacing: Pacing,
    pub(crate) counter: u64,
    /// Whether the counter jumped, because this seat went back to an older copy, since it was opened here.
    pub(crate) jumped: bool,
    pub(crate) connected: bool,
    /// How often each was raised.
    pub(crate) alarms: BTreeMap<Alarm, u32>,
    pub(crate) counts: Counts,
    pub(crate) written: Written,
    pub(crate) effects: Vec<Effect>,
}

/// What a room is made of, at its three beginnings: founded, entered, opened.
pub(crate) struct Parts {
    pub(crate) id: RoomId,
    pub(crate) tip: StateId,
    pub(crate) group: Option<Group>,
    pub(crate) key: SeatKey,
    pub(crate) rules: Rules,
    pub(crate) rng: ChaCha20Rng,
    pub(crate) graph: Graph,
    pub(crate) record: Record,
    pub(crate) eras: Eras,
    pub(crate) images: Images,
}

/// What a founder brings.
pub struct Founding {
    /// The founder's key.
    pub key: SeatKey,
    /// The ciphersuite of the room.
    pub suite: Suite,
    /// Fresh random bytes. The room draws nonces and delays from them; MLS draws from the operating system.
    pub seed: [u8; 32],
}

/// How this seat stands to the room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// At the table, where the room stands, or where this seat carries on because nobody answers.
    Seated,
    /// At the table, but it cannot follow to where the room stands: it asks to be brought in anew. Notes are still taken.
    Stranded,
    /// Restored from a backup: it reads what that held, and asks to be brought in. Nothing can be said until it is.
    Restored,
    /// Taken away, or it left. It goes on listening: the removal may prove void.
    Removed,
    /// The same seat is open elsewhere. This one has stopped.
    OpenedElsewhere,
}

/// What happened since this room was opened here.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Own commits.
    pub commits: u64,
    /// Walks off the own branch to another one.
    pub reorgs: u64,
    /// Times the way to the chosen state was found closed.
    pub stranded: u64,
    /// Times this seat was swapped in.
    pub swapped: u64,
    /// Seats this one swapped in.
    pub swaps: u64,
    /// Welcomes given again.
    pub welcomes_again: u64,
}

impl Room {
    /// Founds a room with one seat.
    pub fn found(founding: Founding) -> Result<Self, Error> {
        let Founding { key, suite, seed } = founding;
        let mut rng = ChaCha20Rng::from_seed(seed);
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let id = Sha256::new().chain_update(b"nonpaper/room/v1").chain_update(key.public().0).chain_update(nonce);
        let rules = Rules { format: crate::mls::FORMAT, suite, founder: key.public() };
        let group = Group::found(RoomId(id.finalize().into()), &rules, &key)?;
        let state = group.state();
        let mut eras = Eras::default();
        eras.insert(state, Eras::secret_of(&group)?);
        let node = Node {
            roster: Arc::new(Roster::from([(key.public(), Leaf { role: Role::Convener, fresh: false })])),
            answered: Arc::new(BTreeMap::from([(key.public(), 0)])),
            log: Arc::default(),
            era: state,
        };
        let graph = Graph::new(rules, state, node, BTreeSet::new(), VecDeque::new());
        let images = Images::of(&group, 0)?;
        let record = Record::default();
        Self::of(Parts {
            id: group.room(),
            tip: state,
            group: Some(group),
            key,
            rules,
            rng,
            graph,
            record,
            eras,
            images,
        })
    }

    pub(crate) fn of(parts: Parts) -> Result<Self, Error> {
        let Parts { id, tip, group, key, rules, rng, graph, record, eras, images } = parts;
        let op_keys = group.as_ref().map(|group| OpKey::of(group).map(|key| (tip, key))).transpose()?;
        let op_keys = op_keys.into_iter().collect();
        let table = Table::fold(rules.founder, record.control());
        let mut room = Self {
            id,
            key,
            rules,
            rng,
            group,
            clock: Clock::default(),
            tip,
            tip_since: 0,
            ops_since: 0,
            chosen: tip,
            images,
            graph,
            stands: Stands::default(),
            drawn: Drawn::default(),
            unreadable: BTreeSet::new(),
            lost: BTreeSet::new(),
            eras,
            own_commits: BTreeMap::new(),
            open_tasks: BTreeMap::new(),
            admissions: Vec::new(),
            knocks: BTreeMap::new(),
            brought: BTreeMap::new(),
            own_knocks: VecDeque::new(),
            asked: VecDeque::new(),
            welcomes: VecDeque::new(),
            stranded: None,
            alone: false,
            elsewhere: false,
            outnumbered: None,
            may_be_older: false,
            op_keys,
            record,
            table,
            unechoed: VecDeque::new(),
            early: VecDeque::new(),
            presence: BTreeMap::new(),
            tells: Tells::default(),
            pacing: Pacing::default(),
            counter: 0,
            jumped: false,
            connected: false,
            alarms: BTreeMap::new(),
            counts: Counts::default(),
            written: Written::default(),
            effects: Vec::new(),
        };
        room.end_chains();
        let era = room.graph.node(&tip).map(|node| node.era).ok_or(Error::Bug("no node of the tip"))?;
        room.eras.stand_in(era, 0);
        Ok(room)
    }

    /// Takes what happened; returns what to do, in order, and whether the input was taken.
    ///
    /// The effects are to be performed in either case: what was refused does not stop the rest.
    pub fn handle(&mut self, input: Input<'_>, now: Millis) -> (Vec<Effect>, Result<(), Error>) {
        let now = self.clock.read(now);
        if self.tip_since == 0 {
            self.tip_since = now;
        }
        let done = match input {
            Input::Connected => self.connected(now),
            Input::Disconnected => {
                self.connected = false;
                self.pacing.disconnected();
                Ok(())
            }
            Input::Gap => {
                self.pacing.hello_soon(now, &mut self.rng);
                Ok(())
            }
            Input::Message(topic, bytes) => self.receive(topic, bytes, now),
            Input::Timer => self.timers(now),
            Input::Write(body) => self.say(body, now).map(|_| ()),
            Input::Admit(add, key_package) => self.admit(add, *key_package, now),
            Input::Remove(seat) => self.remove(seat, now),
            Input::Tell(bytes) => self.send_tell(bytes),
        };
        let done = done.and(self.proceed(now));
        self.persist();
        if let Some(at) = self.next_timer() {
            self.effects.push(Effect::Wake(self.clock.shell(at)));
        }
        (std::mem::take(&mut self.effects), done)
    }

    /// Draws the consequences of whatever came in: walk, commit, knock.
    fn proceed(&mut self, now: Millis) -> Result<(), Error> {
        self.expire(now);
        self.walk(now)?;
        if !self.welcomes.is_empty() {
            self.come_back(now)?;
        }
        self.work(now)?;
        self.knock_if_due(now)
    }

    fn remove(&mut self, seat: AuthorKey, now: Millis) -> Result<(), Error> {
        if !self.table.is_seated(&seat) || self.table.may_remove(&self.me(), &seat) == Authority::None {
            return Err(Error::NotNow);
        }
        let head = self.record.vector().head(&seat);
        let (last, last_id) = head.map_or((0, OpId::NONE), |head| (head.number, head.id));
        let last_control = self.record.last_control(&seat);
        self.say(Body::Remove(Remove { seat, last, last_id, last_control }), now).map(|_| ())
    }

    /// The channels of the room: that of the current era first, then older ones still listened to.
    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        let current = self.topic();
        let (first, rest): (Vec<_>, Vec<_>) =
            self.eras.channels().partition(|channel| Some(channel.topic()) == current);
        first.into_iter().chain(rest)
    }

    /// The topic of the current era.
    pub(crate) fn topic(&self) -> Option<Topic> {
        let era = self.graph.node(&self.tip)?.era;
        self.eras.get(&era).map(|era| era.channel.topic())
    }

    /// This seat's key.
    pub fn me(&self) -> AuthorKey {
        self.key.public()
    }

    /// Which room.
    pub fn id(&self) -> RoomId {
        self.id
    }

    /// The suite of the room.
    pub fn suite(&self) -> Suite {
        self.rules.suite
    }

    /// How this seat stands to the room.
    pub fn standing(&self) -> Standing {
        if self.elsewhere {
            Standing::OpenedElsewhere
        } else if self.table.title.is_some() && !self.table.is_seated(&self.me()) {
            Standing::Removed
        } else if self.group.is_none() {
            Standing::Restored
        } else if self.stranded.is_some() && !self.alone {
            Standing::Stranded
        } else {
            Standing::Seated
        }
    }

    /// What people should know of, since this seat exists.
    pub fn alarms(&self) -> impl Iterator<Item = &Alarm> {
        self.alarms.keys()
    }

    /// How often it was raised. Only what can happen again is counted: one proof of a lie is as good as two.
    pub fn times(&self, alarm: &Alarm) -> u32 {
        self.alarms.get(alarm).copied().unwrap_or(0)
    }

    /// What happened since this room was opened here.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The state this seat stands on.
    pub fn state(&self) -> StateId {
        self.tip
    }

    /// Who is at the table.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The seats of the state this seat stands on: those who can read what is written now.
    pub fn roster(&self) -> BTreeMap<AuthorKey, Role> {
        let roster = self.graph.roster(&self.tip);
        roster.into_iter().flat_map(|roster| roster.iter()).map(|(key, leaf)| (*key, leaf.role)).collect()
    }

    /// All ops held that are not void, in the one order that is the same everywhere. Those from before this seat joined have no body.
    pub fn ops(&self) -> impl DoubleEndedIterator<Item = &Op> {
        self.record.in_order()
    }

    /// What the table is folded from.
    pub fn control_ops(&self) -> impl Iterator<Item = &Op> {
        self.record.control()
    }

    /// Of each author the head before the first op this seat has to hold.
    pub fn base(&self) -> &Vector {
        self.record.base()
    }

    /// Returns an op held that is not void.
    pub fn op(&self, id: &OpId) -> Option<&Op> {
        self.record.op(id).filter(|op| !self.record.is_void(&op.id()))
    }

    /// Whether the op is held and void.
    pub fn is_void(&self, id: &OpId) -> bool {
        self.record.is_void(id)
    }

    /// Whether another op of its author with its number is held in its place.
    pub fn contradicts(&self, op: &Op) -> bool {
        self.record.contradicts(op)
    }

    /// Whether the seat says that it holds the op.
    pub fn is_held_by(&self, op: &Op, seat: &AuthorKey) -> bool {
        self.presence.get(seat).is_some_and(|presence| presence.holds(op, &self.record))
    }

    /// Whether all at the table say that they hold the op, which everybody may read.
    pub fn is_held_by_all(&self, op: &Op) -> bool {
        let holds = |seat: &AuthorKey| *seat == self.me() || *seat == op.author() || self.is_held_by(op, seat);
        self.table.seated().all(|seat| holds(&seat.key))
    }

    /// The seats that may read the op and are still at the table.
    pub fn readers(&self, op: &Op) -> Vec<AuthorKey> {
        let readers = self.graph.readers(&op.origin());
        let readers = readers.into_iter().flat_map(|readers| readers.keys());
        readers.filter(|seat| self.table.title.is_none() || self.table.is_seated(seat)).copied().collect()
    }

    /// How many notes were written before this seat joined. It never receives them.
    pub fn earlier_notes(&self) -> u64 {
        self.record.earlier()
    }

    /// When a signed frame of the seat was last heard, by the shell's clock as it stands now.
    pub fn heard(&self, seat: &AuthorKey) -> Option<Millis> {
        self.heard_at(seat).map(|at| self.clock.shell(at))
    }

    pub(crate) fn heard_at(&self, seat: &AuthorKey) -> Option<Millis> {
        self.presence.get(seat).map(|presence| presence.heard).filter(|heard| *heard > 0)
    }

    /// Whether the seat was heard lately.
    pub(crate) fn is_present(&self, seat: &AuthorKey, now: Millis) -> bool {
        self.heard_at(seat).is_some_and(|heard| now < heard.saturating_add(PRESENT_MS))
    }

    /// Own ops that came back from the relay on no connection yet.
    pub fn unsent(&self) -> impl Iterator<Item = &OpId> {
        self.unechoed.iter()
    }

    /// Every map and queue: its name, its length, its bound.
    pub fn sizes(&self) -> Vec<(&'static str, usize, usize)> {
        let mut sizes = self.graph.sizes();
        sizes.extend([
            ("stands of one seat", self.stands.most(), bounds::STANDS_PER_SEAT),
            ("seats that stand", self.stands.seats(), bounds::SEATS),
            ("seats heard", self.presence.len(), bounds::SEATS),
            ("seats that told", self.tells.authors(), bounds::SEATS),
            ("sessions of one seat", self.tells.most(), bounds::SESSIONS),
            ("unreadable commits", self.unreadable.len(), bounds::UNREADABLE),
            ("lost commits", self.lost.len(), bounds::UNREADABLE),
            ("eras", self.eras.len(), bounds::ERAS),
            ("images", self.images.order().len(), bounds::IMAGES + 1),
            ("op keys", self.op_keys.len(), bounds::OP_KEYS + 1),
            ("own commits", self.own_commits.len(), bounds::WAY + 1),
            ("open tasks", self.open_tasks.len(), bounds::SEATS),
            ("admissions", self.admissions.len(), bounds::ADMISSIONS),
            ("knocks", self.knocks.len(), bounds::SEATS),
            ("seats brought in", self.brought.len(), bounds::SEATS),
            ("own knocks", self.own_knocks.len(), bounds::OWN_KNOCKS),
            ("welcomes", self.welcomes.len(), bounds::WELCOMES),
            ("early bytes", self.early.iter().map(SealedOp::size).sum(), bounds::EARLY_BYTES),
        ]);
        sizes.extend(self.pacing.sizes());
        sizes
    }

    pub(crate) fn next_counter(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// A seat signed what nobody may who sits where it does. Keys without a seat prove nothing.
    pub(crate) fn overstepped(&mut self, seat: AuthorKey) {
        if self.table.seat(&seat).is_some() {
            self.alarm(Alarm::Overstepped(seat));
        }
    }

    pub(crate) fn alarm(&mut self, alarm: Alarm) {
        let again = match alarm {
            Alarm::Rejoined(_) => true,
            Alarm::TwoVersions(_) | Alarm::TwoBeacons(_) | Alarm::TwoCommits(_) => false,
            Alarm::OpenedElsewhere | Alarm::Restored | Alarm::Overstepped(_) => false,
        };
        let times = self.times(&alarm);
        if times == 0 && self.alarms.len() < bounds::SEATS || times > 0 && again {
            self.alarms.insert(alarm, times.saturating_add(1));
            self.effects.push(Effect::Show(Event::Alarm(alarm)));
        }
    }

    pub(crate) fn show(&mut self, event: Event) {
        let shown = self.effects.iter().any(|effect| matches!(effect, Effect::Show(shown) if *shown == event));
        if !shown {
            self.effects.push(Effect::Show(event));
        }
    }

    /// Sends on the channel of the current era.
    pub(crate) fn send(&mut self, message: Vec<u8>) {
        if let Some(topic) = self.topic() {
            self.send_on(topic, message);
        }
    }

    pub(crate) fn send_on(&mut self, topic: Topic, message: Vec<u8>) {
        if self.connected {
            self.effects.push(Effect::Send(topic, message));
        }
    }

    /// Sends on every channel listened to.
    pub(crate) fn send_everywhere(&mut self, message: &[u8]) {
        let topics: Vec<Topic> = self.channels().map(Channel::topic).collect();
        for topic in topics {
            self.send_on(topic, message.to_vec());
        }
    }

    pub(crate) fn refold(&mut self) {
        self.table = Table::fold(self.rules.founder, self.record.control());
        let me = self.me();
        // Who was removed is told of nothing else any more, so not of what its removal rests on either.
        for removal in self.record.control().filter(|op| op.removes(&me)) {
            self.table.told(removal);
        }
        self.end_chains();
        self.unechoed.retain(|id| self.record.op(id).is_some());
    }

    /// Has the record follow the table: whose words count, and up to where.
    fn end_chains(&mut self) {
        let me = self.me();
        let founder = self.rules.founder;
        let known = self.table.seats.iter().map(|seat| seat.key).chain([me, founder]).collect();
        self.record.end(&self.table.removed, &self.table.deciders, &me);
        self.record.know(known);
    }

    /// The group; only a seat restored from a backup has none, and such a seat gets nowhere where it is asked for.
    pub(crate) fn live(&mut self) -> Result<&mut Group, Error> {
        self.group.as_mut().ok_or(Error::Bug("no group to go on with"))
    }

    fn connected(&mut self, now: Millis) -> Result<(), Error> {
        self.connected = true;
        self.send_hello(now)?;
        self.send_beacon();
        self.pacing.beacon_idle(now, &mut self.rng);
        if !self.gaps().is_empty() {
            self.pacing.want_soon(now, &mut self.rng);
        }
        if self.stranded.is_some() {
            self.pacing.knock_at = Some(now);
        }
        self.send_unechoed(now);
        self.resend_commit(now);
        self.welcome_again();
        self.welcome_arrived();
        Ok(())
    }
}
