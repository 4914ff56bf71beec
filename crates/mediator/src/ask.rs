//! Ask or proceed.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use throughline_conversation::{Conversation, Decision, Edit, Spec, Turn};

use crate::cues::{self, Said, Talk};
use crate::segments::segments;
use crate::words::{QUESTION_MARKS, content, same_stem, words};

/// When the mediator asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskMode {
    /// Never: what is missing is left to the assistant, as an assumption in sight.
    Never,
    /// When something essential seems to be missing, within the budget.
    #[default]
    Auto,
    /// After every turn that says something: the spec is shown, and nothing is done before the user agrees to it.
    AlwaysConfirm,
}

impl AskMode {
    /// The mode's name in configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Auto => "auto",
            Self::AlwaysConfirm => "always-confirm",
        }
    }
}

/// When the mediator asks, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskPolicy {
    /// When it asks.
    pub mode: AskMode,
    /// How many questions it may ask in one conversation; 0 never asks.
    pub budget: usize,
}

impl Default for AskPolicy {
    fn default() -> Self {
        Self { mode: AskMode::Auto, budget: 1 }
    }
}

/// What is asked where the user is to agree with the spec, which is shown with it.
pub(crate) const CONFIRM: &str = "Is that right?";

/// A question of no more content words may ask about what lies between the user's own.
const FEW_WORDS: usize = 2;
/// A question longer than this is no short one.
const MOST_WORDS: usize = 30;

impl AskPolicy {
    /// Whether the user is to agree with what was understood of this turn before anything is done.
    pub(crate) fn confirms(self, turn: &Turn) -> bool {
        self.mode == AskMode::AlwaysConfirm
            && turn.edits.iter().any(|edit| edit.clause().is_some() || matches!(edit, Edit::Refer { .. }))
            && !Said::new(&turn.user).goes_ahead()
    }

    /// Whether the user agrees with what was understood of the turn before.
    pub(crate) fn confirmed(self, before: Option<&Turn>, user: &str) -> bool {
        self.mode == AskMode::AlwaysConfirm
            && before.is_some_and(|turn| turn.decision == Decision::Ask)
            && cues::talk(user).is_some_and(|talk| talk != Talk::Hesitates)
    }

    /// The same policy with the questions that are left after this conversation. What the assistant asked is recorded by the
    /// turn that answers it, and takes none of them.
    pub(crate) fn after(self, conversation: &Conversation) -> Self {
        let turns = conversation.turns.iter().enumerate();
        let put = turns.flat_map(|(index, turn)| {
            turn.edits.iter().filter(move |edit| matches!(edit, Edit::Ask { question } if question.asked_at == index))
        });
        Self { budget: self.budget.saturating_sub(put.count()), ..self }
    }

    /// Why no question may be put after this turn, whatever is missing; `None` where one may.
    pub(crate) fn silence(self, turn: &Turn) -> Option<Reason> {
        if self.mode == AskMode::Never {
            Some(Reason::Never)
        } else if Said::new(&turn.user).goes_ahead() {
            Some(Reason::GoesAhead)
        } else if !turn.edits.iter().any(|edit| edit.clause().is_some()) {
            Some(Reason::NothingNew)
        } else if self.mode == AskMode::AlwaysConfirm {
            Some(Reason::Confirms)
        } else {
            (self.budget == 0).then_some(Reason::Spent)
        }
    }

    /// What to ask after this turn, which made `spec`, if anything, and why.
    pub(crate) fn decide(self, grounds: &Grounds<'_>, turn: &Turn, spec: &Spec) -> (Option<String>, Reason) {
        if self.confirms(turn) {
            return (Some(CONFIRM.to_owned()), Reason::Confirms);
        }
        if let Some(silence) = self.silence(turn) {
            return (None, silence);
        }
        if !grounds.places.is_empty() {
            // The places say in any language what is asked.
            let places: Vec<String> = grounds.places.iter().map(|place| format!("\u{201c}{place}\u{201d}")).collect();
            return (Some(format!("{}?", places.join(" / "))), Reason::Ambiguous);
        }
        match (grounds.missing, grounds.question.and_then(|question| fit(question, spec))) {
            (Some(probability), _) if probability < grounds.from => {
                (None, Reason::Enough { probability, from: grounds.from })
            }
            (Some(probability), None) => (None, Reason::Unworded { probability, from: grounds.from }),
            (Some(probability), question) => (question, Reason::Missing { probability, from: grounds.from }),
            (None, None) => (None, Reason::Unasked),
            (None, question) => (question, Reason::Drafted),
        }
    }
}

