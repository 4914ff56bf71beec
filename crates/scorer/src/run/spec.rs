//! What became of the user's words in the spec of a mediated run.

use std::collections::HashSet;

use throughline_conversation::{Edit, Finding, Span, Spec};

use super::facts::Share;
use crate::words;

/// The operations of edits, in the order of reports.
pub(crate) const OPS: [&str; 10] =
    ["add", "revise", "withdraw", "redirect", "refer", "answer", "assume", "approve", "chat", "ask"];

/// Figures of the spec at the end of a run. Words are compared as in [`crate::words`], each distinct word once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SpecFigures {
    /// Edits by operation, in the order of [`OPS`].
    pub(crate) edits: [u16; OPS.len()],
    /// Words of the user turns that stand in clauses (or references) in force. Words that an edit took for chat, for
    /// approval, or for a withdrawal that was earned are not asked for.
    pub(crate) coverage: Share,
    /// The same for the words with a digit: quantities, dates, codes.
    pub(crate) number_coverage: Share,
    /// The same, with clauses that left force counted as well: what the record holds.
    pub(crate) record: Share,
    /// Words of clauses in force that the user said.
    pub(crate) precision: Share,
    /// Clauses in force whose quote does not stand where they say, of all in force.
    pub(crate) unsupported: Share,
    /// Words of clauses in force that stand neither in a user turn nor in a reference or a question of the mediator.
    pub(crate) invented: u32,
    /// Invented words that the guard refused.
    pub(crate) refused: u32,
    /// Quotes that the guard dropped because the user had not said them.
    pub(crate) dropped_quotes: u32,
    /// Removals that were contested.
    pub(crate) contested: u32,
    /// Turns whose draft could not be read, so that they entered verbatim.
    pub(crate) unreadable: u32,
    /// Assumptions.
    pub(crate) assumptions: u32,
    /// Whether the edits do not fold into a spec; the figures of words and clauses are then empty.
    pub(crate) broken: bool,
}

/// Edits and findings of the turns so far.
#[derive(Debug, Default)]
pub(crate) struct Understanding {
    edits: Vec<Edit>,
    figures: SpecFigures,
}

impl Understanding {
    /// What the mediator recorded of one user turn.
    pub(crate) fn take(&mut self, edits: Vec<Edit>, findings: &[Finding]) {
        let figures = &mut self.figures;
        for edit in &edits {
            if let Some(place) = OPS.iter().position(|op| *op == edit.op()) {
                figures.edits[place] = figures.edits[place].saturating_add(1);
            }
        }
        for finding in findings {
            match finding {
                Finding::Invented { tokens, .. } => figures.refused += count(tokens.len()),
                Finding::Unsupported { .. } => figures.dropped_quotes += 1,
                Finding::Contested { .. } => figures.contested += 1,
                Finding::Unreadable { .. } => figures.unreadable += 1,
                Finding::Uncovered { .. } | Finding::Misdirected { .. } | Finding::Unpointed { .. } => {}
            }
        }
        self.edits.extend(edits);
    }

    /// The figures, given what the user said turn by turn.
    pub(crate) fn finish(self, turns: &[&str]) -> SpecFigures {
        let Self { edits, mut figures } = self;
        let Ok(spec) = Spec::fold(&edits) else {
            return SpecFigures { broken: true, ..figures };
        };
        let said: HashSet<Box<str>> = turns.iter().flat_map(|turn| words::words(turn)).collect();
        let asked_for = asked_for(turns, &edits);
        let references: Vec<&str> = spec
            .references
            .iter()
            .filter(|reference| reference.status.is_active())
            .flat_map(|reference| [reference.text.as_str(), reference.quote.as_str()])
            .collect();
        let in_force =
            words_of(spec.active().flat_map(|clause| [clause.said.text.as_str(), clause.said.quote.as_str()]));
        let held: HashSet<Box<str>> = in_force.union(&words_of(references.iter().copied())).cloned().collect();
        let recorded =
            words_of(spec.clauses().flat_map(|clause| [clause.said.text.as_str(), clause.said.quote.as_str()]));
        figures.coverage = share(asked_for.iter(), |word| held.contains(word));
        figures.number_coverage =
            share(asked_for.iter().filter(|word| word.contains(|c: char| c.is_ascii_digit())), |word| {
                held.contains(word)
            });
        figures.record = share(asked_for.iter(), |word| held.contains(word) || recorded.contains(word));

        let texts = words_of(spec.active().map(|clause| clause.said.text.as_str()));
        figures.precision = share(texts.iter(), |word| said.contains(word));
        let pointed_at = words_of(references.into_iter().chain(spec.questions.iter().map(|asked| asked.text.as_str())));
        figures.invented =
            count(texts.iter().filter(|word| !said.contains(*word) && !pointed_at.contains(*word)).count());
        figures.unsupported = share(spec.active(), |clause| {
            let turn = turns.get(clause.said.source.turn).copied().unwrap_or_default();
            clause.said.source.span.of(turn) != Ok(clause.said.quote.as_str())
        });
        figures.assumptions = count(spec.standing().count());
        figures
    }
}

/// The words of the user turns that the spec should hold.
fn asked_for(turns: &[&str], edits: &[Edit]) -> HashSet<Box<str>> {
    let spared = |turn: usize| {
        edits.iter().filter_map(move |edit| {
            let source = edit.source().filter(|source| source.turn == turn)?;
            let spares = match edit {
                Edit::Chat { .. } | Edit::Approve { .. } | Edit::Dismiss { .. } | Edit::Pin { .. } => true,
                Edit::Withdraw { removal, .. } => removal.earned,
                _ => false,
            };
            spares.then_some(source.span)
        })
    };
    let mut found = HashSet::new();
    for (index, turn) in turns.iter().enumerate() {
        let mut spans: Vec<Span> = spared(index).collect();
        spans.sort_unstable_by_key(|span| span.start);
        let mut from = 0;
        for span in spans {
            found.extend(turn.get(from..span.start).map(words::words).unwrap_or_default());
            from = from.max(span.end);
        }
        found.extend(turn.get(from..).map(words::words).unwrap_or_default());
    }
    found
}

fn words_of<'a>(texts: impl Iterator<Item = &'a str>) -> HashSet<Box<str>> {
    texts.flat_map(words::words).collect()
}

fn share<T>(items: impl Iterator<Item = T>, holds: impl Fn(T) -> bool) -> Share {
    let mut share = Share::default();
    for item in items {
        share += Share { held: u32::from(holds(item)), of: 1 };
    }
    share
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX)
}
