//! One run: one conversation of one sample in one setting.

use std::sync::Arc;

use futures::future::try_join_all;
use serde_json::{Map, Value};
use throughline_assistant::{ANSWER_SPAN, SAMPLE_AGREEMENT, answer_span_confidence, sample_agreement};
use throughline_conversation::{Conversation, Decision, LogEvent, Transcript, Turn, Verification};
use throughline_models::{CancellationToken, Message, ModelError, Role};
use throughline_tasks::{Evaluation, EvaluationError};

use crate::entropy::mean_entropy;
use crate::recorder::{Recorder, Taken};
use crate::respond::{Reply, hear};
use crate::{
    Cast, Heard, PlannedRun, Rewrite, RunError, Said, Setting, SoFar, Spent, StopReason, Turns, User, response_type,
};

/// How many alternatives to each token are asked for where a setting needs the entropy: as many as can be had.
const ALTERNATIVES: u8 = 20;

/// Replays one run and returns its transcript.
///
/// In a setting of a single turn, the assistant replies once and its answer is evaluated. Otherwise the simulated
/// user reveals a shard a turn, the assistant replies to each (or the mediator asks in its place), every answer
/// attempt is evaluated, and the conversation ends with the first right one or when no shard is left and the setting
/// has no closing turn. The run's score is that of the last attempt, and 0 without one.
///
/// # Errors
/// [`RunError`] when a model fails or the run is cancelled; nothing of the run is then worth keeping.
pub async fn replay(run: &PlannedRun<'_>, cast: &Cast, cancel: &CancellationToken) -> Result<Transcript, RunError> {
    conduct(run, cast, cancel).await.map_err(|broken| broken.error)
}

/// A run that did not come to its end.
pub(crate) struct Broken {
    /// Why.
    pub(crate) error: RunError,
    /// What it took until then.
    pub(crate) taken: Taken,
}

/// Replays one run, as [`replay`] does, and says what a failed one took.
pub(crate) async fn conduct(
    run: &PlannedRun<'_>,
    cast: &Cast,
    cancel: &CancellationToken,
) -> Result<Transcript, Broken> {
    let mut replaying = Replaying { run, cast, cancel, recorder: Recorder::new(run), past: Past::default() };
    let ended = match run.setting.turns() {
        Turns::Single => replaying.single().await,
        Turns::PerShard => replaying.per_shard().await,
    };
    match ended {
        Ok((stop, attempt)) => Ok(replaying.recorder.finish(stop, attempt)),
        Err(error) => Err(Broken { error, taken: replaying.recorder.into_taken() }),
    }
}

/// What was said so far.
#[derive(Default)]
struct Past {
    /// What the user told, a piece each turn, as the user simulator gave it.
    pieces: Vec<String>,
    /// Whether the closing turn was said.
    closed: bool,
    /// The user turns in the setting's wording, a closing turn among them.
    user_turns: Vec<String>,
    /// What the user was told: the assistant's replies and the mediator's questions.
    replies: Vec<String>,
    /// The mean entropy of each reply, in settings that need it.
    entropies: Vec<Option<f64>>,
    /// The last rewrite of user turns.
    rewrite: Option<Rewrite>,
    /// The steps that the planner proposed for the last reply.
    plan: Option<String>,
    /// What the mediator made of it; empty in settings that do not listen.
    conversation: Conversation,
}

impl Past {
    /// The assistant replied. A question of the mediator is no reply: it stands among the turn's edits.
    fn replied(&mut self, text: String) {
        if let Some(turn) = self.conversation.turns.last_mut() {
            turn.reply = Some(text.clone());
        }
        self.replies.push(text);
    }
}

struct Replaying<'a> {
    run: &'a PlannedRun<'a>,
    cast: &'a Cast,
    cancel: &'a CancellationToken,
    recorder: Recorder,
    past: Past,
}

/// Why a conversation ended, and the score of its last answer attempt.
type End = (StopReason, Option<f64>);

