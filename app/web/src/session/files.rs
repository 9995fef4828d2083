//! The files of the talks: what each room's desk decides is done by one worker for the whole page.

mod giving;
mod saving;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use files::{Chunks, Desk, Effect as Order, FileKeys, Known, Standing, StoreName, Wish};
use gloo::timers::callback::Timeout;
use leptos::prelude::{ArcRwSignal, GetUntracked, Set, WithUntracked};
use record::{FileTerms, OpId};
use talk::view::{FileView, NoteView, TalkView};
use talk::{Batch, Command, Effect, Input, Millis};
use wasm_bindgen_futures::spawn_local;

use self::giving::Gifts;
pub use self::giving::{GivingView, NotGiven, dismiss_given, give};
use self::saving::Savings;
pub use self::saving::{Saving, save, save_as, show};
use super::keeper::{FETCH_UP_TO, FILE, Rows};
use super::{Connection, Running, all, find, keeps, plenary};
use crate::shell::file_worker::{FileWorker, Job, OfFile, Said};
use crate::shell::timer::Timer;
use crate::shell::{address, clock, file_store};
use crate::talk_id::TalkId;

/// Files up to this many bytes come by themselves, unless the person chose otherwise.
pub const FETCH_PRESET: u64 = 5_000_000;
/// Most bytes of one talk that come by themselves: somebody who gives without end must not fill a disk.
const BY_ITSELF_IN_ALL: u64 = 500_000_000;
/// What a file counts at least of that, in bytes: the least that it takes on the disk and on the wire.
const COUNTS_AT_LEAST: u64 = 50_000;
/// Milliseconds after which what did not work is tried again.
const AGAIN_AFTER: u32 = 10_000;
/// Milliseconds after which what no talk has is looked for.
const TIDY_AFTER: u32 = 3_000;
/// Milliseconds from one look at a desk to the next, at least.
const REST: Millis = 20;
/// Milliseconds between two drawings of how far files are.
const DRAW_EVERY: u32 = 150;

/// How a file stands.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct FileState {
    /// What is here of it and wanted; None before it is known.
    pub standing: Option<Standing>,
    /// When it began to come, if it does, and how many chunks were here then.
    pub began: Option<(Millis, u32)>,
    /// How far it is being saved, if it is.
    pub saving: Option<Saving>,
}

/// What is to be told of the files of a room, beside how each of them stands.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FilesView {
    /// Those that are being read and sealed.
    pub giving: Vec<GivingView>,
    /// How many more wait to be.
    pub give_later: usize,
    /// Files up to this many bytes come by themselves.
    pub fetch_up_to: u64,
}

/// The files of one room.
pub(super) struct Shelf {
    desk: RefCell<Desk>,
    here: RefCell<BTreeMap<OpId, Here>>,
    /// As remembered.
    wishes: RefCell<BTreeMap<OpId, Wish>>,
    fetch_up_to: Cell<u64>,
    /// Bytes that were let come by themselves.
    by_itself: Cell<u64>,
    /// Sealed here, and not among the notes yet.
    sealed: RefCell<BTreeSet<StoreName>>,
    /// Of those that somebody looks at, or has looked at.
    states: RefCell<BTreeMap<OpId, ArcRwSignal<FileState>>>,
    /// Those of them that changed since they were drawn.
    changed: RefCell<BTreeSet<OpId>>,
    seen: RefCell<Arc<Vec<Arc<NoteView>>>>,
    timer: Timer,
    drawing: RefCell<Option<Timeout>>,
}

struct Here {
    keys: FileKeys,
    file: Arc<FileView>,
    chunks: Chunks,
}

/// What all rooms share.
#[derive(Default)]
pub(super) struct Files {
    worker: RefCell<Option<FileWorker>>,
    jobs: Cell<Job>,
    gifts: Gifts,
    savings: Savings,
    /// Nothing of the files stays when the page is closed, though the talks do.
    in_memory: Cell<bool>,
    /// The worker has ended by itself, just now.
    ended: Cell<bool>,
    /// Until what no talk has is deleted.
    tidying: RefCell<Option<Timeout>>,
}

thread_local! {
    static FILES: Files = Files::default();
}

