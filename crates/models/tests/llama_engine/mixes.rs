//! Random mixes of requests on small models of every kind of memory: whatever is asked, cancelled or dropped, every call
//! ends once, replies have the form that was asked for, and the engine works on.
//!
//! An abort takes the test's process down, and so fails it. `THROUGHLINE_FUZZ_CASES` sets how many requests are made,
//! `THROUGHLINE_FUZZ_SEED` which.

use std::time::Duration;

use futures::StreamExt;
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use throughline_models::{
    CancellationToken, ChatModel, Event, Finish, FinishReason, LlamaChat, LlamaOptions, Message, ModelError, Output,
    Request, Role, Sampling,
};

use crate::support::{ask, block_on, complete, events, idle, setting, turn};
use crate::tiny_model::{Memory, TinyModel};

const KINDS: [Memory; 4] = [Memory::Full, Memory::Sliding(32), Memory::Recurrent, Memory::Hybrid];
/// Requests that are in flight on one engine.
const CROWD: usize = 12;

#[test]
fn every_call_of_a_random_mix_ends_as_it_should() {
    let _turn = turn();
    let mut random = StdRng::seed_from_u64(setting("THROUGHLINE_FUZZ_SEED", 1));
    let cases = usize::try_from(setting("THROUGHLINE_FUZZ_CASES", 2400)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for crowd in 0..cases.div_ceil(2 * CROWD) {
        let kind = KINDS[crowd % KINDS.len()];
        let path = TinyModel::new(kind).save(folder.path());
        // Two engines at a time, on one file.
        let engines = [0, 1].map(|_| {
            let options = LlamaOptions {
                context: Some(*[64, 128, 256].choose(&mut random).unwrap()),
                slots: Some(random.random_range(1..5)),
                threads: Some(1),
                ..LlamaOptions::new(&path)
            };
            LlamaChat::load(options, None).unwrap()
        });
        block_on(async {
            let calls = (0..2 * CROWD).map(|index| call(&engines[index % 2], &mut random));
            join_all(calls.collect::<Vec<_>>()).await;
            for engine in &engines {
                idle(engine).await;
                assert!(complete(engine, ask("Hi", 2)).await.is_ok(), "{kind:?}");
            }
        });
    }
}

/// One random call and what must hold of it.
fn call(chat: &LlamaChat, random: &mut StdRng) -> futures::future::BoxFuture<'static, ()> {
    let chat = chat.clone();
    let delay = Duration::from_micros(random.random_range(0..20_000));
    if random.random_bool(0.15) {
        let (messages, text) = (messages(random), text(random));
        return Box::pin(async move {
            let scored = chat.score(messages, text, CancellationToken::new()).await;
            assert!(scored.as_ref().err().is_none_or(expected), "{scored:?}");
        });
    }
    let request = request(random);
    let cancel = CancellationToken::new();
    match random.random_range(0..10) {
        // Cancelled at some time.
        0..3 => Box::pin(async move {
            let call = events(&chat, request.clone(), cancel.clone());
            let cancelling = async {
                tokio::time::sleep(delay).await;
                cancel.cancel();
            };
            let (events, ()) = futures::join!(call, cancelling);
            check(&request, &events, true);
        }),
        // Dropped after some events.
        3..5 => {
            let taken = random.random_range(0..4);
            Box::pin(async move {
                let _: Vec<_> = chat.stream(request, cancel).take(taken).collect().await;
            })
        }
        _ => Box::pin(async move {
            let events = events(&chat, request.clone(), cancel).await;
            check(&request, &events, false);
        }),
    }
}

/// Whether a call may end so.
fn expected(error: &ModelError) -> bool {
    match error {
        ModelError::InvalidRequest { .. } | ModelError::ContextOverflow { .. } => true,
        // A vocabulary of a few letters cannot spell every reply that a schema asks for.
        ModelError::Engine { reason } => reason.contains("the grammar allows no token"),
        _ => false,
    }
}

fn check(request: &Request, events: &[Result<Event, ModelError>], may_be_cancelled: bool) {
    let text: String = events
        .iter()
        .filter_map(|event| if let Ok(Event::Text(text)) = event { Some(text.as_str()) } else { None })
        .collect();
    match events.last() {
        Some(Ok(Event::Cancelled)) if may_be_cancelled => {}
        Some(Err(error)) if expected(error) => {}
        Some(Ok(Event::Finished(Finish { reason, usage, .. }))) => {
            assert!(usage.unwrap().completion_tokens <= u64::from(request.sampling.max_tokens));
            assert!(request.sampling.stop.iter().all(|stop| !text.contains(stop.as_str())), "{text:?}");
            if let Output::JsonSchema { schema, .. } = &request.output
                && *reason == FinishReason::Stop
                && request.sampling.stop.is_empty()
                // A random model also writes bytes that are no text, which no schema speaks of.
                && !text.contains(char::REPLACEMENT_CHARACTER)
            {
                match serde_json::from_str::<Value>(&text) {
                    Ok(value) => assert!(jsonschema::is_valid(schema, &value), "{value} for {schema}"),
                    // JSON knows no largest number.
                    Err(error) => assert!(error.to_string().contains("number out of range"), "{error}: {text:?}"),
                }
            }
        }
        other => panic!("{other:?} for {request:?}"),
    }
}

