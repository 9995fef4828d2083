//! Giving files into a room: read once for what vouches for them, sealed, and only then told of.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use files::{ChunkDigest, Chunks, FileKeys, StoreName, Tree};
use leptos::prelude::untrack;
use record::{ContentKey, ContentRoot, FilePath, FileTerms, Name, PathError, Release};
use talk::{Command, Giving, Input};
use web_sys::File;

use super::{FILES, next_job, with_worker};
use crate::session::{find, terms};
use crate::shell::entropy;
use crate::shell::file_worker::{Job, OfFile};
use crate::talk_id::TalkId;

/// Most files that are read and sealed at once.
const AT_ONCE: usize = 4;
/// Chunks of one file that are asked to be sealed together.
const TOGETHER: u32 = 8;
/// Most files that are shown while they are given.
const SHOWN: usize = 20;
/// Most chunks of one file that are being sealed.
const SEALING: u32 = 3 * TOGETHER;

/// A file that is being given.
#[derive(Clone, PartialEq, Eq)]
pub struct GivingView {
    /// Which.
    pub job: Job,
    /// Its name.
    pub name: Arc<str>,
    /// Its length in bytes.
    pub size: u64,
    /// How much of the work is done, in bytes: each is read twice.
    pub done: u64,
    /// Why it was not given.
    pub failed: Option<NotGiven>,
}

/// Why a file was not given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotGiven {
    /// Its name cannot be a file's name everywhere.
    Name(PathError),
    /// It is longer than a file may be.
    TooLong,
    /// The charter lets no such file in.
    Charter(FileTerms),
    /// It cannot be read.
    Unreadable,
    /// It was changed while it was read.
    Changed,
    /// There is no room for it in this browser.
    Full,
    /// The seat may not, or not now.
    Refused,
}

/// Files that are being given, in all rooms.
#[derive(Default)]
pub(super) struct Gifts(RefCell<VecDeque<Gift>>);

impl Gifts {
    pub(super) fn clear(&self) {
        self.0.take();
    }
}

struct Gift {
    job: Job,
    talk: TalkId,
    file: File,
    /// None where it failed at once.
    path: Option<FilePath>,
    name: Arc<str>,
    done: u64,
    failed: Option<NotGiven>,
    stage: Stage,
    release: Option<Release>,
}

enum Stage {
    Waits,
    Read,
    Seal(Box<Sealing>),
}

struct Sealing {
    tree: Tree,
    digests: Vec<ChunkDigest>,
    root: ContentRoot,
    key: ContentKey,
    keys: FileKeys,
    /// The next chunk to be sealed.
    next: u32,
    stored: u32,
}

/// Gives files into a room, each under its name or its way below the folder that was chosen, with what its readers may carry elsewhere.
pub fn give(talk: TalkId, given: Vec<(File, String)>, release: Option<Release>) {
    let Some(running) = find(talk) else { return };
    let terms = untrack(|| terms(&running.shown)).files;
    FILES.with(|files| {
        let mut gifts = files.gifts.0.borrow_mut();
        for (file, way) in given {
            let (path, failed) = match FilePath::read(&way) {
                _ if Chunks::of(file.size() as u64).is_none() => (None, Some(NotGiven::TooLong)),
                Ok(path) if !terms.let_in(&path, file.size() as u64) => (None, Some(NotGiven::Charter(terms))),
                Ok(path) => (Some(path), None),
                Err(why) => (None, Some(NotGiven::Name(why))),
            };
            let gift = Gift {
                job: next_job(),
                talk,
                file,
                path,
                name: way.into(),
                done: 0,
                failed,
                stage: Stage::Waits,
                release,
            };
            gifts.push_back(gift);
        }
    });
    go_on();
    draw(talk);
}

/// Ends giving a file, or puts away that it failed.
pub fn dismiss_given(job: Job) {
    let gift = FILES.with(|files| {
        let mut gifts = files.gifts.0.borrow_mut();
        let place = gifts.iter().position(|gift| gift.job == job)?;
        gifts.remove(place)
    });
    let Some(gift) = gift else { return };
    with_worker(|worker| {
        worker.stop(job);
        if let Stage::Seal(sealing) = &gift.stage {
            worker.of_file("forget", sealing.keys.name);
        }
    });
    go_on();
    draw(gift.talk);
}

