//! The worker that reads, seals, keeps, sends and opens the bytes of files (`static/files.js`), and what is said to it and by it.
//!
//! A message is an array, `[what, ...]`. Bytes of files are in none of them but those that end as a file of the person.

use std::rc::Rc;

use files::{ChunkDigest, FileKeys, Proof, StoreName};
use gloo::events::EventListener;
use js_sys::{Array, Uint8Array};
use record::ContentRoot;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, File, HtmlMetaElement, MessageEvent, Worker, WorkerOptions, WorkerType};

use super::address;

/// A number for something that is begun and may be ended before it is done.
pub type Job = u32;

/// What the worker reports.
pub enum Said {
    /// This browser gives no place for files on the disk: they are in memory.
    InMemory,
    /// So many bytes of a file were read, or written out.
    Progress(Job, u64),
    /// The digests of the chunks of a file.
    Digested(Job, Vec<ChunkDigest>),
    /// A file cannot be read.
    Unreadable(Job),
    /// A file is in the hands of the browser, to be saved.
    Made(Job, Blob),
    /// A file was saved where the person chose.
    Written(Job),
    /// A file could not be saved.
    Failed(Job, NotSaved),
    /// The connection on which chunks travel broke.
    LineBroke,
    /// The worker did not come, or ended by itself.
    Ended,
    /// Something about a file that is known to the worker.
    Of(StoreName, OfFile),
}

/// What is reported about one file.
pub enum OfFile {
    /// One byte for each chunk, not zero where it is held.
    Opened(Vec<u8>),
    /// Its store cannot be looked at just now.
    NotOpened,
    /// A chunk is in the store.
    Stored(u32),
    /// A chunk was not sealed: the file is another one than when its digests were taken.
    SourceChanged,
    /// No room for a chunk.
    Full,
    /// A chunk is not in the store.
    Lost(u32),
    /// What is sent from now on is heard.
    Listens,
    /// Some of a chunk came.
    Heard(u32),
    /// A chunk came, and opened.
    Complete(u32, ChunkDigest, Box<Proof>),
    /// A chunk came, and did not open.
    Spoilt(u32),
    /// A chunk went out.
    Sent(u32),
    /// A chunk did not go out.
    NotSent(u32),
    /// The relay asks for a proof of the write key.
    Prove([u8; 32]),
}

/// Why a file could not be saved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotSaved {
    /// A chunk is not there any more, or does not open.
    Lost,
    /// The disk did not take it.
    Disk,
}

/// The worker. Dropping it ends it.
pub struct FileWorker {
    worker: Worker,
    _heard: [EventListener; 2],
}

impl FileWorker {
    /// Starts it; with `on_disk` it keeps files in the browser's store. None where there are no workers.
    pub fn start(on_disk: bool, report: impl Fn(Said) + 'static) -> Option<Self> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&script()?, &options).ok()?;
        let report = Rc::new(report);
        let ended = Rc::clone(&report);
        let broken = EventListener::new(&worker, "error", move |_| ended(Said::Ended));
        let heard = EventListener::new(&worker, "message", move |event| {
            let said = event.dyn_ref::<MessageEvent>().and_then(|event| read(&event.data().dyn_into().ok()?));
            if let Some(said) = said {
                report(said);
            }
        });
        let this = Self { worker, _heard: [heard, broken] };
        this.say("begin", &[address::relay().into(), if on_disk { "disk" } else { "memory" }.into()]);
        Some(this)
    }

    /// Has the digests of a file's chunks taken.
    pub fn digest(&self, job: Job, file: &File) {
        self.say("digest", &[job.into(), file.into()]);
    }

    /// Ends a job.
    pub fn stop(&self, job: Job) {
        self.say("stop", &[job.into()]);
    }

    /// Makes a file known.
    pub fn open(&self, keys: &FileKeys, root: &ContentRoot, size: u64, filling: u32) {
        let topic = keys.topic();
        let name = keys.name.to_string();
        let fields = [
            name.into(),
            bytes(&*keys.seal),
            bytes(&*keys.mask),
            bytes(&topic.0),
            bytes(&root.0),
            (size as f64).into(),
            filling.into(),
        ];
        self.say("open", &fields);
    }

