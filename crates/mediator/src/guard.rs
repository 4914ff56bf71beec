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
    Clause, ClauseId, ClauseKind, Conversation, Edit, Finding, Ids, NewClause, Question, Reference, Removal, Source,
    Span, Spec, Status, Turn,
};

use crate::cues::{self, Said};
use crate::draft::{Draft, DraftEdit, Op};
use crate::outline;
use crate::quote::locate;
use crate::removal::{Calibration, Decision, Outcome, Settled, Weighed};
use crate::segments::{pieces, quoted, segments};
use crate::words::{QUESTION_MARKS, Weight, Word, content, same_stem, words};

/// What a turn is read against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'a> {
    /// The user's words.
    pub(crate) user: &'a str,
    /// The turn's index, from 0.
    pub(crate) turn: usize,
    /// The last turn before it that said something: those between only talked. The first turn where there is none.
    pub(crate) since: usize,
    /// The spec before the turn.
    pub(crate) spec: &'a Spec,
    /// The assistant's last reply and the turn it belongs to.
    pub(crate) reply: Option<(usize, &'a str)>,
}

impl<'a> Scene<'a> {
    /// What `user` says in this conversation, whose spec is `spec`.
    pub(crate) fn of(conversation: &'a Conversation, spec: &'a Spec, user: &'a str) -> Self {
        let turns = &conversation.turns;
        let since = turns.iter().rposition(says_something).unwrap_or_default();
        let replies = turns.iter().enumerate().skip(since);
        let reply = replies.rev().find_map(|(index, turn)| Some((index, turn.reply.as_deref()?)));
        Self { user, turn: turns.len(), since, spec, reply }
    }

    /// The question that was put right before the turn and waits for an answer.
    pub(crate) fn asked(self) -> Option<&'a Question> {
        self.spec.open_questions().find(|asked| asked.asked_at >= self.since)
    }
}

/// Whether a turn did more than talk, or than hold something fast.
fn says_something(turn: &Turn) -> bool {
    let idle = |edit: &Edit| {
        matches!(edit, Edit::Chat { .. } | Edit::Pin { .. } | Edit::Confirm { .. } | Edit::Dismiss { .. })
    };
    !turn.edits.iter().all(idle)
}

/// What the guard made of a draft.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Guarded {
    /// Edits that fold onto the spec without error and account for every word.
    pub(crate) edits: Vec<Edit>,
    /// What was put right.
    pub(crate) findings: Vec<Finding>,
}

/// A clause of so many content words is short: little can be lost with it.
const SHORT: usize = 3;

/// A clause gives way as a whole, with no rule that says which part of it, only from this probability on.
const WITHOUT_A_RULE: f64 = 0.8;

/// A goal is left for another one, with no word that says so, only from this probability on.
const UNANNOUNCED: f64 = 0.7;

/// How much a draft that removes a clause adds to the logarithm of the odds. A small model overuses removals, so that is
/// little: by itself it makes nothing certain.
const DRAFTED: f64 = 1.0;

/// An edit on its way: everything but its id.
#[derive(Clone, Debug)]
struct Item {
    span: Span,
    /// The words of the turn that it accounts for: the span, and for a decided change what only names the old.
    covers: Span,
    /// Resolved text, where it differs from the words under the span.
    text: Option<String>,
    kind: ClauseKind,
    act: Act,
    /// Whether it was decided to change something: such an edit is never widened.
    decided: bool,
}

/// What is left of a clause that leaves force: the clause, the words of it that are left, and how they read.
type Rest = (NewClause, Span, String);

#[derive(Clone, Debug)]
enum Act {
    Add,
    Revise(ClauseId, Removal),
    Withdraw(ClauseId, Removal),
    Redirect(Removal),
    /// The goal without a part of it.
    Restate {
        rest: Rest,
        removal: Removal,
    },
    Refer {
        artifact: Source,
        text: String,
    },
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
            Self::Restate { .. } | Self::Refer { .. } | Self::Approve | Self::Chat => false,
        }
    }
}

