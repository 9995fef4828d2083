//! What the browser does for the page: one file per effect.

pub mod address;
pub mod clipboard;
pub mod clock;
pub mod entropy;
pub mod focus;
pub mod resize;
pub mod socket;
pub mod tab;
pub mod timer;
pub mod unload;
