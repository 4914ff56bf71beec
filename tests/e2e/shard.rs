//! `throughline shard`: what the model writes is compared with the instruction, and what is not kept is told with reasons.

use serde_json::{Value, json};

use crate::harness::{Sandbox, json_lines};

/// Little room, so that the test is short.
const AGENT: &str = "+++
temperature = 0.0
max_tokens = 96
+++

Cut the request into pieces: what is wanted first, then one fact each. Copy the words of each piece in `quote`, and say it in `shard`.
";

const INSTRUCTIONS: [(&str, &str, u32); 2] = [
    ("eggs", "Tilda makes 7 omelettes with 3 eggs each. How many eggs does Tilda need?", 21),
    ("hats", "A stall has 40 hats and sells 12 of them. How many hats are left?", 28),
];

/// Shards of the first instruction that say what it says, and others.
fn shards(last: &str) -> Value {
    json!({"Shards": [
        {"quote": "How many eggs does Tilda need?", "shard": "how many eggs does Tilda need?"},
        {"quote": "Tilda makes 7 omelettes", "shard": "Tilda makes 7 omelettes"},
        {"quote": "3 eggs each", "shard": last},
    ]})
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.configure("sharder = \"sharder.md\"\n");
    sandbox.write("sharder.md", AGENT);
    let samples: Vec<Value> = INSTRUCTIONS
        .iter()
        .map(|(id, question, gold)| json!({"task_id": id, "task": "math", "question": question, "answer": format!("#### {gold}")}))
        .collect();
    sandbox.write("instructions.json", Value::from(samples).to_string());
    sandbox
}

fn shard(sandbox: &Sandbox, more: &[&str]) -> (i32, String) {
    let outcome =
        sandbox.run(&[&["shard", "instructions.json", "-o", "sharded.json", "--quiet", "--force"], more].concat());
    assert!(matches!(outcome.code(), 0 | 1), "{outcome:?}");
    (outcome.code(), outcome.stdout)
}

/// What was not kept: name, verdict, reasons.
fn review(sandbox: &Sandbox) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = json_lines(&sandbox.read("sharded.json.review.jsonl"));
    lines.iter().map(|line| (text(&line["task_id"]), text(&line["verdict"]), line["reasons"].to_string())).collect()
}

/// Puts other shards in the place of what the model wrote of an instruction.
fn replace(sandbox: &Sandbox, task_id: &str, written: &Value) {
    let mut drafts = json_lines(&sandbox.read("sharded.json.drafts.jsonl"));
    drafts.iter_mut().find(|draft| draft["task_id"] == task_id).unwrap()["written"] = written.clone();
    sandbox
        .write("sharded.json.drafts.jsonl", drafts.iter().map(Value::to_string).collect::<Vec<_>>().join("\n") + "\n");
}

