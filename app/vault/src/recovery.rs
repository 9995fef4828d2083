//! The recovery code: 128 bits on paper, read aloud and typed without mistakes.
//!
//! Seven groups of four characters of Crockford's Base32, without I, L, O and U: 26 carry the 16 bytes (the last two bits are
//! zero), two are a check, the first ten bits of `SHA-256("nonpaper/vault/recovery/v1" ‖ bytes)`.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::key::{StoreId, derive};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUP: usize = 4;
const CHARACTERS: usize = 28;

/// Sixteen random bytes that unlock a store.
#[derive(Clone)]
pub struct RecoveryCode(Zeroizing<[u8; 16]>);

/// What was typed is no code: a wrong character, too few or too many, or the check does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a recovery code")]
pub struct NotACode;

impl RecoveryCode {
    /// From fresh random bytes.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// As people read it: groups of four, between them hyphens.
    pub fn text(&self) -> Zeroizing<String> {
        let bits = u128::from_be_bytes(*self.0);
        let check = self.check();
        let digit = |place: usize| match place {
            0..25 => (bits >> (128 - 5 * (place + 1))) as usize & 31,
            25 => (bits as usize & 7) << 2,
            26 => usize::from(check >> 5),
            _ => usize::from(check & 31),
        };
        let mut text = Zeroizing::new(String::with_capacity(CHARACTERS + CHARACTERS / GROUP));
        for place in 0..CHARACTERS {
            if place > 0 && place % GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(ALPHABET[digit(place)]));
        }
        text
    }

    /// Reads what was typed: any case, any spaces and hyphens, `O` for 0, `I` and `L` for 1.
    ///
    /// # Errors
    /// [`NotACode`] for anything that [`RecoveryCode::text`] never gives.
    pub fn read(typed: &str) -> Result<Self, NotACode> {
        let mut digits = Zeroizing::new([0u8; CHARACTERS]);
        let mut places = digits.iter_mut();
        for typed in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let meant = match typed.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let digit = ALPHABET.iter().position(|c| char::from(*c) == meant).ok_or(NotACode)?;
            *places.next().ok_or(NotACode)? = digit as u8;
        }
        if places.next().is_some() {
            return Err(NotACode);
        }
        let mut bits = 0u128;
        for digit in &digits[..25] {
            bits = bits << 5 | u128::from(*digit);
        }
        bits = bits << 3 | u128::from(digits[25] >> 2);
        let code = Self(Zeroizing::new(bits.to_be_bytes()));
        let check = u16::from(digits[26]) << 5 | u16::from(digits[27]);
        if digits[25] & 3 != 0 || check != code.check() { Err(NotACode) } else { Ok(code) }
    }

    fn check(&self) -> u16 {
        let hash = Sha256::new().chain_update(b"nonpaper/vault/recovery/v1").chain_update(*self.0).finalize();
        u16::from_be_bytes([hash[0], hash[1]]) >> 6
    }

    pub(crate) fn key(&self, store: StoreId) -> Zeroizing<[u8; 32]> {
        derive(&*self.0, store, "nonpaper/vault/recovery/v1")
    }
}