/// Sets up to how many bytes files of a talk come by themselves.
pub fn fetch_up_to(id: TalkId, bytes: u64) {
    let Some(running) = find(id) else { return };
    running.shelf.fetch_up_to.set(bytes);
    let row = (FETCH_UP_TO.to_vec(), bytes.to_be_bytes().to_vec());
    running.keep(vec![Effect::Persist(Batch { puts: vec![row], deletes: Vec::new() })]);
    running.draw_files();
}

/// The person wants a file to come, or to wait, or not to be here.
pub fn wish(id: TalkId, file: OpId, wish: Wish) {
    let Some(running) = find(id) else { return };
    let now = clock::now();
    running.orders(|desk| desk.wish(&file, wish, now));
    let name = running.shelf.here.borrow().get(&file).map(|here| here.keys.name);
    if let Some(name) = name.filter(|name| wish == Wish::None && !is_wanted(*name)) {
        with_worker(|worker| worker.of_file("forget", name));
    }
}

/// How a file stands, and goes on to. Each file has a signal of its own: what changes is drawn, and nothing else is looked at.
pub fn file_state(id: TalkId, file: OpId) -> ArcRwSignal<FileState> {
    let Some(running) = find(id) else { return ArcRwSignal::default() };
    let mut states = running.shelf.states.borrow_mut();
    states.entry(file).or_insert_with(|| ArcRwSignal::new(running.state_of(file, None))).clone()
}

/// Whether files are lost with the page although the talks are kept.
pub fn files_are_in_memory() -> bool {
    FILES.with(|files| files.in_memory.get())
}

/// Ends the worker: what it holds is open to nobody else.
pub(super) fn stop() {
    FILES.with(|files| {
        files.tidying.replace(None);
        files.worker.replace(None);
        files.in_memory.set(false);
        files.gifts.clear();
        files.savings.clear();
    });
}

/// Whether some room wants what is stored under a name.
fn is_wanted(name: StoreName) -> bool {
    all().iter().any(|running| {
        let desk = running.shelf.desk.borrow();
        let wanted = |file: &OpId| desk.standing(file).is_some_and(|standing| standing.wish != Wish::None);
        desk.stored_as(name).iter().any(wanted)
    })
}

/// Does something with the worker, which is started for it if it is not there. None where there can be none.
fn with_worker<T>(does: impl FnOnce(&FileWorker) -> T) -> Option<T> {
    FILES.with(|files| {
        if files.worker.borrow().is_none() && !files.ended.get() {
            files.worker.replace(FileWorker::start(keeps(), heard));
        }
        files.worker.borrow().as_ref().map(does)
    })
}

/// Deletes what no talk has, once all are open: of talks that were deleted something may have stayed when the page was closed before it
/// was gone.
pub(super) fn tidy() {
    let tidied = Timeout::new(TIDY_AFTER, || {
        let names: BTreeSet<StoreName> =
            all().iter().flat_map(|running| running.names()).chain(giving::names()).collect();
        if names.is_empty() {
            spawn_local(async {
                // What cannot be deleted now is looked for at the next start.
                let _ = file_store::erase().await;
            });
        } else {
            with_worker(|worker| worker.only(names.into_iter()));
        }
    });
    FILES.with(|files| files.tidying.replace(Some(tidied)));
}

/// The worker has ended by itself: after a while another one is tried.
fn ended() {
    FILES.with(|files| {
        files.ended.set(true);
        // Not while it speaks.
        let worker = files.worker.take();
        Timeout::new(0, move || drop(worker)).forget();
    });
    giving::all_failed();
    saving::all_failed();
    Timeout::new(AGAIN_AFTER, || {
        FILES.with(|files| files.ended.set(false));
        let now = clock::now();
        for running in all() {
            running.orders(|desk| desk.shell_is_gone(now));
        }
    })
    .forget();
}

fn next_job() -> Job {
    FILES.with(|files| {
        let job = files.jobs.get() + 1;
        files.jobs.set(job);
        job
    })
}

/// The worker reports.
fn heard(said: Said) {
    match said {
        Said::InMemory => FILES.with(|files| files.in_memory.set(true)),
        Said::Progress(job, bytes) => {
            giving::progress(job, bytes);
            saving::progress(job, bytes);
        }
        Said::Digested(job, digests) => giving::digested(job, digests),
        Said::Unreadable(job) => giving::failed(job, NotGiven::Unreadable),
        Said::Made(job, blob) => saving::made(job, &blob),
        Said::Written(job) => saving::ended(job, None),
        Said::Failed(job, why) => saving::ended(job, Some(why)),
        Said::LineBroke => line_broke(),
        Said::Ended => ended(),
        Said::Of(name, what) => heard_of(name, &what),
    }
}

