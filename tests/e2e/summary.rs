//! Summaries: written and judged by the default model, and judged again by what is recorded.

use serde_json::{Value, json};

use crate::harness::{Sandbox, json_lines, samples_of};

#[test]
fn summaries_are_judged_by_a_model() {
    let sandbox = Sandbox::new();
    let samples = samples_of("summary");
    // The assistant is one that writes a summary for certain; the judge is the real default model.
    let summary = "- The ferry sails every hour [1][3]\n- School begins at 8:40 [2, 5]";
    // More than are needed: a client may open a connection that it does not use.
    let acts = (0..9).map(|_| crate::double::Act::Reply(summary.to_owned())).collect();
    sandbox.configure(&crate::double::play("writer", acts));
    let arguments = ["replay", &samples, "-o", "run", "--limit", "1", "--settings", "sharded", "--assistant", "writer"];
    sandbox.run(&arguments).good();
    let text = sandbox.read("run/transcripts.jsonl");
    let [run] = &json_lines(&text)[..] else { panic!("{text}") };
    let evaluated: Vec<&Value> = run["trace"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["content"]["type"] == "answer-evaluation")
        .map(|entry| &entry["content"])
        .collect();
    assert_eq!(evaluated.len(), 3, "a summary in each turn: {run}");
    for attempt in &evaluated {
        let verdicts = attempt["evaluation_return"]["verdicts"].as_array().unwrap();
        assert_eq!(verdicts.len(), 5, "one for each insight: {attempt}");
        for verdict in verdicts {
            assert!(["NO", "PARTIAL", "FULL"].iter().any(|coverage| verdict["coverage"] == *coverage), "{verdict}");
            assert!(verdict["bullet"].as_u64().is_some_and(|bullet| bullet <= 2), "{verdict}");
        }
    }
    assert_eq!((&run["calls"]["judge"]["made"], &run["score"]), (&json!(15), &evaluated[2]["score"]));
    assert!(run["usage"]["judge"]["prompt_tokens"].as_u64().unwrap() > 0);
    assert!(sandbox.read("run/manifest.toml").contains("[roles.judge]"));

    // Recorded verdicts are taken as they are; without them there is no score.
    let again = ["score", "run", "--reevaluate", "--samples", &samples, "--format", "json"];
    let judged: Value = serde_json::from_str(&sandbox.run(&again).good().stdout).unwrap();
    assert_eq!(judged["tasks"][0]["answers"], json!({"same": 3, "compared": 3}));
    assert_eq!(judged["tasks"][0]["replies"], json!({"same": 3, "compared": 3}));
    sandbox.write("bare.jsonl", text.replace("\"verdicts\"", "\"opinions\""));
    sandbox.run(&["score", "bare.jsonl", "--reevaluate", "--samples", &samples]).refused(&[
        "bare.jsonl",
        "line 1",
        "judged by a model",
    ]);
}
