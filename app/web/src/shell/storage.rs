//! What the browser says of the room it gives this site.

use js_sys::Promise;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{StorageEstimate, StorageManager};

/// Bytes in use, and bytes the browser would allow.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Room {
    /// In use.
    pub used: f64,
    /// Allowed.
    pub allowed: f64,
}

/// Asks the browser not to delete what is kept when the disk fills up.
///
/// Nobody waits for the answer: Firefox asks the person, who may never say. Whether it did is asked where somebody wants to know.
pub fn persist() {
    if let Some(manager) = manager() {
        spawn_local(async move {
            settled(manager.persist()).await;
        });
    }
}

/// Returns whether the browser has promised so.
pub async fn persisted() -> bool {
    let Some(manager) = manager() else { return false };
    settled(manager.persisted()).await.is_some_and(|answer| answer.is_truthy())
}

/// Returns how much is in use, if the browser tells.
pub async fn room() -> Option<Room> {
    let estimate: StorageEstimate = settled(manager()?.estimate()).await?.unchecked_into();
    Some(Room { used: estimate.get_usage()?, allowed: estimate.get_quota()? })
}

async fn settled(promise: Result<Promise, wasm_bindgen::JsValue>) -> Option<wasm_bindgen::JsValue> {
    JsFuture::from(promise.ok()?).await.ok()
}

fn manager() -> Option<StorageManager> {
    web_sys::window().map(|window| window.navigator().storage())
}
