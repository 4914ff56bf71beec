//! What cannot be done.

use throughline_models::{ModelError, Request, Sampling};

use super::{Model, ask, complete, events, reply, scenarios};

scenarios![too_long_a_prompt_is_an_overflow, a_request_that_is_wrong_is_refused, an_error_leaves_the_model_usable];

fn too_long() -> Request {
    ask(&"word ".repeat(20_000), 8)
}

async fn too_long_a_prompt_is_an_overflow(model: &Model) {
    let items = events(model, too_long()).await;
    let [Err(ModelError::ContextOverflow { prompt, reply, context })] = items.as_slice() else { panic!("{items:?}") };
    assert!((20_000..45_000).contains(prompt), "{prompt}");
    assert_eq!(*reply, 8);
    assert!(*context > 0 && context < prompt, "{context}");
}

async fn a_request_that_is_wrong_is_refused(model: &Model) {
    let with = |change: fn(&mut Sampling)| {
        let mut request = ask("Hi", 4);
        change(&mut request.sampling);
        request
    };
    for request in [
        Request::new(vec![], Sampling::default()),
        with(|sampling| sampling.temperature = -0.5),
        with(|sampling| sampling.temperature = f32::NAN),
        with(|sampling| sampling.temperature = f32::INFINITY),
        with(|sampling| sampling.top_p = 0.0),
        with(|sampling| sampling.top_p = 1.5),
        with(|sampling| sampling.top_p = f32::NAN),
        with(|sampling| sampling.max_tokens = 0),
        Request { logprobs: Some(21), ..ask("Hi", 4) },
    ] {
        let items = events(model, request.clone()).await;
        assert!(matches!(items.as_slice(), [Err(ModelError::InvalidRequest { .. })]), "{request:?}: {items:?}");
    }
}

async fn an_error_leaves_the_model_usable(model: &Model) {
    for request in [too_long(), Request::new(vec![], Sampling::default())] {
        complete(model, request).await.unwrap_err();
        assert!(!reply(model, ask("Hi", 8)).await.text.is_empty());
    }
}
