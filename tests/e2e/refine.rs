//! `throughline refine`, and replays with what it wrote.

use serde_json::{Value, json};
use throughline_refiner::Experience;

use crate::double::{self, Act};
use crate::harness::{Sandbox, json_lines, samples};
use crate::replay::arguments;

#[test]
fn rules_are_validated_and_their_samples_left_out() {
    let sandbox = Sandbox::new();
    let rules = json!({"rules": [
        {"rule": "Later messages add facts to the request.", "from": [1]},
        {"rule": "The answer is 12.", "from": [1]},
    ]});
    let teacher = double::play("teaching", vec![Act::Reply(rules.to_string())]);
    sandbox.configure(&teacher);
    let configured = sandbox.read("throughline.toml").replacen("[roles]", "[roles]\nrefiner = \"teaching\"", 1);
    sandbox.write("throughline.toml", configured);
    sandbox.run(&arguments(2, "sharded")).good();
    let shipped = samples();
    let mut refine = vec!["refine", "run", "--samples", &shipped, "-o", "rules.toml", "--max-tokens", "12"];
    refine.extend(["--temperature", "0", "--quiet"]);
    let refined = sandbox.run(&refine).good();
    assert_eq!(refined.stderr, "");
    for told in [
        "1 failed runs of 1 samples to refine from, 1 samples kept aside\n",
        "refused (about one task: it holds a number): The answer is 12.\n",
        "1. Later messages add facts to the request. (runs: 1)\n",
        "validated on 1 pairs of runs in the setting mediated: ",
        "written to rules.toml\n",
    ] {
        assert!(refined.stdout.contains(told), "{told:?} is not in {}", refined.stdout);
    }
    sandbox.run(&refine).refused(&["rules.toml", "--force"]);

    let experience = Experience::parse(&sandbox.read("rules.toml")).unwrap();
    assert_eq!((experience.tasks.as_slice(), experience.rules.len()), (["math".to_owned()].as_slice(), 1));
    let mut used: Vec<&str> = experience.used.iter().map(|sample| sample.task_id.as_str()).collect();
    used.sort_unstable();
    assert_eq!(used, ["throughline-math-01", "throughline-math-02"], "those of the validation as well");
    let validation = experience.validation.as_ref().unwrap();
    assert!(validation.tokens_with > validation.tokens_without, "{validation:?}");

    let mut replay = arguments(1, "full,mediated");
    replay.extend(["--experience", "rules.toml"].map(str::to_owned));
    *replay.iter_mut().find(|word| *word == "run").unwrap() = "taught".to_owned();
    let replayed = sandbox.run(&replay).good();
    assert!(replayed.stderr.starts_with("left out 2 samples that rules.toml came from\n"), "{}", replayed.stderr);
    let runs = json_lines(&sandbox.read("taught/transcripts.jsonl"));
    assert_eq!(runs.len(), 2);
    for run in &runs {
        assert_eq!(run["task_id"], "throughline-math-03", "in every setting alike");
        let taught = run["roles"]["mediator"]["settings"]["experience"].as_array().map(Vec::len);
        assert_eq!(taught, (run["conv_type"] == "mediated").then_some(1), "{run}");
    }
    let both: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&shipped).unwrap()).unwrap();
    sandbox.write("used.json", json!(both[..2]).to_string());
    let same = ["replay", "used.json", "-o", "none", "--settings", "mediated", "--experience", "rules.toml"];
    let refused = sandbox.run(&same);
    assert_eq!(refused.code(), 2);
    assert!(refused.stderr.contains("rules.toml came from every sample here"), "{}", refused.stderr);
    assert!(!sandbox.path("none").exists());

    // So no score of a run directory counts them: a directory begun without the experience is not continued with it.
    let scored = sandbox.run(&["score", "taught", "--format", "json"]).good().stdout;
    let scored: Vec<Value> = serde_json::from_str(&scored).unwrap();
    assert!(scored.len() == 2 && scored.iter().all(|row| row["instances"] == 1), "{scored:?}");
    let mut continued = arguments(2, "sharded,mediated");
    continued.extend(["--experience", "rules.toml"].map(str::to_owned));
    let before = sandbox.read("run/transcripts.jsonl");
    let refused = sandbox.run(&continued);
    assert_eq!(refused.code(), 2, "{refused:?}");
    assert_eq!(sandbox.read("run/transcripts.jsonl"), before);
}

