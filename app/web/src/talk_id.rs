//! The name of a talk in this browser's addresses.

use std::fmt;

use crate::shell::entropy;

/// Names a talk within this browser; says nothing about it to anybody else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TalkId(u32);

impl TalkId {
    /// Reads what [`TalkId`] displays as.
    pub fn parse(text: &str) -> Option<Self> {
        u32::from_str_radix(text, 16).ok().map(Self)
    }

    /// Returns it as it stands in the store.
    pub fn to_bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }

    /// Reads what stands in the store.
    pub fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(u32::from_be_bytes(bytes))
    }

    /// Draws a new one.
    pub fn fresh() -> Self {
        let seed = entropy::seed();
        Self(u32::from_be_bytes([seed[0], seed[1], seed[2], seed[3]]))
    }
}

impl fmt::Display for TalkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}
