//! The endpoint backend against a server that misbehaves.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod double;
mod pool;

use std::process::Command;
use std::time::{Duration, Instant};

use futures::StreamExt;
use serde_json::{Value, json};
use throughline_models::openai::{Key, OpenAiChat, OpenAiOptions};
use throughline_models::{
    CancellationToken, ChatModel, Completion, Event, FinishReason, Message, ModelError, Output, Request, Retries,
    Sampling, TokenUsage,
};

use self::double::{Act, Double, STOP, head, refusal, reply, send, stream, text};

const KEY: &str = "sk-0123456789abcdef";

fn options(double: &Double) -> OpenAiOptions {
    let mut options = OpenAiOptions::new(double.url(), "test-model");
    options.first_delay = Duration::from_millis(1);
    options.max_delay = Duration::from_millis(4);
    options
}

fn chat(double: &Double) -> OpenAiChat {
    OpenAiChat::new(&options(double)).unwrap()
}

/// A client that gives up on 200 ms of silence, at once.
fn impatient(double: &Double) -> OpenAiChat {
    let silence_timeout = Duration::from_millis(200);
    OpenAiChat::new(&OpenAiOptions { silence_timeout, retries: 0, ..options(double) }).unwrap()
}

fn request() -> Request {
    Request::new(vec![Message::user("Hi")], Sampling::default())
}

fn schema_request() -> Request {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
    Request { output: Output::JsonSchema { name: "number".into(), schema }, ..request() }
}

async fn events(chat: &OpenAiChat, request: Request) -> Vec<Result<Event, ModelError>> {
    chat.stream(request, CancellationToken::new()).collect().await
}

async fn complete(chat: &OpenAiChat, request: Request) -> Result<Completion, ModelError> {
    chat.complete(request, CancellationToken::new()).await
}

/// The models of a pool of one.
async fn listed(chat: &OpenAiChat) -> Result<Vec<String>, ModelError> {
    chat.list_models(Duration::from_secs(10)).await.remove(0).models
}

async fn complete_one(answer: Vec<Act>) -> Result<Completion, ModelError> {
    let double = Double::play(vec![answer]).await;
    let result = complete(&impatient(&double), request()).await;
    assert_eq!(double.requests().len(), 1);
    result
}

fn chunked(data: &str) -> Act {
    let event = format!("data: {data}\n\n");
    send(format!("{:x}\r\n{event}\r\n", event.len()))
}

fn chunked_head() -> Act {
    send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
}

/// A reply that stops in its middle, in the ways that connections do.
fn cut_replies() -> Vec<Vec<Act>> {
    vec![
        vec![chunked_head(), chunked(&text("half"))],
        vec![chunked_head(), chunked(&text("half")), send("0\r\n\r\n")],
        vec![chunked_head(), chunked(&text("half")), send("ff\r\ndata: {\"choi")],
        stream(&[&text("half")]),
    ]
}

#[tokio::test]
async fn a_cut_stream_is_an_error_after_its_text() {
    for answer in cut_replies() {
        let double = Double::play(vec![answer.clone()]).await;
        let items = events(&chat(&double), request()).await;
        assert!(matches!(items.as_slice(), [Ok(Event::Text(half)), Err(ModelError::CutStream)] if half == "half"));
        assert_eq!(double.requests().len(), 1, "{answer:?}");
    }
}

#[tokio::test]
async fn complete_starts_again_after_a_cut() {
    for answer in cut_replies() {
        let double = Double::play(vec![answer, reply("whole")]).await;
        let chat = chat(&double);
        let reply = complete(&chat, request()).await.unwrap();
        assert_eq!((reply.text.as_str(), double.requests().len()), ("whole", 2));
        assert_eq!(reply.finish.calls.retries, Retries { cut_stream: 1, ..Retries::default() });
    }
}

#[tokio::test]
async fn a_stream_cut_before_its_text_starts_again() {
    let empty = json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}).to_string();
    let double = Double::play(vec![stream(&[&empty]), reply("whole")]).await;
    let items = events(&chat(&double), request()).await;
    assert!(matches!(items.as_slice(), [Ok(Event::Text(_)), Ok(Event::Finished(_))]), "{items:?}");
    assert_eq!(double.requests().len(), 2);
}

