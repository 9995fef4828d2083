//! What follows from the key in a manifest.

use ed25519_dalek::{Signer, SigningKey};
use hkdf::Hkdf;
use record::{ContentKey, ContentRoot};
use sha2::Sha256;
use wire::{FromClient, Topic};
use zeroize::Zeroizing;

/// The keys of one content: HKDF-SHA256 (RFC 5869) of the key in the manifest, without salt, with
/// `"nonpaper/file/v1" ‖ root (32) ‖ size (8, big-endian)` as info. Whoever puts somebody else's key into a manifest of other bytes has other
/// keys, so nothing is ever sealed twice under one of them.
pub struct FileKeys {
    /// Seals the chunks.
    pub seal: Zeroizing<[u8; 32]>,
    /// Masks the headers of frames.
    pub mask: Zeroizing<[u8; 32]>,
    /// What the file is called where it is kept, in this browser alone.
    pub name: StoreName,
    write: SigningKey,
}

/// Tells nothing of a file to who does not have its key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StoreName(pub [u8; 16]);

impl FileKeys {
    /// Derives them.
    pub fn of(key: &ContentKey, root: &ContentRoot, size: u64) -> Self {
        let mut derived = Zeroizing::new([0; 32 * 3 + 16]);
        let info = [&b"nonpaper/file/v1"[..], &root.0, &size.to_be_bytes()];
        Hkdf::<Sha256>::new(None, &key.0)
            .expand_multi_info(&info, derived.as_mut())
            .expect("112 bytes are within what HKDF-SHA256 gives");
        let (keys, name) = derived.as_chunks::<32>();
        let [seal, mask, write] = keys else { unreachable!("three times 32 bytes") };
        Self {
            seal: Zeroizing::new(*seal),
            mask: Zeroizing::new(*mask),
            name: StoreName(name.try_into().expect("the 16 bytes that are left")),
            write: SigningKey::from_bytes(write),
        }
    }

    /// Where its frames travel.
    pub fn topic(&self) -> Topic {
        Topic::of(&self.write.verifying_key().to_bytes())
    }

    /// Proves the write key to a relay.
    pub fn prove(&self, host: &str, challenge: &[u8; 32]) -> FromClient {
        let topic = self.topic();
        let signature = self.write.sign(&wire::proof_bytes(host, challenge, &topic)).to_bytes();
        FromClient::Prove { topic, write_key: self.write.verifying_key().to_bytes(), signature }
    }
}

impl std::fmt::Display for StoreName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for StoreName {
    type Err = NoStoreName;

    fn from_str(text: &str) -> Result<Self, NoStoreName> {
        let digit = |digit: &u8| char::from(*digit).to_digit(16).map(|digit| digit as u8);
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return Err(NoStoreName) };
        let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect();
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(NoStoreName)
    }
}

/// Not thirty-two hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoStoreName;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_of_one_content() {
        let keys = |key, root, size| FileKeys::of(&ContentKey([key; 32]), &ContentRoot([root; 32]), size);
        let one = keys(1, 2, 3);
        for other in [keys(9, 2, 3), keys(1, 9, 3), keys(1, 2, 9)] {
            assert_ne!(
                (*one.seal, *one.mask, one.name, one.topic()),
                (*other.seal, *other.mask, other.name, other.topic())
            );
            assert_ne!(*one.seal, *other.seal);
        }
        assert_ne!(*one.seal, *one.mask);
        assert_eq!(*one.seal, *keys(1, 2, 3).seal);
    }

    #[test]
    fn names_are_read_back() {
        let name = FileKeys::of(&ContentKey([1; 32]), &ContentRoot([2; 32]), 3).name;
        assert_eq!(name.to_string().parse(), Ok(name));
        for wrong in ["", "00", "zz00112233445566778899aabbccddee", "00112233445566778899aabbccddeeff0"] {
            assert_eq!(wrong.parse::<StoreName>(), Err(NoStoreName), "{wrong}");
        }
    }
}
