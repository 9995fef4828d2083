//! Several seats and one relay: files reach who wants them, whatever is lost, repeated or changed on the way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use files::{CHUNK_BYTES, ChunkDigest, Chunks, Desk, Effect, Known, Millis, Proof, StoreName, Tree, WINDOW, Wish};
use proptest::prelude::*;
use record::{AuthorKey, OpId};
use sha2::{Digest, Sha256};

/// What is done to a chunk on its way to one who listens.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Pass,
    Drop,
    Repeat,
    /// Does not open.
    Flip,
    /// Opens, for its sender has the key, and is another chunk of the file, or of none.
    Swap(u32),
    /// Opens, with a proof of something else.
    Misprove(u32),
}

struct File {
    id: OpId,
    author: usize,
    chunks: Chunks,
    tree: Tree,
    digests: Vec<ChunkDigest>,
}

fn file(number: u8, author: usize, chunks: u32) -> File {
    let digests: Vec<ChunkDigest> = (0..chunks).map(|index| Sha256::digest([number, index as u8]).into()).collect();
    let size = u64::from(chunks) * u64::from(CHUNK_BYTES);
    let tree = Tree::over(digests.iter().copied()).expect("few");
    File { id: OpId([number; 32]), author, chunks: Chunks::of(size).expect("short"), tree, digests }
}

struct Seat {
    key: AuthorKey,
    desk: Desk,
    /// By file, what is in the store: the digest of each chunk.
    store: BTreeMap<OpId, BTreeMap<u32, ChunkDigest>>,
    /// Complete and not judged yet.
    pending: BTreeMap<(OpId, u32), ChunkDigest>,
    listens: BTreeSet<OpId>,
    wishes: BTreeMap<OpId, Wish>,
    here: bool,
    sent: usize,
}

enum OnTheWay {
    Told { from: usize, bytes: Vec<u8> },
    Sent { from: usize, file: OpId, index: u32 },
}

struct World {
    files: Vec<File>,
    seats: Vec<Seat>,
    now: Millis,
    deeds: Box<dyn Iterator<Item = Deed>>,
    /// On the way, in order.
    queue: VecDeque<OnTheWay>,
    most_on_the_way: usize,
}

impl World {
    fn new(seats: usize, files: Vec<File>, deeds: impl Iterator<Item = Deed> + 'static) -> Self {
        let seats = (0..seats).map(|number| seat(number, &files));
        let mut world = Self {
            seats: seats.collect(),
            files,
            now: 1_000_000,
            deeds: Box::new(deeds),
            queue: VecDeque::new(),
            most_on_the_way: 0,
        };
        for number in 0..world.seats.len() {
            world.come(number);
        }
        world
    }

    fn come(&mut self, number: usize) {
        self.seats[number].here = true;
        let effects = self.seats[number].desk.live(true, self.now);
        self.perform(number, effects);
    }

    fn go(&mut self, number: usize) {
        self.seats[number].here = false;
        self.seats[number].desk.live(false, self.now);
    }

    /// Starts anew with what is in the store and remembered.
    fn reload(&mut self, number: usize) {
        let mut fresh = seat(number, &[]);
        let old = &mut self.seats[number];
        fresh.store = std::mem::take(&mut old.store);
        fresh.wishes = std::mem::take(&mut old.wishes);
        fresh.sent = old.sent;
        for file in &self.files {
            let wish = fresh.wishes.get(&file.id).copied().unwrap_or(Wish::None);
            fresh.desk.known(known(file, wish));
        }
        self.seats[number] = fresh;
        self.come(number);
    }

    fn wish(&mut self, number: usize, file: OpId, wish: Wish) {
        let effects = self.seats[number].desk.wish(&file, wish, self.now);
        self.perform(number, effects);
    }

