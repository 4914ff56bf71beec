//! What stands beside a reply: the planner's steps, and further samples of the answer.

use std::sync::Arc;

use throughline_assistant::{AGENT, Assistant, Planner, SAMPLE_AGREEMENT};
use throughline_conversation::{LogEvent, Transcript};
use throughline_models::{AgentFile, CancellationToken, ChatModel, Message, Role, Sampling};

use super::{Scripted, ScriptedListener, cast, plan, role, roles, sample_set, toy};
use crate::{Cast, ERGO_TAU, Grid, Plan, PlannedRun, Verbatim, replay, setting};

async fn replayed(run: &PlannedRun<'_>, cast: &Cast) -> Transcript {
    replay(run, cast, &CancellationToken::new()).await.unwrap()
}

fn events(transcript: &Transcript) -> Vec<LogEvent> {
    transcript.trace.iter().filter_map(throughline_conversation::Entry::log).collect()
}

#[tokio::test]
async fn a_plan_is_made_before_each_reply_and_stands_in_the_assistants_prompt() {
    let solver = Scripted::saying(&["More to come?", "And?", "The answer is 4."]);
    let decomposer = Scripted::saying(&["1. Count the pears.", "1. Count again.", " "]);
    let agent = AgentFile { sampling: Sampling::default(), messages: vec![Message::system("Plan it.")] };
    let assistant = Assistant::new(Arc::clone(&solver) as Arc<dyn ChatModel>, AgentFile::parse(AGENT).unwrap());
    let planner = Planner::new(Arc::clone(&decomposer) as Arc<dyn ChatModel>, agent);
    let cast = Cast::new(assistant).with_mediator(ScriptedListener::asking(&[])).with_planner(planner);
    let settings = vec![setting("mediated").unwrap()];
    let grid = Grid { settings, user: Arc::new(Verbatim), repeats: 1, seed: 7, ergo_tau: ERGO_TAU, agreement: 0 };
    let roles = crate::Roles { planner: Some(role("sketcher")), ..roles() };
    let plan = Plan::with_families([sample_set(1)], grid, roles, toy).unwrap();
    let transcript = replayed(&plan.runs().next().unwrap(), &cast).await;

    let plans: Vec<_> = events(&transcript)
        .into_iter()
        .filter_map(|event| if let LogEvent::Plan { turn, text } = event { Some((turn, text)) } else { None })
        .collect();
    let expected = [(0, "1. Count the pears."), (1, "1. Count again."), (2, " ")];
    assert_eq!(plans, expected.map(|(turn, text)| (turn, text.to_owned())));
    assert_eq!(transcript.other["usage"]["planner"]["completion_tokens"], 6);
    assert_eq!(transcript.other["calls"]["planner"]["made"], 3);
    assert_eq!(transcript.other["roles"]["planner"]["name"], "sketcher");

    for (asked, request) in solver.requests().iter().zip(decomposer.requests()) {
        let told = |messages: &[Message]| {
            let users: Vec<_> = messages.iter().filter(|message| message.role == Role::User).collect();
            assert_eq!(users.len(), 1);
            users[0].content.clone()
        };
        assert!(
            told(&asked.messages).starts_with(&told(&request.messages)),
            "the planner reads what the assistant does"
        );
        assert!(request.sampling.seed.is_some() && request.sampling.seed != asked.sampling.seed);
    }
    let read: Vec<bool> = solver.requests().iter().map(|asked| asked.messages[1].content.contains("Count")).collect();
    assert_eq!(read, [true, true, false], "a plan without a word is none");
}

#[tokio::test]
async fn a_setting_that_reads_no_spec_has_no_planner() {
    let model = Scripted::saying(&["The answer is 4."]);
    let agent = AgentFile { sampling: Sampling::default(), messages: vec![Message::system("Plan it.")] };
    let cast = cast(&model).with_planner(Planner::new(Arc::clone(&model) as Arc<dyn ChatModel>, agent));
    let plan = plan(1, &["full", "sharded"], 1, 7);
    for run in plan.runs() {
        let transcript = replayed(&run, &cast).await;
        assert!(events(&transcript).iter().all(|event| !matches!(event, LogEvent::Plan { .. })));
        assert!(transcript.other["roles"].get("planner").is_none());
    }
}

#[tokio::test]
async fn agreement_is_the_share_of_samples_with_the_same_answer() {
    // The reply, then what agrees, disagrees, and gives no answer.
    let model = Scripted::saying(&[
        "The answer is 5.",
        "Well: the answer is 5.",
        "The answer is 4.",
        "Who knows?",
        "answer is 5",
    ]);
    let settings = vec![setting("full").unwrap()];
    let grid = Grid { settings, user: Arc::new(Verbatim), repeats: 1, seed: 7, ergo_tau: ERGO_TAU, agreement: 4 };
    let plan = Plan::with_families([sample_set(1)], grid, roles(), toy).unwrap();
    let transcript = replayed(&plan.runs().next().unwrap(), &cast(&model)).await;
    let found = events(&transcript).into_iter().find_map(|event| match event {
        LogEvent::Confidence { value, method } => Some((value, method)),
        _ => None,
    });
    assert_eq!(found, Some((0.5, SAMPLE_AGREEMENT.to_owned())));
    assert_eq!(transcript.other["calls"][SAMPLE_AGREEMENT]["made"], 4);
    assert_eq!(transcript.other["calls"]["assistant"]["made"], 1, "they are counted apart");
    let requests = model.requests();
    let seeds: std::collections::HashSet<_> = requests.iter().map(|request| request.sampling.seed).collect();
    assert_eq!((requests.len(), seeds.len()), (5, 5), "every sample is drawn for itself");
    assert!(requests.iter().all(|request| request.messages == requests[0].messages));
}
