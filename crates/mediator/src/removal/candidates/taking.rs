//! What a turn takes back by name.

use throughline_conversation::Span;

use super::{Candidate, Change, Features, Piece, Seen, is_content};
use crate::cues::{self, Said};
use crate::logistic::{flag, share};
use crate::removal::features::Feature;
use crate::words::{Word, same_stem, words};

/// The part of `part` that hangs on the last connecting word before `at`.
fn tail(text: &str, part: Span, at: usize) -> Option<Span> {
    let tail = cues::tail(part.of(text).ok()?, at - part.start)?;
    Some(Span { start: part.start + tail.start, end: part.start + tail.end })
}

/// Something that the piece takes back by name.
pub(super) fn withdrawal(piece: &Piece<'_>, clause: &Seen<'_>, shared: &Features) -> Option<Candidate> {
    let takes = piece.features.any(&[Feature::Withdrawal, Feature::Passing, Feature::Denial]);
    let named = named(clause, |word| piece.content.iter().any(|said| same_stem(said, word)));
    let old = part_of(clause, &named)?;
    let task = if takes || !piece.contrasts.is_empty() { left_for(piece, clause) } else { None };
    let change = match task {
        Some((old, task)) => Change::Leave { old, task },
        // A goal without what is to be made or done is none.
        None if !takes || (is_the_task(clause, old) && old != Span::whole(clause.text())) => return None,
        None => Change::Take { old },
    };
    let inside = clause.content.iter().filter(|word| old.contains(word.span)).count();
    let features = shared
        .clone()
        .with(Feature::Take, 1.0)
        .with(Feature::TakeUnexplained, shared.get(Feature::Unexplained))
        .with(Feature::Named, share(named.len(), inside))
        .with(Feature::Whole, flag(old == Span::whole(clause.text())));
    Some(piece.candidate(clause, change, features))
}

/// The content words of a clause that are said.
fn named<'a>(clause: &'a Seen<'a>, said: impl Fn(&str) -> bool) -> Vec<&'a Word<'a>> {
    clause.content.iter().filter(|held| said(&held.folded)).collect()
}

/// The part of a clause that these words of it stand in, when that is not all of it.
fn part_of(clause: &Seen<'_>, named: &[&Word<'_>]) -> Option<Span> {
    let (first, last) = (named.first()?, named.last()?);
    let holds = |part: &&Span| part.contains(first.span) && part.contains(last.span);
    let part = clause.parts.iter().find(holds).copied().unwrap_or(Span::whole(clause.text()));
    let tail = tail(clause.text(), part, first.span.start).filter(|tail| tail.contains(last.span));
    Some(tail.unwrap_or(part))
}

/// Whether a part of a goal says what is to be made or done: it stands before what the goal is about, or nothing is to be
/// done without it.
fn is_the_task(clause: &Seen<'_>, part: Span) -> bool {
    let text = clause.text();
    let left = || format!("{} {}", &text[..part.start], &text[part.end..]);
    clause.is_goal && (part.start < clause.head || (Said::new(text).sets_a_task() && !Said::new(&left()).sets_a_task()))
}

/// What the goal was to bring, where the piece takes that back by name, and the task that the turn sets behind it: "forget
/// the invite, write a poem".
fn left_for(piece: &Piece<'_>, clause: &Seen<'_>) -> Option<(Span, Span)> {
    // "Drop the invite and write a speech": what is taken back ends where something joins on.
    let stop = piece.text.find([',', ';', ':', '，', '、', '،']).unwrap_or(piece.text.len());
    let taking = |word: &&Word<'_>| word.span.end <= stop && !cues::joins_on(word);
    let taken: Vec<&Word<'_>> = piece.all.iter().take_while(taking).collect();
    let said = |held: &str| taken.iter().any(|word| is_content(word) && same_stem(held, &word.folded));
    let old = part_of(clause, &named(clause, said)).filter(|part| is_the_task(clause, *part))?;
    // "No invite for my ex" says of the invite what it is not to be, and takes none back.
    let wording = cues::wording_of_leaving(piece.text);
    let idle = |word: &Word<'_>| !is_content(word) || wording.iter().any(|held| held.contains(word.span));
    if !taken.iter().all(|word| idle(word) || clause.says(&word.folded)) {
        return None;
    }
    let end = piece.span.start + taken.last()?.span.end;
    let behind = words(piece.turn.get(end..)?).find(|word| !cues::joins_on(word))?;
    let task = Span { start: end + behind.span.start, end: piece.turn.trim_end().len() };
    let said = Said::new(task.of(piece.turn).ok()?);
    (said.sets_a_task() || said.corrects()).then_some((old, task))
}
