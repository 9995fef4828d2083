//! The database of this browser: sealed rows by their names, and in the clear beside them what opens them.

use indexed_db_futures::database::Database as Idb;
use indexed_db_futures::error::{DomException, Error as IdbError, OpenDbError};
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::{Transaction, TransactionDurability, TransactionMode, TransactionOptions};
use js_sys::{Array, ArrayBuffer, Function, Object, Promise, Reflect, Uint8Array};
use vault::{Name, ROOT, Sealed};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::CryptoKey;

const NAME: &str = "nonpaper";
/// Made and deleted again at once, see [`start_new_log`].
const PASSING: &str = "nonpaper-passing";
/// Of its layout; what rows hold has a schema of its own.
const VERSION: u8 = 1;
const ROWS: &str = "rows";
const BESIDE: &str = "beside";
const HEADER: &str = "header";
const BROWSER_KEY: &str = "browser key";

/// Why something was not read or written. What was there before still is, unless it is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DatabaseError {
    /// Somebody else wrote since: another tab.
    TakenOver,
    /// The browser has taken the database away.
    Gone,
    /// It cannot be written, or not be read: most often the disk, or this site's part of it, is full.
    Failed,
}

/// An open database; it is closed when this is dropped, which the library does not do by itself: an open one cannot be deleted.
pub struct Database(Option<Idb>);

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            open.close();
        }
    }
}

impl Database {
    /// Opens it if it is there. To look for it makes none, where the browser can tell.
    pub async fn find() -> Result<Option<Self>, DatabaseError> {
        if is_there().await.unwrap_or(true) { Self::open().await.map(Some) } else { Ok(None) }
    }

    /// Opens it; one that is not there is made, empty.
    pub async fn open() -> Result<Self, DatabaseError> {
        let request = Idb::open(NAME).with_version(VERSION).with_on_upgrade_needed(|_, database| {
            for store in [ROWS, BESIDE] {
                database.create_object_store(store).build()?;
            }
            Ok(())
        });
        let opened = request.await.map_err(|error| match error {
            OpenDbError::Base(error) => why(&error),
            OpenDbError::VersionZero | OpenDbError::UnsupportedEnvironment | OpenDbError::NullFactory => {
                DatabaseError::Failed
            }
        })?;
        Ok(Self(Some(opened)))
    }

    /// The header, if a store was made here.
    pub async fn header(&self) -> Result<Option<Vec<u8>>, DatabaseError> {
        let transaction = self.begin(BESIDE, TransactionMode::Readonly)?;
        let found: Option<Object> = transaction.object_store(BESIDE)?.get(HEADER).primitive()?.await?;
        Ok(found.map(bytes))
    }

    /// Writes the header over the one before.
    pub async fn put_header(&self, header: &[u8]) -> Result<(), DatabaseError> {
        let transaction = self.begin(BESIDE, TransactionMode::Readwrite)?;
        transaction.object_store(BESIDE)?.put(object(header)).with_key(HEADER).primitive()?;
        Ok(transaction.commit().await?)
    }

    /// Writes the header over the one before, and with it the key that only this browser can use, or that there is none any more:
    /// both or neither, and only if the header is still the one that was read.
    pub async fn replace_header(
        &self,
        header: &[u8],
        before: &[u8],
        browser_key: Option<&CryptoKey>,
    ) -> Result<(), DatabaseError> {
        let transaction = self.begin(BESIDE, TransactionMode::Readwrite)?;
        let store = transaction.object_store(BESIDE)?;
        let found: Option<Object> = store.get(HEADER).primitive()?.await?;
        if found.map(bytes).as_deref() != Some(before) {
            return Err(DatabaseError::TakenOver);
        }
        store.put(object(header)).with_key(HEADER).primitive()?;
        match browser_key {
            Some(key) => {
                let key: Object = key.clone().unchecked_into();
                store.put(key).with_key(BROWSER_KEY).primitive()?;
            }
            None => drop(store.delete(BROWSER_KEY).primitive()?),
        }
        Ok(transaction.commit().await?)
    }

    /// The key that only this browser can use.
    pub async fn browser_key(&self) -> Result<Option<CryptoKey>, DatabaseError> {
        let transaction = self.begin(BESIDE, TransactionMode::Readonly)?;
        let found: Option<Object> = transaction.object_store(BESIDE)?.get(BROWSER_KEY).primitive()?.await?;
        Ok(found.map(JsCast::unchecked_into))
    }

    /// Keeps a key that only this browser can use. Some refuse in private windows.
    pub async fn put_browser_key(&self, key: &CryptoKey) -> Result<(), DatabaseError> {
        let transaction = self.begin(BESIDE, TransactionMode::Readwrite)?;
        let key: Object = key.clone().unchecked_into();
        transaction.object_store(BESIDE)?.put(key).with_key(BROWSER_KEY).primitive()?;
        Ok(transaction.commit().await?)
    }

