//! Draws from a seed. Each subject draws from a stream of its own, so that a change to one leaves the others alone.

use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};

/// Returns the generator of one subject of a schedule.
pub(crate) fn stream(seed: u64, subject: &str) -> ChaCha20Rng {
    let key = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(subject).finalize();
    ChaCha20Rng::from_seed(key.into())
}

/// Draws as schedules need them.
pub(crate) trait Draws: RngCore {
    /// A number below `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        (self.next_u64() % bound as u64) as usize
    }

    /// A number from `least` up to and with `most`.
    fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next_u64() % (most - least + 1)
    }

    /// True in so many of a thousand cases.
    fn chance(&mut self, per_mille: u32) -> bool {
        per_mille > 0 && self.next_u32() % 1000 < per_mille
    }

    /// One of these, if there is any.
    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        if from.is_empty() { None } else { Some(from[self.below(from.len())].clone()) }
    }

    /// The same in another order.
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let with = self.below(last + 1);
            items.swap(last, with);
        }
    }

    /// Fresh bytes.
    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill_bytes(&mut bytes);
        bytes
    }
}

impl<R: RngCore> Draws for R {}