/// The names under which files are stored that are being sealed.
pub(super) fn names() -> Vec<StoreName> {
    let sealed_as = |gift: &Gift| match &gift.stage {
        Stage::Seal(sealing) => Some(sealing.keys.name),
        Stage::Waits | Stage::Read => None,
    };
    FILES.with(|files| files.gifts.0.borrow().iter().filter_map(sealed_as).collect())
}

/// Nothing is given into a talk that is gone.
pub(super) fn forget(talk: TalkId) {
    let of_talk = |gift: &Gift| (gift.talk == talk).then_some(gift.job);
    let jobs: Vec<Job> = FILES.with(|files| files.gifts.0.borrow().iter().filter_map(of_talk).collect());
    jobs.into_iter().for_each(dismiss_given);
}

/// The worker has ended with all that was being sealed.
pub(super) fn all_failed() {
    let begun = |gift: &Gift| (gift.failed.is_none() && !matches!(gift.stage, Stage::Waits)).then_some(gift.job);
    let jobs: Vec<Job> = FILES.with(|files| files.gifts.0.borrow().iter().filter_map(begun).collect());
    jobs.into_iter().for_each(|job| failed(job, NotGiven::Unreadable));
}

/// What is being given into a room: the first of it, and how many more wait.
pub(super) fn shown(talk: TalkId) -> (Vec<GivingView>, usize) {
    let view = |gift: &Gift| GivingView {
        job: gift.job,
        name: Arc::clone(&gift.name),
        size: gift.file.size() as u64,
        done: gift.done / 2,
        failed: gift.failed,
    };
    FILES.with(|files| {
        let gifts = files.gifts.0.borrow();
        let mut of_talk = gifts.iter().filter(|gift| gift.talk == talk);
        (of_talk.by_ref().take(SHOWN).map(view).collect(), of_talk.count())
    })
}

/// Begins with files that wait.
fn go_on() {
    let begun: Vec<(Job, File)> = FILES.with(|files| {
        let mut gifts = files.gifts.0.borrow_mut();
        let busy = gifts.iter().filter(|gift| gift.failed.is_none() && !matches!(gift.stage, Stage::Waits)).count();
        let waiting = gifts.iter_mut().filter(|gift| gift.failed.is_none() && matches!(gift.stage, Stage::Waits));
        let begun = waiting.take(AT_ONCE.saturating_sub(busy)).map(|gift| {
            gift.stage = Stage::Read;
            (gift.job, gift.file.clone())
        });
        begun.collect()
    });
    for (job, file) in begun {
        if with_worker(|worker| worker.digest(job, &file)).is_none() {
            failed(job, NotGiven::Unreadable);
        }
    }
}

pub(super) fn progress(job: Job, bytes: u64) {
    with_gift(|gift| gift.job == job, |gift| gift.done = bytes);
}

pub(super) fn failed(job: Job, why: NotGiven) {
    let stopped = with_gift(
        |gift| gift.job == job,
        |gift| {
            gift.failed = Some(why);
            match std::mem::replace(&mut gift.stage, Stage::Waits) {
                Stage::Seal(sealing) => Some(sealing.keys.name),
                Stage::Waits | Stage::Read => None,
            }
        },
    );
    if let Some(name) = stopped.flatten() {
        with_worker(|worker| worker.of_file("forget", name));
    }
    go_on();
}

pub(super) fn digested(job: Job, digests: Vec<ChunkDigest>) {
    let opened = with_gift(
        |gift| gift.job == job,
        |gift| {
            let size = gift.file.size() as u64;
            let chunks = Chunks::of(size).filter(|chunks| chunks.count() as usize == digests.len())?;
            let tree = Tree::over(digests.iter().copied())?;
            let (root, key) = (tree.root(), ContentKey(entropy::bytes()));
            let keys = FileKeys::of(&key, &root, size);
            with_worker(|worker| worker.open(&keys, &root, size, chunks.filling()));
            gift.stage = Stage::Seal(Box::new(Sealing { tree, digests, root, key, keys, next: 0, stored: 0 }));
            Some(())
        },
    );
    if opened == Some(None) {
        failed(job, NotGiven::Unreadable);
    }
}