    /// All rows.
    pub async fn rows(&self) -> Result<Vec<(Name, Vec<u8>)>, DatabaseError> {
        let transaction = self.begin(ROWS, TransactionMode::Readonly)?;
        let store = transaction.object_store(ROWS)?;
        let names = store.get_all_keys::<ArrayBuffer>().primitive()?;
        let values = store.get_all::<Object>().primitive()?;
        let names: Vec<ArrayBuffer> = names.await?.collect::<Result<_, _>>().map_err(|_| DatabaseError::Failed)?;
        let values: Vec<Object> = values.await?.collect::<Result<_, _>>().map_err(|_| DatabaseError::Failed)?;
        let mut rows = Vec::with_capacity(names.len());
        for (name, value) in names.into_iter().zip(values) {
            let name = Uint8Array::new(&name).to_vec().try_into().map_err(|_| DatabaseError::Failed)?;
            rows.push((name, bytes(value)));
        }
        Ok(rows)
    }

    /// Writes a batch, whole or not at all, if the root is still the one it follows. When this returns it is on the disk, as
    /// far as the browser can tell.
    pub async fn write(&self, sealed: &Sealed, root_before: Option<&[u8]>) -> Result<(), DatabaseError> {
        let transaction = self.begin(ROWS, TransactionMode::Readwrite)?;
        let store = transaction.object_store(ROWS)?;
        let root: Option<Object> = store.get(buffer(&ROOT)).primitive()?.await?;
        if root.map(bytes).as_deref() != root_before {
            return Err(DatabaseError::TakenOver);
        }
        for name in &sealed.deletes {
            store.delete(buffer(name)).primitive()?;
        }
        for (name, value) in &sealed.puts {
            store.put(object(value)).with_key(buffer(name)).primitive()?;
        }
        Ok(transaction.commit().await?)
    }

    /// Empties it: what opens the rows goes first.
    pub async fn clear(&self) -> Result<(), DatabaseError> {
        for store in [BESIDE, ROWS] {
            let transaction = self.begin(store, TransactionMode::Readwrite)?;
            transaction.object_store(store)?.clear()?;
            transaction.commit().await?;
        }
        Ok(())
    }

    /// Deletes everything.
    pub async fn erase(mut self) -> Result<(), DatabaseError> {
        self.clear().await?;
        let open = self.0.take().ok_or(DatabaseError::Gone)?;
        open.delete().map_err(|_| DatabaseError::Failed)?.await.map_err(|_| DatabaseError::Failed)
    }

    fn begin(&self, store: &str, mode: TransactionMode) -> Result<Transaction<'_>, DatabaseError> {
        let strict = TransactionOptions::new().with_durability(TransactionDurability::Strict);
        let open = self.0.as_ref().ok_or(DatabaseError::Gone)?;
        Ok(open.transaction(store).with_mode(mode).with_options(strict).build()?)
    }
}

/// Has Chromium write on in a new log, so that a death in the middle of a record costs no more than that record.
///
/// Chromium keeps all databases of a site in one `LevelDB`, and opens the last log again to write on behind a record that a death
/// cut short (<https://github.com/google/leveldb/issues/1287>). The next time that log is damaged in its middle, and Chromium
/// deletes everything. Deleting a database has it compacted, which leaves that log behind; it takes 3 ms. Where the browser
/// refuses, all is as before.
pub async fn start_new_log() {
    let Ok(made) = Idb::open(PASSING).await else { return };
    if let Ok(deleted) = made.delete() {
        drop(deleted.await);
    }
}

/// Whether it is there; None where the browser does not tell.
async fn is_there() -> Option<bool> {
    let window = web_sys::window()?;
    let factory = Reflect::get(&window, &"indexedDB".into()).ok()?;
    let databases: Function = Reflect::get(&factory, &"databases".into()).ok()?.dyn_into().ok()?;
    let listed: Promise = databases.call0(&factory).ok()?.dyn_into().ok()?;
    let listed: Array = JsFuture::from(listed).await.ok()?.dyn_into().ok()?;
    let name_of = |database: JsValue| Reflect::get(&database, &"name".into()).ok()?.as_string();
    Some(listed.iter().any(|database| name_of(database).as_deref() == Some(NAME)))
}

impl From<IdbError> for DatabaseError {
    fn from(error: IdbError) -> Self {
        why(&error)
    }
}

fn why(error: &IdbError) -> DatabaseError {
    match error {
        IdbError::DomException(DomException::InvalidStateError(_) | DomException::NotFoundError(_)) => {
            DatabaseError::Gone
        }
        IdbError::DomException(_) | IdbError::Serialisation(_) | IdbError::MissingData(_) | IdbError::Unknown(_) => {
            DatabaseError::Failed
        }
    }
}

fn buffer(name: &Name) -> ArrayBuffer {
    Uint8Array::from(&name[..]).buffer()
}

fn object(value: &[u8]) -> Object {
    Uint8Array::from(value).unchecked_into()
}

fn bytes(value: Object) -> Vec<u8> {
    Uint8Array::new(&value).to_vec()
}
