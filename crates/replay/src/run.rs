//! One run: one conversation of one sample in one setting.

use serde_json::{Map, Value};
use throughline_conversation::{Conversation, Decision, LogEvent, Transcript, Turn, Verification};
use throughline_models::{CancellationToken, Message, Role};
use throughline_tasks::Evaluation;

use crate::recorder::Recorder;
use crate::respond::{Reply, hear};
use crate::simulator::Said;
use crate::{Cast, PlannedRun, RunError, SoFar, StopReason, Turns, Verbatim, response_type};

/// Replays one run and returns its transcript.
///
/// In a setting of a single turn, the assistant replies once and its answer is evaluated. Otherwise the simulated
/// user reveals a shard a turn, the assistant replies to each (or the mediator asks in its place), every answer
/// attempt is evaluated, and the conversation ends with the first right one or when no shard is left. The run's
/// score is that of the last attempt, and 0 without one.
///
/// # Errors
/// [`RunError`] when a model fails or the run is cancelled; nothing of the run is then worth keeping.
pub async fn replay(run: &PlannedRun<'_>, cast: &Cast, cancel: &CancellationToken) -> Result<Transcript, RunError> {
    let replaying = Replaying { run, cast, cancel, recorder: Recorder::new(run), past: Past::default() };
    match run.setting.turns() {
        Turns::Single => replaying.single().await,
        Turns::PerShard => replaying.per_shard().await,
    }
}

/// What was said so far.
#[derive(Default)]
struct Past {
    user_turns: Vec<String>,
    /// What the user was told: the assistant's replies and the mediator's questions.
    replies: Vec<String>,
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

impl Replaying<'_> {
    async fn single(mut self) -> Result<Transcript, RunError> {
        let prompt = self.reads()?;
        for message in &prompt {
            self.recorder.said(message.role, &message.content);
        }
        let reply = self.reply(prompt).await?;
        let attempt = self.judge(&reply)?;
        self.spent(&reply);
        Ok(self.recorder.finish(stop_reason(attempt), attempt))
    }

    async fn per_shard(mut self) -> Result<Transcript, RunError> {
        self.recorder.said(Role::System, &self.run.family.system_prompt(self.run.sample));
        let mut user = Verbatim::new(self.run.sample);
        let mut last_attempt = None;
        let mut asked = false;
        while let Some(said) = user.next_turn(asked) {
            self.hear_user(said);
            let question = if self.run.setting.listens() { self.listen(said).await? } else { None };
            asked = question.is_some();
            if let Some(question) = question {
                self.recorder.said(Role::Assistant, &question);
                self.past.replies.push(question);
                continue;
            }
            let prompt = self.reads()?;
            let reply = self.reply(prompt).await?;
            let attempt = self.judge(&reply)?;
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
        Ok(self.recorder.finish(stop_reason(last_attempt), last_attempt))
    }

    fn hear_user(&mut self, said: Said<'_>) {
        self.recorder.said(Role::User, said.text);
        if let Some(shard_id) = said.shard_id {
            self.recorder.observed(&LogEvent::ShardRevealed { shard_id });
        }
        self.past.user_turns.push(said.text.to_owned());
    }

    /// Lets the mediator listen; returns what it asks. When the user has said to go ahead, it may not ask.
    async fn listen(&mut self, said: Said<'_>) -> Result<Option<String>, RunError> {
        let mediator = self.cast.mediator().ok_or(RunError::NoMediator { setting: self.run.setting.name() })?;
        let turn = self.past.conversation.turns.len();
        let seed = self.run.call_seed(turn, "mediator");
        let mediation = mediator.listen(&self.past.conversation, said.text, seed, self.cancel).await?;
        let mut heard: Turn = mediation.turn;
        self.recorder.observed(&LogEvent::SpecEdit {
            turn,
            edits: heard.edits.clone(),
            findings: heard.findings.clone(),
            decision: heard.decision,
        });
        self.recorder.spent("mediator", mediation.usage, mediation.elapsed);
        self.recorder.called("mediator", mediation.calls);
        let question = match (heard.decision, mediation.question) {
            (Decision::Proceed, _) => None,
            (Decision::Ask, Some(text)) if said.shard_id.is_some() => {
                self.recorder.observed(&LogEvent::Question { turn, text: text.clone() });
                Some(text)
            }
            (Decision::Ask, question) => {
                // The user has nothing left to tell, or there is nothing to answer: the run must go on.
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
        let listens = self.run.setting.listens();
        let spec = if listens { Some(self.past.conversation.spec()?) } else { None };
        let assistant = self.cast.assistant();
        let so_far = SoFar {
            family: self.run.family,
            sample: self.run.sample,
            user_turns: &self.past.user_turns,
            replies: &self.past.replies,
            spec: spec.as_ref(),
            render: &|spec, system| assistant.prompt(spec, system),
        };
        Ok(self.run.setting.reads(&so_far)?)
    }

    async fn reply(&mut self, prompt: Vec<Message>) -> Result<Reply, RunError> {
        let turn = self.past.user_turns.len().saturating_sub(1);
        let seed = self.run.call_seed(turn, "assistant");
        let reply = hear(self.cast.assistant().whole_reply(prompt.clone(), Some(seed), self.cancel.clone())).await?;
        self.recorder.replied(prompt, &reply);
        Ok(reply)
    }

    /// Classifies a reply and evaluates its answer; returns the score of an attempt.
    fn judge(&mut self, reply: &Reply) -> Result<Option<f64>, RunError> {
        let answer = self.run.family.extract(self.run.sample, &reply.text);
        // As in the study, a single reply is not classified, except to say why there is nothing to evaluate.
        if self.run.setting.turns() == Turns::PerShard || answer.is_none() {
            let response_type = response_type(&reply.text, answer.is_some()).to_owned();
            self.recorder.observed(&LogEvent::SystemVerification { response: Verification { response_type } });
        }
        let Some(answer) = answer else { return Ok(None) };
        let Evaluation { score, details } = self.run.family.evaluate(self.run.sample, &answer);
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

    /// Records what a reply took, its tokens where the model says: no number is better than a made-up one.
    fn spent(&mut self, reply: &Reply) {
        if let Some(tokens) = reply.finish.usage {
            self.recorder.spent("assistant", tokens, reply.elapsed);
        }
        self.recorder.called("assistant", reply.finish.calls);
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
