//! A recorded conversation as the chat's widgets show it: its turns as those of a chat, and beside them what was
//! observed, which no chat has (shards, response types, verdicts, faults).

use std::mem;

use jiff::Timestamp;
use serde_json::{Map, Value};
use throughline_conversation::{Content, EntryRole, LogEvent, TokenUsage, Transcript, Turn, Verdict};
use throughline_session::{Event, Exchange, Record, Replied, Reply, SessionId, Spent};

/// A recorded conversation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// What was said and understood, as a chat keeps it.
    pub record: Record,
    /// What was observed; as many as there are turns. A saved chat has none.
    pub observed: Vec<Observed>,
    /// What the conversation is: task, setting, model, verdict.
    pub about: String,
    /// Whether a mediator listened, so that there is a spec.
    pub mediated: bool,
}

/// What was observed in a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// Before the reply.
    pub before: Vec<Remark>,
    /// Of the reply.
    pub after: Vec<Remark>,
    /// Whether the mediator heard the turn.
    pub heard: bool,
}

/// One thing that was observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What it amounts to.
    pub mark: Mark,
    /// What it is.
    pub title: String,
    /// What it says.
    pub text: String,
    /// Whether it is shown only where every detail is wanted.
    pub detail: bool,
}

/// What a remark amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is so.
    Plain,
    /// An answer attempt that is right.
    Right,
    /// An answer attempt that is not right.
    Wrong,
    /// Something went wrong.
    Fault,
}

impl Mark {
    /// The sign in front of it, so that colour is not the only one.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Plain => "·",
            Self::Right => "+",
            Self::Wrong => "-",
            Self::Fault => "!",
        }
    }
}

impl Remark {
    fn new(mark: Mark, title: &str, text: impl Into<String>) -> Self {
        Self { mark, title: title.to_owned(), text: text.into(), detail: false }
    }

    fn detail(title: &str, text: impl Into<String>) -> Self {
        Self { detail: true, ..Self::new(Mark::Plain, title, text) }
    }
}

/// A verdict in words.
pub fn in_words(verdict: Option<Verdict>) -> String {
    match verdict {
        Some(Verdict::Scored(score)) if score >= 1.0 => "right".to_owned(),
        Some(Verdict::Scored(score)) if score <= 0.0 => "wrong".to_owned(),
        Some(Verdict::Scored(score)) => format!("score {score:.2}"),
        Some(Verdict::NoAttempt) => "no attempt".to_owned(),
        Some(Verdict::Unevaluated) => "not evaluated".to_owned(),
        None => "verdict invalid".to_owned(),
    }
}

impl Recording {
    /// A saved chat.
    pub fn of_chat(record: Record) -> Self {
        let about = record.title.clone().unwrap_or_else(|| "a saved chat".to_owned());
        Self { record, observed: Vec::new(), about, mediated: true }
    }

    /// A transcript of any format.
    pub fn of(transcript: &Transcript) -> Self {
        let verdict = in_words(transcript.verdict().ok());
        let about = [&*transcript.task, &*transcript.conv_type, &*transcript.assistant_model, &*verdict].join(" · ");
        let id = SessionId(transcript.conv_id.clone());
        let mut telling = Telling { model: transcript.assistant_model.clone(), ..Telling::default() };
        // A new record takes any beginning of the present format.
        let begun = Event::Started { format: throughline_session::FORMAT, id, forked_from: None };
        let _ = telling.told.record.apply(Timestamp::UNIX_EPOCH, &begun);
        telling.about(transcript);
        for entry in &transcript.trace {
            match (entry.role, &entry.content) {
                (EntryRole::System, Content::Text(text)) => {
                    telling.before(Remark::detail("instructions", text.trim()));
                }
                (EntryRole::User, Content::Text(text)) => telling.user(text, &entry.other),
                (EntryRole::Assistant, Content::Text(text)) => telling.assistant(text, &entry.other),
                (_, Content::Event(content)) => telling.observe(entry.log(), content),
                // A reader of transcripts refuses such an entry.
                (EntryRole::Log, Content::Text(_)) => {}
            }
        }
        telling.close();
        let mediated = telling.told.observed.iter().any(|observed| observed.heard);
        Self { about, mediated, ..telling.told }
    }
}

/// The turns so far, and the one at hand.
#[derive(Default)]
struct Telling {
    told: Recording,
    model: String,
    /// What was observed before the user said anything.
    first: Vec<Remark>,
    /// Shards that were revealed before their user turn, as one dialect records them.
    pending: Vec<i64>,
    open: Option<Draft>,
}

/// A turn in the making.
#[derive(Default)]
struct Draft {
    turn: Turn,
    exchange: Exchange,
    observed: Observed,
    shards: Vec<i64>,
    /// Whether what the assistant says next is the mediator's question.
    asking: bool,
}