    /// Does what a desk wants, in the order in which it wants it: what comes of one thing has to wait for the others.
    fn perform(&mut self, number: usize, effects: Vec<Effect>) {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            let now = self.now;
            let seat = &mut self.seats[number];
            let more = match effect {
                Effect::Tell(bytes) => {
                    self.queue.push_back(OnTheWay::Told { from: number, bytes });
                    Vec::new()
                }
                Effect::Open(file) => {
                    let count = self.files.iter().find(|f| f.id == file).expect("one").chunks.count();
                    let store = seat.store.entry(file).or_default();
                    let held: Vec<u8> = (0..count).map(|index| u8::from(store.contains_key(&index))).collect();
                    seat.desk.opened(&file, &held, now)
                }
                Effect::Listen(file) => {
                    assert!(seat.listens.insert(file), "listens already");
                    seat.desk.listens(&file, now)
                }
                Effect::Silence(file) => {
                    assert!(seat.listens.remove(&file), "does not listen");
                    Vec::new()
                }
                Effect::Send(file, index) => {
                    assert!(seat.store[&file].contains_key(&index), "sends what it does not hold");
                    seat.sent += 1;
                    self.queue.push_back(OnTheWay::Sent { from: number, file, index });
                    Vec::new()
                }
                Effect::Keep(file, index) => {
                    let digest = seat.pending.remove(&(file, index)).expect("kept once");
                    let right = self.files.iter().find(|f| f.id == file).expect("one").digests[index as usize];
                    assert_eq!(digest, right, "a wrong chunk in the store");
                    seat.store.entry(file).or_default().insert(index, digest);
                    seat.desk.stored(&file, index, now)
                }
                Effect::Drop(file, index) => {
                    seat.pending.remove(&(file, index));
                    Vec::new()
                }
                Effect::Remember(file) => {
                    let wish = seat.desk.standing(&file).expect("known").wish;
                    seat.wishes.insert(file, wish);
                    Vec::new()
                }
                Effect::Changed(_) => Vec::new(),
            };
            effects.extend(more);
        }
    }

    /// Lets everything arrive that is on the way, and what comes of it.
    fn settle(&mut self) {
        while !self.queue.is_empty() {
            self.settle_one();
        }
    }

    fn settle_one(&mut self) {
        if let Some(next) = self.queue.pop_front() {
            match next {
                OnTheWay::Told { from, bytes } => {
                    let key = self.seats[from].key;
                    for number in (0..self.seats.len()).filter(|number| *number != from) {
                        if self.seats[number].here {
                            let effects = self.seats[number].desk.told(key, &bytes, self.now);
                            self.perform(number, effects);
                        }
                    }
                }
                OnTheWay::Sent { from, file, index } => {
                    self.now += 10;
                    self.broadcast(from, file, index);
                    let effects = self.seats[from].desk.sent(&file, index, self.now);
                    self.perform(from, effects);
                }
            }
        }
    }

    fn broadcast(&mut self, from: usize, file: OpId, index: u32) {
        for number in (0..self.seats.len()).filter(|number| *number != from) {
            if !self.seats[number].here || !self.seats[number].listens.contains(&file) {
                continue;
            }
            let deed = self.deeds.next().unwrap_or(Deed::Pass);
            match deed {
                Deed::Drop => {}
                Deed::Pass => self.arrive(number, file, index, index, index),
                Deed::Repeat => (0..2).for_each(|_| self.arrive(number, file, index, index, index)),
                Deed::Swap(other) => self.arrive(number, file, index, other, index),
                Deed::Misprove(other) => self.arrive(number, file, index, index, other),
                Deed::Flip => {
                    let effects = self.seats[number].desk.spoilt(&file, index, self.now);
                    self.perform(number, effects);
                }
            }
        }
    }

    /// A chunk that says it is `index` arrives, with the bytes of one and the proof of another.
    fn arrive(&mut self, number: usize, id: OpId, index: u32, bytes: u32, proof: u32) {
        let file = self.files.iter().find(|file| file.id == id).expect("one");
        let seat = &mut self.seats[number];
        if seat.store.get(&id).is_some_and(|store| store.contains_key(&index)) || !seat.listens.contains(&id) {
            return;
        }
        let digest = file.digests.get(bytes as usize).copied().unwrap_or([9; 32]);
        let proof: Proof = file.tree.proof(proof % file.chunks.count()).expect("there is one");
        seat.pending.insert((id, index), digest);
        seat.desk.heard(&id, index, self.now);
        let effects = seat.desk.complete(&id, index, &digest, &proof, self.now);
        self.perform(number, effects);
    }

    /// Goes on until all who are there have what they want.
    fn run(&mut self) {
        for _ in 0..100_000 {
            self.settle();
            let waits = |seat: &Seat| seat.here && seat.wishes.values().any(|wish| *wish == Wish::Fetch);
            if !self.seats.iter().any(waits) {
                return;
            }
            let due = self.seats.iter().filter(|seat| seat.here).filter_map(|seat| seat.desk.due()).min();
            self.now = self.now.max(due.expect("somebody waits for something")) + 1;
            for number in 0..self.seats.len() {
                if self.seats[number].here && self.seats[number].desk.due().is_some_and(|due| due <= self.now) {
                    let effects = self.seats[number].desk.timer(self.now);
                    self.perform(number, effects);
                }
            }
            self.most_on_the_way =
                self.most_on_the_way.max(self.seats.iter().map(|seat| seat.pending.len()).max().unwrap_or(0));
        }
        panic!("it never ends");
    }

    fn has(&self, number: usize, file: &OpId) -> bool {
        let file = self.files.iter().find(|known| known.id == *file).expect("one");
        self.seats[number].store.get(&file.id).map_or(0, BTreeMap::len) == file.chunks.count() as usize
    }

    fn sent(&self) -> usize {
        self.seats.iter().map(|seat| seat.sent).sum()
    }
}

