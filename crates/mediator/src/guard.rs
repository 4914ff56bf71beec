//! The guard: checks a draft against the turn and the spec, without a model, and turns it into edits.
//!
//! - *Support*: each quote stands in the turn.
//! - *Coverage*: every word of the turn that may not go missing is in an edit.
//! - *No invention*: each content word of a resolved text comes from the turn or from the spec.
//!
//! What breaches is put right with the user's own words, so that a draft of any quality costs structure, never
//! information.

use std::collections::HashSet;

use throughline_conversation::{
    Clause, ClauseId, ClauseKind, Edit, Finding, Ids, NewClause, Question, Reference, Removal, Source, Span, Spec,
    Status,
};

use crate::cues;
use crate::draft::{Draft, DraftEdit, Op};
use crate::evidence::{self, Evidence};
use crate::outline;
use crate::quote::locate;
use crate::segments::segments;
use crate::words::{Weight, content, words};

/// What a turn is read against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    /// The user's words.
    pub(crate) user: &'a str,
    /// The turn's index, from 0.
    pub(crate) turn: usize,
    /// The spec before the turn.
    pub(crate) spec: &'a Spec,
    /// The assistant's last reply and the turn it belongs to.
    pub(crate) reply: Option<(usize, &'a str)>,
}

/// What the guard made of a draft.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Guarded {
    /// Edits that fold onto the spec without error and account for every word.
    pub(crate) edits: Vec<Edit>,
    /// What was put right.
    pub(crate) findings: Vec<Finding>,
}

/// An edit on its way: everything but its id.
#[derive(Clone, Debug)]
struct Item {
    span: Span,
    /// Resolved text, where it differs from the words under the span.
    text: Option<String>,
    kind: ClauseKind,
    act: Act,
}

#[derive(Clone, Debug)]
enum Act {
    Add,
    Revise(ClauseId, Removal),
    Withdraw(ClauseId, Removal),
    Redirect(Removal),
    Refer { artifact: Source, text: String },
    Answer(Question),
    Approve,
    Chat,
}

impl Act {
    /// Whether the words enter the spec as a clause in force.
    fn states(&self) -> bool {
        match self {
            Self::Add | Self::Revise(..) | Self::Redirect(_) | Self::Answer(_) => true,
            Self::Withdraw(_, removal) => !removal.earned,
            Self::Refer { .. } | Self::Approve | Self::Chat => false,
        }
    }
}

/// Checks `draft` and turns it into edits.
pub(crate) fn check(scene: Scene<'_>, draft: &Draft, ids: &mut Ids) -> Guarded {
    let mut guard = Guard { scene, items: Vec::new(), findings: Vec::new() };
    for edit in &draft.edits {
        guard.take(edit);
    }
    guard.cover();
    guard.set_goal();
    guard.finish(ids)
}

struct Guard<'a> {
    scene: Scene<'a>,
    items: Vec<Item>,
    findings: Vec<Finding>,
}

impl<'a> Guard<'a> {
    fn take(&mut self, draft: &DraftEdit) {
        let taken: Vec<Span> = self.items.iter().map(|item| item.span).collect();
        let Some(span) = locate(self.scene.user, &draft.quote, &taken) else {
            self.findings.push(Finding::Unsupported { quote: draft.quote.clone() });
            return;
        };
        if self.items.iter().any(|item| item.span.contains(span)) {
            return;
        }
        let text = self.resolved(draft, span);
        if let Some(act) = self.act(draft, span, text.as_deref()) {
            // What was drafted as a revision and is none may not leave out what a revision replaces.
            let text = text.filter(|text| matches!(act, Act::Revise(..)) || self.keeps(text, span, None));
            self.items.push(Item { span, text, kind: draft.kind.unwrap_or_default(), act });
        }
    }

