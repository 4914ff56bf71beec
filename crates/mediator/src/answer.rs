//! Answers: to the question that the mediator put, and to one of the assistant's where the user's words mean nothing
//! without it.

use throughline_conversation::{Ids, Question, QuestionState, Span};

use crate::cues::{self, Said, Talk};
use crate::draft::{DraftEdit, Op};
use crate::guard::Scene;
use crate::outline;
use crate::removal::{Calibration, Decision, Weighed};
use crate::segments::segments;
use crate::words::{QUESTION_MARKS, Weight, content, one_line, same_stem, words};

/// An answer of more content words says enough by itself.
const ELLIPTIC: usize = 4;

/// A question of more words is none that a few words answer.
const MOST_WORDS: usize = 24;

/// The answer to the question that waits for one: what is said right after it, up to where something seems to change,
/// unless it changes something for certain itself.
pub(crate) fn answer(scene: Scene<'_>, weighed: &Weighed, calibration: &Calibration) -> Option<DraftEdit> {
    let asked = scene.asked()?;
    let said = *segments(scene.user).first()?;
    let changes = || weighed.decisions.iter().filter(|decision| said.contains(decision.covers));
    let end = changes().map(|decision| decision.covers.start).filter(|start| *start > said.start).min();
    let said = Span { end: end.unwrap_or(said.end), ..said };
    let certain = |decision: &Decision| decision.probability >= calibration.earned() && said.contains(decision.covers);
    let quote =
        said.of(scene.user).ok()?.trim_end_matches(|last: char| last.is_whitespace() || ",;，、،".contains(last));
    let (target, quote) = (Some(asked.id.0.clone()), quote.to_owned());
    (!changes().any(certain)).then_some(DraftEdit { op: Op::Answer, quote, target, text: None, kind: None })
}

/// The question of the last reply that the turn answers in words that mean nothing without it ("1.78"), or leaves open
/// ("no idea"). The reply is read for nothing else.
pub(crate) fn asked_by_the_assistant(scene: Scene<'_>, ids: &mut Ids) -> Option<Question> {
    let (asked_at, reply) = scene.reply.filter(|_| scene.asked().is_none() && scene.spec.goal.is_some())?;
    let asked = outline::question(reply)?;
    let text = asked.of(reply).ok()?;
    let leaves_open = matches!(cues::talk(scene.user), Some(Talk::LeavesOpen | Talk::GoesAhead));
    let answers = leaves_open || (is_elliptic(scene) && outline::pointed(scene).is_empty() && inquires(text, scene));
    let text = one_line(text);
    (answers && cues::talk(&text).is_none() && words(&text).count() <= MOST_WORDS).then(|| {
        let (id, choices, state) = (ids.question(), Vec::new(), QuestionState::Open);
        Question { id, text, choices, asked_at, state }
    })
}

/// Whether a question asks for something that a few words tell: it brings in no number that the user never said, and no
/// choices of which the answer leaves some out.
fn inquires(question: &str, scene: Scene<'_>) -> bool {
    let known = |word: &String| scene.spec.active().any(|clause| content(&clause.said.text).contains(word));
    let invents = content(question).iter().any(|word| word.chars().any(char::is_numeric) && !known(word));
    let asked = content(question);
    let chooses = content(scene.user).iter().all(|word| asked.iter().any(|other| same_stem(other, word)));
    Said::new(question).inquires() && !invents && !chooses
}

/// Whether the turn begins with a few words that are no whole sentence and ask, add or change nothing by themselves.
fn is_elliptic(scene: Scene<'_>) -> bool {
    let first = segments(scene.user).first().and_then(|first| first.of(scene.user).ok());
    first.is_some_and(|text| {
        let said = Said::new(text);
        let length = words(text).filter(|word| word.weight == Weight::Content).count();
        let is_sentence = text.ends_with(['.', '!', '。', '।']) && words(text).count() > 2;
        (1..=ELLIPTIC).contains(&length)
            && cues::talk(text).is_none()
            && !is_sentence
            && !text.ends_with(QUESTION_MARKS)
            && !(said.adds() || said.withdraws() || said.redirects() || said.sets_a_task() || said.states())
    })
}
