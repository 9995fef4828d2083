//! The cryptography of the two suites, and no other: what OpenMLS and HPKE ask for, done by RustCrypto and dalek.
//!
//! `openmls_rust_crypto` does the same for all suites it knows, so that P-256, P-384, secp256k1 and ML-DSA are part of whatever
//! links it, together with a second copy of SHA-2 and of Curve25519. It stays as the peer that the tests compare with.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes128Gcm, Aes256Gcm, KeyInit};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use hpke_rs::hpke_types::{AeadAlgorithm, KdfAlgorithm, KemAlgorithm};
use hpke_rs::{Hpke, HpkeError, Mode};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::types::{
    AeadType, Ciphersuite, CryptoError, ExporterSecret, HashType, HpkeAeadType, HpkeCiphertext, HpkeConfig,
    HpkeKdfType, HpkeKemType, HpkeKeyPair, SignatureScheme,
};
use sha2::{Digest as _, Sha256, Sha384};
use tls_codec::SecretVLBytes;

use super::Suite;
use super::hpke_crypto::Algorithms;

/// Has no state: every key and every random byte comes from outside.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Crypto;

impl OpenMlsCrypto for Crypto {
    fn supports(&self, ciphersuite: Ciphersuite) -> Result<(), CryptoError> {
        let known = self.supported_ciphersuites().contains(&ciphersuite);
        known.then_some(()).ok_or(CryptoError::UnsupportedCiphersuite)
    }

    fn supported_ciphersuites(&self) -> Vec<Ciphersuite> {
        [Suite::Hybrid, Suite::Classical].map(Suite::ciphersuite).into()
    }

    fn hkdf_extract(&self, hash: HashType, salt: &[u8], ikm: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        extract(hash, salt, ikm).map(Into::into).ok_or(CryptoError::UnsupportedHashAlgorithm)
    }

    fn hmac(&self, hash: HashType, key: &[u8], message: &[u8]) -> Result<SecretVLBytes, CryptoError> {
        match hash {
            HashType::Sha2_256 => tag::<Hmac<Sha256>>(key, message),
            HashType::Sha2_384 => tag::<Hmac<Sha384>>(key, message),
            HashType::Sha2_512 => Err(CryptoError::UnsupportedHashAlgorithm),
        }
    }

    fn hkdf_expand(
        &self,
        hash: HashType,
        prk: &[u8],
        info: &[u8],
        length: usize,
    ) -> Result<SecretVLBytes, CryptoError> {
        expand(hash, prk, info, length).map(Into::into).ok_or(CryptoError::HkdfOutputLengthInvalid)
    }

    fn hash(&self, hash: HashType, data: &[u8]) -> Result<Vec<u8>, CryptoError> {
        match hash {
            HashType::Sha2_256 => Ok(Sha256::digest(data).to_vec()),
            HashType::Sha2_384 => Ok(Sha384::digest(data).to_vec()),
            HashType::Sha2_512 => Err(CryptoError::UnsupportedHashAlgorithm),
        }
    }

    fn aead_encrypt(
        &self,
        algorithm: AeadType,
        key: &[u8],
        data: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let sealed = match algorithm {
            AeadType::Aes128Gcm => seal::<Aes128Gcm>(key, nonce, aad, data),
            AeadType::Aes256Gcm => seal::<Aes256Gcm>(key, nonce, aad, data),
            AeadType::ChaCha20Poly1305 => return Err(CryptoError::UnsupportedAeadAlgorithm),
        };
        sealed.ok_or(CryptoError::CryptoLibraryError)
    }

    fn aead_decrypt(
        &self,
        algorithm: AeadType,
        key: &[u8],
        sealed: &[u8],
        nonce: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let opened = match algorithm {
            AeadType::Aes128Gcm => open::<Aes128Gcm>(key, nonce, aad, sealed),
            AeadType::Aes256Gcm => open::<Aes256Gcm>(key, nonce, aad, sealed),
            AeadType::ChaCha20Poly1305 => return Err(CryptoError::UnsupportedAeadAlgorithm),
        };
        opened.ok_or(CryptoError::AeadDecryptionError)
    }

