//! Single runs with scripted models.

use std::sync::Arc;

use serde_json::Value;
use throughline_assistant::Assistant;
use throughline_conversation::{Entry, EntryRole, LogEvent, Transcript, TranscriptReader, Verdict};
use throughline_mediator::{AskPolicy, Mediator};
use throughline_models::{
    CancellationToken, Capabilities, ChatModel, Event, EventStream, Finish, FinishReason, ModelError, Request, Role,
    TokenLogprob, terminated,
};

use super::{Scripted, ScriptedListener, agent, cast, cast_with_rewriter, plan};
use crate::{Cast, JUST_GO, RunError, replay, settings};

async fn run(setting: &str, cast: &Cast) -> Result<Transcript, RunError> {
    let plan = plan(1, &[setting], 1, 7);
    let run = plan.runs().next().unwrap();
    replay(&run, cast, &CancellationToken::new()).await
}

/// The transcript's JSON without what differs from one time to the next.
fn stable(transcript: &Transcript) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for name in ["timestamp", "seconds", "started", "git_version"] {
                    fields.shift_remove(name);
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(transcript).unwrap();
    strip(&mut value);
    value
}

fn events(transcript: &Transcript) -> Vec<LogEvent> {
    transcript.trace.iter().filter_map(Entry::log).collect()
}

#[tokio::test]
async fn full_is_one_reply_that_is_evaluated() {
    let model = Scripted::saying(&["The answer is 4."]);
    insta::assert_json_snapshot!(stable(&run("full", &cast(&model)).await.unwrap()));
}