fn seat(number: usize, files: &[File]) -> Seat {
    let key = AuthorKey([number as u8 + 1; 32]);
    let (mut desk, mut store, mut wishes) = (Desk::new(key), BTreeMap::new(), BTreeMap::new());
    for file in files {
        let own = file.author == number;
        desk.known(known(file, if own { Wish::Here } else { Wish::None }));
        if own {
            store.insert(file.id, (0..).zip(file.digests.iter().copied()).collect());
            wishes.insert(file.id, Wish::Here);
        }
    }
    Seat { key, desk, store, pending: BTreeMap::new(), listens: BTreeSet::new(), wishes, here: false, sent: 0 }
}

fn known(file: &File, wish: Wish) -> Known {
    Known {
        file: file.id,
        author: AuthorKey([file.author as u8 + 1; 32]),
        name: StoreName([file.id.0[0]; 16]),
        chunks: file.chunks,
        root: file.tree.root(),
        wish,
    }
}

#[test]
fn a_file_reaches_who_wants_it_and_nobody_else() {
    let mut world = World::new(3, vec![file(1, 0, 12)], std::iter::empty());
    world.wish(1, OpId([1; 32]), Wish::Fetch);
    world.run();
    assert!(world.has(1, &OpId([1; 32])) && !world.has(2, &OpId([1; 32])));
    assert_eq!(world.sent(), 12, "nothing goes out twice");
    assert!(world.seats.iter().all(|seat| seat.listens.is_empty()), "nobody listens any more");
    // All were told who holds it.
    let now = world.now + 2_000;
    let effects = world.seats[1].desk.timer(now);
    world.perform(1, effects);
    world.settle();
    let standings: Vec<usize> =
        world.seats.iter().map(|seat| seat.desk.standing(&OpId([1; 32])).expect("known").holders).collect();
    assert_eq!(standings, [2, 2, 2]);
}

#[test]
fn who_comes_later_does_not_wait_for_what_it_missed() {
    let id = OpId([1; 32]);
    let mut world = World::new(3, vec![file(1, 0, 6)], std::iter::empty());
    world.wish(1, id, Wish::Fetch);
    world.settle();
    let begun = world.now;
    world.wish(2, id, Wish::Fetch);
    world.run();
    assert!(world.has(2, &id));
    assert!(world.now - begun < 1_000, "{} ms", world.now - begun);
}

#[test]
fn files_that_never_come_hold_up_no_other() {
    let mut files: Vec<File> = (1..=60).map(|number| file(number, 0, 1)).collect();
    files.push(file(200, 1, 4));
    let ids: Vec<OpId> = files.iter().map(|file| file.id).collect();
    let mut world = World::new(3, files, std::iter::empty());
    world.go(0);
    ids.iter().for_each(|id| world.wish(2, *id, Wish::Fetch));
    let begun = world.now;
    for _ in 0..2_000 {
        world.settle();
        if world.has(2, &ids[60]) {
            break;
        }
        let due = world.seats[2].desk.due().expect("it wants something");
        world.now = world.now.max(due) + 1;
        let effects = world.seats[2].desk.timer(world.now);
        world.perform(2, effects);
    }
    assert!(world.has(2, &ids[60]), "after {} ms", world.now - begun);
    world.come(0);
    world.run();
    assert!(ids.iter().all(|id| world.has(2, id)));
}

#[test]
fn a_desk_that_waits_is_not_due_in_the_past() {
    let id = OpId([1; 32]);
    let mut world = World::new(2, vec![file(1, 0, 5)], std::iter::repeat(Deed::Drop));
    world.wish(1, id, Wish::Fetch);
    world.settle();
    let mut times = 0;
    while world.now < 1_000_000 + 600_000 {
        let due = world.seats[1].desk.due().expect("it waits");
        assert!(due > world.now, "due {} ms ago", world.now - due);
        world.now = due;
        let effects = world.seats[1].desk.timer(world.now);
        world.perform(1, effects);
        world.settle();
        times += 1;
    }
    assert!(times < 400, "{times} times in ten minutes");
}

