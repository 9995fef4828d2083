//! One file from one seat to several, over a relay that loses, repeats, swaps, cuts and flips what it likes.

use std::collections::BTreeMap;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use files::{
    CHUNK_BYTES, ChunkDigest, Chunks, FRAME_BYTES, Fetch, HEADER_BYTES, Headers, Heard, Held, Millis, PIECE_BYTES,
    Piece, SAMPLE_BYTES, Serve, WINDOW,
};
use proptest::prelude::*;
use record::ContentRoot;
use sha2::{Digest, Sha256};

const KEY: [u8; 32] = [9; 32];
/// What it says is of no matter here: digests are compared one by one.
const ROOT: ContentRoot = ContentRoot([7; 32]);

/// A file whose bytes tell where they stand, sealed.
struct Source {
    chunks: Chunks,
    digests: Vec<ChunkDigest>,
    sealed: Vec<Vec<u8>>,
    whole: [u8; 32],
}

impl Source {
    fn new(size: u64) -> Self {
        let chunks = Chunks::of(size).expect("not too long");
        let cipher = Aes256Gcm::new(&KEY.into());
        let (mut digests, mut sealed, mut whole) = (vec![], vec![], Sha256::new());
        for index in 0..chunks.count() {
            let (start, length) = chunks.place(index).expect("there is one");
            let plain: Vec<u8> = (start..start + u64::from(length)).map(|at| (at ^ at >> 13) as u8).collect();
            digests.push(Sha256::digest(&plain).into());
            whole.update(&plain);
            let aad = chunks.associated(&ROOT, index).expect("there is one");
            let nonce = Nonce::from(chunks.nonce(index).expect("there is one"));
            let mut bytes = cipher.encrypt(&nonce, Payload { msg: &plain, aad: &aad }).expect("seals");
            bytes.resize((CHUNK_BYTES + 16) as usize, 0x55);
            sealed.push(bytes);
        }
        Self { chunks, digests, sealed, whole: whole.finalize().into() }
    }

    fn frame(&self, piece: Piece) -> Vec<u8> {
        let start = usize::from(piece.piece) * PIECE_BYTES;
        let bytes = &self.sealed[piece.chunk as usize][start..start + PIECE_BYTES];
        let sample: &[u8; SAMPLE_BYTES] = bytes.first_chunk().expect("longer");
        [&Headers::new(KEY).write(piece, sample)[..], bytes].concat()
    }
}

/// One who fetches: what a shell does, with the disk in memory.
struct Receiver {
    fetch: Fetch,
    pieces: BTreeMap<Piece, Vec<u8>>,
    disk: BTreeMap<u32, Vec<u8>>,
    spoilt: usize,
}

impl Receiver {
    fn new(chunks: Chunks) -> Self {
        let fetch = Fetch::new(chunks, Held::none(chunks.count()));
        Self { fetch, pieces: BTreeMap::new(), disk: BTreeMap::new(), spoilt: 0 }
    }

    fn hear(&mut self, source: &Source, frame: &[u8], now: Millis) {
        if frame.len() != FRAME_BYTES {
            return;
        }
        let (header, bytes) = frame.split_first_chunk::<HEADER_BYTES>().expect("long enough");
        let sample = bytes.first_chunk().expect("long enough");
        let Some(piece) = Headers::new(KEY).read(*header, sample) else { return };
        match self.fetch.hear(piece, now) {
            Heard::Nothing => {}
            Heard::Kept => drop(self.pieces.insert(piece, bytes.to_vec())),
            Heard::Complete => {
                self.pieces.insert(piece, bytes.to_vec());
                self.verify(source, piece.chunk, now);
            }
        }
        assert!(self.pieces.len() <= 2 * WINDOW * 16, "too much in memory");
    }

    fn verify(&mut self, source: &Source, index: u32, now: Millis) {
        let of_chunk: Vec<Piece> = self.pieces.keys().copied().filter(|piece| piece.chunk == index).collect();
        let sealed = of_chunk.iter().filter_map(|piece| self.pieces.remove(piece)).collect::<Vec<_>>().concat();
        let (_, length) = source.chunks.place(index).expect("there is one");
        let aad = source.chunks.associated(&ROOT, index).expect("there is one");
        let nonce = Nonce::from(source.chunks.nonce(index).expect("there is one"));
        let payload = Payload { msg: &sealed[..length as usize + 16], aad: &aad };
        let plain = Aes256Gcm::new(&KEY.into()).decrypt(&nonce, payload).ok();
        match plain.filter(|plain| <ChunkDigest>::from(Sha256::digest(plain)) == source.digests[index as usize]) {
            Some(plain) => {
                self.disk.insert(index, plain);
                self.fetch.verified(index);
            }
            None => {
                self.spoilt += 1;
                self.fetch.spoilt(index, now);
            }
        }
    }

    fn is_whole(&self, source: &Source) -> bool {
        let whole = self.fetch.held().is_whole();
        if whole {
            let mut hash = Sha256::new();
            self.disk.values().for_each(|plain| hash.update(plain));
            assert_eq!(<[u8; 32]>::from(hash.finalize()), source.whole, "a wrong byte in a finished file");
        }
        whole
    }
}

