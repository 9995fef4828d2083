//! One room as seen from one seat.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use record::{AuthorKey, Op, OpId, Record, Role, RoomId, StateId, Table};
use sha2::{Digest, Sha256};

use crate::channel::{Channel, ChannelSecret};
use crate::choose::Stood;
use crate::commit::{Admission, OwnCommit};
use crate::frame::SealedOp;
use crate::graph::Graph;
use crate::input::{Effect, Error, Event, Input, Millis};
use crate::mls::{Group, Rules, SeatKey, Suite};
use crate::op_key::OpKey;
use crate::policy::Roster;
use crate::presence::Presence;
use crate::sync::Pacing;
use crate::walk::Images;

/// One room as seen from one seat: the group, the record, and what keeps them level with the others.
///
/// [`Room::handle`] takes what happened and the time, and returns what to do, in order.
pub struct Room {
    pub(crate) id: RoomId,
    pub(crate) key: SeatKey,
    pub(crate) rules: Rules,
    pub(crate) rng: ChaCha20Rng,
    pub(crate) channel_secret: ChannelSecret,
    channel: Channel,
    pub(crate) group: Group,
    pub(crate) tip: StateId,
    pub(crate) images: Images,
    pub(crate) graph: Graph,
    pub(crate) stood: Stood,
    pub(crate) own_commits: BTreeMap<StateId, OwnCommit>,
    pub(crate) admissions: Vec<Admission>,
    pub(crate) op_keys: BTreeMap<StateId, OpKey>,
    pub(crate) record: Record,
    pub(crate) table: Table,
    pub(crate) unechoed: VecDeque<OpId>,
    pub(crate) early: VecDeque<SealedOp>,
    pub(crate) presence: BTreeMap<AuthorKey, Presence>,
    pub(crate) pacing: Pacing,
    pub(crate) counter: u64,
    pub(crate) connected: bool,
    pub(crate) effects: Vec<Effect>,
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
        let channel_secret = group.export::<64>("nonpaper/era/v1")?;
        let roster = Roster::from([(key.public(), Role::Convener)]);
        let graph = Graph::new(rules, group.state(), roster, BTreeSet::new(), Vec::new());
        Self::at(key, rules, rng, channel_secret, group, graph, Record::default())
    }

    pub(crate) fn at(
        key: SeatKey,
        rules: Rules,
        rng: ChaCha20Rng,
        channel_secret: ChannelSecret,
        group: Group,
        graph: Graph,
        record: Record,
    ) -> Result<Self, Error> {
        let tip = group.state();
        let op_keys = BTreeMap::from([(tip, OpKey::of(&group)?)]);
        let images = Images::of(&group)?;
        let table = Table::fold(rules.founder, record.control());
        Ok(Self {
            id: group.room(),
            stood: Stood::from([(key.public(), BTreeSet::from([tip]))]),
            key,
            rules,
            rng,
            channel: Channel::new(&channel_secret),
            channel_secret,
            group,
            tip,
            images,
            graph,
            own_commits: BTreeMap::new(),
            admissions: Vec::new(),
            op_keys,
            record,
            table,
            unechoed: VecDeque::new(),
            early: VecDeque::new(),
            presence: BTreeMap::new(),
            pacing: Pacing::default(),
            counter: 0,
            connected: false,
            effects: Vec::new(),
        })
    }

    /// Takes what happened; returns what to do, in order, and whether the input was taken.
    ///
    /// The effects are to be performed in either case: what was refused does not stop the rest.
    pub fn handle(&mut self, input: Input<'_>, now: Millis) -> (Vec<Effect>, Result<(), Error>) {
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
            Input::Message(bytes) => self.receive(bytes, now),
            Input::Timer => self.timers(now),
            Input::Write(body) => self.write(body, now),
            Input::Admit(add, key_package) => self.admit(add, *key_package, now),
        };
        if let Some(at) = self.next_timer() {
            self.effects.push(Effect::Wake(at));
        }
        (std::mem::take(&mut self.effects), done)
    }

    /// The channel of the room.
    pub fn channel(&self) -> &Channel {
        &self.channel
    }

    /// This seat's key.
    pub fn me(&self) -> AuthorKey {
        self.key.public()
    }

    /// The suite of the room.
    pub fn suite(&self) -> Suite {
        self.rules.suite
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
        self.graph.roster(&self.tip).map(|roster| (**roster).clone()).unwrap_or_default()
    }

    /// All ops held, in the one order that is the same everywhere. Those from before this seat joined have no body.
    pub fn ops(&self) -> impl DoubleEndedIterator<Item = &Op> {
        self.record.in_order()
    }

    /// Returns an op held.
    pub fn op(&self, id: &OpId) -> Option<&Op> {
        self.record.op(id)
    }

    /// How many readers hold the op, the author included, and how many readers it has.
    pub fn held(&self, op: &Op) -> (usize, usize) {
        let Some(readers) = self.graph.roster(&op.origin()) else { return (0, 0) };
        let holds = |seat: &AuthorKey| {
            *seat == op.author()
                || *seat == self.me()
                || self.presence.get(seat).is_some_and(|presence| presence.holds(op, &self.record))
        };
        (readers.keys().filter(|seat| holds(seat)).count(), readers.len())
    }

    /// How many notes were written before this seat joined. It never receives them.
    pub fn earlier_notes(&self) -> u64 {
        self.record.earlier()
    }

    /// When a signed frame of the seat was last heard.
    pub fn heard(&self, seat: &AuthorKey) -> Option<Millis> {
        self.presence.get(seat).map(|presence| presence.heard)
    }

    /// Own ops that came back from the relay on no connection yet.
    pub fn unsent(&self) -> impl Iterator<Item = &OpId> {
        self.unechoed.iter()
    }

    pub(crate) fn show(&mut self, event: Event) {
        let shown = self.effects.iter().any(|effect| matches!(effect, Effect::Show(shown) if *shown == event));
        if !shown {
            self.effects.push(Effect::Show(event));
        }
    }

    pub(crate) fn send(&mut self, message: Vec<u8>) {
        if self.connected {
            self.effects.push(Effect::Send(message));
        }
    }

    pub(crate) fn refold(&mut self) {
        self.table = Table::fold(self.rules.founder, self.record.control());
    }

    fn connected(&mut self, now: Millis) -> Result<(), Error> {
        self.connected = true;
        self.send_hello();
        self.send_beacon();
        self.pacing.beacon_idle(now, &mut self.rng);
        self.send_unechoed(now);
        self.resend_commit(now);
        self.commit_admissions(now)
    }
}
