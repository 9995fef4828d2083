//! Backup files: whole or not at all.

use proptest::prelude::*;
use vault::{BackupError, BackupHeader, CHUNK_BYTES, Cost};

const CHEAP: Cost = Cost { memory: 8, passes: 1, lanes: 1 };
const HEADER_BYTES: usize = 64;

fn sealed(plain: &[u8]) -> Vec<u8> {
    let header = BackupHeader::new(CHEAP, [1; 16], [2; 19]);
    vault::seal_backup(&header, &CHEAP.stretch("a passphrase", &[1; 16]).expect("fair"), plain)
}

fn open_backup(file: &[u8], passphrase: &str) -> Result<Vec<u8>, BackupError> {
    let header = BackupHeader::read(file)?;
    let key = header.cost.stretch(passphrase, &header.salt).map_err(|_| BackupError::NotABackup)?;
    vault::open_backup(file, &key).map(|plain| plain.to_vec())
}

#[test]
fn what_was_sealed_opens_with_the_passphrase_and_no_other() {
    for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES] {
        let plain: Vec<u8> = (0..length).map(|n| n as u8).collect();
        let file = sealed(&plain);
        assert_eq!(open_backup(&file, "a passphrase").expect("opens"), plain);
        assert_eq!(open_backup(&file, "a passphrasE").err(), Some(BackupError::WrongPassphrase));
    }
}

#[test]
fn file_that_is_cut_off_anywhere_gives_nothing() {
    let file = sealed(&vec![5; 2 * CHUNK_BYTES + 100]);
    let chunk = CHUNK_BYTES + 16;
    let ends = [0, 1, 63, HEADER_BYTES, HEADER_BYTES + 16, HEADER_BYTES + chunk, HEADER_BYTES + 2 * chunk];
    for end in ends.into_iter().chain([file.len() - 1]) {
        assert!(open_backup(&file[..end], "a passphrase").is_err(), "cut off at {end}");
    }
    assert_eq!(open_backup(&file[..HEADER_BYTES + chunk + 20], "a passphrase").err(), Some(BackupError::Damaged));
    let longer = [&file[..], &[0; 40]].concat();
    assert!(open_backup(&longer, "a passphrase").is_err());
}

#[test]
fn chunks_in_another_order_give_nothing() {
    let plain: Vec<u8> = (0..3 * CHUNK_BYTES).map(|n| (n / CHUNK_BYTES) as u8).collect();
    let file = sealed(&plain);
    let (header, chunks) = file.split_at(HEADER_BYTES);
    let chunk = |n: usize| &chunks[n * (CHUNK_BYTES + 16)..(n + 1) * (CHUNK_BYTES + 16)];
    let last = &chunks[3 * (CHUNK_BYTES + 16)..];
    let swapped = [header, chunk(1), chunk(0), chunk(2), last].concat();
    assert!(open_backup(&swapped, "a passphrase").is_err());
    let without = [header, chunk(0), chunk(2), last].concat();
    assert_eq!(open_backup(&without, "a passphrase").err(), Some(BackupError::Damaged));
}

#[test]
fn file_that_would_stop_the_browser_is_refused_at_once() {
    let mut file = sealed(b"x");
    file[33..37].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(open_backup(&file, "a passphrase").err(), Some(BackupError::NotABackup));
}

proptest! {
    #[test]
    fn altered_file_gives_nothing(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut file = sealed(b"identity and record");
        let at = at.index(file.len());
        // Of the cost only what keeps it fair and cheap: the rest is refused or takes long.
        prop_assume!(!(33..45).contains(&at));
        file[at] ^= 1 << bit;
        prop_assert!(open_backup(&file, "a passphrase").is_err());
    }

    #[test]
    fn any_bytes_are_no_backup_and_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(open_backup(&bytes, "").is_err());
    }
}