fn heard_of(name: StoreName, what: &OfFile) {
    if let OfFile::Prove(challenge) = what {
        prove(name, challenge);
        return;
    }
    if giving::heard(name, what) {
        return;
    }
    let now = clock::now();
    for running in all() {
        let files = running.shelf.desk.borrow().stored_as(name);
        for file in files {
            running.orders(|desk| match what {
                OfFile::Opened(chunks) => desk.opened(&file, chunks, now),
                OfFile::NotOpened => {
                    look_again(&running, file);
                    Vec::new()
                }
                OfFile::Stored(index) => desk.stored(&file, *index, now),
                OfFile::Full => desk.full(&file, now),
                OfFile::Lost(index) => desk.lost(&file, *index, now),
                OfFile::Listens => desk.listens(&file, now),
                OfFile::Heard(index) => {
                    desk.heard(&file, *index, now);
                    Vec::new()
                }
                OfFile::Complete(index, digest, proof) => desk.complete(&file, *index, digest, proof, now),
                OfFile::Spoilt(index) => desk.spoilt(&file, *index, now),
                OfFile::Sent(index) => desk.sent(&file, *index, now),
                OfFile::NotSent(index) => desk.not_sent(&file, *index, now),
                OfFile::SourceChanged | OfFile::Prove(_) => Vec::new(),
            });
        }
    }
}

/// Tries again after a while to open the store of a file.
fn look_again(running: &Rc<Running>, file: OpId) {
    let this = Rc::downgrade(running);
    Timeout::new(AGAIN_AFTER, move || {
        if let Some(running) = this.upgrade() {
            running.perform_orders(vec![Order::Open(file)]);
        }
    })
    .forget();
}

fn prove(name: StoreName, challenge: &[u8; 32]) {
    let frame = all().iter().find_map(|running| {
        let here = running.shelf.here.borrow();
        let keys = &here.values().find(|here| here.keys.name == name)?.keys;
        Some(keys.prove(&address::host(), challenge).encode())
    });
    if let Some(frame) = frame {
        with_worker(|worker| worker.proof(name, challenge, &frame));
    }
}

/// The connection on which chunks travel broke.
fn line_broke() {
    let now = clock::now();
    for running in all() {
        running.orders(|desk| desk.line_broke(now));
    }
}

impl Shelf {
    /// An empty one, with what was kept of it.
    pub(super) fn new(desk: Desk, timer: Timer) -> Self {
        Self {
            desk: RefCell::new(desk),
            here: RefCell::default(),
            wishes: RefCell::default(),
            fetch_up_to: Cell::new(FETCH_PRESET),
            by_itself: Cell::new(0),
            sealed: RefCell::default(),
            states: RefCell::default(),
            changed: RefCell::default(),
            seen: RefCell::default(),
            timer,
            drawing: RefCell::default(),
        }
    }

    /// Takes what was kept.
    pub(super) fn remember(&self, rows: &Rows) {
        let read = |(row, value): (&Vec<u8>, &Vec<u8>)| {
            let file = row.strip_prefix(FILE)?.try_into().ok().map(OpId)?;
            Some((file, minicbor::decode(value).ok()?))
        };
        self.wishes.replace(
            rows.range(FILE.to_vec()..).map_while(|row| row.0.starts_with(FILE).then(|| read(row))).flatten().collect(),
        );
        let limit = rows.get(FETCH_UP_TO).and_then(|row| row.as_slice().try_into().ok());
        self.fetch_up_to.set(limit.map_or(FETCH_PRESET, u64::from_be_bytes));
    }

    /// What to want of a file that was not known.
    fn first_wish(&self, note: &NoteView, file: &FileView, name: StoreName, let_in: bool) -> Wish {
        let counts = file.size.max(COUNTS_AT_LEAST);
        if let Some(wish) = self.wishes.borrow().get(&note.id) {
            if !note.own && *wish != Wish::None {
                self.by_itself.set(self.by_itself.get().saturating_add(counts));
            }
            return *wish;
        }
        if self.sealed.borrow_mut().remove(&name) {
            return Wish::Here;
        }
        let in_all = self.by_itself.get().saturating_add(counts);
        if !let_in || note.own || file.size > self.fetch_up_to.get() || in_all > BY_ITSELF_IN_ALL {
            return Wish::None;
        }
        self.by_itself.set(in_all);
        Wish::Fetch
    }
}

