//! The data key of a store and what is derived from it.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use minicbor::{Decode, Encode};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a nonce in front of what was sealed: random, so that no counter can be set back.
pub(crate) const NONCE_BYTES: usize = 24;

/// Names a store. Random, made once, in the clear.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(transparent)]
pub struct StoreId(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

/// The random key under which everything in a store is sealed.
#[derive(Clone)]
pub struct DataKey(pub(crate) Zeroizing<[u8; 32]>);

impl DataKey {
    /// From 32 fresh random bytes.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for a key of the browser to wrap.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// HKDF-SHA256 (RFC 5869) with the store as salt.
    pub(crate) fn derive(&self, store: StoreId, label: &str) -> Zeroizing<[u8; 32]> {
        derive(&*self.0, store, label)
    }
}

pub(crate) fn derive(secret: &[u8], store: StoreId, label: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(&store.0), secret).expand(label.as_bytes(), &mut *key).expect("32 bytes are not too many");
    key
}

/// XChaCha20-Poly1305; the nonce goes in front.
pub(crate) fn seal(key: &[u8; 32], nonce: [u8; NONCE_BYTES], aad: &[u8], plain: &[u8]) -> Vec<u8> {
    let cipher = XChaCha20Poly1305::new(key.into());
    let payload = Payload { msg: plain, aad };
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).expect("shorter than 256 GiB");
    [&nonce[..], &sealed].concat()
}

pub(crate) fn open(key: &[u8; 32], aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, msg) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let cipher = XChaCha20Poly1305::new(key.into());
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg, aad }).ok().map(Zeroizing::new)
}
