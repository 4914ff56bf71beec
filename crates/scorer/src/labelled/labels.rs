//! Labelled conversations, and reading them.

use std::collections::HashSet;
use std::io::{self, BufRead};

use serde::Deserialize;
use throughline_conversation::Span;

use super::Operation;
use crate::Place;

/// A conversation with what a mediator should understand of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledConversation {
    /// Names it.
    pub id: String,
    /// What it is there to test, such as `revise`.
    pub kind: String,
    /// The language that the user writes in, as a BCP 47 tag.
    pub language: String,
    /// The conversation, in order; never empty.
    pub turns: Vec<LabelledTurn>,
    /// Words that have to stand in the spec after the last turn.
    pub must: Vec<String>,
    /// Words that no clause in force may hold then.
    pub must_not: Vec<String>,
    /// The first turn, from 0, after which a question is right, if there is one.
    pub ask_at: Option<usize>,
    /// Turns after which a question is neither called for nor a mistake.
    pub ask_ok: Vec<usize>,
}

/// A user turn with what it means for the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledTurn {
    /// What the user says.
    pub user: String,
    /// The reply that the user saw before the next turn.
    pub assistant: Option<String>,
    /// The edits that a careful reader would make.
    pub ops: Vec<Operation>,
    /// What it takes out of force, in earlier turns; `None` where the labels do not say which words that is.
    pub removes: Option<Vec<Stretch>>,
}

/// Words of an earlier turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The turn, from 0.
    pub turn: usize,
    /// Where in what the user said.
    pub span: Span,
    /// The words.
    pub words: String,
}

impl LabelledConversation {
    /// Whether the user writes English.
    pub fn is_english(&self) -> bool {
        self.language.split('-').next().is_some_and(|language| language.eq_ignore_ascii_case("en"))
    }
}

/// Labels that cannot be read. Messages stand on one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// The input failed.
    #[error("{place}: {reason}; check that it can be read")]
    Unreadable {
        /// Before which line.
        place: Place,
        /// What the system said.
        reason: io::Error,
    },
    /// A line that is no JSON object.
    #[error("{place}: {reason}; each line is to hold one labelled conversation, a JSON object")]
    NotJson {
        /// Where.
        place: Place,
        /// What is wrong.
        reason: String,
    },
    /// A field is missing, or does not hold what it should.
    #[error("{place}: field `{field}`: {reason}; correct the label")]
    Field {
        /// Where.
        place: Place,
        /// The path to the field.
        field: String,
        /// What is wrong.
        reason: String,
    },
    /// An input without a conversation.
    #[error("{name}: there is no labelled conversation in it; give a file with one conversation a line")]
    Empty {
        /// The input.
        name: String,
    },
}

/// A line as it is written. Fields that are not needed here are passed over.
#[derive(Deserialize)]
struct Line {
    id: String,
    kind: String,
    #[serde(default = "english")]
    language: String,
    turns: Vec<LineTurn>,
    must: Vec<String>,
    must_not: Vec<String>,
    ask_at: Option<usize>,
    #[serde(default)]
    ask_ok: Vec<usize>,
}

#[derive(Deserialize)]
struct LineTurn {
    user: String,
    ops: Vec<Operation>,
    removes: Option<Vec<String>>,
    assistant: Option<String>,
}

fn english() -> String {
    "en".into()
}

/// Reads labelled conversations, one a line; `name` is what errors call the input. Empty lines are passed over.
///
/// # Errors
/// [`LabelError`] at the first line that is no labelled conversation, or whose labels contradict each other: words to
/// look for that are empty, removed words that do not stand exactly once in the turns before, turns that do not exist,
/// a name that is taken.
pub fn read_labelled(name: &str, input: impl BufRead) -> Result<Vec<LabelledConversation>, LabelError> {
    let mut conversations: Vec<LabelledConversation> = Vec::new();
    let mut names = HashSet::new();
    for (index, line) in input.lines().enumerate() {
        let place = || Place { name: name.to_owned(), line: index + 1 };
        let line = line.map_err(|reason| LabelError::Unreadable { place: place(), reason })?;
        if line.trim().is_empty() {
            continue;
        }
        let conversation = parse(&line).and_then(checked).map_err(|fault| fault.at(place()))?;
        if !names.insert(conversation.id.clone()) {
            return Err(Fault::field("id", format!("{:?} is taken by an earlier line", conversation.id)).at(place()));
        }
        conversations.push(conversation);
    }
    if conversations.is_empty() {
        return Err(LabelError::Empty { name: name.to_owned() });
    }
    Ok(conversations)
}

