//! The room's own cryptography beside OpenMLS' provider, and against vectors of the standards.

use hpke_rs::hpke_types::KemAlgorithm;
use hpke_rs_crypto::HpkeCrypto as _;
use openmls::prelude::{Ciphersuite, HpkeCiphertext, HpkeConfig, OpenMlsCrypto as _};
use openmls_rust_crypto::RustCrypto;
use openmls_traits::types::{AeadType, CryptoError, HashType, HpkeAeadType, HpkeKdfType, HpkeKemType, SignatureScheme};
use serde::Deserialize;

use super::Suite;
use super::crypto::Crypto;
use super::hpke_crypto::Algorithms;
use super::vectors::Hex;

const SUITES: [Suite; 2] = [Suite::Hybrid, Suite::Classical];
const HASHES: [HashType; 2] = [HashType::Sha2_256, HashType::Sha2_384];
const INFO: &[u8] = b"info";
const AAD: &[u8] = b"aad";

fn config(suite: Suite) -> HpkeConfig {
    suite.ciphersuite().hpke_config()
}

fn bytes(hex: &str) -> Vec<u8> {
    serde_json::from_value::<Hex>(hex.into()).expect("hexadecimal").0
}

#[test]
fn what_one_seals_the_other_opens() {
    let (ours, peers) = (Crypto, RustCrypto::default());
    for suite in SUITES {
        let pair = ours.derive_hpke_keypair(config(suite), &[7; 32]).expect("derives");
        let same = peers.derive_hpke_keypair(config(suite), &[7; 32]).expect("derives");
        assert_eq!((&pair.public, &*pair.private), (&same.public, &*same.private), "{suite:?}");

        let sealed = ours.hpke_seal(config(suite), &pair.public, INFO, AAD, b"a secret").expect("seals");
        assert_eq!(sealed.kem_output.as_slice().len(), suite.encapsulated());
        assert_eq!(peers.hpke_open(config(suite), &sealed, &pair.private, INFO, AAD).expect("opens"), b"a secret");
        let sealed = peers.hpke_seal(config(suite), &pair.public, INFO, AAD, b"a secret").expect("seals");
        assert_eq!(ours.hpke_open(config(suite), &sealed, &pair.private, INFO, AAD).expect("opens"), b"a secret");
        assert_eq!(
            ours.hpke_open(config(suite), &sealed, &pair.private, INFO, b"another"),
            Err(CryptoError::HpkeDecryptionError),
        );

        let sent =
            ours.hpke_setup_sender_and_export(config(suite), &pair.public, INFO, b"context", 48).expect("exports");
        let received = peers
            .hpke_setup_receiver_and_export(config(suite), &sent.0, &pair.private, INFO, b"context", 48)
            .expect("exports");
        assert_eq!(*sent.1, *received, "{suite:?}");
        let sent =
            peers.hpke_setup_sender_and_export(config(suite), &pair.public, INFO, b"context", 48).expect("exports");
        let received = ours
            .hpke_setup_receiver_and_export(config(suite), &sent.0, &pair.private, INFO, b"context", 48)
            .expect("exports");
        assert_eq!(*sent.1, *received, "{suite:?}");
    }
}

#[test]
fn every_sealing_draws_anew() {
    for suite in SUITES {
        let pair = Crypto.derive_hpke_keypair(config(suite), &[7; 32]).expect("derives");
        let seal = || Crypto.hpke_seal(config(suite), &pair.public, INFO, AAD, b"a secret").expect("seals");
        let (one, other) = (seal(), seal());
        assert_ne!(one.kem_output.as_slice(), other.kem_output.as_slice(), "{suite:?}");
        assert_ne!(one.ciphertext.as_slice(), other.ciphertext.as_slice(), "{suite:?}");
        let export = || {
            let sent = Crypto.hpke_setup_sender_and_export(config(suite), &pair.public, INFO, b"context", 32);
            sent.expect("exports").0
        };
        assert_ne!(export(), export(), "{suite:?}");
    }
    let ed25519 = SignatureScheme::ED25519;
    assert_ne!(Crypto.signature_key_gen(ed25519), Crypto.signature_key_gen(ed25519));
}

