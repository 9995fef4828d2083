//! What OpenMLS works with: cryptography, randomness, and a place to keep a group.

use openmls_rust_crypto::RustCrypto;
use openmls_traits::OpenMlsProvider;

use super::storage::{Image, Storage};

/// RustCrypto, the randomness of the operating system, and the storage of one group or one key package.
#[derive(Default)]
pub(super) struct Provider {
    crypto: RustCrypto,
    storage: Storage,
}

impl Provider {
    /// Starts from what was kept.
    pub(super) fn of(image: &Image) -> Self {
        Self { crypto: RustCrypto::default(), storage: Storage::of(image) }
    }
}

impl OpenMlsProvider for Provider {
    type CryptoProvider = RustCrypto;
    type RandProvider = RustCrypto;
    type StorageProvider = Storage;

    fn storage(&self) -> &Storage {
        &self.storage
    }

    fn crypto(&self) -> &RustCrypto {
        &self.crypto
    }

    fn rand(&self) -> &RustCrypto {
        &self.crypto
    }
}
