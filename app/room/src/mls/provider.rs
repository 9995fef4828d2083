//! What OpenMLS works with: cryptography, randomness, and a place to keep a group.

use openmls_traits::OpenMlsProvider;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::random::OpenMlsRand;

use super::crypto::Crypto;
use super::storage::{Image, Storage};

/// The cryptography and randomness, and the storage of one group or one key package.
///
/// Tests also put the cryptography of OpenMLS' own provider in.
#[derive(Default)]
pub(super) struct Provider<C = Crypto> {
    crypto: C,
    storage: Storage,
}

impl<C: Default> Provider<C> {
    /// Starts from what was kept.
    pub(super) fn of(image: &Image) -> Self {
        Self { crypto: C::default(), storage: Storage::of(image) }
    }
}

impl<C: OpenMlsCrypto + OpenMlsRand> OpenMlsProvider for Provider<C> {
    type CryptoProvider = C;
    type RandProvider = C;
    type StorageProvider = Storage;

    fn storage(&self) -> &Storage {
        &self.storage
    }

    fn crypto(&self) -> &C {
        &self.crypto
    }

    fn rand(&self) -> &C {
        &self.crypto
    }
}
