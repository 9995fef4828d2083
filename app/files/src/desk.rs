//! The desk of one room: which of its files this seat takes, from whom, and to whom it gives them.
//!
//! What a file is stands in the signed record. Here, beside it, seats tell each other what they hold ([`Message`]) and ask one another
//! for chunks; the chunks travel on a topic of the file's own. Nobody has to believe what is told here: a chunk is taken when its proof
//! leads to the root in the manifest, and a seat that does not send what it claims to hold is not asked again for a while.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use record::{AuthorKey, OpId};

use crate::entry::Entry;
use crate::fetch::Fetch;
use crate::held::Claimed;
use crate::message::{HOLDING_BYTES, HOLDINGS, Holding, Message, SPAN_BYTES};
use crate::serve::Serve;
use crate::standing::{Known, Standing, Wish};
use crate::tree::{ChunkDigest, Proof, belongs};
use crate::{Held, Millis, StoreName, held};

/// Most chunks that are asked for and not here: what may be on its way at once. What a relay keeps for a slow connection has room for
/// them (4 MiB), so that nothing is lost to who reads slowly.
pub const WINDOW: usize = 3;
/// Most files that are fetched at once.
const AT_ONCE: usize = 8;
/// Most wanted files that are looked at in one go: the others have their turn later.
const LOOKED_AT: usize = 32;
/// Most stores that are being opened at once, of files that are wanted.
const OPENING: usize = 8;
/// Most files of one room. Who gives without end must not fill the memory of everybody.
const FILES: usize = 50_000;
/// Most messages in what one seat tells at a time.
const MESSAGES: usize = 8;
/// What is told at a time stays below what a frame holds, in bytes.
const TELL_BYTES: usize = 28 * 1024;
/// Most frames in which it is told what is here: more files than that have their turn next time.
const TELLS: usize = 4;
/// Most chunks of the room that are on their way out.
const GOING: usize = 2;
/// Everybody is asked anew who holds what, as long as something is wanted and nobody sends.
const ASK_ROUND: Millis = 20_000;
/// What is new here is told at most this often.
const TELL_EVERY: Millis = 1_000;
/// Who comes is answered at most this often.
const ANSWER_EVERY: Millis = 2_000;
/// Most seats of which is known what they hold.
const SEATS: usize = 256;

/// What must be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Tell the other seats of the room; may be dropped.
    Tell(Vec<u8>),
    /// Open the store of this file and say what it holds: [`Desk::opened`].
    Open(OpId),
    /// Listen for frames of this file, now and on every later connection, and say each time when nothing is missed any more:
    /// [`Desk::listens`].
    Listen(OpId),
    /// Do not listen any more.
    Silence(OpId),
    /// Send a chunk to all who listen, and say when it went out: [`Desk::sent`].
    Send(OpId, u32),
    /// The chunk is the file's: store it, and say when it is: [`Desk::stored`].
    Keep(OpId, u32),
    /// The chunk is something else: throw it away.
    Drop(OpId, u32),
    /// What is wanted of this file, or that it is here, is to be remembered.
    Remember(OpId),
    /// How this file stands has changed.
    Changed(OpId),
}

/// The files of one room.
pub struct Desk {
    me: AuthorKey,
    live: bool,
    files: BTreeMap<OpId, Entry>,
    /// Under which name each is stored: the same file can have been given twice.
    names: BTreeSet<(StoreName, OpId)>,
    /// Wanted: those first that the person asked for last, and those last that nobody sends.
    wanted: VecDeque<OpId>,
    /// Being fetched.
    active: Vec<OpId>,
    /// Somebody asked for chunks of these; the one that waited longest comes first.
    serving: VecDeque<OpId>,
    /// Something is wanted that nobody sends.
    in_vain: bool,
    /// The file from which on it is told next what is here.
    told_up_to: OpId,
    /// To be told when it is time.
    news: BTreeSet<OpId>,
    tell_at: Option<Millis>,
    /// When to say to those who came what is here.
    answer_at: Option<Millis>,
    answered: Millis,
    asked_round: Millis,
    effects: Vec<Effect>,
}

impl Desk {
    /// A desk without files.
    pub fn new(me: AuthorKey) -> Self {
        Self {
            me,
            live: false,
            files: BTreeMap::new(),
            names: BTreeSet::new(),
            wanted: VecDeque::new(),
            active: Vec::new(),
            serving: VecDeque::new(),
            in_vain: false,
            told_up_to: OpId([0; 32]),
            news: BTreeSet::new(),
            tell_at: None,
            answer_at: None,
            answered: 0,
            asked_round: 0,
            effects: Vec::new(),
        }
    }

