//! The invariants, each a function of what the seats show.

pub(crate) mod author;
pub(crate) mod caps;
pub(crate) mod held;
pub(crate) mod level;
pub(crate) mod order;
pub(crate) mod readers;
pub(crate) mod wire;

#[cfg(test)]
mod made_up;