/// Checks `draft` and turns it, and what was decided about removals, into edits.
pub(crate) fn check(
    scene: Scene<'_>,
    draft: &Draft,
    weighed: &Weighed,
    calibration: &Calibration,
    ids: &mut Ids,
) -> Guarded {
    let mut guard = Guard { scene, weighed, calibration, items: Vec::new(), findings: Vec::new(), kept: Vec::new() };
    // What points at a reply, or answers a question, says nothing about earlier clauses.
    let (first, others): (Vec<_>, Vec<_>) =
        draft.edits.iter().partition(|edit| matches!(edit.op, Op::Refer | Op::Answer));
    for edit in first {
        guard.take(edit);
    }
    for decision in &weighed.decisions {
        guard.change(decision);
    }
    for edit in others {
        guard.take(edit);
    }
    guard.cover();
    guard.set_goal();
    guard.finish(ids)
}

/// The edits of a turn that tells the place of a change: the change is made, and what stood beside it leaves.
pub(crate) fn settle(scene: Scene<'_>, settled: Settled, calibration: &Calibration, ids: &mut Ids) -> Guarded {
    let weighed = Weighed::default();
    let (items, findings, kept) = (Vec::new(), Vec::new(), Vec::new());
    let mut guard = Guard { scene, weighed: &weighed, calibration, items, findings, kept };
    let Settled { asked, said, changes, contesting, probability } = settled;
    let told = "the user said which place is meant";
    let mut acts: Vec<(Option<String>, Act)> = Vec::new();
    for (target, text) in changes {
        let revised = guard.judged(Op::Revise.name(), &target, probability, told, None);
        acts.push((Some(text), Act::Revise(target, revised)));
    }
    let withdrawn = guard.judged(Op::Withdraw.name(), &contesting, probability, told, None);
    acts.push((None, Act::Withdraw(contesting, withdrawn)));
    for (text, act) in acts {
        guard.items.push(Item { span: said, covers: said, text, kind: ClauseKind::default(), act, decided: true });
    }
    guard.cover();
    let mut guarded = guard.finish(ids);
    // The answer is what the clause says now, no clause of its own.
    let settled = guarded.edits.iter().position(|edit| matches!(edit, Edit::Revise { .. }));
    let clause = settled.and_then(|settled| guarded.edits.get(settled)?.clause().cloned());
    guarded.edits.extend(clause.map(|clause| Edit::Answer { question: asked.id, clause }));
    guarded
}

struct Guard<'a> {
    scene: Scene<'a>,
    weighed: &'a Weighed,
    calibration: &'a Calibration,
    items: Vec<Item>,
    findings: Vec<Finding>,
    /// What stays of clauses that leave force.
    kept: Vec<Rest>,
}