impl Replaying<'_> {
    async fn single(&mut self) -> Result<End, RunError> {
        let prompt = self.reads()?;
        for message in &prompt {
            self.recorder.said(message.role, &message.content);
        }
        let reply = self.reply(&prompt, "assistant").await?;
        self.recorder.replied(&prompt, &reply);
        let attempt = self.judge(&prompt, &reply).await?;
        self.spent(&reply);
        Ok((stop_reason(attempt), attempt))
    }

    async fn per_shard(&mut self) -> Result<End, RunError> {
        self.recorder.said(Role::System, &self.run.family.system_prompt(self.run.sample));
        let (run, cast) = (self.run, self.cast);
        let mut user = run.user.user(run, cast)?;
        let mut last_attempt = None;
        let mut asked = false;
        while let Some(said) = self.next_turn(&mut *user, asked).await? {
            self.hear_user(&said);
            let question = if self.run.setting.needs().mediator { self.listen(&said).await? } else { None };
            asked = question.is_some();
            if let Some(question) = question {
                self.recorder.said(Role::Assistant, &question);
                self.past.replies.push(question);
                continue;
            }
            let (prompt, reply) = self.respond().await?;
            let attempt = self.judge(&prompt, &reply).await?;
            last_attempt = attempt.or(last_attempt);
            let stop = stop_reason(attempt);
            if stop == StopReason::Correct {
                self.recorder.observed(&LogEvent::ConversationCompleted { is_correct: true });
            }
            self.spent(&reply);
            if stop == StopReason::Correct {
                break;
            }
            self.past.replied(reply.text);
        }
        Ok((stop_reason(last_attempt), last_attempt))
    }

    /// What the user says next, in the setting's wording; `None` when the conversation is over.
    async fn next_turn(&mut self, user: &mut dyn User, asked: bool) -> Result<Option<Said>, RunError> {
        let (setting, past) = (self.run.setting, &mut self.past);
        let heard = Heard { told: &past.pieces, replies: &past.replies, asked };
        let said = user.next_turn(heard, self.cancel).await?;
        let earlier: Vec<&str> = past.pieces.iter().map(String::as_str).collect();
        if let Some(said) = said {
            let text = setting.wording(&earlier, &said.text);
            past.pieces.push(said.text);
            return Ok(Some(Said { text, ..said }));
        }
        let closing = setting.closing(&earlier).filter(|_| !past.closed);
        past.closed = true;
        Ok(closing.map(Said::going_ahead))
    }

    fn hear_user(&mut self, said: &Said) {
        self.recorder.said(Role::User, &said.text);
        for &shard_id in &said.reveals {
            self.recorder.observed(&LogEvent::ShardRevealed { shard_id });
        }
        for message in &said.faults {
            self.recorder.observed(&LogEvent::Fault { role: "user".to_owned(), message: message.clone() });
        }
        for &Spent { tokens, elapsed, calls } in &said.spent {
            self.recorder.spent("user", tokens, elapsed, calls);
        }
        self.past.user_turns.push(said.text.clone());
    }

    /// Lets the mediator listen; returns what it asks. When the user has said to go ahead, it may not ask.
    async fn listen(&mut self, said: &Said) -> Result<Option<String>, RunError> {
        let mediator = self.cast.mediator().ok_or(self.lacks("mediator"))?;
        let turn = self.past.conversation.turns.len();
        let seed = self.run.call_seed(turn, "mediator");
        let mediation = mediator.listen(&self.past.conversation, &said.text, seed, self.cancel).await?;
        let mut heard: Turn = mediation.turn;
        self.recorder.observed(&LogEvent::SpecEdit {
            turn,
            edits: heard.edits.clone(),
            findings: heard.findings.clone(),
            decision: heard.decision,
        });
        self.recorder.spent("mediator", Some(mediation.usage), mediation.elapsed, mediation.calls);
        let question = match (heard.decision, mediation.question) {
            (Decision::Proceed, _) => None,
            (Decision::Ask, Some(text)) if !said.go_ahead => {
                self.recorder.observed(&LogEvent::Question { turn, text: text.clone() });
                Some(text)
            }
            (Decision::Ask, question) => {
                // The user wants it to go on, or there is nothing to answer.
                heard.decision = Decision::Proceed;
                let message = question.map_or_else(
                    || "decided to ask, but asked nothing; the run proceeded".to_owned(),
                    |text| format!("asked although the user said to go ahead; the run proceeded: {text}"),
                );
                self.recorder.observed(&LogEvent::Fault { role: "mediator".to_owned(), message });
                None
            }
        };
        self.past.conversation.turns.push(heard);
        Ok(question)
    }

    /// What the assistant reads now. The setting alone decides.
    fn reads(&self) -> Result<Vec<Message>, RunError> {
        self.decides(|setting, so_far| setting.reads(so_far))?.map_err(RunError::from)
    }

    /// Whether the user turns are rewritten now. The setting alone decides.
    fn rewrites(&self) -> Result<bool, RunError> {
        self.decides(|setting, so_far| setting.rewrites(so_far))
    }

    /// What the setting decides on what happened so far.
    fn decides<T>(&self, decide: impl FnOnce(&dyn Setting, &SoFar<'_>) -> T) -> Result<T, RunError> {
        let (run, past) = (self.run, &self.past);
        let spec = if run.setting.needs().mediator { Some(past.conversation.spec()?) } else { None };
        let assistant = self.cast.assistant();
        let so_far = SoFar {
            family: run.family,
            sample: run.sample,
            user_turns: &past.user_turns,
            replies: &past.replies,
            spec: spec.as_ref(),
            rewrite: past.rewrite.as_ref(),
            plan: past.plan.as_deref(),
            entropies: &past.entropies,
            tau: run.ergo_tau,
            seed: run.call_seed(0, "setting"),
            render: &|spec, brief| assistant.prompt(spec, brief),
        };
        Ok(decide(run.setting, &so_far))
    }

    /// The assistant's reply to the user turn, with the rewrites that the setting wants for it, and what it replies to.
    async fn respond(&mut self) -> Result<(Vec<Message>, Reply), RunError> {
        if self.rewrites()? {
            self.rewrite().await?;
        }
        self.plan().await?;
        let mut prompt = self.reads()?;
        let mut reply = self.reply(&prompt, "assistant").await?;
        if self.rewrites()? {
            self.drop_reply(reply);
            self.rewrite().await?;
            prompt = self.reads()?;
            reply = self.reply(&prompt, "assistant, anew").await?;
        }
        self.recorder.replied(&prompt, &reply);
        Ok((prompt, reply))
    }

    /// Calls the assistant, with the seed of `caller`.
    async fn reply(&mut self, prompt: &[Message], caller: &str) -> Result<Reply, RunError> {
        let seed = self.run.call_seed(self.turn(), caller);
        let needs_entropy = self.run.setting.needs().entropy;
        let logprobs = needs_entropy.then_some(ALTERNATIVES);
        let assistant = self.cast.assistant();
        let reply = hear(assistant.whole_reply(prompt.to_vec(), Some(seed), logprobs, self.cancel.clone()));
        let lacks = || RunError::NoEntropy { setting: self.run.setting.name() };
        let mut reply = match reply.await {
            Err(ModelError::Unsupported { .. }) if needs_entropy => return Err(lacks()),
            replied => replied?,
        };
        if needs_entropy {
            reply.entropy = mean_entropy(&reply.logprobs);
            // Without it the setting would silently be another one.
            if reply.entropy.is_none() && !reply.text.is_empty() {
                return Err(lacks());
            }
            self.past.entropies.push(reply.entropy);
        }
        Ok(reply)
    }

    /// Sets a reply aside that is given again: it costs what it cost, and nobody reads it.
    fn drop_reply(&mut self, reply: Reply) {
        self.past.entropies.pop();
        let (cost, turn) = (reply.finish.calls.cost_usd, self.turn());
        self.recorder.spent("assistant", reply.finish.usage, reply.elapsed, reply.finish.calls);
        let event = LogEvent::ReplyDropped { turn, text: reply.text, entropy: reply.entropy };
        self.recorder.observed_at_cost(&event, cost);
    }

    /// Lets the rewriter put the user turns so far into one request.
    async fn rewrite(&mut self) -> Result<(), RunError> {
        let rewriter = self.cast.rewriter().ok_or(self.lacks("rewriter"))?;
        let turn = self.turn();
        let seed = self.run.call_seed(turn, "rewriter");
        let written = rewriter.rewrite(&self.past.user_turns, seed, self.cancel.clone());
        let Reply { mut text, finish, elapsed, .. } = hear(written).await.map_err(RunError::Rewriter)?;
        if text.trim().is_empty() {
            let message = "wrote nothing; the user's own words stand in its place".to_owned();
            self.recorder.observed(&LogEvent::Fault { role: "rewriter".to_owned(), message });
            text = self.past.user_turns.join("\n");
        }
        let cost = finish.calls.cost_usd;
        self.recorder.spent("rewriter", finish.usage, elapsed, finish.calls);
        self.recorder.observed_at_cost(&LogEvent::Rewrite { turn, text: text.clone() }, cost);
        self.past.rewrite = Some(Rewrite { turns: self.past.user_turns.len(), text });
        Ok(())
    }

    /// Lets the planner, where there is one, propose steps for what the assistant is about to read.
    async fn plan(&mut self) -> Result<(), RunError> {
        let Some(planner) = self.cast.planner().filter(|_| self.run.setting.needs().mediator) else { return Ok(()) };
        self.past.plan = None;
        let prompt = self.reads()?;
        let request = prompt.last().map_or("", |message| message.content.as_str());
        let turn = self.turn();
        let seed = self.run.call_seed(turn, "planner");
        let written = planner.plan(request, Some(seed), self.cancel.clone());
        let Reply { text, finish, elapsed, .. } = hear(written).await.map_err(RunError::Planner)?;
        let cost = finish.calls.cost_usd;
        self.recorder.spent("planner", finish.usage, elapsed, finish.calls);
        self.recorder.observed_at_cost(&LogEvent::Plan { turn, text: text.clone() }, cost);
        self.past.plan = Some(text);
        Ok(())
    }

    /// The last user turn, from 0; 0 also where there is none.
    fn turn(&self) -> usize {
        self.past.user_turns.len().saturating_sub(1)
    }

    fn lacks(&self, role: &'static str) -> RunError {
        RunError::NoRole { setting: self.run.setting.name(), role }
    }

    /// The share of further samples of the reply to `prompt` that give the same answer; `None` where none are wanted.
    async fn agreement(&mut self, prompt: &[Message], answer: &str) -> Result<Option<f64>, RunError> {
        let (run, assistant, turn) = (self.run, self.cast.assistant(), self.turn());
        let samples = try_join_all((0..run.agreement).map(|number| {
            let seed = run.call_seed(turn, &format!("{SAMPLE_AGREEMENT} {number}"));
            hear(assistant.whole_reply(prompt.to_vec(), Some(seed), None, self.cancel.clone()))
        }));
        let mut agreeing = Vec::new();
        for Reply { text, finish, elapsed, .. } in samples.await? {
            let other = run.family.extract(run.sample, &text);
            agreeing.push(other.is_some_and(|other| run.family.same_answer(run.sample, answer, &other)));
            self.recorder.spent(SAMPLE_AGREEMENT, finish.usage, elapsed, finish.calls);
        }
        Ok(sample_agreement(agreeing))
    }

    /// Classifies a reply to `prompt` and evaluates its answer; returns the score of an attempt.
    async fn judge(&mut self, prompt: &[Message], reply: &Reply) -> Result<Option<f64>, RunError> {
        let answer = self.run.family.extract(self.run.sample, &reply.text);
        // As in the study, a single reply is not classified, except to say why there is nothing to evaluate.
        if self.run.setting.turns() == Turns::PerShard || answer.is_none() {
            let response_type = response_type(&reply.text, answer.is_some()).to_owned();
            self.recorder.observed(&LogEvent::SystemVerification { response: Verification { response_type } });
        }
        let Some(answer) = answer else { return Ok(None) };
        if let Some(value) = answer_span_confidence(&answer, &reply.logprobs) {
            self.recorder.observed(&LogEvent::Confidence { value, method: ANSWER_SPAN.to_owned() });
        }
        if let Some(value) = self.agreement(prompt, &answer).await? {
            self.recorder.observed(&LogEvent::Confidence { value, method: SAMPLE_AGREEMENT.to_owned() });
        }
        let Evaluation { score, details } = if self.run.family.is_judged() {
            let verdicts = self.verdicts(&answer).await?;
            self.run.family.conclude(self.run.sample, &answer, &verdicts)?
        } else {
            self.evaluate(answer.clone()).await?
        };
        if !(0.0..=1.0).contains(&score) {
            return Err(RunError::Score { task: self.run.family.name().to_owned(), score });
        }
        self.recorder.observed(&LogEvent::AnswerEvaluation {
            exact_answer: answer.into(),
            is_correct: Some(is_right(score)),
            score: Some(score),
            evaluation_return: evaluation_return(score, details),
        });
        Ok(Some(score))
    }

    /// What the judge says of an answer.
    async fn verdicts(&mut self, answer: &str) -> Result<Vec<Value>, RunError> {
        let judge = self.cast.judge().ok_or(self.lacks("judge"))?;
        let (run, turn) = (self.run, self.turn());
        let inquiries = run.family.inquiries(run.sample, answer);
        let asked = try_join_all(inquiries.iter().enumerate().map(|(number, inquiry)| {
            hear(judge.verdict(inquiry, run.call_seed(turn, &format!("judge {number}")), self.cancel.clone()))
        }));
        let mut verdicts = Vec::with_capacity(inquiries.len());
        for Reply { text, finish, elapsed, .. } in asked.await.map_err(RunError::Judge)? {
            self.recorder.spent("judge", finish.usage, elapsed, finish.calls);
            verdicts.push(serde_json::from_str(&text).map_err(|_| RunError::Verdict { verdict: text })?);
        }
        Ok(verdicts)
    }

    /// Judges an answer where it may block for seconds.
    async fn evaluate(&self, answer: String) -> Result<Evaluation, EvaluationError> {
        let (family, sample) = (self.run.family, self.run.sample.clone());
        let environment = Arc::clone(self.cast.environment());
        let evaluation = tokio::task::spawn_blocking(move || family.evaluate(&sample, &answer, &environment));
        match evaluation.await {
            Ok(evaluation) => evaluation,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(EvaluationError::GivenUp),
        }
    }

    /// Records what a reply took.
    fn spent(&mut self, reply: &Reply) {
        self.recorder.spent("assistant", reply.finish.usage, reply.elapsed, reply.finish.calls);
    }
}

fn is_right(score: f64) -> bool {
    score >= 1.0
}

fn stop_reason(attempt: Option<f64>) -> StopReason {
    if attempt.is_some_and(is_right) { StopReason::Correct } else { StopReason::ShardsExhausted }
}

/// The evaluator's details, with the score among them as the study's tools expect it.
fn evaluation_return(score: f64, details: Value) -> Value {
    let mut fields = Map::from_iter([("score".to_owned(), Value::from(score))]);
    match details {
        Value::Object(details) => fields.extend(details),
        Value::Null => {}
        other => {
            fields.insert("details".to_owned(), other);
        }
    }
    Value::Object(fields)
}
