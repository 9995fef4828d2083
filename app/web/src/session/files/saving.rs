//! Taking files out of the room: as a download, to a place of the person's choice, or onto the screen.

use std::cell::RefCell;
use std::collections::BTreeMap;

use leptos::prelude::{ArcRwSignal, Set};
use record::OpId;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::{FILES, next_job, with_worker};
use crate::session::find;
use crate::shell::file::{self, ChosenPlace};
use crate::shell::file_worker::{Job, NotSaved};
use crate::talk_id::TalkId;

/// A file on its way out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Saving {
    /// Which job.
    pub job: Job,
    /// Bytes that are written.
    pub done: u64,
    /// It ended, and not well.
    pub failed: Option<NotSaved>,
}

/// Files on their way out, of all rooms.
#[derive(Default)]
pub(super) struct Savings(RefCell<BTreeMap<Job, Out>>);

impl Savings {
    pub(super) fn clear(&self) {
        self.0.take();
    }
}

struct Out {
    talk: TalkId,
    file: OpId,
    to: To,
    done: u64,
    failed: Option<NotSaved>,
}

enum To {
    Download(String),
    Place,
    Screen(ArcRwSignal<Option<file::Picture>>),
}

/// Gives a file to the browser to download.
pub fn save(talk: TalkId, file: OpId) {
    let Some(name) = name_of(talk, file) else { return };
    begin(talk, file, To::Download(name), "application/octet-stream", None);
}

/// Asks where to put a file, and writes it there.
pub fn save_as(talk: TalkId, file: OpId) {
    let Some(name) = name_of(talk, file) else { return };
    spawn_local(async move {
        if let Some(place) = file::choose_place(&name).await {
            begin(talk, file, To::Place, "", Some(&place));
        }
    });
}

/// Opens a picture for the screen.
pub fn show(talk: TalkId, file: OpId, media: &'static str, picture: ArcRwSignal<Option<file::Picture>>) {
    begin(talk, file, To::Screen(picture), media, None);
}

fn begin(talk: TalkId, file: OpId, to: To, media: &str, place: Option<&ChosenPlace>) {
    let Some(running) = find(talk) else { return };
    let job = next_job();
    FILES.with(|files| {
        let mut savings = files.savings.0.borrow_mut();
        savings.retain(|_, out| out.failed.is_none() || out.file != file);
        savings.insert(job, Out { talk, file, to, done: 0, failed: None });
    });
    running.perform_orders(vec![files::Effect::Open(file)]);
    running.with_file(file, |worker, here| match place {
        Some(place) => worker.write(job, here.keys.name, &place.0),
        None => worker.blob(job, here.keys.name, media),
    });
    running.draw_file(file);
}

fn name_of(talk: TalkId, file: OpId) -> Option<String> {
    let running = find(talk)?;
    let here = running.shelf.here.borrow();
    here.get(&file).map(|here| here.file.path.name().to_owned())
}

/// How far a file of a room is being saved, if it is.
pub(super) fn shown(talk: TalkId, file: OpId) -> Option<Saving> {
    FILES.with(|files| {
        let savings = files.savings.0.borrow();
        let (job, out) = savings.iter().rfind(|(_, out)| out.talk == talk && out.file == file)?;
        Some(Saving { job: *job, done: out.done, failed: out.failed })
    })
}

/// Nothing is saved of a talk that is gone.
pub(super) fn forget(talk: TalkId) {
    let of_talk = |(job, out): (&Job, &Out)| (out.talk == talk).then_some(*job);
    let jobs: Vec<Job> = FILES.with(|files| files.savings.0.borrow().iter().filter_map(of_talk).collect());
    for job in jobs {
        with_worker(|worker| worker.stop(job));
        FILES.with(|files| files.savings.0.borrow_mut().remove(&job));
    }
}

/// The worker has ended with all that was being saved.
pub(super) fn all_failed() {
    let jobs: Vec<Job> = FILES.with(|files| files.savings.0.borrow().keys().copied().collect());
    jobs.into_iter().for_each(|job| ended(job, Some(NotSaved::Disk)));
}

pub(super) fn progress(job: Job, bytes: u64) {
    with_out(job, |out| out.done = bytes);
}

pub(super) fn made(job: Job, blob: &Blob) {
    with_out(job, |out| match &out.to {
        To::Download(name) => drop(file::hand_over_blob(name, blob)),
        To::Screen(picture) => picture.set(file::Picture::of(blob)),
        To::Place => {}
    });
    ended(job, None);
}

pub(super) fn ended(job: Job, failed: Option<NotSaved>) {
    with_out(job, |out| out.failed = failed);
    if failed.is_none() {
        let out = FILES.with(|files| files.savings.0.borrow_mut().remove(&job));
        if let Some(out) = out {
            draw(out.talk, out.file);
        }
    }
}

fn with_out(job: Job, does: impl FnOnce(&mut Out)) {
    let changed = FILES.with(|files| {
        let mut savings = files.savings.0.borrow_mut();
        let out = savings.get_mut(&job)?;
        does(out);
        Some((out.talk, out.file))
    });
    if let Some((talk, file)) = changed {
        draw(talk, file);
    }
}

fn draw(talk: TalkId, file: OpId) {
    if let Some(running) = find(talk) {
        running.draw_file(file);
    }
}