fn sample(name: &str) -> Value {
    let said = "How many are four?";
    json!({
        "task_id": name, "task": "math", "question": format!("{said} ({name})"), "answer": "#### 4",
        "shards": [{"shard_id": 1, "shard": said}],
    })
}

fn failed_run(name: &str) -> String {
    let trace =
        json!([{"role": "user", "content": "How many are four?"}, {"role": "assistant", "content": "Answer: 3"}]);
    let run = json!({
        "conv_id": format!("{name}.sharded.0"), "conv_type": "sharded", "task": "math", "task_id": name,
        "assistant_model": "m", "trace": trace, "is_correct": false, "score": 0.0,
    });
    format!("{run}\n")
}

#[test]
fn what_lowers_the_score_is_not_written() {
    let sandbox = Sandbox::without_models();
    let answer = |text: &str| Act::Reply(format!("Answer: {text}"));
    // Each is asked once for log-probabilities, which this endpoint does not have, and again without.
    let answers = vec![answer("4"), answer("4"), answer("5"), answer("5")];
    let drafts = (0..8).map(|_| Act::add("How many are four?")).collect();
    sandbox.configure(&(double::play("answering", answers) + &double::play("listening", drafts)));
    sandbox.write("samples.json", json!([sample("one"), sample("two")]).to_string());
    sandbox.write("runs.jsonl", failed_run("one") + &failed_run("two"));
    let roles = ["--assistant", "answering", "--mediator", "listening", "--concurrency", "1", "--quiet"];
    let refine =
        ["refine", "runs.jsonl", "--samples", "samples.json", "-o", "pairs.toml", "--raw", "--reader", "assistant"];
    let refined = sandbox.run(&[&refine[..], &roles].concat());
    assert_eq!((refined.code(), refined.stderr.as_str()), (1, ""), "{refined:?}");
    for told in [
        "100.0 without, 0.0 with: -100.0 points (0 better, 1 worse, 0 equal)\n",
        "the experience lowers the score, and is not kept\nnothing was written\n",
    ] {
        assert!(refined.stdout.contains(told), "{told:?} is not in {}", refined.stdout);
    }
    assert!(!sandbox.path("pairs.toml").exists());
}

#[test]
fn what_cannot_be_refined_is_refused() {
    let sandbox = Sandbox::without_models();
    sandbox.write("samples.json", json!([sample("one"), sample("two"), sample("three")]).to_string());
    sandbox.write("one.jsonl", failed_run("one"));
    let refine = |runs| sandbox.run(&["refine", runs, "--samples", "samples.json", "-o", "rules.toml"]);
    refine("one.jsonl").refused(&["the runs are of 1 of the samples", "at least two"]);
    let right = failed_run("two").replace("0.0", "1.0") + &failed_run("one").replace("0.0", "1.0");
    sandbox.write("right.jsonl", right.replace("false", "true"));
    refine("right.jsonl").refused(&["no mediated or sharded run", "failed"]);
    refine("none.jsonl").refused(&["none.jsonl"]);

    sandbox.write("rules.toml", "format = 1\nreader = \"judge\"\n");
    for command in [&["chat", "--plain"][..], &["ask", "x"], &["mediate", "one.jsonl"]] {
        let with = [command, &["--experience", "rules.toml"]].concat();
        sandbox.run(&with).refused(&["the experience rules.toml", "line 2", "judge"]);
    }
    sandbox
        .write("rules.toml", "format = 1\nreader = \"mediator\"\ntasks = [\"actions\"]\n[[rules]]\ntext = \"Wait.\"\n");
    let replay = ["replay", "samples.json", "-o", "run", "--settings", "full", "--experience", "rules.toml"];
    sandbox.run(&replay).refused(&["--experience", "mediated"]);
}
