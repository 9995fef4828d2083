//! What a browser does by itself when something comes above what a person reads.

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = CSS)]
    fn supports(property: &str, value: &str) -> bool;
}

/// Returns whether what is read stays where it is.
pub fn keeps_place() -> bool {
    supports("overflow-anchor", "auto")
}
