//! How many frames a file takes on the wire, so that its length is told roughly.

/// Rounds a number up so that only its first bits vary: Padmé (Nikitin, Barman, Lueks, Underwood, Hubaux, Ford: Reducing Metadata
/// Leakage from Encrypted Files and Communication with PURBs, 2019, section 4). Adds at most 12 %; of a number `n`, `O(log log n)` bits can
/// be told.
///
/// # Panics
///
/// For numbers above 2^63, which count nothing.
pub fn padded(frames: u64) -> u64 {
    if frames < 2 {
        return frames;
    }
    let exponent = frames.ilog2();
    let kept = exponent.ilog2() + 1;
    let varies = (1 << exponent.saturating_sub(kept)) - 1;
    (frames + varies) & !varies
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_of_the_paper() {
        for (frames, with_padding) in
            [(0, 0), (1, 1), (2, 2), (8, 8), (9, 10), (15, 16), (100, 104), (1000, 1024), (2049, 2176)]
        {
            assert_eq!(padded(frames), with_padding, "{frames}");
        }
    }

    proptest! {
        #[test]
        fn little_is_added_and_much_is_hidden(frames in 1..1u64 << 40) {
            let length = padded(frames);
            prop_assert!(length >= frames && padded(length) == length);
            prop_assert!((length - frames) * 100 <= frames * 12, "{} became {}", frames, length);
        }
    }

    #[test]
    fn of_a_million_lengths_few_hundred_remain() {
        let lengths: std::collections::BTreeSet<u64> = (1..1 << 20).map(padded).collect();
        assert!(lengths.len() < 500, "{}", lengths.len());
    }
}
