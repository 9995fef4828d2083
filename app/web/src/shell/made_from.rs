//! What the app says it is made from: `/integrity.json`, of the version that is kept, or else of the one that is served.

use js_sys::{JSON, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// What `/integrity.json` says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MadeFrom {
    /// Version of the app.
    pub version: String,
    /// Commit of the sources.
    pub commit: String,
    /// The compiler.
    pub compiler: String,
    /// Address and hash of each file, as for Subresource Integrity.
    pub files: Vec<(String, String)>,
    /// SHA-256 of the whole answer.
    pub fingerprint: [u8; 32],
}

/// Reads it. None where there is no answer, or none that can be read.
pub async fn read() -> Option<MadeFrom> {
    let window = web_sys::window()?;
    let response: Response = JsFuture::from(window.fetch_with_str("/integrity.json")).await.ok()?.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    let bytes = Uint8Array::new(&JsFuture::from(response.array_buffer().ok()?).await.ok()?);
    let subtle = window.crypto().ok()?.subtle();
    let digest = JsFuture::from(subtle.digest_with_str_and_js_u8_array("SHA-256", &bytes).ok()?).await.ok()?;
    let fingerprint = Uint8Array::new(&digest).to_vec().try_into().ok()?;
    let said = JSON::parse(&String::from_utf8(bytes.to_vec()).ok()?).ok()?;
    let text = |of: &JsValue, key: &str| Reflect::get(of, &key.into()).ok()?.as_string();
    let files = Reflect::get(&said, &"files".into()).ok()?.dyn_into::<Object>().ok()?;
    let addresses = Object::keys(&files);
    let hashes = addresses.iter().map(|address| {
        let address = address.as_string()?;
        text(&files, &address).map(|hash| (address, hash))
    });
    Some(MadeFrom {
        version: text(&said, "version")?,
        commit: text(&said, "commit")?,
        compiler: text(&said, "compiler")?,
        files: hashes.collect::<Option<_>>()?,
        fingerprint,
    })
}