/// Takes what is reported of a file that is being sealed. Returns whether it was one.
pub(super) fn heard(name: StoreName, what: &OfFile) -> bool {
    let sealed_as = |gift: &Gift| matches!(&gift.stage, Stage::Seal(sealing) if sealing.keys.name == name);
    let next = with_gift(sealed_as, |gift| {
        let Stage::Seal(sealing) = &mut gift.stage else { return Next::Wait };
        match what {
            OfFile::Opened(_) => {}
            OfFile::NotOpened => return Next::Fail(gift.job, NotGiven::Full),
            OfFile::Stored(index) => {
                sealing.stored += 1;
                let chunk = Chunks::of(gift.file.size() as u64).and_then(|chunks| chunks.length(*index));
                gift.done += u64::from(chunk.unwrap_or_default());
            }
            OfFile::SourceChanged => return Next::Fail(gift.job, NotGiven::Changed),
            OfFile::Full => return Next::Fail(gift.job, NotGiven::Full),
            OfFile::Lost(_)
            | OfFile::Listens
            | OfFile::Heard(_)
            | OfFile::Complete(..)
            | OfFile::Spoilt(_)
            | OfFile::Sent(_)
            | OfFile::NotSent(_)
            | OfFile::Prove(_) => return Next::Wait,
        }
        let count = sealing.digests.len() as u32;
        if sealing.stored == count {
            return Next::Give(gift.job);
        }
        while sealing.next < count && sealing.next + TOGETHER <= sealing.stored + SEALING {
            let (from, to) = (sealing.next, count.min(sealing.next + TOGETHER));
            sealing.next = to;
            let proofs: Vec<_> = (from..to).filter_map(|index| sealing.tree.proof(index)).collect();
            let digests = &sealing.digests[from as usize..to as usize];
            with_worker(|worker| worker.seal(name, &gift.file, from, digests, &proofs));
        }
        Next::Wait
    });
    match next {
        None => return false,
        Some(Next::Wait) => {}
        Some(Next::Fail(job, why)) => failed(job, why),
        Some(Next::Give(job)) => tell_of(job),
    }
    true
}

enum Next {
    Wait,
    Fail(Job, NotGiven),
    Give(Job),
}

/// All of a file is sealed and kept: the room is told.
fn tell_of(job: Job) {
    let gift = FILES.with(|files| {
        let mut gifts = files.gifts.0.borrow_mut();
        let place = gifts.iter().position(|gift| gift.job == job)?;
        gifts.remove(place)
    });
    let Some(mut gift) = gift else { return };
    let Stage::Seal(sealing) = &gift.stage else { return };
    let name = sealing.keys.name;
    let (Some(running), Some(path)) = (find(gift.talk), gift.path.clone()) else {
        with_worker(|worker| worker.of_file("forget", name));
        go_on();
        return;
    };
    running.shelf.sealed.borrow_mut().insert(name);
    let giving = Giving {
        path,
        size: gift.file.size() as u64,
        root: sealing.root,
        key: sealing.key,
        media: Name::typed(&gift.file.type_()).ok(),
        modified_at: Some(gift.file.last_modified() as u64),
        release: gift.release,
    };
    // The charter may have changed since the file was chosen.
    let terms = untrack(|| terms(&running.shown)).files;
    let refused = match terms.let_in(&giving.path, giving.size) {
        false => Some(NotGiven::Charter(terms)),
        true => running.handle(Input::Command(Command::Give(giving))).err().map(|_| NotGiven::Refused),
    };
    // Of a folder many are given within one frame of the screen.
    running.draw_soon();
    if refused.is_some() {
        running.shelf.sealed.borrow_mut().remove(&name);
        gift.failed = refused;
        gift.stage = Stage::Waits;
        FILES.with(|files| files.gifts.0.borrow_mut().push_back(gift));
        with_worker(|worker| worker.of_file("forget", name));
    }
    running.draw_files();
    go_on();
}

fn with_gift<T>(is: impl Fn(&Gift) -> bool, does: impl FnOnce(&mut Gift) -> T) -> Option<T> {
    let (talk, done) = FILES.with(|files| {
        let mut gifts = files.gifts.0.borrow_mut();
        let gift = gifts.iter_mut().find(|gift| is(gift))?;
        Some((gift.talk, does(gift)))
    })?;
    draw(talk);
    Some(done)
}

fn draw(talk: TalkId) {
    if let Some(running) = find(talk) {
        Rc::clone(&running).draw_files();
    }
}