/// Says one thing, a token a character, and is half sure of each.
struct HalfSure(&'static str);

impl ChatModel for HalfSure {
    fn stream(&self, request: Request, cancel: CancellationToken) -> EventStream {
        let likely = |token: String| TokenLogprob {
            logprob: 0.75_f32.ln(),
            top: vec![(token.clone(), 0.75_f32.ln()), ("?".into(), 0.25_f32.ln())],
            token,
        };
        let tokens = self.0.chars().map(|character| likely(character.into())).collect();
        let mut events = vec![Ok(Event::Text(self.0.into()))];
        events.extend(request.logprobs.map(|_| Ok(Event::Logprobs(tokens))));
        events.push(Ok(Event::Finished(Finish::new(FinishReason::Stop, None))));
        terminated(futures::stream::iter(events), cancel)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { logprobs: true, ..Capabilities::default() }
    }
}

#[tokio::test]
async fn the_confidence_in_an_answer_stands_beside_its_judgement() {
    let cast = Cast::new(Assistant::new(Arc::new(HalfSure("The answer is 42.")), agent()));
    let observed = events(&run("full", &cast).await.unwrap());
    let sure = observed.iter().find_map(|event| match event {
        LogEvent::Confidence { value, method } => Some((*value, method.as_str())),
        _ => None,
    });
    let (value, method) = sure.unwrap();
    assert!((value - 0.5).abs() < 1e-6 && method == "answer-span", "{value} by {method}");
}

#[tokio::test]
async fn concat_is_one_reply_to_all_shards() {
    let model = Scripted::saying(&["The answer is 5."]);
    insta::assert_json_snapshot!(stable(&run("concat", &cast(&model)).await.unwrap()));
}

#[tokio::test]
async fn sharded_goes_turn_by_turn() {
    let model = Scripted::saying(&["Where are they?", "The answer is 3.", "The answer is 4."]);
    insta::assert_json_snapshot!(stable(&run("sharded", &cast(&model)).await.unwrap()));
}

#[tokio::test]
async fn user_only_keeps_what_was_read() {
    let model = Scripted::saying(&["It depends.", "", "The answer is 5."]);
    insta::assert_json_snapshot!(stable(&run("user-only", &cast(&model)).await.unwrap()));
}

#[tokio::test]
async fn recap_ends_with_all_that_was_said() {
    let model = Scripted::saying(&["Hm.", "The answer is 3.", "The answer is 5.", "The answer is 4."]);
    insta::assert_json_snapshot!(stable(&run("recap", &cast(&model)).await.unwrap()));
    let last = model.requests().last().unwrap().messages.clone();
    assert_eq!(last.len(), 8, "the whole conversation is read: {last:?}");
}

#[tokio::test]
async fn nobody_recapitulates_what_is_solved() {
    let model = Scripted::saying(&["Hm.", "Hm.", "The answer is 4."]);
    let transcript = run("recap", &cast(&model)).await.unwrap();
    assert_eq!(model.requests().len(), 3);
    assert_eq!(transcript.other["stop_reason"], "correct");
}

#[tokio::test]
async fn snowball_says_everything_again() {
    let model = Scripted::saying(&["Hm.", "The answer is 3.", "The answer is 4."]);
    let transcript = run("snowball", &cast(&model)).await.unwrap();
    let said: Vec<_> = transcript.trace.iter().filter(|entry| entry.role == EntryRole::User).collect();
    let said: Vec<_> = said.into_iter().filter_map(Entry::text).collect();
    insta::assert_snapshot!(said.join("\n===\n"));
    let read = model.requests().last().unwrap().messages.clone();
    let read: Vec<_> = read.iter().filter(|message| message.role == Role::User).map(|m| m.content.as_str()).collect();
    assert_eq!(read, said, "what the assistant reads is what was said");
    let revealed = events(&transcript).into_iter().filter(|event| matches!(event, LogEvent::ShardRevealed { .. }));
    assert_eq!(revealed.count(), 3, "each shard is revealed once, however often it is said");
}

#[tokio::test]
async fn free_rewrite_reads_the_rewrite_alone() {
    let model = Scripted::saying(&["My guess is a dozen quinces.", "The answer is 3.", "The answer is 4."]);
    let quill = Scripted::saying(&["How many pears?", "How many pears are 3?", "How many pears are 3 and 1?"]);
    let transcript = run("free-rewrite", &cast_with_rewriter(&model, &quill)).await.unwrap();
    insta::assert_json_snapshot!(stable(&transcript));
    for request in quill.requests() {
        assert!(request.messages.iter().all(|message| !message.content.contains("quinces")), "{request:?}");
    }
    let asked = quill.requests().last().unwrap().messages.last().unwrap().content.clone();
    assert_eq!(asked, "Message 1:\nHow many pears?\n\nMessage 2:\n3 in the bag\n\nMessage 3:\n1 on the table");
}

#[tokio::test]
async fn an_empty_rewrite_is_a_fault_and_the_users_words_stand_in() {
    let model = Scripted::saying(&["The answer is 4."]);
    let transcript = run("free-rewrite", &cast_with_rewriter(&model, &Scripted::saying(&[" \n"]))).await.unwrap();
    assert!(
        events(&transcript).iter().any(|event| matches!(event, LogEvent::Fault { role, .. } if role == "rewriter"))
    );
    assert_eq!(model.requests()[0].messages[1].content, "How many pears?");
}

#[tokio::test]
async fn ergo_begins_anew_where_the_entropy_rises() {
    let model = Scripted::saying(&["How many are there?", "perhaps perhaps 9", "The answer is 3.", "The answer is 4."]);
    let quill = Scripted::saying(&["There are 3 pears in the bag. How many are there?"]);
    let transcript = run("ergo", &cast_with_rewriter(&model, &quill)).await.unwrap();
    insta::assert_json_snapshot!(stable(&transcript));
    assert_eq!(quill.requests().len(), 1);
    let calls = model.requests();
    assert!(calls.iter().all(|call| call.logprobs == Some(20)));
    let anew: Vec<_> = calls[2].messages.iter().map(|message| message.content.as_str()).collect();
    assert_eq!(anew, ["You solve toys.", "There are 3 pears in the bag. How many are there?"]);
    let last: Vec<_> = calls[3].messages.iter().map(|message| message.content.as_str()).skip(2).collect();
    assert_eq!(last, ["The answer is 3.", "1 on the table"], "and the conversation goes on from there");
}

#[tokio::test]
async fn ergo_without_entropy_is_an_error_and_not_sharded() {
    struct Taciturn(Arc<Scripted>);
    impl ChatModel for Taciturn {
        fn stream(&self, mut request: Request, cancel: CancellationToken) -> EventStream {
            request.logprobs = None;
            self.0.stream(request, cancel)
        }
    }
    let model = Scripted::saying(&["The answer is 3."]);
    let taciturn = Assistant::new(Arc::new(Taciturn(Arc::clone(&model))), agent());
    let error = run("ergo", &Cast::new(taciturn)).await.unwrap_err();
    assert!(matches!(error, RunError::NoEntropy { setting: "ergo" }), "{error}");
}

#[tokio::test]
async fn a_rewriter_that_fails_is_named() {
    let (model, broken) = (Scripted::saying(&["Hm."]), Scripted::new(|_, _| Some(Err(ModelError::CutStream))));
    let error = run("free-rewrite", &cast_with_rewriter(&model, &broken)).await.unwrap_err();
    assert_eq!((error.role(), error.kind()), ("rewriter", "cut_stream"));
    let alone = Cast::new(Assistant::new(Arc::clone(&model) as Arc<dyn ChatModel>, agent()));
    let error = run("free-rewrite", &alone).await.unwrap_err();
    assert!(matches!(error, RunError::NoRole { setting: "free-rewrite", role: "rewriter" }), "{error}");
}

#[tokio::test]
async fn mediated_logs_edits_and_questions() {
    let model = Scripted::saying(&["The answer is 3.", "The answer is 4."]);
    let listener = ScriptedListener::asking(&[Some("How many are in the bag?")]);
    let transcript = run("mediated", &cast(&model).with_mediator(listener)).await.unwrap();
    let mut stable = stable(&transcript);
    // The assistant's own wording is not what is tested here.
    for entry in stable["trace"].as_array_mut().unwrap() {
        entry.as_object_mut().unwrap().shift_remove("prompt");
    }
    insta::assert_json_snapshot!(stable);
}

#[tokio::test]
async fn the_first_right_attempt_ends_the_conversation() {
    let model = Scripted::saying(&["The answer is 4.", "The answer is 5."]);
    let transcript = run("sharded", &cast(&model)).await.unwrap();
    assert_eq!(model.requests().len(), 1);
    assert_eq!(transcript.verdict(), Ok(Verdict::Scored(1.0)));
    assert_eq!(transcript.other["stop_reason"], "correct");
    assert!(events(&transcript).contains(&LogEvent::ConversationCompleted { is_correct: true }));
}

#[tokio::test]
async fn the_last_attempt_counts_even_when_the_last_reply_is_none() {
    let model = Scripted::saying(&["The answer is 5.", "Well.", "Hm."]);
    let transcript = run("sharded", &cast(&model)).await.unwrap();
    assert_eq!(model.requests().len(), 3);
    assert_eq!(transcript.verdict(), Ok(Verdict::Scored(0.0)));
    assert_eq!(transcript.other["stop_reason"], "shards_exhausted");
}

#[tokio::test]
async fn a_conversation_without_an_attempt_scores_zero() {
    for setting in settings().iter().map(|setting| setting.name()) {
        let model = Scripted::saying(&["I wonder."]);
        let cast = cast(&model).with_mediator(ScriptedListener::asking(&[]));
        let transcript = run(setting, &cast).await.unwrap();
        assert_eq!(transcript.verdict(), Ok(Verdict::Scored(0.0)), "{setting}");
        assert!(!events(&transcript).iter().any(|event| matches!(event, LogEvent::AnswerEvaluation { .. })));
        assert!(events(&transcript).iter().any(|event| matches!(event, LogEvent::SystemVerification { .. })));
    }
}

#[tokio::test]
async fn a_mediator_that_asks_to_the_end_is_told_to_go() {
    let model = Scripted::saying(&["The answer is 4."]);
    let listener = ScriptedListener::asking(&[Some("First?"), Some("Second?"), Some("Third?"), Some("Fourth?")]);
    let transcript = run("mediated", &cast(&model).with_mediator(Arc::clone(&listener) as _)).await.unwrap();
    let users: Vec<_> = transcript.trace.iter().filter(|entry| entry.role == EntryRole::User).collect();
    assert_eq!(users.len(), 4);
    assert_eq!(users.last().unwrap().text(), Some(JUST_GO));
    assert_eq!(model.requests().len(), 1, "the assistant replies once, at the end");
    let events = events(&transcript);
    assert_eq!(events.iter().filter(|event| matches!(event, LogEvent::Question { .. })).count(), 3);
    assert!(events.iter().any(|event| matches!(event, LogEvent::Fault { role, .. } if role == "mediator")));
    assert_eq!(transcript.verdict(), Ok(Verdict::Scored(1.0)));
    assert_eq!(listener.seeds.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn the_real_mediator_and_assistant_fit_in() {
    // The mediator's model says nothing of use: the turns must then be kept verbatim.
    let scribe = Scripted::saying(&["I am no JSON."]);
    let model = Scripted::saying(&["My guess is a dozen quinces.", "The answer is 3.", "The answer is 4."]);
    let mediator = Mediator::new(
        Arc::clone(&scribe) as Arc<dyn ChatModel>,
        agent(),
        AskPolicy { budget: 0, ..AskPolicy::default() },
    );
    let transcript = run("mediated", &cast(&model).with_mediator(Arc::new(mediator))).await.unwrap();
    let edits = events(&transcript).into_iter().filter(|event| matches!(event, LogEvent::SpecEdit { .. })).count();
    assert_eq!(edits, 3);
    for request in model.requests() {
        assert!(request.messages.iter().all(|message| !message.content.contains("quinces")), "{request:?}");
    }
}

#[tokio::test]
async fn a_mediated_run_without_a_mediator_fails() {
    let error = run("mediated", &cast(&Scripted::saying(&["4"]))).await.unwrap_err();
    assert!(matches!(error, RunError::NoRole { setting: "mediated", role: "mediator" }));
}

#[tokio::test]
async fn a_cut_reply_fails_the_run() {
    let model = Scripted::new(|_, call| Some(if call < 1 { Ok("Hm.".into()) } else { Err(ModelError::CutStream) }));
    let error = run("sharded", &cast(&model)).await.unwrap_err();
    assert!(matches!(error, RunError::Assistant(ModelError::CutStream)));
    assert_eq!((error.role(), error.kind()), ("assistant", "cut_stream"));
}

#[tokio::test]
async fn every_transcript_reads_back_as_it_was() {
    for setting in settings().iter().map(|setting| setting.name()) {
        let model = Scripted::saying(&["Where?", "The answer is 3."]);
        let cast = cast(&model).with_mediator(ScriptedListener::asking(&[None, Some("Why?")]));
        let transcript = run(setting, &cast).await.unwrap();
        let line = format!("{}\n", transcript.to_line().unwrap());
        let read: Vec<_> = TranscriptReader::new(line.as_bytes()).collect::<Result<_, _>>().unwrap();
        assert_eq!(read, [transcript]);
        for entry in &read[0].trace {
            let time = entry.other["timestamp"].as_str().unwrap();
            assert!(jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", time).is_ok(), "{time}");
            assert!(entry.text().is_some() || entry.log().is_some(), "every log entry has a type known here");
        }
    }
}
