//! The screens.

pub mod about;
pub mod backup;
pub mod gate;
pub mod join;
pub mod start;
pub mod talk;
pub mod waiting;
pub mod ways;
