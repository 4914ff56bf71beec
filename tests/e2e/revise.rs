//! `throughline revise`: samples that can be replayed, the same for the same seed, and what cannot be revised counted.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{Sandbox, samples};

#[test]
fn revised_samples_are_samples() {
    let sandbox = Sandbox::without_models();
    let revise = |more: &[&str]| sandbox.run(&[&["revise", &samples(), "--seed", "3"], more].concat());
    let told = revise(&["-o", "revised.json"]).good();
    assert_eq!(told.stdout, "");
    let text = sandbox.read("revised.json");
    let revised: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(told.stderr.starts_with(&format!("{} of 40 samples revised\n", revised.len())), "{}", told.stderr);
    let counted: usize = told.stderr.lines().filter_map(|line| line.split(' ').next()?.parse::<usize>().ok()).sum();
    assert_eq!(counted, 40, "every sample is accounted for: {}", told.stderr);

    for sample in &revised {
        let revision = &sample["revision"];
        let shard = |field: &str| {
            let id = &revision[field];
            let shards = sample["shards"].as_array().unwrap();
            shards.iter().find(|shard| shard["shard_id"] == *id).unwrap()["shard"].as_str().unwrap().replace(',', "")
        };
        assert!(shard("shard_id").contains(&revision["from"].to_string()), "{sample}");
        assert!(shard("correction_id").contains(&revision["to"].to_string()), "{sample}");
        assert!(
            sample["question"].as_str().unwrap().replace(',', "").contains(&revision["to"].to_string()),
            "{sample}"
        );
    }
    let wordings: BTreeSet<_> = revised.iter().map(|sample| sample["revision"]["wording"].to_string()).collect();
    assert!(wordings.len() > 5, "{wordings:?}");

    assert_eq!(revise(&["-o", "-"]).good().stdout, text, "the same seed gives the same samples");
    assert_ne!(sandbox.run(&["revise", &samples(), "--seed", "4", "-o", "-"]).good().stdout, text);
    let two: Vec<Value> = serde_json::from_str(&revise(&["-o", "-", "--limit", "2"]).good().stdout).unwrap();
    assert_eq!(two, revised[..2]);

    let again = sandbox.run(&["revise", "revised.json", "-o", "-"]);
    again.refused(&["no sample can be revised", "revised already"]);

    revise(&["-o", "revised.json"]).refused(&["revised.json", "--force"]);
    revise(&["-o", "revised.json", "--force"]).good();
    let actions = samples().replace("math.json", "actions.json");
    sandbox
        .run(&["revise", &actions, "-o", "-"])
        .refused(&["no sample can be revised", "10 not revised: not of the task math"]);
}
