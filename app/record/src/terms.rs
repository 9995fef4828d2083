//! What a charter says beyond who sits at the table.

use std::num::{NonZeroU16, NonZeroU32};

use minicbor::data::Type;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::nil::nil_or_one;
use crate::{FilePath, OpId};

/// What all who enter sign. Pages keep to it; nobody can be made to.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Terms {
    /// What becomes of everybody's copy once the talk has ended.
    #[n(0)]
    pub copies: Copies,
    /// What those who come later may be given of what was written before.
    #[n(1)]
    pub newcomers: Newcomers,
    /// What files can be given.
    #[n(2)]
    pub files: FileTerms,
}

/// What those who come later may be given of what was written before.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Newcomers {
    /// Nothing.
    #[default]
    Nothing,
    /// Notes that the convener or a head chooses: a [`crate::Briefing`].
    Briefed,
}

nil_or_one!(Newcomers, Nothing, Briefed);

/// What becomes of everybody's copy once the talk has ended.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Copies {
    /// Whoever has one keeps it.
    #[default]
    Kept,
    /// Every page deletes its own so many days after it heard of the end.
    DeletedAfter(NonZeroU16),
    /// Every page hides its own as soon as it hears of the end, and deletes it.
    OffTheRecord,
}

/// Null, or left out at the end, for [`Copies::Kept`]; else the days, 0 for [`Copies::OffTheRecord`].
impl<C> Encode<C> for Copies {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        match self {
            Copies::Kept => e.null()?.ok(),
            Copies::DeletedAfter(days) => e.u16(days.get())?.ok(),
            Copies::OffTheRecord => e.u16(0)?.ok(),
        }
    }

    fn is_nil(&self) -> bool {
        *self == Copies::Kept
    }
}

impl<'b, C> Decode<'b, C> for Copies {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        if d.datatype()? == Type::Null {
            return d.null().map(|()| Copies::Kept);
        }
        Ok(NonZeroU16::new(d.u16()?).map_or(Copies::OffTheRecord, Copies::DeletedAfter))
    }

    fn nil() -> Option<Self> {
        Some(Copies::Kept)
    }
}

/// What files can be given.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum FileTerms {
    /// Any.
    #[default]
    Any,
    /// Documents, pictures and recordings, as the endings of their names say, of up to so many megabytes (10⁶ bytes).
    Documents(NonZeroU32),
    /// None.
    None,
}

/// Endings that have a program run by a double click are not among them. Neither are archives: they can hold one. Some of these can hold
/// macros, which the program that opens them may run.
const DOCUMENTS: [&str; 39] = [
    "aac", "avif", "bmp", "csv", "doc", "docx", "epub", "flac", "gif", "heic", "jpeg", "jpg", "m4a", "m4v", "md",
    "mkv", "mov", "mp3", "mp4", "odp", "ods", "odt", "oga", "ogg", "ogv", "opus", "pdf", "png", "ppt", "pptx", "rtf",
    "tif", "tiff", "txt", "wav", "webm", "webp", "xls", "xlsx",
];

impl FileTerms {
    /// Whether a file of this name and length, in bytes, can be given. Of what is inside it nothing is known.
    pub fn let_in(&self, path: &FilePath, size: u64) -> bool {
        match self {
            FileTerms::Any => true,
            FileTerms::Documents(megabytes) => {
                let is = |(_, ending): (&str, &str)| DOCUMENTS.iter().any(|one| one.eq_ignore_ascii_case(ending));
                size <= u64::from(megabytes.get()) * 1_000_000 && path.name().rsplit_once('.').is_some_and(is)
            }
            FileTerms::None => false,
        }
    }
}

/// Null, or left out at the end, for [`FileTerms::Any`]; else the megabytes, 0 for [`FileTerms::None`].
impl<C> Encode<C> for FileTerms {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        match self {
            FileTerms::Any => e.null()?.ok(),
            FileTerms::Documents(megabytes) => e.u32(megabytes.get())?.ok(),
            FileTerms::None => e.u32(0)?.ok(),
        }
    }

    fn is_nil(&self) -> bool {
        *self == FileTerms::Any
    }
}

impl<'b, C> Decode<'b, C> for FileTerms {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        if d.datatype()? == Type::Null {
            return d.null().map(|()| FileTerms::Any);
        }
        Ok(NonZeroU32::new(d.u32()?).map_or(FileTerms::None, FileTerms::Documents))
    }

    fn nil() -> Option<Self> {
        Some(FileTerms::Any)
    }
}

/// Other terms in the place of those that stand. They hold once a head, or the convener, of each party has signed them.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Amend {
    /// The op that set the terms these would replace.
    #[n(0)]
    pub replaces: OpId,
    /// The terms.
    #[n(1)]
    pub terms: Terms,
}