#[test]
fn every_instruction_is_accounted_for_and_none_is_sharded_twice() {
    let sandbox = sandbox();
    let (code, told) = shard(&sandbox, &[]);
    let drafts = sandbox.read("sharded.json.drafts.jsonl");
    assert_eq!(json_lines(&drafts).len(), INSTRUCTIONS.len());
    let kept =
        if code == 0 { serde_json::from_str::<Vec<Value>>(&sandbox.read("sharded.json")).unwrap().len() } else { 0 };
    assert_eq!(sandbox.path("sharded.json").exists(), code == 0);
    let aside = review(&sandbox);
    assert_eq!(kept + aside.len(), INSTRUCTIONS.len(), "{told}");
    for (task_id, _, reasons) in &aside {
        assert!(told.contains(task_id.as_str()) && reasons.len() > 4, "{task_id}: {reasons}: {told}");
    }
    // The second time nothing is asked of the model, and a line that was cut off is written anew.
    assert_eq!(shard(&sandbox, &[]), (code, told));
    assert_eq!(sandbox.read("sharded.json.drafts.jsonl"), drafts);
    sandbox.write("sharded.json.drafts.jsonl", &drafts[..drafts.len() - 9]);
    shard(&sandbox, &[]);
    let again = sandbox.read("sharded.json.drafts.jsonl");
    assert_eq!((again.lines().next(), json_lines(&again).len()), (drafts.lines().next(), INSTRUCTIONS.len()));

    // What says the same is kept, and can be replayed; what does not is not.
    replace(&sandbox, "eggs", &shards("3 eggs each"));
    let (code, told) = shard(&sandbox, &["--limit", "1"]);
    assert_eq!((code, &*told), (0, "1 instruction: 1 kept, 0 to look at, 0 rejected\nwritten to sharded.json\n"));
    let kept: Vec<Value> = serde_json::from_str(&sandbox.read("sharded.json")).unwrap();
    assert_eq!(kept[0]["shards"][2], json!({"shard_id": 3, "shard": "3 eggs each"}));
    assert_eq!(kept[0]["sharding"]["quotes"][1], "Tilda makes 7 omelettes");
    for (last, verdict, reason) in [
        ("4 eggs each", "rejected", "lost: 3"),
        ("3 fresh eggs each", "doubtful", "added: fresh"),
        ("3 each", "kept", ""),
    ] {
        replace(&sandbox, "eggs", &shards(last));
        let (code, told) = shard(&sandbox, &["--limit", "1"]);
        let aside = review(&sandbox);
        assert_eq!(code, i32::from(verdict != "kept"), "{told}");
        assert_eq!(aside.first().map_or("kept", |(_, verdict, _)| verdict), verdict, "{told}");
        assert!(told.contains(reason), "{told}");
    }
}

#[test]
fn what_falls_below_the_whole_instruction_is_rejected() {
    let sandbox = sandbox();
    shard(&sandbox, &["--limit", "1"]);
    replace(&sandbox, "eggs", &shards("3 eggs each"));
    let verify = ["--limit", "1", "--verify", "2", "--max-tokens", "24"];
    let (code, told) = shard(&sandbox, &verify);
    let runs = json_lines(&sandbox.read("sharded.json.runs/transcripts.jsonl"));
    assert_eq!(runs.len(), 6);
    let mean = |setting: &str| {
        let scores = runs.iter().filter(|run| run["conv_type"] == setting).map(|run| run["score"].as_f64().unwrap());
        scores.sum::<f64>() / 2.0
    };
    let (full, concat, shuffled) = (mean("full"), mean("concat"), mean("shuffle-concat"));
    let holds = full > 0.0 && concat >= 0.8 * full && shuffled >= 0.8 * full;
    assert_eq!(code, i32::from(!holds), "{told}");
    if !holds {
        let (_, verdict, reasons) = &review(&sandbox)[0];
        assert_eq!(verdict, "rejected");
        let said = if full > 0.0 { "of full over 2 runs" } else { "answered in none of 2 runs" };
        assert!(reasons.contains(said) && told.contains(said), "{reasons}");
    }
    // The runs are there already.
    assert_eq!(shard(&sandbox, &verify), (code, told));
    assert_eq!(json_lines(&sandbox.read("sharded.json.runs/transcripts.jsonl")).len(), 6);
}

#[test]
fn bad_instructions_are_refused_by_name() {
    let sandbox = sandbox();
    sandbox.run(&["shard", "missing.json", "-o", "x.json"]).refused(&["missing.json"]);
    sandbox.write("table.json", json!([{"task_id": "a", "task": "data2text"}]).to_string());
    sandbox.run(&["shard", "table.json", "-o", "x.json"]).refused(&["table.json", "sample a"]);
    sandbox.write("empty.json", json!([{"task_id": "a", "task": "math", "answer": "#### 1"}]).to_string());
    sandbox.run(&["shard", "empty.json", "-o", "x.json"]).refused(&["empty.json", "sample a", "`question`"]);
    sandbox.write("instructions.json.drafts.jsonl", "");
    sandbox.write("there.json", "[]");
    sandbox.run(&["shard", "instructions.json", "-o", "there.json"]).refused(&["there.json", "--force"]);
    sandbox.write("broken.json.drafts.jsonl", "{\"x\": 1}\n");
    sandbox
        .run(&["shard", "instructions.json", "-o", "broken.json"])
        .refused(&["broken.json.drafts.jsonl, line 1", "delete"]);
}
