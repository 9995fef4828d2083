//! A browser's disk, with what the vault makes of a talk's rows on it.

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use talk::Batch;
use vault::{DataKey, Name, Sealed, Store, StoreId};

const SCHEMA: u32 = 1;

/// Sealed rows, and what writes them.
pub(crate) struct Disk {
    key: DataKey,
    id: StoreId,
    store: Store,
    rows: BTreeMap<Name, Vec<u8>>,
    rng: ChaCha20Rng,
}

impl Disk {
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        let mut rng = ChaCha20Rng::from_seed(seed);
        let (mut key, mut id) = ([0; 32], [0; 16]);
        rng.fill_bytes(&mut key);
        rng.fill_bytes(&mut id);
        let (key, id) = (DataKey::from_random(key), StoreId(id));
        Self { store: Store::new(id, &key, SCHEMA), key, id, rows: BTreeMap::new(), rng }
    }

    /// Writes a batch, whole.
    pub(crate) fn write(&mut self, batch: &Batch) {
        let batch = vault::Batch { puts: batch.puts.clone(), deletes: batch.deletes.clone() };
        let Sealed { puts, deletes } = self.store.seal(&batch, |nonce| self.rng.fill_bytes(nonce));
        for name in deletes {
            self.rows.remove(&name);
        }
        self.rows.extend(puts);
    }

    /// Reads everything, as after a start.
    pub(crate) fn read(&mut self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let (store, rows) = Store::open(self.id, &self.key, SCHEMA, self.rows.clone()).expect("what was written last");
        self.store = store;
        rows
    }
}
