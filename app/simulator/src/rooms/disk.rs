//! What one seat has stored: rows written in batches, each whole or not at all.

use std::collections::{BTreeMap, VecDeque};

use room::{Batch, Row};

/// How many of the last batches can be lost.
const UNDOABLE: usize = 40;

/// A store in memory that can lose its last batches.
#[derive(Default)]
pub(crate) struct Disk {
    rows: BTreeMap<Row, Vec<u8>>,
    /// For each of the last batches what it replaced, newest last.
    replaced: VecDeque<BTreeMap<Row, Option<Vec<u8>>>>,
    /// How many batches made what is there.
    written: usize,
}

impl Disk {
    /// Stores a batch.
    pub(crate) fn write(&mut self, batch: Batch) {
        let mut replaced = BTreeMap::new();
        for row in batch.deletes {
            let before = self.rows.remove(&row);
            replaced.entry(row).or_insert(before);
        }
        for (row, value) in batch.puts {
            let before = self.rows.insert(row.clone(), value);
            replaced.entry(row).or_insert(before);
        }
        self.written += 1;
        self.replaced.push_back(replaced);
        if self.replaced.len() > UNDOABLE {
            self.replaced.pop_front();
        }
    }

    /// Loses so many of the last batches, as far as they are remembered, but never the first of all; returns how many.
    pub(crate) fn lose(&mut self, batches: usize) -> usize {
        for lost in 0..batches {
            if self.written <= 1 {
                return lost;
            }
            let Some(replaced) = self.replaced.pop_back() else { return lost };
            self.written -= 1;
            for (row, before) in replaced {
                match before {
                    Some(value) => self.rows.insert(row, value),
                    None => self.rows.remove(&row),
                };
            }
        }
        batches
    }

    /// Holds something else from now on, which cannot be lost.
    pub(crate) fn holds(&mut self, rows: BTreeMap<Row, Vec<u8>>) {
        (self.rows, self.replaced) = (rows, VecDeque::new());
    }

    /// Loses everything.
    pub(crate) fn wipe(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn rows(&self) -> &BTreeMap<Row, Vec<u8>> {
        &self.rows
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(n: u8) -> Row {
        Row(vec![n])
    }

    fn batch(puts: &[(u8, u8)], deletes: &[u8]) -> Batch {
        Batch {
            puts: puts.iter().map(|(at, value)| (row(*at), vec![*value])).collect(),
            deletes: deletes.iter().map(|at| row(*at)).collect(),
        }
    }

    #[test]
    fn lost_batches_leave_what_was_there_before() {
        let mut disk = Disk::default();
        disk.write(batch(&[(1, 1), (2, 2)], &[]));
        let first = disk.rows().clone();
        disk.write(batch(&[(1, 9), (3, 3)], &[2]));
        disk.write(batch(&[(2, 7)], &[3]));
        assert_eq!(disk.rows().keys().cloned().collect::<Vec<_>>(), [row(1), row(2)]);
        assert_eq!(disk.lose(2), 2);
        assert_eq!(*disk.rows(), first);
        assert_eq!(disk.lose(5), 0, "the first of all is never lost by itself");
        disk.wipe();
        assert!(disk.is_empty());
    }

    #[test]
    fn a_row_deleted_and_put_in_one_batch_is_put() {
        let mut disk = Disk::default();
        disk.write(batch(&[(1, 1)], &[]));
        disk.write(batch(&[(1, 2)], &[1]));
        assert_eq!(disk.rows()[&row(1)], [2]);
        disk.lose(1);
        assert_eq!(disk.rows()[&row(1)], [1]);
    }
}
