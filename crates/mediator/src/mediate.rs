//! One user turn: edits from the model, checked by the guard.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use throughline_conversation::{
    Assumption, AssumptionState, Conversation, Decision, Edit, Finding, FoldError, Ids, Question, QuestionState,
    Source, Span, Spec, Turn,
};
use throughline_models::{
    AgentFile, Calls, CancellationToken, ChatModel, Completion, FinishReason, Message, ModelError, Output, Request,
    TokenUsage,
};

use crate::answer::{answer, asked_by_the_assistant};
use crate::ask::{AskPolicy, Grounds, Reason};
use crate::cues::{self, Said, Talk};
use crate::draft::{self, Draft, Op};
use crate::guard::{self, Guarded, Scene};
use crate::missing::Missing;
use crate::outline::{self, outline};
use crate::removal::{self, Calibration, Considered, Weighed};
use crate::spent::Spent;
use crate::unguarded;
use crate::words::{one_line, words};

/// What the mediator made of a user turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Mediation {
    /// The turn, with its edits, findings and decision; its reply is still open.
    pub turn: Turn,
    /// Every change of an earlier clause that the turn might make, the likeliest first.
    pub considered: Vec<Considered>,
    /// Whether something essential is missing, where that was weighed.
    pub missing: Option<Missing>,
    /// What to ask, when the decision is to ask.
    pub question: Option<String>,
    /// Why that was decided.
    pub reason: Reason,
    /// Whether the assistant is to reply: not where the mediator asks, nor to talk, nor to agreement with the reply that there is.
    pub awaits_reply: bool,
    /// The tokens of the model calls.
    pub usage: TokenUsage,
    /// What else the model calls took.
    pub calls: Calls,
    /// How long they took.
    pub elapsed: Duration,
}

/// Why a turn could not be mediated.
#[derive(Debug, thiserror::Error)]
pub enum MediatorError {
    /// The model failed.
    #[error("the mediator's model failed")]
    Model(#[from] ModelError),
    /// The conversation so far holds edits that do not fit.
    #[error("the conversation's record is damaged")]
    Fold(#[from] FoldError),
}

/// Listens to user turns.
#[derive(Clone)]
pub struct Mediator {
    model: Arc<dyn ChatModel>,
    agent: AgentFile,
    policy: AskPolicy,
    guarded: bool,
    method: Method,
    /// The model's name, by which its readings are known to the calibration.
    name: String,
    calibration: Arc<Calibration>,
}

/// How a turn is understood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Choices for a model that runs in this process or whose readings are calibrated, drafts otherwise.
    #[default]
    Auto,
    /// By small separate decisions: rules first, then, where they leave it open, one constrained choice of the model.
    /// A turn that only adds costs next to nothing.
    Choices,
    /// The model writes the edits of the turn as JSON.
    Drafts,
}

impl Method {
    /// The method's name in configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Choices => "choices",
            Self::Drafts => "drafts",
        }
    }
}

/// A draft as the model wrote it, and what the guard made of it.
struct Attempt {
    written: String,
    draft: Draft,
    guarded: Guarded,
    considered: Vec<Considered>,
    /// The places that the user may mean, where a change fits more than one.
    places: Option<Vec<String>>,
    ids: Ids,
}

impl Attempt {
    /// What was decided without a draft.
    fn decided(guarded: Guarded, ids: Ids) -> Self {
        Self { written: String::new(), draft: Draft::default(), guarded, considered: Vec::new(), places: None, ids }
    }

    /// What the model should have done otherwise, in words for it; empty when nothing was wrong.
    fn breaches(&self) -> String {
        let mut text = String::new();
        for finding in &self.guarded.findings {
            let _ = match finding {
                Finding::Unsupported { quote } => writeln!(text, "- This quote is not in the message: {quote:?}"),
                Finding::Uncovered { words } => writeln!(text, "- These words are in no edit: {}", words.join(", ")),
                Finding::Invented { tokens, .. } => {
                    writeln!(text, "- These words of a text are not the user's: {}", tokens.join(", "))
                }
                Finding::Misdirected { op, target } => writeln!(text, "- There is no {target:?} in force to {op}"),
                Finding::Unreadable { .. } => writeln!(text, "- That was not complete JSON; write less"),
                Finding::Unpointed { .. } | Finding::Contested { .. } => Ok(()),
            };
        }
        text
    }
}

impl Mediator {
    /// A mediator on this model, with the settings and prompt of `agent`.
    pub fn new(model: Arc<dyn ChatModel>, agent: AgentFile, policy: AskPolicy) -> Self {
        let (name, calibration) = (String::new(), Arc::default());
        Self { model, agent, policy, guarded: true, method: Method::Auto, name, calibration }
    }

