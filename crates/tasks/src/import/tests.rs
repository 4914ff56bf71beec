use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::{ImportError, Imported, NotImported, PackageFile, import};
use crate::{family, read_samples};

fn file(name: &str, records: &[Value]) -> PackageFile {
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    PackageFile { name: name.into(), bytes: lines.join("\n").into_bytes() }
}

fn function() -> Value {
    json!({
        "task_id": "HumanEval/900", "prompt": "def thrice(x):\n    \"\"\" Return three times x. \"\"\"\n",
        "entry_point": "thrice", "canonical_solution": "    return 3 * x\n", "test": "def check(candidate):\n    assert candidate(2) == 6\n",
    })
}

fn question(id: &str) -> Value {
    json!({
        "id": id, "question": [[{"role": "user", "content": "Water the roses for 5 minutes."}]],
        "function": [{"name": "water", "description": "Waters a bed.", "parameters": {"type": "dict", "properties": {
            "bed": {"type": "string", "description": "Which."}, "minutes": {"type": "integer", "description": "How long."}},
            "required": ["bed", "minutes"]}}],
    })
}

fn answer(id: &str) -> Value {
    json!({"id": id, "ground_truth": [{"water": {"bed": ["roses"], "minutes": [5]}}]})
}

/// Imported samples are read like any other.
fn read_back(imported: &Imported) {
    let written = serde_json::to_string(&imported.samples).unwrap();
    assert_eq!(read_samples(written.as_bytes()).unwrap(), imported.samples);
}

#[test]
fn functions_become_samples_of_code() {
    let imported = import(&[file("HumanEval.jsonl", &[function()])]).unwrap();
    read_back(&imported);
    let sample = &imported.samples[0];
    assert_eq!((sample.task_id.as_str(), sample.task.as_str()), ("HumanEval/900", "code"));
    assert_eq!(sample.pieces(), ["def thrice(x):\n    \"\"\" Return three times x. \"\"\""]);
    assert_eq!(sample.fields["metadata"], json!({"func_name": "thrice"}));
    assert!(sample.text("canonical_solution").unwrap().ends_with("\"\"\"\n    return 3 * x\n"));
    assert!(imported.left_out.is_empty());
}

#[test]
fn compressed_files_and_lists_are_read_as_well() {
    let plain = import(&[file("plain", &[function()])]).unwrap().samples;
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(function().to_string().as_bytes()).unwrap();
    let packed = PackageFile { name: "HumanEval.jsonl.gz".into(), bytes: packed.finish().unwrap() };
    let list = PackageFile { name: "list.json".into(), bytes: json!([function()]).to_string().into_bytes() };
    for other in [packed, list] {
        assert_eq!(import(&[other]).unwrap().samples, plain);
    }
}

#[test]
fn questions_meet_their_answers_in_whatever_order_the_files_come() {
    let questions = file("BFCL_v4_parallel.json", &[question("parallel_0"), question("live_simple_3-2-0")]);
    let answers = file("possible_answer", &[answer("live_simple_3-2-0"), answer("parallel_0"), answer("parallel_9")]);
    let imported = import(&[answers.clone(), questions.clone()]).unwrap();
    assert_eq!(import(&[questions, answers]).unwrap().samples, imported.samples);
    read_back(&imported);
    let categories: Vec<_> = imported.samples.iter().map(|sample| sample.text("test_category").unwrap()).collect();
    assert_eq!(categories, ["parallel", "live_simple"]);
    let actions = family("actions").unwrap();
    let judged = |answer| actions.evaluate(&imported.samples[0], answer, &crate::Environment::default()).unwrap().score;
    assert!(judged("[water(bed='roses', minutes=5)]") >= 1.0 && judged("[water(bed='roses', minutes=6)]") <= 0.0);
}

#[test]
fn what_cannot_be_a_sample_is_left_out_and_counted() {
    let mut two_turns = question("multi_turn_base_0");
    two_turns["question"] = json!([[{"role": "user", "content": "a"}], [{"role": "user", "content": "b"}]]);
    let mut unknown_type = question("simple_python_1");
    unknown_type["function"][0]["parameters"]["properties"]["bed"]["type"] = "HashMap".into();
    let records = [two_turns, unknown_type, question("simple_java_2"), question("parallel_3"), question("parallel_4")];
    let answered = ["multi_turn_base_0", "simple_python_1", "simple_java_2", "parallel_4"].map(answer);
    let imported = import(&[file("questions", &records), file("answers", &answered)]).unwrap();
    assert_eq!(imported.samples.len(), 1);
    let reasons: Vec<_> = imported.left_out.keys().collect();
    let [NotImported::Turns, NotImported::Language, NotImported::Unanswered, NotImported::Unusable(why)] = reasons[..]
    else {
        panic!("{reasons:?}")
    };
    assert!(why.contains("HashMap"), "{why}");
}

#[test]
fn what_is_no_package_is_refused_by_place_and_remedy() {
    let cut = PackageFile { name: "cut.jsonl".into(), bytes: b"{\"task_id\": \"x\"".to_vec() };
    let mut without_test = function();
    without_test.as_object_mut().unwrap().remove("test");
    for (files, said) in [
        (vec![cut], "cut.jsonl, record 1: no JSON object"),
        (vec![file("f", &[json!({"text": 1})])], "f, record 1: neither of HumanEval"),
        (vec![file("f", &[function(), without_test])], "f, record 2: field `test` is missing"),
        (
            vec![file("f", &[question("parallel_0")])],
            "1 left out: no possible answer is known; give the file of the folder `possible_answer`",
        ),
        (vec![file("f", &[])], "there is nothing to import: no file holds a question"),
        (vec![file("f", &[function()]), file("g", &[function()])], "HumanEval/900 comes twice"),
        (vec![PackageFile { name: "b".into(), bytes: vec![0xff, 0xfe] }], "b: cannot be read"),
        (vec![PackageFile { name: "z".into(), bytes: vec![0x1f, 0x8b, 1] }], "z: cannot be read"),
    ] {
        let error = import(&files).unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert!(!matches!(error, ImportError::Nothing(ref why) if why.is_empty()));
    }
}