    fn signature_key_gen(&self, scheme: SignatureScheme) -> Result<(Vec<u8>, Vec<u8>), CryptoError> {
        only_ed25519(scheme)?;
        let seed = self.random_array::<32>().map_err(|_| CryptoError::InsufficientRandomness)?;
        let key = SigningKey::from_bytes(&seed);
        Ok((seed.into(), key.verifying_key().to_bytes().into()))
    }

    /// Strict: neither keys of small order nor two signatures for one message.
    fn verify_signature(
        &self,
        scheme: SignatureScheme,
        data: &[u8],
        public: &[u8],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        only_ed25519(scheme)?;
        let key = VerifyingKey::try_from(public).map_err(|_| CryptoError::InvalidPublicKey)?;
        let signature = Signature::from_slice(signature).map_err(|_| CryptoError::InvalidSignature)?;
        key.verify_strict(data, &signature).map_err(|_| CryptoError::InvalidSignature)
    }

    fn sign(&self, scheme: SignatureScheme, data: &[u8], key: &[u8]) -> Result<Vec<u8>, CryptoError> {
        only_ed25519(scheme)?;
        let key = SigningKey::try_from(key).map_err(|_| CryptoError::SigningError)?;
        Ok(key.sign(data).to_bytes().into())
    }

    fn hpke_seal(
        &self,
        config: HpkeConfig,
        public: &[u8],
        info: &[u8],
        aad: &[u8],
        plain: &[u8],
    ) -> Result<HpkeCiphertext, CryptoError> {
        let sealed = hpke(config)?.seal(&public.into(), info, aad, plain, None, None, None);
        let (kem_output, ciphertext) = sealed.map_err(hpke_error)?;
        Ok(HpkeCiphertext { kem_output: kem_output.into(), ciphertext: ciphertext.into() })
    }

    fn hpke_open(
        &self,
        config: HpkeConfig,
        input: &HpkeCiphertext,
        private: &[u8],
        info: &[u8],
        aad: &[u8],
    ) -> Result<Vec<u8>, CryptoError> {
        let (kem_output, ciphertext) = (input.kem_output.as_slice(), input.ciphertext.as_slice());
        let opened = hpke(config)?.open(kem_output, &private.into(), info, aad, ciphertext, None, None, None);
        opened.map_err(|_| CryptoError::HpkeDecryptionError)
    }

    fn hpke_setup_sender_and_export(
        &self,
        config: HpkeConfig,
        public: &[u8],
        info: &[u8],
        exporter_context: &[u8],
        exporter_length: usize,
    ) -> Result<(Vec<u8>, ExporterSecret), CryptoError> {
        let sender = hpke(config)?.setup_sender(&public.into(), info, None, None, None);
        let (kem_output, context) = sender.map_err(|_| CryptoError::SenderSetupError)?;
        let secret = context.export(exporter_context, exporter_length).map_err(|_| CryptoError::ExporterError)?;
        Ok((kem_output, secret.into()))
    }

    fn hpke_setup_receiver_and_export(
        &self,
        config: HpkeConfig,
        kem_output: &[u8],
        private: &[u8],
        info: &[u8],
        exporter_context: &[u8],
        exporter_length: usize,
    ) -> Result<ExporterSecret, CryptoError> {
        let receiver = hpke(config)?.setup_receiver(kem_output, &private.into(), info, None, None, None);
        let context = receiver.map_err(|_| CryptoError::ReceiverSetupError)?;
        let secret = context.export(exporter_context, exporter_length).map_err(|_| CryptoError::ExporterError)?;
        Ok(secret.into())
    }

    fn derive_hpke_keypair(&self, config: HpkeConfig, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        let (private, public) = hpke(config)?.derive_key_pair(ikm).map_err(hpke_error)?.into_keys();
        Ok(HpkeKeyPair { private: private.as_slice().into(), public: public.as_slice().into() })
    }
}

