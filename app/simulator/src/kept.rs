//! What a browser keeps of a talk, as a file: the header and the sealed rows that the page reads at its start.
//!
//! ```text
//! file = length of the header (u32) ‖ header ‖ row …
//! row  = name (32) ‖ length of the value (u32) ‖ value
//! ```
//!
//! Numbers are big-endian. The rows of the talk are keyed as the page keys them, see `web/session/keeper.rs`. Data key, salt and
//! nonces are no secrets here: whoever has such a file may know what is in it.

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use vault::{Batch, Cost, DataKey, Header, Name, Store, StoreId};

/// The passphrase of every such file.
pub const PASSPHRASE: &str = "nine quiet herons over the delta";
/// The key that the passphrase unlocks.
pub const DATA_KEY: [u8; 32] = [7; 32];

/// What the rows hold, as the page counts it.
pub(crate) const SCHEMA: u32 = 1;
const STORE: StoreId = StoreId([1; 16]);
/// In front of the keys of a talk's rows: that they are those of a talk, and of which.
const TALK: [u8; 5] = [1, 0, 0, 0, 1];
/// The row that says when a talk was opened here.
const OPENED_AT: u8 = 0xf0;

/// Rows by their keys, as a talk keeps them.
pub type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// Makes the file of a browser with one talk, under [`PASSPHRASE`].
pub fn seal(rows: &Rows, cost: Cost) -> Vec<u8> {
    let key = DataKey::from_random(DATA_KEY);
    let mut rng = ChaCha20Rng::seed_from_u64(0);
    let mut header = Header::new(STORE);
    header.set_passphrase(&key, PASSPHRASE, cost, [2; 16], [3; 24]).expect("a fair cost");
    let mut puts: Vec<_> = rows.iter().map(|(row, value)| ([&TALK[..], row].concat(), value.clone())).collect();
    puts.push(([&TALK[..], &[OPENED_AT]].concat(), vec![0; 8]));
    let batch = Batch { puts, deletes: Vec::new() };
    let sealed = Store::new(STORE, &key, SCHEMA).seal(&batch, |nonce| rng.fill_bytes(nonce));
    let mut file = Vec::new();
    put_field(&mut file, &header.encode());
    for (name, value) in sealed.puts {
        file.extend_from_slice(&name);
        put_field(&mut file, &value);
    }
    file
}

fn put_field(file: &mut Vec<u8>, bytes: &[u8]) {
    file.extend_from_slice(&u32::try_from(bytes.len()).expect("below 4 GiB").to_be_bytes());
    file.extend_from_slice(bytes);
}

/// Opens such a file by its passphrase; None when it is none, or damaged.
pub fn open(file: &[u8]) -> Option<Rows> {
    let (header, mut rest) = field(file)?;
    let header = Header::decode(header).ok()?;
    let mut sealed = Vec::<(Name, Vec<u8>)>::new();
    while let Some((name, after)) = rest.split_first_chunk() {
        let (value, after) = field(after)?;
        sealed.push((*name, value.to_vec()));
        rest = after;
    }
    let key = header.by_passphrase(PASSPHRASE).ok()?;
    let (_, rows) = Store::open(header.store, &key, SCHEMA, sealed).ok()?;
    let of_talk = |(key, value): (Vec<u8>, Vec<u8>)| Some((key.strip_prefix(&TALK)?.to_vec(), value));
    Some(rows.into_iter().filter_map(of_talk).collect())
}

fn field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}