    /// The record has this file.
    pub fn known(&mut self, known: Known) {
        if self.files.len() >= FILES {
            return;
        }
        let (file, wish, author) = (known.file, known.wish, known.author);
        self.names.insert((known.name, file));
        let entry = Entry::new(known, (author != self.me).then_some(author));
        if self.files.insert(file, entry).is_none() && wish == Wish::Fetch {
            self.wanted.push_back(file);
        }
    }

    /// Whether this file is known.
    pub fn knows(&self, file: &OpId) -> bool {
        self.files.contains_key(file)
    }

    /// The files that are stored under this name.
    pub fn stored_as(&self, name: StoreName) -> Vec<OpId> {
        let (first, last) = ((name, OpId([0; 32])), (name, OpId([u8::MAX; 32])));
        self.names.range(first..=last).map(|(_, file)| *file).collect()
    }

    /// How a file stands here. None for one that is not known.
    pub fn standing(&self, file: &OpId) -> Option<Standing> {
        self.files.get(file).map(Entry::standing)
    }

    /// The person wants a file, wants it to wait, or does not want it any more: then it is deleted, which is up to the shell.
    pub fn wish(&mut self, file: &OpId, wish: Wish, now: Millis) -> Vec<Effect> {
        if let Some(entry) = self.files.get_mut(file) {
            let whole = entry.is_whole();
            entry.wish = if whole && wish != Wish::None { Wish::Here } else { wish };
            entry.full = false;
            self.wanted.retain(|wanted| wanted != file);
            if wish == Wish::None {
                if entry.listening {
                    self.effects.push(Effect::Silence(*file));
                }
                entry.close();
                self.news.insert(*file);
            }
            if entry.wish == Wish::Fetch {
                entry.silent.clear();
                self.wanted.push_front(*file);
            }
            self.effects.extend([Effect::Remember(*file), Effect::Changed(*file)]);
        }
        self.go_on(now)
    }

    /// Seats can be told something, or not any more.
    pub fn live(&mut self, live: bool, now: Millis) -> Vec<Effect> {
        if live && !self.live && !self.files.is_empty() {
            self.asks_around(now);
        }
        self.live = live;
        self.go_on(now)
    }

    /// The connection on which chunks travel is gone.
    pub fn line_broke(&mut self, now: Millis) -> Vec<Effect> {
        for entry in self.files.values_mut() {
            entry.fetch.begin_anew();
            entry.listens = false;
        }
        self.go_on(now)
    }

    /// The shell has lost what it knew of the files.
    pub fn shell_is_gone(&mut self, now: Millis) -> Vec<Effect> {
        for (file, entry) in &mut self.files {
            let before = entry.standing();
            entry.close();
            if entry.standing() != before {
                self.effects.push(Effect::Changed(*file));
            }
        }
        self.go_on(now)
    }

    /// This seat is no longer at the table: nothing is listened to and nothing sent.
    pub fn over(&mut self) -> Vec<Effect> {
        self.live = false;
        for (file, entry) in &mut self.files {
            if entry.listening {
                self.effects.extend([Effect::Silence(*file), Effect::Changed(*file)]);
            }
            entry.hears_no_more();
            entry.serve = Serve::default();
            entry.asked.clear();
        }
        self.active.clear();
        self.serving.clear();
        std::mem::take(&mut self.effects)
    }

    /// Whether frames are listened to that belong to what is stored under this name.
    pub fn listens_to(&self, name: StoreName) -> bool {
        let named = |file: &OpId| self.files.get(file).filter(|entry| entry.known.name == name);
        self.active.iter().filter_map(named).any(|entry| entry.listening)
    }

    /// From now on frames of this file are heard.
    pub fn listens(&mut self, file: &OpId, now: Millis) -> Vec<Effect> {
        if let Some(entry) = self.files.get_mut(file).filter(|entry| entry.listening) {
            entry.listens = true;
            (entry.heard, entry.got) = (now, now);
        }
        self.go_on(now)
    }

