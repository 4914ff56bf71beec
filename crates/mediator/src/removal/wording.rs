//! How a clause reads after a change.

use throughline_conversation::{Clause, Span};

use super::reading::Reading;
use super::{Candidate, Change, Decision, Outcome, Value, values};
use crate::cues::{self, Said};
use crate::guard::Scene;
use crate::segments::{quoted, segments};
use crate::words::{Weight, Word, content, same_stem, words};

/// The decision that follows from a candidate: how the clause reads then, and which words of the turn say so.
pub(super) fn decision(
    scene: Scene<'_>,
    clause: &Clause,
    candidate: &Candidate,
    probability: f64,
    reading: Option<&Reading>,
) -> Decision {
    let mut covers = candidate.piece;
    let mut quote = without_the_old(scene.user, covers, &clause.said.text);
    let said = quote.of(scene.user).unwrap_or_default();
    let outcome = match &candidate.change {
        Change::Put { old, new } => put(scene.user, &clause.said.text, *old, *new)
            .map_or(Outcome::GivesWay, |text| Outcome::Reads(with_the_rest(text, said, &clause.said.text))),
        Change::Take { old } if hangs_on(&clause.said.text, *old) => Outcome::Falls,
        Change::Take { old } => match without(&clause.said.text, *old) {
            Some(text) if clause.is_resolved() => Outcome::Reads(text),
            Some(text) => Outcome::Shrinks { text, stands_on: longer_rest(&clause.said.text, *old) },
            None => Outcome::Falls,
        },
        Change::Leave { old, .. } => Outcome::Redirected { stays: stays_beside(clause, *old), named: true },
        Change::Open => open(scene, clause, said, reading),
    };
    if let Change::Leave { task, .. } = candidate.change {
        (quote, covers) = (task, Span { start: covers.start, end: task.end });
    } else if matches!(outcome, Outcome::Redirected { .. }) {
        (quote, covers) = new_goal(scene.user, covers, &clause.said.text);
    }
    Decision { target: clause.said.id.clone(), quote, covers, outcome, probability, places: Vec::new() }
}

/// The words of the turn that set a new goal, and those that are accounted for by it: what stands behind words that only
/// leave the old goal ("never mind the summary"), else these words themselves.
fn new_goal(user: &str, piece: Span, older: &str) -> (Span, Span) {
    let held = piece.of(user).unwrap_or_default();
    let wording = cues::wording(held);
    let known = content(older);
    let more = words(held)
        .filter(|word| word.weight == Weight::Content && !wording.iter().any(|span| span.contains(word.span)))
        .filter(|word| !known.iter().any(|other| same_stem(other, &word.folded)));
    let told = Said::new(held);
    let fresh = more.count();
    let leaves = (told.redirects() || told.withdraws()) && fresh <= 1;
    let behind = user.get(piece.end..).unwrap_or_default();
    let start = behind.find(char::is_alphanumeric).map(|at| piece.end + at);
    // Otherwise all that is said with it belongs to the new goal: "how many hours is she there? the pay doesn't matter".
    let task = (told.withdraws() || told.passes()).then(|| task_before(user, piece)).flatten();
    let all = Span { start: task.unwrap_or(piece.start), end: user.trim_end().len() };
    let quote = start.filter(|_| leaves).map_or(all, |start| Span { start, ..all });
    // A word that the older goal does not say ("forget the table") is not accounted for by leaving it.
    (quote, if fresh > 0 { quote } else { all })
}

/// Where the first sentence before a piece begins that sets a task.
fn task_before(user: &str, piece: Span) -> Option<usize> {
    let sets_a_task = |span: &Span| Said::new(span.of(user).unwrap_or_default()).sets_a_task();
    let before = |span: &Span| span.end <= piece.start && sets_a_task(span);
    segments(user).into_iter().find(before).map(|sentence| sentence.start)
}

/// What a goal is about, apart from what is to be done: its quoted material, or all from its first connecting word on
/// ("a taxi | to the theatre").
fn stays(goal: &Clause) -> Option<Span> {
    let text = &goal.said.text;
    let quoted = quoted(text).into_iter().find(|span| span.start > 0 && span.end - span.start > LONG);
    let span = match quoted {
        Some(quoted) => Span { start: quoted.start, end: text.len() },
        None => cues::about(text)?,
    };
    (!goal.is_resolved()).then_some(span)
}

