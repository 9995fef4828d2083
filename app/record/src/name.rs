//! Names people type: of themselves, of parties, of talks.

use std::sync::Arc;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

/// Longest name, title or party, in bytes of UTF-8.
pub const NAME_BYTES: usize = 240;

/// One line of text between 1 and [`NAME_BYTES`] bytes, without characters that could disturb what stands beside it.
///
/// Joiners and directional marks, which Farsi and Urdu need, may occur inside.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(Arc<str>);

/// A text is empty, too long, or holds control characters or directional overrides.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a name has between 1 and {NAME_BYTES} bytes and no control characters")]
pub struct NameError;

impl Name {
    /// Reads what a person typed: blanks around it are dropped, other blanks become spaces.
    pub fn typed(text: &str) -> Result<Self, NameError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        Self::exact(&words.join(" "))
    }

    fn exact(text: &str) -> Result<Self, NameError> {
        let hidden = |c: char| {
            c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
        };
        let visible = |c: char| !c.is_whitespace() && !is_unseen(c);
        if text.len() > NAME_BYTES || text.trim() != text || text.contains(hidden) || !text.contains(visible) {
            return Err(NameError);
        }
        Ok(Self(text.into()))
    }

    /// Returns whether a person could take one for the other: letter by letter, whether large or small, in either form of the Arabic
    /// letters yeh and kaf, and without what is not seen. Letters of two scripts that look alike are not compared.
    pub fn looks_like(&self, other: &Self) -> bool {
        self.letters().eq(other.letters())
    }

    fn letters(&self) -> impl Iterator<Item = char> {
        let seen = self.0.chars().filter(|c| !is_unseen(*c) && !c.is_whitespace());
        seen.flat_map(char::to_lowercase).map(|c| match c {
            '\u{64a}' | '\u{649}' => '\u{6cc}',
            '\u{643}' => '\u{6a9}',
            c => c,
        })
    }

    /// Returns the text.
    pub fn text(&self) -> Arc<str> {
        self.0.clone()
    }
}

/// Characters that take no room, or look like a blank.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'
            ..='\u{200f}'
                | '\u{2060}'
                | '\u{feff}'
                | '\u{00ad}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{180e}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{ffa0}'
    )
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Name")
    }
}

impl<C> Encode<C> for Name {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        e.str(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Name {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Self::exact(d.str()?).map_err(decode::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_three_scripts_are_taken() {
        for name in ["Leyla Haddad", "بهرام کریمی", "می‌خواهم", "نادیہ رحیمی", "Zoë 🕊"]
        {
            assert_eq!(&*Name::typed(name).expect("a fair name").text(), name);
        }
        assert_eq!(&*Name::typed("  Tomas \n Berg ").expect("blanks are mended").text(), "Tomas Berg");
    }

    #[test]
    fn names_that_look_the_same_are_found() {
        let name = |text| Name::typed(text).expect("a fair name");
        for (one, other) in
            [("Leyla Haddad", "leyla  HADDAD"), ("Leyla", "Ley\u{200b}la"), ("\u{64a}\u{643}", "\u{6cc}\u{6a9}")]
        {
            assert!(name(one).looks_like(&name(other)), "{one:?} {other:?}");
        }
        assert!(!name("Leyla").looks_like(&name("Layla")));
    }

    #[test]
    fn names_that_disturb_are_refused() {
        let long = "x".repeat(NAME_BYTES + 1);
        for name in ["", "  ", "\u{200f}", "\u{3164}", "a\u{202e}b", "a\u{0007}b", "a\u{2066}b", &long] {
            assert_eq!(Name::typed(name), Err(NameError), "{name:?}");
        }
    }
}
