//! Names of files: fair ones in any script are taken as they are, others refused with what is wrong.

use proptest::prelude::*;
use record::{FilePath, PATH_BYTES, PathError, SEGMENT_BYTES, SEGMENTS};

#[test]
fn fair_names_are_taken() {
    let long = format!("{}.pdf", "x".repeat(SEGMENT_BYTES - 4));
    for path in [
        "draft 3.pdf",
        "annex/maps/crossing (east).png",
        "پیش‌نویس/نقشه ۳.pdf",
        "مسودہ.docx",
        ".profile",
        "a.b..c",
        "COM",
        "COM10",
        "console.txt",
        "null",
        &long,
    ] {
        let read = FilePath::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(&*read.text(), path);
    }
    assert_eq!(FilePath::read("a/b/c d.txt").expect("fair").name(), "c d.txt");
}

#[test]
fn names_that_lead_elsewhere_or_deceive_are_refused() {
    let long = "x".repeat(SEGMENT_BYTES + 1);
    let deep = vec!["a"; SEGMENTS + 1].join("/");
    let whole = vec!["x".repeat(200); PATH_BYTES / 200 + 1].join("/");
    for (path, error) in [
        ("", PathError::Empty),
        ("/etc/passwd", PathError::Empty),
        ("a//b", PathError::Empty),
        ("a/", PathError::Empty),
        ("../../x", PathError::LeadsElsewhere),
        ("a/./b", PathError::LeadsElsewhere),
        ("a/..", PathError::LeadsElsewhere),
        ("..\\x", PathError::Character('\\')),
        ("C:x", PathError::Character(':')),
        ("a\0b", PathError::Character('\0')),
        ("a\nb", PathError::Character('\n')),
        ("invoice\u{202e}fdp.exe", PathError::Character('\u{202e}')),
        ("in\u{200b}voice.pdf", PathError::Character('\u{200b}')),
        ("\u{3164}.pdf", PathError::Character('\u{3164}')),
        ("invoice\u{e0041}.pdf", PathError::Character('\u{e0041}')),
        ("a\u{2066}b", PathError::Character('\u{2066}')),
        ("what?.txt", PathError::Character('?')),
        ("draft ", PathError::Ends),
        ("draft.", PathError::Ends),
        (" draft", PathError::Ends),
        ("...", PathError::Ends),
        ("NUL", PathError::Device),
        ("folder/con.txt", PathError::Device),
        ("Lpt9.tar.gz", PathError::Device),
        ("com¹.txt", PathError::Device),
        ("AUX .txt", PathError::Device),
        (&long, PathError::TooLong),
        (&deep, PathError::TooLong),
        (&whole, PathError::TooLong),
    ] {
        assert_eq!(FilePath::read(path).err(), Some(error), "{path:?}");
    }
}

proptest! {
    #[test]
    fn what_is_taken_stays_below_its_folder(path: String) {
        if let Ok(read) = FilePath::read(&path) {
            let way = std::path::Path::new(&*read.text()).to_owned();
            prop_assert!(way.components().all(|part| matches!(part, std::path::Component::Normal(_))));
        }
    }
}
