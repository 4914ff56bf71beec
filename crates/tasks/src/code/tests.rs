use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::Code;
use super::cases::Tests;
use crate::{Environment, EvaluationError, Sample, TaskFamily, read_samples};

fn sample(fields: &Value) -> Sample {
    let mut sample = json!({
        "task_id": "t", "task": "code", "shards": [{"shard_id": 1, "shard": "double it"}],
        "prompt": "def double(x):\n    \"\"\"Return twice x.\"\"\"\n", "metadata": {"func_name": "double"},
        "public_test_cases": "[{\"input\": \"2\", \"output\": \"4\", \"testtype\": \"functional\"}]",
    });
    sample.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(sample).unwrap()
}

fn packed(bytes: &[u8]) -> String {
    let mut compressed = ZlibEncoder::new(Vec::new(), Compression::fast());
    compressed.write_all(bytes).unwrap();
    BASE64_STANDARD.encode(compressed.finish().unwrap())
}

#[test]
fn the_prompts_hold_the_instruction() {
    let human = sample(&json!({}));
    assert_eq!(
        Code.full_prompt(&human),
        "Write this function:\n```python\ndef double(x):\n    \"\"\"Return twice x.\"\"\"\n```"
    );
    assert_eq!(
        Code.concat_prompt(&human, &["double it", "keep it short"]),
        "Write the function that these pieces describe:\n- double it\n- keep it short"
    );
    let mut contest = sample(&json!({"question_content": "Double x.", "starter_code": "class Solution:\n"}));
    contest.fields.remove("prompt");
    let starter = "\n\nBegin with this code:\n```python\nclass Solution:\n```";
    assert_eq!(Code.full_prompt(&contest), format!("Double x.{starter}"));
    assert!(Code.concat_prompt(&contest, &contest.pieces()).ends_with(starter));
    assert!(Code.system_prompt(&human).contains("```python"));
    assert!(Code.exact_words() && Code.runs_code());
}

#[test]
fn programs_are_found_in_replies() {
    for (reply, answer) in [
        ("```python\ndef f(x):\n    return x\n```", Some("def f(x):\n    return x\n")),
        (
            "Use:\n```\ndef f(): pass\n```\nthen\n```\ndef g(): pass\n```\nand\n```python\nprint(g())\n```",
            Some("def g(): pass\n"),
        ),
        (
            "1. So:\n   ```python\n   import math\n\n   def f(x):\n       return x\n   ```",
            Some("import math\n\ndef f(x):\n    return x\n"),
        ),
        (
            "```python\nclass Solution:\n    def f(self):\n        return 1",
            Some("class Solution:\n    def f(self):\n        return 1\n"),
        ),
        ("```python\nasync def f():\n    pass\n```", Some("async def f():\n    pass\n")),
        ("```python\nf = 1\n```", None),
        ("It needs a def statement. What shall it do?", None),
        ("Sure!\nimport re\n\ndef f(x):\n    return x\n\nIt returns x.", Some("import re\n\ndef f(x):\n    return x")),
        ("def f(x): return x", Some("def f(x): return x")),
        ("from here on it is easy", None),
        ("", None),
    ] {
        assert_eq!(Code.extract(&sample(&json!({})), reply).as_deref(), answer, "{reply}");
    }
}

#[test]
fn tests_are_read_however_they_are_packed() {
    let list = r#"[{"input": "[1, 2]\n\"é\"", "output": "3", "testtype": "functional"}]"#;
    let plain = Tests::of(&sample(&json!({"private_test_cases": list}))).unwrap();
    assert_eq!(plain.len(), 2);
    // What Python's pickle makes of this text in its protocols: by name, then length and bytes.
    let bytes = list.as_bytes();
    let length = u8::try_from(bytes.len()).unwrap();
    let third = [b"\x80\x03X", &[length, 0, 0, 0][..], bytes, b"q\x00."].concat();
    let fourth = [&[0x80, 4, 0x95, length + 4, 0, 0, 0, 0, 0, 0, 0, 0x8c, length][..], bytes, b"\x94."].concat();
    for pickled in [third, fourth] {
        let private = json!({"private_test_cases": packed(&pickled)});
        assert_eq!(Tests::of(&sample(&private)).unwrap(), plain);
    }
    let as_json = json!({"private_test_cases": serde_json::from_str::<Value>(list).unwrap()});
    assert_eq!(Tests::of(&sample(&as_json)).unwrap(), plain);
    let only_check = json!({"public_test_cases": "[]", "test": "def check(candidate):\n    assert candidate(2) == 4"});
    assert!(matches!(Tests::of(&sample(&only_check)).unwrap(), Tests::Check(_)));
}

#[test]
fn samples_that_cannot_be_tested_are_refused() {
    // A pickle that would call `os.system` in a reader that executes.
    let calling = packed(b"cos\nsystem\n(S'touch /tmp/throughline-pickle'\ntR.");
    for (fields, said) in [
        (json!({"prompt": ""}), "`prompt` is empty"),
        (json!({"metadata": {}}), "`metadata.func_name`"),
        (json!({"metadata": {"func_name": "a b"}}), "`metadata.func_name`"),
        (json!({"public_test_cases": "[]"}), "there are no tests"),
        (json!({"public_test_cases": "[{\"input\": 1}]"}), "`public_test_cases` holds no list of cases"),
        (json!({"private_test_cases": "no cases"}), "neither JSON nor base64"),
        (json!({"private_test_cases": BASE64_STANDARD.encode("plain")}), "nothing compressed"),
        (json!({"private_test_cases": calling}), "`private_test_cases` holds no pickled text"),
        (json!({"private_test_cases": packed(b"K\x01.")}), "`private_test_cases` holds no pickled text"),
        (json!({"public_test_cases": [{"input": "", "output": "", "testtype": "stdin"}]}), "`stdin`"),
    ] {
        let refused = Code.check(&sample(&fields)).unwrap_err();
        assert!(refused.contains(said), "{fields}: {refused}");
    }
    assert!(!std::path::Path::new("/tmp/throughline-pickle").exists());
    assert_eq!(Code.check(&sample(&json!({}))), Ok(()));
    let file = serde_json::to_string(&[sample(&json!({"metadata": 1}))]).unwrap();
    assert!(read_samples(file.as_bytes()).unwrap_err().to_string().starts_with("sample t: field `metadata.func_name`"));
}

#[test]
fn without_a_sandbox_there_is_no_verdict() {
    let environment = Environment::default();
    let sample = sample(&json!({}));
    assert!(matches!(Code.ready(&sample, &environment), Err(EvaluationError::NoSandbox { .. })));
    let judged = Code.evaluate(&sample, "def double(x): return 2 * x", &environment);
    assert!(matches!(judged, Err(EvaluationError::NoSandbox { .. })));
}

proptest! {
    #[test]
    fn no_reply_and_no_packed_cases_are_too_much(reply in "(```(python|\n)?|def f\\(|\n|    |x|é|\r|import a\n){0,20}", bytes: Vec<u8>) {
        if let Some(answer) = Code.extract(&sample(&json!({})), &reply) {
            prop_assert!(answer.contains("def"));
        }
        for text in [String::from_utf8_lossy(&bytes).into_owned(), BASE64_STANDARD.encode(&bytes), packed(&bytes)] {
            let _ = Code.check(&sample(&json!({"private_test_cases": text})));
        }
    }
}