impl Telling {
    /// What else the transcript says of the run.
    fn about(&mut self, transcript: &Transcript) {
        let told = transcript.other.iter().filter(|(_, value)| !value.is_null());
        let told: Vec<String> = told.map(|(name, value)| format!("{name}: {}", plain(value))).collect();
        let text = [vec![format!("sample: {}", transcript.task_id)], told].concat().join("\n");
        self.first.push(Remark::detail("about", text));
    }

    fn draft(&mut self) -> &mut Draft {
        let (first, pending) = (&mut self.first, &mut self.pending);
        self.open.get_or_insert_with(|| Draft {
            observed: Observed { before: mem::take(first), ..Observed::default() },
            shards: mem::take(pending),
            ..Draft::default()
        })
    }

    fn before(&mut self, remark: Remark) {
        match &mut self.open {
            Some(draft) => draft.observed.before.push(remark),
            None => self.first.push(remark),
        }
    }

    fn user(&mut self, text: &str, other: &Map<String, Value>) {
        self.close();
        let draft = self.draft();
        text.clone_into(&mut draft.turn.user);
        draft.exchange.corrected = other.get("corrected").is_some_and(|corrected| *corrected == true);
    }

    fn assistant(&mut self, text: &str, other: &Map<String, Value>) {
        let model = other.get("model").and_then(Value::as_str).unwrap_or(&self.model).to_owned();
        let draft = self.draft();
        if mem::take(&mut draft.asking) {
            return;
        }
        if let Some(reasoning) = other.get("reasoning").and_then(Value::as_str) {
            draft.observed.before.push(Remark::detail("reasoning", reasoning.trim()));
        }
        if let Some(prompt) = other.get("prompt").and_then(Value::as_array) {
            let messages: Vec<String> = prompt.iter().map(message).collect();
            draft.observed.before.push(Remark::detail("the assistant read", messages.join("\n")));
        }
        let seconds = other.get("seconds").and_then(Value::as_f64).unwrap_or_default();
        let reason = other.get("finish_reason").and_then(Value::as_str).unwrap_or("stop").to_owned();
        let cost_usd = other.get("cost_usd").and_then(Value::as_f64);
        let replied = Replied { reason, seconds, cost_usd, ..Replied::default() };
        match &mut draft.exchange.mediated {
            // Several messages of one turn are read as one.
            Some(reply) => reply.text = [&reply.text, "\n\n", text].concat(),
            none => {
                *none = Some(Reply { model, text: text.to_owned(), ended: Some(replied), failure: None });
            }
        }
    }

    fn observe(&mut self, event: Option<LogEvent>, content: &Map<String, Value>) {
        if let Some(LogEvent::ShardRevealed { shard_id }) = event {
            // Recordings say so right behind the user turn, or before it.
            match &mut self.open {
                Some(draft) if draft.exchange.mediated.is_none() => draft.shards.push(shard_id),
                _ => self.pending.push(shard_id),
            }
            return;
        }
        let replied = self.open.as_ref().is_some_and(|draft| draft.exchange.mediated.is_some());
        let remark = match event {
            Some(LogEvent::SpecEdit { edits, findings, decision, .. }) => {
                let draft = self.draft();
                (draft.turn.edits, draft.turn.findings, draft.turn.decision) = (edits, findings, decision);
                draft.observed.heard = true;
                return;
            }
            Some(LogEvent::Question { text, .. }) => {
                let draft = self.draft();
                (draft.exchange.question, draft.asking) = (Some(text), true);
                return;
            }
            Some(LogEvent::Plan { text, .. }) => return self.draft().exchange.plan = Some(text),
            Some(LogEvent::Confidence { value, method }) => {
                if let Some(ended) = self.ended().filter(|ended| ended.confidence.is_none()) {
                    ended.confidence = Some(value);
                    return;
                }
                Remark::new(Mark::Plain, "confidence", format!("{value:.2} of 1 ({method})"))
            }
            Some(LogEvent::Usage { role, tokens, seconds }) => return self.spent(&role, tokens, seconds),
            Some(LogEvent::Fault { role, message }) if role == "assistant" && replied => {
                if let Some(reply) = &mut self.draft().exchange.mediated {
                    (reply.ended, reply.failure) = (None, Some(message));
                }
                return;
            }
            Some(LogEvent::Fault { role, message }) => {
                Remark::new(Mark::Fault, &format!("fault of the {role}"), message)
            }
            Some(LogEvent::SystemVerification { response }) => {
                Remark::new(Mark::Plain, "response type", response.response_type.replace('_', " "))
            }
            Some(LogEvent::AnswerEvaluation { exact_answer, is_correct, score, evaluation_return }) => {
                let score = score.or(is_correct.map(|correct| f64::from(u8::from(correct))));
                attempt(&exact_answer, score, &evaluation_return)
            }
            Some(LogEvent::ConversationCompleted { .. }) => {
                Remark::new(Mark::Right, "completed", "the answer is right")
            }
            Some(LogEvent::Rewrite { text, .. }) => Remark::new(Mark::Plain, "rewritten for the assistant", text),
            Some(LogEvent::ReplyDropped { text, .. }) => Remark::new(Mark::Plain, "reply set aside", text),
            Some(LogEvent::ShardRevealed { .. }) | None => {
                let kind = content.get("type").and_then(Value::as_str).unwrap_or("log");
                let fields = content.iter().filter(|(name, _)| *name != "type");
                let fields: Vec<String> = fields.map(|(name, value)| format!("{name}: {}", plain(value))).collect();
                Remark::detail(kind, fields.join("; "))
            }
        };
        if replied {
            self.draft().observed.after.push(remark);
        } else {
            self.before(remark);
        }
    }