#[tokio::test]
async fn a_rate_limit_is_waited_out() {
    let json = r#"{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}"#;
    for (headers, body, least) in [
        ("", json, 0),
        ("", "Too Many Requests", 0),
        ("", "", 0),
        ("Retry-After: 1\r\n", json, 1000),
        ("retry-after-ms: 300\r\n", "slow down", 300),
        ("x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 300ms\r\n", "slow down", 300),
    ] {
        let double = Double::play(vec![refusal("429 Too Many Requests", headers, body), reply("Hello")]).await;
        let chat = chat(&double);
        let start = Instant::now();
        let items = events(&chat, request()).await;
        let [Ok(Event::Text(_)), Ok(Event::Finished(finish))] = items.as_slice() else { panic!("{items:?}") };
        assert_eq!(finish.calls.retries, Retries { rate_limit: 1, ..Retries::default() });
        assert!(start.elapsed() >= Duration::from_millis(least), "{headers:?}: {:?}", start.elapsed());
        assert_eq!(double.requests().len(), 2, "{headers:?} {body:?}");
    }
}

#[tokio::test]
async fn an_unending_rate_limit_is_reported() {
    let limited = || refusal("429 Too Many Requests", "Retry-After: 0.01\r\n", "slow down");
    let double = Double::play((0..9).map(|_| limited()).collect()).await;
    let error = complete(&chat(&double), request()).await.unwrap_err();
    let ModelError::RateLimited { retry_after, message } = &error else { panic!("{error:?}") };
    assert_eq!((*retry_after, message.as_str()), (Some(Duration::from_millis(10)), "slow down"));
    assert_eq!(double.requests().len(), 5);
}

#[tokio::test]
async fn a_used_up_quota_is_not_asked_again() {
    let body = r#"{"error":{"message":"no credit","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    let double = Double::play(vec![refusal("429 Too Many Requests", "", body)]).await;
    let error = complete(&chat(&double), request()).await.unwrap_err();
    assert!(matches!(error, ModelError::Endpoint { status: 429, .. }), "{error:?}");
    assert_eq!(double.requests().len(), 1);
}

