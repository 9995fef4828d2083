//! The ways to unlock a store, and its header that names them.
//!
//! ```text
//! header  = CBOR [1, store id, [way, …]], in the clear, as its own record
//! way     = CBOR [kind, parameters…, wrapped]
//! wrapped = nonce (24) ‖ XChaCha20-Poly1305(wrapping key, nonce, data key, "nonpaper/vault/wrap/v1" ‖ store id ‖ kind)
//! ```
//!
//! | kind | wrapping key |
//! |---|---|
//! | 0, passphrase | Argon2id (RFC 9106), version 1.3, of the passphrase as typed, with salt and cost from the header |
//! | 1, passkey | HKDF-SHA256 of what the passkey's PRF gives for the salt in the header (WebAuthn level 3) |
//! | 2, recovery code | HKDF-SHA256 of the code's 16 bytes, the store as salt |
//! | 3, this browser | an AES-256-GCM key that only the browser can use, by WebCrypto; its nonce (12) stands in front |
//!
//! To add or change a way wraps the data key anew; no row is touched. A key that only this browser can use stands alone: it asks
//! nobody, so whatever stood beside it would protect nothing.

use argon2::{Algorithm, Argon2, Params, Version};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use crate::key::{DataKey, NONCE_BYTES, StoreId, derive, open, seal};
use crate::recovery::RecoveryCode;

/// What guessing a passphrase costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
#[cbor(array)]
pub struct Cost {
    /// Memory in KiB.
    #[n(0)]
    pub memory: u32,
    /// Passes over it.
    #[n(1)]
    pub passes: u32,
    /// Lanes.
    #[n(2)]
    pub lanes: u32,
}

impl Cost {
    /// 64 MiB, three passes: the second recommendation of RFC 9106 section 4, with one lane, which is all a page has.
    pub const FULL: Self = Self { memory: 64 << 10, passes: 3, lanes: 1 };
    /// 19 MiB, two passes: where a browser does not give so much memory.
    pub const SMALL: Self = Self { memory: 19 << 10, passes: 2, lanes: 1 };
    /// No header asks for more: a hostile one shall not stop the browser.
    const MOST: Self = Self { memory: 1 << 20, passes: 16, lanes: 4 };

    pub(crate) fn is_fair(&self) -> bool {
        self.memory <= Self::MOST.memory && self.passes <= Self::MOST.passes && self.lanes <= Self::MOST.lanes
    }

    /// Argon2id of a passphrase. Takes as long as the cost says: not to be done where a person waits for the page.
    ///
    /// # Errors
    /// [`NotUnlocked::Header`] when the cost is more than any header may ask for, or less than Argon2 can.
    pub fn stretch(&self, passphrase: &str, salt: &[u8; 16]) -> Result<Zeroizing<[u8; 32]>, NotUnlocked> {
        let params = self.is_fair().then(|| Params::new(self.memory, self.passes, self.lanes, Some(32)));
        let params = params.and_then(Result::ok).ok_or(NotUnlocked::Header)?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), salt, &mut *key)
            .map_err(|_| NotUnlocked::Header)?;
        Ok(key)
    }
}

/// A way to unlock a store.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Way {
    /// By a passphrase.
    #[n(0)]
    Passphrase {
        /// Salt of Argon2id.
        #[cbor(n(0), with = "minicbor::bytes")]
        salt: [u8; 16],
        /// Its cost.
        #[n(1)]
        cost: Cost,
        /// The data key, wrapped.
        #[n(2)]
        wrapped: ByteVec,
    },
    /// By a passkey whose authenticator gives a pseudo-random value for a salt.
    #[n(1)]
    Passkey {
        /// Which passkey.
        #[n(0)]
        credential: ByteVec,
        /// What it is asked with.
        #[cbor(n(1), with = "minicbor::bytes")]
        salt: [u8; 32],
        /// The data key, wrapped.
        #[n(2)]
        wrapped: ByteVec,
    },
    /// By a code on paper.
    #[n(2)]
    Recovery {
        /// The data key, wrapped.
        #[n(0)]
        wrapped: ByteVec,
    },
    /// By a key that never leaves this browser.
    #[n(3)]
    Browser {
        /// The data key as the browser wrapped it.
        #[n(0)]
        wrapped: ByteVec,
    },
}

/// Why a store was not unlocked. Nothing is lost by trying.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotUnlocked {
    /// The passphrase, passkey or code is not the one.
    #[error("the passphrase, passkey or code is not the one")]
    Wrong,
    /// The store has no such way.
    #[error("the store cannot be unlocked this way")]
    NoSuchWay,
    /// The header is damaged.
    #[error("the header of the store is damaged")]
    Header,
}

