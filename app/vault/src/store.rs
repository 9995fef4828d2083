//! Rows, sealed one by one, and the root that names them all.
//!
//! ```text
//! name  = HMAC-SHA256(name key, key of the row)                                      (RFC 2104)
//! value = nonce (24) ‖ XChaCha20-Poly1305(value key, nonce, CBOR [key, value], aad)
//! aad   = "nonpaper/vault/row/v1" ‖ store id (16) ‖ name (32)
//! root  = nonce (24) ‖ XChaCha20-Poly1305(value key, nonce, CBOR [schema, generation, digest],
//!                                         "nonpaper/vault/root/v1" ‖ store id)
//! digest = SHA-256 over 256 bucket digests; a bucket is the rows whose names begin with one byte, its digest SHA-256 over
//!          name ‖ SHA-256(value), by name
//! ```

use std::collections::{BTreeMap, BTreeSet};

use hmac::{Hmac, KeyInit, Mac};
use minicbor::bytes::ByteVec;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::key::{DataKey, NONCE_BYTES, StoreId, open, seal};

/// Where a row is kept: tells nothing of its key.
pub type Name = [u8; 32];

/// The name of the root row.
pub const ROOT: Name = [0; 32];

/// What changes in a store: keys with values, and keys that go.
#[derive(Clone, Default, Debug)]
pub struct Batch {
    /// Written, over what was there.
    pub puts: Vec<(Vec<u8>, Vec<u8>)>,
    /// Deleted.
    pub deletes: Vec<Vec<u8>>,
}

/// A batch as it goes to the disk, in one transaction, the root with it.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Written, over what was there.
    pub puts: Vec<(Name, Vec<u8>)>,
    /// Deleted.
    pub deletes: Vec<Name>,
}

impl Sealed {
    /// The root row it writes.
    pub fn root(&self) -> &[u8] {
        let root = self.puts.iter().find(|(name, _)| *name == ROOT);
        root.map(|(_, value)| value.as_slice()).expect("every batch writes the root")
    }
}

/// The rows are not what was last written: some are missing, older, moved or altered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Damaged {
    /// There is no root, or it does not open.
    #[error("the root of the store is missing or altered")]
    Root,
    /// The rows are not those the root names.
    #[error("rows of the store are missing, older or altered")]
    Rows,
    /// The store was written by a newer build.
    #[error("the store is of schema {0}, newer than this build")]
    Newer(u32),
}

/// The state of a store as far as sealing the next batch needs it. What the rows hold is with whoever opened it.
pub struct Store {
    id: StoreId,
    schema: u32,
    generation: u64,
    name_key: Zeroizing<[u8; 32]>,
    value_key: Zeroizing<[u8; 32]>,
    /// SHA-256 of every value, by name.
    rows: BTreeMap<Name, [u8; 32]>,
    buckets: BTreeMap<u8, [u8; 32]>,
}

impl Store {
    /// An empty store.
    pub fn new(id: StoreId, key: &DataKey, schema: u32) -> Self {
        Self {
            id,
            schema,
            generation: 0,
            name_key: key.derive(id, "nonpaper/vault/names/v1"),
            value_key: key.derive(id, "nonpaper/vault/values/v1"),
            rows: BTreeMap::new(),
            buckets: BTreeMap::new(),
        }
    }

    /// Opens what is on the disk: keys and values. `schema` is the newest this build knows.
    ///
    /// # Errors
    /// [`Damaged`] when the rows are not exactly those of the last batch.
    #[expect(clippy::type_complexity, reason = "keys and values")]
    pub fn open(
        id: StoreId,
        key: &DataKey,
        schema: u32,
        rows: impl IntoIterator<Item = (Name, Vec<u8>)>,
    ) -> Result<(Self, BTreeMap<Vec<u8>, Vec<u8>>), Damaged> {
        let mut store = Self::new(id, key, schema);
        let (mut root, mut values, mut touched) = (None, BTreeMap::new(), BTreeSet::new());
        for (name, value) in rows {
            if name == ROOT {
                root = Some(value);
                continue;
            }
            let (key, held) = store.unsealed(&name, &value)?;
            values.insert(key, held);
            store.rows.insert(name, Sha256::digest(&value).into());
            touched.insert(name[0]);
        }
        store.digest_buckets(touched);
        let root = open(&store.value_key, &store.root_aad(), &root.ok_or(Damaged::Root)?).ok_or(Damaged::Root)?;
        let (written_by, generation, digest): (u32, u64, ByteVec) =
            minicbor::decode(&root).map_err(|_| Damaged::Root)?;
        if written_by > schema {
            return Err(Damaged::Newer(written_by));
        }
        if digest.as_slice() != store.digest() {
            return Err(Damaged::Rows);
        }
        store.generation = generation;
        Ok((store, values))
    }

