//! A browser's disk, with what the vault makes of a talk's rows on it.

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use talk::Batch;
use vault::{DataKey, Name, Sealed, Store, StoreId};

use crate::kept::{Rows, SCHEMA};

/// Sealed rows, and what writes them.
pub(crate) struct Disk {
    key: DataKey,
    id: StoreId,
    store: Store,
    rows: BTreeMap<Name, Vec<u8>>,
    /// So many batches fit yet; None: as many as there are.
    fitting: Option<u32>,
    /// What did not fit: to be written first, the very same bytes.
    refused: Option<Sealed>,
    /// Bytes written so far.
    bytes: usize,
    rng: ChaCha20Rng,
}

impl Disk {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        let mut rng = ChaCha20Rng::from_seed(seed);
        let (mut key, mut id) = ([0; 32], [0; 16]);
        rng.fill_bytes(&mut key);
        rng.fill_bytes(&mut id);
        let (key, id) = (DataKey::from_random(key), StoreId(id));
        let (store, rows) = (Store::new(id, &key, SCHEMA), BTreeMap::new());
        Self { store, key, id, rows, fitting: None, refused: None, bytes: 0, rng }
    }

    /// Writes a batch, whole or not at all. Returns whether it fitted; if not it is kept until there is space.
    pub(crate) fn write(&mut self, batch: &Batch) -> bool {
        let batch = vault::Batch { puts: batch.puts.clone(), deletes: batch.deletes.clone() };
        let sealed = self.store.seal(&batch, |nonce| self.rng.fill_bytes(nonce));
        if self.fitting == Some(0) {
            self.refused = Some(sealed);
            return false;
        }
        self.fitting = self.fitting.map(|fitting| fitting - 1);
        self.put(sealed);
        true
    }

    /// From now on so many batches fit.
    pub(crate) fn fills(&mut self, fitting: u32) {
        self.fitting = Some(fitting);
    }

    /// There is space. Returns whether something was waiting, which is written now.
    pub(crate) fn has_space(&mut self) -> bool {
        self.fitting = None;
        let refused = self.refused.take();
        refused.map(|sealed| self.put(sealed)).is_some()
    }

    fn put(&mut self, sealed: Sealed) {
        for name in sealed.deletes {
            self.bytes += name.len();
            self.rows.remove(&name);
        }
        for (name, value) in sealed.puts {
            self.bytes += name.len() + value.len();
            self.rows.insert(name, value);
        }
    }

    /// How many bytes were written, names and roots included.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Reads everything, as after a start, and goes on from there.
    pub(crate) fn open(&mut self) -> Rows {
        let (store, rows) = self.opened();
        (self.store, self.refused) = (store, None);
        rows
    }

    /// What would be read after a start.
    pub(crate) fn read(&self) -> Rows {
        self.opened().1
    }

    fn opened(&self) -> (Store, Rows) {
        Store::open(self.id, &self.key, SCHEMA, self.rows.clone()).expect("what was written last")
    }
}
