//! What a turn takes back by name.

use throughline_conversation::Span;

use super::{Candidate, Change, Features, Piece, Seen};
use crate::cues;
use crate::logistic::{flag, share};
use crate::removal::features::Feature;
use crate::words::{Word, same_stem};

/// The part of `part` that hangs on the last connecting word before `at`.
fn tail(text: &str, part: Span, at: usize) -> Option<Span> {
    let tail = cues::tail(part.of(text).ok()?, at - part.start)?;
    Some(Span { start: part.start + tail.start, end: part.start + tail.end })
}

/// Something that the piece takes back by name.
pub(super) fn withdrawal(piece: &Piece<'_>, clause: &Seen<'_>, shared: &Features) -> Option<Candidate> {
    if !piece.features.any(&[Feature::Withdrawal, Feature::Passing, Feature::Denial]) {
        return None;
    }
    let named: Vec<&Word<'_>> =
        clause.content.iter().filter(|held| piece.content.iter().any(|word| same_stem(&held.folded, word))).collect();
    let (first, last) = (named.first()?, named.last()?);
    // What falls away is the part of the clause that the named words stand in, when that is not all of it.
    let whole = Span::whole(clause.text());
    let holds = |part: &&Span| part.contains(first.span) && part.contains(last.span);
    let part = clause.parts.iter().find(holds).copied().unwrap_or(whole);
    let tail = tail(clause.text(), part, first.span.start).filter(|tail| tail.contains(last.span));
    let old = tail.unwrap_or(part);
    // A goal without its beginning is none.
    if clause.is_goal && old.start == 0 && old != whole {
        return None;
    }
    let inside = clause.content.iter().filter(|word| old.contains(word.span)).count();
    let features = shared
        .clone()
        .with(Feature::Take, 1.0)
        .with(Feature::TakeUnexplained, shared.get(Feature::Unexplained))
        .with(Feature::Named, share(named.len(), inside))
        .with(Feature::Whole, flag(old == whole));
    Some(piece.candidate(clause, Change::Take { old }, features))
}
