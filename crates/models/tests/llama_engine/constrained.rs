//! Replies under a JSON schema or a grammar.

use serde_json::{Value, json};
use throughline_models::{FinishReason, ModelError, Output, Request};

use crate::support::{ask, block_on, complete, shared, turn, with_schema};

fn city_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "city": {"type": "string", "maxLength": 20},
            "country": {"enum": ["France", "Italy", "Spain"]},
            "capital": {"type": "boolean"}
        },
        "required": ["city", "country", "capital"],
        "additionalProperties": false
    })
}

#[test]
fn a_reply_under_a_schema_fits_it() {
    let _turn = turn();
    let schema = city_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (temperature, top_p, seed) in [(0.0, 1.0, 1), (1.0, 1.0, 2), (1.5, 0.9, 3), (1.0, 0.05, 4)] {
        let mut request = with_schema(ask("Tell me about Rome as JSON.", 120), schema.clone());
        request.sampling.temperature = temperature;
        request.sampling.top_p = top_p;
        request.sampling.seed = Some(seed);
        request.logprobs = Some(2);
        let reply = block_on(complete(shared(), request)).unwrap();
        assert_eq!(reply.finish.reason, FinishReason::Stop, "{}", reply.text);
        let value: Value = serde_json::from_str(&reply.text).unwrap();
        assert!(validator.is_valid(&value), "{value}");
        let logged: String = reply.logprobs.iter().map(|token| token.token.as_str()).collect();
        assert_eq!(logged, reply.text);
    }
}

#[test]
fn a_grammar_leaves_only_what_it_allows() {
    let _turn = turn();
    let grammar = |text: &str, request: Request| Request { output: Output::Grammar(text.into()), ..request };
    let reply = block_on(complete(shared(), grammar("root ::= \"yes\" | \"no\"", ask("Is fire hot?", 10)))).unwrap();
    assert!(["yes", "no"].contains(&reply.text.as_str()), "{}", reply.text);
    assert_eq!(reply.finish.reason, FinishReason::Stop);

    // Hardly any of the model's likely tokens fit this one, so the whole vocabulary is searched.
    let digits = grammar("root ::= [ΑΒΓ]{3} [0-9]{2}", ask("Say something nice.", 40));
    let reply = block_on(complete(shared(), digits)).unwrap();
    let characters: Vec<char> = reply.text.chars().collect();
    assert!(
        characters.len() == 5 && characters[..3].iter().all(|character| "ΑΒΓ".contains(*character)),
        "{}",
        reply.text
    );
    assert!(characters[3..].iter().all(char::is_ascii_digit), "{}", reply.text);
}

#[test]
fn the_likeliest_allowed_token_is_taken() {
    let _turn = turn();
    let mut free = ask("What is the capital of France?", 1);
    free.logprobs = Some(20);
    let top = block_on(complete(shared(), free)).unwrap().logprobs.remove(0).top;
    let plain = |text: &str| text.chars().all(|character| character.is_ascii_alphabetic()) && !text.is_empty();
    let (allowed, _) = top.iter().skip(3).find(|(text, _)| plain(text)).expect("a plain word among the likely ones");
    let request = Request {
        output: Output::Grammar(format!("root ::= \"{allowed}\"")),
        ..ask("What is the capital of France?", 5)
    };
    assert_eq!(&block_on(complete(shared(), request)).unwrap().text, allowed);
}

#[test]
fn control_tokens_are_no_text_of_a_grammar() {
    let _turn = turn();
    let mut request = ask("Hello!", 30);
    request.output = Output::Grammar("root ::= .{30,60}".into());
    request.sampling.temperature = 2.0;
    request.sampling.seed = Some(5);
    request.logprobs = Some(0);
    let reply = block_on(complete(shared(), request)).unwrap();
    assert!(reply.logprobs.iter().all(|token| !token.token.is_empty()));
}

#[test]
fn schemas_and_grammars_that_cannot_be_used_are_refused() {
    let _turn = turn();
    let refused = |output| {
        let request = Request { output, ..ask("Hi", 5) };
        match block_on(complete(shared(), request)) {
            Err(ModelError::InvalidRequest { reason }) => reason,
            other => panic!("{other:?}"),
        }
    };
    let schema = |schema| Output::JsonSchema { name: "reply".into(), schema };
    assert!(refused(Output::Grammar("root ::= item".into())).contains("item"));
    assert!(refused(Output::Grammar("root ::= root \"a\"".into())).contains("begins with itself"));
    assert!(refused(Output::Grammar("root ::= \"a\"{9,3}".into())).contains("line 1"));
    assert!(refused(Output::Grammar("root ::= (\"a\"?){1500}".into())).contains("multiply"));
    assert!(refused(schema(json!({"type": "nothing"}))).contains("/type"));
    assert!(refused(schema(json!({"$ref": "#/$defs/none"}))).contains("reply"));
    let reply = block_on(complete(shared(), ask("Is fire hot?", 3))).unwrap();
    assert!(!reply.text.is_empty());
}
