//! Marks in the browser's own timeline, so that its profiler and `cargo xtask bench store` tell what a start is made of.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// Says that something is done.
    #[wasm_bindgen(js_namespace = performance)]
    pub fn mark(done: &str);
}
