//! The backup file: anything, sealed under a passphrase, readable by a short script (`e2e/open_backup.mjs`).
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

use crate::ways::Cost;

const MAGIC: &[u8; 16] = b"nonpaper backup\0";
const FORMAT: u8 = 1;
const PREFIX_BYTES: usize = 19;
const HEADER_BYTES: usize = 16 + 1 + 16 + 12 + PREFIX_BYTES;
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

/// What stands in the clear at the head of a backup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BackupHeader {
    /// Salt of Argon2id.
    pub salt: [u8; 16],
    /// Its cost.
    pub cost: Cost,
    prefix: [u8; PREFIX_BYTES],
}

impl BackupHeader {
    /// A header for one file; salt and prefix are fresh random bytes.
    pub fn new(cost: Cost, salt: [u8; 16], prefix: [u8; PREFIX_BYTES]) -> Self {
        Self { salt, cost, prefix }
    }

    /// Reads the head of a file.
    ///
    /// # Errors
    /// [`BackupError::NotABackup`] when it is none of this format, or asks for more than any file may.
    pub fn read(file: &[u8]) -> Result<Self, BackupError> {
        let rest = file.strip_prefix(MAGIC).and_then(|rest| rest.strip_prefix(&[FORMAT]));
        let (salt, rest) = rest.and_then(|rest| rest.split_first_chunk::<16>()).ok_or(BackupError::NotABackup)?;
        let (numbers, rest) = rest.split_first_chunk::<12>().ok_or(BackupError::NotABackup)?;
        let (prefix, _) = rest.split_first_chunk::<PREFIX_BYTES>().ok_or(BackupError::NotABackup)?;
        let number = |at: usize| u32::from_be_bytes([numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]]);
        let cost = Cost { memory: number(0), passes: number(4), lanes: number(8) };
        cost.is_fair().then_some(Self { salt: *salt, cost, prefix: *prefix }).ok_or(BackupError::NotABackup)
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = [&MAGIC[..], &[FORMAT], &self.salt].concat();
        for number in [self.cost.memory, self.cost.passes, self.cost.lanes] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&self.prefix);
        bytes
    }

    fn nonce(&self, number: usize, last: bool) -> XNonce {
        let number = u32::try_from(number).expect("shorter than 256 TiB").to_be_bytes();
        let mut nonce = [0; 24];
        nonce[..PREFIX_BYTES].copy_from_slice(&self.prefix);
        nonce[PREFIX_BYTES..23].copy_from_slice(&number);
        nonce[23] = u8::from(last);
        XNonce::from(nonce)
    }
}

/// Seals a backup under what [`Cost::stretch`] made of the passphrase, with the salt and cost of the header.
pub fn seal_backup(header: &BackupHeader, key: &[u8; 32], plain: &[u8]) -> Vec<u8> {
    let cipher = XChaCha20Poly1305::new(key.into());
    let aad = header.encode();
    let whole = plain.len() / CHUNK_BYTES;
    let mut file = Vec::with_capacity(aad.len() + plain.len() + TAG_BYTES * (whole + 1));
    file.extend_from_slice(&aad);
    for number in 0..=whole {
        let msg = &plain[number * CHUNK_BYTES..plain.len().min((number + 1) * CHUNK_BYTES)];
        let sealed = cipher.encrypt(&header.nonce(number, number == whole), Payload { msg, aad: &aad });
        file.extend_from_slice(&sealed.expect("shorter than 256 GiB"));
    }
    file
}

/// Opens a backup by what [`Cost::stretch`] made of the passphrase, with the salt and cost of its header.
///
/// # Errors
/// [`BackupError`]; then nothing of it is given, however much was sound.
pub fn open_backup(file: &[u8], key: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>, BackupError> {
    let header = BackupHeader::read(file)?;
    let (aad, sealed) = file.split_at(HEADER_BYTES);
    let cipher = XChaCha20Poly1305::new(key.into());
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let whole = sealed.len().saturating_sub(TAG_BYTES) / (CHUNK_BYTES + TAG_BYTES);
    for number in 0..=whole {
        let from = number * (CHUNK_BYTES + TAG_BYTES);
        let msg = &sealed[from..sealed.len().min(from + CHUNK_BYTES + TAG_BYTES)];
        let opened = cipher.decrypt(&header.nonce(number, number == whole), Payload { msg, aad });
        let failed = if number == 0 { BackupError::WrongPassphrase } else { BackupError::Damaged };
        plain.extend_from_slice(&Zeroizing::new(opened.map_err(|_| failed)?));
    }
    Ok(plain)
}