#[test]
fn a_key_of_small_order_signs_nothing() {
    // The neutral point: with it, R neutral and S zero, the plain equation of RFC 8032 holds for every message.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let signature = [neutral, [0; 32]].concat();
    let verified = Crypto.verify_signature(SignatureScheme::ED25519, b"words", &neutral, &signature);
    assert_eq!(verified, Err(CryptoError::InvalidSignature));
}

#[test]
fn hashes_and_derived_keys_are_those_of_the_peer() {
    let (ours, peers) = (Crypto, RustCrypto::default());
    for hash in HASHES {
        assert_eq!(ours.hash(hash, AAD), peers.hash(hash, AAD));
        for salt in [&b""[..], &[3; 200]] {
            let prk = ours.hkdf_extract(hash, salt, INFO).expect("extracts");
            assert_eq!(prk.as_slice(), peers.hkdf_extract(hash, salt, INFO).expect("extracts").as_slice());
            assert_eq!(
                ours.hmac(hash, salt, AAD).expect("any length").as_slice(),
                peers.hmac(hash, salt, AAD).expect("any length").as_slice(),
            );
            for length in [0, 1, 32, 255 * 32] {
                assert_eq!(
                    ours.hkdf_expand(hash, prk.as_slice(), INFO, length).expect("expands").as_slice(),
                    peers.hkdf_expand(hash, prk.as_slice(), INFO, length).expect("expands").as_slice(),
                );
            }
        }
        assert!(ours.hkdf_expand(hash, &[1; 64], INFO, 256 * 64).is_err(), "longer than RFC 5869 allows");
        assert!(ours.hkdf_expand(hash, &[1; 16], INFO, 32).is_err(), "from less than a hash");
    }
}

#[test]
fn aead_and_signatures_are_those_of_the_peer() {
    let (ours, peers) = (Crypto, RustCrypto::default());
    for (aead, key) in [(AeadType::Aes128Gcm, &[1; 16][..]), (AeadType::Aes256Gcm, &[1; 32])] {
        let sealed = ours.aead_encrypt(aead, key, b"plain", &[2; 12], AAD).expect("seals");
        assert_eq!(peers.aead_encrypt(aead, key, b"plain", &[2; 12], AAD).expect("seals"), sealed);
        assert_eq!(ours.aead_decrypt(aead, key, &sealed, &[2; 12], AAD).expect("opens"), b"plain");
        for (key, sealed, nonce) in [
            (key, &sealed[..], &[3; 12][..]),
            (key, &sealed[1..], &[2; 12]),
            (key, b"", &[2; 12]),
            (key, &sealed, &[2; 11]),
            (b"", &sealed, &[2; 12]),
        ] {
            assert_eq!(ours.aead_decrypt(aead, key, sealed, nonce, AAD), Err(CryptoError::AeadDecryptionError));
        }
        assert!(ours.aead_encrypt(aead, &key[1..], b"plain", &[2; 12], AAD).is_err());
        assert!(ours.aead_encrypt(aead, key, b"plain", &[2; 13], AAD).is_err());
    }

    let ed25519 = SignatureScheme::ED25519;
    let (private, public) = ours.signature_key_gen(ed25519).expect("generates");
    let signature = ours.sign(ed25519, b"words", &private).expect("signs");
    assert_eq!(peers.sign(ed25519, b"words", &private).expect("signs"), signature);
    assert_eq!(ours.verify_signature(ed25519, b"words", &public, &signature), Ok(()));
    assert!(ours.verify_signature(ed25519, b"other words", &public, &signature).is_err());
    assert!(ours.verify_signature(ed25519, b"words", &public, &signature[1..]).is_err());
    assert!(ours.verify_signature(ed25519, b"words", &public[1..], &signature).is_err());
    assert!(ours.sign(ed25519, b"words", &private[1..]).is_err());
}

#[derive(Deserialize)]
struct XWing {
    sk: Hex,
    pk: Hex,
    ct: Hex,
    ss: Hex,
}

