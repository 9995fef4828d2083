//! The page: screens over the talks of this browser.

mod components;
mod pages;
mod screen;
mod session;
mod shell;
mod talk_id;
mod words;

use leptos::prelude::*;

use screen::App;

fn main() {
    console_error_panic_hook::set_once();
    if web_sys::window().is_none() {
        // In a worker: it calls what it needs.
        return;
    }
    shell::tab::set_language(words::language());
    shell::unload::guard(session::would_lose);
    wasm_bindgen_futures::spawn_local(async {
        session::begin().await;
        session::watch();
        let Some(shell) = document().get_element_by_id("app") else { return };
        // The page that was drawn before this code arrived has done its work.
        shell.replace_children_with_node_0();
        leptos::mount::mount_to(wasm_bindgen::JsCast::unchecked_into(shell), App).forget();
    });
}
