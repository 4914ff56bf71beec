//! What is kept of how a run went: numbers only, a few hundred bytes, so that a study of hundreds of thousands of runs
//! fits into memory.

use std::collections::{BTreeMap, BTreeSet};

use throughline_conversation::TokenUsage;

use super::spec::SpecFigures;

/// How a run went.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    /// The user turns in their order, each with the reply to it.
    pub(crate) turns: Box<[Turn]>,
    /// The answer attempts in their order.
    pub(crate) attempts: Box<[Attempt]>,
    /// The shards revealed, each once, in ascending order.
    pub(crate) shards: Box<[i64]>,
    /// Why the conversation ended.
    pub(crate) stop: Stop,
    /// Where the words of first, middle and last turns went; `None` with fewer than three turns.
    pub(crate) echo: Option<Echo>,
    /// What was recorded of tokens, time and money; `None` where nothing was.
    pub(crate) spent: Option<Box<Spent>>,
    /// What did not go as it should.
    pub(crate) faults: Faults,
    /// What became of the user's words in the spec; `None` for a run that was not mediated.
    pub(crate) spec: Option<Box<SpecFigures>>,
}

impl Facts {
    /// Whether the conversation, with this score from 0 to 100, ended without a right answer although the instruction has
    /// more shards than the simulated user revealed.
    pub(crate) fn leaves_shards(&self, score: f64, shards: &BTreeSet<i64>) -> bool {
        let right = self.stop == Stop::Correct || score >= 100.0;
        // A run that reveals none is of a setting that shows everything at once.
        !right && !self.shards.is_empty() && shards.iter().any(|shard| self.shards.binary_search(shard).is_err())
    }
}

/// One user turn and the reply to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Turn {
    /// The reply's length in characters; 0 where there was none.
    pub(crate) reply_length: u32,
    /// What the reply was.
    pub(crate) response: ResponseType,
    /// Edits of the spec.
    pub(crate) edits: u16,
}

/// An answer attempt.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Attempt {
    /// The user turn that it answers, from 0.
    pub(crate) turn: u32,
    /// The extracted answer's length in characters.
    pub(crate) length: u32,
    /// From 0 to 1; `None` where it was extracted but no verdict was recorded.
    pub(crate) score: Option<f64>,
    /// How sure the assistant was, in each way in which that was measured.
    pub(crate) confidences: Vec<Confidence>,
}

/// A recorded confidence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Confidence {
    /// From 0 to 1.
    pub(crate) value: f64,
    /// How it was measured.
    pub(crate) method: Box<str>,
}

/// The study's taxonomy of replies, and the mediator's questions beside it. The order is that of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ResponseType {
    AnswerAttempt,
    Clarification,
    Interrogation,
    Discussion,
    Hedge,
    Refuse,
    Missing,
    /// The mediator asked in the assistant's place.
    Question,
    /// A type outside of the taxonomy.
    Other,
    /// Nobody classified it.
    #[default]
    Unclassified,
}

impl ResponseType {
    pub(crate) const ALL: [Self; 10] = [
        Self::AnswerAttempt,
        Self::Clarification,
        Self::Interrogation,
        Self::Discussion,
        Self::Hedge,
        Self::Refuse,
        Self::Missing,
        Self::Question,
        Self::Other,
        Self::Unclassified,
    ];

    /// The type of that name in recordings.
    pub(crate) fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|known| known.name() == name).unwrap_or(Self::Other)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AnswerAttempt => "answer_attempt",
            Self::Clarification => "clarification",
            Self::Interrogation => "interrogation",
            Self::Discussion => "discussion",
            Self::Hedge => "hedge",
            Self::Refuse => "refuse",
            Self::Missing => "missing",
            Self::Question => "question",
            Self::Other => "other",
            Self::Unclassified => "unclassified",
        }
    }
}

