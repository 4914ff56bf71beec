//! Doubles for models, families and mediators, and what the tests share.

mod directories;
mod experiments;
mod judged;
mod limits;
mod parts;
mod roles;
mod runs;
mod workers;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::{Value, json};
use throughline_assistant::Assistant;
use throughline_conversation::{ClauseKind, Conversation, Decision, Edit, Ids, NewClause, Source, Span, Turn};
use throughline_mediator::{Mediation, MediatorError, Reason};
use throughline_models::{
    AgentFile, Calls, CancellationToken, ChatModel, Event, EventStream, Finish, FinishReason, Message, ModelError,
    Request, Sampling, TokenLogprob, TokenUsage, terminated,
};
use throughline_tasks::{Environment, Evaluation, EvaluationError, Sample, Shard, TaskFamily};

use crate::{Cast, ERGO_TAU, Grid, Listener, Plan, Rewriter, RoleRecord, Roles, SampleSet, Verbatim, setting};

/// A family whose answers stand behind the words "answer is".
pub(crate) struct Toy;

impl TaskFamily for Toy {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn system_prompt(&self, _: &Sample) -> String {
        "You solve toys.".into()
    }

    fn full_prompt(&self, sample: &Sample) -> String {
        format!("Q: {}", sample.fields["question"].as_str().unwrap())
    }

    fn concat_prompt(&self, _: &Sample, pieces: &[&str]) -> String {
        format!("Q:\n- {}", pieces.join("\n- "))
    }

    fn extract(&self, _: &Sample, reply: &str) -> Option<String> {
        reply.rsplit_once("answer is ").map(|(_, answer)| answer.trim_end_matches('.').to_owned())
    }

    fn evaluate(&self, sample: &Sample, answer: &str, _: &Environment) -> Result<Evaluation, EvaluationError> {
        if answer == "beyond judging" {
            return Err(EvaluationError::GivenUp);
        }
        let right = sample.fields["answer"] == answer;
        Ok(Evaluation { score: f64::from(u8::from(right)), details: json!({ "gold": sample.fields["answer"] }) })
    }
}

pub(crate) fn toy(name: &str) -> Option<&'static dyn TaskFamily> {
    (name == "toy").then_some(&Toy)
}

pub(crate) fn sample(task_id: &str) -> Sample {
    let shards = ["How many pears?", "3 in the bag", "1 on the table"];
    let shards = (1..).zip(shards).map(|(shard_id, shard)| Shard::new(shard_id, shard)).collect();
    let Value::Object(fields) = json!({ "question": "3 pears and 1 pear: how many?", "answer": "4" }) else { panic!() };
    Sample { task_id: task_id.into(), task: "toy".into(), shards, fields }
}

pub(crate) fn sample_set(count: usize) -> SampleSet {
    let samples = (0..count).map(|index| sample(&format!("toy/{index}"))).collect();
    SampleSet { file: "toys.json".into(), sha256: "00".into(), samples }
}

/// What a scripted model says to a request; `None` is silence for ever.
type Script = dyn Fn(&Request, usize) -> Option<Result<String, ModelError>> + Send + Sync;

/// A model that says what its script says, and remembers what it was asked. Where it is asked how sure it is, it is sure
/// of every word but "perhaps", which might as well have been another one.
pub(crate) struct Scripted {
    script: Box<Script>,
    requests: Mutex<Vec<Request>>,
}

