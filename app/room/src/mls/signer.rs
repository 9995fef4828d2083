//! The key a seat signs with: in MLS, in ops and in frames, each with its own tag.

use ed25519_dalek::{Signer as _, SigningKey};
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;
use record::AuthorKey;

/// A seat's Ed25519 key pair, RFC 8032. Zeroized when dropped; has no Debug.
#[derive(Clone)]
pub struct SeatKey(SigningKey);

impl SeatKey {
    /// Makes the key pair of a seed.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The public half, which names the seat.
    pub fn public(&self) -> AuthorKey {
        AuthorKey(self.0.verifying_key().to_bytes())
    }

    /// The pair, for signing ops.
    pub fn signing_key(&self) -> &SigningKey {
        &self.0
    }
}

impl Signer for SeatKey {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.sign(payload).to_bytes().to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ED25519
    }
}
