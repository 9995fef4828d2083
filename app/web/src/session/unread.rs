//! What came in while nobody looked.

use record::OpId;

/// Notes not yet read, and where they begin.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Unread {
    count: usize,
    first: Option<OpId>,
}

impl Unread {
    /// Takes in a note that nobody saw arrive.
    pub fn arrived(&mut self, note: OpId) {
        if self.count == 0 {
            self.first = Some(note);
        }
        self.count += 1;
    }

    /// The person saw them; the line above the first stays, so that they find where they left off.
    pub fn read(&mut self) {
        self.count = 0;
    }

    /// The person moved on: no line any more.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Returns how many are not read.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns the note above which the line stands.
    pub fn first(&self) -> Option<OpId> {
        self.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_stays_above_the_first_unread_note_until_the_person_moves_on() {
        let mut unread = Unread::default();
        unread.arrived(OpId([1; 32]));
        unread.arrived(OpId([2; 32]));
        assert_eq!((unread.count(), unread.first()), (2, Some(OpId([1; 32]))));
        unread.read();
        assert_eq!((unread.count(), unread.first()), (0, Some(OpId([1; 32]))));
        unread.arrived(OpId([3; 32]));
        assert_eq!((unread.count(), unread.first()), (1, Some(OpId([3; 32]))));
        unread.clear();
        assert_eq!((unread.count(), unread.first()), (0, None));
    }
}
