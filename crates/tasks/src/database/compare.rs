//! Whether two results are the same.

use std::collections::HashMap;

use super::query::{Cell, Table};

/// How many choices of a column are tried before two results are taken for different. Only tables with many columns of
/// the same values come near.
const MOST_TRIES: usize = 10_000;

/// Whether two results are the same: their rows, in this order or in any, with their columns in some order.
///
/// Two results without rows are the same whatever their columns, as in Spider's evaluation.
pub(super) fn same(one: &Table, other: &Table, ordered: bool) -> bool {
    if one.rows.is_empty() && other.rows.is_empty() {
        return true;
    }
    if one.rows.len() != other.rows.len() || one.columns != other.columns {
        return false;
    }
    let [columns, others] = [one, other].map(columns);
    if ordered {
        // Each column then has a counterpart or none: which one does not matter.
        return counted(columns) == counted(others);
    }
    let alone = vec![0; one.rows.len()];
    let mut search = Search { columns: &columns, others: &others, used: vec![false; others.len()], tries: 0 };
    search.matches(0, &alone, &alone)
}

/// A table's columns, from top to bottom.
fn columns(table: &Table) -> Vec<Vec<&Cell>> {
    (0..table.columns).map(|place| table.rows.iter().filter_map(|row| row.get(place)).collect()).collect()
}

fn counted<T: std::hash::Hash + Eq>(items: impl IntoIterator<Item = T>) -> HashMap<T, usize> {
    let mut counts = HashMap::new();
    for item in items {
        *counts.entry(item).or_insert(0) += 1;
    }
    counts
}

/// The search for an order of columns, one by one: rows are told apart by what the columns so far hold.
struct Search<'a> {
    columns: &'a [Vec<&'a Cell>],
    others: &'a [Vec<&'a Cell>],
    used: Vec<bool>,
    tries: usize,
}

impl Search<'_> {
    /// Whether the columns from `place` on have counterparts. Rows of both tables that hold the same so far have the same
    /// number in `kinds` and `other_kinds`.
    fn matches(&mut self, place: usize, kinds: &[usize], other_kinds: &[usize]) -> bool {
        let Some(column) = self.columns.get(place) else { return true };
        for candidate in 0..self.others.len() {
            let twin = |earlier: usize| !self.used[earlier] && self.others[earlier] == self.others[candidate];
            // Of equal columns that are left, one is enough to try.
            if self.used[candidate] || (0..candidate).any(twin) {
                continue;
            }
            self.tries += 1;
            if self.tries > MOST_TRIES {
                return false;
            }
            let mut numbers = HashMap::new();
            let mut refined = |kinds: &[usize], column: &[&Cell]| -> Vec<usize> {
                let pairs = kinds.iter().copied().zip(column.iter().map(|cell| (*cell).clone()));
                pairs
                    .map(|pair| {
                        let next = numbers.len();
                        *numbers.entry(pair).or_insert(next)
                    })
                    .collect()
            };
            let (next, next_other) = (refined(kinds, column), refined(other_kinds, &self.others[candidate]));
            if counted(&next) != counted(&next_other) {
                continue;
            }
            self.used[candidate] = true;
            if self.matches(place + 1, &next, &next_other) {
                return true;
            }
            self.used[candidate] = false;
        }
        false
    }
}
