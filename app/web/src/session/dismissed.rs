//! Warnings a person has read and put away, and the row they are kept in: for each one byte for what it was, and the seat (32).

use std::collections::BTreeSet;

use record::AuthorKey;
use talk::view::Alarm;

/// What was put away, of which seat.
pub type Dismissed = BTreeSet<(Alarm, AuthorKey)>;

/// As a row.
pub(super) fn encode(dismissed: &Dismissed) -> Vec<u8> {
    dismissed.iter().flat_map(|(what, seat)| std::iter::once(number(*what)).chain(seat.0)).collect()
}

/// Reads a row. What a later build put away and this one does not know is left out.
pub(super) fn decode(row: &[u8]) -> Dismissed {
    let entries = row.as_chunks::<33>().0.iter();
    let read = |entry: &[u8; 33]| {
        let what = ALARMS.into_iter().find(|what| number(*what) == entry[0])?;
        Some((what, AuthorKey(entry[1..].try_into().ok()?)))
    };
    entries.filter_map(read).collect()
}

const ALARMS: [Alarm; 5] =
    [Alarm::TwoVersions, Alarm::RunsTwice, Alarm::OpenedElsewhere, Alarm::Restored, Alarm::Rejoined];

/// What stands for it in the store, for ever.
fn number(what: Alarm) -> u8 {
    match what {
        Alarm::TwoVersions => 1,
        Alarm::RunsTwice => 2,
        Alarm::OpenedElsewhere => 3,
        Alarm::Restored => 4,
        Alarm::Rejoined => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_away_comes_back_and_what_is_not_known_does_not() {
        let seat = |byte| AuthorKey([byte; 32]);
        let dismissed: Dismissed = ALARMS.into_iter().zip(1..).map(|(what, byte)| (what, seat(byte))).collect();
        let mut row = encode(&dismissed);
        assert_eq!(decode(&row), dismissed);
        row.extend([99; 33]);
        row.push(1);
        assert_eq!(decode(&row), dismissed);
        assert_eq!(decode(&[]), Dismissed::new());
    }
}
