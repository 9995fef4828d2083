//! What the browser does for the page: one file per effect.

pub mod address;
pub mod browser_key;
pub mod clipboard;
pub mod clock;
pub mod database;
pub mod entropy;
pub mod file;
pub mod file_store;
pub mod file_worker;
pub mod focus;
pub mod given;
pub mod lock;
pub mod made_from;
pub mod mark;
pub mod passkey;
pub mod remembered;
pub mod resize;
pub mod scrolling;
pub mod selected;
pub mod sight;
pub mod socket;
pub mod storage;
pub mod stretching;
pub mod tab;
pub mod timer;
pub mod unload;
