//! Files: one the person chooses, and one handed to the browser to keep.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, HtmlInputElement, Url};

/// Largest file that is read, in bytes.
const MOST: f64 = 512.0 * 1024.0 * 1024.0;

/// Reads the file that is chosen. None when there is none, it is too large, or the browser cannot read it.
pub async fn chosen(input: &HtmlInputElement) -> Option<Vec<u8>> {
    let file = input.files()?.get(0).filter(|file| file.size() <= MOST)?;
    let buffer = JsFuture::from(file.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// Hands a file to the browser, which keeps it where it keeps downloads, or asks where. Whether it does cannot be seen from here.
pub fn hand_over(name: &str, bytes: &[u8]) -> Option<()> {
    let options = BlobPropertyBag::new();
    options.set_type("application/octet-stream");
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
    let address = Url::create_object_url_with_blob(&blob).ok()?;
    let link = web_sys::window()?.document()?.create_element("a").ok()?.dyn_into::<HtmlAnchorElement>().ok()?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The download has begun: what it reads stays until it is done.
    Url::revoke_object_url(&address).ok()
}
