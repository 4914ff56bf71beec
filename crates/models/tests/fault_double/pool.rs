//! Several endpoints as one, and what each of them may be asked for.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::join_all;
use throughline_models::openai::{OpenAiChat, OpenAiOptions, Price};
use throughline_models::{CancellationToken, ChatModel, Event, Limits, ModelError, Retries};

use super::double::{Act, Double, STOP, head, refusal, reply, send, stream, text};
use super::{complete, events, options, request, schema_request};

fn pool(urls: Vec<String>) -> OpenAiChat {
    let mut options = OpenAiOptions::new("", "test-model");
    options.base_urls = urls;
    (options.first_delay, options.max_delay) = (Duration::from_millis(1), Duration::from_millis(4));
    OpenAiChat::new(&options).unwrap()
}

/// A reply that takes so long, of which nothing is seen before its end but that the connection lives.
fn slow(milliseconds: u64) -> Vec<Act> {
    let mut acts = vec![send(head("200 OK", "text/event-stream", ""))];
    for _ in 0..milliseconds / 50 {
        acts.extend([Act::Pause(Duration::from_millis(50)), send(": working\n\n")]);
    }
    acts.push(send(format!("data: {}\n\ndata: {STOP}\n\n", text("Hello"))));
    acts
}

#[tokio::test]
async fn calls_go_where_the_fewest_are() {
    let doubles = [Double::play(vec![slow(300), slow(300)]).await, Double::play(vec![slow(300), slow(300)]).await];
    let pool = pool(doubles.iter().map(Double::url).collect());
    for reply in join_all((0..4).map(|_| complete(&pool, request()))).await {
        assert_eq!(reply.unwrap().text, "Hello");
    }
    assert_eq!(doubles.map(|double| double.requests().len()), [2, 2]);
}

#[tokio::test]
async fn a_failing_member_rests_while_another_takes_over() {
    let failing: [Vec<Act>; 4] = [
        refusal("500 Internal Server Error", "", "oops"),
        refusal("429 Too Many Requests", "Retry-After: 60\r\n", "slow down"),
        vec![],
        stream(&[]),
    ];
    for failure in failing {
        let first = Double::play(vec![failure.clone()]).await;
        let second = Double::play(vec![reply("a"), reply("b")]).await;
        let pool = pool(vec![first.url(), second.url()]);
        let start = Instant::now();
        let taken_over = complete(&pool, request()).await.unwrap();
        assert_eq!((taken_over.text.as_str(), taken_over.finish.calls.retries.total()), ("a", 1), "{failure:?}");
        assert_eq!(complete(&pool, request()).await.unwrap().text, "b");
        assert!(start.elapsed() < Duration::from_secs(30), "nobody waits for a member that is not needed");
        assert_eq!((first.requests().len(), second.requests().len()), (1, 2), "{failure:?}");
    }
}

#[tokio::test]
async fn a_member_that_refuses_every_call_does_not_draw_them() {
    let page = || vec![send(head("200 OK", "text/html", "")), send("<html></html>")];
    let refusals: [fn() -> Vec<Act>; 3] =
        [|| refusal("401 Unauthorized", "", "no such key"), || refusal("404 Not Found", "", "no such model"), page];
    for refused in refusals {
        let first = Double::play((0..5).map(|_| refused()).collect()).await;
        let second = Double::play((0..3).map(|_| slow(100)).collect()).await;
        let both = pool(vec![first.url(), second.url()]);
        for _ in 0..3 {
            assert_eq!(complete(&both, request()).await.unwrap().text, "Hello");
        }
        assert_eq!((first.requests().len(), second.requests().len()), (1, 3));
        // Where all refuse, what they say is final.
        let alone = Double::play(vec![refused()]).await;
        let all = pool(vec![alone.url(), first.url()]);
        let error = complete(&all, request()).await.unwrap_err();
        assert!(!matches!(error, ModelError::Unreachable { .. }), "{error}");
        assert_eq!((alone.requests().len(), first.requests().len()), (1, 2));
    }
}

#[tokio::test]
async fn a_member_that_recovers_is_found_by_a_probe() {
    let first = Double::play(vec![refusal("503 Busy", "", ""), reply("back")]).await;
    let second = Double::play(vec![reply("meanwhile")]).await;
    let pool = pool(vec![first.url(), second.url()]);
    assert_eq!(complete(&pool, request()).await.unwrap().text, "meanwhile");
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(complete(&pool, request()).await.unwrap().text, "back");
}

