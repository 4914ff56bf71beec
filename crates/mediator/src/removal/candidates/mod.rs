//! What a turn might take out of force, found without a model: for every clause the likeliest change, and what speaks
//! for and against it.

mod taking;
mod values;
mod wording;

use throughline_conversation::{Clause, ClauseId, Span};

use super::classes::is_currency;
use super::features::Feature;
use super::place;
use super::values::{Class, Value, values as values_in};
use crate::cues::{self, Said, Talk};
use crate::guard::Scene;
use crate::logistic::{self, flag, logarithm, share};
use crate::segments::{pieces, quoted, segments};
use crate::words::{QUESTION_MARKS, Weight, Word, content as content_words, same_stem, words};

/// What speaks for and against a removal.
pub(crate) type Features = logistic::Features<Feature>;

/// What would become of the clause.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// The words under `old` in the clause give way to those under `new` in the turn.
    Put { old: Span, new: Span },
    /// The words under `old` in the clause fall away.
    Take { old: Span },
    /// The clause is the goal: what it was to bring, under `old`, is left for what the turn says under `task`.
    Leave { old: Span, task: Span },
    /// The whole clause gives way, or a part that no rule can tell.
    Open,
}

impl Change {
    /// The words of the turn that would be put in the place of others.
    fn said(&self) -> Option<Span> {
        match self {
            Self::Put { new, .. } => Some(*new),
            Self::Take { .. } | Self::Leave { .. } | Self::Open => None,
        }
    }
}

/// A change that a turn might make.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candidate {
    /// The clause that would change.
    pub(crate) clause: ClauseId,
    /// The words of the turn that would change it.
    pub(crate) piece: Span,
    /// How.
    pub(crate) change: Change,
    /// What speaks for and against it.
    pub(crate) features: Features,
}

impl Candidate {
    /// Whether the words themselves are a sign that something changes, not just what they stand beside.
    pub(super) fn is_cued(&self) -> bool {
        self.features.any(&[
            Feature::Revision,
            Feature::Hint,
            Feature::Correction,
            Feature::Denial,
            Feature::Opener,
            Feature::Withdrawal,
            Feature::Redirection,
            Feature::Consequence,
            Feature::Passing,
            Feature::Finding,
        ])
    }
}

/// Whether a word says what something is about: a sign of a currency belongs to its value.
fn is_content(word: &Word<'_>) -> bool {
    word.weight == Weight::Content && !word.text.chars().all(is_currency)
}

/// Every change worth weighing: for each piece of the turn and each clause in force at least one.
pub(crate) fn candidates(scene: Scene<'_>) -> Vec<Candidate> {
    let clauses: Vec<Seen<'_>> = scene.spec.active().map(|clause| Seen::new(clause, scene)).collect();
    let around = content_words(scene.user);
    let mut all = Vec::new();
    let mut sentences = segments(scene.user).into_iter();
    while let Some(segment) = sentences.next() {
        let Ok(text) = segment.of(scene.user) else { continue };
        let said = Said::new(text);
        let asks = text.trim_end().ends_with(QUESTION_MARKS);
        // "No people? Then an empty list": what is so then takes nothing back either.
        if said.makes_a_rule() || (said.supposes_none() && (!asks || sentences.next().is_some())) {
            continue;
        }
        let sentence = Sentence::new(text, &said, &around);
        for span in pieces(scene.user, segment) {
            let Some(piece) = Piece::new(&sentence, scene.user, span) else { continue };
            let mut found = Vec::new();
            let unheard = flag(piece.takes_back_what_none_says(&clauses));
            for clause in &clauses {
                let shared = shared_features(&piece, clause, &clauses).with(Feature::Unheard, unheard);
                // "The second street" may be any: no rule tells how the clause reads then.
                if !sentence.counts_beyond(clause) {
                    found.extend(values::changes(&piece, clause, &clauses, &shared));
                    found.extend(wording::heads(&piece, clause, &shared));
                    found.extend(wording::respellings(&piece, clause, &shared));
                    found.extend(taking::withdrawal(&piece, clause, &shared));
                    found.extend(wording::leads(&piece, clause, &shared));
                }
                found.push(piece.candidate(clause, Change::Open, shared.clone().with(Feature::Open, 1.0)));
            }
            // Where the goal is left by name for another task, what else has that name shaped the old one.
            if found.iter().any(|candidate| matches!(candidate.change, Change::Leave { .. })) {
                found.retain(|candidate| !matches!(candidate.change, Change::Take { .. }));
            }
            compare(&mut found);
            all.extend(found);
        }
    }
    all
}

