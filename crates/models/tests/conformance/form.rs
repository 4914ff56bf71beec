//! Replies of a given form.

use serde_json::{Value, json};
use throughline_models::{FinishReason, ModelError, Output, Request};

use super::{Model, Outcome, ask, complete, refused, reply, scenarios};

scenarios![
    a_reply_fits_its_json_schema,
    unicode_survives_a_json_schema,
    a_json_reply_that_is_cut_does_not_pass_as_whole,
    a_schema_that_is_none_is_refused,
    a_reply_fits_its_grammar,
];

fn form(schema: Value) -> Output {
    Output::JsonSchema { name: "form".to_owned(), schema }
}

fn person() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 20},
            "age": {"type": "integer", "minimum": 0, "maximum": 150},
            "mood": {"enum": ["glad", "sad"]},
        },
        "required": ["name", "age", "mood"],
        "additionalProperties": false,
    })
}

async fn a_reply_fits_its_json_schema(model: &Model) -> Outcome {
    if !model.capabilities().json_schema {
        return refused(model, form(person())).await;
    }
    for words in ["Describe a person.", "Write a poem about rain, and nothing else."] {
        let reply = reply(model, Request { output: form(person()), ..ask(words, 200) }).await;
        let value: Value = serde_json::from_str(&reply.text).unwrap();
        if let Err(error) = jsonschema::validate(&person(), &value) {
            panic!("{error}: {value}");
        }
        assert_eq!(reply.finish.reason, FinishReason::Stop);
    }
    Outcome::Passed
}

async fn unicode_survives_a_json_schema(model: &Model) -> Outcome {
    let words = "Grüße, 世界 👋🏽";
    let schema = json!({"enum": [words]});
    if !model.capabilities().json_schema {
        return refused(model, form(schema)).await;
    }
    let reply = reply(model, Request { output: form(schema), ..ask("Greet the world.", 100) }).await;
    assert_eq!(serde_json::from_str::<Value>(&reply.text).unwrap(), json!(words), "{:?}", reply.text);
    Outcome::Passed
}

async fn a_json_reply_that_is_cut_does_not_pass_as_whole(model: &Model) -> Outcome {
    if !model.capabilities().json_schema {
        return refused(model, form(person())).await;
    }
    match complete(model, Request { output: form(person()), ..ask("Describe a person.", 3) }).await {
        Err(ModelError::SchemaMismatch { reason, .. }) => assert!(reason.contains("max_tokens"), "{reason}"),
        Ok(reply) => assert_eq!(reply.finish.reason, FinishReason::Length, "{reply:?}"),
        Err(other) => panic!("{other:?}"),
    }
    Outcome::Passed
}

async fn a_schema_that_is_none_is_refused(model: &Model) -> Outcome {
    let output = form(json!({"type": 7}));
    if !model.capabilities().json_schema {
        return refused(model, output).await;
    }
    let error = complete(model, Request { output, ..ask("Hi", 8) }).await.unwrap_err();
    assert!(matches!(error, ModelError::InvalidRequest { .. }), "{error:?}");
    Outcome::Passed
}

async fn a_reply_fits_its_grammar(model: &Model) -> Outcome {
    let grammar = |text: &str| Output::Grammar(text.to_owned());
    let yes_or_no = grammar(r#"root ::= "yes" | "no""#);
    if !model.capabilities().grammar {
        return refused(model, yes_or_no).await;
    }
    let reply = reply(model, Request { output: yes_or_no, ..ask("Write a poem about rain.", 20) }).await;
    assert!(["yes", "no"].contains(&reply.text.as_str()), "{reply:?}");
    assert_eq!(reply.finish.reason, FinishReason::Stop);
    let broken = Request { output: grammar("root ::= ("), ..ask("Hi", 8) };
    let error = complete(model, broken).await.unwrap_err();
    assert!(matches!(error, ModelError::InvalidRequest { .. }), "{error:?}");
    Outcome::Passed
}
