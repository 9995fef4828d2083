//! The key ops of one state are sealed under for the wire.

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use rand_core::RngCore;
use record::{RoomId, StateId};

use zeroize::Zeroizing;

use crate::input::Millis;
use crate::mls::{Group, MlsError};

const NONCE: usize = 24;

/// What is sealed under an op key; each kind has associated data of its own.
#[derive(Clone, Copy)]
pub(crate) enum Sealing {
    /// An op on the wire.
    Op,
    /// What a newcomer gets besides its Welcome.
    Entry,
}

/// `export_secret("nonpaper/op/v1", state id, 32)` as a key of XChaCha20-Poly1305, random nonces.
pub(crate) struct OpKey {
    room: RoomId,
    state: StateId,
    bytes: Zeroizing<[u8; 32]>,
    cipher: XChaCha20Poly1305,
    /// When its state was left; None while this seat stands there.
    pub(crate) left: Option<Millis>,
}

impl OpKey {
    pub(crate) fn of(group: &Group) -> Result<Self, MlsError> {
        Ok(Self::from_bytes(group.room(), group.state(), group.export::<32>("nonpaper/op/v1")?, None))
    }

    pub(crate) fn from_bytes(room: RoomId, state: StateId, bytes: Zeroizing<[u8; 32]>, left: Option<Millis>) -> Self {
        Self { room, state, cipher: XChaCha20Poly1305::new((&*bytes).into()), bytes, left }
    }

    /// The key itself, for the vault.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    pub(crate) fn seal(&self, what: Sealing, plain: &[u8], rng: &mut impl RngCore) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        let payload = Payload { msg: plain, aad: &self.associated(what) };
        let sealed = self.cipher.encrypt(&nonce.into(), payload);
        [&nonce[..], &sealed.expect("an op is far below what XChaCha20-Poly1305 seals")].concat()
    }

    pub(crate) fn open(&self, what: Sealing, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE>()?;
        self.cipher.decrypt(&(*nonce).into(), Payload { msg: rest, aad: &self.associated(what) }).ok()
    }

    fn associated(&self, what: Sealing) -> Vec<u8> {
        let kind: &[u8] = match what {
            Sealing::Op => b"op",
            Sealing::Entry => b"entry",
        };
        [&self.room.0[..], &self.state.0, kind].concat()
    }
}
