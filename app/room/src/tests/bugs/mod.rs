//! Faults others shipped, each as the promise that it does not happen here.

mod branches;
mod images;
mod seats;
