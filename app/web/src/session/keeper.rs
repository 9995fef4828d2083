//! Writes what talks want kept, and lets them go on only when it is on the disk.
//!
//! One batch is on its way at a time; all that comes meanwhile goes into the next, in one transaction. What a person sees is
//! what is on the disk: before a batch goes out the views are looked at, and they are shown when it has arrived.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use leptos::prelude::{ArcRwSignal, GetUntracked, Set};
use talk::{Batch, Effect};
use vault::{Sealed, Store};
use wasm_bindgen_futures::spawn_local;

use super::keeping::{self, WhyNothing};
use super::{Running, all};
use crate::shell::database::{Database, DatabaseError};
use crate::shell::entropy;
use crate::shell::lock::Held;
use crate::shell::timer::pause;
use crate::talk_id::TalkId;

/// How often a batch that could not be written is tried again by itself.
const AGAIN_MS: u32 = 10_000;
/// How long it takes until a person's wish to try again is noticed.
const NOTICE_MS: u32 = 200;

/// First byte of the key of a row of a talk.
const TALK: u8 = 1;
/// First byte of the key of a row of the page itself.
const PAGE: u8 = 2;

// Rows of the page itself.
/// After how many minutes it locks.
pub(super) const IDLE: &[u8] = &[PAGE, 1];

// Beside the rows that are a talk's own.
/// When it was opened here.
pub(super) const OPENED_AT: &[u8] = &[0xf0];
/// What is written in the composer.
pub(super) const DRAFT: &[u8] = &[0xf1];

/// Which warnings the person has put away.
pub(super) const DISMISSED: &[u8] = &[0xf2];
/// When its end was heard of.
pub(super) const ENDED_AT: &[u8] = &[0xf3];
/// What is wanted of a file: behind this stands its op.
pub(super) const FILE: &[u8] = &[0xf4];
/// Up to how many bytes files come by themselves.
pub(super) const FETCH_UP_TO: &[u8] = &[0xf5];

/// Rows by their keys.
pub(super) type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// The one writer of this browser's store.
pub struct Keeper {
    pub(super) database: Database,
    /// Whether what is to be written cannot be.
    pub(super) stuck: ArcRwSignal<bool>,
    store: RefCell<Store>,
    /// The root row as it is on the disk.
    root: RefCell<Option<Vec<u8>>>,
    waiting: RefCell<Vec<Waiting>>,
    writing: Cell<bool>,
    again: Cell<bool>,
    over: Cell<bool>,
    /// The browser has taken the store away: what is here goes on in memory.
    gone: Cell<bool>,
    _lock: Held,
}

/// What one talk did, or the page itself, and what follows.
struct Waiting {
    changes: vault::Batch,
    then: Option<(Rc<Running>, Vec<Effect>)>,
}

impl Keeper {
    /// A writer for what is open already; `root` is the root row as it is on the disk.
    pub(super) fn new(database: Database, store: Store, root: Option<Vec<u8>>, lock: Held) -> Rc<Self> {
        Rc::new(Self {
            database,
            stuck: ArcRwSignal::new(false),
            store: RefCell::new(store),
            root: RefCell::new(root),
            waiting: RefCell::default(),
            writing: Cell::new(false),
            again: Cell::new(false),
            over: Cell::new(false),
            gone: Cell::new(false),
            _lock: lock,
        })
    }

    /// Whether what is written stays.
    pub(super) fn keeps(&self) -> bool {
        !self.gone.get()
    }

    /// Whether anything is not on the disk yet.
    pub(super) fn is_behind(&self) -> bool {
        self.writing.get()
    }

    /// Everything that is on the disk. None when it cannot be read.
    pub(super) async fn rows(&self) -> Option<Rows> {
        let rows = self.database.rows().await.ok()?;
        self.store.borrow().read(rows).ok()
    }

    /// Has a talk's changes written, and what follows from them done after.
    pub(super) fn keep(self: &Rc<Self>, talk: &Rc<Running>, batch: Option<Batch>, then: Vec<Effect>) {
        if self.over.get() {
            return;
        }
        if batch.is_none() && !self.writing.get() {
            talk.perform(then);
            return;
        }
        let changes = batch.map(|batch| rows_of(talk.shown.id, batch)).unwrap_or_default();
        self.waiting.borrow_mut().push(Waiting { changes, then: Some((Rc::clone(talk), then)) });
        self.go_on();
    }

    /// Has the rows of a talk deleted.
    pub(super) fn forget(self: &Rc<Self>, talk: &Rc<Running>, rows: impl IntoIterator<Item = Vec<u8>>) {
        let changes = rows_of(talk.shown.id, Batch { puts: Vec::new(), deletes: rows.into_iter().collect() });
        self.waiting.borrow_mut().push(Waiting { changes, then: None });
        self.go_on();
    }

    /// Has a row of the page itself written.
    pub(super) fn keep_own(self: &Rc<Self>, row: &[u8], value: Vec<u8>) {
        if self.over.get() {
            return;
        }
        let changes = vault::Batch { puts: vec![(row.to_vec(), value)], deletes: Vec::new() };
        self.waiting.borrow_mut().push(Waiting { changes, then: None });
        self.go_on();
    }

    /// Has what could not be written tried again at once.
    pub(super) fn try_again(&self) {
        self.again.set(true);
    }

    /// Writes nothing any more.
    pub(super) fn stop(&self) {
        self.over.set(true);
        self.waiting.borrow_mut().clear();
    }

