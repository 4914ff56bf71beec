//! Several requests at the same time: all end, none starves, slots come free.

use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use throughline_models::{
    CancellationToken, ChatModel, Event, FinishReason, Message, ModelError, Output, Request, Sampling,
};

use crate::support::{ask, block_on, complete, engine, events, idle, shared, turn, with_schema};

#[test]
fn more_requests_than_slots_all_end_well() {
    let _turn = turn();
    let questions = ["France", "Italy", "Spain", "Germany", "Japan", "Egypt"];
    let capitals = ["Paris", "Rome", "Madrid", "Berlin", "Tokyo", "Cairo"];
    let replies = block_on(join_all(questions.map(|country| {
        complete(shared(), ask(&format!("What is the capital of {country}? Answer in one sentence."), 24))
    })));
    let right = replies.iter().zip(capitals).filter(|(reply, capital)| reply.as_ref().unwrap().text.contains(capital));
    // A batch computes every conversation by itself: no answer is mixed up with another one's.
    assert!(right.count() >= 5, "{replies:?}");
    assert!(replies.iter().all(|reply| reply.as_ref().unwrap().finish.usage.unwrap().completion_tokens > 0));
}

#[test]
fn cancelled_calls_free_their_slots() {
    let _turn = turn();
    block_on(async {
        let chat = engine(512, 2);
        let cancel = CancellationToken::new();
        let mut long: Vec<_> =
            (0..4).map(|index| chat.stream(ask(&format!("Write story {index}."), 400), cancel.clone())).collect();
        for stream in &mut long[..2] {
            assert!(matches!(stream.next().await, Some(Ok(Event::Text(_)))));
        }
        let waiting = tokio::spawn(chat.complete(ask("What is the capital of France?", 8), CancellationToken::new()));
        cancel.cancel();
        for stream in long {
            let rest: Vec<_> = stream.collect().await;
            assert!(matches!(rest.last(), Some(Ok(Event::Cancelled))), "{rest:?}");
        }
        let reply = waiting.await.unwrap().unwrap();
        assert!(!reply.text.is_empty());
        idle(&chat).await;
        assert!(chat.stats().drawn_tokens < 400, "{:?}", chat.stats());
    });
}

#[test]
fn dropped_streams_free_their_slots() {
    let _turn = turn();
    block_on(async {
        let chat = engine(512, 1);
        let mut stream = chat.stream(ask("Write a long story.", 400), CancellationToken::new());
        assert!(stream.next().await.is_some());
        drop(stream);
        let score = chat.score(vec![Message::user("Hi")], "Hello there".into(), CancellationToken::new()).await;
        assert_eq!(score.unwrap().len(), 2);
        idle(&chat).await;
        assert!(chat.stats().drawn_tokens < 200, "{:?}", chat.stats());
    });
}

#[test]
fn a_call_cancelled_before_it_began_says_so() {
    let _turn = turn();
    let cancel = CancellationToken::new();
    cancel.cancel();
    let events = block_on(events(shared(), ask("Hi", 5), cancel.clone()));
    assert!(matches!(events.as_slice(), [Ok(Event::Cancelled)]));
    assert!(matches!(block_on(shared().complete(ask("Hi", 5), cancel)), Err(ModelError::Cancelled)));
}

#[test]
fn a_stream_outlives_the_last_handle() {
    let _turn = turn();
    let chat = engine(256, 1);
    let stream = chat.stream(ask("What is the capital of France?", 20), CancellationToken::new());
    drop(chat);
    let events: Vec<_> = block_on(stream.collect());
    assert!(matches!(events.last(), Some(Ok(Event::Finished(_)))), "{events:?}");
}

/// One request of a random mix: what it asks for and whether it is given up half-way.
fn random_request(random: &mut StdRng) -> (Request, Option<u64>) {
    let topics = ["cats", "trains", "the sea", "prime numbers", "soup"];
    let topic = topics[random.random_range(0..topics.len())];
    let mut messages = vec![Message::system("Be brief."), Message::user(format!("Tell me about {topic}."))];
    if random.random_bool(0.3) {
        messages.extend([Message::assistant("Gladly."), Message::user("well, ".repeat(random.random_range(1..40)))]);
    }
    let sampling = Sampling {
        temperature: [0.0, 0.7, 1.3][random.random_range(0..3)],
        top_p: [1.0, 0.8][random.random_range(0..2)],
        max_tokens: random.random_range(1..24),
        seed: Some(random.random()),
        stop: if random.random_bool(0.3) { vec![".".into(), " the".into()] } else { Vec::new() },
    };
    let request = Request::new(messages, sampling);
    let mut request = match random.random_range(0..4) {
        0 => {
            with_schema(request, json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}))
        }
        1 => Request { output: Output::Grammar("root ::= (\"yes\" | \"no\") \".\"".into()), ..request },
        _ => request,
    };
    request.logprobs = random.random_bool(0.3).then(|| random.random_range(0..6));
    (request, random.random_bool(0.25).then(|| random.random_range(0..60)))
}