    /// The draft's resolved text, unless it says nothing new or invents something.
    fn resolved(&mut self, draft: &DraftEdit, span: Span) -> Option<String> {
        let text = draft.text.as_deref().map(str::trim).filter(|text| !text.is_empty() && *text != self.words(span))?;
        let spec = self.scene.spec;
        let mut known: HashSet<String> = content(self.scene.user).into_iter().collect();
        known.extend(spec.active().flat_map(|clause| content(&clause.said.text)));
        known.extend(spec.references.iter().flat_map(|reference| content(&reference.text)));
        known.extend(spec.open_questions().flat_map(|question| content(&question.text)));
        let tokens: Vec<String> = content(text).into_iter().filter(|word| !known.contains(word)).collect();
        if !tokens.is_empty() {
            self.findings.push(Finding::Invented { text: text.to_owned(), tokens });
            return None;
        }
        let older = draft.target.as_deref().filter(|_| draft.op == Op::Revise);
        let older = spec.active().find(|clause| Some(clause.said.id.0.as_str()) == older);
        self.keeps(text, span, older).then(|| text.to_owned())
    }

    /// Whether a resolved text holds every content word of its quote, in some form. It may leave out the words that
    /// name what it takes the place of ("15:30 instead of 14:00"), and the cues that say so.
    fn keeps(&self, text: &str, span: Span, older: Option<&Clause>) -> bool {
        let held = content(text);
        let replaced = older.map(|older| content(&older.said.text));
        content(self.words(span)).iter().all(|word| {
            held.iter().any(|other| same_stem(word, other))
                || replaced.as_ref().is_some_and(|replaced| replaced.contains(word) || cues::revises(word))
        })
    }

    fn act(&mut self, draft: &DraftEdit, span: Span, text: Option<&str>) -> Option<Act> {
        let user = self.scene.user;
        let quote = self.words(span).to_owned();
        let named = draft.target.as_deref().unwrap_or_default();
        let answers = self.scene.spec.open_questions().any(|question| question.id.0 == named);
        // Whatever a draft calls it: words that are aimed at an open question answer it.
        let op = if answers && matches!(draft.op, Op::Add | Op::Revise) { Op::Answer } else { draft.op };
        Some(match op {
            Op::Add => Act::Add,
            Op::Approve if cues::is_pleasantry(&quote) => Act::Approve,
            Op::Chat if cues::is_pleasantry(&quote) || cues::is_go_ahead(&quote) => Act::Chat,
            Op::Approve | Op::Chat => return None,
            Op::Revise => match self.target(draft.op, named) {
                Some(older) => {
                    let evidence = evidence::of_revision(user, older, text.unwrap_or(&quote));
                    let id = older.said.id.clone();
                    self.removal(draft.op, &id, evidence).map_or(Act::Add, |removal| Act::Revise(id, removal))
                }
                None => Act::Add,
            },
            Op::Withdraw => match self.target(draft.op, named) {
                Some(older) => {
                    let is_goal = self.scene.spec.is_goal(&older.said.id);
                    let evidence = evidence::of_withdrawal(user, older, &quote, is_goal);
                    let id = older.said.id.clone();
                    self.removal(draft.op, &id, evidence).map_or(Act::Add, |removal| Act::Withdraw(id, removal))
                }
                None => Act::Add,
            },
            Op::Redirect => match &self.scene.spec.goal {
                Some(goal) => {
                    let id = goal.said.id.clone();
                    self.removal(draft.op, &id, evidence::of_redirection(user)).map_or(Act::Add, Act::Redirect)
                }
                None => Act::Redirect(first_goal()),
            },
            Op::Refer => return self.reference(named),
            Op::Answer => {
                let mut open = self.scene.spec.open_questions();
                let asked = open.find(|question| question.id.0 == named || named.is_empty())?.clone();
                let answered =
                    self.items.iter().any(|item| matches!(&item.act, Act::Answer(held) if held.id == asked.id));
                if answered { Act::Add } else { Act::Answer(asked) }
            }
        })
    }

