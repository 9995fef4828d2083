//! Argon2id in a worker, so that the page does not stand still.

use js_sys::{Array, Uint8Array};
use vault::Cost;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlMetaElement, MessageEvent, Worker, WorkerOptions, WorkerType};
use zeroize::Zeroizing;

/// What the worker calls: [`Cost::stretch`], over the border between Rust and JavaScript.
#[wasm_bindgen]
#[must_use]
pub fn stretch(passphrase: &str, salt: &[u8], memory: u32, passes: u32, lanes: u32) -> Option<Vec<u8>> {
    let cost = Cost { memory, passes, lanes };
    cost.stretch(passphrase, salt.try_into().ok()?).ok().map(|key| key.to_vec())
}

/// Stretches a passphrase. None when the browser does not give the memory, or the worker does not come.
pub async fn stretched(passphrase: &str, salt: [u8; 16], cost: Cost) -> Option<Zeroizing<[u8; 32]>> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options(&address()?, &options).ok()?;
    let asked = Array::of5(
        &passphrase.into(),
        &Uint8Array::from(&salt[..]),
        &cost.memory.into(),
        &cost.passes.into(),
        &cost.lanes.into(),
    );
    let answered = js_sys::Promise::new(&mut |resolve, _| {
        let failed = resolve.clone();
        let heard = Closure::once_into_js(move |event: MessageEvent| {
            // Resolving cannot fail.
            let _ = resolve.call1(&JsValue::NULL, &event.data());
        });
        let broken = Closure::once_into_js(move |_: JsValue| {
            let _ = failed.call1(&JsValue::NULL, &JsValue::NULL);
        });
        worker.set_onmessage(Some(heard.unchecked_ref()));
        worker.set_onerror(Some(broken.unchecked_ref()));
    });
    worker.post_message(&asked).ok()?;
    let answer = JsFuture::from(answered).await;
    // Its memory held the passphrase.
    worker.terminate();
    let bytes = Zeroizing::new(answer.ok()?.dyn_into::<Uint8Array>().ok()?.to_vec());
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}

fn address() -> Option<String> {
    let meta = web_sys::window()?.document()?.query_selector("meta[name=worker]").ok()??;
    Some(meta.dyn_into::<HtmlMetaElement>().ok()?.content())
}