    /// The same mediator, asking by this policy.
    #[must_use]
    pub fn asking(self, policy: AskPolicy) -> Self {
        Self { policy, ..self }
    }

    /// The same mediator, understanding turns by this method.
    #[must_use]
    pub fn by(self, method: Method) -> Self {
        Self { method, ..self }
    }

    /// The same mediator with this calibration, whose readings are looked up by the model's name: those apply whose
    /// name the model's contains, without regard to case.
    #[must_use]
    pub fn calibrated(self, calibration: Calibration, model: &str) -> Self {
        Self { calibration: Arc::new(calibration), name: model.to_owned(), ..self }
    }

    /// Whether the model drafts edits as JSON.
    fn drafts(&self) -> bool {
        match self.method {
            Method::Drafts => true,
            Method::Choices => false,
            Method::Auto => !self.guarded || !(self.model.capabilities().grammar || self.reads()),
        }
    }

    /// Whether the model's readings are calibrated.
    fn reads(&self) -> bool {
        self.calibration.readings_of(&self.name).is_some()
    }

    /// The same mediator, drawing with this seed.
    #[must_use]
    pub fn seeded(&self, seed: u32) -> Self {
        let mut mediator = self.clone();
        mediator.agent.sampling.seed = Some(seed);
        mediator
    }

    /// The same mediator without its guard: what the model drafts is recorded as it is, and nobody asks it again. It
    /// loses and invents; only for measuring what the guard is worth.
    #[must_use]
    pub fn unguarded(&self) -> Self {
        Self { guarded: false, ..self.clone() }
    }

    /// What `user` changes in the spec of `conversation`, and whether to ask or proceed. The conversation itself
    /// stays as it is: push [`Mediation::turn`] to accept it.
    ///
    /// # Errors
    /// [`MediatorError`] when the model cannot be reached; what it writes is never an error.
    pub async fn listen(
        &self,
        conversation: &Conversation,
        user: &str,
        cancel: &CancellationToken,
    ) -> Result<Mediation, MediatorError> {
        let started = Instant::now();
        let before = conversation.spec()?;
        let mut ids = Ids::after(conversation.edits());
        // What the assistant asked counts as asked from when it is answered.
        let overheard = asked_by_the_assistant(Scene::of(conversation, &before, user), &mut ids);
        let overheard = overheard.map(|question| Edit::Ask { question });
        let spec = folded(before.clone(), &overheard)?;
        let scene = Scene::of(conversation, &spec, user);
        let mut spent = Spent::default();
        let whole = Source { turn: scene.turn, span: Span::whole(user) };
        let attempt = if self.policy.confirmed(conversation.turns.get(scene.since), user) {
            idle(Edit::Approve { source: whole }, ids)
        } else if let Some(op) = nothing_to_record(scene) {
            idle(if op == Op::Approve { Edit::Approve { source: whole } } else { Edit::Chat { source: whole } }, ids)
        } else if let Some(settled) = removal::settled(scene, &self.calibration).filter(|_| self.guarded) {
            Attempt::decided(guard::settle(scene, settled, &self.calibration, &mut ids), ids)
        } else if self.drafts() {
            self.attempt(scene, ids, &mut spent, cancel).await?
        } else {
            self.choose(scene, ids, &mut spent, cancel).await?
        };
        let Attempt { draft, guarded, considered, places, mut ids, .. } = attempt;
        let mut turn =
            Turn { user: user.to_owned(), edits: guarded.edits, findings: guarded.findings, ..Turn::default() };
        if let Some(asked) = overheard {
            let answered = turn.edits.iter().any(|edit| matches!(edit, Edit::Answer { .. }));
            if answered || Said::new(user).goes_ahead() {
                turn.edits.insert(0, asked);
            }
        }
        let after = folded(before, &turn.edits)?;
        let policy = self.policy.after(conversation);
        let missing = self.missing(policy, &after, &turn, places.is_some(), &mut spent, cancel).await?;
        let places = places.unwrap_or_default();
        let question = draft.question.as_deref().or_else(|| missing.as_ref()?.question.as_deref());
        let grounds = Grounds {
            places: &places,
            missing: missing.as_ref().map(|missing| missing.probability),
            from: self.calibration.ask(),
            // A small model repeats the examples that it was given.
            question: question.filter(|text| !self.agent.messages.iter().any(|held| held.content.contains(text))),
        };
        let (question, reason) = policy.decide(&grounds, &turn, &after);
        match &question {
            Some(text) => {
                turn.decision = Decision::Ask;
                // Where the spec is to be confirmed, that is asked about; it is no question of its own in it.
                if reason != Reason::Confirms {
                    let (id, state) = (ids.question(), QuestionState::Open);
                    let asked = Question { id, text: text.clone(), choices: places, asked_at: scene.turn, state };
                    turn.edits.push(Edit::Ask { question: asked });
                }
            }
            None if Said::new(user).goes_ahead() => turn.edits.extend(left_open(&after, &mut ids)),
            None => {}
        }
        let awaits_reply = question.is_none() && awaits_reply(scene, &turn);
        let (Spent { usage, calls }, elapsed) = (spent, started.elapsed());
        Ok(Mediation { turn, considered, missing, question, reason, awaits_reply, usage, calls, elapsed })
    }

