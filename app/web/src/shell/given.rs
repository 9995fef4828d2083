//! Files and folders that are chosen, dropped or pasted, each with its way below what was given.

use gloo::events::EventListener;
use js_sys::{Array, JsString, Promise, Reflect};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DataTransfer, File, FileList, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry,
    FileSystemFileEntry, HtmlInputElement,
};

/// Most files that are taken at once.
pub const MOST: usize = 20_000;

/// A file and its way, in NFC (Unicode Standard Annex 15).
pub type Given = (File, String);

/// Takes what was chosen, so that the same can be chosen again.
pub fn chosen(input: &HtmlInputElement) -> Vec<Given> {
    let given = input.files().map(|files| listed(&files)).unwrap_or_default();
    input.set_value("");
    given
}

/// Lets the person choose a folder; all that is in it is given. What is given when they do not want to, nobody tells.
pub fn choose_folder(then: impl FnOnce(Vec<Given>) + 'static) -> Option<()> {
    let input = web_sys::window()?.document()?.create_element("input").ok()?.dyn_into::<HtmlInputElement>().ok()?;
    input.set_type("file");
    input.set_attribute("webkitdirectory", "").ok()?;
    let chosen = input.clone();
    EventListener::once(&input, "change", move |_| then(in_order(self::chosen(&chosen)))).forget();
    input.click();
    Some(())
}

/// Whether files are among what is dragged or pasted.
pub fn has_files(data: &DataTransfer) -> bool {
    data.types().includes(&"Files".into(), 0)
}

/// Takes what was dropped or pasted: folders with all that is in them. To be called before anything else is waited for.
pub fn handed(data: &DataTransfer) -> impl Future<Output = Vec<Given>> + use<> {
    let items = data.items();
    let entries = (0..items.length()).filter_map(|place| items.get(place)?.webkit_get_as_entry().ok().flatten());
    let entries: Vec<FileSystemEntry> = entries.collect();
    // A picture that is pasted is in no folder.
    let files = data.files().map(|files| listed(&files)).unwrap_or_default();
    async move { if entries.iter().any(FileSystemEntry::is_directory) { all_of(entries).await } else { files } }
}

fn listed(files: &FileList) -> Vec<Given> {
    let way = |file: &File| {
        let relative = Reflect::get(file, &"webkitRelativePath".into()).ok().and_then(|way| way.as_string());
        composed(&relative.filter(|way| !way.is_empty()).unwrap_or_else(|| file.name()))
    };
    (0..files.length()).filter_map(|place| files.get(place)).take(MOST).map(|file| (file.clone(), way(&file))).collect()
}

async fn all_of(mut entries: Vec<FileSystemEntry>) -> Vec<Given> {
    let mut given = Vec::new();
    while let Some(entry) = entries.pop() {
        if given.len() == MOST {
            break;
        }
        if let Some(folder) = entry.dyn_ref::<FileSystemDirectoryEntry>().filter(|entry| entry.is_directory()) {
            entries.extend(inside(&folder.create_reader()).await);
        } else if let Some(file) = file_of(entry.unchecked_ref()).await {
            given.push((file, composed(entry.full_path().trim_start_matches('/'))));
        }
    }
    in_order(given)
}

/// Browsers give what is in a folder in any order.
fn in_order(mut given: Vec<Given>) -> Vec<Given> {
    given.sort_by(|(_, one), (_, other)| one.cmp(other));
    given
}

/// Browsers give a hundred at a time.
async fn inside(reader: &FileSystemDirectoryReader) -> Vec<FileSystemEntry> {
    let mut all = Vec::new();
    loop {
        let some = called_back(|done| reader.read_entries_with_callback(done.unchecked_ref())).await;
        let some: Vec<FileSystemEntry> = some
            .and_then(|some| some.dyn_into::<Array>().ok())
            .into_iter()
            .flatten()
            .map(JsCast::unchecked_into)
            .collect();
        if some.is_empty() || all.len() > MOST {
            return all;
        }
        all.extend(some);
    }
}

async fn file_of(entry: &FileSystemFileEntry) -> Option<File> {
    let file = called_back(|done| {
        entry.file_with_callback(done.unchecked_ref());
        Ok(())
    });
    file.await?.dyn_into().ok()
}

/// Waits for something that is told by a callback; None where it cannot be begun.
async fn called_back(begin: impl FnOnce(&JsValue) -> Result<(), JsValue>) -> Option<JsValue> {
    let mut begun = Some(begin);
    let told = Promise::new(&mut |resolve, reject| {
        let done = Closure::once_into_js(move |value: JsValue| {
            // Resolving cannot fail.
            let _ = resolve.call1(&JsValue::NULL, &value);
        });
        if begun.take().is_none_or(|begin| begin(&done).is_err()) {
            let _ = reject.call0(&JsValue::NULL);
        }
    });
    JsFuture::from(told).await.ok()
}

fn composed(way: &str) -> String {
    JsString::from(way).normalize("NFC").into()
}