/// Of draft-connolly-cfrg-xwing-kem-06, appendix C.
#[test]
fn x_wing_is_the_one_of_the_draft() {
    let vectors: Vec<XWing> = serde_json::from_str(include_str!("../../vectors/x-wing.json")).expect("vectors");
    assert_eq!(vectors.len(), 3);
    for XWing { sk, pk, ct, ss } in vectors {
        let kem = KemAlgorithm::XWingDraft06;
        assert_eq!(Algorithms::kem_key_gen_derand(kem, &sk.0).expect("a seed"), (pk.0, sk.0.clone()));
        assert_eq!(Algorithms::kem_decaps(kem, &ct.0, &sk.0).expect("a ciphertext"), ss.0);
    }
}

/// RFC 9180, appendix A.1.1.
#[test]
fn hpke_is_the_one_of_the_rfc() {
    let sealed = HpkeCiphertext {
        kem_output: bytes("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431").into(),
        ciphertext: bytes("f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a")
            .into(),
    };
    let private = bytes("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8");
    let info = b"Ode on a Grecian Urn";
    let opened = Crypto.hpke_open(config(Suite::Classical), &sealed, &private, info, b"Count-0");
    assert_eq!(opened.expect("opens"), b"Beauty is truth, truth beauty");
}

#[test]
fn keys_that_give_no_secret_are_refused() {
    for suite in SUITES {
        let pair = Crypto.derive_hpke_keypair(config(suite), &[7; 32]).expect("derives");
        let sealed = Crypto.hpke_seal(config(suite), &pair.public, INFO, AAD, b"a secret").expect("seals");
        for public in [&pair.public[1..], b""] {
            assert!(Crypto.hpke_seal(config(suite), public, INFO, AAD, b"a secret").is_err(), "{suite:?}");
        }
        for private in [&pair.private[1..], b""] {
            assert!(Crypto.hpke_open(config(suite), &sealed, private, INFO, AAD).is_err(), "{suite:?}");
        }
        let cut = HpkeCiphertext { kem_output: sealed.kem_output.as_slice()[1..].into(), ..sealed };
        assert!(Crypto.hpke_open(config(suite), &cut, &pair.private, INFO, AAD).is_err(), "{suite:?}");
    }
    let neutral = [0; 32];
    assert!(Crypto.hpke_seal(config(Suite::Classical), &neutral, INFO, AAD, b"a secret").is_err());
}

#[test]
fn what_no_suite_has_is_refused() {
    assert_eq!(Crypto.supported_ciphersuites(), SUITES.map(Suite::ciphersuite));
    for other in [
        Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256,
        Ciphersuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519,
        Ciphersuite::MLS_192_MLKEM1024_AES256GCM_SHA384_P384,
    ] {
        assert_eq!(Crypto.supports(other), Err(CryptoError::UnsupportedCiphersuite));
    }
    for config in [
        HpkeConfig(HpkeKemType::DhKemP256, HpkeKdfType::HkdfSha256, HpkeAeadType::AesGcm128),
        HpkeConfig(HpkeKemType::MlKem768, HpkeKdfType::HkdfSha384, HpkeAeadType::AesGcm256),
        HpkeConfig(HpkeKemType::DhKem25519, HpkeKdfType::HkdfSha512, HpkeAeadType::AesGcm128),
        HpkeConfig(HpkeKemType::DhKem25519, HpkeKdfType::HkdfSha256, HpkeAeadType::ChaCha20Poly1305),
        HpkeConfig(HpkeKemType::DhKem25519, HpkeKdfType::HkdfSha256, HpkeAeadType::Export),
    ] {
        assert!(Crypto.derive_hpke_keypair(config, &[7; 32]).is_err());
    }
    assert_eq!(Crypto.hash(HashType::Sha2_512, b""), Err(CryptoError::UnsupportedHashAlgorithm));
    for scheme in [SignatureScheme::ECDSA_SECP256R1_SHA256, SignatureScheme::MLDSA65] {
        assert_eq!(Crypto.sign(scheme, b"", &[1; 32]), Err(CryptoError::UnsupportedSignatureScheme));
        assert_eq!(Crypto.verify_signature(scheme, b"", &[1; 32], b""), Err(CryptoError::UnsupportedSignatureScheme));
    }
}