/// What is wrong with a line; without a field, it is no JSON object.
struct Fault {
    field: Option<String>,
    reason: String,
}

impl Fault {
    fn field(field: impl Into<String>, reason: String) -> Self {
        Self { field: Some(field.into()), reason }
    }

    fn at(self, place: Place) -> LabelError {
        let Self { field, reason } = self;
        match field {
            Some(field) => LabelError::Field { place, field, reason },
            None => LabelError::NotJson { place, reason },
        }
    }
}

fn parse(line: &str) -> Result<Line, Fault> {
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(line)).map_err(|error| {
        let path = error.path().to_string();
        let said = error.inner().to_string();
        // The line within the line's own text is always the first.
        let reason = said.split(" at line ").next().unwrap_or_default();
        let missing = reason.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
        match missing {
            Some(field) if path == "." => Fault::field(field, "is missing".into()),
            Some(field) => Fault::field(format!("{path}.{field}"), "is missing".into()),
            None if path == "." || error.inner().is_syntax() || error.inner().is_eof() => {
                Fault { field: None, reason: format!("column {}: {reason}", error.inner().column()) }
            }
            None => Fault::field(path, reason.to_owned()),
        }
    })
}

/// Checks what the judgement relies on, and finds the words that are removed.
fn checked(line: Line) -> Result<LabelledConversation, Fault> {
    let Line { id, kind, language, turns, must, must_not, ask_at, ask_ok } = line;
    for (field, text) in [("id", &id), ("kind", &kind), ("language", &language)] {
        if text.trim().is_empty() {
            return Err(Fault::field(field, "is empty".into()));
        }
    }
    if turns.is_empty() {
        return Err(Fault::field("turns", "is empty".into()));
    }
    for (field, list) in [("must", &must), ("must_not", &must_not)] {
        if let Some(place) = list.iter().position(|words| words.trim().is_empty()) {
            return Err(Fault::field(format!("{field}[{place}]"), "is empty, and would stand in every clause".into()));
        }
    }
    let beyond = |turn: usize| (turn >= turns.len()).then(|| format!("there is no turn {turn}"));
    if let Some(reason) = ask_at.and_then(beyond) {
        return Err(Fault::field("ask_at", reason));
    }
    for (place, turn) in ask_ok.iter().enumerate() {
        let contradicts = (Some(*turn) == ask_at).then(|| format!("turn {turn} is `ask_at`"));
        if let Some(reason) = beyond(*turn).or(contradicts) {
            return Err(Fault::field(format!("ask_ok[{place}]"), reason));
        }
    }
    let mut labelled: Vec<LabelledTurn> = Vec::new();
    for (index, turn) in turns.into_iter().enumerate() {
        let LineTurn { user, ops, removes, assistant } = turn;
        let removes = match removes {
            Some(removes) => Some(found(&removes, &labelled, index)?),
            // Something is taken away, but the labels do not say what.
            None if ops.iter().any(|op| op.removes()) => None,
            None => Some(Vec::new()),
        };
        labelled.push(LabelledTurn { user, assistant, ops, removes });
    }
    Ok(LabelledConversation { id, kind, language, turns: labelled, must, must_not, ask_at, ask_ok })
}

