//! What HPKE (RFC 9180) is made of in the two suites: X25519 and X-Wing (draft-connolly-cfrg-xwing-kem-06), HKDF with SHA-256 and
//! SHA-384, AES-GCM. The scheme itself is `hpke_rs`.

use std::convert::Infallible;

use aes_gcm::{Aes128Gcm, Aes256Gcm};
use hpke_rs::hpke_types::{AeadAlgorithm, KdfAlgorithm, KemAlgorithm};
use hpke_rs_crypto::error::Error;
use hpke_rs_crypto::{HpkeCrypto, HpkeTestRng, TryCryptoRng, TryRng};
use openmls_traits::types::HashType;
use x_wing::{Decapsulate as _, Decapsulator as _, Encapsulate as _, KeyExport as _, TryKeyInit as _};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroize;

use super::crypto::{expand, extract, open, seal};

#[derive(Debug)]
pub(super) struct Algorithms;

impl HpkeCrypto for Algorithms {
    type HpkePrng = SystemRandomness;

    fn name() -> String {
        "the algorithms of the two suites".into()
    }

    fn supports_kdf(algorithm: KdfAlgorithm) -> Result<(), Error> {
        match algorithm {
            KdfAlgorithm::HkdfSha256 | KdfAlgorithm::HkdfSha384 => Ok(()),
            KdfAlgorithm::HkdfSha512 => Err(Error::UnknownKdfAlgorithm),
        }
    }

    fn supports_kem(algorithm: KemAlgorithm) -> Result<(), Error> {
        Kem::of(algorithm).map(drop)
    }

    fn supports_aead(algorithm: AeadAlgorithm) -> Result<(), Error> {
        match algorithm {
            AeadAlgorithm::Aes128Gcm | AeadAlgorithm::Aes256Gcm => Ok(()),
            AeadAlgorithm::ChaCha20Poly1305 | AeadAlgorithm::HpkeExport => Err(Error::UnknownAeadAlgorithm),
        }
    }

    fn prng() -> SystemRandomness {
        SystemRandomness
    }

    fn kdf_extract(algorithm: KdfAlgorithm, salt: &[u8], ikm: &[u8]) -> Result<Vec<u8>, Error> {
        extract(hash_of(algorithm), salt, ikm).ok_or(Error::UnknownKdfAlgorithm)
    }

    fn kdf_expand(algorithm: KdfAlgorithm, prk: &[u8], info: &[u8], length: usize) -> Result<Vec<u8>, Error> {
        expand(hash_of(algorithm), prk, info, length).ok_or(Error::HpkeInvalidOutputLength)
    }

    /// X25519; the shared secret of a point of small order is refused (RFC 9180 section 7.1.4).
    fn dh(algorithm: KemAlgorithm, public: &[u8], private: &[u8]) -> Result<Vec<u8>, Error> {
        Kem::of(algorithm)?.is_x25519()?;
        let public = <[u8; 32]>::try_from(public).map_err(|_| Error::KemInvalidPublicKey)?;
        let shared = secret(private)?.diffie_hellman(&PublicKey::from(public));
        if shared.was_contributory() { Ok(shared.as_bytes().to_vec()) } else { Err(Error::KemInvalidPublicKey) }
    }

    fn secret_to_public(algorithm: KemAlgorithm, private: &[u8]) -> Result<Vec<u8>, Error> {
        Kem::of(algorithm)?.is_x25519()?;
        Ok(PublicKey::from(&secret(private)?).as_bytes().to_vec())
    }

    /// MLS derives every key pair.
    fn kem_key_gen(_: KemAlgorithm, _: &mut SystemRandomness) -> Result<(Vec<u8>, Vec<u8>), Error> {
        Err(Error::UnsupportedKemOperation)
    }