    /// Another seat told something. What is no message of this kind is ignored.
    pub fn told(&mut self, from: AuthorKey, bytes: &[u8], now: Millis) -> Vec<Effect> {
        let mut messages = minicbor::Decoder::new(bytes);
        for _ in 0..MESSAGES {
            let Ok(message) = messages.decode() else { break };
            match message {
                Message::Here(holdings) => {
                    self.answer_at.get_or_insert(now.max(self.answered + ANSWER_EVERY));
                    self.heard_holdings(from, holdings);
                }
                Message::Have(holdings) => self.heard_holdings(from, holdings),
                Message::Ask { of, file, chunks } if of == self.me => {
                    // What was never here is not looked for.
                    let here = |entry: &&mut Entry| entry.held.is_some() || entry.wish != Wish::None;
                    if let Some(entry) = self.files.get_mut(&file).filter(here) {
                        let chunks = chunks.into_iter().take(held::RANGES).map(crate::message::Span::range);
                        entry.asked.push((from, chunks.collect()));
                        entry.asked.truncate(SEATS);
                        if !self.serving.contains(&file) {
                            self.serving.push_back(file);
                        }
                    }
                }
                Message::Ask { .. } => {}
            }
        }
        self.go_on(now)
    }

    fn heard_holdings(&mut self, from: AuthorKey, holdings: Vec<Holding>) {
        for Holding { file, chunks } in holdings.into_iter().take(HOLDINGS) {
            let Some(entry) = self.files.get_mut(&file) else { continue };
            if entry.others.len() >= SEATS && !entry.others.contains_key(&from) {
                continue;
            }
            let ranges = chunks.into_iter().map(crate::message::Span::range);
            entry.others.insert(from, Claimed::of(entry.known.chunks.count(), ranges));
            self.effects.push(Effect::Changed(file));
        }
    }

    /// The store of a file holds this: a byte for each chunk, not zero where it is there.
    pub fn opened(&mut self, file: &OpId, chunks: &[u8], now: Millis) -> Vec<Effect> {
        if let Some(entry) = self.files.get_mut(file) {
            entry.opening = false;
            let held = Held::told(entry.known.chunks.count(), chunks);
            let was_here = entry.wish == Wish::Here;
            if held.is_whole() != was_here {
                entry.wish = if was_here { Wish::Fetch } else { Wish::Here };
                self.effects.push(Effect::Remember(*file));
            }
            if held.count() > 0 {
                self.news.insert(*file);
            }
            entry.held = Some(held);
            self.wanted.retain(|wanted| wanted != file || entry.wish == Wish::Fetch);
            if entry.wish == Wish::Fetch && !self.wanted.contains(file) {
                self.wanted.push_back(*file);
            }
            self.effects.push(Effect::Changed(*file));
        }
        self.go_on(now)
    }

    /// Some of a chunk came.
    pub fn heard(&mut self, file: &OpId, index: u32, now: Millis) {
        if let Some(entry) = self.files.get_mut(file) {
            entry.heard = now;
            entry.fetch.heard(index, now);
        }
    }

    /// All of a chunk came, and opened.
    pub fn complete(
        &mut self,
        file: &OpId,
        index: u32,
        digest: &ChunkDigest,
        proof: &Proof,
        now: Millis,
    ) -> Vec<Effect> {
        if let Some(entry) = self.files.get_mut(file) {
            if belongs(&entry.known.root, entry.known.chunks.count(), index, digest, proof) {
                (entry.heard, entry.got) = (now, now);
                entry.fetch.complete(index, now);
                self.effects.push(Effect::Keep(*file, index));
            } else {
                entry.fetch.spoilt(index, now);
                self.effects.push(Effect::Drop(*file, index));
            }
        }
        self.go_on(now)
    }

    /// All of a chunk came, and did not open: it was changed on its way.
    pub fn spoilt(&mut self, file: &OpId, index: u32, now: Millis) -> Vec<Effect> {
        if let Some(entry) = self.files.get_mut(file) {
            entry.fetch.spoilt(index, now);
        }
        self.go_on(now)
    }

    /// A chunk is in the store.
    pub fn stored(&mut self, file: &OpId, index: u32, now: Millis) -> Vec<Effect> {
        if let Some(entry) = self.files.get_mut(file) {
            entry.fetch.stored(index);
            if let Some(held) = &mut entry.held {
                held.insert(index);
            }
            if entry.is_whole() && entry.wish != Wish::Here {
                entry.wish = Wish::Here;
                self.wanted.retain(|wanted| wanted != file);
                self.news.insert(*file);
                self.effects.push(Effect::Remember(*file));
            }
            self.effects.push(Effect::Changed(*file));
        }
        self.go_on(now)
    }

    /// There was no room for a chunk: the file waits until the person has made some.
    pub fn full(&mut self, file: &OpId, now: Millis) -> Vec<Effect> {
        let effects = self.wish(file, Wish::Pause, now);
        if let Some(entry) = self.files.get_mut(file) {
            entry.full = true;
            entry.fetch = Fetch::default();
        }
        effects
    }

