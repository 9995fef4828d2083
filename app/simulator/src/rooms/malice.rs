//! A relay that is not honest: it withholds, corrupts and repeats. It cannot do more, as it holds no key.

use bytes::Bytes;
use wire::{FromRelay, Topic};

use super::SeatNo;
use super::draws::Draws;
use super::faults::{Fault, Hits};

/// Most frames kept to be replayed.
const STASH: usize = 400;
/// Of a thousand frames between two whom the relay keeps apart, so many are withheld.
const WITHHELD: u32 = 800;

/// What a dishonest relay remembers and is up to.
#[derive(Default)]
pub(crate) struct Malice {
    stash: Vec<(Topic, Bytes)>,
    /// Frames between these and the others are withheld.
    apart: Vec<SeatNo>,
}

impl Malice {
    pub(crate) fn withholds_from(&mut self, apart: Vec<SeatNo>) {
        self.apart = apart;
    }

    pub(crate) fn stop_withholding(&mut self) {
        self.apart.clear();
    }

    /// A frame on its way to a seat; returns what the relay makes of it.
    pub(crate) fn passes(
        &mut self,
        bytes: Bytes,
        from: Option<SeatNo>,
        to: SeatNo,
        corrupt: u32,
        rng: &mut impl Draws,
        hits: &mut Hits,
    ) -> Option<Bytes> {
        let Ok(FromRelay::Deliver { topic, sequence, payload }) = FromRelay::decode(bytes.clone()) else {
            return Some(bytes);
        };
        if self.stash.len() < STASH {
            self.stash.push((topic, payload.clone()));
        }
        let parted = from.is_some_and(|from| self.apart.contains(&from) != self.apart.contains(&to));
        if parted && rng.chance(WITHHELD) {
            hits.hit(Fault::Withheld);
            return None;
        }
        if rng.chance(corrupt) {
            hits.hit(Fault::Corrupted);
            let mut payload = payload.to_vec();
            let at = rng.below(payload.len().max(1));
            if let Some(byte) = payload.get_mut(at) {
                *byte ^= 1 << rng.below(8);
            }
            return Some(FromRelay::Deliver { topic, sequence, payload: payload.into() }.encode());
        }
        Some(bytes)
    }

    /// A frame that passed before, as if it had just been published.
    pub(crate) fn replays(&self, rng: &mut impl Draws) -> Option<Bytes> {
        let (topic, payload) = rng.pick(&self.stash)?;
        Some(FromRelay::Deliver { topic, sequence: rng.between(1, 1 << 40), payload }.encode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::draws::stream;

    fn frame() -> Bytes {
        FromRelay::Deliver { topic: Topic([1; 32]), sequence: 7, payload: Bytes::from_static(b"sealed") }.encode()
    }

    #[test]
    fn what_is_withheld_goes_between_the_parted_only() {
        let (mut malice, mut rng, mut hits) = (Malice::default(), stream(1, "malice"), Hits::default());
        malice.withholds_from(vec![SeatNo(1)]);
        for _ in 0..50 {
            assert!(malice.passes(frame(), Some(SeatNo(0)), SeatNo(2), 0, &mut rng, &mut hits).is_some());
            malice.passes(frame(), Some(SeatNo(0)), SeatNo(1), 0, &mut rng, &mut hits);
        }
        assert!((30..50).contains(&hits.of(Fault::Withheld)));
    }

    #[test]
    fn corrupted_frames_differ_and_replayed_ones_do_not() {
        let (mut malice, mut rng, mut hits) = (Malice::default(), stream(2, "malice"), Hits::default());
        let corrupted = malice.passes(frame(), None, SeatNo(0), 1000, &mut rng, &mut hits).expect("passes");
        assert_ne!(corrupted, frame());
        assert_eq!(hits.of(Fault::Corrupted), 1);
        let replayed = FromRelay::decode(malice.replays(&mut rng).expect("has one")).expect("a frame");
        assert!(matches!(replayed, FromRelay::Deliver { payload, .. } if payload == "sealed"));
    }
}
