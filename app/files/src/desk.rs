//! The desk of one room: which of its files this seat takes, from whom, and to whom it gives them.
//!
//! What a file is stands in the signed record. Here, beside it, seats tell each other what they hold ([`Message`]) and ask one another
//! for chunks; the chunks travel on a topic of the file's own. Nobody has to believe what is told here: a chunk is taken when its proof
//! leads to the root in the manifest, and a seat that does not send what it claims to hold is not asked again for a while.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use record::{AuthorKey, ContentRoot, OpId};

use crate::entry::Entry;
use crate::fetch::Fetch;
use crate::message::{HOLDINGS, Holding, Message};
use crate::serve::Serve;
use crate::tree::{ChunkDigest, Proof, belongs};
use crate::{Chunks, Held, Millis, StoreName, held};

/// Most chunks that are asked for and not here: what may be on its way at once. What a relay keeps for a slow connection has room for
/// them (4 MiB), so that nothing is lost to who reads slowly.
pub const WINDOW: usize = 3;
/// Most files that are fetched at once.
const AT_ONCE: usize = 8;
/// Most chunks of the room that are on their way out.
const GOING: usize = 2;
/// Who was asked and sent nothing for so long is taken for gone.
const SILENCE: Millis = 5_000;
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
    /// Something to show has changed.
    Changed,
}

/// What is known of a file from the record, and remembered of it.
pub struct Known {
    /// The op that gave it.
    pub file: OpId,
    /// Who gave it.
    pub author: AuthorKey,
    /// Where it is stored.
    pub name: StoreName,
    /// Its chunks.
    pub chunks: Chunks,
    /// What vouches for them.
    pub root: ContentRoot,
    /// What was remembered of it, or what its size makes of it.
    pub wish: Wish,
}

/// What this seat wants of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, minicbor::Encode, minicbor::Decode)]
pub enum Wish {
    /// Not asked for.
    #[n(0)]
    None,
    /// To be here.
    #[n(1)]
    Fetch,
    /// To wait.
    #[n(2)]
    Pause,
    /// All of it is here.
    #[n(3)]
    Here,
}

/// How a file stands here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing {
    /// What is wanted of it.
    pub wish: Wish,
    /// Chunks that are here, as far as known.
    pub held: u32,
    /// Chunks it has.
    pub chunks: u32,
    /// Somebody who sends is there.
    pub comes: bool,
    /// There was no room for a chunk.
    pub full: bool,
    /// Seats that hold all of it, this one included, as they tell.
    pub holders: usize,
}

