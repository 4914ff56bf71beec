//! Cancelling, dropping, and calls beside each other.

use futures::StreamExt;
use futures::future::join_all;
use throughline_models::{CancellationToken, Event, FinishReason, ModelError};

use super::{Model, ask, events, reply, scenarios, story};

scenarios![
    a_call_cancelled_before_its_start_writes_nothing,
    cancelling_ends_a_call_at_once,
    a_cancelled_complete_is_an_error,
    a_dropped_call_leaves_the_model_free,
    calls_beside_each_other_all_finish,
    cancelling_one_call_leaves_the_others,
];

async fn a_call_cancelled_before_its_start_writes_nothing(model: &Model) {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let items: Vec<_> = model.stream(story(50), cancel.clone()).collect().await;
    assert!(matches!(items.as_slice(), [Ok(Event::Cancelled)]), "{items:?}");
    let error = model.complete(story(50), cancel).await.unwrap_err();
    assert!(matches!(error, ModelError::Cancelled), "{error:?}");
}

async fn cancelling_ends_a_call_at_once(model: &Model) {
    let cancel = CancellationToken::new();
    let mut stream = model.stream(story(400), cancel.clone());
    assert!(matches!(stream.next().await, Some(Ok(Event::Text(_)))));
    cancel.cancel();
    let rest: Vec<_> = stream.collect().await;
    assert!(matches!(rest.last(), Some(Ok(Event::Cancelled))), "{rest:?}");
    assert!(rest.len() < 10, "{} pieces were written after it", rest.len());
}

async fn a_cancelled_complete_is_an_error(model: &Model) {
    let cancel = CancellationToken::new();
    let call = model.complete(story(400), cancel.clone());
    let canceller = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        cancel.cancel();
    };
    let (result, ()) = tokio::join!(call, canceller);
    assert!(matches!(result, Err(ModelError::Cancelled)), "{result:?}");
}

async fn a_dropped_call_leaves_the_model_free(model: &Model) {
    for _ in 0..6 {
        let mut stream = model.stream(story(400), CancellationToken::new());
        assert!(matches!(stream.next().await, Some(Ok(Event::Text(_)))));
        drop(stream);
    }
    // A stream that was never polled, too.
    drop(model.stream(story(400), CancellationToken::new()));
    assert!(!reply(model, ask("Hi", 8)).await.text.is_empty());
}

async fn calls_beside_each_other_all_finish(model: &Model) {
    // More than the backends compute at the same time, so that some have to wait.
    let calls = (0..8).map(|number| {
        let request = ask(&format!("Say something about the number {number}."), 16);
        events(model, request)
    });
    for items in join_all(calls).await {
        assert!(matches!(items.last(), Some(Ok(Event::Finished(_)))), "{items:?}");
        assert!(items.len() > 2, "{items:?}");
    }
}

async fn cancelling_one_call_leaves_the_others(model: &Model) {
    let cancel = CancellationToken::new();
    let cancelled = async {
        let mut stream = model.stream(story(400), cancel.clone());
        stream.next().await;
        cancel.cancel();
        stream.collect::<Vec<_>>().await
    };
    let (one, other) = tokio::join!(cancelled, reply(model, story(40)));
    assert!(matches!(one.last(), Some(Ok(Event::Cancelled))), "{one:?}");
    assert_eq!((other.finish.reason, other.finish.usage.unwrap().completion_tokens), (FinishReason::Length, 40));
}
