//! The text that is selected on the page.

use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

/// Returns the selected text; that of a textbox is not part of the page's selection in every browser.
pub fn selected() -> String {
    let Some(window) = web_sys::window() else { return String::new() };
    let active = window.document().and_then(|document| document.active_element());
    let textbox = active.and_then(|element| element.dyn_into::<HtmlTextAreaElement>().ok());
    match textbox.and_then(|textbox| of(&textbox)) {
        Some(text) => text,
        None => window.get_selection().ok().flatten().map(|s| String::from(s.to_string())).unwrap_or_default(),
    }
}

/// Positions count UTF-16 units.
fn of(textbox: &HtmlTextAreaElement) -> Option<String> {
    let (start, end) = (textbox.selection_start().ok()??, textbox.selection_end().ok()??);
    let units: Vec<u16> = textbox.value().encode_utf16().collect();
    let chosen = units.get(start as usize..end as usize).filter(|chosen| !chosen.is_empty())?;
    Some(String::from_utf16_lossy(chosen))
}