impl OpenMlsRand for Crypto {
    type Error = getrandom::Error;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], getrandom::Error> {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes)?;
        Ok(bytes)
    }

    fn random_vec(&self, length: usize) -> Result<Vec<u8>, getrandom::Error> {
        let mut bytes = vec![0; length];
        getrandom::fill(&mut bytes)?;
        Ok(bytes)
    }
}

fn only_ed25519(scheme: SignatureScheme) -> Result<(), CryptoError> {
    if scheme == SignatureScheme::ED25519 { Ok(()) } else { Err(CryptoError::UnsupportedSignatureScheme) }
}

/// HKDF (RFC 5869). None for a hash that no suite has.
pub(super) fn extract(hash: HashType, salt: &[u8], ikm: &[u8]) -> Option<Vec<u8>> {
    match hash {
        HashType::Sha2_256 => Some(Hkdf::<Sha256>::extract(Some(salt), ikm).0.to_vec()),
        HashType::Sha2_384 => Some(Hkdf::<Sha384>::extract(Some(salt), ikm).0.to_vec()),
        HashType::Sha2_512 => None,
    }
}

/// None also for a length that RFC 5869 does not allow, and for a key shorter than the hash.
pub(super) fn expand(hash: HashType, prk: &[u8], info: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut okm = vec![0; length];
    match hash {
        HashType::Sha2_256 => Hkdf::<Sha256>::from_prk(prk).ok()?.expand(info, &mut okm).ok()?,
        HashType::Sha2_384 => Hkdf::<Sha384>::from_prk(prk).ok()?.expand(info, &mut okm).ok()?,
        HashType::Sha2_512 => return None,
    }
    Some(okm)
}

fn tag<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Result<SecretVLBytes, CryptoError> {
    let mut mac = <M as KeyInit>::new_from_slice(key).map_err(|_| CryptoError::InvalidLength)?;
    mac.update(message);
    Ok(mac.finalize().into_bytes().as_slice().into())
}

/// None for a key or nonce of another length.
pub(super) fn seal<A: Aead + KeyInit>(key: &[u8], nonce: &[u8], aad: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    A::new_from_slice(key).ok()?.encrypt(nonce.try_into().ok()?, Payload { msg: plain, aad }).ok()
}

/// None also for what was not sealed with this key, nonce and `aad`.
pub(super) fn open<A: Aead + KeyInit>(key: &[u8], nonce: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    A::new_from_slice(key).ok()?.decrypt(nonce.try_into().ok()?, Payload { msg: sealed, aad }).ok()
}

fn hpke(HpkeConfig(kem_type, kdf_type, aead_type): HpkeConfig) -> Result<Hpke<Algorithms>, CryptoError> {
    let kem = match kem_type {
        HpkeKemType::DhKem25519 => KemAlgorithm::DhKem25519,
        HpkeKemType::XWingKemDraft6 => KemAlgorithm::XWingDraft06,
        HpkeKemType::DhKemP256
        | HpkeKemType::DhKemP384
        | HpkeKemType::DhKemP521
        | HpkeKemType::DhKem448
        | HpkeKemType::MlKem768
        | HpkeKemType::MlKem1024 => return Err(CryptoError::UnsupportedCiphersuite),
    };
    let kdf = match kdf_type {
        HpkeKdfType::HkdfSha256 => KdfAlgorithm::HkdfSha256,
        HpkeKdfType::HkdfSha384 => KdfAlgorithm::HkdfSha384,
        HpkeKdfType::HkdfSha512 => return Err(CryptoError::UnsupportedKdf),
    };
    let aead = match aead_type {
        HpkeAeadType::AesGcm128 => AeadAlgorithm::Aes128Gcm,
        HpkeAeadType::AesGcm256 => AeadAlgorithm::Aes256Gcm,
        HpkeAeadType::ChaCha20Poly1305 | HpkeAeadType::Export => return Err(CryptoError::UnsupportedAeadAlgorithm),
    };
    Ok(Hpke::new(Mode::Base, kem, kdf, aead))
}

fn hpke_error(error: HpkeError) -> CryptoError {
    if matches!(error, HpkeError::InvalidInput) { CryptoError::InvalidLength } else { CryptoError::CryptoLibraryError }
}