    /// How the reply of the turn at hand ended.
    fn ended(&mut self) -> Option<&mut Replied> {
        self.open.as_mut()?.exchange.mediated.as_mut()?.ended.as_mut()
    }

    fn spent(&mut self, role: &str, tokens: TokenUsage, seconds: f64) {
        if let Some(ended) = self.ended().filter(|ended| role == "assistant" && ended.tokens.is_none()) {
            ended.tokens = Some(tokens);
            if ended.seconds <= 0.0 {
                ended.seconds = seconds;
            }
            return;
        }
        let TokenUsage { prompt_tokens, completion_tokens } = tokens;
        let text = format!("{role}: {prompt_tokens} tokens read, {completion_tokens} written, {seconds:.1} s");
        let remark = Remark::detail("spent", text);
        match &mut self.open {
            Some(draft) if draft.exchange.mediated.is_some() => draft.observed.after.push(remark),
            _ => self.before(remark),
        }
    }

    /// The turn at hand is over.
    fn close(&mut self) {
        let Some(mut draft) = self.open.take() else { return };
        if !draft.shards.is_empty() {
            let shards: Vec<String> = draft.shards.iter().map(ToString::to_string).collect();
            let title = if shards.len() == 1 { "shard revealed" } else { "shards revealed" };
            draft.observed.before.push(Remark::new(Mark::Plain, title, shards.join(", ")));
        }
        let heard = |turn: Turn| Event::Heard { turn, question: None, model: String::new(), spent: Spent::default() };
        let record = &mut self.told.record;
        if let Err(error) = record.apply(Timestamp::UNIX_EPOCH, &heard(draft.turn.clone())) {
            let remark = Remark::new(Mark::Fault, "the spec could not be brought up to date", error.to_string());
            draft.observed.before.push(remark);
            // A turn that changes nothing fits behind every other.
            let _ = record.apply(Timestamp::UNIX_EPOCH, &heard(Turn { edits: Vec::new(), ..draft.turn }));
        }
        if let (Some(turn), Some(exchange)) = (record.conversation.turns.last_mut(), record.exchanges.last_mut()) {
            turn.reply = draft.exchange.mediated.as_ref().map(|reply| reply.text.clone());
            *exchange = draft.exchange;
        }
        self.told.observed.push(draft.observed);
    }
}

fn attempt(answer: &Value, score: Option<f64>, details: &Value) -> Remark {
    let (mark, verdict) = match score {
        Some(score) if score >= 1.0 => (Mark::Right, "right".to_owned()),
        Some(score) if score <= 0.0 => (Mark::Wrong, "wrong".to_owned()),
        Some(score) => (Mark::Wrong, format!("score {score:.2}")),
        None => (Mark::Plain, "not judged".to_owned()),
    };
    let gold = details.get("gold").map(plain).filter(|gold| !gold.is_empty());
    let gold = gold.map_or_else(String::new, |gold| format!("; gold: {gold}"));
    let wrong = match details.get("error") {
        Some(Value::Array(errors)) => errors.iter().map(plain).collect::<Vec<_>>().join(" "),
        Some(Value::String(error)) => error.clone(),
        _ => String::new(),
    };
    let wrong = if wrong.is_empty() { wrong } else { format!("; {wrong}") };
    Remark::new(mark, "answer attempt", format!("{verdict}: {}{gold}{wrong}", plain(answer)))
}

/// A text as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A message that a model read, behind the role it has.
fn message(message: &Value) -> String {
    match (message.get("role").and_then(Value::as_str), message.get("content")) {
        (Some(role), Some(content)) => format!("{role}: {}", plain(content)),
        _ => plain(message),
    }
}
