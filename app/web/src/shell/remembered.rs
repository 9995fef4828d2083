//! One word that stays even when the database goes: that something was kept here.

use web_sys::Storage;

const KEY: &str = "nonpaper-keeps";

/// Remembers that something is kept here.
pub fn set() {
    if let Some(storage) = storage() {
        // A browser that refuses cannot tell later that the store is gone; all else works.
        let _ = storage.set_item(KEY, "1");
    }
}

/// Returns whether something was kept here.
pub fn is_set() -> bool {
    storage().and_then(|storage| storage.get_item(KEY).ok().flatten()).is_some()
}

/// Forgets it.
pub fn clear() {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(KEY);
    }
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}