#[test]
fn a_random_mix_keeps_every_promise() {
    let _turn = turn();
    let chat = engine(256, 3);
    let mut random = StdRng::seed_from_u64(20);
    block_on(async {
        let calls = (0..40).map(|_| {
            let (request, give_up) = random_request(&mut random);
            let cancel = CancellationToken::new();
            let call = events(&chat, request.clone(), cancel.clone());
            async move {
                let cancelled = async {
                    if let Some(delay) = give_up {
                        tokio::time::sleep(Duration::from_millis(delay)).await;
                        cancel.cancel();
                    }
                };
                let (events, ()) = futures::join!(call, cancelled);
                check(&request, &events, give_up.is_some());
            }
        });
        join_all(calls).await;
        idle(&chat).await;
        assert!(!complete(&chat, ask("Say hello.", 5)).await.unwrap().text.is_empty());
    });
}

fn check(request: &Request, events: &[Result<Event, ModelError>], may_be_cancelled: bool) {
    let text: String = events
        .iter()
        .filter_map(|event| if let Ok(Event::Text(text)) = event { Some(text.as_str()) } else { None })
        .collect();
    let logged: usize =
        events.iter().map(|event| if let Ok(Event::Logprobs(tokens)) = event { tokens.len() } else { 0 }).sum();
    assert!(request.sampling.stop.iter().all(|stop| !text.contains(stop.as_str())), "{text:?}");
    let finish = match events.last() {
        Some(Ok(Event::Finished(finish))) => finish,
        Some(Ok(Event::Cancelled)) if may_be_cancelled => return,
        other => panic!("{other:?} for {request:?}"),
    };
    let written = finish.usage.unwrap().completion_tokens;
    assert!(written <= u64::from(request.sampling.max_tokens));
    assert_eq!(
        finish.reason == FinishReason::Length,
        written == u64::from(request.sampling.max_tokens) && finish.reason != FinishReason::Stop
    );
    assert!(logged as u64 <= written);
    if request.logprobs.is_some() && request.sampling.stop.is_empty() {
        assert_eq!(logged as u64, written);
    }
    if finish.reason == FinishReason::Stop && request.sampling.stop.is_empty() {
        match &request.output {
            Output::JsonSchema { .. } => {
                assert!(serde_json::from_str::<serde_json::Value>(&text).unwrap()["n"].is_i64(), "{text}");
            }
            Output::Grammar(_) => assert!(["yes.", "no."].contains(&text.as_str()), "{text}"),
            Output::Text => {}
        }
    }
}

/// Conversations that begin alike, and the tokens of their common beginning.
fn alike(count: usize) -> Vec<Request> {
    let system = "You answer in one short sentence and in plain words. ".repeat(12);
    (0..count)
        .map(|index| {
            let question = format!("{index} and {index}: what is the sum?");
            Request::new(
                vec![Message::system(&system), Message::user(question)],
                Sampling { temperature: 0.0, max_tokens: 6, ..Sampling::default() },
            )
        })
        .collect()
}

#[test]
fn what_several_newcomers_begin_with_is_decoded_once() {
    let _turn = turn();
    let chat = engine(512, 4);
    let replies = block_on(join_all(alike(4).into_iter().map(|request| complete(&chat, request))));
    let prompts: u64 = replies.iter().map(|reply| reply.as_ref().unwrap().finish.usage.unwrap().prompt_tokens).sum();
    let stats = chat.stats();
    assert_eq!(stats.prompt_tokens + stats.reused_tokens, prompts);
    assert!(stats.prompt_tokens < prompts / 2, "{stats:?} of {prompts}");
    // What was copied is what would have been computed.
    let alone = block_on(complete(&engine(512, 1), alike(4).remove(3))).unwrap();
    assert_eq!(replies[3].as_ref().unwrap().text, alone.text);
}

#[test]
fn who_waits_for_a_cancelled_newcomer_goes_on_without_it() {
    let _turn = turn();
    block_on(async {
        let chat = engine(512, 3);
        let cancel = CancellationToken::new();
        let mut requests = alike(3).into_iter();
        let first = chat.stream(requests.next().unwrap(), cancel.clone());
        let first = tokio::spawn(first.collect::<Vec<_>>());
        let others = join_all(requests.map(|request| complete(&chat, request)));
        let cancelled = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            cancel.cancel();
        };
        let (replies, ()) = futures::join!(others, cancelled);
        assert!(replies.iter().all(|reply| !reply.as_ref().unwrap().text.is_empty()), "{replies:?}");
        assert!(matches!(first.await.unwrap().last(), Some(Ok(Event::Cancelled | Event::Finished(_)))));
    });
}