/// What the charter says of files that holds in a room which is about to be shown so. None where the plenary cannot be read.
fn terms_with(view: &TalkView) -> Option<FileTerms> {
    match view.side_of {
        None => Some(view.charter.terms.files),
        Some(room) => plenary(room).map(|plenary| plenary.view.with_untracked(|view| view.charter.terms.files)),
    }
}

/// Whether a seat is at the table, or on its way back to it.
fn sits(standing: Option<&talk::view::Standing>) -> bool {
    match standing {
        Some(talk::view::Standing::Removed { .. } | talk::view::Standing::OpenedElsewhere) | None => false,
        Some(talk::view::Standing::Seated | talk::view::Standing::Stranded | talk::view::Standing::Restored) => true,
    }
}

/// Deletes what only a talk that is gone had wanted.
pub(super) fn forget(talk: TalkId, names: Vec<StoreName>) {
    giving::forget(talk);
    saving::forget(talk);
    if !names.is_empty() {
        with_worker(|worker| {
            names.into_iter().filter(|name| !is_wanted(*name)).for_each(|name| worker.of_file("forget", name));
        });
    }
}

impl Running {
    /// Puts files on the shelf that the notes tell of, and tells the desk whether others can be spoken to.
    pub(super) fn keep_files(self: &Rc<Self>, view: &TalkView) {
        if !Arc::ptr_eq(&self.shelf.seen.borrow(), &view.notes) {
            self.shelf.seen.replace(Arc::clone(&view.notes));
            let terms = terms_with(view);
            for note in view.notes.iter() {
                if let Some(file) = &note.file {
                    self.shelve(note, file, terms);
                }
            }
            self.draw_files();
        }
        let live = view.standing == Some(talk::view::Standing::Seated)
            && matches!(self.shown.connection.get_untracked(), Connection::Live { .. });
        let now = clock::now();
        if sits(view.standing.as_ref()) {
            self.orders(|desk| desk.live(live, now));
        } else {
            self.orders(Desk::over);
        }
    }

    /// The names under which files of this room are stored.
    pub(super) fn names(&self) -> Vec<StoreName> {
        let name = |file: &Arc<FileView>| FileKeys::of(&file.key, &file.root, file.size).name;
        let files = self.talk.borrow_mut().view(clock::now()).notes;
        files.iter().filter_map(|note| note.file.as_ref()).map(name).collect()
    }

    fn shelve(self: &Rc<Self>, note: &NoteView, file: &Arc<FileView>, terms: Option<FileTerms>) {
        let id = note.id;
        if self.shelf.here.borrow().contains_key(&id) {
            return;
        }
        let Some(chunks) = Chunks::of(file.size) else { return };
        let keys = FileKeys::of(&file.key, &file.root, file.size);
        let name = keys.name;
        let remembered = self.shelf.wishes.borrow().contains_key(&id);
        let let_in = terms.is_some_and(|terms| terms.let_in(&file.path, file.size));
        let wish = self.shelf.first_wish(note, file, name, let_in);
        self.shelf.here.borrow_mut().insert(id, Here { keys, file: Arc::clone(file), chunks });
        let known = Known { file: id, author: note.by, name, chunks, root: file.root, wish };
        self.shelf.desk.borrow_mut().known(known);
        self.draw_file(id);
        if !remembered {
            let mut orders = vec![Order::Remember(id)];
            if note.own && wish == Wish::None {
                // The page may have been closed between sealing it and remembering that.
                orders.push(Order::Open(id));
            }
            self.perform_orders(orders);
        }
    }

    /// Lets the desk decide something, and does it.
    fn orders(self: &Rc<Self>, decides: impl FnOnce(&mut Desk) -> Vec<Order>) {
        if self.over.get() {
            return;
        }
        let (orders, due) = {
            let mut desk = self.shelf.desk.borrow_mut();
            (decides(&mut desk), desk.due())
        };
        if let Some(due) = due {
            self.shelf.timer.set(due.max(clock::now() + REST));
        }
        self.perform_orders(orders);
    }

