//! Answers that a judge says something of.

use std::sync::Arc;

use serde_json::json;
use throughline_conversation::{Entry, LogEvent, Transcript};
use throughline_models::{CancellationToken, ChatModel, ModelError, Output};

use super::{Scripted, agent, cast, role, roles};
use crate::{ERGO_TAU, Grid, Judge, Plan, PlanError, Roles, RunError, SampleSet, Verbatim, replay, setting};

fn planned(roles: Roles) -> Result<Plan, PlanError> {
    let sample = json!([{
        "task_id": "s", "task": "summary", "query": "What changed?",
        "documents": [
            {"document_index": 1, "document_text": "Shops stay open."},
            {"document_index": 2, "document_text": "Buses are full, shops open."},
        ],
        "insights": [{"insight_id": "a", "insight": "Shops open."}, {"insight_id": "b", "insight": "Full buses."}],
        "insightid2ref_citations": {"a": [1, 2], "b": [2]},
        "shards": [{"shard_id": 1, "shard": "", "doc_idxs": [1]}, {"shard_id": 2, "shard": "", "doc_idxs": [2]}],
    }]);
    let samples = SampleSet::parse("s.json", sample.to_string().as_bytes()).unwrap();
    let settings = vec![setting("sharded").unwrap()];
    let user = Arc::new(Verbatim);
    Plan::new([samples], Grid { settings, user, repeats: 1, seed: 7, ergo_tau: ERGO_TAU, agreement: 0 }, roles)
}

fn judged_by(name: &str) -> Roles {
    Roles { judge: Some(role(name)), ..roles() }
}

async fn replayed(judge: &Arc<Scripted>) -> Result<Transcript, RunError> {
    let plan = planned(judged_by("sage")).unwrap();
    let model = Scripted::saying(&["What else is there?", "- Shops open [1][2]\n- Full buses [1, 2]"]);
    let cast = cast(&model).with_judge(Judge::new(Arc::clone(judge) as Arc<dyn ChatModel>, agent()));
    replay(&plan.runs().next().unwrap(), &cast, &CancellationToken::new()).await
}

#[tokio::test]
async fn verdicts_become_a_score_and_stand_in_the_transcript() {
    let judge = Scripted::saying(&[r#"{"bullet": 1, "coverage": "FULL"}"#, r#"{"bullet": 2, "coverage": "PARTIAL"}"#]);
    let transcript = replayed(&judge).await.unwrap();
    let evaluated: Vec<_> = transcript
        .trace
        .iter()
        .filter_map(Entry::log)
        .filter_map(|event| match event {
            LogEvent::AnswerEvaluation { score, evaluation_return, .. } => Some((score.unwrap(), evaluation_return)),
            _ => None,
        })
        .collect();
    let [(score, details)] = &evaluated[..] else { panic!("{evaluated:?}") };
    // The second bullet cites two documents, of which one holds the insight: F1 is 2/3, and the mean
    // of 1 and 1/3 as well.
    assert!((score - 2.0 / 3.0).abs() < 1e-12, "{score}");
    assert_eq!(details["verdicts"][1], json!({"bullet": 2, "coverage": "PARTIAL"}));
    assert_eq!(details["coverage"], 0.75);
    assert_eq!(transcript.other["calls"]["judge"]["made"], 2);
    assert_eq!(transcript.other["usage"]["judge"]["completion_tokens"], 4);
    assert_eq!(transcript.other["roles"]["judge"]["name"], "sage");
    let requests = judge.requests();
    assert!(requests.iter().all(|request| matches!(request.output, Output::JsonSchema { .. })));
    assert!(requests[1].messages.last().unwrap().content.starts_with("Insight:\nFull buses."));
}

#[tokio::test]
async fn a_judge_that_fails_is_an_error_and_no_score() {
    let error = replayed(&Scripted::new(|_, _| Some(Err(ModelError::CutStream)))).await.unwrap_err();
    assert_eq!((error.role(), error.kind()), ("judge", "cut_stream"));
    let error = replayed(&Scripted::saying(&["Well done!"])).await.unwrap_err();
    assert_eq!((error.role(), error.kind()), ("judge", "judge"));
    let error = replayed(&Scripted::saying(&[r#"{"bullet": 9, "coverage": "FULL"}"#])).await.unwrap_err();
    assert!(matches!(error, RunError::Evaluation(_)), "{error}");
}

#[test]
fn the_judge_is_a_part_of_what_a_run_is() {
    let name = |roles| planned(roles).unwrap().runs().next().unwrap().conv_id;
    assert_ne!(name(judged_by("sage")), name(judged_by("owl")));
    let refused = planned(roles()).err().unwrap();
    assert_eq!(refused.to_string(), "answers to sample s are judged by a model; name one for the judge");
}