#[test]
fn a_seat_that_takes_back_what_it_said_is_asked_no_more() {
    let id = OpId([1; 32]);
    let mut world = World::new(2, vec![file(1, 0, 5)], std::iter::repeat(Deed::Drop));
    world.wish(1, id, Wish::Fetch);
    world.settle();
    world.wish(0, id, Wish::None);
    world.now += 2_000;
    let effects = world.seats[0].desk.timer(world.now);
    world.perform(0, effects);
    world.settle();
    assert_eq!(world.seats[1].desk.standing(&id).map(|standing| (standing.comes, standing.holders)), Some((false, 0)));
    let due = world.seats[1].desk.due().expect("it waits");
    assert!(due > world.now, "due {} ms ago", world.now - due);
}

#[test]
fn one_large_file_does_not_keep_a_small_one_from_going_out() {
    let mut world = World::new(3, vec![file(1, 0, 200), file(2, 0, 1)], std::iter::empty());
    world.wish(1, OpId([1; 32]), Wish::Fetch);
    (0..20).for_each(|_| world.settle_one());
    world.wish(2, OpId([2; 32]), Wish::Fetch);
    let mut steps = 0;
    while !world.has(2, &OpId([2; 32])) {
        world.settle_one();
        steps += 1;
        assert!(steps < 60, "it waits for the large one");
    }
}

#[test]
fn what_eight_want_goes_out_about_once() {
    let mut world = World::new(9, vec![file(1, 0, 30)], std::iter::empty());
    (1..9).for_each(|number| world.wish(number, OpId([1; 32]), Wish::Fetch));
    world.run();
    assert!((1..9).all(|number| world.has(number, &OpId([1; 32]))));
    assert!(world.sent() <= 40, "{} of 30 chunks", world.sent());
}

#[test]
fn a_file_spreads_when_its_author_has_left() {
    let mut world = World::new(4, vec![file(1, 0, 9)], std::iter::empty());
    world.wish(1, OpId([1; 32]), Wish::Fetch);
    world.run();
    world.go(0);
    for number in [2, 3] {
        world.wish(number, OpId([1; 32]), Wish::Fetch);
    }
    world.run();
    assert!((2..4).all(|number| world.has(number, &OpId([1; 32]))));
}

#[test]
fn who_holds_a_part_gives_it() {
    let mut world =
        World::new(3, vec![file(1, 0, 9)], (0..).map(|chunk| if chunk < 4 { Deed::Pass } else { Deed::Drop }));
    world.wish(1, OpId([1; 32]), Wish::Fetch);
    world.settle();
    let part = world.seats[1].store[&OpId([1; 32])].len();
    assert!((1..9).contains(&part), "{part}");
    world.go(0);
    world.reload(1);
    world.deeds = Box::new(std::iter::empty());
    world.wish(2, OpId([1; 32]), Wish::Fetch);
    for _ in 0..60 {
        world.now += 5_000;
        for number in [1, 2] {
            let effects = world.seats[number].desk.timer(world.now);
            world.perform(number, effects);
        }
        world.settle();
    }
    assert_eq!(world.seats[2].store[&OpId([1; 32])].len(), part);
    world.come(0);
    world.run();
    assert!((1..3).all(|number| world.has(number, &OpId([1; 32]))));
}

#[test]
fn a_reload_goes_on_with_what_is_held() {
    let id = OpId([1; 32]);
    let mut world =
        World::new(2, vec![file(1, 0, 50)], (0..).map(|chunk| if chunk == 20 { Deed::Drop } else { Deed::Pass }));
    world.wish(1, id, Wish::Fetch);
    world.settle();
    let before = world.seats[1].store[&id].len();
    assert!(before >= 20, "{before}");
    world.reload(1);
    world.run();
    assert!(world.has(1, &id));
    assert!(world.sent() <= 50 + WINDOW, "{} of 50 chunks", world.sent());
}

#[test]
fn paused_files_wait_and_deleted_ones_are_gone() {
    let id = OpId([1; 32]);
    let mut world = World::new(2, vec![file(1, 0, 5)], std::iter::repeat(Deed::Drop));
    world.wish(1, id, Wish::Fetch);
    world.settle();
    world.wish(1, id, Wish::Pause);
    world.settle();
    assert!(world.seats[1].listens.is_empty());
    assert_eq!(world.seats[1].desk.due(), None, "nothing to do");
    world.deeds = Box::new(std::iter::empty());
    world.wish(1, id, Wish::Fetch);
    world.run();
    assert_eq!(world.seats[1].desk.standing(&id).map(|standing| standing.wish), Some(Wish::Here));
    world.seats[1].store.clear();
    world.wish(1, id, Wish::None);
    let standing = world.seats[1].desk.standing(&id).expect("known");
    assert_eq!((standing.held, standing.wish), (0, Wish::None));
    world.wish(1, id, Wish::Fetch);
    world.run();
    assert!(world.has(1, &id));
}

