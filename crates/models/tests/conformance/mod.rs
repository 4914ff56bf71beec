//! What every backend must do, as one list of scenarios that runs against each of them.
//!
//! A backend that lacks an ability says so by [`Capabilities`]; the scenario then checks that it is refused by a
//! typed error and counts as skipped, and the runner of the backend names the skips that it expects.

mod control;
mod form;
mod limits;
mod probability;
mod text;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use throughline_models::{
    CancellationToken, ChatModel, Completion, Event, Message, ModelError, Output, Request, Sampling,
};

pub(crate) type Model = Arc<dyn ChatModel>;

/// How a scenario that did not fail ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Skipped(&'static str),
}

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    run: fn(Model) -> BoxFuture<'static, Outcome>,
}

impl Scenario {
    const fn new(name: &'static str, run: fn(Model) -> BoxFuture<'static, Outcome>) -> Self {
        Self { name, run }
    }
}

/// Lists async functions that take the model; one without an outcome passes when it returns.
macro_rules! scenarios {
    ($($name:ident),+ $(,)?) => {
        pub(super) const SCENARIOS: &[super::Scenario] = &[
            $(super::Scenario::new(stringify!($name), |model| {
                Box::pin(async move { super::Outcome::from($name(&model).await) })
            })),+
        ];
    };
}
use scenarios;

impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Self::Passed
    }
}

fn all() -> impl Iterator<Item = &'static Scenario> {
    [text::SCENARIOS, probability::SCENARIOS, form::SCENARIOS, control::SCENARIOS, limits::SCENARIOS]
        .into_iter()
        .flatten()
}

/// Runs every scenario, one after the other, and fails with all that failed.
pub(crate) async fn run(backend: &str, model: Model, expected_skips: &[&str]) {
    // Only a scenario that hangs takes this long.
    const LIMIT: Duration = Duration::from_mins(5);
    let (mut skipped, mut failed) = (Vec::new(), Vec::new());
    for scenario in all() {
        let task = tokio::spawn((scenario.run)(Arc::clone(&model)));
        let outcome = match tokio::time::timeout(LIMIT, task).await {
            Ok(Ok(Outcome::Passed)) => "ok".to_owned(),
            Ok(Ok(Outcome::Skipped(reason))) => {
                skipped.push(scenario.name);
                format!("skipped ({reason})")
            }
            Ok(Err(_panic)) => {
                failed.push(scenario.name);
                "FAILED".to_owned()
            }
            Err(_elapsed) => {
                failed.push(scenario.name);
                "FAILED (it hangs)".to_owned()
            }
        };
        eprintln!("{backend}: scenario {} ... {outcome}", scenario.name);
    }
    let total = all().count();
    eprintln!("{backend}: {} passed, {} skipped", total - skipped.len() - failed.len(), skipped.len());
    assert!(failed.is_empty(), "{backend} fails {failed:?}; the reasons are above");
    assert_eq!(skipped, expected_skips, "{backend} skips other scenarios than it should");
}

/// A request whose reply is as far as possible the same each time.
fn greedy(messages: Vec<Message>, max_tokens: u32) -> Request {
    Request::new(messages, Sampling { temperature: 0.0, max_tokens, ..Sampling::default() })
}

fn ask(words: &str, max_tokens: u32) -> Request {
    greedy(vec![Message::user(words)], max_tokens)
}

/// A request whose reply is as long as it may be.
fn story(max_tokens: u32) -> Request {
    ask("Tell me a very long story about a dragon, with many chapters.", max_tokens)
}

async fn complete(model: &Model, request: Request) -> Result<Completion, ModelError> {
    model.complete(request, CancellationToken::new()).await
}

async fn reply(model: &Model, request: Request) -> Completion {
    complete(model, request).await.unwrap()
}

async fn events(model: &Model, request: Request) -> Vec<Result<Event, ModelError>> {
    model.stream(request, CancellationToken::new()).collect().await
}

/// That an ability which the model does not have is refused, by name and before anything is written.
async fn refused(model: &Model, output: Output) -> Outcome {
    let items = events(model, Request { output, ..ask("Hi", 4) }).await;
    let [Err(ModelError::Unsupported { capability })] = items.as_slice() else { panic!("{items:?}") };
    Outcome::Skipped(capability)
}