    fn go_on(self: &Rc<Self>) {
        if !self.writing.replace(true) {
            let keeper = Rc::clone(self);
            spawn_local(async move { keeper.write_all().await });
        }
    }

    async fn write_all(self: Rc<Self>) {
        loop {
            let waiting = std::mem::take(&mut *self.waiting.borrow_mut());
            if waiting.is_empty() || self.over.get() {
                break;
            }
            all().iter().for_each(|talk| talk.look());
            let batch = together(waiting.iter().map(|waiting| &waiting.changes));
            if !batch.puts.is_empty() || !batch.deletes.is_empty() {
                let sealed = self.store.borrow_mut().seal(&batch, |nonce| entropy::fill(nonce));
                if !self.write(&sealed).await {
                    break;
                }
            }
            for (talk, then) in waiting.into_iter().filter_map(|waiting| waiting.then) {
                talk.perform(then);
            }
            all().iter().for_each(|talk| talk.show());
        }
        self.writing.set(false);
        all().iter().for_each(|talk| talk.draw_if_wanted());
    }

    /// Writes a batch, however long it takes. Returns false when this tab has nothing to write any more.
    async fn write(&self, sealed: &Sealed) -> bool {
        loop {
            if self.gone.get() {
                return true;
            }
            let before = self.root.borrow().clone();
            match self.database.write(sealed, before.as_deref()).await {
                Ok(()) => {
                    self.root.replace(Some(sealed.root().to_vec()));
                    self.say_stuck(false);
                    return true;
                }
                Err(DatabaseError::TakenOver) => {
                    keeping::lost_to_another_tab();
                    return false;
                }
                Err(DatabaseError::Gone) => {
                    self.gone.set(true);
                    keeping::keeps_nothing_now(WhyNothing::Gone);
                    return true;
                }
                Err(DatabaseError::Failed) => self.say_stuck(true),
            }
            for _ in 0..AGAIN_MS / NOTICE_MS {
                if self.over.get() {
                    return false;
                }
                if self.again.take() {
                    break;
                }
                pause(NOTICE_MS).await;
            }
        }
    }

    fn say_stuck(&self, stuck: bool) {
        if self.stuck.get_untracked() != stuck {
            self.stuck.set(stuck);
        }
    }
}

/// The talks in a store, with their rows, by when they were opened here.
pub(super) fn talks_in(rows: Rows) -> Vec<(TalkId, Rows)> {
    let mut talks = BTreeMap::<TalkId, Rows>::new();
    for (key, value) in rows {
        if let Some((id, row)) = key.strip_prefix(&[TALK]).and_then(|rest| rest.split_first_chunk()) {
            talks.entry(TalkId::from_bytes(*id)).or_default().insert(row.to_vec(), value);
        }
    }
    let mut talks: Vec<_> = talks.into_iter().collect();
    talks.sort_by_key(|(_, rows)| rows.get(OPENED_AT).cloned());
    talks
}

fn rows_of(talk: TalkId, batch: Batch) -> vault::Batch {
    let key = |row: Vec<u8>| [&[TALK], &talk.to_bytes()[..], &row].concat();
    vault::Batch {
        puts: batch.puts.into_iter().map(|(row, value)| (key(row), value)).collect(),
        deletes: batch.deletes.into_iter().map(key).collect(),
    }
}

/// Several batches as one: what comes later stands.
fn together<'a>(batches: impl Iterator<Item = &'a vault::Batch>) -> vault::Batch {
    let mut changes = BTreeMap::new();
    for batch in batches {
        changes.extend(batch.deletes.iter().map(|key| (key, None)));
        changes.extend(batch.puts.iter().map(|(key, value)| (key, Some(value))));
    }
    let mut one = vault::Batch::default();
    for (key, value) in changes {
        match value {
            Some(value) => one.puts.push((key.clone(), value.clone())),
            None => one.deletes.push(key.clone()),
        }
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    fn puts(rows: &[(&[u8], &[u8])]) -> Batch {
        Batch { puts: rows.iter().map(|(row, value)| (row.to_vec(), value.to_vec())).collect(), deletes: vec![] }
    }

    #[test]
    fn later_changes_stand_in_one_batch_of_several() {
        let talk = TalkId::from_bytes([1, 2, 3, 4]);
        let first = rows_of(talk, puts(&[(b"a", b"1"), (b"b", b"1")]));
        let second = rows_of(talk, Batch { puts: vec![(b"a".to_vec(), b"2".to_vec())], deletes: vec![b"b".to_vec()] });
        let one = together([&first, &second].into_iter());
        assert_eq!(one.puts, [(b"\x01\x01\x02\x03\x04a".to_vec(), b"2".to_vec())]);
        assert_eq!(one.deletes, [b"\x01\x01\x02\x03\x04b".to_vec()]);
        let again = together([&second, &first].into_iter());
        assert_eq!((again.puts.len(), again.deletes.len()), (2, 0));
    }

    #[test]
    fn talks_come_back_in_the_order_in_which_they_were_opened() {
        let ids = [9, 1, 5].map(|id| TalkId::from_bytes([id; 4]));
        let mut rows = BTreeMap::from([(vec![7], b"of a later build".to_vec())]);
        for (at, id) in ids.iter().enumerate() {
            rows.extend(rows_of(*id, puts(&[(OPENED_AT, &[at as u8]), (b"row", b"value")])).puts);
        }
        let talks = talks_in(rows);
        assert_eq!(talks.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
        assert!(talks.iter().all(|(_, rows)| rows.len() == 2));
    }
}