#[test]
fn what_came_does_not_seem_to_come_when_the_shell_is_gone() {
    let id = OpId([1; 32]);
    let mut world = World::new(2, vec![file(1, 0, 5)], std::iter::repeat(Deed::Drop));
    world.wish(1, id, Wish::Fetch);
    world.settle();
    assert!(world.seats[1].desk.standing(&id).is_some_and(|standing| standing.comes));
    let effects = world.seats[1].desk.shell_is_gone(world.now);
    assert!(effects.contains(&Effect::Changed(id)));
    assert!(world.seats[1].desk.standing(&id).is_some_and(|standing| !standing.comes));
}

#[test]
fn a_full_disk_stops_one_file_and_says_so() {
    let id = OpId([1; 32]);
    let mut world = World::new(2, vec![file(1, 0, 5)], std::iter::repeat(Deed::Drop));
    world.wish(1, id, Wish::Fetch);
    let effects = world.seats[1].desk.full(&id, world.now);
    world.perform(1, effects);
    let standing = world.seats[1].desk.standing(&id).expect("known");
    assert!(standing.full && standing.wish == Wish::Pause);
}

#[test]
fn chunks_that_a_store_lost_come_again() {
    let id = OpId([1; 32]);
    let mut world = World::new(3, vec![file(1, 0, 5)], std::iter::empty());
    world.wish(1, id, Wish::Fetch);
    world.run();
    world.seats[0].store.get_mut(&id).expect("there").remove(&3);
    let effects = world.seats[0].desk.lost(&id, 3, world.now);
    world.perform(0, effects);
    assert_eq!(world.seats[0].desk.standing(&id).map(|standing| standing.wish), Some(Wish::Fetch));
    world.run();
    assert!(world.has(0, &id));
}

#[test]
fn many_small_files_all_come() {
    let files: Vec<File> = (1..200).map(|number| file(number, 0, 1)).collect();
    let ids: Vec<OpId> = files.iter().map(|file| file.id).collect();
    let mut world = World::new(3, files, std::iter::empty());
    for id in &ids {
        world.wish(1, *id, Wish::Fetch);
        world.wish(2, *id, Wish::Fetch);
    }
    world.run();
    assert!(ids.iter().all(|id| world.has(1, id) && world.has(2, id)));
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => Just(Deed::Pass),
        1 => Just(Deed::Drop),
        1 => Just(Deed::Repeat),
        1 => Just(Deed::Flip),
        1 => (0..40u32).prop_map(Deed::Swap),
        1 => (0..40u32).prop_map(Deed::Misprove),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// 300 cases of 100 deeds, of which half do not let a chunk arrive as it was sent.
    #[test]
    fn whatever_the_relay_does_no_chunk_is_wrong(
        sizes in prop::collection::vec(1..30u32, 1..4),
        deeds in prop::collection::vec(deed(), 100),
        reloads in prop::collection::vec(0..3usize, 0..4),
    ) {
        let files: Vec<File> = (1..).zip(sizes).map(|(number, chunks)| file(number, usize::from(number) % 3, chunks)).collect();
        let ids: Vec<OpId> = files.iter().map(|file| file.id).collect();
        let mut world = World::new(3, files, deeds.into_iter());
        for id in &ids {
            (0..3).for_each(|number| if !world.has(number, id) { world.wish(number, *id, Wish::Fetch) });
        }
        for number in reloads {
            let some = world.queue.len() / 2;
            let rest = world.queue.split_off(some);
            world.settle();
            world.queue.extend(rest);
            world.reload(number);
        }
        world.run();
        prop_assert!(ids.iter().all(|id| (0..3).all(|number| world.has(number, id))));
        prop_assert!(world.most_on_the_way <= WINDOW);
    }

    #[test]
    fn what_others_tell_never_panics(bytes: Vec<u8>) {
        let mut world = World::new(1, vec![file(1, 0, 3)], std::iter::empty());
        let effects = world.seats[0].desk.told(AuthorKey([8; 32]), &bytes, 0);
        world.perform(0, effects);
    }
}
