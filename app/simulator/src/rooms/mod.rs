//! Rooms and relays joined in memory, in virtual time, with faults drawn from a seed: one schedule for each seed.
//!
//! A schedule seats people, lets them write, come, go, admit and remove while things go wrong, then stops the
//! faults and looks whether everybody becomes level by itself. What must hold is in `check/`, one file for each
//! invariant; what a seed decides is in `knobs.rs`; what can go wrong is listed in `faults.rs`.

mod check;
mod disk;
mod draws;
mod facts;
mod faults;
mod frames;
mod heal;
mod hostile;
mod knobs;
mod link;
mod lobby;
mod malice;
mod network;
mod people;
mod relays;
mod report;
mod schedule;
mod seat;
mod trace;
mod troubles;
mod verdict;
mod view;

pub use faults::{Fault, Hits};
pub use knobs::Family;
pub use report::Report;
pub use schedule::{Options, run};
pub use verdict::{Breach, Class, Figures, Outcome};

/// A seat of a schedule, by the order in which they came.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SeatNo(pub usize);
