//! What happens in a chat.

use std::fmt;

use jiff::{Timestamp, Unit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use throughline_conversation::{TokenUsage, Turn};

/// Names a session: letters, digits and hyphens, so that it is a file's name as well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct SessionId(pub String);

impl fmt::Display for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Where a session was forked from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fork {
    /// The session.
    pub session: SessionId,
    /// How many of its turns were taken over.
    pub turns: usize,
}

/// Whose reply it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// The assistant read the spec.
    #[default]
    Mediated,
    /// The assistant read the conversation as it was, without the mediator.
    Unmediated,
}

impl Lane {
    /// Both lanes.
    pub const BOTH: [Self; 2] = [Self::Mediated, Self::Unmediated];

    /// The lane's name as it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mediated => "mediated",
            Self::Unmediated => "unmediated",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_mediated(&self) -> bool {
        *self == Self::Mediated
    }
}

/// How a reply ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Replied {
    /// Why: `stop`, `length`, `cancelled`, what the endpoint said, or `interrupted` where the program
    /// ended first.
    pub reason: String,
    /// How sure the model was of its words, from 0 to 1, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// The tokens, where they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokenUsage>,
    /// How long it took, in seconds.
    #[serde(default)]
    pub seconds: f64,
    /// What it cost, in US dollars, where the price is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
}

/// What calls of a model took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spent {
    /// The tokens.
    #[serde(default)]
    pub tokens: TokenUsage,
    /// How long it took, in seconds.
    #[serde(default)]
    pub seconds: f64,
    /// What it cost, in US dollars, where the price is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
}

impl Replied {
    /// The reason of a reply that was being written when the program ended.
    pub const INTERRUPTED: &'static str = "interrupted";
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The session began; always the first line of its file, and only that.
    Started {
        /// The version of the file's format.
        format: u32,
        /// Its name.
        id: SessionId,
        /// Where it was forked from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        forked_from: Option<Fork>,
    },
    /// It was given a title.
    Renamed {
        /// The title; empty to take it away again.
        title: String,
    },
    /// The user said something, which the mediator has not heard yet.
    Said {
        /// The words.
        text: String,
    },
    /// The mediator heard what was said last. A decision to ask comes with the question, as it was put.
    Heard {
        /// The turn, without a reply.
        turn: Turn,
        /// What the mediator asks.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        question: Option<String>,
        /// The name of the mediator's model.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        model: String,
        /// What its calls took.
        #[serde(flatten)]
        spent: Spent,
    },
    /// The user changed the spec with their own hands.
    Corrected {
        /// The turn that this amounts to.
        turn: Turn,
    },
    /// The planner proposed steps for the last turn.
    Planned {
        /// The steps.
        text: String,
        /// What the calls of the planner's model took.
        #[serde(flatten)]
        spent: Spent,
    },
    /// A reply to the last turn begins, in the place of an earlier one in that lane if there is one.
    Replying {
        /// Whose.
        #[serde(default, skip_serializing_if = "Lane::is_mediated")]
        lane: Lane,
        /// The model's name.
        model: String,
    },
    /// More of the reply.
    Piece {
        /// Whose.
        #[serde(default, skip_serializing_if = "Lane::is_mediated")]
        lane: Lane,
        /// What was added.
        text: String,
    },
    /// The reply ended.
    Replied {
        /// Whose.
        #[serde(default, skip_serializing_if = "Lane::is_mediated")]
        lane: Lane,
        /// How.
        #[serde(flatten)]
        replied: Replied,
    },
    /// A model failed. What was said last and not heard is not in the conversation then; a reply that was being written
    /// stays as far as it came.
    Failed {
        /// Whose model: `mediator`, `planner`, `assistant`.
        role: String,
        /// What was wrong, in words for the user.
        message: String,
        /// Whose reply broke off, where it was the assistant's.
        #[serde(default, skip_serializing_if = "Lane::is_mediated")]
        lane: Lane,
    },
    /// The reply of that lane is the one that counts from now on.
    Kept {
        /// Which.
        lane: Lane,
    },
    /// The last turn was taken back.
    Undone,
}

/// A title as it was given, on one line; none where it is empty.
pub(crate) fn title(given: &str) -> Option<String> {
    let title = given.split_whitespace().collect::<Vec<_>>().join(" ");
    (!title.is_empty()).then_some(title)
}

/// The version of the format of session files.
pub const FORMAT: u32 = 1;

/// An event, and when it happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

impl Line {
    /// The event as it happens now.
    pub fn now(event: Event) -> Self {
        Self { at: now(), event }
    }
}

/// This moment, to the microsecond: that tells apart which of two sessions was changed last, which a millisecond does
/// not.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    now.round(Unit::Microsecond).unwrap_or(now)
}

/// The JSON Schema of a line of a session file.
pub fn session_schema() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Line>().into()
}