/// What stays of a goal of which the turn takes back this part: what it is about, unless that holds the part, else its values
/// ("track parcel | JD0142").
fn stays_beside(goal: &Clause, taken: Span) -> Option<Span> {
    let text = &goal.said.text;
    if goal.is_resolved() {
        return None;
    }
    if let Some(stays) = stays(goal) {
        return Some(stays).filter(|stays| !stays.contains(taken));
    }
    let values: Vec<Value> = values(text).into_iter().filter(Value::is_figure).collect();
    let (first, last) = (values.first()?, values.last()?);
    let unit = || words(text).find(|word| word.span.start >= last.span.end);
    let unit = last.unit.as_ref().and_then(|_| unit()).map(|unit| unit.span.end);
    Some(Span { start: first.span.start, end: unit.unwrap_or(last.span.end) })
}

/// Quoted text of more bytes is material, not a name.
const LONG: usize = 12;

/// The words of a piece without those that only name what is no longer so ("instead of 14:00").
pub(super) fn without_the_old(user: &str, piece: Span, older: &str) -> Span {
    let held = piece.of(user).unwrap_or_default();
    let known = content(older);
    let says_the_old = |old: Span| {
        content(old.of(held).unwrap_or_default()).iter().all(|word| known.iter().any(|other| same_stem(other, word)))
    };
    let bare = || cues::bare_contrast(held).filter(|(old, _)| says_the_old(*old));
    match cues::contrast(held).or_else(bare) {
        Some((old, Some(new))) if old.start > new.end => Span { start: piece.start, end: piece.start + new.end },
        Some((old, Some(new))) if new.start > old.end => Span { start: piece.start + new.start, end: piece.end },
        _ => piece,
    }
}

/// The clause with the new words in the place of the old ones. What stands at the seams in both is said once: "8 workers"
/// in the place of the 4 of "4 workers".
pub(super) fn put(user: &str, text: &str, old: Span, new: Span) -> Option<String> {
    let new = new.of(user).ok()?;
    let said: Vec<Word<'_>> = words(new).collect();
    let before: Vec<Word<'_>> = words(text.get(..old.start)?).collect();
    let behind: Vec<Word<'_>> = words(text.get(old.end..)?).collect();
    let same = |one: &[Word<'_>], other: &[Word<'_>]| {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_stem(&one.folded, &other.folded))
    };
    let twice = |shared: &dyn Fn(usize) -> bool| (1..said.len()).rev().find(|count| shared(*count));
    let ahead = twice(&|count| same(&said[..count], &before[before.len().saturating_sub(count)..]));
    let after = twice(&|count| same(&said[said.len() - count..], behind.get(..count).unwrap_or_default()));
    let start = ahead.map_or(old.start, |count| before[before.len() - count].span.start);
    let end = after.map_or(old.end, |count| old.end + behind[count - 1].span.end);
    Some(format!("{}{new}{}", text.get(..start)?, text.get(end..)?))
}

/// A clause that was made anew, followed by the user's words where they say more than that.
pub(super) fn with_the_rest(text: String, said: &str, older: &str) -> String {
    let wording = cues::wording(said);
    let known: Vec<String> = words(&text).chain(words(older)).map(|word| word.folded.into_owned()).collect();
    let more = words(said)
        .filter(|word| word.weight == Weight::Content && !wording.iter().any(|held| held.contains(word.span)))
        .any(|word| !known.iter().any(|other| same_stem(other, &word.folded)));
    if more { format!("{text} ({})", said.trim()) } else { text }
}

/// Whether all that is left of a text speaks of what falls away: "and a cake, that's 5 eggs".
fn hangs_on(text: &str, old: Span) -> bool {
    let says = |held: &str| words(held).any(|word| word.weight == Weight::Content);
    let (before, behind) = (text.get(..old.start).unwrap_or_default(), text.get(old.end..).unwrap_or_default());
    !says(before) && Said::new(behind).begins_with_a_pronoun()
}

/// The clause without the words that fall away; `None` when nothing is left that says something.
fn without(text: &str, old: Span) -> Option<String> {
    let left = format!("{} {}", text.get(..old.start)?.trim_end(), text.get(old.end..)?.trim_start());
    let left = left.trim().trim_start_matches([',', ';', '，']).trim();
    let left = left.replace(" .", ".").replace(" ,", ",").replace(",,", ",").replace(",.", ".").replace(" ?", "?");
    let left = left.trim_end_matches([',', ';', '，', ' ']).to_owned();
    let says = words(&left).any(|word| word.weight == Weight::Content);
    says.then_some(left)
}