    fn kem_key_gen_derand(algorithm: KemAlgorithm, seed: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Error> {
        Kem::of(algorithm)?.is_x_wing()?;
        let private = decapsulation_key(seed)?;
        Ok((private.encapsulation_key().to_bytes().to_vec(), seed.to_vec()))
    }

    fn kem_encaps(
        algorithm: KemAlgorithm,
        public: &[u8],
        randomness: &mut SystemRandomness,
    ) -> Result<(Vec<u8>, Vec<u8>), Error> {
        Kem::of(algorithm)?.is_x_wing()?;
        let public = x_wing::EncapsulationKey::new_from_slice(public).map_err(|_| Error::KemInvalidPublicKey)?;
        let (encapsulated, shared) = public.encapsulate_with_rng(randomness);
        Ok((shared.to_vec(), encapsulated.to_vec()))
    }

    fn kem_decaps(algorithm: KemAlgorithm, encapsulated: &[u8], private: &[u8]) -> Result<Vec<u8>, Error> {
        Kem::of(algorithm)?.is_x_wing()?;
        let encapsulated = encapsulated.try_into().map_err(|_| Error::KemInvalidCiphertext)?;
        Ok(decapsulation_key(private)?.decapsulate(encapsulated).to_vec())
    }

    /// Of the curves of NIST alone.
    fn dh_validate_sk(_: KemAlgorithm, _: &[u8]) -> Result<Vec<u8>, Error> {
        Err(Error::UnsupportedKemOperation)
    }

    fn aead_seal(
        algorithm: AeadAlgorithm,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let sealed = match algorithm {
            AeadAlgorithm::Aes128Gcm => seal::<Aes128Gcm>(key, nonce, aad, plain),
            AeadAlgorithm::Aes256Gcm => seal::<Aes256Gcm>(key, nonce, aad, plain),
            AeadAlgorithm::ChaCha20Poly1305 | AeadAlgorithm::HpkeExport => return Err(Error::UnknownAeadAlgorithm),
        };
        sealed.ok_or(Error::AeadInvalidNonce)
    }

    fn aead_open(
        algorithm: AeadAlgorithm,
        key: &[u8],
        nonce: &[u8],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let opened = match algorithm {
            AeadAlgorithm::Aes128Gcm => open::<Aes128Gcm>(key, nonce, aad, sealed),
            AeadAlgorithm::Aes256Gcm => open::<Aes256Gcm>(key, nonce, aad, sealed),
            AeadAlgorithm::ChaCha20Poly1305 | AeadAlgorithm::HpkeExport => return Err(Error::UnknownAeadAlgorithm),
        };
        opened.ok_or(Error::AeadOpenError)
    }
}

fn hash_of(algorithm: KdfAlgorithm) -> HashType {
    match algorithm {
        KdfAlgorithm::HkdfSha256 => HashType::Sha2_256,
        KdfAlgorithm::HkdfSha384 => HashType::Sha2_384,
        KdfAlgorithm::HkdfSha512 => HashType::Sha2_512,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kem {
    X25519,
    XWing,
}

impl Kem {
    #[expect(clippy::wildcard_enum_match_arm, reason = "one of its names is deprecated, and cannot be named")]
    fn of(algorithm: KemAlgorithm) -> Result<Self, Error> {
        match algorithm {
            KemAlgorithm::DhKem25519 => Ok(Kem::X25519),
            KemAlgorithm::XWingDraft06 => Ok(Kem::XWing),
            _ => Err(Error::UnknownKemAlgorithm),
        }
    }

    fn is_x25519(self) -> Result<(), Error> {
        if self == Kem::X25519 { Ok(()) } else { Err(Error::UnsupportedKemOperation) }
    }

    fn is_x_wing(self) -> Result<(), Error> {
        if self == Kem::XWing { Ok(()) } else { Err(Error::UnsupportedKemOperation) }
    }
}

fn secret(private: &[u8]) -> Result<StaticSecret, Error> {
    <[u8; 32]>::try_from(private).map(StaticSecret::from).map_err(|_| Error::KemInvalidSecretKey)
}

fn decapsulation_key(seed: &[u8]) -> Result<x_wing::DecapsulationKey, Error> {
    <[u8; 32]>::try_from(seed).map(x_wing::DecapsulationKey::from).map_err(|_| Error::KemInvalidSecretKey)
}

/// Randomness of the operating system. Panics where there is none: nothing could be sealed there.
pub(super) struct SystemRandomness;

impl TryRng for SystemRandomness {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        getrandom::fill(bytes).expect("the operating system has randomness");
        Ok(())
    }
}

impl TryCryptoRng for SystemRandomness {}

impl Zeroize for SystemRandomness {
    fn zeroize(&mut self) {}
}

/// Asked for by the trait, used by nobody: hpke_rs draws test vectors from it.
impl HpkeTestRng for SystemRandomness {
    type Error = Infallible;

    fn try_fill_test_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.try_fill_bytes(bytes)
    }

    fn seed(&mut self, _: &[u8]) {}
}