/// What a relay does to a frame.
#[derive(Clone, Debug)]
enum Deed {
    Pass,
    Drop,
    Repeat,
    Flip(usize),
    Cut(usize),
    /// Gives the piece under the header of the frame before.
    Swap,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => Just(Deed::Pass),
        1 => Just(Deed::Drop),
        1 => Just(Deed::Repeat),
        1 => (0..FRAME_BYTES * 8).prop_map(Deed::Flip),
        1 => (0..FRAME_BYTES).prop_map(Deed::Cut),
        1 => Just(Deed::Swap),
    ]
}

fn done_to(frame: &[u8], before: &[u8], deed: &Deed) -> Vec<Vec<u8>> {
    match deed {
        Deed::Pass => vec![frame.to_vec()],
        Deed::Drop => vec![],
        Deed::Repeat => vec![frame.to_vec(), frame.to_vec()],
        Deed::Flip(bit) => {
            let mut frame = frame.to_vec();
            frame[bit / 8] ^= 1 << (bit % 8);
            vec![frame]
        }
        Deed::Cut(length) => vec![frame[..*length].to_vec()],
        Deed::Swap => vec![[before.get(..HEADER_BYTES).unwrap_or_default(), &frame[HEADER_BYTES..]].concat()],
    }
}

/// Lets receivers fetch until all have the file; returns how many frames went out and what is done to the first of them.
fn run(source: &Source, receivers: &mut [Receiver], mut deeds: impl Iterator<Item = Deed>) -> usize {
    let everything = {
        let mut held = Held::none(source.chunks.count());
        (0..source.chunks.count()).for_each(|index| assert!(held.insert(index)));
        held
    };
    let (mut serve, mut now, mut sent, mut before) = (Serve::default(), 0, 0, Vec::new());
    while !receivers.iter().all(|receiver| receiver.is_whole(source)) {
        for receiver in receivers.iter_mut() {
            let asked = receiver.fetch.ask(now);
            serve.asked(&everything, &asked, now);
        }
        let Some(piece) = serve.next(now) else {
            now += 500;
            assert!(now < 86_400_000, "a day, and not there");
            continue;
        };
        sent += 1;
        now += 5;
        let frame = source.frame(piece);
        for frame in done_to(&frame, &before, &deeds.next().unwrap_or(Deed::Pass)) {
            receivers.iter_mut().for_each(|receiver| receiver.hear(source, &frame, now));
        }
        before = frame;
    }
    sent
}

#[test]
fn files_of_every_length_arrive() {
    let chunk = u64::from(CHUNK_BYTES);
    for size in [0, 1, 15, chunk - 1, chunk, chunk + 1, 3 * chunk + 7] {
        let source = Source::new(size);
        let mut receivers = [Receiver::new(source.chunks)];
        let sent = run(&source, &mut receivers, std::iter::empty());
        assert_eq!(sent, 16 * source.chunks.count() as usize, "nothing goes out twice");
    }
}

#[test]
fn what_eight_ask_for_goes_out_once() {
    let source = Source::new(12 * u64::from(CHUNK_BYTES));
    let mut receivers: Vec<Receiver> = (0..8).map(|_| Receiver::new(source.chunks)).collect();
    assert_eq!(run(&source, &mut receivers, std::iter::empty()), 16 * 12);
}

#[test]
fn a_fetch_goes_on_with_what_it_holds() {
    let source = Source::new(6 * u64::from(CHUNK_BYTES));
    let mut receiver = [Receiver::new(source.chunks)];
    run(&source, &mut receiver, std::iter::empty());
    let [Receiver { disk, .. }] = receiver;
    let mut held = Held::none(6);
    for index in [0, 2, 5] {
        held.insert(index);
    }
    let disk = disk.into_iter().filter(|(index, _)| held.contains(*index)).collect();
    let mut again = [Receiver { fetch: Fetch::new(source.chunks, held), pieces: BTreeMap::new(), disk, spoilt: 0 }];
    assert_eq!(run(&source, &mut again, std::iter::empty()), 16 * 3);
}

#[test]
fn a_spoilt_chunk_is_found_and_alone_sent_again() {
    let source = Source::new(4 * u64::from(CHUNK_BYTES));
    let mut receivers = [Receiver::new(source.chunks)];
    let deeds = (0..).map(|frame| if frame == 20 { Deed::Flip(8 * 5_000) } else { Deed::Pass });
    assert_eq!(run(&source, &mut receivers, deeds), 16 * 5);
    assert_eq!(receivers[0].spoilt, 1);
}

#[test]
fn a_silent_source_is_asked_ever_more_seldom() {
    let chunks = Chunks::of(20 * u64::from(CHUNK_BYTES)).expect("not too long");
    let mut fetch = Fetch::new(chunks, Held::none(20));
    let first: usize = fetch.ask(0).into_iter().map(|range| range.len()).sum();
    assert_eq!(first, WINDOW);
    let mut times = 0;
    while let Some(due) = fetch.due().filter(|due| *due < 3_600_000) {
        assert_eq!(fetch.ask(due), vec![0..8; 1], "at {due}");
        times += 1;
    }
    assert!((60..70).contains(&times), "{times}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Five of thirteen frames, of the first 200, do not arrive as they were sent.
    #[test]
    fn whatever_the_relay_does_no_byte_is_wrong(
        size in 0..5 * u64::from(CHUNK_BYTES),
        deeds in prop::collection::vec(deed(), 200),
    ) {
        let source = Source::new(size);
        let mut receivers = [Receiver::new(source.chunks), Receiver::new(source.chunks)];
        run(&source, &mut receivers, deeds.into_iter());
    }
}
