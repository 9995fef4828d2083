//! Addresses at the relay, and what a client signs to publish on one.

use core::fmt;

use sha2::{Digest, Sha256};

/// An address at the relay: `SHA-256("nonpaper/topic/v1" ‖ write public key)`.
///
/// It says nothing about talk, room or seat. Its bytes are kept out of Debug output.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(pub [u8; 32]);

impl Topic {
    /// Returns the topic on which the holder of the Ed25519 public key `write_key` may publish.
    pub fn of(write_key: &[u8; 32]) -> Topic {
        let digest = Sha256::new().chain_update(b"nonpaper/topic/v1").chain_update(write_key).finalize();
        Topic(digest.into())
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Topic(..)")
    }
}

/// Returns the bytes a Prove signs: `"nonpaper/relay/v1" ‖ len(host) as u16 BE ‖ host ‖ challenge ‖ topic`.
///
/// `host` is the authority of the page's address in lower case, such as `localhost:8080`, so that
/// one relay cannot use the proof at another. It is at most [`HOST_BYTES`](crate::HOST_BYTES) long;
/// relays accept no longer one.
pub fn proof_bytes(host: &str, challenge: &[u8; 32], topic: &Topic) -> Vec<u8> {
    let mut bytes = b"nonpaper/relay/v1".to_vec();
    bytes.extend_from_slice(&(host.len() as u16).to_be_bytes());
    bytes.extend_from_slice(host.as_bytes());
    bytes.extend_from_slice(challenge);
    bytes.extend_from_slice(&topic.0);
    bytes
}