    /// Weighs whether something essential is missing after the turn, where a question may be put at all.
    async fn missing(
        &self,
        policy: AskPolicy,
        spec: &Spec,
        turn: &Turn,
        ambiguous: bool,
        spent: &mut Spent,
        cancel: &CancellationToken,
    ) -> Result<Option<Missing>, MediatorError> {
        if self.drafts() || !(self.calibration.in_full || policy.silence(turn).is_none()) {
            return Ok(None);
        }
        let model = (!self.name.is_empty()).then_some((&*self.model, self.name.as_str()));
        let calibration = &self.calibration.missing;
        Ok(Some(Missing::weigh(spec, turn, ambiguous, calibration, model, spent, cancel).await?))
    }

    /// Understands the turn by small decisions.
    async fn choose(
        &self,
        scene: Scene<'_>,
        mut ids: Ids,
        spent: &mut Spent,
        cancel: &CancellationToken,
    ) -> Result<Attempt, MediatorError> {
        let model = self.reads().then_some((&*self.model, self.name.as_str()));
        let weighed = removal::weigh(scene, &self.calibration, model, spent, cancel).await?;
        let mut edits = outline::pointed(scene);
        edits.extend(answer(scene, &weighed, &self.calibration));
        let draft = Draft { edits, question: None };
        let mut guarded = guard::check(scene, &draft, &weighed, &self.calibration, &mut ids);
        // Nobody drafted anything, so nothing was overlooked.
        guarded.findings.retain(|finding| !matches!(finding, Finding::Uncovered { .. }));
        Ok(Attempt {
            written: String::new(),
            draft,
            guarded,
            places: weighed.places(),
            considered: weighed.considered,
            ids,
        })
    }

    /// Drafts the turn's edits, with one more try when the guard found something wrong.
    async fn attempt(
        &self,
        scene: Scene<'_>,
        ids: Ids,
        spent: &mut Spent,
        cancel: &CancellationToken,
    ) -> Result<Attempt, MediatorError> {
        let mut messages = self.agent.messages.clone();
        messages.push(Message::user(situation(scene)));
        let weighed = removal::weigh_words(scene, &self.calibration);
        let first = self.draft(scene, &weighed, ids.clone(), messages.clone(), spent, cancel).await?;
        let breaches = first.breaches();
        if breaches.is_empty() || !self.guarded {
            return Ok(first);
        }
        messages.push(Message::assistant(&first.written));
        messages.push(Message::user(format!("Write the edits again, whole, with this put right:\n{breaches}")));
        let second = match self.draft(scene, &weighed, ids, messages, spent, cancel).await {
            Ok(second) => second,
            // The longer prompt may not fit a small context; the first draft stands then.
            Err(MediatorError::Model(ModelError::ContextOverflow { .. })) => return Ok(first),
            Err(error) => return Err(error),
        };
        let better = second.breaches().lines().count() <= first.breaches().lines().count();
        Ok(if better { second } else { first })
    }

    async fn draft(
        &self,
        scene: Scene<'_>,
        weighed: &Weighed,
        mut ids: Ids,
        messages: Vec<Message>,
        spent: &mut Spent,
        cancel: &CancellationToken,
    ) -> Result<Attempt, MediatorError> {
        let mut sampling = self.agent.sampling.clone();
        // Edits copy the turn's words at most twice; a model that goes on beyond that repeats itself.
        let most = u32::try_from(120 + scene.user.len()).unwrap_or(u32::MAX);
        sampling.max_tokens = sampling.max_tokens.min(most);
        let output = Output::JsonSchema { name: "edits".into(), schema: draft::SCHEMA.clone() };
        let request = Request { messages, sampling, output, logprobs: None };
        let (written, draft, unreadable) = match self.model.complete(request, cancel.clone()).await {
            Ok(completion) => {
                spent.take(&completion.finish);
                read(completion)
            }
            Err(ModelError::SchemaMismatch { reason, finish }) => {
                spent.take(&finish);
                (String::new(), Draft::default(), Some(reason))
            }
            Err(error) => return Err(error.into()),
        };
        let mut guarded = if self.guarded {
            guard::check(scene, &draft, weighed, &self.calibration, &mut ids)
        } else {
            Guarded { edits: unguarded::edits(scene, &draft, &mut ids), findings: Vec::new() }
        };
        if let Some(reason) = unreadable {
            guarded.findings.retain(|finding| !matches!(finding, Finding::Uncovered { .. }));
            guarded.findings.insert(0, Finding::Unreadable { reason });
        }
        let (places, considered) = (weighed.places(), weighed.considered.clone());
        Ok(Attempt { written, draft, guarded, considered, places, ids })
    }
}

