//! The place on the disk where sealed files are kept (the origin private file system), as far as the page itself has to do with it.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomException, FileSystemDirectoryHandle, FileSystemRemoveOptions};

use super::timer::pause;

/// What `static/files.js` calls its folder.
const FOLDER: &str = "files";
/// How often it is tried, and how long is waited between: a worker that was just ended may still hold a file.
const TRIES: u32 = 20;
const PAUSE_MS: u32 = 100;

/// Deletes everything. Returns whether nothing is left.
pub async fn erase() -> bool {
    for _ in 0..TRIES {
        match erase_once().await {
            Ok(()) => return true,
            Err(why) if is(&why, "NotFoundError") => return true,
            // A browser that keeps nothing for us has nothing.
            Err(why) if is(&why, "SecurityError") || why.is_undefined() => return true,
            Err(_) => pause(PAUSE_MS).await,
        }
    }
    false
}

async fn erase_once() -> Result<(), JsValue> {
    let storage = web_sys::window().ok_or(JsValue::UNDEFINED)?.navigator().storage();
    let root = JsFuture::from(storage.get_directory()).await?;
    let root: FileSystemDirectoryHandle = root.dyn_into().map_err(|_| JsValue::UNDEFINED)?;
    let options = FileSystemRemoveOptions::new();
    options.set_recursive(true);
    JsFuture::from(root.remove_entry_with_options(FOLDER, &options)).await?;
    Ok(())
}

fn is(why: &JsValue, name: &str) -> bool {
    why.dyn_ref::<DomException>().is_some_and(|why| why.name() == name)
}