/// Where these words stand in the turns before turn `index`.
fn found(removes: &[String], before: &[LabelledTurn], index: usize) -> Result<Vec<Stretch>, Fault> {
    let each = removes.iter().enumerate().map(|(place, words)| {
        let fault = |reason| Fault::field(format!("turns[{index}].removes[{place}]"), reason);
        if words.trim().is_empty() {
            return Err(fault("is empty".to_owned()));
        }
        let all: Vec<Stretch> = before
            .iter()
            .enumerate()
            .flat_map(|(turn, said)| {
                said.user.match_indices(words.as_str()).map(move |(start, _)| Stretch {
                    turn,
                    span: Span { start, end: start + words.len() },
                    words: words.clone(),
                })
            })
            .collect();
        match <[Stretch; 1]>::try_from(all) {
            Ok([stretch]) => Ok(stretch),
            Err(all) => {
                Err(fault(format!("{words:?} stands {} times in what the user said before, not once", all.len())))
            }
        }
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line whose labels are right, with `change` in the place of `what`.
    fn read(what: &str, change: &str) -> Result<Vec<LabelledConversation>, LabelError> {
        let line = concat!(
            r#"{"id": "revise-a", "kind": "revise", "note": "x", "turns": ["#,
            r#"{"user": "a table for 4, for 4 euros", "ops": ["add", "add"], "assistant": "Ok."}, "#,
            r#"{"user": "no, a chair", "ops": ["revise"], "removes": ["table"], "assistant": null}], "#,
            r#""must": ["chair"], "must_not": ["table"], "ask_at": null, "ask_ok": [0]}"#
        );
        assert!(line.contains(what), "{what}");
        read_labelled("labels.jsonl", format!("\n{}\n", line.replacen(what, change, 1)).as_bytes())
    }

    #[test]
    fn labels_are_read() {
        let conversations = read("revise-a", "revise-a").unwrap();
        let [conversation] = conversations.as_slice() else { panic!("{conversations:?}") };
        assert!(conversation.is_english() && conversation.ask_ok == [0]);
        assert_eq!(conversation.turns[0].removes, Some(vec![]));
        let stretch = Stretch { turn: 0, span: Span { start: 2, end: 7 }, words: "table".into() };
        assert_eq!(conversation.turns[1].removes, Some(vec![stretch]));
        assert_eq!(read(r#""removes": ["table"], "#, "").unwrap()[0].turns[1].removes, None);
        assert!(!read(r#""note": "x""#, r#""language": "pt-BR""#).unwrap()[0].is_english());
        assert!(read(r#""note": "x""#, r#""language": "en-GB""#).unwrap()[0].is_english());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_field() {
        for (what, change, named) in [
            ("{\"id\"", "{id", "line 2: column 2: key must be a string"),
            ("{\"id\": \"revise-a\"", "{\"id\": 7", "field `id`: invalid type"),
            ("{\"id\": \"revise-a\", ", "{", "field `id`: is missing"),
            ("\"user\": \"no, a chair\", ", "", "field `turns[1].user`: is missing"),
            ("[\"revise\"]", "[\"revize\"]", "field `turns[1].ops[0]`: unknown variant `revize`"),
            ("[\"table\"], \"assistant\"", "[\"4\"], \"assistant\"", "`turns[1].removes[0]`: \"4\" stands 2 times"),
            ("[\"table\"], \"assistant\"", "[\"\"], \"assistant\"", "`turns[1].removes[0]`: is empty"),
            ("[\"chair\"]", "[\" \"]", "field `must[0]`: is empty"),
            ("null, \"ask_ok\"", "2, \"ask_ok\"", "field `ask_at`: there is no turn 2"),
            ("null, \"ask_ok\"", "0, \"ask_ok\"", "field `ask_ok[0]`: turn 0 is `ask_at`"),
            ("\"ask_ok\": [0]", "\"ask_ok\": [9]", "field `ask_ok[0]`: there is no turn 9"),
        ] {
            let error = read(what, change).unwrap_err().to_string();
            assert!(error.starts_with("labels.jsonl: line 2: ") && error.contains(named), "{named}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn names_are_unique_and_something_is_there() {
        let line = r#"{"id": "a", "kind": "chat", "turns": [{"user": "hi", "ops": ["chat"], "assistant": null}], "must": [], "must_not": [], "ask_at": null}"#;
        let error = read_labelled("l", format!("{line}\n{line}\n").as_bytes()).unwrap_err().to_string();
        assert!(error.contains("l: line 2: field `id`: \"a\" is taken"), "{error}");
        assert!(matches!(read_labelled("l", "\n \n".as_bytes()), Err(LabelError::Empty { .. })));
    }
}