/// What the user leaves open, as assumptions in sight.
fn left_open(spec: &Spec, ids: &mut Ids) -> Vec<Edit> {
    let stands = |asked: &Question| spec.assumptions.iter().any(|held| held.text.starts_with(&asked.text));
    let left = spec.open_questions().filter(|asked| !stands(asked));
    left.map(|asked| {
        let text = format!("{} Left to the assistant.", asked.text);
        let reason = "the user wanted to go on without answering".to_owned();
        Edit::Assume {
            assumption: Assumption { id: ids.assumption(), text, reason, state: AssumptionState::default() },
        }
    })
    .collect()
}

/// Whether a turn says nothing to record, and what it is then.
fn nothing_to_record(scene: Scene<'_>) -> Option<Op> {
    if words(scene.user).next().is_none() {
        return Some(Op::Chat);
    }
    // "Shall I go ahead?" asks for nothing else than a yes.
    let asks = |reply: &str| {
        outline::question(reply).is_some_and(|asked| asked.of(reply).is_ok_and(|text| cues::talk(text).is_none()))
    };
    match cues::talk(scene.user)? {
        // "Fine" may be what was asked for.
        Talk::Approves if scene.asked().is_some() => None,
        Talk::Agrees => scene.reply.filter(|(_, reply)| scene.asked().is_none() && !asks(reply)).map(|_| Op::Approve),
        talk => talk.op(scene.reply.is_some()),
    }
}

/// Whether a turn after which nothing is asked calls for a reply.
fn awaits_reply(scene: Scene<'_>, turn: &Turn) -> bool {
    let says = turn.edits.iter().any(|edit| !matches!(edit, Edit::Approve { .. } | Edit::Chat { .. }));
    let approves = turn.edits.iter().any(|edit| matches!(edit, Edit::Approve { .. }));
    // To agree with what was done ends it; to agree with what was proposed, or to let the assistant go on, begins it.
    let done = scene.reply.is_some_and(|(_, reply)| outline::question(reply).is_none());
    says || (approves && !(done && matches!(cues::talk(scene.user), Some(Talk::Approves | Talk::Agrees))))
}

/// The spec after these edits.
fn folded<'a>(mut spec: Spec, edits: impl IntoIterator<Item = &'a Edit>) -> Result<Spec, FoldError> {
    for (place, edit) in edits.into_iter().enumerate() {
        spec.apply(place, edit)?;
    }
    Ok(spec)
}

/// A turn that says nothing to record costs no model call.
fn idle(edit: Edit, ids: Ids) -> Attempt {
    Attempt::decided(Guarded { edits: vec![edit], findings: Vec::new() }, ids)
}

/// What the model wrote, as a draft; with the reason when it cannot be read, which is no error: the guard then lets
/// the turn enter verbatim.
fn read(completion: Completion) -> (String, Draft, Option<String>) {
    let text = completion.text;
    if completion.finish.reason == FinishReason::Length {
        return (text, Draft::default(), Some("the model did not come to an end".into()));
    }
    match serde_json::from_str(&text) {
        Ok(draft) => (text, draft, None),
        Err(error) => (text, Draft::default(), Some(error.to_string())),
    }
}

/// What the model reads about one turn: the spec, the outline of the last reply, the turn's words.
fn situation(scene: Scene<'_>) -> String {
    let mut text = String::from("Spec so far:\n");
    for clause in scene.spec.active() {
        let goal = if scene.spec.is_goal(&clause.said.id) { " (goal)" } else { "" };
        let held = if clause.pinned { " (held fast)" } else { "" };
        // A clause is one line, so that none of its lines passes for another clause.
        let said = one_line(&clause.said.text);
        let _ = writeln!(text, "{}{goal}{held}: {said}", clause.said.id);
    }
    if scene.spec.goal.is_none() && scene.spec.requirements.is_empty() {
        text.push_str("(empty)\n");
    }
    for question in scene.spec.open_questions() {
        let _ = writeln!(text, "{} (open question): {}", question.id, question.text);
    }
    if let Some((_, reply)) = scene.reply {
        let _ = write!(text, "Parts of the last reply:\n{}", outline(reply));
    }
    let _ = write!(text, "New message:\n{}", throughline_models::fenced(scene.user));
    text
}

#[cfg(test)]
mod tests;