/// Leaves out where a new value fits less well than elsewhere, and marks, of the other changes that a piece might make, those
/// whose place fits best, and those that share that with another.
fn compare(found: &mut Vec<Candidate>) {
    let ranked: Vec<(Option<Span>, f64)> =
        found.iter().map(|candidate| (candidate.change.said(), place::rank(&candidate.features))).collect();
    let best_of = |new: Option<Span>| {
        ranked.iter().filter(|(other, _)| *other == new).map(|(_, rank)| *rank).fold(f64::NEG_INFINITY, f64::max)
    };
    let mut ranks = ranked.iter();
    found.retain_mut(|candidate| {
        let Some((new, rank)) = ranks.next() else { return true };
        let best = best_of(*new) - rank < place::ALIKE;
        let alike =
            ranked.iter().filter(|(other, other_rank)| other == new && (other_rank - rank).abs() < place::ALIKE);
        let signs = [Feature::Revision, Feature::Opener, Feature::Redirection, Feature::Withdrawal];
        let cued = candidate.features.any(&signs);
        candidate.features = std::mem::take(&mut candidate.features)
            .with(Feature::Best, flag(best))
            .with(Feature::CuedBest, flag(best && cued && new.is_none()))
            .with(Feature::Tied, flag(best && alike.count() > 1));
        best || new.is_none()
    });
}

/// A clause, taken apart.
struct Seen<'a> {
    clause: &'a Clause,
    is_goal: bool,
    /// Where what is to be made or done ends and what it is about begins; 0 for what is no goal.
    head: usize,
    is_last: bool,
    values: Vec<Value>,
    all: Vec<Word<'a>>,
    content: Vec<Word<'a>>,
    /// The names in it, and its ordinals, without regard to case.
    names: Vec<String>,
    ordinals: Vec<String>,
    /// Its parts, as those of a turn.
    parts: Vec<Span>,
    /// What it quotes.
    material: Vec<Span>,
}

impl<'a> Seen<'a> {
    fn new(clause: &'a Clause, scene: Scene<'_>) -> Self {
        let text = &clause.said.text;
        let all: Vec<Word<'_>> = words(text).collect();
        let is_goal = scene.spec.is_goal(&clause.said.id);
        let head = if is_goal { cues::about(text).map_or(text.len(), |about| about.start) } else { 0 };
        Self {
            clause,
            is_goal,
            head,
            is_last: clause.said.source.turn >= scene.since,
            values: values_in(text),
            content: all.iter().filter(|word| is_content(word)).cloned().collect(),
            names: names(text, &all),
            ordinals: ordinals(&all),
            all,
            parts: pieces(text, Span::whole(text)),
            material: quoted(text),
        }
    }

    fn text(&self) -> &'a str {
        &self.clause.said.text
    }

    /// Whether a word of it stands in what it quotes.
    fn quotes(&self, word: &Word<'_>) -> bool {
        self.material.iter().any(|quoted| quoted.contains(word.span))
    }

    fn says(&self, word: &str) -> bool {
        self.content.iter().any(|held| same_stem(&held.folded, word))
    }
}

/// A sentence of the turn, taken apart once for all its pieces.
struct Sentence<'a> {
    text: &'a str,
    /// The content words of the whole turn.
    around: &'a [String],
    values: Vec<Value>,
    /// What it says beside values and the wording of a correction, without regard to case.
    residue: Vec<String>,
    /// The names in it, and its ordinals, without regard to case.
    names: Vec<String>,
    ordinals: Vec<String>,
    /// Whether it is worded as a correction, or as taking something back.
    corrects: bool,
    /// Whether it says that something comes beside what was said.
    beside: bool,
    /// What its wording speaks for.
    features: Features,
}

impl<'a> Sentence<'a> {
    fn new(text: &'a str, said: &Said<'_>, around: &'a [String]) -> Self {
        let features = Features::default()
            .with(Feature::Revision, flag(said.revises()))
            .with(Feature::Hint, flag(said.hints()))
            .with(Feature::Opener, flag(said.opens_a_correction()))
            .with(Feature::Redirection, flag(said.redirects()))
            .with(Feature::Addition, flag(said.adds()))
            .with(Feature::Question, flag(text.trim_end().ends_with(QUESTION_MARKS)))
            .with(Feature::Finding, flag(said.finds_out()));
        let takes = said.withdraws() || said.denies();
        let corrects = takes || said.revises() || said.replaces() || said.opens_a_correction() || said.corrects();
        let (all, values) = (words(text).collect::<Vec<_>>(), values_in(text));
        let plain = plain(text, &all);
        let told = told(&plain);
        let residue = residue(text, &told, &values);
        let (names, beside) = (names(text, &all), said.comes_beside());
        // "On second thought", "the 2nd of May" count nothing.
        let ordinals = residue.iter().filter(|word| cues::is_ordinal(word)).cloned().collect();
        Self { text, around, values, residue, names, ordinals, corrects, beside, features }
    }

