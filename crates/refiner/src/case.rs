//! Cases: failed runs beside their whole instructions.

use throughline_conversation::{Edit, Entry, EntryRole, LogEvent, Spec, Transcript};
use throughline_models::fenced;
use throughline_tasks::{Sample, canonical_task, family};

use crate::Pair;

/// The settings whose failures say something about understanding a user over several turns.
const SETTINGS: [&str; 2] = ["mediated", "sharded"];

/// How much of a reply a case shows, in characters: its end holds the answer.
const REPLY: usize = 600;

/// A failed run, and what was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The run.
    pub run: String,
    /// The sample.
    pub task_id: String,
    /// What the user said, turn by turn.
    pub turns: Vec<String>,
    /// What was understood in the end, a clause each; empty where nobody kept a spec.
    pub understood: Vec<String>,
    /// The assistant's last words.
    pub reply: String,
    /// The whole instruction.
    pub instruction: String,
}

/// The failed mediated and sharded runs of these samples among the transcripts. A run that scores 1 or was never evaluated
/// is none.
pub fn cases<'a>(transcripts: impl IntoIterator<Item = &'a Transcript>, samples: &[Sample]) -> Vec<Case> {
    transcripts.into_iter().filter_map(|transcript| case(transcript, samples)).collect()
}

fn case(transcript: &Transcript, samples: &[Sample]) -> Option<Case> {
    let failed = transcript.verdict().ok()?.score()? < 1.0;
    let sample = samples.iter().find(|sample| {
        sample.task_id.replace('/', "-") == transcript.task_id.replace('/', "-")
            && canonical_task(&sample.task) == canonical_task(&transcript.task)
    })?;
    if !failed || !SETTINGS.contains(&transcript.conv_type.as_str()) {
        return None;
    }
    let instruction = family(&sample.task)?.full_prompt(sample);
    let said =
        |role: EntryRole| transcript.trace.iter().filter(move |entry| entry.role == role).filter_map(Entry::text);
    let turns: Vec<String> = said(EntryRole::User).map(str::to_owned).collect();
    let reply = said(EntryRole::Assistant).next_back().unwrap_or_default().to_owned();
    let case = Case {
        run: transcript.conv_id.clone(),
        task_id: sample.task_id.clone(),
        turns,
        understood: understood(transcript),
        reply,
        instruction,
    };
    (!case.turns.is_empty()).then_some(case)
}

/// The clauses in force at the end; none where nobody mediated, or the edits do not fit each other.
fn understood(transcript: &Transcript) -> Vec<String> {
    let edits: Vec<Edit> = transcript
        .trace
        .iter()
        .filter_map(Entry::log)
        .filter_map(|event| if let LogEvent::SpecEdit { edits, .. } = event { Some(edits) } else { None })
        .flatten()
        .collect();
    let spec = Spec::fold(&edits).unwrap_or_default();
    spec.active().map(|clause| clause.said.text.clone()).collect()
}

impl Case {
    /// The failed conversation beside what was meant, to be shown as it is.
    pub fn pair(&self) -> Pair {
        Pair { run: self.run.clone(), turns: self.turns.clone(), instruction: self.instruction.clone() }
    }

    /// What the refiner reads of it.
    pub(crate) fn told(&self, number: usize) -> String {
        let numbered = |texts: &[String]| {
            let lines = (1..).zip(texts).map(|(number, text)| format!("{number}. {text}"));
            fenced(&lines.collect::<Vec<_>>().join("\n"))
        };
        let mut text = format!("Conversation {number}. The user said, turn by turn:\n{}", numbered(&self.turns));
        if !self.understood.is_empty() {
            text += &format!("\nThis was understood of it:\n{}", numbered(&self.understood));
        }
        let hidden = self.reply.chars().count().saturating_sub(REPLY);
        let end: String = self.reply.chars().skip(hidden).collect();
        let from = if hidden > 0 { "the end of " } else { "" };
        text += &format!("\nThis is {from}the last reply, which was wrong:\n{}", fenced(&end));
        text + &format!("\nThis is what the user meant, all at once:\n{}", fenced(&self.instruction))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sample::tests::math;

    pub(crate) fn transcript(task_id: &str, setting: &str, score: &Value) -> Transcript {
        let line = json!({
            "conv_id": format!("{task_id}.{setting}.0"), "conv_type": setting, "task": "math", "task_id": task_id,
            "assistant_model": "m", "score": score, "is_correct": null,
            "trace": [
                {"role": "system", "content": "Solve it."},
                {"role": "user", "content": "How many?"}, {"role": "assistant", "content": "Of what?"},
                {"role": "user", "content": "2 and 2"}, {"role": "assistant", "content": "Answer: 5"},
            ],
        });
        Transcript::from_line(&line.to_string(), 1).unwrap()
    }

    #[test]
    fn only_failures_over_several_turns_are_cases() {
        let samples = [math("a/1", "2 and 2"), math("b", "3 and 1")];
        let transcripts = [
            transcript("a-1", "sharded", &json!(0.0)),
            transcript("b", "mediated", &json!(0.5)),
            transcript("b", "mediated", &json!(1.0)),
            transcript("b", "full", &json!(0.0)),
            transcript("c", "sharded", &json!(0.0)),
            transcript("b", "sharded", &Value::Null),
        ];
        let found = cases(&transcripts, &samples);
        let runs: Vec<&str> = found.iter().map(|case| case.run.as_str()).collect();
        assert_eq!(runs, ["a-1.sharded.0", "b.mediated.0"]);
        assert_eq!((found[0].turns.len(), found[0].reply.as_str()), (2, "Answer: 5"));
        assert_eq!((found[0].instruction.as_str(), found[0].task_id.as_str()), ("2 and 2", "a/1"));
    }

    #[test]
    fn a_case_shows_the_end_of_a_long_reply() {
        let mut case = cases(&[transcript("a", "sharded", &json!(0))], &[math("a", "2 and 2")]).remove(0);
        case.reply = format!("begin {} the end", "é".repeat(2 * REPLY));
        let told = case.told(3);
        assert!(told.starts_with("Conversation 3.") && told.contains("the end of the last reply"), "{told}");
        assert!(told.contains("the end\n>>>") && !told.contains("begin"), "{told}");
    }
}
