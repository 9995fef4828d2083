//! RFC 9420 through OpenMLS. Nothing outside this folder names openmls.
//!
//! No MLS application messages are ever made: MLS gives states and secrets exported from them. So
//! handshakes may travel as PublicMessages inside the sealed envelope, and no ratchet can be rolled back.

mod config;
mod crypto;
#[cfg(test)]
mod crypto_tests;
mod group;
#[cfg(test)]
pub(crate) mod hostile;
mod hpke;
mod hpke_crypto;
mod key_package;
mod packed;
mod provider;
mod signer;
mod storage;
#[cfg(test)]
mod vectors;

pub(crate) use config::FORMAT;
pub use config::{Rules, Suite};
pub(crate) use group::Group;
pub(crate) use hpke::{OneTimeKey, Sealed, seal_to};
pub use hpke::{call_key, open_slip, seal_slip};
pub use key_package::{KeyPackage, KeyPackageSecrets};
pub use signer::SeatKey;
pub(crate) use storage::Image;

/// Something MLS could not do or would not take.
///
/// OpenMLS' own errors are not handed on: they would tie callers to its types, and they can name members.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MlsError {
    /// Bytes that are no MLS message of the wanted kind, or fail a check of RFC 9420.
    #[error("not valid MLS: {0}")]
    Invalid(&'static str),
    /// The library could not do what it was asked.
    #[error("MLS could not: {0}")]
    Failed(&'static str),
}