    fn perform_orders(self: &Rc<Self>, orders: Vec<Order>) {
        for order in orders {
            match order {
                Order::Tell(bytes) => {
                    // Refused while there is no connection: it is told again on the next one.
                    let _ = self.handle(Input::Command(Command::Tell(bytes)));
                }
                Order::Open(file) => self.with_file(file, |worker, here| {
                    worker.open(&here.keys, &here.file.root, here.file.size, here.chunks.filling());
                }),
                Order::Listen(file) => self.with_file(file, |worker, here| worker.of_file("listen", here.keys.name)),
                Order::Silence(file) => self.with_file(file, |worker, here| {
                    // The same file can be in two rooms.
                    let name = here.keys.name;
                    if !all().iter().any(|running| running.shelf.desk.borrow().listens_to(name)) {
                        worker.of_file("silence", name);
                    }
                }),
                Order::Send(file, index) => self.of_chunk("send", file, index),
                Order::Keep(file, index) => self.of_chunk("keep", file, index),
                Order::Drop(file, index) => self.of_chunk("drop", file, index),
                Order::Remember(file) => self.remember_file(file),
                Order::Changed(file) => self.draw_file(file),
            }
        }
    }

    fn of_chunk(&self, what: &str, file: OpId, index: u32) {
        self.with_file(file, |worker, here| worker.of_chunk(what, here.keys.name, index));
    }

    fn with_file(&self, file: OpId, does: impl FnOnce(&FileWorker, &Here)) {
        if let Some(here) = self.shelf.here.borrow().get(&file) {
            with_worker(|worker| does(worker, here));
        }
    }

    fn remember_file(self: &Rc<Self>, file: OpId) {
        let Some(wish) = self.shelf.desk.borrow().standing(&file).map(|standing| standing.wish) else { return };
        if self.shelf.wishes.borrow_mut().insert(file, wish) == Some(wish) {
            return;
        }
        let row = ([FILE, &file.0].concat(), minicbor::to_vec(wish).expect("encoding into memory"));
        self.keep(vec![Effect::Persist(Batch { puts: vec![row], deletes: Vec::new() })]);
    }

    /// Another seat told something about files.
    pub(super) fn told(self: &Rc<Self>, from: record::AuthorKey, bytes: &[u8]) {
        let now = clock::now();
        self.orders(|desk| desk.told(from, bytes, now));
    }

    /// The time has come that the desk asked for.
    pub(super) fn files_are_due(self: &Rc<Self>) {
        let now = clock::now();
        self.orders(|desk| desk.timer(now));
    }

    /// Shows how files stand, soon.
    fn draw_files(self: &Rc<Self>) {
        let mut drawing = self.shelf.drawing.borrow_mut();
        if drawing.is_none() {
            let this = Rc::downgrade(self);
            *drawing = Some(Timeout::new(DRAW_EVERY, move || {
                if let Some(running) = this.upgrade() {
                    running.shelf.drawing.replace(None);
                    running.draw_files_now();
                }
            }));
        }
    }

    /// Shows how a file stands, soon.
    fn draw_file(self: &Rc<Self>, file: OpId) {
        self.shelf.changed.borrow_mut().insert(file);
        self.draw_files();
    }

    fn draw_files_now(&self) {
        let states = self.shelf.states.borrow();
        for file in self.shelf.changed.take() {
            if let Some(shown) = states.get(&file) {
                let before = shown.get_untracked();
                let state = self.state_of(file, before.began);
                if state != before {
                    shown.set(state);
                }
            }
        }
        let (giving, give_later) = giving::shown(self.shown.id);
        let view = FilesView { giving, give_later, fetch_up_to: self.shelf.fetch_up_to.get() };
        if self.shown.files.with_untracked(|shown| *shown != view) {
            self.shown.files.set(view);
        }
    }

    /// How a file stands that began to come at this time, if it still comes.
    fn state_of(&self, file: OpId, began: Option<(Millis, u32)>) -> FileState {
        let standing = self.shelf.desk.borrow().standing(&file);
        let comes = standing.filter(|standing| standing.wish == Wish::Fetch && standing.comes);
        FileState {
            standing,
            began: comes.map(|standing| began.unwrap_or((clock::now(), standing.held))),
            saving: saving::shown(self.shown.id, file),
        }
    }
}