/// Which kinds of ways a store has.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Kinds {
    /// A passphrase.
    pub passphrase: bool,
    /// A passkey.
    pub passkey: bool,
    /// A recovery code.
    pub recovery: bool,
    /// A key that never leaves this browser.
    pub browser: bool,
}

/// What stands in the clear beside the rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// Which store.
    pub store: StoreId,
    /// How it is unlocked.
    pub ways: Vec<Way>,
}

/// The one format of a header.
const FORMAT: u8 = 1;
/// Most ways in one header.
const WAYS: usize = 16;

impl Header {
    /// A header without any way yet.
    pub fn new(store: StoreId) -> Self {
        Self { store, ways: Vec::new() }
    }

    /// As bytes for the disk.
    pub fn encode(&self) -> Vec<u8> {
        minicbor::to_vec((FORMAT, self.store, &self.ways)).expect("encoding into memory")
    }

    /// Reads what [`Header::encode`] wrote.
    ///
    /// # Errors
    /// [`NotUnlocked::Header`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, NotUnlocked> {
        let (format, store, ways): (u8, StoreId, Vec<Way>) =
            minicbor::decode(bytes).map_err(|_| NotUnlocked::Header)?;
        let header = Self { store, ways };
        let sound = format == FORMAT && header.ways.len() <= WAYS && header.encode() == bytes;
        sound.then_some(header).ok_or(NotUnlocked::Header)
    }

    /// Makes a passphrase the way, in the place of an earlier one. Takes as long as the cost says.
    ///
    /// # Errors
    /// [`NotUnlocked::Header`] when the cost is out of bounds.
    pub fn set_passphrase(
        &mut self,
        key: &DataKey,
        passphrase: &str,
        cost: Cost,
        salt: [u8; 16],
        nonce: [u8; NONCE_BYTES],
    ) -> Result<(), NotUnlocked> {
        self.set_stretched(key, &*cost.stretch(passphrase, &salt)?, cost, salt, nonce);
        Ok(())
    }

    /// [`Header::set_passphrase`] by what [`Cost::stretch`] made of it.
    pub fn set_stretched(
        &mut self,
        key: &DataKey,
        stretched: &[u8; 32],
        cost: Cost,
        salt: [u8; 16],
        nonce: [u8; NONCE_BYTES],
    ) {
        let wrapped = self.wrap(0, stretched, key, nonce);
        self.ways.retain(|way| !matches!(way, Way::Passphrase { .. } | Way::Browser { .. }));
        self.ways.push(Way::Passphrase { salt, cost, wrapped });
    }

    /// Makes a passkey a way by what it gives for a salt, in the place of an earlier one.
    pub fn set_passkey(
        &mut self,
        key: &DataKey,
        credential: &[u8],
        salt: [u8; 32],
        given: &[u8; 32],
        nonce: [u8; NONCE_BYTES],
    ) {
        let wrapped = self.wrap(1, &derive(given, self.store, "nonpaper/vault/passkey/v1"), key, nonce);
        self.ways.retain(|way| !matches!(way, Way::Passkey { .. } | Way::Browser { .. }));
        self.ways.push(Way::Passkey { credential: credential.to_vec().into(), salt, wrapped });
    }

    /// Makes a recovery code a way, in the place of an earlier one.
    pub fn set_recovery(&mut self, key: &DataKey, code: &RecoveryCode, nonce: [u8; NONCE_BYTES]) {
        let wrapped = self.wrap(2, &code.key(self.store), key, nonce);
        self.ways.retain(|way| !matches!(way, Way::Recovery { .. } | Way::Browser { .. }));
        self.ways.push(Way::Recovery { wrapped });
    }

    /// Makes a key of the browser the only way, by the data key as it wrapped it under [`Header::browser_aad`].
    pub fn set_browser(&mut self, wrapped: Vec<u8>) {
        self.ways = vec![Way::Browser { wrapped: wrapped.into() }];
    }

    /// Takes the passphrase away, if a passkey is left. Returns whether it did.
    pub fn drop_passphrase(&mut self) -> bool {
        let kinds = self.kinds();
        if kinds.passkey {
            self.ways.retain(|way| !matches!(way, Way::Passphrase { .. }));
        }
        kinds.passkey && kinds.passphrase
    }

    /// Takes the passkey away, if a passphrase is left. Returns whether it did.
    pub fn drop_passkey(&mut self) -> bool {
        let kinds = self.kinds();
        if kinds.passphrase {
            self.ways.retain(|way| !matches!(way, Way::Passkey { .. }));
        }
        kinds.passkey && kinds.passphrase
    }

    /// Which kinds of ways there are.
    pub fn kinds(&self) -> Kinds {
        let mut kinds = Kinds::default();
        for way in &self.ways {
            match way {
                Way::Passphrase { .. } => kinds.passphrase = true,
                Way::Passkey { .. } => kinds.passkey = true,
                Way::Recovery { .. } => kinds.recovery = true,
                Way::Browser { .. } => kinds.browser = true,
            }
        }
        kinds
    }

    /// The passkey and the salt it is to be asked with, if it is a way.
    pub fn passkey(&self) -> Option<(&[u8], &[u8; 32])> {
        self.ways.iter().find_map(|way| match way {
            Way::Passkey { credential, salt, .. } => Some((credential.as_slice(), salt)),
            Way::Passphrase { .. } | Way::Recovery { .. } | Way::Browser { .. } => None,
        })
    }

    /// The data key as a key of the browser wrapped it, if that is a way.
    pub fn wrapped_by_browser(&self) -> Option<&[u8]> {
        self.ways.iter().find_map(|way| match way {
            Way::Browser { wrapped } => Some(wrapped.as_slice()),
            Way::Passphrase { .. } | Way::Passkey { .. } | Way::Recovery { .. } => None,
        })
    }

    /// What the browser is to bind its wrapping to.
    pub fn browser_aad(&self) -> Vec<u8> {
        self.aad(3)
    }

    /// What a passphrase has to be stretched with, if it is a way.
    pub fn stretching(&self) -> Option<([u8; 16], Cost)> {
        self.passphrase().map(|(salt, cost, _)| (*salt, *cost))
    }

    /// Unlocks by the passphrase. Takes as long as the header says.
    ///
    /// # Errors
    /// [`NotUnlocked`]; nothing has changed.
    pub fn by_passphrase(&self, passphrase: &str) -> Result<DataKey, NotUnlocked> {
        let (salt, cost) = self.stretching().ok_or(NotUnlocked::NoSuchWay)?;
        self.by_stretched(&*cost.stretch(passphrase, &salt)?)
    }

    /// Unlocks by what [`Cost::stretch`] made of the passphrase.
    ///
    /// # Errors
    /// [`NotUnlocked`]; nothing has changed.
    pub fn by_stretched(&self, stretched: &[u8; 32]) -> Result<DataKey, NotUnlocked> {
        let (_, _, wrapped) = self.passphrase().ok_or(NotUnlocked::NoSuchWay)?;
        self.unwrap(0, stretched, wrapped)
    }

    fn passphrase(&self) -> Option<(&[u8; 16], &Cost, &ByteVec)> {
        self.ways.iter().find_map(|way| match way {
            Way::Passphrase { salt, cost, wrapped } => Some((salt, cost, wrapped)),
            Way::Passkey { .. } | Way::Recovery { .. } | Way::Browser { .. } => None,
        })
    }

    /// Unlocks by what a passkey gave for its salt.
    ///
    /// # Errors
    /// [`NotUnlocked`]; nothing has changed.
    pub fn by_passkey(&self, credential: &[u8], given: &[u8; 32]) -> Result<DataKey, NotUnlocked> {
        let way = self.ways.iter().find_map(|way| match way {
            Way::Passkey { credential: named, wrapped, .. } if named.as_slice() == credential => Some(wrapped),
            Way::Passphrase { .. } | Way::Passkey { .. } | Way::Recovery { .. } | Way::Browser { .. } => None,
        });
        let key = derive(given, self.store, "nonpaper/vault/passkey/v1");
        self.unwrap(1, &key, way.ok_or(NotUnlocked::NoSuchWay)?)
    }

    /// Unlocks by the recovery code.
    ///
    /// # Errors
    /// [`NotUnlocked`]; nothing has changed.
    pub fn by_recovery(&self, code: &RecoveryCode) -> Result<DataKey, NotUnlocked> {
        let way = self.ways.iter().find_map(|way| match way {
            Way::Recovery { wrapped } => Some(wrapped),
            Way::Passphrase { .. } | Way::Passkey { .. } | Way::Browser { .. } => None,
        });
        self.unwrap(2, &code.key(self.store), way.ok_or(NotUnlocked::NoSuchWay)?)
    }

    fn wrap(&self, kind: u8, by: &[u8; 32], key: &DataKey, nonce: [u8; NONCE_BYTES]) -> ByteVec {
        seal(by, nonce, &self.aad(kind), &*key.0).into()
    }

    fn unwrap(&self, kind: u8, by: &[u8; 32], wrapped: &[u8]) -> Result<DataKey, NotUnlocked> {
        let plain = open(by, &self.aad(kind), wrapped).ok_or(NotUnlocked::Wrong)?;
        let key = <[u8; 32]>::try_from(plain.as_slice()).map_err(|_| NotUnlocked::Header)?;
        Ok(DataKey::from_random(key))
    }

    fn aad(&self, kind: u8) -> Vec<u8> {
        [b"nonpaper/vault/wrap/v1", &self.store.0[..], &[kind]].concat()
    }
}
