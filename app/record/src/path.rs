//! The name of a file, or its way below the folder that was shared.

use std::sync::Arc;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

/// Longest name of a file or folder, in bytes of UTF-8: what file systems take.
pub const SEGMENT_BYTES: usize = 255;
/// Most folders and the file, one in the other.
pub const SEGMENTS: usize = 32;
/// Longest way, in bytes of UTF-8.
pub const PATH_BYTES: usize = 2048;

/// A way such as `annex/map 3.pdf`, which leads nowhere but below the folder it is saved in, on any system.
///
/// The caller brings it to NFC first (Unicode Standard Annex 15): browsers can, and tables for it would weigh more than the rest of this crate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilePath(Arc<str>);

/// Why a name is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PathError {
    /// It is empty, or a part of it is.
    #[error("a name is empty")]
    Empty,
    /// A part is longer than [`SEGMENT_BYTES`], there are more than [`SEGMENTS`], or all is longer than [`PATH_BYTES`].
    #[error("a name is too long")]
    TooLong,
    /// A part is `.` or `..`.
    #[error("a name leads elsewhere")]
    LeadsElsewhere,
    /// A character that some system gives a meaning of its own, cannot write, or that is not seen.
    #[error("a name has a character that cannot be in one")]
    Character(char),
    /// It ends in a blank or a dot, which Windows drops, or begins with a blank.
    #[error("a name begins or ends in what is dropped")]
    Ends,
    /// Windows keeps the name for a device.
    #[error("a name stands for a device")]
    Device,
}

impl FilePath {
    /// Reads a way whose parts are separated by `/`.
    pub fn read(text: &str) -> Result<Self, PathError> {
        if text.len() > PATH_BYTES || text.split('/').count() > SEGMENTS {
            return Err(PathError::TooLong);
        }
        text.split('/').try_for_each(fair)?;
        Ok(Self(text.into()))
    }

    /// Returns the whole way.
    pub fn text(&self) -> Arc<str> {
        self.0.clone()
    }

    /// Returns the name of the file, without folders.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }
}

impl<C> Encode<C> for FilePath {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.str(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for FilePath {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Self::read(d.str()?).map_err(decode::Error::custom)
    }
}

/// Says nothing of what a file is called.
impl std::fmt::Debug for FilePath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FilePath")
    }
}

fn fair(segment: &str) -> Result<(), PathError> {
    if segment.is_empty() {
        return Err(PathError::Empty);
    }
    if segment.len() > SEGMENT_BYTES {
        return Err(PathError::TooLong);
    }
    if matches!(segment, "." | "..") {
        return Err(PathError::LeadsElsewhere);
    }
    if let Some(character) = segment.chars().find(|c| cannot_be(*c)) {
        return Err(PathError::Character(character));
    }
    if segment.starts_with(char::is_whitespace) || segment.ends_with(|c: char| c.is_whitespace() || c == '.') {
        return Err(PathError::Ends);
    }
    if is_device(segment) { Err(PathError::Device) } else { Ok(()) }
}

/// Joiners, and the marks of direction that Farsi and Urdu need, can be; what turns a name around cannot.
fn cannot_be(c: char) -> bool {
    c.is_control()
        || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        || is_never_seen(c)
}

/// Blanks without width, fillers and tags: names that look alike would be two.
fn is_never_seen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2064}')
        || matches!(c, '\u{3164}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// Also with any ending: `NUL.txt` is `NUL`.
fn is_device(segment: &str) -> bool {
    let stem = segment.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |device: &str| {
        let number = stem.strip_prefix(device).map(|rest| rest.chars());
        number.is_some_and(|mut rest| matches!(rest.next(), Some('0'..='9' | '¹' | '²' | '³')) && rest.next().is_none())
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") || numbered("COM") || numbered("LPT")
}