    /// A chunk is not in the store after all.
    pub fn lost(&mut self, file: &OpId, index: u32, now: Millis) -> Vec<Effect> {
        if let Some(entry) = self.files.get_mut(file) {
            entry.serve.not_sent(index);
            if let Some(held) = &mut entry.held {
                held.remove(index);
            }
            if entry.wish == Wish::Here {
                entry.wish = Wish::Fetch;
                self.wanted.push_back(*file);
                self.effects.push(Effect::Remember(*file));
            }
            self.news.insert(*file);
            self.effects.push(Effect::Changed(*file));
        }
        self.go_on(now)
    }

    /// A chunk went out.
    pub fn sent(&mut self, file: &OpId, index: u32, now: Millis) -> Vec<Effect> {
        if let Some(entry) = self.files.get_mut(file) {
            entry.serve.sent(index, now);
        }
        self.go_on(now)
    }

    /// A chunk did not go out: the connection broke.
    pub fn not_sent(&mut self, file: &OpId, index: u32, now: Millis) -> Vec<Effect> {
        if let Some(entry) = self.files.get_mut(file) {
            entry.serve.not_sent(index);
        }
        self.go_on(now)
    }

    /// The time of [`Desk::due`] has come.
    pub fn timer(&mut self, now: Millis) -> Vec<Effect> {
        self.go_on(now)
    }

    /// When to call [`Desk::timer`], if nothing else happens.
    pub fn due(&self) -> Option<Millis> {
        let active = self.active.iter().filter_map(|file| self.files.get(file)).filter(|entry| entry.listens);
        let fetches = active.flat_map(|entry| [entry.fetch.due(), entry.late_at()]).flatten();
        let round = self.in_vain.then_some(self.asked_round + ASK_ROUND);
        let news = self.tell_at.filter(|_| !self.news.is_empty());
        fetches.chain(round).chain(news).chain(self.answer_at).min().filter(|_| self.live)
    }

    fn go_on(&mut self, now: Millis) -> Vec<Effect> {
        self.serve(now);
        self.fetch(now);
        self.tell(now);
        std::mem::take(&mut self.effects)
    }

    /// Lets chunks go out, of one file after the other.
    fn serve(&mut self, now: Millis) {
        let of = |files: &BTreeMap<OpId, Entry>, file| files.get(file).map_or(0, |entry| entry.serve.going());
        let mut going: usize = self.serving.iter().map(|file| of(&self.files, file)).sum();
        for _ in 0..self.serving.len() {
            let Some(file) = self.serving.pop_front() else { break };
            let Some(entry) = self.files.get_mut(&file) else { continue };
            match &entry.held {
                Some(held) => {
                    let all = entry.asked.drain(..);
                    all.for_each(|(seat, chunks)| entry.serve.asked(seat, held, chunks.into_iter(), now));
                }
                None if !entry.asked.is_empty() => entry.open(file, &mut self.effects),
                None => {}
            }
            if going < GOING
                && let Some(index) = entry.serve.next()
            {
                going += 1;
                self.effects.push(Effect::Send(file, index));
            }
            if !entry.asked.is_empty() || !entry.serve.is_idle() {
                self.serving.push_back(file);
            }
        }
    }

    fn fetch(&mut self, now: Millis) {
        let before = std::mem::take(&mut self.active);
        self.in_vain = false;
        let mut opening = self.wanted.iter().take(LOOKED_AT).filter_map(|file| self.files.get(file));
        let mut opening = opening.by_ref().filter(|entry| entry.opening).count();
        let mut waits = Vec::new();
        for _ in 0..self.wanted.len().min(LOOKED_AT) {
            if self.active.len() == AT_ONCE {
                break;
            }
            let Some(file) = self.wanted.pop_front() else { break };
            let Some(entry) = self.files.get_mut(&file) else { continue };
            let came = entry.source.is_some();
            if entry.held.is_none() {
                if !entry.opening && opening < OPENING {
                    opening += 1;
                    entry.open(file, &mut self.effects);
                }
                waits.push(file);
            } else if !self.live {
                entry.source = None;
                waits.push(file);
            } else if entry.choose_source(now).is_some() {
                self.active.push(file);
            } else {
                self.in_vain = true;
                self.wanted.push_back(file);
            }
            if entry.source.is_some() != came {
                self.effects.push(Effect::Changed(file));
            }
        }
        waits.iter().rev().chain(self.active.iter().rev()).for_each(|file| self.wanted.push_front(*file));
        for file in before.into_iter().filter(|file| !self.active.contains(file)) {
            if let Some(entry) = self.files.get_mut(&file).filter(|entry| entry.listening) {
                entry.hears_no_more();
                self.effects.extend([Effect::Silence(file), Effect::Changed(file)]);
            }
        }
        self.ask(now);
        if self.in_vain && self.live && self.asked_round + ASK_ROUND <= now {
            self.asks_around(now);
        }
    }