/// The longer part of what is left of a text, before or behind the words that fall away, without white space.
fn longer_rest(text: &str, old: Span) -> Span {
    let trim = |start: usize, end: usize| {
        let held = text.get(start..end).unwrap_or_default();
        let marks = |end: char| end.is_whitespace() || ",;，".contains(end);
        let start = start + (held.len() - held.trim_start_matches(marks).len());
        Span { start, end: start + held.trim_matches(marks).len() }
    };
    let (before, behind) = (trim(0, old.start), trim(old.end, text.len()));
    if before.end - before.start >= behind.end - behind.start { before } else { behind }
}

/// What becomes of a clause of which no rule tells what changes: as the model reads it, where it may be believed.
fn open(scene: Scene<'_>, clause: &Clause, said: &str, reading: Option<&Reading>) -> Outcome {
    let is_goal = scene.spec.is_goal(&clause.said.id);
    match reading.and_then(|reading| reading.changed.as_ref()).filter(|(target, _)| *target == clause.said.id) {
        Some((_, None)) if !is_goal => Outcome::Falls,
        Some((_, Some(text))) if is_believable(&clause.said.text, text, scene.user) => {
            Outcome::Reads(with_the_rest(text.clone(), said, &clause.said.text))
        }
        Some(_) if is_goal && sets_a_goal(said) => Outcome::Redirected { stays: stays(clause), named: false },
        _ if is_goal && (Said::new(scene.user).redirects() || (sets_a_goal(said) && Said::new(said).sets_a_task())) => {
            Outcome::Redirected { stays: stays(clause), named: false }
        }
        _ => Outcome::GivesWay,
    }
}

/// Whether words say enough to be a goal of their own.
fn sets_a_goal(said: &str) -> bool {
    words(said).filter(|word| word.weight == Weight::Content).count() >= 3
}

/// Whether a model's wording of a clause keeps nearly all that the clause says, and brings in something of the turn and
/// nothing else.
fn is_believable(older: &str, newer: &str, user: &str) -> bool {
    let content = crate::words::content;
    let (before, after, said) = (content(older), content(newer), content(user));
    let lost = before.iter().filter(|word| !after.iter().any(|other| same_stem(word, other))).count();
    let fresh: Vec<&String> = after.iter().filter(|word| !before.iter().any(|other| same_stem(word, other))).collect();
    let known = fresh.iter().all(|word| said.iter().any(|other| same_stem(word, other)));
    known && lost > 0 && (lost <= 1 || lost * 3 <= before.len()) && (!fresh.is_empty() || lost < before.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_at_the_seams_is_said_once() {
        for (text, old, new, reads) in [
            ("port 8080, 4 workers", "4", "8 workers", "port 8080, 8 workers"),
            ("port 8080, 4 workers, TLS", "4", "one worker", "port 8080, one worker, TLS"),
            ("a table for 6 people at noon", "6", "for 8 people", "a table for 8 people at noon"),
            ("3 red roses", "red", "white", "3 white roses"),
            ("drei Nächte in Rom", "drei", "vier Nächte", "vier Nächte in Rom"),
            ("call me at 5, 5 minutes long", "5", "6, 5 minutes", "call me at 6, 5 minutes long"),
        ] {
            let span = |whole: &str, part: &str| {
                let start = whole.find(part).unwrap();
                Span { start, end: start + part.len() }
            };
            assert_eq!(put(new, text, span(text, old), Span::whole(new)).as_deref(), Some(reads));
        }
    }

    #[test]
    fn what_falls_away_leaves_a_sentence() {
        let text = "List all employees with their department and manager.";
        let old = cues::tail(text, text.find("manager").unwrap()).unwrap();
        assert_eq!(old.of(text), Ok("and manager"));
        assert_eq!(without(text, old).as_deref(), Some("List all employees with their department."));
        assert_eq!(without("with fringes", Span::whole("with fringes")), None);
    }

    #[test]
    fn words_that_say_more_are_kept() {
        assert_eq!(with_the_rest("for 4 people".into(), "we're 4 now", "for 3 people"), "for 4 people (we're 4 now)");
        assert_eq!(
            with_the_rest("rolls for 0.45 each".into(), "sorry, 0.45", "rolls for 0.40 each"),
            "rolls for 0.45 each"
        );
    }

    #[test]
    fn a_model_may_not_lose_or_invent() {
        assert!(is_believable(
            "Use unittest, one test per method",
            "Use pytest, one test per method",
            "we moved to pytest"
        ));
        assert!(!is_believable("Use unittest, one test per method", "Use pytest", "we moved to pytest"));
        assert!(!is_believable("Use unittest", "Use nose", "we moved to pytest"));
    }
}
