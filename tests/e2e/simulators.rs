//! `throughline replay --user NAME` with the default model.

use serde_json::Value;

use crate::harness::{Sandbox, json_lines, samples};
use crate::replay::arguments;

/// Replays the first so many shipped samples into the folder `to`, and reads what was recorded.
fn replayed(sandbox: &Sandbox, limit: usize, settings: &str, to: &str, more: &[&str]) -> Vec<Value> {
    let mut arguments = arguments(limit, settings);
    to.clone_into(arguments.iter_mut().find(|word| *word == "run").unwrap());
    arguments.extend(more.iter().map(|&word| word.to_owned()));
    sandbox.run(&arguments).good();
    json_lines(&sandbox.read(&format!("{to}/transcripts.jsonl")))
}

fn run<'a>(runs: &'a [Value], setting: &str) -> &'a Value {
    runs.iter().find(|run| run["conv_type"] == setting).unwrap()
}

/// What the user said, in order.
fn said(run: &Value) -> Vec<&str> {
    let users = run["trace"].as_array().unwrap().iter().filter(|entry| entry["role"] == "user");
    users.map(|entry| entry["content"].as_str().unwrap()).collect()
}

/// The shards that the log says were revealed, in order.
fn revealed(run: &Value) -> Vec<i64> {
    run["trace"].as_array().unwrap().iter().filter_map(|entry| entry["content"]["shard_id"].as_i64()).collect()
}

#[test]
fn shuffled_and_recorded_users_replay() {
    let sandbox = Sandbox::new();
    let shuffled = replayed(&sandbox, 1, "sharded,user-only", "shuffled", &["--user", "shuffled", "--seed", "1"]);
    let order = revealed(run(&shuffled, "sharded"));
    assert_eq!(order, [1, 3, 2], "as another implementation of the same rule draws it from this seed");
    assert_eq!(order, revealed(run(&shuffled, "user-only")), "settings are paired");

    // What was said there is said again, and the samples that nothing was recorded of are left out.
    let recorded =
        replayed(&sandbox, 5, "sharded,mediated", "recorded", &["--user", "recorded", "--recorded", "shuffled"]);
    assert_eq!(recorded.len(), 2, "one sample is left");
    for again in &recorded {
        let source = run(&shuffled, "sharded");
        assert_eq!(again["recorded_conv_id"], source["conv_id"]);
        assert_eq!((again["user_simulator"].as_str(), &again["user_model"]), (Some("recorded"), &"NA".into()));
        assert!(said(source).starts_with(&said(again)[..1]), "{again}");
    }
    assert_eq!(said(run(&recorded, "sharded")), said(run(&shuffled, "sharded")));
    assert_eq!(revealed(run(&recorded, "sharded")), order);
    let manifest = sandbox.read("recorded/manifest.toml");
    assert!(manifest.contains("user_simulator = \"recorded\"\nuser_sha256 = \""), "{manifest}");

    let again = |more: &[&str]| {
        let mut arguments = arguments(1, "sharded");
        arguments.extend(more.iter().map(|&word| word.to_owned()));
        sandbox.run(&arguments)
    };
    again(&["--user", "recorded"]).refused(&["--recorded"]);
    again(&["--recorded", "shuffled"]).refused(&["--user recorded"]);
    again(&["--user", "reader"]).refused(&["\"reader\"", "verbatim, shuffled"]);
    again(&["--user", "recorded", "--recorded", "nowhere.jsonl"]).refused(&["nowhere.jsonl"]);
}

#[test]
fn a_user_with_a_model_is_recorded_truthfully() {
    let sandbox = Sandbox::new();
    // What the sandbox configures ends with the section `agents`.
    sandbox.configure("user = \"user.md\"\n");
    let agent = "+++\ntemperature = 0.7\nmax_tokens = 48\n+++\n\nSay one piece of the list, as JSON: its number and your words.\n";
    sandbox.write("user.md", agent);
    let runs = replayed(&sandbox, 1, "sharded,mediated", "run", &["--user", "model"]);
    let samples: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(samples()).unwrap()).unwrap();
    assert_eq!(runs.len(), 2);
    for run in &runs {
        let sample = samples.iter().find(|sample| sample["task_id"] == run["task_id"]).unwrap();
        let shards = sample["shards"].as_array().unwrap();
        let revealed = revealed(run);
        assert_eq!(revealed[0], 1, "{run}");
        let mut once = revealed.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), revealed.len(), "nothing is revealed twice: {run}");
        assert!(run["is_correct"] == true || once.len() == shards.len(), "{run}");

        // Every number of a shard stands in the turn that is said to reveal it, in digits or as a word.
        let mut turn = "";
        for entry in run["trace"].as_array().unwrap() {
            if entry["role"] == "user" {
                turn = entry["content"].as_str().unwrap();
            }
            let Some(id) = entry["content"]["shard_id"].as_i64() else { continue };
            let shard = shards.iter().find(|shard| shard["shard_id"] == id).unwrap()["shard"].as_str().unwrap();
            for number in shard.split(|letter: char| !letter.is_ascii_digit()).filter(|number| !number.is_empty()) {
                let word = number.parse().ok().and_then(|number: usize| NUMBERS.get(number));
                let says = turn.contains(number) || word.is_some_and(|word| turn.to_lowercase().contains(word));
                assert!(says, "{number} of {shard:?} is not in {turn:?}");
            }
        }
        assert_eq!((&run["user_model"], &run["user_simulator"]), (&"small".into(), &"model".into()));
        let made = run["calls"]["user"]["made"].as_u64().unwrap();
        assert!(
            made >= revealed.len() as u64 - 1 && run["usage"]["user"]["completion_tokens"].as_u64().unwrap() > 0,
            "{run}"
        );
    }
    let manifest = sandbox.read("run/manifest.toml");
    assert!(manifest.contains("user_simulator = \"model\"") && manifest.contains("[roles.user]"), "{manifest}");
}

const NUMBERS: [&str; 13] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