    /// The clause in force that the draft names, if this turn has not retired it yet.
    fn target(&mut self, op: Op, named: &str) -> Option<&'a Clause> {
        let found = self.scene.spec.active().find(|clause| clause.said.id.0 == named);
        let found = found.filter(|clause| !self.retired(&clause.said.id));
        if found.is_none() {
            self.findings.push(Finding::Misdirected { op: op.name().into(), target: named.into() });
        }
        found
    }

    /// Whether an edit of this turn takes the clause out of force for certain.
    fn retired(&self, target: &ClauseId) -> bool {
        self.items.iter().any(|item| match &item.act {
            Act::Revise(id, removal) | Act::Withdraw(id, removal) => removal.earned && id == target,
            Act::Redirect(removal) => removal.earned && self.scene.spec.is_goal(target),
            _ => false,
        })
    }

    /// The removal that the evidence allows; what is contested becomes a finding.
    fn removal(&mut self, op: Op, target: &ClauseId, evidence: Evidence) -> Option<Removal> {
        // Two new goals, or a new goal beside a certain revision of the old one, cannot both hold for certain.
        let redirected = |item: &Item| matches!(&item.act, Act::Redirect(removal) if removal.earned);
        let settled = self.items.iter().any(redirected) || self.retired(target);
        let mut removal = evidence.removal()?;
        if settled && removal.earned {
            removal =
                Removal { earned: false, reason: "another edit of this turn settles it already".into(), ..removal };
        }
        if !removal.earned {
            let reason = removal.reason.clone();
            self.findings.push(Finding::Contested { op: op.name().into(), target: target.to_string(), reason });
        }
        Some(removal)
    }

    /// The part of the last reply that the draft names, if a word of the user points at it.
    fn reference(&mut self, named: &str) -> Option<Act> {
        let (turn, reply) = self.scene.reply?;
        let part = outline::named(reply, named);
        let Some((span, text)) = part.and_then(|span| Some((span, span.of(reply).ok()?))) else {
            self.findings.push(Finding::Misdirected { op: Op::Refer.name().into(), target: named.into() });
            return None;
        };
        if !cues::points(self.scene.user, outline::parts(reply).len() == 1) {
            self.findings.push(Finding::Unpointed { part: text.chars().take(60).collect() });
            return None;
        }
        Some(Act::Refer { artifact: Source { turn, span }, text: text.to_owned() })
    }

    /// Lets every sentence with an uncovered word enter whole: an edit that states something in it is widened, else
    /// the sentence is added. A withdrawal is never widened: it would take away what stands beside it.
    fn cover(&mut self) {
        let mut overlooked = Vec::new();
        for segment in segments(self.scene.user) {
            let held = self.words(segment);
            let uncovered: Vec<_> = words(held)
                .filter(|word| word.weight != Weight::Filler)
                .filter(|word| {
                    let span = Span { start: segment.start + word.span.start, end: segment.start + word.span.end };
                    !self.items.iter().any(|item| item.span.contains(span))
                })
                .collect();
            // What a resolved text of the sentence says is not lost, though its quote leaves it out.
            let said: HashSet<String> = self
                .items
                .iter()
                .filter(|item| segment.contains(item.span))
                .filter_map(|item| item.text.as_deref())
                .flat_map(content)
                .collect();
            let lost: Vec<String> = uncovered
                .iter()
                .filter(|word| word.weight == Weight::Content && !said.contains(&word.folded()))
                .map(|word| word.text.to_owned())
                .collect();
            if uncovered.is_empty()
                || (lost.is_empty() && self.items.iter().any(|item| segment.contains(item.span) && !item.act.states()))
            {
                continue;
            }
            self.state_whole(segment, lost.is_empty());
            overlooked.extend(lost);
        }
        if !overlooked.is_empty() {
            self.findings.push(Finding::Uncovered { words: overlooked });
        }
    }

    /// Lets a sentence enter whole. `resolved` says that the resolved texts hold all that it says.
    fn state_whole(&mut self, segment: Span, resolved: bool) {
        let widens = |item: &Item| {
            segment.contains(item.span)
                && item.act.states()
                && !matches!(item.act, Act::Withdraw(..))
                && (resolved || item.text.is_none())
        };
        // The edit that says most about the sentence is kept: one that does more than add, else the first.
        let more = |item: &Item| widens(item) && !matches!(item.act, Act::Add);
        let kept = self.items.iter().position(more).or_else(|| self.items.iter().position(widens));
        let whole = match kept {
            Some(kept) => Item { span: segment, ..self.items.remove(kept) },
            None => Item { span: segment, text: None, kind: ClauseKind::Fact, act: Act::Add },
        };
        self.items.retain(|item| !(segment.contains(item.span) && item.text.is_none() && matches!(item.act, Act::Add)));
        self.items.push(whole);
    }

    /// A spec without a goal takes the first question of the turn for it, else the first thing stated.
    fn set_goal(&mut self) {
        let spec = self.scene.spec;
        if spec.goal.is_some() || self.items.iter().any(|item| matches!(item.act, Act::Redirect(_))) {
            return;
        }
        self.items.sort_by_key(|item| item.span.start);
        let user = self.scene.user;
        let asks = |item: &Item| item.span.of(user).is_ok_and(|words| words.ends_with(['?', '？', '؟']));
        let adds = |item: &Item| matches!(item.act, Act::Add);
        let goal =
            self.items.iter().position(|item| adds(item) && asks(item)).or_else(|| self.items.iter().position(adds));
        if let Some(item) = goal.and_then(|goal| self.items.get_mut(goal)) {
            item.act = Act::Redirect(first_goal());
        }
    }

    fn finish(mut self, ids: &mut Ids) -> Guarded {
        self.items.sort_by_key(|item| item.span.start);
        let edits = std::mem::take(&mut self.items).into_iter().map(|item| self.edit(item, ids)).collect();
        Guarded { edits, findings: self.findings }
    }

    fn edit(&self, item: Item, ids: &mut Ids) -> Edit {
        let source = Source { turn: self.scene.turn, span: item.span };
        let quote = self.words(item.span).to_owned();
        let text = item.text.unwrap_or_else(|| quote.clone());
        let mut clause =
            |text: String| NewClause { id: ids.clause(), text, quote: quote.clone(), source, kind: item.kind };
        match item.act {
            Act::Add => Edit::Add { clause: clause(text) },
            Act::Revise(target, removal) => Edit::Revise { target, clause: clause(text), removal },
            Act::Withdraw(target, removal) => Edit::Withdraw { target, clause: clause(text), removal },
            Act::Redirect(removal) => Edit::Redirect { clause: clause(text), removal },
            // An answer such as "4" means nothing without what was asked.
            Act::Answer(asked) => {
                Edit::Answer { clause: clause(format!("{} {quote}", asked.text)), question: asked.id }
            }
            Act::Refer { artifact, text } => {
                let id = ids.reference();
                Edit::Refer { reference: Reference { id, text, artifact, quote, source, status: Status::Active } }
            }
            Act::Approve => Edit::Approve { source },
            Act::Chat => Edit::Chat { source },
        }
    }

    fn words(&self, span: Span) -> &str {
        span.of(self.scene.user).unwrap_or_default()
    }
}

/// Whether two words are forms of one ("roll", "rolls"), as far as a common beginning tells. Numbers have no forms.
fn same_stem(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let inflected =
        short.chars().count() >= 3 && short.chars().all(char::is_alphabetic) && long.len() <= short.len() + 2;
    one == other || (inflected && long.starts_with(short))
}

fn first_goal() -> Removal {
    Removal { earned: true, reason: "there was no goal before".into(), probability: None }
}

#[cfg(test)]
mod tests;