impl Scripted {
    pub(crate) fn new(
        script: impl Fn(&Request, usize) -> Option<Result<String, ModelError>> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { script: Box::new(script), requests: Mutex::new(Vec::new()) })
    }

    /// Says these texts in turn, and the last one ever after.
    pub(crate) fn saying(texts: &[&str]) -> Arc<Self> {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        Self::new(move |_, call| texts.get(call).or(texts.last()).cloned().map(Ok))
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl ChatModel for Scripted {
    fn stream(&self, request: Request, cancel: CancellationToken) -> EventStream {
        let mut requests = self.requests.lock().unwrap();
        let said = (self.script)(&request, requests.len());
        let usage = TokenUsage { prompt_tokens: 3, completion_tokens: 2 };
        let logprobs = request.logprobs;
        requests.push(request);
        let finish = Finish::new(FinishReason::Stop, Some(usage));
        match said {
            None => terminated(futures::stream::pending(), cancel),
            Some(Ok(text)) => {
                let logprobs = Event::Logprobs(logprobs.map(|_| sureness(&text)).unwrap_or_default());
                let events = [Event::Text(text), logprobs, Event::Finished(finish)].map(Ok);
                terminated(futures::stream::iter(events), cancel)
            }
            Some(Err(error)) => {
                terminated(futures::stream::iter([Ok(Event::Text("The answer is ".into())), Err(error)]), cancel)
            }
        }
    }
}

fn sureness(text: &str) -> Vec<TokenLogprob> {
    let token = |word: &str| {
        let top = if word == "perhaps" { vec![0.5_f32, 0.5] } else { vec![1.0] };
        let top: Vec<_> = top.into_iter().map(|p| (word.to_owned(), p.ln())).collect();
        TokenLogprob { token: word.to_owned(), logprob: top[0].1, top }
    };
    text.split_whitespace().map(token).collect()
}

/// A mediator that keeps every turn verbatim and asks what its script says after a turn.
pub(crate) struct ScriptedListener {
    pub(crate) questions: Vec<Option<&'static str>>,
    pub(crate) seeds: Mutex<Vec<u32>>,
}

impl ScriptedListener {
    pub(crate) fn asking(questions: &[Option<&'static str>]) -> Arc<Self> {
        Arc::new(Self { questions: questions.to_vec(), seeds: Mutex::new(Vec::new()) })
    }
}

impl Listener for ScriptedListener {
    fn listen<'a>(
        &'a self,
        conversation: &'a Conversation,
        user: &'a str,
        seed: u32,
        _: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Mediation, MediatorError>> {
        self.seeds.lock().unwrap().push(seed);
        let turn = conversation.turns.len();
        let answered = |turn: &Turn| turn.reply.is_some() == (turn.decision == Decision::Proceed);
        assert!(conversation.turns.iter().all(answered), "every earlier turn has its reply, unless it was asked about");
        let clause = NewClause {
            id: Ids::after(conversation.edits()).clause(),
            text: user.into(),
            quote: user.into(),
            source: Source { turn, span: Span::whole(user) },
            kind: ClauseKind::Fact,
        };
        let question = self.questions.get(turn).copied().flatten().map(str::to_owned);
        let decision = if question.is_some() { Decision::Ask } else { Decision::Proceed };
        let turn = Turn { user: user.into(), edits: vec![Edit::Add { clause }], decision, ..Turn::default() };
        let usage = TokenUsage { prompt_tokens: 5, completion_tokens: 1 };
        Box::pin(std::future::ready(Ok(Mediation {
            considered: Vec::new(),
            missing: None,
            turn,
            reason: Reason::Unasked,
            awaits_reply: question.is_none(),
            question,
            usage,
            calls: Calls::one(),
            elapsed: Duration::from_millis(1500),
        })))
    }
}

pub(crate) fn agent() -> AgentFile {
    let template =
        "{% if goal %}{{ goal.text }}{% endif %}{% for clause in requirements %}\n- {{ clause.text }}{% endfor %}";
    AgentFile { sampling: Sampling::default(), messages: vec![Message::system("Do it."), Message::user(template)] }
}

/// Assistant and rewriter on the same model.
pub(crate) fn cast(model: &Arc<Scripted>) -> Cast {
    cast_with_rewriter(model, model)
}

pub(crate) fn cast_with_rewriter(model: &Arc<Scripted>, rewriter: &Arc<Scripted>) -> Cast {
    let assistant = Assistant::new(Arc::clone(model) as Arc<dyn ChatModel>, agent());
    Cast::new(assistant).with_rewriter(Rewriter::new(Arc::clone(rewriter) as Arc<dyn ChatModel>, agent()))
}

pub(crate) fn role(name: &str) -> RoleRecord {
    RoleRecord { name: name.into(), identity: format!("sha256 of {name}"), ..RoleRecord::default() }
}

pub(crate) fn roles() -> Roles {
    Roles {
        assistant: role("parrot"),
        mediator: Some(role("scribe")),
        rewriter: Some(role("quill")),
        ..Roles::default()
    }
}

pub(crate) fn plan(samples: usize, settings: &[&str], repeats: u32, seed: u32) -> Plan {
    let settings = settings.iter().map(|name| setting(name).unwrap()).collect();
    Plan::with_families(
        [sample_set(samples)],
        Grid { settings, user: Arc::new(Verbatim), repeats, seed, ergo_tau: ERGO_TAU, agreement: 0 },
        roles(),
        toy,
    )
    .unwrap()
}
