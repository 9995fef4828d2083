//! Elements that come near to what a person sees of a page, and go far from it.

use js_sys::Array;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

/// Watches an element for as long as it is kept.
pub struct Watched {
    observer: IntersectionObserver,
    _changed: Closure<dyn Fn(Array)>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Calls back when an element in a scrolled one comes within so many heights of what is seen of that, or goes farther; and once
/// at the beginning. None in a browser that cannot tell.
pub fn on_near(
    element: &Element,
    scrolled: &Element,
    heights: u32,
    changed: impl Fn(bool) + 'static,
) -> Option<Watched> {
    let changed = Closure::<dyn Fn(Array)>::new(move |entries: Array| {
        // Several when they come late: the last one is how it is.
        if let Some(entry) = entries.iter().last() {
            changed(entry.unchecked_into::<IntersectionObserverEntry>().is_intersecting());
        }
    });
    let options = IntersectionObserverInit::new();
    options.set_root(Some(scrolled));
    options.set_root_margin(&format!("{}% 0px", 100 * heights));
    let observer = IntersectionObserver::new_with_options(changed.as_ref().unchecked_ref(), &options).ok()?;
    observer.observe(element);
    Some(Watched { observer, _changed: changed })
}

/// Returns whether something in this element is marked by the person, as for copying.
pub fn is_marked(element: &Element) -> bool {
    let window = web_sys::window().expect("the page runs in a window");
    let marked = window.get_selection().ok().flatten().filter(|marked| !marked.is_collapsed());
    marked.is_some_and(|marked| marked.contains_node_with_allow_partial_containment(element, true).unwrap_or(true))
}