/// Why a conversation ended. The order is that of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stop {
    /// An answer was right.
    Correct,
    /// No shard was left; only where the transcript says so.
    ShardsExhausted,
    /// The simulator's limit of turns was reached.
    TurnCap,
    /// For a reason that was not recorded.
    #[default]
    Ended,
    /// For a recorded reason that is not known here.
    Other,
}

impl Stop {
    /// The reason of that name in transcripts.
    pub(crate) fn of(name: &str) -> Self {
        [Self::Correct, Self::ShardsExhausted, Self::TurnCap, Self::Ended]
            .into_iter()
            .find(|known| known.name() == name)
            .unwrap_or(Self::Other)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Correct => "correct",
            Self::ShardsExhausted => "shards_exhausted",
            Self::TurnCap => "turn_cap",
            Self::Ended => "ended",
            Self::Other => "other",
        }
    }
}

/// Of the words that a turn brought into the conversation, how many the last reply takes up again; of the first turn,
/// of those between, and of the last turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Echo {
    pub(crate) first: Share,
    pub(crate) middle: Share,
    pub(crate) last: Share,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) held: u32,
    pub(crate) of: u32,
}

impl Share {
    /// From 0 to 1; `None` of nothing.
    pub(crate) fn ratio(self) -> Option<f64> {
        (self.of > 0).then(|| f64::from(self.held) / f64::from(self.of))
    }
}

impl std::ops::AddAssign for Share {
    fn add_assign(&mut self, other: Self) {
        self.held = self.held.saturating_add(other.held);
        self.of = self.of.saturating_add(other.of);
    }
}

/// What was recorded of tokens, time and money.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Spent {
    /// The model calls of each role, those of a turn as one, in the order of the turns.
    pub(crate) calls: BTreeMap<Box<str>, Vec<Calls>>,
    /// US dollars for the assistant's replies.
    pub(crate) assistant_usd: Option<f64>,
    /// US dollars for everything else: the simulated user, classification, extraction.
    pub(crate) other_usd: Option<f64>,
}

impl Spent {
    /// Seconds of model calls; `None` where no call was recorded.
    pub(crate) fn seconds(&self) -> Option<f64> {
        self.calls.values().flatten().map(|calls| calls.seconds).reduce(|sum, seconds| sum + seconds)
    }
}

/// The model calls of a role in one turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Calls {
    /// The user turn, from 0.
    pub(crate) turn: u32,
    pub(crate) tokens: TokenUsage,
    pub(crate) seconds: f64,
}

/// What did not go as it should, counted. All but the last two are the simulated user's doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// Shards that were revealed again.
    pub(crate) repeated_shards: u16,
    /// Times that the simulated user chose a shard again and the harness passed over it.
    pub(crate) ignored_duplicates: u16,
    /// Whether the limit of turns was reached.
    pub(crate) turn_cap: bool,
    /// Whether revealed shards were logged under a name that the simulated user of that program does not look for
    /// (`hint_revealed` with `shard_id`), so that it never knew what it had revealed.
    pub(crate) unaware: bool,
    /// User turns without a word.
    pub(crate) empty_user_turns: u16,
    /// Recorded faults of the simulator.
    pub(crate) simulator: u16,
    /// Replies of the assistant without a word.
    pub(crate) empty_replies: u16,
    /// Recorded faults of other roles.
    pub(crate) others: u16,
}

impl Faults {
    /// The kinds that there are, in words.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let kinds = [
            (self.repeated_shards > 0, "simulator: shard repeated"),
            (self.ignored_duplicates > 0, "simulator: repeat ignored"),
            (self.turn_cap, "simulator: turn cap"),
            (self.unaware, "simulator: unaware of what it revealed"),
            (self.empty_user_turns > 0, "simulator: empty turn"),
            (self.simulator > 0, "simulator: recorded"),
            (self.empty_replies > 0, "assistant: empty reply"),
            (self.others > 0, "other role: recorded"),
        ];
        kinds.into_iter().filter_map(|(held, name)| held.then_some(name))
    }
}