    /// Reads rows as they are on the disk while batches go on being written: keys and values.
    ///
    /// # Errors
    /// [`Damaged::Rows`] when one of them was not sealed by this store, or in another place.
    pub fn read(&self, rows: impl IntoIterator<Item = (Name, Vec<u8>)>) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, Damaged> {
        rows.into_iter().filter(|(name, _)| *name != ROOT).map(|(name, value)| self.unsealed(&name, &value)).collect()
    }

    /// Seals a batch for the disk. If it cannot be written, whole, the store must be opened again.
    ///
    /// `random` fills a nonce for each row.
    pub fn seal(&mut self, batch: &Batch, mut random: impl FnMut(&mut [u8; NONCE_BYTES])) -> Sealed {
        let mut nonce = || {
            let mut nonce = [0; NONCE_BYTES];
            random(&mut nonce);
            nonce
        };
        let (mut sealed, mut touched) = (Sealed { puts: Vec::new(), deletes: Vec::new() }, BTreeSet::new());
        for key in &batch.deletes {
            let name = self.name(key);
            if self.rows.remove(&name).is_some() {
                sealed.deletes.push(name);
                touched.insert(name[0]);
            }
        }
        for (key, value) in &batch.puts {
            let name = self.name(key);
            let row = (ByteVec::from(key.clone()), ByteVec::from(value.clone()));
            let plain = Zeroizing::new(minicbor::to_vec(row).expect("encoding into memory"));
            let value = seal(&self.value_key, nonce(), &self.row_aad(&name), &plain);
            self.rows.insert(name, Sha256::digest(&value).into());
            touched.insert(name[0]);
            sealed.puts.push((name, value));
        }
        self.digest_buckets(touched);
        self.generation += 1;
        let root = (self.schema, self.generation, ByteVec::from(self.digest().to_vec()));
        let plain = minicbor::to_vec(root).expect("encoding into memory");
        sealed.puts.push((ROOT, seal(&self.value_key, nonce(), &self.root_aad(), &plain)));
        sealed
    }

    /// How many batches were written.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    fn unsealed(&self, name: &Name, value: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Damaged> {
        let plain = open(&self.value_key, &self.row_aad(name), value).ok_or(Damaged::Rows)?;
        let (key, held): (ByteVec, ByteVec) = minicbor::decode(&plain).map_err(|_| Damaged::Rows)?;
        if self.name(&key) == *name { Ok((key.into(), held.into())) } else { Err(Damaged::Rows) }
    }

    fn name(&self, key: &[u8]) -> Name {
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.name_key).expect("any length will do");
        mac.update(key);
        mac.finalize().into_bytes().into()
    }

    fn row_aad(&self, name: &Name) -> Vec<u8> {
        [b"nonpaper/vault/row/v1", &self.id.0[..], name].concat()
    }

    fn root_aad(&self) -> Vec<u8> {
        [b"nonpaper/vault/root/v1", &self.id.0[..]].concat()
    }

    fn digest_buckets(&mut self, touched: BTreeSet<u8>) {
        for first in touched {
            let mut from = ROOT;
            from[0] = first;
            let rows = self.rows.range(from..).take_while(|(name, _)| name[0] == first);
            let mut hash = Sha256::new();
            for (name, value) in rows {
                hash.update(name);
                hash.update(value);
            }
            self.buckets.insert(first, hash.finalize().into());
        }
    }

    fn digest(&self) -> [u8; 32] {
        let empty: [u8; 32] = Sha256::digest([]).into();
        let mut hash = Sha256::new();
        for first in 0..=u8::MAX {
            hash.update(self.buckets.get(&first).unwrap_or(&empty));
        }
        hash.finalize().into()
    }
}