/// What there is for a question after a turn.
pub(crate) struct Grounds<'a> {
    /// The places that a change may be meant for, in the user's words, where more than one fits.
    pub(crate) places: &'a [String],
    /// How probable it is that something essential is missing, from 0 to 1, where that was weighed.
    pub(crate) missing: Option<f64>,
    /// From this probability on it is asked for.
    pub(crate) from: f64,
    /// The model's question.
    pub(crate) question: Option<&'a str>,
}

/// Why the mediator asks, or goes on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Reason {
    /// Whatever is understood is confirmed first.
    Confirms,
    /// A change fits several places.
    Ambiguous,
    /// Something essential is missing.
    Missing {
        /// How probable that is.
        probability: f64,
        /// From this probability on it is asked for.
        from: f64,
    },
    /// The model that drafts the edits put a question.
    Drafted,
    /// Something essential is missing, but the model came up with no question that can be put.
    Unworded {
        /// How probable that is.
        probability: f64,
        /// From this probability on it is asked for.
        from: f64,
    },
    /// Nothing essential is missing.
    Enough {
        /// How probable it is that something is.
        probability: f64,
        /// From this probability on it is asked for.
        from: f64,
    },
    /// The model that drafts the edits put no question that can be put.
    Unasked,
    /// The turn stated nothing.
    NothingNew,
    /// The user wants to go on.
    GoesAhead,
    /// No question is left in the budget.
    Spent,
    /// The mediator never asks.
    Never,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Confirms => formatter.write_str("you confirm what was understood before anything is done"),
            Self::Ambiguous => formatter.write_str("the change fits several places"),
            Self::Missing { probability, from } => {
                write!(
                    formatter,
                    "something essential seems to be missing (probability {probability:.2}, asked from {from:.2} on)"
                )
            }
            Self::Drafted => formatter.write_str("the model takes something essential for missing"),
            Self::Unworded { probability, from } => write!(
                formatter,
                "something essential seems to be missing (probability {probability:.2}, asked from {from:.2} on), but the model \
                 put no question that could be asked"
            ),
            Self::Enough { probability, from } => {
                write!(
                    formatter,
                    "nothing essential seems to be missing (probability {probability:.2}, asked from {from:.2} on)"
                )
            }
            Self::Unasked => formatter.write_str("the model put no question that could be asked"),
            Self::NothingNew => formatter.write_str("nothing was stated that a question could be about"),
            Self::GoesAhead => formatter.write_str("you want to go on without answering"),
            Self::Spent => formatter.write_str("no question is left in the budget"),
            Self::Never => formatter.write_str("questions are turned off"),
        }
    }
}

/// The model's question, if it is one short question about what the user said that was not put before.
fn fit(question: &str, spec: &Spec) -> Option<String> {
    let question = question.trim();
    let one = question.ends_with(QUESTION_MARKS) && !question.contains('\n');
    let short = words(question).count() <= MOST_WORDS;
    let fresh = !spec.questions.iter().any(|asked| asked.text == question);
    let new = !repeats(question, spec) && !asks_back(question, spec);
    (one && short && fresh && new && !invents(question, spec)).then(|| question.to_owned())
}

/// Whether the question only gives the user's own words back: it asks for nothing that is missing. A few words of several
/// clauses may ask about what lies between them.
fn repeats(question: &str, spec: &Spec) -> bool {
    let asked = content(question);
    let all_of = |said: &HashSet<String>| asked.iter().all(|word| said.iter().any(|held| same_stem(held, word)));
    let of_one = spec.active().any(|clause| all_of(&content(&clause.said.text).into_iter().collect()));
    of_one || (asked.len() > FEW_WORDS && all_of(&said(spec)))
}

/// Whether the question is the user's own, asked back: it begins with the same three words, and says next to nothing that
/// the user did not ("How many couples attended?" of "How many couples came to the prom?").
fn asks_back(question: &str, spec: &Spec) -> bool {
    let asked: Vec<_> = words(question).collect();
    let begins_like = |sentence: &str| {
        let same = words(sentence).zip(&asked).take_while(|(said, asked)| said.folded == asked.folded);
        sentence.ends_with(QUESTION_MARKS) && same.count() >= 3
    };
    let own = |text: &str| segments(text).into_iter().any(|sentence| sentence.of(text).is_ok_and(begins_like));
    let said = said(spec);
    let new = content(question).iter().filter(|word| !said.iter().any(|held| same_stem(held, word))).count();
    new <= 1 && spec.active().any(|clause| own(&clause.said.text))
}

/// The content words of all that is in force.
fn said(spec: &Spec) -> HashSet<String> {
    spec.active().flat_map(|clause| content(&clause.said.text)).collect()
}

/// Whether the question brings in a number that the user never said: that would suggest an answer.
fn invents(question: &str, spec: &Spec) -> bool {
    let said = said(spec);
    content(question).iter().any(|word| word.chars().any(char::is_numeric) && !said.contains(word))
}
