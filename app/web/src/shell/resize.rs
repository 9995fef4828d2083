//! Elements that change their size because others around them do.

use wasm_bindgen::prelude::Closure;
use web_sys::{Element, ResizeObserver};

/// Watches an element for as long as it is kept.
pub struct Watched {
    observer: ResizeObserver,
    _changed: Closure<dyn Fn()>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// Calls back whenever the element has another size. None in a browser that cannot tell.
pub fn on_resize(element: &Element, changed: impl Fn() + 'static) -> Option<Watched> {
    let changed = Closure::<dyn Fn()>::new(changed);
    let observer = ResizeObserver::new(wasm_bindgen::JsCast::unchecked_ref(changed.as_ref())).ok()?;
    observer.observe(element);
    Some(Watched { observer, _changed: changed })
}