    /// Whether it names what the clause does not, and the clause what it does not.
    fn names_others(&self, clause: &Seen<'_>) -> bool {
        differ(&self.names, &clause.names)
    }

    /// Whether it names what another requirement names and the clause does not: "the play time for Maroon 5 should be 15
    /// minutes" beside "songs of Maroon 5" and "20 minutes for Taylor Swift".
    fn is_about_another(&self, clause: &Seen<'_>, clauses: &[Seen<'_>]) -> bool {
        let strange = |name: &&String| !clause.says(name) && !clause.names.contains(name);
        let named = |name: &String| clauses.iter().any(|other| !other.is_goal && other.names.contains(name));
        self.names.iter().filter(strange).any(named)
    }

    /// Whether it counts another than the clause: "the third garden" beside "the first garden".
    fn counts_others(&self, clause: &Seen<'_>) -> bool {
        differ(&self.ordinals, &clause.ordinals)
    }

    /// Whether it counts what the clause does not: "the second street".
    fn counts_beyond(&self, clause: &Seen<'_>) -> bool {
        self.ordinals.iter().any(|ordinal| !cues::is_last(ordinal) && !clause.ordinals.contains(ordinal))
    }

    /// Whether it is about another day, or another thing of a closed set, than the clause, and changes some other value:
    /// "Cedar wednesday, 3 hours" beside "Birch on tuesday for 2 hours".
    fn is_of_another(&self, clause: &Seen<'_>, changed: Class) -> bool {
        let names = |class: Class| matches!(class, Class::Word(_));
        let sets = |value: &&Value| (names(value.class) || names(changed)) && value.class != changed;
        let lacks = |held: &[Value], value: &Value| {
            let of_its_class = || held.iter().filter(|other| other.class == value.class);
            of_its_class().next().is_some() && !of_its_class().any(|other| other.key == value.key)
        };
        self.values.iter().filter(sets).any(|value| lacks(&clause.values, value))
    }
}

/// Whether each holds what the other does not.
fn differ(one: &[String], other: &[String]) -> bool {
    let lacks = |one: &[String], other: &[String]| other.iter().any(|held| !one.contains(held));
    lacks(one, other) && lacks(other, one)
}

/// A piece of the turn, taken apart.
struct Piece<'a> {
    /// The whole turn.
    turn: &'a str,
    text: &'a str,
    /// Where it stands in the turn.
    span: Span,
    /// The sentence that it is of.
    sentence: &'a Sentence<'a>,
    values: Vec<Value>,
    all: Vec<Word<'a>>,
    /// Those of its words that are no wording of a correction.
    plain: Vec<Word<'a>>,
    /// What it says beside values and the wording of a correction, without regard to case.
    residue: Vec<String>,
    /// All its content words that are no wording of a correction.
    content: Vec<String>,
    /// Whether it sets something to do.
    is_task: bool,
    /// What it names as no longer so, and what it puts in its place.
    contrasts: Vec<(Span, Option<Span>)>,
    /// What the sentence's wording and the piece by itself speak for, whatever the clause.
    features: Features,
}

impl<'a> Piece<'a> {
    fn new(sentence: &'a Sentence<'a>, turn: &'a str, span: Span) -> Option<Self> {
        let text = span.of(turn).ok()?;
        let values = values_in(text);
        let all: Vec<Word<'_>> = words(text).collect();
        let plain = plain(text, &all);
        let told = told(&plain);
        let content: Vec<String> = told.iter().map(|word| word.folded.to_string()).collect();
        let residue = residue(text, &told, &values);
        if content.is_empty() || cues::talk(text).is_some_and(|talk| matches!(talk, Talk::Idle | Talk::Hesitates)) {
            return None;
        }
        let said = Said::new(text);
        let features = sentence
            .features
            .clone()
            .with(Feature::Correction, flag(said.corrects()))
            .with(Feature::Denial, flag(said.denies()))
            .with(Feature::Withdrawal, flag(said.withdraws()))
            .with(Feature::Consequence, flag(said.concludes()))
            .with(Feature::Passing, flag(said.passes()))
            .with(Feature::Length, logarithm(content.len()));
        let contrasts = [cues::contrast(text), cues::bare_contrast(text)].into_iter().flatten().collect();
        let is_task = said.sets_a_task();
        Some(Self { turn, text, span, sentence, values, all, plain, residue, content, is_task, contrasts, features })
    }

