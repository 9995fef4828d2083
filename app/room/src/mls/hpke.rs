//! What is sealed to one seat: HPKE (RFC 9180, base mode) with the room's own suite, so hybrid where the room is.

use hkdf::Hkdf;
use openmls::prelude::{HpkeCiphertext, HpkeKeyPair, OpenMlsCrypto as _};
use record::CallKey;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::crypto::Crypto;
use super::{MlsError, SeatKey, Suite};

const ANSWER: &[u8] = b"nonpaper/answer/v1";
const CALL: &[u8] = b"nonpaper/call/v1";

/// A key pair for one answer.
pub(crate) struct OneTimeKey {
    suite: Suite,
    pair: HpkeKeyPair,
}

impl OneTimeKey {
    /// Derives the pair from fresh random bytes.
    pub(crate) fn derive(suite: Suite, seed: &[u8; 32]) -> Result<Self, MlsError> {
        pair_of(suite, seed).map(|pair| Self { suite, pair })
    }

    pub(crate) fn public(&self) -> &[u8] {
        &self.pair.public
    }

    /// Opens what was sealed to this key with the same `aad`.
    pub(crate) fn open(&self, sealed: &Sealed, aad: &[u8]) -> Result<Vec<u8>, MlsError> {
        open(self.suite, &self.pair, ANSWER, aad, sealed)
    }
}

/// An HPKE ciphertext with its encapsulated key.
#[derive(Clone)]
pub(crate) struct Sealed {
    pub(crate) kem_output: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
}

/// Seals to somebody's one-time key.
pub(crate) fn seal_to(suite: Suite, public: &[u8], aad: &[u8], plain: &[u8]) -> Result<Sealed, MlsError> {
    seal(suite, public, ANSWER, aad, plain)
}

/// Returns the key by which a seat is called in rooms of a suite. Its private half is HKDF-SHA256 of the seed of the seat's key, so
/// it is kept, and backed up, with that.
pub fn call_key(seat: &SeatKey, suite: Suite) -> Result<CallKey, MlsError> {
    Ok(CallKey(call_pair(seat, suite)?.public.into()))
}

/// Seals a slip to a call key: encapsulated key ‖ ciphertext.
pub fn seal_slip(suite: Suite, to: &CallKey, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, MlsError> {
    let Sealed { kem_output, ciphertext } = seal(suite, &to.0, CALL, aad, plain)?;
    Ok([kem_output, ciphertext].concat())
}

/// Opens a slip sealed to the seat's call key with the same `aad`.
pub fn open_slip(suite: Suite, seat: &SeatKey, aad: &[u8], slip: &[u8]) -> Result<Vec<u8>, MlsError> {
    let (kem_output, ciphertext) = slip.split_at_checked(suite.encapsulated()).ok_or(MlsError::Invalid("slip"))?;
    let sealed = Sealed { kem_output: kem_output.to_vec(), ciphertext: ciphertext.to_vec() };
    open(suite, &call_pair(seat, suite)?, CALL, aad, &sealed)
}

fn call_pair(seat: &SeatKey, suite: Suite) -> Result<HpkeKeyPair, MlsError> {
    let mut seed = Zeroizing::new([0; 32]);
    let expanded = Hkdf::<Sha256>::new(None, seat.signing_key().as_bytes()).expand(b"nonpaper/call-key/v1", &mut *seed);
    expanded.map_err(|_| MlsError::Failed("derive a call key"))?;
    pair_of(suite, &seed)
}

/// RFC 9180 section 7.1.3.
fn pair_of(suite: Suite, seed: &[u8; 32]) -> Result<HpkeKeyPair, MlsError> {
    let pair = Crypto.derive_hpke_keypair(suite.ciphersuite().hpke_config(), seed);
    pair.map_err(|_| MlsError::Failed("derive a key pair"))
}

fn seal(suite: Suite, public: &[u8], info: &[u8], aad: &[u8], plain: &[u8]) -> Result<Sealed, MlsError> {
    let sealed = Crypto
        .hpke_seal(suite.ciphersuite().hpke_config(), public, info, aad, plain)
        .map_err(|_| MlsError::Invalid("public key"))?;
    Ok(Sealed { kem_output: sealed.kem_output.as_slice().to_vec(), ciphertext: sealed.ciphertext.as_slice().to_vec() })
}

fn open(suite: Suite, pair: &HpkeKeyPair, info: &[u8], aad: &[u8], sealed: &Sealed) -> Result<Vec<u8>, MlsError> {
    let input =
        HpkeCiphertext { kem_output: sealed.kem_output.clone().into(), ciphertext: sealed.ciphertext.clone().into() };
    Crypto
        .hpke_open(suite.ciphersuite().hpke_config(), &input, &pair.private, info, aad)
        .map_err(|_| MlsError::Invalid("what is sealed to a key"))
}
