//! Warnings a person has read and put away, and the row they are kept in: for each one byte for what it was, the seat (32), and how
//! often it had been noticed (u32, big-endian).

use std::collections::BTreeMap;

use record::AuthorKey;
use talk::view::Alarm;

/// What was put away, of which seat, and how often it had been noticed by then.
pub(super) type Dismissed = BTreeMap<(Alarm, AuthorKey), u32>;

/// As a row.
pub(super) fn encode(dismissed: &Dismissed) -> Vec<u8> {
    let entry = |((what, seat), times): (&(Alarm, AuthorKey), &u32)| {
        [&[number(*what)], &seat.0[..], &times.to_be_bytes()].concat()
    };
    dismissed.iter().flat_map(entry).collect()
}

/// Reads a row. What a later build put away and this one does not know is left out.
pub(super) fn decode(row: &[u8]) -> Dismissed {
    let entries = row.as_chunks::<37>().0.iter();
    let read = |entry: &[u8; 37]| {
        let what = Alarm::ALL.into_iter().find(|what| number(*what) == entry[0])?;
        let (seat, times) = (entry[1..33].try_into().ok()?, entry[33..].try_into().ok()?);
        Some(((what, AuthorKey(seat)), u32::from_be_bytes(times)))
    };
    entries.filter_map(read).collect()
}

/// What stands for it in the store, for ever.
fn number(what: Alarm) -> u8 {
    match what {
        Alarm::TwoVersions => 1,
        Alarm::RunsTwice => 2,
        Alarm::OpenedElsewhere => 3,
        Alarm::Restored => 4,
        Alarm::Rejoined => 5,
        Alarm::Overstepped => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_away_comes_back_and_what_is_not_known_does_not() {
        let seat = |byte| AuthorKey([byte; 32]);
        let dismissed: Dismissed =
            Alarm::ALL.into_iter().zip(1..).map(|(what, byte)| ((what, seat(byte)), byte.into())).collect();
        let mut row = encode(&dismissed);
        assert_eq!(decode(&row), dismissed);
        row.extend([99; 37]);
        row.push(1);
        assert_eq!(decode(&row), dismissed);
        assert_eq!(decode(&[]), Dismissed::new());
    }
}
