use proptest::prelude::*;
use serde_json::json;

use super::*;

fn math(id: &str) -> Value {
    json!({
        "task_id": id,
        "task": "math",
        "question": "How many are 2 bags of 3?",
        "answer": "<<2*3=6>>\n#### 6",
        "shards": [
            {"shard_id": 1, "shard": "how many apples?", "doc_idxs": [1, 2]},
            {"shard_id": 2, "shard": "2 bags of 3"}
        ],
        "source": {"name": "ours"}
    })
}

fn read(text: &str) -> Result<Vec<Sample>, SampleError> {
    read_samples(text.as_bytes())
}

fn refusal(value: &Value) -> String {
    read(&json!([value]).to_string()).unwrap_err().to_string()
}

#[test]
fn arrays_and_lines_are_read_alike() {
    let both = [math("a"), math("b")];
    let array = serde_json::to_string_pretty(&both).unwrap();
    let lines = format!("\u{feff}{}\n\n{}\r\n", both[0], both[1]);
    let samples = read(&array).unwrap();
    assert_eq!(samples, read(&lines).unwrap());
    assert_eq!(samples[1].task_id, "b");
    assert_eq!(samples[0].text("question"), Some("How many are 2 bags of 3?"));
    assert_eq!(samples[0].text("source"), None);
    assert_eq!(samples[0].pieces(), ["how many apples?", "2 bags of 3"]);
}

#[test]
fn unknown_fields_survive() {
    let samples = read(&math("a").to_string()).unwrap();
    assert_eq!(serde_json::to_value(&samples[0]).unwrap(), math("a"));
    assert_eq!(samples[0].shards[0].other["doc_idxs"], json!([1, 2]));
}

#[test]
fn broken_json_is_named_by_its_place() {
    for (text, place) in [
        ("[{\"task_id\": \"a\",\n  oops}]", "line 2, column 3: "),
        ("[{\"task_id\": \"a\"", "line 1, column 16: EOF"),
        ("{\"task_id\": 1}\n\n{\"task_id\": }", "line 3, column 13: "),
        ("", "line 1, column 1: there is no sample"),
        (" [ ]", "line 1, column 1: there is no sample"),
        ("hello", "line 1, column 1: "),
    ] {
        if text.starts_with("{\"task_id\": 1}") {
            // Malformed lines are found before samples are checked.
            assert!(matches!(read(text), Err(SampleError::Malformed { line: 3, .. })));
        }
        let said = read(text).unwrap_err().to_string();
        assert!(said.starts_with(place), "{said}");
    }
    assert!(read("[{").unwrap_err().to_string().ends_with("the file seems to be cut off"));
    let said = read_samples(&b"[\n\"\xff\"]"[..]).unwrap_err().to_string();
    assert_eq!(said, "line 2, column 2: not UTF-8; save the file in that encoding");
}

#[test]
fn a_reader_that_fails_is_an_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("unplugged"))
        }
    }
    assert_eq!(read_samples(Broken).unwrap_err().to_string(), "cannot be read: unplugged");
}

#[test]
fn a_sample_that_cannot_be_used_is_named_with_its_field() {
    for (field, value, said) in [
        (
            "task",
            json!("cooking"),
            "sample a: field `task` holds `cooking`, which is no task known here; known are `math`, `actions`, `code`, `database`, `data2text`, `summary`, `translation`",
        ),
        ("task", json!(5), "sample a: field `task`: invalid type: integer `5`, expected a string"),
        ("task_id", json!(""), "sample no. 1 (without a `task_id`): field `task_id` is empty; give the sample a name"),
        (
            "task_id",
            json!(7),
            "sample no. 1 (without a `task_id`): field `task_id`: invalid type: integer `7`, expected a string",
        ),
        ("shards", json!([]), "sample a: field `shards` is empty; it needs at least one shard with words"),
        ("shards", json!("x"), "sample a: field `shards`: invalid type: string \"x\", expected a sequence"),
        ("shards", json!([{"shard_id": 1}]), "sample a: field `shards[0]`: missing field `shard`"),
        (
            "shards",
            json!([{"shard_id": "1", "shard": "x"}]),
            "sample a: field `shards[0].shard_id`: invalid type: string \"1\", expected i64",
        ),
        (
            "shards",
            json!([{"shard_id": 1, "shard": " "}]),
            "sample a: field `shards` is empty; it needs at least one shard with words",
        ),
        (
            "answer",
            json!("no idea"),
            "sample a: field `answer` holds no gold answer; end it with `#### ` and the number",
        ),
        ("question", json!(5), "sample a: field `question` is no text; put its content in quotation marks"),
    ] {
        let mut sample = math("a");
        sample[field] = value;
        assert_eq!(refusal(&sample), said);
    }
    let mut sample = math("a");
    sample["shards"][1]["shard_id"] = json!(1);
    assert_eq!(refusal(&sample), "sample a: field `shards[1].shard_id` repeats 1; number the shards");
    for field in ["task_id", "task", "shards", "question", "answer"] {
        let mut sample = math("a");
        sample.as_object_mut().unwrap().remove(field);
        assert!(refusal(&sample).contains(&format!("`{field}`")), "{}", refusal(&sample));
    }
    assert!(refusal(&json!(5)).starts_with("sample no. 1 (without a `task_id`): not an object"));
}

