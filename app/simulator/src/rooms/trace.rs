//! What happened, for people to read: when, who, what.

use std::fmt::Arguments;

use sha2::{Digest, Sha256};

use super::SeatNo;
use crate::Millis;

/// A log of events; does nothing unless it is switched on.
#[derive(Default)]
pub(crate) struct Trace {
    lines: Option<Vec<String>>,
}

impl Trace {
    pub(crate) fn new(on: bool) -> Self {
        Self { lines: on.then(Vec::new) }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.lines.is_some()
    }

    pub(crate) fn say(&mut self, elapsed: Millis, who: &str, what: Arguments<'_>) {
        if let Some(lines) = &mut self.lines {
            lines.push(format!("{:>9}.{:03}  {who:<6} {what}", elapsed / 1000, elapsed % 1000));
        }
    }

    pub(crate) fn lines(self) -> Vec<String> {
        self.lines.unwrap_or_default()
    }
}

/// Names something long by a few digits. Hashed: neighbours in a trace shall differ at a glance, and ids stay out of it.
pub(crate) fn short(id: &[u8]) -> String {
    Sha256::digest(id)[..3].iter().map(|byte| format!("{byte:02x}")).collect()
}

impl std::fmt::Display for SeatNo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let letter = char::from(b'A' + (self.0 % 26) as u8);
        if self.0 < 26 { write!(f, "{letter}") } else { write!(f, "{letter}{}", self.0 / 26) }
    }
}