    /// Asks for chunks of the files that are fetched, as far as the window lets: at least for one of each.
    fn ask(&mut self, now: Millis) {
        let open = |entry: &Entry| entry.weight() * entry.fetch.open();
        let mut on_the_way: usize = self.active.iter().filter_map(|file| self.files.get(file)).map(open).sum();
        for file in self.active.clone() {
            let Some(entry) = self.files.get_mut(&file) else { continue };
            if !std::mem::replace(&mut entry.listening, true) {
                self.effects.push(Effect::Listen(file));
            }
            let (Some(held), Some(of), true) = (&entry.held, entry.source, entry.listens) else { continue };
            let Some(there) = entry.others.get(&of) else { continue };
            let (weight, before) = (entry.known.chunks.pieces(0).unwrap_or(1) as usize, entry.fetch.open());
            let room = (WINDOW * PIECES).saturating_sub(on_the_way).div_ceil(weight).max(usize::from(before == 0));
            let asked = entry.fetch.ask(held, room, |index| there.contains(index), now);
            on_the_way += (entry.fetch.open() - before) * weight;
            if !asked.is_empty() {
                let chunks = held::ranges(asked.into_iter()).take(held::RANGES).map(Into::into).collect();
                self.effects.push(tell(&Message::Ask { of, file, chunks }));
            }
        }
    }

    fn asks_around(&mut self, now: Millis) {
        self.asked_round = now;
        self.wanted.iter().for_each(|file| {
            if let Some(entry) = self.files.get_mut(file) {
                entry.silent.clear();
            }
        });
        let mut all = self.all_holdings().into_iter();
        self.effects.push(tell(&Message::Here(all.next().unwrap_or_default())));
        self.effects.extend(all.map(|some| tell(&Message::Have(some))));
    }

    fn tell(&mut self, now: Millis) {
        if !self.news.is_empty() {
            self.tell_at.get_or_insert(now + TELL_EVERY);
        }
        if !self.live {
            return;
        }
        if self.answer_at.take_if(|at| *at <= now).is_some() {
            self.answered = now;
            let all = self.all_holdings();
            self.effects.extend(all.into_iter().map(|some| tell(&Message::Have(some))));
        }
        if self.tell_at.take_if(|at| *at <= now).is_some() {
            let files = &self.files;
            let mut news = std::iter::from_fn(|| self.news.pop_first()).filter_map(|file| files.get(&file));
            let (some, rest) = fitting(&mut news);
            self.news.extend(rest);
            self.effects.push(tell(&Message::Have(some)));
        }
    }

    /// What is here, in as many parts as are told at a time; what has no room there comes first the next time.
    fn all_holdings(&mut self) -> Vec<Vec<Holding>> {
        let (before, from) = (self.files.range(..self.told_up_to), self.files.range(self.told_up_to..));
        let mut here = from.chain(before).map(|(_, entry)| entry).filter(|entry| entry.holds_some()).peekable();
        let mut parts = Vec::new();
        let mut left = None;
        while parts.len() < TELLS && (left.is_some() || here.peek().is_some()) {
            let left_over = left.take().and_then(|file| self.files.get(&file));
            let (some, rest) = fitting(&mut left_over.into_iter().chain(here.by_ref()));
            left = rest;
            parts.push(some);
        }
        self.told_up_to = left.or(here.next().map(|entry| entry.known.file)).unwrap_or(OpId([0; 32]));
        parts
    }
}

/// As many as one frame holds, and the first that does not fit.
fn fitting<'a>(entries: &mut impl Iterator<Item = &'a Entry>) -> (Vec<Holding>, Option<OpId>) {
    let (mut some, mut bytes) = (Vec::new(), 0);
    for entry in entries {
        let holding = entry.holding();
        bytes += HOLDING_BYTES + SPAN_BYTES * holding.chunks.len();
        if bytes > TELL_BYTES {
            return (some, Some(entry.known.file));
        }
        some.push(holding);
        if some.len() == HOLDINGS {
            break;
        }
    }
    (some, None)
}

const PIECES: usize = crate::PIECES as usize;

fn tell(message: &Message) -> Effect {
    Effect::Tell(minicbor::to_vec(message).expect("encoding into memory"))
}
