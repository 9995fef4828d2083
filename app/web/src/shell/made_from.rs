//! What the app says it is made from: `/integrity.json`, of the version that is kept, or else of the one that is served.
//! Another tab may have changed to another version meanwhile.

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

/// Why it is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unknown {
    /// Nobody answers.
    NoAnswer,
    /// The answer says nothing that can be read.
    NotSaid,
    /// The answer is about another version than the one that runs here.
    AnotherVersion,
}

/// Reads it.
pub async fn read() -> Result<MadeFrom, Unknown> {
    let window = web_sys::window().ok_or(Unknown::NoAnswer)?;
    let response = JsFuture::from(window.fetch_with_str("/integrity.json")).await.map_err(|_| Unknown::NoAnswer)?;
    let made_from = understood(&window, response.unchecked_into()).await.ok_or(Unknown::NotSaid)?;
    if runs_here(&window, &made_from) { Ok(made_from) } else { Err(Unknown::AnotherVersion) }
}

/// Whether this page is made from the commit that is told.
fn runs_here(window: &web_sys::Window, made_from: &MadeFrom) -> bool {
    let commit = window.document().and_then(|document| document.query_selector("meta[name=commit]").ok().flatten());
    commit.and_then(|meta| meta.get_attribute("content")).is_some_and(|commit| commit == made_from.commit)
}

async fn understood(window: &web_sys::Window, response: Response) -> Option<MadeFrom> {
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
