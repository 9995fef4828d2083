//! The screens.

pub mod join;
pub mod start;
pub mod talk;
pub mod waiting;