fn request(random: &mut StdRng) -> Request {
    let sampling = Sampling {
        temperature: *[0.0, 0.3, 1.0, 5.0].choose(random).unwrap(),
        top_p: *[1.0, 0.9, 0.01].choose(random).unwrap(),
        max_tokens: random.random_range(1..48),
        seed: random.random_bool(0.5).then(|| random.random()),
        stop: (0..random.random_range(0..3)).map(|_| text(random)).filter(|stop| !stop.is_empty()).collect(),
    };
    let mut request = Request::new(messages(random), sampling);
    request.logprobs = random.random_bool(0.3).then(|| random.random_range(0..22));
    request.output = match random.random_range(0..5) {
        0 | 1 => Output::JsonSchema { name: "reply".into(), schema: schema(random, 0) },
        2 => Output::Grammar(grammar(random)),
        _ => Output::Text,
    };
    request
}

fn messages(random: &mut StdRng) -> Vec<Message> {
    let roles = [Role::System, Role::User, Role::Assistant];
    // A few beginnings that many share, so that they are copied and waited for.
    let mut messages = vec![Message::user("the same beginning ".repeat(random.random_range(0..3)))];
    messages.extend((0..random.random_range(0..3)).map(|_| Message::new(*roles.choose(random).unwrap(), text(random))));
    messages
}

fn text(random: &mut StdRng) -> String {
    const PIECES: [&str; 14] =
        ["a", "be ", "why? ", "\n", "é", "🦀", "\u{202E}", "\0", "<|im_end|>", "</s>", "{{ x }}", "\"", "\\", "漢字"];
    (0..random.random_range(0..8)).map(|_| *PIECES.choose(random).unwrap()).collect()
}

/// A schema that is often sound, and sometimes not.
fn schema(random: &mut StdRng, depth: usize) -> Value {
    let few = random.random_range(0..4);
    let leaf = depth > 2;
    match random.random_range(if leaf { 0..8 } else { 0..13 }) {
        0 => json!({"type": "boolean"}),
        1 => json!({"type": "null"}),
        2 => {
            json!({"type": "integer", "minimum": random.random_range(-50..50), "maximum": random.random_range(0..500)})
        }
        3 => json!({"type": "string", "minLength": few, "maxLength": random.random_range(0..6)}),
        4 => json!({"enum": ["a", "é", 1, null, text(random)]}),
        5 => json!({"const": text(random)}),
        6 => {
            json!({"type": "string", "pattern": *["^[a-c]{1,3}$", "^a|b$", "[", "^(x(y)?)+$"].choose(random).unwrap()})
        }
        7 => json!({"type": *["number", "objekt", "string"].choose(random).unwrap()}),
        8 => {
            json!({"type": "array", "items": schema(random, depth + 1), "minItems": few, "maxItems": random.random_range(0..5)})
        }
        9 => json!({"anyOf": [schema(random, depth + 1), schema(random, depth + 1)]}),
        10 => json!({"$ref": "#/$defs/it", "$defs": {"it": schema(random, depth + 1)}}),
        _ => json!({
            "type": "object",
            "properties": {"a": schema(random, depth + 1), "b\"c": schema(random, depth + 1)},
            "required": if random.random_bool(0.5) { json!(["a"]) } else { json!([]) },
            "additionalProperties": random.random_bool(0.2),
        }),
    }
}

/// A grammar that is sometimes sound.
fn grammar(random: &mut StdRng) -> String {
    const PIECES: [&str; 18] = [
        "\"a\"", "\"b\" ", "[a-z]", "[^\"]", "root", "item", "(", ")", "|", "*", "+", "?", "{2}", "{1,3}", "\n", " ",
        "::=", "\"é\"",
    ];
    if random.random_bool(0.4) {
        return (*["root ::= [a-z]{1,8}", "root ::= \"yes\" | \"no\"", "root ::= item+\nitem ::= \"a\" | \"b\""]
            .choose(random)
            .unwrap())
        .to_owned();
    }
    let rule: String = (0..random.random_range(1..9)).map(|_| *PIECES.choose(random).unwrap()).collect();
    format!("root ::= {rule}\nitem ::= \"x\"")
}