#[test]
fn samples_of_any_family_can_be_read_for_their_shards() {
    let mut cooking = math("a");
    cooking["task"] = json!("cooking");
    let text = json!([cooking, math("b")]).to_string();
    assert!(read(&text).is_err());
    let samples = read_any_samples(text.as_bytes()).unwrap();
    assert_eq!((&*samples[0].task, samples[0].pieces().len(), &*samples[1].task), ("cooking", 2, "math"));
    // What every sample needs is checked all the same, and what a known family needs.
    cooking["shards"] = json!([]);
    assert!(read_any_samples(cooking.to_string().as_bytes()).is_err());
    let mut incomplete = math("c");
    incomplete.as_object_mut().unwrap().remove("answer");
    assert!(read_any_samples(incomplete.to_string().as_bytes()).is_err());
}

#[test]
fn shards_without_a_word_are_kept_but_not_spoken() {
    let mut sample = math("a");
    sample["shards"].as_array_mut().unwrap().push(json!({"shard_id": 3, "shard": ""}));
    let samples = read(&sample.to_string()).unwrap();
    assert_eq!(samples[0].shards.len(), 3);
    assert_eq!(samples[0].pieces(), ["how many apples?", "2 bags of 3"]);
}

#[test]
fn names_are_used_once() {
    let said = read(&json!([math("a"), math("a")]).to_string()).unwrap_err().to_string();
    assert_eq!(said, "sample a: field `task_id` was used before; give each sample a name of its own");
}

proptest! {
    #[test]
    fn no_input_is_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = read_samples(&bytes[..]);
    }

    #[test]
    fn other_fields_survive(name in "[a-z]{3}_x", value in any::<f64>().prop_filter("JSON", |v| v.is_finite()), text in any::<String>()) {
        let mut sample = math("a");
        sample[name.as_str()] = json!({"number": value, "text": text});
        sample["shards"][0][name.as_str()] = json!([text, null, value]);
        let samples = read(&sample.to_string()).unwrap();
        prop_assert_eq!(serde_json::to_value(&samples[0]).unwrap(), sample);
    }
}

#[test]
fn instructions_need_no_shards() {
    let whole = json!([
        {"task_id": "a", "task": "math", "question": " 1 + 1? ", "answer": "#### 2"},
        {"task_id": "b", "task": "math", "question": "2?", "answer": "#### 2", "shards": []},
    ])
    .to_string();
    let read = read_instructions(whole.as_bytes()).unwrap();
    assert_eq!(read[0].sample.pieces(), ["1 + 1?"]);
    assert_eq!((&*read[1].text, read[1].sample.pieces()), ("2?", vec!["2?"]));
    assert!(read_samples(whole.as_bytes()).is_err(), "elsewhere a sample needs shards");
    for (text, said) in [
        (r#"{"task_id": "a", "task": "math", "answer": "1"}"#, "sample a: field `question` is missing"),
        (r#"{"task_id": "a", "task": "translation", "document_de": "x.", "document_en": "x."}"#, "no single text"),
        ("[1]", "not an object"),
        ("[]", "there is no sample here"),
        ("[{", "cut off"),
    ] {
        let refused = read_instructions(text.as_bytes()).unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
    }
}