/// The files of one room.
pub struct Desk {
    me: AuthorKey,
    live: bool,
    files: BTreeMap<OpId, Entry>,
    /// Wanted, in the order they were.
    wanted: VecDeque<OpId>,
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
            wanted: VecDeque::new(),
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
        let (file, wish, author) = (known.file, known.wish, known.author);
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
        self.files.values().filter(|entry| entry.known.name == name).map(|entry| entry.known.file).collect()
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
                entry.held = None;
                entry.opening = false;
                entry.asked.clear();
                entry.serve = Serve::default();
                entry.fetch = Fetch::default();
                self.news.insert(*file);
            }
            if entry.wish == Wish::Fetch {
                entry.silent.clear();
                self.wanted.push_back(*file);
            }
            self.effects.extend([Effect::Remember(*file), Effect::Changed]);
        }
        self.go_on(now)
    }

    /// Seats can be told something, or not any more.
    pub fn live(&mut self, live: bool, now: Millis) -> Vec<Effect> {
        if live && !self.live {
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

    /// From now on frames of this file are heard.
    pub fn listens(&mut self, file: &OpId, now: Millis) -> Vec<Effect> {
        if let Some(entry) = self.files.get_mut(file).filter(|entry| entry.listening) {
            entry.listens = true;
            entry.heard = now;
        }
        self.go_on(now)
    }

    /// Another seat told something. What is no message of this kind is ignored.
    pub fn told(&mut self, from: AuthorKey, bytes: &[u8], now: Millis) -> Vec<Effect> {
        let mut messages = minicbor::Decoder::new(bytes);
        while messages.position() < bytes.len() {
            let Ok(message) = messages.decode() else { break };
            match message {
                Message::Here(holdings) => {
                    self.answer_at.get_or_insert(now.max(self.answered + ANSWER_EVERY));
                    self.heard_holdings(from, holdings);
                }
                Message::Have(holdings) => self.heard_holdings(from, holdings),
                Message::Ask { of, file, chunks } if of == self.me => {
                    if let Some(entry) = self.files.get_mut(&file) {
                        let chunks = chunks.into_iter().take(held::RANGES).map(crate::message::Span::range);
                        entry.asked.push((from, chunks.collect()));
                        entry.asked.truncate(SEATS);
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
            let ranges = chunks.into_iter().take(held::RANGES).map(crate::message::Span::range);
            entry.others.insert(from, Held::of(entry.known.chunks.count(), ranges));
            entry.silent.remove(&from);
        }
        self.effects.push(Effect::Changed);
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
            self.effects.push(Effect::Changed);
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
            entry.heard = now;
            if belongs(&entry.known.root, entry.known.chunks.count(), index, digest, proof) {
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
            self.effects.push(Effect::Changed);
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
            self.effects.push(Effect::Changed);
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
        let active = self.wanted.iter().take(AT_ONCE).filter_map(|file| self.files.get(file));
        let fetches = active.flat_map(|entry| {
            [entry.fetch.due(), entry.source.filter(|_| entry.listens).map(|_| entry.heard + SILENCE)]
        });
        let round = (!self.wanted.is_empty()).then_some(self.asked_round + ASK_ROUND);
        let times = fetches.flatten().chain(round).chain(self.tell_at).chain(self.answer_at);
        times.min().filter(|_| self.live)
    }

    fn go_on(&mut self, now: Millis) -> Vec<Effect> {
        self.serve(now);
        self.fetch(now);
        self.tell(now);
        std::mem::take(&mut self.effects)
    }

    fn serve(&mut self, now: Millis) {
        let mut going: usize = self.files.values().map(|entry| entry.serve.going()).sum();
        for (file, entry) in &mut self.files {
            if !entry.asked.is_empty() {
                match &entry.held {
                    Some(held) => {
                        let all = entry.asked.drain(..);
                        all.for_each(|(seat, chunks)| entry.serve.asked(seat, held, chunks.into_iter(), now));
                    }
                    None => entry.open(*file, &mut self.effects),
                }
            }
            while going < GOING {
                let Some(index) = entry.serve.next() else { break };
                going += 1;
                self.effects.push(Effect::Send(*file, index));
            }
        }
    }

    fn fetch(&mut self, now: Millis) {
        let active: BTreeSet<OpId> = self.wanted.iter().take(AT_ONCE).copied().collect();
        for (file, entry) in self.files.iter_mut().filter(|(file, entry)| entry.listening && !active.contains(file)) {
            entry.listening = false;
            entry.listens = false;
            entry.source = None;
            entry.fetch = Fetch::default();
            self.effects.push(Effect::Silence(*file));
        }
        let open = |files: &BTreeMap<OpId, Entry>| -> usize {
            active.iter().filter_map(|file| files.get(file)).map(|entry| entry.weight() * entry.fetch.open()).sum()
        };
        let order: Vec<OpId> = self.wanted.iter().take(AT_ONCE).copied().collect();
        let mut in_vain = false;
        for file in order {
            let room = (WINDOW * PIECES).saturating_sub(open(&self.files));
            let Some(entry) = self.files.get_mut(&file) else { continue };
            let Some(held) = &entry.held else {
                entry.open(file, &mut self.effects);
                continue;
            };
            if !self.live {
                entry.source = None;
                continue;
            }
            if entry.source.is_some() && entry.listens && entry.heard + SILENCE <= now {
                entry.silent.extend(entry.source.take());
                entry.fetch.begin_anew();
            }
            let useful = |seat: &AuthorKey| {
                let there = entry.others.get(seat).filter(|_| !entry.silent.contains(seat))?;
                held.missing().any(|index| there.contains(index)).then_some(there)
            };
            let source = entry.source.filter(|seat| useful(seat).is_some()).or_else(|| {
                entry.heard = now;
                // Whoever has the most; of several, chance decides by the name of the file, so that not all ask one.
                let lot =
                    |seat: &AuthorKey| seat.0.iter().zip(file.0).fold(0_u8, |sum, (a, b)| sum.rotate_left(3) ^ a ^ b);
                let able = entry.others.keys().filter_map(|seat| Some((useful(seat)?.count(), lot(seat), *seat)));
                able.max().map(|(_, _, seat)| seat)
            });
            entry.source = source;
            let Some(there) = source.and_then(|seat| entry.others.get(&seat)) else {
                in_vain = true;
                continue;
            };
            if !std::mem::replace(&mut entry.listening, true) {
                self.effects.push(Effect::Listen(file));
            }
            if !entry.listens {
                continue;
            }
            let asked = entry.fetch.ask(held, room.div_ceil(entry.weight()), |index| there.contains(index), now);
            if let Some(of) = source.filter(|_| !asked.is_empty()) {
                let chunks = held::ranges(asked.into_iter()).take(held::RANGES).map(Into::into).collect();
                self.effects.push(tell(&[Message::Ask { of, file, chunks }]));
            }
        }
        if in_vain && self.asked_round + ASK_ROUND <= now {
            self.asks_around(now);
        }
    }

    fn asks_around(&mut self, now: Millis) {
        self.asked_round = now;
        self.files.values_mut().for_each(|entry| entry.silent.clear());
        self.effects.push(tell(&[Message::Here(self.holdings())]));
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
            let all = self.holdings();
            if !all.is_empty() {
                self.effects.push(tell(&[Message::Have(all)]));
            }
        }
        if self.tell_at.take_if(|at| *at <= now).is_some() {
            let news: Vec<OpId> = std::iter::from_fn(|| self.news.pop_first()).take(HOLDINGS).collect();
            let news = news.iter().filter_map(|file| self.files.get(file)).map(Entry::holding).collect();
            self.effects.push(tell(&[Message::Have(news)]));
        }
    }

    /// What is here, of as many files as one message tells of.
    fn holdings(&self) -> Vec<Holding> {
        let here = self.files.values().filter(|entry| entry.holds_some());
        here.take(HOLDINGS).map(Entry::holding).collect()
    }
}

const PIECES: usize = crate::PIECES as usize;

fn tell(messages: &[Message]) -> Effect {
    let bytes = messages.iter().flat_map(|message| minicbor::to_vec(message).expect("encoding into memory"));
    Effect::Tell(bytes.collect())
}