#[tokio::test]
async fn a_failing_server_is_asked_again() {
    for answer in [
        refusal("500 Internal Server Error", "", "oops"),
        refusal("502 Bad Gateway", "", r#"{"error":{"message":"oops"}}"#),
        refusal("503 Service Unavailable", "Retry-After: 0\r\n", r#"{"error":{"message":"Loading model"}}"#),
        stream(&[r#"{"error":{"message":"oops","code":500}}"#]),
        vec![],
        vec![send("HTTP/1.1 200 OK\r\nContent-")],
    ] {
        let double = Double::play(vec![answer.clone(), reply("Hello")]).await;
        let reply = complete(&chat(&double), request()).await;
        assert_eq!(reply.map(|reply| reply.text).unwrap_or_default(), "Hello", "{answer:?}");
        assert_eq!(double.requests().len(), 2, "{answer:?}");
    }
}

#[tokio::test]
async fn a_refused_key_names_its_variable_and_is_never_shown() {
    let echo = format!(r#"{{"error":{{"message":"Incorrect API key provided: {KEY}","code":"{KEY}"}}}}"#);
    let refused = |status: &str| refusal(status, "", &echo);
    for (answer, names_variable) in [
        (refused("401 Unauthorized"), true),
        (refused("403 Forbidden"), true),
        (refusal("401 Unauthorized", "", &format!("bad key {KEY}")), true),
        (refused("400 Bad Request"), false),
        (refused("429 Too Many Requests"), false),
        (refusal("400 Bad Request", "", &format!("{}{KEY}", "x".repeat(295))), false),
        (stream(&[&echo]), false),
        (stream(&[&format!("{{\"broken\": \"{KEY}")]), false),
        (refusal("302 Found", &format!("Location: http://127.0.0.1:9/{KEY}\r\n"), ""), false),
    ] {
        let double = Double::play(vec![answer.clone()]).await;
        let key_variable = "MY_OWN_KEY".to_owned();
        let options = OpenAiOptions { key: Some(Key::new(KEY)), key_variable, retries: 0, ..options(&double) };
        let error = complete(&OpenAiChat::new(&options).unwrap(), request()).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(&KEY[..6]), "{shown}");
        assert_eq!(shown.contains("MY_OWN_KEY"), names_variable, "{shown}");
        let requests = double.requests();
        assert_eq!(requests.len(), 1, "{answer:?}");
        assert!(requests[0].head.to_lowercase().contains(&format!("authorization: bearer {KEY}")));
    }
}

#[tokio::test]
async fn an_error_inside_the_stream_ends_it() {
    let error = r#"{"error":{"message":"the engine died","type":"server_error"}}"#;
    for data in [error, r#"{"object":"error","message":"the engine died"}"#] {
        let double = Double::play(vec![stream(&[&text("half"), data, STOP, "[DONE]"])]).await;
        let items = events(&chat(&double), request()).await;
        let [Ok(Event::Text(_)), Err(ModelError::Endpoint { status: 200, message })] = items.as_slice() else {
            panic!("{items:?}")
        };
        assert_eq!(message, "the engine died");
    }
}

#[tokio::test]
async fn silence_times_out() {
    let started = || vec![send(head("200 OK", "text/event-stream", "")), send(format!("data: {}\n\n", text("half")))];
    for (mut answer, texts) in [(vec![], 0), (started(), 1), (vec![send(head("500 Oops", "text/plain", ""))], 0)] {
        let refused = texts == 0 && !answer.is_empty();
        answer.push(Act::Hold);
        let double = Double::play(vec![answer]).await;
        let mut items = events(&impatient(&double), request()).await;
        let error = items.pop().unwrap().unwrap_err();
        assert_eq!(items.len(), texts, "{items:?}");
        if refused {
            // The status is known by then; only the words are missing.
            assert!(matches!(error, ModelError::Endpoint { status: 500, .. }), "{error:?}");
        } else {
            let ModelError::Timeout { url, seconds: 1 } = &error else { panic!("{error:?}") };
            assert_eq!(url, &double.url());
        }
        double.left().await;
    }
}

#[tokio::test]
async fn keep_alive_comments_are_not_silence() {
    let mut answer = vec![send(head("200 OK", "text/event-stream", ""))];
    for _ in 0..8 {
        answer.extend([Act::Pause(Duration::from_millis(60)), send(": still here\n\n")]);
    }
    answer.push(send(format!("data: {}\n\ndata: {STOP}\n\n", text("Hello"))));
    assert_eq!(complete_one(answer).await.unwrap().text, "Hello");
}

#[tokio::test]
async fn either_end_of_a_reply_is_enough() {
    let finished = complete_one(stream(&[&text("Hi"), STOP])).await.unwrap();
    assert_eq!((finished.text.as_str(), finished.finish.reason), ("Hi", FinishReason::Stop));

    let done = complete_one(stream(&[&text("Hi"), "[DONE]"])).await.unwrap();
    assert_eq!((done.text.as_str(), done.finish.reason), ("Hi", FinishReason::Other("not stated".into())));

    // The connection hangs after the finish reason, where the usage should come.
    let mut hanging = stream(&[&text("Hi"), STOP]);
    hanging.push(Act::Hold);
    let hung = complete_one(hanging).await.unwrap();
    assert_eq!((hung.finish.reason, hung.finish.usage), (FinishReason::Stop, None));

    // ... or is cut there.
    let cut = vec![chunked_head(), chunked(&text("Hi")), chunked(STOP)];
    assert_eq!(complete_one(cut).await.unwrap().finish.reason, FinishReason::Stop);
}

#[tokio::test]
async fn unusual_chunks_are_understood() {
    let odd = [
        r#"{"choices":[{"delta":{"role":"assistant","content":null}}]}"#,
        r#"{"choices":[{"delta":{"reasoning_content":"Hm."}}]}"#,
        r#"{"id":1,"choices":[{"delta":{"content":"Hi","extra":[]},"logprobs":null}]}"#,
        r#"{"choices":[{"delta":{},"finish_reason":"content_filter"}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#,
        "[DONE]",
    ];
    let reply = complete_one(stream(&odd)).await.unwrap();
    assert_eq!((reply.text.as_str(), reply.reasoning.as_str()), ("Hi", "Hm."));
    assert_eq!(reply.finish.reason, FinishReason::Other("content_filter".into()));
    assert_eq!(reply.finish.usage, Some(TokenUsage { prompt_tokens: 3, completion_tokens: 2 }));
}

#[tokio::test]
async fn reasoning_left_in_the_text_is_told_apart() {
    let double =
        Double::play(vec![stream(&[&text("<thi"), &text("nk>Hm.</think>\n\n{\"n\""), &text(": 1}"), STOP])]).await;
    let reply = complete(&chat(&double), schema_request()).await.unwrap();
    assert_eq!((reply.text.as_str(), reply.reasoning.as_str()), (r#"{"n": 1}"#, "Hm."));

    let token = |token: &str| {
        let logprobs = json!({"content": [{"token": token, "logprob": -0.5, "top_logprobs": []}]});
        json!({"choices": [{"delta": {"content": token}, "logprobs": logprobs}]}).to_string()
    };
    for (tokens, expected) in
        [(["<think>", "Hm", "</think>", "4"], vec!["4"]), (["<", "p", ">", "4"], vec!["<", "p", ">", "4"])]
    {
        let chunks = tokens.map(token);
        let data: Vec<&str> = chunks.iter().map(String::as_str).chain([STOP]).collect();
        let double = Double::play(vec![stream(&data)]).await;
        let reply = complete(&chat(&double), Request { logprobs: Some(1), ..request() }).await.unwrap();
        let read: Vec<_> = reply.logprobs.iter().map(|token| token.token.as_str()).collect();
        assert_eq!((&read, reply.text), (&expected, expected.concat()));
    }
}

#[tokio::test]
async fn a_connection_that_stays_open_behind_the_end_marker_is_not_waited_for() {
    let mut open = stream(&[&text("Hi"), "[DONE]"]);
    open.push(Act::Hold);
    let double = Double::play(vec![open]).await;
    let start = Instant::now();
    let reply = complete(&chat(&double), request()).await.unwrap();
    assert_eq!(reply.text, "Hi");
    assert!(start.elapsed() < Duration::from_mins(1), "that is less than the silence that is granted");
}

#[tokio::test]
async fn a_huge_chunk_is_read_whole() {
    let huge = "ä1".repeat(350_000);
    assert_eq!(complete_one(reply(&huge)).await.unwrap().text, huge);
}

#[tokio::test]
async fn line_ends_comments_and_cut_characters_do_not_matter() {
    let events = format!(
        ": hello\r\n\r\ndata: {}\r\n\r\nevent: message\r\nid: 1\r\ndata:{}\r\n\r\n:\r\ndata: {STOP}\r\n\r\ndata: [DONE]\r\n\r\n",
        text("Grüße, 世"),
        text("界 👋🏽")
    );
    for piece in [1, 2, 3, 5, 7, 1024] {
        let mut answer = vec![send(head("200 OK", "text/event-stream; charset=utf-8", ""))];
        for bytes in events.as_bytes().chunks(piece) {
            answer.push(Act::Send(bytes.to_vec()));
            if piece > 1 {
                // Without a pause, the pieces would arrive as one.
                answer.push(Act::Pause(Duration::from_millis(1)));
            }
        }
        let reply = complete_one(answer).await.unwrap();
        assert_eq!(reply.text, "Grüße, 世界 👋🏽", "pieces of {piece}");
    }
}

#[tokio::test]
async fn a_reply_that_is_not_streamed_is_read() {
    let body = json!({
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi\nthere"}, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
    });
    let body = serde_json::to_string_pretty(&body).unwrap();
    let reply = complete_one(refusal("200 OK", "", &body)).await.unwrap();
    assert_eq!((reply.text.as_str(), &reply.finish.reason), ("Hi\nthere", &FinishReason::Length));
    assert!(reply.finish.usage.is_some());

    let cut = refusal("200 OK", "Content-Length: 9999\r\n", &body);
    assert!(matches!(complete_one(cut).await, Err(ModelError::CutStream)));
}

#[tokio::test]
async fn what_cannot_be_read_is_a_protocol_error() {
    let web_page = vec![send(head("200 OK", "text/html; charset=utf-8", "") + "<!doctype html><p>Hi")];
    let not_text = [stream(&[&text("half")]), vec![Act::Send(b"data: \xff\xfe\n\n".to_vec())]].concat();
    for answer in [
        stream(&[&text("half"), r#"{"choices": [{"delta": "#, STOP, "[DONE]"]),
        stream(&["not JSON"]),
        refusal("200 OK", "", "{not JSON"),
        web_page,
        not_text,
    ] {
        let error = complete_one(answer.clone()).await.unwrap_err();
        assert!(matches!(error, ModelError::Protocol { .. }), "{answer:?}: {error:?}");
        assert!(error.to_string().len() < 400, "{error}");
    }
}

#[tokio::test]
async fn an_empty_port_is_unreachable() {
    let url = {
        let double = Double::play(vec![]).await;
        double.url()
    };
    // The task that owned the port was aborted; it is gone once connecting fails.
    let mut options = OpenAiOptions::new(&url, "m");
    (options.first_delay, options.max_delay) = (Duration::from_millis(20), Duration::from_millis(20));
    let chat = OpenAiChat::new(&options).unwrap();
    let error = complete(&chat, request()).await.unwrap_err();
    let ModelError::Unreachable { url: named, reason } = &error else { panic!("{error:?}") };
    assert_eq!(named, &url);
    assert!(reason.contains("refused"), "{reason}");
    assert!(matches!(listed(&chat).await, Err(ModelError::Unreachable { .. })));
}

#[tokio::test]
async fn a_refused_form_is_asked_for_more_plainly_and_remembered() {
    let refused = |body: &str| refusal("400 Bad Request", "", body);
    let json = r#"{"n": 1}"#;
    let double = Double::play(vec![
        refused(r#"{"error":{"message":"Invalid schema for response_format 'number'","param":"response_format"}}"#),
        refused(r#"{"error":{"message":"This response_format type is unavailable now"}}"#),
        refused("json_object is unsupported"),
        reply(&format!("```json\n{json}\n```")),
        reply(json),
    ])
    .await;
    let chat = chat(&double);
    for _ in 0..2 {
        assert_eq!(complete(&chat, schema_request()).await.unwrap().text, json);
    }
    let requests = double.requests();
    let formats: Vec<Value> = requests.iter().map(|request| request.body["response_format"]["type"].clone()).collect();
    assert_eq!(formats, [json!("json_schema"), json!("json_schema"), json!("json_object"), Value::Null, Value::Null]);
    assert_eq!(requests[0].body["response_format"]["json_schema"]["strict"], true);
    assert_eq!(requests[1].body["response_format"]["json_schema"]["strict"], false);
    assert_eq!(requests[0].body["messages"].as_array().unwrap().len(), 1);
    for plain in &requests[2..] {
        assert!(plain.body["messages"][0]["content"].as_str().unwrap().contains(r#""required":["n"]"#), "{plain:?}");
    }
}

#[tokio::test]
async fn a_reply_that_does_not_fit_is_never_handed_out() {
    for (words, says) in [(r#"{"n": "one"}"#, "/n"), ("one", "not JSON"), ("", "not JSON")] {
        let double = Double::play(vec![reply(words)]).await;
        let items = events(&chat(&double), schema_request()).await;
        let [Err(ModelError::SchemaMismatch { reason, finish })] = items.as_slice() else { panic!("{items:?}") };
        assert!(reason.contains(says), "{reason}");
        assert_eq!(finish.calls.made, 1);
        assert_eq!(double.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_cut_reply_that_had_to_fit_starts_again() {
    let double = Double::play(vec![stream(&[&text(r#"{"n": "#)]), reply(r#"{"n": 2}"#)]).await;
    let items = events(&chat(&double), schema_request()).await;
    assert!(
        matches!(items.as_slice(), [Ok(Event::Text(text)), Ok(Event::Finished(_))] if text == r#"{"n": 2}"#),
        "{items:?}"
    );
}

#[tokio::test]
async fn the_other_spelling_of_the_limit_is_learnt() {
    let body = r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."}}"#;
    let double = Double::play(vec![refusal("400 Bad Request", "", body), reply("a"), reply("b")]).await;
    let chat = chat(&double);
    complete(&chat, request()).await.unwrap();
    complete(&chat, request()).await.unwrap();
    let requests = double.requests();
    assert_eq!(requests[0].body["max_tokens"], 1000);
    for later in &requests[1..] {
        assert_eq!(later.body["max_completion_tokens"], 1000);
        assert!(later.body.get("max_tokens").is_none());
    }
}

#[tokio::test]
async fn log_probabilities_that_do_not_come_are_an_error() {
    let refused = r#"{"error":{"message":"logprobs is not supported by this model"}}"#;
    for answer in [reply("Hi"), refusal("400 Bad Request", "", refused)] {
        let double = Double::play(vec![answer]).await;
        let error = complete(&chat(&double), Request { logprobs: Some(2), ..request() }).await.unwrap_err();
        assert!(matches!(error, ModelError::Unsupported { capability: "log-probabilities" }), "{error:?}");
        assert_eq!(double.requests()[0].body["top_logprobs"], 2);
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_not_sent() {
    let double = Double::play(vec![]).await;
    let grammar = Request { output: Output::Grammar("root ::= \"a\"".into()), ..request() };
    assert!(matches!(complete(&chat(&double), grammar).await, Err(ModelError::Unsupported { .. })));
    let empty = Request::new(vec![], Sampling::default());
    assert!(matches!(complete(&chat(&double), empty).await, Err(ModelError::InvalidRequest { .. })));
    assert!(double.requests().is_empty());
}

#[tokio::test]
async fn cancelling_ends_a_silent_call_and_its_connection() {
    for started in [false, true] {
        let mut answer = if started { stream(&[&text("half")]) } else { vec![] };
        answer.push(Act::Hold);
        let double = Double::play(vec![answer]).await;
        let cancel = CancellationToken::new();
        let mut stream = chat(&double).stream(request(), cancel.clone());
        if started {
            assert!(matches!(stream.next().await, Some(Ok(Event::Text(_)))));
        }
        let canceller = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            cancel.cancel();
        });
        assert!(matches!(stream.next().await, Some(Ok(Event::Cancelled))));
        assert!(stream.next().await.is_none());
        canceller.await.unwrap();
        double.left().await;
    }
}

#[tokio::test]
async fn dropping_a_call_ends_its_connection() {
    let mut answer = stream(&[&text("half")]);
    answer.push(Act::Hold);
    let double = Double::play(vec![answer, reply("whole")]).await;
    let chat = chat(&double);
    let mut stream = chat.stream(request(), CancellationToken::new());
    assert!(matches!(stream.next().await, Some(Ok(Event::Text(_)))));
    drop(stream);
    double.left().await;
    assert_eq!(complete(&chat, request()).await.unwrap().text, "whole");
}

#[tokio::test]
async fn models_are_listed_in_either_shape() {
    let data = r#"{"object":"list","data":[{"id":"one"},{"id":"two"}]}"#;
    let models = r#"{"models":[{"name":"one"},{"model":"two"}]}"#;
    for body in [data, models] {
        let double = Double::play(vec![refusal("200 OK", "", body)]).await;
        let options = OpenAiOptions { base_urls: vec![format!("{}/?version=7", double.url())], ..options(&double) };
        assert_eq!(listed(&OpenAiChat::new(&options).unwrap()).await.unwrap(), ["one", "two"]);
        assert!(double.requests()[0].head.starts_with("GET /v1/models?version=7 "), "{:?}", double.requests());
    }
    let double = Double::play(vec![refusal("404 Not Found", "", "nothing here")]).await;
    let error = listed(&chat(&double)).await.unwrap_err().to_string();
    assert!(error.contains("404") && error.contains("/v1"), "{error}");
}

#[tokio::test]
async fn nothing_is_read_from_the_environment() {
    let name = "nothing_is_read_from_the_environment";
    if std::env::var_os("OPENAI_API_KEY").is_none() {
        // A test must not change its own environment, so it runs itself with another one.
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .envs(["API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID"].map(|part| (format!("OPENAI_{part}"), KEY)))
            .env("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let double = Double::play(vec![reply("Hi")]).await;
    complete(&chat(&double), request()).await.unwrap();
    let head = double.requests()[0].head.to_lowercase();
    assert!(head.starts_with("post /v1/chat/completions "), "{head}");
    for forbidden in ["authorization", "openai-", KEY] {
        assert!(!head.contains(forbidden), "{head}");
    }
}