impl<'a> Guard<'a> {
    fn take(&mut self, draft: &DraftEdit) {
        let taken: Vec<Span> = self.items.iter().map(|item| item.span).collect();
        let Some(span) = locate(self.scene.user, &draft.quote, &taken) else {
            self.findings.push(Finding::Unsupported { quote: draft.quote.clone() });
            return;
        };
        if self.items.iter().any(|item| item.covers.contains(span)) {
            return;
        }
        let text = self.resolved(draft, span);
        if let Some(act) = self.act(draft, span) {
            // What was drafted as a revision and is none may not leave out what a revision replaces.
            let text = text.filter(|text| matches!(act, Act::Revise(..)) || self.keeps(text, span, None));
            let kind = draft.kind.unwrap_or_default();
            self.items.push(Item { span, covers: span, text, kind, act, decided: false });
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
                || replaced.as_ref().is_some_and(|replaced| replaced.contains(word) || Said::new(word).revises())
        })
    }

    fn act(&mut self, draft: &DraftEdit, span: Span) -> Option<Act> {
        let quote = self.words(span).to_owned();
        let named = draft.target.as_deref().unwrap_or_default();
        let answers = self.scene.spec.open_questions().any(|question| question.id.0 == named);
        // Whatever a draft calls it: words that are aimed at an open question answer it.
        let op = if answers && matches!(draft.op, Op::Add | Op::Revise) { Op::Answer } else { draft.op };
        Some(match op {
            Op::Add => Act::Add,
            // Whichever of them was drafted: the words say which it is.
            Op::Approve | Op::Chat => return self.talk(&quote),
            Op::Revise | Op::Withdraw => match self.target(draft.op, named) {
                Some(older) => {
                    let id = older.said.id.clone();
                    match self.removal(draft.op.name(), &id, self.weight_of(&id), false) {
                        Some(removal) if draft.op == Op::Revise => Act::Revise(id, removal),
                        Some(removal) => Act::Withdraw(id, removal),
                        None => Act::Add,
                    }
                }
                None => Act::Add,
            },
            Op::Redirect => match &self.scene.spec.goal {
                Some(goal) => {
                    let id = goal.said.id.clone();
                    self.removal(draft.op.name(), &id, self.weight_of(&id), false).map_or(Act::Add, Act::Redirect)
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

    /// What words do that say nothing to record; `None` where they say more.
    fn talk(&self, words: &str) -> Option<Act> {
        match cues::talk(words)?.op(self.scene.reply.is_some())? {
            Op::Approve => Some(Act::Approve),
            _ => Some(Act::Chat),
        }
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

    /// Takes a decided change over.
    fn change(&mut self, decision: &Decision) {
        if self.items.iter().any(|item| decision.covers.contains(item.covers) && !item.decided) {
            return;
        }
        let Some(older) = self.scene.spec.active().find(|clause| clause.said.id == decision.target) else { return };
        let id = decision.target.clone();
        let is_goal = self.scene.spec.is_goal(&id);
        // What is left of a long clause is not known when it just gives way.
        let clear = match decision.outcome {
            Outcome::Reads(_) | Outcome::Shrinks { .. } | Outcome::Redirected { named: true, .. } => true,
            Outcome::GivesWay => {
                content(&older.said.text).len() <= SHORT && !is_goal && decision.probability >= WITHOUT_A_RULE
            }
            Outcome::Falls => !is_goal,
            Outcome::Redirected { stays, .. } => {
                let told = Said::new(self.scene.user).redirects() || decision.probability >= UNANNOUNCED;
                told && (stays.is_some() || content(&older.said.text).len() <= SHORT)
            }
        };
        let op = match decision.outcome {
            Outcome::Reads(_) | Outcome::GivesWay => Op::Revise,
            Outcome::Falls | Outcome::Shrinks { .. } => Op::Withdraw,
            Outcome::Redirected { .. } => Op::Redirect,
        };
        let clear = clear && decision.places.is_empty();
        let Some(removal) = self.removal(op.name(), &id, decision.probability, clear) else { return };
        let earned = removal.earned;
        let (text, act) = match &decision.outcome {
            // Beside the older clause, the user's own words say best what is meant.
            Outcome::Reads(text) => (earned.then(|| text.clone()), Act::Revise(id, removal)),
            Outcome::GivesWay => (None, Act::Revise(id, removal)),
            // The rest of a goal is the goal.
            Outcome::Shrinks { text, stands_on } if earned && is_goal => {
                (None, Act::Restate { rest: (older.said.clone(), *stands_on, text.clone()), removal })
            }
            Outcome::Falls | Outcome::Shrinks { .. } => (None, Act::Withdraw(id, removal)),
            Outcome::Redirected { .. } => (None, Act::Redirect(removal)),
        };
        let span = if earned { decision.quote } else { decision.covers };
        // Words that take something back may say more than that.
        let falls = matches!(decision.outcome, Outcome::Falls | Outcome::Shrinks { .. });
        if earned && falls && self.says_more(decision.covers, &older.said.text) {
            let (kind, act) = (ClauseKind::default(), Act::Add);
            self.items.push(Item { span, covers: decision.covers, text: None, kind, act, decided: true });
        }
        let item = Item { span, covers: decision.covers, text, kind: older.said.kind, act, decided: true };
        self.items.push(item);
        match &decision.outcome {
            Outcome::Redirected { stays, .. } if earned => {
                self.leave_with_the_goal(decision);
                self.kept.extend(stays.map(|stays| {
                    let text = stays.of(&older.said.text).unwrap_or_default().to_owned();
                    (older.said.clone(), stays, text)
                }));
            }
            Outcome::Shrinks { text, stands_on } if earned && !is_goal => {
                self.kept.push((older.said.clone(), *stands_on, text.clone()));
            }
            _ => {}
        }
    }

    /// What only said how the product of a goal should be leaves force with the goal, unless the turn speaks of it.
    fn leave_with_the_goal(&mut self, decision: &Decision) {
        let spec = self.scene.spec;
        let said = content(self.scene.user);
        let spoken_of = |text: &str| content(text).iter().any(|word| said.iter().any(|other| same_stem(other, word)));
        let hanging = spec.requirements.iter().filter(|clause| {
            let text = &clause.said.text;
            clause.status.is_active()
                && !clause.pinned
                && Said::new(text).shapes_the_product()
                && !spoken_of(text)
                && !self.retired(&clause.said.id)
        });
        let left: Vec<Item> = hanging
            .map(|clause| {
                let reason = "it said how the product of the earlier goal should be".into();
                let removal = Removal { earned: true, reason, probability: Some(decision.probability) };
                let act = Act::Withdraw(clause.said.id.clone(), removal);
                let kind = clause.said.kind;
                Item { span: decision.quote, covers: decision.covers, text: None, kind, act, decided: true }
            })
            .collect();
        self.items.extend(left);
    }

    /// Whether words say more than that this text is taken back.
    fn says_more(&self, span: Span, text: &str) -> bool {
        let held = self.words(span);
        let (wording, known) = (cues::wording(held), content(text));
        words(held)
            .filter(|word| word.weight == Weight::Content && !wording.iter().any(|span| span.contains(word.span)))
            .any(|word| !known.iter().any(|other| same_stem(other, &word.folded)))
    }

    /// How probable it is that the clause is to leave force, where a draft says so as well.
    fn weight_of(&self, id: &ClauseId) -> f64 {
        let held = self.weighed.considered.iter().find(|considered| considered.clause == *id);
        let odds = held.map_or(f64::NEG_INFINITY, |held| (held.probability / (1.0 - held.probability)).ln());
        1.0 / (1.0 + (-odds - DRAFTED).exp())
    }

    /// The removal of that probability; what is contested becomes a finding. `None` where it is not even that.
    fn removal(&mut self, op: &'static str, target: &ClauseId, probability: f64, clear: bool) -> Option<Removal> {
        if probability < self.calibration.contested {
            return None;
        }
        // Two new goals, or a new goal beside a certain revision of the old one, cannot both hold for certain.
        let redirected = |item: &Item| matches!(&item.act, Act::Redirect(removal) if removal.earned);
        let settled = self.items.iter().any(redirected) || self.retired(target);
        let doubt = if settled {
            Some("another edit of this turn settles it already")
        } else if probability < self.calibration.earned {
            Some("it may be an addition")
        } else if clear {
            None
        } else {
            Some("it is not clear what would be left")
        };
        Some(self.judged(op, target, probability, "worded as a change of just this", doubt))
    }

    /// The removal, earned for that reason unless something makes it doubtful or the user holds the clause fast; what is
    /// contested becomes a finding.
    fn judged(&mut self, op: &str, target: &ClauseId, probability: f64, reason: &str, doubt: Option<&str>) -> Removal {
        let held = self.scene.spec.clause(target).is_some_and(|clause| clause.pinned);
        let doubt = if held { Some("you hold it fast") } else { doubt };
        if let Some(reason) = doubt {
            self.findings.push(Finding::Contested { op: op.into(), target: target.to_string(), reason: reason.into() });
        }
        Removal { earned: doubt.is_none(), reason: doubt.unwrap_or(reason).to_owned(), probability: Some(probability) }
    }

    /// The part of the last reply that the draft names, if a word of the user points at it.
    fn reference(&mut self, named: &str) -> Option<Act> {
        let (turn, reply) = self.scene.reply?;
        let part = outline::named(reply, named);
        let Some((span, text)) = part.and_then(|span| Some((span, span.of(reply).ok()?))) else {
            self.findings.push(Finding::Misdirected { op: Op::Refer.name().into(), target: named.into() });
            return None;
        };
        if !cues::points(self.scene.user, outline::list(reply)) {
            self.findings.push(Finding::Unpointed { part: text.chars().take(60).collect() });
            return None;
        }
        Some(Act::Refer { artifact: Source { turn, span }, text: text.to_owned() })
    }

    /// Lets every sentence with an uncovered word enter whole: an edit that states something in it is widened, else
    /// the sentence is added. Of a sentence that was decided to change something, only the pieces enter that do not. A
    /// withdrawal is never widened: it would take away what stands beside it.
    fn cover(&mut self) {
        let mut overlooked = Vec::new();
        for segment in segments(self.scene.user) {
            let decided = self.items.iter().any(|item| item.decided && segment.contains(item.covers));
            let units = if decided { pieces(self.scene.user, segment) } else { vec![segment] };
            for unit in units {
                overlooked.extend(self.cover_unit(unit, decided));
            }
        }
        if !overlooked.is_empty() {
            self.findings.push(Finding::Uncovered { words: overlooked });
        }
    }

    /// Lets a sentence or a piece of one enter whole unless it is covered; returns the content words that were not.
    fn cover_unit(&mut self, unit: Span, decided: bool) -> Vec<String> {
        let held = self.words(unit);
        let wording = if decided { cues::wording(held) } else { Vec::new() };
        // What is quoted says something, whatever it is: `o` is no article then.
        let material = quoted(held);
        let is_quoted = |word: &Word<'_>| material.iter().any(|span| span.contains(word.span));
        let uncovered: Vec<_> = words(held)
            .filter(|word| word.weight != Weight::Filler || is_quoted(word))
            .filter(|word| !wording.iter().any(|span| span.contains(word.span)))
            .filter(|word| {
                let span = Span { start: unit.start + word.span.start, end: unit.start + word.span.end };
                !self.items.iter().any(|item| item.covers.contains(span))
            })
            .collect();
        // Talk is no clause; beside a change it is a way of saying that.
        if !uncovered.is_empty()
            && !self.items.iter().any(|item| unit.contains(item.span))
            && let Some(act) = self.talk(held)
        {
            if !decided || matches!(act, Act::Approve) {
                let kind = ClauseKind::default();
                self.items.push(Item { span: unit, covers: unit, text: None, kind, act, decided: false });
            }
            return Vec::new();
        }
        // What a resolved text of the sentence says is not lost, though its quote leaves it out.
        let said: HashSet<String> = self
            .items
            .iter()
            .filter(|item| unit.contains(item.span))
            .filter_map(|item| item.text.as_deref())
            .flat_map(content)
            .collect();
        let lost: Vec<String> = uncovered
            .iter()
            .filter(|word| (word.weight == Weight::Content || is_quoted(word)) && !said.contains(&*word.folded))
            .map(|word| word.text.to_owned())
            .collect();
        let stateless = self.items.iter().any(|item| unit.contains(item.span) && !item.act.states());
        if !(uncovered.is_empty() || (lost.is_empty() && (stateless || decided))) {
            self.state_whole(unit, lost.is_empty());
        }
        lost
    }

    /// Lets a sentence enter whole. `resolved` says that the resolved texts hold all that it says.
    fn state_whole(&mut self, segment: Span, resolved: bool) {
        let widens = |item: &Item| {
            segment.contains(item.span)
                && !item.decided
                && item.act.states()
                && !matches!(item.act, Act::Withdraw(..))
                && (resolved || item.text.is_none())
        };
        // The edit that says most about the sentence is kept: one that does more than add, else the first.
        let more = |item: &Item| widens(item) && !matches!(item.act, Act::Add);
        let kept = self.items.iter().position(more).or_else(|| self.items.iter().position(widens));
        let whole = match kept {
            Some(kept) => Item { span: segment, covers: segment, ..self.items.remove(kept) },
            None => Item {
                span: segment,
                covers: segment,
                text: None,
                kind: ClauseKind::Fact,
                act: Act::Add,
                decided: false,
            },
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
        let asks = |item: &Item| item.span.of(user).is_ok_and(|words| words.ends_with(QUESTION_MARKS));
        let adds = |item: &Item| matches!(item.act, Act::Add);
        let goal =
            self.items.iter().position(|item| adds(item) && asks(item)).or_else(|| self.items.iter().position(adds));
        if let Some(item) = goal.and_then(|goal| self.items.get_mut(goal)) {
            item.act = Act::Redirect(first_goal());
        }
    }

    fn finish(mut self, ids: &mut Ids) -> Guarded {
        self.items.sort_by_key(|item| item.span.start);
        let mut edits: Vec<Edit> =
            std::mem::take(&mut self.items).into_iter().map(|item| self.edit(item, ids)).collect();
        edits.extend(self.kept.iter().map(|rest| Edit::Add { clause: restated(rest, ids) }));
        Guarded { edits, findings: self.findings }
    }

    fn edit(&self, item: Item, ids: &mut Ids) -> Edit {
        let start = item.span.start + cues::behind_hesitation(self.words(item.span));
        let source = Source { turn: self.scene.turn, span: Span { start, ..item.span } };
        let quote = self.words(source.span).to_owned();
        let resolved = item.text;
        let said = resolved.clone().unwrap_or_else(|| quote.clone());
        let mut clause =
            |text: String| NewClause { id: ids.clause(), text, quote: quote.clone(), source, kind: item.kind };
        match item.act {
            Act::Add => Edit::Add { clause: clause(said) },
            Act::Revise(target, removal) => Edit::Revise { target, clause: clause(said), removal },
            Act::Withdraw(target, removal) => Edit::Withdraw { target, clause: clause(said), removal },
            Act::Redirect(removal) => Edit::Redirect { clause: clause(said), removal },
            // An answer such as "4" means nothing without what was asked.
            Act::Answer(asked) => {
                let text = format!("{} {quote}", asked.text);
                Edit::Answer { clause: clause(text), question: asked.id }
            }
            Act::Refer { artifact, text } => {
                let id = ids.reference();
                Edit::Refer { reference: Reference { id, text, artifact, quote, source, status: Status::Active } }
            }
            Act::Restate { rest, removal } => Edit::Redirect { clause: restated(&rest, ids), removal },
            Act::Approve => Edit::Approve { source },
            Act::Chat => Edit::Chat { source },
        }
    }

    fn words(&self, span: Span) -> &str {
        span.of(self.scene.user).unwrap_or_default()
    }
}

/// What is left of a clause, as one of its own: its words stand where they stood.
fn restated((older, part, text): &Rest, ids: &mut Ids) -> NewClause {
    let start = older.source.span.start;
    let span = Span { start: start + part.start, end: start + part.end };
    let quote = part.of(&older.quote).unwrap_or_default().to_owned();
    let source = Source { turn: older.source.turn, span };
    NewClause { id: ids.clause(), text: text.clone(), quote, source, kind: older.kind }
}

fn first_goal() -> Removal {
    Removal { earned: true, reason: "there was no goal before".into(), probability: None }
}

#[cfg(test)]
mod tests;
