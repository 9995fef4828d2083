//! Files: one the person chooses, and one handed to the browser to keep.

use std::sync::Arc;

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
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
    hand_over_blob(name, &Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?)
}

/// The same for one that is in the hands of the browser already.
pub fn hand_over_blob(name: &str, blob: &Blob) -> Option<()> {
    let address = Url::create_object_url_with_blob(blob).ok()?;
    let link = web_sys::window()?.document()?.create_element("a").ok()?.dyn_into::<HtmlAnchorElement>().ok()?;
    link.set_href(&address);
    link.set_download(name);
    link.click();
    // The download has begun: what it reads stays until it is done.
    Url::revoke_object_url(&address).ok()
}

/// A place the person chose for a file.
pub struct ChosenPlace(pub JsValue);

/// Whether this browser can write a file where the person chooses.
pub fn saves_where_asked() -> bool {
    picker().is_some()
}

/// Asks where to put a file. None when the person does not want to, or the browser cannot.
pub async fn choose_place(name: &str) -> Option<ChosenPlace> {
    let options = Object::new();
    Reflect::set(&options, &"suggestedName".into(), &name.into()).ok()?;
    let asked: Promise = picker()?.call1(&web_sys::window()?.into(), &options).ok()?.dyn_into().ok()?;
    JsFuture::from(asked).await.ok().map(ChosenPlace)
}

fn picker() -> Option<Function> {
    Reflect::get(&web_sys::window()?.into(), &"showSaveFilePicker".into()).ok()?.dyn_into().ok()
}

/// A picture that can be shown for as long as this lives.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture(Arc<Address>);

#[derive(PartialEq, Eq)]
struct Address(String);

impl Picture {
    /// None when the browser cannot.
    pub fn of(blob: &Blob) -> Option<Self> {
        Url::create_object_url_with_blob(blob).ok().map(|address| Self(Arc::new(Address(address))))
    }

    /// Its address, for this page alone.
    pub fn address(&self) -> &str {
        &self.0.0
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        // An address of this page's own: nothing refuses that.
        let _ = Url::revoke_object_url(&self.0);
    }
}
