//! The way between one seat and its relay, and what goes wrong on it.

use super::draws::Draws;
use super::faults::{Fault, Hits};
use super::knobs::Rates;
use crate::Millis;

/// How long a frame that is held up waits.
const HELD_UP_MS: (Millis, Millis) = (200, 20_000);
/// By how much a frame that is overtaken comes later.
const OVERTAKEN_MS: (Millis, Millis) = (1, 400);

/// The way between one seat and its relay, in both directions.
#[derive(Default)]
pub(crate) struct Link {
    pub(crate) up: Way,
    pub(crate) down: Way,
    /// The seat does not read: the relay keeps what it has for it.
    pub(crate) unread: bool,
}

/// One direction.
#[derive(Default)]
pub(crate) struct Way {
    pub(crate) latency_ms: (Millis, Millis),
    /// Nothing arrives, and nobody is told.
    pub(crate) cut: bool,
    last: Millis,
}

impl Link {
    pub(crate) fn new(latency_ms: (Millis, Millis)) -> Self {
        let way = || Way { latency_ms, ..Way::default() };
        Self { up: way(), down: way(), unread: false }
    }

    /// Nothing is wrong any more.
    pub(crate) fn mend(&mut self, latency_ms: (Millis, Millis)) {
        *self = Self::new(latency_ms);
    }
}

impl Way {
    /// Sends a frame on its way; returns when it arrives: once, not at all, or twice.
    ///
    /// Frames stay in order, as on a socket, except those the rates say otherwise of. Frames that carry no payload
    /// (proofs, subscriptions, what the relay says of itself) only wait: losing one would break the connection.
    pub(crate) fn travel(
        &mut self,
        now: Millis,
        is_payload: bool,
        rates: &Rates,
        rng: &mut impl Draws,
        hits: &mut Hits,
    ) -> Vec<Millis> {
        if self.cut {
            return Vec::new();
        }
        let (least, most) = self.latency_ms;
        let arrives = (now + rng.between(least, most)).max(self.last);
        if !is_payload {
            self.last = arrives;
            return vec![arrives];
        }
        if rng.chance(rates.drop) {
            hits.hit(Fault::Dropped);
            return Vec::new();
        }
        let mut arrivals = Vec::new();
        if rng.chance(rates.delay) {
            hits.hit(Fault::Delayed);
            arrivals.push(now + rng.between(HELD_UP_MS.0, HELD_UP_MS.1));
        } else if rng.chance(rates.reorder) {
            hits.hit(Fault::Reordered);
            arrivals.push(arrives + rng.between(OVERTAKEN_MS.0, OVERTAKEN_MS.1));
        } else {
            self.last = arrives;
            arrivals.push(arrives);
        }
        if rng.chance(rates.duplicate) {
            hits.hit(Fault::Duplicated);
            arrivals.push(arrives + rng.between(OVERTAKEN_MS.0, OVERTAKEN_MS.1));
        }
        arrivals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::draws::stream;

    #[test]
    fn frames_of_a_fair_link_stay_in_order() {
        let mut way = Way { latency_ms: (2, 900), ..Way::default() };
        let (mut rng, mut hits) = (stream(1, "link"), Hits::default());
        let mut last = 0;
        for now in 0..500 {
            let arrivals = way.travel(now, true, &Rates::default(), &mut rng, &mut hits);
            assert_eq!(arrivals.len(), 1);
            assert!(arrivals[0] >= last && arrivals[0] > now);
            last = arrivals[0];
        }
        assert_eq!(hits, Hits::default());
    }

    #[test]
    fn bad_links_lose_double_delay_and_reorder_payloads_only() {
        let mut way = Way { latency_ms: (2, 10), ..Way::default() };
        let (mut rng, mut hits) = (stream(2, "link"), Hits::default());
        let rates = Rates { drop: 200, duplicate: 200, delay: 200, reorder: 200 };
        let counts: Vec<usize> = (0..400).map(|now| way.travel(now, true, &rates, &mut rng, &mut hits).len()).collect();
        for (copies, least) in [(0, 40), (1, 40), (2, 20)] {
            assert!(counts.iter().filter(|count| **count == copies).count() > least, "{copies} copies");
        }
        for fault in [Fault::Dropped, Fault::Duplicated, Fault::Delayed, Fault::Reordered] {
            assert!(hits.of(fault) > 20, "{fault:?}");
        }
        let lost = hits.of(Fault::Dropped);
        assert!((0..400).all(|now| way.travel(now, false, &rates, &mut rng, &mut hits).len() == 1));
        assert_eq!(hits.of(Fault::Dropped), lost);
    }

    #[test]
    fn nothing_passes_a_cut() {
        let mut link = Link::new((1, 1));
        link.up.cut = true;
        let (mut rng, mut hits) = (stream(3, "link"), Hits::default());
        assert!(link.up.travel(0, false, &Rates::default(), &mut rng, &mut hits).is_empty());
        assert_eq!(link.down.travel(0, true, &Rates::default(), &mut rng, &mut hits), [1]);
        link.mend((1, 1));
        assert_eq!(link.up.travel(5, true, &Rates::default(), &mut rng, &mut hits), [6]);
    }
}