#[tokio::test]
async fn a_dead_address_costs_a_retry_at_most() {
    let dead = Double::play(vec![]).await.url();
    let alive = Double::play((0..5).map(|_| reply("Hello")).collect()).await;
    let pool = pool(vec![dead.clone(), alive.url()]);
    let mut retries = 0;
    for _ in 0..5 {
        retries += complete(&pool, request()).await.unwrap().finish.calls.retries.total();
    }
    assert_eq!(retries, 1);
    let listed = pool.list_models(Duration::from_secs(10)).await;
    assert_eq!((&listed[0].base_url, listed.len()), (&dead, 2));
    assert!(matches!(listed[0].models, Err(ModelError::Unreachable { .. })), "{listed:?}");
}

#[tokio::test]
async fn when_all_fail_the_last_error_is_told_and_no_member_was_spared() {
    let refusals = || (0..5).map(|_| refusal("500 Internal Server Error", "", "oops")).collect();
    let doubles = [Double::play(refusals()).await, Double::play(refusals()).await];
    let pool = pool(doubles.iter().map(Double::url).collect());
    let error = complete(&pool, request()).await.unwrap_err();
    assert!(matches!(error, ModelError::Endpoint { status: 500, .. }), "{error:?}");
    let [one, other] = doubles.map(|double| double.requests().len());
    assert!(one + other == 5 && one.abs_diff(other) <= 1, "{one} and {other}");
}

#[tokio::test]
async fn waiting_for_leave_is_no_silence_and_can_be_cancelled() {
    let double = Double::play(vec![slow(600), slow(600)]).await;
    let limits = Limits { max_concurrency: NonZeroU32::MIN, ..Limits::default() };
    let silence_timeout = Duration::from_millis(400);
    let chat = OpenAiChat::new(&OpenAiOptions { limits, silence_timeout, retries: 0, ..options(&double) }).unwrap();
    let cancel = CancellationToken::new();
    let (first, second, third) = tokio::join!(complete(&chat, request()), complete(&chat, request()), async {
        let mut waiting = chat.stream(request(), cancel.clone());
        tokio::time::sleep(Duration::from_millis(100)).await;
        cancel.cancel();
        waiting.next().await
    });
    assert_eq!((first.unwrap().text.as_str(), second.unwrap().text.as_str()), ("Hello", "Hello"));
    assert!(matches!(third, Some(Ok(Event::Cancelled))), "{third:?}");
    assert_eq!(double.requests().len(), 2);
}

#[tokio::test]
async fn a_wait_that_one_call_was_asked_for_holds_the_others() {
    let limited = refusal("429 Too Many Requests", "Retry-After: 1\r\n", "slow down");
    let double = Double::play(vec![limited, reply("a"), reply("b")]).await;
    let chat = OpenAiChat::new(&options(&double)).unwrap();
    let start = Instant::now();
    let (one, other) = tokio::join!(complete(&chat, request()), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        complete(&chat, request()).await
    });
    assert_eq!(one.unwrap().finish.calls.retries, Retries { rate_limit: 1, ..Retries::default() });
    assert_eq!(other.unwrap().finish.calls.retries, Retries::default(), "it waited instead of being refused");
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_priced_call_says_its_cost() {
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":2000,"completion_tokens":500}}"#;
    let answer = || stream(&[&text("Hi"), STOP, usage, "[DONE]"]);
    let double = Double::play(vec![answer(), answer(), reply("no usage"), answer()]).await;
    let price = Some(Price { input: 1.0, output: 10.0 });
    let chat = OpenAiChat::new(&OpenAiOptions { price, ..options(&double) }).unwrap();
    let cost = complete(&chat, request()).await.unwrap().finish.calls.cost_usd.unwrap();
    assert!((cost - 0.007).abs() < 1e-12, "{cost}");
    let items = events(&chat, request()).await;
    assert!(matches!(items.last(), Some(Ok(Event::Finished(finish))) if finish.calls.cost_usd == Some(cost)));
    assert_eq!(complete(&chat, request()).await.unwrap().finish.calls.cost_usd, None, "nothing is made up");
    let Err(ModelError::SchemaMismatch { finish, .. }) = complete(&chat, schema_request()).await else {
        panic!("it is no JSON")
    };
    assert_eq!((finish.usage.unwrap().prompt_tokens, finish.calls.cost_usd), (2000, Some(cost)), "it is paid for");
}

#[test]
fn a_pool_needs_a_member() {
    let mut options = OpenAiOptions::new("", "m");
    options.base_urls.clear();
    assert!(matches!(OpenAiChat::new(&options), Err(ModelError::InvalidRequest { .. })));
}