    /// Has some chunks of a file of this computer sealed and kept, one behind the other.
    pub fn seal(&self, name: StoreName, file: &File, from: u32, digests: &[ChunkDigest], proofs: &[Proof]) {
        let fields = [
            name.to_string().into(),
            file.into(),
            from.into(),
            bytes(digests.as_flattened()),
            bytes(proofs.as_flattened()),
        ];
        self.say("seal", &fields);
    }

    /// Answers [`OfFile::Prove`]: an encoded frame.
    pub fn proof(&self, name: StoreName, challenge: &[u8; 32], frame: &[u8]) {
        self.say("proof", &[name.to_string().into(), bytes(challenge), bytes(frame)]);
    }

    /// Says something that is about a file as a whole: `listen`, `silence`, `forget`.
    pub fn of_file(&self, what: &str, name: StoreName) {
        self.say(what, &[name.to_string().into()]);
    }

    /// Says something that is about a chunk: `send`, `keep`, `drop`.
    pub fn of_chunk(&self, what: &str, name: StoreName, index: u32) {
        self.say(what, &[name.to_string().into(), index.into()]);
    }

    /// Has a file made that the browser can save, or show, as one of this type.
    pub fn blob(&self, job: Job, name: StoreName, media: &str) {
        self.say("blob", &[job.into(), name.to_string().into(), media.into()]);
    }

    /// Has a file written where the person chose.
    pub fn write(&self, job: Job, name: StoreName, chosen: &JsValue) {
        self.say("write", &[job.into(), name.to_string().into(), chosen.clone()]);
    }

    /// Deletes all stores but these.
    pub fn only(&self, names: impl Iterator<Item = StoreName>) {
        let names: Array = names.map(|name| JsValue::from(name.to_string())).collect();
        self.say("only", &[names.into()]);
    }

    fn say(&self, what: &str, fields: &[JsValue]) {
        let mut message = Array::of1(&what.into());
        message.extend(fields.iter().cloned());
        // Fails only for what cannot be cloned, and all of these can.
        let _ = self.worker.post_message(&message);
    }
}

impl Drop for FileWorker {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

fn read(message: &Array) -> Option<Said> {
    let job = || message.get(1).as_f64().map(|job| job as Job);
    let name = || message.get(1).as_string()?.parse::<StoreName>().ok();
    let index = || message.get(2).as_f64().map(|index| index as u32);
    let given = |at| message.get(at).dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec());
    let of = |what| Some(Said::Of(name()?, what));
    match message.get(0).as_string()?.as_str() {
        "memory" => Some(Said::InMemory),
        "line" if message.get(1) == false => Some(Said::LineBroke),
        "read" | "wrote" => Some(Said::Progress(job()?, message.get(2).as_f64()? as u64)),
        "digested" => Some(Said::Digested(job()?, given(2)?.as_chunks::<32>().0.to_vec())),
        "unreadable" => Some(Said::Unreadable(job()?)),
        "made" => Some(Said::Made(job()?, message.get(2).dyn_into().ok()?)),
        "written" => Some(Said::Written(job()?)),
        "failed" => {
            let lost = message.get(2).as_string().as_deref() == Some("lost");
            Some(Said::Failed(job()?, if lost { NotSaved::Lost } else { NotSaved::Disk }))
        }
        "unopened" => of(OfFile::NotOpened),
        "opened" => of(OfFile::Opened(given(2)?)),
        "stored" => of(OfFile::Stored(index()?)),
        "changed" => of(OfFile::SourceChanged),
        "full" => of(OfFile::Full),
        "lost" => of(OfFile::Lost(index()?)),
        "listening" => of(OfFile::Listens),
        "heard" => of(OfFile::Heard(index()?)),
        "complete" => {
            let proof = Box::new(given(4)?.as_slice().try_into().ok()?);
            of(OfFile::Complete(index()?, given(3)?.as_slice().try_into().ok()?, proof))
        }
        "spoilt" => of(OfFile::Spoilt(index()?)),
        "sent" => of(OfFile::Sent(index()?)),
        "unsent" => of(OfFile::NotSent(index()?)),
        "prove" => of(OfFile::Prove(given(2)?.as_slice().try_into().ok()?)),
        _ => None,
    }
}

fn script() -> Option<String> {
    let meta = web_sys::window()?.document()?.query_selector("meta[name=files]").ok()??;
    Some(meta.dyn_into::<HtmlMetaElement>().ok()?.content())
}
