//! The backup file: anything, sealed under a passphrase, readable by a short script.
//!
//! ```text
//! file   = header ‖ chunk ‖ … ‖ last chunk
//! header = "nonpaper backup\0" (16) ‖ 1 (1) ‖ salt (16) ‖ memory in KiB (u32) ‖ passes (u32) ‖ lanes (u32) ‖ prefix (19)
//! chunk  = XChaCha20-Poly1305(key, prefix ‖ number (u32) ‖ last (0 or 1), plain, header)
//! key    = Argon2id (RFC 9106), version 1.3, of the passphrase, 32 bytes
//! ```
//!
//! Numbers are big-endian, chunks are counted from 0 and hold 64 KiB, the last one less. This is the STREAM construction of
//! Hoang, Reyhanitabar, Rogaway and Vizár (2015): chunks cannot be left out, swapped or cut off unseen.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::ways::{Cost, NotUnlocked};

const MAGIC: &[u8; 16] = b"nonpaper backup\0";
const FORMAT: u8 = 1;
const HEADER_BYTES: usize = 16 + 1 + 16 + 12 + 19;
const TAG_BYTES: usize = 16;
/// Plain bytes in each chunk but the last.
pub const CHUNK_BYTES: usize = 64 << 10;

/// Why a backup was not opened. Nothing of it is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BackupError {
    /// The file is no backup of this format.
    #[error("not a backup file")]
    NotABackup,
    /// The passphrase is not the one, or the beginning of the file is damaged.
    #[error("another passphrase, or a damaged file")]
    WrongPassphrase,
    /// The file is cut off or altered further on.
    #[error("the file is cut off or damaged")]
    Damaged,
}

/// Seals a backup. Takes as long as the cost says. `prefix` and `salt` are fresh random bytes.
///
/// # Errors
/// [`BackupError::NotABackup`] when the cost is out of bounds.
pub fn seal_backup(
    plain: &[u8],
    passphrase: &str,
    cost: Cost,
    salt: [u8; 16],
    prefix: [u8; 19],
) -> Result<Vec<u8>, BackupError> {
    let key = cost.stretch(passphrase, &salt).map_err(|_: NotUnlocked| BackupError::NotABackup)?;
    let cipher = XChaCha20Poly1305::new((&*key).into());
    let mut file = Vec::with_capacity(HEADER_BYTES + plain.len() + TAG_BYTES * (plain.len() / CHUNK_BYTES + 1));
    file.extend_from_slice(MAGIC);
    file.push(FORMAT);
    file.extend_from_slice(&salt);
    for number in [cost.memory, cost.passes, cost.lanes] {
        file.extend_from_slice(&number.to_be_bytes());
    }
    file.extend_from_slice(&prefix);
    let header = file.clone();
    let whole = plain.len() / CHUNK_BYTES;
    for number in 0..=whole {
        let chunk = &plain[number * CHUNK_BYTES..plain.len().min((number + 1) * CHUNK_BYTES)];
        let payload = Payload { msg: chunk, aad: &header };
        let sealed = cipher.encrypt(&nonce(&prefix, number, number == whole), payload);
        file.extend_from_slice(&sealed.expect("shorter than 256 GiB"));
    }
    Ok(file)
}

/// Opens a backup. Takes as long as the file says, within bounds.
///
/// # Errors
/// [`BackupError`]; then nothing of it is given, however much was sound.
pub fn open_backup(file: &[u8], passphrase: &str) -> Result<Zeroizing<Vec<u8>>, BackupError> {
    let (header, sealed) = file.split_at_checked(HEADER_BYTES).ok_or(BackupError::NotABackup)?;
    let rest =
        header.strip_prefix(MAGIC).and_then(|rest| rest.strip_prefix(&[FORMAT])).ok_or(BackupError::NotABackup)?;
    let (salt, rest) = rest.split_first_chunk::<16>().ok_or(BackupError::NotABackup)?;
    let (numbers, prefix) = rest.split_first_chunk::<12>().ok_or(BackupError::NotABackup)?;
    let prefix = <&[u8; 19]>::try_from(prefix).map_err(|_| BackupError::NotABackup)?;
    let number = |at: usize| u32::from_be_bytes([numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]]);
    let cost = Cost { memory: number(0), passes: number(4), lanes: number(8) };
    let key = cost.stretch(passphrase, salt).map_err(|_| BackupError::NotABackup)?;
    let cipher = XChaCha20Poly1305::new((&*key).into());
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let whole = sealed.len().saturating_sub(TAG_BYTES) / (CHUNK_BYTES + TAG_BYTES);
    for number in 0..=whole {
        let from = number * (CHUNK_BYTES + TAG_BYTES);
        let msg = &sealed[from..sealed.len().min(from + CHUNK_BYTES + TAG_BYTES)];
        let opened = cipher.decrypt(&nonce(prefix, number, number == whole), Payload { msg, aad: header });
        let failed = if number == 0 { BackupError::WrongPassphrase } else { BackupError::Damaged };
        plain.extend_from_slice(&Zeroizing::new(opened.map_err(|_| failed)?));
    }
    Ok(plain)
}

fn nonce(prefix: &[u8; 19], number: usize, last: bool) -> XNonce {
    let number = u32::try_from(number).expect("shorter than 256 TiB").to_be_bytes();
    let mut nonce = [0; 24];
    nonce[..19].copy_from_slice(prefix);
    nonce[19..23].copy_from_slice(&number);
    nonce[23] = u8::from(last);
    XNonce::from(nonce)
}
