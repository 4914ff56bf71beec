//! llama.cpp writes to the error stream past its own log. Nothing that a caller can ask for may make it do so: the
//! stream belongs to the terminal's owner.

use std::process::Command;

use serde_json::json;
use throughline_models::{LlamaChat, LlamaOptions, Output, Request};

use crate::support::{ask, block_on, complete, turn, with_schema};
use crate::tiny_model::{Memory, TinyModel, Value};

/// Bad loads, grammars and schemas, and long runs of one character.
#[test]
fn bad_requests_are_refused() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let mut model = TinyModel::new(Memory::Full);
    let sound = LlamaOptions { context: Some(64), threads: Some(1), ..LlamaOptions::new(model.save(folder.path())) };
    let chat = LlamaChat::load(sound.clone(), None).unwrap();
    for grammar in [
        "root ::= item",
        "root ::= root \"a\" | \"b\"",
        "root ::= (\"a\"?){1500}",
        "root ::= (\"a\" | (\"b\" | \"c\"){40}){40}",
        "root ::= <|none|>",
        "root ::= <[999999]>",
        "root ::= \"\"*",
        "root ::= [z-a]",
        "root ::= \"\\uD800\"",
        "root ::= (",
        "",
    ] {
        let request = Request { output: Output::Grammar(grammar.into()), ..ask("Hi", 3) };
        let _ = block_on(complete(&chat, request));
    }
    for schema in [
        json!({"type": "string", "pattern": "^(?=a)$"}),
        json!({"type": "string", "pattern": "^\\d{3}$"}),
        json!({"type": "string", "pattern": "^[^\\w]$"}),
        json!({"type": "string", "pattern": "^(?:a|b{2,3}){1,40}[x-z\\]]?\\.$"}),
        json!({"type": "string", "format": "no-such-format"}),
        json!({"$ref": "#/$defs/none"}),
        json!({"$ref": "https://example.org/schema.json"}),
        json!({"type": "integer", "minimum": 5, "maximum": 1}),
        json!({"type": "array", "minItems": 5000, "items": {"type": "integer"}}),
        json!({"allOf": [{"type": "string"}, {"type": "integer"}]}),
        json!({"enum": []}),
        json!({"not": {}}),
        json!(false),
    ] {
        let _ = block_on(complete(&chat, with_schema(ask("Hi", 3), schema)));
    }
    for pre in ["default", "gpt-4o", "tekken", "smollm", "qwen2"] {
        model.set("tokenizer.ggml.pre", Value::Text(pre.into()));
        let chat = LlamaChat::load(LlamaOptions { path: model.save(folder.path()), ..sound.clone() }, None).unwrap();
        for character in ["=", "7", "a", " ", "\n", "é", "日", "-=", "a\u{301}", "x1"] {
            let error = block_on(complete(&chat, ask(&character.repeat(40_000), 2))).unwrap_err();
            assert!(error.to_string().contains("context"), "{error}");
        }
    }
    for (key, value) in [
        ("tokenizer.ggml.pre", Value::Text("no-such-one".into())),
        ("general.architecture", Value::Text("no-such-one".into())),
        ("llama.block_count", Value::U32(3)),
    ] {
        let mut model = model.clone();
        model.set(key, value);
        assert!(LlamaChat::load(LlamaOptions { path: model.save(folder.path()), ..sound.clone() }, None).is_err());
    }
}

#[test]
fn nothing_is_written_to_the_error_stream() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "quiet::bad_requests_are_refused", "--nocapture"])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(errors, "");
}