    fn candidate(&self, clause: &Seen<'_>, change: Change, features: Features) -> Candidate {
        Candidate { clause: clause.clause.said.id.clone(), piece: self.span, change, features }
    }

    /// Whether the sentence is worded as a correction.
    fn cued(&self) -> bool {
        self.features.any(&[Feature::Revision, Feature::Opener, Feature::Redirection])
    }

    /// Whether it is worded as taking something back, names that as something new ("blank lines", not "the blank lines"), and
    /// none of these clauses says any of it. Of "guides without a tour" that is the tour.
    fn takes_back_what_none_says(&self, clauses: &[Seen<'_>]) -> bool {
        if !self.features.any(&[Feature::Withdrawal, Feature::Denial]) {
            return false;
        }
        let start = cues::lacking(self.text).map_or(0, |lacking| lacking.end);
        let named = Said::new(&self.text[start..]);
        let as_known = if start == 0 { named.points_back() } else { named.begins_by_pointing_back() };
        let known = |word: &&Word<'_>| clauses.iter().any(|clause| clause.says(&word.folded));
        !as_known && !told(&self.plain).into_iter().filter(|word| word.span.start >= start).any(|word| known(&word))
    }

    fn in_turn(&self, span: Span) -> Span {
        Span { start: self.span.start + span.start, end: self.span.start + span.end }
    }
}

/// The words of a text that are no wording of a correction.
fn plain<'a>(text: &str, all: &[Word<'a>]) -> Vec<Word<'a>> {
    let wording = cues::wording(text);
    all.iter().filter(|word| !wording.iter().any(|held| held.contains(word.span))).cloned().collect()
}

/// The content words among them.
fn told<'a, 'b>(plain: &'b [Word<'a>]) -> Vec<&'b Word<'a>> {
    plain.iter().filter(|word| is_content(word)).collect()
}

/// Those of them that are in no value, without regard to case.
fn residue(text: &str, told: &[&Word<'_>], values: &[Value]) -> Vec<String> {
    told.iter().filter(|word| !in_a_value(text, word, values)).map(|word| word.folded.to_string()).collect()
}

fn in_a_value(text: &str, word: &Word<'_>, values: &[Value]) -> bool {
    values.iter().any(|value| covers(value, word, text))
}

/// The words of a text that begin with a capital letter within a sentence, without regard to case.
fn names(text: &str, all: &[Word<'_>]) -> Vec<String> {
    let begins = |word: &Word<'_>| {
        let before = text.get(..word.span.start).unwrap_or_default().trim_end();
        before.is_empty() || before.ends_with(['.', '!', '?', ':', '\n'])
    };
    let capital = |word: &Word<'_>| word.text.starts_with(char::is_uppercase) && word.text.chars().count() > 1;
    all.iter().filter(|word| capital(word) && !begins(word)).map(|word| word.folded.to_string()).collect()
}

fn ordinals(all: &[Word<'_>]) -> Vec<String> {
    all.iter().filter(|word| cues::is_ordinal(word.text)).map(|word| word.folded.to_string()).collect()
}

/// Whether a word is a value, the unit right behind it or the currency sign before it.
pub(crate) fn covers(value: &Value, word: &Word<'_>, text: &str) -> bool {
    if word.span.end <= value.span.start && word.text.chars().all(is_currency) {
        return text.get(word.span.end..value.span.start).is_some_and(|between| between.trim().is_empty());
    }
    let behind = || text.get(value.span.end..word.span.start).is_some_and(|between| between.trim().is_empty());
    value.span.contains(word.span) || (value.unit.is_some() && word.span.start >= value.span.end && behind())
}

/// What a piece and a clause have to do with each other, whatever would change.
fn shared_features(piece: &Piece<'_>, clause: &Seen<'_>, clauses: &[Seen<'_>]) -> Features {
    let shared = piece.content.iter().filter(|word| clause.says(word)).count();
    let covered = clause.content.iter().filter(|held| piece.content.iter().any(|word| same_stem(&held.folded, word)));
    let unexplained = piece.residue.iter().filter(|word| !clause.says(word)).count();
    let task = clause.is_goal && piece.is_task;
    piece
        .features
        .clone()
        .with(Feature::GoalTask, flag(task))
        .with(Feature::CuedGoalTask, flag(task && piece.cued()))
        .with(Feature::Shared, share(shared, piece.content.len()))
        .with(Feature::Covered, share(covered.count(), clause.content.len()))
        .with(Feature::Unexplained, logarithm(unexplained))
        .with(Feature::ClauseLength, logarithm(clause.content.len()))
        .with(Feature::Clauses, logarithm(clauses.len()))
        .with(Feature::Goal, flag(clause.is_goal))
        .with(Feature::Last, flag(clause.is_last))
}
