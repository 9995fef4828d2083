//! One-time keys for answers: HPKE (RFC 9180, base mode) with the room's own suite, so hybrid where the room is.

use openmls::prelude::{HpkeCiphertext, HpkeKeyPair, OpenMlsCrypto as _};
use openmls_rust_crypto::RustCrypto;

use super::{MlsError, Suite};

const INFO: &[u8] = b"nonpaper/answer/v1";

/// A key pair for one answer.
pub(crate) struct OneTimeKey {
    suite: Suite,
    pair: HpkeKeyPair,
}

impl OneTimeKey {
    /// Derives the pair from fresh random bytes, RFC 9180 section 7.1.3.
    pub(crate) fn derive(suite: Suite, seed: &[u8; 32]) -> Result<Self, MlsError> {
        let pair = RustCrypto::default()
            .derive_hpke_keypair(suite.ciphersuite().hpke_config(), seed)
            .map_err(|_| MlsError::Failed("derive a one-time key"))?;
        Ok(Self { suite, pair })
    }

    pub(crate) fn public(&self) -> &[u8] {
        &self.pair.public
    }

    /// Opens what was sealed to this key with the same `aad`.
    pub(crate) fn open(&self, sealed: &Sealed, aad: &[u8]) -> Result<Vec<u8>, MlsError> {
        let input = HpkeCiphertext {
            kem_output: sealed.kem_output.clone().into(),
            ciphertext: sealed.ciphertext.clone().into(),
        };
        RustCrypto::default()
            .hpke_open(self.suite.ciphersuite().hpke_config(), &input, &self.pair.private, INFO, aad)
            .map_err(|_| MlsError::Invalid("sealed answer"))
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
    let sealed = RustCrypto::default()
        .hpke_seal(suite.ciphersuite().hpke_config(), public, INFO, aad, plain)
        .map_err(|_| MlsError::Invalid("one-time key"))?;
    Ok(Sealed { kem_output: sealed.kem_output.as_slice().to_vec(), ciphertext: sealed.ciphertext.as_slice().to_vec() })
}
