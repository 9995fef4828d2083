//! What the terms of a charter let.

use std::num::NonZeroU32;

use minicbor::{decode, to_vec};
use record::{Copies, FilePath, FileTerms, Newcomers, Terms};

const TEN_MB: FileTerms = FileTerms::Documents(NonZeroU32::new(10).expect("not zero"));

fn lets(terms: FileTerms, name: &str, size: u64) -> bool {
    terms.let_in(&FilePath::read(name).expect("a name"), size)
}

#[test]
fn documents_are_told_by_their_endings_and_their_size() {
    for name in ["a.pdf", "annex/Map 3.JPG", "پیش‌نویس.docx", "minutes.2026.txt", "speech.opus"] {
        assert!(lets(TEN_MB, name, 10_000_000), "{name}");
        assert!(!lets(TEN_MB, name, 10_000_001), "{name}");
    }
    for name in ["a", "pdf", "a.exe", "a.pdf.exe", "annex.pdf/run", "a.pdf.lnk", "a.zip", "a.html", "a.svg", "a.docm"] {
        assert!(!lets(TEN_MB, name, 1), "{name}");
        assert!(lets(FileTerms::Any, name, u64::MAX), "{name}");
    }
    assert!(!lets(FileTerms::None, "a.pdf", 0));
}

#[test]
fn every_kind_of_document_is_found() {
    let all = "aac avif bmp csv doc docx epub flac gif heic jpeg jpg m4a m4v md mkv mov mp3 mp4 odp ods odt oga ogg ogv opus pdf \
               png ppt pptx rtf tif tiff txt wav webm webp xls xlsx";
    assert!(all.split_whitespace().all(|ending| lets(TEN_MB, &format!("a.{ending}"), 1)));
}

#[test]
fn what_is_usual_is_not_written() {
    let files = |files| Terms { files, ..Terms::default() };
    assert_eq!(to_vec(files(FileTerms::Any)).expect("memory"), [0x80]);
    assert_eq!(to_vec(files(FileTerms::None)).expect("memory"), [0x83, 0xf6, 0xf6, 0]);
    assert_eq!(to_vec(files(TEN_MB)).expect("memory"), [0x83, 0xf6, 0xf6, 10]);
    let all = Terms { copies: Copies::OffTheRecord, newcomers: Newcomers::Briefed, files: TEN_MB };
    assert_eq!(decode::<Terms>(&to_vec(all).expect("memory")).ok(), Some(all));
    assert_eq!(
        decode::<Terms>(&[0x82, 0xf6, 1]).ok(),
        Some(Terms { newcomers: Newcomers::Briefed, ..Terms::default() })
    );
    assert!(decode::<Terms>(&[0x83, 0xf6, 0xf6, 0x20]).is_err(), "less than none");
}
